//! An internet of its own, of network namespaces: public servers, and homes behind routers.
//!
//! ```text
//! host ─ eth0 ── router ─ wan ──┐
//! host ─ eth0 ── router ─ wan ──┤ exchange: 5.5.0.0/16 and 2600:5::/32
//! server ─ eth0 ────────────────┘
//! ```
//!
//! Every host, every router and the exchange is a namespace, so that all homes can have the same
//! private addresses, as homes do. It needs root, and the packages iproute2, nftables and procps.

mod exchange;
mod host;
mod lease;
mod nat;
mod router;

use std::sync::Arc;

use anyhow::Result;

use exchange::Exchange;
pub use host::Host;
pub use nat::Nat;

/// What hosts are connected by. Its namespace goes with it and the last of its hosts.
pub struct Internet {
    exchange: Arc<Exchange>,
}

impl Internet {
    /// A new one, that nobody is on.
    ///
    /// # Errors
    /// This process may not make networks, or a package is missing.
    pub fn new() -> Result<Self> {
        let exchange = Arc::new(Exchange::new()?);
        Ok(Self { exchange })
    }

    /// A host with a public IPv4 and a public IPv6, and nothing that filters.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn server(&self) -> Result<Host> {
        Host::server(&self.exchange)
    }

    /// A host with a router of this kind of its own.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn home(&self, nat: Nat) -> Result<Host> {
        Host::home(&self.exchange, nat)
    }
}
