//! Curves and modes: what is packed on one curve opens on it, and which one is chosen.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use rand_chacha::rand_core::Rng;
use signet_didcomm::{Curve, PublicKey, SecretKey};

use super::*;

const AGREEING: [Curve; 4] = [Curve::X25519, Curve::P256, Curve::P384, Curve::P521];
const SIGNING: [Curve; 3] = [Curve::Ed25519, Curve::P256, Curve::Secp256k1];

/// A secret key of this name.
fn key(did: &Did, name: &str, curve: Curve, rng: &mut ChaCha20Rng) -> SecretKey {
    let mut raw = match curve {
        Curve::X25519 | Curve::Ed25519 | Curve::P256 | Curve::Secp256k1 => vec![0; 32],
        Curve::P384 => vec![0; 48],
        Curve::P521 => vec![0; 66],
    };
    // Below the order of every curve.
    rng.fill_bytes(&mut raw[1..]);
    let kid = DidUrl::parse(&format!("{did}#{name}")).unwrap();
    SecretKey::from_raw(kid, curve, &raw).unwrap()
}

/// A did:peer:2 with these keys, each for the purpose before it: `V` or `E`.
pub fn peer(keys: &[(char, Curve)], rng: &mut ChaCha20Rng) -> SecretKeys {
    let nameless = Did::parse("did:example:nameless").unwrap();
    let secrets = keys
        .iter()
        .map(|(_, curve)| key(&nameless, "k", *curve, rng));
    let secrets: Vec<_> = secrets.collect();
    let mut text = "did:peer:2".to_owned();
    for ((purpose, _), secret) in keys.iter().zip(&secrets) {
        text += &format!(".{purpose}{}", secret.public().unwrap().to_multibase());
    }
    let did = Did::parse(&text).unwrap();
    let renamed = secrets.iter().enumerate().map(|(index, secret)| {
        let stored = serde_json::to_value(secret).unwrap();
        let raw: Vec<u8> = serde_json::from_value(stored["d"].clone()).unwrap();
        let kid = DidUrl::parse(&format!("{did}#key-{}", index + 1)).unwrap();
        SecretKey::from_raw(kid, secret.curve(), &raw).unwrap()
    });
    let renamed = renamed.collect();
    SecretKeys::new(did, renamed)
}

/// Alice and Bob with these keys.
pub fn two(alice: &[(char, Curve)], bob: &[(char, Curve)]) -> Two {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let (alice, bob) = (peer(alice, &mut rng), peer(bob, &mut rng));
    Two {
        bobs: document::resolve(bob.did()).unwrap(),
        alice,
        bob,
        rng,
    }
}

fn header(envelope: &[u8]) -> Value {
    let envelope: Value = serde_json::from_slice(envelope).unwrap();
    let protected = BASE64.decode(envelope["protected"].as_str().unwrap());
    serde_json::from_slice(&protected.unwrap()).unwrap()
}

/// The curve and the names of the recipients' keys.
pub fn sealed_for(envelope: &[u8]) -> (String, Vec<String>) {
    let wire: Value = serde_json::from_slice(envelope).unwrap();
    let recipients = wire["recipients"].as_array().unwrap().iter();
    let name = |one: &Value| one["header"]["kid"].as_str().unwrap().to_owned();
    let names = recipients.map(|one| name(one).split_once('#').unwrap().1.to_owned());
    let crv = header(envelope)["epk"]["crv"].as_str().unwrap().to_owned();
    (crv, names.collect())
}

pub fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

#[test]
fn what_is_packed_on_any_curve_opens_to_the_same_message_in_every_mode() {
    for agreeing in AGREEING {
        for signing in SIGNING {
            let keys = [('V', signing), ('E', agreeing)];
            let mut two = two(&keys, &keys);
            for mode in modes() {
                let mut message = two.message("1");
                message.body.insert("content".into(), "hello".into());

                let envelope = two.pack(&message, mode).unwrap();
                let unpacked = two.open(&envelope).unwrap();

                assert_eq!(unpacked.message, message, "{agreeing} {signing} {mode:?}");
                let proves = !matches!(mode, Mode::Plaintext | Mode::Anoncrypt(_));
                assert_eq!(unpacked.authenticated_by().is_some(), proves, "{mode:?}");
            }
        }
    }
}

