//! DIDs: ours as the witness resolves them, its own as we do, and a did:peer:4 whose document it
//! is handed.

use affinidi_crypto::KeyType;
use affinidi_did_common::one_or_many::OneOrMany;
use affinidi_did_common::{
    DID, KeyMaterial, PeerCreateKey, PeerKeyPurpose, PeerKeyType, PeerService, PeerServiceEndpoint,
    PeerServiceEndpointLong, PeerServiceEndpointShort,
};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use signet_didcomm::{Did, DidUrl, Document, Endpoint, SecretKey};

use super::*;

/// The witness's document of a DID, read by us.
fn theirs(did: &Did) -> Document {
    let document = serde_json::to_vec(&witness::resolve(did).unwrap());
    Document::from_slice(&document.unwrap(), did).unwrap()
}

/// Alice and Bob send each other every kind of envelope that their keys allow.
fn correspond(name: &str, two: &mut Two) {
    let (message, bob) = (two.ours(), two.bob.document.clone());
    let keys = &two.alice.keys;
    let sealed = authcrypt(&message, keys, &bob, &mut two.rng).unwrap();
    let anonymous = anoncrypt(&message, &bob, CIPHER, &mut two.rng).unwrap();
    let theirs = two.theirs().to_json().unwrap();
    let alice = Some(&two.alice.did);

    assert_eq!(two.they_open(sealed).sender, two.sender(), "{name}");
    assert!(two.they_open(anonymous).is_encrypted, "{name}");
    let unpacked = two.we_open(&two.they_authcrypt(&theirs));
    assert_eq!(unpacked.authenticated_by(), alice, "{name}");
    two.we_open(&two.they_anoncrypt(&theirs));
    if two.known_alice.signing.is_empty() {
        return;
    }
    let keys = &two.alice.keys;
    let signed = sign(&message, keys).unwrap();
    let within = sign_and_anoncrypt(&message, keys, &bob, CIPHER, &mut two.rng).unwrap();
    assert_eq!(two.they_open(signed).signer, two.signer(), "{name}");
    assert_eq!(two.they_open(within).signer, two.signer(), "{name}");
    let signed = two.they_sign();
    assert_eq!(two.we_open(&signed).authenticated_by(), alice, "{name}");
    let within = two.we_open(&two.they_anoncrypt(signed.as_bytes()));
    assert_eq!(within.authenticated_by(), alice, "{name}");
}

#[test]
fn the_witness_resolves_our_did_peer_2_to_the_same_keys_and_address() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let mut people = vec![Person::new(&mut rng)];
    for agreeing in AGREEING {
        for signing in [Curve::Ed25519, Curve::P256, Curve::Secp256k1] {
            people.push(Person::on(signing, agreeing, &mut rng));
        }
    }

    for Person { did, document, .. } in people {
        let found = theirs(&did);
        assert_eq!(found.methods, document.methods);
        assert_eq!(found.authentication, document.authentication);
        assert_eq!(found.key_agreement, document.key_agreement);
        let addresses = |document: &Document| {
            let services = document.services.iter();
            let address = services.map(|one| (one.id.clone(), one.endpoints[0].uri.clone()));
            address.collect::<Vec<_>>()
        };
        assert_eq!(addresses(&found), addresses(&document));
    }
}

#[test]
fn the_witness_resolves_a_did_key_to_the_same_keys_to_agree_with() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    for curve in [Curve::Ed25519, Curve::X25519, Curve::P256, Curve::P384] {
        let Person { did, document, .. } = Person::key(curve, &mut rng);
        let found = theirs(&did);
        assert_eq!(found.methods, document.methods, "{curve}");
        assert_eq!(found.key_agreement, document.key_agreement, "{curve}");
        for kid in &document.authentication {
            assert!(found.authentication.contains(kid), "{curve}");
        }
    }
}

#[test]
fn did_keys_and_did_peer_4s_correspond_with_the_witness() {
    for curve in [Curve::Ed25519, Curve::X25519, Curve::P256, Curve::P384] {
        let mut two = Two::of(|rng| Person::key(curve, rng));
        correspond(curve.name(), &mut two);
    }
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let [alice, bob] = [(); 2].map(|()| Person::peer4(&mut rng));
    let (short_alice, short_bob) = (alice.shortened(), bob.shortened());
    let mut two = Two::known(alice, bob, Known::told, rng.clone());
    correspond("did:peer:4, long", &mut two);
    let mut two = Two::known(short_alice, short_bob, Known::told, rng);
    correspond("did:peer:4, short", &mut two);
}

