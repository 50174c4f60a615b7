//! Tags that are longer than what may be held: read in parts, so that the page goes on.
//!
//! Nearly always one value is long, and it is an image that the page carries itself. What stands before that value is
//! judged as a tag of its own, then the value streams, then what stands behind it is judged. Each part is judged as
//! if the others said whatever would make it fetch: a `link` as a style sheet, a `meta` as a refresh. A value that cannot
//! be looked at as a whole stays only where it cannot matter: in an attribute from which nothing is fetched, or as an image
//! in a `data:` address. Anywhere else its attribute goes out of sight before the value is known. A script of that kind
//! does not run.
//!
//! Inside of a part of a page (a `noscript`, a frame's document, a comment that is read), such a tag becomes text instead:
//! outside, its beginning could get another end.

use std::borrow::Cow;

use memchr::memchr;

use super::Rewriter;
use super::address::decode;
use super::apart::{Element, Outcome, Reading, long_value_may_stay};
use super::foreign::Namespace;
use super::tag::{Edits, Tag};
use super::tokenizer::TagScanner;
use super::tokens::Out;
use crate::enforce::Surface;
use crate::policy::Verdict;

/// A tag that is read in parts.
#[derive(Debug)]
pub(super) struct Long {
    /// Its name in lower case, short enough to be one that matters; empty while it is not known.
    name: Vec<u8>,
    way: Way,
    scanner: TagScanner,
    /// The quote of the value that streams, 0 for one without quotes.
    value: Option<u8>,
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
    /// The tag that begins at `at` is longer than what may be held.
    pub(super) fn begin_long(&mut self, out: &mut Out<'_>, at: usize) {
        let is_end = out.slice(at + 1, at + 2) == b"/";
        let mut scanner = TagScanner::default();
        scanner.reset(if is_end { 2 } else { 1 });
        let way = match is_end {
            _ if self.depth > 0 && !self.judge.passes_everything() => Way::Text,
            true => Way::End,
            false => Way::Start,
        };
        self.long = Some(Long { name: Vec::new(), way, scanner, value: None });
    }

    /// In a tag that is read in parts, from `at` on. Gives how many bytes are done with, and whether more can be done.
    pub(super) fn long_tag(&mut self, out: &mut Out<'_>, at: usize, last: bool) -> (usize, bool) {
        let Some(mut long) = self.long.take() else { return (0, true) };
        let rest = out.slice(at, out.bytes.len());
        if let Some(quote) = long.value {
            let (used, ended) = self.long_value(&long, out, at, quote);
            if ended {
                long.value = None;
                long.scanner.reset_inside();
            }
            self.long = Some(long);
            return (used, ended);
        }
        let within = rest.get(..self.max_token_bytes).unwrap_or(rest);
        if let Some(length) = long.scanner.scan(within) {
            self.name_long(&mut long, within, out, at);
            let scanner = std::mem::take(&mut long.scanner);
            let tag = Tag::new(within.get(..length).unwrap_or_default(), &scanner);
            self.write_part(&mut long, &tag, None, out, at);
            match long.way {
                Way::Start | Way::Later { .. } => self.leave_long(&tag, &long.name, out, at + length),
                Way::End => self.end_element(&long.name),
                Way::Text => {}
            }
            return (length, true);
        }
        if let Some(scanned) = long.scanner.overflows(within, rest.len() > within.len()) {
            let held = within.get(..scanned).unwrap_or_default();
            self.name_long(&mut long, held, out, at);
            let used = self.part_of_long(&mut long, held, out, at);
            self.long = Some(long);
            return (used, true);
        }
        if last {
            // Browsers drop a tag that the page ends in.
            if long.way == Way::Text {
                self.harmless(rest, out.replace(at, at + rest.len()));
            }
            return (rest.len(), true);
        }
        self.long = Some(long);
        (0, false)
    }

    /// Takes note of the name, once it is there.
    fn name_long(&mut self, long: &mut Long, held: &[u8], out: &mut Out<'_>, at: usize) {
        let (start, end) = long.scanner.name();
        if !long.name.is_empty() || !matches!(long.way, Way::Start | Way::End) {
            return;
        }
        let name = held.get(start..end).unwrap_or_default();
        long.name = if name.is_empty() || name.len() > MAX_NAME { b"x".to_vec() } else { name.to_ascii_lowercase() };
        let plain = self.foreign.is_empty() && !matches!(&*long.name, b"svg" | b"math");
        if long.way == Way::Start && plain && !self.injection.idle() {
            out.keep(at);
            self.injection.before_element(&long.name, out.output);
        }
    }

    /// In the value that streams.
    fn long_value(&self, long: &Long, out: &mut Out<'_>, at: usize, quote: u8) -> (usize, bool) {
        let rest = out.slice(at, out.bytes.len());
        let end = if quote == 0 {
            rest.iter().position(|byte| matches!(byte, b'\t' | b'\n' | b'\x0c' | b'\r' | b' ' | b'>'))
        } else {
            memchr(quote, rest).map(|end| end + 1)
        };
        let used = end.unwrap_or(rest.len());
        // Where the page is read both ways, the value may be markup to a browser.
        if long.way == Way::Text || self.read_twice() {
            let value = out.slice(at, at + used);
            self.harmless(value, out.replace(at, at + used));
        }
        (used, end.is_some())
    }

