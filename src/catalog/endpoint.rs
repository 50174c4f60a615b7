//! Where a service is called when the shop's own domain serves it: a path, and the parameters that give it away.
//!
//! A path alone says little on somebody else's server: `/collect` may be the shop's own. What is asked for there says
//! more, so an endpoint can demand parameters, in any order.

use super::Pattern;

/// A path pattern and the query parameters that must come with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The path, starting with `/` or `*`.
    pub path: Pattern,
    /// Names, each with a pattern for its value. All of them must be there.
    pub parameters: Vec<(Box<str>, Pattern)>,
}

impl Endpoint {
    /// Reads `path` or `path?name=pattern&name=pattern`. `None` when the path starts with neither `/` nor `*`, or a
    /// parameter has no name.
    pub fn parse(text: &str) -> Option<Self> {
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        if !path.starts_with(['/', '*']) {
            return None;
        }
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let parameters = pairs.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, "*"));
            (!name.is_empty()).then(|| (name.into(), Pattern::new(value)))
        });
        Some(Self { path: Pattern::new(path), parameters: parameters.collect::<Option<_>>()? })
    }

    /// Whether a request for `path` with `query` (without `?`, possibly with the fields of a form behind it) is one to
    /// this endpoint. Values are compared as they were sent.
    pub fn matches(&self, path: &[u8], query: &[u8]) -> bool {
        let sent = |name: &str, value: &Pattern| {
            query.split(|byte| *byte == b'&').any(|pair| {
                pair.strip_prefix(name.as_bytes())
                    .and_then(|rest| rest.strip_prefix(b"="))
                    .is_some_and(|found| value.matches(found))
            })
        };
        self.path.matches(path) && self.parameters.iter().all(|(name, value)| sent(name, value))
    }
}

#[cfg(test)]
mod tests {
    use super::Endpoint;

    #[test]
    fn parameters_are_demanded_in_any_order() {
        let endpoint = Endpoint::parse("*/g/collect?tid=G-*&v=2").unwrap();
        for (path, query, is) in [
            ("/g/collect", "v=2&tid=G-ABC", true),
            ("/x/y/g/collect", "tid=G-1&cid=2&v=2", true),
            ("/g/collect", "v=2", false),
            ("/g/collect", "v=22&tid=G-ABC", false),
            ("/g/collect", "xtid=G-1&v=2", false),
            ("/g/collected", "v=2&tid=G-ABC", false),
        ] {
            assert_eq!(endpoint.matches(path.as_bytes(), query.as_bytes()), is, "{path}?{query}");
        }
        assert!(Endpoint::parse("g/collect").is_none());
        assert!(Endpoint::parse("/g?=1").is_none());
        assert!(Endpoint::parse("/g?id").unwrap().matches(b"/g", b"id=7"));
    }
}
