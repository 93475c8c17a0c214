//! Who is to be found under which name, as long as he is connected here: nothing is kept of those who
//! left, nothing is written down, and nobody is told of a name that he did not know before.
//!
//! libp2p's own server lists everybody to whoever asks for no name, keeps up to 1 MiB for each
//! registration, and one more each time it is repeated. Here a peer has one record, his newest, whatever
//! his names are.

use crate::rendezvous::{
    record,
    wire::{Answer, Found, MAX_FOUND, MAX_NAME, Refusal, Request, TTL},
};
use libp2p::PeerId;
use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
    time::Duration,
};
use tokio::time::Instant;

/// Names of one peer: two a day for each of the contacts whom Signet meets.
const NAMES_EACH: usize = 512;
/// Names of all, for each connection that may be.
const NAMES: usize = 64;
/// Questions of one peer that may come together, and when there may be one more.
const TOGETHER: u32 = 512;
const ONE_MORE: Duration = Duration::from_millis(200);

pub(super) struct Registry {
    guests: HashMap<PeerId, Guest>,
    names: HashMap<Arc<str>, Vec<PeerId>>,
    /// Registrations of all, and how many there may be.
    count: usize,
    max: usize,
}

/// Somebody who is connected.
struct Guest {
    /// Set once he registered.
    record: Option<Arc<[u8]>>,
    /// His names, and until when he is found under each.
    until: HashMap<Arc<str>, Instant>,
    /// Questions that he may ask now, as of then.
    left: u32,
    counted: Instant,
}

impl Registry {
    /// For so many connections.
    pub(super) fn new(connections: u32) -> Self {
        Self {
            guests: HashMap::new(),
            names: HashMap::new(),
            count: 0,
            max: (connections as usize).saturating_mul(NAMES),
        }
    }

    /// He is connected.
    pub(super) fn came(&mut self, peer: PeerId, now: Instant) {
        let guest = || Guest {
            record: None,
            until: HashMap::new(),
            left: TOGETHER,
            counted: now,
        };
        self.guests.entry(peer).or_insert_with(guest);
    }

    /// He is not connected any more, and is forgotten.
    pub(super) fn went(&mut self, peer: &PeerId) {
        if let Some(guest) = self.guests.remove(peer) {
            for name in guest.until.keys() {
                self.withdraw(name, peer);
            }
        }
    }

    /// Whether he may ask now, which counts.
    pub(super) fn may_ask(&mut self, peer: &PeerId, now: Instant) -> bool {
        let Some(guest) = self.guests.get_mut(peer) else {
            return false;
        };
        let more = now.saturating_duration_since(guest.counted).as_nanos() / ONE_MORE.as_nanos();
        let more = u32::try_from(more).unwrap_or(u32::MAX);
        guest.counted += ONE_MORE.saturating_mul(more);
        guest.left = guest.left.saturating_add(more).min(TOGETHER);
        let may = guest.left > 0;
        guest.left = guest.left.saturating_sub(1);
        may
    }

    /// What he is told.
    pub(super) fn answer(&mut self, peer: &PeerId, request: Request, now: Instant) -> Answer {
        match request {
            Request::Register { name, record, ttl } => {
                match self.register(peer, &name, record, ttl, now) {
                    Ok(ttl) => Answer::Registered { ttl },
                    Err(refusal) => Answer::NotRegistered(refusal),
                }
            }
            Request::Unregister { name } => {
                if let Some(guest) = self.guests.get_mut(peer)
                    && guest.until.remove(name.as_str()).is_some()
                {
                    self.withdraw(&name, peer);
                }
                Answer::Unregistered
            }
            Request::Discover { name } => match name.filter(|name| is_name(name)) {
                Some(name) => self.found(&name, now),
                // To list what was not asked for by its name would tell who belongs together.
                None => Answer::NotFound(Refusal::Name),
            },
        }
    }

    /// Forgets what has lapsed.
    pub(super) fn sweep(&mut self, now: Instant) {
        let mut lapsed = Vec::new();
        for (peer, guest) in &mut self.guests {
            let over = guest.until.extract_if(|_, until| *until <= now);
            lapsed.extend(over.map(|(name, _)| (name, *peer)));
        }
        for (name, peer) in lapsed {
            self.withdraw(&name, &peer);
        }
    }

