//! What is asked over HTTP: an envelope by POST, a WebSocket, and a few pages.

use std::{net::IpAddr, pin::pin, sync::Arc, time::Duration};

use axum::{
    Extension, Router,
    body::{Body, HttpBody},
    extract::{
        ConnectInfo, DefaultBodyLimit, RawQuery, State,
        ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use futures::StreamExt;
use signet_didcomm::envelope::MAX_ENVELOPE;
use signet_protocol::{
    Verdict,
    mediator::{Mailbox, Question, Way},
};
use tokio::time::{Instant, timeout};

use crate::{
    bounded::Unfinished,
    desk,
    invitation::Asked,
    places::Place,
    server::{Caller, Shared},
    socket,
};

const ENCRYPTED: &str = "application/didcomm-encrypted+json";
/// The media types of envelopes; what is not encrypted is refused by whoever reads it.
const ENVELOPES: [&str; 3] = [
    ENCRYPTED,
    "application/didcomm-signed+json",
    "application/didcomm-plain+json",
];
/// How long the mailbox may take to say that it is well.
const HEALTH: Duration = Duration::from_secs(2);
/// How long a body may take to arrive.
const BODY: Duration = Duration::from_secs(20);
/// Bytes read from a WebSocket at once; tungstenite would take 128 KiB for each.
const READ: usize = 4096;
/// Seconds after which to try again.
const RETRY: HeaderValue = HeaderValue::from_static("5");

/// What stands before every page: it loads and runs nothing, and tells nobody where one came from.
pub(crate) const PAGE: [(header::HeaderName, &str); 3] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    ),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

/// Everything that is served.
pub(crate) fn router<M: Mailbox>(shared: Arc<Shared<M>>) -> Router {
    Router::new()
        .route("/", get(front::<M>).post(take::<M>))
        .route("/.well-known/did.json", get(document::<M>))
        .route("/health", get(health::<M>))
        .route("/metrics", get(metrics::<M>))
        // The body is read by hand, with a bound on the time that it takes.
        .layer(DefaultBodyLimit::disable())
        .with_state(shared)
}

/// The page, or a WebSocket.
async fn front<M: Mailbox>(
    State(shared): State<Arc<Shared<M>>>,
    ConnectInfo(caller): ConnectInfo<Caller>,
    Extension(place): Extension<Arc<Place>>,
    Extension(unfinished): Extension<Unfinished>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let from = shared.address_of(caller, &headers);
    match upgrade {
        Ok(upgrade) => {
            let Some(room) = shared.bodies.take(from) else {
                return put_off(&shared);
            };
            unfinished.begin(room);
            let tasks = shared.tasks.clone();
            let upgraded = upgrade
                .read_buffer_size(READ)
                .write_buffer_size(0)
                .max_message_size(MAX_ENVELOPE)
                .max_frame_size(MAX_ENVELOPE)
                .on_upgrade(move |socket| {
                    tasks.track_future(async move {
                        socket::serve(shared, socket, from, unfinished).await;
                        drop(place);
                    })
                });
            upgraded.into_response()
        }
        Err(_) if headers.contains_key(header::UPGRADE) => {
            StatusCode::UPGRADE_REQUIRED.into_response()
        }
        Err(_) => match Asked::of(query.as_deref(), shared.desk.mediator().did()) {
            None => (PAGE, Html(shared.pages.front.clone())).into_response(),
            Some(asked) => {
                if !shared.rate.allows(from, Instant::now().into_std()) {
                    shared.desk.metrics.put_off.more();
                    return later(StatusCode::TOO_MANY_REQUESTS);
                }
                let Some(_place) = shared.requests.take(from) else {
                    return put_off(&shared);
                };
                match asked.answer(&shared.desk, &headers).await {
                    Ok(response) => response,
                    Err(error) => {
                        shared.desk.metrics.failures.more();
                        tracing::warn!(%error, "the mailbox did not answer");
                        later(StatusCode::SERVICE_UNAVAILABLE)
                    }
                }
            }
        },
    }
}

/// An envelope.
async fn take<M: Mailbox>(
    State(shared): State<Arc<Shared<M>>>,
    ConnectInfo(caller): ConnectInfo<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let from = shared.address_of(caller, &headers);
    if !shared.rate.allows(from, Instant::now().into_std()) {
        shared.desk.metrics.put_off.more();
        return later(StatusCode::TOO_MANY_REQUESTS);
    }
    let kind = headers.get(header::CONTENT_TYPE);
    if !kind
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(is_envelope)
    {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    let Some(mut room) = shared.bodies.take(from) else {
        return put_off(&shared);
    };
    let bytes = match read(body, &mut room).await {
        Ok(bytes) => bytes,
        Err(StatusCode::SERVICE_UNAVAILABLE) => return put_off(&shared),
        Err(status) => return status.into_response(),
    };
    let Some(_place) = shared.requests.take(from) else {
        return put_off(&shared);
    };
    let handled = shared.desk.handle(&bytes, &mut Way::default()).await;
    match (handled.response.refused, handled.response.envelope) {
        (Some(Verdict::No), _) => StatusCode::BAD_REQUEST.into_response(),
        (Some(Verdict::Later), _) => later(StatusCode::SERVICE_UNAVAILABLE),
        (None, Some(envelope)) => ([(header::CONTENT_TYPE, ENCRYPTED)], envelope).into_response(),
        (None, None) => StatusCode::ACCEPTED.into_response(),
    }
}

/// Reads a body as long as there is room for what has come of it.
async fn read(body: Body, room: &mut Place) -> Result<Vec<u8>, StatusCode> {
    // What is announced as too large need not come first.
    if body.size_hint().lower() > MAX_ENVELOPE as u64 {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    let mut chunks = pin!(body.into_data_stream());
    let mut bytes = Vec::new();
    let reading = async {
        while let Some(chunk) = chunks.next().await {
            // It broke off.
            let chunk = chunk.map_err(|_| StatusCode::BAD_REQUEST)?;
            if bytes.len() + chunk.len() > MAX_ENVELOPE {
                return Err(StatusCode::PAYLOAD_TOO_LARGE);
            }
            if !room.grow(chunk.len()) {
                return Err(StatusCode::SERVICE_UNAVAILABLE);
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(())
    };
    match timeout(BODY, reading).await {
        Err(_) => Err(StatusCode::REQUEST_TIMEOUT),
        Ok(Err(status)) => Err(status),
        Ok(Ok(())) if bytes.is_empty() => Err(StatusCode::BAD_REQUEST),
        Ok(Ok(())) => Ok(bytes),
    }
}

fn put_off<M>(shared: &Shared<M>) -> Response {
    shared.desk.metrics.put_off.more();
    later(StatusCode::SERVICE_UNAVAILABLE)
}

fn later(status: StatusCode) -> Response {
    (status, [(header::RETRY_AFTER, RETRY)]).into_response()
}

/// Who this is, as a did:web.
async fn document<M: Mailbox>(State(shared): State<Arc<Shared<M>>>) -> Response {
    match &shared.pages.document {
        Some(document) => {
            let headers = [
                (header::CONTENT_TYPE, "application/json"),
                // A page of any site may resolve it.
                (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            ];
            (headers, document.clone()).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn health<M: Mailbox>(State(shared): State<Arc<Shared<M>>>) -> Response {
    let asking = shared
        .desk
        .mailbox()
        .look(Question::Kept("identity"), desk::now());
    match timeout(HEALTH, asking).await {
        Ok(Ok(_)) => "well\n".into_response(),
        Ok(Err(_)) | Err(_) => {
            let words = "the mailbox does not answer\n";
            (StatusCode::SERVICE_UNAVAILABLE, words).into_response()
        }
    }
}

async fn metrics<M: Mailbox>(
    State(shared): State<Arc<Shared<M>>>,
) -> ([(header::HeaderName, &'static str); 1], String) {
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
    (kind, shared.desk.metrics.to_text())
}

fn is_envelope(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    ENVELOPES
        .iter()
        .any(|known| essence.eq_ignore_ascii_case(known))
}

/// The last address that a proxy wrote down, which is the one that it saw itself.
pub(crate) fn forwarded_for(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?;
    last.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_the_addresses_on_the_way_the_one_the_proxy_saw_counts() {
        let mut headers = HeaderMap::new();
        assert_eq!(forwarded_for(&headers), None);

        headers.append(
            "x-forwarded-for",
            HeaderValue::from_static("10.0.0.1, 192.0.2.7"),
        );
        assert_eq!(forwarded_for(&headers), "192.0.2.7".parse().ok());
        headers.append("x-forwarded-for", HeaderValue::from_static("nobody"));
        assert_eq!(forwarded_for(&headers), None);
    }
}
