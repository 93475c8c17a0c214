//! A lease: what a machine is told about one of its addresses. Which addresses there are.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

#[derive(Clone, Copy)]
pub(super) struct Lease {
    pub(super) address: IpAddr,
    /// How many bits of the address its subnet shares.
    pub(super) prefix: u8,
    pub(super) gateway: IpAddr,
}

impl Lease {
    /// At the exchange.
    pub(super) fn public_v4(number: u16) -> Self {
        let [high, low] = number.to_be_bytes();
        Self {
            address: Ipv4Addr::new(5, 5, high, low).into(),
            prefix: 16,
            gateway: Ipv4Addr::new(5, 5, 0, 1).into(),
        }
    }

    /// At the exchange.
    pub(super) fn public_v6(number: u16) -> Self {
        Self::v6_in(0, number)
    }

    /// Behind the router with this number, in a prefix that the exchange routes to it.
    pub(super) fn routed_v6(number: u16) -> Self {
        Self::v6_in(number, 2)
    }

    /// Behind a router that translates.
    pub(super) fn private_v4(subnet: u8) -> Self {
        Self {
            address: Ipv4Addr::new(192, 168, subnet, 2).into(),
            prefix: 24,
            gateway: Ipv4Addr::new(192, 168, subnet, 1).into(),
        }
    }

    fn v6_in(subnet: u16, number: u16) -> Self {
        let address = |number| Ipv6Addr::new(0x2600, 5, subnet, 0, 0, 0, 0, number).into();
        Self {
            address: address(number),
            prefix: 64,
            gateway: address(1),
        }
    }

    pub(super) fn v4(&self) -> Option<Ipv4Addr> {
        match self.address {
            IpAddr::V4(address) => Some(address),
            IpAddr::V6(_) => None,
        }
    }

    pub(super) fn v6(&self) -> Option<Ipv6Addr> {
        match self.address {
            IpAddr::V4(_) => None,
            IpAddr::V6(address) => Some(address),
        }
    }

    /// The orders to `ip` by which a machine takes it, on a device that is up.
    pub(super) fn taken(&self, device: &str) -> String {
        let (added, gateway) = (self.added(self.address, device), self.gateway);
        format!("{added}route add default via {gateway} dev {device}\n")
    }

    /// The order by which the other end of the cable becomes the gateway.
    pub(super) fn granted(&self, device: &str) -> String {
        self.added(self.gateway, device)
    }

    fn added(&self, address: IpAddr, device: &str) -> String {
        // Nobody else can have it, and the detection of duplicates would take a second.
        let nodad = if address.is_ipv6() { " nodad" } else { "" };
        format!(
            "address add {address}/{} dev {device}{nodad}\n",
            self.prefix
        )
    }
}
