//! A person in the witness's types: the document it resolved or was handed, and her keys.

use affinidi_crypto::jose::key_agreement::{
    Curve as Agreement, PrivateKeyAgreement, PublicKeyAgreement,
};
use affinidi_did_common::key_negotiation::resolve_public_key_agreement;
use affinidi_did_common::{DID, DIDError, Document, DocumentExt};
use affinidi_messaging_didcomm::identity::{PrivateIdentity, ResolvedIdentity};
use affinidi_messaging_didcomm::jwe::decrypt::authcrypt_sender_kid;
use affinidi_messaging_didcomm::jws::sign::JwsSigner;
use affinidi_messaging_didcomm::jws::verify::VerifyKey;
use affinidi_messaging_didcomm::message::unpack::unpack_bound;
use affinidi_messaging_didcomm::{DIDCommError, SenderKey, SignerKey, UnpackResult};
use serde_json::Value;
use signet_didcomm::{Curve, Did};

use super::person::{Person, raw};

/// What the witness resolves, offline.
pub fn resolve(did: &Did) -> Result<Document, DIDError> {
    DID::parse(did.as_str())?.resolve()
}

pub struct Known {
    pub document: Document,
    pub agreeing: Vec<(String, PrivateKeyAgreement)>,
    pub signing: Vec<(String, Curve, [u8; 32])>,
}

impl Known {
    /// Under the document that the witness resolves.
    pub fn resolved(person: &Person) -> Self {
        Self::handed(person, resolve(&person.did).unwrap())
    }

    /// Under our document of her, as W3C JSON.
    pub fn told(person: &Person) -> Self {
        let document = serde_json::from_value(person.document.to_json());
        Self::handed(person, document.unwrap())
    }

    /// The secret keys that the document lists, each for what it lists them.
    fn handed(person: &Person, document: Document) -> Self {
        let keys = || person.keys.iter().map(|key| (key.kid().to_string(), key));
        let agreeing = keys().filter(|(kid, _)| document.contains_key_agreement(kid));
        let agreeing = agreeing.map(|(kid, key)| {
            let secret = PrivateKeyAgreement::from_raw_bytes(agreement(key.curve()), &raw(key));
            (kid, secret.unwrap())
        });
        let signing = keys().filter(|(kid, key)| {
            let signs = [Curve::Ed25519, Curve::P256, Curve::Secp256k1].contains(&key.curve());
            signs && document.contains_authentication(kid)
        });
        let signing = signing.map(|(kid, key)| (kid, key.curve(), raw(key).try_into().unwrap()));
        Self {
            agreeing: agreeing.collect(),
            signing: signing.collect(),
            document,
        }
    }

    /// All keys to encrypt to.
    pub fn recipients(&self) -> Vec<(&str, PublicKeyAgreement)> {
        let kids = self.document.find_key_agreement(None).into_iter();
        kids.map(|kid| (kid, self.recipient(kid))).collect()
    }

    /// The key of this name, which must be listed for agreement.
    pub fn recipient(&self, kid: &str) -> PublicKeyAgreement {
        assert!(self.document.contains_key_agreement(kid), "{kid}");
        resolve_public_key_agreement(&self.document, kid).unwrap()
    }

    /// One for each of her keys that sign.
    pub fn signers(&self) -> Vec<JwsSigner<'_>> {
        let keys = self.signing.iter();
        keys.map(|(kid, curve, private)| match curve {
            Curve::P256 => JwsSigner::P256 { kid, private },
            Curve::Secp256k1 => JwsSigner::Secp256k1 { kid, private },
            _ => JwsSigner::Ed25519 { kid, private },
        })
        .collect()
    }

    /// The first key that the document lists for signing, and its name.
    pub fn verifier(&self) -> Option<(String, VerifyKey)> {
        let kid = *self.document.find_authentication(None).first()?;
        let method = self.document.get_verification_method(kid)?;
        let (codec, bytes) = method.decode_public_key().unwrap();
        let key = match codec {
            0xed => VerifyKey::Ed25519(bytes.try_into().unwrap()),
            0x1200 => VerifyKey::P256(bytes),
            0xe7 => VerifyKey::Secp256k1(bytes),
            _ => return None,
        };
        Some((kid.to_owned(), key))
    }

    /// What she finds in an envelope, as `writer` or nobody wrote it.
    pub fn open(&self, writer: &Self, envelope: &str) -> Result<UnpackResult, DIDCommError> {
        let json: Value = serde_json::from_str(envelope).unwrap();
        let ours = json["recipients"].as_array().into_iter().flatten();
        let ours = ours.filter_map(|one| {
            let kid = one["header"]["kid"].as_str()?;
            self.agreeing.iter().find(|(name, _)| name == kid)
        });
        let (kid, secret) = ours
            .map(|(kid, secret)| (kid.as_str(), secret))
            .next()
            .unzip();
        let skid = authcrypt_sender_kid(envelope).ok().flatten();
        let sender = skid.map(|skid| (writer.recipient(&skid), skid));
        let sender = sender.as_ref().map(|(key, skid)| SenderKey::new(skid, key));
        let signer = writer.verifier();
        let signer = signer.as_ref().map(|(kid, key)| SignerKey::new(kid, key));
        unpack_bound(envelope, kid, secret, sender, signer)
    }

    /// For the witness's agent, which knows one key for each purpose.
    pub fn identity(&self) -> PrivateIdentity {
        let (kid, secret) = self.agreeing[0].clone();
        let signing = self.signing.first();
        PrivateIdentity {
            did: self.document.id.to_string(),
            key_agreement_kid: kid,
            key_agreement_private: secret,
            signing_kid: signing.map(|(kid, _, _)| kid.clone()),
            signing_private: signing.map(|(_, _, private)| *private),
        }
    }

    /// The public half of [`Known::identity`].
    pub fn public(&self) -> ResolvedIdentity {
        self.identity().to_resolved()
    }
}

fn agreement(curve: Curve) -> Agreement {
    match curve {
        Curve::X25519 => Agreement::X25519,
        Curve::P256 => Agreement::P256,
        Curve::P384 => Agreement::P384,
        Curve::P521 => Agreement::P521,
        Curve::Secp256k1 => Agreement::K256,
        Curve::Ed25519 => unreachable!("it signs"),
    }
}
