//! Pages inside of pages: what is read as markup although one reading of the page takes it for text.

use super::Rewriter;
use super::inject::Injection;
use super::tokens::{Mode, Out};
use crate::enforce::css;

/// How deep documents inside documents are followed.
const MAX_DEPTH: u8 = 6;

/// What becomes of bytes that a reading of the page takes for text.
#[derive(Debug)]
pub(super) enum Inner {
    /// They pass.
    Pass,
    /// They are read as markup, too.
    Markup(Box<Rewriter>),
    /// They are made harmless without being read: documents are nested too deep.
    Defuse,
    /// They are a style sheet, and what becomes of it is read on.
    Sheet(Box<css::Rewriter>, Box<Self>),
    /// They are letters of the sheet of a `style` element of SVG, and are read on.
    Letters(Box<Self>),
}

impl Inner {
    fn deliver(&mut self, bytes: &[u8], output: &mut Vec<u8>) {
        match self {
            Self::Pass | Self::Letters(_) => output.extend_from_slice(bytes),
            Self::Markup(inside) => inside.feed(bytes, false, output),
            Self::Defuse => defuse(bytes, output),
            Self::Sheet(sheet, behind) => {
                let mut written = Vec::with_capacity(bytes.len());
                sheet.write(bytes, &mut written);
                behind.deliver(&written, output);
            }
        }
    }
}

impl Rewriter {
    /// Hands on what is inside of a section or of an element's text, from `start` to `end`.
    pub(super) fn deliver(&mut self, out: &mut Out<'_>, start: usize, end: usize) {
        let Mode::Inside { inner, .. } = &mut self.mode else { return };
        let bytes = out.slice(start, end);
        match inner {
            Inner::Pass => {}
            Inner::Letters(behind) => match Self::sheet_letters(self.sheet.as_mut(), bytes) {
                Some(written) => behind.deliver(&written, out.replace(start, end)),
                None if matches!(**behind, Inner::Pass) => {}
                None => behind.deliver(bytes, out.replace(start, end)),
            },
            inner => inner.deliver(bytes, out.replace(start, end)),
        }
    }

    /// Ends what is inside of a section or of an element's text, at `end`, and takes in what was found in it.
    pub(super) fn leave(&mut self, out: &mut Out<'_>, end: usize) {
        let Mode::Inside { inner, comment } = std::mem::replace(&mut self.mode, Mode::Plain) else { return };
        let inner = match inner {
            Inner::Sheet(mut sheet, mut behind) => {
                let mut written = Vec::new();
                sheet.end(&mut written);
                behind.deliver(&written, out.replace(end, end));
                self.judge.absorb(sheet.take_journal());
                *behind
            }
            Inner::Letters(behind) => {
                self.cut_sheet(out, end, false);
                *behind
            }
            inner => inner,
        };
        if let Inner::Markup(mut inside) = inner {
            let in_sheet = matches!(inside.mode, Mode::Inside { inner: Inner::Sheet(..), .. });
            let whole = inside.finish(out.replace(end, end));
            if in_sheet && inside.ends_sheets && !self.judge.passes_everything() {
                // Without scripts, the rest of the page would be a part of the sheet.
                out.replace(end, end).extend_from_slice(b"</style>");
            }
            self.judge.absorb(inside.take_journal());
            self.verdicts.absorb(inside.verdicts);
            // Without scripts, what a `noscript` leaves open goes on outside.
            self.foreign.ambiguous |= !whole && !comment;
        }
    }

    /// Ends a part of a page that may go on outside of it. Gives whether it left nothing open.
    pub(super) fn finish(&mut self, output: &mut Vec<u8>) -> bool {
        let whole = self.tokenizer.is_between_tags() && self.carry.is_empty();
        self.open_ended = true;
        self.feed(b"", true, output);
        whole && self.foreign.is_empty() && !self.foreign.ambiguous
    }

    /// Reads `markup` as a part of this page, and gives what becomes of it. A `document` ends where it ends; anything else
    /// may go on outside.
    pub(super) fn reread(&mut self, markup: &[u8], document: bool) -> Vec<u8> {
        let mut output = Vec::with_capacity(markup.len());
        if self.depth >= MAX_DEPTH {
            self.harmless(markup, &mut output);
            return output;
        }
        let mut inside = self.part();
        inside.feed(markup, false, &mut output);
        if document {
            inside.feed(b"", true, &mut output);
        } else {
            inside.finish(&mut output);
        }
        self.judge.absorb(inside.take_journal());
        if !document {
            self.verdicts.absorb(inside.verdicts);
        }
        output
    }

    /// Writes markup so that no reading makes tags of it, unless everything passes anyway.
    pub(super) fn harmless(&self, markup: &[u8], output: &mut Vec<u8>) {
        if self.judge.passes_everything() {
            output.extend_from_slice(markup);
        } else {
            defuse(markup, output);
        }
    }

    /// Whether text at this point is searched for markup as well: the tree may be another than the one that is followed, or
    /// SVG or MathML is open, of which the scanners that browsers send ahead to preload know nothing.
    pub(super) fn read_twice(&self) -> bool {
        self.foreign.ambiguous || !self.foreign.is_empty()
    }

    /// Whether documents are nested deeper here than is followed, and something might have to be made inert in them.
    pub(super) fn too_deep(&self) -> bool {
        self.depth >= MAX_DEPTH && !self.judge.passes_everything()
    }

    pub(super) fn inner(&self) -> Inner {
        if self.too_deep() {
            Inner::Defuse
        } else if self.depth >= MAX_DEPTH {
            Inner::Pass
        } else {
            Inner::Markup(Box::new(self.part()))
        }
    }

    /// A rewriter for a part of this page.
    pub(super) fn part(&self) -> Self {
        let mut part = Self::build(
            self.judge.fork(),
            self.verdicts.clone(),
            Injection::default(),
            self.max_token_bytes,
            self.depth + 1,
        );
        part.foreign.ambiguous = self.foreign.ambiguous;
        part.templates = self.templates;
        part
    }
}

/// Writes markup so that no reading makes tags of it.
pub(super) fn defuse(bytes: &[u8], output: &mut Vec<u8>) {
    for (at, part) in bytes.split(|byte| *byte == b'<').enumerate() {
        if at > 0 {
            output.extend_from_slice(b"&lt;");
        }
        output.extend_from_slice(part);
    }
}
