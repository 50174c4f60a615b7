//! A string that is read: its text goes to a reader, and what comes back is written in its place.
//!
//! What waits to be told apart is one *piece*, kept as it is written and as it means. What the reader gives back is compared
//! with it: the beginning and the end that are the same keep their bytes, what is between them is escaped again. Should the
//! reader hold something back while it changes something before it, the comparison finds less that is the same; what is
//! written means what the reader gave in any case.

use super::escape::{Style, Unit, decode, unit};
use super::{Options, Rewriter};
use crate::enforce::html::{self, TokenTooLong};
use crate::enforce::{Journal, Judge, Surface};
use crate::policy::Verdict;

/// Who reads a string.
#[derive(Debug)]
enum Reader {
    Markup(html::Rewriter),
    Json(Rewriter),
    /// Nobody: it is nested too deep.
    Nobody,
}

impl Reader {
    fn read(&mut self, new: &[u8], last: bool, judge: &mut Judge, output: &mut Vec<u8>) -> Result<(), TokenTooLong> {
        match self {
            Self::Markup(reader) => {
                reader.write(new, output)?;
                if last { reader.end(output) } else { Ok(()) }
            }
            Self::Json(reader) => {
                reader.write(new, output)?;
                if last { reader.end(output) } else { Ok(()) }
            }
            Self::Nobody => {
                unread(new, judge, output);
                Ok(())
            }
        }
    }
}

/// A string that is read.
#[derive(Debug)]
pub(super) struct Inside {
    reader: Reader,
    /// The piece as it is written.
    raw: Vec<u8>,
    /// What that means.
    plain: Vec<u8>,
    /// How much of `plain` the reader has.
    given: usize,
    /// What the reader gave for the piece so far.
    read: Vec<u8>,
}

impl Inside {
    pub(super) fn markup(reader: html::Rewriter) -> Self {
        Self::new(Reader::Markup(reader))
    }

    pub(super) fn json(reader: Rewriter) -> Self {
        Self::new(Reader::Json(reader))
    }

    pub(super) const fn unreadable() -> Self {
        Self::new(Reader::Nobody)
    }

    const fn new(reader: Reader) -> Self {
        Self { reader, raw: Vec::new(), plain: Vec::new(), given: 0, read: Vec::new() }
    }

    /// Takes bytes of which none is escaped.
    pub(super) fn take(&mut self, bytes: &[u8]) {
        self.raw.extend_from_slice(bytes);
        self.plain.extend_from_slice(bytes);
    }

    /// Takes one character.
    pub(super) fn take_unit(&mut self, raw: &[u8], code: u32) {
        self.raw.extend_from_slice(raw);
        decode(raw, code, &mut self.plain);
    }

    /// What was found since the last call.
    pub(super) fn take_journal(&mut self) -> Journal {
        match &mut self.reader {
            Reader::Markup(reader) => reader.take_journal(),
            Reader::Json(reader) => reader.take_journal(),
            Reader::Nobody => Journal::default(),
        }
    }

    /// Gives the reader what it does not have yet, and writes what it gave back. With `last`, the string is over.
    pub(super) fn settle(
        &mut self,
        judge: &mut Judge,
        options: Options,
        style: &Style,
        last: bool,
        output: &mut Vec<u8>,
    ) {
        let new = self.plain.get(self.given..).unwrap_or_default();
        let result = self.reader.read(new, last, judge, &mut self.read);
        self.given = self.plain.len();
        if result.is_err() {
            // Nothing of this piece is out yet.
            judge.absorb(self.take_journal());
            self.read.clear();
            unread(&self.plain, judge, &mut self.read);
            self.reader = Reader::Markup(markup(judge.fork(), options));
        }
        self.write(style, output);
    }

    /// Writes what the reader gave back, and forgets what that was.
    fn write(&mut self, style: &Style, output: &mut Vec<u8>) {
        if self.read.is_empty() {
            // Either there is nothing, or all of it is held back.
            return;
        }
        if self.read == self.plain {
            output.append(&mut self.raw);
            self.plain.clear();
            self.read.clear();
            self.given = 0;
            return;
        }
        let same = common(self.plain.iter(), self.read.iter());
        let (mut raw, mut plain) = self.whole_units(same);
        output.extend_from_slice(self.raw.get(..raw).unwrap_or_default());
        if plain < self.read.len() {
            let rest = (self.plain.get(plain..).unwrap_or_default(), self.read.get(plain..).unwrap_or_default());
            let tail = common(rest.0.iter().rev(), rest.1.iter().rev());
            // The first unit that begins where the end that is the same begins, or behind that.
            let (tail_raw, tail_plain) = self.first_unit_from(self.plain.len() - tail);
            let kept = self.plain.len() - tail_plain;
            style.encode(self.read.get(plain..self.read.len() - kept).unwrap_or_default(), output);
            output.extend_from_slice(self.raw.get(tail_raw..).unwrap_or_default());
            (raw, plain) = (self.raw.len(), self.plain.len());
        }
        self.raw.drain(..raw);
        self.plain.drain(..plain);
        self.given = self.plain.len();
        self.read.clear();
    }

    /// The units that lie within the first `plain` bytes of the text: where they end as written, and as text.
    fn whole_units(&self, plain: usize) -> (usize, usize) {
        let mut last = (0, 0);
        for at in self.units() {
            if at.1 > plain {
                break;
            }
            // Not within a character: one half of it may be another than before.
            if self.plain.get(at.1).is_none_or(|byte| *byte & 0xc0 != 0x80) {
                last = at;
            }
        }
        last
    }

    /// Where the first unit begins that begins at or behind `plain`.
    fn first_unit_from(&self, plain: usize) -> (usize, usize) {
        let starts =
            |at: &(usize, usize)| at.1 >= plain && self.plain.get(at.1).is_none_or(|byte| *byte & 0xc0 != 0x80);
        std::iter::once((0, 0)).chain(self.units()).find(starts).unwrap_or((self.raw.len(), self.plain.len()))
    }

    /// Where each unit of the piece ends, as written and as text.
    fn units(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let (mut raw, mut plain) = (0, 0);
        let mut text = Vec::new();
        std::iter::from_fn(move || {
            let rest = self.raw.get(raw..).filter(|rest| !rest.is_empty())?;
            let Unit { length, code } = unit(rest, true)?;
            text.clear();
            decode(rest.get(..length).unwrap_or_default(), code, &mut text);
            raw += length;
            plain += text.len();
            Some((raw, plain))
        })
    }
}

/// A rewriter for markup in a string.
pub(super) fn markup(judge: Judge, options: Options) -> html::Rewriter {
    let Options { max_token_bytes, .. } = options;
    html::Rewriter::new(judge, html::Options { inject_head: None, inject_body: None, max_token_bytes, fragment: true })
}

/// How many items are the same from the start.
fn common<'a>(left: impl Iterator<Item = &'a u8>, right: impl Iterator<Item = &'a u8>) -> usize {
    left.zip(right).take_while(|(left, right)| left == right).count()
}

/// Writes what nobody can read so that no reading makes tags of it, unless the visitor agreed to everything.
fn unread(text: &[u8], judge: &mut Judge, output: &mut Vec<u8>) {
    let passes = !text.contains(&b'<')
        || judge.passes_everything()
        || judge.judge_unreadable(Surface::Element, "markup in a string").verdict != Verdict::Drop;
    for byte in text {
        if *byte == b'<' && !passes { output.extend_from_slice(b"&lt;") } else { output.push(*byte) }
    }
}
