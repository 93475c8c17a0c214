//! What a mediator remembers: who was granted mediation, under which DIDs others write to them,
//! the envelopes that wait, and the invitations that have a page here.
//!
//! [`Mailbox`] is the only memory, and many nodes may share one. So no change rests on what was
//! read before: each says under which condition it is made, and its [`Outcome`] says what became
//! of it. Names of DIDs are compared by [`Did::short`] everywhere.

use std::{collections::BTreeSet, future::Future};

use signet_didcomm::{coordinate_mediation::Paginate, did::Did};

use crate::time::Timestamp;

/// The memory of a mediator.
///
/// Implementations are held to one suite of tests; see the package `signet-mediator`.
pub trait Mailbox: Send + Sync + 'static {
    /// Makes the changes, in order and each under its own condition. When this returns, all that
    /// was made is durable. One outcome for each change.
    ///
    /// # Errors
    /// [`MailboxError`]: nothing may be promised to anybody. What of it was made shows later; each
    /// change may be made again.
    fn apply(
        &self,
        changes: Vec<Change>,
        now: Timestamp,
    ) -> impl Future<Output = Result<Vec<Outcome>, MailboxError>> + Send;

    /// Answers a question out of all that was applied before it was asked.
    ///
    /// # Errors
    /// [`MailboxError`]: there is no answer now.
    fn look(
        &self,
        question: Question,
        now: Timestamp,
    ) -> impl Future<Output = Result<Facts, MailboxError>> + Send;

    /// Drops what waited for too long, and invitations that were hosted for long enough; yields how
    /// many of both. Bounded: what is left goes with the next call.
    ///
    /// # Errors
    /// [`MailboxError`]: nothing is lost by it.
    fn sweep(&self, now: Timestamp) -> impl Future<Output = Result<u64, MailboxError>> + Send;

    /// Says whether a connection of this node waits for the account's mail. A mailbox that nodes
    /// share tells this node then when another one puts something there; how is its own matter,
    /// and it may miss some, so whoever waits looks from time to time. It does so from when this
    /// returns on; after two calls at the same time it may hold to either.
    fn attend(&self, _account: &Did, _here: bool) -> impl Future<Output = ()> + Send {
        async {}
    }
}

/// How much the mailbox takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Accounts.
    pub accounts: u64,
    /// DIDs that one account registers.
    pub recipients: u64,
    /// What waits for one registered DID: a contact who floods it shuts out nobody else.
    pub recipient: Room,
    /// What waits for one account.
    pub account: Room,
    /// Bytes that wait for all.
    pub bytes: u64,
}

/// Room for envelopes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// How many.
    pub messages: u64,
    /// Their bytes together.
    pub bytes: u64,
}

/// A change under a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Mediation for this DID, unless there are too many accounts. The DID is kept in the form it
    /// has here, which for did:peer:4 is the long one.
    Grant {
        /// The DID that speaks to us.
        account: Did,
    },
    /// An account goes on under another DID, if it is one and the other is none.
    Move {
        /// Its DID so far.
        from: Did,
        /// Its DID from here on, in the form to be kept.
        to: Did,
    },
    /// An account goes, with all that was registered and all that waits.
    Forget {
        /// Whose.
        account: Did,
    },
    /// Envelopes to this DID are for this account, unless it is another's or there are too many.
    Register {
        /// Who asks.
        account: Did,
        /// Its DID, kept as it is written.
        recipient: Did,
    },
    /// Envelopes to this DID are for nobody any more; what waits may still be picked up.
    Unregister {
        /// Who asks.
        account: Did,
        /// The DID.
        recipient: Did,
    },
    /// An envelope waits, if somebody registered its recipient and there is room.
    Put(Mail),
    /// The account has these envelopes; those that are its own go.
    Remove {
        /// Who says so.
        account: Did,
        /// Their ids.
        ids: BTreeSet<MailId>,
    },
    /// An invitation has a page here, unless the account has [`super::limit::HOSTED`] of them or there
    /// is no room. One that the account hosts already keeps its page, for at least as long.
    Host(Hosted),
    /// An invitation has no page here any more, if it is the account's.
    Unhost {
        /// Who says so.
        account: Did,
        /// Which.
        id: HostedId,
    },
    /// Something of the mediator's own, of at most 64 KiB, unless there is something of that name. Nodes that share a
    /// mailbox share who they are by this.
    Keep {
        /// Its name.
        name: &'static str,
        /// What.
        value: Vec<u8>,
    },
}

