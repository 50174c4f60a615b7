//! Links: click ids and linkers in the addresses that visitors are led to, for sites that want them out (`strip_links`).
//!
//! What may pass is said by [`query`], sealed queries included. A pair that goes takes its bytes along as they stand in the
//! markup (`&amp;gclid=1`), and every other byte of the value stays.
//!
//! Only `href` of `a` and `area`. A form that is sent with `GET` gets its query from its fields (HTML Standard §4.10.22.3,
//! "mutate action URL"), so that of its `action` goes nowhere; one that is posted tells the shop, where the request itself
//! loses them. Not looked at: fragments, addresses inside of a parameter's value, and what scripts add on a click.

use std::ops::Range;

use memchr::memchr2;
use url::Url;

use super::address::{decode, resolve};
use crate::enforce::{Judge, query};

/// Whether `attribute` of `element` leads somewhere. Both in lower case.
pub(super) fn leads(element: &[u8], attribute: &[u8]) -> bool {
    matches!(element, b"a" | b"area") && matches!(attribute, b"href" | b"xlink:href")
}

/// A link's raw value without the parameters that may not pass; `None` when all of it stays.
pub(super) fn stripped(judge: &mut Judge, raw: &[u8], base: &Url) -> Option<Vec<u8>> {
    memchr2(b'?', b'&', raw)?;
    let value = Value::read(raw);
    let leads_to = resolve(&String::from_utf8_lossy(&value.text), base)?;
    if !matches!(leads_to.scheme(), "http" | "https") {
        return None;
    }
    let kept = query::kept(judge, &value.text)?;
    let short = value.only(kept.iter().cloned());
    let expected: Vec<u8> = kept.iter().filter_map(|part| value.text.get(part.clone())).flatten().copied().collect();
    if Value::read(&short).text == expected {
        return Some(short);
    }
    // What stood apart would be read as one reference now. What can be told apart is what stands before the query.
    let mark = value.text.iter().position(|byte| *byte == b'?').unwrap_or_default();
    Some(value.only(std::iter::once(0..mark)))
}

/// A raw value, and what it means.
#[derive(Debug)]
struct Value<'a> {
    raw: &'a [u8],
    /// As the parser of addresses sees it: references are resolved, tabs and line ends gone.
    text: Vec<u8>,
    /// For each byte of `text`, where in `raw` it ends. What means nothing belongs to the byte behind it.
    ends: Vec<usize>,
}

impl<'a> Value<'a> {
    fn read(raw: &'a [u8]) -> Self {
        let (mut text, mut ends) = (Vec::with_capacity(raw.len()), Vec::with_capacity(raw.len()));
        let mut at = 0;
        while let Some(rest @ [first, ..]) = raw.get(at..) {
            let reference = if *first == b'&' { reference(rest) } else { None };
            let (length, meaning) = reference.unwrap_or_else(|| (1, vec![*first]));
            at += length;
            for byte in meaning.into_iter().filter(|byte| !matches!(byte, b'\t' | b'\n' | b'\r')) {
                text.push(byte);
                ends.push(at);
            }
        }
        Self { raw, text, ends }
    }

    /// The raw bytes of some parts of the text.
    fn only(&self, parts: impl IntoIterator<Item = Range<usize>>) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.raw.len() + 1);
        for part in parts.into_iter().filter(|part| !part.is_empty()) {
            let end_of = |at: usize| at.checked_sub(1).and_then(|at| self.ends.get(at)).copied().unwrap_or_default();
            let end = if part.end == self.text.len() { self.raw.len() } else { end_of(part.end) };
            let bytes = self.raw.get(end_of(part.start)..end).unwrap_or_default();
            // A reference without its semicolon would go on in what follows now.
            let goes_on = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b';' | b'=');
            if bytes.first().is_some_and(goes_on) && ends_open(&out) {
                out.push(b';');
            }
            out.extend_from_slice(bytes);
        }
        out
    }
}

/// Whether `raw` ends with a reference that has no semicolon.
fn ends_open(raw: &[u8]) -> bool {
    let last = raw.iter().rposition(|byte| *byte == b'&').and_then(|at| raw.get(at..));
    last.filter(|last| !last.ends_with(b";"))
        .is_some_and(|last| reference(last).is_some_and(|(length, _)| length == last.len()))
}

/// The character reference that `text` begins with: how long it is, and what it means (HTML Standard §13.2.5.72 to 80, in
/// attributes). `None` when the `&` is just one.
fn reference(text: &[u8]) -> Option<(usize, Vec<u8>)> {
    let run = |from: usize, of: fn(&u8) -> bool| {
        let rest = text.get(from..).unwrap_or_default();
        from + rest.iter().position(|byte| !of(byte)).unwrap_or(rest.len())
    };
    let end = match text {
        [_, b'#', b'x' | b'X', ..] => run(3, u8::is_ascii_hexdigit),
        [_, b'#', ..] => run(2, u8::is_ascii_digit),
        _ => run(1, u8::is_ascii_alphanumeric),
    };
    // In attributes, `&copy=` is no reference.
    let end = if matches!(text.get(end), Some(b';' | b'=')) { end + 1 } else { end };
    let written = text.get(..end)?;
    let numeric = text.get(1) == Some(&b'#');
    let written = if numeric { written.strip_suffix(b"=").unwrap_or(written) } else { written };
    let meaning = decode(written);
    (meaning.as_bytes() != written).then(|| (written.len(), meaning.into_owned().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::Value;

    fn text(raw: &str) -> String {
        String::from_utf8(Value::read(raw.as_bytes()).text).unwrap()
    }

    #[test]
    fn values_mean_what_they_mean_to_browsers() {
        for raw in [
            "/a?b=1&amp;c=2&d=3#e",
            "&copy=1&copy&lt&amp&#38;&#x26;&#38&#x26g&#;&#x;&;&&notit;&notin;&quest;&num",
            "?a=&eacute;&eacute=1&hearts;&hearts",
            "&#63a&#38=1&#x3fz",
        ] {
            assert_eq!(text(raw), super::decode(raw.as_bytes()), "{raw}");
        }
        assert_eq!(text("/a?gc\nl&Tab;id&#10;=1"), "/a?gclid=1");
    }

    #[test]
    fn parts_keep_their_bytes() {
        let raw = b"/a?b=1&amp;c=&lt&d=\n3;e";
        let value = Value::read(raw);
        assert_eq!(value.text, b"/a?b=1&c=<&d=3;e");
        assert_eq!(value.only(std::iter::once(0..16)), raw);
        assert_eq!(value.only([0..6, 10..16]), b"/a?b=1&d=\n3;e");
        assert_eq!(value.only([0..10, 14..16]), b"/a?b=1&amp;c=&lt;;e");
        assert!(value.only([]).is_empty() && Value::read(b"").only(std::iter::once(0..0)).is_empty());
    }
}
