//! Pages inside of pages: what is read as markup although one reading of the page takes it for text.

use super::inject::Injection;
use super::tokens::Mode;
use super::{Rewriter, TokenTooLong};

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
}

impl Inner {
    pub(super) fn deliver(&mut self, bytes: &[u8], output: &mut Vec<u8>) -> Result<(), TokenTooLong> {
        match self {
            Self::Pass => output.extend_from_slice(bytes),
            Self::Markup(inside) => inside.write(bytes, output)?,
            Self::Defuse => defuse(bytes, output),
        }
        Ok(())
    }
}

impl Rewriter {
    /// Ends what was read as markup inside of text, and takes in what it found.
    pub(super) fn leave_text(&mut self, output: &mut Vec<u8>) -> Result<(), TokenTooLong> {
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
    pub(super) fn finish(&mut self, output: &mut Vec<u8>) -> Result<bool, TokenTooLong> {
        let whole = matches!(self.mode, Mode::Data);
        self.open_ended = true;
        self.feed(b"", true, output)?;
        Ok(whole && self.foreign.is_empty() && !self.foreign.ambiguous)
    }

    /// Reads `markup` as a part of this page, and gives what becomes of it. A `document` ends where it ends; anything else
    /// may go on outside.
    pub(super) fn reread(&mut self, markup: &[u8], document: bool) -> Result<Vec<u8>, TokenTooLong> {
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
        part
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
