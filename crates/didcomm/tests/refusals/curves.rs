//! Rows 13, 15 and 17 on the curves of Weierstrass form: ephemeral keys that are no points, and
//! signatures whose algorithm is not that of the key.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING,
    ECDSA_P256K1_SHA256_ASN1_SIGNING, ECDSA_P256K1_SHA256_FIXED_SIGNING,
};
use rand_chacha::ChaCha20Rng;
use signet_didcomm::{Curve, anoncrypt, authcrypt};

use signet_forger::{jwt_ecdsa, signed_ecdsa};

use super::*;

const CURVES: [Curve; 3] = [Curve::P256, Curve::P384, Curve::P521];

/// Alice and Bob on these curves.
fn scene(signing: Curve, agreement: Curve) -> Scene {
    let mut scene = Scene::new();
    scene.alice = Person::on("alice", 1, signing, agreement);
    scene.bob = Person::on("bob", 2, signing, agreement);
    scene
}

/// A good text from Alice to Bob, sealed by the crate, once in each way.
fn sealed(scene: &Scene, seed: u64) -> [Value; 2] {
    let text = Message::from_slice(scene.text().to_string().as_bytes()).unwrap();
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let to = &scene.bob.document;
    [
        authcrypt(&text, &scene.alice.keys, to, &mut rng).unwrap(),
        anoncrypt(&text, to, Default::default(), &mut rng).unwrap(),
    ]
    .map(|envelope| serde_json::from_slice(&envelope).unwrap())
}

fn epk(envelope: &Value) -> Value {
    let protected = unb64(envelope["protected"].as_str().unwrap());
    let header: Value = serde_json::from_slice(&protected).unwrap();
    header["epk"].clone()
}

/// Every one of `epks`, in place of a good one, is refused before anything is computed with it.
fn assert_no_epk(scene: &Scene, good: &Value, epks: impl IntoIterator<Item = Value>) {
    assert_eq!(
        scene.open(good).unwrap().message.text("content"),
        Some("hello")
    );
    for epk in epks {
        let envelope = with_protected(good, |header| header["epk"] = epk.clone());
        assert_eq!(
            scene.refusal(&envelope),
            malformed(Malformed::Header("epk")),
            "{epk}"
        );
    }
}

#[test]
fn an_ephemeral_key_off_its_curve_is_refused() {
    for curve in CURVES {
        let scene = scene(Curve::Ed25519, curve);
        for good in sealed(&scene, 1) {
            let epk = epk(&good);
            let changed = |name: &str, bit: u8| {
                let mut raw = unb64(epk[name].as_str().unwrap());
                *raw.last_mut().unwrap() ^= bit;
                let mut epk = epk.clone();
                epk[name] = b64(raw).into();
                epk
            };
            let zeros = b64(vec![0; unb64(epk["x"].as_str().unwrap()).len()]);
            let zero = json!({"kty": "EC", "crv": curve.name(), "x": zeros, "y": zeros});
            let swapped = json!({"kty": "EC", "crv": curve.name(), "x": epk["y"], "y": epk["x"]});
            let off = [changed("x", 2), changed("y", 2), zero, swapped];
            assert_no_epk(&scene, &good, off);
        }
    }
}

#[test]
fn the_other_point_of_the_same_x_is_one_and_does_not_decrypt() {
    for curve in CURVES {
        let scene = scene(Curve::Ed25519, curve);
        for good in sealed(&scene, 1) {
            let mut point = [vec![2], unb64(epk(&good)["x"].as_str().unwrap())].concat();
            let of = |point: &[u8]| PublicKey::new(curve, point).unwrap().to_jwk();
            let even = of(&point);
            point[0] = 3;
            let odd = of(&point);
            let other = if epk(&good) == even { odd } else { even };
            assert_ne!(other, epk(&good));

            let envelope = with_protected(&good, |header| header["epk"] = other);
            assert_eq!(scene.refusal(&envelope), forged(Forged::Ciphertext));
        }
    }
}

