//! What the corpus grew from: good ones of every kind, and those, called `no-…`, in which one thing
//! is wrong that chance would hardly hit on.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::{Value, json};
use signet_didcomm::{
    Attachment, ContentCipher, Did, Endpoint, Message, anoncrypt, authcrypt, authcrypt_hidden,
    from_prior, out_of_band, peer2, peer4, routing, sign, sign_and_anoncrypt,
};

use super::fuzz::envelope::MARK;
use super::fuzz::from_prior::DECIDED;
use super::fuzz::people::{NOW, People};
use signet_forger::{Forgery, Person, b64, signed};

type Seeds = Vec<(String, Vec<u8>)>;

/// The seeds of a target, each with a name.
pub fn of(target: &str) -> Seeds {
    match target {
        "envelope" => envelopes(),
        "sealed" => sealed(),
        "plaintext" => plaintexts(),
        "did" => dids(),
        "document" => documents(),
        "invitation" => invitations(),
        "from_prior" => rotations(),
        "forward" => forwards(),
        other => panic!("{other} has no seeds"),
    }
}

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(1)
}

fn named(name: impl ToString, bytes: impl AsRef<[u8]>) -> (String, Vec<u8>) {
    (
        format!("seed-{}", name.to_string()),
        bytes.as_ref().to_vec(),
    )
}

fn text(alice: &Person, bob: &Person) -> Message {
    let mut message = Message::new("1", "https://didcomm.org/basicmessage/2.0/message");
    message.from = Some(alice.did.clone());
    message.to = vec![bob.did.clone()];
    message.lang = Some(MARK.to_owned());
    message.body.insert("content".into(), "hi".into());
    message
}

fn rotated(alice: &Person, bob: &Person) -> Message {
    let carol = &People::get().carol;
    let jwt = from_prior::sign(&carol.keys, &carol.did, Some(&alice.did), DECIDED);
    Message {
        from_prior: Some(jwt.unwrap()),
        ..text(alice, bob)
    }
}

fn envelopes() -> Seeds {
    let people = People::get();
    let mut rng = rng();
    let mut seeds = Vec::new();
    for (alice, bob) in people.alices.iter().zip(&people.bobs) {
        let curve = bob.keys.agreement().unwrap().curve();
        let (message, to) = (text(alice, bob), &bob.document);
        let cipher = ContentCipher::A256Gcm;
        let packed = [
            ("authcrypt", authcrypt(&message, &alice.keys, to, &mut rng)),
            ("anoncrypt", anoncrypt(&message, to, cipher, &mut rng)),
            (
                "hidden",
                authcrypt_hidden(&message, &alice.keys, to, &mut rng),
            ),
            ("signed", sign(&message, &alice.keys)),
            (
                "both",
                sign_and_anoncrypt(&message, &alice.keys, to, cipher, &mut rng),
            ),
        ];
        for (mode, envelope) in packed {
            seeds.push(named(format!("{mode}-{curve}"), envelope.unwrap()));
        }
    }
    let (alice, bob) = (people.alice(), people.bob());
    let message = text(alice, bob);
    for cipher in [ContentCipher::A256CbcHs512, ContentCipher::Xc20P] {
        let envelope = anoncrypt(&message, &bob.document, cipher, &mut rng).unwrap();
        seeds.push(named(format!("anoncrypt-{}", cipher.name()), envelope));
    }
    let rotated = authcrypt(&rotated(alice, bob), &alice.keys, &bob.document, &mut rng);
    seeds.push(named("rotation", rotated.unwrap()));
    let authcrypt = authcrypt(&message, &alice.keys, &bob.document, &mut rng).unwrap();
    seeds.push(named(
        "forwarded",
        wrapped(authcrypt.clone(), bob, &mut rng),
    ));
    seeds.push(named("flat-jwe", flat(&authcrypt, "recipients")));
    let jws = sign(&message, &alice.keys).unwrap();
    seeds.push(named("flat-jws", flat(&jws, "signatures")));
    let inner = Forgery::authcrypt(alice, bob).seal(&jws).to_string();
    seeds.push(named("signed-authcrypt", &inner));
    seeds.push(named(
        "three",
        Forgery::anoncrypt(bob).seal(inner).to_string(),
    ));
    seeds.push(named("plaintext", message.to_vec()));
    seeds
}

/// In a forward to the recipient itself, who unwraps it.
fn wrapped(envelope: Vec<u8>, to: &Person, rng: &mut ChaCha20Rng) -> Vec<u8> {
    let hop = routing::Hop {
        name: to.did.to_string(),
        document: to.document.clone(),
    };
    routing::wrap(envelope, to.did.as_str(), &[hop], None, rng).unwrap()
}

