//! What is registered where, and what is to be done next. It knows no wire: what is asked, and what
//! became of it, is the keeper's.

use super::{AskError, Meeting, Place, Standing, record, wire};
use crate::address::{self, Scope};
use libp2p::{Multiaddr, PeerId, core::transport::ListenerId, identity::Keypair};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};
use tokio::time::Instant;
use wire::{Answer, Request};

/// Pause after a point that did not answer, that refused a name, and that is none.
const SILENT: Duration = Duration::from_secs(30);
const REFUSED: Duration = Duration::from_secs(10 * 60);
const UNSUPPORTED: Duration = Duration::from_secs(60 * 60);
/// The shortest time for which a registration is taken to stand.
const SOONEST: Duration = Duration::from_secs(60);

#[derive(Default)]
pub(super) struct Plan {
    points: BTreeMap<PeerId, Point>,
    /// The names wanted, the likeliest first, with the contact whose they are.
    wanted: Vec<(String, String)>,
}

/// A rendezvous point that we use.
struct Point {
    listener: ListenerId,
    scope: Scope,
    /// What it is told, and the record that says so; without one there is nothing worth telling.
    addresses: Vec<Multiaddr>,
    record: Option<Vec<u8>>,
    names: HashMap<String, Kept>,
    /// It is left alone until then.
    rests: Option<Instant>,
}

/// A name that we registered, or tried to.
struct Kept {
    contact: String,
    /// When it is renewed, and when it lapses if it is not.
    until: Instant,
    lapses: Instant,
    /// It says what the point's record says.
    is_current: bool,
    stands: bool,
}

impl Plan {
    /// This is where we are to be found.
    pub(super) fn stands(&mut self, standing: &Standing, keypair: &Keypair) {
        for (relay, point) in &mut self.points {
            if standing.places.iter().all(|place| place.relay != *relay) {
                point.addresses.clear();
                point.record = None;
            }
        }
        for place in &standing.places {
            let fresh = || Point {
                listener: place.listener,
                scope: place.scope,
                addresses: Vec::new(),
                record: None,
                names: HashMap::new(),
                rests: None,
            };
            let point = self.points.entry(place.relay).or_insert_with(fresh);
            // It forgets whoever leaves.
            if point.listener != place.listener {
                point.listener = place.listener;
                point.rests = None;
                point.is_out_of_date();
            }
            point.is_told(standing, place, keypair);
        }
        // What was left where we have no place may still be there.
        let is_of_use = |point: &Point| point.record.is_some() || !point.names.is_empty();
        self.points.retain(|_, point| is_of_use(point));
    }

    /// These are the contacts for whom we are.
    pub(super) fn meets(&mut self, meetings: &[Meeting]) {
        let names = |meeting: &Meeting| {
            let contact = meeting.name.clone();
            let names = meeting.ours.clone().into_iter();
            names.map(move |name| (name, contact.clone()))
        };
        self.wanted = meetings.iter().flat_map(names).collect();
    }

    /// What to ask now, and of whom.
    pub(super) fn next(&mut self, now: Instant) -> Option<(PeerId, Request)> {
        let contacts: BTreeSet<_> = self.wanted.iter().map(|(_, contact)| contact).collect();
        let wanted: BTreeSet<_> = self.wanted.iter().map(|(name, _)| name).collect();
        for (relay, point) in &mut self.points {
            if point.rests.is_some_and(|until| until > now) {
                continue;
            }
            point.names.retain(|_, kept| kept.lapses > now);
            // Yesterday's names of a contact lapse; those of somebody who is no longer met do not wait.
            let left = point.names.iter().find(|(name, kept)| {
                !wanted.contains(name) && kept.stands && !contacts.contains(&kept.contact)
            });
            if let Some((name, _)) = left {
                let name = name.clone();
                return Some((*relay, Request::Unregister { name }));
            }
            let Some(record) = &point.record else {
                continue;
            };
            let due = self.wanted.iter().find(|(name, _)| {
                let kept = point.names.get(name);
                kept.is_none_or(|kept| kept.until <= now || !kept.is_current)
            });
            if let Some((name, _)) = due {
                let request = Request::Register {
                    name: name.clone(),
                    record: record.clone(),
                    ttl: Some(wire::TTL),
                };
                return Some((*relay, request));
            }
        }
        None
    }

    /// When there may be something to do, if nobody says anything.
    pub(super) fn wakes(&self, now: Instant) -> Option<Instant> {
        let wanted: BTreeSet<_> = self.wanted.iter().map(|(name, _)| name).collect();
        let wakes = |point: &Point| {
            let next = |(name, kept): (&String, &Kept)| match point.record {
                Some(_) if wanted.contains(name) => kept.until,
                _ => kept.lapses,
            };
            let rests = point.rests.filter(|until| *until > now);
            rests.or_else(|| point.names.iter().map(next).min())
        };
        self.points.values().filter_map(wakes).min()
    }

