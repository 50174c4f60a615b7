//! Text that is held until it can be judged: a script's, and HTML inside of a feed.

use memchr::{memchr, memrchr};

use super::{Rewriter, TokenTooLong, write};
use crate::enforce::html::apart::{Apart, Outcome, Places};
use crate::enforce::{Journal, Surface, css, html};

/// What is held.
#[derive(Debug)]
pub(super) enum Held {
    Script(Box<Script>),
    Feed(Box<Feed>),
}

/// An inline script.
#[derive(Debug)]
pub(super) struct Script {
    /// Its start tag, and what becomes of it so far.
    tag: Vec<u8>,
    outcome: Outcome,
    /// How many elements are open inside of it.
    depth: usize,
    /// Its text, as far as it is decoded.
    text: String,
    /// Text that is still to be decoded, in one piece.
    raw: Vec<u8>,
    known: bool,
    /// How many bytes of the document it took.
    seen: usize,
    /// What goes out behind its start tag.
    output: Vec<u8>,
}

/// Text of a feed's element.
#[derive(Debug, Default)]
pub(super) struct Feed {
    /// As it stands in the document; empty once it streams.
    raw: Vec<u8>,
    /// What it says, as far as it is decoded.
    text: Vec<u8>,
    /// What is still to be decoded.
    pending: Vec<u8>,
    has_cdata: bool,
    /// It is a style sheet, and not HTML.
    is_sheet: bool,
    /// It was too long to be held, and streams.
    html: Option<Box<Within>>,
}

/// What reads the text of an element.
#[derive(Debug)]
enum Within {
    Html(Box<html::Rewriter>),
    Sheet(Box<css::Rewriter>),
}

impl Within {
    fn write(&mut self, input: &[u8], output: &mut Vec<u8>) -> Result<(), TokenTooLong> {
        match self {
            Self::Html(html) => html.write(input, output),
            Self::Sheet(sheet) => {
                sheet.write(input, output);
                Ok(())
            }
        }
    }

    fn end(&mut self, output: &mut Vec<u8>) -> Result<(), TokenTooLong> {
        match self {
            Self::Html(html) => html.end(output),
            Self::Sheet(sheet) => {
                sheet.end(output);
                Ok(())
            }
        }
    }

    fn take_journal(&mut self) -> Journal {
        match self {
            Self::Html(html) => html.take_journal(),
            Self::Sheet(sheet) => sheet.take_journal(),
        }
    }
}

impl Rewriter {
    /// Holds a script back, its tag just read.
    pub(super) fn hold_script(&mut self, tag: &[u8], outcome: Outcome) {
        self.held = Some(Held::Script(Box::new(Script {
            tag: tag.to_vec(),
            outcome,
            depth: self.scope.depth,
            text: String::new(),
            raw: Vec::new(),
            known: true,
            seen: 0,
            output: Vec::new(),
        })));
    }

    /// Whether a script is held.
    pub(super) const fn holds_script(&self) -> bool {
        matches!(self.held, Some(Held::Script(_)))
    }

    /// Writes something that is not text to whatever takes it now.
    pub(super) fn put(&mut self, bytes: &[u8], output: &mut Vec<u8>) -> Result<(), TokenTooLong> {
        match &mut self.held {
            Some(Held::Feed(feed)) if feed.html.is_none() => feed.raw.extend_from_slice(bytes),
            None | Some(Held::Feed(_)) => output.extend_from_slice(bytes),
            Some(Held::Script(script)) => {
                script.decode(&self.entities);
                script.seen += bytes.len();
                script.output.extend_from_slice(bytes);
                if script.seen > self.max_token_bytes {
                    self.release(false, output)?;
                }
            }
        }
        Ok(())
    }

    /// The beginning or the end of a CDATA section.
    pub(super) fn cdata_edge(&mut self, mark: &'static [u8], output: &mut Vec<u8>) -> Result<(), TokenTooLong> {
        if self.is_left_out() {
            return Ok(());
        }
        self.begin_feed();
        if let Some(Held::Feed(feed)) = &mut self.held {
            self.entities.html(&mut feed.pending, true, &mut feed.text);
            feed.has_cdata = true;
            if feed.html.is_none() || self.page.passes_everything() {
                return self.put(mark, output);
            }
            return self.stream_feed(output);
        }
        self.put(mark, output)
    }

