//! Keys and hashes as text: multicodec behind multibase base58btc (`z…`).
//!
//! Source: did:key, "The did:key Format"; multicodec table.

use crate::key::{Curve, PublicKey};

/// A P-521 key needs 69 bytes, 95 characters; anything far above is not a key.
const MAX_KEY_TEXT: usize = 160;

/// `z` and base58btc of `prefix` followed by `bytes`.
pub(crate) fn encode(prefix: &[u8], bytes: &[u8]) -> String {
    let mut all = Vec::with_capacity(prefix.len() + bytes.len());
    all.extend_from_slice(prefix);
    all.extend_from_slice(bytes);
    format!("z{}", bs58::encode(all).into_string())
}

/// The bytes of a base58btc multibase text.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    bs58::decode(text.strip_prefix('z')?).into_vec().ok()
}

/// A public key as did:key, did:peer and Multikey write it.
pub(crate) fn encode_key(key: &PublicKey) -> String {
    encode(&key.curve().codec(), &key.to_bytes())
}

/// Reads a public key, checking codec and length.
pub(crate) fn decode_key(text: &str) -> Option<PublicKey> {
    if text.len() > MAX_KEY_TEXT {
        return None;
    }
    key_behind_codec(&decode(text)?)
}

/// A public key from its codec and the key itself.
pub(crate) fn key_behind_codec(bytes: &[u8]) -> Option<PublicKey> {
    let (codec, raw) = bytes.split_at_checked(2)?;
    let curve = Curve::ALL
        .into_iter()
        .find(|curve| curve.codec() == *codec)?;
    PublicKey::new(curve, raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// did:key, "The did:key Format" and its test vectors, one key a curve.
    #[test]
    fn a_key_of_the_wrong_length_or_codec_is_none() {
        assert!(decode_key(&encode(&Curve::Ed25519.codec(), &[1; 31])).is_none());
        assert!(decode_key(&encode(&[0x12, 0x20], &[1; 32])).is_none());
        assert!(decode_key("6MkhaXg").is_none(), "not multibase");
        assert!(decode_key(&format!("z{}", "1".repeat(5000))).is_none());
    }
}
