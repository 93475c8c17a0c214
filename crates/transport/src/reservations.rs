//! Our places at relays: where others find us when nothing that was not asked for comes through
//! to us. libp2p renews a reservation while its connection lives; what was lost is asked for again
//! here, and again, until it stands.

use crate::{Endpoint, address, errand};
use libp2p::{Multiaddr, PeerId, core::transport::ListenerId, multiaddr::Protocol};
use std::time::Duration;
use tokio::time::Instant;

/// Relays used at once.
const MAX_RELAYS: usize = 4;
/// Addresses of one of them that we dial and tell of.
const MAX_ADDRESSES: usize = 4;
/// How long a relay may take to connect, and to answer.
const PATIENCE: Duration = Duration::from_secs(15);
/// A place that stood for so long is no failure.
const PROVEN: Duration = Duration::from_secs(30);
/// Pause after a failure; it doubles up to the last.
const PAUSE: Duration = Duration::from_secs(1);
const LAST_PAUSE: Duration = Duration::from_secs(60);

/// A relay: who, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Relay {
    pub(crate) peer: PeerId,
    pub(crate) addresses: Vec<Multiaddr>,
}

impl Relay {
    /// Reads what somebody told of it; `None` if we cannot dial it.
    pub(crate) fn read(told: &Endpoint, loopback: bool) -> Option<Self> {
        let peer = errand::peer_of(&told.uri)?;
        let addresses: Vec<_> = told
            .multi_addrs
            .iter()
            .filter_map(|text| address::dialable(text, &peer, loopback))
            .filter(|found| address::socket(found).is_some())
            .take(MAX_ADDRESSES)
            .collect();
        (!addresses.is_empty()).then_some(Self { peer, addresses })
    }

    /// Where others find us behind it.
    pub(crate) fn circuits(&self) -> impl Iterator<Item = Multiaddr> {
        self.addresses
            .iter()
            .map(|address| address::circuit(address.clone(), self.peer))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Asked for again then.
    Lost(Instant),
    /// Dialled, for so long.
    Dialled(Instant),
    /// Asked for a place, for so long.
    Asked(ListenerId, Instant),
    /// Since then.
    Reserved(ListenerId, Instant),
}

struct Place {
    relay: Relay,
    state: State,
    failures: u32,
}

#[derive(Default)]
pub(crate) struct Reservations(Vec<Place>);

impl Reservations {
    /// These relays are to be used from now on, and no others. What is to be closed.
    pub(crate) fn use_relays(&mut self, relays: Vec<Relay>, now: Instant) -> Vec<ListenerId> {
        let mut before = std::mem::take(&mut self.0);
        for relay in relays {
            if self.0.len() == MAX_RELAYS {
                break;
            }
            if self.is_relay(&relay.peer) {
                continue;
            }
            let known = before.iter().position(|place| place.relay == relay);
            self.0.push(match known {
                Some(known) => before.swap_remove(known),
                None => Place {
                    relay,
                    state: State::Lost(now),
                    failures: 0,
                },
            });
        }
        before.iter().filter_map(Place::listener).collect()
    }

    pub(crate) fn is_relay(&self, peer: &PeerId) -> bool {
        self.0.iter().any(|place| place.relay.peer == *peer)
    }

    /// When to look after them next.
    pub(crate) fn next(&self) -> Option<Instant> {
        let next = |place: &Place| match place.state {
            State::Lost(at) | State::Dialled(at) | State::Asked(_, at) => Some(at),
            State::Reserved(..) => None,
        };
        self.0.iter().filter_map(next).min()
    }

    /// The network is another one: nothing is waited for.
    pub(crate) fn at_once(&mut self, now: Instant) {
        for place in &mut self.0 {
            place.failures = 0;
            if let State::Lost(_) | State::Dialled(_) = place.state {
                place.state = State::Lost(now);
            }
        }
    }

    /// Gives up what took too long: what is to be closed.
    pub(crate) fn give_up(&mut self, now: Instant) -> Vec<ListenerId> {
        let mut over = Vec::new();
        for place in &mut self.0 {
            match place.state {
                State::Dialled(until) | State::Asked(_, until) if until <= now => {
                    over.extend(place.listener());
                    place.failed(now);
                }
                _ => {}
            }
        }
        over
    }

    /// Relays that are to be connected with, or asked where that is so.
    pub(crate) fn due(&mut self, now: Instant) -> Vec<Relay> {
        let is_due = |place: &&mut Place| matches!(place.state, State::Lost(at) if at <= now);
        let due = self.0.iter_mut().filter(is_due).map(|place| {
            place.state = State::Dialled(now + PATIENCE);
            place.relay.clone()
        });
        due.collect()
    }

    /// A connection with this peer stands: the relay that is to be asked for a place.
    pub(crate) fn connected(&self, peer: &PeerId) -> Option<Relay> {
        let waits =
            |place: &&Place| place.relay.peer == *peer && matches!(place.state, State::Dialled(_));
        self.0.iter().find(waits).map(|place| place.relay.clone())
    }

    /// It was asked.
    pub(crate) fn asked(&mut self, peer: &PeerId, listener: ListenerId, now: Instant) {
        if let Some(place) = self.place(|place| place.relay.peer == *peer) {
            place.state = State::Asked(listener, now + PATIENCE);
        }
    }

    /// It was not reached.
    pub(crate) fn unreachable(&mut self, peer: &PeerId, now: Instant) {
        let place = self.place(|place| place.relay.peer == *peer);
        if let Some(place) = place
            && let State::Dialled(_) = place.state
        {
            place.failed(now);
        }
    }

