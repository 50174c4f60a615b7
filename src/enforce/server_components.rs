//! What React's server components send (`text/x-component`, "Flight"): rows of JSON, rows of text, and hints.
//!
//! The format is written down in React's source alone (`ReactFlightClient.js`, `processBinaryChunk`); this follows its
//! state machine. A row is `ID:` in hexadecimal digits, perhaps a letter, and a payload. Rows of some letters give their length
//! in bytes, `ID:T1f,…`; all others end with a line feed.
//!
//! # What is done
//!
//! - Strings in rows of JSON are read as [JSON that carries markup](super::json): a component puts them into the page by
//!   `dangerouslySetInnerHTML`.
//! - Rows of text (`T`) are such strings that were too long for a row of JSON. They are held, read as markup, and written with
//!   the length that they have then.
//! - Hints (`H`) make the browser connect, preload and run scripts as soon as they arrive, before any component is there, and no
//!   policy line governs connecting. A hint for somebody who may not be contacted is taken out: nothing refers to a hint.
//!
//! # What is not
//!
//! Elements (`["$","script",null,{"src":"…"}]`) pass. They are no markup: React's script makes elements of them in the
//! browser, and compares them with the page that is there already, whose own copy of the same rows stands in inline
//! scripts. Editing one and not the other breaks the comparison; what scripts make is judged in the browser, under the page's
//! policy line.
//!
//! Nothing is an error. A row of text longer than the cap loses every `<` to a space, which keeps its length, where the
//! visitor did not agree to everything.

use super::html::{self, TokenTooLong};
use super::json::{self, first_strings};
use super::{Journal, Judge, Surface};
use crate::catalog::FetchKind;
use crate::policy::Verdict;

/// The most bytes of a row before its payload, and of a hint.
const MAX_HEAD: usize = 64;
const MAX_HINT: usize = 16 * 1024;

/// Rewrites one body as it streams through.
#[derive(Debug)]
pub struct Rewriter {
    judge: Judge,
    max_token_bytes: usize,
    row: Row,
    /// The beginning of the row, before its payload.
    head: Vec<u8>,
}

/// Where in a row it is.
#[derive(Debug)]
enum Row {
    Id,
    Tag,
    /// In the length of a row with this letter.
    Length(u8, usize),
    /// In JSON that ends with the line.
    Json(Box<json::Rewriter>),
    /// In a hint.
    Hint(Vec<u8>),
    /// In a text with so many bytes to come.
    Text(Vec<u8>, usize),
    /// In a text that is longer than can be held.
    LongText(usize),
    /// In so many bytes of something else.
    Bytes(usize),
    /// This is something else.
    Lost(Box<json::Rewriter>),
}

impl Rewriter {
    /// A rewriter for the request of `judge`. A row of text, like a tag, may have `max_token_bytes`.
    pub const fn new(judge: Judge, max_token_bytes: usize) -> Self {
        Self { judge, max_token_bytes, row: Row::Id, head: Vec::new() }
    }

