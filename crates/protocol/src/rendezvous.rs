//! Rendezvous: the names under which a contact and we look for each other where neither knows the
//! other's address any more. A name changes every day, only the two can work it out, and it says whose
//! place it is; to the rendezvous point it is 32 random bytes.
//!
//! It is the base64url without padding (43 letters) of [`Pair::ours`]: HMAC-SHA-256, whose key is the
//! key agreement of the two pairwise DIDs, of [`LABEL`], a zero byte, the UTC day (days since
//! 1970-01-01, 64 bits, big-endian), a zero byte, the public key of whoever is to be found, and that of
//! whoever looks for him.
//!
//! - **Days.** One registers under today's name and, from an hour or two before midnight, under
//!   tomorrow's: when exactly, its first byte says, so that not all come at once. One looks under the
//!   names of all days within an hour of now. So clocks may differ by an hour, and nobody has to be
//!   found at midnight in the moment in which he changes his name.
//! - **Rotation.** A DID's successor has other names. Whoever moved knows which DID the other side still
//!   believes in, so he uses the names of both until his move is confirmed, registering and looking;
//!   the other side uses those of the DIDs that it knows.
//!
//! The protocol is libp2p's (`/rendezvous/1.0.0`); only contacts who run Signet know such a name.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use signet_didcomm::{Pair, did::Did};

use crate::{
    contact::{Contact, Rotation},
    messenger::Messenger,
    time::Timestamp,
};

/// What sets these names apart from whatever else the two may work out. An identifier: nothing is ever
/// requested from it.
pub const LABEL: &str = "https://signet.chat/protocols/rendezvous/1.0";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How much the clocks of the two may differ.
const SKEW: Duration = Duration::from_secs(60 * 60);
/// How much earlier each value of a name's first byte makes one register: 255 of them are an hour.
const EARLIER: Duration = Duration::from_secs(14);

/// How a contact and we find each other at a rendezvous point.
#[derive(Debug, Default)]
pub struct Meeting {
    dids: Vec<(Did, Did)>,
    pairs: Vec<Pair>,
}

impl Messenger {
    /// How to meet this contact. Nobody is met who may not learn our addresses, and nobody who does not
    /// run Signet.
    ///
    /// One key agreement for each pair of DIDs, about 50 µs: `known`, from an earlier call, is handed
    /// back where nothing changed.
    #[must_use]
    pub fn meeting(&self, contact: &Contact, known: Option<Meeting>) -> Meeting {
        let dids = match contact.is_signet && contact.may_learn_addresses() {
            true => pairs(contact),
            false => Vec::new(),
        };
        match known {
            Some(known) if known.dids == dids => known,
            _ => {
                let pairs = dids.iter().filter_map(|(ours, theirs)| {
                    let keys = &self.state.identities.get(&ours.short())?.keys;
                    let (own, other) = (self.document(ours).ok()?, self.document(theirs).ok()?);
                    Pair::new(keys, &own, &other)
                });
                let pairs = pairs.collect();
                Meeting { dids, pairs }
            }
        }
    }
}

impl Meeting {
    /// Where we are to be found at this time: names for us to register under.
    #[must_use]
    pub fn ours(&self, now: Timestamp) -> Vec<String> {
        let today = day(now);
        let of_one = |pair: &Pair| {
            let tomorrow = pair.ours(&label(today + 1));
            let earlier = EARLIER.saturating_mul(tomorrow[0].into());
            let is_near = day(now.after(SKEW.saturating_add(earlier))) > today;
            let names = [pair.ours(&label(today))].into_iter();
            names.chain(is_near.then_some(tomorrow))
        };
        let names = self.pairs.iter().flat_map(of_one);
        names.map(|name| URL_SAFE_NO_PAD.encode(name)).collect()
    }

    /// Where the contact is to be found at this time: names for us to look under.
    #[must_use]
    pub fn theirs(&self, now: Timestamp) -> Vec<String> {
        let early = Timestamp(now.0.saturating_sub(Timestamp(0).after(SKEW).0));
        let days = day(early)..=day(now.after(SKEW));
        let of_one = |pair: &Pair| -> Vec<_> {
            let names = days.clone().map(|day| pair.theirs(&label(day)));
            names.collect()
        };
        let names = self.pairs.iter().flat_map(of_one);
        names.map(|name| URL_SAFE_NO_PAD.encode(name)).collect()
    }
}

