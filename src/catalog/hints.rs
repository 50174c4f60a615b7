//! Whether an address on the shop's own host could be an endpoint at all, told from a few bytes of it.
//!
//! Nearly every address in a page is on the shop's own host and none of these, and to resolve and parse each one would
//! cost more than the rest of the page. Every endpoint has a piece of text without which no address is one: the longest
//! literal of the last segment of its path, or a parameter with the beginning of its value. All pieces are searched at once.

use aho_corasick::AhoCorasick;

use super::Service;

/// The shortest piece that is worth searching.
const SHORTEST: usize = 3;

/// The pieces of all endpoints.
#[derive(Debug, Default)]
pub(super) struct EndpointHints {
    pieces: Option<AhoCorasick>,
    /// An endpoint has no piece, so that every address may be one.
    anything: bool,
    /// An endpoint demands parameters, which may also come in the body of a request.
    fields: bool,
}

impl EndpointHints {
    pub(super) fn new(services: &[Service]) -> Self {
        let mut hints = Self::default();
        let mut pieces = Vec::new();
        for endpoint in services.iter().flat_map(|service| &service.endpoints) {
            hints.fields |= !endpoint.parameters.is_empty();
            let segment = endpoint.path.as_str().rsplit('/').next().unwrap_or_default();
            // A relative address ends as the absolute one does, wherever it begins.
            let of_path = segment.split('*').map(str::to_owned);
            let of_query = endpoint.parameters.iter().map(|(name, value)| format!("{name}={}", value.literal_prefix()));
            match of_path.chain(of_query).max_by_key(String::len).filter(|piece| piece.len() >= SHORTEST) {
                Some(piece) => pieces.push(piece),
                None => hints.anything = true,
            }
        }
        if !pieces.is_empty() {
            hints.pieces = AhoCorasick::new(pieces).ok();
            hints.anything |= hints.pieces.is_none();
        }
        hints
    }

    /// Whether `address`, absolute or relative and without character references, may be an endpoint. Never false for one.
    pub(super) fn may_be(&self, address: &[u8]) -> bool {
        // Browsers take control characters out, and an address that is only a query has the page's own path.
        let odd = address.first() == Some(&b'?') || address.iter().any(|byte| *byte < b' ');
        let known = self.anything || self.pieces.as_ref().is_some_and(|pieces| pieces.is_match(address));
        known || (odd && self.pieces.is_some())
    }

    /// Whether the body of a request can make it one to an endpoint.
    pub(super) const fn read_fields(&self) -> bool {
        self.fields
    }
}

#[cfg(test)]
mod tests {
    use super::EndpointHints;
    use crate::catalog::{Endpoint, Service};
    use crate::consent::PurposeSet;

    #[test]
    fn no_endpoint_is_passed_over_and_pages_are() {
        let mut service = Service::named("stats", PurposeSet::EMPTY);
        for text in ["*/g/collect?v=2&tid=G-*", "*/gtag/js?id=G-*", "/piwik.php", "/s/*/pixel*"] {
            service.endpoints.push(Endpoint::parse(text).unwrap());
        }
        let hints = EndpointHints::new(&[service]);
        for address in [
            "/metrics/g/collect?v=2&tid=G-1",
            "collect?tid=G-1&v=2",
            "js?id=G-1",
            "../piwik.php",
            "/s/x/pixel.gif",
            "?v=2",
        ] {
            assert!(hints.may_be(address.as_bytes()), "{address}");
        }
        assert!(hints.may_be(b"/g/coll\nect?v=2"));
        for address in ["/app.js?id=7", "/theme/main.css", "/p/shoe", "", "/", "js", "/id/G-1"] {
            assert!(!hints.may_be(address.as_bytes()), "{address}");
        }
        assert!(hints.read_fields());
        assert!(!EndpointHints::default().may_be(b"?v=2"), "nothing to look for");
        let mut vague = Service::named("vague", PurposeSet::EMPTY);
        vague.endpoints.push(Endpoint::parse("/x/*").unwrap());
        assert!(EndpointHints::new(&[vague]).may_be(b"/"), "every address may be one");
    }
}
