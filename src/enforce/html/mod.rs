//! HTML: finds everything in a page that makes a browser fetch something, asks the judge, and makes inert in place what
//! may not be fetched.
//!
//! # Why a tokenizer of our own
//!
//! The field uses `lol_html`. It was measured blind inside `noscript`, `srcdoc` and conditional comments, which is where
//! trackers for browsers without scripts live; a self-closed `<svg/>` makes it read a script as markup and lose a tracker
//! in what it takes for a comment; ambiguous markup in `select` stops it altogether. This `tokenizer` follows that of the
//! HTML Standard (§13.2.5) over the bytes as they are, in any encoding in which ASCII bytes mean ASCII, and passes the
//! standard's own tests in every chunking; the insides of `noscript`, `srcdoc` and comments are read with the same code;
//! and it never stops.
//!
//! Speed (`cargo bench --bench rewriter`, pages of 60 KB, ratios within one run): where `lol_html` does no more than look four
//! selectors' hosts up, this judges everything that a page fetches in 1.0 of its speed on a shop's page, 0.9 with trackers
//! in it, and 2.1 on one with nothing but tags. `lol_html` without any handler is faster than either, by 1.4 to 2.8.
//!
//! # Two readings
//!
//! A scanner without a tree cannot always know what a tree builder makes of a page: mis-nested SVG and MathML, raw text
//! inside `select`, a `noscript` that ends inside something. Where that happens the rest of the page is read both ways:
//! what one reading takes for a comment, a text or an attribute's value is searched for markup as well, and what may not
//! be fetched is made inert there, too. Such pages may be edited more than needed. What still
//! leaks of a million mutated ones stands in `tests/RESULTS.md`.
//!
//! # What it promises
//!
//! Bytes of what is kept never change, whatever the chunks in which they come. Running it on its own output changes
//! nothing. Time is linear, also in hostile pages: a token in many small chunks is looked at once, and what is read again
//! (documents in documents, scripts inside of SVG's) is read a bounded number of times.
//!
//! What is held back is one tag, or one inline script, up to [`Options::max_token_bytes`]. A page is never given up for it:
//! - of a script that is longer, so much is judged, and the rest streams under what was decided;
//! - a tag that is longer is read in parts, and what cannot be looked at as a whole stays only where it cannot matter (see
//!   `long`). Where everything passes, it passes whole.
//!
//! Both depend on the bytes alone, never on how they were cut.
//!
//! Style sheets in it are read by [`css`](super::css). It does not see what scripts do later: that is what the
//! [policy line](super::csp) is for.

mod address;
pub(in crate::enforce) mod apart;
mod element;
mod elements;
mod foreign;
mod inject;
mod links;
mod long;
mod parts;
mod sheet;
mod speculation;
mod start;
mod tag;
mod tokenizer;
mod tokens;

use std::sync::Arc;

use url::Url;

pub(super) use self::address::{names_another_host, resolve, stays_on_host};
pub(super) use self::element::data_document;
pub(super) use self::elements::link_fetches;

use self::element::Verdicts;
use self::foreign::Foreign;
use self::inject::Injection;
use self::long::Long;
use self::sheet::MarkupSheet;
use self::start::ForeignScripts;
use self::tokenizer::Tokenizer;
use self::tokens::Mode;
use super::{Journal, Judge};

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

/// A part of a body that is longer than the cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a part of the page is too long to be judged")]
pub struct TokenTooLong;

/// Rewrites one page as it streams through.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact about the page by itself")]
pub struct Rewriter {
    judge: Judge,
    verdicts: Verdicts,
    injection: Injection,
    max_token_bytes: usize,
    depth: u8,
    tokenizer: Tokenizer,
    mode: Mode,
    /// Bytes that wait: those of an incomplete token, or of what is held back until it can be judged.
    carry: Vec<u8>,
    /// How far into them the tokenizer is.
    ahead: usize,
    foreign: Foreign,
    in_select: bool,
    /// A `template` was begun.
    templates: bool,
    scripts: ForeignScripts,
    /// How much of the page is done with.
    consumed: usize,
    /// A tag that is too long to be held, as far as it was read.
    long: Option<Long>,
    /// The sheet of the `style` element of SVG or MathML that is open.
    sheet: Option<Box<MarkupSheet>>,
    /// What stands behind this part of a page may belong to its last tag.
    open_ended: bool,
    /// It is the inside of a `noscript`: a style sheet that is open where it ends must not go on outside.
    ends_sheets: bool,
}

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
            tokenizer: Tokenizer::default(),
            mode: Mode::Plain,
            carry: Vec::new(),
            ahead: 0,
            foreign: Foreign::default(),
            in_select: false,
            templates: false,
            scripts: ForeignScripts::default(),
            consumed: 0,
            long: None,
            sheet: None,
            open_ended: false,
            ends_sheets: false,
        }
    }

    /// Takes the next bytes of the page and appends what can go out to `output`.
    ///
    /// # Errors
    /// None: a page is never given up. The signature is that of the rewriters of other bodies.
    pub fn write(&mut self, input: &[u8], output: &mut Vec<u8>) -> Result<(), TokenTooLong> {
        self.feed(input, false, output);
        Ok(())
    }

    /// The page is complete: appends the rest.
    ///
    /// # Errors
    /// As for [`write`](Self::write).
    pub fn end(&mut self, output: &mut Vec<u8>) -> Result<(), TokenTooLong> {
        self.feed(b"", true, output);
        self.injection.at_end(output);
        Ok(())
    }

    /// What was found since the last call.
    pub fn take_journal(&mut self) -> Journal {
        self.judge.take_journal()
    }

    fn feed(&mut self, input: &[u8], last: bool, output: &mut Vec<u8>) {
        if self.carry.is_empty() {
            let used = self.run(input, last, output);
            self.carry.extend_from_slice(input.get(used..).unwrap_or_default());
        } else {
            let mut held = std::mem::take(&mut self.carry);
            held.extend_from_slice(input);
            let used = self.run(&held, last, output);
            held.drain(..used);
            self.carry = held;
        }
    }
}

/// The base against which a page's addresses are read, until a `base` element says otherwise.
fn page_url(judge: &Judge) -> Url {
    judge.page().url.clone()
}