    /// Text between tags, or of a CDATA section.
    pub(super) fn characters(
        &mut self,
        bytes: &[u8],
        is_cdata: bool,
        output: &mut Vec<u8>,
    ) -> Result<(), TokenTooLong> {
        if bytes.is_empty() || self.is_left_out() {
            return Ok(());
        }
        self.begin_feed();
        match &mut self.held {
            None => output.extend_from_slice(bytes),
            Some(Held::Script(script)) => {
                let room = self.max_token_bytes.saturating_sub(script.seen).min(bytes.len());
                let (now, later) = bytes.split_at_checked(room).unwrap_or((bytes, b""));
                script.seen += now.len();
                script.output.extend_from_slice(now);
                if script.depth == self.scope.depth {
                    if is_cdata {
                        script.text.push_str(&String::from_utf8_lossy(now));
                    } else {
                        script.raw.extend_from_slice(now);
                    }
                }
                if !later.is_empty() {
                    self.release(false, output)?;
                    output.extend_from_slice(later);
                }
            }
            Some(Held::Feed(feed)) => {
                if is_cdata {
                    feed.text.extend_from_slice(bytes);
                } else {
                    feed.pending.extend_from_slice(bytes);
                }
                if feed.html.is_none() {
                    feed.raw.extend_from_slice(bytes);
                    if feed.raw.len() <= self.max_token_bytes {
                        return Ok(());
                    }
                    feed.html = Some(Box::new(within(&self.page, feed.is_sheet)));
                    if self.page.passes_everything() {
                        output.append(&mut feed.raw);
                    }
                    feed.raw = Vec::new();
                } else if self.page.passes_everything() {
                    output.extend_from_slice(bytes);
                }
                self.stream_feed(output)?;
            }
        }
        Ok(())
    }

    /// Begins to hold text where it is HTML or a style sheet.
    fn begin_feed(&mut self) {
        let depth = Some(self.scope.depth);
        if self.held.is_none() && (self.feed_depth == depth || self.sheet_depth == depth) {
            let is_sheet = self.sheet_depth == depth;
            self.held = Some(Held::Feed(Box::new(Feed { is_sheet, ..Feed::default() })));
        }
    }

    /// Whether text at this point is what is left out of a style sheet.
    fn is_left_out(&self) -> bool {
        self.sheet_ends && self.sheet_depth == Some(self.scope.depth)
    }

    /// Ends what is held of a feed's text.
    pub(super) fn release_feed(&mut self, output: &mut Vec<u8>) -> Result<(), TokenTooLong> {
        if matches!(self.held, Some(Held::Feed(_))) { self.release(false, output) } else { Ok(()) }
    }

    /// Lets the script go that an end tag at this depth ends.
    pub(super) fn release_ended(&mut self, output: &mut Vec<u8>) -> Result<(), TokenTooLong> {
        match &self.held {
            Some(Held::Script(script)) if script.depth < self.scope.depth => Ok(()),
            _ => self.release(false, output),
        }
    }

