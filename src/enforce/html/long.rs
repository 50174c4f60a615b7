//! Tags that are longer than what may be held: read in parts, so that the page goes on.
//!
//! Nearly always one value is long, and it is an image that the page carries itself. What stands before that value is
//! judged as a tag of its own, then the value streams, then what stands behind it is judged. Each part is judged as
//! if the others said whatever would make it fetch: a `link` as a style sheet, a `meta` as a refresh, an element as one
//! of HTML and of SVG. A value that cannot be looked at as a whole stays only where it cannot matter: in an attribute
//! from which nothing is fetched, or as an image in a `data:` address. Anywhere else its attribute goes out of sight before
//! the value is known. A script of that kind does not run.
//!
//! Inside of a part of a page (a `noscript`, a frame's document, a comment that is read), such a tag becomes text instead:
//! outside, its beginning could get another end.

use std::borrow::Cow;

use memchr::memchr;

use super::address::decode;
use super::apart::{Element, Outcome, Reading, long_value_may_stay};
use super::foreign::Namespace;
use super::scan::Scanner;
use super::tag::{Edits, Tag};
use super::tokens::Mode;
use super::{Rewriter, TokenTooLong};
use crate::enforce::Surface;
use crate::policy::Verdict;

/// A tag that is read in parts.
#[derive(Debug)]
pub(super) struct Long {
    /// Its name in lower case, short enough to be one that matters.
    name: Vec<u8>,
    way: Way,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// A start tag; the part that is next is the first.
    Start,
    /// A start tag of which something was written, and whether it is a script that may not run.
    Later { stopped: bool },
    /// An end tag: nothing in it matters.
    End,
    /// No tag any more.
    Text,
}

/// How much of a long value is looked at, in bytes: its scheme is there or nowhere.
const ENOUGH: usize = 256;

/// Longer names are not of any element that matters.
const MAX_NAME: usize = 64;

impl Rewriter {
    /// The beginning of a tag, `held`, is all that may be held of it. Gives how much of it is done with.
    pub(super) fn begin_long(
        &mut self,
        held: &[u8],
        end_tag: bool,
        output: &mut Vec<u8>,
    ) -> Result<usize, TokenTooLong> {
        let name = held.get(if end_tag { 2 } else { 1 }..self.scanner.name_end).unwrap_or_default();
        let name = if name.len() > MAX_NAME { b"x".to_vec() } else { name.to_ascii_lowercase() };
        let way = match end_tag {
            _ if self.depth > 0 && !self.judge.passes_everything() => Way::Text,
            true => Way::End,
            false => Way::Start,
        };
        if way == Way::Start && self.foreign.is_empty() && !matches!(&*name, b"svg" | b"math") {
            self.injection.before_element(&name, output);
        }
        self.long = Some(Long { name, way });
        self.part_of_long(held, output)
    }

    /// In a tag that is read in parts.
    pub(super) fn long_tag(
        &mut self,
        rest: &[u8],
        last: bool,
        output: &mut Vec<u8>,
    ) -> Result<(usize, bool), TokenTooLong> {
        let within = rest.get(..self.max_token_bytes).unwrap_or(rest);
        let Some(length) = self.scanner.scan(within) else {
            if let Some(scanned) = self.scanner.overflows(within, rest.len() > within.len()) {
                return Ok((self.part_of_long(within.get(..scanned).unwrap_or_default(), output)?, true));
            }
            if last {
                self.mode = Mode::Data;
                if self.long.take().is_some_and(|long| long.way == Way::Text) {
                    self.harmless(rest, output);
                } else {
                    // Browsers drop a tag that the page ends in.
                    output.extend_from_slice(rest);
                }
                return Ok((rest.len(), false));
            }
            return Ok((0, false));
        };
        let part = within.get(..length).unwrap_or_default();
        self.mode = Mode::Data;
        let scanner = std::mem::take(&mut self.scanner);
        let written = self.write_part(part, &scanner, None, output);
        let long = self.long.take();
        written?;
        match long {
            Some(Long { name, way: Way::Start | Way::Later { .. } }) => {
                self.leave_long(&Tag::new(part, &scanner), &name, output)
            }
            Some(Long { name, way: Way::End }) => self.end_of(&name),
            _ => {}
        }
        self.scanner = scanner;
        Ok((length, true))
    }

    /// In the value that streams.
    pub(super) fn long_value(&mut self, rest: &[u8], quote: u8, output: &mut Vec<u8>) -> (usize, bool) {
        let end = if quote == 0 {
            rest.iter().position(|byte| matches!(byte, b'\t' | b'\n' | b'\x0c' | b'\r' | b' ' | b'>'))
        } else {
            memchr(quote, rest).map(|at| at + 1)
        };
        let used = end.unwrap_or(rest.len());
        let value = rest.get(..used).unwrap_or_default();
        let is_text = self.long.as_ref().is_some_and(|long| long.way == Way::Text);
        // Where the page is read both ways, the value may be markup to a browser.
        if is_text || self.read_twice() {
            self.harmless(value, output);
        } else {
            output.extend_from_slice(value);
        }
        if end.is_some() {
            self.scanner.reset_inside();
            self.mode = Mode::LongTag;
        }
        (used, end.is_some())
    }

