//! Encryption at rest: the master key, the keys made from it, and the size classes that hide lengths.
//!
//! Everything is XChaCha20-Poly1305 under a random nonce; a sealed value is ciphertext, tag, nonce.
//! What a value belongs to (its file, place or key) is authenticated with it, so that values cannot
//! be swapped. Names become keyed hashes. Source: RFC 5869 (HKDF), draft-irtf-cfrg-xchacha-03.

use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce, aead::AeadInOut};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

/// Length of every key here.
pub(crate) const KEY: usize = 32;
/// What sealing adds: a tag of 16 bytes and a nonce of 24.
pub(crate) const OVERHEAD: usize = 16 + NONCE;
const NONCE: usize = 24;
/// What padding adds beside the padding: the length of the content.
pub(crate) const LENGTH: usize = 4;
/// Length of a name in the view: 128 bits, so that collisions stay out of reach.
pub(crate) const NAME: usize = 16;

/// A keyed hash that stands for a name.
pub(crate) type Name = [u8; NAME];

/// A secret of 32 bytes, wiped when dropped.
pub(crate) type Secret = Zeroizing<[u8; KEY]>;

/// Draws a fresh secret.
pub(crate) fn random_secret() -> Secret {
    let mut secret = Secret::default();
    rand::fill(&mut secret[..]);
    secret
}

/// Draws 16 bytes: a salt, or the id of a file.
pub(crate) fn random_id() -> [u8; 16] {
    rand::random()
}

/// Makes a key for one use from a secret that is random already.
#[expect(clippy::expect_used, reason = "HKDF-SHA256 yields up to 8160 bytes")]
pub(crate) fn derive(secret: &[u8], salt: &[u8], usage: &str) -> Secret {
    let mut key = Secret::default();
    Hkdf::<Sha256>::new(Some(salt), secret)
        .expand(usage.as_bytes(), &mut key[..])
        .expect("32 bytes fit");
    key
}

/// The keys of one profile, made from its master key.
pub(crate) struct Keys {
    /// Seals records of the journal.
    pub(crate) journal: Cipher,
    /// Marks beginnings of records in the journal.
    pub(crate) marks: Namer,
    /// Seals values of the view.
    pub(crate) values: Cipher,
    /// Names values of the view.
    pub(crate) names: Namer,
    /// Seals the file of epoch keys.
    pub(crate) epochs: Cipher,
    /// Seals the head of a backup.
    pub(crate) backup: Cipher,
}

impl Keys {
    pub(crate) fn new(master: &Secret) -> Self {
        let key = |usage| derive(&master[..], b"signet master", usage);
        Self {
            journal: Cipher::new(&key("journal")),
            marks: Namer::new(&key("journal marks")),
            values: Cipher::new(&key("view values")),
            names: Namer::new(&key("view names")),
            epochs: Cipher::new(&key("epochs")),
            backup: Cipher::new(&key("backup")),
        }
    }
}

/// Seals and opens bytes under one key.
pub(crate) struct Cipher(XChaCha20Poly1305);

impl Cipher {
    pub(crate) fn new(key: &Secret) -> Self {
        Self(XChaCha20Poly1305::new((&**key).into()))
    }

    /// Seals `plain`, bound to `about`.
    pub(crate) fn seal(&self, about: &[u8], plain: &[u8]) -> Vec<u8> {
        let mut buffer = Vec::with_capacity(plain.len() + OVERHEAD);
        buffer.extend_from_slice(plain);
        self.seal_buffer(about, buffer)
    }

    /// Seals `plain` so that the result has `total` bytes, or as many as it needs if those are more.
    pub(crate) fn seal_padded(&self, about: &[u8], plain: &[u8], total: usize) -> Vec<u8> {
        let padded = total.saturating_sub(OVERHEAD).max(plain.len() + LENGTH);
        let mut buffer = Vec::with_capacity(padded + OVERHEAD);
        buffer.extend_from_slice(&u32::try_from(plain.len()).unwrap_or(u32::MAX).to_le_bytes());
        buffer.extend_from_slice(plain);
        buffer.resize(padded, 0);
        self.seal_buffer(about, buffer)
    }