    /// Takes the next bytes of the body and appends what can go out to `output`.
    ///
    /// # Errors
    /// When the body turns out to be markup and a tag of it is longer than the cap.
    pub fn write(&mut self, input: &[u8], output: &mut Vec<u8>) -> Result<(), TokenTooLong> {
        let mut rest = input;
        while let Some((first, after)) = rest.split_first() {
            let used = match &mut self.row {
                Row::Id => {
                    self.head.push(*first);
                    self.row = if *first == b':' { Row::Tag } else { Row::Id };
                    1
                }
                Row::Tag => self.tag(*first, output),
                Row::Length(tag, length) => {
                    self.head.push(*first);
                    let (tag, length) = (*tag, *length);
                    if *first == b',' {
                        self.begin(tag, length, output);
                    } else {
                        let digit = char::from(*first).to_digit(16).and_then(|digit| usize::try_from(digit).ok());
                        self.row = Row::Length(tag, length.saturating_mul(16).saturating_add(digit.unwrap_or(0)));
                    }
                    1
                }
                Row::Json(reader) => {
                    let end = memchr::memchr(b'\n', rest);
                    let line = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
                    reader.write(line, output)?;
                    if end.is_some() {
                        reader.end(output)?;
                        self.judge.absorb(reader.take_journal());
                        output.push(b'\n');
                        self.row = Row::Id;
                        line.len() + 1
                    } else {
                        line.len()
                    }
                }
                Row::Hint(line) => {
                    let end = memchr::memchr(b'\n', rest).map(|at| at + 1);
                    let part = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
                    line.extend_from_slice(part);
                    if end.is_some() {
                        self.hint(output);
                    } else if line.len() > MAX_HINT {
                        // Nobody hints at so much.
                        let line = std::mem::take(line);
                        output.append(&mut self.head);
                        let mut reader = self.json();
                        reader.write(&line, output)?;
                        self.row = Row::Json(Box::new(reader));
                    }
                    part.len()
                }
                Row::Text(held, left) => {
                    let part = rest.get(..*left).unwrap_or(rest);
                    held.extend_from_slice(part);
                    *left -= part.len();
                    if *left == 0 {
                        self.text(output)?;
                    }
                    part.len()
                }
                Row::LongText(left) => {
                    let part = rest.get(..*left).unwrap_or(rest);
                    blank(&mut self.judge, part, output);
                    *left -= part.len();
                    if *left == 0 {
                        self.row = Row::Id;
                    }
                    part.len()
                }
                Row::Bytes(left) => {
                    let part = rest.get(..*left).unwrap_or(rest);
                    output.extend_from_slice(part);
                    *left -= part.len();
                    if *left == 0 {
                        self.row = Row::Id;
                    }
                    part.len()
                }
                Row::Lost(reader) => {
                    reader.write(rest, output)?;
                    rest.len()
                }
            };
            if self.head.len() > MAX_HEAD {
                let mut reader = self.json();
                reader.write(&std::mem::take(&mut self.head), output)?;
                self.row = Row::Lost(Box::new(reader));
            }
            rest = if used == 1 { after } else { rest.get(used..).unwrap_or_default() };
        }
        Ok(())
    }

    /// The body is complete: appends the rest.
    ///
    /// # Errors
    /// As for [`write`](Self::write).
    pub fn end(&mut self, output: &mut Vec<u8>) -> Result<(), TokenTooLong> {
        match &mut self.row {
            Row::Json(reader) | Row::Lost(reader) => {
                let result = reader.end(output);
                self.judge.absorb(reader.take_journal());
                result?;
            }
            Row::Hint(_) => self.hint(output),
            // A text that ends too soon is none; nobody will read it.
            Row::Text(held, _) => {
                output.append(&mut self.head);
                blank(&mut self.judge, held, output);
            }
            _ => output.append(&mut self.head),
        }
        self.row = Row::Id;
        Ok(())
    }

    /// What was found since the last call.
    pub fn take_journal(&mut self) -> Journal {
        if let Row::Json(reader) | Row::Lost(reader) = &mut self.row {
            self.judge.absorb(reader.take_journal());
        }
        self.judge.take_journal()
    }

    fn json(&self) -> json::Rewriter {
        let options = json::Options { max_token_bytes: self.max_token_bytes, doubtful: false };
        json::Rewriter::new(self.judge.fork(), options)
    }

    /// What kind of row it is, by the first byte behind its `:`. Gives how many bytes are done with.
    fn tag(&mut self, tag: u8, output: &mut Vec<u8>) -> usize {
        match tag {
            b'T' | b'A' | b'O' | b'o' | b'b' | b'U' | b'S' | b's' | b'L' | b'l' | b'G' | b'g' | b'M' | b'm' | b'V' => {
                self.head.push(tag);
                self.row = Row::Length(tag, 0);
                1
            }
            b'H' => {
                self.row = Row::Hint(vec![tag]);
                1
            }
            _ => {
                output.append(&mut self.head);
                self.row = Row::Json(Box::new(self.json()));
                let lettered = tag.is_ascii_uppercase() || matches!(tag, b'#' | b'r' | b'x');
                if lettered {
                    output.push(tag);
                }
                usize::from(lettered)
            }
        }
    }

