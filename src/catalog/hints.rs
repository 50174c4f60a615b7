//! Whether an address on the shop's own host could be an endpoint at all, told from a few bytes of it.
//!
//! Nearly every address in a page is on the shop's own host and none of these, and to resolve and parse each one would
//! cost more than the rest of the page. Every endpoint has a piece of text without which no address is one: the longest
//! literal of the last segment of its path, or a parameter with the beginning of its value. All pieces are searched at once.
//! Where there is neither (`*/b/ss/*`), it is a whole segment of the path, which a relative address may leave to the page's
//! own: on a page whose path has one of these, every address may be an endpoint.

use aho_corasick::AhoCorasick;

use super::Service;

/// The shortest piece that is worth searching.
const SHORTEST: usize = 3;

/// The pieces of all endpoints.
#[derive(Debug, Default)]
pub(super) struct EndpointHints {
    pieces: Option<AhoCorasick>,
    /// Of these, the whole segments, each run with a slash at both ends.
    runs: Vec<Box<str>>,
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
            let long = |piece: &String| piece.len() >= SHORTEST;
            if let Some(piece) = of_path.chain(of_query).max_by_key(String::len).filter(long) {
                pieces.push(piece);
            } else if let Some(run) = whole_segments(endpoint.path.as_str()).filter(|run| run.len() > SHORTEST) {
                pieces.push(run.to_owned());
                hints.runs.push(run.into());
            } else if let Some(end) =
                segment.rsplit('*').next().filter(|end| !end.is_empty() && !endpoint.parameters.is_empty())
            {
                pieces.push(format!("{end}?"));
            } else {
                hints.anything = true;
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
        // Browsers take control characters out, servers take escapes off, and an address that is only a query has the
        // page's own path.
        let odd = address.first() == Some(&b'?') || address.iter().any(|byte| *byte < b' ' || *byte == b'%');
        let known = self.anything || self.pieces.as_ref().is_some_and(|pieces| pieces.is_match(address));
        let relative = || {
            let starts = |run: &str| run.get(1..).is_some_and(|start| address.starts_with(start.as_bytes()));
            self.runs.iter().any(|run| starts(run))
        };
        known || (odd && self.pieces.is_some()) || relative()
    }

    /// Whether relative addresses on a page with this path may be endpoints for the path alone.
    pub(super) fn page_may_lead(&self, path: &str) -> bool {
        let first = |run: &'_ str| run.get(1..)?.find('/').map(|at| at + 2);
        let mut begins = self.runs.iter().filter_map(|run| run.get(..first(run)?));
        begins.any(|begin| path.contains(begin))
    }

    /// Whether the body of a request can make it one to an endpoint.
    pub(super) const fn read_fields(&self) -> bool {
        self.fields
    }
}

/// The longest run of whole segments without `*` in a path pattern, with the slashes around it.
fn whole_segments(path: &str) -> Option<&str> {
    let runs = path.split('*').filter_map(|part| part.get(part.find('/')?..=part.rfind('/')?));
    runs.filter(|run| run.len() > 1).max_by_key(|run| run.len())
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
        let mut deep = Service::named("deep", PurposeSet::EMPTY);
        deep.endpoints.push(Endpoint::parse("*/libtrc/*").unwrap());
        let hints = EndpointHints::new(&[deep]);
        assert!(hints.may_be(b"/libtrc/a.js") && hints.may_be(b"libtrc/a.js") && !hints.may_be(b"a.js"));
        assert!(hints.page_may_lead("/libtrc/shop") && !hints.page_may_lead("/shop"));
        assert!(hints.may_be(b"/%6cibtrc/a.js"));
    }
}
