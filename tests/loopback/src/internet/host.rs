//! A host: what runs in it keeps running while its cable goes from one router to another.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
};

use anyhow::Result;

use super::{exchange::Exchange, lease::Lease, nat::Nat, router::Router};
use crate::namespace::Namespace;

/// One machine on the internet. Its namespace goes with this value, and its router's too.
pub struct Host {
    exchange: Arc<Exchange>,
    namespace: Namespace,
    /// The far end of its cable.
    cable: String,
    router: Option<Router>,
    leases: Vec<Lease>,
    /// The third number of its private addresses.
    subnet: u8,
}

impl Host {
    pub(super) fn server(exchange: &Arc<Exchange>) -> Result<Self> {
        let mut host = Self::new(exchange)?;
        let number = exchange.number();
        host.plugs(
            None,
            vec![Lease::public_v4(number), Lease::public_v6(number)],
        )?;
        Ok(host)
    }

    pub(super) fn home(exchange: &Arc<Exchange>, nat: Nat) -> Result<Self> {
        let mut host = Self::new(exchange)?;
        host.moves(nat)?;
        Ok(host)
    }

    /// One whose cable is nowhere yet.
    fn new(exchange: &Arc<Exchange>) -> Result<Self> {
        let cable = format!("host{}", exchange.number());
        let namespace = Namespace::new()?;
        namespace.sysctl(
            "net.ipv6.conf.default.accept_dad=0\n\
             net.ipv6.conf.default.accept_redirects=0\n",
        )?;
        namespace.ip(&format!("link add eth0 type veth peer name {cable}\n"))?;
        Ok(Self {
            exchange: Arc::clone(exchange),
            cable,
            namespace,
            router: None,
            leases: Vec::new(),
            subnet: 0,
        })
    }

    /// Takes the cable out of its router and puts it into a fresh one of this kind, where the host
    /// and the router get other addresses. The router it leaves stops existing; the processes
    /// inside notice what they would when the Wi-Fi changes.
    ///
    /// # Errors
    /// The kernel refuses. The host may be without any network then.
    pub fn moves(&mut self, nat: Nat) -> Result<()> {
        self.subnet = self.subnet % 254 + 1;
        let exchange = &self.exchange;
        let (router, lease) = match nat {
            Nat::Open => (None, Lease::public_v4(exchange.number())),
            Nat::FullCone | Nat::Restricted | Nat::Symmetric | Nat::UdpBlocked | Nat::Ipv6Only => {
                let router = Router::new(exchange, nat, self.subnet)?;
                let lease = router.inside;
                (Some(router), lease)
            }
        };
        self.plugs(router, vec![lease])
    }

    fn plugs(&mut self, router: Option<Router>, leases: Vec<Lease>) -> Result<()> {
        let cable = &self.cable;
        let to = router
            .as_ref()
            .map_or(&self.exchange.namespace, |router| &router.namespace);
        // A device that is down has no IPv6 and no routes; its IPv4 would stay.
        self.namespace
            .ip("link set eth0 down\naddress flush dev eth0\n")?;
        self.end()
            .ip(&format!("link set {cable} netns {}\n", to.name()))?;
        match &router {
            Some(router) => router.serves(cable)?,
            None => self.exchange.joins(cable)?,
        }
        let taken: String = leases.iter().map(|lease| lease.taken("eth0")).collect();
        self.namespace.ip(&format!("link set eth0 up\n{taken}"))?;
        self.router = router;
        self.leases = leases;
        Ok(())
    }

    /// Where the far end of the cable is.
    fn end(&self) -> &Namespace {
        match &self.router {
            Some(router) => &router.namespace,
            None if self.leases.is_empty() => &self.namespace,
            None => &self.exchange.namespace,
        }
    }

    /// What processes are started behind to live in it.
    #[must_use]
    pub fn door(&self) -> Vec<String> {
        self.namespace.door()
    }

    /// Gives this address a name, for processes that are started from now on.
    ///
    /// # Errors
    /// It cannot be written down.
    pub fn knows(&self, name: &str, addresses: &[IpAddr]) -> Result<()> {
        let lines = addresses
            .iter()
            .map(|address| format!("{address} {name}\n"));
        self.namespace.hosts(&lines.collect::<String>())
    }

    /// Its own IPv4, which is private behind a router.
    #[must_use]
    pub fn v4(&self) -> Option<Ipv4Addr> {
        self.leases.iter().find_map(Lease::v4)
    }

    /// Its own IPv6, which is global.
    #[must_use]
    pub fn v6(&self) -> Option<Ipv6Addr> {
        self.leases.iter().find_map(Lease::v6)
    }

    /// The IPv4 under which others see it: its router's, or its own where there is no router.
    #[must_use]
    pub fn public(&self) -> Option<Ipv4Addr> {
        match &self.router {
            Some(router) => router.public(),
            None => self.v4(),
        }
    }
}