    /// Writes as much of `held`, which was scanned, as can be judged, and settles how it goes on.
    fn part_of_long(&mut self, held: &[u8], output: &mut Vec<u8>) -> Result<usize, TokenTooLong> {
        let open = self.scanner.attributes.last().filter(|_| self.scanner.in_value()).copied();
        let start = self.scanner.attributes.last().filter(|_| self.scanner.in_attribute()).map(|one| one.name.0);
        let way = self.long.as_ref().map_or(Way::Text, |long| long.way);
        let named = way != Way::Start || self.scanner.name_end > 0;
        self.mode = Mode::LongTag;
        if matches!(way, Way::Text | Way::End) {
            // Only where it ends is still of interest.
            if let Some(open) = open {
                self.mode = Mode::LongValue { quote: open.quote };
            }
            if way == Way::Text {
                self.harmless(held, output)
            } else {
                output.extend_from_slice(held)
            }
            self.scanner.forget();
            return Ok(held.len());
        }
        // A name, and nothing but space behind it.
        let lone = start == Some(0) && open.is_none() && self.scanner.awaits_value();
        if !named || (open.is_none() && start == Some(0) && !lone) {
            // Nothing that matters has so long a name.
            output.extend_from_slice(held);
            self.scanner.forget();
            if let Some(long) = &mut self.long {
                long.way = Way::Later { stopped: false };
            }
            return Ok(held.len());
        }
        let cut = open.map(|open| open.value.0).or(start.filter(|_| !lone)).unwrap_or(held.len());
        let part = held.get(..cut).unwrap_or_default();
        let mut scanner = Scanner::default();
        match way {
            Way::Start => scanner.reset(1),
            _ => scanner.reset_inside(),
        }
        // Once more, so that what is cut off is not among the attributes.
        scanner.scan(part);
        let value = open.map(|open| held.get(open.value.0..).unwrap_or_default());
        let value = value.map(|value| value.get(..ENOUGH).unwrap_or(value)).or_else(|| lone.then_some(&b""[..]));
        self.write_part(part, &scanner, value, output)?;
        if let Some(open) = open {
            self.mode = Mode::LongValue { quote: open.quote };
        }
        if cut == held.len() {
            self.scanner.forget();
        } else {
            self.scanner.reset_inside();
        }
        Ok(cut)
    }

    /// Judges and writes a part of the tag. `value` is the beginning of the long value that follows it.
    fn write_part(
        &mut self,
        part: &[u8],
        scanner: &Scanner,
        value: Option<&[u8]>,
        output: &mut Vec<u8>,
    ) -> Result<(), TokenTooLong> {
        let Some(long) = self.long.take() else { return Ok(()) };
        let way = long.way;
        match way {
            Way::Text => self.harmless(part, output),
            Way::End => output.extend_from_slice(part),
            Way::Start | Way::Later { .. } => {
                let tag = Tag::new(part, scanner);
                let mut edits = self.judge_part(&tag, &long, value)?;
                let stopped = edits.stop_script || way == Way::Later { stopped: true };
                if way != Way::Start {
                    // What goes behind the name was written with it.
                    let kinds = tag.attributes().filter(|(_, name, _)| stopped && name.eq_ignore_ascii_case(b"type"));
                    let kinds: Vec<usize> = kinds.map(|(at, ..)| at).collect();
                    edits.hidden.extend(kinds);
                    edits.stop_script = false;
                    edits.services.clear();
                }
                tag.write(&edits, output);
                self.long = Some(Long { way: Way::Later { stopped }, ..long });
                return Ok(());
            }
        }
        self.long = Some(long);
        Ok(())
    }

    fn judge_part(&mut self, tag: &Tag<'_>, long: &Long, value: Option<&[u8]>) -> Result<Edits, TokenTooLong> {
        let attributes: Vec<(Cow<'_, [u8]>, Cow<'_, str>)> =
            tag.attributes().map(|(_, name, value)| (Cow::Owned(name.to_ascii_lowercase()), decode(value))).collect();
        let element = Element { name: &long.name, reading: Reading::Any, attributes: &attributes, partial: true };
        let mut outcome = self.element_apart(&element)?;
        if long.way == Way::Start && outcome.runs {
            let decision = self.judge.judge_unreadable(Surface::InlineScript, "<script>");
            outcome.stop(&self.judge, &decision);
        }
        if let (Some(value), Some((name, _))) = (value, attributes.last()) {
            let at = attributes.len() - 1;
            let stays = long_value_may_stay(Reading::Any, &long.name, name, &decode(value));
            if !stays && !outcome.hidden.contains(&at) {
                let subject = format!("<{} {}>", String::from_utf8_lossy(&long.name), String::from_utf8_lossy(name));
                if self.judge.judge_unreadable(Surface::Element, &subject).verdict == Verdict::Drop {
                    outcome.hidden.push(at);
                    if outcome.services.is_empty() {
                        outcome.services.push("unknown".to_owned());
                    }
                }
            }
        }
        let Outcome { hidden, values, stop_script, services, .. } = outcome;
        Ok(Edits { hidden, values, stop_script, services, ..Edits::default() })
    }

    /// The tag is over: what it means to what follows. `tag` is its last part.
    fn leave_long(&mut self, tag: &Tag<'_>, name: &[u8], output: &mut Vec<u8>) {
        // What would tell stood in a part that is gone.
        self.foreign.ambiguous |= !self.foreign.is_empty() && matches!(name, b"font" | b"annotation-xml");
        let namespace = self.namespace(tag, name);
        if namespace == Namespace::Html {
            self.injection.after_element(name, output);
            self.enter(tag, name);
        }
    }
}
