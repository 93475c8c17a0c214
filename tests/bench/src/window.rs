//! Starting the window with a long history, and the memory of all its processes.
//!
//! Ours: the release binary with a profile that opens by itself and holds 100,000 messages with
//! twenty contacts. The floor: an empty Tauri window of the same size, with one word on its page. Both on
//! a virtual display; the time runs from the start of the program to the last change of what that
//! display shows, before it stands still for two seconds: whatever the window does later than
//! showing its first conversation list counts too. Memory is taken then, of the process and all below it,
//! shared pages divided among those that share them. Where `SIGNET_BENCH_FRAMES` names a folder, what
//! each window showed in the end is kept there, in the X window dump format.

mod history;
mod screen;

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};

use crate::{
    Size, machine,
    row::{Aim, Row, Unit},
};
use screen::Screen;

/// Stands still this long: nothing follows any more.
const STILL: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(90);

/// Two rows: time and memory.
///
/// # Errors
/// The programs are not built, or no window appears.
pub fn measure(size: Size) -> Result<Vec<Row>> {
    let folder = tempfile::Builder::new()
        .prefix("window-")
        .tempdir_in(machine::disk()?)?;
    let window = machine::beside("signet-desktop", "SIGNET_DESKTOP")?;
    let empty = match window.parent().map(|folder| folder.join("examples/empty")) {
        Some(empty) if empty.is_file() => empty,
        Some(_) | None => machine::beside("examples/empty", "SIGNET_EMPTY_WINDOW")?,
    };
    let profile = folder.path().join("profile");
    let messages = size.of(100_000, 100);
    history::write(&profile, messages)?;
    let screen = Screen::start(folder.path())?;

    let named = |what: &str| format!("{what} with {messages} messages");
    let mut time = Row::new(named("window"), Unit::Seconds, Aim::Within(1.3));
    let mut memory = Row::new(named("window's memory"), Unit::Bytes, Aim::Within(1.3));
    for round in 0..size.of(13, 1) {
        let wires = [
            "--no-mdns",
            "--loopback",
            "--listen",
            "/ip4/127.0.0.1/tcp/0",
        ];
        let ours = open(
            Command::new(&window)
                .arg("--profile")
                .arg(&profile)
                .args(wires),
            folder.path(),
            &screen,
        )?;
        let floor = open(&mut Command::new(&empty), folder.path(), &screen)?;
        // The first round fills the system's caches.
        if round > 0 || size == Size::Quick {
            time.add(ours.0, floor.0);
            memory.add(ours.1, floor.1);
        }
    }
    Ok(vec![time, memory])
}

/// Opens a window, waits until it stands still, and ends it: seconds and bytes.
fn open(command: &mut Command, home: &Path, screen: &Screen) -> Result<(f64, f64)> {
    let black = screen.frame()?;
    let start = Instant::now();
    let mut app = command
        .envs(screen.variables())
        .env("HOME", home)
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("RUST_LOG")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("the window did not start")?;
    let seen = stands_still(&mut app, screen, &black, start);
    let family = machine::family(app.id());
    let bytes: f64 = family
        .iter()
        .map(|&process| machine::resident(process))
        .sum();
    end(&mut app)?;
    screen.turns(&black)?;
    Ok((seen?, bytes))
}

/// The seconds to the last change.
fn stands_still(app: &mut Child, screen: &Screen, black: &[u8], start: Instant) -> Result<f64> {
    let mut last = black.to_vec();
    let mut changed = None;
    while start.elapsed() < PATIENCE {
        let frame = screen.frame()?;
        let now = start.elapsed();
        if frame != last {
            changed = Some(now);
            last = frame;
        }
        if let Some(changed) = changed.filter(|&changed| now - changed > STILL)
            && last != black
        {
            if let Some(folder) = std::env::var_os("SIGNET_BENCH_FRAMES") {
                std::fs::write(Path::new(&folder).join(format!("{}.xwd", app.id())), &last)?;
            }
            return Ok(changed.as_secs_f64());
        }
        ensure!(app.try_wait()?.is_none(), "the window ended by itself");
        screen::pause();
    }
    anyhow::bail!("the window never stands still")
}

fn end(app: &mut Child) -> Result<()> {
    let process = i32::try_from(app.id()).ok().and_then(Pid::from_raw);
    kill_process(process.context("no process")?, Signal::TERM)?;
    let asked = Instant::now();
    while app.try_wait()?.is_none() {
        if asked.elapsed() > PATIENCE {
            app.kill()?;
        }
        screen::pause();
    }
    Ok(())
}
