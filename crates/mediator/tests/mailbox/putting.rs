//! Envelopes go in and out, as far as there is room.

use signet_protocol::mediator::{MailId, Mailbox, Outcome, Quota};

use crate::stage::*;

pub async fn an_envelope_to_nobody_is_refused(stage: &impl Stage) {
    let mailbox = stage.open(WIDE).await;
    let [alice, home] = ["alice", "home"].map(did);
    mailbox.settle(&alice, &[&home]).await;

    let unknown = mailbox.make(put(&did("unknown"), "x")).await;
    let account = mailbox.make(put(&alice, "x")).await;

    assert_eq!(unknown, Outcome::Refused);
    assert_eq!(account, Outcome::Refused);
    assert_eq!(mailbox.status(&alice).await.room, room(0, 0));
}

pub async fn the_outcome_names_the_account_in_its_kept_form(stage: &impl Stage) {
    let mailbox = stage.open(WIDE).await;
    let (alice, home) = (long(1), long(2));
    mailbox.settle(&alice, &[]).await;
    mailbox.make(register(&alice.short(), &home)).await;

    let outcome = mailbox.make(put(&home.short(), "x")).await;

    assert_eq!(outcome, stored(&alice));
}

pub async fn a_flooded_recipient_shuts_out_no_other(stage: &impl Stage) {
    let quota = Quota {
        recipient: room(2, 1000),
        ..WIDE
    };
    let mailbox = stage.open(quota).await;
    let [alice, home, work] = ["alice", "home", "work"].map(did);
    mailbox.settle(&alice, &[&home, &work]).await;

    for expected in [stored(&alice), stored(&alice), Outcome::Full] {
        assert_eq!(mailbox.make(put(&home, "x")).await, expected);
    }

    assert_eq!(mailbox.make(put(&work, "y")).await, stored(&alice));
    assert_eq!(mailbox.status(&alice).await.room, room(3, 3));
}

pub async fn a_recipient_has_room_for_so_many_bytes(stage: &impl Stage) {
    let quota = Quota {
        recipient: room(100, 10),
        ..WIDE
    };
    let mailbox = stage.open(quota).await;
    let [alice, home, work] = ["alice", "home", "work"].map(did);
    mailbox.settle(&alice, &[&home, &work]).await;

    assert_eq!(mailbox.make(put(&home, [0; 11])).await, Outcome::Full);
    assert_eq!(mailbox.make(put(&home, [0; 6])).await, stored(&alice));
    assert_eq!(mailbox.make(put(&home, [0; 5])).await, Outcome::Full);
    assert_eq!(mailbox.make(put(&home, [0; 4])).await, stored(&alice));
    assert_eq!(mailbox.make(put(&home, [0; 1])).await, Outcome::Full);
    assert_eq!(mailbox.make(put(&work, [0; 10])).await, stored(&alice));
}

pub async fn an_account_has_room_for_so_many_messages(stage: &impl Stage) {
    let quota = Quota {
        account: room(3, 1000),
        ..WIDE
    };
    let mailbox = stage.open(quota).await;
    let [alice, bob, home, work, other] = ["alice", "bob", "home", "work", "other"].map(did);
    mailbox.settle(&alice, &[&home, &work]).await;
    mailbox.settle(&bob, &[&other]).await;

    for recipient in [&home, &work, &home] {
        assert_eq!(mailbox.make(put(recipient, "x")).await, stored(&alice));
    }

    assert_eq!(mailbox.make(put(&home, "x")).await, Outcome::Full);
    assert_eq!(mailbox.make(put(&work, "x")).await, Outcome::Full);
    assert_eq!(mailbox.make(put(&other, "x")).await, stored(&bob));
}

pub async fn an_account_has_room_for_so_many_bytes(stage: &impl Stage) {
    let quota = Quota {
        account: room(100, 10),
        ..WIDE
    };
    let mailbox = stage.open(quota).await;
    let [alice, home, work] = ["alice", "home", "work"].map(did);
    mailbox.settle(&alice, &[&home, &work]).await;

    assert_eq!(mailbox.make(put(&home, [0; 6])).await, stored(&alice));
    assert_eq!(mailbox.make(put(&work, [0; 5])).await, Outcome::Full);
    assert_eq!(mailbox.make(put(&work, [0; 4])).await, stored(&alice));
    assert_eq!(mailbox.make(put(&home, [0; 1])).await, Outcome::Full);
}

pub async fn the_mailbox_has_room_for_so_many_bytes(stage: &impl Stage) {
    let quota = Quota { bytes: 20, ..WIDE };
    let mailbox = stage.open(quota).await;
    let [alice, bob, home, work] = ["alice", "bob", "home", "work"].map(did);
    mailbox.settle(&alice, &[&home]).await;
    mailbox.settle(&bob, &[&work]).await;

    assert_eq!(mailbox.make(put(&home, [0; 12])).await, stored(&alice));
    assert_eq!(mailbox.make(put(&work, [0; 9])).await, Outcome::Full);
    assert_eq!(mailbox.make(put(&work, [0; 8])).await, stored(&bob));
    assert_eq!(mailbox.make(put(&home, [0; 1])).await, Outcome::Full);

    let ids = mailbox.ids(&alice).await;
    mailbox.make(remove(&alice, ids)).await;
    assert_eq!(mailbox.make(put(&work, [0; 12])).await, stored(&bob));
}

