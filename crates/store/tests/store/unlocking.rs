use std::{fs, path::Path};

use signet_store::{CodeError, OpenError, Standing, Store, Unlock, UnlockError, Wraps, standing};

use crate::{PLAIN, create, model::Stream};

fn refusal(dir: &Path, unlock: &Unlock<'_>) -> UnlockError {
    match Store::open(dir, unlock).unwrap_err() {
        OpenError::Unlock(error) => error,
        other => panic!("{other}"),
    }
}

#[test]
fn each_wrap_opens_the_profile_and_nothing_else_does() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let wraps = Wraps {
        passphrase: Some("correct horse"),
        keyring: Some([7; 32]),
        plain: false,
    };
    let (store, code) = Store::create(dir, &wraps).unwrap();
    store.set_setting("it", b"here").unwrap();
    drop(store);
    assert_eq!(
        standing(dir).unwrap(),
        Standing::Present {
            passphrase: true,
            keyring: true,
            plain: false
        }
    );

    let code = code.to_string();
    for unlock in [
        Unlock::Passphrase("correct horse"),
        Unlock::Keyring([7; 32]),
        Unlock::Code(&code),
    ] {
        let (store, _) = Store::open(dir, &unlock).unwrap();
        assert_eq!(store.setting("it").unwrap().unwrap(), b"here");
    }
    let (_, foreign) = Store::create(&dir.join("other"), &PLAIN).unwrap();
    let mut typo = code.clone().into_bytes();
    typo[0] = if typo[0] == b'7' { b'8' } else { b'7' };
    let typo = String::from_utf8(typo).unwrap();
    assert_eq!(
        refusal(dir, &Unlock::Passphrase("Correct horse")),
        UnlockError::WrongPassphrase
    );
    assert_eq!(
        refusal(dir, &Unlock::Passphrase("")),
        UnlockError::EmptyPassphrase
    );
    assert_eq!(
        refusal(dir, &Unlock::Keyring([8; 32])),
        UnlockError::WrongKeyring
    );
    assert_eq!(
        refusal(dir, &Unlock::Plain),
        UnlockError::NotSet("key that lies open")
    );
    assert_eq!(
        refusal(dir, &Unlock::Code(&foreign.to_string())),
        UnlockError::WrongCode
    );
    assert_eq!(
        refusal(dir, &Unlock::Code(&typo)),
        UnlockError::NoCode(CodeError::Mistyped)
    );
}

#[test]
fn changed_wraps_hold_after_reopening_and_the_unlock_code_stays() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let (store, code) = Store::create(dir, &PLAIN).unwrap();
    store.set_keyring(Some([1; 32])).unwrap();
    store.set_passphrase(Some("one")).unwrap();
    assert_eq!(
        standing(dir).unwrap(),
        Standing::Present {
            passphrase: true,
            keyring: true,
            plain: true
        }
    );

    store
        .set_wraps(&Wraps {
            passphrase: Some("two"),
            keyring: None,
            plain: false,
        })
        .unwrap();
    assert!(store.set_passphrase(Some("")).is_err());
    drop(store);

    assert_eq!(
        standing(dir).unwrap(),
        Standing::Present {
            passphrase: true,
            keyring: false,
            plain: false
        }
    );
    assert_eq!(
        refusal(dir, &Unlock::Passphrase("one")),
        UnlockError::WrongPassphrase
    );
    assert_eq!(
        refusal(dir, &Unlock::Keyring([1; 32])),
        UnlockError::NotSet("secret in a keyring")
    );
    drop(Store::open(dir, &Unlock::Passphrase("two")).unwrap());
    let (store, _) = Store::open(dir, &Unlock::Code(&code.to_string())).unwrap();
    let fresh = store.new_unlock_code().unwrap();
    drop(store);
    assert_eq!(
        refusal(dir, &Unlock::Code(&code.to_string())),
        UnlockError::WrongCode
    );
    Store::open(dir, &Unlock::Code(&fresh.to_string())).unwrap();
}

#[test]
fn a_folder_without_a_profile_stays_as_it_is() {
    let dir = tempfile::tempdir().unwrap();

    assert_eq!(standing(dir.path()).unwrap(), Standing::Missing);
    assert_eq!(
        standing(&dir.path().join("nowhere")).unwrap(),
        Standing::Missing
    );
    assert!(matches!(
        Store::open(dir.path(), &Unlock::Plain),
        Err(OpenError::Missing)
    ));

    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn nothing_is_written_over_a_profile_or_over_what_remains_of_one() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    store.commit(&Stream::new(1).group()).unwrap();
    drop(store);
    assert!(matches!(
        Store::create(dir.path(), &PLAIN),
        Err(OpenError::Exists)
    ));

    fs::remove_file(dir.path().join("keys")).unwrap();
    let before = fs::read(dir.path().join("journal")).unwrap();

    assert!(matches!(
        Store::create(dir.path(), &PLAIN),
        Err(OpenError::Remains)
    ));
    assert_eq!(fs::read(dir.path().join("journal")).unwrap(), before);
}

#[test]
fn a_creation_that_was_interrupted_is_begun_again() {
    let dir = tempfile::tempdir().unwrap();
    drop(create(dir.path()));
    fs::remove_file(dir.path().join("keys")).unwrap();
    assert_eq!(standing(dir.path()).unwrap(), Standing::Missing);

    let store = create(dir.path());

    store.set_setting("it", b"works").unwrap();
    drop(store);
    let (store, _) = Store::open(dir.path(), &Unlock::Plain).unwrap();
    assert_eq!(store.setting("it").unwrap().unwrap(), b"works");
}

#[test]
fn an_empty_passphrase_makes_no_profile() {
    let dir = tempfile::tempdir().unwrap();

    let error = Store::create(
        dir.path(),
        &Wraps {
            passphrase: Some(""),
            ..Wraps::default()
        },
    )
    .unwrap_err();

    assert_eq!(error.to_string(), "the passphrase is empty");
    assert_eq!(standing(dir.path()).unwrap(), Standing::Missing);
}

#[test]
fn an_open_profile_is_not_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());

    let error = Store::open(dir.path(), &Unlock::Plain).unwrap_err();
    assert_eq!(error.to_string(), "the profile is open in another Signet");

    drop(store);
    Store::open(dir.path(), &Unlock::Plain).unwrap();
}

#[cfg(unix)]
#[test]
fn only_the_owner_reads_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let profile = dir.path().join("deep/profile");
    let store = create(&profile);
    store
        .backup(&dir.path().join("saved"), &mut |_, _| {
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();

    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&profile), 0o700);
    assert_eq!(mode(&dir.path().join("saved")), 0o600);
    for file in ["lock", "keys", "epochs", "journal"] {
        assert_eq!(mode(&profile.join(file)), 0o600, "{file}");
    }
}
