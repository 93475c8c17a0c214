use std::{
    fs,
    ops::ControlFlow::{Break, Continue},
    path::Path,
};

use signet_protocol::{change::Change, identity::Purpose};
use signet_store::{
    BackupError, OpenError, RestoreError, Standing, Store, Unlock, UnlockError, Wraps, standing,
};

use crate::{
    PLAIN, create,
    model::{Model, Stream, contact_id, identity, own},
    open,
};

fn fill(store: &Store, model: &mut Model, stream: &mut Stream, groups: usize) {
    for _ in 0..groups {
        let group = stream.group();
        store.commit(&group).unwrap();
        group.iter().for_each(|change| model.apply(change));
    }
}

fn save(store: &Store, file: &Path) {
    store.backup(file, &mut |_, _| Continue(())).unwrap();
}

#[test]
fn a_restored_profile_equals_the_saved_one() {
    let dir = tempfile::tempdir().unwrap();
    let (file, there) = (dir.path().join("saved"), dir.path().join("there"));
    let wraps = Wraps {
        passphrase: Some("of the backup"),
        ..Wraps::default()
    };
    let (store, code) = Store::create(&dir.path().join("here"), &wraps).unwrap();
    let (mut model, mut stream) = (Model::default(), Stream::new(21));
    fill(&store, &mut model, &mut stream, 60);
    store.set_setting("port", b"4711").unwrap();
    let mut reports = Vec::new();

    let info = store
        .backup(&file, &mut |done, all| {
            reports.push((done, all));
            Continue(())
        })
        .unwrap();

    assert_eq!(
        (info.bytes, info.commits, info.passphrase),
        (fs::metadata(&file).unwrap().len(), 61, true)
    );
    assert!(
        reports.is_sorted() && reports.last().is_some_and(|(done, all)| done == all),
        "{reports:?}"
    );
    let saved = model.clone();
    fill(&store, &mut model, &mut stream, 5);
    let (restored, fresh) =
        Store::restore(&file, &there, &Unlock::Passphrase("of the backup"), &PLAIN).unwrap();
    saved.check(&restored);
    assert_eq!(restored.setting("port").unwrap().unwrap(), b"4711");
    assert!(fresh != code);
    // It goes on living, by wraps of its own.
    let mut saved_on = saved.clone();
    fill(&restored, &mut saved_on, &mut stream, 10);
    drop(restored);
    saved_on.check(&open(&there));
    assert!(Store::open(&there, &Unlock::Passphrase("of the backup")).is_err());
    drop(Store::open(&there, &Unlock::Code(&fresh.to_string())).unwrap());

    let by_code = dir.path().join("by-code");
    saved.check(
        &Store::restore(&file, &by_code, &Unlock::Code(&code.to_string()), &PLAIN)
            .unwrap()
            .0,
    );
}

#[test]
fn commits_during_a_backup_go_on_and_are_not_in_it() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("saved");
    let (store, code) = Store::create(&dir.path().join("here"), &PLAIN).unwrap();
    let (mut model, mut stream) = (Model::default(), Stream::new(22));
    fill(&store, &mut model, &mut stream, 30);
    let saved = model.clone();

    let progress = &mut |_, _| {
        fill(&store, &mut model, &mut stream, 3);
        Continue(())
    };
    store.backup(&file, progress).unwrap();

    let (restored, _) = Store::restore(
        &file,
        &dir.path().join("there"),
        &Unlock::Code(&code.to_string()),
        &PLAIN,
    )
    .unwrap();
    saved.check(&restored);
    model.check(&store);
}

#[test]
fn a_cancelled_backup_leaves_the_earlier_one() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("saved");
    let store = create(&dir.path().join("here"));
    fill(&store, &mut Model::default(), &mut Stream::new(23), 3);
    save(&store, &file);
    let before = fs::read(&file).unwrap();

    for patience in 0..2 {
        let mut calls = 0;
        let error = store
            .backup(&file, &mut |_, _| {
                calls += 1;
                if calls > patience {
                    Break(())
                } else {
                    Continue(())
                }
            })
            .unwrap_err();
        assert!(matches!(error, BackupError::Cancelled));
    }

    assert_eq!(fs::read(&file).unwrap(), before);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
}

