//! Sockets: accepting, what each may use, and ending in order.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use axum::{Extension, Router, extract::ConnectInfo, http::HeaderMap};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use signet_didcomm::envelope::MAX_ENVELOPE;
use signet_protocol::mediator::Mailbox;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpSocket},
    time::{interval, sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    bounded::{Bounded, Unfinished},
    desk::Desk,
    http::{self, forwarded_for},
    page,
    places::{Place, Places},
    rate::Rate,
    tls::Tls,
};

/// The longest head of a request, in bytes.
const MAX_HEAD: usize = 16 * 1024;
/// How long a head may take, also the next one on a connection that stands.
const HEAD: Duration = Duration::from_secs(10);
/// Connections that may wait to be accepted; beyond it, a client that is not heard tries again after a
/// second. All may come at once after a restart.
const WAITING: u32 = 1024;
/// Pause after a connection could not be accepted, so that a lack of file handles does not make us
/// spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How often what is too old is looked for.
const SWEEP: Duration = Duration::from_secs(60);
/// How long an end waits for what is under way.
const LEAVING: Duration = Duration::from_secs(10);

/// What the connections of a node may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// Connections at once from one address.
    pub connections_of_one: usize,
    /// Requests at work at once, and how many MiB of them may wait for their ends; one address has an
    /// eighth.
    pub requests: usize,
    /// Requests in a second from one address; 0 is no bound.
    pub requests_per_second: u32,
    /// Addresses are those that a proxy in front wrote down.
    pub is_behind_proxy: bool,
}

/// What every connection needs.
pub(crate) struct Shared<M> {
    pub(crate) desk: Arc<Desk<M>>,
    pub(crate) rate: Rate,
    pub(crate) requests: Arc<Places>,
    /// Bytes of bodies and messages that have not ended.
    pub(crate) bodies: Arc<Places>,
    pub(crate) pages: Pages,
    pub(crate) tasks: TaskTracker,
    pub(crate) ended: CancellationToken,
    limits: Limits,
}

/// Whose a connection is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller(SocketAddr);

impl<M> Shared<M> {
    /// Who asks, as far as the network says.
    pub(crate) fn address_of(&self, caller: Caller, headers: &HeaderMap) -> IpAddr {
        let forwarded = self.limits.is_behind_proxy.then(|| forwarded_for(headers));
        forwarded.flatten().unwrap_or(caller.0.ip())
    }
}

/// Where connections come from.
pub struct Door {
    /// The socket.
    pub listener: TcpListener,
    /// What secures them, if that is not the business of a proxy.
    pub tls: Option<Arc<Tls>>,
}

/// What is read rather than asked.
#[derive(Clone, Debug)]
pub struct Pages {
    /// What a person sees.
    pub front: String,
    /// The document of the mediator's did:web, if it has one, as JSON.
    pub document: Option<String>,
}

/// Serves until `ended`, then lets what is under way come to its end, for a while.
pub async fn serve<M: Mailbox>(
    door: Door,
    desk: Arc<Desk<M>>,
    pages: Pages,
    limits: Limits,
    ended: CancellationToken,
) {
    let tasks = TaskTracker::new();
    let shared = Arc::new(Shared {
        desk,
        rate: Rate::new(limits.requests_per_second),
        requests: Places::new(limits.requests, (limits.requests / 8).max(1)),
        // One of them always has room, and who lets large ones trickle in leaves room for others.
        bodies: Places::new(
            limits.requests * MAX_ENVELOPE,
            (limits.requests / 8).max(1) * MAX_ENVELOPE,
        ),
        pages,
        tasks: tasks.clone(),
        ended: ended.clone(),
        limits,
    });
    let router = http::router(Arc::clone(&shared));
    tasks.spawn(sweep(Arc::clone(&shared)));
    let Door { listener, tls } = door;
    if let Some(tls) = tls.clone() {
        let ended = ended.clone();
        tasks.spawn(async move { ended.run_until_cancelled(tls.renew()).await });
    }
    let each = match limits.is_behind_proxy {
        true => limits.connections,
        false => limits.connections_of_one,
    };
    let places = Places::new(limits.connections, each);
    loop {
        let accepted = tokio::select! {
            () = ended.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, from) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::debug!(%error, "cannot accept");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        if let Some(place) = places.take(from.ip()) {
            let (shared, router, tls) = (Arc::clone(&shared), router.clone(), tls.clone());
            tasks.spawn(async move {
                // Without it answers are a little later, and nothing else.
                drop(stream.set_nodelay(true));
                match tls {
                    None => connection(shared, stream, from, router, place).await,
                    Some(tls) => {
                        if let Some(stream) = tls.accept(stream).await {
                            connection(shared, stream, from, router, place).await;
                        }
                    }
                }
            });
        }
    }
    drop(listener);
    tasks.close();
    // Whatever is not done by then was not promised to anybody.
    drop(timeout(LEAVING, tasks.wait()).await);
}

async fn connection<M: Mailbox>(
    shared: Arc<Shared<M>>,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    from: SocketAddr,
    router: Router,
    place: Place,
) {
    shared.desk.metrics.connections.more();
    let unfinished = Unfinished::default();
    // A WebSocket outlives the request that began it, and keeps the place.
    let service = router
        .layer(Extension(ConnectInfo(Caller(from))))
        .layer(Extension(Arc::new(place)))
        .layer(Extension(unfinished.clone()));
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(MAX_HEAD)
        .serve_connection(
            TokioIo::new(Bounded::new(stream, unfinished)),
            TowerToHyperService::new(service),
        )
        .with_upgrades();
    let mut serving = pin!(serving);
    let served: Result<(), hyper::Error> = tokio::select! {
        served = serving.as_mut() => served,
        () = shared.ended.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    tracing::trace!(?served, "connection ended");
    shared.desk.metrics.connections.less();
}

async fn sweep<M: Mailbox>(shared: Arc<Shared<M>>) {
    let mut tick = interval(SWEEP);
    loop {
        tokio::select! {
            () = shared.ended.cancelled() => return,
            _ = tick.tick() => shared.desk.sweep().await,
        }
    }
}

/// The page that a person sees: the mediator's name, and its invitation; without one it is said that
/// whoever runs it invites.
#[must_use]
pub fn front_page(name: &str, invitation: &str) -> String {
    page::front(name, invitation)
}

/// Listens at an address, port 0 being any.
///
/// # Errors
/// The system's.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // As tokio does: elsewhere it would let two listen at one address.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(WAITING)
}
