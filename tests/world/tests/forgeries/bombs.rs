//! What is made to burst us: deep, wide and long things, in every place where a stranger may write.

use serde_json::{Value, json};
use signet_didcomm::{
    Did, FromPriorError, MAX_ENVELOPE, Malformed, MessageError, ResolveError, UnpackError, routing,
};
use signet_forger::{Forgery, b64, peer4, unb64, with_protected};
use signet_protocol::Rejected;

use crate::{
    case::{
        Attacker::{Carrier, Contact, Stranger},
        Case, malformed, message, prior,
    },
    stage::Scene,
};

/// Letters of JSON that still fit into an envelope when they are sealed and in base64.
const SEALED: usize = MAX_ENVELOPE / 4 * 3 - 4096;

pub fn cases(s: &Scene) -> Vec<Case> {
    [deep(s), layers(s), wide(s), many(s), long(s), numbers(s)]
        .into_iter()
        .flatten()
        .collect()
}

/// Mallory's text to Bob's Alice, with one member in the words given.
fn text(s: &Scene, name: &str, value: &str) -> String {
    let text = s.text(&s.mallory, &s.alice.bob).to_string();
    text.replacen('{', &format!("{{\"{name}\":{value},"), 1)
}

fn sealed(s: &Scene, text: impl AsRef<[u8]>) -> Value {
    Forgery::to(&s.alice.bob).by(&s.mallory).seal(text)
}

fn with_header_text(good: &Value, member: &str) -> Value {
    let protected = String::from_utf8(unb64(good["protected"].as_str().unwrap())).unwrap();
    let mut envelope = good.clone();
    envelope["protected"] = b64(protected.replacen('{', &format!("{{{member},"), 1)).into();
    envelope
}

fn deep(s: &Scene) -> Vec<Case> {
    let brackets = "[".repeat(MAX_ENVELOPE);
    let objects = "{\"a\":".repeat(MAX_ENVELOPE / 5);
    let nested = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let limit = || message(MessageError::Json("recursion limit exceeded".into()));
    let good = s.good();
    let header = format!("\"zzz\":{nested}");
    let document = format!("{{\"zzz\":{}{}}}", "[".repeat(800), "]".repeat(800));
    let did = Did::parse(&peer4(document.as_bytes())).unwrap();
    let mut by_deep = s.by_bob();
    by_deep.sender = Some((s.mallory.scalar, format!("{did}#key-2")));
    let unprotected =
        good.to_string()
            .replacen('{', &format!("{{\"unprotected\":{{\"a\":{nested}}},"), 1);
    let proof = format!("{}.{}.AAAA", b64("{}"), b64(format!("{{\"a\":{nested}}}")));
    vec![
        Stranger.case("a megabyte of lists", brackets, malformed(Malformed::Shape)),
        Stranger.case(
            "a megabyte of objects",
            objects,
            malformed(Malformed::Shape),
        ),
        Stranger.case("a deep header", sealed(s, text(s, "zzz", &nested)), limit()),
        Stranger.case("a deep text in the clear", text(s, "zzz", &nested), limit()),
        Carrier.case(
            "a deep protected header",
            with_header_text(&good, &header),
            malformed(Malformed::Protected),
        ),
        Carrier.case(
            "a deep unprotected header",
            unprotected,
            malformed(Malformed::Member("unprotected")),
        ),
        Stranger.case(
            "a deep document in a DID",
            by_deep.seal("{}"),
            Rejected::Envelope(UnpackError::Sender(ResolveError::Invalid { did })),
        ),
        Stranger.case(
            "a deep rotation proof",
            sealed(s, text(s, "from_prior", &format!("\"{proof}\""))),
            prior(FromPriorError::Form),
        ),
    ]
}

fn layers(s: &Scene) -> Vec<Case> {
    let nesting = || malformed(Malformed::Nesting);
    let anonymous = |inner: &Value| Forgery::to(&s.alice.bob).seal(inner.to_string());
    let signed = |inner: &Value| s.signed(inner, &s.bob);
    let good = s.good();
    let own = s.text(&s.bob, &s.alice.bob);
    let often = |layer: &dyn Fn(&Value) -> Value, times| {
        (0..times).fold(own.clone(), |inner, _| layer(&inner))
    };
    let forward = |inner: &Value| {
        let face = &s.alice.bob.id;
        let forward = json!({"id": "f", "type": routing::FORWARD, "to": [face],
            "body": {"next": face}, "attachments": [{"data": {"json": inner}}]});
        anonymous(&forward)
    };
    let eleven = (0..11).fold(good.clone(), |inner, _| forward(&inner));
    vec![
        Contact.case("anonymous twice", anonymous(&anonymous(&good)), nesting()),
        Contact.case("anonymous ten times", often(&anonymous, 10), nesting()),
        Contact.case("sealed twice", s.by_bob().seal(good.to_string()), nesting()),
        Contact.case(
            "anonymous within sealed",
            s.by_bob().seal(anonymous(&own).to_string()),
            nesting(),
        ),
        Contact.case("signed twice", anonymous(&signed(&signed(&own))), nesting()),
        Contact.case("signed ten times", often(&signed, 10), nesting()),
        Contact.case("a signed envelope", signed(&good), nesting()),
        Contact.case(
            "a signed envelope in another",
            anonymous(&signed(&good)),
            nesting(),
        ),
        Contact.case("eleven forwards", eleven, nesting()),
    ]
}

