//! What the wires do: whom an attempt reaches, what is lost, repeated or late on its way, and what
//! the sender hears of it.

use signet_didcomm::{did::Did, document};
use signet_protocol::{
    command::Command,
    entry::Route,
    step::{Deliver, Outcome, Reach, Report},
};

use crate::{
    World,
    dice::Dice,
    person::{Host, Inlet, Input, Origin, Reply},
    wires::{HOP_WAITS, MIXED, pair},
    world::Event,
};

/// A way that an attempt may take.
struct Way {
    to: Host,
    inlet: Inlet,
    is_forward: bool,
    bytes: Vec<u8>,
}

/// Ways there and back.
impl World {
    fn way(&mut self, reply: Option<Reply>, outcome: Outcome, wait: u64) {
        if let Some(reply) = reply {
            self.after(wait, Event::Report { reply, outcome });
        }
    }

    /// An attempt that gets nowhere: mostly reported, sometimes not even that.
    pub(crate) fn lost(&mut self, reply: Option<Reply>) {
        if !self.rng.chance(self.wires.silence) {
            let wait = self.rng.between(50, 1_500);
            self.way(reply, Outcome::Unreachable, wait);
        }
    }

    pub(crate) fn send_back(&mut self, reply: Reply, outcome: Outcome) {
        if self.rng.chance(self.wires.lose) {
            return self.lost(Some(reply));
        }
        let wait = self.rng.between(1, self.wires.delay);
        self.way(Some(reply), outcome, wait);
    }

    pub(crate) fn dispatch(&mut self, who: usize, deliver: Deliver) {
        self.tally.attempts += 1;
        let reply = Reply {
            to: Host::Person(who),
            life: self.people[who].life,
            attempt: deliver.attempt,
            is_forward: false,
        };
        let mut ways = self.ways(who, deliver).into_iter().peekable();
        while let Some(way) = ways.next() {
            // What is tried next may arrive as well.
            if ways.peek().is_some() && self.rng.chance(self.wires.lose) {
                if self.rng.chance(0.5) {
                    self.go(who, way, None);
                }
                continue;
            }
            return self.go(who, way, Some(reply));
        }
        let wait = self.rng.between(20, 3_000);
        self.way(Some(reply), Outcome::Unreachable, wait);
    }

    fn go(&mut self, who: usize, way: Way, reply: Option<Reply>) {
        if let Host::Person(peer) = way.to {
            *self.wires.straight.entry((who, peer)).or_default() += 1;
        }
        if let (Host::Person(peer), Inlet::Direct) = (way.to, way.inlet)
            && self.wires.connected.insert(pair(who, peer))
        {
            for (one, other) in [(who, peer), (peer, who)] {
                let peer_id = self.people[other].peer_id();
                self.give(
                    one,
                    Input::Command(Command::Opened {
                        peer_id,
                        stands: true,
                    }),
                );
            }
        }
        let reply = reply.map(|reply| Reply {
            is_forward: way.is_forward,
            ..reply
        });
        self.carry(Host::Person(who), way.to, way.inlet, way.bytes, reply);
    }

    /// Puts an envelope on its way.
    pub(crate) fn carry(
        &mut self,
        from: Host,
        to: Host,
        inlet: Inlet,
        bytes: Vec<u8>,
        reply: Option<Reply>,
    ) {
        if let Some(overheard) = &mut self.overheard {
            overheard.push((to, bytes.clone()));
        }
        if self.rng.chance(self.wires.lose) {
            return self.lost(reply);
        }
        let twice = self.rng.chance(self.wires.duplicate);
        let forgotten = inlet == Inlet::Hop && self.rng.chance(self.wires.forget);
        for copy in 0..if twice { 2 } else { 1 } {
            let mut wait = self.rng.between(1, self.wires.delay);
            if self.rng.chance(self.wires.reorder) {
                wait += self.rng.between(1, MIXED);
            }
            match (inlet, to) {
                (Inlet::Hop, Host::Person(_)) if forgotten => {}
                (Inlet::Hop, Host::Person(to)) => self.after(
                    wait,
                    Event::Bring {
                        to,
                        bytes: bytes.clone(),
                    },
                ),
                _ => {
                    let reply = reply.filter(|_| copy == 0);
                    self.after(
                        wait,
                        Event::Arrive {
                            from,
                            to,
                            bytes: bytes.clone(),
                            reply,
                        },
                    );
                }
            }
        }
        if let (Inlet::Hop, Host::Person(_)) = (inlet, to) {
            self.send_back_maybe(reply, Outcome::Stored(Route::Http));
        }
    }

    /// Whom an attempt reaches, straight before mediators.
    fn ways(&self, who: usize, deliver: Deliver) -> Vec<Way> {
        let straight = self.find(who, &deliver);
        let straight = straight.map(|(to, inlet)| Way {
            to,
            inlet,
            is_forward: false,
            bytes: deliver.envelope,
        });
        let forwards = deliver.forwards.into_iter().filter_map(|forward| {
            let (to, inlet) = self.find_url(Host::Person(who), &forward.uri)?;
            Some(Way {
                to,
                inlet,
                is_forward: true,
                bytes: forward.envelope,
            })
        });
        straight.into_iter().chain(forwards).collect()
    }

