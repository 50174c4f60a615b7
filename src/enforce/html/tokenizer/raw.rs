//! Text in which tags mean nothing until the right end tag: where it ends.
//!
//! The HTML Standard calls these states RCDATA, RAWTEXT and script data (§13.2.5.2 to §13.2.5.31). Only script data has
//! states of its own, because `<!--` and `<script` inside it can hide an end tag.

use memchr::{memchr, memchr2};

/// What a search found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// The end tag starts at this offset.
    End(usize),
    /// No end tag; everything before this offset is text for certain.
    TextUntil(usize),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Escape {
    #[default]
    None,
    Escaped,
    Double,
}

/// Searches for the end of one element's text. Can stop anywhere and go on.
#[derive(Debug)]
pub(super) struct RawText {
    /// The element's name, lower case.
    name: &'static [u8],
    /// Whether it is script data.
    script: bool,
    escape: Escape,
    /// How far was searched, as an offset into what the next call gets.
    searched: usize,
    /// How many dashes stood right before `searched`, up to two.
    dashes: u8,
}

impl RawText {
    pub(super) const fn new(name: &'static [u8], script: bool) -> Self {
        Self { name, script, escape: Escape::None, searched: 0, dashes: 0 }
    }

    /// Goes on over `text`, which begins where the last call's did, or later by what was [`forget`](Self::forget)ten.
    pub(super) fn search(&mut self, text: &[u8]) -> Found {
        if self.script { self.search_script(text) } else { self.search_plain(text) }
    }

    /// The first `bytes` bytes will not be there any more.
    pub(super) fn forget(&mut self, bytes: usize) {
        self.searched = self.searched.saturating_sub(bytes);
    }

    fn search_plain(&mut self, text: &[u8]) -> Found {
        loop {
            let rest = text.get(self.searched..).unwrap_or_default();
            let Some(found) = memchr(b'<', rest) else {
                self.searched = text.len();
                return Found::TextUntil(text.len());
            };
            let at = self.searched + found;
            self.searched = at;
            match names(text.get(at + 1..).unwrap_or_default(), b"/", self.name) {
                Some(true) => return Found::End(at),
                Some(false) => self.searched = at + 1,
                None => return Found::TextUntil(at),
            }
        }
    }

    fn search_script(&mut self, text: &[u8]) -> Found {
        loop {
            let rest = text.get(self.searched..).unwrap_or_default();
            let Some(found) = memchr2(b'<', b'>', rest) else {
                self.dashes = self.dashes_before(text, text.len());
                self.searched = text.len();
                return Found::TextUntil(text.len());
            };
            let at = self.searched + found;
            let after = text.get(at + 1..).unwrap_or_default();
            if text.get(at) == Some(&b'>') {
                if self.dashes_before(text, at) == 2 {
                    self.escape = Escape::None;
                }
                self.pass(at + 1);
                continue;
            }
            // What ends the element, and what ends an escape inside of it, are one name but for the standard's tests.
            let end = names(after, b"/", if self.escape == Escape::Double { b"script" } else { self.name });
            let start = names(after, b"", b"script");
            let comment = starts_with(after, b"!--");
            match self.escape {
                Escape::None | Escape::Escaped if end == Some(true) => {
                    self.searched = at;
                    return Found::End(at);
                }
                Escape::None if comment == Some(true) => {
                    self.escape = Escape::Escaped;
                    // The dashes of `<!--` may already be those of `-->`.
                    self.searched = at + 4;
                    self.dashes = 2;
                    continue;
                }
                Escape::Escaped if start == Some(true) => self.escape = Escape::Double,
                Escape::Double if end == Some(true) => self.escape = Escape::Escaped,
                _ if end.is_none() || start.is_none() || comment.is_none() => {
                    self.dashes = self.dashes_before(text, at);
                    self.searched = at;
                    return Found::TextUntil(at);
                }
                _ => {}
            }
            self.pass(at + 1);
        }
    }

    fn pass(&mut self, to: usize) {
        self.searched = to;
        self.dashes = 0;
    }

    /// How many dashes stand right before `at`, up to two.
    fn dashes_before(&self, text: &[u8], at: usize) -> u8 {
        let seen = text.get(self.searched..at).unwrap_or_default();
        let mut dashes = 0;
        for byte in seen.iter().rev() {
            if *byte != b'-' || dashes == 2 {
                return dashes;
            }
            dashes += 1;
        }
        (dashes + self.dashes).min(2)
    }
}

/// Whether `text` starts with `prefix`, `name` in any case, and a byte that ends a tag's name. `None` when it is too
/// short to tell.
fn names(text: &[u8], prefix: &[u8], name: &[u8]) -> Option<bool> {
    let mut bytes = text.iter();
    for expected in prefix.iter().chain(name) {
        match bytes.next() {
            Some(byte) if byte.eq_ignore_ascii_case(expected) => {}
            Some(_) => return Some(false),
            None => return None,
        }
    }
    bytes.next().map(|byte| matches!(byte, b'\t' | b'\n' | b'\x0c' | b'\r' | b' ' | b'/' | b'>'))
}

/// Whether `text` starts with `prefix`; `None` when it is too short to tell.
pub(super) fn starts_with(text: &[u8], prefix: &[u8]) -> Option<bool> {
    let length = text.len().min(prefix.len());
    if text.get(..length) != prefix.get(..length) {
        return Some(false);
    }
    (length == prefix.len()).then_some(true)
}

#[cfg(test)]
mod tests {
    use super::{Found, RawText};

    fn end(name: &'static str, text: &str) -> Option<usize> {
        let mut whole = RawText::new(name.as_bytes(), name == "script");
        let found = match whole.search(text.as_bytes()) {
            Found::End(at) => Some(at),
            Found::TextUntil(_) => None,
        };
        let mut slow = RawText::new(name.as_bytes(), name == "script");
        let slowly = (0..=text.len()).find_map(|length| match slow.search(&text.as_bytes()[..length]) {
            Found::End(at) => Some(at),
            Found::TextUntil(_) => None,
        });
        assert_eq!(found, slowly, "{text}");
        found
    }

    #[test]
    fn text_ends_where_browsers_end_it() {
        assert_eq!(end("style", "a<b</styl</style>"), Some(9));
        assert_eq!(end("style", "</styles></STYLE >"), Some(9));
        assert_eq!(end("script", "x</script>"), Some(1));
        assert_eq!(end("script", "<!-- <script> </script> --></script>"), Some(27));
        assert_eq!(end("script", "<!-- </script>"), Some(5));
        assert_eq!(end("script", "<!--><script></script>"), Some(13));
        assert_eq!(end("script", "<!---><script></script>"), Some(14));
        assert_eq!(end("script", "<!-- <script> </script> </script>"), Some(24));
        assert_eq!(end("script", "<!-- <script></script "), None);
        assert_eq!(end("script", "<script></script>"), Some(8));
        assert_eq!(end("script", "<!-- <scripts> </script>"), Some(15));
        assert_eq!(end("script", "a--></script>"), Some(4));
    }
}
