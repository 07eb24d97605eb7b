//! Which addresses may be connected to. Arithmetic only.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Who chose the host, and so how far it may lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// It is a provider's: only public addresses.
    Public,
    /// The operator named it: private networks as well.
    Operator {
        /// And this machine.
        loopback: bool,
    },
}

impl Reach {
    /// Whether a connection to `address` is all right.
    pub(super) fn allows(self, address: IpAddr) -> bool {
        let address = mapped(address);
        // a network without IPv4 reaches all of it so, providers too; what is this machine there is the translator's own
        let (address, translated) = match translated(address) {
            Some(v4) => (IpAddr::V4(v4), true),
            None => (address, false),
        };
        match self {
            Self::Public => is_public(address),
            Self::Operator { loopback } => {
                let is_here = loopback && !translated && address.is_loopback();
                is_public(address) || is_private(address) || is_here
            }
        }
    }
}

/// The IPv4 address in an IPv6 one that only wraps it (`::ffff:0:0/96`).
fn mapped(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

/// The IPv4 address that a translator makes of an IPv6 one: NAT64 with the well-known prefix, `64:ff9b::/96` (RFC 6052). Of the
/// prefix for local use, `64:ff9b:1::/48`, only its network knows which bits those are, so that no address in it is allowed.
fn translated(address: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(v6) = address else {
        return None;
    };
    let [0x64, 0xff9b, 0, 0, 0, 0, ..] = v6.segments() else {
        return None;
    };
    let [.., a, b, c, d] = v6.octets();
    Some(Ipv4Addr::new(a, b, c, d))
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

/// The special-purpose ranges of IANA's registry are none, 6to4 relays and benchmarks included.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_multicast()
        || address.is_documentation()
        || a == 0
        || (a == 100 && b & 0xc0 == 64)
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && b & 0xfe == 18)
        || a >= 240)
}

/// Of global unicast only, without what leads back into IPv4 by ways that nobody provides any more (6to4, Teredo), whatever address it
/// wraps, and without what is for documents or is no address at all (ORCHID).
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    a & 0xe000 == 0x2000
        && a != 0x2002
        && !(a == 0x2001 && b < 0x200)
        && !(a == 0x2001 && b == 0xdb8)
        && !(a == 0x3fff && b < 0x1000)
}

/// Networks that belong to whoever runs them: private, shared and unique local ones. Link-local addresses are none: cloud
/// machines hand out their secrets there.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            v4.is_private() || (a == 100 && b & 0xc0 == 64)
        }
        IpAddr::V6(v6) => v6.is_unique_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn only_public_addresses_are_public() {
        for text in [
            "8.8.8.8",
            "167.89.118.63",
            "2606:4700::6810:1",
            "2a00:1450:4001::5",
            // DNS64 gives this for the first
            "64:ff9b::808:808",
            "64:ff9b::167.89.118.63",
        ] {
            assert!(Reach::Public.allows(ip(text)), "{text}");
        }
        for text in [
            "0.0.0.0",
            "0.1.2.3",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.254",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "::7f00:1",
            "64:ff9b::7f00:1",
            "64:ff9b::10.1.2.3",
            "64:ff9b::100.64.0.1",
            "64:ff9b::169.254.169.254",
            "64:ff9b::172.16.0.1",
            "64:ff9b::192.168.1.1",
            "64:ff9b::0.0.0.0",
            // in another place than the last, or with something before it
            "64:ff9b:0:0:1::8.8.8.8",
            "64:ff9b:1::1",
            "64:ff9b:1::8.8.8.8",
            "64:ff9b:1:a01:2:300:808:808",
            "64:ff9b:1:ffff::8.8.8.8",
            "100::1",
            "2001::1",
            // Teredo: the server, and what is wrapped upside down
            "2001:0:808:808:0:ffff:f5ff:fffe",
            "2001:0:808:808:0:ffff:f7f7:f7f7",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2002:a01:203::1",
            "2002:a9fe:a9fe::1",
            "2002:808:808::1",
            "3fff::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!Reach::Public.allows(ip(text)), "{text}");
        }
        assert!(Reach::Public.allows(ip("::ffff:8.8.8.8")));
    }

    #[test]
    fn an_operator_reaches_own_networks_and_this_machine_only_when_told() {
        let own = Reach::Operator { loopback: false };
        let here = Reach::Operator { loopback: true };
        for text in [
            "8.8.8.8",
            "10.1.2.3",
            "100.64.0.1",
            "192.168.1.1",
            "fd12::1",
            "::ffff:10.0.0.1",
            "64:ff9b::8.8.8.8",
            "64:ff9b::10.0.0.1",
        ] {
            assert!(own.allows(ip(text)), "{text}");
        }
        for text in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            assert!(!own.allows(ip(text)), "{text}");
            assert!(here.allows(ip(text)), "{text}");
        }
        for text in [
            "169.254.169.254",
            "fe80::1",
            "0.0.0.0",
            "::",
            "224.0.0.1",
            "255.255.255.255",
            "64:ff9b::127.0.0.1",
            "64:ff9b::169.254.169.254",
            "64:ff9b:1::10.0.0.1",
            "2002:a00:1::1",
            "2001:0:808:808:0:ffff:f5ff:fffe",
        ] {
            assert!(!here.allows(ip(text)), "{text}");
        }
    }
}