/// The one entry of a list at top level.
fn flat(envelope: &[u8], list: &str) -> String {
    let mut envelope: Value = serde_json::from_slice(envelope).unwrap();
    let entry = envelope.as_object_mut().unwrap().remove(list).unwrap();
    for (name, value) in entry[0].as_object().unwrap() {
        envelope[name] = value.clone();
    }
    envelope.to_string()
}

fn sealed() -> Seeds {
    let people = People::get();
    let (alice, bob) = (people.alice(), people.bob());
    let message = text(alice, bob);
    let mut seeds = Vec::new();
    for choice in 1..16 {
        let bytes = [&[choice][..], &message.to_vec()].concat();
        seeds.push(named(format!("layers-{choice}"), bytes));
    }
    let mut late = message.clone();
    late.expires_time = Some(NOW);
    seeds.push(named("late", [&[2][..], &late.to_vec()].concat()));
    seeds.push(named(
        "rotation",
        [&[2][..], &rotated(alice, bob).to_vec()].concat(),
    ));
    let ending = from_prior::sign(&people.carol.keys, &people.carol.did, None, DECIDED);
    let mut farewell = Message::new("1", "https://didcomm.org/empty/1.0/empty");
    farewell.from_prior = Some(ending.unwrap());
    seeds.push(named("ending", [&[4][..], &farewell.to_vec()].concat()));
    let jws = signed(
        message.to_vec(),
        &alice.seed,
        &json!({"alg": "EdDSA"}),
        &alice.kid("sig"),
    );
    seeds.push(named(
        "within",
        [&[2][..], jws.to_string().as_bytes()].concat(),
    ));
    for forward in forwards() {
        seeds.push(named(&forward.0[5..], [&[4][..], &forward.1].concat()));
    }
    seeds.extend(sealed_wrongly());
    seeds
}

fn sealed_wrongly() -> Seeds {
    let people = People::get();
    let (alice, bob, carol) = (people.alice(), people.bob(), &people.carol);
    let message = text(alice, bob);
    let mut to_nobody = message.clone();
    to_nobody.to.clear();
    let mut expired = message.clone();
    expired.expires_time = Some(NOW - 1);
    let mut rotated = rotated(alice, bob);
    rotated.from = Some(carol.did.clone());
    let mut seeds = Vec::new();
    for (name, choice, message) in [
        ("another-sender", 2, text(carol, bob)),
        ("another-signer", 1, text(carol, bob)),
        ("another-reader", 2, text(alice, carol)),
        ("signed-for-nobody", 5, to_nobody),
        ("expired", 4, expired),
        ("another-rotated", 4, rotated),
    ] {
        seeds.push(named(
            format!("no-{name}"),
            [&[choice][..], &message.to_vec()].concat(),
        ));
    }
    seeds
}

fn plaintexts() -> Seeds {
    let people = People::get();
    let (alice, bob) = (people.alice(), people.bob());
    let mut full = rotated(alice, bob);
    full.thid = Some("2".into());
    full.pthid = Some("3".into());
    full.created_time = Some(NOW);
    full.expires_time = Some(NOW + 1);
    full.please_ack = vec![String::new()];
    full.ack = vec!["4".into(), "5".into()];
    full.sender_order = Some(6);
    full.extra.insert("accept-lang".into(), json!(["de"]));
    full.attachments = vec![
        Attachment::from_bytes("a", b"hello"),
        Attachment::from_json(json!({"a": [1, -2, 3.5, null, true]})),
    ];
    let any = |json: Value| json.to_string();
    vec![
        named("text", text(alice, bob).to_vec()),
        named("full", full.to_vec()),
        named("least", any(json!({"id": "1", "type": "t"}))),
        named(
            "nulls",
            any(
                json!({"id": "1", "type": "t", "typ": null, "from": null, "to": null,
            "thid": null, "created_time": null, "body": null, "attachments": null, "lang": null}),
            ),
        ),
        named(
            "odd",
            any(
                json!({"id": "1", "type": "a/b/1.2.3/c", "typ": "didcomm-plain+json",
            "created_time": "5", "expires_time": 5.9, "please_ack": true, "ack": "1",
            "from": "did:example:a?v=1", "lang": 1, "sender_order": "7"}),
            ),
        ),
        named(
            "older",
            any(json!({"id": "1", "type": "t", "attachments": [
                {"@id": "a", "mime-type": "text/plain", "byte_count": "5", "lastmod_time": 1,
                 "data": {"base64": "aGVsbG8="}},
                {"id": "b", "filename": "f", "format": "x", "description": "d", "media_type": "m",
                 "data": {"links": ["https://example.com"], "hash": "QmX", "jws": {"signature": ""}}},
            ]})),
        ),
        named(
            "numbers",
            r#"{"id":"1","type":"t","body":{"a":[0,-1,18446744073709551615,-9223372036854775808,1e300,-0.0,0.1,5e-324]}}"#,
        ),
        named(
            "escapes",
            r#"{"id":"1","type":"t","body":{"\u00e4\ud83d\ude00":"\"\\\/\b\f\n\r\t\u0000"}}"#,
        ),
    ]
}

