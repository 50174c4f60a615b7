//! Writing a start tag, or a part of one, with edits, so that it stays well-formed.

use super::names::split;
use crate::enforce::html::apart::{Outcome, Places};

/// What takes an attribute out of a browser's sight and keeps it for revival. It goes behind a prefix, because names before
/// a colon have to be declared.
const HIDDEN: &[u8] = b"data-vestibule-";

/// Which part of a start tag is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// From its `<`.
    Beginning,
    /// Something behind its name.
    Later,
}

/// Appends `tag` with the edits of `outcome`, new values in quotes of this kind. Whatever is not edited keeps its bytes.
pub(super) fn tag(tag: &[u8], places: &Places, outcome: &Outcome, part: Part, quote: u8, output: &mut Vec<u8>) {
    let slice = |(start, end): (usize, usize)| tag.get(start..end).unwrap_or_default();
    let has = |wanted: &[u8]| places.attributes().any(|place| slice(place.name) == wanted);
    let name_end = places.name_end();
    output.extend_from_slice(slice((0, name_end)));
    if part == Part::Beginning {
        if !outcome.services.is_empty() && !has(b"data-vestibule") {
            output.extend_from_slice(b" data-vestibule=");
            output.push(quote);
            let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b',');
            output.extend(outcome.services.join(",").bytes().filter(plain));
            output.push(quote);
        }
        if outcome.stop_script {
            output.extend_from_slice(b" type=");
            output.push(quote);
            output.extend_from_slice(b"text/plain");
            output.push(quote);
        }
    }
    // A second one of that name is no XML; it goes as well, so that a reader who minds less finds neither.
    let names: Vec<&[u8]> = places
        .attributes()
        .enumerate()
        .filter(|(at, _)| outcome.hidden.contains(at))
        .map(|(_, place)| slice(place.name))
        .collect();
    let mut written = name_end;
    for (at, place) in places.attributes().enumerate() {
        let name = slice(place.name);
        if names.contains(&name) || (outcome.stop_script && name == b"type") {
            output.extend_from_slice(slice((written, place.name.0)));
            output.extend_from_slice(&hidden(name, has));
            written = place.name.1;
        }
        // A value without quotes is no XML, and nobody reads it.
        if let Some((_, value)) = outcome.values.iter().find(|(edited, _)| *edited == at && place.quote != 0) {
            output.extend_from_slice(slice((written, place.value.0)));
            escape(value, place.quote, output);
            written = place.value.1;
        }
    }
    output.extend_from_slice(slice((written, tag.len())));
}

/// The name that takes the place of `name`; `taken` tells which the tag has.
fn hidden(name: &[u8], taken: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let (prefix, local) = split(name);
    let mut out = local.to_vec();
    loop {
        out = [HIDDEN, &out].concat();
        let whole = if prefix.is_empty() { out.clone() } else { [prefix, b":", &out].concat() };
        if !taken(&whole) {
            return whole;
        }
    }
}

/// Text for an attribute's value.
fn escape(value: &[u8], quote: u8, output: &mut Vec<u8>) {
    for byte in value {
        match *byte {
            b'&' => output.extend_from_slice(b"&amp;"),
            b'<' => output.extend_from_slice(b"&lt;"),
            b'"' if quote == b'"' => output.extend_from_slice(b"&quot;"),
            b'\'' if quote == b'\'' => output.extend_from_slice(b"&#39;"),
            // As they are, these would be read as spaces.
            b'\n' => output.extend_from_slice(b"&#10;"),
            b'\r' => output.extend_from_slice(b"&#13;"),
            b'\t' => output.extend_from_slice(b"&#9;"),
            byte => output.push(byte),
        }
    }
}
