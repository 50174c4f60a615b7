//! Request fields other than `Cookie` on their way to the shop: where the visitor came from, where they are, and what their
//! device is.
//!
//! | field | what happens |
//! |---|---|
//! | `Referer` | parameters go as they do from the request itself; one from another site is cut to its origin where a service claims `referer` and may not run |
//! | `HX-Current-URL`, `X-Original-URL`, `X-Rewrite-URL`, `X-Forwarded-Uri`, … | addresses of the page: parameters go |
//! | `X-Forwarded-For`, `Forwarded` and the fields of CDNs | addresses are cut to their network where a service claims the field and may not run ([`address`]) |
//! | client hints, `Sec-Browsing-Topics`, `Attribution-Reporting-*` and whatever else a service claims under `fields` | judged by name |
//!
//! A `Referer` of the shop itself always keeps its path, and `Origin` is never touched: frameworks compare both with the host
//! before they take a form (Django, Rails, Symfony).
//!
//! In the built-in catalog, `visitor-address` and `referrer` are necessary: shops check orders for fraud by the address and
//! pay partners by where visitors come from. An operator who wants less defines the service anew with a purpose; from then on
//! the field is cut for everybody who did not agree to that.
//!
//! `Sec-GPC` and `DNT` always reach the shop: they are the visitor's word, not data about them.

pub mod address;
pub mod forwarded;

use std::net::IpAddr;

use http::{HeaderMap, HeaderName};
use url::{Position, Url};

use super::field::{self, FieldEdit, Line};
use super::query::stripped;
use super::{Judge, Surface};
use crate::policy::{Item, Party, Verdict};

/// Fields that hold the address of a page or of the request, in the ways of proxies and of scripts.
const PAGES: [&str; 12] = [
    "hx-current-url",
    "next-url",
    "ping-from",
    "ping-to",
    "turbo-referrer",
    "x-forwarded-path",
    "x-forwarded-uri",
    "x-inertia-referer",
    "x-original-uri",
    "x-original-url",
    "x-pjax-url",
    "x-rewrite-url",
];

/// What the fields of a request head should become. `ours` tells whether an address is one of the operator's own proxies: where
/// a proxy stands says nothing about a visitor, and shops count on these.
pub fn edit(judge: &mut Judge, headers: &HeaderMap, ours: &dyn Fn(IpAddr) -> bool) -> Vec<FieldEdit> {
    let mut edits = Vec::new();
    for name in headers.keys() {
        let text = name.as_str();
        edits.extend(if text == "referer" {
            field::edit(headers, name, |line| referer(judge, line))
        } else if PAGES.contains(&text) {
            field::edit(headers, name, |line| stripped(judge, line).map_or(Line::Keep, Line::Replace))
        } else if address::is_field(text) {
            let coarser = refused(judge, name, true);
            if coarser { field::edit(headers, name, |line| address::coarser(text, line, ours)) } else { None }
        } else if !never_taken(text) && refused(judge, name, false) {
            Some(FieldEdit { name: name.clone(), lines: Vec::new() })
        } else {
            None
        });
    }
    edits
}

/// Whether a service claims the field and may not run.
fn refused(judge: &mut Judge, name: &HeaderName, coarsens: bool) -> bool {
    let item = Item::Field { name: name.as_str().as_bytes(), coarsens };
    let known = judge.knows_field(name.as_str());
    known && judge.judge(Surface::RequestHeader, &item, || name.as_str().to_owned()).verdict != Verdict::Keep
}

/// Fields that the message depends on, or that are the visitor's own word; `Cookie` is a surface of its own.
fn never_taken(name: &str) -> bool {
    matches!(
        name,
        "host"
            | "cookie"
            | "origin"
            | "authorization"
            | "proxy-authorization"
            | "accept"
            | "accept-encoding"
            | "accept-language"
            | "user-agent"
            | "sec-gpc"
            | "dnt"
            | "connection"
            | "keep-alive"
            | "upgrade"
            | "te"
            | "trailer"
            | "expect"
            | "range"
            | "vestibule-consent"
    ) || ["content-", "transfer-", "if-", "sec-websocket-", "sec-fetch-", "access-control-"]
        .iter()
        .any(|start| name.starts_with(start))
}

/// What the shop is told about where the visitor came from.
fn referer(judge: &mut Judge, line: &[u8]) -> Line {
    let url = std::str::from_utf8(line).ok().and_then(|text| Url::parse(text.trim()).ok());
    let host = url.as_ref().and_then(Url::host_str).map(|host| host.trim_end_matches('.'));
    let own = host.is_some_and(|host| judge.party(host) == Party::First);
    let bare = url.as_ref().is_some_and(|url| url[Position::AfterPort..] == *"/" && url.username().is_empty());
    if !own && !bare && refused(judge, &http::header::REFERER, true) {
        let origin = url.filter(|url| matches!(url.scheme(), "http" | "https"));
        // What cannot be read cannot be cut.
        return origin
            .map_or(Line::Drop, |url| Line::Replace(format!("{}/", url.origin().ascii_serialization()).into_bytes()));
    }
    stripped(judge, line).map_or(Line::Keep, Line::Replace)
}
