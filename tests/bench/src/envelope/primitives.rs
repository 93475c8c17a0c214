//! The floor of packing: the primitives of the same library (aws-lc-rs) over as many bytes.
//!
//! Packing counts: one X25519 key made from random bytes with its public half, two agreements, one
//! SHA-256 over as many bytes as the key derivation takes, one AES key wrap of 64 bytes,
//! AES-256-CBC over the plaintext where it lies, HMAC-SHA-512 over header, IV and ciphertext.
//! Unpacking counts: two agreements, the SHA-256, the unwrapping, the HMAC, and AES-256-CBC over a
//! copy of the ciphertext, since a plaintext must lie somewhere.
//! Not counted, though every implementation needs them: base64, JSON, names of keys, checks.

use anyhow::{Context, Result};
use aws_lc_rs::{
    agreement::{PrivateKey, UnparsedPublicKey, X25519, agree},
    cipher::{
        AES_256, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey,
        PaddedBlockEncryptingKey, UnboundCipherKey,
    },
    digest::{SHA256, digest},
    error::Unspecified,
    hmac,
    iv::FixedLength,
    key_wrap::{AES_256 as KEY_WRAP, AesKek, KeyWrap},
};
use rand_chacha::{ChaCha20Rng, rand_core::Rng};
use signet_didcomm::MAX_ENVELOPE;

pub(super) struct Primitives {
    raw: [u8; 32],
    ours: PrivateKey,
    theirs: Vec<u8>,
    key: [u8; 64],
    iv: [u8; 16],
    header: Vec<u8>,
    /// What the key derivation hashes: two secrets and the names.
    derived: Vec<u8>,
    wrapped: [u8; 72],
    plaintext: usize,
    content: Vec<u8>,
    ciphertext: Vec<u8>,
    copy: Vec<u8>,
}

impl Primitives {
    /// As many bytes as this envelope has.
    pub(super) fn for_envelope(
        envelope: &[u8],
        plaintext: usize,
        rng: &mut ChaCha20Rng,
    ) -> Result<Self> {
        let json: serde_json::Value = serde_json::from_slice(envelope)?;
        let header = json["protected"].as_str().context("no header")?;
        let mut raw = [0; 32];
        rng.fill_bytes(&mut raw);
        let ours = PrivateKey::from_private_key(&X25519, &raw)?;
        rng.fill_bytes(&mut raw);
        let theirs = PrivateKey::from_private_key(&X25519, &raw)?;
        let mut key = [0; 64];
        rng.fill_bytes(&mut key);
        let mut floor = Self {
            raw,
            ours,
            theirs: theirs.compute_public_key()?.as_ref().to_vec(),
            key,
            iv: [7; 16],
            header: header.as_bytes().to_vec(),
            derived: vec![7; 300],
            wrapped: [0; 72],
            plaintext,
            content: Vec::with_capacity(MAX_ENVELOPE),
            ciphertext: Vec::new(),
            copy: Vec::with_capacity(MAX_ENVELOPE),
        };
        floor.content.resize(plaintext, b'a');
        floor.pack()?;
        floor.ciphertext.clone_from(&floor.content);
        Ok(floor)
    }

    pub(super) fn pack(&mut self) -> Result<()> {
        let ephemeral = PrivateKey::from_private_key(&X25519, &self.raw)?;
        std::hint::black_box(ephemeral.compute_public_key()?);
        self.agree(&ephemeral)?;
        self.content.truncate(self.plaintext);
        let cipher = UnboundCipherKey::new(&AES_256, self.key.get(32..).unwrap_or_default())?;
        let context = EncryptionContext::Iv128(FixedLength::from(self.iv));
        PaddedBlockEncryptingKey::cbc_pkcs7(cipher)?
            .less_safe_encrypt(&mut self.content, context)?;
        std::hint::black_box(self.mac(&self.content));
        self.agree(&self.ours)?;
        let kek = self.kek()?;
        kek.wrap(&self.key, &mut self.wrapped)?;
        Ok(())
    }

    pub(super) fn unpack(&mut self) -> Result<()> {
        self.agree(&self.ours)?;
        self.agree(&self.ours)?;
        let mut key = [0; 64];
        self.kek()?.unwrap(&self.wrapped, &mut key)?;
        std::hint::black_box(self.mac(&self.ciphertext));
        self.copy.clone_from(&self.ciphertext);
        let cipher = UnboundCipherKey::new(&AES_256, key.get(32..).unwrap_or_default())?;
        let context = DecryptionContext::Iv128(FixedLength::from(self.iv));
        let plain =
            PaddedBlockDecryptingKey::cbc_pkcs7(cipher)?.decrypt(&mut self.copy, context)?;
        anyhow::ensure!(plain.len() == self.plaintext, "the floor does not decrypt");
        Ok(())
    }

    fn agree(&self, ours: &PrivateKey) -> Result<()> {
        let theirs = UnparsedPublicKey::new(&X25519, &self.theirs);
        agree(ours, theirs, Unspecified, |secret| {
            std::hint::black_box(secret.to_vec());
            Ok(())
        })?;
        Ok(())
    }

    fn kek(&self) -> Result<AesKek> {
        let kek = digest(&SHA256, &self.derived);
        Ok(AesKek::new(&KEY_WRAP, kek.as_ref())?)
    }

    fn mac(&self, ciphertext: &[u8]) -> hmac::Tag {
        let key = hmac::Key::new(hmac::HMAC_SHA512, self.key.get(..32).unwrap_or_default());
        let mut mac = hmac::Context::with_key(&key);
        mac.update(&self.header);
        mac.update(&self.iv);
        mac.update(ciphertext);
        mac.sign()
    }
}