/// A person with these of the witness's keys.
fn person(did: &DID, keys: &[(String, Curve, Vec<u8>)]) -> Person {
    let did = Did::parse(&did.to_string()).unwrap();
    let secret = |(name, curve, raw): &(String, Curve, Vec<u8>)| {
        let kid = DidUrl::parse(&format!("{did}#{name}")).unwrap();
        SecretKey::from_raw(kid, *curve, raw).unwrap()
    };
    let secrets = keys.iter().map(secret).collect();
    Person::of((did.clone(), SecretKeys::new(did.clone(), secrets)))
}

#[test]
fn we_resolve_a_did_key_that_the_witness_made_and_correspond() {
    for (kind, curve) in [
        (KeyType::Ed25519, Curve::Ed25519),
        (KeyType::X25519, Curve::X25519),
        (KeyType::P256, Curve::P256),
        (KeyType::P384, Curve::P384),
    ] {
        let make = || {
            let (did, key) = DID::generate_key(kind).unwrap();
            let name = |key: &KeyMaterial| key.public_multibase().unwrap();
            let mut keys = vec![(name(&key), curve, key.private_bytes().to_vec())];
            if let Ok(derived) = key.to_x25519() {
                let raw = derived.private_bytes().to_vec();
                keys.push((name(&derived), Curve::X25519, raw));
            }
            person(&did, &keys)
        };
        let rng = ChaCha20Rng::seed_from_u64(1);
        let mut two = Two::known(make(), make(), Known::resolved, rng);
        correspond(curve.name(), &mut two);
    }
}

#[test]
fn we_resolve_a_did_peer_2_that_the_witness_made_and_correspond() {
    let make = |agreeing: Curve| {
        let x25519 = KeyMaterial::generate(KeyType::X25519).unwrap();
        let agree = match agreeing {
            Curve::X25519 => {
                let public = x25519.public_multibase().unwrap();
                PeerCreateKey::from_multibase(PeerKeyPurpose::Encryption, public)
            }
            _ => PeerCreateKey::new(PeerKeyPurpose::Encryption, PeerKeyType::P256),
        };
        let sign = PeerCreateKey::new(PeerKeyPurpose::Verification, PeerKeyType::Ed25519);
        let (did, made) = DID::generate_peer(&[sign, agree], None).unwrap();
        let raw = |d: &str| BASE64_URL_SAFE_NO_PAD.decode(d).unwrap();
        let secret = match agreeing {
            Curve::X25519 => x25519.private_bytes().to_vec(),
            _ => raw(&made[1].d),
        };
        let keys = [
            ("key-1".into(), Curve::Ed25519, raw(&made[0].d)),
            ("key-2".into(), agreeing, secret),
        ];
        person(&did, &keys)
    };
    for curve in [Curve::X25519, Curve::P256] {
        let rng = ChaCha20Rng::seed_from_u64(1);
        let mut two = Two::known(make(curve), make(curve), Known::resolved, rng);
        correspond(curve.name(), &mut two);
    }
}

#[test]
fn we_read_the_endpoints_of_a_did_peer_2_that_the_witness_made_in_either_of_its_spellings() {
    let expected = Endpoint {
        routing_keys: vec!["did:example:mediator#k".into()],
        ..Endpoint::v2("https://example.com/didcomm")
    };
    let short = PeerServiceEndpointShort {
        uri: expected.uri.clone(),
        a: expected.accept.clone(),
        r: expected.routing_keys.clone(),
    };
    let long: PeerServiceEndpointLong = short.to_long();
    let sign = PeerCreateKey::new(PeerKeyPurpose::Verification, PeerKeyType::Ed25519);

    for endpoint in [
        PeerServiceEndpoint::Short(OneOrMany::One(short)),
        PeerServiceEndpoint::Long(OneOrMany::One(long)),
    ] {
        let service = PeerService {
            type_: "dm".into(),
            endpoint,
            id: None,
        };
        let (did, _) = DID::generate_peer(std::slice::from_ref(&sign), Some(&[service])).unwrap();
        let document = person(&did, &[]).document;
        let found: Vec<_> = document.endpoints().collect();
        assert_eq!(found, [&expected]);
    }
}
