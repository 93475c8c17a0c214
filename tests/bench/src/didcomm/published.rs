//! `didcomm` 0.4.1: people in its shapes, and its calls. It has no P-384.

use std::hint::black_box;

use ::didcomm::{
    Message, PackEncryptedOptions, UnpackOptions,
    algorithms::AnonCryptAlg,
    did::{
        DIDDoc, VerificationMaterial, VerificationMethod, VerificationMethodType,
        resolvers::ExampleDIDResolver,
    },
    protocols::routing::wrap_in_forward,
    secrets::{Secret, SecretMaterial, SecretType, resolvers::ExampleSecretsResolver},
};
use anyhow::{Context, Result};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use signet_didcomm::DidUrl;
use tokio::runtime::{Builder, Runtime};

use super::person::Person;

const CIPHER: AnonCryptAlg = AnonCryptAlg::A256cbcHs512EcdhEsA256kw;

/// Whom it knows. Its calls are asynchronous, though nothing here waits.
pub(super) struct Published {
    resolver: ExampleDIDResolver,
    runtime: Runtime,
}

impl Published {
    pub(super) fn knowing(people: &[&Person]) -> Result<Self> {
        let documents = people.iter().map(|person| document(person));
        Ok(Self {
            resolver: ExampleDIDResolver::new(documents.collect::<Result<_>>()?),
            runtime: Builder::new_current_thread().build()?,
        })
    }

    /// From `from`, or from nobody.
    pub(super) fn encrypt(
        &self,
        message: &Message,
        from: Option<&str>,
        secrets: &ExampleSecretsResolver,
        to: &str,
    ) -> Result<String> {
        let options = PackEncryptedOptions {
            forward: false,
            enc_alg_anon: CIPHER,
            ..PackEncryptedOptions::default()
        };
        let packing = message.pack_encrypted(to, from, None, &self.resolver, secrets, &options);
        Ok(self.runtime.block_on(packing)?.0)
    }

    pub(super) fn sign(
        &self,
        message: &Message,
        from: &str,
        secrets: &ExampleSecretsResolver,
    ) -> Result<String> {
        let packing = message.pack_signed(from, &self.resolver, secrets);
        Ok(self.runtime.block_on(packing)?.0)
    }

    pub(super) fn forward(
        &self,
        envelope: &str,
        next: &str,
        mediator: &Vec<String>,
    ) -> Result<String> {
        let wrapping = wrap_in_forward(envelope, None, next, mediator, &CIPHER, &self.resolver);
        Ok(self.runtime.block_on(wrapping)?)
    }

    pub(super) fn open(&self, envelope: &str, secrets: &ExampleSecretsResolver) -> Result<()> {
        let options = UnpackOptions::default();
        let opening = Message::unpack(envelope, &self.resolver, secrets, &options);
        let (message, _) = black_box(self.runtime.block_on(opening)?);
        message.body["content"].as_str().context("no content")?;
        Ok(())
    }
}

fn document(person: &Person) -> Result<DIDDoc> {
    let methods = person.document.methods.iter().map(|method| {
        Ok(VerificationMethod {
            id: method.id.to_string(),
            type_: VerificationMethodType::JsonWebKey2020,
            controller: person.did.to_string(),
            verification_material: VerificationMaterial::JWK {
                public_key_jwk: method.key.to_jwk(),
            },
        })
    });
    let names = |kids: &[DidUrl]| kids.iter().map(ToString::to_string).collect();
    Ok(DIDDoc {
        id: person.did.to_string(),
        key_agreement: names(&person.document.key_agreement),
        authentication: names(&person.document.authentication),
        verification_method: methods.collect::<Result<_>>()?,
        service: Vec::new(),
    })
}

/// The secret keys as JWKs.
pub(super) fn secrets(person: &Person) -> Result<ExampleSecretsResolver> {
    let pairs = [&person.signing, &person.agreement].into_iter();
    let secrets = pairs.zip(&person.document.methods).map(|(pair, method)| {
        let mut jwk = method.key.to_jwk();
        jwk["d"] = BASE64_URL_SAFE_NO_PAD.encode(&pair.raw).into();
        Ok(Secret {
            id: pair.kid.clone(),
            type_: SecretType::JsonWebKey2020,
            secret_material: SecretMaterial::JWK {
                private_key_jwk: jwk,
            },
        })
    });
    Ok(ExampleSecretsResolver::new(secrets.collect::<Result<_>>()?))
}
