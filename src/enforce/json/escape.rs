//! The escapes of JSON strings (RFC 8259 §7): what one means, and how to write a text as a document writes its own.

/// One character of a string, or one byte of one that is not escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    /// How many bytes it takes.
    pub(super) length: usize,
    /// What it means: a byte where nothing is escaped, otherwise a code point or half of a surrogate pair.
    pub(super) code: u32,
}

/// The first character of `text`, which is not empty; `None` when more of it must be seen. A broken escape is the character
/// behind its `\`.
pub(super) fn unit(text: &[u8], last: bool) -> Option<Unit> {
    let first = *text.first()?;
    if first != b'\\' {
        return Some(Unit { length: 1, code: first.into() });
    }
    let Some(second) = text.get(1) else {
        return last.then_some(Unit { length: 1, code: first.into() });
    };
    let code = match second {
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => 0x0a,
        b'r' => 0x0d,
        b't' => 0x09,
        b'u' => return unicode(text, last),
        other => u32::from(*other),
    };
    Some(Unit { length: 2, code })
}

/// A character that begins with `\u`.
fn unicode(text: &[u8], last: bool) -> Option<Unit> {
    let broken = Unit { length: 2, code: u32::from(b'u') };
    let first = match hexadecimal(text.get(2..).unwrap_or_default()) {
        Hexadecimal::Whole(code) => code,
        Hexadecimal::Broken => return Some(broken),
        Hexadecimal::Short => return last.then_some(broken),
    };
    let alone = Unit { length: 6, code: first };
    if !(0xd800..0xdc00).contains(&first) {
        return Some(alone);
    }
    let after = text.get(6..).unwrap_or_default();
    let second = match after {
        [b'\\', b'u', digits @ ..] => hexadecimal(digits),
        [] | [b'\\'] => Hexadecimal::Short,
        _ => Hexadecimal::Broken,
    };
    match second {
        Hexadecimal::Whole(low @ 0xdc00..0xe000) => {
            Some(Unit { length: 12, code: 0x1_0000 + ((first - 0xd800) << 10) + (low - 0xdc00) })
        }
        Hexadecimal::Short if !last => None,
        _ => Some(alone),
    }
}

enum Hexadecimal {
    Whole(u32),
    Short,
    Broken,
}

/// Four hexadecimal digits.
fn hexadecimal(text: &[u8]) -> Hexadecimal {
    let mut code = 0;
    for at in 0..4 {
        match text.get(at).map(|digit| char::from(*digit).to_digit(16)) {
            Some(Some(digit)) => code = code << 4 | digit,
            Some(None) => return Hexadecimal::Broken,
            None => return Hexadecimal::Short,
        }
    }
    Hexadecimal::Whole(code)
}

/// Appends what a unit means as text: UTF-8, in which half a surrogate pair is written as if it were a character (it is
/// none, so no reader of the text takes it for one).
pub(super) fn decode(raw: &[u8], code: u32, plain: &mut Vec<u8>) {
    if let [byte] = raw {
        plain.push(*byte);
        return;
    }
    if let Some(letter) = char::from_u32(code) {
        plain.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
    } else {
        let low = |bits: u32| u8::try_from(bits & 0x3f | 0x80).unwrap_or(b'?');
        plain.extend([0xed, low(code >> 6), low(code)]);
    }
}

/// How a character is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    AsItIs,
    /// Behind a `\`.
    Short,
    /// By its number.
    Number,
}

/// How a document writes its strings, learnt from what was escaped in it so far.
#[derive(Debug)]
pub(super) struct Style {
    ascii: [Form; 128],
    others_by_number: bool,
    upper_case: bool,
}

impl Default for Style {
    /// Nothing is escaped but what must be.
    fn default() -> Self {
        let mut ascii = [Form::AsItIs; 128];
        for (code, form) in ascii.iter_mut().enumerate() {
            *form = match code {
                0x08 | 0x09 | 0x0a | 0x0c | 0x0d | 0x22 | 0x5c => Form::Short,
                0..0x20 => Form::Number,
                _ => Form::AsItIs,
            };
        }
        Self { ascii, others_by_number: false, upper_case: false }
    }
}

impl Style {
    /// Takes note of how a character was written.
    pub(super) fn learn(&mut self, raw: &[u8], code: u32) {
        let form = match raw {
            [b'\\', b'u', digits @ .., _] if digits.len() >= 3 => {
                self.upper_case |= digits.iter().any(u8::is_ascii_uppercase);
                self.upper_case |= raw.last().is_some_and(u8::is_ascii_uppercase);
                Form::Number
            }
            [b'\\', _] => Form::Short,
            _ => return,
        };
        match usize::try_from(code).ok().and_then(|code| self.ascii.get_mut(code)) {
            Some(known) if form == Form::Number || matches!(code, 0x22 | 0x27 | 0x2f | 0x5c) => *known = form,
            Some(_) => {}
            None => self.others_by_number = true,
        }
    }

