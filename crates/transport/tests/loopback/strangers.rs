//! Peers that are broken, greedy or hostile hold nobody up.

use crate::{
    end::{BOTH, End, PATIENCE, TCP},
    stranger::{ANSWERED, SIMPLEX, Stranger, read, read_to_end, write},
};
use futures::{AsyncWriteExt, StreamExt};
use signet_transport::{Answer, Endpoint, Outcome, Via};
use tokio::time::timeout;

/// Alice still gets an envelope through to `bob`.
async fn an_honest_envelope_passes(bob: &mut End) {
    let mut alice = End::new(1, BOTH).await;
    alice.deliver(1, *b"honest", &[bob.endpoint()]);
    assert_eq!(bob.take(Answer::Stored).await, b"honest");
    assert_eq!(alice.outcome(1).await, Outcome::Stored(bob.direct()));
}

#[tokio::test]
async fn a_stream_that_stops_within_a_frame_holds_nobody_up() {
    let mut bob = End::new(2, TCP).await;
    let (mut stranger, peer) = Stranger::at(&bob).await;
    let mut streams = Vec::new();
    for beginning in [
        &b"\x80"[..],
        b"\x0a",
        b"\x0aabc",
        b"\x80\x80\x40",
        b"\x80\x80\x40abc",
    ] {
        let mut stream = stranger.stream(peer, ANSWERED).await;
        write(&mut stream, beginning).await;
        streams.push(stream);
    }

    an_honest_envelope_passes(&mut bob).await;
    let mut stream = stranger.stream(peer, ANSWERED).await;
    write(&mut stream, b"\x02ok").await;
    assert_eq!(bob.take(Answer::Stored).await, b"ok");
    assert_eq!(read(&mut stream, 1).await, [0]);
}

#[tokio::test]
async fn an_impossible_length_ends_the_stream_after_the_answers_it_is_owed() {
    let mut bob = End::new(2, TCP).await;
    let (mut stranger, peer) = Stranger::at(&bob).await;
    let impossible: [&[u8]; 4] = [
        b"\x00",                                     // nothing
        b"\x81\x80\x40",                             // one byte above 1 MiB
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", // 2^64 - 1
        &[0xff; 200],                                // no varint at all
    ];
    for length in impossible {
        let mut stream = stranger.stream(peer, ANSWERED).await;
        write(&mut stream, &[b"\x02ok", length].concat()).await;

        assert_eq!(bob.take(Answer::No).await, b"ok");
        assert_eq!(read_to_end(&mut stream).await, [2]);
    }
    an_honest_envelope_passes(&mut bob).await;
}

#[tokio::test]
async fn one_poisonous_envelope_does_not_stop_those_behind_it() {
    let mut bob = End::new(2, TCP).await;
    let (mut stranger, peer) = Stranger::at(&bob).await;
    let mut stream = stranger.stream(peer, ANSWERED).await;
    write(&mut stream, b"\x02\xff\xfe\x02ok").await;

    let (poison, bytes, _) = bob.envelope().await;
    assert_eq!(bytes, b"\xff\xfe");
    assert_eq!(bob.take(Answer::Stored).await, b"ok");
    assert_eq!(read(&mut stream, 1).await, [1 << 2]);
    bob.transport.answer(poison, Answer::No);
    assert_eq!(read(&mut stream, 1).await, [2]);
}

#[tokio::test]
async fn a_peer_gets_no_more_than_its_window_and_others_none_the_less() {
    let mut bob = End::new(2, TCP).await;
    let (mut stranger, peer) = Stranger::at(&bob).await;
    let mut stream = stranger.stream(peer, ANSWERED).await;
    write(&mut stream, &b"\x01x".repeat(100)).await;
    let mut held = Vec::new();
    for _ in 0..64 {
        held.push(bob.envelope().await.0);
    }

    // A second stream does not double it.
    let mut second = stranger.stream(peer, ANSWERED).await;
    write(&mut second, &b"\x01y".repeat(100)).await;
    let mut alice = End::new(1, TCP).await;
    alice.deliver(1, *b"honest", &[bob.endpoint()]);
    let (inbound, bytes, _) = bob.envelope().await;
    assert_eq!(bytes, b"honest");
    bob.transport.answer(inbound, Answer::Stored);
    assert_eq!(alice.outcome(1).await, Outcome::Stored(bob.direct()));
    assert_eq!(bob.envelopes_seen(), 0);

    bob.transport.answer(held[0], Answer::Stored);
    assert_ne!(bob.take(Answer::Stored).await, b"honest");
}

#[tokio::test]
async fn a_ninth_stream_of_one_peer_is_turned_away() {
    let mut bob = End::new(2, TCP).await;
    let (mut stranger, peer) = Stranger::at(&bob).await;
    let mut streams = Vec::new();
    for _ in 0..8 {
        let mut stream = stranger.stream(peer, ANSWERED).await;
        write(&mut stream, b"\x02ok").await;
        bob.take(Answer::Stored).await;
        streams.push(stream);
    }

    let mut ninth = stranger.stream(peer, ANSWERED).await;
    assert!(read_to_end(&mut ninth).await.is_empty());
    an_honest_envelope_passes(&mut bob).await;
}

