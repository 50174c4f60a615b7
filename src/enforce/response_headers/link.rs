//! `Link` (RFC 8288 §3): what a browser loads, connects to or resolves before it has seen the page.

use super::super::field::{self, Line};
use super::super::html::link_fetches;
use super::{denied, unreadable};
use crate::enforce::Judge;

/// Values go whose target, or one of whose candidates, may not be contacted. A value without a target in `<>` is none for
/// browsers either, and stays.
pub(super) fn line(judge: &mut Judge, line: &[u8]) -> Line {
    field::each(values(line), b',', |value| one(judge, value))
}

fn one(judge: &mut Judge, value: &[u8]) -> Line {
    let Some(inner) = value.trim_ascii().strip_prefix(b"<") else { return Line::Keep };
    let Some(end) = inner.iter().position(|byte| *byte == b'>') else { return Line::Keep };
    let (target, rest) = (inner.get(..end).unwrap_or_default(), inner.get(end + 1..).unwrap_or_default());
    let named: Vec<(&[u8], Vec<u8>)> = field::unquoted(rest, b';').filter_map(parameter).collect();
    let all = |name: &str| {
        let name = name.as_bytes().to_vec();
        named.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(&name)).map(|(_, value)| value)
    };
    // The first `rel` counts (RFC 8288 §3.3); a browser that reads the last one is no worse off.
    if !all("rel").any(|relations| link_fetches(&String::from_utf8_lossy(relations).replace('\'', " "))) {
        return Line::Keep;
    }
    if target.contains(&b'<') {
        // Two readers may see two targets.
        return unreadable(judge, "link");
    }
    let candidates = all("imagesrcset").flat_map(|list| list.split(|byte| *byte == b','));
    let candidates = candidates.filter_map(|one| one.trim_ascii().split(u8::is_ascii_whitespace).next());
    let mut addresses = std::iter::once(target).chain(candidates.filter(|one| !one.is_empty()));
    Line::keep_if(!addresses.any(|address| denied(judge, address, "link")))
}

/// Name and value of one parameter; the value without quotes.
fn parameter(text: &[u8]) -> Option<(&[u8], Vec<u8>)> {
    let at = text.iter().position(|byte| *byte == b'=')?;
    Some((text.get(..at)?.trim_ascii(), field::unquote(text.get(at + 1..)?)))
}

/// Splits at commas that stand neither in `<…>` nor in a quoted string.
fn values(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (mut in_target, mut in_quotes, mut escaped) = (false, false, false);
    line.split(move |byte| {
        let cut = *byte == b',' && !in_target && !in_quotes;
        match *byte {
            _ if escaped => escaped = false,
            b'\\' if in_quotes => escaped = true,
            b'"' if !in_target => in_quotes = !in_quotes,
            b'<' if !in_quotes => in_target = true,
            b'>' if !in_quotes => in_target = false,
            _ => {}
        }
        cut
    })
}
