//! A network of its own, in a namespace of the kernel: what is blocked in it is blocked for nobody
//! else. It needs root, and the packages iproute2 and nftables.

use std::{
    process::{Command, id},
    sync::atomic::{AtomicU32, Ordering},
};

use anyhow::{Context, Result, ensure};

/// How many there were in this process.
static LABS: AtomicU32 = AtomicU32::new(0);

/// One network with nothing but its loopback; it goes with this value.
pub struct Lab {
    name: String,
}

impl Lab {
    /// A new one.
    ///
    /// # Errors
    /// This process may not make networks, or a package is missing.
    pub fn new() -> Result<Self> {
        let number = LABS.fetch_add(1, Ordering::Relaxed);
        let name = format!("signet-{}-{number}", id());
        ip(&["netns", "add", &name])?;
        let lab = Self { name };
        ip(&["-n", &lab.name, "link", "set", "lo", "up"])?;
        lab.nft("add table inet lab")?;
        lab.nft("add chain inet lab input { type filter hook input priority 0; }")?;
        Ok(lab)
    }

    /// What processes are started behind to live in it.
    #[must_use]
    pub fn door(&self) -> Vec<String> {
        ["ip", "netns", "exec", &self.name]
            .map(str::to_owned)
            .to_vec()
    }

    /// Refuses whatever comes to these TCP ports or from them.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn block(&self, ports: &[u16]) -> Result<()> {
        for port in ports {
            for side in ["dport", "sport"] {
                let rule = format!("tcp {side} {port} reject with tcp reset");
                self.nft(&format!("add rule inet lab input {rule}"))?;
            }
        }
        Ok(())
    }

    /// Blocks nothing any more.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn unblock(&self) -> Result<()> {
        self.nft("flush chain inet lab input")
    }

    fn nft(&self, order: &str) -> Result<()> {
        ip(&["netns", "exec", &self.name, "nft", order])
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        // One that is gone is what we want.
        let _ = ip(&["netns", "del", &self.name]);
    }
}

fn ip(arguments: &[&str]) -> Result<()> {
    let output = Command::new("ip").args(arguments).output();
    let output = output.context("there is no program ip")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "ip {}: {said}",
        arguments.join(" ")
    );
    Ok(())
}