#[tokio::test]
async fn envelopes_without_answers_are_taken_too() {
    let mut bob = End::new(2, TCP).await;
    let (mut stranger, peer) = Stranger::at(&bob).await;
    let mut stream = stranger.stream(peer, SIMPLEX).await;
    write(&mut stream, b"\x03one\x03two").await;
    stream.close().await.unwrap();

    let (inbound, bytes, via) = bob.envelope().await;
    assert_eq!(bytes, b"one");
    let peer_id = stranger
        .endpoint
        .uri
        .trim_start_matches("libp2p-peerId:")
        .to_owned();
    assert_eq!(via, Via::Direct { peer_id });
    bob.transport.answer(inbound, Answer::Stored);
    bob.transport.answer(inbound, Answer::No);
    assert_eq!(bob.take(Answer::Stored).await, b"two");
}

#[tokio::test]
async fn a_receiver_without_our_protocol_is_unreachable() {
    let stranger = Stranger::new().await;
    let mut alice = End::new(1, TCP).await;

    alice.deliver(1, *b"{}", std::slice::from_ref(&stranger.endpoint));

    assert!(
        alice
            .unreachable(1)
            .await
            .contains("does not take envelopes")
    );
}

#[tokio::test]
async fn a_receiver_that_always_hangs_up_ends_every_attempt() {
    let mut stranger = Stranger::new().await;
    let mut streams = stranger.control.accept(ANSWERED).unwrap();
    let hang_up = tokio::spawn(async move { while streams.next().await.is_some() {} });
    let mut alice = End::new(1, TCP).await;

    for id in 0..5 {
        alice.deliver(id, *b"{}", std::slice::from_ref(&stranger.endpoint));
    }

    for id in 0..5 {
        alice.unreachable(id).await;
    }
    hang_up.abort();
}

#[tokio::test]
async fn what_a_broken_stream_left_unanswered_goes_again_in_order() {
    let mut stranger = Stranger::new().await;
    let mut streams = stranger.control.accept(ANSWERED).unwrap();
    let mut alice = End::new(1, TCP).await;
    for id in 0..10u8 {
        alice.deliver(id.into(), [id], std::slice::from_ref(&stranger.endpoint));
    }

    // The first stream breaks with the first envelope answered, the second carries the rest.
    let (_, mut stream) = timeout(PATIENCE, streams.next()).await.unwrap().unwrap();
    for id in 0..10u8 {
        assert_eq!(read(&mut stream, 2).await, [1, id]);
    }
    write(&mut stream, &[0]).await;
    assert!(matches!(alice.outcome(0).await, Outcome::Stored(_)));
    drop(stream);
    let (_, mut stream) = timeout(PATIENCE, streams.next()).await.unwrap().unwrap();
    for id in 1..10u8 {
        assert_eq!(read(&mut stream, 2).await, [1, id]);
        write(&mut stream, &[(id - 1) << 2]).await;
    }

    for id in 1..10 {
        assert!(matches!(alice.outcome(id).await, Outcome::Stored(_)));
    }
}

#[tokio::test]
async fn a_receiver_that_answers_nonsense_is_hung_up_on() {
    for nonsense in [&b"\x03"[..], b"\x04", &[0xff; 20]] {
        let mut stranger = Stranger::new().await;
        let mut streams = stranger.control.accept(ANSWERED).unwrap();
        let mut alice = End::new(1, TCP).await;
        alice.deliver(1, *b"{}", std::slice::from_ref(&stranger.endpoint));

        for _ in 0..4 {
            let (_, mut stream) = timeout(PATIENCE, streams.next()).await.unwrap().unwrap();
            assert_eq!(read(&mut stream, 3).await, b"\x02{}");
            write(&mut stream, nonsense).await;
            read_to_end(&mut stream).await;
        }
        assert!(alice.unreachable(1).await.contains("broke"));
    }
}

#[tokio::test]
async fn a_receiver_that_never_answers_loses_to_the_next_endpoint() {
    let mut stranger = Stranger::new().await;
    let mut streams = stranger.control.accept(ANSWERED).unwrap();
    let silent = tokio::spawn(async move {
        let mut held = Vec::new();
        while let Some(stream) = streams.next().await {
            held.push(stream);
        }
    });
    let (mut alice, mut bob) = (
        End::new(1, TCP).await,
        End::with(crate::end::config_with_http(2)).await,
    );

    let http: Endpoint = bob.http();
    alice.deliver(1, *b"{}", &[stranger.endpoint.clone(), http]);

    assert_eq!(bob.take(Answer::Stored).await, b"{}");
    assert_eq!(alice.outcome(1).await, Outcome::Stored(Via::Http));
    silent.abort();
}
