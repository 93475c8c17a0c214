//! What waits is told and comes back.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use signet_protocol::{
    mediator::{Facts, Fetch, Question, Waiting},
    time::Timestamp,
};

use crate::stage::*;

pub async fn the_oldest_comes_first(stage: &impl Stage) {
    let mailbox = stage.open(WIDE).await;
    let [alice, home, work] = ["alice", "home", "work"].map(did);
    mailbox.settle(&alice, &[&home, &work]).await;
    let texts: Vec<String> = (0..20).map(|n| format!("{n}")).collect();
    for (n, text) in texts.iter().enumerate() {
        let recipient = [&home, &work][n % 2];
        mailbox.make(put(recipient, text.as_str())).await;
    }

    assert_eq!(mailbox.texts(&alice).await, texts);
    assert!(mailbox.ids(&alice).await.is_sorted_by(|a, b| a < b));
    // To look takes nothing away.
    assert_eq!(mailbox.texts(&alice).await, texts);
}

pub async fn so_many_and_not_these(stage: &impl Stage) {
    let mailbox = stage.open(WIDE).await;
    let [alice, home] = ["alice", "home"].map(did);
    mailbox.settle(&alice, &[&home]).await;
    for text in ["0", "1", "2", "3", "4"] {
        mailbox.make(put(&home, text)).await;
    }
    let ids = mailbox.ids(&alice).await;
    let fetch = |most, except: &[usize]| Fetch {
        most,
        except: except.iter().map(|n| ids[*n]).collect(),
        ..everything(&alice)
    };

    for (most, except, expected) in [
        (2, &[][..], &["0", "1"][..]),
        (2, &[0], &["1", "2"]),
        (9, &[0, 2, 4], &["1", "3"]),
        (1, &[0, 1, 2, 3], &["4"]),
        (9, &[0, 1, 2, 3, 4], &[]),
        (0, &[], &[]),
    ] {
        let texts = mailbox.texts_at(T, fetch(most, except)).await;
        assert_eq!(texts, expected, "{most} {except:?}");
    }
}

pub async fn so_many_bytes_but_always_one(stage: &impl Stage) {
    let mailbox = stage.open(WIDE).await;
    let [alice, home] = ["alice", "home"].map(did);
    mailbox.settle(&alice, &[&home]).await;
    for text in ["aaaa", "bbbb", "cccccccc", "d"] {
        mailbox.make(put(&home, text)).await;
    }
    let first = mailbox.ids(&alice).await[0];

    for (bytes, expected) in [
        (0, &["aaaa"][..]),
        (3, &["aaaa"]),
        (7, &["aaaa"]),
        (8, &["aaaa", "bbbb"]),
        // In order: what is small does not overtake what is large.
        (15, &["aaaa", "bbbb"]),
        (16, &["aaaa", "bbbb", "cccccccc"]),
        (17, &["aaaa", "bbbb", "cccccccc", "d"]),
    ] {
        let fetch = Fetch {
            bytes,
            ..everything(&alice)
        };
        assert_eq!(mailbox.texts_at(T, fetch).await, expected, "{bytes}");
    }
    let fetch = Fetch {
        bytes: 1,
        except: [first].into(),
        ..everything(&alice)
    };
    assert_eq!(mailbox.texts_at(T, fetch).await, ["bbbb"]);
}

pub async fn one_recipient_at_a_time(stage: &impl Stage) {
    let mailbox = stage.open(WIDE).await;
    let (alice, home, work) = (did("alice"), long(1), did("work"));
    mailbox.settle(&alice, &[&home, &work]).await;
    for (recipient, text) in [(&home, "h1"), (&work, "w1"), (&home, "h2"), (&work, "w2")] {
        mailbox.make(put(recipient, text)).await;
    }
    let of = |recipient| Fetch {
        recipient: Some(recipient),
        ..everything(&alice)
    };

    assert_eq!(mailbox.texts_at(T, of(home.short())).await, ["h1", "h2"]);
    assert_eq!(mailbox.texts_at(T, of(work.clone())).await, ["w1", "w2"]);
    assert_eq!(mailbox.texts_at(T, of(did("unknown"))).await, [""; 0]);
    let one = Fetch {
        most: 1,
        ..of(work)
    };
    assert_eq!(mailbox.texts_at(T, one).await, ["w1"]);
}