    /// What became of it.
    pub(super) fn answered(
        &mut self,
        relay: &PeerId,
        request: &Request,
        answer: &Result<Answer, AskError>,
        now: Instant,
    ) {
        let Some(point) = self.points.get_mut(relay) else {
            return;
        };
        let contact = |name: &String| {
            let wanted = self.wanted.iter().find(|(wanted, _)| wanted == name);
            wanted
                .map(|(_, contact)| contact.clone())
                .unwrap_or_default()
        };
        match (request, answer) {
            (Request::Register { name, .. }, Err(AskError::Silent(_))) => {
                point.rests = Some(now + SILENT);
                // It may have been heard all the same.
                point.names.entry(name.clone()).or_insert_with(|| Kept {
                    contact: contact(name),
                    until: now + SILENT,
                    lapses: now + Duration::from_secs(wire::TTL),
                    is_current: false,
                    stands: true,
                });
            }
            (_, Err(AskError::Silent(_))) => point.rests = Some(now + SILENT),
            (_, Err(AskError::Unsupported)) => point.rests = Some(now + UNSUPPORTED),
            (Request::Register { name, record, .. }, Ok(answer)) => {
                let (lasts, pause, stands) = match answer {
                    Answer::Registered { ttl } => {
                        let lasts = Duration::from_secs(*ttl.min(&wire::TTL)).max(SOONEST);
                        (lasts, lasts / 2, true)
                    }
                    _ => (REFUSED, REFUSED, false),
                };
                let kept = Kept {
                    contact: contact(name),
                    until: now + pause,
                    lapses: now + lasts,
                    is_current: point.record.as_ref() == Some(record),
                    stands,
                };
                point.names.insert(name.clone(), kept);
            }
            (Request::Unregister { name }, Ok(_)) => drop(point.names.remove(name)),
            (Request::Discover { .. }, Ok(_)) => {}
        }
    }
}

impl Point {
    /// Signs a record of what is worth telling there, if it is another one: what is nearer than the point
    /// itself is of no use to those who ask it, and our places at others are none of its business.
    fn is_told(&mut self, standing: &Standing, place: &Place, keypair: &Keypair) {
        self.scope = place.scope;
        let is_far = |address: &&Multiaddr| {
            let socket = address::socket(address);
            socket.is_some_and(|(socket, _, _)| address::scope(socket.ip()) >= self.scope)
        };
        let straight = standing.addresses.iter().filter(is_far);
        let addresses: Vec<_> = straight.chain(&place.circuits).cloned().collect();
        if self.addresses == addresses {
            return;
        }
        self.record = match addresses.is_empty() {
            true => None,
            false => record::sign(keypair, addresses.clone()),
        };
        self.addresses = addresses;
        self.is_out_of_date();
    }

