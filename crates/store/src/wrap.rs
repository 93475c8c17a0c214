//! The wraps of the master key: what opens a profile.
//!
//! The file `keys` holds the master key sealed several times: under a passphrase (Argon2id), under a
//! secret that the operating system's keyring keeps, under a secret that lies beside it (a profile
//! without protection), and always under the unlock code. Changing a wrap does not change the master
//! key: an old copy of the file still opens with the old passphrase.

use std::{io, path::Path};

use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::{
    SCHEMA,
    folder::{self, KEYS},
    sealed::{Cipher, KEY, Secret, derive, random_id, random_secret},
    unlock_code::{CodeError, UnlockCode},
};

const MAGIC: &[u8; 16] = b"signet keys    \n";

/// 64 MiB, three passes: about 0.2 s on a laptop, which a person does not feel once a start.
const ARGON_MEMORY: u32 = 64 * 1024;
const ARGON_PASSES: u32 = 3;
/// A file may ask for at most this much, so that a forged backup cannot exhaust the machine.
const ARGON_MEMORY_MAX: u32 = 1024 * 1024;
const ARGON_PASSES_MAX: u32 = 16;

/// What shall open a profile, beside the unlock code, which always does.
#[derive(Clone, Copy, Default)]
pub struct Wraps<'a> {
    /// A passphrase, not empty.
    pub passphrase: Option<&'a str>,
    /// The secret that the operating system's keyring holds for this profile.
    pub keyring: Option<[u8; KEY]>,
    /// The key lies in a file that only its owner reads: whoever has the files has everything.
    pub plain: bool,
}

/// How a profile is opened.
#[derive(Clone, Copy)]
pub enum Unlock<'a> {
    /// By its passphrase.
    Passphrase(&'a str),
    /// By the secret from the keyring.
    Keyring([u8; KEY]),
    /// By the file that its owner can read.
    Plain,
    /// By the unlock code, as typed.
    Code(&'a str),
}

/// Why the master key stays wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnlockError {
    /// A wrong passphrase.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    /// The keyring holds another profile's secret.
    #[error("the secret in the keyring does not open this profile")]
    WrongKeyring,
    /// A well-formed unlock code, but not this one's.
    #[error("this unlock code belongs to another profile, or a fresher one was made since")]
    WrongCode,
    /// The text is no unlock code.
    #[error(transparent)]
    NoCode(CodeError),
    /// This profile has no wrap of that kind.
    #[error("the profile has no {0}")]
    NotSet(&'static str),
    /// An empty passphrase protects nothing.
    #[error("the passphrase is empty")]
    EmptyPassphrase,
    /// The file asks for more memory or time than any of ours.
    #[error("the key file asks for an unreasonable amount of memory")]
    Unreasonable,
}

/// The master key, wrapped.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Wrapped {
    schema: u32,
    passphrase: Option<ByPassphrase>,
    keyring: Option<BySecret>,
    plain: Option<Plain>,
    code: BySecret,
}

#[derive(Clone, Serialize, Deserialize)]
struct ByPassphrase {
    memory: u32,
    passes: u32,
    salt: [u8; 16],
    master: ByteBuf,
}

#[derive(Clone, Serialize, Deserialize)]
struct BySecret {
    salt: [u8; 16],
    master: ByteBuf,
}

#[derive(Clone, Serialize, Deserialize)]
struct Plain {
    secret: ByteBuf,
    wrap: BySecret,
}

/// What a file of keys turned out to be.
pub(crate) enum Found {
    Missing,
    Damaged,
    Newer(u32),
    Here(Box<Wrapped>),
}

impl Wrapped {
    /// Wraps `master` in each of `wraps` and in a fresh unlock code.
    pub(crate) fn new(
        master: &Secret,
        wraps: &Wraps<'_>,
    ) -> Result<(Self, UnlockCode), UnlockError> {
        let code = UnlockCode::random();
        let mut wrapped = Self {
            schema: SCHEMA,
            passphrase: None,
            keyring: None,
            plain: None,
            code: BySecret::wrap(master, code.secret(), "unlock code"),
        };
        wrapped.set(master, wraps)?;
        Ok((wrapped, code))
    }

    pub(crate) fn set(&mut self, master: &Secret, wraps: &Wraps<'_>) -> Result<(), UnlockError> {
        self.passphrase = wraps
            .passphrase
            .map(|p| ByPassphrase::wrap(master, p))
            .transpose()?;
        self.keyring = wraps
            .keyring
            .map(|secret| BySecret::wrap(master, &secret, "keyring"));
        self.plain = wraps.plain.then(|| {
            let secret = random_secret();
            Plain {
                secret: ByteBuf::from(secret.to_vec()),
                wrap: BySecret::wrap(master, &secret[..], "plain"),
            }
        });
        Ok(())
    }

    pub(crate) fn set_passphrase(
        &mut self,
        master: &Secret,
        passphrase: Option<&str>,
    ) -> Result<(), UnlockError> {
        self.passphrase = passphrase
            .map(|p| ByPassphrase::wrap(master, p))
            .transpose()?;
        Ok(())
    }

    pub(crate) fn set_keyring(&mut self, master: &Secret, keyring: Option<[u8; KEY]>) {
        self.keyring = keyring.map(|secret| BySecret::wrap(master, &secret, "keyring"));
    }

