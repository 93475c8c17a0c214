//! A router: its `wan` leads to the exchange, and one host's cable comes to it.

use std::net::Ipv4Addr;

use anyhow::Result;

use super::{exchange::Exchange, lease::Lease, nat::Nat};
use crate::namespace::Namespace;

pub(super) struct Router {
    pub(super) namespace: Namespace,
    outside: Lease,
    /// What its host has.
    pub(super) inside: Lease,
}

impl Router {
    pub(super) fn new(exchange: &Exchange, nat: Nat, subnet: u8) -> Result<Self> {
        let number = exchange.number();
        let (outside, inside) = match nat {
            Nat::Ipv6Only => (Lease::public_v6(number), Lease::routed_v6(number)),
            Nat::Open | Nat::FullCone | Nat::Restricted | Nat::Symmetric | Nat::UdpBlocked => {
                (Lease::public_v4(number), Lease::private_v4(subnet))
            }
        };
        let namespace = Namespace::new()?;
        namespace.sysctl(
            "net.ipv4.ip_forward=1\n\
             net.ipv6.conf.all.forwarding=1\n\
             net.ipv6.conf.default.accept_dad=0\n",
        )?;
        namespace.nft(&nat.rules(&inside))?;
        let cable = format!("router{number}");
        let at = exchange.namespace.name();
        namespace.ip(&format!(
            "link add wan type veth peer name {cable} netns {at}\nlink set wan up\n{}",
            outside.taken("wan")
        ))?;
        exchange.joins(&cable)?;
        if nat == Nat::Ipv6Only {
            exchange.routes(&inside, &outside)?;
        }
        Ok(Self {
            namespace,
            outside,
            inside,
        })
    }

    /// Serves the host whose cable ends in this namespace.
    pub(super) fn serves(&self, cable: &str) -> Result<()> {
        let granted = self.inside.granted(cable);
        self.namespace
            .ip(&format!("link set {cable} up\n{granted}"))
    }

    pub(super) fn public(&self) -> Option<Ipv4Addr> {
        self.outside.v4()
    }
}
