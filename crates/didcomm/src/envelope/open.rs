//! Opening a JWE with our keys: which of them, and whose key sealed it.

use super::cipher::ContentKey;
use super::error::{Forged, Malformed, UnpackError};
use super::gate::Opening;
use super::jwe::Jwe;
use super::kdf::{self, Party};
use crate::base64url;
use crate::did::DidUrl;
use crate::document::Document;
use crate::key::{PublicKey, SecretKey};

/// A layer taken off.
pub(super) struct Opened {
    pub(super) content: Vec<u8>,
    /// Our key that opened it.
    pub(super) recipient: DidUrl,
    /// Who sealed it: the key and the document that lists it. `None` for anoncrypt.
    pub(super) sender: Option<(DidUrl, Document)>,
    pub(super) algorithms: [&'static str; 2],
}

impl Jwe<'_> {
    /// Decrypts with the first key of ours among the recipients.
    pub(super) fn open(&self, opening: &Opening<'_>) -> Result<Opened, UnpackError> {
        let (ours, kid, wrapped) = self.ours(opening)?;
        let sender = match &self.header.skid {
            Some(skid) => Some(self.sender(skid, opening)?),
            None => None,
        };
        let ciphertext =
            base64url::decode_letters(&self.ciphertext).ok_or(Malformed::Member("ciphertext"))?;
        let wrapped = base64url::decode(wrapped).ok_or(Malformed::Member("encrypted_key"))?;
        let sender_key = sender.as_ref().map(|(_, _, key)| key);
        let content = self
            .decrypt(ours, sender_key, &wrapped, ciphertext)
            .ok_or(Forged::Ciphertext)?;
        Ok(Opened {
            content,
            recipient: kid.clone(),
            sender: sender.map(|(skid, document, _)| (skid, document)),
            algorithms: [self.header.alg.name(), self.header.enc.name()],
        })
    }

    /// Whether one of the recipients is ours; nothing is computed.
    pub(super) fn is_ours(&self, opening: &Opening<'_>) -> bool {
        self.ours(opening).is_ok()
    }

    fn ours<'k>(
        &self,
        opening: &Opening<'k>,
    ) -> Result<(&'k SecretKey, &DidUrl, &str), UnpackError> {
        let mut foreign_curve = None;
        for recipient in &self.recipients {
            let Some(key) = (opening.secret)(&recipient.kid) else {
                continue;
            };
            if !key.answers_to(&recipient.kid) {
                continue;
            }
            if key.curve() == self.header.epk.curve() {
                return Ok((key, &recipient.kid, &recipient.encrypted_key));
            }
            foreign_curve = Some(key.curve());
        }
        match foreign_curve {
            Some(_) => Err(Malformed::Header("epk").into()),
            None => Err(UnpackError::NotForMe),
        }
    }

    fn sender(
        &self,
        skid: &DidUrl,
        opening: &Opening<'_>,
    ) -> Result<(DidUrl, Document, PublicKey), UnpackError> {
        let document = opening.resolve(&skid.did())?;
        let key = document.agreement_key(skid).ok_or(Forged::Key)?.clone();
        if key.curve() != self.header.epk.curve() {
            return Err(Forged::Key.into());
        }
        Ok((skid.clone(), document, key))
    }

    /// `None` whatever fails: a sender who learns which step failed learns about our keys.
    fn decrypt(
        &self,
        ours: &SecretKey,
        sender: Option<&PublicKey>,
        wrapped: &[u8],
        ciphertext: Vec<u8>,
    ) -> Option<Vec<u8>> {
        let header = &self.header;
        let party = Party {
            alg: header.alg.name(),
            apu: &header.apu,
            apv: &header.apv,
            tag: sender.map(|_| self.tag.as_slice()),
        };
        let ze = ours.agree(&header.epk)?;
        let kek = match sender {
            Some(sender) => kdf::derive(&[&ze, &ours.agree_lastingly(sender)?], &party),
            None => kdf::derive(&[&ze], &party),
        };
        let key = ContentKey::unwrap(header.enc, wrapped, &kek)?;
        key.open(&self.iv, self.protected.as_bytes(), ciphertext, &self.tag)
    }
}
