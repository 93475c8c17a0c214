//! Two who moved while neither could tell the other.

use serde_json::json;
use signet_loopback::Nat;

use crate::Online;

#[test]
fn two_who_lost_each_other_meet_at_a_relay_that_neither_had_before() {
    let folder = tempfile::tempdir().unwrap();
    let online = match Online::new(folder.path()) {
        Ok(online) => online,
        Err(why) => return println!("SKIPPED, because no network can be made here: {why:#}"),
    };
    let alice = online.newcomer(folder.path(), "Alice", Nat::Open);
    let bob = online.newcomer(folder.path(), "Bob", Nat::Open);
    let (mut alice, mut bob) = (alice.unwrap(), bob.unwrap());
    let (to_bob, to_alice) = signet_loopback::acquainted(&alice.person, &bob.person).unwrap();
    let id = bob.person.writes(&to_alice, "before").unwrap();
    bob.person
        .until_message(&to_alice, &id, "delivered")
        .unwrap();

    // Nothing that either knows of the other leads anywhere from here on, nor are they neighbours.
    let alone = json!({"key": "mdns", "value": "false"});
    for resident in [&mut alice, &mut bob] {
        resident.person.call("settings", alone.clone()).unwrap();
        resident.person.stop();
        resident.host.moves(Nat::Open).unwrap();
    }
    for resident in [&mut bob, &mut alice] {
        resident.person.start().unwrap();
        online.serves(resident).unwrap();
    }

    let id = alice.person.writes(&to_bob, "here I am").unwrap();
    alice
        .person
        .until_message(&to_bob, &id, "delivered")
        .unwrap();
    let way = alice.person.until_way(&to_bob, &id).unwrap();
    assert!(way == "direct" || way == "relayed", "{way}");
    let id = bob.person.writes(&to_alice, "and I here").unwrap();
    bob.person
        .until_message(&to_alice, &id, "delivered")
        .unwrap();
}
