//! Unlocking: a passphrase, the OS keyring, or a key that lies beside the profile.

use std::path::Path;

use rand::{TryRng, rngs::SysRng};
use signet_store::{self as store, UnlockCode, Wraps};

use crate::view::ViewError;

/// The keyring's name for us.
const SERVICE: &str = "chat.signet.desktop";

/// How a new profile is to be locked. An unlock code always exists besides.
#[derive(Clone, Default)]
pub struct Secrets {
    /// A passphrase.
    pub passphrase: Option<String>,
    /// The OS keyring.
    pub keyring: bool,
    /// Neither: the key lies in a file that only its owner reads.
    pub plain: bool,
}

/// How to open a profile.
#[derive(Clone)]
pub enum Unlock {
    /// By the OS keyring.
    Keyring,
    /// By its passphrase.
    Passphrase(String),
    /// By the key beside it.
    Plain,
    /// By the unlock code from the sheet.
    Code(String),
}

impl Unlock {
    /// By what a person typed where a passphrase was asked: the unlock code counts too, and
    /// being checksummed it is taken for nothing else.
    #[must_use]
    pub fn typed(text: String) -> Self {
        match UnlockCode::parse(&text) {
            Ok(_) => Self::Code(text),
            Err(_) => Self::Passphrase(text),
        }
    }
}

/// Whether an OS keyring answers on this machine. May take a moment.
#[must_use]
pub fn keyring_answers() -> bool {
    keyring::Entry::store_status().is_ok()
        && keyring::Entry::new(SERVICE, "probe")
            .is_ok_and(|entry| matches!(entry.get_secret(), Ok(_) | Err(keyring::Error::NoEntry)))
}

/// Makes what the store needs of `secrets`; a fresh keyring secret is laid into the keyring first.
pub(crate) fn with_wraps<T>(
    profile: &Path,
    secrets: &Secrets,
    act: impl FnOnce(&Wraps) -> Result<T, ViewError>,
) -> Result<T, ViewError> {
    let keyring = if secrets.keyring {
        Some(lay_into_keyring(profile)?)
    } else {
        None
    };
    act(&Wraps {
        passphrase: secrets.passphrase.as_deref(),
        keyring,
        plain: secrets.plain,
    })
}

/// Opens with whatever `unlock` stands for.
pub(crate) fn with_unlock<T>(
    profile: &Path,
    unlock: &Unlock,
    act: impl FnOnce(&store::Unlock) -> Result<T, ViewError>,
) -> Result<T, ViewError> {
    match unlock {
        Unlock::Keyring => {
            let secret = entry(profile)?.get_secret().map_err(no_keyring)?;
            let secret = secret.try_into().map_err(|_| {
                ViewError::new("the keyring holds something else than this profile's key")
            })?;
            act(&store::Unlock::Keyring(secret))
        }
        Unlock::Passphrase(passphrase) => act(&store::Unlock::Passphrase(passphrase)),
        Unlock::Plain => act(&store::Unlock::Plain),
        Unlock::Code(code) => act(&store::Unlock::Code(code)),
    }
}

fn lay_into_keyring(profile: &Path) -> Result<[u8; 32], ViewError> {
    let secret = random()?;
    entry(profile)?.set_secret(&secret).map_err(no_keyring)?;
    Ok(secret)
}

fn entry(profile: &Path) -> Result<keyring::Entry, ViewError> {
    let path = std::path::absolute(profile).map_err(ViewError::new)?;
    keyring::Entry::new(SERVICE, &path.to_string_lossy()).map_err(no_keyring)
}

fn no_keyring(error: keyring::Error) -> ViewError {
    ViewError::new(format!(
        "the keyring of this computer does not answer: {error}"
    ))
}

pub(crate) fn random() -> Result<[u8; 32], ViewError> {
    let mut bytes = [0; 32];
    SysRng.try_fill_bytes(&mut bytes).map_err(ViewError::new)?;
    Ok(bytes)
}
