use std::fs;

use signet_protocol::{
    change::Change,
    contact::Progress,
    entry::{DeliveryState, Line},
    identity::Purpose,
    time::Timestamp,
};
use signet_store::{Debt, Store};

use crate::{
    create,
    model::{
        Model, Stream, contact, contact_id, delivery, form, identity, incoming, line, outgoing, own,
    },
    open, open_anyhow, records_end,
};

#[test]
fn what_was_committed_is_there_at_once_after_reopening_and_after_rebuilding() {
    for seed in 1..3 {
        let dir = tempfile::tempdir().unwrap();
        let mut store = create(dir.path());
        let (mut model, mut stream) = (Model::default(), Stream::new(seed));

        for round in 0..90 {
            let group = stream.group();
            store.commit(&group).unwrap();
            group.iter().for_each(|change| model.apply(change));
            if round % 45 == 44 {
                model.check(&store);
                drop(store);
                store = open(dir.path());
                model.check(&store);
            }
        }
        assert!(model.entries() > 50);
        drop(store);
        fs::remove_dir_all(dir.path().join("view")).unwrap();
        let (store, opening) = open_anyhow(dir.path());

        model.check(&store);
        assert!(opening.rebuilt.unwrap().entries > 50);
        assert_eq!(opening.cut_tail, None);
        assert_eq!(opening.lost_identities, 0);
    }
}

#[test]
fn an_empty_group_costs_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    let before = records_end(dir.path());

    store.commit(&[]).unwrap();

    assert_eq!(records_end(dir.path()), before);
}

#[test]
fn of_many_writings_of_one_record_in_a_group_only_the_last_is_kept() {
    let progress = |n| Change::Progress {
        contact: contact_id(1),
        progress: Progress {
            last_seq: n,
            ..Progress::default()
        },
    };
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    let length = || records_end(dir.path());
    let start = length();

    store
        .commit(&(0..100).map(progress).collect::<Vec<_>>())
        .unwrap();

    assert!(length() - start <= 512, "{}", length() - start);
    assert_eq!(
        store
            .machine()
            .unwrap()
            .iter()
            .map(form)
            .collect::<Vec<_>>(),
        [form(&progress(99))]
    );
}

#[test]
fn a_record_made_and_ended_in_one_group_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    let who = contact_id(1);
    let mine = identity(1, Purpose::Contact(who));

    store
        .commit(&[
            Change::Outgoing(Box::new(outgoing(who, "x", 1))),
            Change::Identity(Box::new(mine.clone())),
            Change::OutgoingDone {
                contact: who,
                id: "x".into(),
            },
            Change::IdentityDestroyed(mine.did),
        ])
        .unwrap();

    assert!(store.machine().unwrap().is_empty());
}

#[test]
fn a_deleted_contact_takes_everything_of_its_own_along_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    let (gone, stays) = (contact_id(1), contact_id(2));
    let long = "long ".repeat(4000);
    let everything = |who, seed| {
        let mut changes = vec![
            Change::Contact(Box::new(contact(who, "Bob"))),
            Change::Progress {
                contact: who,
                progress: Progress::default(),
            },
            Change::Identity(Box::new(identity(seed, Purpose::Contact(who)))),
            Change::Outgoing(Box::new(outgoing(who, "x", 1))),
            Change::Seen {
                contact: who,
                id: "seen".into(),
                at: Default::default(),
            },
        ];
        for seq in 1..=700 {
            let text = if seq == 7 { &long } else { "short" };
            changes.push(Change::Entry(Box::new(own(
                who,
                seq,
                &format!("id-{seq}"),
                text,
            ))));
        }
        changes
    };
    store.commit(&everything(gone, 1)).unwrap();
    store.commit(&everything(stays, 2)).unwrap();

    store.commit(&[Change::ContactDeleted(gone)]).unwrap();

    let check = |store: &Store| {
        assert_eq!(store.history(gone, None, 1000).unwrap(), []);
        assert_eq!(store.entry(gone, "id-7").unwrap(), None);
        assert!(!store.seen(gone, "seen").unwrap());
        assert_eq!(store.history(stays, None, 1000).unwrap().len(), 700);
        assert!(store.seen(stays, "seen").unwrap());
        assert_eq!(store.machine().unwrap().len(), 4);
    };
    check(&store);
    drop(store);
    check(&open(dir.path()));
}

