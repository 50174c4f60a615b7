//! The document type: what its internal subset declares, and what becomes of declarations that could bring in what nobody
//! judged (XML 1.0 §2.8, §3.3, §4).
//!
//! The whole of it is held, up to the cap; a longer one is left out, after which references to what it declared stop
//! a browser there. External subsets are read by no browser.

use std::ops::ControlFlow;

use memchr::memchr;

use super::entities::{Entities, literal, replacement};
use super::names::split;
use super::tokens::Mode;
use super::{Rewriter, TokenTooLong};
use crate::enforce::Surface;
use crate::enforce::html::apart::attribute_matters;
use crate::policy::Verdict;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    #[default]
    Outside,
    Subset,
    Declaration,
    Comment,
    Instruction,
}

/// Finds where a document type ends. Can stop anywhere and go on.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ending {
    at: usize,
    state: At,
    /// The quote that is open, or 0.
    quote: u8,
}

impl Ending {
    /// Goes on over `text`, which begins where the last call's did. Gives the offset behind the end.
    fn scan(&mut self, text: &[u8], last: bool) -> Option<usize> {
        loop {
            match self.step(text, last) {
                ControlFlow::Continue(()) => {}
                ControlFlow::Break(end) => return end,
            }
        }
    }

    /// One step of a scan; breaks at the end, or where more of the text is needed.
    fn step(&mut self, text: &[u8], last: bool) -> ControlFlow<Option<usize>> {
        let rest = text.get(self.at..).unwrap_or_default();
        let Some(&byte) = rest.first() else { return ControlFlow::Break(None) };
        let (state, step) = match self.state {
            _ if self.quote != 0 => {
                let Some(length) = memchr(self.quote, rest) else {
                    self.at = text.len();
                    return ControlFlow::Break(None);
                };
                self.quote = 0;
                (self.state, length + 1)
            }
            At::Comment if rest.starts_with(b"-->") => (At::Subset, 3),
            At::Instruction if rest.starts_with(b"?>") => (At::Subset, 2),
            At::Comment | At::Instruction if rest.len() < 3 && !last => return ControlFlow::Break(None),
            At::Comment | At::Instruction => (self.state, 1),
            At::Outside if byte == b'>' => return ControlFlow::Break(Some(self.at + 1)),
            At::Outside if byte == b'[' => (At::Subset, 1),
            At::Subset if byte == b']' => (At::Outside, 1),
            At::Subset if byte == b'<' && rest.len() < 4 && !last => return ControlFlow::Break(None),
            At::Subset if rest.starts_with(b"<!--") => (At::Comment, 4),
            At::Subset if rest.starts_with(b"<?") => (At::Instruction, 2),
            At::Subset if byte == b'<' => (At::Declaration, 1),
            At::Declaration if byte == b'>' => (At::Subset, 1),
            At::Outside | At::Declaration if matches!(byte, b'"' | b'\'') => {
                self.quote = byte;
                (self.state, 1)
            }
            state => (state, 1),
        };
        self.state = state;
        self.at += step;
        ControlFlow::Continue(())
    }

    /// The first `bytes` bytes will not be there any more.
    const fn forget(&mut self, bytes: usize) {
        self.at = self.at.saturating_sub(bytes);
    }
}

/// A part of a declaration: its place, and whether it stood in quotes, which the place leaves out.
#[derive(Clone, Copy, Debug)]
struct Word<'a> {
    text: &'a [u8],
    at: usize,
    quote: u8,
}

