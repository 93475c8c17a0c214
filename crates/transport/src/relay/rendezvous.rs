//! The relay as a rendezvous point: one question on a stream, and its answer.

use super::registry::Registry;
use crate::rendezvous::wire::{self, Answer, Request};
use futures::{AsyncRead, AsyncWrite, AsyncWriteExt};
use libp2p::{
    StreamProtocol,
    request_response::{self, Config, Event, Message, ProtocolSupport, ResponseChannel},
    swarm::SwarmEvent,
};
use std::{io, iter, time::Duration};
use tokio::time::Instant;

/// How long a question and its answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Questions on one connection at once.
const AT_ONCE: usize = 16;

pub(super) type Behaviour = request_response::Behaviour<Codec>;

pub(super) fn behaviour() -> Behaviour {
    let config = Config::default()
        .with_request_timeout(PATIENCE)
        .with_max_concurrent_streams(AT_ONCE);
    let protocols = iter::once((wire::PROTOCOL, ProtocolSupport::Inbound));
    request_response::Behaviour::with_codec(Codec, protocols, config)
}

/// Answers for as long as the relay runs.
pub(super) struct Rendezvous(Registry);

impl Rendezvous {
    /// For so many connections.
    pub(super) fn new(connections: u32) -> Self {
        Self(Registry::new(connections))
    }

    /// Notes who comes and goes.
    pub(super) fn note<T>(&mut self, event: &SwarmEvent<T>) {
        match event {
            SwarmEvent::ConnectionEstablished { peer_id, .. } => {
                self.0.came(*peer_id, Instant::now());
            }
            SwarmEvent::ConnectionClosed {
                peer_id,
                num_established: 0,
                ..
            } => self.0.went(peer_id),
            _ => {}
        }
    }

    /// Forgets what has lapsed.
    pub(super) fn sweep(&mut self) {
        self.0.sweep(Instant::now());
    }

    /// The answer to a question, if it is one and there is any. Whoever asks too much hears nothing.
    pub(super) fn answer(
        &mut self,
        event: Event<Request, Answer>,
    ) -> Option<(ResponseChannel<Answer>, Answer)> {
        let Event::Message {
            peer,
            message: Message::Request {
                request, channel, ..
            },
            ..
        } = event
        else {
            return None;
        };
        let now = Instant::now();
        if !self.0.may_ask(&peer, now) {
            return None;
        }
        let answer = self.0.answer(&peer, request, now);
        (answer != Answer::Unregistered).then_some((channel, answer))
    }
}

/// Reads and writes for the point; it asks nobody.
#[derive(Clone)]
pub(super) struct Codec;

impl request_response::Codec for Codec {
    type Protocol = StreamProtocol;
    type Request = Request;
    type Response = Answer;

    async fn read_request<T>(&mut self, _: &Self::Protocol, io: &mut T) -> io::Result<Request>
    where
        T: AsyncRead + Unpin + Send,
    {
        let asked = wire::read(io, wire::MAX_REQUEST).await?;
        Request::from_bytes(&asked).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    async fn write_response<T>(
        &mut self,
        _: &Self::Protocol,
        io: &mut T,
        answer: Answer,
    ) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        wire::write(io, &answer.to_bytes()).await?;
        io.close().await
    }

    async fn read_response<T>(&mut self, _: &Self::Protocol, _: &mut T) -> io::Result<Answer>
    where
        T: AsyncRead + Unpin + Send,
    {
        Err(io::ErrorKind::Unsupported.into())
    }

    async fn write_request<T>(
        &mut self,
        _: &Self::Protocol,
        _: &mut T,
        _: Request,
    ) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        Err(io::ErrorKind::Unsupported.into())
    }
}
