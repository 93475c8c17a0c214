//! Epoch keys: what seals the secret keys of identities, so that they can die.
//!
//! The journal only grows, and sled keeps old pages, so a secret written there stays. Therefore each
//! identity's keys are sealed under a key of its own, its epoch; all epoch keys live in one small
//! file, under the master key. Destroying an identity rewrites that file without its epoch and
//! erases the old one: from then on nothing on this disk opens what the epoch sealed, not even the
//! master key. One epoch for each identity means that nothing else ever has to be sealed again.
//!
//! The file holds spare keys, so that making an identity costs no rewriting. A key is durable before
//! anything is sealed under it, and is destroyed only after the destruction was committed; a crash in
//! between leaves the debt in the view ([`crate::identities::Identities`]), paid at the next start.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use signet_didcomm::key::SecretKeys;
use signet_protocol::identity::Identity;
use zeroize::Zeroizing;

use crate::{
    folder::{self, EPOCHS},
    record::{SealedIdentity, decode},
    sealed::{Cipher, KEY, Keys, LENGTH, OVERHEAD, Secret, random_secret, size_class},
};

const MAGIC: &[u8; 16] = b"signet epochs  \n";
/// How many spare keys a rewriting leaves.
const SPARES: usize = 32;

/// The living epoch keys and some spare ones, by number.
pub(crate) struct Epochs {
    dir: PathBuf,
    /// The number that the next key to be made gets; numbers are never used twice.
    next: u64,
    keys: BTreeMap<u64, Secret>,
    /// The file still holds keys that were destroyed here: the last rewriting failed.
    behind: bool,
}

#[derive(Serialize, Deserialize)]
struct Form {
    next: u64,
    keys: Vec<(u64, ByteBuf)>,
}

impl Epochs {
    /// The first file of a profile.
    pub(crate) fn create(dir: &Path, keys: &Keys) -> io::Result<()> {
        let mut epochs = Self {
            dir: dir.to_owned(),
            next: 1,
            keys: BTreeMap::new(),
            behind: false,
        };
        epochs.make_spares(0);
        folder::replace(dir, EPOCHS, &epochs.to_file(keys))
    }

    /// Reads the file; `None` if it is missing or damaged beyond its second copy.
    pub(crate) fn read(dir: &Path, keys: &Keys) -> io::Result<Option<Self>> {
        match std::fs::read(dir.join(EPOCHS)) {
            Ok(content) => Ok(
                folder::sound_copy(MAGIC, &content).and_then(|body| Self::open(dir, keys, body))
            ),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Opens the sealed form, as it also lies in a backup.
    pub(crate) fn open(dir: &Path, keys: &Keys, sealed: &[u8]) -> Option<Self> {
        let plain = keys.epochs.open_padded(MAGIC, sealed)?;
        let form: Form = decode(&plain)?;
        let mut epochs = Self {
            dir: dir.to_owned(),
            next: form.next,
            keys: BTreeMap::new(),
            behind: false,
        };
        for (number, key) in form.keys {
            epochs.keys.insert(
                number,
                Secret::new(<[u8; KEY]>::try_from(key.as_slice()).ok()?),
            );
        }
        Some(epochs)
    }

    /// The sealed form of those keys that `keep` names.
    pub(crate) fn seal(&self, keys: &Keys, keep: impl Fn(u64) -> bool) -> Vec<u8> {
        let kept = self.keys.iter().filter(|(number, _)| keep(**number));
        let form = Form {
            next: self.next,
            keys: kept
                .map(|(number, key)| (*number, ByteBuf::from(key.to_vec())))
                .collect(),
        };
        let plain = Zeroizing::new(crate::record::encode(&form));
        keys.epochs.seal_padded(
            MAGIC,
            &plain,
            size_class(plain.len() + LENGTH + OVERHEAD, 4096),
        )
    }

    /// The number of a spare key, above `used`, that is on disk already.
    pub(crate) fn spare(&mut self, keys: &Keys, used: u64) -> io::Result<u64> {
        if let Some((number, _)) = self.keys.range(used + 1..).next() {
            return Ok(*number);
        }
        let before = self.next;
        self.make_spares(used);
        if let Err(error) = folder::replace(&self.dir, EPOCHS, &self.to_file(keys)) {
            self.keys.retain(|number, _| *number < before);
            self.next = before;
            return Err(error);
        }
        Ok(before.max(used + 1))
    }

    /// Destroys these keys: writes the file without them and erases the old one.
    pub(crate) fn destroy(&mut self, keys: &Keys, numbers: &[u64], used: u64) -> io::Result<()> {
        for number in numbers {
            self.behind |= self.keys.remove(number).is_some();
        }
        if !self.behind {
            return Ok(());
        }
        self.make_spares(used);
        folder::replace_and_erase(&self.dir, EPOCHS, &self.to_file(keys))?;
        self.behind = false;
        Ok(())
    }

    pub(crate) fn holds(&self, number: u64) -> bool {
        self.keys.contains_key(&number)
    }

    /// Seals an identity's keys under an epoch of this file.
    pub(crate) fn seal_identity(&self, identity: &Identity, epoch: u64) -> Option<SealedIdentity> {
        let cipher = Cipher::new(self.keys.get(&epoch)?);
        let plain = Zeroizing::new(crate::record::encode(&identity.keys));
        let total = size_class(plain.len() + LENGTH + OVERHEAD, 256);
        Some(SealedIdentity {
            did: identity.did.clone(),
            purpose: identity.purpose.clone(),
            created: identity.created,
            epoch,
            keys: ByteBuf::from(cipher.seal_padded(&epoch.to_le_bytes(), &plain, total)),
            via: identity.via.clone(),
        })
    }

    /// Opens an identity; `None` if its epoch is gone.
    pub(crate) fn open_identity(&self, sealed: SealedIdentity) -> Option<Identity> {
        let cipher = Cipher::new(self.keys.get(&sealed.epoch)?);
        let plain = cipher.open_padded(&sealed.epoch.to_le_bytes(), &sealed.keys)?;
        let keys: SecretKeys = decode(&plain)?;
        Some(sealed.open(keys))
    }

    fn make_spares(&mut self, used: u64) {
        self.next = self.next.max(used + 1);
        while self.keys.range(used + 1..).count() < SPARES {
            self.keys.insert(self.next, random_secret());
            self.next += 1;
        }
    }

    fn to_file(&self, keys: &Keys) -> Vec<u8> {
        Self::file_of(&self.seal(keys, |_| true))
    }

    /// The file that holds this sealed form.
    pub(crate) fn file_of(sealed: &[u8]) -> Vec<u8> {
        folder::twofold(MAGIC, sealed)
    }
}

#[cfg(test)]
mod tests;