#[test]
fn an_ephemeral_key_is_written_as_the_jwk_of_its_curve_and_differs_each_time() {
    for curve in AGREEING {
        let keys = [('V', Curve::Ed25519), ('E', curve)];
        let mut two = two(&keys, &keys);
        let message = two.message("1");
        let mut epk = || header(&two.pack(&message, Mode::Authcrypt).unwrap())["epk"].take();
        let (first, second) = (epk(), epk());

        let key = PublicKey::from_jwk(&first).unwrap();
        assert_eq!(key.curve(), curve);
        assert_eq!(key.to_jwk(), first);
        assert_ne!(first, second);
    }
}

#[test]
fn all_keys_on_the_first_common_curve_get_an_entry_and_no_other() {
    let bob = [
        ('V', Curve::Ed25519),
        ('E', Curve::P521),
        ('E', Curve::P384),
        ('E', Curve::P256),
        ('E', Curve::P384),
        ('E', Curve::P521),
    ];
    for (ours, common, names) in [
        (&[Curve::P384][..], "P-384", &["key-3", "key-5"][..]),
        (&[Curve::P521], "P-521", &["key-2", "key-6"]),
        (&[Curve::P521, Curve::P384], "P-384", &["key-3", "key-5"]),
        (&[Curve::X25519, Curve::P521], "P-521", &["key-2", "key-6"]),
        (&[Curve::X25519, Curve::P256], "P-256", &["key-4"]),
    ] {
        let ours: Vec<_> = ours.iter().map(|curve| ('E', *curve)).collect();
        let mut two = two(&ours, &bob);
        let message = two.message("1");

        let authcrypt = two.pack(&message, Mode::Authcrypt).unwrap();
        let (crv, found) = sealed_for(&authcrypt);
        assert_eq!((&*crv, found), (common, strings(names)));
        assert_eq!(two.open(&authcrypt).unwrap().message, message);

        // It matters not what we could, only what Bob prefers.
        let anoncrypt = two.pack(&message, Mode::Anoncrypt(ContentCipher::A256Gcm));
        let (crv, found) = sealed_for(&anoncrypt.unwrap());
        assert_eq!((&*crv, found), ("P-256", strings(&["key-4"])));
    }
}

#[test]
fn without_a_common_curve_nothing_is_packed() {
    let x25519 = [('V', Curve::Ed25519), ('E', Curve::X25519)];
    let p384 = [('V', Curve::P384), ('E', Curve::P384)];
    let mut two_curves = two(&x25519, &p384);
    let message = two_curves.message("1");
    assert_eq!(
        two_curves.pack(&message, Mode::Authcrypt),
        Err(PackError::NoKey)
    );
    assert!(
        two_curves
            .pack(&message, Mode::Anoncrypt(ContentCipher::A256Gcm))
            .is_ok()
    );

    let mut none = two(&p384, &[('V', Curve::Ed25519), ('E', Curve::Secp256k1)]);
    let message = none.message("1");
    for mode in [
        Mode::Authcrypt,
        Mode::Anoncrypt(ContentCipher::A256Gcm),
        Mode::Signed,
    ] {
        assert_eq!(none.pack(&message, mode), Err(PackError::NoKey), "{mode:?}");
    }
}

#[test]
fn a_p_256_key_is_used_for_what_the_document_lists_it_whatever_the_order() {
    for keys in [
        [('V', Curve::P256), ('E', Curve::P256)],
        [('E', Curve::P256), ('V', Curve::P256)],
    ] {
        let mut two = two(&keys, &keys);
        let message = two.message("1");
        for mode in modes() {
            let envelope = two.pack(&message, mode).unwrap();
            assert_eq!(two.open(&envelope).unwrap().message, message, "{mode:?}");
        }
    }
}

