//! Where a service is called when the shop's own domain serves it: a path, and the parameters that give it away.
//!
//! A path alone says little on somebody else's server: `/collect` may be the shop's own. What is asked for there says
//! more, so an endpoint can demand parameters, in any order.

use std::borrow::Cow;

use smallvec::SmallVec;

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

    /// Whether a request for `path` with these parameters is one to this endpoint.
    pub(super) fn matches(&self, path: &[u8], query: &Pairs<'_>) -> bool {
        let sent =
            |name: &str, value: &Pattern| query.0.iter().any(|pair| pair.name == name.as_bytes() && pair.is(value));
        self.path.matches(path) && self.parameters.iter().all(|(name, value)| sent(name, value))
    }
}

/// A parameter that was sent.
#[derive(Debug)]
pub(super) struct Pair<'q> {
    pub(super) name: &'q [u8],
    value: &'q [u8],
}

impl Pair<'_> {
    /// Whether the value fits, as it was sent or without its percent escapes.
    fn is(&self, pattern: &Pattern) -> bool {
        pattern.matches(self.value)
            || memchr::memchr(b'%', self.value).is_some() && pattern.matches(&unescaped(self.value))
    }
}

/// The parameters of a query.
#[derive(Debug)]
pub(super) struct Pairs<'q>(pub(super) SmallVec<[Pair<'q>; 16]>);

impl<'q> Pairs<'q> {
    /// The most pairs that are looked at from either end: no service sends more, and each is held against every endpoint.
    const MOST: usize = 128;

    /// Reads `query`, without `?` and possibly with the fields of a form behind it. Servers part pairs at `&`, some at `;`
    /// as well.
    pub(super) fn of(query: &'q [u8]) -> Self {
        let parts = || query.split(|byte| matches!(byte, b'&' | b';'));
        let count = parts().count();
        let ends = parts().enumerate().filter(|(at, _)| *at < Self::MOST || at + Self::MOST >= count);
        let pairs = ends.filter_map(|(_, pair)| {
            let (name, value) = pair.split_at_checked(memchr::memchr(b'=', pair)?)?;
            Some(Pair { name, value: value.get(1..)? })
        });
        Self(pairs.collect())
    }
}

/// `path` as most servers read it, where that is something else than was sent: without percent escapes, doubled slashes,
/// parameters behind a `;`, and a slash at its end.
pub fn plain_path(path: &[u8]) -> Option<Vec<u8>> {
    let doubled = memchr::memmem::find(path, b"//").is_some();
    let odd =
        doubled || path.iter().any(|byte| matches!(byte, b'%' | b';')) || (path.len() > 1 && path.ends_with(b"/"));
    if !odd {
        return None;
    }
    let mut plain: Vec<u8> = Vec::with_capacity(path.len());
    for segment in unescaped(path).split(|byte| *byte == b'/') {
        let segment = segment.split(|byte| *byte == b';').next().unwrap_or_default();
        if !segment.is_empty() {
            plain.push(b'/');
            plain.extend_from_slice(segment);
        }
    }
    if plain.is_empty() {
        plain.push(b'/');
    }
    (plain != path).then_some(plain)
}

fn unescaped(text: &[u8]) -> Cow<'_, [u8]> {
    percent_encoding::percent_decode(text).into()
}

#[cfg(test)]
mod tests {
    use super::{Endpoint, Pairs, plain_path};

    #[test]
    fn parameters_are_demanded_in_any_order() {
        let endpoint = Endpoint::parse("*/g/collect?tid=G-*&v=2").unwrap();
        for (path, query, is) in [
            ("/g/collect", "v=2&tid=G-ABC", true),
            ("/x/y/g/collect", "tid=G-1&cid=2&v=2", true),
            ("/g/collect", "v=2;tid=G%2DABC", true),
            ("/g/collect", "v=2", false),
            ("/g/collect", "v=22&tid=G-ABC", false),
            ("/g/collect", "xtid=G-1&v=2", false),
            ("/g/collected", "v=2&tid=G-ABC", false),
        ] {
            assert_eq!(endpoint.matches(path.as_bytes(), &Pairs::of(query.as_bytes())), is, "{path}?{query}");
        }
        assert!(Endpoint::parse("g/collect").is_none());
        assert!(Endpoint::parse("/g?=1").is_none());
        assert!(Endpoint::parse("/g?id").unwrap().matches(b"/g", &Pairs::of(b"id=7")));
    }

    #[test]
    fn paths_are_read_as_servers_read_them() {
        for (sent, read) in [
            ("/%74r", Some("/tr")),
            ("//g///collect/", Some("/g/collect")),
            ("/a;x=1/b;y", Some("/a/b")),
            ("/g/collect", None),
            ("/", None),
            ("//", Some("/")),
            ("/100%", None),
        ] {
            assert_eq!(plain_path(sent.as_bytes()).as_deref(), read.map(str::as_bytes), "{sent}");
        }
    }

    /// A long query of names that endpoints demand costs what its length costs, and the fields behind it still count.
    #[test]
    fn of_endless_queries_both_ends_count() {
        let endpoint = Endpoint::parse("*?tid=G-*&v=2").unwrap();
        let many = "cid&".repeat(4000);
        assert!(endpoint.matches(b"/x", &Pairs::of(format!("{many}v=2&tid=G-1").as_bytes())));
        assert!(endpoint.matches(b"/x", &Pairs::of(format!("v=2&tid=G-1&{many}").as_bytes())));
        assert!(Pairs::of("a=1&".repeat(9000).as_bytes()).0.len() <= 256);
    }
}