    fn register(
        &mut self,
        peer: &PeerId,
        name: &str,
        record: Vec<u8>,
        ttl: Option<u64>,
        now: Instant,
    ) -> Result<u64, Refusal> {
        let guest = self.guests.get_mut(peer).ok_or(Refusal::Unavailable)?;
        let ttl = ttl.unwrap_or(TTL);
        if !is_name(name) {
            return Err(Refusal::Name);
        }
        if ttl == 0 || ttl > TTL {
            return Err(Refusal::Ttl);
        }
        let until = now + Duration::from_secs(ttl);
        let is_known = guest.record.as_deref() == Some(&record);
        if !is_known {
            record::read(&record, peer).ok_or(Refusal::Record)?;
        }
        if let Some(known) = guest.until.get_mut(name) {
            *known = until;
        } else {
            let found = self.names.get(name).map_or(0, Vec::len);
            let is_full = guest.until.len() >= NAMES_EACH || self.count >= self.max;
            if is_full || found >= MAX_FOUND {
                return Err(Refusal::Unavailable);
            }
            let name: Arc<str> = name.into();
            guest.until.insert(Arc::clone(&name), until);
            self.names.entry(name).or_default().push(*peer);
            self.count += 1;
        }
        if !is_known {
            guest.record = Some(record.into());
        }
        Ok(ttl)
    }

    fn found(&self, name: &str, now: Instant) -> Answer {
        let peers = self.names.get(name).into_iter().flatten();
        let records = peers.filter_map(|peer| {
            let guest = self.guests.get(peer)?;
            let until = guest.until.get(name).filter(|until| **until > now)?;
            Some(Found {
                name: name.to_owned(),
                record: guest.record.as_deref()?.to_vec(),
                ttl: until.duration_since(now).as_secs(),
            })
        });
        Answer::Found {
            records: records.collect(),
        }
    }

    /// He is found under this name no more.
    fn withdraw(&mut self, name: &str, peer: &PeerId) {
        self.count -= 1;
        if let Entry::Occupied(mut peers) = self.names.entry(name.into()) {
            peers.get_mut().retain(|known| known != peer);
            if peers.get().is_empty() {
                peers.remove();
            }
        }
    }
}