/// An envelope on its way into the mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// For whom.
    pub recipient: Did,
    /// The envelope.
    pub envelope: Vec<u8>,
    /// It is not delivered before this.
    pub from: Timestamp,
    /// It is dropped after this.
    pub until: Timestamp,
}

/// An invitation on its way to a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosted {
    /// Whose.
    pub account: Did,
    /// What its page is called, unless it has one already.
    pub id: HostedId,
    /// Its JSON.
    pub invitation: Vec<u8>,
    /// It is dropped after this.
    pub until: Timestamp,
}

/// Names a hosted invitation: whoever knows it gets the invitation, and nobody guesses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostedId(pub [u8; 16]);

/// Names an envelope in its mailbox. Of two for one account, the one that came later has the larger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MailId(pub u64);

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was made.
    Done,
    /// It had been made before.
    Unchanged,
    /// An envelope waits for this account now; the DID is in the form that is kept.
    Stored {
        /// Whose it is.
        account: Did,
    },
    /// An invitation has a page here now.
    Hosted {
        /// What it is called.
        id: HostedId,
        /// Until when.
        until: Timestamp,
    },
    /// It is not for the asker to make, or concerns nobody here.
    Refused,
    /// There is no room.
    Full,
}

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Is this DID an account, and what is its kept form?
    Account(Did),
    /// What has the account registered?
    Recipients {
        /// Who asks.
        account: Did,
        /// Which part; all of it if unsaid.
        page: Option<Paginate>,
        /// At most so many.
        most: usize,
    },
    /// How much waits?
    Status {
        /// Who asks.
        account: Did,
        /// For this DID only.
        recipient: Option<Did>,
    },
    /// What waits?
    Mail(Fetch),
    /// What is kept under this name?
    Kept(&'static str),
    /// Which invitation is this?
    Hosted(HostedId),
}

/// A question for envelopes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// Who asks.
    pub account: Did,
    /// For this DID only.
    pub recipient: Option<Did>,
    /// At most so many.
    pub most: usize,
    /// At most so many bytes of envelopes together, but always one.
    pub bytes: usize,
    /// Not these.
    pub except: BTreeSet<MailId>,
}

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Facts {
    /// The asker has no account.
    NoAccount,
    /// The account's DID in the form that is kept.
    Account(Did),
    /// A page of the registered DIDs, as they were written, in a steady order; and how many there
    /// are in all.
    Recipients {
        /// The page.
        dids: Vec<String>,
        /// How many there are.
        total: usize,
    },
    /// How much waits.
    Status(Waiting),
    /// The oldest of what waits, in order, and how much there is in all.
    Mail {
        /// The envelopes.
        mail: Vec<(MailId, Vec<u8>)>,
        /// All that waits for whom was asked about, those left out included.
        waiting: Waiting,
    },
    /// What is kept, if anything.
    Kept(Option<Vec<u8>>),
    /// The invitation's JSON; `None` if it is over, or there never was one.
    Hosted(Option<Vec<u8>>),
}

/// How much waits; also what is not to be delivered yet, or is too old and not yet swept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// How much.
    pub room: Room,
    /// When the first and the last of it came; `None` if nothing waits, or one DID was asked about.
    pub span: Option<(Timestamp, Timestamp)>,
}

/// Why nothing can be said or promised.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailboxError {
    /// The disk is full: nothing of it was made.
    #[error("the disk is full")]
    Full,
    /// For now: the database restarts, or is overloaded.
    #[error("the mailbox is not to be reached: {0}")]
    Away(String),
    /// Until somebody looks into it.
    #[error("the mailbox failed: {0}")]
    Broken(String),
}
