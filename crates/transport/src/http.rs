//! Envelopes over HTTP, as DIDComm Messaging v2.1 has it ("Transports", "HTTPS"): a POST whose
//! content type is the envelope's, answered by a status and nothing else. And the documents that a
//! person asks for.

pub(crate) mod document;
pub(crate) mod inbound;
pub(crate) mod live;
pub(crate) mod outbound;

use std::net::SocketAddr;

pub use document::{FetchError, Found};

/// The media type of what we send.
pub(crate) const ENCRYPTED: &str = "application/didcomm-encrypted+json";

/// The media types of envelopes.
const MEDIA_TYPES: [&str; 3] = [
    ENCRYPTED,
    "application/didcomm-signed+json",
    "application/didcomm-plain+json",
];

/// An HTTP endpoint of our own.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen. Port 0 takes any.
    pub listen: SocketAddr,
    /// How others reach it. Set if a proxy with a name and a certificate stands before it.
    pub public_url: Option<String>,
}

/// Whether a content type, parameters and all, is that of an envelope.
pub(crate) fn is_envelope(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    MEDIA_TYPES
        .iter()
        .any(|known| essence.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_of_envelopes_are_known_with_their_parameters() {
        assert!(is_envelope("application/didcomm-encrypted+json"));
        assert!(is_envelope(
            "Application/DIDComm-Signed+JSON; charset=utf-8"
        ));
        assert!(!is_envelope("application/json"));
        assert!(!is_envelope("application/didcomm-encrypted+json2"));
        assert!(!is_envelope(""));
    }
}
