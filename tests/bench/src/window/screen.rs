//! A virtual display whose frame is a file, with a session bus of its own.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};

/// Between two looks.
const LOOK: Duration = Duration::from_millis(10);
const PATIENCE: Duration = Duration::from_secs(30);

/// A running display; ends with this value.
pub(super) struct Screen {
    server: Child,
    bus: Child,
    frame: PathBuf,
    variables: [(&'static str, String); 5],
}

/// A display tells nobody that it changed, so one looks again and again.
pub(super) fn pause() {
    thread::sleep(LOOK);
}

impl Screen {
    pub(super) fn start(folder: &Path) -> Result<Self> {
        let mut xvfb = Command::new("Xvfb");
        xvfb.args([
            "-displayfd",
            "1",
            "-screen",
            "0",
            "1400x940x24",
            "-nolisten",
            "tcp",
            "-fbdir",
        ]);
        let (server, number) = first_line(xvfb.arg(folder))?;
        let mut bus = Command::new("dbus-daemon");
        let (bus, address) =
            first_line(bus.args(["--session", "--nofork", "--nopidfile", "--print-address"]))?;
        Ok(Self {
            server,
            bus,
            frame: folder.join("Xvfb_screen0"),
            variables: [
                ("DISPLAY", format!(":{number}")),
                ("DBUS_SESSION_BUS_ADDRESS", address),
                ("GDK_BACKEND", "x11".to_owned()),
                ("NO_AT_BRIDGE", "1".to_owned()),
                ("WEBKIT_DISABLE_DMABUF_RENDERER", "1".to_owned()),
            ],
        })
    }

    pub(super) fn variables(&self) -> [(&'static str, String); 5] {
        self.variables.clone()
    }

    /// All it shows now, as the server keeps it.
    pub(super) fn frame(&self) -> Result<Vec<u8>> {
        Ok(fs::read(&self.frame)?)
    }

    /// Waits until it shows this.
    pub(super) fn turns(&self, frame: &[u8]) -> Result<()> {
        let start = Instant::now();
        while self.frame()? != frame {
            ensure!(start.elapsed() < PATIENCE, "a window stays on the display");
            pause();
        }
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        for child in [&mut self.server, &mut self.bus] {
            // One that already ended is what we want.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Starts a program that goes on running and says on its first line where it is reached.
fn first_line(command: &mut Command) -> Result<(Child, String)> {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("{name} did not start"))?;
    let mut line = String::new();
    if let Some(output) = child.stdout.take() {
        BufReader::new(output).read_line(&mut line)?;
    }
    ensure!(!line.trim().is_empty(), "{name} ended before it was ready");
    Ok((child, line.trim().to_owned()))
}
