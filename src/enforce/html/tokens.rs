//! What becomes of each token of a page. What is kept is copied in one piece, from the last edit to the next.

use super::element::lowered;
use super::foreign::Namespace;
use super::parts::Inner;
use super::tokenizer::{Content, Section, Token};
use super::{Rewriter, element, elements};

/// What is read at this point, seen from outside.
#[derive(Debug)]
pub(super) enum Mode {
    /// Tags and the text between them.
    Plain,
    /// A comment of which is not known yet whether browsers revive it. Its content from `from` on is held back.
    Comment { from: usize },
    /// The inside of a section, or of an element that holds text.
    Inside { inner: Inner, comment: bool },
    /// An inline script, held back until it can be judged. Its tag begins at `from` and has `tag` bytes.
    Script { from: usize, tag: usize, namespace: Namespace },
}

/// Where the page goes: what is passed over is copied when something else has to be written, or at the end.
#[derive(Debug)]
pub(super) struct Out<'a> {
    /// What is being read.
    pub(super) bytes: &'a [u8],
    /// What is written, up to `done`.
    pub(super) output: &'a mut Vec<u8>,
    done: usize,
}

impl<'a> Out<'a> {
    /// The bytes from `start` to `end`.
    pub(super) fn slice(&self, start: usize, end: usize) -> &'a [u8] {
        self.bytes.get(start..end).unwrap_or_default()
    }

    /// Writes everything before `end` as it is, unless it is written or left out already.
    pub(super) fn keep(&mut self, end: usize) {
        if end > self.done {
            self.output.extend_from_slice(self.slice(self.done, end));
            self.done = end;
        }
    }

    /// Keeps everything before `start` and leaves out what is between it and `end`, in place of which the caller writes.
    pub(super) fn replace(&mut self, start: usize, end: usize) -> &mut Vec<u8> {
        self.keep(start);
        self.done = self.done.max(end);
        self.output
    }
}

