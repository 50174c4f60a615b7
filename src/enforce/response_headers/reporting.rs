//! Where a browser sends reports about what happened on the visit: `Report-To`, `Reporting-Endpoints`, `NEL`, and the
//! `report-uri` of policies.
//!
//! Only targets that may not be contacted go; groups, policies and everything else stay as they were written. What is only
//! named by its group (`report-to` of a policy) reports to nobody once the group has no endpoint.

use std::borrow::Cow;

use http::HeaderMap;
use serde_json::Value;

use super::super::field::{self, Line};
use super::{denied, unreadable};
use crate::enforce::Judge;

/// A browser forgets what it remembered of `NEL` (Network Error Logging §5.1): what an earlier visit agreed to ends here.
const FORGET: &[u8] = br#"{"report_to":"default","max_age":0}"#;

/// `Reporting-Endpoints` (Reporting API §3.2): a dictionary of names and addresses.
pub(super) fn endpoints(judge: &mut Judge, line: &[u8]) -> Line {
    field::each(field::unquoted(line, b','), b',', |member| {
        let address = member.iter().position(|byte| *byte == b'=').and_then(|at| member.get(at + 1..));
        let address = field::unquote(address.unwrap_or_default());
        Line::keep_if(!denied(judge, &address, "reporting-endpoints"))
    })
}

/// `Report-To` (Reporting API of 2018, §3.1): objects in JSON, without the brackets of the list. Endpoints go one by one, a
/// group without any goes whole.
pub(super) fn report_to(judge: &mut Judge, line: &[u8]) -> Line {
    if groups(line).is_none() {
        return unreadable(judge, "report-to");
    }
    field::each(parts(line), b',', |group| {
        let Some((open, members, close)) = inside(group, b'{', b'}') else { return Line::Keep };
        let mut endpoints_left = true;
        let found = field::each(parts(members), b',', |member| {
            let key = field::unquoted(member, b':').next().unwrap_or_default();
            if serde_json::from_slice::<String>(key.trim_ascii()).is_ok_and(|key| key != "endpoints") {
                return Line::Keep;
            }
            let list = member.get(key.len() + 1..).and_then(|list| inside(list, b'[', b']'));
            let Some((open, list, close)) = list else { return Line::Keep };
            match field::each(parts(list), b',', |endpoint| {
                let url = serde_json::from_slice::<Value>(endpoint).ok();
                let url = url.as_ref().and_then(|one| one.get("url")).and_then(Value::as_str).unwrap_or_default();
                Line::keep_if(!denied(judge, url.as_bytes(), "report-to"))
            }) {
                Line::Keep => Line::Keep,
                Line::Drop => {
                    endpoints_left = false;
                    Line::Drop
                }
                Line::Replace(list) => Line::Replace([key, b":", open, &list, close].concat()),
            }
        });
        match found {
            _ if !endpoints_left => Line::Drop,
            Line::Replace(members) => Line::Replace([open, &*members, close].concat()),
            other => other,
        }
    })
}

/// `NEL`: goes when the group that it names has no endpoint left, and when nobody can tell, since browsers remember groups
/// from earlier responses. What goes is replaced by the word to forget.
pub(super) fn nel(judge: &mut Judge, headers: &HeaderMap, line: &[u8]) -> Line {
    let Ok(policy) = serde_json::from_slice::<Value>(line) else { return forget(unreadable(judge, "nel")) };
    if policy.get("max_age").and_then(Value::as_u64) == Some(0) {
        return Line::Keep;
    }
    let name = policy.get("report_to").and_then(Value::as_str).unwrap_or_default();
    let known = headers.get_all("report-to").iter().filter_map(|line| groups(line.as_bytes())).flatten();
    let mine = known.filter(|group| group.get("group").and_then(Value::as_str).unwrap_or("default") == name);
    let endpoints: Vec<String> = mine
        .filter_map(|group| group.get("endpoints")?.as_array().cloned())
        .flatten()
        .filter_map(|endpoint| Some(endpoint.get("url")?.as_str()?.to_owned()))
        .collect();
    let Some(first) = endpoints.first() else { return forget(unreadable(judge, "nel")) };
    let mut probe = judge.fork();
    if endpoints.iter().any(|endpoint| !denied(&mut probe, endpoint.as_bytes(), "nel")) {
        return Line::Keep;
    }
    forget(Line::keep_if(!denied(judge, first.as_bytes(), "nel")))
}

