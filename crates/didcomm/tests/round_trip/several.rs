//! Keys on several curves and several recipients: an envelope for each, and one message.

use signet_didcomm::{Curve, Packing, Sealed, pack_all};

use super::curves::{peer, sealed_for, strings, two};
use super::*;

const BOB: [(char, Curve); 6] = [
    ('V', Curve::Ed25519),
    ('E', Curve::P384),
    ('E', Curve::X25519),
    ('E', Curve::P521),
    ('E', Curve::P384),
    ('E', Curve::X25519),
];

const ALICE: [(char, Curve); 4] = [
    ('V', Curve::Ed25519),
    ('E', Curve::P384),
    ('E', Curve::P256),
    ('E', Curve::X25519),
];

fn packings(alice: &SecretKeys) -> [Packing<'_>; 4] {
    [
        Packing::Authcrypt(alice),
        Packing::AuthcryptHidden(alice),
        Packing::Anoncrypt(ContentCipher::A256Gcm),
        Packing::SignAndAnoncrypt(alice, ContentCipher::Xc20P),
    ]
}

/// Opens with the one key of this name, which is all that the device has.
fn open_on(device: &str, keys: &SecretKeys, envelope: &[u8]) -> Result<Unpacked, UnpackError> {
    let secret = |kid: &DidUrl| keys.get(kid).filter(|_| kid.fragment() == Some(device));
    let opening = Opening {
        secret: &secret,
        document: &|did| document::resolve(did),
    };
    unpack(envelope, &opening, NOW)
}

fn found(sealed: &[Sealed]) -> Vec<(&'static str, Vec<String>)> {
    let names = |one: &Sealed| {
        let (crv, names) = sealed_for(&one.envelope);
        assert_eq!(crv, one.curve.name());
        names
    };
    let one = |one: &Sealed| (one.curve.name(), names(one));
    sealed.iter().map(one).collect()
}

#[test]
fn each_curve_gets_an_envelope_of_one_and_the_same_message() {
    let mut two = two(&ALICE, &BOB);
    let message = two.message("1");
    for packing in packings(&two.alice) {
        let sealed = pack_all(&message, packing, &[&two.bobs], &mut two.rng).unwrap();

        let common = [
            ("X25519", strings(&["key-3", "key-6"])),
            ("P-384", strings(&["key-2", "key-5"])),
        ];
        let unknown_to_us = ("P-521", strings(&["key-4"]));
        match packing {
            Packing::Authcrypt(_) | Packing::AuthcryptHidden(_) => {
                assert_eq!(found(&sealed), common, "{packing:?}");
            }
            Packing::Anoncrypt(_) | Packing::SignAndAnoncrypt(_, _) => {
                let all = [&common[..], &[unknown_to_us]].concat();
                assert_eq!(found(&sealed), all, "{packing:?}");
            }
        }
        for one in &sealed {
            assert_eq!(one.to, two.bobs.id);
            for device in sealed_for(&one.envelope).1 {
                let unpacked = open_on(&device, &two.bob, &one.envelope).unwrap();
                assert_eq!(unpacked.message, message, "{packing:?} {device}");
                assert_eq!(unpacked.plaintext, message.to_vec());
            }
        }
        assert_eq!(
            open_on("key-2", &two.bob, &sealed[0].envelope),
            Err(UnpackError::NotForMe),
            "another device has the other"
        );
    }
}

#[test]
fn the_first_of_all_envelopes_is_the_one_that_is_packed_alone() {
    let mut two = two(&ALICE[..2], &BOB);
    let message = two.message("1");
    let alone = [
        two.pack(&message, Mode::Authcrypt),
        two.pack(&message, Mode::Hidden),
    ];
    for (packing, alone) in packings(&two.alice).into_iter().zip(alone) {
        let sealed = pack_all(&message, packing, &[&two.bobs], &mut two.rng).unwrap();

        assert_eq!(sealed.len(), 1);
        assert_eq!(sealed_for(&sealed[0].envelope), sealed_for(&alone.unwrap()));
    }
}

#[test]
fn a_device_that_opens_the_outer_layer_of_a_hidden_sender_opens_the_inner_one() {
    let mut two = two(&[('E', Curve::P384)], &BOB);
    let message = two.message("1");

    let envelope = two.pack(&message, Mode::Hidden).unwrap();

    assert_eq!(sealed_for(&envelope).1, strings(&["key-2", "key-5"]));
    let unpacked = open_on("key-5", &two.bob, &envelope).unwrap();
    assert_eq!(unpacked.message, message);
}

#[test]
fn each_recipient_gets_envelopes_that_nobody_else_opens() {
    let mut two = two(&ALICE, &BOB);
    let carol = peer(&[('V', Curve::Ed25519), ('E', Curve::P256)], &mut two.rng);
    let (carols, again) = (document::resolve(carol.did()).unwrap(), two.bobs.clone());
    let mut message = two.message("1");
    message.to.push(carol.did().clone());
    for packing in packings(&two.alice) {
        let everybody = [&two.bobs, &carols, &again];
        let sealed = pack_all(&message, packing, &everybody, &mut two.rng).unwrap();

        let (last, bobs) = sealed.split_last().unwrap();
        assert!(bobs.len() >= 2 && bobs.iter().all(|one| one.to == two.bobs.id));
        assert_eq!((&last.to, last.curve), (carol.did(), Curve::P256));
        let unpacked = open_on("key-2", &carol, &last.envelope).unwrap();
        assert_eq!(unpacked.message, message);
        for one in bobs {
            let refused = open_on("key-2", &carol, &one.envelope);
            assert_eq!(refused, Err(UnpackError::NotForMe));
        }
    }
}

#[test]
fn nobody_gets_anything_if_one_of_the_recipients_cannot() {
    let mut two = two(&ALICE, &BOB);
    let (alice, rng) = (&two.alice, &mut two.rng);
    let mute = peer(&[('V', Curve::Ed25519)], rng);
    let on_p521 = peer(&[('E', Curve::P521)], rng);
    let mute = document::resolve(mute.did()).unwrap();
    let on_p521 = document::resolve(on_p521.did()).unwrap();
    let mut message = Message::new("1", "https://didcomm.org/basicmessage/2.0/message");
    message.from = Some(alice.did().clone());
    message.to = vec![two.bobs.id.clone(), mute.id.clone()];
    for packing in packings(alice) {
        let mut all = |to: &[&Document]| pack_all(&message, packing, to, rng);

        assert_eq!(all(&[&two.bobs, &mute]), Err(PackError::NoKey));
        assert_eq!(all(&[&two.bobs, &on_p521]), Err(PackError::To));
        assert_eq!(all(&[]), Ok(Vec::new()));
    }
    message.to.push(on_p521.id.clone());
    let mut all = |packing| pack_all(&message, packing, &[&two.bobs, &on_p521], rng);
    assert_eq!(all(Packing::Authcrypt(alice)), Err(PackError::NoKey));
    assert_eq!(
        all(Packing::Anoncrypt(ContentCipher::A256Gcm)).map(|sealed| sealed.len()),
        Ok(4)
    );
}