pub async fn a_large_envelope_is_unchanged(stage: &impl Stage) {
    let mailbox = stage.open(WIDE).await;
    let [alice, home] = ["alice", "home"].map(did);
    mailbox.settle(&alice, &[&home]).await;
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut bytes = vec![0; 560 * 1024];
    rng.fill_bytes(&mut bytes);
    let envelopes = [bytes, Vec::new(), (0..=255).collect()];

    for envelope in &envelopes {
        assert_eq!(
            mailbox.make(put(&home, envelope.clone())).await,
            stored(&alice)
        );
    }

    let mail = mailbox.fetch(T, everything(&alice)).await;
    let back: Vec<Vec<u8>> = mail.into_iter().map(|(_, envelope)| envelope).collect();
    assert!(back == envelopes);
    assert_eq!(mailbox.status(&alice).await.room, room(3, 560 * 1024 + 256));
}

pub async fn status_counts_and_spans(stage: &impl Stage) {
    let mailbox = stage.open(WIDE).await;
    let [alice, home, work] = ["alice", "home", "work"].map(did);
    mailbox.settle(&alice, &[&home, &work]).await;
    assert_eq!(mailbox.status(&alice).await, Waiting::default());

    let at = |n| Timestamp(T.0 + n);
    mailbox.make_at(at(1), put(&home, "one")).await;
    mailbox.make_at(at(2), put(&work, "four")).await;
    mailbox.make_at(at(3), put(&home, "three")).await;

    let status = mailbox.status(&alice).await;
    assert_eq!(status.room, room(3, 12));
    assert_eq!(status.span, Some((at(1), at(3))));
    let of_home = mailbox.status_of(&alice, Some(&home)).await;
    assert_eq!(of_home.room, room(2, 8));
    assert_eq!(of_home.span, None);
    let of_unknown = mailbox.status_of(&alice, Some(&did("unknown"))).await;
    assert_eq!(of_unknown, Waiting::default());

    let ids = mailbox.ids(&alice).await;
    mailbox.make(remove(&alice, [ids[0]])).await;
    assert_eq!(mailbox.status(&alice).await.span, Some((at(2), at(3))));
    mailbox.make(remove(&alice, [ids[2]])).await;
    assert_eq!(mailbox.status(&alice).await.span, Some((at(2), at(2))));
    mailbox.make(remove(&alice, [ids[1]])).await;
    assert_eq!(mailbox.status(&alice).await, Waiting::default());
}

pub async fn a_fetch_tells_of_all_that_waits(stage: &impl Stage) {
    let mailbox = stage.open(WIDE).await;
    let [alice, home, work] = ["alice", "home", "work"].map(did);
    mailbox.settle(&alice, &[&home, &work]).await;
    for (recipient, text) in [(&home, "one"), (&work, "two"), (&home, "three")] {
        mailbox.make(put(recipient, text)).await;
    }
    let waiting = async |fetch| match mailbox.ask(Question::Mail(fetch)).await {
        Facts::Mail { waiting, .. } => waiting,
        other => panic!("{other:?}"),
    };

    let of_all = Fetch {
        most: 1,
        except: mailbox.ids(&alice).await.into_iter().take(1).collect(),
        ..everything(&alice)
    };
    let expected = Waiting {
        room: room(3, 11),
        span: Some((T, T)),
    };
    assert_eq!(waiting(of_all).await, expected);
    let of_home = Fetch {
        most: 1,
        recipient: Some(home),
        ..everything(&alice)
    };
    let expected = Waiting {
        room: room(2, 8),
        span: None,
    };
    assert_eq!(waiting(of_home).await, expected);
}