    /// Whom an attempt reaches straight, direct before HTTP.
    fn find(&self, who: usize, deliver: &Deliver) -> Option<(Host, Inlet)> {
        let direct = deliver.endpoints.iter().find_map(|endpoint| {
            let id = endpoint.uri.strip_prefix("libp2p-peerId:")?;
            let (peer, person) = self
                .people
                .iter()
                .enumerate()
                .find(|(_, p)| p.peer_id() == id)?;
            if person.inlet != Inlet::Direct || !self.reaches(who, peer) {
                return None;
            }
            let address = person.multi_addr();
            let stands = self.wires.connected.contains(&pair(who, peer));
            let dials = deliver.reach == Reach::Anywhere
                && deliver
                    .addresses
                    .iter()
                    .chain(&endpoint.multi_addrs)
                    .any(|a| a.starts_with(&address));
            (stands || dials).then_some((Host::Person(peer), Inlet::Direct))
        });
        direct.or_else(|| {
            deliver
                .endpoints
                .iter()
                .find_map(|endpoint| self.find_url(Host::Person(who), &endpoint.uri))
        })
    }

    fn find_url(&self, from: Host, url: &str) -> Option<(Host, Inlet)> {
        if let Some(agent) = self.agents.iter().position(|a| a.url == url && a.online) {
            return Some((Host::Agent(agent), Inlet::Http));
        }
        if let Some(mediator) = self.mediators.iter().position(|m| m.url == url) {
            let mediator = self.mediators[mediator].is_up.then_some(mediator)?;
            return Some((Host::Mediator(mediator), Inlet::Http));
        }
        let peer = self
            .people
            .iter()
            .position(|p| matches!(p.inlet, Inlet::Http | Inlet::Hop) && p.url() == url)?;
        let inlet = self.people[peer].inlet;
        let reached = match (inlet, from) {
            // The hop is always there, even while the person is not.
            (Inlet::Hop, _) => true,
            (_, Host::Person(who)) => self.reaches(who, peer),
            (_, Host::Agent(_) | Host::Mediator(_)) => self.people[peer].messenger.is_some(),
        };
        reached.then_some((Host::Person(peer), inlet))
    }

    fn reaches(&self, who: usize, peer: usize) -> bool {
        self.people[peer].messenger.is_some() && !self.wires.cut.contains(&pair(who, peer))
    }

    /// Where a DID's document says it can be reached, as an agent of another make reads it: the
    /// first endpoint that names somebody.
    pub(crate) fn find_did(&self, agent: usize, long: &Did) -> Option<(Host, Inlet)> {
        let document = document::resolve(long).ok()?;
        document.endpoints().find_map(|endpoint| {
            let direct = endpoint.uri.strip_prefix("libp2p-peerId:").and_then(|id| {
                let peer = self
                    .people
                    .iter()
                    .position(|p| p.peer_id() == id && p.messenger.is_some())?;
                Some((Host::Person(peer), Inlet::Direct))
            });
            direct.or_else(|| self.find_url(Host::Agent(agent), &endpoint.uri))
        })
    }

    pub(crate) fn arrive(&mut self, from: Host, to: Host, bytes: Vec<u8>, reply: Option<Reply>) {
        let who = match to {
            Host::Person(who) => who,
            Host::Agent(agent) => {
                // It says 202 before it looks: custody without processing.
                self.send_back_maybe(reply, Outcome::Stored(Route::Http));
                return self.agent_takes(agent, &bytes);
            }
            Host::Mediator(mediator) => return self.mediator_takes(mediator, from, &bytes, reply),
        };
        let cut =
            matches!(from, Host::Person(sender) if self.wires.cut.contains(&pair(sender, who)));
        if cut || self.people[who].messenger.is_none() {
            return self.lost(reply);
        }
        let scripted = self.people[who]
            .scripted
            .pop_front()
            .or_else(|| self.people[who].always.clone());
        match scripted {
            Some(outcome) => self.send_back_maybe(reply, outcome),
            None => {
                let origin = Origin::Wire(reply);
                self.give(who, Input::Envelope { bytes, origin });
            }
        }
    }

    pub(crate) fn send_back_maybe(&mut self, reply: Option<Reply>, outcome: Outcome) {
        if let Some(reply) = reply {
            self.send_back(reply, outcome);
        }
    }

    pub(crate) fn bring(&mut self, who: usize, bytes: Vec<u8>) {
        match self.people[who].messenger {
            Some(_) => {
                let origin = Origin::Wire(None);
                self.give(who, Input::Envelope { bytes, origin });
            }
            None => self.after(HOP_WAITS, Event::Bring { to: who, bytes }),
        }
    }

    pub(crate) fn report(&mut self, reply: Reply, outcome: Outcome) {
        match reply.to {
            Host::Mediator(_) => {}
            Host::Agent(agent) => self.agents[agent].answers.push(outcome),
            Host::Person(who) => {
                let person = &self.people[who];
                if person.life == reply.life && person.messenger.is_some() {
                    self.give(
                        who,
                        Input::Report(Report {
                            attempt: reply.attempt,
                            outcome,
                        }),
                    );
                }
            }
        }
    }
}
