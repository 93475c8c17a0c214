//! One WebSocket: envelopes in, answers out, and mail as it comes once an account wants it.
//!
//! What was handed out is not handed out again by the same socket until it is acknowledged; whatever
//! is not, waits for the next connection. A socket on which nothing is heard, not even the answer to
//! a ping, is taken for dead.

use std::{collections::BTreeSet, net::IpAddr, sync::Arc, time::Duration};

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use signet_didcomm::{did::Did, message_pickup::Version};
use signet_protocol::{
    Verdict,
    mediator::{MailId, Mailbox, MailboxError, Response, Way},
};
use tokio::{
    sync::Notify,
    time::{Instant, interval, timeout},
};

use crate::{bounded::Unfinished, desk::Name, server::Shared};

/// How often a socket is pinged, and mail looked for that nobody told of.
const TICK: Duration = Duration::from_secs(30);
/// A socket on which nothing was heard for so long is dead.
const SILENCE: Duration = Duration::from_secs(75);
/// How long a frame may take to leave.
const WRITE: Duration = Duration::from_secs(20);
/// Envelopes handed out and not acknowledged: beyond it, the next ones wait.
const UNACKNOWLEDGED: usize = 256;
/// Bytes of a control frame before its payload: its length is one, and its mask four.
const CONTROL: usize = 6;

/// Serves a socket to its end.
pub(crate) async fn serve<M: Mailbox>(
    shared: Arc<Shared<M>>,
    socket: WebSocket,
    from: IpAddr,
    unfinished: Unfinished,
) {
    let metrics = &shared.desk.metrics;
    metrics.sockets.more();
    let mut session = Session {
        shared: Arc::clone(&shared),
        socket,
        from,
        unfinished,
        way: Way {
            stays: true,
            returns: false,
        },
        live: None,
        out: BTreeSet::new(),
        bell: Arc::new(Notify::new()),
        heard: Instant::now(),
    };
    let why = session.run().await;
    session.unlisten().await;
    let frame = CloseFrame {
        code: match why {
            End::Leaving => close_code::AWAY,
            End::TooMuch => close_code::POLICY,
            End::Gone => close_code::NORMAL,
        },
        reason: "".into(),
    };
    // Whoever is gone need not be told.
    let closing = session.socket.send(Message::Close(Some(frame)));
    drop(timeout(Duration::from_secs(2), closing).await);
    metrics.sockets.less();
}

/// Why a socket ends.
enum End {
    /// The other side left, or is dead.
    Gone,
    /// This node ends.
    Leaving,
    /// It asked for too much.
    TooMuch,
}

struct Session<M: Mailbox> {
    shared: Arc<Shared<M>>,
    socket: WebSocket,
    from: IpAddr,
    unfinished: Unfinished,
    way: Way,
    /// Whose mail goes out here, in which form, and under which DID of ours.
    live: Option<(Did, Version, Name)>,
    /// Handed out and not acknowledged.
    out: BTreeSet<MailId>,
    bell: Arc<Notify>,
    heard: Instant,
}

