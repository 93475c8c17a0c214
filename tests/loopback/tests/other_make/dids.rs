//! did:peer:2, written for the mediator and read of those who write to it.
//!
//! Source: Peer DID Method 1.0, "Method 2"; the multicodec table.

use async_trait::async_trait;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use curve25519_dalek::{EdwardsPoint, MontgomeryPoint};
use didcomm::did::{
    DIDDoc, DIDResolver, VerificationMaterial, VerificationMethod, VerificationMethodType,
};
use didcomm::secrets::{Secret, SecretMaterial, SecretType};
use serde_json::json;

const ED25519: [u8; 2] = [0xed, 0x01];
const X25519: [u8; 2] = [0xec, 0x01];

/// A DID of the mediator, and the key that opens what is for it.
pub struct Own {
    pub did: String,
    pub secret: Secret,
}

impl Own {
    /// One that is reached at `url`. The DID with which it is met has a key to sign with before the
    /// key to agree with; one that only takes forwards has none.
    pub fn at(url: &str, signs: bool) -> Self {
        let secret: [u8; 32] = rand::random();
        let public = MontgomeryPoint::mul_base_clamped(secret).to_bytes();
        let mut did = "did:peer:2".to_owned();
        if signs {
            // Nothing is signed here, so nobody keeps the secret.
            let point = EdwardsPoint::mul_base_clamped(rand::random()).compress();
            did.push_str(&format!(".V{}", multibase(ED25519, point.as_bytes())));
        }
        did.push_str(&format!(".E{}", multibase(X25519, &public)));
        let service = json!({"t": "dm", "s": {"uri": url, "a": ["didcomm/v2"]}});
        let service = BASE64_URL_SAFE_NO_PAD.encode(service.to_string());
        did.push_str(&format!(".S{service}"));
        let number = if signs { 2 } else { 1 };
        let secret = Secret {
            id: format!("{did}#key-{number}"),
            type_: SecretType::JsonWebKey2020,
            secret_material: SecretMaterial::JWK {
                private_key_jwk: json!({
                    "kty": "OKP",
                    "crv": "X25519",
                    "x": BASE64_URL_SAFE_NO_PAD.encode(public),
                    "d": BASE64_URL_SAFE_NO_PAD.encode(secret),
                }),
            },
        };
        Self { did, secret }
    }
}

fn multibase(codec: [u8; 2], key: &[u8]) -> String {
    let bytes = [&codec[..], key].concat();
    format!("z{}", bs58::encode(bytes).into_string())
}

/// Reads did:peer:2, and nothing else.
pub struct Resolver;

#[async_trait]
impl DIDResolver for Resolver {
    async fn resolve(&self, did: &str) -> didcomm::error::Result<Option<DIDDoc>> {
        Ok(read(did))
    }
}

/// The keys of a did:peer:2. Where its owner is reached is of no interest here: who writes to a
/// mediator is answered at once.
fn read(did: &str) -> Option<DIDDoc> {
    let elements = did.strip_prefix("did:peer:2.")?;
    let mut document = DIDDoc {
        id: did.to_owned(),
        key_agreement: Vec::new(),
        authentication: Vec::new(),
        verification_method: Vec::new(),
        service: Vec::new(),
    };
    let keys = elements
        .split('.')
        .filter(|element| !element.starts_with('S'));
    for (index, element) in keys.enumerate() {
        let id = format!("{did}#key-{}", index + 1);
        let (purpose, key) = element.split_at_checked(1)?;
        let bytes = bs58::decode(key.strip_prefix('z')?).into_vec().ok()?;
        let type_ = match bytes.first_chunk() {
            Some(&ED25519) => VerificationMethodType::Ed25519VerificationKey2020,
            Some(&X25519) => VerificationMethodType::X25519KeyAgreementKey2020,
            Some(_) | None => VerificationMethodType::Other,
        };
        match purpose {
            "E" => document.key_agreement.push(id.clone()),
            "V" => document.authentication.push(id.clone()),
            _ => {}
        }
        document.verification_method.push(VerificationMethod {
            id,
            type_,
            controller: did.to_owned(),
            verification_material: VerificationMaterial::Multibase {
                public_key_multibase: key.to_owned(),
            },
        });
    }
    Some(document)
}