fn forget(line: Line) -> Line {
    if line == Line::Drop { Line::Replace(FORGET.to_vec()) } else { line }
}

/// The groups of a line, as far as it can be read at all.
fn groups(line: &[u8]) -> Option<Vec<Value>> {
    serde_json::from_slice([b"[", line, b"]"].concat().as_slice()).ok()
}

/// The opening bracket, what stands between the brackets, and the closing one; spaces stay with the brackets.
fn inside(text: &[u8], open: u8, close: u8) -> Option<(&[u8], &[u8], &[u8])> {
    let start = text.iter().position(|byte| !byte.is_ascii_whitespace()).filter(|at| text.get(*at) == Some(&open))?;
    let end = text.iter().rposition(|byte| !byte.is_ascii_whitespace()).filter(|at| text.get(*at) == Some(&close))?;
    Some((text.get(..=start)?, text.get(start + 1..end)?, text.get(end..)?))
}

/// Splits JSON at the commas of its outermost level.
fn parts(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (mut quoted, mut escaped, mut depth) = (false, false, 0_usize);
    text.split(move |byte| {
        match *byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => depth += 1,
            b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        *byte == b',' && !quoted && depth == 0
    })
}

/// The `report-uri` of a `Content-Security-Policy`, reported only or enforced (CSP3 §6.5.1). Policies stand between commas,
/// directives between semicolons; neither can stand inside of one.
pub(super) fn csp(judge: &mut Judge, line: &[u8]) -> Line {
    field::each(line.split(|byte| *byte == b','), b',', |policy| {
        field::each(policy.split(|byte| *byte == b';'), b';', |directive| report_uri(judge, directive))
    })
}

fn report_uri(judge: &mut Judge, directive: &[u8]) -> Line {
    let start = directive.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(directive.len());
    let mut words = directive.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let Some(name) = words.next().filter(|name| name.eq_ignore_ascii_case(b"report-uri")) else { return Line::Keep };
    let mut dropped = false;
    let mut kept: Vec<Cow<'_, [u8]>> = vec![name.into()];
    for target in words {
        if denied(judge, target, "report-uri") {
            dropped = true;
        } else {
            kept.push(target.into());
        }
    }
    match (dropped, kept.len()) {
        (false, _) => Line::Keep,
        (true, 1) => Line::Drop,
        (true, _) => {
            let before = directive.get(..start).unwrap_or_default();
            let after = directive.get(directive.trim_ascii_end().len()..).unwrap_or_default();
            Line::Replace([before, &kept.join(&b' '), after].concat())
        }
    }
}

/// Directives of the form `name=address` in fields of before: `report-uri` of `Expect-CT` (RFC 9163 §2.1.1) and of
/// `Public-Key-Pins` (RFC 7469 §2.1.4), `report` of `X-XSS-Protection`.
pub(super) fn directives(judge: &mut Judge, line: &[u8], separator: u8, named: &str) -> Line {
    field::each(field::unquoted(line, separator), separator, |directive| {
        let at = directive.iter().position(|byte| *byte == b'=').unwrap_or(directive.len());
        let name = directive.get(..at).unwrap_or_default().trim_ascii();
        let address = field::unquote(directive.get(at + 1..).unwrap_or_default());
        Line::keep_if(!name.eq_ignore_ascii_case(named.as_bytes()) || !denied(judge, &address, named))
    })
}
