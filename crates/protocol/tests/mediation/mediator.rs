//! A mediator that does as it is told, and a messenger that it serves.

use std::collections::BTreeSet;

use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use signet_didcomm::{
    coordinate_mediation::{self as coordinate, Outcome as Became, Updated},
    did::{Did, peer2},
    document::{self, Endpoint},
    envelope::{self, Opening},
    key::SecretKeys,
    message::Message,
    message_pickup::{self as pickup, Delivery, Held, Status},
    out_of_band::Invitation,
    shorten_url,
};
use signet_protocol::{
    Change, Messenger, Step,
    command::{Answer, Command},
    entry::Route,
    mediation::{Mediation, MediationState},
    step::{AttemptId, Effect, Outcome, Report},
    time::Timestamp,
};

/// What the mediator was asked.
#[derive(Debug)]
pub enum Asked {
    Coordinate(coordinate::Request),
    Pickup(pickup::Request),
    Page(shorten_url::Request),
}

/// A question under way: the attempt, the message, and what it asks.
#[derive(Debug)]
pub struct Question {
    pub attempt: AttemptId,
    pub message: Message,
    pub asked: Asked,
}

/// One messenger, one clock, and mediators whose keys we have.
pub struct Story {
    pub machine: Messenger,
    pub now: Timestamp,
    pub changes: Vec<Change>,
    /// Wishes for a live connection, and for its end.
    pub live: Vec<(Did, bool)>,
    /// The relays that are to be used.
    pub relays: Vec<Endpoint>,
    /// Fetched envelopes that the machine wants opened.
    pub opened: Vec<String>,
    /// DIDs of ours that a mediator was told to forget.
    pub goodbyes: Vec<Did>,
    rng: ChaCha20Rng,
    questions: Vec<Question>,
    mediators: Vec<(Did, SecretKeys)>,
}

impl Story {
    pub fn new() -> Self {
        let (machine, _) = Messenger::new("Bob");
        Self {
            machine,
            now: Timestamp(1_000_000_000),
            changes: Vec::new(),
            live: Vec::new(),
            relays: Vec::new(),
            opened: Vec::new(),
            goodbyes: Vec::new(),
            rng: ChaCha20Rng::seed_from_u64(7),
            questions: Vec::new(),
            mediators: Vec::new(),
        }
    }

    /// A mediator that can be asked.
    pub fn mediator(&mut self, host: &str) -> Did {
        let at = [
            Endpoint::v2(format!("https://{host}/")),
            Endpoint::v2(format!("wss://{host}/")),
        ];
        let (did, keys) = peer2::create(&at, &mut self.rng);
        self.mediators.push((did.clone(), keys));
        did
    }

    pub fn add(&mut self, mediator: &Did) {
        self.command(Command::AddMediator {
            invitation: Box::new(Invitation::new("", mediator.clone())),
            replaces: None,
        });
    }

    pub fn command(&mut self, command: Command) -> Answer {
        let (step, answer) = self
            .machine
            .handle_command(command, self.now, &mut self.rng)
            .unwrap();
        self.take(step);
        answer
    }

    /// Lets so many seconds pass, and the machine do what is due. It must come to rest.
    pub fn pass(&mut self, seconds: u64) {
        self.now = Timestamp(self.now.0 + seconds * 1000);
        for _ in 0..1000 {
            if self.machine.next_wake().is_none_or(|at| at > self.now) {
                return;
            }
            let step = self.machine.wake(self.now, &mut self.rng);
            self.take(step);
        }
        panic!("the machine does not come to rest");
    }

    /// The next question, which reached its mediator.
    pub fn next(&mut self) -> Question {
        let question = self.asked();
        self.report(&question, Outcome::Stored(Route::Http));
        question
    }

    /// The next question, of which nothing is known yet.
    pub fn asked(&mut self) -> Question {
        self.pass(0);
        assert!(!self.questions.is_empty(), "nothing is asked");
        self.questions.remove(0)
    }

    /// What became of the question on its way.
    pub fn report(&mut self, question: &Question, outcome: Outcome) {
        let report = Report {
            attempt: question.attempt,
            outcome,
        };
        let step = self.machine.handle_report(report, self.now, &mut self.rng);
        self.take(step);
    }

    pub fn is_quiet(&mut self) -> bool {
        self.pass(0);
        self.questions.is_empty()
    }

    /// What the mediator answers, or says unasked.
    pub fn says(&mut self, mediator: &Did, mut message: Message) {
        let known = self.mediators.iter().find(|(did, _)| did == mediator);
        let (did, keys) = known.unwrap();
        let mut mediations = self.machine.mediations();
        let mine = mediations
            .find(|m| m.mediator == *did)
            .unwrap()
            .my_did
            .clone();
        message.from = Some(did.clone());
        message.to = vec![mine.clone()];
        let document = document::resolve(&mine).unwrap();
        let packed = envelope::authcrypt(&message, keys, &document, &mut self.rng).unwrap();
        drop(mediations);
        let opened = self.machine.open(&packed, self.now).unwrap();
        let facts = Default::default();
        let step = self
            .machine
            .handle_message(opened, facts, self.now, &mut self.rng);
        self.take(step.unwrap());
    }

