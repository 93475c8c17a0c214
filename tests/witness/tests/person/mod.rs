//! A person with a did:peer:2, known to both libraries.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use didcomm::did::resolvers::ExampleDIDResolver;
use didcomm::did::{
    DIDCommMessagingService, DIDDoc, Service, ServiceKind, VerificationMaterial,
    VerificationMethod, VerificationMethodType,
};
use didcomm::secrets::resolvers::ExampleSecretsResolver;
use didcomm::secrets::{Secret, SecretMaterial, SecretType};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::Rng;
use serde_json::{Value, json};
use signet_didcomm::{
    Curve, Did, DidUrl, Document, Endpoint, SecretKey, SecretKeys, document, peer2,
};

pub struct Person {
    pub did: Did,
    pub keys: SecretKeys,
    pub document: Document,
}

impl Person {
    pub fn new(rng: &mut ChaCha20Rng) -> Self {
        let endpoint = Endpoint::v2("https://example.com/didcomm");
        let (did, keys) = peer2::create(&[endpoint], rng);
        let document = document::resolve(&did).unwrap();
        Self {
            did,
            keys,
            document,
        }
    }

    /// With keys on other curves of 32 bytes, `#key-1` to sign and `#key-2` to agree.
    pub fn on(signing: Curve, agreement: Curve, rng: &mut ChaCha20Rng) -> Self {
        let keys = [signing, agreement].map(|curve| {
            let mut raw = [0; 32];
            // Below the order of either curve.
            rng.fill_bytes(&mut raw[1..]);
            (curve, raw)
        });
        let key = |did: &str, name: &str, (curve, raw): (Curve, [u8; 32])| {
            let kid = DidUrl::parse(&format!("{did}#{name}")).unwrap();
            SecretKey::from_raw(kid, curve, &raw).unwrap()
        };
        let [signs, agrees] = keys.map(|one| {
            let public = key("did:example:nameless", "k", one).public();
            public.unwrap().to_multibase()
        });
        let did = Did::parse(&format!("did:peer:2.V{signs}.E{agrees}")).unwrap();
        let secrets = vec![
            key(did.as_str(), "key-1", keys[0]),
            key(did.as_str(), "key-2", keys[1]),
        ];
        Self {
            document: document::resolve(&did).unwrap(),
            keys: SecretKeys::new(did.clone(), secrets),
            did,
        }
    }

    /// The document in the shape the witness reads: absolute names, JWKs, every member present.
    fn their_document(&self) -> DIDDoc {
        let methods = self
            .document
            .methods
            .iter()
            .map(|method| VerificationMethod {
                id: method.id.to_string(),
                type_: VerificationMethodType::JsonWebKey2020,
                controller: self.did.to_string(),
                verification_material: VerificationMaterial::JWK {
                    public_key_jwk: method.key.to_jwk().unwrap(),
                },
            });
        let services = self.document.services.iter().map(|service| Service {
            id: service.id.clone(),
            service_endpoint: ServiceKind::DIDCommMessaging {
                value: DIDCommMessagingService {
                    uri: service.endpoints[0].uri.clone(),
                    accept: Some(service.endpoints[0].accept.clone()),
                    routing_keys: service.endpoints[0].routing_keys.clone(),
                },
            },
        });
        let names =
            |kids: &[signet_didcomm::DidUrl]| kids.iter().map(ToString::to_string).collect();
        DIDDoc {
            id: self.did.to_string(),
            key_agreement: names(&self.document.key_agreement),
            authentication: names(&self.document.authentication),
            verification_method: methods.collect(),
            service: services.collect(),
        }
    }

    /// The secret keys as JWKs, read from the form in which they are stored.
    pub fn their_secrets(&self) -> ExampleSecretsResolver {
        let secrets = self.keys.iter().map(|key| {
            let stored: Value = serde_json::to_value(key).unwrap();
            let raw: Vec<u8> = serde_json::from_value(stored["d"].clone()).unwrap();
            let mut jwk = key.public().unwrap().to_jwk().unwrap();
            jwk["d"] = json!(BASE64_URL_SAFE_NO_PAD.encode(raw));
            Secret {
                id: key.kid().to_string(),
                type_: SecretType::JsonWebKey2020,
                secret_material: SecretMaterial::JWK {
                    private_key_jwk: jwk,
                },
            }
        });
        ExampleSecretsResolver::new(secrets.collect())
    }
}

pub fn their_resolver(people: &[&Person]) -> ExampleDIDResolver {
    ExampleDIDResolver::new(
        people
            .iter()
            .map(|person| person.their_document())
            .collect(),
    )
}
