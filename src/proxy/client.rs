//! Who the visitor is and how they came, as far as someone trusted says so.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;

use crate::enforce::request_headers::address;
use crate::enforce::request_headers::forwarded::{self, Element};
use crate::sources::{OwnCookies, cookie_pairs};

/// The visitor's end of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Client {
    /// The peer of the connection.
    pub(super) peer: Option<IpAddr>,
    /// Whether the peer is a proxy whose `X-Forwarded-*` fields are believed.
    pub(super) trusted_peer: bool,
    /// Whether the visitor's own connection is encrypted.
    pub(super) secure: bool,
}

/// Tells visitors apart without keeping anything about them: the value that their choice is bound to, or else their
/// network.
pub(super) fn visitor(client: Client, headers: &HeaderMap, trusted: &[(IpAddr, u8)]) -> Vec<u8> {
    let names = OwnCookies::names(client.secure);
    if let Some(bind) = cookie_pairs(headers).find(|pair| pair.name == names.bind.as_bytes()) {
        return bind.value.to_vec();
    }
    match client.address(headers, trusted).or(client.peer) {
        Some(IpAddr::V4(address)) => address.octets().to_vec(),
        Some(IpAddr::V6(address)) => address.octets().into_iter().take(8).collect(),
        None => Vec::new(),
    }
}

impl Client {
    /// The visitor's own address. From the right, it is the first hop that is none of our own proxies; what stands further
    /// left, anyone may have written. `X-Forwarded-For` is read first, and `Forwarded` only where there is none: proxies that
    /// write one of them mostly pass the other as it came. `None` when that hop cannot be read, since who it hides is not the next one's business,
    /// and when all hops are ours: where a proxy stands says nothing about a visitor.
    pub(super) fn address(self, headers: &HeaderMap, trusted: &[(IpAddr, u8)]) -> Option<IpAddr> {
        if !self.trusted_peer {
            return self.peer;
        }
        let hops: Vec<Option<IpAddr>> = if headers.contains_key("x-forwarded-for") {
            let lines = headers.get_all("x-forwarded-for").iter();
            lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b',')).map(address::parse).collect()
        } else {
            elements(headers).map(|element| element.node).collect()
        };
        for hop in hops.into_iter().rev() {
            let address = hop?;
            if !ours(address, trusted) {
                return Some(address);
            }
        }
        // One of our own machines asks by itself, or forgot to say for whom.
        None
    }

    /// `tls` tells whether our own connection is encrypted.
    pub(super) fn new(peer: Option<SocketAddr>, tls: bool, headers: &HeaderMap, trusted: &[(IpAddr, u8)]) -> Self {
        let peer = peer.map(|peer| peer.ip().to_canonical());
        let trusted_peer = peer.is_some_and(|peer| ours(peer, trusted));
        let forwarded_https = || match headers.get_all("x-forwarded-proto").iter().next_back() {
            Some(value) => {
                let proto = value.to_str().ok().and_then(|value| value.rsplit(',').next());
                proto.is_some_and(|proto| proto.trim().eq_ignore_ascii_case("https"))
            }
            None => elements(headers).last().and_then(|element| element.proto).as_deref() == Some("https"),
        };
        Self { peer, trusted_peer, secure: tls || (trusted_peer && forwarded_https()) }
    }
}

/// All elements of `Forwarded`, in order.
fn elements(headers: &HeaderMap) -> impl Iterator<Item = Element> {
    headers.get_all("forwarded").iter().flat_map(|line| forwarded::elements(line.as_bytes()))
}

/// Whether `address` is one of our own proxies.
pub(super) fn ours(address: IpAddr, trusted: &[(IpAddr, u8)]) -> bool {
    trusted.iter().any(|network| within(address, *network))
}

