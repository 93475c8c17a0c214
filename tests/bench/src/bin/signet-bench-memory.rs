//! Prints how much memory envelopes take: a part of the measure `didcomm`, with an allocator that
//! counts.

use std::process::ExitCode;

use anyhow::Result;
use peak_alloc::PeakAlloc;
use signet_bench::didcomm::memory;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

fn main() -> ExitCode {
    match memory::measure(peak) {
        Ok(table) => {
            print!("{table}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The most that is allocated at once while the work is done, over what is allocated before.
fn peak(work: &mut dyn FnMut() -> Result<()>) -> Result<usize> {
    ALLOCATED.reset_peak_usage();
    let before = ALLOCATED.current_usage();
    work()?;
    Ok(ALLOCATED.peak_usage().saturating_sub(before))
}
