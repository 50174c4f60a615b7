//! The letters of a sheet: what belongs to names, numbers and escapes (CSS Syntax Level 3 §4.2, §4.3).
//!
//! Works on bytes that may stop anywhere: a function that cannot tell yet says `None`, and never does when no more will
//! come. Every byte above ASCII is a letter of a name, as it is in any encoding in which ASCII bytes mean ASCII. The
//! standard's preprocessing (§3.3) is done on the way: a carriage return or form feed ends a line, NUL is a letter.

/// The longest name, in bytes as written, that may be one that is looked for: `-webkit-cross-fade` with every letter
/// escaped in six digits and a line break. A longer one is nobody's.
pub(super) const LONGEST_NAME: usize = 256;

pub(super) const fn is_newline(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r' | 0x0c)
}

pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t') || is_newline(byte)
}

/// "ident-start code point".
pub(super) const fn starts_name(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80 || byte == 0
}

/// "ident code point".
pub(super) const fn in_name(byte: u8) -> bool {
    starts_name(byte) || byte.is_ascii_digit() || byte == b'-'
}

/// Whether `rest`, which begins with a backslash, begins with an escape.
pub(super) fn is_escape(rest: &[u8], last: bool) -> Option<bool> {
    match rest.get(1) {
        Some(next) => Some(!is_newline(*next)),
        None => last.then_some(true),
    }
}

/// The length of the escape that `rest` begins with, and what it stands for; `None` when more must be seen.
pub(super) fn escape(rest: &[u8], last: bool) -> Option<(usize, char)> {
    let digits = rest.iter().skip(1).take(6).take_while(|byte| byte.is_ascii_hexdigit()).count();
    if digits == 0 {
        let Some(letter) = rest.get(1) else { return last.then_some((rest.len(), char::REPLACEMENT_CHARACTER)) };
        // What follows of a letter above ASCII is read as the name's or string's next letters.
        return Some(if letter.is_ascii() && *letter != 0 { (2, char::from(*letter)) } else { (1, '\u{80}') });
    }
    if !last && digits < 6 && rest.len() == digits + 1 {
        return None;
    }
    let number = rest
        .get(1..=digits)
        .unwrap_or_default()
        .iter()
        .fold(0_u32, |number, digit| number * 16 + char::from(*digit).to_digit(16).unwrap_or(0));
    let letter = char::from_u32(number).filter(|letter| *letter != '\0').unwrap_or(char::REPLACEMENT_CHARACTER);
    let space = match (rest.get(digits + 1), rest.get(digits + 2)) {
        (Some(b'\r'), Some(b'\n')) => 2,
        (Some(b'\r'), None) if !last => return None,
        (Some(byte), _) if is_space(*byte) => 1,
        (None, _) if !last => return None,
        _ => 0,
    };
    Some((digits + 1 + space, letter))
}

/// A name as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name {
    /// How many bytes of it were read.
    pub(super) length: usize,
    /// It may go on: it is longer than [`LONGEST_NAME`].
    pub(super) long: bool,
    /// It holds escapes.
    pub(super) escaped: bool,
    /// It holds bytes above ASCII that are not escaped.
    pub(super) wide: bool,
}

/// Whether a name begins at the beginning of `rest` (§4.3.9).
pub(super) fn name_begins(rest: &[u8], last: bool) -> Option<bool> {
    let Some(first) = rest.first() else { return last.then_some(false) };
    match *first {
        b'-' => match rest.get(1) {
            Some(b'-') => Some(true),
            Some(b'\\') => is_escape(rest.get(1..).unwrap_or_default(), last),
            Some(next) => Some(starts_name(*next)),
            None => last.then_some(false),
        },
        b'\\' => is_escape(rest, last),
        byte => Some(starts_name(byte)),
    }
}

/// Reads a name from the beginning of `rest` (§4.3.11). Reads no further than [`LONGEST_NAME`] and one escape.
pub(super) fn name(rest: &[u8], last: bool) -> Option<Name> {
    let mut name = Name { length: 0, long: false, escaped: false, wide: false };
    loop {
        if name.length > LONGEST_NAME {
            return Some(Name { long: true, ..name });
        }
        let here = rest.get(name.length..).unwrap_or_default();
        let Some(byte) = here.first() else { return last.then_some(name) };
        if in_name(*byte) {
            name.wide |= !byte.is_ascii();
            name.length += 1;
        } else if *byte == b'\\' && is_escape(here, last)? {
            name.escaped = true;
            name.length += escape(here, last)?.0;
        } else {
            return Some(name);
        }
    }
}

/// What a name means: ASCII in lower case, escapes resolved; everything above ASCII becomes `0x80`.
pub(super) fn meaning(written: &[u8]) -> Vec<u8> {
    let mut meaning = Vec::with_capacity(written.len());
    let mut at = 0;
    while let Some(rest) = written.get(at..).filter(|rest| !rest.is_empty()) {
        match rest {
            [b'\\', ..] => {
                let (length, letter) = escape(rest, true).unwrap_or((1, '\u{80}'));
                meaning.push(u8::try_from(letter).ok().filter(u8::is_ascii).unwrap_or(0x80).to_ascii_lowercase());
                at += length.max(1);
            }
            [byte, ..] => {
                meaning.push(if byte.is_ascii() { byte.to_ascii_lowercase() } else { 0x80 });
                at += 1;
            }
            [] => break,
        }
    }
    meaning
}

