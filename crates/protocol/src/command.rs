//! What the person, or the node on their behalf, asks of the machine.

use std::time::Duration;

use signet_didcomm::{did::Did, document::Endpoint, protocols::out_of_band};

use crate::{contact::ContactId, invitation::Invitation};

/// One wish.
#[derive(Debug)]
pub enum Command {
    /// Take another name; every contact is told.
    SetName(String),
    /// The node can be reached at these endpoints, HTTP first.
    Reachable(Vec<Endpoint>),
    /// This peer can be reached straight, or so it seems: what waits for it is due.
    Opened {
        /// The libp2p PeerId.
        peer_id: String,
        /// A connection stands; else somebody said to be the peer is nearby.
        stands: bool,
    },
    /// Make an invitation.
    Invite {
        /// Anybody may answer it; answers are requests.
        reusable: bool,
        /// How long it may be answered.
        expires: Option<Duration>,
        /// A private note.
        note: Option<String>,
    },
    /// Take an invitation back.
    Revoke(String),
    /// Answer somebody's invitation.
    Accept {
        /// The invitation as read.
        invitation: Box<out_of_band::Invitation>,
        /// A private note.
        note: Option<String>,
    },
    /// Answer a request.
    Request {
        /// Whose.
        contact: ContactId,
        /// Accept, or refuse.
        accept: bool,
    },
    /// Write to a contact.
    Send {
        /// The message id, made by the caller so that a repeated command sends once.
        id: String,
        /// To whom.
        contact: ContactId,
        /// The words, at most [`crate::limit::TEXT`] bytes.
        text: String,
        /// Id of the message it answers.
        reply_to: Option<String>,
    },
    /// Send a failed message again.
    Resend {
        /// Whose conversation.
        contact: ContactId,
        /// The message id.
        id: String,
        /// Its words, which only history holds.
        text: String,
        /// The try that failed.
        attempt: u32,
    },
    /// The person has read up to this entry.
    Read {
        /// Whose conversation.
        contact: ContactId,
        /// The sequence number.
        up_to: u64,
    },
    /// Give a contact a name of one's own; `None` takes it back.
    Rename {
        /// Whom.
        contact: ContactId,
        /// The name.
        name: Option<String>,
    },
    /// Notify no more, or again.
    Mute {
        /// Whom.
        contact: ContactId,
        /// No more, or again.
        muted: bool,
    },
    /// Write to a contact through mediators only, and be written to likewise; or straight again.
    MediatedOnly {
        /// Whom.
        contact: ContactId,
        /// Only so, or as it comes.
        on: bool,
    },
    /// Block, or unblock.
    Block {
        /// Whom.
        contact: ContactId,
        /// Block, or unblock.
        blocked: bool,
    },
    /// Move to a fresh DID towards these contacts; `None` for all.
    Rotate(Option<Vec<ContactId>>),
    /// End the relationship.
    End(ContactId),
    /// Forget the contact and its history.
    Delete(ContactId),
    /// Ask a mediator to keep what others send us.
    AddMediator {
        /// Its invitation, or one made of its DID, with an empty id.
        invitation: Box<out_of_band::Invitation>,
        /// The mediator that is left once this one serves us.
        replaces: Option<Did>,
    },
    /// Leave a mediator; one that is being left already, or does not serve us, goes at once.
    RemoveMediator(Did),
    /// Envelopes that a mediator kept for us are safe here, or of no use.
    Received {
        /// Which.
        mediator: Did,
        /// Their ids there.
        ids: Vec<String>,
    },
    /// The connection on which a mediator sends what comes stands, or no longer does.
    Live {
        /// Which.
        mediator: Did,
        /// Whether it stands.
        is_open: bool,
    },
}

/// What a command yields besides its step.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing but that it was done.
    Done,
    /// The invitation made.
    Invitation(Box<Invitation>),
    /// The contact made.
    Contact(ContactId),
    /// The contacts whose rotation began or waits.
    Started(Vec<ContactId>),
    /// The mediator that was asked.
    Mediator(Did),
}

/// Why a command was refused. Nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No contact has this id.
    #[error("there is no such contact")]
    NoContact,
    /// The relationship does not stand.
    #[error("one cannot write to {name}: {why}")]
    CannotWrite {
        /// The contact's name.
        name: String,
        /// In a few words.
        why: &'static str,
    },
    /// The name is empty.
    #[error("a name is needed")]
    NoName,
    /// The text is empty.
    #[error("there is nothing to send")]
    Empty,
    /// The text, name or note is too long.
    #[error("this is too long: at most {limit} bytes")]
    TooLong {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The outbox is full.
    #[error(
        "too many messages wait already; nothing was lost, and nothing more is taken until some have left"
    )]
    OutboxFull,
    /// No invitation has this id.
    #[error("there is no such invitation")]
    NoInvitation,
    /// The invitation is no longer open.
    #[error("this invitation is not open any more")]
    NotOpen,
    /// It is our own.
    #[error("this is your own invitation")]
    OwnInvitation,
    /// We know the inviter by this very invitation.
    #[error("you already write with {name}")]
    KnownInvitation {
        /// The contact it led to.
        contact: ContactId,
        /// Its name.
        name: String,
    },
    /// It has expired.
    #[error("this invitation has expired")]
    ExpiredInvitation,
    /// We do not speak what it asks for.
    #[error("this invitation asks for a kind of DIDComm that Signet does not speak")]
    Incompatible,
    /// Its DID cannot be read.
    #[error("the inviter's DID cannot be read: {0}")]
    UnreadableDid(String),
    /// Its DID can be read, and names no key to encrypt for.
    #[error("nobody can write to the inviter: their DID has no key to encrypt for")]
    NoKey,
    /// Nobody waits for an answer.
    #[error("{name} has not asked for anything")]
    NotRequested {
        /// The contact's name.
        name: String,
    },
    /// The state does not allow it.
    #[error("this is not possible: the relationship with {name} {why}")]
    NotPossible {
        /// The contact's name.
        name: String,
        /// In a few words.
        why: &'static str,
    },
    /// Too many open invitations, requests or contacts.
    #[error("there are too many {what} already")]
    TooMany {
        /// Of what.
        what: &'static str,
    },
    /// The mediator's DID cannot be read.
    #[error("the mediator's DID cannot be read: {0}")]
    UnreadableMediator(String),
    /// The mediator's DID names no address that can be posted to.
    #[error("the mediator's DID names no web address, so it cannot be asked")]
    UnreachableMediator,
    /// No mediator serves us.
    #[error("no mediator serves you yet, so {name} could not reach you at all")]
    NoMediatorOfOurs {
        /// The contact's name.
        name: String,
    },
    /// The contact's DID names no mediator.
    #[error("{name} has no mediator, so nothing could be sent to them")]
    NoMediatorOfTheirs {
        /// The contact's name.
        name: String,
    },
    /// No mediator of ours has this DID.
    #[error("there is no such mediator")]
    NoMediator,
    /// A message with this id exists with other words.
    #[error("a message with this id was already written")]
    IdTaken,
}
