//! The program under test, and one command of it.

use std::{
    ffi::OsStr,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use anyhow::{Context, Result, bail};

/// The `signet` to test: what `SIGNET_BIN` names, else the one built beside this test.
///
/// # Errors
/// It was not built.
pub fn program() -> Result<PathBuf> {
    built("signet", "SIGNET_BIN")
}

/// The `signet-mediator` to test, likewise with `SIGNET_MEDIATOR_BIN`.
pub(crate) fn mediator() -> Result<PathBuf> {
    built("signet-mediator", "SIGNET_MEDIATOR_BIN")
}

fn built(name: &str, variable: &str) -> Result<PathBuf> {
    if let Some(named) = std::env::var_os(variable) {
        return Ok(named.into());
    }
    let here = std::env::current_exe()?;
    let beside = here
        .ancestors()
        .skip(1)
        .take(2)
        .map(|folder| folder.join(name));
    for program in beside {
        if program.is_file() {
            return Ok(program);
        }
    }
    bail!(
        "there is no {name} beside this test: build it with `cargo build -p signet-cli -p signet-mediator`, or name one in {variable}"
    )
}

/// What a command said.
#[derive(Debug)]
pub struct Told {
    /// Its exit status; `None` if it was killed.
    pub status: Option<i32>,
    /// Its stdout.
    pub out: String,
    /// Its stderr.
    pub err: String,
}

impl Told {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            status: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The sentence of a refusal: one line that begins with the program's name and ends with a stop.
    ///
    /// # Panics
    /// It was no refusal, or not told in one clear sentence.
    #[expect(clippy::panic, reason = "a test says so by panicking")]
    pub fn refusal(&self) -> &str {
        let sentence = self.err.trim_end_matches('\n').strip_prefix("signet: ");
        match sentence {
            Some(sentence)
                if self.status == Some(1)
                    && self.out.is_empty()
                    && sentence.ends_with('.')
                    && !sentence.contains('\n')
                    && sentence.starts_with(|c: char| c.is_uppercase()) =>
            {
                sentence
            }
            Some(_) | None => panic!("no refusal in one sentence: {self:?}"),
        }
    }
}

/// One command with this profile: `input` is its stdin, and its temporary files lie in the profile's folder.
pub(crate) fn command(
    home: &Path,
    arguments: &[impl AsRef<OsStr>],
    passphrase: Option<&str>,
    input: &str,
) -> Result<Told> {
    let mut command = bare(home)?;
    if let Some(passphrase) = passphrase {
        command.env("SIGNET_PASSPHRASE", passphrase);
    }
    let mut child = command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("signet cannot be started")?;
    if let Some(mut stdin) = child.stdin.take() {
        // A command that does not read its input may be gone before we have written it.
        let _ = stdin.write_all(input.as_bytes());
    }
    Ok(Told::of(child.wait_with_output()?))
}

/// The program with nothing of the surroundings that would change what it does.
pub(crate) fn bare(home: &Path) -> Result<Command> {
    let mut command = Command::new(program()?);
    surroundings(&mut command, home);
    Ok(command)
}

/// A program behind others that become it in the end.
pub(crate) fn behind(door: &[String], program: PathBuf) -> Command {
    let Some((first, rest)) = door.split_first() else {
        return Command::new(program);
    };
    let mut command = Command::new(first);
    command.args(rest).arg(program);
    command
}

/// Gives a command the surroundings of this home.
pub(crate) fn surroundings(command: &mut Command, home: &Path) {
    command
        .env_remove("SIGNET_PASSPHRASE")
        .env_remove("RUST_LOG")
        .env("SIGNET_PROFILE", home.join("profile"))
        .env("TMPDIR", home.join("tmp"))
        .env("HOME", home);
}
