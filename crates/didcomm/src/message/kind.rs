//! Message type URIs and when two of them mean the same.
//!
//! Source: DIDComm Messaging v2.1, "Message Type URI", "Semver Rules".

/// The parts of `doc-uri/protocol/major.minor/name`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MessageType<'a> {
    /// Where the protocol is described.
    pub doc_uri: &'a str,
    /// The protocol's name.
    pub protocol: &'a str,
    /// The major version: different ones do not understand each other.
    pub major: u32,
    /// The minor version: different ones do.
    pub minor: u32,
    /// The message's name.
    pub name: &'a str,
}

impl<'a> MessageType<'a> {
    /// Takes a message type URI apart; `None` if it is none.
    pub fn parse(uri: &'a str) -> Option<Self> {
        let (rest, name) = uri.rsplit_once('/')?;
        let (rest, version) = rest.rsplit_once('/')?;
        let (doc_uri, protocol) = rest.rsplit_once('/')?;
        // A patch number is not in the grammar, yet met.
        let mut numbers = version.splitn(3, '.');
        let major = numbers.next()?.parse().ok()?;
        let minor = numbers.next()?.parse().ok()?;
        if doc_uri.is_empty() || protocol.is_empty() || name.is_empty() {
            return None;
        }
        Some(Self {
            doc_uri,
            protocol,
            major,
            minor,
            name,
        })
    }

    /// Whether `other` names a compatible message: the same protocol and name, ignoring case
    /// and punctuation, in the same major version.
    pub fn is(&self, other: &str) -> bool {
        MessageType::parse(other)
            .is_some_and(|other| self.is_of(&other) && same_word(self.name, other.name))
    }

    /// Whether `other`, any message of a protocol, belongs to this one's protocol and major
    /// version.
    pub fn is_of(&self, other: &MessageType<'_>) -> bool {
        self.major == other.major
            && self.doc_uri.eq_ignore_ascii_case(other.doc_uri)
            && same_word(self.protocol, other.protocol)
    }
}

fn same_word(a: &str, b: &str) -> bool {
    let letters = |word: &'_ str| -> Vec<char> {
        word.chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect()
    };
    a == b || letters(a) == letters(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PING: &str = "https://didcomm.org/trust-ping/2.0/ping-response";

    #[test]
    fn case_punctuation_and_minor_version_do_not_matter() {
        for same in [
            PING,
            "https://didcomm.org/TrustPing/2.7/pingResponse",
            "https://didcomm.org/trust_ping/2.0/ping_response",
        ] {
            assert!(MessageType::parse(same).unwrap().is(PING), "{same}");
        }
    }

    #[test]
    fn another_major_version_name_or_authority_is_another_message() {
        for other in [
            "https://didcomm.org/trust-ping/3.0/ping-response",
            "https://didcomm.org/trust-ping/2.0/ping",
            "https://example.com/trust-ping/2.0/ping-response",
        ] {
            assert!(!MessageType::parse(other).unwrap().is(PING), "{other}");
        }
    }

    #[test]
    fn what_has_not_four_parts_is_no_message_type() {
        for none in [
            "",
            "ping",
            "2.0/ping",
            "trust-ping/2.0/ping",
            "https://x/p/two/ping",
        ] {
            assert_eq!(MessageType::parse(none), None, "{none}");
        }
    }
}
