//! The exchange: one bridge at which all public addresses are, and the way to routed prefixes.

use std::sync::atomic::{AtomicU16, Ordering};

use anyhow::Result;

use super::lease::Lease;
use crate::namespace::Namespace;

const BRIDGE: &str = "public";
/// Its own; else it takes the lowest of its cables', and everybody loses his gateway with each new one.
const MAC: &str = "02:00:05:05:00:01";
/// The exchange itself is 1 in both families.
const FIRST: u16 = 2;

pub(super) struct Exchange {
    pub(super) namespace: Namespace,
    next: AtomicU16,
}

impl Exchange {
    pub(super) fn new() -> Result<Self> {
        let namespace = Namespace::new()?;
        namespace.sysctl(
            "net.ipv4.ip_forward=1\n\
             net.ipv6.conf.all.forwarding=1\n\
             net.ipv6.conf.default.accept_dad=0\n",
        )?;
        namespace.ip(&format!(
            "link add {BRIDGE} type bridge mcast_snooping 0\nlink set {BRIDGE} address {MAC} up\n{}{}",
            Lease::public_v4(FIRST).granted(BRIDGE),
            Lease::public_v6(FIRST).granted(BRIDGE),
        ))?;
        Ok(Self {
            namespace,
            next: AtomicU16::new(FIRST),
        })
    }

    /// One that nobody has had, so that an address left behind is nobody's.
    pub(super) fn number(&self) -> u16 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Joins the cable that ends in this namespace to the bridge.
    pub(super) fn joins(&self, cable: &str) -> Result<()> {
        self.namespace
            .ip(&format!("link set {cable} master {BRIDGE} up\n"))
    }

    /// Sends what is for the prefix behind a router to that router.
    pub(super) fn routes(&self, behind: &Lease, router: &Lease) -> Result<()> {
        let (prefix, length) = (behind.gateway, behind.prefix);
        let via = router.address;
        self.namespace
            .ip(&format!("route add {prefix}/{length} via {via}\n"))
    }
}