    /// Grants the question that is next, which is for mediation.
    pub fn granted(&mut self, mediator: &Did) {
        let question = self.next();
        let Asked::Coordinate(coordinate::Request::Mediate) = question.asked else {
            panic!("{question:?}");
        };
        let grant = coordinate::Answer::Grant(vec![mediator.clone()]);
        let answer = grant.to_message("grant", coordinate::Version::V3, &question.message);
        self.says(mediator, answer);
    }

    /// Answers every update as `became` says, until something else is asked.
    pub fn updates(&mut self, mediator: &Did, became: Became) -> Question {
        loop {
            let question = self.next();
            let Asked::Coordinate(coordinate::Request::Update(updates)) = &question.asked else {
                return question;
            };
            let updated = updates.iter().map(|update| Updated {
                update: update.clone(),
                result: became,
            });
            let answer = coordinate::Answer::Updated(updated.collect());
            let answer = answer.to_message("u", coordinate::Version::V3, &question.message);
            self.says(mediator, answer);
        }
    }

    /// Hands these out as the answer to a question for mail.
    pub fn delivers(&mut self, mediator: &Did, question: &Question, ids: &[&str]) {
        let Asked::Pickup(pickup::Request::Delivery { .. }) = question.asked else {
            panic!("{question:?}");
        };
        let held = ids.iter().map(|id| Held::new(*id, b"{}".to_vec()));
        let delivery = Delivery {
            recipient_did: None,
            messages: held.collect(),
        };
        let status = Status {
            live_delivery: None,
            ..Status::default()
        };
        let answer = pickup::Answer::to_delivery_request(pickup::Version::V3, delivery, status);
        let answer = answer.to_message("d", pickup::Version::V3, Some(&question.message));
        self.says(mediator, answer);
    }

    /// Does what is asked, and has no mail.
    pub fn answers(&mut self, mediator: &Did, question: &Question) {
        match &question.asked {
            Asked::Pickup(pickup::Request::Delivery { .. }) => {
                self.delivers(mediator, question, &[]);
            }
            Asked::Coordinate(coordinate::Request::Update(updates)) => {
                let updated = updates.iter().map(|update| Updated {
                    update: update.clone(),
                    result: Became::Success,
                });
                let answer = coordinate::Answer::Updated(updated.collect());
                let answer = answer.to_message("u", coordinate::Version::V3, &question.message);
                self.says(mediator, answer);
            }
            Asked::Coordinate(coordinate::Request::Mediate) => {
                let grant = coordinate::Answer::Grant(vec![mediator.clone()]);
                let answer = grant.to_message("g", coordinate::Version::V3, &question.message);
                self.says(mediator, answer);
            }
            other => panic!("{other:?}"),
        }
    }

    /// The mediation, which there is.
    pub fn mediation(&self, mediator: &Did) -> Mediation {
        let mut mediations = self.machine.mediations();
        let found = mediations.find(|m| m.mediator == *mediator);
        found.unwrap().clone()
    }

    /// Says that everything fetched so far is safe.
    pub fn all_safe(&mut self, mediator: &Did) {
        let ids = std::mem::take(&mut self.opened);
        let mediator = mediator.clone();
        self.command(Command::Received { mediator, ids });
    }

    pub fn state(&self, mediator: &Did) -> Option<MediationState> {
        let mut mediations = self.machine.mediations();
        mediations
            .find(|m| m.mediator == *mediator)
            .map(|m| m.state)
    }

    /// Everything that the machine holds is what was committed.
    pub fn is_restored_as_it_is(&self) {
        let form = |change: &Change| format!("{change:?}");
        let (first, _) = Messenger::new("Bob");
        let all = first
            .records()
            .into_iter()
            .chain(self.changes.iter().cloned());
        let restored = Messenger::restore(all).unwrap();
        let of = |machine: &Messenger| -> BTreeSet<String> {
            machine.records().iter().map(form).collect()
        };
        assert_eq!(of(&restored), of(&self.machine));
    }

    fn take(&mut self, step: Step) {
        self.changes.extend(step.changes);
        for effect in step.effects {
            match effect {
                Effect::Deliver(deliver) => {
                    let opening = Opening {
                        secret: &|kid| self.mediators.iter().find_map(|(_, keys)| keys.get(kid)),
                        document: &|did| document::resolve(did),
                    };
                    let unpacked =
                        envelope::unpack(&deliver.envelope, &opening, self.now.seconds());
                    let unpacked = unpacked.unwrap();
                    if let Some(prior) = unpacked.from_prior.filter(|p| p.sub.is_none()) {
                        self.goodbyes.push(prior.iss);
                        continue;
                    }
                    let message = unpacked.message;
                    let asked = coordinate::read_request(&message)
                        .map(|(_, request)| Asked::Coordinate(request))
                        .or_else(|| {
                            let (_, request) = pickup::read_request(&message)?;
                            Some(Asked::Pickup(request))
                        })
                        .or_else(|| shorten_url::read_request(&message).map(Asked::Page));
                    self.questions.push(Question {
                        attempt: deliver.attempt,
                        asked: asked.expect("a mediator is asked for nothing else"),
                        message,
                    });
                }
                Effect::Open { mail, .. } => {
                    self.opened.extend(mail.into_iter().map(|(id, _)| id));
                }
                Effect::Listen { mediator, .. } => self.live.push((mediator, true)),
                Effect::Unlisten { mediator } => self.live.push((mediator, false)),
                Effect::UseRelays(relays) => self.relays = relays,
            }
        }
    }
}
