//! The tokenizer: the productions of XML 1.0 that a document is made of, over bytes that may stop anywhere.
//!
//! Each step works on what is left, from the beginning of the token that is not finished yet, and tells how much of it is
//! done with.

use memchr::{memchr, memmem};

use super::doctype::Ending;
use super::{Rewriter, TokenTooLong};

/// Where the reader is.
#[derive(Debug)]
pub(super) enum Mode {
    /// Between tags.
    Data,
    /// In a start tag that begins at the first byte that is left.
    Start,
    /// In something that passes as it is, up to and with its end.
    Until(&'static [u8]),
    /// In a CDATA section.
    Cdata,
    /// In a style sheet's instruction that begins at the first byte that is left.
    Stylesheet,
    /// In a document type that begins at the first byte that is left.
    Doctype(Ending),
    /// In a document type that was left out, because it is too long.
    SkippedDoctype(Ending),
    /// In a value that is too long, up to this quote.
    Value(u8),
    /// In a tag that is too long, behind what was written of it.
    Rest,
}

const STYLESHEET: &[u8] = b"<?xml-stylesheet";
const CDATA: &[u8] = b"<![CDATA[";
const DOCTYPE: &[u8] = b"<!DOCTYPE";

/// What a `<` begins.
#[derive(Clone, Copy, Debug)]
enum Opening {
    Start,
    End,
    Comment,
    Instruction,
    Stylesheet,
    Cdata,
    Doctype,
    Text,
}

impl Rewriter {
    /// Works through `bytes` and gives how many of them are done with.
    pub(super) fn run(&mut self, bytes: &[u8], last: bool, output: &mut Vec<u8>) -> Result<usize, TokenTooLong> {
        let mut at = 0;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let (used, more) = match &mut self.mode {
                Mode::Data => self.data(rest, last, output)?,
                Mode::Start => self.start(rest, last, output)?,
                Mode::Until(end) => {
                    let end = *end;
                    self.until(rest, end, last, output)?
                }
                Mode::Cdata => self.cdata(rest, last, output)?,
                Mode::Stylesheet => self.stylesheet(rest, last, output)?,
                Mode::Doctype(_) | Mode::SkippedDoctype(_) => self.doctype(rest, last, output)?,
                Mode::Value(quote) => {
                    let quote = *quote;
                    self.long_value(rest, quote, output)?
                }
                Mode::Rest => self.long_rest(rest, last, output)?,
            };
            at += used;
            if !more {
                break;
            }
        }
        if last {
            self.release(false, output)?;
        }
        Ok(at)
    }

    /// Between tags, up to and into the next one.
    fn data(&mut self, rest: &[u8], last: bool, output: &mut Vec<u8>) -> Result<(usize, bool), TokenTooLong> {
        let Some(open) = memchr(b'<', rest) else {
            self.characters(rest, false, output)?;
            return Ok((rest.len(), false));
        };
        let (text, markup) = rest.split_at_checked(open).unwrap_or((rest, b""));
        self.characters(text, false, output)?;
        let Some(opening) = opening(markup, last) else {
            return Ok((open, false));
        };
        let used = match opening {
            Opening::Start => {
                self.release_feed(output)?;
                self.places.reset(1);
                self.mode = Mode::Start;
                0
            }
            Opening::End => {
                self.end_tag(output)?;
                self.put(b"</", output)?;
                self.mode = Mode::Until(b">");
                2
            }
            Opening::Comment => {
                self.put(b"<!--", output)?;
                self.mode = Mode::Until(b"-->");
                4
            }
            Opening::Instruction => {
                self.put(b"<?", output)?;
                self.mode = Mode::Until(b"?>");
                2
            }
            Opening::Stylesheet => {
                self.mode = Mode::Stylesheet;
                0
            }
            Opening::Cdata => {
                self.cdata_edge(CDATA, output)?;
                self.mode = Mode::Cdata;
                CDATA.len()
            }
            Opening::Doctype => {
                self.mode = Mode::Doctype(Ending::default());
                0
            }
            Opening::Text => {
                self.characters(b"<", false, output)?;
                1
            }
        };
        Ok((open + used, open + used < rest.len() || used == 0))
    }

