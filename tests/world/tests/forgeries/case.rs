//! One forgery: by whom, what it is refused with, and what that may cost.

use serde_json::Value;
use signet_didcomm::{Forged, FromPriorError, Malformed, MessageError, UnpackError};
use signet_protocol::Rejected;
use stats_alloc::Stats;

/// Bytes that refusing a small envelope may allocate in all, for each byte of it: JSON objects of one
/// member are the worst, and a small message may consist of them.
const FOR_EACH_BYTE: usize = 80;
/// The same for a large one, which may consist of a list of digits, besides as many objects as the
/// small one.
const FOR_EACH_OF_MANY: usize = 20;
const OBJECTS: usize = 8 << 20;
/// What it may allocate besides: keys, a document, the machine's own turn.
const BESIDES: usize = 64 << 10;
/// Allocations besides one for every third byte, which bounds the work that makes them.
const ALLOCATIONS: usize = 2_000;

/// Who forges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attacker {
    /// Knows a DID of ours, and none of us knows theirs.
    Stranger,
    /// A contact, with all keys of a contact.
    Contact,
    /// Was a contact.
    Former,
    /// Holds the keys of a DID that a contact left.
    Thief,
    /// Overheard envelopes.
    Replayer,
    /// Carries a contact's envelope and changes it.
    Carrier,
}

impl Attacker {
    pub const ALL: [Self; 6] = [
        Self::Stranger,
        Self::Contact,
        Self::Former,
        Self::Thief,
        Self::Replayer,
        Self::Carrier,
    ];

    /// One forgery of theirs, and what it is refused with.
    pub fn case(self, name: impl Into<String>, envelope: impl Bytes, error: Rejected) -> Case {
        Case {
            name: name.into(),
            by: self,
            envelope: envelope.bytes(),
            error,
        }
    }
}

/// One forgery.
pub struct Case {
    pub name: String,
    pub by: Attacker,
    pub envelope: Vec<u8>,
    pub error: Rejected,
}

/// What can be handed in.
pub trait Bytes {
    fn bytes(self) -> Vec<u8>;
}

impl Bytes for Value {
    fn bytes(self) -> Vec<u8> {
        self.to_string().into_bytes()
    }
}

impl Bytes for Vec<u8> {
    fn bytes(self) -> Vec<u8> {
        self
    }
}

impl Bytes for &[u8] {
    fn bytes(self) -> Vec<u8> {
        self.to_owned()
    }
}

impl Bytes for String {
    fn bytes(self) -> Vec<u8> {
        self.into_bytes()
    }
}

pub fn malformed(error: Malformed) -> Rejected {
    Rejected::Envelope(UnpackError::Malformed(error))
}

pub fn message(error: MessageError) -> Rejected {
    malformed(Malformed::Message(error))
}

pub fn forged(error: Forged) -> Rejected {
    Rejected::Envelope(UnpackError::Forged(error))
}

pub fn prior(error: FromPriorError) -> Rejected {
    Rejected::Envelope(UnpackError::FromPrior(error))
}

/// Where the parser stopped is its own matter.
pub fn is_same(found: &Rejected, expected: &Rejected) -> bool {
    let json = |error: &Rejected| match error {
        Rejected::Envelope(UnpackError::Malformed(Malformed::Message(MessageError::Json(
            text,
        )))) => Some(text.clone()),
        _ => None,
    };
    match (json(found), json(expected)) {
        (Some(found), Some(expected)) => found.starts_with(&expected),
        _ => found == expected,
    }
}

/// Refusing `length` bytes used no more than it may.
pub fn assert_cheap(name: &str, used: Stats, length: usize) {
    let (bytes, times) = (used.bytes_allocated, used.allocations);
    let most = (FOR_EACH_BYTE * length).min(FOR_EACH_OF_MANY * length + OBJECTS);
    assert!(
        bytes <= most + BESIDES && times <= length / 3 + ALLOCATIONS,
        "{name}: {bytes} bytes in {times} pieces for {length}"
    );
}
