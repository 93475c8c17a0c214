//! What is no envelope, or not one of ours: everything that needs no key to be refused.

use serde_json::{Value, json};
use signet_didcomm::{Forged, MAX_ENVELOPE, Malformed, MessageError, UnpackError};
use signet_forger::{Forgery, b64, signed, unb64, with_flipped, with_protected};
use signet_protocol::Rejected;

use crate::{
    case::{
        Attacker::{Carrier, Contact, Stranger},
        Case, forged, malformed, message,
    },
    stage::{SIGNED, Scene},
};

pub fn cases(s: &Scene) -> Vec<Case> {
    [
        no_json(s),
        headers(s),
        members(s),
        extensions(s),
        recipients(s),
        signatures(s),
        plaintexts(s),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn no_json(s: &Scene) -> Vec<Case> {
    let shape = || malformed(Malformed::Shape);
    let good = s.good().to_string();
    let half = good.as_bytes()[..good.len() / 2].to_owned();
    let compact = format!("{}.{}.{}", b64("{}"), b64("{}"), b64([0; 64]));
    vec![
        Stranger.case("nothing", Vec::new(), shape()),
        Stranger.case("an empty object", json!({}), shape()),
        Stranger.case("a list", json!([1, 2]), shape()),
        Stranger.case("bytes that are no text", vec![0xff; 4096], shape()),
        Stranger.case("a compact signature", compact, shape()),
        Stranger.case("UTF-16", utf16(&good), shape()),
        Carrier.case("half an envelope", half, shape()),
        Carrier.case("an envelope and more", good.clone() + "{}", shape()),
        Stranger.case("a byte too many", vec![b' '; MAX_ENVELOPE + 1], too_large()),
        Stranger.case(
            "two megabytes of brackets",
            vec![b'['; 2 << 20],
            too_large(),
        ),
    ]
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn too_large() -> Rejected {
    Rejected::Envelope(UnpackError::TooLarge)
}

fn headers(s: &Scene) -> Vec<Case> {
    let good = s.good();
    let with = |name: &str, value: Value| with_protected(&good, |header| header[name] = value);
    let mut cases: Vec<Case> = ["alg", "enc", "epk", "apv"]
        .into_iter()
        .map(|name| {
            let without = with_protected(&good, |header| {
                header.as_object_mut().unwrap().remove(name);
            });
            let error = malformed(Malformed::Header(name));
            Carrier.case(format!("no {name}"), without, error)
        })
        .collect();
    for (name, value) in [
        ("alg", "none"),
        ("alg", "dir"),
        ("alg", "RSA-OAEP"),
        ("alg", "ECDH-ES"),
        ("alg", "ECDH-1PU+A128KW"),
        ("enc", "A128CBC-HS256"),
        ("enc", "A256GCM"),
    ] {
        let error = malformed(Malformed::Algorithm(value.into()));
        cases.push(Carrier.case(
            format!("{name} is {value}"),
            with(name, value.into()),
            error,
        ));
    }
    let mut raw = good.clone();
    raw["protected"] = "{}".into();
    let mut list = good.clone();
    list["protected"] = b64("[]").into();
    let older = b64(json!({"typ": "JWM/1.0", "alg": "Authcrypt", "recipients": []}).to_string());
    let older = json!({"protected": older, "iv": "", "ciphertext": "", "tag": ""});
    let protected = || malformed(Malformed::Protected);
    cases.extend([
        Carrier.case("a header in the clear", raw, protected()),
        Carrier.case("a header that is a list", list, protected()),
        Carrier.case(
            "authcrypt called anoncrypt",
            with("alg", "ECDH-ES+A256KW".into()),
            malformed(Malformed::Header("apu")),
        ),
        Carrier.case(
            "the envelope of another format",
            with("typ", "application/json".into()),
            malformed(Malformed::Header("typ")),
        ),
        Stranger.case("DIDComm v1", older, Rejected::Envelope(UnpackError::V1)),
    ]);
    cases
}

fn members(s: &Scene) -> Vec<Case> {
    let good = s.good();
    let mut cases = Vec::new();
    for name in ["protected", "iv", "ciphertext", "tag"] {
        let mut without = good.clone();
        without.as_object_mut().unwrap().remove(name);
        let error = malformed(Malformed::Member(name));
        cases.push(Carrier.case(format!("without {name}"), without, error));
    }
    for part in ["/iv", "/ciphertext", "/tag", "/recipients/0/encrypted_key"] {
        let error = forged(Forged::Ciphertext);
        cases.push(Carrier.case(format!("changed {part}"), with_flipped(&good, part), error));
    }
    let mut aad = good.clone();
    aad["aad"] = "AAAA".into();
    let mut unprotected = good.clone();
    unprotected["unprotected"] = json!({"zip": "DEF"});
    let changed = with_protected(&good, |header| header["zzz"] = 1.into());
    let twice = good.to_string().replacen('{', "{\"tag\":\"AAAA\",", 1);
    cases.extend([
        Carrier.case("changed header", changed, forged(Forged::Ciphertext)),
        Carrier.case(
            "more that is sealed",
            aad,
            malformed(Malformed::Member("aad")),
        ),
        Carrier.case(
            "a header that is not protected",
            unprotected,
            malformed(Malformed::Member("unprotected")),
        ),
        Carrier.case(
            "a member that stands twice",
            twice,
            malformed(Malformed::Shape),
        ),
    ]);
    cases
}

fn extensions(s: &Scene) -> Vec<Case> {
    let text = s.text(&s.bob, &s.alice.bob).to_string();
    let sealed = |header: Value| s.by_bob().header(header).seal(&text);
    let good = s.good();
    let protected = String::from_utf8(unb64(good["protected"].as_str().unwrap())).unwrap();
    let mut twice = good.clone();
    twice["protected"] = b64(protected.replacen('{', "{\"enc\":\"XC20P\",", 1)).into();
    let mut deep = good.clone();
    let epk = "\"epk\":{\"kty\":\"OKP\",";
    deep["protected"] = b64(protected.replacen("\"epk\":{", epk, 1)).into();
    let header = json!({"typ": SIGNED, "alg": "EdDSA", "crit": ["b64"], "b64": false});
    let critical = signed(&text, &s.bob.seed, &header, &s.bob.kid("sig"));
    let header = json!({"typ": SIGNED, "alg": "EdDSA", "zip": "DEF"});
    let zipped = signed(&text, &s.bob.seed, &header, &s.bob.kid("sig"));
    let mut repeated = s.signed(&s.text(&s.bob, &s.alice.bob), &s.bob);
    let header = format!("{{\"alg\":\"EdDSA\",\"alg\":\"none\",\"typ\":\"{SIGNED}\"}}");
    repeated["protected"] = b64(header).into();
    let within = |jws: &Value| Forgery::to(&s.alice.bob).seal(jws.to_string());
    let (critical_, zip) = (
        || malformed(Malformed::Critical),
        || malformed(Malformed::Compressed),
    );
    let protected = || malformed(Malformed::Protected);
    vec![
        Contact.case(
            "crit",
            sealed(json!({"crit": ["exp"], "exp": 1})),
            critical_(),
        ),
        Contact.case("an empty crit", sealed(json!({"crit": []})), critical_()),
        Contact.case("crit in a signature", within(&critical), critical_()),
        Contact.case("zip", sealed(json!({"zip": "DEF"})), zip()),
        Contact.case("zip in a signature", within(&zipped), zip()),
        Carrier.case("enc twice", twice, protected()),
        Carrier.case("kty twice within epk", deep, protected()),
        Contact.case("alg twice in a signature", within(&repeated), protected()),
    ]
}

fn recipients(s: &Scene) -> Vec<Case> {
    let text = s.text(&s.bob, &s.alice.bob).to_string();
    let good = s.good();
    let named = |kid: Value| {
        let mut envelope = good.clone();
        envelope["recipients"][0]["header"]["kid"] = kid;
        envelope
    };
    let sealed = |change: &dyn Fn(&mut Forgery)| {
        let mut forgery = s.by_bob();
        change(&mut forgery);
        forgery.seal(&text)
    };
    let (kid, point) = s.by_bob().recipients[0].clone();
    let carol_s = Forgery::to(&s.alice.carol).recipients[0].clone();
    let mut nobody = good.clone();
    nobody["recipients"] = json!([]);
    let signing = s.alice.bob.authentication[0].to_string();
    let (no, none) = (
        || malformed(Malformed::Kid),
        || Rejected::Envelope(UnpackError::NotForMe),
    );
    vec![
        Carrier.case(
            "for nobody",
            nobody,
            malformed(Malformed::Member("recipients")),
        ),
        Carrier.case("for a key without a DID", named("key-2".into()), no()),
        Carrier.case(
            "for a DID without a key",
            named(json!(s.alice.bob.id)),
            no(),
        ),
        Carrier.case("for a number", named(5.into()), malformed(Malformed::Shape)),
        Carrier.case(
            "for another key than was sealed for",
            named(carol_s.0.clone().into()),
            forged(Forged::Recipients),
        ),
        Contact.case(
            "for one key twice",
            sealed(&|f| f.recipients.push((kid.clone(), point))),
            no(),
        ),
        Contact.case(
            "for the keys of two DIDs",
            sealed(&|f| f.recipients.push(carol_s.clone())),
            malformed(Malformed::Recipients),
        ),
        Contact.case(
            "a hash of other recipients",
            sealed(&|f| f.apv = Some(vec![9; 32])),
            forged(Forged::Recipients),
        ),
        Contact.case(
            "for a key that signs",
            sealed(&|f| f.recipients[0].0.clone_from(&signing)),
            malformed(Malformed::Header("epk")),
        ),
        Contact.case(
            "for a key we never had",
            sealed(&|f| f.recipients[0].0 = format!("{}#key-9", s.alice.bob.id)),
            none(),
        ),
        Stranger.case(
            "for somebody else",
            Forgery::to(&s.bob.document).by(&s.mallory).seal(&text),
            none(),
        ),
    ]
}

fn signatures(s: &Scene) -> Vec<Case> {
    let text = s.text(&s.bob, &s.alice.bob);
    let within = |jws: &Value| Forgery::to(&s.alice.bob).seal(jws.to_string());
    let by = |alg: &str, seed: &[u8; 32], kid: &str| {
        let header = json!({"typ": SIGNED, "alg": alg});
        within(&signed(text.to_string(), seed, &header, kid))
    };
    let with_kid = |kid: &str, unprotected: &str| {
        let header = json!({"typ": SIGNED, "alg": "EdDSA", "kid": kid});
        within(&signed(text.to_string(), &s.bob.seed, &header, unprotected))
    };
    let (seed, kid, agrees) = (&s.bob.seed, &s.bob.kid("sig"), &s.bob.kid("ka"));
    let mut nameless = s.signed(&text, &s.bob);
    nameless.as_object_mut().unwrap().remove("header");
    let flipped = with_flipped(&s.signed(&text, &s.bob), "/signature");
    let mut other = s.signed(&text, &s.bob);
    other["payload"] = b64(s.text_with("body", json!({"content": "other"})).to_string()).into();
    let algorithm = |alg: &str| malformed(Malformed::Algorithm(alg.into()));
    let web = "did:web:attacker.example#sig";
    vec![
        Contact.case("alg none", by("none", seed, kid), algorithm("none")),
        Contact.case("alg HS256", by("HS256", seed, kid), algorithm("HS256")),
        Contact.case("alg ES384", by("ES384", seed, kid), algorithm("ES384")),
        Contact.case(
            "ES256 with Ed25519",
            by("ES256", seed, kid),
            forged(Forged::Key),
        ),
        Contact.case(
            "ES256K with Ed25519",
            by("ES256K", seed, kid),
            forged(Forged::Key),
        ),
        Contact.case(
            "by a key that agrees",
            by("EdDSA", seed, agrees),
            forged(Forged::Key),
        ),
        Contact.case(
            "by a key that is none",
            by("EdDSA", seed, &s.bob.kid("key-9")),
            forged(Forged::Key),
        ),
        Contact.case("by no key", within(&nameless), malformed(Malformed::Kid)),
        Contact.case("two kids", with_kid(kid, agrees), malformed(Malformed::Kid)),
        // Nobody looks up what stands where anybody on the way may write.
        Carrier.case(
            "an unprotected kid to look up",
            by("EdDSA", seed, web),
            forged(Forged::From),
        ),
        Contact.case(
            "a protected kid to look up",
            with_kid(web, web),
            forged(Forged::From),
        ),
        Carrier.case(
            "a changed signature",
            within(&flipped),
            forged(Forged::Signature),
        ),
        Carrier.case(
            "a signature of another text",
            within(&other),
            forged(Forged::Signature),
        ),
    ]
}

fn plaintexts(s: &Scene) -> Vec<Case> {
    let sealed = |text: &Value| s.by_bob().seal(text.to_string());
    let without = |name: &str| s.text_with(name, Value::Null);
    let header = |name| message(MessageError::Header(name));
    let text = s.text(&s.bob, &s.alice.bob);
    let twice = text
        .to_string()
        .replacen('{', "{\"from\":\"did:example:x\",", 1);
    let kind = |kind: &str| s.text_with("type", kind.into());
    let mut cases = vec![
        Contact.case(
            "no id",
            sealed(&without("id")),
            message(MessageError::Missing("id")),
        ),
        Contact.case(
            "no type",
            sealed(&without("type")),
            message(MessageError::Missing("type")),
        ),
        Contact.case(
            "a header twice",
            s.by_bob().seal(twice),
            message(MessageError::Json("a header stands twice".into())),
        ),
        Contact.case(
            "an attachment of nothing",
            sealed(&s.text_with("attachments", json!([{"data": {}}]))),
            message(MessageError::Attachment),
        ),
        Contact.case(
            "no text at all",
            s.by_bob().seal("hello"),
            malformed(Malformed::Shape),
        ),
        Contact.case(
            "a text of nothing",
            sealed(&without("body")),
            Rejected::Body,
        ),
        Contact.case(
            "a type that is no name",
            sealed(&kind("message")),
            Rejected::Body,
        ),
        Contact.case(
            "addresses that are none",
            sealed(&kind(
                "https://signet.chat/protocols/addresses/1.0/addresses",
            )),
            Rejected::Body,
        ),
    ];
    for (name, value) in [
        ("id", json!(5)),
        ("type", json!([])),
        ("typ", json!("JWM/1.0")),
        ("body", json!("text")),
        ("to", json!(s.alice.bob.id)),
        ("from", json!(s.bob.kid("ka"))),
        ("created_time", json!(-1)),
        ("expires_time", json!("soon")),
    ] {
        let envelope = sealed(&s.text_with(name, value));
        cases.push(Contact.case(format!("an odd {name}"), envelope, header(name)));
    }
    cases
}
