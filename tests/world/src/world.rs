//! The world: one queue of events, one seeded generator, and the node's loop for each person.
//!
//! A person's turn goes as the node's: inputs are stepped, `wake` runs until nothing is due, the
//! changes are committed as one group while further inputs may already be stepped, and only
//! then are senders answered and effects performed. At every turn the disk must fold to what
//! the machine holds, and a machine restored from it must be the same.

use std::collections::{BTreeMap, VecDeque};

use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use signet_didcomm::{MAX_ENVELOPE, did::Did, document};
use signet_protocol::{
    Messenger, Rejected, Step, Verdict,
    change::Change,
    command::{Answer, Command, Refused},
    entry::{DeliveryState, Route},
    limit,
    step::{Deliver, Effect, Outcome, Reach, Report},
    time::Timestamp,
};

use crate::{
    agent::Agent,
    dice::Dice,
    person::{Host, Input, Mailbox, Person, Reply, Who, Wish},
    seeds::Tally,
    wires::{HOP_WAITS, MIXED, Wires, pair},
};

/// When every world begins: 15 January 2027.
const BEGINNING: Timestamp = Timestamp(1_800_000_000_000);
/// Inputs that a turn takes at most.
const INPUTS: usize = 8;
/// A machine is restored for comparison at every so many turns, besides at every restart. (That the
/// disk folds to what the machine holds is compared at each.)
const RESTORES: u64 = 4;
/// Wake-ups in one turn before it counts as going round in circles.
const ROUNDS: usize = 4_096;
/// Events before a world counts as never coming to rest.
const EVENTS: u64 = 20_000_000;

/// What happens.
enum Event {
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
}

/// People, agents of other makes, wires and a clock.
pub struct World {
    pub(crate) now: Timestamp,
    ticks: u64,
    queue: BTreeMap<(Timestamp, u64), Event>,
    pub(crate) people: Vec<Person>,
    pub(crate) agents: Vec<Agent>,
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
    aloud: bool,
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

    pub(crate) fn add_person(&mut self, name: &str, mailbox: Mailbox) -> Who {
        let index = self.people.len();
        let rng = ChaCha8Rng::seed_from_u64(self.rng.between(0, u64::MAX - 1));
        let mut person = Person::new(name, mailbox, 4001, rng);
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

    /// Tells what happens, when one seed is looked at.
    fn tell(&self, who: usize, what: impl FnOnce() -> String) {
        if self.aloud {
            let name = self.people.get(who).map_or("?", |p| p.name.as_str());
            let time = self.now.0 - BEGINNING.0;
            println!(
                "{:>8}.{:03} {name:>8}: {}",
                time / 1000,
                time % 1000,
                what()
            );
        }
    }

    fn after(&mut self, wait: u64, event: Event) {
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
            Event::Turn { .. }
            | Event::Committed { .. }
            | Event::Wake { .. }
            | Event::Restart { .. } => {}
        }
    }

    // The node's loop

    /// Hands a command to the machine now; its step is committed with the next group.
    pub(crate) fn obey(&mut self, who: Who, command: Command) -> Result<Answer, Refused> {
        let now = self.now;
        let person = &mut self.people[who.0];
        let time = person.tell(now);
        let messenger = person
            .messenger
            .as_mut()
            .expect("one who is down obeys nothing");
        let outcome = messenger.handle_command(command, time, &mut person.rng);
        self.turn_soon(who.0);
        let (step, answer) = outcome?;
        self.take(who.0, step);
        Ok(answer)
    }

    /// Sends a wish, repeated with the same id until it is on disk.
    pub(crate) fn say(&mut self, who: Who, wish: Wish) -> Result<(), Refused> {
        let person = &mut self.people[who.0];
        if person.messenger.is_none() {
            person.unsaid.push_back(wish);
            return Ok(());
        }
        if !person.has_entry(wish.contact, &wish.id) {
            let Wish { contact, id, text } = wish.clone();
            self.obey(
                who,
                Command::Send {
                    id,
                    contact,
                    text,
                    reply_to: None,
                },
            )?;
            self.people[who.0].open.wishes.push(wish);
        }
        Ok(())
    }

    pub(crate) fn give(&mut self, who: usize, input: Input) {
        self.people[who].inbox.push_back(input);
        self.turn_soon(who);
    }

    fn turn_soon(&mut self, who: usize) {
        let person = &mut self.people[who];
        if !person.turn_due {
            person.turn_due = true;
            let life = person.life;
            let wait = self.rng.between(0, 2);
            self.after(wait, Event::Turn { who, life });
        }
    }

