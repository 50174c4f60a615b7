//! Hints that tell devices and people apart: asked for by `Accept-CH` and `Critical-CH`, handed on by `Permissions-Policy`.

use super::super::field::{self, Line};
use super::denied;
use crate::enforce::{Judge, Surface};
use crate::policy::{Item, Verdict};

/// `Accept-CH` (RFC 8942 §3.1) and `Critical-CH`: names of hints. Each is judged as a field; both lists lose the same ones, so
/// that no browser asks a second time for what it may not send.
pub(super) fn asked_for(judge: &mut Judge, line: &[u8]) -> Line {
    field::each(field::unquoted(line, b','), b',', |member| {
        let name = field::unquote(member.split(|byte| *byte == b';').next().unwrap_or_default());
        let known = std::str::from_utf8(&name).is_ok_and(|name| judge.knows_field(name));
        let item = Item::Field { name: &name, coarsens: false };
        let subject = || String::from_utf8_lossy(&name).to_ascii_lowercase();
        Line::keep_if(!known || judge.judge(Surface::ResponseHeader, &item, subject).verdict == Verdict::Keep)
    })
}

/// `<meta http-equiv=delegate-ch>` (User-Agent Client Hints, "delegation"): hints, each with the origins that get it, which
/// go where nobody may be contacted.
pub(super) fn delegated(judge: &mut Judge, content: &[u8]) -> Line {
    field::each(content.split(|byte| *byte == b';'), b';', |member| {
        let mut words = member.split(|byte| byte.is_ascii_whitespace() || *byte == b'=');
        let mut kept: Vec<&[u8]> = words.by_ref().find(|word| !word.is_empty()).into_iter().collect();
        let (mut hosts, mut gone) = (0, 0);
        for host in words.filter(|word| !word.is_empty()) {
            hosts += 1;
            let address = host.trim_ascii_start();
            if address.contains(&b'.') && denied(judge, address, "delegate-ch") {
                gone += 1;
            } else {
                kept.push(host);
            }
        }
        match gone {
            0 => Line::Keep,
            _ if gone == hosts => Line::Drop,
            _ => Line::Replace(kept.join(&b' ')),
        }
    })
}

/// Features besides `ch-*` that let somebody collect (Privacy Sandbox drafts of WICG and the W3C).
const COLLECTING: [&[u8]; 10] = [
    b"attribution-reporting",
    b"browsing-topics",
    b"interest-cohort",
    b"join-ad-interest-group",
    b"run-ad-auction",
    b"shared-storage",
    b"shared-storage-select-url",
    b"private-aggregation",
    b"private-state-token-issuance",
    b"private-state-token-redemption",
];

/// `Permissions-Policy` (§5): hosts go to whom a hint or a collecting feature is handed on. The feature itself stays, with
/// fewer hosts or with none: left out, it would fall back to its default, which may allow more. `*` stays, since nobody is
/// contacted to whom the visitor did not agree. Features of other kinds stay as they are.
pub(super) fn handed_on(judge: &mut Judge, line: &[u8]) -> Line {
    field::each(field::unquoted(line, b','), b',', |member| {
        let Some(at) = member.iter().position(|byte| *byte == b'=') else { return Line::Keep };
        let (name, value) = (member.get(..at).unwrap_or_default(), member.get(at + 1..).unwrap_or_default());
        let feature = name.trim_ascii();
        let collects = feature.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(b"ch-"))
            || COLLECTING.iter().any(|known| feature.eq_ignore_ascii_case(known));
        if !collects {
            return Line::Keep;
        }
        let mut one = |item: &[u8]| -> Line {
            Line::keep_if(
                !item.trim_ascii().starts_with(b"\"") || !denied(judge, &field::unquote(item), "permissions-policy"),
            )
        };
        let bare = value.trim_ascii_start();
        let Some(inner) = bare.strip_prefix(b"(") else {
            let single = field::unquoted(bare, b';').next().unwrap_or_default();
            let parameters = bare.get(single.len()..).unwrap_or_default();
            return match one(single) {
                Line::Drop => Line::Replace([name, b"=()", parameters].concat()),
                _ => Line::Keep,
            };
        };
        let list = field::unquoted(inner, b')').next().unwrap_or_default();
        let after = inner.get(list.len()..).unwrap_or_default();
        match field::each(field::unquoted(list, b' '), b' ', one) {
            Line::Keep => Line::Keep,
            Line::Drop => Line::Replace([name, b"=(", after].concat()),
            Line::Replace(list) => Line::Replace([name, b"=(", &list, after].concat()),
        }
    })
}
