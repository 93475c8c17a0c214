//! Posting envelopes: any 2xx is custody, a 307 is followed, every other redirect is not.
//!
//! A careful post goes to public addresses only. The name is looked up here and its near
//! addresses are dropped before anything connects, at every hop of a redirect.

use crate::{
    MAX_ENVELOPE, Outcome, Reach, Via,
    address::{self, Scope},
    errand::Errand,
    http::{ENCRYPTED, is_envelope},
    intake::Back,
    router::Router,
};
use futures::{StreamExt, stream::FuturesUnordered};
use reqwest::{
    Client, Response, StatusCode, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{CONTENT_TYPE, LOCATION},
    redirect::Policy,
};
use std::{
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{OnceCell, mpsc, watch},
    task::spawn_blocking,
    time::{Instant, timeout, timeout_at},
};

/// Posts to one URL at the same time. They start in order; the answers set the pace.
const AT_ONCE: usize = 8;
/// Redirects followed.
const MAX_HOPS: usize = 3;
/// How long a post may take, beside the time its bytes travel.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long the envelope in an answer may take to arrive.
const ANSWER: Duration = Duration::from_secs(60);
/// The slowest line we wait for, in bytes per second.
const SLOWEST: usize = 32 * 1024;
/// How long connecting may take.
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);
/// How long a queue without errands stays.
const IDLE: Duration = Duration::from_secs(15);

/// Why a post was not made or not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PostError {
    #[error("the HTTP endpoint is of our own network, where strangers don't send us")]
    Near,
    #[error("the HTTP endpoint cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    #[error("the HTTP endpoint does not answer")]
    Slow,
    #[error("the HTTP endpoint redirects in a way that is not followed (status {0})")]
    Redirect(u16),
    #[error("the HTTP endpoint answers with status {0}")]
    Status(u16),
    #[error("the network changed meanwhile")]
    Moved,
    #[error("no HTTP client could be set up")]
    NoClient,
}

/// How a post went, if an answer came at all.
#[derive(Debug)]
enum Posted {
    Stored(Response),
    Later,
    No,
}

/// The HTTP clients, and what they may reach when careful.
pub(crate) struct Poster {
    clients: Mutex<Arc<Clients>>,
    /// Nearer than this is not posted to when careful.
    nearest: Scope,
    changes: watch::Receiver<u64>,
}

/// Those of one network: what they keep open is of no use in another. Each is set up when it is first
/// needed: it reads all certificates of the system, and most who start never post.
#[derive(Default)]
struct Clients {
    change: u64,
    anywhere: OnceCell<Client>,
    careful: OnceCell<Client>,
}

impl Poster {
    /// `own` is our own HTTP endpoint, if we have one; `loopback` is set where all of us live on
    /// one machine; `changes` tells when this machine comes into another network.
    pub(crate) fn new(own: Option<&str>, loopback: bool, changes: watch::Receiver<u64>) -> Self {
        let own = own
            .and_then(|url| url.parse().ok())
            .and_then(|url| near(&url));
        let nearest = if loopback {
            Scope::Loopback
        } else {
            own.unwrap_or(Scope::Public)
        };
        Self {
            clients: Mutex::default(),
            nearest,
            changes,
        }
    }

    fn clients(&self) -> Arc<Clients> {
        let change = *self.changes.borrow();
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if clients.change != change {
            *clients = Arc::new(Clients {
                change,
                ..Clients::default()
            });
        }
        Arc::clone(&clients)
    }

    pub(crate) async fn client(&self, reach: Reach) -> Result<Client, PostError> {
        let nearest = self.nearest;
        let clients = self.clients();
        let cell = match reach {
            Reach::Anywhere => &clients.anywhere,
            Reach::Careful => &clients.careful,
        };
        let set_up = || async move {
            let built = spawn_blocking(move || build(reach, nearest)).await;
            let built = built.map_err(|_| PostError::NoClient)?;
            built.map_err(|error| {
                tracing::warn!(%error, "no HTTP client");
                PostError::NoClient
            })
        };
        cell.get_or_try_init(set_up).await.cloned()
    }

