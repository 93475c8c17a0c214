//! The store under processes that die, that come second, and that have no room.
//!
//! The test starts itself again as the process that is maltreated: the first argument says as what.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    dead_code,
    reason = "these are tests"
)]

#[path = "store/model.rs"]
mod model;

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
};

use rand_chacha::{ChaCha8Rng, rand_core::Rng, rand_core::SeedableRng};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use signet_protocol::{
    change::Change,
    contact::{ContactId, Progress},
    identity::Purpose,
};
use signet_store::{CommitError, Store, Unlock, Wraps};

const PLAIN: Wraps<'_> = Wraps {
    passphrase: None,
    keyring: None,
    plain: true,
};
const WHO: ContactId = ContactId([1; 16]);

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["commit", dir] => commit_for_ever(Path::new(dir)),
        ["starve", dir] => starve(Path::new(dir)),
        _ => {
            let tests: [(&str, fn()); 4] = [
                (
                    "nothing_acknowledged_is_lost_when_the_process_is_killed",
                    killed,
                ),
                ("a_second_process_is_turned_away", second),
                (
                    "a_limit_on_file_sizes_costs_one_commit_and_nothing_else",
                    limited,
                ),
                ("a_full_disk_costs_one_commit_and_nothing_else", full),
            ];
            for (name, test) in tests {
                test();
                println!("test {name} ... ok");
            }
        }
    }
}

/// The `n`th commit: an entry, the counters, at times a long text or an identity made or destroyed.
fn commit(store: &Store, n: u64) -> Result<(), CommitError> {
    let text = if n.is_multiple_of(10) {
        "long ".repeat(20_000)
    } else {
        "short".into()
    };
    let mut changes = vec![
        Change::Entry(Box::new(model::own(WHO, n, &format!("id-{n}"), &text))),
        Change::Progress {
            contact: WHO,
            progress: Progress {
                last_seq: n,
                ..Progress::default()
            },
        },
    ];
    if n.is_multiple_of(7) {
        changes.push(Change::Identity(Box::new(model::identity(
            n,
            Purpose::Contact(WHO),
        ))));
    }
    if n.is_multiple_of(7) && n > 7 {
        changes.push(Change::IdentityDestroyed(
            model::identity(n - 7, Purpose::Contact(WHO)).did,
        ));
    }
    store.commit(&changes)
}

/// How many commits the profile holds; that they are whole and without gap is asserted.
fn held(store: &Store) -> u64 {
    let history = store.history(WHO, None, usize::MAX).unwrap();
    for (entry, n) in history.iter().zip(1..) {
        assert_eq!((entry.seq, entry.id.clone()), (n, format!("id-{n}")));
    }
    let last = history.len() as u64;
    let machine = store.machine().unwrap();
    let progress = machine.iter().find_map(|change| {
        if let Change::Progress { progress, .. } = change {
            Some(progress.last_seq)
        } else {
            None
        }
    });
    assert_eq!(progress.unwrap_or(0), last);
    let identities: Vec<_> = machine
        .iter()
        .filter_map(|change| {
            if let Change::Identity(identity) = change {
                Some(&identity.did)
            } else {
                None
            }
        })
        .collect();
    if last >= 7 {
        assert_eq!(
            identities,
            [&model::identity(last / 7 * 7, Purpose::Contact(WHO)).did]
        );
    }
    last
}

fn open(dir: &Path) -> Store {
    let (store, opening) = Store::open(dir, &Unlock::Plain).unwrap();
    assert!(
        opening.damage.is_empty() && opening.lost_identities == 0,
        "{opening:?}"
    );
    store
}

fn commit_for_ever(dir: &Path) {
    let store = match Store::open(dir, &Unlock::Plain) {
        Ok((store, _)) => store,
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(1);
        }
    };
    let mut n = held(&store);
    let mut out = std::io::stdout().lock();
    loop {
        n += 1;
        commit(&store, n).unwrap();
        writeln!(out, "{n}").unwrap();
        out.flush().unwrap();
    }
}