/// What the inside of a string, or of an unquoted address, means: escapes resolved, escaped line breaks gone.
pub(super) fn text(written: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(written.len());
    let mut at = 0;
    while let Some(rest) = written.get(at..).filter(|rest| !rest.is_empty()) {
        let stop = memchr::memchr2(b'\\', 0, rest).unwrap_or(rest.len());
        text.extend_from_slice(rest.get(..stop).unwrap_or_default());
        at += stop;
        match rest.get(stop..).unwrap_or_default() {
            [b'\\', b'\r', b'\n', ..] => at += 3,
            [b'\\', newline, ..] if is_newline(*newline) => at += 2,
            [b'\\', letter, ..] if !letter.is_ascii() || *letter == 0 => at += 1,
            // At the very end it means nothing in a string; in an address it stands for a letter that no host has.
            [b'\\'] => at += 1,
            here @ [b'\\', ..] => {
                let (length, letter) = escape(here, true).unwrap_or((1, char::REPLACEMENT_CHARACTER));
                text.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                at += length;
            }
            [0, ..] => {
                text.extend_from_slice("\u{fffd}".as_bytes());
                at += 1;
            }
            _ => {}
        }
    }
    text
}

/// Reads a number and the unit behind it (§4.3.3), where a number begins at the beginning of `rest` (§4.3.10); a length
/// of 0 where none does. A number that is too long to be held is read as a name, whose letters behind it are the same.
pub(super) fn number(rest: &[u8], last: bool) -> Option<Name> {
    let byte = |at: usize| match rest.get(at) {
        Some(byte) => Some(*byte),
        None => last.then_some(b' '),
    };
    let mut name = Name { length: 0, long: false, escaped: false, wide: false };
    let mut at = usize::from(matches!(byte(0)?, b'+' | b'-'));
    let starts = match byte(at)? {
        b'.' => byte(at + 1)?.is_ascii_digit(),
        digit => digit.is_ascii_digit(),
    };
    if !starts {
        return Some(name);
    }
    let digits = |at: &mut usize| -> Option<bool> {
        while byte(*at)?.is_ascii_digit() {
            *at += 1;
            if *at > LONGEST_NAME {
                return Some(true);
            }
        }
        Some(false)
    };
    let long = digits(&mut at)?
        || (byte(at)? == b'.' && byte(at + 1)?.is_ascii_digit() && {
            at += 1;
            digits(&mut at)?
        })
        || (matches!(byte(at)?, b'e' | b'E') && {
            let sign = usize::from(matches!(byte(at + 1)?, b'+' | b'-'));
            byte(at + 1 + sign)?.is_ascii_digit() && {
                at += 1 + sign;
                digits(&mut at)?
            }
        });
    name.length = at;
    if long {
        return Some(Name { long: true, ..name });
    }
    let unit = rest.get(at..).unwrap_or_default();
    if name_begins(unit, last)? {
        let unit = self::name(unit, last)?;
        return Some(Name { length: at + unit.length, long: unit.long, ..name });
    }
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::{escape, meaning, name, number, text};

    #[test]
    fn names_are_read_through_their_escapes() {
        for written in ["url", "URL", "u\\72l", "\\75 rl", "\\000075rl", "\\75\r\nrl", "\\75\nrl", "u\\rl", "\\55\tRL"]
        {
            // `\r` is the letter r.
            let read = name(format!("{written}(").as_bytes(), false).unwrap();
            assert_eq!(read.length, written.len(), "{written:?}");
            assert_eq!(meaning(written.as_bytes()), b"url", "{written:?}");
        }
        assert_eq!(name(b"u\\\nrl", true).unwrap().length, 1);
        assert_eq!(meaning(b"\\0000075rl"), b"\x075rl");
        assert_eq!(meaning("ürl".as_bytes()), b"\x80\x80rl");
    }

    #[test]
    fn what_may_go_on_is_waited_for() {
        for cut in ["ur", "url", "u\\", "u\\7", "u\\72", "u\\000072", "u\\72\r"] {
            assert_eq!(name(cut.as_bytes(), false), None, "{cut:?}");
            assert!(name(cut.as_bytes(), true).is_some(), "{cut:?}");
        }
        assert_eq!(escape(b"\\72\r", true), Some((4, 'r')));
        assert!(name(&[b'a'; 300], false).unwrap().long);
    }

    #[test]
    fn numbers_take_their_units() {
        for (written, length) in [
            ("1url(", 4),
            ("1.url(", 1),
            (".5url(", 5),
            ("1e3url(", 6),
            ("1e-3x ", 5),
            ("1e-x ", 4),
            ("+1-url(", 6),
            ("-.5%", 3),
            ("1--url(", 6),
            ("1-", 1),
            ("1-->", 3),
            ("-url(", 0),
            ("+url(", 0),
            (".url(", 0),
            ("1e+url", 2),
        ] {
            assert_eq!(number(written.as_bytes(), true).unwrap().length, length, "{written}");
            for cut in 0..written.len() {
                let early = number(&written.as_bytes()[..cut], false);
                assert!(early.is_none_or(|early| early.length == length), "{written} at {cut}");
            }
        }
    }

    #[test]
    fn strings_lose_their_escapes() {
        for (written, meant) in [
            ("//t\\\n.example", "//t.example"),
            ("//t\\\r\n.example", "//t.example"),
            ("\\2f/t", "//t"),
            ("\\2f /t", "//t"),
            ("a\\\"b", "a\"b"),
            ("a\\", "a"),
            ("\\é", "é"),
            ("a\0b", "a\u{fffd}b"),
            ("\\d800", "\u{fffd}"),
        ] {
            assert_eq!(String::from_utf8(text(written.as_bytes())).unwrap(), meant, "{written:?}");
        }
    }
}
