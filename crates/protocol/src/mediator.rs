//! The role of a mediator: it keeps envelopes for others until they fetch them.
//!
//! A [`Mediator`] remembers nothing. What an envelope asks for is read ([`Mediator::read`]) into
//! changes and a question for the [`Mailbox`], and their outcomes and facts are made into what goes
//! back ([`Mediator::answer`]). Nothing goes back before the changes are durable, and any number of
//! nodes may do this beside one another.
//!
//! - Only who proves a DID is answered, and only by the connection that it came by, where
//!   `return_route` allows it. Whoever sends a forward stays unknown and is told nothing: an envelope
//!   for somebody unknown is taken like any other.
//! - An envelope goes on unchanged and is kept until it is acknowledged, or is too old.
//! - Whoever has an account may have an invitation hosted on the mediator's page, and nothing else.
//! - What anybody may make us keep is bounded by [`Quota`], what one answer holds by [`limit`].
//!
//! Source: DIDComm Messaging v2.1, "Routing Protocol 2.0"; didcomm.org, coordinate-mediation 2.0 and
//! 3.0, messagepickup 3.0, message-pickup 4.0, shorten-url 1.0.

mod answer;
mod features;
mod forward;
mod host;
pub mod limit;
pub mod mailbox;
mod read;

use std::collections::BTreeSet;

use rand_core::CryptoRng;
use signet_didcomm::{
    did::Did,
    document::{Document, Endpoint},
    envelope::{self, PackError, UnpackError},
    key::SecretKeys,
    message::{Message, new_id},
    message_pickup::{Answer, Delivery, Held, Version},
};

pub use answer::{Response, Way};
pub use mailbox::{
    Change, Facts, Fetch, Hosted, HostedId, Mail, MailId, Mailbox, MailboxError, Outcome, Question,
    Quota, Room, Waiting,
};
pub use read::Request;

use crate::time::Timestamp;

/// A mediator's identity and its rules.
#[derive(Debug)]
pub struct Mediator {
    did: Did,
    keys: SecretKeys,
    admission: Admission,
    relay: Option<Endpoint>,
    page: Option<String>,
}

/// Who is granted mediation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Whoever asks.
    Open,
    /// Whoever answers one of these invitations: the request's `pthid` is its id.
    Invited(BTreeSet<String>),
}

/// Why an envelope was not read. Nothing is to be done, and nobody is told why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// The sender's document is missing: find it ([`Question::Account`], or fetch it), then read again.
    #[error("the sender's document is not known")]
    NeedsDocument(Did),
    /// It did not pass the gate.
    #[error("the envelope was refused: {0}")]
    Envelope(#[source] UnpackError),
    /// It asks for something, and nothing proves for whom.
    #[error("nothing proves who asks")]
    Anonymous,
    /// It was not encrypted, so it was not for us alone.
    #[error("it was not encrypted")]
    Plain,
    /// It is a forward that carries nothing that can go on, too much at once, or says not to whom.
    #[error("a forward without anything to pass on, or of too much")]
    NothingToPassOn,
    /// It is a forward of something too large to be delivered.
    #[error("an envelope of more than {} KiB cannot be delivered", limit::ENVELOPE / 1024)]
    TooLarge,
}

impl Mediator {
    /// A mediator known as `did`, whose keys are in `keys`. Recipients name that DID as their
    /// endpoint, and its own document says how to reach it.
    #[must_use]
    pub fn new(did: Did, keys: SecretKeys, admission: Admission) -> Self {
        Self {
            did,
            keys,
            admission,
            relay: None,
            page: None,
        }
    }

    /// Tells those it serves of a libp2p relay: `libp2p-peerId:…` with its addresses.
    #[must_use]
    pub fn with_relay(mut self, relay: Option<Endpoint>) -> Self {
        self.relay = relay;
        self
    }

    /// Hosts invitations on the page at this URL, for those it serves.
    #[must_use]
    pub fn with_page(mut self, url: Option<String>) -> Self {
        self.page = url;
        self
    }

    /// Where it hosts invitations, if it does.
    #[must_use]
    pub fn page(&self) -> Option<&str> {
        self.page.as_deref()
    }

    /// The link to a hosted invitation; `None` if it hosts none.
    #[must_use]
    pub fn link(&self, id: HostedId) -> Option<String> {
        self.page.as_deref().map(|page| host::link(page, id))
    }

    /// Its DID.
    #[must_use]
    pub fn did(&self) -> &Did {
        &self.did
    }

    /// Packs envelopes for an account that wants them at once, in a delivery that has to be
    /// acknowledged. `account` is in the form that is kept.
    ///
    /// # Errors
    /// [`PackError`] if the account's document has no key that ours agree with, or they are too many.
    pub fn deliver(
        &self,
        account: &Document,
        version: Version,
        mail: Vec<(MailId, Vec<u8>)>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, PackError> {
        let delivery = Delivery {
            recipient_did: None,
            messages: mail.into_iter().map(held).collect(),
        };
        let id = new_id(rng);
        let message = Answer::Delivery(delivery).to_message(id, version, None);
        self.pack(message, account, now, rng)
    }

    fn pack(
        &self,
        mut message: Message,
        to: &Document,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, PackError> {
        message.created_time = Some(now.seconds());
        message.from = Some(self.did.clone());
        message.to = vec![to.id.clone()];
        envelope::authcrypt(&message, &self.keys, to, rng)
    }
}

fn held((id, envelope): (MailId, Vec<u8>)) -> Held {
    Held::new(id.to_string(), envelope)
}
