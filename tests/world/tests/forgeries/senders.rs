//! Whoever is not who they say, or says it to another than they should.

use serde_json::{Value, json};
use signet_didcomm::{Curve, Did, Forged, Malformed, MessageError, ResolveError, UnpackError};
use signet_forger::{Forgery, Person, b64, low_order, with_protected};
use signet_protocol::Rejected;

use crate::{
    case::{
        Attacker::{Carrier, Contact, Former, Stranger, Thief},
        Case, forged, malformed, message,
    },
    stage::Scene,
};

pub fn cases(s: &Scene) -> Vec<Case> {
    [
        pretenders(s),
        names(s),
        passed_on(s),
        unproved(s),
        not_now(s),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn pretenders(s: &Scene) -> Vec<Case> {
    let text = s.text(&s.bob, &s.alice.bob);
    let by =
        |person: &Person, text: &Value| Forgery::to(&s.alice.bob).by(person).seal(text.to_string());
    let mut stolen_name = s.by_bob();
    stolen_name.sender = Some((s.mallory.scalar, s.bob.kid("ka")));
    let within = |jws: &Value| Forgery::to(&s.alice.bob).seal(jws.to_string());
    let mut in_his_name = s.signed(&text, &s.mallory);
    in_his_name["header"]["kid"] = s.bob.kid("sig").into();
    let signed_by_bob = s.signed(&text, &s.bob).to_string();
    let other = s.text_with("from", s.carol.did.as_str().into());
    vec![
        Stranger.case(
            "from a contact, by a stranger",
            by(&s.mallory, &text),
            from(),
        ),
        Contact.case("from a contact, by another", by(&s.carol, &text), from()),
        Contact.case(
            "from another contact",
            s.by_bob().seal(other.to_string()),
            from(),
        ),
        Contact.case(
            "from nobody",
            s.by_bob()
                .seal(s.text_with("from", Value::Null).to_string()),
            from(),
        ),
        Stranger.case(
            "a contact's name on a stranger's key",
            stolen_name.seal(text.to_string()),
            forged(Forged::Ciphertext),
        ),
        Stranger.case(
            "signed by a stranger, from a contact",
            within(&s.signed(&text, &s.mallory)),
            from(),
        ),
        Stranger.case(
            "signed by a stranger in a contact's name",
            within(&in_his_name),
            forged(Forged::Signature),
        ),
        Contact.case(
            "signed by one contact and sealed by another",
            Forgery::to(&s.alice.bob).by(&s.carol).seal(signed_by_bob),
            from(),
        ),
        Thief.case(
            "from today's DID by yesterday's key",
            by(&s.bob_second, &text),
            from(),
        ),
    ]
}

fn from() -> Rejected {
    forged(Forged::From)
}

fn names(s: &Scene) -> Vec<Case> {
    let text = s.text(&s.bob, &s.alice.bob);
    let sealed = |forgery: Forgery| forgery.seal(text.to_string());
    let with = |header: Value| sealed(s.by_bob().header(header));
    let named = |kid: &str| {
        let mut forgery = s.by_bob();
        forgery.sender = Some((s.mallory.scalar, kid.to_owned()));
        sealed(forgery)
    };
    let header = |name| malformed(Malformed::Header(name));
    let missing = |did: &str| {
        let did = Did::parse(did).unwrap();
        Rejected::Envelope(UnpackError::NeedsDocument { did })
    };
    let unknown = Did::parse("did:example:nobody").unwrap();
    let short = "did:peer:4zQmcQCH8nWEBBA6BpSEqxabwnUJpQFPUm2XP1TgPQyWrNkN";
    let broken = format!("{}1#key-2", s.bob.did);
    let (_, other_document) = s.carol.did.as_str().rsplit_once(':').unwrap();
    let mixed = format!("{}:{other_document}", s.bob.did.short());
    vec![
        Contact.case(
            "an apu that is no text",
            with(json!({"apu": b64([0xff]), "skid": null})),
            header("apu"),
        ),
        Contact.case(
            "a skid without apu",
            with(json!({"apu": null})),
            header("apu"),
        ),
        Contact.case(
            "a skid that is a number",
            with(json!({"skid": 5})),
            header("skid"),
        ),
        Contact.case(
            "two senders",
            with(json!({"apu": b64(s.carol.kid("ka"))})),
            forged(Forged::TwoSenders),
        ),
        Stranger.case(
            "a sender in an anonymous envelope",
            sealed(Forgery::to(&s.alice.bob).header(json!({"apu": b64(s.bob.kid("ka"))}))),
            header("apu"),
        ),
        Contact.case(
            "sealed by a key that signs",
            named(&s.bob.kid("sig")),
            forged(Forged::Key),
        ),
        Contact.case(
            "sealed by a key that is none",
            named(&s.bob.kid("key-9")),
            forged(Forged::Key),
        ),
        Stranger.case("sealed by a bare name", named("key-1"), header("skid")),
        Stranger.case(
            "a DID that is not its own hash",
            named(&broken),
            header("skid"),
        ),
        Stranger.case(
            "a DID of no method",
            named("did:example:nobody#ka"),
            Rejected::Envelope(UnpackError::Sender(ResolveError::Unsupported {
                did: unknown,
            })),
        ),
        Stranger.case(
            "a DID to look up",
            named("did:web:a.example#ka"),
            missing("did:web:a.example"),
        ),
        Stranger.case(
            "a DID never shown",
            named(&format!("{short}#key-2")),
            missing(short),
        ),
        Contact.case(
            "from one hash with another document",
            s.by_bob()
                .seal(s.text_with("from", mixed.into()).to_string()),
            message(MessageError::Header("from")),
        ),
    ]
}

/// Surreptitious forwarding, and mail that lands with another than it was sealed for.
fn passed_on(s: &Scene) -> Vec<Case> {
    let to_bob = s
        .signed(&s.text(&s.carol, &s.bob.document), &s.carol)
        .to_string();
    let mut to_nobody = s.text(&s.carol, &s.alice.carol);
    to_nobody["to"] = Value::Null;
    let to_nobody = s.signed(&to_nobody, &s.carol).to_string();
    let to_her = |from: &Person| Forgery::to(&s.alice.carol).by(from);
    let own = s.text(&s.carol, &s.alice.carol).to_string();
    let wrong_to = s.text(&s.bob, &s.alice.carol);
    let to = || forged(Forged::To);
    vec![
        Contact.case(
            "another's signed note, passed on",
            Forgery::to(&s.alice.carol).seal(&to_bob),
            to(),
        ),
        Contact.case(
            "another's signed note, in his own seal",
            s.by_bob().seal(&to_bob),
            from(),
        ),
        Contact.case(
            "a signed note for anybody",
            Forgery::to(&s.alice.carol).seal(&to_nobody),
            forged(Forged::Unaddressed),
        ),
        Contact.case(
            "a signed note for anybody, sealed too",
            to_her(&s.carol).seal(&to_nobody),
            forged(Forged::Unaddressed),
        ),
        Contact.case(
            "in another's wrapping",
            Forgery::to(&s.alice.bob).seal(to_her(&s.carol).seal(&own).to_string()),
            forged(Forged::Layers),
        ),
        Contact.case(
            "addressed to another DID",
            s.by_bob().seal(wrong_to.to_string()),
            to(),
        ),
        Contact.case(
            "addressed to another DID, anonymous",
            Forgery::to(&s.alice.bob).seal(wrong_to.to_string()),
            to(),
        ),
        Contact.case(
            "to the DID that another knows",
            to_her(&s.bob).seal(wrong_to.to_string()),
            Rejected::Misdirected,
        ),
        Contact.case(
            "to the invitation, by a contact",
            Forgery::to(&s.alice.door)
                .by(&s.bob)
                .seal(s.text(&s.bob, &s.alice.door).to_string()),
            Rejected::Misdirected,
        ),
        Stranger.case(
            "to the DID that a contact knows",
            Forgery::to(&s.alice.bob)
                .by(&s.mallory)
                .seal(s.text(&s.mallory, &s.alice.bob).to_string()),
            Rejected::Stranger,
        ),
    ]
}

fn unproved(s: &Scene) -> Vec<Case> {
    let text = s.text(&s.bob, &s.alice.bob);
    let nobody = s.text_with("from", Value::Null);
    let anonymous = |text: &Value| Forgery::to(&s.alice.bob).seal(text.to_string());
    vec![
        Stranger.case("in the clear", text.clone(), Rejected::Anonymous),
        Stranger.case(
            "anonymous, from a contact",
            anonymous(&text),
            Rejected::Anonymous,
        ),
        Stranger.case(
            "anonymous, from nobody",
            anonymous(&nobody),
            Rejected::Anonymous,
        ),
        Carrier.case(
            "signed and not sealed",
            s.signed(&text, &s.bob),
            Rejected::Anonymous,
        ),
    ]
}

/// Former contacts, expired mail, and keys with which everybody agrees.
fn not_now(s: &Scene) -> Vec<Case> {
    let late = s.text_with("expires_time", (s.now - 1).into());
    let own = |person: &Person, face| {
        let text = s.text(person, face).to_string();
        Forgery::to(face).by(person).seal(text)
    };
    let mut zero = s.by_bob();
    let weak = Person::spelt(&[
        ('V', s.mallory.keys.signing().unwrap().public().unwrap()),
        ('E', low_order()),
    ]);
    zero.sender = Some((s.mallory.scalar, format!("{weak}#key-2")));
    let mut from_weak = s.text(&s.mallory, &s.alice.bob);
    from_weak["from"] = json!(weak);
    let p256 = Person::peer(7, Curve::Ed25519, Curve::P256);
    let mut elsewhere = s.by_bob();
    elsewhere.sender = Some((s.mallory.scalar, p256.kid("ka")));
    vec![
        Contact.case(
            "expired",
            s.by_bob().seal(late.to_string()),
            Rejected::Envelope(UnpackError::Expired { at: s.now - 1 }),
        ),
        Former.case("whom we left", own(&s.dora, &s.alice.dora), Rejected::Over),
        Former.case(
            "who is blocked",
            own(&s.erin, &s.alice.erin),
            Rejected::Over,
        ),
        Former.case(
            "who is deleted",
            own(&s.frank, &s.alice.frank),
            Rejected::Envelope(UnpackError::NotForMe),
        ),
        Stranger.case(
            "sealed by a point of low order",
            zero.seal(from_weak.to_string()),
            forged(Forged::Ciphertext),
        ),
        Stranger.case(
            "sealed by a key of another curve",
            elsewhere.seal("{}"),
            forged(Forged::Key),
        ),
    ]
    .into_iter()
    .chain(low_order_epks(s))
    .collect()
}

/// The points of X25519 with which everybody agrees on zero, as far as they have one spelling below
/// 2^255, and two that are them again.
fn low_order_epks(s: &Scene) -> Vec<Case> {
    let hex = |text: &str| -> [u8; 32] {
        let byte = |i: usize| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap();
        std::array::from_fn(byte)
    };
    let mut one = [0; 32];
    one[0] = 1;
    let below = |last: u8| {
        let mut point = [0xff; 32];
        (point[0], point[31]) = (last, 0x7f);
        point
    };
    // Source: D. J. Bernstein, "Curve25519", the page's answer on validating public keys.
    let points = [
        ("0", [0; 32]),
        ("1", one),
        ("p-1", below(0xec)),
        ("p", below(0xed)),
        ("p+1", below(0xee)),
        (
            "order 8",
            hex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
        ),
        (
            "order 8 again",
            hex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
        ),
    ];
    let text = s.text(&s.bob, &s.alice.bob).to_string();
    let mut cases = Vec::new();
    for (how, good) in [
        ("authcrypt", s.good()),
        ("anoncrypt", Forgery::to(&s.alice.bob).seal(text)),
    ] {
        cases.extend(points.iter().map(|(name, point)| {
            let envelope = with_protected(&good, |header| header["epk"]["x"] = b64(point).into());
            let error = forged(Forged::Ciphertext);
            Stranger.case(format!("{how} by the point {name}"), envelope, error)
        }));
    }
    cases
}