fn is_name(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use libp2p::{Multiaddr, identity::Keypair};

    struct Person {
        keypair: Keypair,
        peer: PeerId,
    }

    fn person() -> Person {
        let keypair = Keypair::generate_ed25519();
        let peer = keypair.public().to_peer_id();
        Person { keypair, peer }
    }

    impl Person {
        fn record(&self, port: u16) -> Vec<u8> {
            let at: Multiaddr = format!("/ip4/9.9.9.9/tcp/{port}").parse().unwrap();
            record::sign(&self.keypair, vec![at]).unwrap()
        }

        fn register(&self, name: &str, port: u16) -> Request {
            Request::Register {
                name: name.to_owned(),
                record: self.record(port),
                ttl: None,
            }
        }
    }

    fn discover(name: Option<&str>) -> Request {
        let name = name.map(str::to_owned);
        Request::Discover { name }
    }

    /// The ports at which somebody is found.
    fn ports(answer: &Answer, person: &Person) -> Vec<String> {
        let Answer::Found { records } = answer else {
            panic!("{answer:?}");
        };
        let read = |found: &Found| record::read(&found.record, &person.peer).unwrap();
        let records = records.iter().map(read);
        records
            .map(|record| record.addresses()[0].to_string())
            .collect()
    }

    fn with(people: &[&Person], now: Instant) -> Registry {
        let mut registry = Registry::new(1);
        people.iter().for_each(|one| registry.came(one.peer, now));
        registry
    }

    #[test]
    fn one_is_found_under_his_name_until_it_lapses_or_he_takes_it_back_or_leaves() {
        let (bob, alice, now) = (person(), person(), Instant::now());
        let granted = Answer::Registered { ttl: TTL };
        let mut registry = with(&[&bob, &alice], now);
        let register = bob.register("name", 1);
        let look = |registry: &mut Registry, now| {
            let answer = registry.answer(&alice.peer, discover(Some("name")), now);
            ports(&answer, &bob).len()
        };

        assert_eq!(registry.answer(&bob.peer, register.clone(), now), granted);
        assert_eq!(look(&mut registry, now), 1);
        let later = now + Duration::from_secs(TTL);
        assert_eq!(look(&mut registry, later), 0);
        registry.sweep(later);
        assert!(registry.names.is_empty() && registry.count == 0);

        registry.answer(&bob.peer, register.clone(), now);
        let name = "name".to_owned();
        registry.answer(&bob.peer, Request::Unregister { name }, now);
        assert_eq!(look(&mut registry, now), 0);
        assert!(registry.names.is_empty() && registry.count == 0);

        registry.answer(&bob.peer, register, now);
        registry.went(&bob.peer);
        assert_eq!(look(&mut registry, now), 0);
        assert!(registry.names.is_empty() && registry.count == 0);
    }

    #[test]
    fn the_newest_record_stands_for_all_names_and_repeating_adds_nothing() {
        let (bob, now) = (person(), Instant::now());
        let mut registry = with(&[&bob], now);
        for round in 0..100 {
            registry.answer(&bob.peer, bob.register("one", round), now);
            registry.answer(&bob.peer, bob.register("other", round), now);
        }
        registry.answer(&bob.peer, bob.register("one", 7), now);

        let found = registry.answer(&bob.peer, discover(Some("other")), now);
        assert_eq!(ports(&found, &bob), ["/ip4/9.9.9.9/tcp/7"]);
        assert_eq!(registry.count, 2);
    }

    #[test]
    fn nobody_is_told_of_a_name_that_he_did_not_ask_for() {
        let (bob, now) = (person(), Instant::now());
        let mut registry = with(&[&bob], now);
        registry.answer(&bob.peer, bob.register("name", 1), now);

        for asked in [None, Some("")] {
            let answer = registry.answer(&bob.peer, discover(asked), now);
            assert_eq!(answer, Answer::NotFound(Refusal::Name));
        }
        for asked in ["nam", "name ", "*"] {
            let answer = registry.answer(&bob.peer, discover(Some(asked)), now);
            assert!(ports(&answer, &bob).is_empty());
        }
    }

    #[test]
    fn what_is_too_long_or_not_his_or_for_too_long_is_refused() {
        let (bob, eve, now) = (person(), person(), Instant::now());
        let mut registry = with(&[&bob, &eve], now);
        let long = "n".repeat(MAX_NAME + 1);
        let refused =
            |registry: &mut Registry, request| match registry.answer(&eve.peer, request, now) {
                Answer::NotRegistered(refusal) => refusal,
                other => panic!("{other:?}"),
            };
        let register = |ttl, record| Request::Register {
            name: "name".to_owned(),
            record,
            ttl: Some(ttl),
        };

        assert_eq!(
            refused(&mut registry, eve.register(&long, 1)),
            Refusal::Name
        );
        assert_eq!(refused(&mut registry, eve.register("", 1)), Refusal::Name);
        for ttl in [0, TTL + 1, u64::MAX] {
            assert_eq!(
                refused(&mut registry, register(ttl, eve.record(1))),
                Refusal::Ttl
            );
        }
        for record in [bob.record(1), Vec::new(), vec![7; 4000]] {
            assert_eq!(refused(&mut registry, register(1, record)), Refusal::Record);
        }
        let stranger = person();
        let answer = registry.answer(&stranger.peer, stranger.register("name", 1), now);
        assert_eq!(answer, Answer::NotRegistered(Refusal::Unavailable));
        assert!(registry.names.is_empty());
    }

    #[test]
    fn neither_one_nor_many_have_names_without_end() {
        let now = Instant::now();
        let full = Answer::NotRegistered(Refusal::Unavailable);
        let bob = person();
        let mut registry = Registry::new(1000);
        registry.came(bob.peer, now);
        let record = bob.record(1);
        let mut register = |number: usize| {
            let (name, record) = (number.to_string(), record.clone());
            let request = Request::Register {
                name,
                record,
                ttl: None,
            };
            registry.answer(&bob.peer, request, now)
        };
        assert!((0..NAMES_EACH).all(|number| register(number) != full));
        assert_eq!(register(NAMES_EACH), full);
        assert_ne!(register(0), full, "those he has are renewed");

        let people: Vec<_> = (0..=MAX_FOUND).map(|_| person()).collect();
        let mut registry = with(&people.iter().collect::<Vec<_>>(), now);
        let mut register = |who: usize, name: &str| {
            let one = &people[who];
            registry.answer(&one.peer, one.register(name, 1), now)
        };
        assert!((0..MAX_FOUND).all(|who| register(who, "same") != full));
        assert_eq!(register(MAX_FOUND, "same"), full);
        let others = (MAX_FOUND..NAMES).map(|number| register(0, &number.to_string()));
        assert!(
            others
                .collect::<Vec<_>>()
                .iter()
                .all(|answer| *answer != full)
        );
        assert_eq!(register(1, "one more"), full, "all of them together");
    }

    #[test]
    fn nobody_asks_more_than_his_share() {
        let (eve, bob, now) = (person(), person(), Instant::now());
        let mut registry = with(&[&eve, &bob], now);

        assert!((0..TOGETHER).all(|_| registry.may_ask(&eve.peer, now)));
        assert!(!registry.may_ask(&eve.peer, now) && registry.may_ask(&bob.peer, now));
        assert!(registry.may_ask(&eve.peer, now + ONE_MORE));
        assert!(!registry.may_ask(&eve.peer, now + ONE_MORE));
        let later = now + ONE_MORE * TOGETHER * 9;
        assert!((0..TOGETHER).all(|_| registry.may_ask(&eve.peer, later)));
        assert!(!registry.may_ask(&eve.peer, later));

        registry.went(&eve.peer);
        assert!(!registry.may_ask(&eve.peer, later));
    }
}
