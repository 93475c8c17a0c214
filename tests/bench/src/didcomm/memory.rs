//! How much memory an envelope of 700 KiB takes for a moment: the peak of the bytes allocated while
//! it is packed or opened, over what was allocated before.
//!
//! The program `signet-bench-memory` measures, because a counting allocator slows every other
//! measure. What comes out counts, what goes in does not; a buffer that grows counts twice while
//! it moves. What the primitives allocate for themselves, some hundred bytes a key, is not seen.

use std::{fmt::Write, process::Command};

use anyhow::Result;
use signet_didcomm::Curve;

use super::{LARGE, contest::Work, scene::Scene, table::bold};
use crate::machine;

/// The program that counts.
const PROGRAM: &str = "signet-bench-memory";

/// At most so many times the message.
const MOST: f64 = 4.0;

/// The table, by a process of its own.
///
/// # Errors
/// The program was not built, or somebody does not pack.
pub(super) fn table() -> Result<String> {
    let output = Command::new(machine::beside(PROGRAM, "SIGNET_BENCH_MEMORY")?).output()?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "{PROGRAM}: {complaint}");
    Ok(String::from_utf8(output.stdout)?)
}

/// Does the work and yields the most bytes that it had allocated at once.
pub type Peak = fn(&mut dyn FnMut() -> Result<()>) -> Result<usize>;

/// The table, where the allocator counts.
///
/// # Errors
/// Somebody does not pack or does not open.
pub fn measure(peak: Peak) -> Result<String> {
    let scene = Scene::new(Curve::X25519, LARGE)?;
    let mut table = "| at 700 KiB, in messages | Signet | aim | `didcomm` 0.4.1 | \
                     `affinidi-messaging-didcomm` 0.15.11 |\n|---|---|---|---|---|\n"
        .to_owned();
    let messages = |work: &mut Work<'_>| {
        // The first time loads keys, which stay.
        work()?;
        #[expect(clippy::cast_precision_loss)]
        let times = peak(&mut *work)? as f64 / LARGE as f64;
        anyhow::Ok(times)
    };
    for mut contest in scene.contests()? {
        let ours = messages(&mut contest.ours)?;
        let published = match &mut contest.published {
            Some(work) => format!("{:.1}", messages(work)?),
            None => "—".to_owned(),
        };
        writeln!(
            table,
            "| memory of {} | {} | ≤ {MOST} | {published} | {:.1} |",
            contest.name,
            bold(format!("{ours:.1}"), ours <= MOST),
            messages(&mut contest.affinidi)?,
        )?;
    }
    Ok(table)
}
