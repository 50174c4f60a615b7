//! One tag, from `<` to `>`: where it ends, and where its attributes stand.
//!
//! The states are those of the HTML Standard §13.2.5.6 to §13.2.5.40 that a tag can be in. Scanning can stop anywhere
//! and go on when more bytes are there, without looking at any byte twice. An attribute that comes twice is told twice.

use memchr::memchr;

/// One attribute, as offsets from the start of the tag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::enforce::html) struct Attribute {
    pub(in crate::enforce::html) name: (usize, usize),
    /// The value without its quotes; empty when there is none.
    pub(in crate::enforce::html) value: (usize, usize),
    /// `"`, `'`, or 0 for a value without quotes.
    pub(in crate::enforce::html) quote: u8,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    TagName,
    BeforeName,
    Name,
    AfterName,
    BeforeValue,
    Double,
    Single,
    Unquoted,
    AfterQuoted,
    SelfClosing,
}

/// How many attributes of a tag are held at once.
const MAX_ATTRIBUTES: usize = 1024;

/// Scans one tag.
#[derive(Debug, Default)]
pub(in crate::enforce::html) struct TagScanner {
    state: State,
    at: usize,
    /// Where the tag's name stands.
    name: (usize, usize),
    attributes: Vec<Attribute>,
    self_closing: bool,
}

impl TagScanner {
    /// Where the tag's name stands. It ends at 0 while the end is not known.
    pub(in crate::enforce::html) const fn name(&self) -> (usize, usize) {
        self.name
    }

    /// The attributes, as they stand in the tag.
    pub(in crate::enforce::html) fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    /// Whether the tag ends in `/>`.
    pub(in crate::enforce::html) const fn self_closing(&self) -> bool {
        self.self_closing
    }

    /// Starts a new tag. `name_start` is the offset of its name: 1 for a start tag, 2 for an end tag.
    pub(in crate::enforce::html) fn reset(&mut self, name_start: usize) {
        self.state = State::TagName;
        self.at = name_start;
        self.name = (name_start, 0);
        self.attributes.clear();
        self.self_closing = false;
    }

    /// Starts in the middle of a tag, where its next attribute may begin.
    pub(in crate::enforce::html) fn reset_inside(&mut self) {
        self.reset(0);
        self.state = State::AfterQuoted;
    }

    /// Whether the last attribute's name is complete, and nothing of its value is there.
    pub(in crate::enforce::html) const fn awaits_value(&self) -> bool {
        matches!(self.state, State::AfterName | State::BeforeValue)
    }

    /// How much was scanned, when a tag that is not at its end cannot be held any longer: all that is there of it, `held`, is
    /// as much as may be, or it has too many attributes.
    pub(in crate::enforce::html) fn overflows(&self, held: &[u8], more: bool) -> Option<usize> {
        let full = self.attributes.len() >= MAX_ATTRIBUTES && !self.in_attribute() && self.at < held.len();
        (full || more).then_some(self.at)
    }

    /// What was scanned so far will not be there any more. An attribute that was not complete goes on without its name.
    pub(in crate::enforce::html) fn forget(&mut self) {
        let open = self.in_attribute();
        self.attributes.clear();
        if open {
            self.attributes.push(Attribute::default());
        }
        self.at = 0;
        self.name = (0, 0);
    }

    /// Whether the last attribute's value has begun and not ended.
    pub(in crate::enforce::html) const fn in_value(&self) -> bool {
        matches!(self.state, State::Double | State::Single | State::Unquoted)
    }

    /// Whether the last attribute may still get more of a name, or a value.
    pub(in crate::enforce::html) const fn in_attribute(&self) -> bool {
        self.in_value() || matches!(self.state, State::Name | State::AfterName | State::BeforeValue)
    }