#[test]
fn a_damaged_or_shortened_backup_is_refused_wherever_the_damage_is() {
    let dir = tempfile::tempdir().unwrap();
    let (file, there) = (dir.path().join("saved"), dir.path().join("there"));
    let (store, code) = Store::create(&dir.path().join("here"), &PLAIN).unwrap();
    fill(&store, &mut Model::default(), &mut Stream::new(24), 10);
    save(&store, &file);
    let (whole, code) = (fs::read(&file).unwrap(), code.to_string());
    let refused = |content: &[u8]| {
        fs::write(&file, content).unwrap();
        let error = Store::restore(&file, &there, &Unlock::Code(&code), &PLAIN).unwrap_err();
        assert!(!there.exists());
        error
    };

    let step = whole.len() / 150;
    for i in (0..whole.len()).step_by(step).chain([
        16,
        19,
        20,
        whole.len() - 33,
        whole.len() - 32,
        whole.len() - 1,
    ]) {
        let mut damaged = whole.clone();
        damaged[i] ^= 1;
        let error = refused(&damaged);
        assert!(
            matches!(
                (i, &error),
                (0..16, RestoreError::NoBackup) | (16.., RestoreError::Damaged)
            ),
            "byte {i}: {error}"
        );
        let error = refused(&whole[..i]);
        assert!(
            matches!(error, RestoreError::NoBackup | RestoreError::Damaged),
            "length {i}: {error}"
        );
    }
    assert_eq!(refused(b"").to_string(), "this is not a backup of Signet");
    assert_eq!(
        refused(&[&whole[..], b"more"].concat()).to_string(),
        "the backup is damaged or incomplete"
    );

    fs::write(&file, &whole).unwrap();
    Store::restore(&file, &there, &Unlock::Code(&code), &PLAIN).unwrap();
}

#[test]
fn a_backup_opens_by_its_own_secrets_only_and_into_an_empty_folder_only() {
    let dir = tempfile::tempdir().unwrap();
    let (here, file, there) = (
        dir.path().join("here"),
        dir.path().join("saved"),
        dir.path().join("there"),
    );
    let (store, code) = Store::create(
        &here,
        &Wraps {
            passphrase: Some("right"),
            keyring: Some([3; 32]),
            plain: true,
        },
    )
    .unwrap();
    let code = code.to_string();
    save(&store, &file);
    let restore =
        |dir: &Path, unlock: &Unlock<'_>| Store::restore(&file, dir, unlock, &PLAIN).unwrap_err();

    assert!(matches!(
        restore(&there, &Unlock::Passphrase("wrong")),
        RestoreError::Unlock(UnlockError::WrongPassphrase)
    ));
    assert!(matches!(
        restore(&there, &Unlock::Plain),
        RestoreError::OtherUnlock
    ));
    assert!(matches!(
        restore(&there, &Unlock::Keyring([3; 32])),
        RestoreError::OtherUnlock
    ));
    assert!(!there.exists());
    assert!(matches!(
        restore(&here, &Unlock::Code(&code)),
        RestoreError::Profile(OpenError::Taken)
    ));
    drop(store);
    assert!(matches!(
        restore(&here, &Unlock::Code(&code)),
        RestoreError::Profile(OpenError::Exists)
    ));
    drop(open(&here));
}

#[test]
fn an_interrupted_restoration_leaves_no_profile_and_is_begun_again() {
    let dir = tempfile::tempdir().unwrap();
    let (file, there) = (dir.path().join("saved"), dir.path().join("there"));
    let (store, code) = Store::create(&dir.path().join("here"), &PLAIN).unwrap();
    let mut model = Model::default();
    fill(&store, &mut model, &mut Stream::new(25), 10);
    save(&store, &file);
    let restore = || {
        Store::restore(&file, &there, &Unlock::Code(&code.to_string()), &PLAIN)
            .unwrap()
            .0
    };
    drop(restore());
    fs::remove_file(there.join("keys")).unwrap();
    fs::write(there.join("restoring"), b"").unwrap();
    assert_eq!(standing(&there).unwrap(), Standing::Missing);

    model.check(&restore());
}

#[test]
fn identities_live_on_in_a_restored_profile_and_destroyed_ones_do_not() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("saved");
    let (store, code) = Store::create(&dir.path().join("here"), &PLAIN).unwrap();
    let made: Vec<_> = (0..50)
        .map(|n| identity(n, Purpose::Contact(contact_id(1))))
        .collect();
    let mut model = Model::default();
    let mut commit = |changes: Vec<Change>| {
        store.commit(&changes).unwrap();
        changes.iter().for_each(|change| model.apply(change));
    };
    commit(
        made.iter()
            .map(|made| Change::Identity(Box::new(made.clone())))
            .collect(),
    );
    commit(
        made.iter()
            .step_by(3)
            .map(|made| Change::IdentityDestroyed(made.did.clone()))
            .collect(),
    );
    commit(vec![Change::Entry(Box::new(own(
        contact_id(1),
        1,
        "id",
        "hello",
    )))]);
    save(&store, &file);

    let (restored, _) = Store::restore(
        &file,
        &dir.path().join("there"),
        &Unlock::Code(&code.to_string()),
        &PLAIN,
    )
    .unwrap();

    model.check(&restored);
    assert_eq!(restored.machine().unwrap().len(), 33);
}
