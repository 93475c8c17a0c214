//! Points that lie on no curve. Our own keys are on X25519, so the machine here is one restored with a
//! key on each of the others, behind an invitation that somebody has answered already.

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use serde_json::{Value, json};
use signet_didcomm::{
    ContentCipher, Curve, Did, Document, Forged, Malformed, Message, PublicKey, ResolveError,
    UnpackError, anoncrypt, authcrypt,
};
use signet_forger::{Person, b64, multibase, unb64, with_protected};
use signet_protocol::{Change, Facts, Messenger, Rejected, command::Command, time::Timestamp};
use stats_alloc::Region;

use crate::{
    MEMORY, alone,
    case::{assert_cheap, forged, malformed},
    stage::TEXT,
};

const NOW: Timestamp = Timestamp(1_800_000_000_000);
const CURVES: [Curve; 3] = [Curve::P256, Curve::P384, Curve::P521];

/// A machine whose invitation stands under a DID on this curve, and somebody on the same curve.
struct Scene {
    machine: Messenger,
    door: Document,
    mallory: Person,
}

impl Scene {
    fn on(curve: Curve) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let alice = Person::peer(3, Curve::Ed25519, curve);
        let (mut machine, _) = Messenger::new("alice");
        let invite = Command::Invite {
            reusable: true,
            expires: None,
            note: None,
        };
        let _made = machine.handle_command(invite, NOW, &mut rng).unwrap();
        let records = machine.records().into_iter().map(|record| match record {
            Change::Identity(mut identity) => {
                identity.did = alice.did.clone();
                identity.keys = alice.keys.clone();
                Change::Identity(identity)
            }
            Change::Invitation(mut invitation) => {
                invitation.did = alice.did.clone();
                Change::Invitation(invitation)
            }
            other => other,
        });
        let mut scene = Self {
            machine: Messenger::restore(records).unwrap(),
            door: alice.document,
            mallory: Person::peer(4, Curve::Ed25519, curve),
        };
        let [good, anonymous] = scene.sealed().map(|envelope| envelope.to_string());
        let opened = scene.machine.open(good.as_bytes(), NOW).unwrap();
        let taken = scene
            .machine
            .handle_message(opened, Facts::default(), NOW, &mut rng);
        assert!(taken.is_ok());
        // This one opens too; only, nothing proves who wrote it.
        let refused = scene.machine.open(anonymous.as_bytes(), NOW);
        assert_eq!(refused.unwrap_err(), Rejected::Anonymous);
        assert_eq!(scene.machine.contacts().count(), 1, "it was taken");
        scene
    }

    /// A good text, sealed by the crate in each of the two ways.
    fn sealed(&self) -> [Value; 2] {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let mut text = Message::new("f0f1", TEXT);
        text.body.insert("content".into(), "hello".into());
        text.from = Some(self.mallory.did.clone());
        text.to = vec![self.door.id.clone()];
        let cbc = ContentCipher::A256CbcHs512;
        [
            authcrypt(&text, &self.mallory.keys, &self.door, &mut rng).unwrap(),
            anoncrypt(&text, &self.door, cbc, &mut rng).unwrap(),
        ]
        .map(|envelope| serde_json::from_slice(&envelope).unwrap())
    }

    fn refuses(&self, name: &str, envelope: &Value, expected: &Rejected) {
        let records = || serde_json::to_vec(&self.machine.records()).unwrap();
        let (before, bytes) = (records(), envelope.to_string().into_bytes());
        let region = Region::new(MEMORY);
        let error = self.machine.open(&bytes, NOW).unwrap_err();
        let used = region.change();

        assert_eq!(error, *expected, "{name}");
        assert_cheap(name, used, bytes.len());
        assert_eq!(records(), before, "{name}");
    }
}

fn epk(envelope: &Value) -> Value {
    let protected = unb64(envelope["protected"].as_str().unwrap());
    let mut header: Value = serde_json::from_slice(&protected).unwrap();
    header["epk"].take()
}