impl Rewriter {
    /// In a document type, from its beginning, or in one that is left out.
    pub(super) fn doctype(
        &mut self,
        rest: &[u8],
        last: bool,
        output: &mut Vec<u8>,
    ) -> Result<(usize, bool), TokenTooLong> {
        let skipped = matches!(self.mode, Mode::SkippedDoctype(_));
        let (Mode::Doctype(ending) | Mode::SkippedDoctype(ending)) = &mut self.mode else { return Ok((0, false)) };
        let within = if skipped { rest } else { rest.get(..self.max_token_bytes).unwrap_or(rest) };
        if let Some(length) = ending.scan(within, last) {
            self.mode = Mode::Data;
            if !skipped {
                self.document_type(within.get(..length).unwrap_or_default(), output)?;
            }
            return Ok((length, true));
        }
        if skipped {
            let used = ending.at.min(rest.len());
            ending.forget(used);
            return Ok((if last { rest.len() } else { used }, false));
        }
        if rest.len() == within.len() {
            if last {
                output.extend_from_slice(rest);
            }
            return Ok((if last { rest.len() } else { 0 }, false));
        }
        let mut ending = *ending;
        if self.page.judge().judge_unreadable(Surface::Element, "<!DOCTYPE>").verdict == Verdict::Drop {
            let used = ending.at.min(within.len());
            ending.forget(used);
            self.mode = Mode::SkippedDoctype(ending);
            return Ok((used, true));
        }
        // Everything passes: so does this, unread.
        self.put(within.get(..1).unwrap_or_default(), output)?;
        self.mode = Mode::Data;
        Ok((1, true))
    }

    /// Reads the declarations, and writes them so that nothing comes of them that was not judged.
    fn document_type(&mut self, text: &[u8], output: &mut Vec<u8>) -> Result<(), TokenTooLong> {
        self.entities.html_names =
            [&b"DTD XHTML"[..], b"DTD MathML"].iter().any(|id| memchr::memmem::find(text, id).is_some());
        let (declarations, refers) = declarations(text);
        for declaration in &declarations {
            self.note(declaration);
        }
        let mut written = 0;
        for declaration in &declarations {
            let edits = match declaration.as_slice() {
                [Word { text: b"!ENTITY", .. }, words @ ..] => self.entity(words, refers)?,
                [Word { text: b"!ATTLIST", .. }, _, words @ ..] => self.attribute_list(words),
                _ => Vec::new(),
            };
            for (from, to, instead) in edits {
                output.extend_from_slice(text.get(written..from).unwrap_or_default());
                output.extend_from_slice(&instead);
                written = to;
            }
        }
        output.extend_from_slice(text.get(written..).unwrap_or_default());
        Ok(())
    }

