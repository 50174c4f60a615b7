//! The tokenizer of the HTML Standard (§13.2.5) over bytes that come in chunks: bytes in, tokens out.
//!
//! A token is told by its kind and its length; nothing is copied, decoded or changed, and the lengths of all tokens add up
//! to the input. Input is any encoding in which ASCII bytes mean ASCII. What the tree builder has to say is asked of the
//! caller: what the [content](Tokenizer::content) of an element is, and whether a CDATA section may begin here. Nothing in
//! this room judges or knows what a browser fetches.
//!
//! What is left to whoever wants the tokens of the standard to the letter: lower case, character references, U+FFFD for
//! NUL, line ends, and the names inside of a DOCTYPE. The tests do all of it, because the standard's own test suite asks.

mod raw;
mod tag;

#[cfg(test)]
mod standard;

use memchr::memchr;

pub(super) use self::tag::TagScanner;

use self::raw::{Found, RawText, starts_with};

/// What the next bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// Characters between tags; more may follow.
    Text,
    /// A whole start tag. [`Tokenizer::tag`] tells its parts, until the next tag begins.
    StartTag,
    /// A whole end tag.
    EndTag,
    /// The beginning of a tag in which the input ends. Browsers drop it.
    CutTag,
    /// `</>`, which is nothing.
    Nothing,
    /// What a section begins with.
    Open(Section),
    /// What is inside of the section, or of the element whose content is text; more may follow.
    Content,
    /// What a section ends with. No bytes where it ends with the input, or where an end tag ends an element's text.
    Close,
}

/// What may stand between tags besides of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    /// `<!-- … -->`.
    Comment,
    /// What the standard calls a bogus comment: anything from `<!`, `<?` or `</` up to the next `>`.
    Bogus,
    /// `<!DOCTYPE … >`.
    Doctype,
    /// `<![CDATA[ … ]]>`, where it is one.
    Cdata,
}

/// What the bytes behind a start tag are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Text and tags.
    Markup,
    /// Text up to the end tag of this name, which is in lower case: RCDATA and RAWTEXT, which differ in nothing but character
    /// references.
    Text(&'static [u8]),
    /// Script data, up to the end tag of this name.
    Script(&'static [u8]),
    /// Text to the end of the input.
    PlainText,
}

#[derive(Debug)]
enum State {
    Data,
    Tag {
        end: bool,
    },
    /// Right behind `<!--`.
    CommentStart,
    Inside(Section),
    Text(RawText),
    PlainText,
}

/// One token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) token: Token,
    /// Its length in bytes.
    pub(super) length: usize,
}

const fn piece(token: Token, length: usize) -> Piece {
    Piece { token, length }
}

/// Splits one document into tokens.
#[derive(Debug)]
pub(super) struct Tokenizer {
    state: State,
    tag: TagScanner,
}

impl Default for Tokenizer {
    fn default() -> Self {
        Self { state: State::Data, tag: TagScanner::default() }
    }
}

impl Tokenizer {
    /// The parts of the last start or end tag, as offsets from its `<`.
    pub(super) const fn tag(&self) -> &TagScanner {
        &self.tag
    }

    /// Takes the parts of the last tag; [`give_back`](Self::give_back) saves the next one an allocation.
    pub(super) fn take_tag(&mut self) -> TagScanner {
        std::mem::take(&mut self.tag)
    }

    /// See [`take_tag`](Self::take_tag).
    pub(super) fn give_back(&mut self, tag: TagScanner) {
        self.tag = tag;
    }

    /// Says what comes behind the start tag that was just given.
    pub(super) fn content(&mut self, content: Content) {
        self.state = match content {
            Content::Markup => State::Data,
            Content::Text(name) => State::Text(RawText::new(name, false)),
            Content::Script(name) => State::Text(RawText::new(name, true)),
            Content::PlainText => State::PlainText,
        };
    }

    /// Whether tags are markup at this point, and nothing is open.
    pub(super) const fn is_between_tags(&self) -> bool {
        matches!(self.state, State::Data)
    }

    /// Whether the input ended inside of a tag so far.
    pub(super) const fn is_in_tag(&self) -> bool {
        matches!(self.state, State::Tag { .. })
    }

    /// Gives up the tag that is not complete, of which `held` is there, where it cannot be held any longer: it is longer than
    /// `most`, or has more attributes than are told. Whoever asks reads the tag to its end, and goes on behind it.
    pub(super) fn give_up_tag(&mut self, held: &[u8], most: usize) -> bool {
        let gives_up = self.is_in_tag() && self.tag.overflows(held, held.len() > most).is_some();
        if gives_up {
            self.state = State::Data;
        }
        gives_up
    }

    /// The next token of `input`, which begins where the last token ended. `cdata` tells whether a CDATA section may begin
    /// here: in foreign content only. `None` when there is nothing more, or when it takes more input to tell; with `last`,
    /// there is no more.
    pub(super) fn next(&mut self, input: &[u8], cdata: bool, last: bool) -> Option<Piece> {
        match &mut self.state {
            State::Data => self.data(input, cdata, last),
            State::Tag { end } => {
                let end = *end;
                self.tag_end(input, end, last)
            }
            State::CommentStart => self.comment_start(input, last),
            State::Inside(section) => {
                let section = *section;
                self.inside(input, section, last)
            }
            State::Text(raw) => {
                let (length, found) = match raw.search(input) {
                    Found::End(at) => (at, true),
                    Found::TextUntil(_) if last => (input.len(), false),
                    Found::TextUntil(at) => (at, false),
                };
                raw.forget(length);
                if length > 0 {
                    return Some(piece(Token::Content, length));
                }
                (found || last).then(|| self.close(0))
            }
            State::PlainText if input.is_empty() => last.then(|| self.close(0)),
            State::PlainText => Some(piece(Token::Content, input.len())),
        }
    }

