//! A person's node: its turns, its commits, its crashes.
//!
//! A turn goes as the node's: inputs are stepped, `wake` runs until nothing is due, the changes are
//! committed as one group while further inputs may already be stepped, and only then are senders
//! answered and effects performed.

use std::{
    collections::VecDeque,
    hash::{DefaultHasher, Hash, Hasher},
};

use signet_didcomm::MAX_ENVELOPE;
use signet_protocol::{
    Messenger, Rejected, Step, Verdict,
    command::{Answer, Command, Refused},
    entry::Route,
    limit,
    step::{Deliver, Effect, Outcome},
    time::Timestamp,
};

use crate::{
    World,
    dice::Dice,
    person::{Inlet, Input, Origin, Who, Wish},
    telling::brief,
    world::Event,
};

/// Inputs that a turn takes at most.
const INPUTS: usize = 8;
/// Wake-ups in one turn before it counts as going round in circles.
const ROUNDS: usize = 4_096;

/// What a node does with its machine.
impl World {
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

    pub(crate) fn turn(&mut self, who: usize) {
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
                Input::Envelope { bytes, origin } => {
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
                    let answer = (origin, answer, fingerprint(&bytes));
                    self.people[who].open.answers.push(answer);
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
            for deliver in step.effects.iter().filter_map(deliver_of) {
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
        let packed: usize = effects.iter().map(packed).sum();
        assert!(
            packed <= limit::PACKED_PER_STEP,
            "a step packs at most 16 envelopes, not {packed}"
        );
        let mut delivers = effects.iter().filter_map(deliver_of);
        assert!(
            delivers.all(|d| d.envelope.len() <= MAX_ENVELOPE
                && d.forwards.iter().all(|f| f.envelope.len() <= MAX_ENVELOPE)),
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

    pub(crate) fn committed(&mut self, who: usize) {
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
        for (origin, answer, fingerprint) in group.answers {
            self.people[who].dealt_with.insert(fingerprint);
            if effects_left > 0 {
                self.tell_origin(who, origin, answer);
            }
        }
        for effect in group.effects.into_iter().take(effects_left) {
            self.perform(who, effect);
        }
        if crash {
            return self.fall(who, true);
        }
        self.begin_commit(who);
    }
}

/// What follows from a commit.
impl World {
    fn tell_origin(&mut self, who: usize, origin: Origin, answer: Option<Verdict>) {
        match origin {
            Origin::Wire(None) => {}
            Origin::Wire(Some(reply)) => {
                let outcome = match (answer, self.people[who].inlet) {
                    (None, Inlet::Direct) => Outcome::Stored(Route::Direct),
                    (None, Inlet::Http | Inlet::Hop | Inlet::Mediated) => {
                        Outcome::Stored(Route::Http)
                    }
                    (Some(Verdict::Later), _) => Outcome::Later,
                    (Some(Verdict::No), _) => Outcome::No,
                };
                self.send_back(reply, outcome);
            }
            Origin::Mediator { mediator, id } => {
                let ids = vec![id];
                self.give(who, Input::Command(Command::Received { mediator, ids }));
            }
        }
    }

    fn perform(&mut self, who: usize, effect: Effect) {
        match effect {
            Effect::Deliver(deliver) => self.dispatch(who, deliver),
            Effect::Open { mediator, mail } => {
                for (id, bytes) in mail {
                    let mediator = mediator.clone();
                    let origin = Origin::Mediator { mediator, id };
                    self.give(who, Input::Envelope { bytes, origin });
                }
            }
            Effect::Listen {
                mediator,
                uri,
                envelope,
            } => self.connect(who, mediator, &uri, envelope),
            Effect::Unlisten { mediator } => self.disconnect(who, &mediator),
            // The wires of this world need none.
            Effect::UseRelays(_) => {}
        }
    }
}

/// Crashes.
impl World {
    /// The power goes. Whatever was not durable is gone.
    pub(crate) fn fall(&mut self, who: usize, rises: bool) {
        self.tally.crashes += 1;
        self.tell(who, || "falls".to_owned());
        for reply in self.people[who].fall() {
            self.send_back(reply, Outcome::Unreachable);
        }
        self.wires.connected.retain(|&(a, b)| a != who && b != who);
        self.lose_sockets(|_, socket| socket.who == who);
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
}

fn deliver_of(effect: &Effect) -> Option<&Deliver> {
    match effect {
        Effect::Deliver(deliver) => Some(deliver),
        Effect::Open { .. }
        | Effect::Listen { .. }
        | Effect::Unlisten { .. }
        | Effect::UseRelays(_) => None,
    }
}

/// How many messages were packed for this effect, wrapping for mediators aside.
fn packed(effect: &Effect) -> usize {
    match effect {
        Effect::Deliver(_) | Effect::Listen { .. } => 1,
        Effect::Open { .. } | Effect::Unlisten { .. } | Effect::UseRelays(_) => 0,
    }
}

/// What tells envelopes apart.
pub(crate) fn fingerprint(envelope: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    envelope.hash(&mut hasher);
    hasher.finish()
}