fn dids() -> Seeds {
    let endpoint = Endpoint {
        routing_keys: vec!["did:example:mediator#k".into()],
        multi_addrs: vec!["/ip4/192.0.2.1/tcp/1".into()],
        ..Endpoint::v2("https://example.com/didcomm")
    };
    let (two, keys) = peer2::create(std::slice::from_ref(&endpoint), &mut rng());
    let (four, _) = peer4::create(&[endpoint], &mut rng());
    let mut seeds = vec![
        named("peer2", two.as_str()),
        named("peer4", four.as_str()),
        named("peer4-short", four.short().as_str()),
        named("web", "did:web:example.com%3A8443:people:alice"),
        named("other", "did:example:a.b-c_d=="),
    ];
    for person in &People::get().alices {
        for key in person.keys.iter() {
            let text = key.public().unwrap().to_multibase();
            seeds.push(named(
                format!("key-{}", key.curve()),
                format!("did:key:{text}"),
            ));
        }
    }
    let text = keys.signing().unwrap().public().unwrap().to_multibase();
    seeds.push(named("key-version", format!("did:key:1:{text}")));
    seeds.push(named("peer0", format!("did:peer:0{text}")));
    let older = json!([{"t": "dm", "s": "https://one", "r": ["did:example:m#k"], "a": ["didcomm/v2"]},
        {"type": "DIDCommMessaging", "serviceEndpoint": [{"uri": "https://two"}]}]);
    seeds.push(named(
        "peer2-older",
        format!("did:peer:2.V{text}.S{}", b64(older.to_string())),
    ));
    seeds
}

fn documents() -> Seeds {
    let people = People::get();
    let mut seeds: Seeds = Vec::new();
    for person in &people.alices {
        let json = person.document.to_json().to_string();
        seeds.push(named(person.did.as_str().rsplit(':').next().unwrap(), json));
    }
    let (four, _) = peer4::create(&[Endpoint::v2("https://example.com")], &mut rng());
    let long = signet_didcomm::document::resolve(&four).unwrap().to_json();
    let short = long
        .to_string()
        .replace(four.as_str(), four.short().as_str());
    seeds.push(named("peer4", short));
    let jwk = |person: &Person| person.keys.agreement().unwrap().public().unwrap().to_jwk();
    let jwks: Vec<_> = people.alices.iter().map(jwk).collect();
    let web = json!({
        "id": "did:web:example.com",
        "alsoKnownAs": ["did:web:example.org"],
        "verificationMethod": [
            {"id": "#0", "type": "JsonWebKey2020", "publicKeyJwk": jwks[0]},
            {"id": "did:web:example.com#1", "type": "JsonWebKey2020", "publicKeyJwk": jwks[1]},
            {"id": "2", "type": "Quantum"},
        ],
        "publicKey": [{"id": "#3", "type": "X25519KeyAgreementKey2019",
            "publicKeyBase58": "JhNWeSVLMYccCk7iopQW4guaSJTojqpMEELgSLhKwRr"}],
        "keyAgreement": ["#0", {"id": "#4", "type": "JsonWebKey2020", "publicKeyJwk": jwks[2]}],
        "authentication": ["#nowhere", null],
        "service": [
            {"id": "#s", "type": ["DIDCommMessaging"], "serviceEndpoint":
                [{"uri": "https://example.com", "accept": ["didcomm/v2"], "routing_keys": ["k"]}]},
            {"id": "t", "type": "DIDCommMessaging", "serviceEndpoint": "https://example.org"},
        ],
    });
    seeds.push(named("web", web.to_string()));
    seeds.push(named(
        "empty",
        json!({"id": "did:web:example.com"}).to_string(),
    ));
    seeds
}

