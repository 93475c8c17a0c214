//! With the master key in hand: everything that a profile holds is opened, and searched.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    ops::ControlFlow,
    path::Path,
    sync::Arc,
};

use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use signet_didcomm::did::{Did, peer2};
use signet_protocol::{
    change::Change,
    contact::ContactId,
    identity::{Identity, Purpose},
    time::Timestamp,
};

use super::*;
use crate::{
    Store, Unlock, Wraps,
    folder::JOURNAL,
    journal::{
        HEADER, Header, read_header,
        replay::{Next, Replay},
    },
    record::{Record, encode},
    view::View,
    wrap::{Found, Wrapped},
};

const PLAIN: Wraps<'_> = Wraps {
    passphrase: None,
    keyring: None,
    plain: true,
};

fn identity(seed: u64) -> Identity {
    let (did, keys) = peer2::create(&[], &mut ChaCha8Rng::seed_from_u64(seed));
    Identity {
        did,
        keys,
        purpose: Purpose::Contact(ContactId([1; 16])),
        via: Vec::new(),
        created: Timestamp(1),
    }
}

/// The secret bytes of the keys.
fn secrets(identity: &Identity) -> Vec<Vec<u8>> {
    fn collect(value: &ciborium::Value, found: &mut Vec<Vec<u8>>) {
        match value {
            ciborium::Value::Bytes(bytes) => found.push(bytes.clone()),
            ciborium::Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            ciborium::Value::Map(items) => items.iter().for_each(|(_, item)| collect(item, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    collect(&decode(&encode(&identity.keys)).unwrap(), &mut found);
    assert_eq!(found.len(), 2);
    found
}

/// Everything that opens with the master key, and with the epoch keys that are left.
struct Looted {
    plaintexts: Vec<Vec<u8>>,
    /// DIDs of which a sealed identity was found at all, and those that opened.
    found: BTreeSet<String>,
    opened: BTreeSet<String>,
}

impl Looted {
    fn knows(&self, identity: &Identity) -> bool {
        secrets(identity).iter().any(|secret| {
            self.plaintexts
                .iter()
                .any(|plain| plain.windows(secret.len()).any(|window| window == secret))
        })
    }

    fn take(&mut self, epochs: &Epochs, record: Record<'_>) {
        let Record::Identity(sealed) = record else {
            return;
        };
        self.found.insert(sealed.did.as_str().to_owned());
        // Any epoch key might have sealed it, whatever number it names.
        for number in epochs.keys.keys() {
            let claimed = sealed.epoch;
            for about in [claimed, *number] {
                let cipher = Cipher::new(&epochs.keys[number]);
                if let Some(plain) = cipher.open_padded(&about.to_le_bytes(), &sealed.keys) {
                    self.opened.insert(sealed.did.as_str().to_owned());
                    self.plaintexts.push(plain.to_vec());
                }
            }
        }
    }
}

/// Opens the profile's files one by one, as a thief with the unlocked master key would.
fn loot(dir: &Path) -> Looted {
    let Found::Here(wrapped) = Wrapped::read(dir).unwrap() else {
        panic!("no keys")
    };
    let keys = Arc::new(Keys::new(&wrapped.unwrap(&Unlock::Plain).unwrap()));
    let epochs = Epochs::read(dir, &keys).unwrap().unwrap();
    let mut looted = Looted {
        plaintexts: vec![],
        found: BTreeSet::new(),
        opened: BTreeSet::new(),
    };
    for item in fs::read_dir(dir).unwrap() {
        let path = item.unwrap().path();
        if path.is_file() {
            looted.plaintexts.push(fs::read(path).unwrap());
        }
    }

    let mut file = File::open(dir.join(JOURNAL)).unwrap();
    let Header::Sound(id) = read_header(&keys, &mut file).unwrap() else {
        panic!("no journal")
    };
    let length = file.metadata().unwrap().len();
    let mut replay = Replay::new(&keys, file, id, HEADER, length).unwrap();
    while let Next::Record { payload, .. } = replay.next().unwrap() {
        decode::<Vec<Record<'_>>>(&payload)
            .unwrap()
            .into_iter()
            .for_each(|record| looted.take(&epochs, record));
        looted.plaintexts.push(payload.to_vec());
    }

    let view = View::open(&dir.join(crate::folder::VIEW), Arc::clone(&keys)).unwrap();
    let values = view.read(|reader| {
        reader
            .scan(b"m")
            .map(|found| Ok(found?.1.to_vec()))
            .collect::<Result<Vec<_>, _>>()
    });
    for value in values.unwrap() {
        looted.take(&epochs, decode(&value).unwrap());
        looted.plaintexts.push(value);
    }
    looted
}

#[test]
fn a_destroyed_identity_is_beyond_the_master_key_and_the_others_live() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = Store::create(dir.path(), &PLAIN).unwrap();
    let made: Vec<Identity> = (0..40).map(identity).collect();
    for pair in made.chunks(8) {
        store
            .commit(
                &pair
                    .iter()
                    .map(|made| Change::Identity(Box::new(made.clone())))
                    .collect::<Vec<_>>(),
            )
            .unwrap();
    }
    let (gone, alive) = made.split_at(15);
    let name = |identity: &Identity| identity.did.as_str().to_owned();
    drop(store);
    // Before: all of them open, so the search below is able to find.
    let looted = loot(dir.path());
    assert!(
        made.iter()
            .all(|made| looted.knows(made) && looted.opened.contains(&name(made)))
    );

    let (store, _) = Store::open(dir.path(), &Unlock::Plain).unwrap();
    let destroyed =
        |identity: &Identity| Change::IdentityDestroyed(Did::parse(&name(identity)).unwrap());
    store
        .commit(&gone.iter().map(destroyed).collect::<Vec<_>>())
        .unwrap();
    drop(store);

    let looted = loot(dir.path());
    for gone in gone {
        assert!(
            looted.found.contains(&name(gone)),
            "the journal still holds it, sealed"
        );
        assert!(!looted.opened.contains(&name(gone)));
        assert!(!looted.knows(gone));
    }
    assert!(
        alive
            .iter()
            .all(|alive| looted.knows(alive) && looted.opened.contains(&name(alive)))
    );
}

#[test]
fn a_backup_made_after_a_destruction_holds_no_way_back() {
    let dir = tempfile::tempdir().unwrap();
    let (here, there, file) = (
        dir.path().join("here"),
        dir.path().join("there"),
        dir.path().join("saved"),
    );
    let (store, code) = Store::create(&here, &PLAIN).unwrap();
    let (gone, alive) = (identity(1), identity(2));
    store
        .commit(&[
            Change::Identity(Box::new(gone.clone())),
            Change::Identity(Box::new(alive.clone())),
        ])
        .unwrap();
    store
        .commit(&[Change::IdentityDestroyed(gone.did.clone())])
        .unwrap();

    store
        .backup(&file, &mut |_, _| ControlFlow::Continue(()))
        .unwrap();
    drop(Store::restore(&file, &there, &Unlock::Code(&code.to_string()), &PLAIN).unwrap());

    let looted = loot(&there);
    assert!(looted.found.contains(gone.did.as_str()) && !looted.opened.contains(gone.did.as_str()));
    assert!(!looted.knows(&gone) && looted.knows(&alive));
}

#[test]
fn a_crash_between_commit_and_erasure_is_made_up_for_at_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = Store::create(dir.path(), &PLAIN).unwrap();
    let (gone, alive) = (identity(1), identity(2));
    store
        .commit(&[
            Change::Identity(Box::new(gone.clone())),
            Change::Identity(Box::new(alive.clone())),
        ])
        .unwrap();
    let before = fs::read(dir.path().join(EPOCHS)).unwrap();
    store
        .commit(&[Change::IdentityDestroyed(gone.did.clone())])
        .unwrap();
    drop(store);
    // As if the process had died before the file was rewritten.
    fs::write(dir.path().join(EPOCHS), before).unwrap();
    assert!(loot(dir.path()).knows(&gone));

    drop(Store::open(dir.path(), &Unlock::Plain).unwrap());

    let looted = loot(dir.path());
    assert!(!looted.knows(&gone) && looted.knows(&alive));
}

#[test]
fn spare_keys_never_run_out_and_numbers_are_never_used_twice() {
    let dir = tempfile::tempdir().unwrap();
    let keys = Keys::new(&random_secret());
    Epochs::create(dir.path(), &keys).unwrap();
    let mut epochs = Epochs::read(dir.path(), &keys).unwrap().unwrap();
    let mut used = 0;
    for round in 0..100 {
        let number = epochs.spare(&keys, used).unwrap();
        assert!(number > used);
        assert!(
            Epochs::read(dir.path(), &keys)
                .unwrap()
                .unwrap()
                .holds(number),
            "on disk before it is used"
        );
        used = number;
        if round % 7 == 0 {
            epochs.destroy(&keys, &[used], used).unwrap();
            assert!(
                !Epochs::read(dir.path(), &keys)
                    .unwrap()
                    .unwrap()
                    .holds(used)
            );
        }
    }
    assert_eq!(used, 100);
}