    /// A place was given. Whether that is news, and one of ours.
    pub(crate) fn reserved(&mut self, listener: ListenerId, now: Instant) -> bool {
        let Some(place) = self.place(|place| place.listener() == Some(listener)) else {
            return false;
        };
        let is_new = !matches!(place.state, State::Reserved(..));
        if is_new {
            place.state = State::Reserved(listener, now);
        }
        is_new
    }

    /// The relay at which this listener has a place.
    pub(crate) fn at(&self, listener: ListenerId) -> Option<&Relay> {
        let place = self
            .0
            .iter()
            .find(|place| place.listener() == Some(listener));
        place.map(|place| &place.relay)
    }

    /// It was lost, or refused. Whether it was one of ours.
    pub(crate) fn lost(&mut self, listener: ListenerId, now: Instant) -> bool {
        let Some(place) = self.place(|place| place.listener() == Some(listener)) else {
            return false;
        };
        place.failed(now);
        true
    }

    /// The relays at which we have a place, and what listens there.
    pub(crate) fn standing(&self) -> impl Iterator<Item = (&Relay, ListenerId)> {
        self.0.iter().filter_map(|place| match place.state {
            State::Reserved(listener, _) => Some((&place.relay, listener)),
            State::Lost(_) | State::Dialled(_) | State::Asked(..) => None,
        })
    }

    fn place(&mut self, is_it: impl Fn(&Place) -> bool) -> Option<&mut Place> {
        self.0.iter_mut().find(|place| is_it(place))
    }
}

impl Place {
    fn listener(&self) -> Option<ListenerId> {
        match self.state {
            State::Asked(listener, _) | State::Reserved(listener, _) => Some(listener),
            State::Lost(_) | State::Dialled(_) => None,
        }
    }

    /// One that stood for long is asked for at once, any other after a while.
    fn failed(&mut self, now: Instant) {
        let pause = match self.state {
            State::Reserved(_, since) if now.duration_since(since) >= PROVEN => {
                self.failures = 0;
                Duration::ZERO
            }
            _ => PAUSE.saturating_mul(1 << self.failures.min(16)),
        };
        self.failures = self.failures.saturating_add(1);
        self.state = State::Lost(now + pause.min(LAST_PAUSE));
    }
}

/// What libp2p listens at for a place at this relay.
pub(crate) fn listen_address(relay: &Relay) -> Option<Multiaddr> {
    let first = relay.addresses.first()?.clone();
    Some(
        first
            .with(Protocol::P2p(relay.peer))
            .with(Protocol::P2pCircuit),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relay(peer: PeerId) -> Relay {
        let told = Endpoint {
            uri: format!("libp2p-peerId:{peer}"),
            multi_addrs: vec![
                "/ip4/127.0.0.1/tcp/1".to_owned(),
                "/ip4/9.9.9.9/udp/1/quic-v1".to_owned(),
                "/ip4/9.9.9.9/tcp/1".to_owned(),
            ],
        };
        Relay::read(&told, false).unwrap()
    }

    #[test]
    fn others_are_told_each_address_of_the_relay() {
        let peer = PeerId::random();
        let told: Vec<_> = relay(peer).circuits().map(|at| at.to_string()).collect();
        assert_eq!(
            told,
            [
                format!("/ip4/9.9.9.9/udp/1/quic-v1/p2p/{peer}/p2p-circuit"),
                format!("/ip4/9.9.9.9/tcp/1/p2p/{peer}/p2p-circuit"),
            ]
        );
    }

    #[test]
    fn a_place_that_was_lost_is_asked_for_at_once_and_then_ever_later() {
        let (peer, now) = (PeerId::random(), Instant::now());
        let mut places = Reservations::default();
        places.use_relays(vec![relay(peer)], now);
        assert_eq!(places.due(now), [relay(peer)]);
        assert_eq!(places.connected(&peer), Some(relay(peer)));
        let listener = ListenerId::next();
        places.asked(&peer, listener, now);
        assert!(places.reserved(listener, now));
        let now = now + PROVEN;
        assert_eq!(places.standing().count(), 1);
        assert_eq!(places.next(), None);

        assert!(places.lost(listener, now));
        assert_eq!(places.standing().count(), 0);
        let mut last = Duration::ZERO;
        for _ in 0..10 {
            let at = places.next().unwrap();
            assert_eq!(places.due(at).len(), 1);
            places.unreachable(&peer, at);
            let pause = places.next().unwrap() - at;
            assert!(pause >= last && pause <= LAST_PAUSE);
            last = pause;
        }
        assert_eq!(last, LAST_PAUSE);

        places.at_once(now);
        assert_eq!(places.next(), Some(now));
    }

    #[test]
    fn a_relay_that_is_silent_is_given_up_and_one_that_is_not_wanted_closed() {
        let (silent, other, now) = (PeerId::random(), PeerId::random(), Instant::now());
        let mut places = Reservations::default();
        places.use_relays(vec![relay(silent), relay(other), relay(silent)], now);
        assert_eq!(places.0.len(), 2);
        places.due(now);
        let listeners = [ListenerId::next(), ListenerId::next()];
        places.asked(&silent, listeners[0], now);
        places.asked(&other, listeners[1], now);
        places.reserved(listeners[1], now);

        assert_eq!(places.give_up(now + PATIENCE), [listeners[0]]);
        assert_eq!(places.use_relays(vec![relay(silent)], now), [listeners[1]]);
        assert!(!places.is_relay(&other));
        assert!(!places.reserved(listeners[1], now));
    }
}
