//! Profiles that earlier versions wrote are opened for ever. Those under `tests/profiles` are never
//! written again; `examples/make_profile.rs` made them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use signet_didcomm::document::resolve;
use signet_protocol::{
    change::Change,
    contact::ContactId,
    entry::{DeliveryState, Direction, Kind, Line},
    profile::Profile,
};
use signet_store::{Opening, Store, Unlock};

const PASSPHRASE: &str = "a profile of schema 1";
const CODE: &str = "9AFH-SFW4-Y2JB-WHBX-S5DR-QB91-YNTR";

fn profile() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/profiles/schema-1")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for item in fs::read_dir(from).unwrap() {
        let path = item.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

fn check(store: &Store) {
    let (ada, bob) = (ContactId([0xA; 16]), ContactId([0xB; 16]));
    let machine = store.machine().unwrap();
    let names: Vec<_> = machine
        .iter()
        .filter_map(|change| {
            if let Change::Contact(contact) = change {
                Some(contact.shown_name())
            } else {
                None
            }
        })
        .collect();
    assert_eq!(names.len(), 2);
    assert!(names.contains(&"Ada") && names.contains(&"Bob from the choir"));
    assert!(
        machine.iter().any(
            |change| matches!(change, Change::Profile(Profile { name, .. }) if name == "Sigrid")
        )
    );
    let sorts = [
        machine
            .iter()
            .filter(|change| matches!(change, Change::Progress { .. }))
            .count(),
        machine
            .iter()
            .filter(|change| matches!(change, Change::Invitation(_)))
            .count(),
        machine
            .iter()
            .filter(|change| matches!(change, Change::Outgoing(o) if o.message.id == "on-its-way"))
            .count(),
        machine
            .iter()
            .filter(|change| matches!(change, Change::Early(early) if early.order == 9))
            .count(),
        machine.len(),
    ];
    assert_eq!(sorts, [1, 1, 1, 1, 9]);
    let mut identities = 0;
    for change in &machine {
        if let Change::Identity(identity) = change {
            let key = identity.keys.agreement().unwrap();
            let document = resolve(&identity.did).unwrap();
            assert_eq!(document.agreement_key(key.kid()), key.public().as_ref());
            identities += 1;
        }
    }
    assert_eq!(identities, 2);

    let history = store.history(ada, None, 100).unwrap();
    assert_eq!(
        history.iter().map(|entry| entry.seq).collect::<Vec<_>>(),
        [1, 2, 3, 4]
    );
    assert_eq!(history[0].kind, Kind::Line(Line::Connected));
    assert_eq!(history[1].direction, Direction::In);
    assert_eq!(
        history[1].kind,
        Kind::Message {
            text: "hello Sigrid".into(),
            reply_to: None
        }
    );
    assert_eq!(
        history[1].proof.as_ref().unwrap().plaintext,
        b"hello Sigrid"
    );
    assert_eq!(
        history[2].delivery.as_ref().unwrap().state,
        DeliveryState::Read
    );
    assert_eq!(
        history[3].kind,
        Kind::Message {
            text: "a long one ".repeat(1000),
            reply_to: None
        }
    );
    assert_eq!(store.history(bob, None, 100).unwrap().len(), 1);
    assert!(store.seen(ada, "taken").unwrap());
    assert_eq!(store.setting("port").unwrap().unwrap(), b"4711");
}

#[test]
fn a_profile_of_schema_1_opens_and_says_what_it_said() {
    let dir = tempfile::tempdir().unwrap();
    copy(&profile(), dir.path());

    let (store, opening) = Store::open(dir.path(), &Unlock::Passphrase(PASSPHRASE)).unwrap();
    check(&store);
    assert!(
        opening.damage.is_empty() && opening.cut_tail.is_none() && opening.lost_identities == 0
    );
    // Its view lies as none does any more; the journal holds all of it, so nothing is kept of it.
    let rebuilt = opening.rebuilt.unwrap();
    assert!(rebuilt.entries > 0 && rebuilt.set_aside.is_none());
    drop(store);
    let (store, again) = Store::open(dir.path(), &Unlock::Passphrase(PASSPHRASE)).unwrap();
    assert_eq!(again, Opening::default());
    drop(store);

    if dir.path().join("view").exists() {
        fs::remove_dir_all(dir.path().join("view")).unwrap();
    }
    let (store, _) = Store::open(dir.path(), &Unlock::Code(CODE)).unwrap();
    check(&store);
}

#[test]
fn a_backup_of_schema_1_is_restored() {
    let dir = tempfile::tempdir().unwrap();

    let (store, _) = Store::restore(
        &profile().with_file_name("schema-1.backup"),
        dir.path(),
        &Unlock::Code(CODE),
        &crate::PLAIN,
    )
    .unwrap();

    check(&store);
}
