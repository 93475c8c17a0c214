//! `cargo xtask run`: the app, from nothing to its window.

use std::fs;
use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::place::Place;
use crate::png;
use crate::program::Program;
use crate::screen::{Frame, Screen};
use crate::setup;

/// How long a window may take to appear on a slow machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A drawn window has writing with soft edges in it; an empty one has a colour or two.
const DRAWN: usize = 24;

/// A window in which something always moves is taken as it is after so many looks.
const ENOUGH_LOOKS: u32 = 10;

pub fn run(place: &Place) -> Result<()> {
    let seen = has_display();
    setup::system(!seen)?;
    setup::ui(place)?;
    setup::pages(place)?;
    Program::cargo(
        place,
        &[
            "build",
            "-p",
            "signet-desktop",
            "--features",
            "custom-protocol",
        ],
    )
    .run()?;
    let program = place.built("debug", "signet-desktop");
    if seen {
        println!("Opening the window");
        return Program::new(program, &[], &place.root).run();
    }
    println!("There is no display here, so the window opens on a virtual one.");
    picture(place, Command::new(program).current_dir(&place.root))
}

fn has_display() -> bool {
    !cfg!(target_os = "linux")
        || ["DISPLAY", "WAYLAND_DISPLAY"]
            .iter()
            .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// Opens the window where nobody looks, takes its picture, and closes it.
fn picture(place: &Place, command: &mut Command) -> Result<()> {
    let screen = Screen::start(place)?;
    command.envs(screen.variables().iter().map(|(name, value)| (name, value)));
    let mut app = command.spawn().context("the window did not start")?;
    let drawn = drawn(&screen, &mut app);
    let ended = end(&mut app);
    let frame = drawn?;
    ended.context("the window did not end")?;

    fs::create_dir_all(place.pictures())?;
    let file = place.pictures().join("run.png");
    fs::write(&file, png::encode(&frame.trimmed()))?;
    println!("The window is up; its picture is {}", file.display());
    Ok(())
}

/// Waits until the window is drawn and stands still.
fn drawn(screen: &Screen, app: &mut Child) -> Result<Frame> {
    let start = Instant::now();
    let mut last = None;
    let mut looks = 0;
    while start.elapsed() < PATIENCE {
        if let Some(status) = app.try_wait()? {
            bail!("the window ended by itself with {status}");
        }
        let frame = screen.frame()?;
        if frame.colours(DRAWN) >= DRAWN {
            looks += 1;
            if last.as_ref() == Some(&frame) || looks == ENOUGH_LOOKS {
                return Ok(frame);
            }
        }
        last = Some(frame);
        thread::sleep(Duration::from_millis(500));
    }
    bail!(
        "the window was not drawn within {} seconds",
        PATIENCE.as_secs()
    )
}

/// Asks the app to end, as a session does that closes, and insists after ten seconds.
fn end(app: &mut Child) -> Result<ExitStatus> {
    let _ = Command::new("kill")
        .args(["-TERM", &app.id().to_string()])
        .status();
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(10) {
        if let Some(status) = app.try_wait()? {
            return Ok(status);
        }
        thread::sleep(Duration::from_millis(50));
    }
    app.kill()?;
    Ok(app.wait()?)
}
