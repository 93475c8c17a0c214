//! A DID URL: the name of a key or a service within a DID's document.
//!
//! Source: W3C DID core §3.2.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Did, DidError};

/// The longest path, query and fragment we read.
const MAX_REST: usize = 512;

/// A DID with a path, query or fragment; a `kid` is one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DidUrl {
    did: Did,
    text: Arc<str>,
}

impl DidUrl {
    /// Reads an absolute DID URL; a plain DID is one too.
    ///
    /// # Errors
    /// [`DidError`] if its DID does not parse or the rest holds what no URL holds.
    pub fn parse(text: &str) -> Result<Self, DidError> {
        let is_end = |b: u8| matches!(b, b'/' | b'?' | b'#');
        let end = text.bytes().position(is_end).unwrap_or(text.len());
        let (did, rest) = text.split_at(end);
        let is_plain = |b: u8| b.is_ascii_graphic() && !b"\"\\<>^`{|}".contains(&b);
        if rest.len() > MAX_REST {
            return Err(DidError::TooLong);
        }
        if !rest.bytes().all(is_plain) || rest.matches('#').count() > 1 {
            return Err(DidError::Syntax);
        }
        Ok(Self {
            did: Did::parse(did)?,
            text: text.into(),
        })
    }

    /// Reads a key's name: a DID URL with a fragment.
    ///
    /// # Errors
    /// [`DidError`] if it is no DID URL or names no key.
    pub fn parse_kid(text: &str) -> Result<Self, DidError> {
        let url = Self::parse(text)?;
        match url.fragment() {
            Some(fragment) if !fragment.is_empty() => Ok(url),
            Some(_) | None => Err(DidError::NoFragment),
        }
    }

    /// Reads a name as it stands in the document of `did`: absolute, `#relative`, or bare.
    ///
    /// # Errors
    /// [`DidError`] as of [`DidUrl::parse`].
    pub fn parse_in(text: &str, did: &Did) -> Result<Self, DidError> {
        if text.starts_with("did:") {
            Self::parse(text)
        } else if text.starts_with(['#', '/', '?']) {
            Self::parse(&format!("{did}{text}"))
        } else {
            Self::parse(&format!("{did}#{text}"))
        }
    }

    /// The DID before the path, query and fragment.
    pub fn did(&self) -> Did {
        self.did.clone()
    }

    /// What stands behind `#`.
    pub fn fragment(&self) -> Option<&str> {
        self.text.split_once('#').map(|(_, fragment)| fragment)
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether both name one thing, under the long or the short form of its DID.
    pub fn is_same_as(&self, other: &Self) -> bool {
        self == other || (self.rest() == other.rest() && self.did.is_same_as(&other.did))
    }

    /// The same name under another form of the DID.
    pub(crate) fn under(&self, did: &Did) -> Self {
        Self {
            did: did.clone(),
            text: format!("{did}{}", self.rest()).into(),
        }
    }

    /// A key's name that this crate just composed of valid parts.
    pub(super) fn composed(did: &Did, fragment: &str) -> Self {
        Self {
            did: did.clone(),
            text: format!("{did}#{fragment}").into(),
        }
    }

    pub(crate) fn subject(&self) -> &Did {
        &self.did
    }

    fn rest(&self) -> &str {
        self.text.get(self.did.as_str().len()..).unwrap_or("")
    }
}

impl fmt::Display for DidUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for DidUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}{}", self.did, self.rest())
    }
}

impl Serialize for DidUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for DidUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_a_document_becomes_absolute() {
        let did = Did::parse("did:example:alice").unwrap();
        for text in ["#key-1", "key-1", "did:example:alice#key-1"] {
            let url = DidUrl::parse_in(text, &did).unwrap();
            assert_eq!(url.as_str(), "did:example:alice#key-1");
            assert_eq!(url.fragment(), Some("key-1"));
            assert_eq!(url.did(), did);
        }
    }

    #[test]
    fn a_kid_needs_a_fragment_and_holds_nothing_that_json_would_escape() {
        assert_eq!(
            DidUrl::parse_kid("did:example:alice"),
            Err(DidError::NoFragment)
        );
        assert_eq!(
            DidUrl::parse_kid("did:example:alice#"),
            Err(DidError::NoFragment)
        );
        for text in [
            "did:example:a#\"",
            "did:example:a#\\",
            "did:example:a#b#c",
            "key-1",
        ] {
            assert_eq!(DidUrl::parse_kid(text), Err(DidError::Syntax), "{text}");
        }
    }
}
