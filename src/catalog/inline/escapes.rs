//! What strings say: escapes of JavaScript resolved, and what the usual functions make of a constant.

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};

/// Appends `raw`, the inside of a string, with its escapes resolved (ECMAScript, `SV`).
pub(super) fn resolve(raw: &[u8], output: &mut Vec<u8>) {
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        output.extend_from_slice(rest.get(..at).unwrap_or_default());
        rest = rest.get(at + 1..).unwrap_or_default();
        let Some((first, behind)) = rest.split_first() else { return };
        rest = behind;
        match first {
            b'n' => output.push(b'\n'),
            b'r' => output.push(b'\r'),
            b't' => output.push(b'\t'),
            b'b' => output.push(8),
            b'v' => output.push(0x0b),
            b'f' => output.push(0x0c),
            b'\n' => {}
            b'\r' => rest = rest.strip_prefix(b"\n").unwrap_or(rest),
            b'x' => rest = number(rest, 2, 16, output),
            b'u' => rest = unicode(rest, output),
            b'0'..=b'7' => {
                let digits = if *first < b'4' { 3 } else { 2 };
                let all = raw.get(raw.len() - rest.len() - 1..).unwrap_or_default();
                rest = number(all, digits, 8, output);
            }
            0xe2 if matches!(rest, [0x80, 0xa8 | 0xa9, ..]) => rest = rest.get(2..).unwrap_or_default(),
            other => output.push(*other),
        }
    }
    output.extend_from_slice(rest);
}

/// Up to `most` digits as one code point.
fn number<'r>(rest: &'r [u8], most: usize, radix: u32, output: &mut Vec<u8>) -> &'r [u8] {
    let count = rest.iter().take(most).take_while(|byte| char::from(**byte).is_digit(radix)).count();
    let (digits, behind) = rest.split_at_checked(count).unwrap_or((rest, b""));
    let value = digits.iter().fold(0, |sum, byte| sum * radix + char::from(*byte).to_digit(radix).unwrap_or(0));
    if count > 0 {
        push(value, output);
    }
    behind
}

fn unicode<'r>(rest: &'r [u8], output: &mut Vec<u8>) -> &'r [u8] {
    match rest.strip_prefix(b"{") {
        Some(inside) => {
            let behind = number(inside, 8, 16, output);
            behind.strip_prefix(b"}").unwrap_or(behind)
        }
        None => number(rest, 4, 16, output),
    }
}

/// Halves of surrogate pairs stand for nothing that an address or a name is told by.
fn push(code: u32, output: &mut Vec<u8>) {
    let letter = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    output.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
}

/// What `function` makes of a constant; `None` when it is not one that is known.
pub(super) fn apply(function: &[u8], text: &[u8]) -> Option<Vec<u8>> {
    match function {
        b"unescape" | b"decodeURIComponent" | b"decodeURI" => Some(percent_encoding::percent_decode(text).collect()),
        b"atob" => {
            let packed: Vec<u8> =
                text.iter().copied().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=').collect();
            let forgiving =
                GeneralPurpose::new(&base64::alphabet::STANDARD, NO_PAD.with_decode_allow_trailing_bits(true));
            forgiving.decode(packed).ok()
        }
        b"String" | b"encodeURI" => Some(text.to_vec()),
        _ => None,
    }
}

/// The letter with the number that `digits` write, decimal or hexadecimal.
pub(super) fn letter(digits: &[u8], output: &mut Vec<u8>) {
    let text = std::str::from_utf8(digits).unwrap_or_default();
    let hexadecimal = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let value = match hexadecimal {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    };
    push(value.unwrap_or(u32::MAX), output);
}

#[cfg(test)]
mod tests {
    use super::{apply, resolve};

    #[test]
    fn escapes_say_what_browsers_read() {
        for (raw, said) in [
            (r"https:\/\/www.google\u002dtagmanager.com\/gtm.js", "https://www.google-tagmanager.com/gtm.js"),
            (r"\x66\u0062\u{71}", "fbq"),
            (r"\146\142\161\0", "fbq\0"),
            (r"\47\477", "''7"),
            ("a\\\nb\\\r\nc", "abc"),
            (r"\q\-\.\'", "q-.'"),
            ("\\", ""),
            (r"\x", ""),
            (r"\ud83d", "\u{fffd}"),
        ] {
            let mut output = Vec::new();
            resolve(raw.as_bytes(), &mut output);
            assert_eq!(String::from_utf8_lossy(&output), said, "{raw}");
        }
        assert_eq!(apply(b"atob", b"ZmJx").as_deref(), Some(&b"fbq"[..]));
        assert_eq!(apply(b"unescape", b"%3Cscript").as_deref(), Some(&b"<script"[..]));
    }
}
