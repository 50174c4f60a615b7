//! Whether a body without a `Content-Type` is HTML or XML (WHATWG MIME Sniffing §7.1, that part of its table).
//!
//! It departs from the standard on the protective side: a body that starts with a byte order mark is looked at behind it,
//! where the standard says plain text. It knows no other media type, because all others are treated alike: left alone.

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};

/// How much of a body is looked at, in bytes ("resource header").
const WINDOW: usize = 1445;

/// What HTML starts with, behind white space and in any case. A space or `>` must follow, except after a comment's start and
/// XML's declaration, whose case browsers mind and this does not.
const PATTERNS: [&str; 18] = [
    "<!DOCTYPE HTML",
    "<HTML",
    "<HEAD",
    "<SCRIPT",
    "<IFRAME",
    "<H1",
    "<DIV",
    "<FONT",
    "<TABLE",
    "<A",
    "<STYLE",
    "<TITLE",
    "<B",
    "<BODY",
    "<BR",
    "<P",
    "<!--",
    "<?XML",
];

/// Whether `body`, without its byte order mark, is HTML or XML; `None` when more of it must be seen. `marked` is the encoding that
/// the mark stood for. With `last`, no more will come.
pub(super) fn is_markup(body: &[u8], marked: Option<&'static Encoding>, last: bool) -> Option<bool> {
    let complete = last || body.len() >= WINDOW;
    let body = body.get(..WINDOW).unwrap_or(body);
    let text: Vec<u8> = match marked {
        Some(wide) if wide == UTF_16LE => narrow(body, u16::from_le_bytes),
        Some(wide) if wide == UTF_16BE => narrow(body, u16::from_be_bytes),
        _ => body.to_vec(),
    };
    let text = text.trim_ascii_start();
    let mut open = text.is_empty();
    for pattern in PATTERNS {
        let (pattern, stands_alone) = (pattern.as_bytes(), matches!(pattern, "<!--" | "<?XML"));
        let length = pattern.len().min(text.len());
        let (Some(head), Some(expected)) = (text.get(..length), pattern.get(..length)) else {
            continue;
        };
        if !head.eq_ignore_ascii_case(expected) {
            continue;
        }
        match text.get(pattern.len()) {
            Some(b' ' | b'>') => return Some(true),
            _ if stands_alone && length == pattern.len() => return Some(true),
            None => open = true,
            Some(_) => {}
        }
    }
    (complete || !open).then_some(false)
}

/// The ASCII of UTF-16; every other unit becomes a byte that no pattern has.
fn narrow(wide: &[u8], unit: fn([u8; 2]) -> u16) -> Vec<u8> {
    wide.as_chunks().0.iter().map(|&pair| u8::try_from(unit(pair)).unwrap_or(0xff)).collect()
}

#[cfg(test)]
mod tests {
    use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE};

    use super::{PATTERNS, WINDOW, is_markup};

    #[test]
    fn html_is_told_from_the_rest() {
        let cases: [(&str, bool); 18] = [
            ("<!doctype html>", true),
            (" \t\r\n\x0c<!DOCTYPE hTmL ", true),
            ("<!doctype html", false),
            ("<!doctype svg>", false),
            ("<html>", true),
            ("<html\n>", false),
            ("<p>", true),
            ("<pre>", false),
            ("<a href=x>", true),
            ("<b/>", false),
            ("<!--x", true),
            ("<!-", false),
            ("", false),
            ("   ", false),
            ("{\"a\":\"<html>\"}", false),
            ("<?xml version=\"1.0\"?>", true),
            ("\x0b<html>", false),
            ("GIF89a", false),
        ];
        for (body, expected) in cases {
            assert_eq!(is_markup(body.as_bytes(), None, true), Some(expected), "{body:?}");
        }
    }

    #[test]
    fn an_answer_once_given_stays() {
        for pattern in PATTERNS {
            let body = format!("  {}>", pattern.to_lowercase());
            let answers: Vec<_> = (0..=body.len()).map(|end| is_markup(&body.as_bytes()[..end], None, false)).collect();
            assert_eq!(answers.last(), Some(&Some(true)), "{pattern}");
            assert!(!answers.contains(&Some(false)), "{pattern}");
        }
    }

    #[test]
    fn white_space_is_not_waited_for_without_end() {
        assert_eq!(is_markup(&[b' '; WINDOW - 1], None, false), None);
        assert_eq!(is_markup(&[b' '; WINDOW], None, false), Some(false));
    }

    #[test]
    fn a_byte_order_mark_does_not_hide_html() {
        let wide = |unit: fn(u16) -> [u8; 2]| -> Vec<u8> { " <html>".encode_utf16().flat_map(unit).collect() };
        assert_eq!(is_markup(b" <html>", Some(UTF_8), false), Some(true));
        assert_eq!(is_markup(&wide(u16::to_le_bytes), Some(UTF_16LE), false), Some(true));
        assert_eq!(is_markup(&wide(u16::to_be_bytes), Some(UTF_16BE), false), Some(true));
        assert_eq!(is_markup(&wide(u16::to_be_bytes), Some(UTF_16LE), false), Some(false));
        assert_eq!(is_markup(b"plain", Some(UTF_8), false), Some(false));
    }
}
