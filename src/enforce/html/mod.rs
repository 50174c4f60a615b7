//! HTML: finds everything in a page that makes a browser fetch something, asks the judge, and makes inert in place what
//! may not be fetched.
//!
//! # Why a tokenizer of our own
//!
//! The field uses `lol_html`. It was measured blind inside `noscript`, `srcdoc` and conditional comments, which is where
//! trackers for browsers without scripts live; a self-closed `<svg/>` makes it read a script as markup and lose a tracker
//! in what it takes for a comment; ambiguous markup in `select` stops it altogether; and with handlers it ran at 0.3 to
//! 0.4 GB/s where sketches of a plain scanner ran at 1.2 to 1.5. This scanner follows the tokenizer of the HTML Standard
//! (§13.2.5) over the bytes as they are, in any encoding in which ASCII bytes mean ASCII; it reads the insides of
//! `noscript`, `srcdoc` and comments with the same code; and it never stops.
//!
//! # Two readings
//!
//! A scanner without a tree cannot always know what a tree builder makes of a page: mis-nested SVG and MathML, raw text
//! inside `select`, a `noscript` that ends inside something. Where that happens the rest of the page is read both ways:
//! what one reading takes for a comment, a text or an attribute's value is searched for markup as well, and what may not
//! be fetched is made inert there, too. Such pages may be edited more than needed; they never leak.
//!
//! # What it promises
//!
//! Bytes of what is kept never change, whatever the chunks in which they come. Running it on its own output changes
//! nothing. Time is linear; what is held back is one tag, or one inline script, up to a cap.
//!
//! It does not look into style sheets, and it does not see what scripts do later: that is what the
//! [policy line](super::csp) is for.

mod address;
mod element;
mod elements;
mod foreign;
mod inject;
mod raw;
mod scan;
mod tag;

use std::sync::Arc;

use memchr::memchr;
use memchr::memmem;
use url::Url;

use self::element::Verdicts;
use self::foreign::{Foreign, Namespace};
use self::inject::Injection;
use self::raw::{Found, RawText, starts_with};
use self::scan::Scanner;
use self::tag::{Edits, Tag};
use super::{Journal, Judge};
use crate::policy::Verdict;

/// How deep documents inside documents are followed.
const MAX_DEPTH: u8 = 6;

/// What to put into a page, and how much of it may be held back.
#[derive(Clone, Debug)]
pub struct Options {
    /// ASCII markup put in once, as early in the document as scripts may run.
    pub inject_head: Option<Arc<str>>,
    /// ASCII markup put in once, at the beginning of the body.
    pub inject_body: Option<Arc<str>>,
    /// The most bytes that one tag, or one inline script that is still to be judged, may have.
    pub max_token_bytes: usize,
    /// The page is part of another: nothing is put in.
    pub fragment: bool,
}

/// A tag that is longer than the cap. Nothing of it was written, and nothing more will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a tag of the page is too long to be judged")]
pub struct TokenTooLong;

/// Rewrites one page as it streams through.
#[derive(Debug)]
pub struct Rewriter {
    judge: Judge,
    verdicts: Verdicts,
    injection: Injection,
    max_token_bytes: usize,
    depth: u8,
    mode: Mode,
    /// Bytes of an incomplete token, from its start.
    carry: Vec<u8>,
    scanner: Scanner,
    foreign: Foreign,
    in_select: bool,
    /// What stands behind this part of a page may belong to its last tag.
    open_ended: bool,
    failed: bool,
}

#[derive(Debug)]
enum Mode {
    /// Between tags.
    Data,
    /// In a tag that starts at the first byte that is left.
    Tag { end: bool },
    /// In something that ends at the next `>`.
    Bogus,
    /// In a comment, behind its `<!--`, or a CDATA section.
    Until { terminators: &'static [&'static [u8]], inner: Inner },
    /// In text that ends with the right end tag.
    Text { raw: RawText, inner: Inner },
    /// In an inline script whose tag starts at the first byte that is left.
    Script { raw: RawText, tag: usize, namespace: Namespace },
}

