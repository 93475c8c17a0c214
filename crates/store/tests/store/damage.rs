use std::{fs, path::Path};

use signet_protocol::change::Change;
use signet_store::{OpenError, Store, Unlock};

use crate::{
    create,
    model::{Model, Stream, contact_id, own},
    open, open_anyhow, records_end,
};

/// A profile with some history, closed; and what it should hold.
fn written(dir: &Path) -> Model {
    let store = create(dir);
    let (mut model, mut stream) = (Model::default(), Stream::new(11));
    for _ in 0..40 {
        let group = stream.group();
        store.commit(&group).unwrap();
        group.iter().for_each(|change| model.apply(change));
    }
    model
}

/// A profile of ten commits of one entry each, closed; also where each record begins in the journal.
fn ten_entries(dir: &Path) -> Vec<usize> {
    let store = create(dir);
    let length = || records_end(dir);
    let mut places = vec![length()];
    for n in 1..=10 {
        store
            .commit(&[Change::Entry(Box::new(own(
                contact_id(1),
                n,
                &format!("id-{n}"),
                "text",
            )))])
            .unwrap();
        places.push(length());
    }
    places
}

fn places_of(store: &Store) -> Vec<u64> {
    store
        .history(contact_id(1), None, 100)
        .unwrap()
        .iter()
        .map(|entry| entry.seq)
        .collect()
}

fn flip(file: &Path, place: usize) {
    let mut bytes = fs::read(file).unwrap();
    bytes[place] ^= 0x20;
    fs::write(file, bytes).unwrap();
}

#[test]
fn a_destroyed_view_is_set_aside_and_rebuilt_with_the_same_answers() {
    let destroy: [fn(&Path); 6] = [
        |view| fs::write(view.join("db"), [0x55; 100_000]).unwrap(),
        |view| {
            fs::write(
                view.join("conf"),
                b"nonsense that is long enough to be read",
            )
            .unwrap()
        },
        |view| {
            let mut bytes = fs::read(view.join("db")).unwrap();
            bytes
                .iter_mut()
                .skip(3000)
                .step_by(311)
                .for_each(|byte| *byte ^= 0xFF);
            fs::write(view.join("db"), bytes).unwrap();
        },
        |view| {
            fs::remove_dir_all(view).unwrap();
            fs::write(view, b"a file where a folder should be").unwrap();
        },
        |view| {
            fs::remove_dir_all(view).unwrap();
            create(&view.join("another"))
                .set_setting("it", b"theirs")
                .unwrap();
            fs::rename(view.join("another/view"), view.with_file_name("foreign")).unwrap();
            fs::remove_dir_all(view).unwrap();
            fs::rename(view.with_file_name("foreign"), view).unwrap();
        },
        |view| fs::write(view.with_file_name("rebuild"), b"").unwrap(),
    ];
    for (n, destroy) in destroy.iter().enumerate() {
        let dir = tempfile::tempdir().unwrap();
        let model = written(dir.path());
        destroy(&dir.path().join("view"));

        let (store, opening) = open_anyhow(dir.path());

        model.check(&store);
        // Where sled finds nothing of its own it empties the file itself; where only the end is
        // damaged it goes back to an earlier state, and is caught up.
        if n != 2 {
            let rebuilt = opening
                .rebuilt
                .unwrap_or_else(|| panic!("case {n} went unnoticed"));
            assert!(
                n == 0 || rebuilt.set_aside.is_some_and(|aside| aside.exists()),
                "case {n}"
            );
            assert!(rebuilt.entries > 0);
        }
        drop(store);
        model.check(&open(dir.path()));
    }
}

#[test]
fn an_emptied_view_is_filled_again() {
    let dir = tempfile::tempdir().unwrap();
    let model = written(dir.path());
    fs::remove_dir_all(dir.path().join("view")).unwrap();
    fs::create_dir(dir.path().join("view")).unwrap();

    let (store, opening) = open_anyhow(dir.path());

    model.check(&store);
    assert_eq!(opening.rebuilt.unwrap().set_aside, None);
}

#[test]
fn a_view_that_is_ahead_of_an_older_journal_is_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    let places = ten_entries(dir.path());
    let journal = dir.path().join("journal");
    let bytes = fs::read(&journal).unwrap();
    fs::write(&journal, &bytes[..places[7]]).unwrap();

    let (store, opening) = open_anyhow(dir.path());

    assert_eq!(places_of(&store), (1..=7).collect::<Vec<_>>());
    assert!(opening.rebuilt.unwrap().set_aside.is_some());
}

