//! A person: a machine, its disk, its clock, and the groups of steps on their way to the disk.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rand_chacha::ChaCha8Rng;
use signet_didcomm::{did::Did, document::Endpoint};
use signet_protocol::{
    Facts, Messenger, Opened, Rejected, Step, Verdict,
    change::Change,
    command::Command,
    contact::{Contact, ContactId},
    identity::Identity,
    step::{AttemptId, Effect, Outcome, Report},
    time::Timestamp,
};

use crate::ledger::{Folded, Ledger};

/// Names a person of a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Who(pub(crate) usize);

/// Whoever has an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Host {
    Person(usize),
    Agent(usize),
    Mediator(usize),
}

/// Where the answer to an envelope goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reply {
    pub(crate) to: Host,
    /// The sender's life in which the attempt was made; a later one does not know it.
    pub(crate) life: u32,
    pub(crate) attempt: AttemptId,
    /// It went to a mediator, for somebody else.
    pub(crate) is_forward: bool,
}

/// Who is told what became of an envelope.
pub(crate) enum Origin {
    /// A wire, if anybody waits there.
    Wire(Option<Reply>),
    /// A mediator that kept it under this id.
    Mediator { mediator: Did, id: String },
}

/// Something that waits for the machine's turn.
pub(crate) enum Input {
    Envelope { bytes: Vec<u8>, origin: Origin },
    Report(Report),
    Command(Command),
}

/// A text that is to be sent whatever crashes: the caller repeats the command with the same id.
#[derive(Clone)]
pub(crate) struct Wish {
    pub(crate) contact: ContactId,
    pub(crate) id: String,
    pub(crate) text: String,
}

/// Steps whose changes are committed together, and all that waits for that.
#[derive(Default)]
pub(crate) struct Group {
    pub(crate) changes: Vec<Change>,
    pub(crate) effects: Vec<Effect>,
    /// What is told of each envelope: a refusal, or that it is stored; and its fingerprint.
    pub(crate) answers: Vec<(Origin, Option<Verdict>, u64)>,
    pub(crate) wishes: Vec<Wish>,
}

impl Group {
    pub(crate) fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.effects.is_empty() && self.answers.is_empty()
    }
}

/// How envelopes come to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Inlet {
    /// Straight: custody means committed.
    Direct,
    /// At an HTTP endpoint of its own: custody means committed here too.
    Http,
    /// By a hop that takes custody and brings the envelope later, if it does not lose it.
    Hop,
    /// By mediators only.
    Mediated,
}

pub(crate) struct Person {
    pub(crate) name: String,
    /// Nothing while the person is down.
    pub(crate) messenger: Option<Messenger>,
    pub(crate) ledger: Ledger,
    /// What the disk will hold once everything stepped is committed.
    pub(crate) ahead: Folded,
    pub(crate) seen_ahead: BTreeSet<(ContactId, String)>,
    pub(crate) entries_ahead: BTreeSet<(ContactId, String)>,
    pub(crate) life: u32,
    /// How far the wall clock is off, in milliseconds.
    pub(crate) skew: i64,
    /// The time last handed in, which never runs backwards within one life.
    pub(crate) told: Timestamp,
    pub(crate) inbox: VecDeque<Input>,
    pub(crate) turn_due: bool,
    pub(crate) wake_token: u64,
    pub(crate) open: Group,
    pub(crate) committing: Option<Group>,
    pub(crate) unsaid: VecDeque<Wish>,
    pub(crate) rng: ChaCha8Rng,
    pub(crate) inlet: Inlet,
    pub(crate) port: u16,
    /// What the wire answers in the machine's place, one for each envelope.
    pub(crate) scripted: VecDeque<Outcome>,
    /// What the wire answers to everything, if it does.
    pub(crate) always: Option<Outcome>,
    /// Every identity that was ever ours, by its short form.
    pub(crate) ever: BTreeMap<String, Identity>,
    /// Fingerprints of the envelopes that are taken and committed, or refused.
    pub(crate) dealt_with: BTreeSet<u64>,
    /// Why envelopes were turned away, newest last.
    pub(crate) rejections: VecDeque<String>,
    pub(crate) turns: u64,
}

impl Person {
    pub(crate) fn new(name: &str, inlet: Inlet, port: u16, rng: ChaCha8Rng) -> Self {
        Self {
            name: name.to_owned(),
            messenger: None,
            ledger: Ledger::default(),
            ahead: Folded::default(),
            seen_ahead: BTreeSet::new(),
            entries_ahead: BTreeSet::new(),
            life: 0,
            skew: 0,
            told: Timestamp(0),
            inbox: VecDeque::new(),
            turn_due: false,
            wake_token: 0,
            open: Group::default(),
            committing: None,
            unsaid: VecDeque::new(),
            rng,
            inlet,
            port,
            scripted: VecDeque::new(),
            always: None,
            ever: BTreeMap::new(),
            dealt_with: BTreeSet::new(),
            rejections: VecDeque::new(),
            turns: 0,
        }
    }

    pub(crate) fn peer_id(&self) -> String {
        format!("12D3KooW{}", self.name)
    }