    async fn post(&self, url: &Url, envelope: &[u8], reach: Reach) -> Result<Posted, PostError> {
        let travel = Duration::from_secs((envelope.len() / SLOWEST) as u64);
        let deadline = Instant::now() + PATIENCE + travel;
        let mut changes = self.changes.clone();
        changes.mark_unchanged();
        tokio::select! {
            posted = timeout_at(deadline, self.follow(url.clone(), envelope, reach)) => {
                posted.unwrap_or(Err(PostError::Slow))
            }
            // The sender is in the swarm's task, which ends with all of us.
            Ok(()) = changes.changed() => Err(PostError::Moved),
        }
    }

    async fn follow(&self, url: Url, envelope: &[u8], reach: Reach) -> Result<Posted, PostError> {
        let client = self.client(reach).await?;
        let mut url = url;
        for _ in 0..=MAX_HOPS {
            if reach == Reach::Careful && near(&url).is_some_and(|scope| scope < self.nearest) {
                return Err(PostError::Near);
            }
            let request = client.post(url.clone()).header(CONTENT_TYPE, ENCRYPTED);
            let response = request.body(envelope.to_vec()).send().await;
            let response = response.map_err(PostError::Unreachable)?;
            let status = response.status();
            if status != StatusCode::TEMPORARY_REDIRECT {
                return judge(response);
            }
            let refused = PostError::Redirect(status.as_u16());
            let Some(next) = redirected(&url, &response) else {
                return Err(refused);
            };
            url = next;
        }
        Err(PostError::Redirect(StatusCode::TEMPORARY_REDIRECT.as_u16()))
    }
}

fn build(reach: Reach, nearest: Scope) -> Result<Client, reqwest::Error> {
    let client = Client::builder()
        .redirect(Policy::none())
        .tcp_nodelay(true)
        .connect_timeout(CONNECT_PATIENCE)
        .pool_max_idle_per_host(AT_ONCE);
    match reach {
        Reach::Anywhere => client.build(),
        // A proxy would look names up for itself.
        Reach::Careful => {
            let far = Arc::new(Far(nearest));
            client.no_proxy().dns_resolver(far).build()
        }
    }
}

/// Where a 307 leads, unless from a secured place to an open one.
fn redirected(url: &Url, response: &Response) -> Option<Url> {
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    let next = url.join(location).ok()?;
    let secure = next.scheme() == "https" || (next.scheme() == "http" && url.scheme() == "http");
    secure.then_some(next)
}

fn judge(response: Response) -> Result<Posted, PostError> {
    let status = response.status();
    if status.is_success() {
        return Ok(Posted::Stored(response));
    }
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        return Ok(Posted::Later);
    }
    if status.is_redirection() {
        return Err(PostError::Redirect(status.as_u16()));
    }
    match status {
        StatusCode::BAD_REQUEST
        | StatusCode::PAYLOAD_TOO_LARGE
        | StatusCode::UNSUPPORTED_MEDIA_TYPE => Ok(Posted::No),
        _ => Err(PostError::Status(status.as_u16())),
    }
}

/// The scope of a URL that names an address or this machine; `None` if its name must be looked up.
pub(super) fn near(url: &Url) -> Option<Scope> {
    let host = url.host_str()?;
    let literal = host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(ip) = literal.parse::<IpAddr>() {
        return Some(address::scope(ip));
    }
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    (name == "localhost" || name.ends_with(".localhost")).then_some(Scope::Loopback)
}

/// Looks names up and keeps what is far enough away.
struct Far(Scope);

impl Resolve for Far {
    fn resolve(&self, name: Name) -> Resolving {
        let nearest = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let far: Vec<_> = found
                .filter(|socket| address::scope(socket.ip()) >= nearest)
                .collect();
            if far.is_empty() {
                return Err(PostError::Near.into());
            }
            Ok(Box::new(far.into_iter()) as Addrs)
        })
    }
}

