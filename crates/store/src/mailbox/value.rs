//! The values of the index: whole numbers one behind the other.

use signet_didcomm::did::Did;
use signet_protocol::{mediator::Room, time::Timestamp};

use crate::sealed::{NAME, Name};

/// A value of fixed length, as numbers of 64 bits.
pub(super) trait Value: Sized {
    fn to_numbers(&self) -> Vec<u64>;
    fn from_numbers(numbers: &[u64]) -> Option<Self>;

    fn to_bytes(&self) -> Vec<u8> {
        let numbers = self.to_numbers();
        numbers.iter().flat_map(|n| n.to_le_bytes()).collect()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (chunks, rest) = bytes.as_chunks();
        let numbers: Vec<u64> = chunks.iter().map(|c| u64::from_le_bytes(*c)).collect();
        rest.is_empty()
            .then(|| Self::from_numbers(&numbers))
            .flatten()
    }
}

impl Value for u64 {
    fn to_numbers(&self) -> Vec<u64> {
        vec![*self]
    }

    fn from_numbers(numbers: &[u64]) -> Option<Self> {
        match numbers {
            [number] => Some(*number),
            _ => None,
        }
    }
}

/// How much of something there is.
impl Value for Room {
    fn to_numbers(&self) -> Vec<u64> {
        vec![self.messages, self.bytes]
    }

    fn from_numbers(numbers: &[u64]) -> Option<Self> {
        match *numbers {
            [messages, bytes] => Some(Self { messages, bytes }),
            _ => None,
        }
    }
}

/// What an account uses.
#[derive(Clone, Copy, Default)]
pub(super) struct Usage {
    pub(super) room: Room,
    pub(super) recipients: u64,
}

impl Value for Usage {
    fn to_numbers(&self) -> Vec<u64> {
        vec![self.room.messages, self.room.bytes, self.recipients]
    }

    fn from_numbers(numbers: &[u64]) -> Option<Self> {
        match *numbers {
            [messages, bytes, recipients] => Some(Self {
                room: Room { messages, bytes },
                recipients,
            }),
            _ => None,
        }
    }
}

/// The sums over all, and the numbers last given.
#[derive(Clone, Copy, Default)]
pub(super) struct Totals {
    pub(super) accounts: u64,
    pub(super) room: Room,
    pub(super) last_account: u64,
    pub(super) last_mail: u64,
}

impl Value for Totals {
    fn to_numbers(&self) -> Vec<u64> {
        let Room { messages, bytes } = self.room;
        vec![
            self.accounts,
            messages,
            bytes,
            self.last_account,
            self.last_mail,
        ]
    }

    fn from_numbers(numbers: &[u64]) -> Option<Self> {
        match *numbers {
            [accounts, messages, bytes, last_account, last_mail] => Some(Self {
                accounts,
                room: Room { messages, bytes },
                last_account,
                last_mail,
            }),
            _ => None,
        }
    }
}

/// Where a record lies in the log, and how many bytes it takes there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) segment: u32,
    pub(super) offset: u64,
    pub(super) size: u64,
}

impl Value for Spot {
    fn to_numbers(&self) -> Vec<u64> {
        vec![self.segment.into(), self.offset, self.size]
    }

    fn from_numbers(numbers: &[u64]) -> Option<Self> {
        match *numbers {
            [segment, offset, size] => Some(Self {
                segment: segment.try_into().ok()?,
                offset,
                size,
            }),
            _ => None,
        }
    }
}

/// An envelope that waits.
#[derive(Clone, Copy)]
pub(super) struct Held {
    pub(super) spot: Spot,
    /// Bytes of the envelope.
    pub(super) bytes: u64,
    pub(super) recipient: Name,
    pub(super) received: Timestamp,
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
}

impl Value for Held {
    fn to_numbers(&self) -> Vec<u64> {
        let (name, _) = self.recipient.as_chunks();
        let mut numbers = self.spot.to_numbers();
        numbers.extend([self.bytes, self.received.0, self.from.0, self.until.0]);
        numbers.extend(name.iter().map(|chunk| u64::from_le_bytes(*chunk)));
        numbers
    }

    fn from_numbers(numbers: &[u64]) -> Option<Self> {
        let [segment, offset, size, bytes, received, from, until, a, b] = *numbers else {
            return None;
        };
        let mut recipient = [0; NAME];
        let (first, second) = recipient.split_at_mut(NAME / 2);
        first.copy_from_slice(&a.to_le_bytes());
        second.copy_from_slice(&b.to_le_bytes());
        Some(Self {
            spot: Spot::from_numbers(&[segment, offset, size])?,
            bytes,
            recipient,
            received: Timestamp(received),
            from: Timestamp(from),
            until: Timestamp(until),
        })
    }
}

/// A DID that has a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Numbered {
    pub(super) number: u64,
    pub(super) did: Did,
}

impl Numbered {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.number.to_le_bytes().to_vec();
        bytes.extend_from_slice(self.did.as_str().as_bytes());
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (number, did) = bytes.split_first_chunk()?;
        Some(Self {
            number: u64::from_le_bytes(*number),
            did: Did::parse(std::str::from_utf8(did).ok()?).ok()?,
        })
    }
}
