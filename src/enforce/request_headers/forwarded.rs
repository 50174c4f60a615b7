//! `Forwarded` (RFC 7239): who is behind a proxy, as proxies tell it.

use std::net::IpAddr;

use super::super::field::{unquote, unquoted};
use super::address;

/// One element of the field: what one proxy says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// Who asked the proxy. `None` when it does not say, or in a way that cannot be read: an obfuscated name, `unknown`.
    pub node: Option<IpAddr>,
    /// The scheme by which it was asked, in lower case.
    pub proto: Option<String>,
}

/// The elements of one line, in order. What cannot be read is an element that says nothing. A quote that is never closed makes
/// one element of all that follows, so nobody can write an element of their own behind it.
pub fn elements(line: &[u8]) -> Vec<Element> {
    let elements = unquoted(line, b',').filter(|element| !element.trim_ascii().is_empty());
    let read = elements.map(|element| {
        let mut found = Element::default();
        for pair in unquoted(element, b';') {
            let Some(at) = pair.iter().position(|byte| *byte == b'=') else { continue };
            let name = pair.get(..at).unwrap_or_default().trim_ascii();
            let value = unquote(pair.get(at + 1..).unwrap_or_default());
            if name.eq_ignore_ascii_case(b"for") {
                found.node = address::parse(&value);
            } else if name.eq_ignore_ascii_case(b"proto") {
                found.proto = Some(String::from_utf8_lossy(&value).to_ascii_lowercase());
            }
        }
        found
    });
    read.collect()
}

#[cfg(test)]
mod tests {
    use super::elements;

    #[test]
    fn elements_are_read_as_the_standard_writes_them() {
        let nodes = |line: &str| {
            let all = elements(line.as_bytes()).into_iter();
            all.map(|one| one.node.map_or_else(|| "-".to_owned(), |node| node.to_string()))
                .collect::<Vec<_>>()
                .join(" ")
        };
        for (line, expected) in [
            // RFC 7239 §4 and §7.1.
            ("for=\"_gazonk\"", "-"),
            ("For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"),
            ("for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60"),
            ("for=192.0.2.43, for=198.51.100.17", "192.0.2.43 198.51.100.17"),
            ("for=_hidden, for=_SEVKISEK", "- -"),
            ("for=192.0.2.43,for=\"[2001:db8:cafe::17]\",for=unknown", "192.0.2.43 2001:db8:cafe::17 -"),
            // And around it.
            ("for=\"192.0.2.1:4711\"", "192.0.2.1"),
            ("for=\"192.0.2.1:_port\"", "192.0.2.1"),
            ("for=2001:db8::1", "2001:db8::1"),
            ("for=\"[::ffff:192.0.2.1]\"", "192.0.2.1"),
            ("by=192.0.2.1", "-"),
            ("for = 192.0.2.1 ; proto=https", "192.0.2.1"),
            ("for=\"x, for=192.0.2.1", "-"),
            ("for=192.0.2.1,, ,for=192.0.2.2", "192.0.2.1 192.0.2.2"),
            ("", ""),
        ] {
            assert_eq!(nodes(line), expected, "{line}");
        }
        assert_eq!(elements(b"for=1;proto=\"HTTPS\"")[0].proto.as_deref(), Some("https"));
    }
}