    /// In something that passes.
    fn until(
        &mut self,
        rest: &[u8],
        end: &'static [u8],
        last: bool,
        output: &mut Vec<u8>,
    ) -> Result<(usize, bool), TokenTooLong> {
        let (used, found) = find(rest, end, last);
        let used = if found { used + end.len() } else { used };
        if found {
            self.mode = Mode::Data;
        }
        self.put(rest.get(..used).unwrap_or_default(), output)?;
        Ok((used, found))
    }

    fn cdata(&mut self, rest: &[u8], last: bool, output: &mut Vec<u8>) -> Result<(usize, bool), TokenTooLong> {
        let (used, found) = find(rest, b"]]>", last);
        self.characters(rest.get(..used).unwrap_or_default(), true, output)?;
        if found {
            self.mode = Mode::Data;
            self.cdata_edge(b"]]>", output)?;
            return Ok((used + 3, true));
        }
        Ok((used, false))
    }

    /// In a start tag.
    fn start(&mut self, rest: &[u8], last: bool, output: &mut Vec<u8>) -> Result<(usize, bool), TokenTooLong> {
        let within = rest.get(..self.max_token_bytes).unwrap_or(rest);
        if let Some(length) = self.places.scan(within) {
            self.mode = Mode::Data;
            self.start_tag(rest.get(..length).unwrap_or_default(), output)?;
            return Ok((length, true));
        }
        if let Some(scanned) = self.places.overflows(within, rest.len() > within.len()) {
            return Ok((self.begin_long(within.get(..scanned).unwrap_or_default(), output)?, true));
        }
        if last {
            // Nobody reads a tag that the document ends in.
            self.put(rest, output)?;
            return Ok((rest.len(), false));
        }
        Ok((0, false))
    }
}

/// What a `<` begins; `None` when there are too few bytes to tell.
fn opening(markup: &[u8], last: bool) -> Option<Opening> {
    let opening = match markup.get(1) {
        Some(b'/') => Opening::End,
        Some(b'?') => match begins(markup, STYLESHEET) {
            Some(true) => match markup.get(STYLESHEET.len()) {
                Some(b' ' | b'\t' | b'\n' | b'\r' | b'?') => Opening::Stylesheet,
                None if !last => return None,
                _ => Opening::Instruction,
            },
            None if !last => return None,
            _ => Opening::Instruction,
        },
        Some(b'!') => {
            let known = [(&b"<!--"[..], Opening::Comment), (CDATA, Opening::Cdata), (DOCTYPE, Opening::Doctype)];
            for (start, opening) in known {
                match begins(markup, start) {
                    Some(true) => return Some(opening),
                    None if !last => return None,
                    _ => {}
                }
            }
            Opening::Text
        }
        Some(byte) if byte.is_ascii_alphabetic() || matches!(byte, b'_' | b':' | 0x80..) => Opening::Start,
        None if !last => return None,
        _ => Opening::Text,
    };
    Some(opening)
}

/// Whether `text` begins with `start`; `None` when it is too short to tell.
fn begins(text: &[u8], start: &[u8]) -> Option<bool> {
    let length = text.len().min(start.len());
    if text.get(..length) != start.get(..length) {
        return Some(false);
    }
    (length == start.len()).then_some(true)
}

/// Where `end` begins in `rest` and true; or how much of it comes before anything that may be the beginning of it.
pub(super) fn find(rest: &[u8], end: &[u8], last: bool) -> (usize, bool) {
    if let Some(at) = memmem::find(rest, end) {
        return (at, true);
    }
    let tail = |length: &usize| rest.get(rest.len() - length..).is_some_and(|tail| end.starts_with(tail));
    let longest = end.len().saturating_sub(1).min(rest.len());
    let held = if last { 0 } else { (1..=longest).rev().find(tail).unwrap_or(0) };
    (rest.len() - held, false)
}