fn wide(s: &Scene) -> Vec<Case> {
    let digits = |bytes: usize| format!("[{}0]", "0,".repeat(bytes / 2));
    let lists = format!("[{}[]]", "[],".repeat(SEALED / 3 - 400));
    let members: String = (0..SEALED / 11).map(|n| format!("\"{n:06}\":0,")).collect();
    let members = format!("{{{}\"z\":0}}", &members[..members.len() - 11 * 500]);
    let objects = |bytes: usize| format!("[{}0]", "{\"a\":0},".repeat(bytes / 8 - 1));
    let lists_of_one = format!("[{}0]", "[0],".repeat(SEALED / 4 - 2000));
    let jws = s.signed(&s.text(&s.bob, &s.alice.bob), &s.bob);
    let (stranger, parts) = (|| Rejected::Stranger, || message(MessageError::Parts));
    let good = s.good().to_string();
    let beside = |name: &str, value: &str| good.replacen('{', &format!("{{\"{name}\":{value},"), 1);
    vec![
        Stranger.case(
            "a list of digits",
            sealed(s, text(s, "zzz", &digits(SEALED - 4096))),
            stranger(),
        ),
        Stranger.case(
            "a list of lists",
            sealed(s, text(s, "zzz", &lists)),
            parts(),
        ),
        Stranger.case(
            "an object of members",
            sealed(s, text(s, "zzz", &members)),
            stranger(),
        ),
        Stranger.case(
            "a list of digits in the clear",
            text(s, "zzz", &digits(MAX_ENVELOPE - 4096)),
            Rejected::Anonymous,
        ),
        Carrier.case(
            "a wide unprotected header",
            beside("unprotected", &format!("{{\"a\":{}}}", digits(SEALED))),
            malformed(Malformed::Member("unprotected")),
        ),
        Stranger.case(
            "a list of objects",
            sealed(s, text(s, "zzz", &objects(SEALED - 4096))),
            parts(),
        ),
        Stranger.case(
            "as many objects as a message may have",
            sealed(s, text(s, "zzz", &objects(32_000))),
            stranger(),
        ),
        Stranger.case(
            "a list of lists of one",
            sealed(s, text(s, "zzz", &lists_of_one)),
            parts(),
        ),
        Stranger.case(
            "a list of objects in the clear",
            text(s, "zzz", &objects(MAX_ENVELOPE - 4096)),
            parts(),
        ),
        Carrier.case(
            "objects in an unprotected header",
            beside("unprotected", &format!("{{\"a\":{}}}", objects(SEALED))),
            malformed(Malformed::Member("unprotected")),
        ),
        Stranger.case(
            "objects in the header of a signature",
            with_header_text(&jws, &format!("\"zzz\":{}", objects(SEALED))),
            malformed(Malformed::Protected),
        ),
        Carrier.case(
            "a wide protected header",
            with_header_text(&s.good(), &format!("\"zzz\":{}", digits(60_000))),
            malformed(Malformed::Protected),
        ),
    ]
}

