//! The floor of envelopes: the primitives of the same library (aws-lc-rs) over as many bytes.
//!
//! Sealing counts: one key made from random bytes with its public half, an agreement (two for
//! authcrypt), one SHA-256 over as many bytes as the key derivation takes, one AES key wrap of 64
//! bytes, AES-256-CBC over the plaintext where it lies, HMAC-SHA-512 over header, IV and
//! ciphertext. Opening counts: the agreements, the SHA-256, the unwrapping, the HMAC, and
//! AES-256-CBC over a copy of the ciphertext, since a plaintext must lie somewhere. Signing and
//! verifying count one signature over as many bytes as the JWS signs. Keys are loaded before, and
//! other people's points are uncompressed.
//! Not counted, though every implementation needs them: base64, JSON, names of keys and their hash,
//! roots for the points that documents hold compressed, and all checks.

use std::hint::black_box;

use anyhow::{Context, Result};
use aws_lc_rs::{
    agreement::{
        self, ECDH_P256, ECDH_P384, PrivateKey, UnparsedPublicKey as Theirs, X25519, agree,
    },
    cipher::{
        AES_256, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey,
        PaddedBlockEncryptingKey, UnboundCipherKey,
    },
    digest::{SHA256, digest},
    encoding::{AsBigEndian, EcPrivateKeyBin},
    error::Unspecified,
    hmac,
    iv::FixedLength,
    key_wrap::{AES_256 as KEY_WRAP, AesKek, KeyWrap},
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair,
        Ed25519KeyPair, KeyPair, UnparsedPublicKey, VerificationAlgorithm,
    },
};
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{Rng, SeedableRng},
};
use serde_json::Value;
use signet_didcomm::Curve;

/// What the key derivation hashes besides secrets and `apu`: lengths, the algorithm, `apv`, the tag.
const DERIVED: usize = 120;

/// An envelope's primitives.
pub(crate) struct Sealing {
    algorithm: &'static agreement::Algorithm,
    raw: Vec<u8>,
    ours: PrivateKey,
    theirs: Vec<u8>,
    agreements: usize,
    key: [u8; 64],
    iv: [u8; 16],
    header: Vec<u8>,
    derived: Vec<u8>,
    wrapped: [u8; 72],
    plaintext: usize,
    content: Vec<u8>,
    ciphertext: Vec<u8>,
    copy: Vec<u8>,
}

impl Sealing {
    /// As many bytes as this envelope has, of a plaintext of so many, with so many agreements.
    pub(crate) fn of(
        curve: Curve,
        envelope: &[u8],
        plaintext: usize,
        agreements: usize,
    ) -> Result<Self> {
        let json: Value = serde_json::from_slice(envelope)?;
        let header = json["protected"].as_str().context("no header")?;
        let kid = json["recipients"][0]["header"]["kid"].as_str();
        let kid = kid.context("no recipient")?;
        let algorithm = match curve {
            Curve::P256 => &ECDH_P256,
            Curve::P384 => &ECDH_P384,
            _ => &X25519,
        };
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        let mut key = || draw(curve, &mut rng);
        let (raw, theirs) = (key(), PrivateKey::from_private_key(algorithm, &key())?);
        let mut floor = Self {
            algorithm,
            ours: PrivateKey::from_private_key(algorithm, &raw)?,
            theirs: theirs.compute_public_key()?.as_ref().to_vec(),
            derived: vec![7; DERIVED + agreements * raw.len() + kid.len()],
            raw,
            agreements,
            key: [5; 64],
            iv: [7; 16],
            header: header.as_bytes().to_vec(),
            wrapped: [0; 72],
            plaintext,
            content: Vec::with_capacity(plaintext + 16),
            ciphertext: Vec::new(),
            copy: Vec::with_capacity(plaintext + 16),
        };
        floor.content.resize(plaintext, b'a');
        floor.seal()?;
        floor.ciphertext.clone_from(&floor.content);
        Ok(floor)
    }

    pub(crate) fn seal(&mut self) -> Result<()> {
        let ephemeral = PrivateKey::from_private_key(self.algorithm, &self.raw)?;
        black_box(ephemeral.compute_public_key()?);
        self.agree(&ephemeral)?;
        self.content.truncate(self.plaintext);
        let cipher = UnboundCipherKey::new(&AES_256, self.key.get(32..).unwrap_or_default())?;
        let context = EncryptionContext::Iv128(FixedLength::from(self.iv));
        PaddedBlockEncryptingKey::cbc_pkcs7(cipher)?
            .less_safe_encrypt(&mut self.content, context)?;
        black_box(self.mac(&self.content));
        for _ in 1..self.agreements {
            self.agree(&self.ours)?;
        }
        self.kek()?.wrap(&self.key, &mut self.wrapped)?;
        Ok(())
    }