    /// All names are to be registered again.
    fn is_out_of_date(&mut self) {
        for kept in self.names.values_mut() {
            kept.is_current = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    const GRANTED: Answer = Answer::Registered { ttl: wire::TTL };

    fn place(relay: PeerId, scope: Scope) -> Place {
        let at = format!("/ip4/9.9.9.9/tcp/1/p2p/{relay}/p2p-circuit");
        Place {
            relay,
            listener: ListenerId::next(),
            scope,
            circuits: vec![at.parse().unwrap()],
        }
    }

    fn standing(place: Place, addresses: &[&str]) -> Standing {
        Standing {
            places: vec![place],
            addresses: addresses.iter().map(|text| text.parse().unwrap()).collect(),
        }
    }

    fn meeting(name: &str, ours: &[&str]) -> Meeting {
        Meeting {
            name: name.to_owned(),
            ours: ours.iter().map(ToString::to_string).collect(),
            ..Meeting::default()
        }
    }

    /// Does what is to be done, all of which is granted; the names in order, a `-` before those taken back.
    fn done(plan: &mut Plan, now: Instant) -> Vec<String> {
        let mut done = Vec::new();
        while let Some((relay, request)) = plan.next(now) {
            done.push(match &request {
                Request::Register { name, .. } => name.clone(),
                Request::Unregister { name } => format!("-{name}"),
                Request::Discover { .. } => panic!("nothing is looked for"),
            });
            plan.answered(&relay, &request, &Ok(GRANTED), now);
        }
        done
    }

    fn begun() -> (Plan, Standing, Keypair, Instant) {
        let keypair = Keypair::generate_ed25519();
        let standing = standing(
            place(PeerId::random(), Scope::Public),
            &["/ip4/9.9.9.8/tcp/1"],
        );
        let mut plan = Plan::default();
        plan.stands(&standing, &keypair);
        (plan, standing, keypair, Instant::now())
    }

    #[test]
    fn each_name_is_registered_once_and_again_before_it_lapses() {
        let (mut plan, standing, keypair, now) = begun();
        plan.meets(&[
            meeting("Bob", &["today", "tomorrow"]),
            meeting("Eve", &["e"]),
        ]);

        assert_eq!(done(&mut plan, now), ["today", "tomorrow", "e"]);
        plan.stands(&standing, &keypair);
        assert!(done(&mut plan, now).is_empty());
        let again = plan.wakes(now).unwrap();
        assert!(again > now && again < now + Duration::from_secs(wire::TTL));
        assert_eq!(done(&mut plan, again), ["today", "tomorrow", "e"]);
    }

    #[test]
    fn who_is_no_longer_met_is_taken_back_at_once_and_the_day_before_lapses() {
        let (mut plan, _, _, now) = begun();
        plan.meets(&[meeting("Bob", &["b1"]), meeting("Eve", &["e1"])]);
        done(&mut plan, now);

        plan.meets(&[meeting("Bob", &["b2"])]);
        assert_eq!(done(&mut plan, now), ["-e1", "b2"]);
        let later = now + Duration::from_secs(wire::TTL);
        assert_eq!(done(&mut plan, later), ["b2"]);
        plan.meets(&[]);
        assert_eq!(done(&mut plan, later), ["-b2"]);
        assert_eq!(plan.wakes(later), None);
    }

    #[test]
    fn another_address_and_another_place_make_all_of_it_due() {
        let (mut plan, mut standing, keypair, now) = begun();
        plan.meets(&[meeting("Bob", &["b"])]);
        done(&mut plan, now);

        standing.addresses = vec!["/ip4/9.9.9.7/tcp/1".parse().unwrap()];
        plan.stands(&standing, &keypair);
        assert_eq!(done(&mut plan, now), ["b"]);
        standing.places[0].listener = ListenerId::next();
        plan.stands(&standing, &keypair);
        assert_eq!(done(&mut plan, now), ["b"]);
    }

    #[test]
    fn what_was_left_at_a_lost_place_is_taken_back_too() {
        let (mut plan, standing, keypair, now) = begun();
        plan.meets(&[meeting("Bob", &["b"]), meeting("Eve", &["e"])]);
        done(&mut plan, now);

        plan.stands(&Standing::default(), &keypair);
        assert!(done(&mut plan, now).is_empty());
        plan.meets(&[meeting("Bob", &["b"])]);
        let (relay, request) = plan.next(now).unwrap();
        let silent = Err(AskError::Silent(io::ErrorKind::NotConnected.into()));
        plan.answered(&relay, &request, &silent, now);
        assert!(plan.next(now).is_none());
        plan.stands(&standing, &keypair);
        assert_eq!(done(&mut plan, now + SILENT), ["-e", "b"]);

        plan.stands(&Standing::default(), &keypair);
        let lapsed = plan.wakes(now + SILENT).unwrap();
        assert!(plan.next(lapsed).is_none());
        plan.stands(&Standing::default(), &keypair);
        assert!(plan.points.is_empty() && plan.wakes(lapsed).is_none());
    }

    #[test]
    fn a_point_learns_nothing_nearer_than_itself_and_of_no_other_point() {
        let (keypair, near) = (Keypair::generate_ed25519(), "/ip4/192.168.1.2/tcp/1");
        let peer = keypair.public().to_peer_id();
        let addresses = ["/ip4/9.9.9.8/tcp/1", near];
        let (far, here) = (PeerId::random(), PeerId::random());
        let mut all = standing(place(far, Scope::Public), &addresses);
        all.places.push(place(here, Scope::Local));
        let mut plan = Plan::default();
        plan.stands(&all, &keypair);
        let told = |relay: &PeerId| {
            let record = plan.points[relay].record.as_ref().unwrap();
            record::read(record, &peer).unwrap().addresses().to_vec()
        };

        assert!(told(&here).contains(&near.parse().unwrap()));
        assert!(!told(&far).contains(&near.parse().unwrap()));
        for (relay, place) in [(&far, &all.places[0]), (&here, &all.places[1])] {
            let circuits = told(relay)
                .into_iter()
                .filter(|at| address::socket(at).is_none());
            assert_eq!(circuits.collect::<Vec<_>>(), place.circuits);
        }
    }

    #[test]
    fn a_point_that_fails_is_left_alone_for_a_while() {
        let (mut plan, _, _, now) = begun();
        plan.meets(&[meeting("Bob", &["b"])]);
        let fails = [
            (AskError::Silent(io::ErrorKind::TimedOut.into()), SILENT),
            (AskError::Unsupported, UNSUPPORTED),
        ];
        let mut now = now;
        for (error, pause) in fails {
            let (relay, request) = plan.next(now).unwrap();
            plan.answered(&relay, &request, &Err(error), now);
            assert!(plan.next(now).is_none());
            now += pause;
            assert_eq!(plan.wakes(now - pause), Some(now));
        }
        let (relay, request) = plan.next(now).unwrap();
        let refused = Ok(Answer::NotRegistered(wire::Refusal::Unavailable));
        plan.answered(&relay, &request, &refused, now);
        assert!(plan.next(now).is_none());
        assert_eq!(done(&mut plan, now + REFUSED), ["b"]);
    }
}
