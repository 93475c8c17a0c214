//! What the witness is handed of a person: the document and the secret keys in its own shapes.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use didcomm::did::resolvers::ExampleDIDResolver;
use didcomm::did::{
    DIDCommMessagingService, DIDDoc, Service, ServiceKind, VerificationMaterial,
    VerificationMethod, VerificationMethodType,
};
use didcomm::secrets::resolvers::ExampleSecretsResolver;
use didcomm::secrets::{Secret, SecretMaterial, SecretType};
use serde_json::json;
use signet_didcomm::DidUrl;

use super::person::{Person, raw};

pub fn resolver(people: &[&Person]) -> ExampleDIDResolver {
    ExampleDIDResolver::new(people.iter().map(|person| document(person)).collect())
}

/// Absolute names, JWKs, every member present.
fn document(person: &Person) -> DIDDoc {
    let methods = person.document.methods.iter();
    let methods = methods.map(|method| VerificationMethod {
        id: method.id.to_string(),
        type_: VerificationMethodType::JsonWebKey2020,
        controller: person.did.to_string(),
        verification_material: VerificationMaterial::JWK {
            public_key_jwk: method.key.to_jwk(),
        },
    });
    let services = person.document.services.iter().map(|service| Service {
        id: service.id.clone(),
        service_endpoint: ServiceKind::DIDCommMessaging {
            value: DIDCommMessagingService {
                uri: service.endpoints[0].uri.clone(),
                accept: Some(service.endpoints[0].accept.clone()),
                routing_keys: service.endpoints[0].routing_keys.clone(),
            },
        },
    });
    let names = |kids: &[DidUrl]| kids.iter().map(ToString::to_string).collect();
    DIDDoc {
        id: person.did.to_string(),
        key_agreement: names(&person.document.key_agreement),
        authentication: names(&person.document.authentication),
        verification_method: methods.collect(),
        service: services.collect(),
    }
}

/// The secret keys as JWKs.
pub fn secrets(person: &Person) -> ExampleSecretsResolver {
    let secrets = person.keys.iter().map(|key| {
        let mut jwk = key.public().unwrap().to_jwk();
        jwk["d"] = json!(BASE64_URL_SAFE_NO_PAD.encode(raw(key)));
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
