//! Glob patterns for cookie names and paths. Matching is linear in the text: no pattern an operator writes can make a
//! request slow.

/// A pattern in which `*` stands for any run of bytes, none included. Everything else stands for itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pattern {
    source: Box<str>,
    /// Where the first `*` stands; the length of `source` when there is none.
    prefix: usize,
}

impl Pattern {
    /// Compiles `source`. Every text is a pattern.
    pub fn new(source: &str) -> Self {
        Self { source: source.into(), prefix: source.find('*').unwrap_or(source.len()) }
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// The literal text before the first `*`; the whole pattern when there is none.
    pub fn literal_prefix(&self) -> &str {
        self.source.get(..self.prefix).unwrap_or(&self.source)
    }

    /// Whether the pattern has no `*` and so stands for one text only.
    pub fn is_literal(&self) -> bool {
        self.prefix == self.source.len()
    }

    /// Whether all of `text` is covered by the pattern.
    pub fn matches(&self, text: &[u8]) -> bool {
        let Some(mut rest) = text.strip_prefix(self.literal_prefix().as_bytes()) else { return false };
        let Some(behind) = self.source.get(self.prefix + 1..) else { return rest.is_empty() };
        let mut parts = behind.split('*').map(str::as_bytes);
        let mut pending = parts.next().unwrap_or_default();
        // Each middle part is taken at its leftmost place; the last one is anchored at the end.
        for next in parts {
            match memchr::memmem::find(rest, pending) {
                Some(at) => rest = rest.get(at + pending.len()..).unwrap_or_default(),
                None => return false,
            }
            pending = next;
        }
        rest.ends_with(pending)
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn stars_stand_for_any_run() {
        for (pattern, yes, no) in [
            ("_ga", &["_ga"][..], &["_ga_X", "x_ga", ""][..]),
            ("_ga_*", &["_ga_", "_ga_ABC"][..], &["_ga", "ga_session_shop"][..]),
            ("*", &["", "x"][..], &[][..]),
            ("/a/*/c*d", &["/a/b/cd", "/a/x/y/c--d"][..], &["/a/cd", "/a/b/cde"][..]),
            ("a*a", &["aa", "aba"][..], &["a"][..]),
        ] {
            for text in yes {
                assert!(Pattern::new(pattern).matches(text.as_bytes()), "`{pattern}` should match `{text}`");
            }
            for text in no {
                assert!(!Pattern::new(pattern).matches(text.as_bytes()), "`{pattern}` should not match `{text}`");
            }
        }
    }
}
