//! Programs that run beside the test and end with it.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

/// A program that ends with this value.
pub struct Running {
    child: Child,
}

impl Running {
    /// Starts `command`.
    pub fn start(command: &mut Command) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command
            .stdin(Stdio::null())
            .spawn()
            .with_context(|| format!("{name} did not start"))?;
        Ok(Self { child })
    }

    /// Starts a program that says on its first line where it is reached.
    pub fn start_and_read(command: &mut Command) -> Result<(Self, String)> {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut running = Self::start(command.stdout(Stdio::piped()).stderr(Stdio::null()))?;
        let mut line = String::new();
        if let Some(output) = running.child.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        match line.trim() {
            "" => bail!("{name} does not say where it is"),
            line => Ok((running, line.to_owned())),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Asked first: the bridge takes WebKit's driver along only then.
        if signal(self.child.id(), Signal::TERM).is_err() {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// Sends a signal to one process.
pub fn signal(process: u32, signal: Signal) -> Result<()> {
    let pid = i32::try_from(process)
        .ok()
        .and_then(Pid::from_raw)
        .context("no such process")?;
    kill_process(pid, signal)?;
    Ok(())
}

/// The process of `program` that was given `argument`.
pub fn with_argument(program: &Path, argument: &str) -> Option<u32> {
    let processes = fs::read_dir("/proc").ok()?.flatten();
    let mut numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    numbers.find(|number| {
        let line = fs::read(format!("/proc/{number}/cmdline")).unwrap_or_default();
        let mut words = line.split(|&byte| byte == 0);
        words.next() == Some(program.as_os_str().as_encoded_bytes())
            && words.any(|word| word == argument.as_bytes())
            && is_alive(*number)
    })
}

/// Whether it runs; one that ended and was not yet asked for its status does not.
pub fn is_alive(process: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let state = stat
        .rsplit_once(") ")
        .and_then(|(_, rest)| rest.chars().next());
    state.is_some_and(|state| !"ZX".contains(state))
}