fn invitations() -> Seeds {
    let people = People::get();
    let alice = people.alice();
    let invitation = out_of_band::Invitation {
        goal_code: Some("chat".into()),
        goal: Some("Say hello".into()),
        attachments: vec![Attachment::from_json(json!({"a": 1}))],
        expires_time: Some(NOW),
        ..out_of_band::Invitation::new("1", alice.did.clone())
    };
    let message = invitation.to_message();
    let (from, _) = peer2::create(&[Endpoint::v2("https://example.com")], &mut rng());
    let plain = out_of_band::Invitation::new("1", from.clone());
    let url = plain.to_url("https://example.com/?lang=de");
    let (signer, keys) = peer2::create(&[], &mut rng());
    let signed = out_of_band::Invitation::new("1", signer).to_message();
    let signed = sign(&signed, &keys).unwrap();
    let spaced = invitation.to_url("signet://invitation").replace('1', "%31");
    vec![
        named("url", &url),
        named("full", invitation.to_url("https://example.com")),
        named(
            "broken",
            format!(" {}\n{}&utm=1#top", &url[..40], &url[40..]),
        ),
        named("escaped", spaced),
        named("json", message.to_vec()),
        named("signed", &signed),
        named("signed-url", format!("didcomm://x?_oob={}", b64(&signed))),
    ]
}

fn rotations() -> Seeds {
    let people = People::get();
    let mut seeds = Vec::new();
    for prior in &people.alices {
        let sub = &people.carol.did;
        let curve = prior.keys.agreement().unwrap().curve();
        let rotation = from_prior::sign(&prior.keys, &prior.did, Some(sub), DECIDED).unwrap();
        let ending = from_prior::sign(&prior.keys, &prior.did, None, DECIDED).unwrap();
        seeds.push(named(format!("rotation-{curve}"), rotation));
        seeds.push(named(format!("ending-{curve}"), ending));
    }
    let carol = &people.carol;
    let header = json!({"typ": "JWT", "alg": "EdDSA", "kid": carol.kid("sig")});
    for (name, claims) in [
        (
            "claims",
            json!({"iss": carol.did, "sub": "did:example:new", "iat": 1}),
        ),
        ("exp", json!({"iss": carol.did, "exp": NOW, "iat": "5"})),
        ("least", json!({"iss": carol.did})),
    ] {
        seeds.push(named(name, format!("{header}\n{claims}")));
    }
    let foreign = json!({"typ": "JWT", "alg": "EdDSA", "kid": people.alice().kid("sig")});
    for (name, header, claims) in [
        (
            "no-move",
            &header,
            json!({"iss": carol.did, "sub": carol.did}),
        ),
        (
            "no-longer",
            &header,
            json!({"iss": carol.did, "exp": NOW - 1}),
        ),
        ("no-prior", &header, json!({"sub": carol.did})),
        ("no-key-of-iss", &header, json!({"iss": people.alice().did})),
        ("no-key-of-kid", &foreign, json!({"iss": carol.did})),
    ] {
        seeds.push(named(name, format!("{header}\n{claims}")));
    }
    seeds
}

fn forwards() -> Seeds {
    let people = People::get();
    let (alice, bob) = (people.alice(), people.bob());
    let envelope = Forgery::authcrypt(alice, bob).seal(text(alice, bob).to_vec());
    let next: &Did = &bob.did;
    let base = json!({"id": "f", "type": routing::FORWARD, "to": [bob.did],
        "body": {"next": next}});
    let with = |attachments: Value| {
        let mut forward = base.clone();
        forward["attachments"] = attachments;
        forward.to_string()
    };
    let base64 = b64(envelope.to_string());
    let mut held: Value = serde_json::from_str(&with(json!([{"data": {"json": {}}}]))).unwrap();
    held["delay_milli"] = json!(-500);
    held["expires_time"] = json!(NOW);
    vec![
        named("fwd-json", with(json!([{"data": {"json": envelope}}]))),
        named(
            "fwd-base64",
            with(json!([{"id": "1", "data": {"base64": base64}}])),
        ),
        named(
            "fwd-several",
            with(
                json!([{"data": {"json": {"a": 1.5}}}, {"data": {"base64": "e30"}},
            {"data": {"links": ["https://example.com"], "hash": "Qm"}}]),
            ),
        ),
        named("fwd-held", held.to_string()),
        named(
            "fwd-odd",
            with(json!([{"data": {"json": "text"}}, {"data": {"json": [0.1]}}])),
        ),
    ]
}
