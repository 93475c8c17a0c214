//! DIDComm v2.1: DIDs and documents, messages, envelopes, rotation proofs.
//!
//! Bytes of a stranger enter through [`unpack`], the one gate: it hands out a [`Message`] only
//! if nesting, addressing, key authorisation, rotation proof, expiry and limits all hold.
//! Ours leave through [`authcrypt`], [`anoncrypt`], [`authcrypt_hidden`], [`sign`] and
//! [`sign_and_anoncrypt`], one envelope each, or by [`pack_all`] in one for each recipient and each
//! curve. Nothing here knows a clock, a network or an ambient source of randomness: `now` and `rng`
//! are arguments, so a seed replays exactly, and a document that must be fetched is asked for and
//! handed in ([`web`]).
//!
//! Source: DIDComm Messaging v2.1; did:peer, did:key, did:web and did:keri method specifications.

mod base64url;
pub mod did;
pub mod document;
pub mod envelope;
pub mod from_prior;
mod json;
pub mod key;
pub mod message;
mod multibase;
pub mod protocols;

pub use did::{CreateError, Did, DidError, DidUrl, Method, Purpose, peer2, peer4, web};
pub use document::{Document, Endpoint, ResolveError, Service, VerificationMethod};
pub use envelope::{
    ContentCipher, Forged, MAX_ENVELOPE, Malformed, Opening, PackError, Packing, Proof, Sealed,
    UnpackError, Unpacked, anoncrypt, authcrypt, authcrypt_hidden, pack_all, sign,
    sign_and_anoncrypt, unpack,
};
pub use from_prior::{FromPrior, FromPriorError};
pub use key::{Curve, Pair, PublicKey, SecretKey, SecretKeys};
pub use message::{Attachment, AttachmentData, Message, MessageError, MessageType};
pub use protocols::{
    basicmessage, coordinate_mediation, discover_features, empty, media_sharing, message_pickup,
    out_of_band, reactions, receipts, report_problem, return_route, routing, shorten_url,
    trust_ping, user_profile, v1,
};

/// The README's example compiles and holds.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
