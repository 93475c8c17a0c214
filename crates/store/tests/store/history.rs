use signet_protocol::{
    change::Change,
    entry::{Delivery, DeliveryState, Line, Route},
    time::Timestamp,
};

use crate::{
    create,
    model::{contact_id, delivery, incoming, line, own},
};

fn entry(entry: signet_protocol::entry::Entry) -> Change {
    Change::Entry(Box::new(entry))
}

#[test]
fn pages_follow_one_another_without_gap_or_repeat() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    let who = contact_id(1);
    store
        .commit(
            &(1..=600)
                .map(|n| entry(own(who, n, &format!("id-{n}"), "x")))
                .collect::<Vec<_>>(),
        )
        .unwrap();
    store
        .commit(&[
            entry(own(contact_id(0), 1, "other", "x")),
            entry(own(contact_id(2), 1, "other", "x")),
        ])
        .unwrap();

    let mut found = Vec::new();
    let mut before = None;
    loop {
        let page: Vec<u64> = store
            .history(who, before, 70)
            .unwrap()
            .iter()
            .map(|entry| entry.seq)
            .collect();
        let Some(first) = page.first() else { break };
        assert!(page.len() <= 70);
        before = Some(*first);
        found.splice(0..0, page);
    }

    assert_eq!(found, (1..=600).collect::<Vec<_>>());
    assert_eq!(store.history(who, None, 0).unwrap(), []);
    assert_eq!(store.history(who, Some(1), 9).unwrap(), []);
    assert_eq!(store.history(contact_id(9), None, 9).unwrap(), []);
}

#[test]
fn a_state_only_rises_within_one_try_and_the_next_try_begins_again() {
    use DeliveryState::{Delivered, Failed, Queued, Read, Sent};
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    let who = contact_id(1);
    store.commit(&[entry(own(who, 1, "id", "x"))]).unwrap();
    let tell = |delivery| {
        store
            .commit(&[Change::EntryDelivery {
                contact: who,
                id: "id".into(),
                delivery,
            }])
            .unwrap();
        let known = store.entry(who, "id").unwrap().unwrap().delivery.unwrap();
        assert_eq!(
            store.history(who, None, 1).unwrap()[0].delivery.as_ref(),
            Some(&known)
        );
        (known.attempt, known.state, known.route)
    };

    assert_eq!(tell(delivery(1, Failed)), (1, Failed, None));
    let direct = Delivery {
        route: Some(Route::Direct),
        ..delivery(1, Sent)
    };
    assert_eq!(tell(direct), (1, Sent, Some(Route::Direct)));
    assert_eq!(tell(delivery(1, Queued)), (1, Sent, Some(Route::Direct)));
    assert_eq!(
        tell(delivery(1, Delivered)),
        (1, Delivered, Some(Route::Direct))
    );
    assert_eq!(
        tell(delivery(1, Failed)),
        (1, Delivered, Some(Route::Direct))
    );
    assert_eq!(tell(delivery(2, Queued)), (2, Queued, None));
    assert_eq!(tell(delivery(1, Read)), (2, Queued, None));
}

#[test]
fn news_of_unknown_and_received_entries_are_ignored() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    let who = contact_id(1);
    store
        .commit(&[entry(incoming(who, 1, "theirs", "x"))])
        .unwrap();

    for id in ["theirs", "nobody's"] {
        let delivery = delivery(1, DeliveryState::Read);
        store
            .commit(&[Change::EntryDelivery {
                contact: who,
                id: id.into(),
                delivery,
            }])
            .unwrap();
    }

    assert_eq!(store.entry(who, "theirs").unwrap().unwrap().delivery, None);
    assert_eq!(store.entry(who, "nobody's").unwrap(), None);
}

