//! DIDs and DID URLs, and the methods we read.
//!
//! One file a method; [`Method`] dispatches, so another method is one file and one arm. A
//! long-form did:peer:4 is checked against its hash when it is parsed, so its two forms can
//! be compared without looking at the document again.
//!
//! Source: W3C DID core §3; did:peer, did:key, did:web and did:keri method specifications.

mod fresh;
pub(crate) mod keri;
pub(crate) mod key;
pub mod peer2;
pub mod peer4;
mod url;
pub mod web;

use std::fmt;
use std::sync::Arc;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use fresh::{CreateError, Purpose};
pub use url::DidUrl;

/// The longest DID we read. Ours have some 700 characters; base58 is quadratic to decode.
pub const MAX_DID: usize = 4096;

/// Why a text is not a DID or not a DID URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DidError {
    /// It does not follow the grammar.
    #[error("not a decentralized identifier")]
    Syntax,
    /// It has more than [`MAX_DID`] characters.
    #[error("the decentralized identifier is too long")]
    TooLong,
    /// It has a path, a query or a fragment where only a DID may stand.
    #[error("a DID URL stands where only a DID may")]
    HasFragment,
    /// A DID URL that should name a key names none.
    #[error("the DID URL names no key")]
    NoFragment,
    /// A long did:peer:4 whose hash is not that of its document.
    #[error("the did:peer:4 does not match its own hash")]
    Hash,
}

/// How a DID is resolved.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Method {
    /// did:key
    Key,
    /// did:peer with one inception key
    Peer0,
    /// did:peer with keys and services in the text
    Peer2,
    /// did:peer with the document in the text
    Peer4Long,
    /// the hash of a [`Method::Peer4Long`]
    Peer4Short,
    /// did:web: the document is fetched
    Web,
    /// did:keri: an identifier that is its own key
    Keri,
    /// one we do not resolve
    Other,
}

/// Letters of a DID's method-specific id. A table, because ours have many hundred letters and each
/// message names several.
const ID: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128_u8 {
        // `=` is not in the grammar, but did:peer:2 of older makes pad their services with it.
        table[byte as usize] =
            byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'%' | b'=');
        byte += 1;
    }
    table
};

fn is_id(byte: u8) -> bool {
    ID.get(usize::from(byte)).copied().unwrap_or(false)
}

/// A decentralized identifier, without path, query or fragment.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Did(Arc<str>);

impl Did {
    /// Reads a DID.
    ///
    /// # Errors
    /// [`DidError`] if it is none, is too long, or is a long did:peer:4 with a foreign hash.
    pub fn parse(text: &str) -> Result<Self, DidError> {
        if text.len() > MAX_DID {
            return Err(DidError::TooLong);
        }
        let (method, id) = text
            .strip_prefix("did:")
            .and_then(|rest| rest.split_once(':'))
            .ok_or(DidError::Syntax)?;
        let is_method = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        if !id.bytes().all(is_id) {
            let has_more = id.contains(['/', '?', '#']);
            return Err(if has_more {
                DidError::HasFragment
            } else {
                DidError::Syntax
            });
        }
        if method.is_empty() || id.is_empty() || id.ends_with(':') || !method.bytes().all(is_method)
        {
            return Err(DidError::Syntax);
        }
        let did = Self(text.into());
        if did.method() == Method::Peer4Long && !peer4::is_consistent(text) {
            return Err(DidError::Hash);
        }
        Ok(did)
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How the DID is resolved.
    pub fn method(&self) -> Method {
        let text = self.as_str();
        if text.starts_with("did:key:") {
            Method::Key
        } else if text.starts_with("did:web:") {
            Method::Web
        } else if text.starts_with("did:keri:") {
            Method::Keri
        } else if text.starts_with("did:peer:0z") {
            Method::Peer0
        } else if text.starts_with("did:peer:2.") {
            Method::Peer2
        } else if let Some(id) = text.strip_prefix("did:peer:4") {
            match id.contains(':') {
                true => Method::Peer4Long,
                false => Method::Peer4Short,
            }
        } else {
            Method::Other
        }
    }

    /// The short form of a long did:peer:4; any other DID itself.
    pub fn short(&self) -> Self {
        match self.method() {
            Method::Peer4Long => Self(self.short_str().into()),
            Method::Key
            | Method::Peer0
            | Method::Peer2
            | Method::Peer4Short
            | Method::Web
            | Method::Keri
            | Method::Other => self.clone(),
        }
    }

    /// Whether both name one subject: equal, or the long and the short form of one did:peer:4.
    pub fn is_same_as(&self, other: &Self) -> bool {
        self == other || self.short_str() == other.short_str()
    }

    fn short_str(&self) -> &str {
        match self.method() {
            Method::Peer4Long => self.0.rsplit_once(':').map_or(&*self.0, |(short, _)| short),
            Method::Key
            | Method::Peer0
            | Method::Peer2
            | Method::Peer4Short
            | Method::Web
            | Method::Keri
            | Method::Other => &self.0,
        }
    }

    /// A DID that this crate just composed of valid parts.
    fn composed(text: String) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Did {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Did {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.get(..32) {
            Some(start) => write!(f, "{start}…"),
            None => f.write_str(&self.0),
        }
    }
}

impl std::str::FromStr for Did {
    type Err = DidError;

    fn from_str(text: &str) -> Result<Self, DidError> {
        Self::parse(text)
    }
}

impl Serialize for Did {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Did {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_did_is_told_from_a_did_url_and_from_nonsense() {
        assert!(Did::parse("did:example:alice").is_ok());
        assert!(Did::parse("did:web:example.com%3A8443:people:alice").is_ok());
        for text in [
            "did:example:alice#key-1",
            "did:example:alice?v=1",
            "did:example:a/b",
        ] {
            assert_eq!(Did::parse(text), Err(DidError::HasFragment), "{text}");
        }
        for text in [
            "",
            "did:",
            "did:example",
            "did:example:",
            "DID:PEER:2.x",
            "did:Example:a",
            "did:example:a\"b",
            "did:example:a b",
            "did:example:ä",
            "https://example.com",
        ] {
            assert_eq!(Did::parse(text), Err(DidError::Syntax), "{text}");
        }
        let long = format!("did:example:{}", "a".repeat(MAX_DID));
        assert_eq!(Did::parse(&long), Err(DidError::TooLong));
    }

    #[test]
    fn the_method_is_read_from_the_text() {
        let method = |text: &str| Did::parse(text).unwrap().method();
        assert_eq!(method("did:key:z6Mk"), Method::Key);
        assert_eq!(method("did:peer:0z6Mk"), Method::Peer0);
        assert_eq!(method("did:peer:2.Vz6Mk"), Method::Peer2);
        assert_eq!(method("did:peer:4zQm"), Method::Peer4Short);
        assert_eq!(method("did:web:example.com"), Method::Web);
        assert_eq!(method("did:keri:BGlO"), Method::Keri);
        assert_eq!(method("did:peer:1zQm"), Method::Other);
    }

    #[test]
    fn debug_is_short_and_display_is_whole() {
        let did = Did::parse(&format!("did:example:{}", "a".repeat(100))).unwrap();

        assert!(format!("{did:?}").chars().count() < 40);
        assert_eq!(did.to_string().len(), 112);
    }
}