    /// Takes note of what a declaration means to the rest of the document.
    fn note(&mut self, declaration: &[Word<'_>]) {
        match *declaration {
            [Word { text: b"!ENTITY", .. }, name, value, ..] if name.text != b"%" => {
                let text = (value.quote != 0).then(|| replacement(&String::from_utf8_lossy(value.text)));
                self.entities.declare(name.text, text.as_deref());
            }
            [Word { text: b"!ATTLIST", .. }, element, ref words @ ..] => {
                for (name, value) in defaults(words) {
                    if name.text.starts_with(b"xmlns") {
                        let value = self.entities.attribute(value.text).text.trim().to_owned();
                        self.entities.default(element.text, name.text, &value);
                    }
                }
            }
            _ => {}
        }
    }

    /// What is written in the place of parts of an entity's declaration, `words` from its name on.
    fn entity(&mut self, words: &[Word<'_>], refers: bool) -> Result<Vec<Edit>, TokenTooLong> {
        let (is_parameter, definition) = match words {
            [Word { text: b"%", .. }, _, definition @ ..] => (true, definition),
            [_, definition @ ..] => (false, definition),
            [] => return Ok(Vec::new()),
        };
        let (Some(first), Some(end)) = (definition.first(), definition.last()) else { return Ok(Vec::new()) };
        let is_elsewhere = first.quote == 0;
        let is_data = definition.iter().any(|word| word.quote == 0 && word.text == b"NDATA");
        if (is_parameter && refers) || (!is_parameter && is_elsewhere && !is_data) {
            let empty = first.quote != 0 && first.text.is_empty();
            if empty || self.page.judge().judge_unreadable(Surface::Element, "<!ENTITY>").verdict != Verdict::Drop {
                return Ok(Vec::new());
            }
            return Ok(vec![(first.start(), end.end(), b"\"\"".to_vec())]);
        }
        if is_parameter || is_data || is_elsewhere {
            return Ok(Vec::new());
        }
        let text = replacement(&String::from_utf8_lossy(first.text));
        if !text.contains('<') {
            return Ok(Vec::new());
        }
        let read = if self.page.too_deep() {
            Vec::new()
        } else {
            let mut inside = self.part(self.entities.clone(), first.quote);
            let mut read = Vec::new();
            inside.write(text.as_bytes(), &mut read)?;
            inside.end(&mut read)?;
            self.page.absorb(inside.take_journal());
            read
        };
        if read == text.as_bytes() {
            return Ok(Vec::new());
        }
        let written = literal(&String::from_utf8_lossy(&read), first.quote);
        Ok(vec![(first.at, first.at + first.text.len(), written.into_bytes())])
    }

    /// What is written in the place of names whose default could make an element fetch.
    fn attribute_list(&mut self, words: &[Word<'_>]) -> Vec<Edit> {
        let mut edits = Vec::new();
        for (name, _) in defaults(words) {
            let (prefix, local) = split(name.text);
            let lower = local.to_ascii_lowercase();
            let acts = attribute_matters(&lower) || (prefix == b"xlink" && lower == b"href");
            if !acts || name.text.starts_with(b"xmlns") {
                continue;
            }
            if self.page.judge().judge_unreadable(Surface::Element, "<!ATTLIST>").verdict == Verdict::Drop {
                let at = name.at + name.text.len() - local.len();
                edits.push((at, at, b"data-vestibule-".to_vec()));
            }
        }
        edits
    }
}

/// From where to where, and what is written instead.
type Edit = (usize, usize, Vec<u8>);

impl Word<'_> {
    fn start(&self) -> usize {
        self.at - usize::from(self.quote != 0)
    }

    fn end(&self) -> usize {
        self.at + self.text.len() + usize::from(self.quote != 0)
    }
}

/// The attributes of a list that have a default in quotes, and those defaults.
fn defaults<'w, 'a>(words: &'w [Word<'a>]) -> impl Iterator<Item = (Word<'a>, Word<'a>)> + use<'w, 'a> {
    let mut name: Option<Word<'a>> = None;
    words.iter().filter_map(move |word| {
        if word.quote != 0 {
            return name.take().map(|name| (name, *word));
        }
        match word.text {
            b"#REQUIRED" | b"#IMPLIED" => name = None,
            b"#FIXED" => {}
            _ if name.is_none() => name = Some(*word),
            _ => {}
        }
        None
    })
}

/// The declarations of the internal subset as words, and whether it refers to a parameter entity.
fn declarations(text: &[u8]) -> (Vec<Vec<Word<'_>>>, bool) {
    let mut found = Vec::new();
    let mut refers = false;
    let mut ending = Ending::default();
    let mut words: Vec<Word<'_>> = Vec::new();
    let mut word: Option<usize> = None;
    let mut literal: Option<(usize, u8)> = None;
    // One byte more each time, so that every change of state is seen.
    while ending.at < text.len() {
        let (before, from, quoted) = (ending.state, ending.at, ending.quote);
        let Some(byte) = text.get(from).copied() else { break };
        if ending.step(text, true).is_break() {
            break;
        }
        if quoted != 0 {
            if let Some((start, quote)) = literal.take() {
                let end = ending.at.saturating_sub(1);
                words.push(Word { text: text.get(start..end).unwrap_or_default(), at: start, quote });
            }
            continue;
        }
        match (before, ending.state) {
            (At::Subset, At::Declaration) => {
                words.clear();
                word = None;
            }
            (At::Declaration, _) => {
                let ends = byte.is_ascii_whitespace() || matches!(byte, b'>' | b'"' | b'\'');
                if ends && let Some(start) = word.take() {
                    words.push(Word { text: text.get(start..from).unwrap_or_default(), at: start, quote: 0 });
                }
                if !ends && word.is_none() {
                    word = Some(from);
                }
                if ending.quote != 0 {
                    literal = Some((ending.at, ending.quote));
                }
                if ending.state == At::Subset {
                    found.push(std::mem::take(&mut words));
                }
            }
            (At::Subset, _) => refers |= byte == b'%',
            _ => {}
        }
    }
    (found, refers)
}

impl Entities {
    /// Takes note of an attribute's default.
    fn default(&mut self, element: &[u8], attribute: &[u8], value: &str) {
        if self.defaults.len() < 64 {
            self.defaults.push((element.into(), attribute.into(), value.into()));
        }
    }
}