    pub(crate) fn multi_addr(&self) -> String {
        format!("/dns4/{}.example/udp/{}/quic-v1", self.name, self.port)
    }

    pub(crate) fn url(&self) -> String {
        format!("https://{}.example/didcomm", self.name)
    }

    /// Where this person can be reached, as its node would say it.
    pub(crate) fn endpoints(&self) -> Vec<Endpoint> {
        let direct = Endpoint {
            uri: format!("libp2p-peerId:{}", self.peer_id()),
            accept: vec!["didcomm/v2".to_owned()],
            routing_keys: Vec::new(),
            multi_addrs: vec![self.multi_addr()],
        };
        match self.inlet {
            Inlet::Mediated => Vec::new(),
            Inlet::Direct => vec![direct],
            Inlet::Http | Inlet::Hop => vec![Endpoint {
                uri: self.url(),
                accept: vec!["didcomm/v2".to_owned()],
                routing_keys: Vec::new(),
                multi_addrs: Vec::new(),
            }],
        }
    }

    /// The time as this person's node hands it in.
    pub(crate) fn tell(&mut self, now: Timestamp) -> Timestamp {
        self.told = self
            .told
            .max(Timestamp(now.0.saturating_add_signed(self.skew)));
        self.told
    }

    /// When the world's clock shows what this person's clock calls `at`.
    pub(crate) fn world_time(&self, at: Timestamp) -> Timestamp {
        Timestamp(at.0.saturating_add_signed(-self.skew))
    }

    /// The contacts, those not yet committed included.
    pub(crate) fn contacts(&self) -> impl Iterator<Item = &Contact> {
        self.ahead.records().filter_map(|record| match record {
            Change::Contact(contact) => Some(&**contact),
            _ => None,
        })
    }

    pub(crate) fn was_seen(&self, contact: ContactId, id: &str) -> bool {
        self.ledger.was_seen(contact, id) || self.seen_ahead.contains(&(contact, id.to_owned()))
    }

    pub(crate) fn has_entry(&self, contact: ContactId, id: &str) -> bool {
        self.ledger.entry(contact, id).is_some()
            || self.entries_ahead.contains(&(contact, id.to_owned()))
    }

    /// Handles an opened message with what history knows, the uncommitted included.
    pub(crate) fn handle(
        &mut self,
        opened: Result<Opened, Rejected>,
        time: Timestamp,
    ) -> Result<Step, Rejected> {
        let opened = opened?;
        let seen = opened
            .asks()
            .is_some_and(|(contact, id)| self.was_seen(contact, id));
        let messenger = self
            .messenger
            .as_mut()
            .expect("one who is down handles nothing");
        messenger.handle_message(opened, Facts { seen }, time, &mut self.rng)
    }

    /// Files a step in the open group.
    pub(crate) fn take(&mut self, changes: Vec<Change>, effects: Vec<Effect>) {
        for change in &changes {
            self.ahead.apply(change);
            match change {
                Change::Seen { contact, id, .. } => {
                    self.seen_ahead.insert((*contact, id.clone()));
                }
                Change::Entry(entry) => {
                    self.entries_ahead.insert((entry.contact, entry.id.clone()));
                }
                Change::Identity(identity) => {
                    self.ever
                        .insert(identity.did.short().to_string(), (**identity).clone());
                }
                _ => {}
            }
        }
        self.open.changes.extend(changes);
        self.open.effects.extend(effects);
    }

    /// Puts a group on the disk.
    pub(crate) fn make_durable(&mut self, group: &Group) {
        self.ledger.commit(&group.changes);
        for change in &group.changes {
            match change {
                Change::Seen { contact, id, .. } => {
                    self.seen_ahead.remove(&(*contact, id.clone()));
                }
                Change::Entry(entry) => {
                    self.entries_ahead
                        .remove(&(entry.contact, entry.id.clone()));
                }
                _ => {}
            }
        }
    }

    /// Everything that was not durable is gone. Yields those who wait for an answer in vain.
    pub(crate) fn fall(&mut self) -> Vec<Reply> {
        let mut waiting: Vec<Reply> = Vec::new();
        for input in self.inbox.drain(..) {
            if let Input::Envelope {
                origin: Origin::Wire(Some(reply)),
                ..
            } = input
            {
                waiting.push(reply);
            }
        }
        let lost = [
            self.committing.take().unwrap_or_default(),
            std::mem::take(&mut self.open),
        ];
        let mut wishes = VecDeque::new();
        for group in lost {
            waiting.extend(
                group
                    .answers
                    .iter()
                    .filter_map(|(origin, ..)| match origin {
                        Origin::Wire(reply) => *reply,
                        Origin::Mediator { .. } => None,
                    }),
            );
            wishes.extend(group.wishes);
        }
        wishes.append(&mut self.unsaid);
        self.unsaid = wishes;
        self.messenger = None;
        self.life += 1;
        self.turn_due = false;
        self.wake_token += 1;
        self.ahead = self.ledger.durable.clone();
        self.seen_ahead.clear();
        self.entries_ahead.clear();
        waiting
    }
}
