//! JSON that carries markup: strings in which a script of the page gets HTML to put there. They are read by the same
//! [rewriter](super::html) as a part of a page, and what may not be fetched is made inert in them.
//!
//! # How it reads
//!
//! A scanner over bytes follows the grammar of RFC 8259 just far enough to tell strings from what is between them, and
//! values from names. A string is looked at from its first `<` on, however that is written (`\u003c`); its text goes to the
//! rewriter as the escapes mean it, piece by piece, and comes back in place: **a piece that did not change keeps its bytes,
//! one that did is escaped as the document escapes** (`\/`, `\u003c`, `\u00e9` where they were seen before). Names are
//! never looked at: a script finds its values by them. A string that holds JSON itself is read in the same way, up to
//! [four](MAX_DEPTH) deep.
//!
//! # What is not JSON
//!
//! Nothing is an error. In what claims to be JSON and is not (a guard such as `)]}'` before it, a call around it), every
//! string in double quotes counts as a value. Where a `<` stands outside of strings, the rest is read as markup. In what does
//! not even claim to be JSON (a string that begins with `{`, HTML by its head that begins so) the first fault does that.
//!
//! # Bounds
//!
//! What is held back is one tag, or one inline script that is still to be judged, of one string, up to the cap for pages;
//! what becomes of longer ones is the page rewriter's. Should it give up, and in JSON that is nested too deep, `<` is
//! written `&lt;` where the visitor did not agree to everything: a page that is read further can take that back, a tag
//! that was let through nobody can.
//!
//! Text that only looks like markup (a code sample, a description that an editor of the shop fetches to store it again) is
//! rewritten as well, because nobody can tell from here; back offices are routes with `mode = "off"`.

mod escape;
mod inside;
mod syntax;

use self::escape::{Style, Unit, unit};
use self::inside::Inside;
use self::syntax::{Step, Syntax};
use super::html::{self, TokenTooLong};
use super::{Journal, Judge};

/// How many times JSON in strings of JSON is followed.
pub const MAX_DEPTH: u8 = 4;

/// How a body is to be read.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The most bytes that one tag, or one inline script that is still to be judged, may have.
    pub max_token_bytes: usize,
    /// Nobody says that it is JSON, it only begins so: from its first fault on it is markup.
    pub doubtful: bool,
}

/// Rewrites one body as it streams through.
#[derive(Debug)]
pub struct Rewriter {
    judge: Judge,
    options: Options,
    depth: u8,
    syntax: Syntax,
    style: Style,
    place: Place,
    /// Bytes of an incomplete escape, from its start.
    carry: Vec<u8>,
}

/// Where in the body it is.
#[derive(Debug)]
enum Place {
    /// Between strings.
    Between,
    /// In a string that holds no markup so far. `fresh`: nothing but white space so far.
    Plain { name: bool, fresh: bool },
    /// In a string that is read.
    Inside(Box<Inside>),
    /// In something that is no JSON.
    Markup(Box<html::Rewriter>),
}

impl Rewriter {
    /// A rewriter for the request of `judge`.
    pub fn new(judge: Judge, options: Options) -> Self {
        Self::at_depth(judge, options, 0)
    }

    fn at_depth(judge: Judge, options: Options, depth: u8) -> Self {
        Self {
            judge,
            options,
            depth,
            syntax: Syntax::new(options.doubtful),
            style: Style::default(),
            place: Place::Between,
            carry: Vec::new(),
        }
    }

    /// Takes the next bytes of the body and appends what can go out to `output`.
    ///
    /// # Errors
    /// When the body turns out to be markup and a tag of it is longer than the cap. JSON gives none.
    pub fn write(&mut self, input: &[u8], output: &mut Vec<u8>) -> Result<(), TokenTooLong> {
        if self.carry.is_empty() {
            let used = self.run(input, false, output)?;
            self.carry.extend_from_slice(input.get(used..).unwrap_or_default());
        } else {
            let mut held = std::mem::take(&mut self.carry);
            held.extend_from_slice(input);
            let used = self.run(&held, false, output)?;
            held.drain(..used);
            self.carry = held;
        }
        Ok(())
    }

    /// The body is complete: appends the rest.
    ///
    /// # Errors
    /// As for [`write`](Self::write).
    pub fn end(&mut self, output: &mut Vec<u8>) -> Result<(), TokenTooLong> {
        let held = std::mem::take(&mut self.carry);
        self.run(&held, true, output)?;
        match std::mem::replace(&mut self.place, Place::Between) {
            Place::Inside(mut inside) => {
                inside.settle(&mut self.judge, self.options, &self.style, true, output);
                self.judge.absorb(inside.take_journal());
            }
            Place::Markup(mut markup) => {
                let result = markup.end(output);
                self.judge.absorb(markup.take_journal());
                result?;
            }
            Place::Between | Place::Plain { .. } => {}
        }
        Ok(())
    }

    /// What was found since the last call.
    pub fn take_journal(&mut self) -> Journal {
        match &mut self.place {
            Place::Inside(inside) => self.judge.absorb(inside.take_journal()),
            Place::Markup(markup) => self.judge.absorb(markup.take_journal()),
            Place::Between | Place::Plain { .. } => {}
        }
        self.judge.take_journal()
    }

