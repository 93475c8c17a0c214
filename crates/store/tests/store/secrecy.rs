use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use base64::Engine;
use signet_didcomm::did::Did;
use signet_protocol::{
    change::Change,
    contact::{Addresses, ContactId},
    identity::Purpose,
    profile::Profile,
    time::Timestamp,
};
use signet_store::Store;

use crate::{
    PLAIN,
    model::{contact, form, identity, incoming, outgoing, own},
    open, records_end,
};

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for item in fs::read_dir(dir).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path))
        } else {
            found.push(path)
        }
    }
    found
}

/// How somebody could have written these bytes.
fn spellings(bytes: &[u8]) -> Vec<Vec<u8>> {
    let hex = |upper: bool| -> Vec<u8> {
        bytes
            .iter()
            .flat_map(|b| {
                if upper {
                    format!("{b:02X}")
                } else {
                    format!("{b:02x}")
                }
                .into_bytes()
            })
            .collect()
    };
    let mut all = vec![bytes.to_vec(), hex(false), hex(true)];
    all.push(bytes.iter().flat_map(|b| [*b, 0]).collect());
    all.push(bytes.iter().flat_map(|b| [0, *b]).collect());
    for shift in 0..3 {
        // What precedes and follows touches the outermost characters; the rest is always the same.
        let shifted = [&vec![0; shift], bytes].concat();
        let whole = shifted.len() / 3 * 3;
        let inner = if shift == 0 { 0 } else { 4 };
        all.push(
            base64::engine::general_purpose::STANDARD
                .encode(&shifted[..whole])
                .into_bytes()[inner..]
                .to_vec(),
        );
        all.push(
            base64::engine::general_purpose::URL_SAFE
                .encode(&shifted[..whole])
                .into_bytes()[inner..]
                .to_vec(),
        );
    }
    all
}

/// Needles by their first four bytes, so that a file is gone through once.
struct Search(HashMap<[u8; 4], Vec<Vec<u8>>>);

impl Search {
    fn new<'a>(needles: impl IntoIterator<Item = &'a Vec<u8>>) -> Self {
        let mut by_start: HashMap<_, Vec<_>> = HashMap::new();
        for spelling in needles.into_iter().flat_map(|needle| spellings(needle)) {
            by_start
                .entry(*spelling.first_chunk().unwrap())
                .or_default()
                .push(spelling);
        }
        Self(by_start)
    }

    fn find(&self, hay: &[u8]) -> Option<&Vec<u8>> {
        (0..hay.len().saturating_sub(3)).find_map(|i| {
            let candidates = self.0.get(hay[i..].first_chunk::<4>()?)?;
            candidates
                .iter()
                .find(|needle| hay[i..].starts_with(needle))
        })
    }
}

/// The secret bytes of an identity, found in its serialised form.
fn secrets(identity: &Change) -> Vec<Vec<u8>> {
    fn collect(value: &ciborium::Value, found: &mut Vec<Vec<u8>>) {
        match value {
            ciborium::Value::Bytes(bytes) => found.push(bytes.clone()),
            ciborium::Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            ciborium::Value::Map(items) => items.iter().for_each(|(_, item)| collect(item, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    collect(
        &ciborium::from_reader(&form(identity)[..]).unwrap(),
        &mut found,
    );
    found
}

#[test]
fn no_word_name_did_or_key_is_found_in_any_file() {
    let dir = tempfile::tempdir().unwrap();
    let profile = dir.path().join("profile");
    let (store, _) = Store::create(&profile, &PLAIN).unwrap();
    let who = ContactId(*b"CONTACTIDENTIFYS");
    let word = |n: u64| format!("Zyxw{}vuts{}", n * 7919 + 13, n * 104_729);
    let mut needles: Vec<Vec<u8>> = (0..105).map(|n| word(n).into_bytes()).collect();
    needles.extend([who.0.to_vec(), who.to_string().into_bytes()]);

    let mut changes = vec![Change::Profile(Profile {
        name: word(0),
        ..Profile::default()
    })];
    let mut friend = contact(who, &word(1));
    friend.note = Some(word(2));
    friend.name = Some(word(3));
    friend.their_did = Did::parse(&format!("did:example:{}", word(4))).unwrap();
    friend.addresses = Some(Addresses {
        revision: 1,
        multi_addrs: vec![word(5)],
    });
    changes.push(Change::Contact(Box::new(friend)));
    for n in 1..=20 {
        let text = format!(
            "{} {}",
            word(10 + n),
            "and so on ".repeat(usize::try_from(n * n).unwrap() * 20)
        );
        changes.push(Change::Entry(Box::new(incoming(
            who,
            2 * n,
            &word(40 + n),
            &text,
        ))));
        changes.push(Change::Entry(Box::new(own(
            who,
            2 * n + 1,
            &word(70 + n),
            &text,
        ))));
    }
    changes.push(Change::Seen {
        contact: who,
        id: word(100),
        at: Timestamp(1),
    });
    let mut letter = outgoing(who, &word(101), 1);
    letter
        .message
        .body
        .insert("content".into(), word(102).into());
    changes.push(Change::Outgoing(Box::new(letter)));
    let mine = identity(5, Purpose::Contact(who));
    needles.push(mine.did.as_str().as_bytes()[12..40].to_vec());
    let mine = Change::Identity(Box::new(mine));
    let secrets = secrets(&mine);
    assert_eq!(secrets.len(), 2);
    needles.extend(secrets);
    changes.push(mine);
    store.commit(&changes).unwrap();
    let (name, value) = (word(103), word(104));
    store.set_setting(&name, value.as_bytes()).unwrap();
    store
        .backup(&profile.join("saved"), &mut |_, _| {
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
    drop(store);
    drop(open(&profile));

    let files = files(&profile);
    assert!(
        files.iter().any(|file| file.ends_with("view/db"))
            && files.iter().any(|file| file.ends_with("journal"))
    );
    let search = Search::new(&needles);
    for file in files {
        let found = search.find(&fs::read(&file).unwrap());
        assert_eq!(
            found.map(|found| String::from_utf8_lossy(found)),
            None,
            "in {}",
            file.display()
        );
    }
}

#[test]
fn the_search_for_needles_would_find_them() {
    for prefix in ["", "a", "bc", "def"] {
        let text = format!("{prefix}Zyxw7932vuts104729 and more");
        let hidden = [
            base64::engine::general_purpose::STANDARD
                .encode(&text)
                .into_bytes(),
            text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            text.clone().into_bytes(),
        ];
        for form in hidden {
            assert!(
                Search::new([&b"Zyxw7932vuts104729".to_vec()])
                    .find(&form)
                    .is_some(),
                "{prefix}"
            );
        }
    }
}

#[test]
fn a_text_of_one_letter_and_one_of_forty_look_alike() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = Store::create(dir.path(), &PLAIN).unwrap();
    let length = || records_end(dir.path());
    let grown = |seq, text: &str| {
        let before = length();
        store
            .commit(&[Change::Entry(Box::new(own(
                ContactId([1; 16]),
                seq,
                "an-id",
                text,
            )))])
            .unwrap();
        length() - before
    };

    assert_eq!(grown(1, "x"), grown(2, &"x".repeat(40)));
    assert!(grown(3, "x") < grown(4, &"x".repeat(4000)));
}