#[test]
fn a_bit_flipped_in_the_middle_is_told_and_costs_that_commit_only() {
    let dir = tempfile::tempdir().unwrap();
    let places = ten_entries(dir.path());
    flip(&dir.path().join("journal"), places[4] + 99);
    let damaged = fs::read(dir.path().join("journal")).unwrap();

    // The view has it all, so nothing is missing yet.
    assert_eq!(places_of(&open(dir.path())), (1..=10).collect::<Vec<_>>());
    fs::remove_dir_all(dir.path().join("view")).unwrap();
    let (store, opening) = open_anyhow(dir.path());

    assert_eq!(places_of(&store), [1, 2, 3, 4, 6, 7, 8, 9, 10]);
    let [damage] = &opening.damage[..] else {
        panic!("{opening:?}")
    };
    assert_eq!(damage.bytes, places[4] as u64..places[5] as u64);
    assert_eq!(
        fs::read(damage.kept.as_ref().unwrap()).unwrap(),
        damaged[places[4]..places[5]]
    );
    assert_eq!(fs::read(dir.path().join("journal")).unwrap(), damaged);
    store
        .commit(&[Change::Entry(Box::new(own(
            contact_id(1),
            11,
            "id-11",
            "on we go",
        )))])
        .unwrap();
    drop(store);
    assert_eq!(places_of(&open(dir.path())).len(), 10);
}

#[test]
fn a_torn_tail_is_cut_and_the_next_commit_takes_its_place() {
    for torn in [1, 7, 8, 9, 300, 511] {
        let dir = tempfile::tempdir().unwrap();
        let places = ten_entries(dir.path());
        let journal = dir.path().join("journal");
        let bytes = fs::read(&journal).unwrap();
        fs::write(&journal, &bytes[..places[9] + torn]).unwrap();
        fs::remove_dir_all(dir.path().join("view")).unwrap();

        let (store, opening) = open_anyhow(dir.path());

        let cut = opening.cut_tail.unwrap();
        assert_eq!((cut.bytes, cut.kept), (torn as u64, None));
        assert_eq!(places_of(&store), (1..=9).collect::<Vec<_>>());
        store
            .commit(&[Change::Entry(Box::new(own(
                contact_id(1),
                10,
                "id-10",
                "again",
            )))])
            .unwrap();
        drop(store);
        assert_eq!(places_of(&open(dir.path())), (1..=10).collect::<Vec<_>>());
    }
}

#[test]
fn a_whole_record_at_the_end_that_does_not_open_is_kept_aside() {
    let dir = tempfile::tempdir().unwrap();
    let places = ten_entries(dir.path());
    flip(&dir.path().join("journal"), places[9] + 200);
    let damaged = fs::read(dir.path().join("journal")).unwrap();
    let end = records_end(dir.path());
    fs::remove_dir_all(dir.path().join("view")).unwrap();

    let (store, opening) = open_anyhow(dir.path());

    let cut = opening.cut_tail.unwrap();
    assert_eq!(
        fs::read(cut.kept.unwrap()).unwrap(),
        damaged[places[9]..end]
    );
    assert_eq!(places_of(&store), (1..=9).collect::<Vec<_>>());
}

#[test]
fn one_bad_copy_of_a_small_file_is_no_harm_and_two_are_told() {
    for (file, name) in [
        ("keys", "keys"),
        ("epochs", "epochs"),
        ("journal", "journal"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let model = written(dir.path());
        let path = dir.path().join(file);
        // The header of the journal is twofold as well.
        let half = if file == "journal" {
            128
        } else {
            16 + (fs::metadata(&path).unwrap().len() as usize - 16) / 2
        };

        flip(&path, 20);
        model.check(&open(dir.path()));
        flip(&path, half + 20);
        let error = Store::open(dir.path(), &Unlock::Plain).unwrap_err();

        assert!(
            matches!(error, OpenError::Damaged(of) if of == name),
            "{error}"
        );
    }
}

#[test]
fn a_missing_file_is_named() {
    for file in ["epochs", "journal"] {
        let dir = tempfile::tempdir().unwrap();
        written(dir.path());
        fs::remove_file(dir.path().join(file)).unwrap();

        let error = Store::open(dir.path(), &Unlock::Plain).unwrap_err();

        assert_eq!(
            error.to_string(),
            format!("the profile's file '{file}' is missing or damaged")
        );
    }
}