#[test]
fn the_one_key_of_a_did_key_on_p_256_signs_and_agrees() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let nameless = Did::parse("did:example:nameless").unwrap();
    let mut holder = || {
        let secret = key(&nameless, "k", Curve::P256, &mut rng);
        let public = secret.public().unwrap().to_multibase();
        let did = Did::parse(&format!("did:key:{public}")).unwrap();
        let stored = serde_json::to_value(&secret).unwrap();
        let raw: Vec<u8> = serde_json::from_value(stored["d"].clone()).unwrap();
        let kid = DidUrl::parse(&format!("{did}#{public}")).unwrap();
        let secret = SecretKey::from_raw(kid, Curve::P256, &raw).unwrap();
        SecretKeys::new(did, vec![secret])
    };
    let (alice, bob) = (holder(), holder());
    let mut two = Two {
        bobs: document::resolve(bob.did()).unwrap(),
        alice,
        bob,
        rng: ChaCha20Rng::seed_from_u64(2),
    };
    let message = two.message("1");
    for mode in modes() {
        let envelope = two.pack(&message, mode).unwrap();
        assert_eq!(two.open(&envelope).unwrap().message, message, "{mode:?}");
    }
}

#[test]
fn a_rotation_proof_is_signed_on_every_curve_that_signs_and_on_no_other() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let (sub, _) = peer4::create(&[], &mut rng);
    for (curve, alg) in [
        (Curve::Ed25519, "EdDSA"),
        (Curve::P256, "ES256"),
        (Curve::Secp256k1, "ES256K"),
    ] {
        let keys = peer(&[('V', curve), ('E', Curve::X25519)], &mut rng);
        let jwt = from_prior::sign(&keys, keys.did(), Some(&sub), 7).unwrap();

        let header = BASE64.decode(jwt.split('.').next().unwrap()).unwrap();
        let header: Value = serde_json::from_slice(&header).unwrap();
        assert_eq!(header["alg"], alg);
        let verified = from_prior::verify(&jwt, &document::resolve, 0).unwrap();
        assert_eq!((&verified.iss, verified.iat), (keys.did(), 7));
        let (input, signature) = jwt.rsplit_once('.').unwrap();
        let mut bytes = BASE64.decode(signature).unwrap();
        bytes[40] ^= 1;
        let changed = format!("{input}.{}", BASE64.encode(bytes));
        assert_eq!(
            from_prior::verify(&changed, &document::resolve, 0),
            Err(from_prior::FromPriorError::Signature)
        );
    }
    let keys = peer(&[('V', Curve::P384), ('E', Curve::P521)], &mut rng);
    assert_eq!(
        from_prior::sign(&keys, keys.did(), Some(&sub), 7),
        Err(PackError::NoKey)
    );
}

#[test]
fn an_onion_is_sealed_for_the_named_key_on_whichever_curve_it_is() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let keys = [
        ('V', Curve::Ed25519),
        ('E', Curve::X25519),
        ('E', Curve::P384),
        ('E', Curve::P521),
    ];
    let mediator = peer(&keys, &mut rng);
    let mut wrap = |name: String| {
        let document = document::resolve(mediator.did()).unwrap();
        let hops = [routing::Hop { name, document }];
        routing::wrap(b"{}".to_vec(), "did:example:bob", &hops, None, &mut rng).unwrap()
    };
    for (name, crv, recipients) in [
        ("", "X25519", ["key-2"]),
        ("#key-3", "P-384", ["key-3"]),
        ("#key-4", "P-521", ["key-4"]),
    ] {
        let onion = wrap(format!("{}{name}", mediator.did()));
        let (found, names) = sealed_for(&onion);
        assert_eq!((&*found, names), (crv, strings(&recipients)));
    }
}
