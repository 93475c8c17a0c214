//! Taking a message: who wrote it, whether they may, and what it brings.
//!
//! In two steps, because whether a message was seen before only history knows: [`open`] is pure,
//! and [`Turn::receive`] acts on the facts looked up in between.

use rand_core::CryptoRng;
use signet_didcomm::{
    did::{Did, Method},
    discover_features,
    envelope::{self, Opening, UnpackError, Unpacked},
    message::{Message, new_id},
    protocols::trust_ping,
};

use crate::{
    Messenger, addresses,
    change::Change,
    contact::{ContactId, ContactState, EndReason, Rotation},
    content::{Content, refusal},
    entry::{Direction, Entry, Kind, Line, ProofRecord},
    features,
    identity::Purpose,
    outgoing,
    time::Timestamp,
    turn::{Turn, same},
};

/// Entries that somebody may write before the person accepted the request.
const ENTRIES_BEFORE_ACCEPTANCE: u64 = 32;

/// A message that passed the gate, and whose it is.
#[derive(Debug)]
pub struct Opened {
    pub(crate) unpacked: Unpacked,
    whose: Whose,
    /// The message id in lower case: ids are compared regardless of case.
    id: String,
}

/// Whose a message is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Whose {
    /// A contact's, from the DID we know.
    Known(ContactId),
    /// A contact's, from a DID that the known one confirms.
    Moved(ContactId),
    /// A contact's end of the relationship.
    Ending(ContactId),
    /// Somebody's answer to the invitation with this id.
    Answer(String),
    /// A mediator's of ours.
    Mediator(Did),
}

/// What history knows of a message.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts {
    /// The contact sent a message with this id before.
    pub seen: bool,
}

/// What the wire may say of an envelope that was turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not now.
    Later,
    /// Never: one word for every refusal.
    No,
}

/// Why an envelope was turned away. The machine is unchanged and the sender gets no acknowledgement.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// It did not pass the gate.
    #[error("the envelope was refused: {0}")]
    Envelope(#[from] UnpackError),
    /// Nothing proves who wrote it.
    #[error("nothing proves who wrote this message")]
    Anonymous,
    /// Neither a contact nor an answer to an invitation.
    #[error("the sender is unknown")]
    Stranger,
    /// The sender left this DID behind; a sincere sender repeats under the current one.
    #[error("the sender's DID is retired")]
    Retired,
    /// It went to a DID of ours that is not for this contact.
    #[error("the message went to a DID of another relationship")]
    Misdirected,
    /// The relationship is over, or the person blocked it.
    #[error("the relationship is over")]
    Over,
    /// The message does not say what its type says it does.
    #[error("the message has no readable body")]
    Body,
    /// A bound was reached.
    #[error("too many wait already")]
    Full,
    /// The machine moved on since the message was opened: open it again.
    #[error("the message has to be opened again")]
    Stale,
}

impl Rejected {
    /// What the wire may say of it.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Full | Self::Stale => Verdict::Later,
            Self::Envelope(_)
            | Self::Anonymous
            | Self::Stranger
            | Self::Retired
            | Self::Misdirected
            | Self::Over
            | Self::Body => Verdict::No,
        }
    }
}

impl Opened {
    /// The question to history: did this contact send a message with this id before?
    #[must_use]
    pub fn asks(&self) -> Option<(ContactId, &str)> {
        match self.whose {
            Whose::Known(contact) | Whose::Moved(contact) => Some((contact, &self.id)),
            Whose::Ending(_) | Whose::Answer(_) | Whose::Mediator(_) => None,
        }
    }
}

pub(crate) fn open(
    machine: &Messenger,
    envelope: &[u8],
    now: Timestamp,
) -> Result<Opened, Rejected> {
    let opening = Opening {
        secret: &|kid| machine.secret(kid),
        document: &|did| machine.document(did),
    };
    let unpacked = envelope::unpack(envelope, &opening, now.seconds())?;
    let whose = whose(machine, &unpacked)?;
    let id = unpacked.message.id.to_ascii_lowercase();
    Ok(Opened {
        unpacked,
        whose,
        id,
    })
}