#[test]
fn an_ephemeral_key_that_is_no_point_of_our_curve_is_refused() {
    let _alone = alone();
    for curve in CURVES {
        let scene = Scene::on(curve);
        for good in scene.sealed() {
            let epk = epk(&good);
            let with = |name: &str, value: Value| {
                let mut epk = epk.clone();
                epk[name] = value;
                epk
            };
            let changed = |name: &str| {
                let mut raw = unb64(epk[name].as_str().unwrap());
                *raw.last_mut().unwrap() ^= 2;
                with(name, b64(raw).into())
            };
            let raw = unb64(epk["x"].as_str().unwrap());
            let zeros = b64(vec![0; raw.len()]);
            let other = CURVES.into_iter().find(|other| *other != curve).unwrap();
            let error = malformed(Malformed::Header("epk"));
            for (name, epk) in [
                ("x beside the curve", changed("x")),
                ("y beside the curve", changed("y")),
                (
                    "the point of zeros",
                    json!({"kty": "EC", "crv": curve.name(), "x": zeros, "y": zeros}),
                ),
                (
                    "x and y swapped",
                    json!({"kty": "EC", "crv": curve.name(), "x": epk["y"], "y": epk["x"]}),
                ),
                ("a short x", with("x", b64(&raw[1..]).into())),
                ("a long x", with("x", b64([&[0], &raw[..]].concat()).into())),
                ("no y", with("y", Value::Null)),
                ("a secret beside it", with("d", "AQ".into())),
                ("another curve's name", with("crv", other.name().into())),
                ("another kind", with("kty", "OKP".into())),
                (
                    "X25519",
                    json!({"kty": "OKP", "crv": "X25519", "x": b64([9; 32])}),
                ),
            ] {
                let envelope = with_protected(&good, |header| header["epk"] = epk);
                scene.refuses(&format!("{curve}: {name}"), &envelope, &error);
            }
        }
    }
}

#[test]
fn the_other_point_of_the_same_x_does_not_decrypt() {
    let _alone = alone();
    for curve in CURVES {
        let scene = Scene::on(curve);
        for good in scene.sealed() {
            let x = unb64(epk(&good)["x"].as_str().unwrap());
            let point = |sign: u8| {
                let key = PublicKey::new(curve, &[&[sign], &x[..]].concat());
                key.unwrap().to_jwk()
            };
            let [even, odd] = [point(2), point(3)];
            let other = if epk(&good) == even { odd } else { even };
            let envelope = with_protected(&good, |header| header["epk"] = other);
            scene.refuses(curve.name(), &envelope, &forged(Forged::Ciphertext));
        }
    }
}

#[test]
fn a_sender_whose_key_is_no_point_has_no_document() {
    let _alone = alone();
    for (curve, codec) in CURVES.into_iter().zip([0x80, 0x81, 0x82]) {
        let scene = Scene::on(curve);
        let mut point = vec![0; x_length(&scene) + 1];
        point[0] = 2;
        let last = point.len() - 1;
        while PublicKey::new(curve, &point).is_some() {
            point[last] += 1;
        }
        let off = format!("did:peer:2.E{}", multibase([codec, 0x24], &point));
        let did = Did::parse(&off).unwrap();
        let [good, _] = scene.sealed();
        let kid = format!("{did}#key-1");
        let envelope = with_protected(&good, |header| {
            header["skid"] = kid.clone().into();
            header["apu"] = b64(&kid).into();
        });

        let error = UnpackError::Sender(ResolveError::Invalid { did });
        scene.refuses(curve.name(), &envelope, &Rejected::Envelope(error));
    }
}

/// The bytes of a coordinate.
fn x_length(scene: &Scene) -> usize {
    let [good, _] = scene.sealed();
    unb64(epk(&good)["x"].as_str().unwrap()).len()
}
