//! The tokenizer: the states of the HTML Standard §13.2.5, over bytes that may stop anywhere.
//!
//! Each step works on what is left, from the beginning of the token that is not finished yet, and tells how much of it is
//! done with. Nothing here decides or judges.

use memchr::{memchr, memmem};

use super::foreign::Namespace;
use super::parts::Inner;
use super::raw::{Found, RawText, starts_with};
use super::tag::Tag;
use super::{Rewriter, TokenTooLong};

#[derive(Debug)]
pub(super) enum Mode {
    /// Between tags.
    Data,
    /// In a tag that starts at the first byte that is left.
    Tag { end: bool },
    /// In the long value of a tag that is read in parts.
    LongValue { quote: u8 },
    /// In a tag that is read in parts, behind what was written of it.
    LongTag,
    /// In something that ends at the next `>`.
    Bogus,
    /// In a comment, behind its `<!--`, or a CDATA section.
    Until { terminators: &'static [&'static [u8]], inner: Inner },
    /// In text that ends with the right end tag.
    Text { raw: RawText, inner: Inner },
    /// In an inline script whose tag starts at the first byte that is left.
    Script { raw: RawText, tag: usize, namespace: Namespace },
}

/// A comment ends with either of these.
const COMMENT_END: &[&[u8]] = &[b"-->", b"--!>"];

const CDATA_END: &[&[u8]] = &[b"]]>"];