    /// Goes on over `tag`, which starts at the tag's `<` and may be longer than the tag. Gives the offset behind the
    /// closing `>`, or `None` when it is not there yet.
    pub(in crate::enforce::html) fn scan(&mut self, tag: &[u8]) -> Option<usize> {
        while let Some(&byte) = tag.get(self.at) {
            match self.state {
                State::TagName => {
                    let byte = self.skip(tag, |byte| is_space(byte) || matches!(byte, b'/' | b'>'))?;
                    self.name.1 = self.at;
                    match byte {
                        b'>' => return Some(self.at + 1),
                        b'/' => self.state = State::SelfClosing,
                        _ => self.state = State::BeforeName,
                    }
                }
                State::BeforeName | State::AfterQuoted | State::SelfClosing | State::AfterName => match byte {
                    _ if is_space(byte) => {
                        if self.state != State::AfterName {
                            self.state = State::BeforeName;
                        }
                    }
                    b'/' => self.state = State::SelfClosing,
                    b'>' => {
                        self.self_closing = self.state == State::SelfClosing;
                        return Some(self.at + 1);
                    }
                    b'=' if self.state == State::AfterName => self.state = State::BeforeValue,
                    // More than a tag can use are read in parts.
                    _ if self.attributes.len() >= MAX_ATTRIBUTES => return None,
                    // A `=` here is part of a name.
                    _ => {
                        self.push();
                        self.state = State::Name;
                    }
                },
                State::Name => {
                    let found = self.skip(tag, |byte| is_space(byte) || matches!(byte, b'/' | b'>' | b'='));
                    let end = self.at;
                    self.last(|attribute| attribute.name.1 = end);
                    match found? {
                        b'/' => self.state = State::SelfClosing,
                        b'>' => return Some(self.at + 1),
                        b'=' => self.state = State::BeforeValue,
                        _ => self.state = State::AfterName,
                    }
                }
                State::BeforeValue => match byte {
                    _ if is_space(byte) => {}
                    b'"' | b'\'' => {
                        let start = self.at + 1;
                        self.last(|attribute| {
                            attribute.quote = byte;
                            attribute.value = (start, start);
                        });
                        self.state = if byte == b'"' { State::Double } else { State::Single };
                    }
                    b'>' => return Some(self.at + 1),
                    _ => {
                        let start = self.at;
                        self.last(|attribute| attribute.value = (start, start + 1));
                        self.state = State::Unquoted;
                    }
                },
                State::Double | State::Single => {
                    let quote = if self.state == State::Double { b'"' } else { b'\'' };
                    let rest = tag.get(self.at..).unwrap_or_default();
                    let Some(length) = memchr(quote, rest) else {
                        self.at = tag.len();
                        return None;
                    };
                    self.at += length;
                    let end = self.at;
                    self.last(|attribute| attribute.value.1 = end);
                    self.state = State::AfterQuoted;
                }
                State::Unquoted => {
                    let found = self.skip(tag, |byte| is_space(byte) || byte == b'>');
                    let end = self.at;
                    self.last(|attribute| attribute.value.1 = end);
                    match found? {
                        b'>' => return Some(self.at + 1),
                        _ => self.state = State::BeforeName,
                    }
                }
            }
            self.at += 1;
        }
        None
    }

    /// Moves on to the first byte that `stops`, and gives it; to the end of `tag` when there is none.
    fn skip(&mut self, tag: &[u8], stops: impl Fn(u8) -> bool) -> Option<u8> {
        let rest = tag.get(self.at..).unwrap_or_default();
        let found = rest.iter().position(|byte| stops(*byte));
        self.at += found.unwrap_or(rest.len());
        found.and_then(|at| rest.get(at)).copied()
    }

    /// An attribute begins here.
    fn push(&mut self) {
        self.attributes.push(Attribute { name: (self.at, self.at + 1), ..Attribute::default() });
    }

    fn last(&mut self, change: impl FnOnce(&mut Attribute)) {
        if let Some(attribute) = self.attributes.last_mut() {
            change(attribute);
        }
    }
}

/// White space between the parts of a tag.
const fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\x0c' | b'\r' | b' ')
}

#[cfg(test)]
mod tests {
    use super::TagScanner;

    /// The end of the tag and its attributes, scanned in one go and byte by byte.
    fn scan(text: &str) -> (Option<usize>, Vec<(String, String)>, bool) {
        let mut whole = TagScanner::default();
        whole.reset(1);
        let end = whole.scan(text.as_bytes());
        let mut slow = TagScanner::default();
        slow.reset(1);
        let slow_end = (1..=text.len()).find_map(|length| slow.scan(&text.as_bytes()[..length]));
        assert_eq!((end, &whole.attributes), (slow_end, &slow.attributes), "{text}");
        let attributes = whole.attributes.iter();
        let part = |(start, end)| text.get(start..end).unwrap().to_owned();
        let attributes = attributes.map(|at| (part(at.name), part(at.value)));
        (end, attributes.collect(), whole.self_closing)
    }

    #[test]
    fn attributes_are_where_browsers_see_them() {
        for (text, length, attributes, closing) in [
            ("<a>x", 3, &[][..], false),
            ("<a/>", 4, &[], true),
            ("<a b>", 5, &[("b", "")], false),
            ("<a b=c>", 7, &[("b", "c")], false),
            ("<a b=c/>", 8, &[("b", "c/")], false),
            ("<a b = 'c>d' e>", 15, &[("b", "c>d"), ("e", "")], false),
            ("<a b=\"c\"d='e'/f>", 16, &[("b", "c"), ("d", "e"), ("f", "")], false),
            ("<a =b=c>", 8, &[("=b", "c")], false),
            ("<a b==c>", 8, &[("b", "=c")], false),
            ("<a b=>c", 6, &[("b", "")], false),
            ("<a b='x'>", 9, &[("b", "x")], false),
            ("<a / / b / >", 12, &[("b", "")], false),
            ("<a b/c=d>", 9, &[("b", ""), ("c", "d")], false),
            ("<a b\n=\t\"\">", 10, &[("b", "")], false),
            ("<a <b=\"'\">", 10, &[("<b", "'")], false),
        ] {
            let expected = attributes.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect::<Vec<_>>();
            assert_eq!(scan(text), (Some(length), expected, closing), "{text}");
        }
        assert_eq!(scan("<a b='>").0, None);
    }
}