#[test]
fn long_texts_come_back_whole_and_shorter_ones_replace_longer_ones() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    let who = contact_id(1);
    let lengths = [0, 1, 3900, 4000, 4096, 8192, 60_000, 900 * 1024];
    for (seq, length) in (1..).zip(lengths) {
        let text = "ü".repeat(length / 2) + &"x".repeat(length % 2);
        store
            .commit(&[Change::Entry(Box::new(incoming(
                who,
                seq,
                &format!("id-{seq}"),
                &text,
            )))])
            .unwrap();
    }
    for length in [100_000, 200_000, 50, 9000] {
        store.set_setting("blob", &vec![7; length]).unwrap();
        assert_eq!(store.setting("blob").unwrap().unwrap(), vec![7; length]);
    }
    drop(store);

    let store = open(dir.path());

    let history = store.history(who, None, 100).unwrap();
    let found: Vec<usize> = history
        .iter()
        .map(|entry| entry.proof.as_ref().unwrap().plaintext.len())
        .collect();
    assert_eq!(found, lengths);
    assert_eq!(store.setting("blob").unwrap().unwrap(), vec![7; 9000]);
    assert_eq!(store.setting("another").unwrap(), None);
}

#[test]
fn every_kind_of_line_survives_the_disk() {
    use signet_protocol::contact::EndReason;
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    let lines = [
        Line::Connected,
        Line::TheyChanged,
        Line::WeChanged,
        Line::Ended(EndReason::ByThem),
        Line::Ended(EndReason::InvitationExpired),
        Line::Unknown {
            message_type: "https://example.org/strange/1.0/thing".into(),
        },
    ];
    let entries: Vec<_> = (1..)
        .zip(lines)
        .map(|(seq, kind)| line(contact_id(1), seq, kind))
        .collect();

    store
        .commit(
            &entries
                .iter()
                .map(|entry| Change::Entry(Box::new(entry.clone())))
                .collect::<Vec<_>>(),
        )
        .unwrap();

    assert_eq!(store.history(contact_id(1), None, 100).unwrap(), entries);
}

#[test]
fn questions_from_other_threads_are_answered_while_commits_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    let who = contact_id(1);
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let mut most = 0;
            while most < 200 {
                let history = store.history(who, None, 1000).unwrap();
                assert!(history.iter().zip(1..).all(|(entry, seq)| entry.seq == seq));
                assert!(history.len() >= most && history.len().is_multiple_of(10));
                most = history.len();
            }
        });
        for group in 0..20 {
            let entry = |n: u64| {
                Change::Entry(Box::new(own(
                    who,
                    n,
                    &format!("id-{n}"),
                    &"text ".repeat(1200),
                )))
            };
            store
                .commit(
                    &(group * 10 + 1..=group * 10 + 10)
                        .map(entry)
                        .collect::<Vec<_>>(),
                )
                .unwrap();
        }
        asking.join().unwrap();
    });
    let news = Change::EntryDelivery {
        contact: who,
        id: "id-3".into(),
        delivery: delivery(1, DeliveryState::Read),
    };
    store.commit(&[news]).unwrap();
    assert_eq!(
        store
            .entry(who, "id-3")
            .unwrap()
            .unwrap()
            .delivery
            .unwrap()
            .state,
        DeliveryState::Read
    );
}

#[test]
fn what_is_owed_to_the_view_is_missed_by_no_question_and_stays_bounded() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    let write = |n: u64| {
        let seen = Change::Seen {
            contact: contact_id(1),
            id: format!("ID-{n}"),
            at: Timestamp(n),
        };
        let entry = own(contact_id(1), n, &format!("id-{n}"), "text");
        store
            .commit(&[seen, Change::Entry(Box::new(entry))])
            .unwrap();
    };
    assert_eq!(store.debt(), Debt::None);
    write(1);
    assert_eq!(store.debt(), Debt::MayWait);

    assert!(!store.seen(contact_id(1), "id-2").unwrap());
    assert!(!store.seen(contact_id(2), "id-1").unwrap());
    assert_eq!(store.debt(), Debt::MayWait, "a stranger to what is owed");
    assert!(store.seen(contact_id(1), "id-1").unwrap());
    assert_eq!(store.debt(), Debt::None);

    for n in 2..=65 {
        write(n);
    }
    assert_eq!(store.debt(), Debt::Presses);
    write(66);
    assert_eq!(store.debt(), Debt::MayWait);
    assert_eq!(store.history(contact_id(1), None, 100).unwrap().len(), 66);
    write(67);
    drop(store);

    let store = open(dir.path());
    assert!(store.entry(contact_id(1), "id-67").unwrap().is_some());
}

#[test]
fn keys_made_or_destroyed_press() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    let made = identity(1, Purpose::Invitation("an-id".into()));
    let did = made.did.clone();
    for change in [
        Change::Identity(Box::new(made)),
        Change::IdentityDestroyed(did),
        Change::ContactDeleted(contact_id(1)),
    ] {
        store.commit(&[change]).unwrap();

        assert_eq!(store.debt(), Debt::Presses);
        store.settle();
        assert_eq!(store.debt(), Debt::None);
    }
}
