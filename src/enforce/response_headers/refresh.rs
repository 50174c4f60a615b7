//! `Refresh`: where the page goes after a while.

use std::ops::Range;

use super::super::field::Line;
use super::location::{past, without_parameters};
use super::{Asked, resolved};
use crate::enforce::Judge;

/// Treated as a redirect of a page, but for hosts that nobody knows: the page is shown already, and stays where going on is
/// nothing that the visitor agreed to. A payment page that nobody knows belongs on the site's necessary list.
pub(super) fn line(judge: &mut Judge, line: &[u8]) -> Line {
    let Some(range) = target(line) else { return Line::Keep };
    let target = line.get(range.clone()).unwrap_or_default();
    let Some(url) = resolved(judge, &String::from_utf8_lossy(target)) else { return Line::Keep };
    let found = match past(judge, &url, Asked::Page, true, "refresh") {
        Some(found) => found,
        None => without_parameters(judge, target, &url),
    };
    match found {
        Line::Replace(address) => {
            let before = line.get(..range.start).unwrap_or_default();
            let after = line.get(range.end..).unwrap_or_default();
            Line::Replace([before, &address, after].concat())
        }
        other => other,
    }
}

/// Where the target of a `refresh` stands (HTML Standard §4.2.5.3, shared declarative refresh steps); `None` when it reloads
/// the page.
pub(in crate::enforce) fn target(text: &[u8]) -> Option<Range<usize>> {
    let skip = |at: usize, of: fn(&u8) -> bool| {
        let rest = text.get(at..).unwrap_or_default();
        at + rest.iter().position(|byte| !of(byte)).unwrap_or(rest.len())
    };
    let space: fn(&u8) -> bool = u8::is_ascii_whitespace;
    let at = skip(skip(0, space), |byte| byte.is_ascii_digit() || *byte == b'.');
    let at = skip(at, space);
    let at = if matches!(text.get(at), Some(b';' | b',')) { at + 1 } else { at };
    let at = skip(at, space);
    let named = text.get(at..at + 3).filter(|word| word.eq_ignore_ascii_case(b"url")).and_then(|_| {
        let equals = skip(at + 3, space);
        (text.get(equals) == Some(&b'=')).then(|| skip(equals + 1, space))
    });
    let start = named.unwrap_or(at);
    let (start, end) = match text.get(start) {
        Some(quote @ (b'"' | b'\'')) => {
            let inner = text.get(start + 1..)?;
            (start + 1, start + 1 + inner.iter().position(|byte| byte == quote).unwrap_or(inner.len()))
        }
        _ => (start, text.len()),
    };
    (start < end).then_some(start..end)
}
