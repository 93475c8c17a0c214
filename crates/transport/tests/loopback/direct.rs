//! Two ends that mean each other well.

use crate::end::{BOTH, End, QUIC, TCP};
use futures::future::join_all;
use signet_transport::{Answer, Endpoint, MAX_ENVELOPE, Outcome, Via};

async fn both_ways(listen: &[&str]) {
    let (mut alice, mut bob) = (End::new(1, listen).await, End::new(2, listen).await);

    alice.deliver(1, *b"to bob", &[bob.endpoint()]);
    let (inbound, bytes, via) = bob.envelope().await;
    assert_eq!(bytes, b"to bob");
    assert_eq!(via, alice.direct());
    bob.transport.answer(inbound, Answer::Stored);
    assert_eq!(alice.outcome(1).await, Outcome::Stored(bob.direct()));

    // Bob knows no address of Alice; the connection she opened serves him.
    let bare = Endpoint {
        multi_addrs: Vec::new(),
        ..alice.endpoint()
    };
    bob.deliver(2, *b"to alice", &[bare]);
    assert_eq!(alice.take(Answer::Stored).await, b"to alice");
    assert_eq!(bob.outcome(2).await, Outcome::Stored(alice.direct()));
}

#[tokio::test]
async fn envelopes_go_both_ways_over_quic() {
    both_ways(QUIC).await;
}

#[tokio::test]
async fn envelopes_go_both_ways_over_tcp() {
    both_ways(TCP).await;
}

#[tokio::test]
async fn the_sender_hears_what_the_receiver_says() {
    let (mut alice, mut bob) = (End::new(1, BOTH).await, End::new(2, BOTH).await);
    let answers = [
        (Answer::Stored, Outcome::Stored(bob.direct())),
        (Answer::Later, Outcome::Later),
        (Answer::No, Outcome::No),
    ];

    for (id, (answer, outcome)) in (1..).zip(answers) {
        alice.deliver(id, *b"{}", &[bob.endpoint()]);
        bob.take(answer).await;
        assert_eq!(alice.outcome(id).await, outcome);
    }
}

#[tokio::test]
async fn answers_may_come_in_any_order() {
    let (mut alice, mut bob) = (End::new(1, BOTH).await, End::new(2, BOTH).await);
    for id in 1..=3 {
        alice.deliver(id, [b'0' + id as u8], &[bob.endpoint()]);
    }
    let mut waiting = Vec::new();
    for _ in 1..=3 {
        waiting.push(bob.envelope().await);
    }

    let answers = [(2, Answer::Later), (0, Answer::No), (1, Answer::Stored)];
    let outcomes = [
        (3, Outcome::Later),
        (1, Outcome::No),
        (2, Outcome::Stored(bob.direct())),
    ];
    for ((place, answer), (id, outcome)) in answers.into_iter().zip(outcomes) {
        bob.transport.answer(waiting[place].0, answer);
        assert_eq!(alice.outcome(id).await, outcome);
    }
}

async fn a_thousand_in_order(listen: &[&str]) {
    let (mut alice, mut bob) = (End::new(1, listen).await, End::new(2, listen).await);
    let endpoint = [bob.endpoint()];
    for id in 0..1000u64 {
        // Sizes from a few bytes to 20 KB.
        let envelope = [
            id.to_string().as_bytes(),
            &vec![b'.'; (id * 37 % 20_000) as usize],
        ]
        .concat();
        alice.deliver(id, envelope, &endpoint);
    }

    let stored = Outcome::Stored(bob.direct());
    let taking = async {
        for id in 0..1000u64 {
            let text = String::from_utf8(bob.take(Answer::Stored).await).unwrap();
            assert_eq!(text.trim_end_matches('.'), id.to_string());
        }
    };
    let hearing = async {
        for id in 0..1000 {
            assert_eq!(alice.outcome(id).await, stored);
        }
    };
    tokio::join!(taking, hearing);
}

#[tokio::test]
async fn a_thousand_envelopes_arrive_in_order_over_quic() {
    a_thousand_in_order(QUIC).await;
}

#[tokio::test]
async fn a_thousand_envelopes_arrive_in_order_over_tcp() {
    a_thousand_in_order(TCP).await;
}

#[tokio::test]
async fn the_largest_envelope_passes_and_a_larger_one_is_not_tried() {
    let (mut alice, mut bob) = (End::new(1, BOTH).await, End::new(2, BOTH).await);

    alice.deliver(1, vec![1; MAX_ENVELOPE + 1], &[bob.endpoint()]);
    alice.deliver(2, vec![2; MAX_ENVELOPE], &[bob.endpoint()]);
    alice.deliver(3, Vec::new(), &[bob.endpoint()]);

    assert_eq!(bob.take(Answer::Stored).await, vec![2; MAX_ENVELOPE]);
    assert_eq!(alice.outcome(1).await, Outcome::No);
    assert_eq!(alice.outcome(2).await, Outcome::Stored(bob.direct()));
    assert_eq!(alice.outcome(3).await, Outcome::No);
}

#[tokio::test]
async fn both_may_dial_each_other_at_once() {
    let (mut alice, mut bob) = (End::new(1, BOTH).await, End::new(2, BOTH).await);
    for id in 0..20 {
        alice.deliver(id, *b"a", &[bob.endpoint()]);
        bob.deliver(id, *b"b", &[alice.endpoint()]);
    }

    for _ in 0..20 {
        assert_eq!(alice.take(Answer::Stored).await, b"b");
        assert_eq!(bob.take(Answer::Stored).await, b"a");
    }
    for id in 0..20 {
        assert_eq!(alice.outcome(id).await, Outcome::Stored(bob.direct()));
        assert_eq!(bob.outcome(id).await, Outcome::Stored(alice.direct()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_that_comes_at_once_is_served() {
    let mut bob = End::new(100, BOTH).await;
    let mut crowd = Vec::new();
    for seed in 0..24 {
        crowd.push(End::new(seed, BOTH).await);
    }
    let (to_bob, by_bob) = ([bob.endpoint()], bob.direct());

    let all = (0..)
        .zip(&mut crowd)
        .map(async |(id, end): (u8, &mut End)| {
            let outcome = end.insist(id.into(), &[id], &to_bob).await;
            assert_eq!(outcome, Outcome::Stored(by_bob.clone()));
        });
    let (kept, _) = bob.keep_until(join_all(all)).await;

    assert_eq!(kept, (0..24).map(|id| vec![id]).collect());
}

#[tokio::test]
async fn who_stops_is_seen_to_leave() {
    let (mut alice, mut bob) = (End::new(1, BOTH).await, End::new(2, BOTH).await);
    alice.deliver(1, *b"{}", &[bob.endpoint()]);
    bob.take(Answer::Stored).await;
    bob.peer(&alice.peer_id(), true).await;
    alice.outcome(1).await;

    let peer_id = alice.peer_id();
    alice.transport.stop().await;

    bob.peer(&peer_id, false).await;
}

#[tokio::test]
async fn the_peer_id_follows_from_the_secret() {
    let (one, other) = (End::new(1, BOTH).await, End::new(2, BOTH).await);
    let (peer_id, Via::Direct { peer_id: named }) = (one.peer_id(), one.direct()) else {
        unreachable!()
    };

    assert_eq!(peer_id, named);
    assert_ne!(peer_id, other.peer_id());
    one.transport.stop().await;
    assert_eq!(peer_id, End::new(1, BOTH).await.peer_id());
}
