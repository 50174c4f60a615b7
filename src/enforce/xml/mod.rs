//! XML: documents that browsers read by XML's own rules (XHTML, SVG, XML with a style sheet), and feeds.
//!
//! Names are case-sensitive, namespaces decide what an element is whatever its prefix, `<script>` and `<style>` hold markup
//! like any other element, a document type may declare text that stands for markup: an HTML reader would be wrong about all
//! of it. This one follows XML 1.0 and Namespaces in XML over the bytes as they are, in any encoding in which ASCII
//! bytes mean ASCII. What an element fetches is the same as in HTML, so it is [judged by the same table](super::html).
//!
//! # What it knows beyond tags
//!
//! - **Declared entities** are expanded, bounded, wherever a value or a script is judged. One that stands for markup is read
//!   where it is declared, and declared without what may not be fetched. Entities that would be read from another address,
//!   and parameter entities, which may declare anything, become empty: what they stand for cannot be known here.
//! - **Declared attribute defaults** count for namespaces; one that could make an element fetch goes out of sight.
//! - **`xml-stylesheet`** fetches, and is judged. `xml-model` is read by no browser, nor are the external document type,
//!   `XInclude`, and `xml:id`. `xml:base` moves addresses for readers of feeds and older browsers alone (Blink's intent to
//!   remove it is of May 2015): addresses are judged against it *and* without it.
//! - **Style sheets** of `style` elements are read by the code of [`css`](super::css), as text.
//! - **XSLT** makes elements without a namespace into HTML, so those of a style sheet are read both ways. What it computes
//!   (`xsl:attribute`, `{…}`, `document()`) cannot be known; the policy line of the transformed document holds there.
//! - **Feeds** (`rss`, `feed`, `rdf:RDF`) carry HTML in text: it is read by the HTML rewriter, and written back in the same
//!   form. Enclosures and thumbnails are left alone: they are what the feed is about.
//!
//! # Two readings
//!
//! An element or attribute whose prefix nobody declared means nothing to one browser and something to another; it is judged
//! under both. Nothing else can be read twice: at the first violation of XML's grammar every browser stops, and shows what came before. Readers of
//! feeds go on, so reading goes on as well.
//!
//! # What it promises
//!
//! Bytes of what is kept never change, whatever the chunks in which they come; well-formed documents stay well-formed;
//! running it on its own output changes nothing. It never stops: a tag beyond the cap is [read in parts](long).

mod doctype;
mod element;
mod entities;
mod inject;
mod instruction;
mod long;
mod names;
mod text;
mod tokens;
mod write;

use self::entities::Entities;
use self::inject::Injection;
use self::long::Long;
use self::names::Scope;
use self::text::Held;
use self::tokens::Mode;
use super::html::apart::{Apart, Places};
use super::html::{Options, TokenTooLong};
use super::{Journal, Judge};

/// What the root element makes of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// There was no element yet.
    Unknown,
    /// A part of a document whose root is elsewhere.
    Part,
    /// RSS, Atom or RDF: text that is HTML.
    Feed,
    /// An XSLT style sheet: elements without a namespace are HTML to be.
    Transform,
    /// Anything else.
    Other,
}

/// Rewrites one XML document as it streams through.
#[derive(Debug)]
pub struct Rewriter {
    page: Apart,
    injection: Injection,
    max_token_bytes: usize,
    kind: Kind,
    mode: Mode,
    /// Bytes of an incomplete token, from its start.
    carry: Vec<u8>,
    places: Places,
    scope: Scope,
    entities: Entities,
    /// A script or a feed's text that is not judged yet.
    held: Option<Held>,
    /// The depth of the feed's element whose text is HTML.
    feed_depth: Option<usize>,
    /// The depth of the element whose text is a style sheet.
    sheet_depth: Option<usize>,
    /// Something stood in the middle of that sheet: the rest of it is left out.
    sheet_ends: bool,
    long: Option<Long>,
    /// What new values stand in: the text of an entity keeps clear of the quotes around it.
    quote: u8,
    failed: bool,
}

impl Rewriter {
    /// A rewriter for the document of `judge`. What is to be put in goes into XHTML alone, and only where it is well-formed
    /// XML by itself.
    pub fn new(judge: Judge, options: Options) -> Self {
        let injection = if options.fragment {
            Injection::default()
        } else {
            Injection::new(options.inject_head, options.inject_body)
        };
        Self::build(Apart::new(judge, options.max_token_bytes), options.max_token_bytes, injection, Kind::Unknown)
    }

    /// For the text of an entity that is declared in quotes of the kind `around`: its namespaces are those of the places where it is referred to.
    fn part(&self, entities: Entities, around: u8) -> Self {
        let mut part = Self::build(self.page.part(), self.max_token_bytes, Injection::default(), Kind::Part);
        part.entities = entities;
        part.scope.uncertain = true;
        part.quote = if around == b'"' { b'\'' } else { b'"' };
        part
    }

    fn build(page: Apart, max_token_bytes: usize, injection: Injection, kind: Kind) -> Self {
        Self {
            page,
            injection,
            max_token_bytes,
            kind,
            mode: Mode::Data,
            carry: Vec::new(),
            places: Places::default(),
            scope: Scope::default(),
            entities: Entities::default(),
            held: None,
            feed_depth: None,
            sheet_depth: None,
            sheet_ends: false,
            long: None,
            quote: b'"',
            failed: false,
        }
    }

    /// Takes the next bytes of the document and appends what can go out to `output`.
    ///
    /// # Errors
    /// When HTML inside of a feed cannot be read on. Every later call gives the same error.
    pub fn write(&mut self, input: &[u8], output: &mut Vec<u8>) -> Result<(), TokenTooLong> {
        self.feed(input, false, output)
    }

    /// The document is complete: appends the rest.
    ///
    /// # Errors
    /// As for [`write`](Self::write).
    pub fn end(&mut self, output: &mut Vec<u8>) -> Result<(), TokenTooLong> {
        self.feed(b"", true, output)
    }

    /// What was found since the last call.
    pub fn take_journal(&mut self) -> Journal {
        self.page.take_journal()
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
}
