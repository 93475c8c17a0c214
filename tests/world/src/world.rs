//! The world: people and their time. One queue of events, one seeded generator.
//!
//! What a person's node does in a turn is in `node`, what the wires do in `traffic`, and what
//! must hold at every turn in `creed`.

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use signet_didcomm::did::Did;
use signet_protocol::{Messenger, command::Command, step::Outcome, time::Timestamp};

use crate::{
    agent::Agent,
    dice::Dice,
    mediator::Post,
    person::{Host, Inlet, Input, Origin, Person, Reply, Who},
    seeds::Tally,
    socket::Sockets,
    wires::Wires,
};

/// When every world begins: 15 January 2027.
pub(crate) const BEGINNING: Timestamp = Timestamp(1_800_000_000_000);
/// Events before a world counts as never coming to rest.
const EVENTS: u64 = 20_000_000;

/// What happens.
pub(crate) enum Event {
    Arrive {
        from: Host,
        to: Host,
        bytes: Vec<u8>,
        reply: Option<Reply>,
    },
    /// A hop that has custody brings an envelope.
    Bring {
        to: usize,
        bytes: Vec<u8>,
    },
    Report {
        reply: Reply,
        outcome: Outcome,
    },
    Turn {
        who: usize,
        life: u32,
    },
    Committed {
        who: usize,
        life: u32,
    },
    Wake {
        who: usize,
        token: u64,
    },
    Restart {
        who: usize,
        life: u32,
    },
    /// A mediator answers a person.
    Answer {
        who: usize,
        life: u32,
        bytes: Vec<u8>,
    },
    /// Over a person's live connection: a frame to the mediator, or from it.
    Frame {
        socket: u64,
        bytes: Vec<u8>,
        is_to_mediator: bool,
    },
    /// A live connection comes to stand, or is over.
    Live {
        who: usize,
        life: u32,
        mediator: Did,
        is_open: bool,
    },
    MediatorRises(usize),
}

/// People, agents of other makes, wires and a clock.
pub struct World {
    pub(crate) now: Timestamp,
    ticks: u64,
    queue: BTreeMap<(Timestamp, u64), Event>,
    pub(crate) people: Vec<Person>,
    pub(crate) agents: Vec<Agent>,
    pub(crate) mediators: Vec<Post>,
    pub(crate) sockets: Sockets,
    pub(crate) wires: Wires,
    pub(crate) rng: ChaCha8Rng,
    pub(crate) crashing: f64,
    /// Crashes happen only while the story lets them.
    pub(crate) stormy: bool,
    /// Every how many turns of a person a restored machine is compared.
    pub(crate) scrutiny: u64,
    pub(crate) tally: Tally,
    /// Envelopes handed to the wires, kept while somebody listens.
    pub(crate) overheard: Option<Vec<(Host, Vec<u8>)>>,
    /// `SIGNET_SEED` names one seed, and its story is told aloud.
    pub(crate) aloud: bool,
}

impl World {
    /// A world with good wires, in which everything follows from `seed`.
    pub fn seeded(seed: u64) -> Self {
        Self {
            now: BEGINNING,
            ticks: 0,
            queue: BTreeMap::new(),
            people: Vec::new(),
            agents: Vec::new(),
            mediators: Vec::new(),
            sockets: Sockets::default(),
            wires: Wires::default(),
            rng: ChaCha8Rng::seed_from_u64(seed),
            crashing: 0.0,
            stormy: false,
            scrutiny: 1,
            tally: Tally::default(),
            overheard: None,
            aloud: std::env::var_os("SIGNET_SEED").is_some(),
        }
    }

    pub(crate) fn add_person(&mut self, name: &str, inlet: Inlet) -> Who {
        let index = self.people.len();
        let rng = ChaCha8Rng::seed_from_u64(self.rng.between(0, u64::MAX - 1));
        let mut person = Person::new(name, inlet, 4001, rng);
        person.tell(self.now);
        let (messenger, changes) = Messenger::new(name);
        person.take(changes, Vec::new());
        let first = std::mem::take(&mut person.open);
        person.make_durable(&first);
        person.messenger = Some(messenger);
        self.people.push(person);
        let who = Who(index);
        let endpoints = self.people[index].endpoints();
        self.obey(who, Command::Reachable(endpoints))
            .expect("one may say where one is");
        who
    }

    pub(crate) fn after(&mut self, wait: u64, event: Event) {
        self.ticks += 1;
        self.queue
            .insert((Timestamp(self.now.0 + wait), self.ticks), event);
    }

    /// When the next thing happens.
    pub(crate) fn next_event(&self) -> Option<Timestamp> {
        self.queue.first_key_value().map(|((at, _), _)| *at)
    }

    /// Lets the next thing happen.
    pub(crate) fn happen(&mut self) {
        let Some(((at, _), event)) = self.queue.pop_first() else {
            return;
        };
        assert!(self.ticks < EVENTS, "the world never comes to rest");
        self.now = self.now.max(at);
        match event {
            Event::Arrive {
                from,
                to,
                bytes,
                reply,
            } => self.arrive(from, to, bytes, reply),
            Event::Bring { to, bytes } => self.bring(to, bytes),
            Event::Report { reply, outcome } => self.report(reply, outcome),
            Event::Turn { who, life } if self.people[who].life == life => self.turn(who),
            Event::Committed { who, life } if self.people[who].life == life => self.committed(who),
            Event::Wake { who, token } if self.people[who].wake_token == token => self.turn(who),
            Event::Restart { who, life } if self.people[who].life == life => self.rise(who),
            Event::Answer { who, life, bytes } if self.people[who].life == life => {
                let origin = Origin::Wire(None);
                self.give(who, Input::Envelope { bytes, origin });
            }
            Event::Frame {
                socket,
                bytes,
                is_to_mediator,
            } => self.frame(socket, bytes, is_to_mediator),
            Event::Live {
                who,
                life,
                mediator,
                is_open,
            } if self.people[who].life == life => {
                let command = Command::Live { mediator, is_open };
                self.give(who, Input::Command(command));
            }
            Event::MediatorRises(mediator) => self.mediators[mediator].is_up = true,
            Event::Turn { .. }
            | Event::Committed { .. }
            | Event::Wake { .. }
            | Event::Restart { .. }
            | Event::Answer { .. }
            | Event::Live { .. } => {}
        }
    }
}