    fn turn(&mut self, who: usize) {
        let now = self.now;
        let person = &mut self.people[who];
        person.turn_due = false;
        if person.messenger.is_none() {
            return;
        }
        let time = person.tell(now);
        let count = person.inbox.len().min(INPUTS);
        let inputs: Vec<Input> = person.inbox.drain(..count).collect();
        // The node looks up history between opening and handling, so other steps may come between.
        let opens_first = self.rng.chance(0.5);
        let mut opened = VecDeque::new();
        if opens_first {
            let messenger = self.people[who].messenger.as_ref().expect("it is up");
            for input in &inputs {
                if let Input::Envelope { bytes, .. } = input {
                    opened.push_back(messenger.open(bytes, time));
                }
            }
        }
        for input in inputs {
            match input {
                Input::Report(report) => {
                    self.tell(who, || format!("learns {report:?}"));
                    let person = &mut self.people[who];
                    let messenger = person.messenger.as_mut().expect("it is up");
                    let step = messenger.handle_report(report, time, &mut person.rng);
                    self.take(who, step);
                }
                Input::Command(command) => {
                    self.obey(Who(who), command)
                        .expect("nodes ask for nothing that is refused");
                }
                Input::Envelope { bytes, reply } => {
                    let person = &mut self.people[who];
                    let messenger = person.messenger.as_mut().expect("it is up");
                    let earlier = match opens_first {
                        true => opened.pop_front().expect("all were opened"),
                        false => messenger.open(&bytes, time),
                    };
                    let mut outcome = person.handle(earlier, time);
                    if let Err(Rejected::Stale) = outcome {
                        let again = person
                            .messenger
                            .as_ref()
                            .expect("it is up")
                            .open(&bytes, time);
                        outcome = person.handle(again, time);
                    }
                    let answer = match outcome {
                        Ok(step) => {
                            self.take(who, step);
                            None
                        }
                        Err(rejected) => {
                            self.tell(who, || format!("turns away: {rejected}"));
                            let person = &mut self.people[who];
                            person.rejections.push_back(rejected.to_string());
                            if person.rejections.len() > 200 {
                                person.rejections.pop_front();
                            }
                            Some(rejected.verdict())
                        }
                    };
                    self.people[who].open.answers.push((reply, answer));
                }
            }
        }
        self.wake(who, time);
        self.inspect(who);
        if self.people[who].committing.is_none() {
            self.begin_commit(who);
        }
        if !self.people[who].inbox.is_empty() {
            self.turn_soon(who);
        }
    }

    fn wake(&mut self, who: usize, time: Timestamp) {
        for round in 0.. {
            assert!(
                round < ROUNDS,
                "{} goes round in circles",
                self.people[who].name
            );
            let person = &mut self.people[who];
            let messenger = person.messenger.as_mut().expect("it is up");
            if round > 0 && messenger.next_wake().is_none_or(|at| at > time) {
                break;
            }
            let step = messenger.wake(time, &mut person.rng);
            self.take(who, step);
        }
        let person = &mut self.people[who];
        person.wake_token += 1;
        let token = person.wake_token;
        if let Some(at) = person.messenger.as_ref().and_then(Messenger::next_wake) {
            let wait = person.world_time(at).0.saturating_sub(self.now.0).max(1);
            self.after(wait, Event::Wake { who, token });
        }
    }

    fn take(&mut self, who: usize, step: Step) {
        self.tally.steps += 1;
        if self.aloud {
            for change in &step.changes {
                self.tell(who, || format!("remembers {}", brief(change)));
            }
            for Effect::Deliver(deliver) in &step.effects {
                self.tell(who, || {
                    format!(
                        "packs attempt {} ({} bytes)",
                        deliver.attempt.0,
                        deliver.envelope.len()
                    )
                });
            }
        }
        let Step { changes, effects } = step;
        let effects: Vec<Deliver> = effects
            .into_iter()
            .map(|Effect::Deliver(deliver)| deliver)
            .collect();
        assert!(
            effects.len() <= limit::PACKED_PER_STEP,
            "a step packs at most 16 envelopes, not {}",
            effects.len()
        );
        assert!(
            effects.iter().all(|d| d.envelope.len() <= MAX_ENVELOPE),
            "an envelope has at most 1 MiB"
        );
        self.people[who].take(changes, effects);
    }

    /// A step of the storyteller's making, committed with the next group.
    pub(crate) fn take_step(&mut self, who: Who, step: Step) {
        self.take(who.0, step);
        self.turn_soon(who.0);
    }