/// What becomes of bytes that a reading of the page takes for text.
#[derive(Debug)]
enum Inner {
    /// They pass.
    Pass,
    /// They are read as markup, too.
    Markup(Box<Rewriter>),
    /// They are made harmless without being read: documents are nested too deep.
    Defuse,
}

/// A comment ends with either of these.
const COMMENT_END: &[&[u8]] = &[b"-->", b"--!>"];

const CDATA_END: &[&[u8]] = &[b"]]>"];

impl Rewriter {
    /// A rewriter for the page of `judge`.
    pub fn new(judge: Judge, options: Options) -> Self {
        let injection = if options.fragment {
            Injection::default()
        } else {
            Injection::new(options.inject_head, options.inject_body)
        };
        let verdicts = Verdicts::new(&judge);
        Self::build(judge, verdicts, injection, options.max_token_bytes, 0)
    }

    fn build(judge: Judge, verdicts: Verdicts, injection: Injection, max_token_bytes: usize, depth: u8) -> Self {
        Self {
            judge,
            verdicts,
            injection,
            max_token_bytes,
            depth,
            mode: Mode::Data,
            carry: Vec::new(),
            scanner: Scanner::default(),
            foreign: Foreign::default(),
            in_select: false,
            open_ended: false,
            failed: false,
        }
    }

    /// Takes the next bytes of the page and appends what can go out to `output`.
    ///
    /// # Errors
    /// When a tag is longer than the cap. Every later call gives the same error.
    pub fn write(&mut self, input: &[u8], output: &mut Vec<u8>) -> Result<(), TokenTooLong> {
        self.feed(input, false, output)
    }

    /// The page is complete: appends the rest.
    ///
    /// # Errors
    /// As for [`write`](Self::write).
    pub fn end(&mut self, output: &mut Vec<u8>) -> Result<(), TokenTooLong> {
        self.feed(b"", true, output)?;
        self.injection.at_end(output);
        Ok(())
    }

    /// What was found since the last call.
    pub fn take_journal(&mut self) -> Journal {
        self.judge.take_journal()
    }

    fn feed(&mut self, input: &[u8], last: bool, output: &mut Vec<u8>) -> Result<(), TokenTooLong> {
        if self.failed {
            return Err(TokenTooLong);
        }
        let result = if self.carry.is_empty() {
            self.run(input, last, output).map(|used| {
                self.carry.extend_from_slice(input.get(used..).unwrap_or_default());
            })
        } else {
            let mut held = std::mem::take(&mut self.carry);
            held.extend_from_slice(input);
            self.run(&held, last, output).map(|used| {
                held.drain(..used);
                self.carry = held;
            })
        };
        self.failed = result.is_err();
        result
    }