    pub(crate) fn open(&mut self) -> Result<()> {
        for _ in 0..self.agreements {
            self.agree(&self.ours)?;
        }
        let mut key = [0; 64];
        self.kek()?.unwrap(&self.wrapped, &mut key)?;
        black_box(self.mac(&self.ciphertext));
        self.copy.clone_from(&self.ciphertext);
        let cipher = UnboundCipherKey::new(&AES_256, key.get(32..).unwrap_or_default())?;
        let context = DecryptionContext::Iv128(FixedLength::from(self.iv));
        let plain =
            PaddedBlockDecryptingKey::cbc_pkcs7(cipher)?.decrypt(&mut self.copy, context)?;
        anyhow::ensure!(plain.len() == self.plaintext, "the floor does not decrypt");
        Ok(())
    }

    fn agree(&self, ours: &PrivateKey) -> Result<()> {
        let theirs = Theirs::new(self.algorithm, &self.theirs);
        agree(ours, theirs, Unspecified, |secret| {
            black_box(secret.to_vec());
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

/// A signature's primitive.
pub(crate) struct Signing {
    pair: SigningPair,
    public: Vec<u8>,
    input: Vec<u8>,
    signature: Vec<u8>,
}

enum SigningPair {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair, SystemRandom),
}

impl Signing {
    /// As many bytes as this JWS signs.
    pub(crate) fn of(curve: Curve, jws: &[u8]) -> Result<Self> {
        let json: Value = serde_json::from_slice(jws)?;
        let payload = json["payload"].as_str().context("no payload")?;
        let header = json["signatures"][0]["protected"].as_str();
        let header = header.context("no header")?;
        let pair = match curve {
            Curve::P256 => {
                let key = PrivateKey::from_private_key(&ECDH_P256, &[7; 32])?;
                let public = key.compute_public_key()?;
                let raw: EcPrivateKeyBin<'_> = key.as_be_bytes()?;
                let pair = EcdsaKeyPair::from_private_key_and_public_key(
                    &ECDSA_P256_SHA256_FIXED_SIGNING,
                    raw.as_ref(),
                    public.as_ref(),
                )?;
                SigningPair::P256(pair, SystemRandom::new())
            }
            _ => SigningPair::Ed25519(Ed25519KeyPair::from_seed_unchecked(&[7; 32])?),
        };
        let public = match &pair {
            SigningPair::Ed25519(pair) => pair.public_key().as_ref().to_vec(),
            SigningPair::P256(pair, _) => pair.public_key().as_ref().to_vec(),
        };
        let mut floor = Self {
            pair,
            public,
            input: format!("{header}.{payload}").into_bytes(),
            signature: Vec::new(),
        };
        floor.signature = floor.signature()?;
        Ok(floor)
    }

    pub(crate) fn sign(&self) -> Result<()> {
        black_box(self.signature()?);
        Ok(())
    }

    pub(crate) fn verify(&self) -> Result<()> {
        let algorithm: &dyn VerificationAlgorithm = match self.pair {
            SigningPair::Ed25519(_) => &ED25519,
            SigningPair::P256(..) => &ECDSA_P256_SHA256_FIXED,
        };
        UnparsedPublicKey::new(algorithm, &self.public).verify(&self.input, &self.signature)?;
        Ok(())
    }

    fn signature(&self) -> Result<Vec<u8>> {
        let signature = match &self.pair {
            SigningPair::Ed25519(pair) => pair.sign(&self.input),
            SigningPair::P256(pair, random) => pair.sign(random, &self.input)?,
        };
        Ok(signature.as_ref().to_vec())
    }
}

/// A number below the order of the curve.
pub(crate) fn draw(curve: Curve, rng: &mut ChaCha20Rng) -> Vec<u8> {
    let mut raw = vec![
        0;
        match curve {
            Curve::P384 => 48,
            _ => 32,
        }
    ];
    if let Some(lower) = raw.get_mut(1..) {
        rng.fill_bytes(lower);
    }
    raw
}
