//! Malformed requests and frames, by the million.

use std::collections::BTreeMap;

use futures::future::join_all;
use rand::{Rng, RngExt, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use serde_json::json;
use signet_didcomm::Document;
use tokio::time::Instant;

use super::{
    agent::{
        Agent, EMPTY, MEDIATION_2, MEDIATION_3, PICKUP_3, PICKUP_4, PING, forward, letter, request,
        seal_anonymously,
    },
    frames,
    mouth::{From, Heard, Manner, Mouth},
    others::Others,
    requests,
    row::{Row, resident},
    server::Server,
    size, spoil,
};

/// Clients at once.
const MOUTHS: u8 = 16;
/// By how many MiB the memory may grow.
const GROWTH: f64 = 50.0;

/// Envelopes of which malformed ones are made.
pub struct Sound {
    envelopes: Vec<Vec<u8>>,
    /// Sealed as they should be, and nonsense inside.
    pub nonsense: Vec<Vec<u8>>,
}

type Make = fn(&Sound, &mut ChaCha8Rng) -> Vec<u8>;

/// What is said: its name, how much of it, how, and how it is made.
#[rustfmt::skip]
const KINDS: [(&str, u32, Manner, Make); 25] = [
    ("a spoilt envelope", 20, Manner::Request, requests::spoilt),
    ("an envelope cut short", 10, Manner::Request, requests::cut),
    ("an envelope with an odd field", 10, Manner::Request, requests::odd_json),
    ("sealed nonsense", 5, Manner::Request, requests::sealed_nonsense),
    ("deep JSON", 2, Manner::Request, requests::deep_json),
    ("noise as an envelope", 5, Manner::Request, requests::noise),
    ("a wrong content type", 5, Manner::Request, requests::wrong_kind),
    ("a wrong method or path", 5, Manner::Request, requests::wrong_way),
    ("bad chunks", 5, Manner::Last, requests::bad_chunks),
    ("a huge head", 2, Manner::Last, requests::huge_head),
    ("bad framing of HTTP", 8, Manner::Last, requests::bad_framing),
    ("an oversized body", 3, Manner::Last, requests::oversized),
    ("a request broken off", 4, Manner::Last, requests::broken_off),
    ("a bad handshake", 5, Manner::Last, requests::bad_handshake),
    ("garbage in a frame", 20, Manner::Frame, frames::garbage),
    ("reserved bits and codes", 2, Manner::LastFrame, frames::reserved),
    ("a frame without a mask", 1, Manner::LastFrame, frames::unmasked),
    ("a frame said to be too large", 2, Manner::LastFrame, frames::oversized),
    ("bad control frames", 2, Manner::LastFrame, frames::bad_control),
    ("bad pieces of a message", 2, Manner::LastFrame, frames::bad_pieces),
    ("text that is none", 1, Manner::LastFrame, frames::not_text),
    ("a bad close", 1, Manner::LastFrame, frames::bad_close),
    ("a frame broken off", 2, Manner::LastFrame, frames::broken_off),
    ("noise as frames", 2, Manner::LastFrame, frames::noise),
    ("noise as HTTP", 1, Manner::Last, frames::noise),
];

/// What may not be taken for an envelope.
const UNREADABLE: [&str; 4] = [
    "a spoilt envelope",
    "an envelope cut short",
    "an envelope with an odd field",
    "noise as an envelope",
];

impl Sound {
    fn new(mediator: &Document, rng: &mut ChaCha8Rng) -> Self {
        let agents: Vec<Agent> = (0..4).map(|_| Agent::peer2()).collect();
        let mut envelopes = Vec::new();
        for agent in &agents {
            let ask = request(PICKUP_3, "delivery-request", json!({"limit": 10}));
            envelopes.push(agent.seal(mediator, ask));
            envelopes.push(forward(mediator, "did:example:nobody", &letter("1")));
        }
        let types = [
            format!("{MEDIATION_2}/mediate-request"),
            format!("{MEDIATION_2}/keylist-update"),
            format!("{MEDIATION_2}/recipient-query"),
            format!("{MEDIATION_3}/mediate-request"),
            format!("{MEDIATION_3}/recipient-update"),
            format!("{MEDIATION_3}/recipient-query"),
            format!("{PICKUP_3}/status-request"),
            format!("{PICKUP_3}/delivery-request"),
            format!("{PICKUP_3}/messages-received"),
            format!("{PICKUP_4}/live-delivery-change"),
            "https://didcomm.org/routing/2.0/forward".to_owned(),
            PING.to_owned(),
            EMPTY.to_owned(),
        ];
        let fields = [
            "updates",
            "limit",
            "message_id_list",
            "next",
            "recipient_did",
            "paginate",
        ];
        let nonsense = (0..size(200, 2000)).map(|number| {
            let mut body = json!({});
            for _ in 0..rng.random_range(0..4) {
                body[*fields.choose(rng).unwrap()] = spoil::odd(rng);
            }
            let message =
                json!({"type": types.choose(rng).unwrap(), "body": body, "return_route": "all"});
            match rng.random() {
                true => agents[number % agents.len()].seal(mediator, message),
                false => seal_anonymously(mediator, message),
            }
        });
        let nonsense = nonsense.collect();
        Self {
            envelopes,
            nonsense,
        }
    }

    pub fn envelope(&self, rng: &mut ChaCha8Rng) -> &[u8] {
        self.envelopes.choose(rng).unwrap()
    }
}

/// How often what was heard of what was said.
type Tally = BTreeMap<(&'static str, Heard), u64>;

/// Says so many things.
async fn say(server: &Server, sound: &Sound, count: usize, seed: u64) -> Tally {
    let mouths = (0..MOUTHS).map(async |number| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed + u64::from(number));
        let mut mouth = Mouth::new(server, From::Many(number));
        let mut tally = Tally::new();
        for _ in 0..count / usize::from(MOUTHS) {
            let kind = KINDS.choose_weighted(&mut rng, |(_, weight, ..)| *weight);
            let (name, _, manner, make) = kind.unwrap();
            let heard = mouth.say(*manner, &make(sound, &mut rng)).await;
            *tally.entry((name, heard)).or_default() += 1;
        }
        tally
    });
    let mut all = Tally::new();
    for (key, count) in join_all(mouths).await.into_iter().flatten() {
        *all.entry(key).or_default() += count;
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_malformed_breaks_it_or_stays_in_its_memory() {
    let mut server = Server::start(&["--rate", "0", "--connections-each", "20000"]).await;
    let seed = std::env::var("SIGNET_SEED").map_or_else(
        |_| rand::rng().next_u64() >> 8,
        |seed| seed.parse().unwrap(),
    );
    println!("SIGNET_SEED={seed}");
    let sound = Sound::new(&server.mediator, &mut ChaCha8Rng::seed_from_u64(seed));
    let mut others = Others::of(&server).await;
    let count = size(50_000, 1_000_000);

    others.during(say(&server, &sound, count / 20, seed)).await;
    others.again();
    let before = resident(&server);
    let begun = Instant::now();
    let tally = others
        .during(say(&server, &sound, count, seed + 1000))
        .await;
    let took = begun.elapsed();
    let after = resident(&server);

    for ((name, heard), count) in &tally {
        println!("{name}: {heard:?} {count}");
    }
    let row = Row {
        name: "malformed requests",
        count: tally.values().sum(),
        took,
        before,
        after,
    };
    row.print(&others);
    for (name, heard) in tally.keys() {
        assert!(!matches!(heard, Heard::Status(500..)), "{name}");
        if UNREADABLE.contains(name) {
            assert_eq!(*heard, Heard::Status(400), "{name}");
        }
    }
    assert!(after - before < GROWTH);
    others.ask().await;
    assert_eq!(server.said(), "");
    assert!(server.child.try_wait().unwrap().is_none());
}
