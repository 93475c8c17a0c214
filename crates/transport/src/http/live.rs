//! WebSockets on which a mediator hands over what comes: one for each name, kept as long as both
//! sides live.
//!
//! A socket opens with one envelope of ours, which says what it is for; whatever comes by it is taken
//! in like anything else. A connection that died without a word is noticed by its silence.

use crate::{
    Event, Listen, MAX_ENVELOPE, Reach, Via, http::outbound::Poster, intake::Back, router::Router,
};
use futures::{SinkExt, StreamExt};
use reqwest::{
    StatusCode, Upgraded,
    header::{
        CONNECTION, HeaderMap, HeaderValue, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
    },
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, interval, timeout};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        handshake::{client::generate_key, derive_accept_key},
        protocol::{Role, WebSocketConfig},
    },
};
use tokio_util::sync::{CancellationToken, DropGuard};

/// How long opening may take.
const OPENING: Duration = Duration::from_secs(15);
/// How often the other side is pinged.
const TICK: Duration = Duration::from_secs(30);
/// A socket on which nothing was heard for so long is dead.
const SILENCE: Duration = Duration::from_secs(75);
/// How long a frame may take to leave.
const WRITE: Duration = Duration::from_secs(20);

/// The sockets, by their names; each ends with its guard.
#[derive(Default)]
pub(crate) struct Lives(Mutex<HashMap<String, DropGuard>>);

impl Lives {
    /// Opens the socket of this name; one that stood before ends.
    pub(crate) fn open(&self, router: &Arc<Router>, listen: Listen) {
        let ended = CancellationToken::new();
        let mut lives = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let guard = ended.clone().drop_guard();
        lives.insert(listen.name.clone(), guard);
        let task = run(Arc::clone(router), listen, ended);
        router.tasks.spawn(task);
    }

    /// Closes the socket of this name.
    pub(crate) fn close(&self, name: &str) {
        let mut lives = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lives.remove(name);
    }
}

/// Why a socket was not opened.
#[derive(Debug, thiserror::Error)]
enum LiveError {
    #[error("no HTTP client could be set up")]
    NoClient,
    #[error("the address is not understood")]
    Address,
    #[error("it is not reached")]
    Unreachable(#[from] reqwest::Error),
    #[error("it does not answer")]
    Slow,
    #[error("it speaks no WebSocket (status {0})")]
    Status(u16),
    #[error("the socket broke")]
    Broken,
    #[error("the network changed")]
    Moved,
}

async fn run(router: Arc<Router>, listen: Listen, ended: CancellationToken) {
    let Listen { name, uri, hello } = listen;
    let life = async {
        let opening = timeout(OPENING, open(&router.poster, &uri, hello)).await;
        let mut socket = opening.unwrap_or(Err(LiveError::Slow))?;
        router.tell_live(&name, true).await;
        hear(&router, &mut socket).await;
        Err::<(), LiveError>(LiveError::Broken)
    };
    let mut changes = router.network.changes();
    let over = tokio::select! {
        // Whoever closed it need not be told.
        () = ended.cancelled() => return,
        over = life => over,
        // It would be found dead, but not soon.
        Ok(()) = changes.changed() => Err(LiveError::Moved),
    };
    if let Err(error) = over {
        tracing::debug!(%error, "a live connection is over");
    }
    router.tell_live(&name, false).await;
}

/// The WebSocket at `uri`, with our first envelope on its way. Source: RFC 6455, section 4.1.
async fn open(
    poster: &Poster,
    uri: &str,
    hello: Vec<u8>,
) -> Result<WebSocketStream<Upgraded>, LiveError> {
    // Both "ws" and "wss" are "http" and "https" by another name.
    let rest = uri.strip_prefix("ws").ok_or(LiveError::Address)?;
    let client = poster.client(Reach::Anywhere).await;
    let client = client.map_err(|_| LiveError::NoClient)?;
    let key = generate_key();
    let value = HeaderValue::from_str(&key).map_err(|_| LiveError::Address)?;
    let headers = HeaderMap::from_iter([
        (CONNECTION, HeaderValue::from_static("Upgrade")),
        (UPGRADE, HeaderValue::from_static("websocket")),
        (SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13")),
        (SEC_WEBSOCKET_KEY, value),
    ]);
    let response = client
        .get(format!("http{rest}"))
        .headers(headers)
        .send()
        .await?;
    let accepted = response.headers().get("sec-websocket-accept");
    let expected = derive_accept_key(key.as_bytes());
    let is_accepted = accepted.is_some_and(|given| given.as_bytes() == expected.as_bytes());
    if response.status() != StatusCode::SWITCHING_PROTOCOLS || !is_accepted {
        return Err(LiveError::Status(response.status().as_u16()));
    }
    let config = WebSocketConfig::default()
        .max_message_size(Some(MAX_ENVELOPE))
        .max_frame_size(Some(MAX_ENVELOPE));
    let upgraded = response.upgrade().await?;
    let mut socket = WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(config)).await;
    let hello = String::from_utf8(hello).map_err(|_| LiveError::Address)?;
    let sent = socket.send(Message::Text(hello.into())).await;
    sent.map_err(|_| LiveError::Broken)?;
    Ok(socket)
}

/// Takes in what comes, until nothing does.
async fn hear(router: &Router, socket: &mut WebSocketStream<Upgraded>) {
    let mut tick = interval(TICK);
    let mut heard = Instant::now();
    loop {
        tokio::select! {
            frame = socket.next() => {
                heard = Instant::now();
                let bytes: Vec<u8> = match frame {
                    Some(Ok(Message::Text(text))) => text.as_bytes().to_vec(),
                    Some(Ok(Message::Binary(bytes))) => bytes.to_vec(),
                    Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                };
                if bytes.is_empty() {
                    continue;
                }
                let room = router.intake.room(bytes.len()).await;
                let taken = router.intake.hand_over(bytes, Via::Http, Back::Nobody, room).await;
                if taken.is_err() {
                    return;
                }
            }
            _ = tick.tick() => {
                let ping = socket.send(Message::Ping(Vec::new().into()));
                let is_sent = matches!(timeout(WRITE, ping).await, Ok(Ok(())));
                if heard.elapsed() > SILENCE || !is_sent {
                    return;
                }
            }
        }
    }
}

impl Router {
    async fn tell_live(&self, name: &str, is_open: bool) {
        let name = name.to_owned();
        // A node that is gone need not be told.
        drop(self.events.send(Event::Live { name, is_open }).await);
    }
}
