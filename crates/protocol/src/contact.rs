//! A contact: one relationship, with my DID in it and theirs.

use std::fmt;

use serde::{Deserialize, Serialize};
use signet_didcomm::did::Did;

use crate::time::Timestamp;

/// Names one contact in this profile and nowhere else: 16 random bytes, written as 32 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContactId(pub [u8; 16]);

impl ContactId {
    /// Reads 32 hex digits; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 32 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let mut bytes = [0; 16];
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * i..2 * i + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for ContactId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = [0; 32];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(self.0) {
            let digit = |nibble: u8| char::from_digit(nibble.into(), 16).map_or(0, |c| c as u8);
            pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
        }
        f.write_str(std::str::from_utf8(&digits).unwrap_or_default())
    }
}

impl fmt::Debug for ContactId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for ContactId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ContactId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a contact id"))
    }
}

/// Where a relationship stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContactState {
    /// Somebody answered a reusable invitation and waits for our acceptance.
    Requested,
    /// We answered an invitation and heard nothing yet; one may write.
    Answering,
    /// Both have heard from each other.
    Connected,
    /// Their software ignores our rotation; we write from the DID they know.
    NotFollowing,
    /// Two successors of one DID exist; nothing is sent until the person decides.
    Disputed,
    /// Over; [`Contact::ended`] says why.
    Ended,
    /// The person blocked this contact.
    Blocked,
}

/// Why a relationship ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndReason {
    /// They ended it, proved by their DID.
    ByThem,
    /// We ended it.
    ByUs,
    /// The inviter says that the invitation was used by somebody else.
    InvitationUsed,
    /// The inviter says that the invitation has expired.
    InvitationExpired,
    /// The inviter says that the invitation was taken back.
    InvitationRevoked,
    /// The inviter refused our request.
    Refused,
}

/// A DID left behind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retired {
    /// The DID, long form where there is one.
    pub did: Did,
    /// When it was left.
    pub since: Timestamp,
}

/// How far a move of ours to another DID has come. At most one is unconfirmed at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rotation {
    /// The contact writes to our current DID.
    Settled,
    /// Every message carries `from_prior` until the contact writes to the current DID.
    Announcing {
        /// The DID that the contact knows; it still receives.
        prior: Did,
        /// The signed proof, the same in every message.
        from_prior: String,
        /// When the move was made.
        since: Timestamp,
    },
}

/// What the contact told of its addresses in an `addresses` message; outranks its DID document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addresses {
    /// Counted up by the contact; the newest wins.
    pub revision: u64,
    /// Multiaddresses of its libp2p endpoint.
    pub multi_addrs: Vec<String>,
}

/// One relationship.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Its id in this profile.
    pub id: ContactId,
    /// When it began.
    pub created: Timestamp,
    /// Where it stands.
    pub state: ContactState,
    /// Set once the state is [`ContactState::Ended`].
    pub ended: Option<EndReason>,
    /// The name they chose, as their latest profile says; empty until it arrived.
    pub told_name: String,
    /// The name the person gave them; outranks `told_name`.
    pub name: Option<String>,
    /// The person's private note from the invitation.
    pub note: Option<String>,
    /// No notifications for this contact.
    pub muted: bool,
    /// The contact's DID, long form where we have seen it.
    pub their_did: Did,
    /// The contact's earlier DIDs, newest last; messages from them are refused.
    pub their_retired: Vec<Retired>,
    /// Our DID for this contact, long form.
    pub my_did: Did,
    /// The contact has written to `my_did`, so it has seen the long form.
    pub my_did_known: bool,
    /// Our earlier DIDs for this contact that still receive late mail.
    pub my_retired: Vec<Retired>,
    /// Whether a move to `my_did` is still unconfirmed.
    pub rotation: Rotation,
    /// The person wants another DID once the present move is confirmed.
    pub wants_rotation: bool,
    /// Nothing goes straight to them, and our DID for them names mediators only: they learn no address
    /// of ours.
    #[serde(default)]
    pub mediated_only: bool,
    /// The contact's addresses, when it told newer ones than its DID holds.
    pub addresses: Option<Addresses>,
    /// The out-of-band invitation it came by.
    pub invitation: String,
    /// The invitation was ours.
    pub invited_by_us: bool,
    /// It has shown that it runs Signet: our goal code, or a message of our own types.
    pub is_signet: bool,
    /// It has shown that it reads did:peer:4.
    pub reads_peer4: bool,
    /// It uses short forms itself.
    pub uses_short: bool,
    /// Id of the profile message that asked for ours, to be answered with `pthid`.
    pub profile_asked_by: Option<String>,
    /// The revision of our profile they were told.
    pub told_profile: u64,
    /// The revision of our addresses they were told.
    pub told_addresses: u64,
}

impl Contact {
    /// What a screen calls them: the person's name for them, else the name they chose.
    #[must_use]
    pub fn shown_name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.told_name)
    }

    /// A move of ours is unconfirmed, or wished for.
    #[must_use]
    pub fn is_rotating(&self) -> bool {
        self.wants_rotation || self.rotation != Rotation::Settled
    }

    /// A wish for another DID can be granted as soon as there is one.
    #[must_use]
    pub(crate) fn waits_to_move(&self) -> bool {
        self.wants_rotation
            && self.rotation == Rotation::Settled
            && self.state == ContactState::Connected
    }

    /// What a DID of ours for them must be like.
    pub(crate) fn need(&self) -> Need {
        Need {
            reads_peer4: self.reads_peer4,
            mediated_only: self.mediated_only,
        }
    }

    /// It may learn where we are: the relationship stands, and the person does not hide from it.
    #[must_use]
    pub fn may_learn_addresses(&self) -> bool {
        match self.state {
            ContactState::Connected | ContactState::Answering | ContactState::NotFollowing => {
                !self.mediated_only
            }
            ContactState::Requested
            | ContactState::Disputed
            | ContactState::Ended
            | ContactState::Blocked => false,
        }
    }

    /// One may write: the relationship stands, even if unanswered yet.
    #[must_use]
    pub fn may_write(&self) -> bool {
        match self.state {
            ContactState::Answering
            | ContactState::Connected
            | ContactState::NotFollowing
            | ContactState::Disputed => true,
            ContactState::Requested | ContactState::Ended | ContactState::Blocked => false,
        }
    }
}

/// What a DID of ours for a contact must be like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Need {
    /// A did:peer:4 rather than a did:peer:2.
    pub(crate) reads_peer4: bool,
    /// Without our own addresses.
    pub(crate) mediated_only: bool,
}

impl Need {
    /// All there are.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let kinds = [(true, false), (false, false), (true, true), (false, true)];
        kinds.into_iter().map(|(reads_peer4, mediated_only)| Self {
            reads_peer4,
            mediated_only,
        })
    }
}

/// The counters of one relationship, kept apart from [`Contact`] because every message moves them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Sequence number of the newest entry of the conversation; 0 when empty.
    pub last_seq: u64,
    /// The highest `sender_order` we have given out.
    pub last_order: u64,
    /// The highest `sender_order` of theirs that has its place.
    pub placed_order: u64,
    /// Ids of committed messages whose acknowledgement no hop has taken yet, oldest first.
    pub acks_owed: Vec<String>,
    /// The contact has acknowledged something at some time.
    pub ever_acked: bool,
    /// Entries up to this sequence number have been read by the person.
    pub read_up_to: u64,
    /// When a message of theirs was last accepted.
    pub last_heard: Timestamp,
}