    /// Works through `bytes` and gives how many of them are done with.
    fn run(&mut self, bytes: &[u8], last: bool, output: &mut Vec<u8>) -> Result<usize, TokenTooLong> {
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let used = match &mut self.place {
                Place::Between => self.between(rest, output),
                Place::Plain { .. } => match self.plain(rest, last, output) {
                    (used, true) => used,
                    (used, false) => return Ok(at + used),
                },
                Place::Inside(_) => match self.inside(rest, last, output) {
                    (used, true) => used,
                    (used, false) => return Ok(at + used),
                },
                Place::Markup(markup) => {
                    markup.write(rest, output)?;
                    rest.len()
                }
            };
            at += used;
        }
        Ok(at)
    }

    /// Between strings, up to and with the quote that begins one.
    fn between(&mut self, rest: &[u8], output: &mut Vec<u8>) -> usize {
        for (at, byte) in rest.iter().enumerate() {
            let used = match self.syntax.step(*byte) {
                Step::On => continue,
                Step::Quote { name } => {
                    self.place = Place::Plain { name, fresh: true };
                    at + 1
                }
                Step::Fault if *byte == b'<' || self.options.doubtful => {
                    self.place = Place::Markup(Box::new(self.markup()));
                    at
                }
                Step::Fault => {
                    self.syntax.give_up();
                    at
                }
            };
            output.extend_from_slice(rest.get(..used).unwrap_or_default());
            return used;
        }
        output.extend_from_slice(rest);
        rest.len()
    }

    /// In a string that holds no markup so far. Gives how many bytes are done with, and whether the next one can be looked at.
    fn plain(&mut self, rest: &[u8], last: bool, output: &mut Vec<u8>) -> (usize, bool) {
        let Place::Plain { name, fresh } = &mut self.place else { return (0, true) };
        let mut at = 0;
        let mut more = true;
        let mut begins = None;
        while let Some(tail) = rest.get(at..).filter(|tail| !tail.is_empty()) {
            if !*fresh {
                let Some(found) = memchr::memchr3(b'"', b'\\', b'<', tail) else {
                    at = rest.len();
                    break;
                };
                at += found;
            }
            let tail = rest.get(at..).unwrap_or_default();
            if tail.first() == Some(&b'"') {
                self.place = Place::Between;
                at += 1;
                break;
            }
            let Some(Unit { length, code }) = unit(tail, last) else {
                more = false;
                break;
            };
            self.style.learn(tail.get(..length).unwrap_or_default(), code);
            let holds_json = *fresh && (code == u32::from(b'{') || code == u32::from(b'['));
            *fresh &= matches!(code, 0x09 | 0x0a | 0x0d | 0x20);
            if !*name && (holds_json || code == u32::from(b'<')) {
                begins = Some(holds_json);
                break;
            }
            at += length;
        }
        output.extend_from_slice(rest.get(..at).unwrap_or_default());
        if let Some(holds_json) = begins {
            let inside = if !holds_json {
                Inside::markup(self.markup())
            } else if self.depth < MAX_DEPTH {
                let options = Options { doubtful: true, ..self.options };
                Inside::json(Self::at_depth(self.judge.fork(), options, self.depth + 1))
            } else {
                Inside::unreadable()
            };
            self.place = Place::Inside(Box::new(inside));
        }
        (at, more)
    }

    /// In a string that is read; gives what [`plain`](Self::plain) does.
    fn inside(&mut self, rest: &[u8], last: bool, output: &mut Vec<u8>) -> (usize, bool) {
        let Place::Inside(inside) = &mut self.place else { return (0, true) };
        let mut at = 0;
        let mut more = true;
        while let Some(tail) = rest.get(at..).filter(|tail| !tail.is_empty()) {
            let ordinary =
                tail.iter().position(|byte| matches!(byte, b'"' | b'\\' | b'<' | b'>')).unwrap_or(tail.len());
            inside.take(tail.get(..ordinary).unwrap_or_default());
            at += ordinary;
            let tail = rest.get(at..).unwrap_or_default();
            if tail.first() == Some(&b'"') {
                inside.settle(&mut self.judge, self.options, &self.style, true, output);
                self.judge.absorb(inside.take_journal());
                self.place = Place::Between;
                output.push(b'"');
                return (at + 1, true);
            }
            if tail.is_empty() {
                break;
            }
            let Some(Unit { length, code }) = unit(tail, last) else {
                more = false;
                break;
            };
            let raw = tail.get(..length).unwrap_or_default();
            self.style.learn(raw, code);
            // Tags are settled by themselves, so that the text around them keeps its bytes.
            if code == u32::from(b'<') {
                inside.settle(&mut self.judge, self.options, &self.style, false, output);
            }
            inside.take_unit(raw, code);
            if code == u32::from(b'>') {
                inside.settle(&mut self.judge, self.options, &self.style, false, output);
            }
            at += length;
        }
        inside.settle(&mut self.judge, self.options, &self.style, false, output);
        (at, more)
    }

    /// A rewriter for markup at this place.
    fn markup(&self) -> html::Rewriter {
        inside::markup(self.judge.fork(), self.options)
    }
}

/// The first two strings in `text`, which is JSON, as they are meant.
pub(super) fn first_strings(text: &[u8]) -> Vec<String> {
    let mut strings = Vec::new();
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'"', rest).filter(|_| strings.len() < 2) {
        rest = rest.get(at + 1..).unwrap_or_default();
        let mut plain = Vec::new();
        while let Some(Unit { length, code }) = unit(rest, true).filter(|_| rest.first() != Some(&b'"')) {
            let (raw, after) = rest.split_at_checked(length).unwrap_or((rest, b""));
            escape::decode(raw, code, &mut plain);
            rest = after;
        }
        rest = rest.get(1..).unwrap_or_default();
        strings.push(String::from_utf8_lossy(&plain).into_owned());
    }
    strings
}
