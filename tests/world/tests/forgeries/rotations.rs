//! Rotations that are stolen, repeated or invented, and endings that nobody wished.

use serde_json::{Value, json};
use signet_didcomm::{Curve, Did, Document, FromPriorError, ResolveError, UnpackError};
use signet_forger::{Forgery, Person, b64, jwt};
use signet_protocol::Rejected;

use crate::{
    case::{
        Attacker::{Carrier, Contact, Former, Replayer, Stranger, Thief},
        Case, prior,
    },
    stage::Scene,
};

pub fn cases(s: &Scene) -> Vec<Case> {
    [
        replayed(s),
        stolen(s),
        invented(s),
        misshapen(s),
        endings(s),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// From `from`, with this proof.
fn moved(s: &Scene, from: &Person, to: &Document, proof: impl Into<String>) -> Value {
    let mut text = s.text(from, to);
    text["from_prior"] = proof.into().into();
    Forgery::to(to).by(from).seal(text.to_string())
}

fn claims(s: &Scene, iss: &Person, sub: &Person) -> Value {
    json!({"iss": iss.did, "sub": sub.did, "iat": s.now})
}

fn replayed(s: &Scene) -> Vec<Case> {
    let mut cases: Vec<Case> = (1..)
        .zip(&s.overheard)
        .map(|(n, bytes)| Replayer.case(format!("old mail {n}"), &bytes[..], Rejected::Retired))
        .collect();
    cases.push(Replayer.case("an old rotation", &s.rotation[..], Rejected::Retired));
    let stolen = moved(s, &s.mallory, &s.alice.bob, s.proof.as_str());
    let error = prior(FromPriorError::Subject);
    cases.push(Replayer.case("a true proof under another name", stolen, error));
    cases
}

fn stolen(s: &Scene) -> Vec<Case> {
    let left = |person: &Person| {
        let text = s.text(person, &s.alice.bob).to_string();
        Forgery::to(&s.alice.bob).by(person).seal(text)
    };
    let to_mallory = |iss: &Person| {
        let proof = s.proof(&claims(s, iss, &s.mallory), iss);
        moved(s, &s.mallory, &s.alice.bob, proof)
    };
    let back = |to: &Person| {
        let proof = s.proof(&claims(s, &s.bob, to), &s.bob);
        moved(s, to, &s.alice.bob, proof)
    };
    let between = s.proof(&claims(s, &s.bob_first, &s.bob_second), &s.bob_first);
    vec![
        Thief.case("from the first DID", left(&s.bob_first), Rejected::Retired),
        Thief.case(
            "from the second DID",
            left(&s.bob_second),
            Rejected::Retired,
        ),
        Thief.case(
            "away from the first DID",
            to_mallory(&s.bob_first),
            Rejected::Retired,
        ),
        Thief.case(
            "away from the second DID",
            to_mallory(&s.bob_second),
            Rejected::Retired,
        ),
        Thief.case(
            "back to the first DID",
            back(&s.bob_first),
            Rejected::Retired,
        ),
        Thief.case(
            "back to the second DID",
            back(&s.bob_second),
            Rejected::Retired,
        ),
        Thief.case(
            "the old rotation, signed afresh",
            moved(s, &s.bob_second, &s.alice.bob, between),
            Rejected::Retired,
        ),
    ]
}

fn invented(s: &Scene) -> Vec<Case> {
    let face = &s.alice.bob;
    let from_bob = claims(s, &s.bob, &s.mallory);
    let header = |kid: String| json!({"typ": "JWT", "alg": "EdDSA", "kid": kid});
    let in_his_name = jwt(&header(s.bob.kid("sig")), &from_bob, &s.mallory.seed);
    let by_key_agreement = jwt(&header(s.bob.kid("ka")), &from_bob, &s.bob.seed);
    let by_no_key = jwt(&header(s.bob.kid("key-9")), &from_bob, &s.bob.seed);
    let his_own = s.proof(&claims(s, &s.mallory, &s.bob), &s.mallory);
    let carol_s = Person::holding(&s.carol.keys);
    let for_bob_s = s.proof(&claims(s, &s.bob, &s.mallory), &s.bob);
    let mut in_the_clear = s.text(&s.mallory, face);
    in_the_clear["from_prior"] = for_bob_s.clone().into();
    let signed = s.signed(&in_the_clear, &s.mallory);
    let other = Person::peer(40, Curve::Ed25519, Curve::X25519);
    let gone = s.proof(&claims(s, &s.dora, &s.mallory), &s.dora);
    let short = Did::parse("did:peer:4zQmcQCH8nWEBBA6BpSEqxabwnUJpQFPUm2XP1TgPQyWrNkN").unwrap();
    let never_shown = json!({"iss": short, "sub": s.mallory.did, "iat": s.now});
    let never_shown = jwt(
        &header(format!("{short}#key-1")),
        &never_shown,
        &s.mallory.seed,
    );
    let unknown = Did::parse("did:example:bob").unwrap();
    let of_no_method = json!({"iss": unknown, "sub": s.mallory.did, "iat": s.now});
    let of_no_method = jwt(
        &header(format!("{unknown}#k")),
        &of_no_method,
        &s.mallory.seed,
    );
    vec![
        Stranger.case(
            "signed by another's key under its own name",
            moved(s, &s.mallory, face, s.proof(&from_bob, &s.mallory)),
            prior(FromPriorError::Key),
        ),
        Stranger.case(
            "signed by another's key in the contact's name",
            moved(s, &s.mallory, face, in_his_name),
            prior(FromPriorError::Signature),
        ),
        Contact.case(
            "signed under the name of a key that agrees",
            moved(s, &s.mallory, face, by_key_agreement),
            prior(FromPriorError::Key),
        ),
        Contact.case(
            "signed under the name of no key",
            moved(s, &s.mallory, face, by_no_key),
            prior(FromPriorError::Key),
        ),
        Stranger.case(
            "a past of one's own",
            moved(
                s,
                &s.mallory,
                face,
                s.proof(&claims(s, &other, &s.mallory), &other),
            ),
            Rejected::Stranger,
        ),
        Stranger.case(
            "a way into a contact's DID",
            moved(s, &s.mallory, face, his_own),
            prior(FromPriorError::Subject),
        ),
        Contact.case(
            "a contact's way to another of our DIDs",
            moved(s, &s.mallory, &s.alice.carol, for_bob_s),
            Rejected::Misdirected,
        ),
        Contact.case(
            "one contact's proof in another's mail",
            moved(s, &carol_s, face, s.proof(&from_bob, &s.bob)),
            prior(FromPriorError::Subject),
        ),
        Former.case(
            "back by a rotation",
            moved(s, &s.mallory, &s.alice.dora, gone),
            Rejected::Over,
        ),
        Carrier.case("a rotation in the clear", in_the_clear, Rejected::Anonymous),
        Carrier.case(
            "a rotation that is only signed",
            signed,
            Rejected::Anonymous,
        ),
        Stranger.case(
            "away from a DID never shown",
            moved(s, &s.mallory, face, never_shown),
            Rejected::Envelope(UnpackError::NeedsDocument { did: short }),
        ),
        Stranger.case(
            "away from a DID of no method",
            moved(s, &s.mallory, face, of_no_method),
            prior(FromPriorError::Resolve(ResolveError::Unsupported {
                did: unknown,
            })),
        ),
    ]
}

fn misshapen(s: &Scene) -> Vec<Case> {
    let good = claims(s, &s.bob, &s.mallory);
    let kid = s.bob.kid("sig");
    let header = json!({"typ": "JWT", "alg": "EdDSA", "kid": kid});
    let with_claims = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        jwt(&header, &claims, &s.bob.seed)
    };
    let with_header = |name: &str, value: Value| {
        let mut header = header.clone();
        header[name] = value;
        jwt(&header, &good, &s.bob.seed)
    };
    let mut nameless = header.clone();
    nameless.as_object_mut().unwrap().remove("kid");
    let twice = good
        .to_string()
        .replacen('{', "{\"sub\":\"did:example:x\",", 1);
    let twice = format!(
        "{}.{}.{}",
        b64(header.to_string()),
        b64(twice),
        b64([0; 64])
    );
    let form = || prior(FromPriorError::Form);
    let claim = |name| prior(FromPriorError::Claim(name));
    let odd = || {
        prior(FromPriorError::Algorithm(
            "an algorithm that is not allowed".into(),
        ))
    };
    let key = || prior(FromPriorError::Key);
    [
        ("no proof at all", "proof".to_owned(), form()),
        ("two parts", "e30.e30".to_owned(), form()),
        ("empty parts", "e30.e30.e30".to_owned(), claim("iss")),
        ("a claim twice", twice, form()),
        (
            "a proof with crit",
            with_header("crit", json!(["exp"])),
            form(),
        ),
        (
            "a proof of another type",
            with_header("typ", "JWS".into()),
            form(),
        ),
        ("a proof by none", with_header("alg", "none".into()), odd()),
        (
            "a proof by HS256",
            with_header("alg", "HS256".into()),
            odd(),
        ),
        (
            "a proof by ES256",
            with_header("alg", "ES256".into()),
            key(),
        ),
        (
            "a proof by no kid",
            jwt(&nameless, &good, &s.bob.seed),
            key(),
        ),
        (
            "a proof that expired",
            with_claims("exp", (s.now - 1).into()),
            prior(FromPriorError::Expired),
        ),
        (
            "a way to itself",
            with_claims("sub", json!(s.bob.did)),
            prior(FromPriorError::SameDid),
        ),
        (
            "a way to a key",
            with_claims("sub", json!(s.mallory.kid("ka"))),
            claim("sub"),
        ),
        (
            "a way to nothing spelt out",
            with_claims("sub", Value::Null),
            claim("sub"),
        ),
        (
            "a way from a number",
            with_claims("iss", 5.into()),
            claim("iss"),
        ),
        (
            "a way at no time",
            with_claims("iat", "then".into()),
            claim("iat"),
        ),
        (
            "a way without an end",
            with_claims("zzz", "x".repeat(40_000).into()),
            form(),
        ),
    ]
    .into_iter()
    .map(|(name, proof, error)| {
        let envelope = moved(s, &s.mallory, &s.alice.bob, proof);
        Contact.case(name, envelope, error)
    })
    .collect()
}

fn endings(s: &Scene) -> Vec<Case> {
    let over = |iss: &Person, by: &Person| s.proof(&json!({"iss": iss.did, "iat": s.now}), by);
    let ended = |to: &Document, proof: &str| Forgery::to(to).seal(s.ending(to, proof).to_string());
    let face = &s.alice.bob;
    let header = json!({"typ": "JWT", "alg": "EdDSA", "kid": s.bob.kid("sig")});
    let forged = jwt(
        &header,
        &json!({"iss": s.bob.did, "iat": s.now}),
        &s.mallory.seed,
    );
    let good = over(&s.bob, &s.bob);
    let mut named = s.ending(face, &good);
    named["from"] = json!(s.bob.did);
    vec![
        Stranger.case(
            "an end by another's key",
            ended(face, &over(&s.bob, &s.mallory)),
            prior(FromPriorError::Key),
        ),
        Stranger.case(
            "an end in his name",
            ended(face, &forged),
            prior(FromPriorError::Signature),
        ),
        Stranger.case(
            "an end of one's own",
            ended(face, &over(&s.mallory, &s.mallory)),
            Rejected::Stranger,
        ),
        Thief.case(
            "an end of a DID that was left",
            ended(face, &over(&s.bob_first, &s.bob_first)),
            Rejected::Retired,
        ),
        Contact.case(
            "an end to another's DID",
            ended(&s.alice.carol, &good),
            Rejected::Misdirected,
        ),
        Contact.case(
            "an end with a sender",
            s.by_bob().seal(named.to_string()),
            prior(FromPriorError::Subject),
        ),
        Carrier.case(
            "an end in the clear",
            s.ending(face, &good),
            Rejected::Anonymous,
        ),
        Former.case(
            "an end after the end",
            ended(&s.alice.dora, &over(&s.dora, &s.dora)),
            Rejected::Over,
        ),
        Contact.case(
            "a move without a mover",
            ended(face, &s.proof(&claims(s, &s.bob, &s.mallory), &s.bob)),
            prior(FromPriorError::Subject),
        ),
    ]
}