    fn begin_commit(&mut self, who: usize) {
        let person = &mut self.people[who];
        if person.open.is_empty() {
            return;
        }
        person.committing = Some(std::mem::take(&mut person.open));
        let life = person.life;
        let wait = self.rng.between(0, 3);
        self.after(wait, Event::Committed { who, life });
    }

    fn committed(&mut self, who: usize) {
        let crash = self.stormy && self.rng.chance(self.crashing);
        let (durable, effects_left) = match crash {
            false => (true, usize::MAX),
            true => (self.rng.chance(0.7), self.rng.between(0, 3) as usize),
        };
        if !durable {
            return self.fall(who, true);
        }
        self.tally.commits += 1;
        let group = self.people[who]
            .committing
            .take()
            .expect("a commit was running");
        self.people[who].make_durable(&group);
        self.hold_promises(who, &group.changes);
        for (reply, answer) in group.answers {
            if effects_left > 0
                && let Some(reply) = reply
            {
                let outcome = match (answer, self.people[who].mailbox) {
                    (None, Mailbox::Direct) => Outcome::Stored(Route::Direct),
                    (None, Mailbox::Http | Mailbox::Hop) => Outcome::Stored(Route::Http),
                    (Some(Verdict::Later), _) => Outcome::Later,
                    (Some(Verdict::No), _) => Outcome::No,
                };
                self.send_back(reply, outcome);
            }
        }
        for deliver in group.effects.into_iter().take(effects_left) {
            self.dispatch(who, deliver);
        }
        if crash {
            return self.fall(who, true);
        }
        self.begin_commit(who);
    }

    /// The disk must fold to what the machine holds, and a restored machine must be the same.
    fn inspect(&mut self, who: usize) {
        let person = &mut self.people[who];
        person.turns += 1;
        if !person.turns.is_multiple_of(self.scrutiny) {
            return;
        }
        let records = person.messenger.as_ref().expect("it is up").records();
        if let Some(difference) = person.ahead.difference(&records) {
            panic!(
                "{}'s machine is not what its changes say: {difference}",
                person.name
            );
        }
        let rarely = self.scrutiny.saturating_mul(RESTORES);
        if !person.turns.is_multiple_of(rarely) {
            return;
        }
        self.tally.restores += 1;
        let restored = Messenger::restore(person.ahead.shuffled(&mut self.rng))
            .expect("the records make a machine");
        if let Some(difference) = person.ahead.difference(&restored.records()) {
            panic!("{} restored is another: {difference}", person.name);
        }
    }

    /// A tick that says `delivered` is true: the other person's disk knows the message.
    fn hold_promises(&self, who: usize, changes: &[Change]) {
        for change in changes {
            let Change::EntryDelivery {
                contact,
                id,
                delivery,
            } = change
            else {
                continue;
            };
            if delivery.state < DeliveryState::Delivered {
                continue;
            }
            let own = self.people[who]
                .ledger
                .entry(*contact, id)
                .is_some_and(|e| e.delivery.is_some());
            let Some(peer) = self.peer(who, *contact).filter(|_| own) else {
                continue;
            };
            let known = self.people[peer].ledger.holds(id);
            assert!(
                known,
                "{} shows {id} as delivered, but {} never stored it",
                self.people[who].name, self.people[peer].name
            );
        }
    }

    /// The person behind a contact; none if it is an agent of another make.
    pub(crate) fn peer(
        &self,
        who: usize,
        contact: signet_protocol::contact::ContactId,
    ) -> Option<usize> {
        let contact = self.people[who].contacts().find(|c| c.id == contact)?;
        let dids: Vec<String> = std::iter::once(&contact.their_did)
            .chain(contact.their_retired.iter().map(|r| &r.did))
            .map(|did| did.short().to_string())
            .collect();
        self.people
            .iter()
            .position(|p| dids.iter().any(|did| p.ever.contains_key(did)))
    }

    // Crashes

    /// The power goes. Whatever was not durable is gone.
    pub(crate) fn fall(&mut self, who: usize, rises: bool) {
        self.tally.crashes += 1;
        self.tell(who, || "falls".to_owned());
        for reply in self.people[who].fall() {
            self.send_back(reply, Outcome::Unreachable);
        }
        self.wires.connected.retain(|&(a, b)| a != who && b != who);
        if rises {
            let (life, wait) = (self.people[who].life, self.rng.between(5, 20_000));
            self.after(wait, Event::Restart { who, life });
        }
    }

