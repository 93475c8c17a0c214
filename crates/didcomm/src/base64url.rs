//! base64url as JOSE wants it (strict, without padding) and as attachments come (any spelling).
//!
//! Source: RFC 7515 §2; DIDComm Messaging v2.1, "Attachments".

use base64::alphabet;
use base64::engine::{DecodePaddingMode, Engine, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

const ANY_PADDING: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, ANY_PADDING);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, ANY_PADDING);

/// Encodes without padding.
pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// Appends the encoding to `out`, so that big ciphertexts are copied once.
pub(crate) fn encode_onto(bytes: impl AsRef<[u8]>, out: &mut String) {
    BASE64_URL_SAFE_NO_PAD.encode_string(bytes, out);
}

/// Decodes exactly what [`encode`] writes; padding, other alphabets and stray bits are refused,
/// so that no two texts stand for the same bytes.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(text).ok()
}

/// Decodes either alphabet, padded or not, with whitespace of line breaks left out.
pub(crate) fn decode_tolerant(text: &str) -> Option<Vec<u8>> {
    let compact: String;
    let text = if text.contains(|c: char| c.is_ascii_whitespace()) {
        compact = text.split_ascii_whitespace().collect();
        &compact
    } else {
        text
    };
    URL_SAFE
        .decode(text)
        .or_else(|_| STANDARD.decode(text))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strict_reading_has_one_spelling() {
        assert_eq!(decode("_-8").as_deref(), Some(&[0xff, 0xef][..]));
        assert_eq!(decode("_-8="), None, "padding");
        assert_eq!(decode("/+8"), None, "the other alphabet");
        assert_eq!(decode("_-9"), None, "stray bits");
    }

    #[test]
    fn an_attachment_reads_the_same_in_every_spelling() {
        for text in ["_-8", "_-8=", "/+8=", "/+8", "_-\n8"] {
            assert_eq!(decode_tolerant(text).as_deref(), Some(&[0xff, 0xef][..]));
        }
        assert_eq!(decode_tolerant("not base64!"), None);
    }
}
