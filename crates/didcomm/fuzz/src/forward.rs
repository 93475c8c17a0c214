//! Forwards: what a mediator reads can be wrapped for the next hop, who reads the same.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::Value;
use signet_didcomm::Message;
use signet_didcomm::routing::{Hop, read, wrap};

use super::people::{NOW, People};

/// Reads the plaintext of a forward and passes on what is in it.
pub fn forward(bytes: &[u8]) -> bool {
    let Ok(message) = Message::from_slice(bytes) else {
        return false;
    };
    let Some(forward) = read(&message) else {
        return false;
    };
    assert!((1..=64).contains(&forward.envelopes.len()));
    let people = People::get();
    let mediator = &people.mediator;
    let hop = [Hop {
        name: mediator.kid("ka"),
        document: mediator.document.clone(),
    }];
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    // What stands in a forward as JSON is an envelope, so an object.
    let is_object =
        |bytes: &Vec<u8>| serde_json::from_slice::<Value>(bytes).is_ok_and(|json| json.is_object());
    for envelope in forward.envelopes.into_iter().filter(is_object) {
        let json: Value = serde_json::from_slice(&envelope).expect("an object");
        let onion = wrap(envelope, &forward.next, &hop, Some(NOW), &mut rng);
        let onion = onion.expect("a hop with a key");
        let passed_on = match people.open(std::slice::from_ref(mediator), &onion) {
            Ok(unpacked) => read(&unpacked.message).expect("a forward"),
            Err(error) => panic!("{error}"),
        };
        assert_eq!(passed_on.next, forward.next);
        assert_eq!(passed_on.expires_time, Some(NOW));
        let [again] = &passed_on.envelopes[..] else {
            panic!("one envelope");
        };
        assert_eq!(serde_json::from_slice::<Value>(again).ok(), Some(json));
    }
    true
}