fn whose(machine: &Messenger, unpacked: &Unpacked) -> Result<Whose, Rejected> {
    // A signature without an envelope of ours around it was not written to us.
    let Some(mine) = unpacked.proof.recipient.as_ref().map(|kid| kid.did()) else {
        return Err(Rejected::Anonymous);
    };
    let state = &machine.state;
    let Some(from) = unpacked.authenticated_by() else {
        let Some(prior) = unpacked
            .from_prior
            .as_ref()
            .filter(|prior| prior.sub.is_none())
        else {
            return Err(Rejected::Anonymous);
        };
        let contact = state.by_their_did(&prior.iss).ok_or(Rejected::Stranger)?;
        if !same(&contact.their_did, &prior.iss) {
            return Err(Rejected::Retired);
        }
        machine.check_addressed(contact.id, &mine)?;
        return Ok(Whose::Ending(contact.id));
    };
    if let Some(mediation) = state.mediation(from)
        && same(&mediation.my_did, &mine)
    {
        return Ok(Whose::Mediator(mediation.mediator.clone()));
    }
    if let Some(contact) = state.by_their_did(from) {
        if !same(&contact.their_did, from) {
            return Err(Rejected::Retired);
        }
        machine.check_addressed(contact.id, &mine)?;
        return Ok(Whose::Known(contact.id));
    }
    if let Some(prior) = &unpacked.from_prior
        && let Some(contact) = state.by_their_did(&prior.iss)
    {
        if !same(&contact.their_did, &prior.iss) {
            return Err(Rejected::Retired);
        }
        machine.check_addressed(contact.id, &mine)?;
        return Ok(Whose::Moved(contact.id));
    }
    match state
        .identities
        .get(&mine.short())
        .map(|identity| &identity.purpose)
    {
        Some(Purpose::Invitation(id)) => Ok(Whose::Answer(id.clone())),
        Some(Purpose::Contact(_) | Purpose::Mediator(_) | Purpose::Spare) | None => {
            Err(Rejected::Stranger)
        }
    }
}

impl Messenger {
    /// The DID of ours that a message went to is one that this contact was given.
    fn check_addressed(&self, contact: ContactId, mine: &Did) -> Result<(), Rejected> {
        let Some(contact) = self.state.contacts.get(&contact) else {
            return Err(Rejected::Stranger);
        };
        match contact.state {
            ContactState::Ended | ContactState::Blocked => return Err(Rejected::Over),
            ContactState::Requested
            | ContactState::Answering
            | ContactState::Connected
            | ContactState::NotFollowing
            | ContactState::Disputed => {}
        }
        let announced = match &contact.rotation {
            Rotation::Settled => None,
            Rotation::Announcing { prior, .. } => Some(prior),
        };
        let mut given = std::iter::once(&contact.my_did)
            .chain(announced)
            .chain(contact.my_retired.iter().map(|r| &r.did));
        if given.any(|did| same(did, mine)) {
            Ok(())
        } else {
            Err(Rejected::Misdirected)
        }
    }
}

