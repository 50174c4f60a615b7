//! Fields that say which address a visitor has, and how these are cut.
//!
//! An IPv4 address keeps its first 24 bits, an IPv6 address its first 48, as the CNIL asks of audience measurement that needs
//! no consent, and as Google Analytics did it. A port goes: behind the address of many, it names one. What cannot be read
//! becomes `unknown` (RFC 7239 §6.2). Addresses of the operator's own proxies stay.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::super::field::{self, Line};
use crate::policy::ADDRESS_FIELDS;

/// Whether a field of this name holds addresses of visitors. CGI, WSGI and PHP read `_` as `-`.
pub fn is_field(name: &str) -> bool {
    let same = |known: &&str| {
        known.len() == name.len()
            && known.bytes().zip(name.bytes()).all(|(one, other)| one == other || (one == b'-' && other == b'_'))
    };
    ADDRESS_FIELDS.iter().any(same)
}

/// A line with coarser addresses.
pub(super) fn coarser(name: &str, line: &[u8], ours: &dyn Fn(IpAddr) -> bool) -> Line {
    if name == "forwarded" {
        return field::each(field::unquoted(line, b','), b',', |element| {
            field::each(field::unquoted(element, b';'), b';', |pair| {
                let at = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
                let (key, node) = (pair.get(..at).unwrap_or_default(), pair.get(at + 1..).unwrap_or_default());
                if key.trim_ascii().eq_ignore_ascii_case(b"for") {
                    let cut = |node: String| [key, b"=", quoted(&node).as_bytes()].concat();
                    cut_node(&field::unquote(node), ours).map_or(Line::Keep, |node| Line::Replace(cut(node)))
                } else {
                    Line::Keep
                }
            })
        });
    }
    field::each(line.split(|byte| *byte == b','), b',', |hop| {
        let before = hop.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let space = hop.get(..before).unwrap_or_default();
        let after = hop.get(hop.trim_ascii_end().len()..).unwrap_or_default();
        cut_node(hop, ours).map_or(Line::Keep, |cut| Line::Replace([space, cut.as_bytes(), after].concat()))
    })
}

/// What a hop becomes; `None` when it stays as it is.
fn cut_node(hop: &[u8], ours: &dyn Fn(IpAddr) -> bool) -> Option<String> {
    match parse(hop) {
        Some(address) if ours(address) => None,
        Some(address) => {
            let cut = network(address).to_string();
            (cut.as_bytes() != hop.trim_ascii()).then_some(cut)
        }
        None => (!hop.trim_ascii().eq_ignore_ascii_case(b"unknown")).then(|| "unknown".to_owned()),
    }
}

/// A node of `Forwarded` (RFC 7239 §6): an IPv6 address stands in brackets and quotes.
fn quoted(node: &str) -> String {
    if node.contains(':') { format!("\"[{node}]\"") } else { node.to_owned() }
}

/// The network that an address belongs to.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) => Ipv4Addr::from(u32::from(address) & !0xff).into(),
        IpAddr::V6(address) => Ipv6Addr::from(u128::from(address) & !(u128::MAX >> 48)).into(),
    }
}

/// A hop as proxies write it: an address, some of them with the port, IPv6 also in brackets. An IPv4 address in the clothes of
/// an IPv6 one is that. `None` for names, obfuscated ones (RFC 7239 §6.3) and whatever else.
pub fn parse(hop: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(hop).ok()?.trim();
    let bare = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    // A port may be obfuscated, too: `192.0.2.1:_x`.
    let before_port = || {
        let (host, port) = text.rsplit_once(':')?;
        let is_port = port.starts_with('_') || (!port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()));
        let host = host.strip_prefix('[').map_or(Some(host), |host| host.strip_suffix(']'))?;
        // Without brackets, more colons make it an address of its own.
        (is_port && (text.starts_with('[') || !host.contains(':'))).then(|| host.parse().ok())?
    };
    let address: Option<IpAddr> = text.parse().ok().or_else(bare);
    address
        .or_else(|| text.parse::<SocketAddr>().ok().map(|with_port| with_port.ip()))
        .or_else(before_port)
        .map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::{Line, coarser, is_field};

    #[test]
    fn addresses_are_cut_to_their_network() {
        let ours = |address: std::net::IpAddr| address.to_string().starts_with("10.");
        for (name, line, cut) in [
            ("x-forwarded-for", "203.0.113.77", Some("203.0.113.0")),
            ("x-forwarded-for", "203.0.113.77:4711,  10.1.2.3", Some("203.0.113.0,  10.1.2.3")),
            ("x-forwarded-for", "10.1.2.3", None),
            ("x-forwarded-for", "203.0.113.0", None),
            ("x-forwarded-for", "2001:db8:1:2:3:4:5:6", Some("2001:db8:1::")),
            ("x-forwarded-for", "[2001:db8:1:2::6]:443", Some("2001:db8:1::")),
            ("x-forwarded-for", "::ffff:203.0.113.77", Some("203.0.113.0")),
            ("x-forwarded-for", "unknown, _hidden", Some("unknown, unknown")),
            ("x-forwarded-for", "203.0.113.77\u{e9}", Some("unknown")),
            ("cf-connecting-ip", "203.0.113.77", Some("203.0.113.0")),
            ("forwarded", "for=203.0.113.77;proto=https;by=10.0.0.1", Some("for=203.0.113.0;proto=https;by=10.0.0.1")),
            ("forwarded", "For=\"[2001:db8:1:2::6]:443\", for=10.1.2.3", Some("For=\"[2001:db8:1::]\", for=10.1.2.3")),
            ("forwarded", "for=_SEVKISEK;proto=http", Some("for=unknown;proto=http")),
            ("forwarded", "for=unknown", None),
            ("forwarded", "by=203.0.113.77", None),
            ("forwarded", "for=\"203.0.113.77:_x\"", Some("for=203.0.113.0")),
        ] {
            let found = match coarser(name, line.as_bytes(), &ours) {
                Line::Keep => None,
                Line::Drop => Some(String::new()),
                Line::Replace(bytes) => Some(String::from_utf8(bytes).unwrap()),
            };
            assert_eq!(found.as_deref(), cut, "{name}: {line}");
        }
    }

    #[test]
    fn fields_are_known_by_either_spelling() {
        assert!(is_field("x-forwarded-for") && is_field("x_forwarded_for") && is_field("x_forwarded-for"));
        assert!(!is_field("x-forwarded-fo") && !is_field("x-forwarded-host") && !is_field(""));
    }
}
