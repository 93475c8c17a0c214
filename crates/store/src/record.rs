//! A record: one change in the form in which it lies on disk, in the journal and in the view.
//!
//! CBOR with the names of the fields, so that a later version can add to it. It is the change itself,
//! save for an identity, whose secret keys are sealed under their epoch.

use std::borrow::Cow;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_bytes::{ByteBuf, Bytes};
use signet_didcomm::did::Did;
use signet_protocol::{
    change::Change,
    identity::{Identity, Purpose},
    time::Timestamp,
};

/// One thing that was committed.
#[derive(Serialize, Deserialize)]
pub(crate) enum Record<'a> {
    /// Any change but [`Change::Identity`].
    Change(Cow<'a, Change>),
    /// [`Change::Identity`].
    Identity(SealedIdentity),
    /// A setting of the node.
    Setting {
        key: Cow<'a, str>,
        value: Cow<'a, Bytes>,
    },
}

impl Record<'_> {
    pub(crate) fn is_entry(&self) -> bool {
        match self {
            Self::Change(change) => matches!(**change, Change::Entry(_)),
            Self::Identity(_) | Self::Setting { .. } => false,
        }
    }
}

/// An identity whose secret keys only its epoch key opens.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SealedIdentity {
    pub(crate) did: Did,
    pub(crate) purpose: Purpose,
    pub(crate) created: Timestamp,
    /// The number of the key that seals `keys`.
    pub(crate) epoch: u64,
    pub(crate) keys: ByteBuf,
    #[serde(default)]
    pub(crate) via: Vec<Did>,
}

impl SealedIdentity {
    /// Everything but the keys, which only [`crate::epochs::Epochs`] can add.
    pub(crate) fn open(self, keys: signet_didcomm::key::SecretKeys) -> Identity {
        Identity {
            did: self.did,
            keys,
            purpose: self.purpose,
            created: self.created,
            via: self.via,
        }
    }
}

/// The CBOR of a value of ours.
#[expect(
    clippy::expect_used,
    reason = "memory takes every byte, and our types have a CBOR form"
)]
pub(crate) fn encode(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1024);
    ciborium::into_writer(value, &mut bytes).expect("our types have a CBOR form");
    bytes
}

/// Reads CBOR of ours; `None` if it is not.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    ciborium::from_reader(bytes).ok()
}
