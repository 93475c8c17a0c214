//! Content encryption and the wrapping of content keys.
//!
//! Source: RFC 7518 §5.2 (A256CBC-HS512), §5.3 (A256GCM); draft-amringer-jose-chacha-02 (XC20P);
//! RFC 3394 (AES key wrap).

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{
    AES_256, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey,
    PaddedBlockEncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::key_wrap::{AES_256 as KEY_WRAP_AES_256, AesKek, KeyWrap};
use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::kdf::Kek;

/// The largest content key, that of A256CBC-HS512.
const MAX_KEY: usize = 64;

/// How content is encrypted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum ContentCipher {
    /// Every implementation has it; the only one for authcrypt.
    #[default]
    A256CbcHs512,
    /// Recommended for anoncrypt.
    A256Gcm,
    /// Optional for anoncrypt.
    Xc20P,
}

/// A content key, wiped when dropped.
pub(super) struct ContentKey {
    bytes: Zeroizing<[u8; MAX_KEY]>,
    cipher: ContentCipher,
}

impl ContentCipher {
    /// The name in `enc`.
    pub fn name(self) -> &'static str {
        match self {
            Self::A256CbcHs512 => "A256CBC-HS512",
            Self::A256Gcm => "A256GCM",
            Self::Xc20P => "XC20P",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        [Self::A256CbcHs512, Self::A256Gcm, Self::Xc20P]
            .into_iter()
            .find(|cipher| cipher.name() == name)
    }

    fn key_length(self) -> usize {
        match self {
            Self::A256CbcHs512 => 64,
            Self::A256Gcm | Self::Xc20P => 32,
        }
    }

    pub(super) fn iv_length(self) -> usize {
        match self {
            Self::A256CbcHs512 => 16,
            Self::A256Gcm => 12,
            Self::Xc20P => 24,
        }
    }

    fn tag_length(self) -> usize {
        match self {
            Self::A256CbcHs512 => 32,
            Self::A256Gcm | Self::Xc20P => 16,
        }
    }
}

impl ContentKey {
    pub(super) fn draw(cipher: ContentCipher, rng: &mut impl CryptoRng) -> Self {
        let mut bytes = Zeroizing::new([0; MAX_KEY]);
        if let Some(key) = bytes.get_mut(..cipher.key_length()) {
            rng.fill_bytes(key);
        }
        Self { bytes, cipher }
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.cipher.key_length()).unwrap_or(&[])
    }

    /// Encrypts `content` where it lies and yields the tag.
    pub(super) fn seal(&self, iv: &[u8], aad: &[u8], content: &mut Vec<u8>) -> Option<Vec<u8>> {
        match self.cipher {
            ContentCipher::A256CbcHs512 => {
                let (mac_key, key) = self.bytes().split_at(32);
                let context =
                    EncryptionContext::Iv128(FixedLength::from(<&[u8; 16]>::try_from(iv).ok()?));
                let key = UnboundCipherKey::new(&AES_256, key).ok()?;
                let key = PaddedBlockEncryptingKey::cbc_pkcs7(key).ok()?;
                key.less_safe_encrypt(content, context).ok()?;
                Some(mac(mac_key, iv, aad, content).as_ref().get(..32)?.to_vec())
            }
            ContentCipher::A256Gcm => {
                let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, self.bytes()).ok()?);
                let nonce = Nonce::try_assume_unique_for_key(iv).ok()?;
                let tag = key
                    .seal_in_place_separate_tag(nonce, Aad::from(aad), content)
                    .ok()?;
                Some(tag.as_ref().to_vec())
            }
            ContentCipher::Xc20P => {
                let key = XChaCha20Poly1305::new_from_slice(self.bytes()).ok()?;
                let nonce = iv.try_into().ok()?;
                let tag = key
                    .encrypt_inout_detached(nonce, aad, content.as_mut_slice().into())
                    .ok()?;
                Some(tag.to_vec())
            }
        }
    }

    /// Decrypts `content` where it lies. `None` says nothing of what failed.
    pub(super) fn open(
        &self,
        iv: &[u8],
        aad: &[u8],
        mut content: Vec<u8>,
        tag: &[u8],
    ) -> Option<Vec<u8>> {
        if iv.len() != self.cipher.iv_length() || tag.len() != self.cipher.tag_length() {
            return None;
        }
        match self.cipher {
            ContentCipher::A256CbcHs512 => {
                let (mac_key, key) = self.bytes().split_at(32);
                let expected = mac(mac_key, iv, aad, &content);
                verify_slices_are_equal(expected.as_ref().get(..32)?, tag).ok()?;
                let context =
                    DecryptionContext::Iv128(FixedLength::from(<&[u8; 16]>::try_from(iv).ok()?));
                let key = UnboundCipherKey::new(&AES_256, key).ok()?;
                let key = PaddedBlockDecryptingKey::cbc_pkcs7(key).ok()?;
                let length = key.decrypt(&mut content, context).ok()?.len();
                content.truncate(length);
                Some(content)
            }
            ContentCipher::A256Gcm => {
                let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, self.bytes()).ok()?);
                let nonce = Nonce::try_assume_unique_for_key(iv).ok()?;
                content.extend_from_slice(tag);
                let length = key
                    .open_in_place(nonce, Aad::from(aad), &mut content)
                    .ok()?
                    .len();
                content.truncate(length);
                Some(content)
            }
            ContentCipher::Xc20P => {
                let key = XChaCha20Poly1305::new_from_slice(self.bytes()).ok()?;
                let (nonce, tag) = (iv.try_into().ok()?, tag.try_into().ok()?);
                key.decrypt_inout_detached(nonce, aad, content.as_mut_slice().into(), tag)
                    .ok()?;
                Some(content)
            }
        }
    }

    /// The key wrapped for one recipient.
    pub(super) fn wrap(&self, kek: &Kek) -> Option<Vec<u8>> {
        let mut wrapped = vec![0; self.bytes().len() + 8];
        let kek = AesKek::new(&KEY_WRAP_AES_256, &**kek).ok()?;
        kek.wrap(self.bytes(), &mut wrapped).ok()?;
        Some(wrapped)
    }

    /// The key that a sender wrapped for us.
    pub(super) fn unwrap(cipher: ContentCipher, wrapped: &[u8], kek: &Kek) -> Option<Self> {
        if wrapped.len() != cipher.key_length() + 8 {
            return None;
        }
        let mut bytes = Zeroizing::new([0; MAX_KEY]);
        let kek = AesKek::new(&KEY_WRAP_AES_256, &**kek).ok()?;
        kek.unwrap(wrapped, &mut *bytes).ok()?;
        Some(Self { bytes, cipher })
    }
}

fn mac(key: &[u8], iv: &[u8], aad: &[u8], ciphertext: &[u8]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA512, key));
    context.update(aad);
    context.update(iv);
    context.update(ciphertext);
    context.update(&(aad.len() as u64 * 8).to_be_bytes());
    context.sign()
}