#[test]
fn a_coordinate_of_the_wrong_length_is_refused() {
    for curve in CURVES {
        let scene = scene(Curve::Ed25519, curve);
        for good in sealed(&scene, 1) {
            let epk = epk(&good);
            let mut wrong = Vec::new();
            for name in ["x", "y"] {
                let raw = unb64(epk[name].as_str().unwrap());
                let padded = format!("{}=", epk[name].as_str().unwrap());
                let texts = [
                    b64(&raw[1..]),
                    b64([&[0], &raw[..]].concat()),
                    b64([&raw[..], &[0]].concat()),
                    padded,
                    String::new(),
                ];
                for text in texts {
                    let mut epk = epk.clone();
                    epk[name] = text.into();
                    wrong.push(epk);
                }
                let mut without = epk.clone();
                without.as_object_mut().unwrap().remove(name);
                wrong.push(without);
            }
            assert_no_epk(&scene, &good, wrong);
        }
    }
}

/// RFC 7518 §6.2.1.2: the octets are as many as those of the curve. Half of all coordinates on
/// P-521 begin with a zero.
#[test]
fn a_coordinate_without_its_leading_zero_is_refused() {
    let scene = scene(Curve::Ed25519, Curve::P521);
    let mut envelopes = (0..).map(|seed| sealed(&scene, seed)[0].clone());
    let x = |envelope: &Value| unb64(epk(envelope)["x"].as_str().unwrap());
    let good = envelopes.find(|envelope| x(envelope)[0] == 0).unwrap();
    let mut shorter = epk(&good);
    shorter["x"] = b64(&x(&good)[1..]).into();

    assert!(PublicKey::from_jwk(&shorter).is_some(), "in a document");
    assert_no_epk(&scene, &good, [shorter]);
}

#[test]
fn an_ephemeral_key_of_another_kind_or_curve_than_ours_is_refused() {
    let mut epks = vec![
        epk(&Scene::new().anoncrypt().seal("")),
        PublicKey::from_multibase("zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme")
            .unwrap()
            .to_jwk(),
    ];
    epks.extend(CURVES.map(|curve| epk(&sealed(&scene(Curve::Ed25519, curve), 1)[0])));
    for curve in CURVES {
        let scene = scene(Curve::Ed25519, curve);
        for good in sealed(&scene, 1) {
            let others = epks.iter().filter(|epk| epk["crv"] != curve.name());
            assert_eq!(others.clone().count(), 4);
            assert_no_epk(&scene, &good, others.cloned());

            let with = |name: &str, value: &str| {
                let mut epk = epk(&good);
                epk[name] = value.into();
                epk
            };
            let odd = [with("kty", "OKP"), with("d", "AQ"), with("crv", "P-224")];
            assert_no_epk(&scene, &good, odd);
        }
    }
}

#[test]
fn a_sender_s_key_of_another_curve_than_the_ephemeral_key_is_refused() {
    for curve in CURVES {
        let mut scene = scene(Curve::Ed25519, curve);
        let [good, _] = sealed(&scene, 1);
        scene.alice = Person::new("alice", 1);

        assert_eq!(scene.refusal(&good), forged(Forged::Key));
    }
}

