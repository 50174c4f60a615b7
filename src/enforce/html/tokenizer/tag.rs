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
        let (mut at, mut state) = (self.at, self.state);
        let end = loop {
            let rest = tag.get(at..).unwrap_or_default();
            let Some(&byte) = rest.first() else { break None };
            match state {
                State::TagName => {
                    let length = until(rest, SPACES | SLASH | CLOSE);
                    at += length;
                    let Some(&byte) = rest.get(length) else { break None };
                    self.name.1 = at;
                    match byte {
                        b'>' => break Some(at + 1),
                        b'/' => state = State::SelfClosing,
                        _ => state = State::BeforeName,
                    }
                }
                State::BeforeName | State::AfterQuoted | State::SelfClosing | State::AfterName => match byte {
                    b' ' | b'\t' | b'\n' | b'\x0c' | b'\r' => {
                        if state != State::AfterName {
                            state = State::BeforeName;
                        }
                    }
                    b'/' => state = State::SelfClosing,
                    b'>' => {
                        self.self_closing = state == State::SelfClosing;
                        break Some(at + 1);
                    }
                    b'=' if state == State::AfterName => state = State::BeforeValue,
                    // More than a tag can use are read in parts.
                    _ if self.attributes.len() >= MAX_ATTRIBUTES => break None,
                    // A `=` here is part of a name.
                    _ => {
                        self.attributes.push(Attribute { name: (at, at + 1), ..Attribute::default() });
                        state = State::Name;
                    }
                },
                State::Name => {
                    let length = until(rest, SPACES | SLASH | CLOSE | EQUALS);
                    at += length;
                    self.last(|attribute| attribute.name.1 = at);
                    let Some(&byte) = rest.get(length) else { break None };
                    match byte {
                        b'=' => state = State::BeforeValue,
                        b'/' => state = State::SelfClosing,
                        b'>' => break Some(at + 1),
                        _ => state = State::AfterName,
                    }
                }
                State::BeforeValue => match byte {
                    b'"' | b'\'' => {
                        self.last(|attribute| {
                            attribute.quote = byte;
                            attribute.value = (at + 1, at + 1);
                        });
                        state = if byte == b'"' { State::Double } else { State::Single };
                    }
                    b' ' | b'\t' | b'\n' | b'\x0c' | b'\r' => {}
                    b'>' => break Some(at + 1),
                    _ => {
                        self.last(|attribute| attribute.value = (at, at + 1));
                        state = State::Unquoted;
                    }
                },
                State::Double | State::Single => {
                    let quote = if state == State::Double { b'"' } else { b'\'' };
                    let Some(length) = memchr(quote, rest) else {
                        at = tag.len();
                        break None;
                    };
                    at += length;
                    self.last(|attribute| attribute.value.1 = at);
                    state = State::AfterQuoted;
                }
                State::Unquoted => {
                    let length = until(rest, SPACES | CLOSE);
                    at += length;
                    self.last(|attribute| attribute.value.1 = at);
                    let Some(&byte) = rest.get(length) else { break None };
                    if byte == b'>' {
                        break Some(at + 1);
                    }
                    state = State::BeforeName;
                }
            }
            at += 1;
        };
        (self.at, self.state) = (at, state);
        end
    }

    fn last(&mut self, change: impl FnOnce(&mut Attribute)) {
        if let Some(attribute) = self.attributes.last_mut() {
            change(attribute);
        }
    }
}

// Sets of bytes below 64, a bit each.
const SPACES: u64 = 1 << b'\t' | 1 << b'\n' | 1 << b'\x0c' | 1 << b'\r' | 1 << b' ';
const SLASH: u64 = 1 << b'/';
const CLOSE: u64 = 1 << b'>';
const EQUALS: u64 = 1 << b'=';

/// How many bytes of `bytes` come before the first that is in `set`.
fn until(bytes: &[u8], set: u64) -> usize {
    bytes.iter().position(|byte| *byte < 64 && (set >> *byte) & 1 == 1).unwrap_or(bytes.len())
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
