//! What was taken comes again: no second entry, no second rotation, and an acknowledgement for nobody
//! but the contact who wrote it.

use serde_json::{Value, json};
use signet_forger::Forgery;
use signet_protocol::entry::Line;
use signet_world::World;

use crate::{alone, case::Bytes, stage::Stage};

/// What is shown of Bob, and how many contacts there are.
fn shown(stage: &Stage) -> (Vec<String>, Vec<Line>, usize) {
    let (world, alice, bob): (&World, _, _) = (&stage.world, stage.alice, stage.bob);
    (
        world.read(alice, bob),
        world.lines(alice, bob),
        world.contact_count(alice),
    )
}

/// Hands these in, each of which is taken as a repeat; whatever is sent goes to Bob.
fn taken_again(stage: &mut Stage, envelopes: &[Vec<u8>]) {
    let before = shown(stage);
    for envelope in envelopes {
        let attempts = stage.world.tally().attempts;
        stage.world.listen();
        stage.world.offer(stage.alice, envelope).unwrap();
        stage.world.settle();

        assert_eq!(shown(stage), before);
        let to_bob = stage.world.envelopes(stage.bob).len();
        let sent = stage.world.tally().attempts - attempts;
        assert_eq!(sent as usize, to_bob, "all to Bob");
        assert!(to_bob <= 1, "one acknowledgement, not {to_bob}");
    }
    stage.assert_unhurt();
}

#[test]
fn a_message_that_comes_again_is_no_second_entry() {
    let _alone = alone();
    let mut stage = Stage::new();
    stage.world.listen();
    stage.world.send(stage.bob, stage.alice, "again");
    stage.world.settle();
    let overheard = stage.world.envelopes(stage.alice);
    assert!(!overheard.is_empty());

    let before = shown(&stage);
    for envelope in overheard.iter().chain(&overheard) {
        stage.world.offer(stage.alice, envelope).unwrap();
        stage.world.settle();
        assert_eq!(shown(&stage), before);
    }
}

#[test]
fn a_message_in_another_envelope_under_another_spelling_of_its_id_is_no_second_entry() {
    let _alone = alone();
    let mut stage = Stage::new();
    let scene = &stage.scene;
    let first = stage.latest.1.id.clone();
    let text = |id: &str| {
        let mut text = scene.text(&scene.bob, &scene.alice.bob);
        text["id"] = id.into();
        text["please_ack"] = json!([""]);
        text
    };
    let sealed = |text: &Value| scene.by_bob().seal(text.to_string());
    let (upper, lower) = (text(&first.to_ascii_uppercase()), text(&first));
    let on_record = scene.signed(&lower, &scene.bob).to_string();
    let envelopes = [
        sealed(&lower),
        sealed(&upper),
        Forgery::to(&scene.alice.bob).seal(sealed(&lower).to_string()),
        Forgery::to(&scene.alice.bob).seal(on_record),
    ]
    .map(Bytes::bytes);

    taken_again(&mut stage, &envelopes);
}

#[test]
fn a_rotation_that_comes_again_moves_nobody_twice() {
    let _alone = alone();
    let mut stage = Stage::new();
    let latest = stage.latest.0.clone();

    taken_again(&mut stage, &[latest.clone(), latest]);
}