/// Posts the errands of one URL.
pub(crate) async fn run(url: Url, mut inbox: mpsc::UnboundedReceiver<Errand>, router: Arc<Router>) {
    let mut posts = FuturesUnordered::new();
    loop {
        tokio::select! {
            received = timeout(IDLE, inbox.recv()), if posts.len() < AT_ONCE => match received {
                Ok(Some(errand)) => posts.push(run_one(&url, errand, &router)),
                Ok(None) => return,
                Err(_) if posts.is_empty() && router.posts.retire(&url, &inbox) => return,
                Err(_) => {}
            },
            Some(()) = posts.next() => {}
        }
    }
}

async fn run_one(url: &Url, mut errand: Errand, router: &Arc<Router>) {
    match router
        .poster
        .post(url, &errand.envelope, errand.reach)
        .await
    {
        Ok(Posted::Stored(response)) => {
            let via = match errand.is_forward {
                true => Via::Mediator,
                false => Via::Http,
            };
            if !errand.wants_answer {
                router.finish(errand.id, Outcome::Stored(via.clone())).await;
            }
            // An endless answer must not keep this place.
            let taken = timeout(ANSWER, take_in(response, router)).await;
            if errand.wants_answer {
                let outcome = match taken {
                    Ok(true) => Outcome::Stored(via),
                    Ok(false) | Err(_) => Outcome::Silent,
                };
                router.finish(errand.id, outcome).await;
            }
        }
        Ok(Posted::No) => {
            errand.refused();
            router.pass_on(errand).await;
        }
        Ok(Posted::Later) => {
            errand.put_off();
            router.pass_on(errand).await;
        }
        Err(error) => {
            tracing::debug!(?error, "post failed");
            errand.failed(&error.to_string());
            router.pass_on(errand).await;
        }
    }
}

/// An answer may carry an envelope, if ours asked for it (`return_route`); whether it did is
/// not ours to know. Anything else is not read. Whether there was one.
async fn take_in(mut response: Response, router: &Router) -> bool {
    let kind = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    if !kind.is_some_and(is_envelope) {
        return false;
    }
    let room = router.intake.room(MAX_ENVELOPE).await;
    let mut bytes = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if bytes.len() + chunk.len() <= MAX_ENVELOPE => {
                bytes.extend_from_slice(&chunk);
            }
            Ok(None) => break,
            // Too much of it, or it broke off.
            Ok(Some(_)) | Err(_) => return false,
        }
    }
    if bytes.is_empty() {
        return false;
    }
    // A node that is gone needs no envelopes.
    let intake = &router.intake;
    drop(intake.hand_over(bytes, Via::Http, Back::Nobody, room).await);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_names_a_near_place_is_known_before_anything_is_looked_up() {
        let near = |url: &str| near(&url.parse().unwrap());

        assert_eq!(near("http://127.0.0.1/"), Some(Scope::Loopback));
        assert_eq!(near("http://2130706433/"), Some(Scope::Loopback));
        assert_eq!(near("http://[::ffff:10.0.0.1]:80/"), Some(Scope::Local));
        assert_eq!(near("http://LOCALHOST./"), Some(Scope::Loopback));
        assert_eq!(near("http://a.localhost/"), Some(Scope::Loopback));
        assert_eq!(near("https://9.9.9.9/"), Some(Scope::Public));
        assert_eq!(near("https://example.org/"), None);
    }

    #[tokio::test]
    async fn a_name_that_leads_home_is_not_followed_by_the_careful() {
        let far = Far(Scope::Public)
            .resolve("localhost".parse().unwrap())
            .await;
        assert!(far.is_err());

        let near = Far(Scope::Loopback)
            .resolve("localhost".parse().unwrap())
            .await;
        assert!(near.unwrap().next().is_some());
    }
}