#[test]
fn an_algorithm_of_another_curve_than_the_key_s_is_refused() {
    let p256 = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let secp256k1 = &ECDSA_P256K1_SHA256_FIXED_SIGNING;
    for (curve, signing, right, wrong) in [
        (Curve::P256, p256, "ES256", ["ES256K", "EdDSA"]),
        (Curve::Secp256k1, secp256k1, "ES256K", ["ES256", "EdDSA"]),
    ] {
        let scene = scene(curve, Curve::X25519);
        let (seed, kid) = (&scene.alice.seed, scene.alice.kid("sig"));
        let signed = |alg: &str| {
            let header = json!({"typ": SIGNED, "alg": alg});
            signed_ecdsa(signing, scene.text().to_string(), seed, &header, &kid)
        };
        let proof = |alg: &str| {
            let claims = json!({"iss": scene.alice.did, "sub": scene.carol.did});
            let header = json!({"typ": "JWT", "alg": alg, "kid": kid});
            let jwt = jwt_ecdsa(signing, &header, &claims, seed);
            signet_didcomm::from_prior::verify(&jwt, &|did| scene.document(did), NOW)
        };

        assert!(scene.open(&signed(right)).is_ok());
        assert!(proof(right).is_ok());
        for alg in wrong {
            assert_eq!(scene.refusal(&signed(alg)), forged(Forged::Key), "{alg}");
            assert_eq!(proof(alg), Err(FromPriorError::Key), "{alg}");
        }
        for alg in ["ES384", "ES512", "none"] {
            let error = malformed(Malformed::Algorithm(alg.into()));
            assert_eq!(scene.refusal(&signed(alg)), error);
            assert!(matches!(proof(alg), Err(FromPriorError::Algorithm(_))));
        }
    }
}

#[test]
fn a_key_that_only_agrees_does_not_verify() {
    let scene = scene(Curve::P384, Curve::X25519);
    let kid = scene.alice.kid("sig");
    let signing = &ECDSA_P256_SHA256_FIXED_SIGNING;
    for alg in ["ES256", "ES256K", "EdDSA"] {
        let header = json!({"typ": SIGNED, "alg": alg});
        let text = scene.text().to_string();
        let envelope = signed_ecdsa(signing, text, &scene.alice.seed, &header, &kid);
        assert_eq!(scene.refusal(&envelope), forged(Forged::Key));
    }
}

#[test]
fn a_signature_in_der_or_of_another_length_is_refused() {
    for (curve, der, fixed, alg) in [
        (
            Curve::P256,
            &ECDSA_P256_SHA256_ASN1_SIGNING,
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            "ES256",
        ),
        (
            Curve::Secp256k1,
            &ECDSA_P256K1_SHA256_ASN1_SIGNING,
            &ECDSA_P256K1_SHA256_FIXED_SIGNING,
            "ES256K",
        ),
    ] {
        let scene = scene(curve, Curve::X25519);
        let (seed, kid) = (&scene.alice.seed, scene.alice.kid("sig"));
        let header = json!({"typ": SIGNED, "alg": alg});
        let text = scene.text().to_string();
        let good = signed_ecdsa(fixed, &text, seed, &header, &kid);
        assert!(scene.open(&good).is_ok());

        let raw = unb64(good["signature"].as_str().unwrap());
        let mut wrong = vec![signed_ecdsa(der, &text, seed, &header, &kid)];
        for bytes in [
            &raw[..63],
            &[&raw[..], &[0]].concat(),
            &[&[0], &raw[..]].concat(),
            &[],
            &[0; 64],
            &[0xff; 64],
            &[&raw[32..], &raw[..32]].concat(),
        ] {
            let mut envelope = good.clone();
            envelope["signature"] = b64(bytes).into();
            wrong.push(envelope);
        }
        wrong.push(with_flipped(&good, "/signature"));
        for envelope in wrong {
            assert_eq!(scene.refusal(&envelope), forged(Forged::Signature), "{alg}");
        }
    }
}

#[test]
fn a_rotation_proof_signed_in_der_is_refused() {
    let scene = scene(Curve::P256, Curve::X25519);
    let (seed, kid) = (&scene.alice.seed, scene.alice.kid("sig"));
    let claims = json!({"iss": scene.alice.did, "sub": scene.carol.did});
    let header = json!({"typ": "JWT", "alg": "ES256", "kid": kid});
    let jwt = jwt_ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING, &header, &claims, seed);

    let document = |did: &Did| scene.document(did);
    assert_eq!(
        signet_didcomm::from_prior::verify(&jwt, &document, NOW),
        Err(FromPriorError::Signature)
    );
}
