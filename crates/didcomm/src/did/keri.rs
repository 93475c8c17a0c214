//! did:keri: the part that certifies itself, an identifier that is its own Ed25519 key.
//!
//! One with the derivation code `B` never changes its key. One with `D` may, in a log of key events
//! that is not read here: it stands for the key it began with, as a did:key does, and who changes
//! the key tells a contact by `from_prior`. One that is the hash of a log (`E`) is not supported.
//! There are no endpoints in either.
//!
//! Source: did:keri (draft), "Method-Specific Identifier"; CESR, "Master Code Table" (`B`, `D`).

use super::{Did, DidUrl};
use crate::base64url;
use crate::document::{Document, ResolveError, VerificationMethod};
use crate::key::{Curve, PublicKey};

/// Letters of a code and a key.
const LENGTH: usize = 44;

/// The document of a did:keri that is its own key: it signs under the name of the whole identifier,
/// and the X25519 key that did:key derives from it agrees, under the name it has there.
pub(crate) fn resolve(did: &Did) -> Result<Document, ResolveError> {
    let prefix = did.as_str().trim_start_matches("did:keri:");
    let Some(text) = prefix.strip_prefix(['B', 'D']) else {
        return Err(ResolveError::Unsupported { did: did.clone() });
    };
    let pair = (prefix.len() == LENGTH).then(|| key_pair(text)).flatten();
    let (key, derived) = pair.ok_or_else(|| ResolveError::invalid(did))?;

    let mut document = Document::empty(did.clone());
    let signs = DidUrl::composed(did, prefix);
    let agrees = DidUrl::composed(did, &derived.to_multibase());
    document.authentication.push(signs.clone());
    document.key_agreement.push(agrees.clone());
    document.methods = vec![
        VerificationMethod::new(signs, key),
        VerificationMethod::new(agrees, derived),
    ];
    Ok(document)
}

/// The key and what is derived from it. Since its first version CESR fills up in front of the key;
/// KERI of 2021 did so behind it. Where both readings are possible the one that is a point is meant,
/// and of two points the first.
fn key_pair(text: &str) -> Option<(PublicKey, PublicKey)> {
    let filled = base64url::decode(&format!("A{text}"));
    let cesr = filled.and_then(|bytes| bytes.strip_prefix(&[0]).map(<[u8]>::to_vec));
    let readings = [cesr, base64url::decode(text)];
    readings.into_iter().flatten().find_map(|raw| {
        let key = PublicKey::new(Curve::Ed25519, &raw)?;
        let derived = key.to_agreement()?;
        Some((key, derived))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document;
    use crate::key::SecretKey;

    fn resolved(prefix: &str) -> Result<Document, ResolveError> {
        let did = format!("did:keri:{prefix}");
        document::resolve(&Did::parse(&did).unwrap())
    }

    /// keripy, tests of its coding: one key as of 2021 and since.
    #[test]
    fn the_published_key_is_read_in_both_its_codings() {
        for prefix in [
            "BGlOiUdp5sMmfotHfCWQKEzWR91C72AH0lT84c0um-Qj",
            "BaU6JR2nmwyZ-i0d8JZAoTNZH3ULvYAfSVPzhzS6b5CM",
            "DGlOiUdp5sMmfotHfCWQKEzWR91C72AH0lT84c0um-Qj",
        ] {
            let document = resolved(prefix).unwrap();
            let kid = DidUrl::parse(&format!("did:keri:{prefix}#{prefix}")).unwrap();

            let key = document.authentication_key(&kid).unwrap();
            let hex: String = key.to_bytes().iter().map(|b| format!("{b:02x}")).collect();
            assert_eq!(
                hex,
                "694e894769e6c3267e8b477c2590284cd647dd42ef6007d254fce1cd2e9be423"
            );
            let (name, agrees) = document.agreement_keys().next().unwrap();
            assert_eq!(Some(agrees), key.to_agreement().as_ref());
            assert_eq!(name.fragment(), Some(&*agrees.to_multibase()));
        }
    }

    #[test]
    fn of_two_readings_the_one_that_is_a_key_is_meant() {
        let kid = DidUrl::parse("did:example:alice#key").unwrap();
        let mut met = 0;
        for seed in 0..=255 {
            let secret = SecretKey::from_raw(kid.clone(), Curve::Ed25519, &[seed; 32]);
            let key = secret.unwrap().public().unwrap();
            let text = base64url::encode(key.to_bytes());
            let Some(other) = base64url::decode(&format!("A{text}"))
                .and_then(|bytes| PublicKey::new(Curve::Ed25519, bytes.strip_prefix(&[0])?))
            else {
                continue;
            };
            if other.to_agreement().is_none() {
                let document = resolved(&format!("B{text}")).unwrap();
                assert_eq!(document.methods[0].key, key);
                met += 1;
            }
        }
        assert!(met > 10, "{met}");
    }

    #[test]
    fn what_needs_a_log_is_unsupported_and_what_is_no_key_invalid() {
        assert!(matches!(
            resolved("EGlOiUdp5sMmfotHfCWQKEzWR91C72AH0lT84c0um-Qj"),
            Err(ResolveError::Unsupported { .. })
        ));
        for prefix in [
            "B",
            "BGlOiUdp5sMmfotHfCWQKEzWR91C72AH0lT84c0um-Q",
            "BGlOiUdp5sMmfotHfCWQKEzWR91C72AH0lT84c0um-Qjj",
            "BGlOiUdp5sMmfotHfCWQKEzWR91C72AH0lT84c0um.Qj",
            "B______________________________________________",
            "Bz__________________________________________",
            "BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        ] {
            let result = resolved(prefix);
            assert!(
                matches!(result, Err(ResolveError::Invalid { .. })),
                "{prefix}"
            );
        }
    }
}
