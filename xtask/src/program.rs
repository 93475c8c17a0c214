//! Running other programs: always shown, always answered for.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::place::Place;

/// A program about to run, with its arguments.
pub struct Program {
    command: Command,
    shown: String,
}

impl Program {
    pub fn new(name: impl AsRef<OsStr>, arguments: &[&str], folder: &Path) -> Program {
        let mut command = Command::new(name.as_ref());
        command.args(arguments).current_dir(folder);
        let name = Path::new(name.as_ref())
            .file_name()
            .unwrap_or(name.as_ref());
        let shown = format!("{} {}", name.to_string_lossy(), arguments.join(" "));
        Program { command, shown }
    }

    pub fn cargo(place: &Place, arguments: &[&str]) -> Program {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut program = Program::new(cargo, arguments, &place.root);
        // Cargo sets these for what it runs; left in place they would look like a change of
        // settings to the cargo below, and everything would be built again.
        for (name, _) in std::env::vars_os() {
            if name
                .to_str()
                .is_some_and(|name| name.starts_with("CARGO_PKG_"))
            {
                program.command.env_remove(name);
            }
        }
        program.command.env_remove("CARGO_MANIFEST_DIR");
        program.command.env("CARGO_TARGET_DIR", &place.target);
        program
    }

    pub fn npm(place: &Place, arguments: &[&str]) -> Program {
        let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
        Program::new(npm, arguments, &place.ui())
            .env("NO_COLOR", "1")
            .env("FORCE_COLOR", "0")
    }

    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Program {
        self.command.env(name, value);
        self
    }

    pub fn envs(mut self, variables: &[(String, String)]) -> Program {
        self.command
            .envs(variables.iter().map(|(name, value)| (name, value)));
        self
    }

    pub fn without_env(mut self, name: &str) -> Program {
        self.command.env_remove(name);
        self
    }

    /// Runs it before everybody's eyes. Anything but success is an error.
    pub fn run(mut self) -> Result<()> {
        self.show();
        let status = self
            .command
            .status()
            .with_context(|| format!("{} did not start", self.shown))?;
        if !status.success() {
            bail!("{} ended with {status}", self.shown);
        }
        Ok(())
    }

    /// Runs it, shows every line as it comes (of both outputs, in their order) and hands it on.
    /// Says whether the program ended well.
    pub fn lines(self, mut each: impl FnMut(&str)) -> Result<bool> {
        self.sifted(|line| {
            each(line);
            true
        })
    }

    /// As [`Program::lines`], showing only the lines of which `each` says that they tell something.
    pub fn sifted(mut self, mut each: impl FnMut(&str) -> bool) -> Result<bool> {
        self.show();
        let (reader, writer) = std::io::pipe()?;
        self.command
            .stdout(writer.try_clone()?)
            .stderr(writer)
            .stdin(Stdio::null());
        let mut child = self
            .command
            .spawn()
            .with_context(|| format!("{} did not start", self.shown))?;
        // The command keeps the pipe's other ends; without this the pipe would never end.
        self.command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut out = std::io::stdout();
        for line in BufReader::new(reader).split(b'\n') {
            let line = line?;
            let line = String::from_utf8_lossy(&line);
            if each(&line) {
                // A closed terminal is no reason to stop counting.
                let _ = writeln!(out, "{line}");
            }
        }
        Ok(child.wait()?.success())
    }

    /// What it prints, if it can be started and ends well. Shows nothing.
    pub fn answer(mut self) -> Option<String> {
        let output = self
            .command
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
            .ok()?;
        output
            .status
            .success()
            .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    fn show(&self) {
        println!("$ {}", self.shown.trim_end());
    }
}

/// Whether a program of this name is on the path.
pub fn is_on_path(name: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(name).is_file()))
}