    /// Writes as much of `held`, which was scanned, as can be judged, and settles how it goes on.
    fn part_of_long(&mut self, long: &mut Long, held: &[u8], out: &mut Out<'_>, at: usize) -> usize {
        let last = long.scanner.attributes().last().copied();
        let open = last.filter(|_| long.scanner.in_value());
        let start = last.filter(|_| long.scanner.in_attribute()).map(|one| one.name.0);
        if matches!(long.way, Way::Text | Way::End) {
            // Only where it ends is still of interest.
            long.value = open.map(|open| open.quote);
            if long.way == Way::Text {
                self.harmless(held, out.replace(at, at + held.len()));
            }
            long.scanner.forget();
            return held.len();
        }
        let named = long.way != Way::Start || long.scanner.name().1 > 0;
        // A name, and nothing but space behind it.
        let lone = start == Some(0) && open.is_none() && long.scanner.awaits_value();
        if !named || (open.is_none() && start == Some(0) && !lone) {
            // Nothing that matters has so long a name.
            long.scanner.forget();
            long.way = Way::Later { stopped: matches!(long.way, Way::Later { stopped: true }) };
            return held.len();
        }
        let cut = open.map(|open| open.value.0).or_else(|| start.filter(|_| !lone)).unwrap_or(held.len());
        let part = held.get(..cut).unwrap_or_default();
        let mut scanner = TagScanner::default();
        match long.way {
            Way::Start => scanner.reset(1),
            _ => scanner.reset_inside(),
        }
        // Once more, so that what is cut off is not among the attributes.
        scanner.scan(part);
        let value = open.map(|open| held.get(open.value.0..).unwrap_or_default());
        let value = value.map(|value| value.get(..ENOUGH).unwrap_or(value)).or_else(|| lone.then_some(&b""[..]));
        self.write_part(long, &Tag::new(part, &scanner), value, out, at);
        long.value = open.map(|open| open.quote);
        if cut == held.len() {
            long.scanner.forget();
        } else {
            long.scanner.reset_inside();
        }
        cut
    }

    /// Judges and writes a part of the tag. `value` is the beginning of the long value that follows it.
    fn write_part(&mut self, long: &mut Long, tag: &Tag<'_>, value: Option<&[u8]>, out: &mut Out<'_>, at: usize) {
        match long.way {
            Way::Text => self.harmless(tag.bytes, out.replace(at, at + tag.bytes.len())),
            Way::End => {}
            Way::Start | Way::Later { .. } => {
                let mut edits = self.judge_part(tag, long, value);
                let stopped = edits.stop_script || long.way == Way::Later { stopped: true };
                if long.way != Way::Start {
                    // What goes behind the name was written with it.
                    let kinds = tag.attributes().filter(|(_, name, _)| stopped && name.eq_ignore_ascii_case(b"type"));
                    edits.hidden.extend(kinds.map(|(at, ..)| at));
                    edits.stop_script = false;
                    edits.services.clear();
                }
                if !edits.is_empty() {
                    tag.write(&edits, out.replace(at, at + tag.bytes.len()));
                }
                long.way = Way::Later { stopped };
            }
        }
    }

    fn judge_part(&mut self, tag: &Tag<'_>, long: &Long, value: Option<&[u8]>) -> Edits {
        let attributes: Vec<(Cow<'_, [u8]>, Cow<'_, str>)> =
            tag.attributes().map(|(_, name, value)| (Cow::Owned(name.to_ascii_lowercase()), decode(value))).collect();
        let element = Element { name: &long.name, reading: Reading::Any, attributes: &attributes, partial: true };
        let mut outcome = self.element_apart(&element);
        if long.way == Way::Start && outcome.runs && !outcome.stop_script {
            let decision = self.judge.judge_unreadable(Surface::InlineScript, "<script>");
            outcome.stop(&self.judge, &decision);
        }
        if let (Some(value), Some((name, _))) = (value, attributes.last()) {
            let at = attributes.len() - 1;
            if !long_value_may_stay(&long.name, name, &decode(value)) && !outcome.hidden.contains(&at) {
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
        Edits { hidden, values, stop_script, services, ..Edits::default() }
    }

    /// The tag is over, at `end`: what it means to what follows. `tag` is its last part.
    fn leave_long(&mut self, tag: &Tag<'_>, name: &[u8], out: &mut Out<'_>, end: usize) {
        // What would tell stood in a part that is gone.
        self.foreign.ambiguous |= !self.foreign.is_empty() && matches!(name, b"font" | b"annotation-xml");
        if self.namespace(tag, name) == Namespace::Html {
            if !self.injection.idle() {
                out.keep(end);
                self.injection.after_element(name, out.output);
            }
            self.enter(tag, name);
        }
    }
}