    /// Starts again from what the disk holds.
    pub(crate) fn rise(&mut self, who: usize) {
        let now = self.now;
        let person = &mut self.people[who];
        assert!(person.messenger.is_none(), "{} runs already", person.name);
        let records = person.ledger.machine(&mut self.rng);
        let messenger = Messenger::restore(records).expect("the records make a machine");
        if let Some(difference) = person.ahead.difference(&messenger.records()) {
            panic!("{} came back as another: {difference}", person.name);
        }
        person.messenger = Some(messenger);
        self.tell(who, || "rises".to_owned());
        let person = &mut self.people[who];
        person.told = Timestamp(0);
        person.tell(now);
        let endpoints = person.endpoints();
        self.obey(Who(who), Command::Reachable(endpoints))
            .expect("one may say where one is");
        let wishes: Vec<Wish> = self.people[who].unsaid.drain(..).collect();
        for wish in wishes {
            self.say(Who(who), wish)
                .expect("what was taken before is taken again");
        }
    }

    // The wires

    fn way(&mut self, reply: Option<Reply>, outcome: Outcome, wait: u64) {
        if let Some(reply) = reply {
            self.after(wait, Event::Report { reply, outcome });
        }
    }

    /// An attempt that gets nowhere: mostly reported, sometimes not even that.
    fn lost(&mut self, reply: Option<Reply>) {
        if !self.rng.chance(self.wires.silence) {
            let wait = self.rng.between(50, 1_500);
            self.way(reply, Outcome::Unreachable, wait);
        }
    }

    fn send_back(&mut self, reply: Reply, outcome: Outcome) {
        if self.rng.chance(self.wires.lose) {
            return self.lost(Some(reply));
        }
        let wait = self.rng.between(1, self.wires.delay);
        self.way(Some(reply), outcome, wait);
    }

    fn dispatch(&mut self, who: usize, deliver: Deliver) {
        self.tally.attempts += 1;
        let reply = Reply {
            to: Host::Person(who),
            life: self.people[who].life,
            attempt: deliver.attempt,
        };
        let Some((to, mailbox)) = self.find(who, &deliver) else {
            let wait = self.rng.between(20, 3_000);
            return self.way(Some(reply), Outcome::Unreachable, wait);
        };
        if let (Host::Person(peer), Mailbox::Direct) = (to, mailbox)
            && self.wires.connected.insert(pair(who, peer))
        {
            for (one, other) in [(who, peer), (peer, who)] {
                let peer_id = self.people[other].peer_id();
                self.give(one, Input::Command(Command::Opened { peer_id }));
            }
        }
        self.carry(Host::Person(who), to, mailbox, deliver.envelope, reply);
    }

