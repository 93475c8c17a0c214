//! Why an envelope gives no message.

use crate::did::Did;
use crate::document::ResolveError;
use crate::from_prior::FromPriorError;
use crate::message::MessageError;

/// Why an envelope was turned away. Nothing of it was returned, and the sender is told nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnpackError {
    /// Larger than [`super::MAX_ENVELOPE`].
    #[error("the envelope is larger than 1 MiB")]
    TooLarge,
    /// No repetition helps: the sender's software or the wire broke it.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// A DIDComm v1 agent packed or wrote it: tell the person that this software is older.
    #[error("the envelope is of DIDComm version 1")]
    V1,
    /// None of its keys is ours. Somebody else may open it.
    #[error("none of our keys opens the envelope")]
    NotForMe,
    /// The sender's document is not known yet: get it, then unpack again.
    #[error("the sender's document is not known")]
    NeedsDocument {
        /// Whose document is missing.
        did: Did,
    },
    /// The sender's DID has no valid document: no repetition helps.
    #[error("the sender's DID cannot be resolved")]
    Sender(#[source] ResolveError),
    /// Somebody pretends, or bytes were changed.
    #[error(transparent)]
    Forged(#[from] Forged),
    /// Its sender does not want it acted upon any more.
    #[error("the message has expired")]
    Expired {
        /// The message's `expires_time`, in seconds since the Unix epoch.
        at: u64,
    },
    /// The message announces a rotation that does not hold.
    #[error("the rotation proof does not hold")]
    FromPrior(#[source] FromPriorError),
}

impl UnpackError {
    pub(super) fn resolving(error: ResolveError) -> Self {
        match error {
            ResolveError::NeedsLongForm { did } | ResolveError::NeedsFetch { did } => {
                Self::NeedsDocument { did }
            }
            ResolveError::Unsupported { .. } | ResolveError::Invalid { .. } => Self::Sender(error),
        }
    }

    pub(super) fn from_prior(error: FromPriorError) -> Self {
        match error {
            FromPriorError::Resolve(
                ResolveError::NeedsLongForm { did } | ResolveError::NeedsFetch { did },
            ) => Self::NeedsDocument { did },
            other => Self::FromPrior(other),
        }
    }
}

/// What is wrong with the form of an envelope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Not a JSON object that is an envelope or a message.
    #[error("neither an envelope nor a message")]
    Shape,
    /// The plaintext is no message.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// A member of the envelope is missing, of a wrong kind, or not base64url.
    #[error("the envelope's {0} is missing or malformed")]
    Member(&'static str),
    /// The protected header is not base64url of a JSON object without repeated names.
    #[error("the protected header is malformed")]
    Protected,
    /// A protected header parameter is missing or malformed.
    #[error("the header parameter {0} is missing or malformed")]
    Header(&'static str),
    /// `crit` asks for something we do not understand.
    #[error("the envelope demands an extension we do not understand")]
    Critical,
    /// Compression lets a stranger make one byte a thousand.
    #[error("the envelope is compressed")]
    Compressed,
    /// An algorithm that DIDComm does not have, or not here.
    #[error("the algorithm {0} is not allowed here")]
    Algorithm(String),
    /// A recipient or signer is no DID URL of a key, or stands twice.
    #[error("a key's name in the envelope is malformed")]
    Kid,
    /// The recipients are keys of several DIDs.
    #[error("the envelope is for the keys of several DIDs")]
    Recipients,
    /// Layers in an order that DIDComm does not have, or too many.
    #[error("the layers of the envelope are not a legal combination")]
    Nesting,
}

/// Who pretended what.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Forged {
    /// Decryption failed. What exactly is told to nobody.
    #[error("the envelope does not decrypt")]
    Ciphertext,
    /// `apv` is not the hash of the recipients.
    #[error("the recipients are not those that were sealed")]
    Recipients,
    /// `apu` and `skid` name different senders.
    #[error("the envelope names two senders")]
    TwoSenders,
    /// The key that sealed or signed is not one that the sender's document lists for it.
    #[error("the key is not authorised by the sender's document")]
    Key,
    /// The signature does not verify.
    #[error("the signature does not verify")]
    Signature,
    /// `from` is missing, or not who sealed or signed (AC-1, AC-3, AC-5).
    #[error("the message is not from who sealed or signed it")]
    From,
    /// `to` does not name the DID of the key that opened it (AC-2).
    #[error("the message is addressed to somebody else")]
    To,
    /// Signed and encrypted, but without `to`: anybody could have passed it on (AC-4).
    #[error("the signed message does not say for whom it is")]
    Unaddressed,
    /// The inner layer is for another DID than the outer one (EN-21).
    #[error("the layers are for different DIDs")]
    Layers,
}
