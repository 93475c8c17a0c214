//! The key-encryption key: Concat KDF over what two parties agreed on.
//!
//! Source: draft-madden-jose-ecdh-1pu-04 §2.3; RFC 7518 §4.6.2; NIST SP 800-56A §5.8.1.

use aws_lc_rs::digest::{Context, SHA256};
use zeroize::Zeroizing;

/// A key-encryption key of 256 bits.
pub(super) type Kek = Zeroizing<[u8; 32]>;

/// What enters the derivation besides the shared secrets, all as decoded bytes.
pub(super) struct Party<'a> {
    pub(super) alg: &'a str,
    pub(super) apu: &'a [u8],
    pub(super) apv: &'a [u8],
    /// The content's tag: only ECDH-1PU binds it. The DIDComm text says the same of ECDH-ES, but
    /// every published ECDH-ES vector opens only without it.
    pub(super) tag: Option<&'a [u8]>,
}

/// Derives the key from `z`, the shared secrets in their order.
pub(super) fn derive(z: &[&[u8]], party: &Party<'_>) -> Kek {
    concat(z, party)
}

/// One round of the hash, so at most 32 bytes. DIDComm asks for as many; the example of the draft
/// for 16.
pub(super) fn concat<const BYTES: usize>(z: &[&[u8]], party: &Party<'_>) -> Zeroizing<[u8; BYTES]> {
    let bits = const {
        assert!(BYTES <= 32);
        8 * BYTES as u32
    };

    let mut hash = Context::new(&SHA256);
    hash.update(&1_u32.to_be_bytes());
    for secret in z {
        hash.update(secret);
    }
    for field in [party.alg.as_bytes(), party.apu, party.apv] {
        update_with_length(&mut hash, field);
    }
    hash.update(&bits.to_be_bytes());
    if let Some(tag) = party.tag {
        update_with_length(&mut hash, tag);
    }

    let mut key = Zeroizing::new([0; BYTES]);
    for (byte, digested) in key.iter_mut().zip(hash.finish().as_ref()) {
        *byte = *digested;
    }
    key
}

fn update_with_length(hash: &mut Context, field: &[u8]) {
    // Every field comes from an envelope, and those end at 1 MiB.
    let length = u32::try_from(field.len()).unwrap_or(u32::MAX);
    hash.update(&length.to_be_bytes());
    hash.update(field);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// That the bytes are the published ones, Appendix C.3 shows in `tests/appendix.rs`.
    #[test]
    fn the_tag_and_the_names_of_both_parties_enter_the_key() {
        let z = [0x10, 0xe4];
        let party = Party {
            alg: "ECDH-1PU+A256KW",
            apu: b"Alice",
            apv: b"Bob and Charlie",
            tag: Some(&[7; 32]),
        };
        let key = derive(&[&z], &party);
        for other in [
            Party {
                apu: b"Alicf",
                ..party
            },
            Party {
                apv: b"Bob",
                ..party
            },
            Party {
                alg: "ECDH-ES+A256KW",
                ..party
            },
            Party { tag: None, ..party },
            Party {
                tag: Some(&[7; 31]),
                ..party
            },
        ] {
            assert_ne!(*derive(&[&z], &other), *key);
        }
    }
}
