//! Response fields other than `Set-Cookie` that make a browser contact somebody: `Link` and `Refresh`.

use http::HeaderMap;
use http::header::{LINK, REFRESH};
use url::Url;

use super::html::link_fetches;
use super::{Judge, Surface};
use crate::policy::Verdict;

/// What the `Link` fields should become, one value for all of them; `None` when they stay as they are.
///
/// Fields are split as RFC 8288 §3 splits them. A value whose target cannot be told is left alone: a browser cannot
/// follow it either.
pub fn link(judge: &mut Judge, headers: &HeaderMap) -> Option<Vec<u8>> {
    let mut kept: Vec<&[u8]> = Vec::new();
    let mut dropped = false;
    for field in headers.get_all(LINK) {
        for value in split_links(field.as_bytes()) {
            if allowed(judge, value) {
                kept.push(value);
            } else {
                dropped = true;
            }
        }
    }
    dropped.then(|| kept.join(&b", "[..]))
}

/// Whether `Refresh` sends the visitor to somebody who may not be contacted, and so has to go.
pub fn refresh_denied(judge: &mut Judge, headers: &HeaderMap) -> bool {
    headers.get_all(REFRESH).iter().any(|field| {
        let text = String::from_utf8_lossy(field.as_bytes());
        let Some((_, target)) = text.split_once([';', ',']) else {
            return false;
        };
        let target = target.trim();
        let target = match target.get(..3) {
            Some(word) if word.eq_ignore_ascii_case("url") => {
                target.get(3..).unwrap_or_default().trim_start().trim_start_matches('=').trim()
            }
            _ => target,
        };
        let target = target.trim_matches(['"', '\'']);
        denied(judge, target, "refresh")
    })
}

fn allowed(judge: &mut Judge, value: &[u8]) -> bool {
    let text = String::from_utf8_lossy(value);
    let Some((target, parameters)) = text.trim_start().strip_prefix('<').and_then(|rest| rest.split_once('>')) else {
        return true;
    };
    let quoted = |value: &str| {
        value.trim_matches(|edge: char| edge == '"' || edge == '\'' || edge.is_ascii_whitespace()).to_owned()
    };
    let named: Vec<(&str, String)> = parameters
        .split(';')
        .filter_map(|parameter| parameter.split_once('='))
        .map(|(name, value)| (name.trim(), quoted(value)))
        .collect();
    if !named.iter().any(|(name, value)| name.eq_ignore_ascii_case("rel") && link_fetches(value)) {
        return true;
    }
    let more = named.iter().filter(|(name, _)| name.eq_ignore_ascii_case("imagesrcset"));
    let mut candidates = more
        .flat_map(|(_, value)| value.split(','))
        .filter_map(|candidate| candidate.split_ascii_whitespace().next())
        .chain([target]);
    !candidates.any(|candidate| denied(judge, candidate, "link"))
}

fn denied(judge: &mut Judge, target: &str, what: &str) -> bool {
    let Ok(url) = Url::options().base_url(Some(&judge.page().url)).parse(target) else {
        return false;
    };
    judge.judge_url(Surface::ResponseHeader, &url, what).is_some_and(|decision| decision.verdict == Verdict::Drop)
}

/// Splits at commas that stand neither in `<…>` nor in a quoted string.
fn split_links(field: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (mut in_target, mut in_quotes, mut escaped) = (false, false, false);
    field
        .split(move |byte| {
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
        .map(<[u8]>::trim_ascii)
        .filter(|value| !value.is_empty())
}
