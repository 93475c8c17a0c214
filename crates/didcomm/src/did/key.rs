//! did:key and did:peer:0: the DID is one public key, and so is its document.
//!
//! Source: did:key, "The did:key Format"; did:peer, "Method 0".

use super::{Did, DidUrl};
use crate::document::{Document, ResolveError, VerificationMethod};
use crate::key::{Curve, PublicKey};

/// The document of a did:key.
pub(crate) fn resolve_key(did: &Did) -> Result<Document, ResolveError> {
    let text = did.as_str().strip_prefix("did:key:").unwrap_or_default();
    // The method allows a version number in front of the key.
    let multibase = match text.split_once(':') {
        Some((version, key)) if is_number(version) => key,
        Some(_) => return Err(ResolveError::invalid(did)),
        None => text,
    };
    resolve(did, multibase)
}

/// The document of a did:peer:0: that of the did:key, under its own name.
pub(crate) fn resolve_peer0(did: &Did) -> Result<Document, ResolveError> {
    let text = did.as_str().strip_prefix("did:peer:0");
    resolve(did, text.unwrap_or_default())
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn resolve(did: &Did, multibase: &str) -> Result<Document, ResolveError> {
    let invalid = || ResolveError::invalid(did);
    let key = PublicKey::from_multibase(multibase).ok_or_else(invalid)?;
    let kid = |name: &str| DidUrl::parse(&format!("{did}#{name}")).map_err(|_| invalid());

    let mut document = Document::empty(did.clone());
    let id = kid(multibase)?;
    match key.curve() {
        // The method lets the latter two sign as well, but DIDComm has no algorithm for it.
        Curve::X25519 | Curve::P384 | Curve::P521 => document.key_agreement.push(id.clone()),
        Curve::Secp256k1 => document.authentication.push(id.clone()),
        Curve::P256 => {
            document.authentication.push(id.clone());
            document.key_agreement.push(id.clone());
        }
        Curve::Ed25519 => {
            let derived = key.to_agreement().ok_or_else(invalid)?;
            let derived_id = kid(&derived.to_multibase())?;
            document.authentication.push(id.clone());
            document.key_agreement.push(derived_id.clone());
            document
                .methods
                .push(VerificationMethod::new(derived_id, derived));
        }
    }
    document.methods.insert(0, VerificationMethod::new(id, key));
    Ok(document)
}

#[cfg(test)]
mod tests {
    use crate::document::resolve;

    use super::*;

    /// did:key test vectors, seed zero.
    #[test]
    fn an_ed25519_did_key_signs_and_agrees_as_published() {
        let text = "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp";
        let document = resolve(&Did::parse(text).unwrap()).unwrap();

        assert_eq!(
            document.authentication[0].as_str(),
            format!("{text}#z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp")
        );
        assert_eq!(
            document.key_agreement[0].as_str(),
            format!("{text}#z6LShs9GGnqk85isEBzzshkuVWrVKsRp24GnDuHk8QWkARMW")
        );
    }

    #[test]
    fn an_x25519_did_key_only_agrees() {
        let did = Did::parse("did:key:z6LSeu9HkTHSfLLeUs2nnzUSNedgDUevfNQgQjQC23ZCit6F").unwrap();
        let document = resolve(&did).unwrap();

        assert!(document.authentication.is_empty());
        assert_eq!(document.key_agreement.len(), 1);
    }

    /// did:key test vectors, "NIST curves" and "secp256k1". They list the P-384 and P-521 keys
    /// for signing too, and the secp256k1 key for agreement, for which DIDComm has no algorithms.
    #[test]
    fn the_one_key_of_another_curve_is_listed_for_what_it_can_do() {
        for (multibase, signs, agrees) in [
            (
                "zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv",
                true,
                true,
            ),
            (
                "z82Lm1MpAkeJcix9K8TMiLd5NMAhnwkjjCBeWHXyu3U4oT2MVJJKXkcVBgjGhnLBn2Kaau9",
                false,
                true,
            ),
            (
                "z2J9gaYxrKVpdoG9A4gRnmpnRCcxU6agDtFVVBVdn1JedouoZN7SzcyREXXzWgt3gGiwpoHq7K68X4m32D8HgzG8wv3sY5j7",
                false,
                true,
            ),
            (
                "zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme",
                true,
                false,
            ),
        ] {
            let did = Did::parse(&format!("did:key:{multibase}")).unwrap();
            let document = resolve(&did).unwrap();
            let kid = DidUrl::parse(&format!("{did}#{multibase}")).unwrap();

            let found = (
                document.authentication_key(&kid).is_some(),
                document.agreement_key(&kid).is_some(),
            );
            assert_eq!(found, (signs, agrees), "{multibase}");
        }
    }

    /// did:peer, "Method 0".
    #[test]
    fn a_did_peer_0_is_the_did_key_under_its_own_name() {
        let did = Did::parse("did:peer:0z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH").unwrap();
        let document = resolve(&did).unwrap();

        assert_eq!(document.id, did);
        assert_eq!(
            document.methods[0].key.to_bytes()[..4],
            [0x94, 0x96, 0x6b, 0x7c]
        );
    }

    #[test]
    fn what_is_no_key_is_invalid() {
        for text in [
            "did:key:z6Mk",
            "did:key:abc",
            "did:key:x:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH",
            "did:key::z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH",
            "did:key:did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH",
            "did:peer:0z6LS",
        ] {
            let did = Did::parse(text).unwrap();
            assert!(
                matches!(resolve(&did), Err(ResolveError::Invalid { .. })),
                "{text}"
            );
        }
    }
}
