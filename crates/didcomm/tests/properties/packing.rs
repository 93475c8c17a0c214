//! Packing and opening: what is handed out is what was packed, and who packed it.

use proptest::prelude::*;
use signet_didcomm::{Curve, Message, SecretKeys, Unpacked, from_prior};

use super::messages::{message, same};
use super::party::{Mode, Party, Scene, mode, scene};
use super::{NOW, holds};

/// What of the addressing a message may leave out, where the mode allows it.
#[derive(Clone, Copy, Debug)]
struct Unsaid {
    from: bool,
    to: bool,
}

fn unsaid() -> impl Strategy<Value = Unsaid> {
    any::<(bool, bool)>().prop_map(|(from, to)| Unsaid { from, to })
}

/// `contents` from Alice to Bob and whomever else it names.
fn addressed(contents: Message, scene: &Scene, mode: Mode, unsaid: Unsaid) -> Message {
    let is_anonymous = matches!(mode, Mode::Anoncrypt(_));
    let mut message = contents;
    if !(is_anonymous && unsaid.from) {
        message.from = Some(scene.alice.did.clone());
    }
    match unsaid.to && !mode.is_signed() {
        true => message.to.clear(),
        false => message.to.push(scene.bob.did.clone()),
    }
    message
}

fn signing(keys: &SecretKeys) -> &'static str {
    match keys.signing().unwrap().curve() {
        Curve::Ed25519 => "EdDSA",
        Curve::P256 => "ES256",
        Curve::Secp256k1 => "ES256K",
        other => panic!("{other} does not sign"),
    }
}

fn algorithms(scene: &Scene, mode: Mode) -> Vec<&'static str> {
    const ANONYMOUS: &str = "ECDH-ES+A256KW";
    const AUTHENTIC: [&str; 2] = ["ECDH-1PU+A256KW", "A256CBC-HS512"];
    let signature = signing(&scene.alice.keys);
    match mode {
        Mode::Authcrypt => AUTHENTIC.to_vec(),
        Mode::Anoncrypt(cipher) => vec![ANONYMOUS, cipher.name()],
        Mode::Hidden => [&[ANONYMOUS, AUTHENTIC[1]], &AUTHENTIC[..]].concat(),
        Mode::Signed => vec![signature],
        Mode::SignedAndAnoncrypt(cipher) => vec![ANONYMOUS, cipher.name(), signature],
    }
}

/// Everything that is handed out besides the message, against what was done.
fn proved(
    unpacked: &Unpacked,
    scene: &Scene,
    mode: Mode,
    message: &Message,
) -> Result<(), TestCaseError> {
    let (alice, bob) = (&scene.alice, &scene.bob);
    let proof = &unpacked.proof;
    let text = |kid: &signet_didcomm::DidUrl| kid.to_string();
    // A name stands in an envelope under the form of the DID that the message has.
    let bob_named = match message.to.is_empty() {
        true => Party {
            did: bob.document.id.clone(),
            ..bob.clone()
        },
        false => bob.clone(),
    };
    let sealed = mode.is_authcrypt();
    let sealing = alice.name(alice.keys.agreement().unwrap());
    prop_assert_eq!(proof.sender.as_ref().map(text), sealed.then_some(sealing));
    let signer = alice.name(alice.keys.signing().unwrap());
    prop_assert_eq!(
        proof.signer.as_ref().map(text),
        mode.is_signed().then_some(signer)
    );
    let recipient = bob_named.name(bob.keys.agreement().unwrap());
    let is_encrypted = mode != Mode::Signed;
    prop_assert_eq!(
        proof.recipient.as_ref().map(text),
        is_encrypted.then_some(recipient)
    );
    prop_assert_eq!(proof.anonymous_layer, mode.is_anonymous());
    prop_assert_eq!(&proof.algorithms, &algorithms(scene, mode));
    prop_assert_eq!(unpacked.is_encrypted(), is_encrypted);
    let is_proved = sealed || mode.is_signed();
    let sender = is_proved.then_some(&alice.did);
    prop_assert_eq!(unpacked.authenticated_by(), sender);
    prop_assert_eq!(&unpacked.plaintext, &message.to_vec());
    match mode {
        // It can be shown to others, who read the same.
        Mode::SignedAndAnoncrypt(_) => {
            let shown = scene.open(proof.jws.as_ref().unwrap(), &[]).unwrap();
            prop_assert_eq!(&shown.plaintext, &unpacked.plaintext);
            prop_assert_eq!(&shown.proof.signer, &proof.signer);
        }
        // The envelope itself can be shown.
        Mode::Signed | Mode::Authcrypt | Mode::Anoncrypt(_) | Mode::Hidden => {
            prop_assert_eq!(&proof.jws, &None);
        }
    }
    Ok(())
}