fn many(s: &Scene) -> Vec<Case> {
    let good = s.good();
    let recipients = |count: usize| {
        let mut envelope = good.clone();
        let one =
            |n| json!({"header": {"kid": format!("did:example:x#{n}")}, "encrypted_key": "AAAA"});
        envelope["recipients"] = (0..count).map(one).collect();
        envelope
    };
    let jws = s.signed(&s.text(&s.bob, &s.alice.bob), &s.bob);
    let signature = json!({"protected": jws["protected"], "header": jws["header"], "signature": jws["signature"]});
    let signatures =
        |count: usize| json!({"payload": jws["payload"], "signatures": vec![&signature; count]});
    let dids = |count: usize| -> String {
        (0..count)
            .map(|n| format!("\"did:example:{n}\","))
            .collect()
    };
    let to = format!("[{}\"{}\"]", dids(30_000), s.alice.bob.id);
    let crowd = text(s, "to", &to);
    let crowd = crowd.replacen(&format!(",\"to\":[\"{}\"]", s.alice.bob.id), "", 1);
    let attachments = format!(
        "[{}{{\"data\":{{\"json\":1}}}}]",
        "{\"data\":{\"json\":1}},".repeat(30_000)
    );
    let acks = format!("[{}\"\"]", "\"a\",".repeat(100_000));
    let elements = Did::parse(&format!("did:peer:2{}", ".SW10".repeat(800))).unwrap();
    let mut by_elements = s.by_bob();
    by_elements.sender = Some((s.mallory.scalar, format!("{elements}#key-1")));
    let member = |name| malformed(Malformed::Member(name));
    vec![
        Stranger.case("65 recipients", recipients(65), member("recipients")),
        Stranger.case(
            "10,000 recipients",
            recipients(10_000),
            member("recipients"),
        ),
        Contact.case("17 signatures", signatures(17), member("signatures")),
        Contact.case("1,000 signatures", signatures(1_000), member("signatures")),
        Stranger.case("30,000 addressees", sealed(s, crowd), Rejected::Stranger),
        Stranger.case(
            "30,000 attachments",
            sealed(s, text(s, "attachments", &attachments)),
            message(MessageError::Parts),
        ),
        Stranger.case(
            "100,000 acknowledgements",
            sealed(s, text(s, "ack", &acks)),
            Rejected::Stranger,
        ),
        Stranger.case(
            "a DID of 800 services",
            by_elements.seal("{}"),
            Rejected::Envelope(UnpackError::Sender(ResolveError::Invalid { did: elements })),
        ),
    ]
}

fn long(s: &Scene) -> Vec<Case> {
    let x = |length: usize| format!("\"{}\"", "x".repeat(length));
    let good = s.good();
    let with =
        |name: &str, value: String| with_protected(&good, |header| header[name] = value.into());
    let long_did = format!("did:example:{}#k", "x".repeat(5_000));
    let mut kid = good.clone();
    kid["recipients"][0]["header"]["kid"] = "x".repeat(900_000).into();
    let mut by_long = s.by_bob();
    by_long.sender = Some((s.mallory.scalar, long_did));
    let header = |name| message(MessageError::Header(name));
    let without = |name: &str, value: &str| {
        let mut text = s.text(&s.mallory, &s.alice.bob);
        text.as_object_mut().unwrap().remove(name);
        sealed(
            s,
            text.to_string()
                .replacen('{', &format!("{{\"{name}\":{value},"), 1),
        )
    };
    vec![
        Carrier.case("a kid of a megabyte", kid, malformed(Malformed::Kid)),
        Carrier.case(
            "an alg of 40 KB",
            with("alg", "x".repeat(40_000)),
            malformed(Malformed::Algorithm("x".repeat(32))),
        ),
        Carrier.case(
            "a header of a megabyte",
            with("zzz", "x".repeat(700_000)),
            malformed(Malformed::Protected),
        ),
        Stranger.case(
            "a DID of 5,000 letters",
            by_long.seal("{}"),
            malformed(Malformed::Header("skid")),
        ),
        Stranger.case("an id of 513 letters", without("id", &x(513)), header("id")),
        Stranger.case(
            "an id of half a megabyte",
            without("id", &x(SEALED - 4096)),
            header("id"),
        ),
        Stranger.case(
            "a thread of 513 letters",
            sealed(s, text(s, "thid", &x(513))),
            header("thid"),
        ),
        Stranger.case(
            "a from of half a megabyte",
            without("from", &x(SEALED - 4096)),
            header("from"),
        ),
        Stranger.case(
            "a proof of half a megabyte",
            sealed(s, text(s, "from_prior", &x(SEALED - 4096))),
            prior(FromPriorError::Form),
        ),
        Stranger.case(
            "a text of half a megabyte",
            sealed(s, text(s, "zzz", &x(SEALED - 4096))),
            Rejected::Stranger,
        ),
    ]
}

fn numbers(s: &Scene) -> Vec<Case> {
    let header = |name| message(MessageError::Header(name));
    let digits = "9".repeat(SEALED - 4096);
    vec![
        Stranger.case(
            "the year 10^30",
            sealed(s, text(s, "created_time", "1e30")),
            header("created_time"),
        ),
        Stranger.case(
            "a time beyond 2^64",
            sealed(s, text(s, "expires_time", "99999999999999999999")),
            header("expires_time"),
        ),
        Stranger.case(
            "an exponent beyond all",
            sealed(s, text(s, "created_time", "1e999999999")),
            message(MessageError::Json("number out of range".into())),
        ),
        Stranger.case(
            "a number of half a megabyte",
            sealed(s, text(s, "created_time", &digits)),
            message(MessageError::Json("number out of range".into())),
        ),
    ]
}
