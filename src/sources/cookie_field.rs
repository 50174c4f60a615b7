//! The `Cookie` request field, read as shops and browsers read it.
//!
//! Split on `;` only and cut at the first `=`: real values carry raw JSON, commas, quotes and spaces. Only SP and HTAB
//! are trimmed, so that a name planted with another kind of space is another name.

use http::HeaderMap;
use http::header::COOKIE;

/// One piece of a `Cookie` field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CookiePair<'a> {
    /// The piece as it was sent, without surrounding SP and HTAB.
    pub raw: &'a [u8],
    /// What stands before the first `=`; empty when there is none, as browsers send nameless cookies.
    pub name: &'a [u8],
    /// What stands after it.
    pub value: &'a [u8],
}

/// The pairs of all `Cookie` fields, in order. HTTP/2 clients send one field per cookie (RFC 9113 §8.2.3).
pub fn cookie_pairs(headers: &HeaderMap) -> impl Iterator<Item = CookiePair<'_>> {
    headers
        .get_all(COOKIE)
        .iter()
        .flat_map(|field| Pieces(Some(field.as_bytes())))
        .map(trim)
        .filter(|raw| !raw.is_empty())
        .map(|raw| match memchr::memchr(b'=', raw) {
            Some(at) => {
                let (name, value) = raw.split_at_checked(at).unwrap_or((raw, b""));
                CookiePair { raw, name: trim(name), value: trim(value.get(1..).unwrap_or_default()) }
            }
            None => CookiePair { raw, name: b"", value: raw },
        })
}

/// A field split on `;`. Sources go through it many times a request, and most of it is values that are not theirs.
struct Pieces<'a>(Option<&'a [u8]>);

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.0.take()?;
        let Some((piece, behind)) = memchr::memchr(b';', rest).and_then(|at| rest.split_at_checked(at)) else {
            return Some(rest);
        };
        self.0 = behind.get(1..);
        Some(piece)
    }
}

/// What stands for the `*` in `pattern` when `name` fits it; empty where it ends in none. An empty pattern fits nothing.
pub(super) fn after_name<'n>(name: &'n [u8], pattern: &str) -> Option<&'n [u8]> {
    let (start, open) = pattern.strip_suffix('*').map_or((pattern, false), |start| (start, true));
    name.strip_prefix(start.as_bytes()).filter(|rest| !start.is_empty() && (open || rest.is_empty()))
}

fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::cookie_pairs;
    use http::{HeaderMap, HeaderValue, header::COOKIE};

    #[test]
    fn odd_fields_are_read_without_loss() {
        let mut headers = HeaderMap::new();
        for field in [r#"a=1;b="x=,y" ; =v; lone;;  c = 2 "#, "\u{2000}d=3"] {
            headers.append(COOKIE, HeaderValue::from_bytes(field.as_bytes()).unwrap());
        }
        let read: Vec<(String, String)> = cookie_pairs(&headers)
            .map(|pair| (String::from_utf8_lossy(pair.name).into(), String::from_utf8_lossy(pair.value).into()))
            .collect();
        let expected = [("a", "1"), ("b", r#""x=,y""#), ("", "v"), ("", "lone"), ("c", "2"), ("\u{2000}d", "3")];
        assert_eq!(read, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