    /// Writes `plain` as a part of a string.
    pub(super) fn encode(&self, plain: &[u8], output: &mut Vec<u8>) {
        let mut rest = plain;
        while let Some((at, half)) = half_pair(rest) {
            self.text(rest.get(..at).unwrap_or_default(), output);
            self.number(half, output);
            rest = rest.get(at + 3..).unwrap_or_default();
        }
        self.text(rest, output);
    }

    fn text(&self, plain: &[u8], output: &mut Vec<u8>) {
        for chunk in plain.utf8_chunks() {
            for letter in chunk.valid().chars() {
                self.letter(letter, output);
            }
            output.extend_from_slice(chunk.invalid());
        }
    }

    fn letter(&self, letter: char, output: &mut Vec<u8>) {
        let known = usize::try_from(u32::from(letter)).ok().and_then(|code| self.ascii.get(code)).copied();
        let form = known.unwrap_or(if self.others_by_number { Form::Number } else { Form::AsItIs });
        match form {
            Form::AsItIs => output.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes()),
            Form::Short => {
                let short = match letter {
                    '\u{8}' => b'b',
                    '\u{c}' => b'f',
                    '\n' => b'n',
                    '\r' => b'r',
                    '\t' => b't',
                    other => u8::try_from(other).unwrap_or(b'?'),
                };
                output.extend([b'\\', short]);
            }
            Form::Number => {
                for half in letter.encode_utf16(&mut [0; 2]) {
                    self.number(*half, output);
                }
            }
        }
    }

    fn number(&self, half: u16, output: &mut Vec<u8>) {
        let text = if self.upper_case { format!("\\u{half:04X}") } else { format!("\\u{half:04x}") };
        output.extend_from_slice(text.as_bytes());
    }
}

/// The first half of a surrogate pair that stands alone, as [`decode`] writes it.
fn half_pair(text: &[u8]) -> Option<(usize, u16)> {
    let found = text.windows(3).position(|three| matches!(three, [0xed, 0xa0..=0xbf, 0x80..=0xbf]))?;
    let [_, middle, low] = text.get(found..found + 3)? else { return None };
    Some((found, 0xd000 | u16::from(middle & 0x3f) << 6 | u16::from(low & 0x3f)))
}

#[cfg(test)]
mod tests {
    use super::{Style, Unit, decode, unit};

    /// What a string means, and the style it is written in.
    fn read(text: &str) -> (Vec<u8>, Style) {
        let (mut plain, mut style, mut at) = (Vec::new(), Style::default(), 0);
        while at < text.len() {
            let Unit { length, code } = unit(&text.as_bytes()[at..], true).unwrap();
            let raw = &text.as_bytes()[at..at + length];
            decode(raw, code, &mut plain);
            style.learn(raw, code);
            at += length;
        }
        (plain, style)
    }

    #[test]
    fn escapes_mean_what_they_mean() {
        for (text, plain) in [
            (r#"a\"b\\c\/d\n\t"#, "a\"b\\c/d\n\t"),
            (r"\u003cp\u003E", "<p>"),
            (r"caf\u00e9 é", "café é"),
            (r"\ud83d\ude00", "😀"),
            (r"\u12", "u12"),
            (r"\x", "x"),
            ("\\", "\\"),
        ] {
            assert_eq!(read(text).0, plain.as_bytes(), "{text}");
        }
        assert_eq!(read(r"\ud83dx").0, [0xed, 0xa0, 0xbd, b'x']);
    }

    #[test]
    fn a_text_is_written_as_it_was() {
        for text in [
            r"\u003cp class=\u0022a\u0022\u003e",
            r"\u003Cp\u003E",
            r#"<p class=\"a\">\n<\/p>"#,
            r"<p class='a'>é</p>",
            r"caf\u00e9 \ud83d\ude00 \u2028",
            r"\u0000\u001b",
            r"a\ud83db\udc00",
        ] {
            let (plain, style) = read(text);
            let mut written = Vec::new();
            style.encode(&plain, &mut written);
            assert_eq!(String::from_utf8(written).unwrap(), text);
        }
    }

    #[test]
    fn half_an_escape_waits() {
        for text in [r"\", r"\u", r"\u00", r"\u003", r"\ud83d", r"\ud83d\", r"\ud83d\ude0"] {
            assert_eq!(unit(text.as_bytes(), false), None, "{text}");
            assert!(unit(text.as_bytes(), true).is_some(), "{text}");
        }
    }
}
