//! A network of its own, in a namespace of the kernel: what is blocked in it is blocked for nobody
//! else. It needs root, and the packages iproute2 and nftables.

use anyhow::Result;

use crate::namespace::Namespace;

/// One network with nothing but its loopback; it goes with this value.
pub struct Lab {
    namespace: Namespace,
}

impl Lab {
    /// A new one.
    ///
    /// # Errors
    /// This process may not make networks, or a package is missing.
    pub fn new() -> Result<Self> {
        let lab = Self {
            namespace: Namespace::new()?,
        };
        lab.nft("add table inet lab")?;
        lab.nft("add chain inet lab input { type filter hook input priority 0; }")?;
        Ok(lab)
    }

    /// What processes are started behind to live in it.
    #[must_use]
    pub fn door(&self) -> Vec<String> {
        self.namespace.door()
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
        self.namespace.nft(order)
    }
}
