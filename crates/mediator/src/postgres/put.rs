//! Envelopes go in, which is most of what a mediator does: one by one within other changes, and
//! together with those of others when they come alone.

mod many;
mod one;
mod queue;

use signet_didcomm::did::Did;
use signet_protocol::mediator::MailboxError;

use super::failure::Failure;

pub(super) use one::put;
pub(super) use queue::{Desk, Queue};

/// A DID as we stored it.
pub(super) fn did(text: &str) -> Result<Did, Failure> {
    Did::parse(text)
        .map_err(|error| Failure::Mailbox(MailboxError::Broken(format!("a stored DID: {error}"))))
}
