//! What becomes of a message field, line by line.
//!
//! A field may come in several lines, and a line may hold several values. What is kept stays byte for byte where it is;
//! whatever comes out consists of bytes that came in, or was written here.

use http::{HeaderMap, HeaderName, HeaderValue};

/// What the lines of one field become, in order; none when the field goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldEdit {
    /// The field.
    pub name: HeaderName,
    /// Its lines from now on.
    pub lines: Vec<HeaderValue>,
}

/// Carries `edits` out.
pub fn field_edits_applied(headers: &mut HeaderMap, edits: Vec<FieldEdit>) {
    for edit in edits {
        headers.remove(&edit.name);
        for line in edit.lines {
            headers.append(edit.name.clone(), line);
        }
    }
}

/// What becomes of a line, or of one value in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    Keep,
    Drop,
    Replace(Vec<u8>),
}

impl Line {
    pub(super) const fn keep_if(keep: bool) -> Self {
        if keep { Self::Keep } else { Self::Drop }
    }
}

/// Looks at every line of a field. `None` when all of them stay.
pub(super) fn edit(headers: &HeaderMap, name: &HeaderName, mut of: impl FnMut(&[u8]) -> Line) -> Option<FieldEdit> {
    let mut changed = false;
    let mut lines = Vec::new();
    for line in headers.get_all(name) {
        match of(line.as_bytes()) {
            Line::Keep => lines.push(line.clone()),
            Line::Drop => changed = true,
            Line::Replace(bytes) => {
                changed = true;
                // Bytes that no field may hold never came in; if they would come out, the line does not.
                lines.extend(HeaderValue::from_bytes(bytes.trim_ascii()).ok());
            }
        }
    }
    changed.then(|| FieldEdit { name: name.clone(), lines })
}

/// Looks at every value of a line. `values` are the parts between separators, in order; what is kept is joined by
/// `separator` again. A line of which nothing is left goes.
pub(super) fn each<'a>(
    values: impl Iterator<Item = &'a [u8]>,
    separator: u8,
    mut of: impl FnMut(&'a [u8]) -> Line,
) -> Line {
    let mut kept: Vec<std::borrow::Cow<'a, [u8]>> = Vec::new();
    let mut changed = false;
    for value in values {
        // What stands between two separators and says nothing is no value (RFC 9110 §5.6.1).
        match if value.trim_ascii().is_empty() { Line::Keep } else { of(value) } {
            Line::Keep => kept.push(value.into()),
            Line::Drop => changed = true,
            Line::Replace(bytes) => {
                changed = true;
                kept.push(bytes.into());
            }
        }
    }
    if !changed {
        return Line::Keep;
    }
    if kept.iter().all(|value| value.trim_ascii().is_empty()) {
        return Line::Drop;
    }
    Line::Replace(kept.join(&separator))
}

/// Splits at separators that stand in no quoted string (RFC 9110 §5.6.4).
pub(super) fn unquoted(line: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let (mut quoted, mut escaped) = (false, false);
    line.split(move |byte| {
        match *byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ => {}
        }
        *byte == separator && !quoted
    })
}

/// The text of a quoted string, or of a token, without quotes and escapes.
pub(super) fn unquote(text: &[u8]) -> Vec<u8> {
    let text = text.trim_ascii();
    let Some(inner) = text.strip_prefix(b"\"") else { return text.to_vec() };
    let mut plain = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => break,
            b'\\' => plain.extend(bytes.next()),
            _ => plain.push(*byte),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::{Line, each, unquote, unquoted};

    #[test]
    fn what_is_kept_stays_byte_for_byte() {
        let without = |line: &str, gone: &[&str]| {
            let parts = unquoted(line.as_bytes(), b',');
            match each(parts, b',', |part| {
                Line::keep_if(!gone.contains(&String::from_utf8_lossy(part.trim_ascii()).as_ref()))
            }) {
                Line::Keep => line.to_owned(),
                Line::Drop => "-".to_owned(),
                Line::Replace(bytes) => String::from_utf8(bytes).unwrap().trim().to_owned(),
            }
        };
        for (line, gone, left) in [
            ("a, b ,c", &["b"][..], "a,c"),
            ("a, b ,c", &["a"], "b ,c"),
            ("a, b ,  c", &["b", "x"], "a,  c"),
            ("a,, b", &["b"], "a,"),
            ("a,, b", &["x"], "a,, b"),
            (" ,a, ", &["a"], "-"),
            ("\"a,b\",c", &["c"], "\"a,b\""),
            ("\"a\\\",b\",c", &["c"], "\"a\\\",b\""),
            ("\"a,b", &["b"], "\"a,b"),
        ] {
            assert_eq!(without(line, gone), left, "{line}");
        }
        assert_eq!(unquote(b" \"a\\\"b\" x"), b"a\"b");
        assert_eq!(unquote(b"a "), b"a");
    }
}