    fn close(&mut self, length: usize) -> Piece {
        self.state = State::Data;
        piece(Token::Close, length)
    }

    fn data(&mut self, input: &[u8], cdata: bool, last: bool) -> Option<Piece> {
        match memchr(b'<', input) {
            Some(0) => {}
            Some(open) => return Some(piece(Token::Text, open)),
            None if input.is_empty() => return None,
            None => return Some(piece(Token::Text, input.len())),
        }
        let Some(second) = input.get(1) else {
            return last.then(|| piece(Token::Text, 1));
        };
        match *second {
            byte if byte.is_ascii_alphabetic() => self.begin_tag(input, 1, last),
            b'/' => match input.get(2) {
                Some(byte) if byte.is_ascii_alphabetic() => self.begin_tag(input, 2, last),
                Some(b'>') => Some(piece(Token::Nothing, 3)),
                Some(_) => Some(self.open(Section::Bogus, 2)),
                None => last.then(|| piece(Token::Text, 2)),
            },
            b'?' => Some(self.open(Section::Bogus, 1)),
            b'!' => self.declaration(input, cdata, last),
            _ => Some(piece(Token::Text, 1)),
        }
    }

    fn open(&mut self, section: Section, length: usize) -> Piece {
        self.state = if section == Section::Comment { State::CommentStart } else { State::Inside(section) };
        piece(Token::Open(section), length)
    }

    /// At `<!`.
    fn declaration(&mut self, input: &[u8], cdata: bool, last: bool) -> Option<Piece> {
        let mut name = [0; 9];
        let after = input.get(2..).unwrap_or_default();
        let after = after.get(..after.len().min(name.len())).unwrap_or_default();
        let name = name.get_mut(..after.len()).unwrap_or_default();
        name.copy_from_slice(after);
        name.make_ascii_lowercase();
        let known = [
            (after, &b"--"[..], Section::Comment),
            (name, b"doctype", Section::Doctype),
            (after, b"[CDATA[", Section::Cdata),
        ];
        let mut undecided = false;
        for (begins, is, section) in known.into_iter().take(if cdata { 3 } else { 2 }) {
            match starts_with(begins, is) {
                Some(true) => return Some(self.open(section, 2 + is.len())),
                Some(false) => {}
                None => undecided = true,
            }
        }
        (last || !undecided).then(|| self.open(Section::Bogus, 2))
    }

    fn begin_tag(&mut self, input: &[u8], name: usize, last: bool) -> Option<Piece> {
        self.tag.reset(name);
        let end = name == 2;
        self.state = State::Tag { end };
        self.tag_end(input, end, last)
    }

    fn tag_end(&mut self, input: &[u8], end: bool, last: bool) -> Option<Piece> {
        if let Some(length) = self.tag.scan(input) {
            self.state = State::Data;
            return Some(piece(if end { Token::EndTag } else { Token::StartTag }, length));
        }
        last.then(|| {
            self.state = State::Data;
            piece(Token::CutTag, input.len())
        })
    }

    fn comment_start(&mut self, input: &[u8], last: bool) -> Option<Piece> {
        for ends in [&b">"[..], b"->"] {
            match starts_with(input, ends) {
                Some(true) => return Some(self.close(ends.len())),
                Some(false) => {}
                None if last => {}
                None => return None,
            }
        }
        self.state = State::Inside(Section::Comment);
        self.inside(input, Section::Comment, last)
    }

    fn inside(&mut self, input: &[u8], section: Section, last: bool) -> Option<Piece> {
        let mut from = 0;
        while let Some(found) = memchr(b'>', input.get(from..).unwrap_or_default()) {
            let content = input.get(..from + found).unwrap_or_default();
            if let Some(dashes) = ends(content, section) {
                let content = content.len() - dashes;
                return Some(if content > 0 { piece(Token::Content, content) } else { self.close(dashes + 1) });
            }
            from += found + 1;
        }
        // What may be the beginning of the end waits for the rest of it.
        let held = match section {
            Section::Comment => [&b"--!"[..], b"--", b"-"].into_iter().find(|end| input.ends_with(end)),
            Section::Cdata if !last => [&b"]]"[..], b"]"].into_iter().find(|end| input.ends_with(end)),
            _ => None,
        };
        let held = held.map_or(0, <[u8]>::len);
        if input.len() > held {
            return Some(piece(Token::Content, input.len() - held));
        }
        last.then(|| self.close(held))
    }
}

/// How many bytes at the end of `content` end a section together with the `>` behind them, if they do.
fn ends(content: &[u8], section: Section) -> Option<usize> {
    match section {
        Section::Bogus | Section::Doctype => Some(0),
        Section::Cdata => content.ends_with(b"]]").then_some(2),
        Section::Comment if content.ends_with(b"--") => Some(2),
        Section::Comment => content.ends_with(b"--!").then_some(3),
    }
}
