//! The operators of JavaScript, and its spaces outside of ASCII.

use super::token::{ARROW, ASSIGN, CHAIN, COMPARE, Kind, LOGIC, OTHER, SPREAD, STEP};

/// The operator that `rest` begins with, and its length.
pub(super) fn operator(rest: &[u8], byte: u8) -> (Kind, usize) {
    const LONG: [(&[u8], Kind); 34] = [
        (b">>>=", OTHER),
        (b"...", SPREAD),
        (b"===", COMPARE),
        (b"!==", COMPARE),
        (b"||=", ASSIGN),
        (b"&&=", ASSIGN),
        (b"??=", ASSIGN),
        (b"**=", OTHER),
        (b"<<=", OTHER),
        (b">>=", OTHER),
        (b">>>", OTHER),
        (b"=>", ARROW),
        (b"==", COMPARE),
        (b"!=", COMPARE),
        (b"<=", COMPARE),
        (b">=", COMPARE),
        (b"||", LOGIC),
        (b"&&", LOGIC),
        (b"??", LOGIC),
        (b"?.", CHAIN),
        (b"++", STEP),
        (b"--", STEP),
        (b"+=", ASSIGN),
        (b"-=", OTHER),
        (b"*=", OTHER),
        (b"/=", OTHER),
        (b"%=", OTHER),
        (b"&=", OTHER),
        (b"|=", OTHER),
        (b"^=", OTHER),
        (b"**", OTHER),
        (b"<<", OTHER),
        (b">>", OTHER),
        (b"<", COMPARE),
    ];
    // `a?.5:b` is no chain.
    let decimal = rest.starts_with(b"?.") && rest.get(2).is_some_and(u8::is_ascii_digit);
    let next = rest.get(1).copied().unwrap_or_default();
    match byte {
        b'.' if next != b'.' => (Kind::Mark(byte), 1),
        b'=' | b'+' if !matches!(next, b'=' | b'>' | b'+') => (Kind::Mark(byte), 1),
        b'(' | b')' | b'[' | b']' | b'{' | b'}' | b';' | b',' | b':' => (Kind::Mark(byte), 1),
        b'?' if decimal => (Kind::Mark(b'?'), 1),
        _ => match LONG.iter().find(|(text, _)| rest.starts_with(text)) {
            Some((text, kind)) => (*kind, text.len()),
            None => match byte {
                b'=' | b'+' | b'.' | b'?' => (Kind::Mark(byte), 1),
                b'>' => (COMPARE, 1),
                _ => (OTHER, 1),
            },
        },
    }
}

/// The length of a space outside of ASCII, in UTF-8, and whether it ends a line.
pub(super) fn wide_space(rest: &[u8]) -> Option<(usize, bool)> {
    match rest {
        [0xc2, 0xa0, ..] => Some((2, false)),
        [0xe2, 0x80, 0xa8 | 0xa9, ..] => Some((3, true)),
        [0xe2, 0x80, 0x80..=0x8a | 0xaf, ..]
        | [0xe2, 0x81, 0x9f, ..]
        | [0xe1, 0x9a, 0x80, ..]
        | [0xe3, 0x80, 0x80, ..]
        | [0xef, 0xbb, 0xbf, ..] => Some((3, false)),
        _ => None,
    }
}
