//! A behaviour that can begin anew. What libp2p learns of how others see us it never forgets: in another
//! network it would go on offering the addresses of the last. So a fresh behaviour is set beside the old
//! one, which lives on for the connections that it knows.

use libp2p::{
    Multiaddr, PeerId,
    core::{Endpoint, transport::PortUse},
    swarm::{
        ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent,
        THandlerOutEvent, ToSwarm,
    },
};
use std::{
    collections::{HashMap, HashSet},
    task::{Context, Poll},
};

/// Addresses of ours that are believed to be seen by others; anybody may name some.
const MAX_CANDIDATES: usize = 32;

pub(crate) struct Fresh<B> {
    make: Box<dyn Fn() -> B + Send>,
    /// With its number.
    current: (u64, B),
    /// Likewise, those that still have connections.
    former: Vec<(u64, B)>,
    /// Which of them each connection belongs to.
    owners: HashMap<ConnectionId, u64>,
    candidates: HashSet<Multiaddr>,
}

impl<B> Fresh<B> {
    pub(crate) fn new(make: impl Fn() -> B + Send + 'static) -> Self {
        Self {
            current: (0, make()),
            former: Vec::new(),
            make: Box::new(make),
            owners: HashMap::new(),
            candidates: HashSet::new(),
        }
    }

    /// Forgets what it learnt; connections that stand are seen to their end.
    pub(crate) fn renew(&mut self) {
        let fresh = (self.current.0 + 1, (self.make)());
        self.former
            .push(std::mem::replace(&mut self.current, fresh));
        self.candidates.clear();
        self.sweep();
    }

    /// The one that this connection belongs to.
    fn of(&mut self, connection: ConnectionId) -> Option<&mut B> {
        let owner = *self.owners.get(&connection)?;
        let mut all = self.former.iter_mut().chain([&mut self.current]);
        let found = all.find(|(number, _)| *number == owner);
        found.map(|(_, behaviour)| behaviour)
    }

    /// The current one, whose this connection is from now on.
    fn adopted(&mut self, connection: ConnectionId) -> &mut B {
        self.owners.insert(connection, self.current.0);
        &mut self.current.1
    }

    fn gone(&mut self, connection: ConnectionId) {
        self.owners.remove(&connection);
        self.sweep();
    }

    /// Lets those go that have no connections left.
    fn sweep(&mut self) {
        let owners = &self.owners;
        self.former
            .retain(|(number, _)| owners.values().any(|owner| owner == number));
    }
}