pub async fn what_was_refused_takes_no_room(stage: &impl Stage) {
    let quota = Quota {
        recipient: room(2, 1000),
        account: room(3, 1000),
        ..WIDE
    };
    let mailbox = stage.open(quota).await;
    let [alice, home, work] = ["alice", "home", "work"].map(did);
    mailbox.settle(&alice, &[&home, &work]).await;
    for recipient in [&home, &home, &home, &home, &work, &work, &work] {
        mailbox.make(put(recipient, "x")).await;
    }

    let status = mailbox.status(&alice).await;

    assert_eq!(status.room, room(3, 3));
    let of_home = mailbox.status_of(&alice, Some(&home)).await;
    assert_eq!(of_home.room, room(2, 2));
    let of_work = mailbox.status_of(&alice, Some(&work)).await;
    assert_eq!(of_work.room, room(1, 1));
    let ids = mailbox.ids(&alice).await;
    mailbox.make(remove(&alice, ids)).await;
    for recipient in [&home, &home, &work] {
        assert_eq!(mailbox.make(put(recipient, "x")).await, stored(&alice));
    }
}

pub async fn removing_makes_room(stage: &impl Stage) {
    let quota = Quota {
        recipient: room(2, 100),
        account: room(2, 100),
        ..WIDE
    };
    let mailbox = stage.open(quota).await;
    let [alice, home] = ["alice", "home"].map(did);
    mailbox.settle(&alice, &[&home]).await;
    mailbox.make(put(&home, "one")).await;
    mailbox.make(put(&home, "two")).await;
    assert_eq!(mailbox.make(put(&home, "three")).await, Outcome::Full);

    let first = mailbox.ids(&alice).await[0];
    let removed = mailbox.make(remove(&alice, [first])).await;

    assert_eq!(removed, Outcome::Done);
    assert_eq!(mailbox.status(&alice).await.room, room(1, 3));
    assert_eq!(mailbox.make(put(&home, "three")).await, stored(&alice));
    assert_eq!(mailbox.texts(&alice).await, ["two", "three"]);
    assert_ne!(mailbox.make(remove(&alice, [first])).await, Outcome::Full);
    assert_eq!(mailbox.status(&alice).await.room, room(2, 8));
}

pub async fn foreign_and_unknown_ids_touch_nothing(stage: &impl Stage) {
    let mailbox = stage.open(WIDE).await;
    let [alice, bob, home, work] = ["alice", "bob", "home", "work"].map(did);
    mailbox.settle(&alice, &[&home]).await;
    mailbox.settle(&bob, &[&work]).await;
    mailbox.make(put(&home, "for alice")).await;
    mailbox.make(put(&work, "for bob")).await;
    let foreign = mailbox.ids(&alice).await;
    let own = mailbox.ids(&bob).await;
    let unknown = [MailId(0), MailId(1 << 40), MailId(u64::MAX)];

    mailbox.make(remove(&bob, unknown)).await;
    mailbox.make(remove(&bob, foreign.clone())).await;
    mailbox.make(remove(&bob, [])).await;

    assert_eq!(mailbox.texts(&alice).await, ["for alice"]);
    assert_eq!(mailbox.texts(&bob).await, ["for bob"]);
    assert_eq!(mailbox.status(&alice).await.room, room(1, 9));
    assert_eq!(mailbox.status(&bob).await.room, room(1, 7));

    let mixed = [own, foreign, unknown.to_vec()].concat();
    assert_eq!(mailbox.make(remove(&bob, mixed)).await, Outcome::Done);
    assert_eq!(mailbox.texts(&alice).await, ["for alice"]);
    assert_eq!(mailbox.texts(&bob).await, [""; 0]);
}

pub async fn changes_are_made_in_order_and_see_the_earlier_ones(stage: &impl Stage) {
    let quota = Quota {
        recipient: room(2, 1000),
        ..WIDE
    };
    let mailbox = stage.open(quota).await;
    let [alice, next, home, work] = ["alice", "next", "home", "work"].map(did);

    let outcomes = mailbox
        .all(vec![
            put(&home, "too early"),
            register(&alice, &home),
            grant(&alice),
            register(&alice, &home),
            put(&home, "one"),
            put(&home, "two"),
            put(&home, "too many"),
            move_to(&alice, &next),
            register(&next, &work),
            put(&work, "three"),
            unregister(&next, &home),
            put(&home, "too late"),
            grant(&alice),
            register(&alice, &home),
            put(&home, "for the other"),
        ])
        .await;

    assert_eq!(
        outcomes,
        [
            Outcome::Refused,
            Outcome::Refused,
            Outcome::Done,
            Outcome::Done,
            stored(&alice),
            stored(&alice),
            Outcome::Full,
            Outcome::Done,
            Outcome::Done,
            stored(&next),
            Outcome::Done,
            Outcome::Refused,
            Outcome::Done,
            Outcome::Done,
            stored(&alice),
        ]
    );
    assert_eq!(mailbox.texts(&next).await, ["one", "two", "three"]);
    assert_eq!(mailbox.texts(&alice).await, ["for the other"]);
    let ids = mailbox.ids(&next).await;
    let outcomes = mailbox
        .all(vec![
            remove(&next, ids),
            put(&work, "four"),
            forget(&next),
            put(&work, "five"),
        ])
        .await;
    assert_eq!(
        outcomes,
        [
            Outcome::Done,
            stored(&next),
            Outcome::Done,
            Outcome::Refused
        ]
    );
}

pub async fn no_changes_have_no_outcomes(stage: &impl Stage) {
    let mailbox = stage.open(WIDE).await;

    assert_eq!(mailbox.apply(Vec::new(), T).await, Ok(Vec::new()));
}
