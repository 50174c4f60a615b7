//! Who the visitor is and how they came, as far as someone trusted says so.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;

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
    // From the right, the first hop that is none of our own proxies.
    let hops = headers.get_all("x-forwarded-for").iter().filter_map(|field| field.to_str().ok());
    let hops: Vec<IpAddr> = hops.flat_map(|field| field.split(',')).filter_map(|hop| hop.trim().parse().ok()).collect();
    let ours = |address: IpAddr| trusted.iter().any(|network| within(address, *network));
    let far = hops.into_iter().rev().filter(|_| client.trusted_peer).find(|hop| !ours(*hop));
    match far.or(client.peer) {
        Some(IpAddr::V4(address)) => address.octets().to_vec(),
        Some(IpAddr::V6(address)) => address.octets().into_iter().take(8).collect(),
        None => Vec::new(),
    }
}

impl Client {
    /// `tls` tells whether our own connection is encrypted.
    pub(super) fn new(peer: Option<SocketAddr>, tls: bool, headers: &HeaderMap, trusted: &[(IpAddr, u8)]) -> Self {
        let peer = peer.map(|peer| peer.ip().to_canonical());
        let trusted_peer = peer.is_some_and(|peer| trusted.iter().any(|network| within(peer, *network)));
        let forwarded_https = || {
            headers
                .get_all("x-forwarded-proto")
                .iter()
                .next_back()
                .and_then(|value| value.to_str().ok())
                .and_then(|value| value.rsplit(',').next())
                .is_some_and(|proto| proto.trim().eq_ignore_ascii_case("https"))
        };
        Self { peer, trusted_peer, secure: tls || (trusted_peer && forwarded_https()) }
    }
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
    use super::within;

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