impl<B: NetworkBehaviour> NetworkBehaviour for Fresh<B> {
    type ConnectionHandler = B::ConnectionHandler;
    type ToSwarm = B::ToSwarm;

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.adopted(connection)
            .handle_established_inbound_connection(connection, peer, local, remote)
    }

    fn handle_established_outbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        address: &Multiaddr,
        role: Endpoint,
        port: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.adopted(connection)
            .handle_established_outbound_connection(connection, peer, address, role, port)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        let of_one = match event {
            FromSwarm::ConnectionEstablished(established) => Some(established.connection_id),
            FromSwarm::ConnectionClosed(closed) => Some(closed.connection_id),
            FromSwarm::AddressChange(change) => Some(change.connection_id),
            FromSwarm::NewExternalAddrCandidate(candidate) => {
                // Whoever names many must not make us deaf to those that are ours.
                if self.candidates.len() >= MAX_CANDIDATES
                    && !self.candidates.contains(candidate.addr)
                {
                    self.renew();
                }
                self.candidates.insert(candidate.addr.clone());
                self.current.1.on_swarm_event(event);
                return;
            }
            _ => None,
        };
        match of_one {
            Some(connection) => {
                if let Some(behaviour) = self.of(connection) {
                    behaviour.on_swarm_event(event);
                }
            }
            None => {
                for (_, behaviour) in self.former.iter_mut().chain([&mut self.current]) {
                    behaviour.on_swarm_event(event);
                }
            }
        }
        match event {
            FromSwarm::ConnectionClosed(closed) => self.gone(closed.connection_id),
            FromSwarm::DialFailure(failed) => self.gone(failed.connection_id),
            FromSwarm::ListenFailure(failed) => self.gone(failed.connection_id),
            _ => {}
        }
    }

    fn on_connection_handler_event(
        &mut self,
        peer: PeerId,
        connection: ConnectionId,
        event: THandlerOutEvent<Self>,
    ) {
        if let Some(behaviour) = self.of(connection) {
            behaviour.on_connection_handler_event(peer, connection, event);
        }
    }

    fn poll(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        for (_, behaviour) in self.former.iter_mut().chain([&mut self.current]) {
            if let Poll::Ready(event) = behaviour.poll(context) {
                return Poll::Ready(event);
            }
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use libp2p::{
        core::ConnectedPoint,
        swarm::{NewExternalAddrCandidate, behaviour::ConnectionClosed, dummy},
    };
    use std::{
        convert::Infallible,
        sync::{
            Arc, Mutex,
            atomic::{AtomicU32, Ordering::Relaxed},
        },
    };

    type Heard = Arc<Mutex<Vec<(u32, &'static str)>>>;

    /// Writes down what it is told, under its number.
    struct Witness(u32, Heard);

    impl NetworkBehaviour for Witness {
        type ConnectionHandler = dummy::ConnectionHandler;
        type ToSwarm = Infallible;

        fn handle_established_inbound_connection(
            &mut self,
            _: ConnectionId,
            _: PeerId,
            _: &Multiaddr,
            _: &Multiaddr,
        ) -> Result<THandler<Self>, ConnectionDenied> {
            Ok(dummy::ConnectionHandler)
        }

        fn handle_established_outbound_connection(
            &mut self,
            _: ConnectionId,
            _: PeerId,
            _: &Multiaddr,
            _: Endpoint,
            _: PortUse,
        ) -> Result<THandler<Self>, ConnectionDenied> {
            Ok(dummy::ConnectionHandler)
        }

        fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
            let what = match event {
                FromSwarm::NewExternalAddrCandidate(_) => "candidate",
                FromSwarm::ConnectionClosed(_) => "closed",
                _ => "other",
            };
            self.1.lock().unwrap().push((self.0, what));
        }

        fn on_connection_handler_event(
            &mut self,
            _: PeerId,
            _: ConnectionId,
            never: THandlerOutEvent<Self>,
        ) {
            match never {}
        }

        fn poll(
            &mut self,
            _: &mut Context<'_>,
        ) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
            Poll::Pending
        }
    }

    fn witnesses() -> (Fresh<Witness>, Heard) {
        let (heard, made) = (Heard::default(), AtomicU32::new(0));
        let told = Arc::clone(&heard);
        let make = move || Witness(made.fetch_add(1, Relaxed), Arc::clone(&told));
        (Fresh::new(make), heard)
    }

    fn candidate(fresh: &mut Fresh<Witness>, port: usize) {
        let addr = &format!("/ip4/9.9.9.9/tcp/{port}").parse().unwrap();
        let event = NewExternalAddrCandidate { addr };
        fresh.on_swarm_event(FromSwarm::NewExternalAddrCandidate(event));
    }

    #[test]
    fn a_connection_belongs_to_whoever_saw_it_come() {
        let (mut fresh, heard) = witnesses();
        let (id, peer) = (ConnectionId::new_unchecked(1), PeerId::random());
        let at: Multiaddr = "/ip4/9.9.9.9/tcp/1".parse().unwrap();
        let opened = fresh.handle_established_inbound_connection(id, peer, &at, &at);
        assert!(opened.is_ok());

        fresh.renew();
        candidate(&mut fresh, 1);
        fresh.on_swarm_event(FromSwarm::ConnectionClosed(ConnectionClosed {
            peer_id: peer,
            connection_id: id,
            endpoint: &ConnectedPoint::Listener {
                local_addr: at.clone(),
                send_back_addr: at,
            },
            cause: None,
            remaining_established: 0,
        }));

        assert_eq!(*heard.lock().unwrap(), [(1, "candidate"), (0, "closed")]);
        assert!(fresh.former.is_empty() && fresh.owners.is_empty());
    }

    #[test]
    fn a_crowd_of_addresses_makes_it_begin_anew_and_never_deaf() {
        let (mut fresh, heard) = witnesses();
        for port in (1..=MAX_CANDIDATES).chain(1..=MAX_CANDIDATES) {
            candidate(&mut fresh, port);
        }
        assert!(heard.lock().unwrap().iter().all(|(who, _)| *who == 0));

        candidate(&mut fresh, MAX_CANDIDATES + 1);
        assert_eq!(heard.lock().unwrap().last(), Some(&(1, "candidate")));
        assert_eq!(fresh.candidates.len(), 1);
    }
}