/// Whether `address` is in `network`, given as address and prefix length.
fn within(address: IpAddr, (network, length): (IpAddr, u8)) -> bool {
    fn same_prefix(one: u128, other: u128, width: u32, length: u8) -> bool {
        let host_bits = width.saturating_sub(u32::from(length));
        one.checked_shr(host_bits) == other.checked_shr(host_bits)
    }
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            same_prefix(u32::from(address).into(), u32::from(network).into(), 32, length)
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => same_prefix(address.into(), network.into(), 128, length),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::{Client, within};

    #[test]
    fn the_visitor_is_the_first_hop_that_is_not_ours() {
        let trusted = [("10.0.0.0".parse().unwrap(), 8)];
        for (peer, fields, expected) in [
            ("198.51.100.7", &["203.0.113.9"][..], Some("198.51.100.7")),
            ("10.0.0.1", &["203.0.113.9"], Some("203.0.113.9")),
            ("10.0.0.1", &["192.0.2.1, 203.0.113.9, 10.2.3.4"], Some("203.0.113.9")),
            ("10.0.0.1", &["192.0.2.1", "203.0.113.9,10.2.3.4", "10.1.1.1"], Some("203.0.113.9")),
            ("10.0.0.1", &["192.0.2.1, 203.0.113.9:4711"], Some("203.0.113.9")),
            ("10.0.0.1", &["[2001:db8::1]:443"], Some("2001:db8::1")),
            ("10.0.0.1", &["[2001:db8::1]"], Some("2001:db8::1")),
            ("10.0.0.1", &["::ffff:203.0.113.9"], Some("203.0.113.9")),
            ("10.0.0.1", &["192.0.2.1, unknown"], None),
            ("10.0.0.1", &["192.0.2.1,"], None),
            ("10.0.0.1", &["192.0.2.1, \u{e9}"], None),
            ("10.0.0.1", &["10.9.9.9"], None),
            ("10.0.0.1", &[], None),
        ] {
            let mut headers = HeaderMap::new();
            for field in fields {
                headers.append("x-forwarded-for", http::HeaderValue::from_bytes(field.as_bytes()).unwrap());
            }
            let client = Client::new(format!("{peer}:1").parse().ok(), false, &headers, &trusted);
            assert_eq!(
                client.address(&headers, &trusted),
                expected.map(|text| text.parse().unwrap()),
                "{peer} {fields:?}"
            );
        }
    }

    #[test]
    fn forwarded_tells_where_nothing_else_does() {
        let trusted = [("10.0.0.0".parse().unwrap(), 8)];
        for (peer, fields, expected, secure) in [
            ("10.0.0.1", &["for=203.0.113.9;proto=https"][..], Some("203.0.113.9"), true),
            ("10.0.0.1", &["for=192.0.2.1;proto=https, for=203.0.113.9;proto=http"], Some("203.0.113.9"), false),
            (
                "10.0.0.1",
                &["for=192.0.2.1", "for=\"[2001:db8::1]:4711\";proto=HTTPS", "for=10.1.1.1;proto=https"],
                Some("2001:db8::1"),
                true,
            ),
            ("10.0.0.1", &["for=192.0.2.1, for=_hidden"], None, false),
            ("10.0.0.1", &["for=\"x", "for=203.0.113.9"], Some("203.0.113.9"), false),
            ("10.0.0.1", &["for=\"x, for=203.0.113.9"], None, false),
            ("198.51.100.7", &["for=203.0.113.9;proto=https"], Some("198.51.100.7"), false),
        ] {
            let mut headers = HeaderMap::new();
            for field in fields {
                headers.append("forwarded", field.parse().unwrap());
            }
            let client = Client::new(format!("{peer}:1").parse().ok(), false, &headers, &trusted);
            let expected = expected.map(|text| text.parse().unwrap());
            assert_eq!((client.address(&headers, &trusted), client.secure), (expected, secure), "{peer} {fields:?}");
            // The other field is the one that counts.
            headers.insert("x-forwarded-for", "192.0.2.77".parse().unwrap());
            headers.insert("x-forwarded-proto", "http".parse().unwrap());
            if client.trusted_peer {
                let client = Client::new(format!("{peer}:1").parse().ok(), false, &headers, &trusted);
                assert_eq!(client.address(&headers, &trusted), "192.0.2.77".parse().ok());
                assert!(!client.secure);
            }
        }
    }

    #[test]
    fn networks_hold_their_addresses() {
        for (address, network, length, expected) in [
            ("10.1.2.3", "10.0.0.0", 8, true),
            ("11.1.2.3", "10.0.0.0", 8, false),
            ("10.1.2.3", "10.1.2.3", 32, true),
            ("10.1.2.4", "10.1.2.3", 32, false),
            ("203.0.113.9", "0.0.0.0", 0, true),
            ("2001:db8::1", "2001:db8::", 32, true),
            ("2001:db9::1", "2001:db8::", 32, false),
            ("::1", "::", 0, true),
            ("10.1.2.3", "::", 0, false),
        ] {
            assert_eq!(within(address.parse().unwrap(), (network.parse().unwrap(), length)), expected, "{address}");
        }
    }
}
