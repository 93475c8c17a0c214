//! The kinds of routers, in the words of RFC 4787, and their rules for `nft`.

use std::fmt::{self, Display};

use super::lease::Lease;

/// What stands between a host and the internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nat {
    /// Nothing: the host has a public IPv4 itself.
    Open,
    /// Endpoint-independent mapping and filtering; ports are preserved, and whatever comes to the
    /// public address is passed on, as by a router with an "exposed host".
    FullCone,
    /// Endpoint-independent mapping, address- and port-dependent filtering; ports are preserved.
    /// Most homes have it.
    Restricted,
    /// Address- and port-dependent mapping and filtering, with random ports. Much of mobile
    /// networks has it.
    Symmetric,
    /// As [`Nat::Restricted`], but UDP is dropped. Some companies have it.
    UdpBlocked,
    /// The host has no IPv4, but a global IPv6 that nobody translates. What comes unasked is dropped.
    Ipv6Only,
}

impl Nat {
    /// Each of them.
    pub const ALL: [Self; 6] = [
        Self::Open,
        Self::FullCone,
        Self::Restricted,
        Self::Symmetric,
        Self::UdpBlocked,
        Self::Ipv6Only,
    ];

    /// The rules of a router whose device `wan` leads out, and whose host has this lease.
    pub(super) fn rules(self, host: &Lease) -> String {
        let mapping = match self {
            Self::FullCone | Self::Restricted | Self::UdpBlocked => "oifname wan masquerade",
            Self::Symmetric => "oifname wan masquerade fully-random",
            Self::Open | Self::Ipv6Only => "",
        };
        let exposed = match self {
            Self::FullCone => {
                let host = host.address;
                format!("iifname wan meta l4proto {{ tcp, udp }} dnat ip to {host}")
            }
            Self::Open | Self::Restricted | Self::Symmetric | Self::UdpBlocked | Self::Ipv6Only => {
                String::new()
            }
        };
        let filtering = match self {
            Self::FullCone => "ct status dnat accept",
            Self::UdpBlocked => "meta l4proto udp drop",
            Self::Open | Self::Restricted | Self::Symmetric | Self::Ipv6Only => "",
        };
        // Unasked packets are dropped rather than refused: an answer would tell the sender to give
        // up, and a packet that got through the hook would occupy the mapping which the host asks
        // for a moment later, so that it got another port.
        format!(
            "table inet router {{
                chain postrouting {{
                    type nat hook postrouting priority srcnat;
                    {mapping}
                }}
                chain prerouting {{
                    type nat hook prerouting priority dstnat;
                    {exposed}
                }}
                chain input {{
                    type filter hook input priority filter; policy drop;
                    iifname != wan accept
                    ct state established,related accept
                    icmpv6 type {{ nd-neighbor-solicit, nd-neighbor-advert }} accept
                }}
                chain forward {{
                    type filter hook forward priority filter; policy drop;
                    {filtering}
                    iifname != wan accept
                    ct state established,related accept
                }}
            }}"
        )
    }
}

impl Display for Nat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "open",
            Self::FullCone => "full cone",
            Self::Restricted => "restricted",
            Self::Symmetric => "symmetric",
            Self::UdpBlocked => "UDP blocked",
            Self::Ipv6Only => "IPv6 only",
        })
    }
}