#[test]
fn a_contact_that_uses_the_id_of_our_message_diverts_no_news() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    let who = contact_id(1);

    store
        .commit(&[
            entry(own(who, 1, "id", "mine")),
            entry(incoming(who, 2, "ID", "theirs")),
        ])
        .unwrap();
    let delivery = delivery(1, DeliveryState::Delivered);
    store
        .commit(&[Change::EntryDelivery {
            contact: who,
            id: "id".into(),
            delivery,
        }])
        .unwrap();

    let states: Vec<_> = store
        .history(who, None, 9)
        .unwrap()
        .into_iter()
        .map(|e| e.delivery.map(|d| d.state))
        .collect();
    assert_eq!(states, [Some(DeliveryState::Delivered), None]);
}

#[test]
fn a_taken_message_is_recognised_from_its_contact_only_in_any_case() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    store
        .commit(&[Change::Seen {
            contact: contact_id(1),
            id: "abc-1".into(),
            at: Timestamp(1),
        }])
        .unwrap();

    assert!(store.seen(contact_id(1), "abc-1").unwrap());
    assert!(store.seen(contact_id(1), "ABC-1").unwrap());
    assert!(!store.seen(contact_id(2), "abc-1").unwrap());
    assert!(!store.seen(contact_id(1), "abc-2").unwrap());
}

#[test]
fn a_message_is_known_as_taken_whichever_comes_first_and_whoever_used_its_id() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    let who = contact_id(1);
    let taken = |id: &str| Change::Seen {
        contact: who,
        id: id.into(),
        at: Timestamp(1),
    };

    for changes in [
        vec![taken("before"), entry(incoming(who, 1, "before", "x"))],
        vec![entry(incoming(who, 2, "after", "x"))],
        vec![taken("AFTER")],
        vec![entry(own(who, 3, "ours", "x"))],
        vec![taken("ours"), entry(incoming(who, 4, "ours", "y"))],
        vec![entry(own(who, 5, "only-ours", "x"))],
        vec![entry(incoming(who, 6, "not-taken", "x"))],
    ] {
        store.commit(&changes).unwrap();
        store.settle();
    }
    let known = ["before", "after", "ours", "only-ours", "not-taken"]
        .map(|id| store.seen(who, id).unwrap());
    drop(store);
    let store = crate::open(dir.path());

    assert_eq!(known, [true, true, true, false, false]);
    assert_eq!(
        ["before", "after", "ours", "only-ours", "not-taken"]
            .map(|id| store.seen(who, id).unwrap()),
        known
    );
}

#[test]
fn deliveries_of_many_entries_keep_apart() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    let who = contact_id(1);
    let written: Vec<Change> = (1..=40)
        .map(|seq| entry(own(who, seq, &format!("id-{seq}"), "x")))
        .collect();
    store.commit(&written).unwrap();

    let news = |seq: &u64| Change::EntryDelivery {
        contact: who,
        id: format!("id-{seq}"),
        delivery: delivery(1, DeliveryState::Delivered),
    };
    let delivered = [1, 15, 16, 17, 32, 40];
    store
        .commit(&delivered.iter().map(news).collect::<Vec<_>>())
        .unwrap();

    let found: Vec<u64> = store
        .history(who, None, 100)
        .unwrap()
        .into_iter()
        .filter(|e| e.delivery.as_ref().unwrap().state == DeliveryState::Delivered)
        .map(|e| e.seq)
        .collect();
    assert_eq!(found, delivered);
}

#[test]
fn unread_counts_their_messages_above_the_mark_up_to_the_cap() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    let who = contact_id(1);
    let mut changes = vec![entry(line(who, 1, Line::Connected))];
    for seq in 2..=21 {
        let id = format!("id-{seq}");
        let made = if seq % 2 == 0 {
            incoming(who, seq, &id, "x")
        } else {
            own(who, seq, &id, "x")
        };
        changes.push(entry(made));
    }
    store.commit(&changes).unwrap();

    assert_eq!(store.unread(who, 0, 100).unwrap(), 10);
    assert_eq!(store.unread(who, 0, 4).unwrap(), 4);
    assert_eq!(store.unread(who, 18, 100).unwrap(), 1);
    assert_eq!(store.unread(who, 20, 100).unwrap(), 0);
    assert_eq!(store.unread(who, u64::MAX, 100).unwrap(), 0);
    assert_eq!(store.unread(contact_id(2), 0, 100).unwrap(), 0);
}