    #[expect(clippy::expect_used, reason = "the cipher takes up to 256 GiB")]
    fn seal_buffer(&self, about: &[u8], mut buffer: Vec<u8>) -> Vec<u8> {
        let nonce: [u8; NONCE] = rand::random();
        self.0
            .encrypt_in_place(&XNonce::from(nonce), about, &mut buffer)
            .expect("the value is small");
        buffer.extend_from_slice(&nonce);
        buffer
    }

    /// Opens what [`Cipher::seal`] made; `None` if a single bit of it, of `about` or of the key differs.
    pub(crate) fn open(&self, about: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (body, nonce) = sealed.split_last_chunk::<NONCE>()?;
        let mut buffer = Zeroizing::new(body.to_vec());
        self.0
            .decrypt_in_place(&XNonce::from(*nonce), about, &mut *buffer)
            .ok()?;
        Some(buffer)
    }

    /// Opens what [`Cipher::seal_padded`] made.
    pub(crate) fn open_padded(&self, about: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let mut buffer = self.open(about, sealed)?;
        let length = usize::try_from(u32::from_le_bytes(*buffer.first_chunk()?)).ok()?;
        if length > buffer.len() - LENGTH {
            return None;
        }
        buffer.copy_within(LENGTH..LENGTH + length, 0);
        buffer.truncate(length);
        Some(buffer)
    }
}

/// Turns names into keyed hashes.
pub(crate) struct Namer(Hkdf<Sha256>);

impl Namer {
    fn new(key: &Secret) -> Self {
        Self(Hkdf::new(None, &key[..]))
    }

    /// The name of `parts`, of which all but the last have a fixed length.
    #[expect(clippy::expect_used, reason = "HKDF-SHA256 yields up to 8160 bytes")]
    pub(crate) fn name(&self, parts: &[&[u8]]) -> Name {
        let mut name = [0; NAME];
        self.0
            .expand_multi_info(parts, &mut name)
            .expect("16 bytes fit");
        name
    }
}

/// The size class of `bytes`: at least `least` (a power of two), steps of a half below 16 KiB and of
/// an eighth above, so that a size tells little and costs little.
pub(crate) fn size_class(bytes: usize, least: usize) -> usize {
    let mut power = least;
    while bytes > power * 2 {
        power *= 2;
    }
    if bytes <= power {
        return power;
    }
    bytes.next_multiple_of(if power < 16 * 1024 {
        power / 2
    } else {
        power / 8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_opens_only_as_it_was_and_where_it_was() {
        let cipher = Cipher::new(&random_secret());
        let sealed = cipher.seal_padded(b"here", b"some words", 256);

        assert_eq!(sealed.len(), 256);
        assert_eq!(
            cipher.open_padded(b"here", &sealed).unwrap().as_slice(),
            b"some words"
        );
        assert!(cipher.open_padded(b"there", &sealed).is_none());
        assert!(
            Cipher::new(&random_secret())
                .open_padded(b"here", &sealed)
                .is_none()
        );
        for i in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[i] ^= 1;
            assert!(cipher.open_padded(b"here", &damaged).is_none(), "byte {i}");
            assert!(
                cipher.open_padded(b"here", &sealed[..i]).is_none(),
                "length {i}"
            );
        }
    }

    #[test]
    fn size_classes_rise_slowly_and_never_fall_short() {
        assert_eq!(size_class(1, 512), 512);
        assert_eq!(size_class(512, 512), 512);
        assert_eq!(size_class(513, 512), 768);
        assert_eq!(size_class(769, 512), 1024);
        assert_eq!(size_class(1025, 512), 1536);
        let mut last = 0;
        for bytes in (1..2_000_000).step_by(97) {
            let class = size_class(bytes, 512);
            assert!(
                class >= bytes && class >= last && class.is_multiple_of(64),
                "{bytes} -> {class}"
            );
            assert!(
                class <= 512 || class * 2 <= bytes * 3 + 2,
                "{bytes} -> {class}"
            );
            last = class;
        }
    }

    #[test]
    fn names_depend_on_the_key_and_on_every_part() {
        let namer = Namer::new(&random_secret());

        assert_eq!(namer.name(&[b"s", b"x"]), namer.name(&[b"s", b"x"]));
        assert_ne!(namer.name(&[b"s", b"x"]), namer.name(&[b"t", b"x"]));
        assert_ne!(
            namer.name(&[b"s", b"x"]),
            Namer::new(&random_secret()).name(&[b"s", b"x"])
        );
    }
}
