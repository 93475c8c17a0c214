//! base64url as JOSE wants it (strict, without padding) and as attachments come (any spelling).
//!
//! Source: RFC 7515 §2; DIDComm Messaging v2.1, "Attachments".

use std::sync::LazyLock;

use base64::alphabet;
use base64::engine::general_purpose::NO_PAD;
use base64::engine::{DecodePaddingMode, Engine, GeneralPurpose, GeneralPurposeConfig};

/// The strict engine. A large envelope is mostly base64, so it is worth the vector instructions
/// of the processor that runs it.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
static STRICT: LazyLock<base64::engine::simd::Simd> =
    LazyLock::new(|| base64::engine::simd::Simd::url_safe(NO_PAD));
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
static STRICT: LazyLock<GeneralPurpose> =
    LazyLock::new(|| GeneralPurpose::new(&alphabet::URL_SAFE, NO_PAD));

const ANY_PADDING: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, ANY_PADDING);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, ANY_PADDING);

/// Encodes without padding.
pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    STRICT.encode(bytes)
}

/// Appends the encoding to `out`, where a big ciphertext is written once.
pub(crate) fn encode_onto(bytes: impl AsRef<[u8]>, out: &mut Vec<u8>) {
    let bytes = bytes.as_ref();
    let start = out.len();
    out.resize(start + (bytes.len() * 4).div_ceil(3), 0);
    let room = out.get_mut(start..).unwrap_or_default();
    #[expect(clippy::expect_used, reason = "three bytes become four letters")]
    STRICT.encode_slice(bytes, room).expect("room for the text");
}

/// Decodes exactly what [`encode`] writes; padding, other alphabets and stray bits are refused,
/// so that no two texts stand for the same bytes.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    decode_letters(text.as_bytes())
}

/// [`decode`] of what nobody has yet found to be a text.
pub(crate) fn decode_letters(letters: &[u8]) -> Option<Vec<u8>> {
    STRICT.decode(letters).ok()
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
    fn long_texts_are_as_strict_as_short_ones() {
        for length in [0, 1, 2, 3, 63, 64, 127, 128, 129, 1000] {
            let bytes: Vec<u8> = (0..length).map(|i: u32| (i * 37 % 256) as u8).collect();
            let text = encode(&bytes);
            let mut appended = b"x".to_vec();
            encode_onto(&bytes, &mut appended);

            assert_eq!(appended, format!("x{text}").into_bytes());
            assert_eq!(decode(&text), Some(bytes));
            for wrong in ["=", "+", "/", " ", "\n", "é"] {
                for place in [0, text.len() / 2, text.len()] {
                    let mut spoilt = text.clone();
                    spoilt.insert_str(place, wrong);
                    assert_eq!(decode(&spoilt), None, "{wrong:?} at {place} of {length}");
                }
            }
        }
    }

    #[test]
    fn an_attachment_reads_the_same_in_every_spelling() {
        for text in ["_-8", "_-8=", "/+8=", "/+8", "_-\n8"] {
            assert_eq!(decode_tolerant(text).as_deref(), Some(&[0xff, 0xef][..]));
        }
        assert_eq!(decode_tolerant("not base64!"), None);
    }
}