impl Rewriter {
    /// Works through `bytes` and gives how many of them are done with.
    pub(super) fn run(&mut self, bytes: &[u8], last: bool, output: &mut Vec<u8>) -> usize {
        let mut out = Out { bytes, output, done: 0 };
        let mut at = std::mem::take(&mut self.ahead);
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let cdata = self.foreign.namespace() != Namespace::Html;
            if self.long.is_some() {
                let (used, ended) = self.long_tag(&mut out, at, last);
                at += used;
                if ended {
                    continue;
                }
                break;
            }
            let Some(piece) = self.tokenizer.next(rest, cdata, last) else {
                if self.tokenizer.give_up_tag(rest, self.max_token_bytes) {
                    self.begin_long(&mut out, at);
                    continue;
                }
                break;
            };
            let start = at;
            at += piece.length;
            if self.sheet.is_some()
                && matches!(piece.token, Token::StartTag | Token::EndTag | Token::CutTag | Token::Open(_))
            {
                self.cut_sheet(&mut out, start, false);
            }
            match piece.token {
                Token::Text => {
                    if !self.injection.idle() {
                        out.keep(start);
                        self.injection.before_text(out.slice(start, at), out.output);
                    }
                    self.sheet_text(&mut out, start, at);
                }
                // However its bytes come, it is read as if they came one by one.
                Token::StartTag | Token::EndTag if piece.length > self.max_token_bytes => {
                    at = start;
                    self.begin_long(&mut out, at);
                }
                Token::StartTag if self.means_nothing(out.slice(start, at)) => {}
                Token::StartTag => self.start_tag(&mut out, start, at),
                Token::EndTag => {
                    self.bare_end_tag(&mut out, start, at);
                    self.end_tag(out.slice(start, at));
                }
                Token::CutTag => self.cut_tag(&mut out, start, at),
                Token::Nothing => {}
                Token::Open(section) => self.open(section, at),
                Token::Content => at = self.inside(&mut out, start, at),
                Token::Close => at = self.close(&mut out, start, at),
            }
        }
        if last {
            self.cut_sheet(&mut out, at, !self.open_ended);
            self.close_sheet();
        }
        let used = match &mut self.mode {
            Mode::Comment { from } | Mode::Script { from, .. } => std::mem::take(from),
            _ => at,
        };
        self.ahead = at - used;
        self.consumed += used;
        out.keep(used);
        used
    }

    fn open(&mut self, section: Section, at: usize) {
        self.mode = match section {
            Section::Comment if !self.read_twice() => Mode::Comment { from: at },
            Section::Comment => Mode::Inside { inner: self.inner(), comment: true },
            Section::Cdata if self.sheet.is_some() => {
                Mode::Inside { inner: Inner::Letters(Box::new(self.cdata())), comment: true }
            }
            Section::Cdata => Mode::Inside { inner: self.cdata(), comment: true },
            _ => Mode::Inside { inner: Inner::Pass, comment: true },
        };
    }

    /// What is inside of a section or an element's text, from `start` to `at`. Gives where to go on.
    fn inside(&mut self, out: &mut Out<'_>, start: usize, at: usize) -> usize {
        match &mut self.mode {
            Mode::Comment { from } => {
                let from = *from;
                if let Some(revived) = is_revived(out.slice(from, at), false) {
                    self.comment(revived);
                    self.deliver(out, from, at);
                }
            }
            Mode::Inside { .. } => self.deliver(out, start, at),
            Mode::Script { .. } => return self.script(out, at, false),
            Mode::Plain => {}
        }
        at
    }

    /// The end of a section or of an element's text; what ends it stands from `start` to `at`. Gives where to go on.
    fn close(&mut self, out: &mut Out<'_>, start: usize, at: usize) -> usize {
        match &mut self.mode {
            Mode::Comment { from } => {
                let from = *from;
                self.comment(is_revived(out.slice(from, start), true).unwrap_or_default());
                self.deliver(out, from, start);
                self.leave(out, start);
            }
            Mode::Inside { .. } => self.leave(out, start),
            Mode::Script { .. } => return self.script(out, at, true),
            Mode::Plain => {}
        }
        at
    }

    fn comment(&mut self, revived: bool) {
        let inner = if revived { self.inner() } else { Inner::Pass };
        self.mode = Mode::Inside { inner, comment: true };
    }

    /// Whether a start tag passes for certain and changes nothing for what follows: most tags of a page.
    fn means_nothing(&self, bytes: &[u8]) -> bool {
        if !self.injection.idle() || self.read_twice() || self.sheet.is_some() {
            return false;
        }
        let tag = self.tokenizer.tag();
        let slice = |(start, end): (usize, usize)| bytes.get(start..end).unwrap_or_default();
        let mut buffer = [0; 8];
        let Some(name) = lowered(slice(tag.name()), &mut buffer) else { return false };
        let links = self.judge.strips_links();
        !elements::changes_what_follows(name)
            && tag.attributes().iter().all(|attribute| !element::matters(name, slice(attribute.name), links))
    }

    fn end_tag(&mut self, bytes: &[u8]) {
        if !self.in_select && self.foreign.is_empty() && self.sheet.is_none() {
            return;
        }
        let (start, end) = self.tokenizer.tag().name();
        let name = bytes.get(start..end).unwrap_or_default().to_ascii_lowercase();
        self.end_element(&name);
    }

    /// What becomes of a CDATA section. Where there are none, what the standard calls a bogus comment is read instead, up to
    /// the next `>`, and markup behind it.
    fn cdata(&self) -> Inner {
        let mut inner = self.doubted();
        if let Inner::Markup(inside) = &mut inner {
            inside.tokenizer.begin_in_bogus();
            inside.mode = Mode::Inside { inner: Inner::Pass, comment: true };
        }
        inner
    }

    /// Attributes of an end tag mean nothing; in another reading there may be markup in them.
    fn bare_end_tag(&self, out: &mut Out<'_>, start: usize, at: usize) {
        let doubtful = self.read_twice() && !self.judge.passes_everything();
        if doubtful && out.slice(start, at).iter().skip(1).any(|byte| *byte == b'<') {
            let (_, end) = self.tokenizer.tag().name();
            out.replace(start + end, at).push(b'>');
        }
    }

    pub(super) fn end_element(&mut self, name: &[u8]) {
        if name == b"select" {
            self.in_select = false;
        }
        self.foreign.end(name);
        // With the outer element, what is open inside of it ends; only SVG's are sheets to browsers.
        if matches!(name, b"style" | b"svg") {
            self.close_sheet();
        }
    }

    /// A tag in which the page ends.
    fn cut_tag(&mut self, out: &mut Out<'_>, start: usize, at: usize) {
        let tag = out.slice(start, at);
        // Browsers drop it. Outside, it would be the beginning of another tag; in another reading, there may be whole ones in it.
        if self.open_ended || (self.read_twice() && tag.iter().skip(1).any(|byte| *byte == b'<')) {
            self.harmless(tag, out.replace(start, at));
        }
    }

    /// Says what the content of an element is that holds text.
    pub(super) fn text(&mut self, content: Content, inner: Inner) {
        self.tokenizer.content(content);
        self.mode = Mode::Inside { inner, comment: false };
    }
}

/// Whether a comment is one that browsers revive: old ones read what stands in conditional comments. `None` when there is
/// too little of it to tell.
fn is_revived(content: &[u8], whole: bool) -> Option<bool> {
    const BEGINS: &[u8] = b"[if";
    /// So much white space may stand before it.
    const SPACE: usize = 64;
    let inside = content.trim_ascii_start();
    let begins = inside.get(..inside.len().min(BEGINS.len())).unwrap_or_default();
    if !BEGINS.get(..begins.len()).is_some_and(|start| start.eq_ignore_ascii_case(begins)) {
        return Some(false);
    }
    if begins.len() == BEGINS.len() {
        return Some(content.len() - inside.len() < SPACE);
    }
    (whole || content.len() >= SPACE + BEGINS.len()).then_some(false)
}