    /// Puts an envelope on its way.
    pub(crate) fn carry(
        &mut self,
        from: Host,
        to: Host,
        mailbox: Mailbox,
        bytes: Vec<u8>,
        reply: Reply,
    ) {
        if let Some(overheard) = &mut self.overheard {
            overheard.push((to, bytes.clone()));
        }
        if self.rng.chance(self.wires.lose) {
            return self.lost(Some(reply));
        }
        let twice = self.rng.chance(self.wires.duplicate);
        let forgotten = mailbox == Mailbox::Hop && self.rng.chance(self.wires.forget);
        for copy in 0..if twice { 2 } else { 1 } {
            let mut wait = self.rng.between(1, self.wires.delay);
            if self.rng.chance(self.wires.reorder) {
                wait += self.rng.between(1, MIXED);
            }
            match (mailbox, to) {
                (Mailbox::Hop, Host::Person(_)) if forgotten => {}
                (Mailbox::Hop, Host::Person(to)) => self.after(
                    wait,
                    Event::Bring {
                        to,
                        bytes: bytes.clone(),
                    },
                ),
                _ => {
                    let reply = (copy == 0).then_some(reply);
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
        if let (Mailbox::Hop, Host::Person(_)) = (mailbox, to) {
            self.send_back(reply, Outcome::Stored(Route::Http));
        }
    }

    /// Whom an attempt reaches, direct before HTTP.
    fn find(&self, who: usize, deliver: &Deliver) -> Option<(Host, Mailbox)> {
        let direct = deliver.endpoints.iter().find_map(|endpoint| {
            let id = endpoint.uri.strip_prefix("libp2p-peerId:")?;
            let (peer, person) = self
                .people
                .iter()
                .enumerate()
                .find(|(_, p)| p.peer_id() == id)?;
            if person.mailbox != Mailbox::Direct || !self.reaches(who, peer) {
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
            (stands || dials).then_some((Host::Person(peer), Mailbox::Direct))
        });
        direct.or_else(|| {
            deliver
                .endpoints
                .iter()
                .find_map(|endpoint| self.find_url(Host::Person(who), &endpoint.uri))
        })
    }

    fn find_url(&self, from: Host, url: &str) -> Option<(Host, Mailbox)> {
        if let Some(agent) = self.agents.iter().position(|a| a.url == url && a.online) {
            return Some((Host::Agent(agent), Mailbox::Http));
        }
        let peer = self
            .people
            .iter()
            .position(|p| p.mailbox != Mailbox::Direct && p.url() == url)?;
        let mailbox = self.people[peer].mailbox;
        let reached = match (mailbox, from) {
            // The hop is always there, even while the person is not.
            (Mailbox::Hop, _) => true,
            (_, Host::Person(who)) => self.reaches(who, peer),
            (_, Host::Agent(_)) => self.people[peer].messenger.is_some(),
        };
        reached.then_some((Host::Person(peer), mailbox))
    }

    fn reaches(&self, who: usize, peer: usize) -> bool {
        self.people[peer].messenger.is_some() && !self.wires.cut.contains(&pair(who, peer))
    }

    /// Where a DID's document says it can be reached, as an agent of another make reads it: the
    /// first endpoint that names somebody.
    pub(crate) fn find_did(&self, agent: usize, long: &Did) -> Option<(Host, Mailbox)> {
        let document = document::resolve(long).ok()?;
        document.endpoints().find_map(|endpoint| {
            let direct = endpoint.uri.strip_prefix("libp2p-peerId:").and_then(|id| {
                let peer = self
                    .people
                    .iter()
                    .position(|p| p.peer_id() == id && p.messenger.is_some())?;
                Some((Host::Person(peer), Mailbox::Direct))
            });
            direct.or_else(|| self.find_url(Host::Agent(agent), &endpoint.uri))
        })
    }

    fn arrive(&mut self, from: Host, to: Host, bytes: Vec<u8>, reply: Option<Reply>) {
        let Host::Person(who) = to else {
            let Host::Agent(agent) = to else {
                unreachable!("a host is one or the other")
            };
            // It says 202 before it looks: custody without processing.
            self.send_back_maybe(reply, Outcome::Stored(Route::Http));
            return self.agent_takes(agent, &bytes);
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
            None => self.give(who, Input::Envelope { bytes, reply }),
        }
    }

    fn send_back_maybe(&mut self, reply: Option<Reply>, outcome: Outcome) {
        if let Some(reply) = reply {
            self.send_back(reply, outcome);
        }
    }

    fn bring(&mut self, who: usize, bytes: Vec<u8>) {
        match self.people[who].messenger {
            Some(_) => self.give(who, Input::Envelope { bytes, reply: None }),
            None => self.after(HOP_WAITS, Event::Bring { to: who, bytes }),
        }
    }

    fn report(&mut self, reply: Reply, outcome: Outcome) {
        match reply.to {
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

/// A change in one line.
fn brief(change: &Change) -> String {
    match change {
        Change::Profile(profile) => format!("the profile {:?}", profile.name),
        Change::Contact(c) => format!(
            "the contact {:?}, mine {:?}, theirs {:?}, {}{}",
            c.state,
            tail(&c.my_did),
            tail(&c.their_did),
            if c.rotation == signet_protocol::contact::Rotation::Settled {
                "settled"
            } else {
                "announcing"
            },
            if c.wants_rotation {
                ", wants another"
            } else {
                ""
            }
        ),
        Change::Progress { progress, .. } => format!("{progress:?}"),
        Change::ContactDeleted(_) => "that a contact goes".to_owned(),
        Change::Identity(identity) => format!("the identity {:?}", tail(&identity.did)),
        Change::IdentityDestroyed(did) => format!("that {:?} dies", tail(did)),
        Change::Invitation(invitation) => format!("the invitation {:?}", invitation.state),
        Change::Outgoing(o) => {
            format!(
                "outgoing {} {:?} order {:?} custody {:?}",
                o.message.id, o.purpose, o.order, o.custody
            )
        }
        Change::OutgoingDone { id, .. } => format!("that {id} is done"),
        Change::Early(early) => format!("early {} {}", early.order, early.entry.id),
        Change::EarlyPlaced { order, .. } => format!("that early {order} is placed"),
        Change::Entry(entry) => {
            format!("entry {} {:?} {:?}", entry.seq, entry.direction, entry.kind)
        }
        Change::EntryDelivery { id, delivery, .. } => format!(
            "that {id} is {:?} (try {})",
            delivery.state, delivery.attempt
        ),
        Change::Seen { id, .. } => format!("that {id} was seen"),
    }
}

fn tail(did: &Did) -> String {
    let short = did.short();
    short
        .as_str()
        .chars()
        .rev()
        .take(6)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect()
}