    pub(crate) fn fresh_code(&mut self, master: &Secret) -> UnlockCode {
        let code = UnlockCode::random();
        self.code = BySecret::wrap(master, code.secret(), "unlock code");
        code
    }

    /// Without what only works on this machine: the form that goes into a backup.
    pub(crate) fn portable(&self) -> Self {
        Self {
            keyring: None,
            plain: None,
            ..self.clone()
        }
    }

    /// Which wraps there are: passphrase, keyring, plain.
    pub(crate) fn present(&self) -> (bool, bool, bool) {
        (
            self.passphrase.is_some(),
            self.keyring.is_some(),
            self.plain.is_some(),
        )
    }

    pub(crate) fn unwrap(&self, unlock: &Unlock<'_>) -> Result<Secret, UnlockError> {
        match unlock {
            Unlock::Passphrase(passphrase) => self
                .passphrase
                .as_ref()
                .ok_or(UnlockError::NotSet("passphrase"))?
                .unwrap(passphrase),
            Unlock::Keyring(secret) => {
                let wrap = self
                    .keyring
                    .as_ref()
                    .ok_or(UnlockError::NotSet("secret in a keyring"))?;
                wrap.unwrap(secret, "keyring")
                    .ok_or(UnlockError::WrongKeyring)
            }
            Unlock::Plain => {
                let plain = self
                    .plain
                    .as_ref()
                    .ok_or(UnlockError::NotSet("key that lies open"))?;
                plain
                    .wrap
                    .unwrap(&plain.secret, "plain")
                    .ok_or(UnlockError::NotSet("key that lies open"))
            }
            Unlock::Code(text) => {
                let code = UnlockCode::parse(text).map_err(UnlockError::NoCode)?;
                self.code
                    .unwrap(code.secret(), "unlock code")
                    .ok_or(UnlockError::WrongCode)
            }
        }
    }

    pub(crate) fn read(dir: &Path) -> io::Result<Found> {
        // A file that is being replaced may be caught while the old one is erased; the second look
        // finds the one that took its place.
        match Self::read_once(dir)? {
            Found::Damaged => Self::read_once(dir),
            found => Ok(found),
        }
    }

    fn read_once(dir: &Path) -> io::Result<Found> {
        match std::fs::read(dir.join(KEYS)) {
            Ok(content) => {
                Ok(folder::sound_copy(MAGIC, &content).map_or(Found::Damaged, Self::parse))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Found::Missing),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn parse(body: &[u8]) -> Found {
        #[derive(Deserialize)]
        struct Version {
            schema: u32,
        }
        match ciborium::from_reader::<Version, _>(body) {
            Ok(version) if version.schema > SCHEMA => Found::Newer(version.schema),
            Ok(_) => ciborium::from_reader(body)
                .map_or(Found::Damaged, |wrapped| Found::Here(Box::new(wrapped))),
            Err(_) => Found::Damaged,
        }
    }

    pub(crate) fn to_vec(&self) -> Vec<u8> {
        crate::record::encode(self)
    }

    /// Writes the file; what the old one held is erased.
    pub(crate) fn write(&self, dir: &Path) -> io::Result<()> {
        folder::replace_and_erase(dir, KEYS, &folder::twofold(MAGIC, &self.to_vec()))
    }
}

impl ByPassphrase {
    fn wrap(master: &Secret, passphrase: &str) -> Result<Self, UnlockError> {
        let mut wrap = Self {
            memory: ARGON_MEMORY,
            passes: ARGON_PASSES,
            salt: random_id(),
            master: ByteBuf::default(),
        };
        let key = wrap.key(passphrase)?;
        wrap.master = ByteBuf::from(Cipher::new(&key).seal(b"passphrase", &master[..]));
        Ok(wrap)
    }

    fn unwrap(&self, passphrase: &str) -> Result<Secret, UnlockError> {
        let key = self.key(passphrase)?;
        open_master(&key, b"passphrase", &self.master).ok_or(UnlockError::WrongPassphrase)
    }

    fn key(&self, passphrase: &str) -> Result<Secret, UnlockError> {
        if passphrase.is_empty() {
            return Err(UnlockError::EmptyPassphrase);
        }
        if self.memory > ARGON_MEMORY_MAX || self.passes > ARGON_PASSES_MAX {
            return Err(UnlockError::Unreasonable);
        }
        let parameters = Params::new(self.memory, self.passes, 1, Some(KEY))
            .map_err(|_| UnlockError::Unreasonable)?;
        let mut key = Secret::default();
        Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
            .hash_password_into(passphrase.as_bytes(), &self.salt, &mut key[..])
            .map_err(|_| UnlockError::Unreasonable)?;
        Ok(key)
    }
}

impl BySecret {
    fn wrap(master: &Secret, secret: &[u8], usage: &str) -> Self {
        let salt = random_id();
        let key = derive(secret, &salt, usage);
        Self {
            salt,
            master: ByteBuf::from(Cipher::new(&key).seal(usage.as_bytes(), &master[..])),
        }
    }

    fn unwrap(&self, secret: &[u8], usage: &str) -> Option<Secret> {
        open_master(
            &derive(secret, &self.salt, usage),
            usage.as_bytes(),
            &self.master,
        )
    }
}

fn open_master(key: &Secret, about: &[u8], sealed: &[u8]) -> Option<Secret> {
    let bytes = Cipher::new(key).open(about, sealed)?;
    Some(Secret::new(bytes.as_slice().try_into().ok()?))
}