impl<R: CryptoRng> Turn<'_, R> {
    /// Takes an opened message. Refuses before anything is changed.
    pub(crate) fn receive(&mut self, opened: Opened, facts: Facts) -> Result<(), Rejected> {
        // The machine may have moved on since the message was opened.
        if whose(self.machine, &opened.unpacked)? != opened.whose {
            return Err(Rejected::Stale);
        }
        if let Whose::Mediator(mediator) = &opened.whose {
            return self.hear_mediator(mediator, &opened.unpacked.message);
        }
        let content = Content::read(&opened.unpacked.message)?;
        let from = opened.unpacked.authenticated_by().cloned();
        let contact = match (&opened.whose, from) {
            (Whose::Ending(contact), _) => {
                self.finish(*contact, EndReason::ByThem);
                return Ok(());
            }
            (Whose::Answer(invitation), Some(from)) => {
                match self.answered(invitation, &from, &opened.unpacked.message)? {
                    Some(contact) => contact,
                    None => return Ok(()),
                }
            }
            (Whose::Moved(contact), Some(from)) => {
                self.check_room(*contact)?;
                self.follow(*contact, &from);
                *contact
            }
            (Whose::Known(contact), Some(_)) => {
                self.check_room(*contact)?;
                *contact
            }
            (Whose::Mediator(_), _) | (_, None) => return Err(Rejected::Anonymous),
        };
        self.hear(contact, &opened);
        if self
            .contact(contact)
            .is_some_and(|c| c.state == ContactState::Ended)
        {
            return Ok(());
        }
        self.take_acks(contact, &opened.unpacked.message.ack, facts.seen);
        self.owe_ack(contact, &opened);
        if facts.seen {
            self.count_repeat(contact, opened.unpacked.message.sender_order);
            return Ok(());
        }
        self.take(contact, content, opened);
        Ok(())
    }

    fn check_room(&self, contact: ContactId) -> Result<(), Rejected> {
        let requested = self
            .contact(contact)
            .is_some_and(|c| c.state == ContactState::Requested);
        let early = self
            .machine
            .state
            .early
            .get(&contact)
            .map_or(0, |early| early.len() as u64);
        let entries = self.machine.state.progress(contact).last_seq + early;
        if requested && entries >= ENTRIES_BEFORE_ACCEPTANCE {
            return Err(Rejected::Full);
        }
        Ok(())
    }

    /// Learns what any message of a contact tells by its mere coming.
    fn hear(&mut self, id: ContactId, opened: &Opened) {
        let Some(contact) = self.contact(id).cloned() else {
            return;
        };
        let message = &opened.unpacked.message;
        if contact.state == ContactState::Answering {
            if let Some(reason) = refusal(message) {
                self.finish(id, reason);
                return;
            }
            self.edit(id, |contact| {
                contact.state = ContactState::Connected;
                if contact.is_signet {
                    // Told although our DID names them: it is how the inviter learns that we take
                    // `addresses` too, and without that we lose each other once the inviter moves.
                    contact.told_addresses = 0;
                }
            });
            self.say(id, Line::Connected);
        }
        let mine = opened
            .unpacked
            .proof
            .recipient
            .as_ref()
            .map(|kid| kid.did());
        if !contact.my_did_known && mine.is_some_and(|mine| same(&mine, &contact.my_did)) {
            self.confirm_rotation(id);
        }
        let method = message.from.as_ref().map(Did::method);
        let is_signet = message.type_.starts_with(addresses::PROTOCOLS);
        let uses_short = method == Some(Method::Peer4Short);
        let reads_peer4 = uses_short || method == Some(Method::Peer4Long);
        if is_signet && !contact.is_signet
            || uses_short && !contact.uses_short
            || reads_peer4 && !contact.reads_peer4
        {
            self.edit(id, |contact| {
                contact.is_signet |= is_signet;
                contact.uses_short |= uses_short;
                contact.reads_peer4 |= reads_peer4;
            });
        }
    }

    fn take(&mut self, contact: ContactId, content: Content, opened: Opened) {
        let now = self.now;
        self.count(contact, |progress| progress.last_heard = now);
        self.remember(Change::Seen {
            contact,
            id: opened.id.clone(),
            at: self.now,
        });
        let order = opened.unpacked.message.sender_order;
        match content {
            Content::Text(text) => {
                let reply_to = opened
                    .unpacked
                    .message
                    .thid
                    .clone()
                    .filter(|thid| !thid.eq_ignore_ascii_case(&opened.id));
                if let Some(entry) = self.entry(contact, opened, Kind::Message { text, reply_to }) {
                    self.place(entry, order);
                }
            }
            Content::Profile { name, send_back } => {
                let id = opened.unpacked.message.id.clone();
                self.edit(contact, |contact| {
                    if let Some(name) = name {
                        contact.told_name = name;
                    }
                    if send_back {
                        contact.profile_asked_by = Some(id);
                        contact.told_profile = 0;
                    }
                });
            }
            Content::Addresses(told) => self.edit(contact, |contact| {
                if contact
                    .addresses
                    .as_ref()
                    .is_none_or(|known| known.revision < told.revision)
                {
                    contact.addresses = Some(told);
                }
            }),
            Content::Ping => {
                let response = trust_ping::response(new_id(self.rng), &opened.unpacked.message);
                self.reply(contact, response);
            }
            Content::Queries(queries) => {
                let Some(state) = self.contact(contact).map(|contact| contact.state) else {
                    return;
                };
                if let Some(told) = features::told(state, &queries, self.rng) {
                    let asked = &opened.unpacked.message;
                    let answer = discover_features::answer(new_id(self.rng), asked, &told);
                    self.reply(contact, answer);
                }
            }
            Content::Nothing => {}
            Content::Unknown(message_type) => {
                if let Some(entry) =
                    self.entry(contact, opened, Kind::Line(Line::Unknown { message_type }))
                {
                    self.place(entry, order);
                }
            }
        }
    }

    /// Answers at once or never: an answer replaces the one of its type that waits, so whoever
    /// asks without end while no wire leads there keeps one waiting, not many.
    fn reply(&mut self, contact: ContactId, mut answer: Message) {
        answer.created_time = Some(self.now.seconds());
        let waiting =
            self.machine.state.outbox(contact).filter(|o| {
                o.purpose == outgoing::Purpose::Reply && o.message.type_ == answer.type_
            });
        let waiting: Vec<String> = waiting.map(|o| o.message.id.clone()).collect();
        for id in waiting {
            self.remember(Change::OutgoingDone { contact, id });
        }
        self.queue(contact, answer, outgoing::Purpose::Reply, 1);
    }

    fn entry(&self, contact: ContactId, opened: Opened, kind: Kind) -> Option<Entry> {
        let Opened { unpacked, id, .. } = opened;
        let from = unpacked.authenticated_by().cloned()?;
        let proof = unpacked.proof;
        Some(Entry {
            contact,
            seq: 0,
            id,
            direction: Direction::In,
            kind,
            time: self.now,
            claimed_time: unpacked
                .message
                .created_time
                .map(|seconds| Timestamp(seconds.saturating_mul(1000))),
            my_did: proof.recipient.as_ref()?.did(),
            their_did: from,
            delivery: None,
            proof: Some(ProofRecord {
                sender_kid: proof.sender.map(|kid| kid.as_str().to_owned()),
                recipient_kid: proof.recipient.map(|kid| kid.as_str().to_owned()),
                signer_kid: proof.signer.map(|kid| kid.as_str().to_owned()),
                algorithms: proof.algorithms,
                received: self.now,
                plaintext: unpacked.plaintext,
                jws: proof.jws.map(serde_bytes::ByteBuf::from),
            }),
        })
    }
}
