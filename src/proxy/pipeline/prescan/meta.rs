//! `meta` elements as the prescan reads them: attributes, and the encoding that they name.
//!
//! Apart from the scan because a tag is read to its end or not at all: every function gives `None` when the bytes end in it.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_USER_DEFINED};
use memchr::memmem;

use super::{Prescan, is_space};

/// What follows in a tag.
pub(super) enum Attribute {
    /// A name and its value, both in lower case.
    Named(Vec<u8>, Vec<u8>),
    /// The end of the tag.
    End,
}

/// Reads the attributes of a `meta` element: [`Prescan::Nothing`] when they name no encoding.
pub(super) fn meta(rest: &mut &[u8]) -> Option<Prescan> {
    let mut seen: Vec<Vec<u8>> = Vec::new();
    let mut is_pragma = false;
    let mut needs_pragma = None;
    let mut named = false;
    let mut encoding = None;
    while let Attribute::Named(name, value) = attribute(rest)? {
        if seen.contains(&name) {
            continue;
        }
        match name.as_slice() {
            b"http-equiv" => is_pragma |= value == b"content-type",
            b"content" if !named => {
                encoding = charset_in(&value);
                if encoding.is_some() {
                    named = true;
                    needs_pragma = Some(true);
                }
            }
            b"charset" => {
                named = true;
                encoding = Encoding::for_label(&value);
                needs_pragma = Some(false);
            }
            _ => {}
        }
        seen.push(name);
    }
    let counts = needs_pragma.is_some_and(|needed| is_pragma || !needed);
    let encoding = encoding.filter(|_| counts).map(readable);
    Some(encoding.map_or(Prescan::Nothing, Prescan::Found))
}

/// What is meant by an encoding that a page names in its own ASCII bytes.
pub(super) fn readable(named: &'static Encoding) -> &'static Encoding {
    if named == UTF_16LE || named == UTF_16BE {
        UTF_8
    } else if named == X_USER_DEFINED {
        WINDOWS_1252
    } else {
        named
    }
}

/// Reads the next attribute of a tag.
pub(super) fn attribute(rest: &mut &[u8]) -> Option<Attribute> {
    let mut bytes = rest.iter().copied();
    let mut next = bytes.find(|&b| !is_space(b) && b != b'/')?;
    let (mut name, mut value) = (Vec::new(), Vec::new());
    if next == b'>' {
        *rest = rest.get(rest.len() - bytes.len()..)?;
        return Some(Attribute::End);
    }
    loop {
        match next {
            b'=' if !name.is_empty() => break,
            b if is_space(b) => {
                next = bytes.find(|&b| !is_space(b))?;
                break;
            }
            b'/' | b'>' => break,
            b => name.push(b.to_ascii_lowercase()),
        }
        next = bytes.next()?;
    }
    if next != b'=' {
        // The byte that ended the name belongs to what follows.
        *rest = rest.get(rest.len() - bytes.len() - 1..)?;
        return Some(Attribute::Named(name, value));
    }
    next = bytes.find(|&b| !is_space(b))?;
    if matches!(next, b'"' | b'\'') {
        loop {
            match bytes.next()? {
                b if b == next => break,
                b => value.push(b.to_ascii_lowercase()),
            }
        }
        *rest = rest.get(rest.len() - bytes.len()..)?;
    } else {
        while !is_space(next) && next != b'>' {
            value.push(next.to_ascii_lowercase());
            next = bytes.next()?;
        }
        *rest = rest.get(rest.len() - bytes.len() - 1..)?;
    }
    Some(Attribute::Named(name, value))
}

/// The encoding that the `content` of a pragma names ("extracting a character encoding from a meta element"), given in
/// lower case.
fn charset_in(mut content: &[u8]) -> Option<&'static Encoding> {
    loop {
        content = content.get(memmem::find(content, b"charset")? + 7..)?;
        let after = content.trim_ascii_start();
        let Some(value) = after.strip_prefix(b"=") else {
            continue;
        };
        let value = value.trim_ascii_start();
        let label = match value.split_first() {
            Some((quote @ (b'"' | b'\''), quoted)) => quoted.get(..memchr::memchr(*quote, quoted)?)?,
            _ => value.split(|&b| is_space(b) || b == b';').next()?,
        };
        return Encoding::for_label(label);
    }
}
