//! Making a JWE: one content key, wrapped for each key of one DID.
//!
//! Source: DIDComm Messaging v2.1, "ECDH-1PU key wrapping and common protected headers",
//! "ECDH-ES key wrapping and common protected headers".

use rand_core::CryptoRng;
use serde_json::Value;

use super::cipher::{ContentCipher, ContentKey};
use super::jwe::{KeyAgreement, apv};
use super::kdf::{self, Party};
use super::pack::PackError;
use super::{ENCRYPTED, MAX_ENVELOPE};
use crate::base64url;
use crate::did::DidUrl;
use crate::key::{AgreementKey, PublicKey, SecretKey};

/// For whom, and in whose name.
pub(super) struct Seal<'a> {
    pub(super) cipher: ContentCipher,
    /// Our key under the name to be sent; `None` for anoncrypt.
    pub(super) sender: Option<(&'a SecretKey, DidUrl)>,
    /// Keys of one DID and one curve, under the names to be sent.
    pub(super) recipients: Vec<(DidUrl, &'a PublicKey)>,
}

impl Seal<'_> {
    /// Encrypts `content`, in place, and writes the envelope around it.
    pub(super) fn close(
        &self,
        mut content: Vec<u8>,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, PackError> {
        let curve = self.recipients.first().map(|(_, key)| key.curve());
        let curve = curve.ok_or(PackError::NoKey)?;
        let ephemeral = AgreementKey::draw(curve, rng).ok_or(PackError::NoKey)?;
        let epk = ephemeral.public().ok_or(PackError::Primitive)?.to_jwk();
        let apv = apv(self.recipients.iter().map(|(kid, _)| kid.as_str()));
        let protected = base64url::encode(self.header(&epk, &apv));

        let key = ContentKey::draw(self.cipher, rng);
        let mut iv = vec![0; self.cipher.iv_length()];
        rng.fill_bytes(&mut iv);
        let tag = key
            .seal(&iv, protected.as_bytes(), &mut content)
            .ok_or(PackError::Primitive)?;

        let room = content.len() / 3 * 4 + protected.len() + 1024 * self.recipients.len();
        let mut out = Vec::with_capacity(room);
        let push = |out: &mut Vec<u8>, text: &str| out.extend_from_slice(text.as_bytes());
        push(&mut out, "{\"protected\":\"");
        push(&mut out, &protected);
        push(&mut out, "\",\"recipients\":[");
        for (index, (kid, theirs)) in self.recipients.iter().enumerate() {
            let kek = self.kek(&ephemeral, theirs, &apv, &tag)?;
            let wrapped = key.wrap(&kek).ok_or(PackError::Primitive)?;
            push(&mut out, if index == 0 { "" } else { "," });
            push(&mut out, "{\"header\":{\"kid\":\"");
            push(&mut out, kid.as_str());
            push(&mut out, "\"},\"encrypted_key\":\"");
            base64url::encode_onto(wrapped, &mut out);
            push(&mut out, "\"}");
        }
        for (name, bytes) in [
            ("],\"iv", &iv),
            ("\",\"ciphertext", &content),
            ("\",\"tag", &tag),
        ] {
            push(&mut out, name);
            push(&mut out, "\":\"");
            base64url::encode_onto(bytes, &mut out);
        }
        push(&mut out, "\"}");
        if out.len() > MAX_ENVELOPE {
            return Err(PackError::TooLarge);
        }
        Ok(out)
    }

    fn alg(&self) -> KeyAgreement {
        match self.sender {
            Some(_) => KeyAgreement::Ecdh1Pu,
            None => KeyAgreement::EcdhEs,
        }
    }

    /// The protected header. Every value is ASCII without quotes: names of keys are checked when
    /// they are parsed, the rest is ours.
    fn header(&self, epk: &Value, apv: &[u8]) -> String {
        let sender = match &self.sender {
            Some((_, skid)) => format!(
                "\"skid\":\"{skid}\",\"apu\":\"{}\",",
                base64url::encode(skid.as_str())
            ),
            None => String::new(),
        };
        format!(
            "{{\"typ\":\"{ENCRYPTED}\",\"alg\":\"{}\",\"enc\":\"{}\",{sender}\"apv\":\"{}\",\
             \"epk\":{epk}}}",
            self.alg().name(),
            self.cipher.name(),
            base64url::encode(apv),
        )
    }

    fn kek(
        &self,
        ephemeral: &AgreementKey,
        theirs: &PublicKey,
        apv: &[u8],
        tag: &[u8],
    ) -> Result<kdf::Kek, PackError> {
        let ze = ephemeral.agree(theirs).ok_or(PackError::NoKey)?;
        let mut party = Party {
            alg: self.alg().name(),
            apu: &[],
            apv,
            tag: None,
        };
        let Some((ours, skid)) = &self.sender else {
            return Ok(kdf::derive(&[&ze], &party));
        };
        let zs = ours.agree_lastingly(theirs).ok_or(PackError::NoKey)?;
        party.apu = skid.as_str().as_bytes();
        party.tag = Some(tag);
        Ok(kdf::derive(&[&ze, &zs], &party))
    }
}