fn start(role: &str, dir: &Path) -> Child {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .arg(role)
        .arg(dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn killed() {
    let dir = tempfile::tempdir().unwrap();
    drop(Store::create(dir.path(), &PLAIN).unwrap());
    let mut rng = ChaCha8Rng::seed_from_u64(31);
    let mut acknowledged = 0;
    for round in 0..6 {
        let mut child = start("commit", dir.path());
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let patience = acknowledged + 1 + rng.next_u64() % 80;
        while acknowledged < patience {
            acknowledged = lines
                .next()
                .expect("the child gave up")
                .unwrap()
                .parse()
                .unwrap();
        }
        // Some odd moment of the commits that follow.
        for _ in 0..rng.next_u64() % 400_000 {
            std::hint::spin_loop();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        for line in lines.map_while(Result::ok) {
            acknowledged = line.parse().unwrap_or(acknowledged);
        }
        if round % 3 == 2 {
            fs::remove_dir_all(dir.path().join("view")).unwrap();
        }

        let held = held(&open(dir.path()));

        assert!(
            (acknowledged..=acknowledged + 1).contains(&held),
            "{held} held, {acknowledged} acknowledged"
        );
        acknowledged = held;
    }
}

fn second() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = Store::create(dir.path(), &PLAIN).unwrap();

    let output = start("commit", dir.path()).wait_with_output().unwrap();

    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "the profile is open in another Signet\n"
    );
    commit(&store, 1).unwrap();
}

/// Commits until there is no room, and reports how many were acknowledged.
fn until_full(store: &Store) -> u64 {
    for n in held(store) + 1..100_000 {
        match commit(store, n) {
            Ok(()) => {}
            Err(CommitError::Full) => return n - 1,
            Err(other) => panic!("{other}"),
        }
    }
    panic!("the disk never filled")
}

/// No file may grow above a limit, until it is lifted.
fn starve(dir: &Path) {
    let store = open(dir);
    for limit in [400 * 1024, 900 * 1024, 1400 * 1024] {
        let unlimited = getrlimit(Resource::Fsize);
        setrlimit(
            Resource::Fsize,
            Rlimit {
                current: Some(limit),
                maximum: unlimited.maximum,
            },
        )
        .unwrap();
        let acknowledged = until_full(&store);
        assert!(matches!(
            commit(&store, acknowledged + 1),
            Err(CommitError::Full)
        ));

        setrlimit(Resource::Fsize, unlimited).unwrap();
        commit(&store, acknowledged + 1).unwrap();
        assert_eq!(held(&store), acknowledged + 1);
    }
    println!("{}", held(&store));
}

fn limited() {
    let dir = tempfile::tempdir().unwrap();
    drop(Store::create(dir.path(), &PLAIN).unwrap());

    // Without this the first write above the limit would end the process.
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; exec \"$0\" starve \"$1\""])
        .arg(env::current_exe().unwrap())
        .arg(dir.path())
        .output()
        .unwrap();

    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let acknowledged: u64 = String::from_utf8(output.stdout)
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    assert!(acknowledged > 30);
    assert_eq!(held(&open(dir.path())), acknowledged);
}

/// A small disk of its own, if the system lets us have one.
struct Disk(tempfile::TempDir);

impl Disk {
    fn new() -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=5m", "tmpfs"])
            .arg(dir.path())
            .output();
        mount
            .is_ok_and(|output| output.status.success())
            .then_some(Self(dir))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

fn full() {
    let Some(disk) = Disk::new() else {
        println!(
            "SKIPPED the full disk: no small disk can be mounted here; the limit on file sizes was shown"
        );
        return;
    };
    let (dir, filler) = (disk.0.path().join("profile"), disk.0.path().join("filler"));
    fs::write(&filler, vec![1; 3 * 1024 * 1024]).unwrap();
    let (store, _) = Store::create(&dir, &PLAIN).unwrap();

    let acknowledged = until_full(&store);
    assert!(matches!(
        commit(&store, acknowledged + 1),
        Err(CommitError::Full)
    ));
    fs::remove_file(&filler).unwrap();
    commit(&store, acknowledged + 1).unwrap();
    assert_eq!(held(&store), acknowledged + 1);
    let acknowledged = until_full(&store);
    drop(store);

    // A view needs room again; the journal alone, taken elsewhere, gives back what was acknowledged.
    let roomy = tempfile::tempdir().unwrap();
    for file in ["keys", "epochs", "journal"] {
        fs::copy(dir.join(file), roomy.path().join(file)).unwrap();
    }
    assert_eq!(held(&open(roomy.path())), acknowledged);
}
