//! A mediator of the world: the role itself over a mailbox in memory, with lives of its own.
//!
//! It dies before a commit, or behind it with nobody told. What it holds stays, unless a story
//! takes its disk away.

use rand_chacha::ChaCha8Rng;
use signet_didcomm::{
    did::{Did, peer2},
    document::{self, Document, Endpoint},
    out_of_band::Invitation,
};
use signet_protocol::{
    Verdict,
    entry::Route,
    mediator::{
        Admission, Change, Facts, Mediator, Outcome as Became, Question, Quota, Response, Room,
        Unread, Way,
    },
    step::Outcome,
};

use crate::{
    World,
    dice::Dice,
    memory::Memory,
    node::fingerprint,
    person::{Host, Reply},
    world::Event,
};

/// Names a mediator of a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Keeper(pub(crate) usize);

/// A mediator, and where it stands.
pub(crate) struct Post {
    pub(crate) url: String,
    pub(crate) is_up: bool,
    pub(crate) mediator: Mediator,
    pub(crate) memory: Memory,
    pub(crate) rng: ChaCha8Rng,
}

/// What a mediator of the world takes.
const QUOTA: Quota = Quota {
    accounts: 100,
    recipients: 1_000,
    recipient: Room {
        messages: 10_000,
        bytes: 1 << 26,
    },
    account: Room {
        messages: 10_000,
        bytes: 1 << 26,
    },
    bytes: 1 << 28,
};

impl Post {
    pub(crate) fn new(name: &str, mut rng: ChaCha8Rng) -> Self {
        let url = format!("https://{name}.example/");
        let at = [
            Endpoint::v2(url.as_str()),
            Endpoint::v2(format!("wss://{name}.example/")),
        ];
        let (did, keys) = peer2::create(&at, &mut rng);
        Self {
            url: url.clone(),
            is_up: true,
            mediator: Mediator::new(did, keys, Admission::Open).with_page(Some(url)),
            memory: Memory::new(QUOTA),
            rng,
        }
    }

    pub(crate) fn invitation(&self) -> Invitation {
        Invitation::new("", self.mediator.did().clone())
    }

    /// The same, of a make that hosts no invitations.
    pub(crate) fn without_page(self) -> Self {
        Self {
            mediator: self.mediator.with_page(None),
            ..self
        }
    }

    /// Forgets everybody and everything, but not who it is.
    pub(crate) fn lose_disk(&mut self) {
        self.memory = Memory::new(QUOTA);
    }
}

/// What mediators do.
impl World {
    pub(crate) fn mediator_takes(
        &mut self,
        mediator: usize,
        from: Host,
        bytes: &[u8],
        reply: Option<Reply>,
    ) {
        if !self.mediators[mediator].is_up {
            return self.lost(reply);
        }
        let Some(response) = self.handle(mediator, bytes, &mut Way::default()) else {
            return self.lost(reply);
        };
        let outcome = match response.refused {
            Some(Verdict::Later) => Outcome::Later,
            Some(Verdict::No) => Outcome::No,
            None if reply.is_some_and(|reply| reply.is_forward) => Outcome::Stored(Route::Mediator),
            None => Outcome::Stored(Route::Http),
        };
        if let (Some(bytes), Host::Person(who), Some(reply)) = (response.envelope, from, reply)
            && !self.rng.chance(self.wires.lose)
        {
            let (life, wait) = (reply.life, self.rng.between(1, self.wires.delay));
            self.after(wait, Event::Answer { who, life, bytes });
        }
        self.send_back_maybe(reply, outcome);
    }

    /// What an envelope does; nothing is answered by one that dies of it.
    pub(crate) fn handle(
        &mut self,
        mediator: usize,
        bytes: &[u8],
        way: &mut Way,
    ) -> Option<Response> {
        let dies = self.stormy && self.rng.chance(self.crashing);
        if dies && self.rng.chance(0.5) {
            self.mediator_falls(mediator, true);
            return None;
        }
        let now = self.now;
        let post = &mut self.mediators[mediator];
        let mut known: Vec<Document> = Vec::new();
        let mut request = loop {
            match post.mediator.read(bytes, &known, now, &mut post.rng) {
                Ok(request) => break request,
                Err(Unread::NeedsDocument(did)) if known.is_empty() => {
                    match post.memory.find(&Question::Account(did), now) {
                        Facts::Account(kept) => known.extend(document::resolve(&kept).ok()),
                        _ => return Some(refused()),
                    }
                }
                Err(_) => return Some(refused()),
            }
        };
        let changes = std::mem::take(&mut request.changes);
        for change in &changes {
            self.hold_what_is_acknowledged(mediator, change);
        }
        let post = &mut self.mediators[mediator];
        let outcomes = post.memory.make(changes, now);
        self.tally.stored += outcomes.iter().filter(is_stored).count() as u64;
        if dies {
            self.mediator_falls(mediator, true);
            return None;
        }
        let facts = request.question.take();
        let facts = facts.map(|question| post.memory.find(&question, now));
        let response = post
            .mediator
            .answer(request, &outcomes, facts, way, now, &mut post.rng);
        for account in &response.stored {
            self.hand_out_to(mediator, account);
        }
        Some(response)
    }

    /// Nothing is acknowledged before it is safe, or refused for good.
    fn hold_what_is_acknowledged(&self, mediator: usize, change: &Change) {
        let Change::Remove { account, ids } = change else {
            return;
        };
        let Some(who) = self.owner(account) else {
            return;
        };
        for id in ids {
            let waiting = self.mediators[mediator].memory.envelope(account, *id);
            let Some(envelope) = waiting else { continue };
            assert!(
                self.people[who]
                    .dealt_with
                    .contains(&fingerprint(&envelope)),
                "{} acknowledges what it has not",
                self.people[who].name
            );
        }
    }

    /// Whose DID this is, or ever was.
    fn owner(&self, did: &Did) -> Option<usize> {
        let short = did.short();
        self.people
            .iter()
            .position(|person| person.ever.contains_key(short.as_str()))
    }

    /// It dies; what it committed stays.
    pub(crate) fn mediator_falls(&mut self, mediator: usize, rises: bool) {
        self.tally.crashes += 1;
        self.mediators[mediator].is_up = false;
        self.lose_sockets(|_, socket| socket.mediator == mediator);
        if rises {
            let wait = self.rng.between(5, 20_000);
            self.after(wait, Event::MediatorRises(mediator));
        }
    }
}

fn refused() -> Response {
    Response {
        refused: Some(Verdict::No),
        ..Response::default()
    }
}

fn is_stored(outcome: &&Became) -> bool {
    matches!(outcome, Became::Stored { .. })
}