    /// The payload of a row that tells its length begins.
    fn begin(&mut self, tag: u8, length: usize, output: &mut Vec<u8>) {
        self.row = match (tag, length) {
            (b'T', 1..) if length <= self.max_token_bytes => {
                Row::Text(Vec::with_capacity(length.min(64 * 1024)), length)
            }
            (_, 0) => Row::Id,
            (b'T', _) => Row::LongText(length),
            _ => Row::Bytes(length),
        };
        if !matches!(self.row, Row::Text(..)) {
            output.append(&mut self.head);
        }
    }

    /// A whole text.
    fn text(&mut self, output: &mut Vec<u8>) -> Result<(), TokenTooLong> {
        let Row::Text(text, _) = std::mem::replace(&mut self.row, Row::Id) else { return Ok(()) };
        let head = std::mem::take(&mut self.head);
        let mut read = Vec::with_capacity(text.len());
        let max_token_bytes = self.max_token_bytes;
        if matches!(text.trim_ascii_start().first(), Some(b'{' | b'[')) {
            let options = json::Options { max_token_bytes, doubtful: true };
            let mut reader = json::Rewriter::new(self.judge.fork(), options);
            reader.write(&text, &mut read)?;
            reader.end(&mut read)?;
            self.judge.absorb(reader.take_journal());
        } else {
            let options = html::Options { inject_head: None, inject_body: None, max_token_bytes, fragment: true };
            let mut reader = html::Rewriter::new(self.judge.fork(), options);
            reader.write(&text, &mut read)?;
            reader.end(&mut read)?;
            self.judge.absorb(reader.take_journal());
        }
        if read == text {
            output.extend_from_slice(&head);
        } else {
            let id = head.iter().position(|byte| *byte == b':').and_then(|at| head.get(..at)).unwrap_or_default();
            output.extend_from_slice(id);
            output.extend_from_slice(format!(":T{:x},", read.len()).as_bytes());
        }
        output.append(&mut read);
        Ok(())
    }

    /// A whole hint: it passes, or is gone.
    fn hint(&mut self, output: &mut Vec<u8>) {
        let Row::Hint(line) = std::mem::replace(&mut self.row, Row::Id) else { return };
        let head = std::mem::take(&mut self.head);
        let mut strings = first_strings(&line).into_iter();
        let kind = match (line.get(1), strings.len()) {
            (Some(b'S'), _) => FetchKind::Stylesheet,
            (Some(b'm' | b'X' | b'M'), _) => FetchKind::Script,
            (Some(b'L'), 2) => strings.as_slice().last().map(|kind| FetchKind::of_preload(kind)).unwrap_or_default(),
            _ => FetchKind::Other,
        };
        let page = &self.judge.page().url;
        let target = strings.next().and_then(|address| page.join(address.trim()).ok());
        let judged = target.and_then(|target| self.judge.judge_fetch(Surface::Element, &target, kind, "hint"));
        if judged.is_none_or(|decision| decision.verdict != Verdict::Drop) {
            output.extend_from_slice(&head);
            output.extend_from_slice(&line);
        }
    }
}

/// Writes text that nobody can read with spaces for every `<`, unless the visitor agreed to everything.
fn blank(judge: &mut Judge, text: &[u8], output: &mut Vec<u8>) {
    let passes = !text.contains(&b'<')
        || judge.passes_everything()
        || judge.judge_unreadable(Surface::Element, "markup in a text").verdict != Verdict::Drop;
    output.extend(text.iter().map(|byte| if *byte == b'<' && !passes { b' ' } else { *byte }));
}
