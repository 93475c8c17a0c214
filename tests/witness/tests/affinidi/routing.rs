//! Forward: either side as the sender, the other as the mediator.

use affinidi_messaging_didcomm::DIDCommAgent;
use affinidi_messaging_didcomm::identity::Mediator;
use affinidi_messaging_didcomm::message::forward::{FORWARD_MESSAGE_TYPE, wrap_in_forward};
use signet_didcomm::{Did, routing};

use super::*;

fn mediator(two: &mut Two, curve: Curve) -> (Person, Known) {
    let person = Person::on(Curve::Ed25519, curve, &mut two.rng);
    let known = Known::resolved(&person);
    (person, known)
}

#[test]
fn the_witness_as_a_mediator_reads_our_forward() {
    for curve in AGREEING {
        let mut two = Two::on(Curve::X25519);
        let (mediator, known) = mediator(&mut two, curve);
        let bob = two.bob.document.clone();
        let sealed = authcrypt(&two.ours(), &two.alice.keys, &bob, &mut two.rng).unwrap();
        let hop = routing::Hop {
            name: mediator.did.to_string(),
            document: mediator.document.clone(),
        };
        let next = two.bob.did.as_str();
        let onion = routing::wrap(sealed, next, &[hop], Some(NOW), &mut two.rng).unwrap();

        let onion = str::from_utf8(&onion).unwrap();
        let (forward, proof) = read(known.open(&two.known_alice, onion).unwrap());

        assert_eq!((proof.sender, proof.signer), (None, None));
        assert_eq!(forward.typ, FORWARD_MESSAGE_TYPE);
        assert_eq!(forward.to, Some(vec![mediator.did.to_string()]));
        assert_eq!(forward.expires_time, Some(NOW));
        assert_eq!(forward.body, json!({"next": next}));
        let [attachment] = &forward.attachments.unwrap()[..] else {
            panic!("one envelope was sent");
        };
        let passed_on = attachment.data.json.as_ref().unwrap().to_string();
        assert_eq!(two.they_open(passed_on).sender, two.sender());
    }
}

#[test]
fn two_mediators_of_the_witness_pass_our_onion_on() {
    let mut two = Two::on(Curve::X25519);
    let (first, known_first) = mediator(&mut two, Curve::X25519);
    let (second, known_second) = mediator(&mut two, Curve::P256);
    let bob = two.bob.document.clone();
    let sealed = authcrypt(&two.ours(), &two.alice.keys, &bob, &mut two.rng).unwrap();
    let hops = [(&first, &known_first), (&second, &known_second)].map(|(person, known)| {
        // By the name of a key, as it stands in `routingKeys`.
        routing::Hop {
            name: known.agreeing[0].0.clone(),
            document: person.document.clone(),
        }
    });
    let next = two.bob.did.as_str();
    let mut onion = routing::wrap(sealed, next, &hops, None, &mut two.rng).unwrap();

    for (known, next) in [(known_first, hops[1].name.as_str()), (known_second, next)] {
        let opened = known.open(&two.known_alice, str::from_utf8(&onion).unwrap());
        let (forward, _) = read(opened.unwrap());
        assert_eq!(forward.body, json!({"next": next}));
        let attachment = forward.attachments.unwrap().remove(0);
        onion = attachment.data.json.unwrap().to_string().into_bytes();
    }
    two.they_open(onion);
}

#[test]
fn we_as_a_mediator_read_the_witness_s_forward() {
    for curve in AGREEING {
        let mut two = Two::on(Curve::X25519);
        let (mediator, known) = mediator(&mut two, curve);
        let sealed = two.they_authcrypt(&two.theirs().to_json().unwrap());
        let forward = wrap_in_forward(two.bob.did.as_str(), &sealed).unwrap();
        let keys = known.recipients();
        let keys: Vec<_> = keys.iter().map(|(kid, key)| (*kid, key)).collect();
        let onion = pack::pack_encrypted_anoncrypt(&forward, &keys).unwrap();

        let opened = mediator.open(&two.alice, &onion).unwrap();
        let forward = routing::read(&opened.message).unwrap();

        assert_eq!(Did::parse(&forward.next).unwrap(), two.bob.did);
        let passed_on = str::from_utf8(&forward.envelopes[0]).unwrap();
        two.we_open(passed_on);
    }
}

#[test]
fn what_the_witness_s_agent_routes_arrives_with_us() {
    let mut two = Two::on(Curve::X25519);
    let (mediator, known) = mediator(&mut two, Curve::X25519);
    let (alice, bob) = (two.alice.did.as_str(), two.bob.did.as_str());
    let mut agent = DIDCommAgent::new();
    agent.add_identity(two.known_alice.identity());
    agent.add_peer(two.known_bob.public());
    let public = known.public();
    let route = Mediator {
        did: public.did,
        key_agreement_kid: public.key_agreement_kid,
        key_agreement_public: public.key_agreement_public,
    };
    agent.store_mut().add_route(bob.to_owned(), route);

    let sealed = agent.pack_authcrypt(&two.theirs(), alice, bob).unwrap();
    let anonymous = agent.pack_anoncrypt(&two.theirs(), bob).unwrap();
    for (onion, sender) in [(sealed, Some(&two.alice.did)), (anonymous, None)] {
        let opened = mediator.open(&two.alice, &onion).unwrap();
        let forward = routing::read(&opened.message).unwrap();
        assert_eq!(forward.next, bob);
        let arrived = str::from_utf8(&forward.envelopes[0]).unwrap();
        assert_eq!(two.we_open(arrived).authenticated_by(), sender);
    }
    let signed = agent.pack_signed(&two.theirs(), alice).unwrap();
    assert_eq!(
        two.we_open(&signed).authenticated_by(),
        Some(&two.alice.did)
    );
}

#[test]
fn the_witness_s_agent_opens_ours() {
    let mut two = Two::on(Curve::X25519);
    let mut agent = DIDCommAgent::new();
    agent.add_identity(two.known_bob.identity());
    agent.add_peer(two.known_alice.public());
    let (message, bob) = (two.ours(), two.bob.document.clone());
    let sealed = authcrypt(&message, &two.alice.keys, &bob, &mut two.rng).unwrap();
    let signed = sign(&message, &two.alice.keys).unwrap();

    for envelope in [sealed, signed] {
        let envelope = str::from_utf8(&envelope).unwrap();
        let opened = agent
            .unpack(envelope, Some(two.alice.did.as_str()))
            .unwrap();
        assert_eq!(read(opened).0, two.theirs());
    }
}
