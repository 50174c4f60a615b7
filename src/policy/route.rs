//! Parts of a site with rules of their own.

use super::Mode;
use crate::catalog::Pattern;
use crate::consent::PurposeSet;

/// A route, as an index into its site's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RouteId(pub u16);

/// A path pattern and what holds there.
#[derive(Clone, Debug)]
pub struct Route {
    /// Matched against the request's path without its query. `/checkout/**` also covers `/checkout`.
    pub path: PathPattern,
    /// Request methods, upper case; empty: every method.
    pub methods: Vec<Box<str>>,
    /// Where on their way through the shop visitors are here: `checkout`. Purposes may be denied by stage; that is part of
    /// `deny` already.
    pub stage: Option<Box<str>>,
    /// Purposes that are denied here whatever the visitor granted.
    pub deny: PurposeSet,
    /// Overrides the site's mode.
    pub mode: Option<Mode>,
}

impl Route {
    /// A route that covers every request and changes nothing.
    pub fn anywhere() -> Self {
        let path = PathPattern::new("/**");
        Self { path, methods: Vec::new(), stage: None, deny: PurposeSet::EMPTY, mode: None }
    }

    /// Whether a request with this method for this path is on the route.
    pub fn matches(&self, method: &str, path: &str) -> bool {
        // The answer to HEAD is the head of the answer to GET (RFC 9110 section 9.3.2).
        let named = |method: &str| self.methods.iter().any(|known| **known == *method);
        let covered = self.methods.is_empty() || named(method) || (method == "HEAD" && named("GET"));
        covered && self.path.matches(path)
    }
}

/// A path glob: `**` stands for any run of characters, `*` for a run without `/`.
#[derive(Clone, Debug)]
pub struct PathPattern {
    source: Box<str>,
    /// `source` without a trailing `/**`, when it has one and no other wildcard.
    subtree: Option<Box<str>>,
    fallback: Pattern,
}

impl PathPattern {
    /// Compiles `source`. Every text is a pattern.
    pub fn new(source: &str) -> Self {
        let subtree = source.strip_suffix("/**").filter(|root| !root.contains('*')).map(Into::into);
        Self { source: source.into(), subtree, fallback: Pattern::new(&source.replace("**", "*")) }
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// Whether every path that the pattern `other` covers is surely covered by this one. May miss some.
    pub fn covers(&self, other: &str) -> bool {
        let below = |root: &str| other.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        *self.source == *other || self.subtree.as_deref().is_some_and(below)
    }

    /// Whether `path` is covered.
    pub fn matches(&self, path: &str) -> bool {
        if let Some(root) = &self.subtree {
            return path.strip_prefix(&**root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        }
        segments_match(&self.source, path, &self.fallback)
    }
}

/// A single `*` must not cross a `/`; patterns without one need no second look.
fn segments_match(source: &str, path: &str, fallback: &Pattern) -> bool {
    if !fallback.matches(path.as_bytes()) {
        return false;
    }
    if !source.replace("**", "").contains('*') {
        return true;
    }
    let pattern: Vec<&str> = source.split('/').collect();
    let text: Vec<&str> = path.split('/').collect();
    // Rows are pattern segments, columns are path segments: linear in their product, no backtracking.
    let mut reachable = vec![false; text.len() + 1];
    if let Some(start) = reachable.first_mut() {
        *start = true;
    }
    for segment in pattern {
        let mut next = vec![false; text.len() + 1];
        for at in 0..=text.len() {
            let here = reachable.get(at).copied().unwrap_or_default();
            if segment == "**" {
                let before = at.checked_sub(1).and_then(|before| next.get(before)).copied().unwrap_or_default();
                if let Some(slot) = next.get_mut(at) {
                    *slot = here || before;
                }
            } else if here
                && text.get(at).is_some_and(|text| Pattern::new(segment).matches(text.as_bytes()))
                && let Some(slot) = next.get_mut(at + 1)
            {
                *slot = true;
            }
        }
        reachable = next;
    }
    reachable.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::PathPattern;

    #[test]
    fn double_stars_cross_segments_and_single_ones_do_not() {
        for (pattern, path, expected) in [
            ("/checkout/**", "/checkout", true),
            ("/checkout/**", "/checkout/pay/now", true),
            ("/checkout/**", "/checkouts", false),
            ("/*/cart", "/fr/cart", true),
            ("/*/cart", "/fr/be/cart", false),
            ("/**/cart", "/fr/be/cart", true),
            ("/**/cart/*", "/fr/be/cart/7", true),
            ("/cart", "/cart", true),
            ("/cart", "/cart/", false),
            ("/**", "/", true),
        ] {
            assert_eq!(PathPattern::new(pattern).matches(path), expected, "`{pattern}` against `{path}`");
        }
    }
}
