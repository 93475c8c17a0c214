//! What a profile says to somebody who has the disk and not the key: nothing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says so by panicking"
)]

use std::{
    collections::{BTreeSet, HashMap},
    fs,
    path::{Path, PathBuf},
};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;
use signet_loopback::{Person, acquainted};

/// Bytes by which a secret is suspected before it is compared.
const HEAD: usize = 8;

/// A word that nothing else writes: 12 letters.
fn word(rng: &mut ChaCha8Rng) -> String {
    (0..12)
        .map(|_| char::from(rng.random_range(b'a'..=b'z')))
        .collect()
}

fn files(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            files(&entry.path(), all);
        } else if kind.is_file() {
            all.push(entry.path());
        }
    }
}

/// Every form in which a text could lie in a file.
fn forms(text: &str) -> Vec<Vec<u8>> {
    let wide = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    vec![
        text.into(),
        text.to_uppercase().into(),
        wide(u16::to_le_bytes),
        wide(u16::to_be_bytes),
        hex.into(),
    ]
}

#[test]
fn no_word_no_name_and_no_did_is_found_in_any_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(50);
    let names = [word(&mut rng), word(&mut rng)];
    let mut alice = Person::at(&folder.path().join("one"), &names[0])
        .unwrap()
        .logging("info");
    let mut bob = Person::at(&folder.path().join("two"), &names[1])
        .unwrap()
        .logging("info");
    alice.start().unwrap();
    bob.start().unwrap();
    let (to_bob, to_alice) = acquainted(&alice, &bob).unwrap();
    let mut secrets: BTreeSet<String> = names.into();
    let nickname = word(&mut rng);
    let note = word(&mut rng);
    let dids = |person: &Person, contact: &str| {
        let contact = person.contact(contact).unwrap();
        let chain: Vec<String> = contact["chain"]
            .as_array()
            .unwrap()
            .iter()
            .map(|link| link["did"].as_str().unwrap().to_owned())
            .collect();
        chain
    };

    let words: Vec<String> = (0..50).map(|_| word(&mut rng)).collect();
    let mut last = String::new();
    for (number, word) in words.iter().enumerate() {
        let (who, contact) = if number % 2 == 0 {
            (&alice, &to_bob)
        } else {
            (&bob, &to_alice)
        };
        last = who.writes(contact, &format!("my word is {word}.")).unwrap();
    }
    bob.until_message(&to_alice, &last, "delivered").unwrap();
    alice
        .until("all are delivered", || {
            let states = alice.states(&to_bob).ok()?;
            states
                .iter()
                .all(|state| state == "delivered")
                .then_some(())
        })
        .unwrap();
    alice
        .call("rename", json!({"contact": to_bob, "name": nickname}))
        .unwrap();
    alice.call("invite", json!({"note": note})).unwrap();
    let found: Vec<String> = [dids(&alice, &to_bob), dids(&bob, &to_alice)].concat();
    assert_eq!(
        alice.call("rotate", json!({"all": true})).unwrap()["started"],
        json!([to_bob])
    );
    alice
        .until("the rotation is confirmed", || {
            let rotation = alice.call("rotation", json!({})).ok()?;
            rotation["waiting"].as_array()?.is_empty().then_some(())
        })
        .unwrap();
    alice
        .types(&["backup", folder.path().join("one/backup").to_str().unwrap()])
        .unwrap();
    let look = |secrets: &BTreeSet<String>| {
        let mut all = Vec::new();
        files(folder.path(), &mut all);
        assert!(all.iter().any(|path| path.ends_with("journal")), "{all:?}");
        assert!(all.iter().any(|path| path.ends_with("log")));
        let forms: Vec<Vec<u8>> = secrets.iter().flat_map(|secret| forms(secret)).collect();
        let mut by_head: HashMap<&[u8], Vec<&[u8]>> = HashMap::new();
        for form in &forms {
            by_head.entry(&form[..HEAD]).or_default().push(form);
        }
        for path in all {
            let content = fs::read(&path).unwrap();
            for (at, head) in content.windows(HEAD).enumerate() {
                let mut suspects = by_head.get(head).into_iter().flatten();
                let found = suspects.find(|form| content[at..].starts_with(form));
                assert_eq!(found, None, "in {}", path.display());
            }
        }
    };

    secrets.extend(words);
    secrets.extend([nickname, note]);
    // A DID's head is the same for all of a kind; 24 characters of its middle are its own.
    for did in found
        .iter()
        .chain(&[dids(&alice, &to_bob), dids(&bob, &to_alice)].concat())
    {
        let own = did.get(20..44).unwrap_or(did.as_str());
        secrets.insert(own.to_owned());
    }
    assert!(secrets.len() > 55);
    look(&secrets);
    alice.stop();
    bob.kill();
    look(&secrets);
}
