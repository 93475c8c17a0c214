//! Envelopes on three curves and at three sizes, beside the bare primitives and two published
//! crates: a table of its own, measured when it is named.
//!
//! Ours goes from a `Message` to the bytes on the wire, and from these through the one gate to a
//! `Message`; the published crates go from theirs and to theirs. People have a did:peer:2 with one
//! key to sign and one to agree, and know each other's documents: `didcomm` 0.4.1 has them in its
//! resolver, `affinidi-messaging-didcomm` 0.15.11 resolves nothing itself and is handed the very
//! keys. All open one and the same envelope, ours. What the floor counts stands in `primitives`.
//!
//! A size is that of the text in the message; that of a forward is that of the envelope which it
//! passes on, since the layers of both must fit into an envelope. A signed message is not
//! encrypted, and P-384 has no signatures in DIDComm.
//!
//! Our secret keys remember what they last agreed on with a lasting key, so between the same two
//! people authcrypt and its unpacking save one of the floor's two agreements, and can be faster
//! than the floor. `to another` and `from another` take turns between two people, so that nothing
//! remembered helps.

mod affinidi;
mod contest;
pub mod memory;
mod person;
mod published;
mod scene;
mod table;

use std::{fmt::Write, time::Instant};

use anyhow::Result;
use signet_didcomm::Curve;

use crate::Size;
use contest::{Contest, Work};
use scene::Scene;
use table::Line;

/// The name on the command line.
pub const NAME: &str = "didcomm";

/// Each curve.
const CURVES: [Curve; 3] = [Curve::X25519, Curve::P256, Curve::P384];

/// Each size in bytes, its name, and the part of the floor's speed that ours should have: a large
/// message has to pass once over JSON and once over base64, which the floor does not count.
const SIZES: [(&str, usize, f64); 3] = [
    ("1 KiB", 1 << 10, 0.85),
    ("64 KiB", 64 << 10, 0.75),
    ("700 KiB", LARGE, 0.75),
];

/// Three quarters of the largest envelope, less its head, less something.
const LARGE: usize = 700 << 10;

/// What stands for everything larger where the numbers mean nothing.
const SHORT: usize = 2 << 10;

/// How long each work of a round takes about, in seconds, so that a clock is precise enough.
const TURN: f64 = 4e-3;

/// The table, and that of the memory.
///
/// # Errors
/// Somebody does not pack or does not open, which a test would have said.
pub fn measure(size: Size) -> Result<String> {
    let mut table = table::head();
    for curve in CURVES {
        for (name, length, aim) in SIZES {
            let scene = Scene::new(curve, size.of(length, length.min(SHORT)))?;
            for mut contest in scene.contests()? {
                let mut line = Line::new(format!("{}, {name}", contest.name), aim);
                run(&mut contest, &mut line, size)?;
                writeln!(table, "{line}")?;
            }
        }
    }
    write!(table, "\n{}", memory::table()?)?;
    Ok(table)
}

/// Rounds in which everybody has a turn.
fn run(contest: &mut Contest<'_>, line: &mut Line, size: Size) -> Result<()> {
    let often: Vec<u32> = match size {
        Size::Full => contest.works().map(how_often).collect::<Result<_>>()?,
        Size::Quick => vec![1; 4],
    };
    for _ in 0..size.of(21, 1) {
        let turns = contest.works().zip(&often);
        let seconds = turns.map(|(work, often)| each(*often, work));
        line.add(seconds.collect::<Result<Vec<f64>>>()?);
    }
    Ok(())
}

/// As often as fills a turn.
fn how_often(work: &mut Work<'_>) -> Result<u32> {
    // The first time loads keys.
    work()?;
    let turn = (TURN / each(1, work)?).clamp(1.0, 500.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    Ok(turn as u32)
}

/// The seconds that one of `often` takes.
fn each(often: u32, work: &mut Work<'_>) -> Result<f64> {
    let start = Instant::now();
    for _ in 0..often {
        work()?;
    }
    Ok(start.elapsed().as_secs_f64() / f64::from(often))
}