/// The DIDs, ours and theirs, under which the two may know each other; the likelier first.
fn pairs(contact: &Contact) -> Vec<(Did, Did)> {
    let prior = match &contact.rotation {
        Rotation::Settled => None,
        Rotation::Announcing { prior, .. } => Some(prior.clone()),
    };
    let ours = std::iter::once(contact.my_did.clone()).chain(prior);
    ours.map(|ours| (ours, contact.their_did.clone())).collect()
}

fn label(day: u64) -> Vec<u8> {
    [LABEL.as_bytes(), &[0], &day.to_be_bytes()].concat()
}

fn day(now: Timestamp) -> u64 {
    now.seconds() / DAY.as_secs()
}

#[cfg(test)]
mod tests {
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
    use signet_didcomm::{document, peer4};

    use super::*;

    const NOON: Timestamp = Timestamp(20_000 * 86_400_000 + 43_200_000);
    const MINUTE: Duration = Duration::from_secs(60);

    /// One meeting, as either of the two knows it.
    fn both(one: u64, other: u64) -> (Meeting, Meeting) {
        let made =
            [one, other].map(|seed| peer4::create(&[], &mut ChaCha20Rng::seed_from_u64(seed)));
        let documents = [0, 1].map(|i| document::resolve(&made[i].0).unwrap());
        let meeting = |own: usize, other: usize| Meeting {
            dids: vec![(made[own].0.clone(), made[other].0.clone())],
            pairs: vec![Pair::new(&made[own].1, &documents[own], &documents[other]).unwrap()],
        };
        (meeting(0, 1), meeting(1, 0))
    }

    fn is_found(one: &Meeting, at: Timestamp, by: &Meeting, then: Timestamp) -> bool {
        let names = one.ours(at);
        by.theirs(then).iter().any(|name| names.contains(name))
    }

    #[test]
    fn one_registers_where_the_other_looks_and_the_other_way_is_another_name() {
        let (alice, bob) = both(1, 2);

        assert_eq!(alice.ours(NOON), bob.theirs(NOON));
        assert_eq!(bob.ours(NOON), alice.theirs(NOON));
        assert_ne!(alice.ours(NOON), alice.theirs(NOON));
        assert_eq!(alice.ours(NOON)[0].len(), 43);
    }

    #[test]
    fn another_contact_and_another_day_have_other_names() {
        let ((alice, _), (towards_carol, carol)) = (both(1, 2), both(1, 3));
        let ours = &alice.ours(NOON)[0];

        for other in [&towards_carol, &carol] {
            assert!(!other.ours(NOON).contains(ours) && !other.theirs(NOON).contains(ours));
        }
        let tomorrow = alice.ours(NOON.after(DAY));
        assert!(!tomorrow.contains(ours));
    }

    #[test]
    fn the_bytes_are_those_of_the_docstring() {
        let (alice, _) = both(1, 2);
        let label = b"https://signet.chat/protocols/rendezvous/1.0\0\0\0\0\0\0\0\x4e\x20";

        let name = alice.pairs[0].ours(label);

        assert_eq!(alice.ours(NOON), [URL_SAFE_NO_PAD.encode(name)]);
    }

    #[test]
    fn two_whose_clocks_differ_by_an_hour_find_each_other_at_any_minute() {
        let (alice, bob) = both(1, 2);
        for minute in 0..24 * 60 {
            let at = NOON.after(MINUTE * minute);
            let later = at.after(SKEW);
            assert!(is_found(&alice, at, &bob, later), "{minute}");
            assert!(is_found(&alice, later, &bob, at), "{minute}");
        }
    }

    #[test]
    fn tomorrows_name_is_registered_between_one_hour_and_two_before_midnight_not_by_all_at_once() {
        let begins = |seed: u64| {
            let (alice, _) = both(seed, seed + 1);
            let is_near = |minute: &u32| alice.ours(NOON.after(MINUTE * *minute)).len() == 2;
            (0..12 * 60).find(is_near).unwrap()
        };
        let all: std::collections::BTreeSet<u32> = (1..20).map(begins).collect();

        assert!(all.iter().all(|begin| (600..=660).contains(begin)));
        assert!(all.len() > 5, "{all:?}");
    }
}
