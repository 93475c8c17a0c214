//! A person: a name, a home folder, a window now and then.

use std::{
    fs::{self, File},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
};

use anyhow::Result;
use tempfile::TempDir;

use crate::{patience::until, place, stage::Stage, window::Window};

/// Reached by nobody but this machine, at any port that is free.
const FIRST_TIME: [&str; 4] = [
    "--listen",
    "/ip4/127.0.0.1/udp/0/quic-v1",
    "--listen",
    "/ip4/127.0.0.1/tcp/0",
];

/// Somebody with a home folder that goes with this value.
pub struct Person<'a> {
    /// What others call them.
    pub name: &'static str,
    stage: &'a Stage,
    home: TempDir,
}

impl<'a> Person<'a> {
    /// Somebody who has never started the program.
    pub fn new(stage: &'a Stage, name: &'static str) -> Result<Self> {
        let home = tempfile::tempdir()?;
        let runtime = home.path().join("run");
        fs::create_dir(&runtime)?;
        fs::set_permissions(&runtime, fs::Permissions::from_mode(0o700))?;
        Ok(Self { name, stage, home })
    }

    /// Opens the window.
    pub async fn opens(&self) -> Result<Window> {
        Window::open(self).await
    }

    /// A file of theirs.
    pub fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Their profile.
    pub fn profile(&self) -> PathBuf {
        self.file("profile")
    }

    /// What the window is given. After the first time it listens where it did before.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let profile = self.profile();
        let mut arguments = vec!["--profile".into(), profile.to_string_lossy().into_owned()];
        arguments.extend(["--no-mdns", "--loopback"].map(str::to_owned));
        if !profile.exists() {
            arguments.extend(FIRST_TIME.map(str::to_owned));
        }
        arguments
    }

    /// Starts the program once more, as somebody who forgot that it is open, and yields how it
    /// ended. The open window comes to the front.
    pub async fn starts_again(&self) -> Result<ExitStatus> {
        let mut command = self.command(&place::desktop()?)?;
        let mut again = command.args(self.arguments()).spawn()?;
        let ended = until("the second start ends", async || Ok(again.try_wait()?)).await;
        if ended.is_err() {
            again.kill()?;
        }
        ended
    }

    /// A program on the stage, in this person's home, that says on `log` what it does.
    pub(crate) fn command(&self, program: &Path) -> Result<Command> {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.file("log"))?;
        let home = self.home.path();
        let mut command = Command::new(program);
        command
            .current_dir(home)
            .stdout(log.try_clone()?)
            .stderr(log)
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("SIGNET_PROFILE")
            .envs(
                self.stage
                    .variables()
                    .iter()
                    .map(|(name, value)| (name, value)),
            )
            .env("HOME", home)
            .env("XDG_DATA_HOME", home.join("data"))
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("XDG_RUNTIME_DIR", home.join("run"));
        Ok(command)
    }
}

impl Drop for Person<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = fs::read_to_string(self.file("log")).unwrap_or_default();
            let skipped = log.lines().count().saturating_sub(40);
            eprintln!("what {}'s window said at the end:", self.name);
            log.lines()
                .skip(skipped)
                .for_each(|line| eprintln!("    {line}"));
        }
    }
}
