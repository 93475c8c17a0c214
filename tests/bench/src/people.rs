//! Restoring the machine of a person with many contacts: time and memory.
//!
//! Ours: in a fresh process, the profile is opened, its records are read from the store (decrypted,
//! keys unsealed) and made into a `Messenger` again; memory is what the process holds more than
//! before. The floor: in another fresh process, the same records, neither encrypted nor indexed, are
//! read from one file of CBOR and held.

use std::{
    fs::{self, File},
    hint::black_box,
    io::{BufReader, BufWriter},
    path::Path,
    process::Command,
    time::Instant,
};

use anyhow::{Context, Result, bail, ensure};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use signet_didcomm::{Endpoint, peer4};
use signet_protocol::{
    Change, Messenger,
    contact::{Contact, ContactId, ContactState, Progress, Rotation},
    identity::{Identity, Purpose},
    time::Timestamp,
};
use signet_store::{Store, Unlock, Wraps};

use crate::{
    Size, machine,
    row::{Aim, Row, Unit},
};

/// The first argument that makes this program a process that restores.
pub const ROLE: &str = "--restore";

/// Records of one commit while the profile is made.
const GROUP: usize = 600;

/// Two rows: time and memory.
///
/// # Errors
/// The disk is full, or a profile does not open.
pub fn measure(size: Size) -> Result<Vec<Row>> {
    let contacts = size.of(10_000, 20);
    let folder = tempfile::Builder::new()
        .prefix("people-")
        .tempdir_in(machine::disk()?)?;
    let (profile, plain) = (folder.path().join("profile"), folder.path().join("plain"));
    make(&profile, &plain, contacts)?;

    let named = |what: &str| format!("{what} with {contacts} contacts");
    let mut time = Row::new(named("restore"), Unit::Seconds, Aim::None);
    let mut memory = Row::new(named("memory"), Unit::Bytes, Aim::None);
    for _ in 0..size.of(7, 1) {
        let ours = in_a_process("profile", &profile)?;
        let floor = in_a_process("plain", &plain)?;
        time.add(ours.0, floor.0);
        memory.add(ours.1, floor.1);
    }
    Ok(vec![time, memory])
}

fn make(profile: &Path, plain: &Path, contacts: u32) -> Result<()> {
    let wraps = Wraps {
        plain: true,
        ..Wraps::default()
    };
    let (store, _) = Store::create(profile, &wraps)?;
    let (_, mut changes) = Messenger::new("Alice");
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    for number in 0..contacts {
        changes.extend(acquaintance(number, &mut rng));
    }
    for group in changes.chunks(GROUP) {
        store.commit(group)?;
    }
    ciborium::into_writer(&changes, BufWriter::new(File::create(plain)?))?;
    Ok(())
}

/// What is remembered of one contact: itself, its counters, our DID for it.
pub(crate) fn acquaintance(number: u32, rng: &mut ChaCha20Rng) -> [Change; 3] {
    let endpoint = Endpoint {
        multi_addrs: vec!["/ip4/192.0.2.1/udp/4001/quic-v1".to_owned()],
        ..Endpoint::v2("libp2p-peerId:12D3KooWGzxzKZYveHXtpG6AsrUJBcWxHBFS2HsEoGTxrMLvKXtf")
    };
    let (their_did, _) = peer4::create(std::slice::from_ref(&endpoint), rng);
    let (my_did, keys) = peer4::create(&[endpoint], rng);
    let mut id = [0; 16];
    id[..4].copy_from_slice(&number.to_be_bytes());
    let (id, created) = (ContactId(id), Timestamp(1_800_000_000_000));
    let contact = Contact {
        id,
        created,
        state: ContactState::Connected,
        ended: None,
        told_name: format!("Contact {number}"),
        name: None,
        note: None,
        muted: false,
        their_did,
        their_retired: Vec::new(),
        my_did: my_did.clone(),
        my_did_known: true,
        my_retired: Vec::new(),
        rotation: Rotation::Settled,
        wants_rotation: false,
        mediated_only: false,
        addresses: None,
        invitation: String::new(),
        invited_by_us: true,
        is_signet: true,
        reads_peer4: true,
        uses_short: true,
        profile_asked_by: None,
        told_profile: 1,
        told_addresses: 0,
    };
    let identity = Identity {
        did: my_did,
        keys,
        purpose: Purpose::Contact(id),
        created,
        via: Vec::new(),
    };
    [
        Change::Contact(Box::new(contact)),
        Change::Progress {
            contact: id,
            progress: Progress {
                last_seq: 1,
                ever_acked: true,
                ..Progress::default()
            },
        },
        Change::Identity(Box::new(identity)),
    ]
}

/// Seconds and bytes.
fn in_a_process(what: &str, path: &Path) -> Result<(f64, f64)> {
    let output = Command::new(std::env::current_exe()?)
        .args([ROLE, what])
        .arg(path)
        .output()?;
    let said = String::from_utf8(output.stdout)?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    let (seconds, bytes) = said
        .trim()
        .split_once(' ')
        .with_context(|| complaint.into_owned())?;
    Ok((seconds.parse()?, bytes.parse()?))
}

/// The process: restores and prints the seconds and the bytes.
///
/// # Errors
/// The arguments are not `profile|plain PATH`, or there is nothing.
pub fn restore(arguments: &[String]) -> Result<()> {
    let [what, path] = arguments else {
        bail!("restoring needs two arguments");
    };
    let before = machine::resident(std::process::id());
    let start = Instant::now();
    match what.as_str() {
        "profile" => {
            let (store, _) = Store::open(Path::new(path), &Unlock::Plain)?;
            let machine = Messenger::restore(store.machine()?)?;
            tell(start, before);
            ensure!(machine.contacts().next().is_some(), "nobody is there");
        }
        "plain" => {
            fs::metadata(path)?;
            let changes: Vec<Change> = ciborium::from_reader(BufReader::new(File::open(path)?))?;
            tell(start, before);
            ensure!(!black_box(changes).is_empty(), "nothing is there");
        }
        _ => bail!("there is nothing like {what} to restore"),
    }
    Ok(())
}

fn tell(start: Instant, before: f64) {
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{seconds} {}",
        machine::resident(std::process::id()) - before
    );
}