impl Rewriter {
    /// Works through `bytes` and gives how many of them are done with.
    pub(super) fn run(&mut self, bytes: &[u8], last: bool, output: &mut Vec<u8>) -> Result<usize, TokenTooLong> {
        let mut at = 0;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let (used, more) = match &mut self.mode {
                Mode::Data => self.data(rest, last, output),
                Mode::Tag { end } => {
                    let end = *end;
                    self.tag(rest, end, last, output)?
                }
                Mode::LongValue { quote } => {
                    let quote = *quote;
                    self.long_value(rest, quote, output)
                }
                Mode::LongTag => self.long_tag(rest, last, output)?,
                Mode::Bogus => self.bogus(rest, output),
                Mode::Until { .. } => self.until(rest, last, output)?,
                Mode::Text { .. } => self.text(rest, last, output)?,
                Mode::Script { .. } => self.script(rest, last, output)?,
            };
            at += used;
            if !more {
                return Ok(at);
            }
        }
    }

    /// Between tags, up to and into the next one. Gives how many bytes are done with and whether to go on.
    fn data(&mut self, rest: &[u8], last: bool, output: &mut Vec<u8>) -> (usize, bool) {
        let Some(open) = memchr(b'<', rest) else {
            self.plain(rest, output);
            return (rest.len(), false);
        };
        let (text, markup) = rest.split_at_checked(open).unwrap_or((rest, b""));
        self.plain(text, output);
        match self.opening(markup, last) {
            Some(Opening::Tag { end }) => {
                self.scanner.reset(if end { 2 } else { 1 });
                self.mode = Mode::Tag { end };
                (open, true)
            }
            Some(Opening::Text) => {
                self.plain(b"<", output);
                (open + 1, true)
            }
            Some(Opening::Bogus) => {
                self.mode = Mode::Bogus;
                (open, true)
            }
            Some(Opening::EmptyComment(length)) => {
                output.extend_from_slice(markup.get(..length).unwrap_or_default());
                (open + length, true)
            }
            Some(Opening::Comment { markup: reads }) => {
                output.extend_from_slice(b"<!--");
                let inner = if reads || self.read_twice() { self.inner() } else { Inner::Pass };
                self.mode = Mode::Until { terminators: COMMENT_END, inner };
                (open + 4, true)
            }
            Some(Opening::Cdata) => {
                let head = markup.get(..9).unwrap_or_default();
                output.extend_from_slice(head);
                let inner = if self.read_twice() { self.inner() } else { Inner::Pass };
                self.mode = Mode::Until { terminators: CDATA_END, inner };
                (open + head.len(), true)
            }
            None if last => {
                self.plain(markup, output);
                (rest.len(), false)
            }
            None => (open, false),
        }
    }

    /// What a `<` begins; `None` when there are too few bytes to tell.
    fn opening(&self, markup: &[u8], last: bool) -> Option<Opening> {
        match *markup.get(1)? {
            byte if byte.is_ascii_alphabetic() => Some(Opening::Tag { end: false }),
            b'/' => Some(match *markup.get(2)? {
                byte if byte.is_ascii_alphabetic() => Opening::Tag { end: true },
                _ => Opening::Bogus,
            }),
            b'?' => Some(Opening::Bogus),
            b'!' => {
                let after = markup.get(2..).unwrap_or_default();
                match starts_with(after, b"--") {
                    Some(true) => return comment(after.get(2..).unwrap_or_default(), last),
                    None if !last => return None,
                    _ => {}
                }
                if self.foreign.namespace() != Namespace::Html {
                    match starts_with(after, b"[CDATA[") {
                        Some(true) => return Some(Opening::Cdata),
                        None if !last => return None,
                        _ => {}
                    }
                }
                Some(Opening::Bogus)
            }
            _ => Some(Opening::Text),
        }
    }

    /// Text between tags.
    fn plain(&mut self, text: &[u8], output: &mut Vec<u8>) {
        self.injection.before_text(text, output);
        output.extend_from_slice(text);
    }

    fn bogus(&mut self, rest: &[u8], output: &mut Vec<u8>) -> (usize, bool) {
        if let Some(close) = memchr(b'>', rest) {
            self.mode = Mode::Data;
            output.extend_from_slice(rest.get(..=close).unwrap_or_default());
            (close + 1, true)
        } else {
            output.extend_from_slice(rest);
            (rest.len(), false)
        }
    }

    /// In a comment or CDATA section.
    fn until(&mut self, rest: &[u8], last: bool, output: &mut Vec<u8>) -> Result<(usize, bool), TokenTooLong> {
        let Mode::Until { terminators, inner } = &mut self.mode else {
            return Ok((0, false));
        };
        let found =
            terminators.iter().filter_map(|terminator| Some((memmem::find(rest, terminator)?, terminator.len()))).min();
        if let Some((end, length)) = found {
            inner.deliver(rest.get(..end).unwrap_or_default(), output)?;
            self.leave_text(output)?;
            output.extend_from_slice(rest.get(end..end + length).unwrap_or_default());
            return Ok((end + length, true));
        }
        // What may be the beginning of a terminator waits for the rest of it.
        let longest = terminators.iter().map(|terminator| terminator.len() - 1).max().unwrap_or(0);
        let mut held = 0;
        if !last {
            held = (1..=longest.min(rest.len()))
                .rev()
                .find(|length| {
                    let tail = rest.get(rest.len() - length..).unwrap_or_default();
                    terminators.iter().any(|terminator| terminator.starts_with(tail))
                })
                .unwrap_or(0);
        }
        let used = rest.len() - held;
        inner.deliver(rest.get(..used).unwrap_or_default(), output)?;
        if last {
            self.leave_text(output)?;
        }
        Ok((used, false))
    }

    /// In text that ends with an end tag.
    fn text(&mut self, rest: &[u8], last: bool, output: &mut Vec<u8>) -> Result<(usize, bool), TokenTooLong> {
        let Mode::Text { raw, inner } = &mut self.mode else {
            return Ok((0, false));
        };
        let (used, found) = match raw.search(rest) {
            Found::End(at) => (at, true),
            Found::TextUntil(_) if last => (rest.len(), false),
            Found::TextUntil(at) => (at, false),
        };
        inner.deliver(rest.get(..used).unwrap_or_default(), output)?;
        raw.forget(used);
        if found || last {
            self.leave_text(output)?;
        }
        Ok((used, found))
    }

    /// In a tag.
    fn tag(
        &mut self,
        rest: &[u8],
        end_tag: bool,
        last: bool,
        output: &mut Vec<u8>,
    ) -> Result<(usize, bool), TokenTooLong> {
        let within = rest.get(..self.max_token_bytes).unwrap_or(rest);
        let Some(length) = self.scanner.scan(within) else {
            if let Some(scanned) = self.scanner.overflows(within, rest.len() > within.len()) {
                let held = within.get(..scanned).unwrap_or_default();
                return Ok((self.begin_long(held, end_tag, output)?, true));
            }
            if last {
                self.mode = Mode::Data;
                if self.open_ended {
                    // Outside, it would be the beginning of another tag.
                    self.harmless(rest, output);
                } else {
                    // Browsers drop a tag that the page ends in.
                    output.extend_from_slice(rest);
                }
                return Ok((rest.len(), false));
            }
            return Ok((0, false));
        };
        self.mode = Mode::Data;
        let bytes = rest.get(..length).unwrap_or_default();
        if end_tag {
            self.end_tag(bytes, output);
            return Ok((length, true));
        }
        let scanner = std::mem::take(&mut self.scanner);
        let held = self.start_tag(&Tag::new(bytes, &scanner), output);
        self.scanner = scanner;
        Ok((if held? { 0 } else { length }, true))
    }

    fn end_tag(&mut self, bytes: &[u8], output: &mut Vec<u8>) {
        output.extend_from_slice(bytes);
        let name = bytes.get(2..self.scanner.name_end).unwrap_or_default();
        self.end_of(name);
    }

    /// Takes note of an end tag.
    pub(super) fn end_of(&mut self, name: &[u8]) {
        if name.eq_ignore_ascii_case(b"select") {
            self.in_select = false;
        }
        if !self.foreign.is_empty() {
            self.foreign.end(&name.to_ascii_lowercase());
        }
    }
}

/// What a `<` begins.
#[derive(Clone, Copy, Debug)]
enum Opening {
    Tag {
        end: bool,
    },
    Comment {
        markup: bool,
    },
    /// A comment that is over at once: `<!-->` or `<!--->`.
    EmptyComment(usize),
    Cdata,
    Bogus,
    Text,
}

/// What a comment is, from what stands behind its `<!--`.
fn comment(content: &[u8], last: bool) -> Option<Opening> {
    for (start, length) in [(&b">"[..], 5), (b"->", 6)] {
        match starts_with(content, start) {
            Some(true) => return Some(Opening::EmptyComment(length)),
            None if !last => return None,
            _ => {}
        }
    }
    // Old browsers revive conditional comments.
    let inside = content.trim_ascii_start();
    let waits =
        inside.len() < 3 && content.len() < 64 && !last && starts_with(&inside.to_ascii_lowercase(), b"[if").is_none();
    if waits {
        return None;
    }
    let conditional = inside.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(b"[if"));
    Some(Opening::Comment { markup: conditional })
}