    /// Judges what is held, and lets it go. `unfinished` when there may be more of it that nobody will look at.
    pub(super) fn release(&mut self, unfinished: bool, output: &mut Vec<u8>) -> Result<(), TokenTooLong> {
        match self.held.take() {
            None => Ok(()),
            Some(Held::Script(mut script)) => {
                script.decode(&self.entities);
                let judge = self.page.judge();
                let decision = judge.judge_inline(script.text.as_bytes());
                script.outcome.stop(judge, &decision);
                if (unfinished || !script.known) && !script.outcome.stop_script {
                    let decision = judge.judge_unreadable(Surface::InlineScript, "<script>");
                    script.outcome.stop(judge, &decision);
                }
                let mut places = Places::default();
                places.reset(1);
                places.scan(&script.tag);
                write::tag(&script.tag, &places, &script.outcome, write::Part::Beginning, self.quote, output);
                output.append(&mut script.output);
                Ok(())
            }
            Some(Held::Feed(mut feed)) => {
                self.entities.html(&mut feed.pending, true, &mut feed.text);
                if feed.html.is_some() {
                    self.held = Some(Held::Feed(feed));
                    self.stream_feed(output)?;
                    let Some(Held::Feed(mut feed)) = self.held.take() else { return Ok(()) };
                    let Some(html) = &mut feed.html else { return Ok(()) };
                    let mut tail = Vec::new();
                    html.end(&mut tail)?;
                    self.page.absorb(html.take_journal());
                    if !self.page.passes_everything() {
                        escape(&tail, output);
                    }
                    return Ok(());
                }
                let mut html = within(&self.page, feed.is_sheet);
                let mut read = Vec::new();
                html.write(&feed.text, &mut read)?;
                html.end(&mut read)?;
                self.page.absorb(html.take_journal());
                if read == feed.text {
                    output.append(&mut feed.raw);
                } else if feed.has_cdata {
                    output.extend_from_slice(b"<![CDATA[");
                    let end = memchr::memmem::find_iter(&read, b"]]>");
                    let mut written = 0;
                    for at in end {
                        output.extend_from_slice(read.get(written..at + 2).unwrap_or_default());
                        output.extend_from_slice(b"]]><![CDATA[");
                        written = at + 2;
                    }
                    output.extend_from_slice(read.get(written..).unwrap_or_default());
                    output.extend_from_slice(b"]]>");
                } else {
                    escape(&read, output);
                }
                Ok(())
            }
        }
    }

    /// Reads on in a feed's text that is too long to be held.
    fn stream_feed(&mut self, output: &mut Vec<u8>) -> Result<(), TokenTooLong> {
        let Some(Held::Feed(feed)) = &mut self.held else { return Ok(()) };
        self.entities.html(&mut feed.pending, false, &mut feed.text);
        let Some(html) = &mut feed.html else { return Ok(()) };
        let mut read = Vec::new();
        html.write(&feed.text, &mut read)?;
        feed.text.clear();
        self.page.absorb(html.take_journal());
        if !self.page.passes_everything() {
            escape(&read, output);
        }
        Ok(())
    }
}

impl Script {
    fn decode(&mut self, entities: &super::Entities) {
        if !self.raw.is_empty() {
            let decoded = entities.text(&self.raw);
            self.text.push_str(&decoded.text);
            self.known &= decoded.known;
            self.raw.clear();
        }
    }
}

fn within(page: &Apart, is_sheet: bool) -> Within {
    if is_sheet { Within::Sheet(Box::new(page.sheet())) } else { Within::Html(Box::new(page.html())) }
}

/// A longer reference is none.
const MAX_REFERENCE: usize = 128;

impl super::Entities {
    /// Moves text from `pending` to `html` as the HTML that it stands for: references to what is markup in HTML are resolved,
    /// all others mean the same there. Without `all`, a reference that may not be complete stays.
    fn html(&self, pending: &mut Vec<u8>, all: bool, html: &mut Vec<u8>) {
        let mut end = pending.len();
        if !all && let Some(at) = memrchr(b'&', pending) {
            let open = pending.get(at..).unwrap_or_default();
            if open.len() < MAX_REFERENCE && memchr(b';', open).is_none() {
                end = at;
            }
        }
        let mut rest = pending.get(..end).unwrap_or_default();
        while let Some(at) = memchr(b'&', rest) {
            let (before, reference) = rest.split_at_checked(at).unwrap_or((rest, b""));
            html.extend_from_slice(before);
            let length = memchr(b';', reference.get(..MAX_REFERENCE).unwrap_or(reference)).map_or(1, |end| end + 1);
            let (reference, after) = reference.split_at_checked(length).unwrap_or((reference, b""));
            let decoded = self.text(reference);
            if decoded.known && decoded.text.is_ascii() {
                html.extend_from_slice(decoded.text.as_bytes());
            } else {
                html.extend_from_slice(reference);
            }
            rest = after;
        }
        html.extend_from_slice(rest);
        pending.drain(..end);
    }
}

/// Text for an element's content.
fn escape(text: &[u8], output: &mut Vec<u8>) {
    for byte in text {
        match *byte {
            b'&' => output.extend_from_slice(b"&amp;"),
            b'<' => output.extend_from_slice(b"&lt;"),
            b'>' => output.extend_from_slice(b"&gt;"),
            b'\r' => output.extend_from_slice(b"&#13;"),
            byte => output.push(byte),
        }
    }
}
