//! Strings and unquoted addresses: where they end (CSS Syntax Level 3 §4.3.5, §4.3.6, §4.3.14).

use super::scan::{escape, is_escape, is_newline, is_space};

/// How something that may be an address is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A string, from this quote to the next.
    String(u8),
    /// The inside of `url(` without quotes, from its first letter to behind the `)`.
    Bare,
}

/// Where something ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    /// Behind its last letter.
    pub(super) inner: usize,
    /// Behind all of it.
    pub(super) length: usize,
    /// It means nothing: a string with a line break, or an address with a letter that may not be in one.
    pub(super) bad: bool,
}

/// Searches for the end. Can stop anywhere and go on; no byte is looked at twice but for escapes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) form: Form,
    /// How far was searched. All before it belongs to this for certain.
    pub(super) searched: usize,
    /// Where the white space behind an unquoted address began.
    inner: Option<usize>,
}

impl Span {
    pub(super) const fn new(form: Form) -> Self {
        let searched = if matches!(form, Form::String(_)) { 1 } else { 0 };
        Self { form, searched, inner: None }
    }

    /// Where the first letter is.
    pub(super) const fn start(&self) -> usize {
        if matches!(self.form, Form::String(_)) { 1 } else { 0 }
    }

    /// Goes on over `rest`, which begins where it did the last time, or later by what was [forgotten](Self::forget).
    /// `None` while no end is in sight.
    pub(super) fn search(&mut self, rest: &[u8], last: bool) -> Option<End> {
        match self.form {
            Form::String(quote) => self.string(quote, rest, last),
            Form::Bare => self.bare(rest, last),
        }
    }

    /// Takes note that what was searched is gone.
    pub(super) const fn forget(&mut self) {
        self.searched = 0;
        if self.inner.is_some() {
            self.inner = Some(0);
        }
    }

    fn string(&mut self, quote: u8, rest: &[u8], last: bool) -> Option<End> {
        loop {
            let here = rest.get(self.searched..).unwrap_or_default();
            let stop = here.iter().position(|byte| *byte == quote || *byte == b'\\' || is_newline(*byte));
            let Some(stop) = stop else {
                self.searched = self.searched.max(rest.len());
                // At the end of a sheet browsers close what is open.
                return last.then_some(End { inner: rest.len(), length: rest.len(), bad: false });
            };
            self.searched += stop;
            match here.get(stop..).unwrap_or_default() {
                [b'\\', b'\r', b'\n', ..] => self.searched += 3,
                [b'\\', b'\r'] if !last => return None,
                [b'\\', newline, ..] if is_newline(*newline) => self.searched += 2,
                [b'\\'] if last => self.searched += 1,
                escaped @ [b'\\', ..] => self.searched += escape(escaped, last)?.0,
                [newline, ..] if is_newline(*newline) => {
                    return Some(End { inner: self.searched, length: self.searched, bad: true });
                }
                _ => return Some(End { inner: self.searched, length: self.searched + 1, bad: false }),
            }
        }
    }

    fn bare(&mut self, rest: &[u8], last: bool) -> Option<End> {
        loop {
            let here = rest.get(self.searched..).unwrap_or_default();
            let bad = Some(End { inner: self.searched, length: self.searched, bad: true });
            let Some(byte) = here.first() else {
                let inner = self.inner.unwrap_or(rest.len());
                return last.then_some(End { inner, length: rest.len(), bad: false });
            };
            match (*byte, self.inner) {
                (b')', inner) => {
                    let inner = inner.unwrap_or(self.searched);
                    return Some(End { inner, length: self.searched + 1, bad: false });
                }
                (byte, None) if is_space(byte) => {
                    self.inner = Some(self.searched);
                    self.searched += 1;
                }
                (byte, Some(_)) if is_space(byte) => self.searched += 1,
                (_, Some(_)) => return bad,
                (b'"' | b'\'' | b'(' | 0x01..=0x08 | 0x0b | 0x0e..=0x1f | 0x7f, None) => return bad,
                (b'\\', None) => {
                    if !is_escape(here, last)? {
                        return bad;
                    }
                    self.searched += escape(here, last)?.0;
                }
                _ => self.searched += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{End, Form, Span};

    fn end(form: Form, text: &str) -> Option<(usize, usize, bool)> {
        let whole = Span::new(form).search(text.as_bytes(), true);
        let mut span = Span::new(form);
        let cut = (span.start()..=text.len()).find_map(|cut| span.search(&text.as_bytes()[..cut], false));
        assert!(cut.is_none() || cut == whole, "{text:?}: {cut:?} {whole:?}");
        whole.map(|End { inner, length, bad }| (inner, length, bad))
    }

    #[test]
    fn strings_end() {
        let string = |text| end(Form::String(b'"'), text);
        assert_eq!(string("\"a'\" b"), Some((3, 4, false)));
        assert_eq!(string("\"a\\\"b\" c"), Some((5, 6, false)));
        assert_eq!(string("\"a\\\nb\" c"), Some((5, 6, false)));
        assert_eq!(string("\"a\\\r\nb\" c"), Some((6, 7, false)));
        assert_eq!(string("\"a\nb\" c"), Some((2, 2, true)));
        // The line break belongs to the escape.
        assert_eq!(string("\"\\61\nb\" c"), Some((6, 7, false)));
        assert_eq!(string("\"a"), Some((2, 2, false)));
        assert_eq!(string("\"a\\"), Some((3, 3, false)));
    }

    #[test]
    fn addresses_end() {
        let bare = |text| end(Form::Bare, text);
        assert_eq!(bare("a/b) c"), Some((3, 4, false)));
        assert_eq!(bare("a \n) c"), Some((1, 4, false)));
        assert_eq!(bare("a b) c"), Some((2, 2, true)));
        assert_eq!(bare("a\"b) c"), Some((1, 1, true)));
        assert_eq!(bare("a(b) c"), Some((1, 1, true)));
        assert_eq!(bare("a\\)b) c"), Some((4, 5, false)));
        assert_eq!(bare("a\\\nb) c"), Some((1, 1, true)));
        assert_eq!(bare("a\\29 b) c"), Some((6, 7, false)));
        assert_eq!(bare("a"), Some((1, 1, false)));
        assert_eq!(bare(")"), Some((0, 1, false)));
        assert_eq!(bare("a\0b)"), Some((3, 4, false)));
    }
}