impl<M: Mailbox> Session<M> {
    async fn run(&mut self) -> End {
        let mut tick = interval(TICK);
        tick.tick().await;
        let ended = self.shared.ended.clone();
        let bell = Arc::clone(&self.bell);
        loop {
            let step = tokio::select! {
                () = ended.cancelled() => return End::Leaving,
                frame = self.socket.recv() => match frame {
                    Some(Ok(frame)) => self.hear(frame).await,
                    Some(Err(_)) | None => return End::Gone,
                },
                () = bell.notified() => self.hand_out().await,
                _ = tick.tick() => self.look_after().await,
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    async fn hear(&mut self, frame: Message) -> Result<(), End> {
        self.heard = Instant::now();
        let envelope = match &frame {
            Message::Text(text) => text.as_bytes(),
            Message::Binary(bytes) => bytes,
            // It may come in the midst of a message.
            Message::Ping(payload) | Message::Pong(payload) => {
                self.unfinished.less(CONTROL + payload.len());
                return Ok(());
            }
            Message::Close(_) => return Err(End::Gone),
        };
        if !self.shared.rate.allows(self.from, self.heard.into_std()) {
            self.shared.desk.metrics.put_off.more();
            return Err(End::TooMuch);
        }
        let handled = self.shared.desk.handle(envelope, &mut self.way).await;
        // Nothing of the next one was read meanwhile.
        self.unfinished.end();
        self.out.retain(|id| !handled.received.contains(id));
        let Response {
            refused,
            envelope,
            live,
            stored: _,
        } = handled.response;
        // There is no word for "later" here, and whoever sent it must not think that it was taken.
        if refused == Some(Verdict::Later) {
            return Err(End::TooMuch);
        }
        if let Some(envelope) = envelope {
            self.send(envelope).await?;
        }
        if let Some((from, to)) = handled.moved
            && let Some((account, version, name)) = &self.live
            && account.is_same_as(&from)
        {
            let (version, name) = (*version, *name);
            self.listen(to, version, name).await;
        }
        match live {
            Some((account, version, true)) => self.listen(account, version, handled.name).await,
            Some((_, _, false)) => self.unlisten().await,
            None => {}
        }
        Ok(())
    }

    async fn listen(&mut self, account: Did, version: Version, name: Name) {
        self.unlisten().await;
        let desk = &self.shared.desk;
        desk.live.join(&account, &self.bell, desk.mailbox()).await;
        self.live = Some((account, version, name));
        self.bell.notify_one();
    }

    async fn unlisten(&mut self) {
        let desk = &self.shared.desk;
        if let Some((account, ..)) = self.live.take() {
            desk.live.leave(&account, &self.bell, desk.mailbox()).await;
        }
    }

    /// Hands out what waits, up to what may be unacknowledged.
    async fn hand_out(&mut self) -> Result<(), End> {
        let Some((account, version, name)) = self.live.clone() else {
            return Ok(());
        };
        loop {
            match self.found(&account, version, name).await {
                Ok(Some((ids, envelope))) => {
                    self.send(envelope).await?;
                    self.out.extend(ids);
                }
                Ok(None) => return Ok(()),
                // It is looked for again at the next tick.
                Err(error) => {
                    self.shared.desk.metrics.failures.more();
                    tracing::warn!(%error, "mail could not be looked for");
                    return Ok(());
                }
            }
        }
    }

    /// What waits and may be handed out.
    async fn found(
        &mut self,
        account: &Did,
        version: Version,
        name: Name,
    ) -> Result<Option<(Vec<MailId>, Vec<u8>)>, MailboxError> {
        let desk = &self.shared.desk;
        if self.out.len() >= UNACKNOWLEDGED {
            // Some may have been acknowledged by another connection, or be too old.
            self.out = desk.still_waiting(account, self.out.clone()).await?;
        }
        match self.out.len() < UNACKNOWLEDGED {
            true => desk.delivery(account, version, name, &self.out).await,
            false => Ok(None),
        }
    }

    async fn look_after(&mut self) -> Result<(), End> {
        if self.heard.elapsed() > SILENCE {
            return Err(End::Gone);
        }
        self.write(Message::Ping(Vec::new().into())).await?;
        self.hand_out().await
    }

    async fn send(&mut self, envelope: Vec<u8>) -> Result<(), End> {
        // Envelopes are JSON, and some agents read text frames only.
        let frame = match String::from_utf8(envelope) {
            Ok(text) => Message::Text(text.into()),
            Err(bytes) => Message::Binary(bytes.into_bytes().into()),
        };
        self.write(frame).await
    }

    async fn write(&mut self, frame: Message) -> Result<(), End> {
        match timeout(WRITE, self.socket.send(frame)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(End::Gone),
        }
    }
}