#[test]
fn unpack_hands_out_what_was_packed_and_who_packed_it() {
    let values = (scene(), mode(), message(), unsaid());
    holds(
        "unpack(pack(m)) = m",
        384,
        &values,
        |(mut scene, mode, contents, unsaid)| {
            let message = addressed(contents, &scene, mode, unsaid);

            let envelope = scene.pack(&message, mode).unwrap();
            let unpacked = scene.open(&envelope, &[]).unwrap();

            same(&unpacked.message, &message)?;
            prop_assert_eq!(&unpacked.from_prior, &None);
            proved(&unpacked, &scene, mode, &message)
        },
    );
}

#[test]
fn a_rotation_is_handed_out_as_it_was_signed() {
    let values = (
        scene(),
        scene(),
        mode(),
        message(),
        any::<u64>(),
        any::<bool>(),
    );
    holds(
        "unpack(pack(from_prior)) = from_prior",
        96,
        &values,
        |values| {
            let (mut scene, before, mode, contents, iat, is_ending) = values;
            let prior = Party {
                keys: before.bob.keys.clone(),
                ..before.bob
            };
            // An ending comes from nobody.
            let is_ending = is_ending && matches!(mode, Mode::Anoncrypt(_));
            let sub = (!is_ending).then(|| scene.alice.did.clone());
            prop_assume!(!scene.bob.did.is_same_as(&prior.did));
            let jwt = from_prior::sign(&prior.keys, &prior.did, sub.as_ref(), iat).unwrap();
            let unsaid = Unsaid {
                from: is_ending,
                to: false,
            };
            let mut message = addressed(contents, &scene, mode, unsaid);
            message.from = sub.clone();
            message.from_prior = Some(jwt);

            let envelope = scene.pack(&message, mode).unwrap();
            let unpacked = scene.open(&envelope, std::slice::from_ref(&prior)).unwrap();

            proved(&unpacked, &scene, mode, &message)?;
            if mode == Mode::Signed {
                // What was not encrypted rotates nothing.
                prop_assert_eq!(&unpacked.from_prior, &None);
                message.from_prior = None;
                return same(&unpacked.message, &message);
            }
            let found = unpacked.from_prior.as_ref().unwrap();
            prop_assert_eq!((&found.iss, &found.sub), (&prior.did, &sub));
            prop_assert_eq!((found.iat, found.exp), (iat, None));
            same(&unpacked.message, &message)
        },
    );
}

#[test]
fn a_message_is_refused_from_the_second_after_it_expires() {
    let values = (scene(), mode(), message(), 0..2 * NOW);
    holds(
        "what expired is refused",
        64,
        &values,
        |(mut scene, mode, contents, time)| {
            let unsaid = Unsaid {
                from: false,
                to: false,
            };
            let mut message = addressed(contents, &scene, mode, unsaid);
            message.expires_time = Some(time);

            let envelope = scene.pack(&message, mode).unwrap();

            prop_assert_eq!(scene.open(&envelope, &[]).is_ok(), time >= NOW);
            Ok(())
        },
    );
}
