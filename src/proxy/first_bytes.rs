//! HTML that is none: legacy shops label JSON, scripts and images `text/html`, the default of their language. The head of the
//! response cannot tell, the first bytes can.
//!
//! Nothing is put into such a body. To a browser that opens it, it is a page all the same, and as one it is read. What a
//! script asked for is what it looks like: JSON that PHP's `json_encode` wrote hides a tag from a reader of markup
//! (`<script src=\"\/\/…\">`), so it is read as JSON.

use super::pipeline::{Rewrite, RewriteError};
use super::rewriters::BodyRewriter;
use crate::enforce::Journal;

/// What a body looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Looks {
    /// Like markup, or text with some.
    Markup,
    Json,
    /// Like an image, an archive or another file that is no text.
    Binary,
}

/// How files begin that no text begins like.
const MAGIC: [&[u8]; 13] = [
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"GIF87a",
    b"GIF89a",
    b"RIFF",
    b"%PDF-",
    b"PK\x03\x04",
    b"\x1f\x8b\x08",
    b"\0asm",
    b"\0\0",
    b"wOFF",
    b"wOF2",
    b"OTTO\0",
];

/// How much white space is waited through.
const MAX_SPACE: usize = 1024;

/// What a body that begins with `bytes` looks like; `None` when more of it must be seen. With `last`, no more will come.
pub(super) fn looks(bytes: &[u8], last: bool) -> Option<Looks> {
    if MAGIC.iter().any(|magic| bytes.starts_with(magic)) {
        return Some(Looks::Binary);
    }
    let open = !last && bytes.len() < MAX_SPACE;
    if open && MAGIC.iter().any(|magic| magic.starts_with(bytes)) {
        return None;
    }
    let text = bytes.trim_ascii_start();
    let Some((first, after)) = text.split_first() else {
        return (!open).then_some(Looks::Markup);
    };
    let next = after.trim_ascii_start().first();
    match (first, next) {
        // The last of them is a guard that keeps other sites from reading the answer as a script.
        (b'{', Some(b'"' | b'}')) | (b'[', Some(b'{' | b'[' | b'"' | b']')) | (b')', Some(b']')) => Some(Looks::Json),
        (b'{' | b'[' | b')', None) if open => None,
        _ => Some(Looks::Markup),
    }
}

/// Waits for the first bytes of a body, and lets them choose its reader.
pub(super) struct FirstBytes<C> {
    held: Vec<u8>,
    reader: Reader<C>,
}

enum Reader<C> {
    /// Chooses the reader, once.
    Undecided(Option<C>),
    Chosen(Box<dyn BodyRewriter>),
}

impl<C> std::fmt::Debug for FirstBytes<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FirstBytes").field("held", &self.held.len()).finish_non_exhaustive()
    }
}

impl<C: FnOnce(Looks) -> Box<dyn BodyRewriter> + Send> FirstBytes<C> {
    pub(super) const fn new(choose: C) -> Self {
        Self { held: Vec::new(), reader: Reader::Undecided(Some(choose)) }
    }

    fn take(&mut self, input: &[u8], last: bool, output: &mut Vec<u8>) -> Result<(), RewriteError> {
        if let Reader::Undecided(choose) = &mut self.reader {
            self.held.extend_from_slice(input);
            let Some(looks) = looks(&self.held, last) else { return Ok(()) };
            let Some(choose) = choose.take() else { return Err(RewriteError) };
            let mut reader = choose(looks);
            let written = reader.write(&std::mem::take(&mut self.held), output);
            self.reader = Reader::Chosen(reader);
            written?;
        } else if let Reader::Chosen(reader) = &mut self.reader {
            reader.write(input, output)?;
        }
        match &mut self.reader {
            Reader::Chosen(reader) if last => reader.end(output),
            _ => Ok(()),
        }
    }
}

impl<C: FnOnce(Looks) -> Box<dyn BodyRewriter> + Send> Rewrite for FirstBytes<C> {
    fn write(&mut self, input: &[u8], output: &mut Vec<u8>) -> Result<(), RewriteError> {
        self.take(input, false, output)
    }

    fn end(&mut self, output: &mut Vec<u8>) -> Result<(), RewriteError> {
        self.take(b"", true, output)
    }
}

impl<C: FnOnce(Looks) -> Box<dyn BodyRewriter> + Send> BodyRewriter for FirstBytes<C> {
    fn take_journal(&mut self) -> Journal {
        match &mut self.reader {
            Reader::Chosen(reader) => reader.take_journal(),
            Reader::Undecided(_) => Journal::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Looks, looks};

    #[test]
    fn first_bytes_tell() {
        for (body, expected) in [
            (&b"<!doctype html>"[..], Looks::Markup),
            (b" \r\n{ \"html\": \"<p>\"}", Looks::Json),
            (b"{}", Looks::Json),
            (b"[ ]", Looks::Json),
            (b"[{\"a\":1}]", Looks::Json),
            (b")]}',\n{}", Looks::Json),
            (b"[27-Nov-2026 12:00:00] PHP Warning:  x <html>", Looks::Markup),
            (b"{{ name }} <p>", Looks::Markup),
            (b"{", Looks::Markup),
            (b"", Looks::Markup),
            (b"GIF89a", Looks::Binary),
            (b"\x89PNG\r\n\x1a\n\0", Looks::Binary),
            (b"%PDF-1.7", Looks::Binary),
            (b"GI", Looks::Markup),
            (b"Gift <b>cards</b>", Looks::Markup),
        ] {
            assert_eq!(looks(body, true), Some(expected), "{body:?}");
            // An answer once given stays.
            let answers: Vec<_> = (0..=body.len()).filter_map(|end| looks(&body[..end], false)).collect();
            assert!(answers.iter().all(|answer| *answer == expected), "{body:?}");
        }
    }

    #[test]
    fn white_space_is_not_waited_for_without_end() {
        assert_eq!(looks(&[b' '; super::MAX_SPACE - 1], false), None);
        assert_eq!(looks(&[b' '; super::MAX_SPACE], false), Some(Looks::Markup));
    }
}
