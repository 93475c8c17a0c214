//! What the gate hands out: the message and how each fact about it was proved.

use crate::did::{Did, DidUrl};
use crate::from_prior::FromPrior;
use crate::message::Message;

/// A message that passed the gate. Only [`super::unpack`] makes one.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Unpacked {
    /// The message. Its `from_prior` is `None` unless verified.
    pub message: Message,
    /// The plaintext as received.
    pub plaintext: Vec<u8>,
    /// How sender and recipient were proved.
    pub proof: Proof,
    /// The rotation or the ending it announces, verified; only from an encrypted message.
    pub from_prior: Option<FromPrior>,
}

/// How the facts of a message were proved.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Proof {
    /// The key that sealed it for us (authcrypt).
    pub sender: Option<DidUrl>,
    /// Our key that opened it; `None` for what came unencrypted.
    pub recipient: Option<DidUrl>,
    /// The key that signed it.
    pub signer: Option<DidUrl>,
    /// The signed envelope within the encrypted one, as received: what can be shown to others.
    /// `None` where nothing enclosed it, since it is the very envelope that was unpacked then.
    pub jws: Option<Vec<u8>>,
    /// Whether the outermost layer hides the sender (anoncrypt).
    pub anonymous_layer: bool,
    /// The algorithms, outermost first.
    pub algorithms: Vec<String>,
}

impl Unpacked {
    /// The sender, if the envelope proves it: authcrypt by `from`, or a signature of `from`.
    pub fn authenticated_by(&self) -> Option<&Did> {
        let is_proved = self.proof.sender.is_some() || self.proof.signer.is_some();
        self.message.from.as_ref().filter(|_| is_proved)
    }

    /// Whether it came encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.proof.recipient.is_some()
    }
}
