//! Our own HTTP endpoint: takes envelopes in and answers once the node has.
//!
//! Everybody may knock, so everything is bounded: connections, requests at work, the size of
//! heads and bodies, and the time each may take.

use crate::{
    Answer, MAX_ENVELOPE, Via,
    http::is_envelope,
    intake::{Back, Intake},
    router::Tasks,
};
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Body, Bytes, Incoming},
    header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, oneshot},
    time::{sleep, timeout},
};

/// Connections held at the same time; others wait in the operating system's queue.
const CONNECTIONS: usize = 256;
/// The longest head of a request, in bytes.
const MAX_HEAD: usize = 16 * 1024;
/// Pause after a connection could not be accepted, so that a lack of file handles does not
/// make us spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What requests may use.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// Requests at work at the same time.
    pub(crate) requests: usize,
    /// How long a head, and then a body, may take to arrive.
    pub(crate) read: Duration,
    /// How long the node may take to answer.
    pub(crate) answer: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests: 64,
            read: Duration::from_secs(10),
            answer: Duration::from_secs(10),
        }
    }
}

/// What every request needs.
struct Desk {
    intake: Arc<Intake>,
    limits: Limits,
    requests: Semaphore,
}

/// Serves until the transport ends.
pub(crate) async fn serve(
    listener: TcpListener,
    intake: Arc<Intake>,
    limits: Limits,
    tasks: Tasks,
) {
    let connections = Arc::new(Semaphore::new(CONNECTIONS));
    let desk = Arc::new(Desk {
        intake,
        limits,
        requests: Semaphore::new(limits.requests),
    });
    loop {
        let Ok(place) = Arc::clone(&connections).acquire_owned().await else {
            return;
        };
        let socket = match listener.accept().await {
            Ok((socket, _)) => socket,
            Err(error) => {
                tracing::debug!(%error, "cannot accept");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        // Without it answers are a little later, and nothing else.
        drop(socket.set_nodelay(true));
        let desk = Arc::clone(&desk);
        tasks.spawn(async move {
            let service = service_fn(|request| desk.respond(request));
            let served = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(desk.limits.read)
                .max_header_size(MAX_HEAD)
                .serve_connection(TokioIo::new(socket), service)
                .await;
            tracing::trace!(?served, "connection ended");
            drop(place);
        });
    }
}

impl Desk {
    async fn respond(
        &self,
        request: Request<Incoming>,
    ) -> Result<Response<Empty<Bytes>>, Infallible> {
        let status = self.take(request).await;
        let mut response = Response::new(Empty::new());
        *response.status_mut() = status;
        let headers = response.headers_mut();
        if status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(ALLOW, HeaderValue::from_static("POST"));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("5"));
        }
        Ok(response)
    }

    async fn take(&self, request: Request<Incoming>) -> StatusCode {
        if request.method() != Method::POST {
            return StatusCode::METHOD_NOT_ALLOWED;
        }
        let kind = request
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok());
        if !kind.is_some_and(is_envelope) {
            return StatusCode::UNSUPPORTED_MEDIA_TYPE;
        }
        if request.body().size_hint().lower() > MAX_ENVELOPE as u64 {
            return StatusCode::PAYLOAD_TOO_LARGE;
        }
        let Ok(_place) = self.requests.try_acquire() else {
            return StatusCode::SERVICE_UNAVAILABLE;
        };
        let body = Limited::new(request.into_body(), MAX_ENVELOPE).collect();
        let bytes = match timeout(self.limits.read, body).await {
            Err(_) => return StatusCode::REQUEST_TIMEOUT,
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                return StatusCode::PAYLOAD_TOO_LARGE;
            }
            Ok(Err(_)) => return StatusCode::BAD_REQUEST,
            Ok(Ok(body)) => Vec::from(body.to_bytes()),
        };
        if bytes.is_empty() {
            return StatusCode::BAD_REQUEST;
        }
        match timeout(self.limits.answer, self.ask(bytes)).await {
            Ok(Some(Answer::Stored)) => StatusCode::ACCEPTED,
            Ok(Some(Answer::No)) => StatusCode::BAD_REQUEST,
            Ok(Some(Answer::Later) | None) | Err(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    async fn ask(&self, bytes: Vec<u8>) -> Option<Answer> {
        let room = self.intake.room(bytes.len()).await;
        let (back, answer) = oneshot::channel();
        self.intake
            .hand_over(bytes, Via::Http, Back::Http(back), room)
            .await
            .ok()?;
        answer.await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Event, InboundId};
    use std::net::SocketAddr;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
        runtime::Handle,
        sync::mpsc,
    };
    use tokio_util::{sync::CancellationToken, task::TaskTracker};

    const PATIENCE: Duration = Duration::from_secs(30);
    const BRIEF: Limits = Limits {
        requests: 2,
        read: Duration::from_millis(300),
        answer: Duration::from_secs(10),
    };

    struct Served {
        at: SocketAddr,
        intake: Arc<Intake>,
        events: mpsc::Receiver<Event>,
        tasks: Tasks,
    }

    impl Drop for Served {
        fn drop(&mut self) {
            self.tasks.ended.cancel();
        }
    }

    impl Served {
        async fn with(limits: Limits) -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let at = listener.local_addr().unwrap();
            let (sender, events) = mpsc::channel(16);
            let intake = Arc::new(Intake::new(sender));
            let tasks = Tasks {
                runtime: Handle::current(),
                tracker: TaskTracker::new(),
                ended: CancellationToken::new(),
            };
            tasks.spawn(serve(listener, Arc::clone(&intake), limits, tasks.clone()));
            Self {
                at,
                intake,
                events,
                tasks,
            }
        }

        async fn send(&self, text: &[u8]) -> TcpStream {
            let mut socket = TcpStream::connect(self.at).await.unwrap();
            socket.write_all(text).await.unwrap();
            socket
        }

        async fn status(&self, text: &[u8]) -> u16 {
            read_status(&mut self.send(text).await).await
        }

        async fn inbound(&mut self) -> InboundId {
            match timeout(PATIENCE, self.events.recv())
                .await
                .unwrap()
                .unwrap()
            {
                Event::Envelope { inbound, .. } => inbound,
                other => panic!("{other:?}"),
            }
        }
    }

    /// Reads what comes until the end of the first head; 0 if the connection is closed instead.
    async fn read_status(socket: &mut TcpStream) -> u16 {
        let mut text = Vec::new();
        let mut chunk = [0; 1024];
        while !text.windows(4).any(|end| end == b"\r\n\r\n") {
            match timeout(PATIENCE, socket.read(&mut chunk)).await.unwrap() {
                Ok(0) | Err(_) => return 0,
                Ok(got) => text.extend_from_slice(&chunk[..got]),
            }
        }
        let text = String::from_utf8(text).unwrap();
        text.split(' ').nth(1).unwrap().parse().unwrap()
    }

    fn post(kind: &str, body: &str) -> Vec<u8> {
        format!(
            "POST /any/path HTTP/1.1\r\nhost: x\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    }

    fn envelope() -> Vec<u8> {
        post("application/didcomm-encrypted+json; charset=utf-8", "{}")
    }

    #[tokio::test]
    async fn the_answer_becomes_the_status() {
        let mut served = Served::with(Limits::default()).await;
        for (answer, status) in [
            (Answer::Stored, 202),
            (Answer::Later, 503),
            (Answer::No, 400),
        ] {
            let mut socket = served.send(&envelope()).await;
            let inbound = served.inbound().await;
            served.intake.answer(inbound, answer);
            assert_eq!(read_status(&mut socket).await, status);
        }
    }

    #[tokio::test]
    async fn what_is_no_envelope_is_refused_unread() {
        let served = Served::with(Limits::default()).await;
        let length = MAX_ENVELOPE + 1;
        let head = "POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/didcomm-encrypted+json";

        assert_eq!(
            served.status(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await,
            405
        );
        assert_eq!(served.status(&post("application/json", "{}")).await, 415);
        let untyped = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}";
        assert_eq!(served.status(untyped).await, 415);
        let long = format!("{head}\r\ncontent-length: {length}\r\n\r\n");
        assert_eq!(served.status(long.as_bytes()).await, 413);
        let chunked = format!(
            "{head}\r\ntransfer-encoding: chunked\r\n\r\n{length:x}\r\n{}\r\n0\r\n\r\n",
            "x".repeat(length)
        );
        assert_eq!(served.status(chunked.as_bytes()).await, 413);
        let empty = format!("{head}\r\ncontent-length: 0\r\n\r\n");
        assert_eq!(served.status(empty.as_bytes()).await, 400);
        let wide = format!("{head}\r\nx-wide: {}\r\n\r\n", "x".repeat(1 << 20));
        let mut socket = TcpStream::connect(served.at).await.unwrap();
        // The server may hang up before it was told everything.
        drop(socket.write_all(wide.as_bytes()).await);
        assert!(matches!(read_status(&mut socket).await, 0 | 400..=431));
    }

    #[tokio::test]
    async fn an_answer_that_does_not_come_is_a_503() {
        let limits = Limits {
            answer: Duration::from_millis(100),
            ..Limits::default()
        };
        let mut served = Served::with(limits).await;

        let mut socket = served.send(&envelope()).await;
        let inbound = served.inbound().await;
        assert_eq!(read_status(&mut socket).await, 503);

        served.intake.answer(inbound, Answer::Stored);
    }

    #[tokio::test]
    async fn more_requests_than_allowed_are_put_off() {
        let mut served = Served::with(BRIEF).await;
        let mut first = served.send(&envelope()).await;
        let inbound = served.inbound().await;
        let mut second = served.send(&envelope()).await;
        let other = served.inbound().await;

        assert_eq!(served.status(&envelope()).await, 503);

        for (socket, inbound) in [(&mut first, inbound), (&mut second, other)] {
            served.intake.answer(inbound, Answer::Stored);
            assert_eq!(read_status(socket).await, 202);
        }
        let mut third = served.send(&envelope()).await;
        let inbound = served.inbound().await;
        served.intake.answer(inbound, Answer::Stored);
        assert_eq!(read_status(&mut third).await, 202);
    }

    #[tokio::test]
    async fn who_dawdles_is_shown_out() {
        let served = Served::with(BRIEF).await;
        let mut in_the_head = served.send(b"POST / HTTP/1.1\r\nhost: x\r\n").await;
        let text = String::from_utf8(envelope()).unwrap();
        let mut in_the_body = served.send(&text.as_bytes()[..text.len() - 1]).await;

        assert!(matches!(read_status(&mut in_the_head).await, 0 | 408));
        assert_eq!(read_status(&mut in_the_body).await, 408);
    }
}
