//! `affinidi-messaging-didcomm` 0.15.11: a person's keys in its shapes, and its calls.

use std::hint::black_box;

use affinidi_crypto::jose::key_agreement::{Curve, PrivateKeyAgreement, PublicKeyAgreement};
use affinidi_messaging_didcomm::{
    Message, SenderKey, SignerKey, UnpackResult,
    jws::{sign::JwsSigner, verify::VerifyKey},
    message::{
        forward::wrap_in_forward,
        pack::{pack_encrypted_anoncrypt, pack_encrypted_authcrypt, pack_signed_multi},
        unpack::unpack_bound,
    },
};
use anyhow::{Context, Result};

use super::person::Person;

pub(super) struct Known {
    kid: String,
    secret: PrivateKeyAgreement,
    public: PublicKeyAgreement,
    signing_kid: String,
    signing: [u8; 32],
    verifying: VerifyKey,
}

impl Known {
    pub(super) fn of(person: &Person) -> Result<Self> {
        let (signing, agreement) = (&person.signing, &person.agreement);
        let curve = match agreement.curve {
            signet_didcomm::Curve::P256 => Curve::P256,
            signet_didcomm::Curve::P384 => Curve::P384,
            _ => Curve::X25519,
        };
        let secret = PrivateKeyAgreement::from_raw_bytes(curve, &agreement.raw);
        let secret = secret.map_err(|error| anyhow::anyhow!("{error}"))?;
        Ok(Self {
            kid: agreement.kid.clone(),
            public: secret.public_key(),
            secret,
            signing_kid: signing.kid.clone(),
            signing: signing.raw.as_slice().try_into()?,
            verifying: match signing.curve {
                signet_didcomm::Curve::P256 => VerifyKey::P256(signing.public.clone()),
                _ => VerifyKey::Ed25519(signing.public.as_slice().try_into()?),
            },
        })
    }

    pub(super) fn authcrypt(&self, message: &Message, to: &Self) -> Result<String> {
        let to = [(to.kid.as_str(), &to.public)];
        Ok(pack_encrypted_authcrypt(
            message,
            &self.kid,
            &self.secret,
            &to,
        )?)
    }

    /// For this person.
    pub(super) fn anoncrypt(&self, message: &Message) -> Result<String> {
        let to = [(self.kid.as_str(), &self.public)];
        Ok(pack_encrypted_anoncrypt(message, &to)?)
    }

    /// For this mediator.
    pub(super) fn forward(&self, envelope: &str, next: &str) -> Result<String> {
        self.anoncrypt(&wrap_in_forward(next, envelope)?)
    }

    pub(super) fn sign(&self, message: &Message) -> Result<String> {
        let (kid, private) = (self.signing_kid.as_str(), &self.signing);
        let signer = match self.verifying {
            VerifyKey::P256(_) => JwsSigner::P256 { kid, private },
            _ => JwsSigner::Ed25519 { kid, private },
        };
        Ok(pack_signed_multi(message, &[signer])?)
    }

    /// What `from` sealed for this person.
    pub(super) fn open(&self, envelope: &str, from: &Self) -> Result<()> {
        let sender = SenderKey::new(&from.kid, &from.public);
        let ours = (Some(self.kid.as_str()), Some(&self.secret));
        read(unpack_bound(envelope, ours.0, ours.1, Some(sender), None)?)
    }

    /// What this person signed.
    pub(super) fn verify(&self, envelope: &str) -> Result<()> {
        let signer = SignerKey::new(&self.signing_kid, &self.verifying);
        read(unpack_bound(envelope, None, None, None, Some(signer))?)
    }
}

fn read(opened: UnpackResult) -> Result<()> {
    let message = match black_box(&opened) {
        UnpackResult::Encrypted { message, .. } | UnpackResult::Signed { message, .. } => message,
        _ => anyhow::bail!("neither encrypted nor signed"),
    };
    message.body["content"].as_str().context("no content")?;
    Ok(())
}
