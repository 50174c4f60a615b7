//! Speculation rules: what a browser may fetch before anybody asks for it.
//!
//! A list names addresses, which are judged. A rule about links in the page names patterns; one that could be any link, also
//! one to somebody else, is judged as an address that nobody can tell. Browsers ignore rules that are no JSON, and so does
//! this.

use serde_json::{Map, Value};
use url::Url;

use super::address::resolve;
use crate::enforce::{Judge, Surface};
use crate::policy::{Decision, Verdict};

/// The most rules of one set that are read; in a set with more, any of them may be anybody's.
const RULES: usize = 256;
/// How deep conditions are read.
const DEEPEST: usize = 16;

/// The first decision against the rules in `text`, or the last one for them; `None` where nothing is fetched.
pub(super) fn judge(judge: &mut Judge, bases: &[Url], text: &[u8]) -> Option<Decision> {
    let Ok(Value::Object(set)) = serde_json::from_slice(text) else { return None };
    let rules = ["prefetch", "prerender", "prerender_until_script"].into_iter().filter_map(|action| set.get(action));
    let rules: Vec<&Map<String, Value>> =
        rules.filter_map(Value::as_array).flatten().filter_map(Value::as_object).collect();
    let mut last = None;
    for rule in rules.iter().take(RULES) {
        let (addresses, anything) = targets(rule);
        for (address, base) in addresses.iter().flat_map(|address| bases.iter().map(move |base| (address, base))) {
            let decision = resolve(address, base).and_then(|url| judge.judge_ahead(&url));
            if decision.is_some_and(|decision| decision.verdict == Verdict::Drop) {
                return decision;
            }
            last = decision.or(last);
        }
        if anything {
            let decision = unreadable(judge);
            if decision.verdict == Verdict::Drop {
                return Some(decision);
            }
            last = Some(decision);
        }
    }
    if rules.len() > RULES { Some(unreadable(judge)) } else { last }
}

fn unreadable(judge: &mut Judge) -> Decision {
    judge.judge_unreadable(Surface::InlineScript, "<script type=speculationrules>")
}

/// The addresses that a rule names, and whether it may be about others.
fn targets(rule: &Map<String, Value>) -> (Vec<String>, bool) {
    if let Some(urls) = rule.get("urls") {
        let urls = urls.as_array().into_iter().flatten().filter_map(Value::as_str);
        return (urls.map(str::to_owned).collect(), false);
    }
    let mut patterns = Vec::new();
    let narrowed = rule.get("where").is_some_and(|condition| narrows(condition, 0, &mut patterns));
    (patterns, !narrowed)
}

/// Whether every link that meets `condition` is at one of `patterns`, which are collected.
fn narrows(condition: &Value, depth: usize, patterns: &mut Vec<String>) -> bool {
    let Some(condition) = condition.as_object().filter(|_| depth < DEEPEST) else { return false };
    if let Some(all) = condition.get("and").and_then(Value::as_array) {
        // One that narrows is enough; the others only take away.
        return all.iter().any(|condition| narrows(condition, depth + 1, patterns));
    }
    if let Some(one) = condition.get("or").and_then(Value::as_array) {
        return one.iter().all(|condition| narrows(condition, depth + 1, patterns));
    }
    let Some(matched) = condition.get("href_matches") else { return false };
    let listed = matched.as_array().map_or_else(|| vec![matched], |all| all.iter().collect());
    listed.into_iter().all(|pattern| {
        let written = pattern.as_str().map(str::to_owned).or_else(|| by_parts(pattern));
        // A pattern without a host is about the page's own (URL Pattern Standard); one with a star in it, about any.
        let tells = written.filter(|text| !host_part(text).contains(['*', ':', '(', '{']));
        tells.is_some_and(|text| {
            patterns.push(text);
            true
        })
    })
}

/// A pattern of parts, as an address.
fn by_parts(pattern: &Value) -> Option<String> {
    let parts = pattern.as_object()?;
    let part = |name: &str| parts.get(name).and_then(Value::as_str);
    let path = part("pathname").unwrap_or("/");
    Some(match part("hostname") {
        Some(host) => format!("//{host}/"),
        None if parts.contains_key("protocol") || parts.contains_key("baseURL") => return None,
        None => path.to_owned(),
    })
}

/// What of a pattern is about the host: nothing for one that begins with a path.
fn host_part(pattern: &str) -> &str {
    let behind = pattern.strip_prefix("//").or_else(|| pattern.split_once("://").map(|(_, rest)| rest));
    match behind {
        Some(rest) => rest.split(['/', '?', '#']).next().unwrap_or(rest),
        None if pattern.starts_with(['/', '?', '#', '.']) => "",
        None => pattern.split(['/', '?', '#']).next().unwrap_or(pattern),
    }
}