    /// Works through `bytes` and gives how many of them are done with.
    fn run(&mut self, bytes: &[u8], last: bool, output: &mut Vec<u8>) -> Result<usize, TokenTooLong> {
        let mut at = 0;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let (used, more) = match &mut self.mode {
                Mode::Data => self.data(rest, last, output)?,
                Mode::Tag { end } => {
                    let end = *end;
                    self.tag(rest, end, last, output)?
                }
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
    fn data(&mut self, rest: &[u8], last: bool, output: &mut Vec<u8>) -> Result<(usize, bool), TokenTooLong> {
        let Some(open) = memchr(b'<', rest) else {
            self.plain(rest, output);
            return Ok((rest.len(), false));
        };
        let (text, markup) = rest.split_at_checked(open).unwrap_or((rest, b""));
        self.plain(text, output);
        match self.opening(markup, last) {
            Some(Opening::Tag { end }) => {
                self.scanner.reset(if end { 2 } else { 1 });
                self.mode = Mode::Tag { end };
                Ok((open, true))
            }
            Some(Opening::Text) => {
                self.plain(b"<", output);
                Ok((open + 1, true))
            }
            Some(Opening::Bogus) => {
                self.mode = Mode::Bogus;
                Ok((open, true))
            }
            Some(Opening::EmptyComment(length)) => {
                output.extend_from_slice(markup.get(..length).unwrap_or_default());
                Ok((open + length, true))
            }
            Some(Opening::Comment { markup: reads }) => {
                output.extend_from_slice(b"<!--");
                let inner = if reads || self.foreign.ambiguous { self.inner() } else { Inner::Pass };
                self.mode = Mode::Until { terminators: COMMENT_END, inner };
                Ok((open + 4, true))
            }
            Some(Opening::Cdata) => {
                let head = markup.get(..9).unwrap_or_default();
                output.extend_from_slice(head);
                let inner = if self.foreign.ambiguous { self.inner() } else { Inner::Pass };
                self.mode = Mode::Until { terminators: CDATA_END, inner };
                Ok((open + head.len(), true))
            }
            None if last => {
                self.plain(markup, output);
                Ok((rest.len(), false))
            }
            None => Ok((open, false)),
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
        match memchr(b'>', rest) {
            Some(close) => {
                self.mode = Mode::Data;
                output.extend_from_slice(rest.get(..=close).unwrap_or_default());
                (close + 1, true)
            }
            None => {
                output.extend_from_slice(rest);
                (rest.len(), false)
            }
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

    /// Ends what was read as markup inside of text, and takes in what it found.
    fn leave_text(&mut self, output: &mut Vec<u8>) -> Result<(), TokenTooLong> {
        let (inner, is_comment) = match std::mem::replace(&mut self.mode, Mode::Data) {
            Mode::Until { inner, .. } => (inner, true),
            Mode::Text { inner, .. } => (inner, false),
            _ => return Ok(()),
        };
        if let Inner::Markup(mut inside) = inner {
            let whole = inside.finish(output)?;
            self.judge.absorb(inside.take_journal());
            // Without scripts, what a `noscript` leaves open goes on outside.
            self.foreign.ambiguous |= !whole && !is_comment;
        }
        Ok(())
    }

    /// Ends a part of a page that may go on outside of it. Gives whether it left nothing open.
    fn finish(&mut self, output: &mut Vec<u8>) -> Result<bool, TokenTooLong> {
        let whole = matches!(self.mode, Mode::Data);
        self.open_ended = true;
        self.feed(b"", true, output)?;
        Ok(whole && self.foreign.is_empty() && !self.foreign.ambiguous)
    }

    /// In an inline script that is held back until it can be judged.
    fn script(&mut self, rest: &[u8], last: bool, output: &mut Vec<u8>) -> Result<(usize, bool), TokenTooLong> {
        let Mode::Script { raw, tag, namespace } = &mut self.mode else {
            return Ok((0, false));
        };
        let (tag, namespace) = (*tag, *namespace);
        let (end, found) = match raw.search(rest) {
            Found::End(at) => (at, true),
            Found::TextUntil(_) if last => (rest.len(), false),
            Found::TextUntil(at) if at > self.max_token_bytes => (at, false),
            Found::TextUntil(_) => return Ok((0, false)),
        };
        let Mode::Script { mut raw, .. } = std::mem::replace(&mut self.mode, Mode::Data) else {
            return Ok((0, false));
        };
        let text = rest.get(tag..end).unwrap_or_default();
        let scanner = std::mem::take(&mut self.scanner);
        let start = Tag::new(rest.get(..tag).unwrap_or_default(), &scanner);
        let mut edits = self.element(&start, namespace, b"script")?;
        let decision = self.judge.judge_inline(text);
        if decision.verdict == Verdict::Drop {
            edits.stop_script = true;
            edits.blame(self.verdicts.blamed(&self.judge, &decision));
        }
        if namespace != Namespace::Html {
            // To a browser the text of such a script is markup like any other.
            start.write(&edits, output);
            self.scanner = scanner;
            return Ok((tag, true));
        }
        // Where the page is read both ways, the text may be markup to a browser.
        let mut twice = None;
        if self.foreign.ambiguous {
            let read = self.reread(text, false)?;
            if read != text {
                edits.stop_script = true;
                if edits.services.is_empty() {
                    edits.blame("unknown".to_owned());
                }
                twice = Some(read);
            }
        }
        start.write(&edits, output);
        self.scanner = scanner;
        output.extend_from_slice(twice.as_deref().unwrap_or(text));
        if !found && !last {
            // The cap is reached: what is there was judged, the rest streams.
            raw.forget(end);
            self.mode = Mode::Text { raw, inner: Inner::Pass };
        }
        Ok((end, found || !last))
    }

    /// In a tag.
    fn tag(
        &mut self,
        rest: &[u8],
        end_tag: bool,
        last: bool,
        output: &mut Vec<u8>,
    ) -> Result<(usize, bool), TokenTooLong> {
        let Some(length) = self.scanner.scan(rest) else {
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
            return if rest.len() > self.max_token_bytes { Err(TokenTooLong) } else { Ok((0, false)) };
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
        if name.eq_ignore_ascii_case(b"select") {
            self.in_select = false;
        }
        if !self.foreign.is_empty() {
            self.foreign.end(&name.to_ascii_lowercase());
        }
    }

    /// Judges and writes a start tag. Gives true when it is held back instead, with the script that it begins.
    fn start_tag(&mut self, tag: &Tag<'_>, output: &mut Vec<u8>) -> Result<bool, TokenTooLong> {
        let mut buffer = [0_u8; 24];
        let long;
        let name: &[u8] = match buffer.get_mut(..tag.name().len()) {
            Some(short) => {
                short.copy_from_slice(tag.name());
                short.make_ascii_lowercase();
                short
            }
            None => {
                long = tag.name().to_ascii_lowercase();
                &long
            }
        };
        let namespace = self.namespace(tag, name);
        if namespace == Namespace::Html {
            self.injection.before_element(name, output);
        }
        if name == b"script"
            && !(namespace != Namespace::Html && tag.self_closing())
            && element::is_inline(tag, namespace)
        {
            let raw = RawText::new(b"script", tag.bytes.len());
            self.mode = Mode::Script { raw, tag: tag.bytes.len(), namespace };
            return Ok(true);
        }
        let edits = self.element(tag, namespace, name)?;
        tag.write(&edits, output);
        if namespace == Namespace::Html {
            self.injection.after_element(name, output);
            self.enter(tag, name);
        }
        Ok(false)
    }

    /// Follows the tree as far as it matters, and gives the namespace of the element.
    fn namespace(&mut self, tag: &Tag<'_>, name: &[u8]) -> Namespace {
        if self.foreign.is_empty() && name != b"svg" && name != b"math" {
            return Namespace::Html;
        }
        let html_annotation = name == b"annotation-xml"
            && tag.value("encoding").is_some_and(|value| {
                let value = address::decode(value);
                value.eq_ignore_ascii_case("text/html") || value.eq_ignore_ascii_case("application/xhtml+xml")
            });
        self.foreign.start(name, tag.self_closing(), |attribute| tag.value(attribute).is_some(), html_annotation)
    }

    /// What the content of an HTML element is.
    fn enter(&mut self, tag: &Tag<'_>, name: &[u8]) {
        match name {
            b"select" => self.in_select = !self.in_select,
            b"base" => self.verdicts.base(tag, &self.judge),
            b"noscript" => {
                self.mode = Mode::Text { raw: RawText::new(b"noscript", 0), inner: self.inner() };
                self.foreign.ambiguous |= self.in_select;
            }
            b"script" => {
                let inner = if self.foreign.ambiguous { self.inner() } else { Inner::Pass };
                self.mode = Mode::Text { raw: RawText::new(b"script", 0), inner };
            }
            _ => {
                let Some(name) = elements::holds_text(name) else {
                    return;
                };
                // Browsers disagree about what this is inside of a `select`.
                self.foreign.ambiguous |= self.in_select;
                let inner = if self.foreign.ambiguous { self.inner() } else { Inner::Pass };
                self.mode = Mode::Text { raw: RawText::new(name, 0), inner };
            }
        }
    }

    /// Judges everything that an element makes a browser fetch.
    fn element(&mut self, tag: &Tag<'_>, namespace: Namespace, name: &[u8]) -> Result<Edits, TokenTooLong> {
        if !tag.has_attributes() {
            return Ok(Edits::default());
        }
        let mut edits = self.verdicts.judge(&mut self.judge, tag, namespace, name);
        for at in std::mem::take(&mut edits.documents) {
            let Some((_, _, value)) = tag.attributes().nth(at) else {
                continue;
            };
            let document = address::decode(value).into_owned().into_bytes();
            if self.too_deep() {
                edits.hidden.push(at);
                edits.blame("unknown".to_owned());
                continue;
            }
            let read = self.reread(&document, true)?;
            if read != document {
                edits.values.push((at, read));
            }
        }
        for at in std::mem::take(&mut edits.addresses_of_documents) {
            let Some((_, _, value)) = tag.attributes().nth(at) else {
                continue;
            };
            let document = element::data_document(&address::decode(value));
            let read = self.reread(&document, true)?;
            if self.too_deep() || read != document {
                edits.hidden.push(at);
                edits.blame("unknown".to_owned());
            }
        }
        if self.foreign.ambiguous && self.depth < MAX_DEPTH {
            for (at, _, value) in tag.attributes() {
                if memchr(b'<', value).is_some() && self.reread(value, false)? != value {
                    edits.values.push((at, Vec::new()));
                }
            }
        }
        Ok(edits)
    }

    /// Reads `markup` as a part of this page, and gives what becomes of it. A `document` ends where it ends; anything else
    /// may go on outside.
    fn reread(&mut self, markup: &[u8], document: bool) -> Result<Vec<u8>, TokenTooLong> {
        let mut output = Vec::with_capacity(markup.len());
        if self.depth >= MAX_DEPTH {
            self.harmless(markup, &mut output);
            return Ok(output);
        }
        let mut inside = self.part();
        inside.write(markup, &mut output)?;
        if document {
            inside.end(&mut output)?;
        } else {
            inside.finish(&mut output)?;
        }
        self.judge.absorb(inside.take_journal());
        Ok(output)
    }

    /// Writes markup so that no reading makes tags of it, unless everything passes anyway.
    fn harmless(&self, markup: &[u8], output: &mut Vec<u8>) {
        if self.judge.passes_everything() {
            output.extend_from_slice(markup);
        } else {
            defuse(markup, output);
        }
    }

    /// Whether documents are nested deeper here than is followed, and something might have to be made inert in them.
    fn too_deep(&self) -> bool {
        self.depth >= MAX_DEPTH && !self.judge.passes_everything()
    }

    fn inner(&self) -> Inner {
        if self.too_deep() {
            Inner::Defuse
        } else if self.depth >= MAX_DEPTH {
            Inner::Pass
        } else {
            Inner::Markup(Box::new(self.part()))
        }
    }

    /// A rewriter for a part of this page.
    fn part(&self) -> Self {
        let mut part = Self::build(
            self.judge.fork(),
            self.verdicts.clone(),
            Injection::default(),
            self.max_token_bytes,
            self.depth + 1,
        );
        part.foreign.ambiguous = self.foreign.ambiguous;
        part
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

impl Inner {
    fn deliver(&mut self, bytes: &[u8], output: &mut Vec<u8>) -> Result<(), TokenTooLong> {
        match self {
            Self::Pass => output.extend_from_slice(bytes),
            Self::Markup(inside) => inside.write(bytes, output)?,
            Self::Defuse => defuse(bytes, output),
        }
        Ok(())
    }
}

/// Writes markup so that no reading makes tags of it.
fn defuse(bytes: &[u8], output: &mut Vec<u8>) {
    for (at, part) in bytes.split(|byte| *byte == b'<').enumerate() {
        if at > 0 {
            output.extend_from_slice(b"&lt;");
        }
        output.extend_from_slice(part);
    }
}

/// The base against which a page's addresses are read, until a `base` element says otherwise.
fn page_url(judge: &Judge) -> Url {
    judge.page().url.clone()
}
