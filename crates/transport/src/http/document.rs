//! Documents that a person asks for, got by GET.
//!
//! Over https; over http only from this machine or the network around it, where no certificate can be
//! had. Bounded in time, size and redirects.

use reqwest::{
    StatusCode, Url,
    header::{ACCEPT, LOCATION},
};
use std::time::Duration;
use tokio::time::timeout;

use super::outbound::{Poster, near};
use crate::{Reach, address::Scope};

/// Bytes of the largest document.
const MAX_DOCUMENT: usize = 64 * 1024;
/// Redirects followed.
const MAX_HOPS: usize = 3;
/// How long all of it may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// What we can read; a server that shows people a page shows us none.
const KINDS: &str = "application/json, application/didcomm-plain+json, */*;q=0.1";

/// What a link leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A document, of at most 64 KiB.
    Document(Vec<u8>),
    /// Another link, which says all that was asked for.
    Link(String),
}

/// Why nothing was found.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// It is no link that is fetched: neither https, nor http in our own network.
    #[error("this link is not one that is fetched")]
    NotFetched,
    /// It may work later.
    #[error("the page does not answer")]
    Away,
    /// There is nothing, or nothing any more.
    #[error("the page answers with status {0}")]
    Status(u16),
    /// What is there is too large, or leads on and on.
    #[error("what the page holds is too large, or leads on and on")]
    Endless,
}

/// Fetches what `link` leads to; a redirect to a link that `is_found` ends it there.
pub(crate) async fn fetch(
    poster: &Poster,
    link: &str,
    is_found: impl Fn(&str) -> bool,
) -> Result<Found, FetchError> {
    let fetching = follow(poster, link, is_found);
    timeout(PATIENCE, fetching)
        .await
        .unwrap_or(Err(FetchError::Away))
}

async fn follow(
    poster: &Poster,
    link: &str,
    is_found: impl Fn(&str) -> bool,
) -> Result<Found, FetchError> {
    let url = Url::parse(link).map_err(|_| FetchError::NotFetched)?;
    let mut url = Some(url).filter(is_fetched).ok_or(FetchError::NotFetched)?;
    let is_near = |url: &Url| near(url).is_some_and(|scope| scope < Scope::Public);
    // A person asks for the first page. Where it leads is somebody else's wish, and he does not send us
    // around in our own network unless he is in it.
    let leads = if is_near(&url) {
        Reach::Anywhere
    } else {
        Reach::Careful
    };
    let mut reach = Reach::Anywhere;
    for _ in 0..=MAX_HOPS {
        let client = poster.client(reach).await;
        let client = client.map_err(|_| FetchError::Away)?;
        let asked = client.get(url.clone()).header(ACCEPT, KINDS).send().await;
        let mut response = asked.map_err(|error| {
            tracing::debug!(%error, "a document was not got");
            FetchError::Away
        })?;
        let status = response.status();
        if is_redirect(status) {
            let location = response.headers().get(LOCATION);
            let location = location.and_then(|location| location.to_str().ok());
            let next = location.and_then(|location| url.join(location).ok());
            let next = next.ok_or(FetchError::Status(status.as_u16()))?;
            if is_found(next.as_str()) {
                return Ok(Found::Link(next.into()));
            }
            let is_as_safe = next.scheme() == "https" || url.scheme() == "http";
            let is_as_far = leads == Reach::Anywhere || !is_near(&next);
            url = Some(next)
                .filter(|next| is_as_safe && is_as_far && is_fetched(next))
                .ok_or(FetchError::NotFetched)?;
            reach = leads;
            continue;
        }
        if !status.is_success() {
            return Err(
                match status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
                    true => FetchError::Away,
                    false => FetchError::Status(status.as_u16()),
                },
            );
        }
        let mut document = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| FetchError::Away)? {
            if document.len() + chunk.len() > MAX_DOCUMENT {
                return Err(FetchError::Endless);
            }
            document.extend_from_slice(&chunk);
        }
        return Ok(Found::Document(document));
    }
    Err(FetchError::Endless)
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

fn is_fetched(url: &Url) -> bool {
    match url.scheme() {
        "https" => true,
        "http" => near(url).is_some_and(|scope| scope < Scope::Public),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_links_that_nobody_on_the_way_can_change_are_fetched() {
        let is_fetched = |link: &str| is_fetched(&link.parse().unwrap());

        assert!(is_fetched("https://mail.example.org/?_oobid=1"));
        assert!(is_fetched("http://127.0.0.1:8080/?_oobid=1"));
        assert!(is_fetched("http://192.168.1.2/?_oobid=1"));
        assert!(!is_fetched("http://mail.example.org/?_oobid=1"));
        assert!(!is_fetched("http://9.9.9.9/?_oobid=1"));
        assert!(!is_fetched("file:///etc/passwd?_oobid=1"));
        assert!(!is_fetched("signet://invitation?_oobid=1"));
    }
}
