//! A network namespace of the kernel. It goes with its value, and its names are this process's own.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio, id},
    sync::atomic::{AtomicU32, Ordering},
};

use anyhow::{Context, Result, ensure};

/// Where `ip netns exec` finds what lies in `/etc` for those inside.
const HOSTS: &str = "/etc/netns";

/// How many there were in this process.
static NAMESPACES: AtomicU32 = AtomicU32::new(0);

/// One of them, with nothing but its loopback at first.
pub(crate) struct Namespace {
    name: String,
}

impl Namespace {
    pub(crate) fn new() -> Result<Self> {
        let number = NAMESPACES.fetch_add(1, Ordering::Relaxed);
        let name = format!("signet-{}-{number}", id());
        fed(&["ip", "netns", "add", &name], "")?;
        let namespace = Self { name };
        namespace.ip("link set lo up")?;
        Ok(namespace)
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// What processes are started behind to live in it.
    pub(crate) fn door(&self) -> Vec<String> {
        ["ip", "netns", "exec", &self.name]
            .map(str::to_owned)
            .to_vec()
    }

    /// Gives `ip` these orders, one on each line.
    pub(crate) fn ip(&self, orders: &str) -> Result<()> {
        fed(&["ip", "-n", &self.name, "-batch", "-"], orders)
    }

    /// Gives `nft` these orders.
    pub(crate) fn nft(&self, orders: &str) -> Result<()> {
        fed(
            &["ip", "netns", "exec", &self.name, "nft", "-f", "-"],
            orders,
        )
    }

    /// What processes inside find in the file of hosts.
    pub(crate) fn hosts(&self, lines: &str) -> Result<()> {
        let folder = Path::new(HOSTS).join(&self.name);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("hosts"), lines)?;
        Ok(())
    }

    /// Sets variables of the kernel that each namespace has for itself, one on each line.
    pub(crate) fn sysctl(&self, variables: &str) -> Result<()> {
        fed(
            &["ip", "netns", "exec", &self.name, "sysctl", "-q", "-p", "-"],
            variables,
        )
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // One that is gone is what we want.
        let _ = fs::remove_dir_all(Path::new(HOSTS).join(&self.name));
        let _ = fed(&["ip", "netns", "del", &self.name], "");
    }
}

/// Runs a command with this on its stdin.
fn fed(command: &[&str], input: &str) -> Result<()> {
    let [program, arguments @ ..] = command else {
        return Ok(());
    };
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("there is no program {program}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that does not read says why on stderr.
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "{}: {said}\n{input}",
        command.join(" ")
    );
    Ok(())
}
