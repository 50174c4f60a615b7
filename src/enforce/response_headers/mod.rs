//! Response fields other than `Set-Cookie` that make a browser contact somebody, or tell it to collect something.
//!
//! | field | what it does | what happens |
//! |---|---|---|
//! | `Link` | loads, connects, resolves | each value judged by its address ([`link`]) |
//! | `Location`, `Refresh` | leads the visitor, or a request, elsewhere | [`location`], [`refresh`] |
//! | `Report-To`, `Reporting-Endpoints`, `NEL` | sends reports about the visit | each endpoint judged ([`reporting`]) |
//! | `Content-Security-Policy` and `-Report-Only` (and the `X-` names of before), `Expect-CT`, `Public-Key-Pins`, `X-XSS-Protection` | `report-uri`, `report=` | the targets judged, nothing else touched ([`reporting`]) |
//! | `Accept-CH`, `Critical-CH` | asks for hints that tell devices apart | each hint judged by its name ([`hints`]) |
//! | `Permissions-Policy` | hands hints and Privacy Sandbox features on | the hosts they are handed to judged ([`hints`]) |
//! | `Speculation-Rules`, `Alt-Svc` | a rules file, another server for this very host | each address judged ([`addresses`]) |
//! | `Attribution-Reporting-*`, `Observe-Browsing-Topics`, `Shared-Storage-Write`, `Ad-Auction-*`, … | the browser records something for a service | judged by name, where a `[[service]]` lists it under `fields` |
//!
//! **Left alone**, out of the IANA field name registry and the drafts of W3C and WICG, because they make nobody collect and
//! contact nobody: `Content-Location` (RFC 9110 §8.7: no browser goes there), `Timing-Allow-Origin` (opens the timings of
//! *this* resource to pages of others; what others have in our pages is judged as elements), `SourceMap` (read by open
//! developer tools only), `Cross-Origin-*`, `Document-Policy`, `Integrity-Policy` and others that only name a group of
//! `Reporting-Endpoints`, which is judged there, `No-Vary-Search`, `Supports-Loading-Mode`, `Origin-Agent-Cluster`,
//! `Origin-Trial`, `Set-Login` (tells the browser that somebody is signed in here; no request follows), `Service-Worker-Allowed`,
//! `Use-As-Dictionary`, `Server-Timing`, `Clear-Site-Data`, `Activate-Storage-Access`, `X-DNS-Prefetch-Control`. Obsolete, and
//! in no browser any more: `Feature-Policy`, `Expect-Staple`.
//! `ETag` and `Last-Modified` of the shop tell versions of a resource apart and are needed for caching; that they could name
//! a visitor is a matter between shop and visitor. Third parties that were not agreed to are not contacted, so theirs never
//! arrive; on pages, ours name the consent class in addition (`proxy/validators`).
//!
//! **Not looked at**: the rules inside of a `Speculation-Rules` file, which is a resource of its own, and fields that only
//! scripts of the shop read (`HX-Redirect` and the like).

mod addresses;
mod hints;
mod link;
mod location;
mod refresh;
mod reporting;

use http::HeaderMap;
use http::header::{HeaderName, LOCATION};
use url::Url;

pub(in crate::enforce) use self::refresh::target as refresh_target;

pub(in crate::enforce) use super::field::Line;
use super::field::{self, FieldEdit};
use super::{Judge, Surface};
use crate::policy::{Item, Verdict};

/// How the browser asked for what comes back, as far as it said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// To show it in a window or frame.
    Page,
    /// As a part of a page, or by a script (`Sec-Fetch-Dest` says so).
    Part,
    /// Nobody said.
    Unsaid,
}

/// What the fields of a response head should become. `redirects` tells that a browser follows `Location` here.
pub fn edit(judge: &mut Judge, headers: &HeaderMap, redirects: bool, asked: Asked) -> Vec<FieldEdit> {
    let mut edits = Vec::new();
    for name in headers.keys() {
        let found = match name.as_str() {
            "link" => field::edit(headers, name, |line| link::line(judge, line)),
            "refresh" => field::edit(headers, name, |line| refresh::line(judge, line)),
            "location" if redirects => location(judge, headers, name, asked),
            "report-to" => field::edit(headers, name, |line| reporting::report_to(judge, line)),
            "reporting-endpoints" => field::edit(headers, name, |line| reporting::endpoints(judge, line)),
            "nel" => field::edit(headers, name, |line| reporting::nel(judge, headers, line)),
            "content-security-policy"
            | "content-security-policy-report-only"
            | "x-content-security-policy"
            | "x-content-security-policy-report-only"
            | "x-webkit-csp" => field::edit(headers, name, |line| reporting::csp(judge, line)),
            "expect-ct" => field::edit(headers, name, |line| reporting::directives(judge, line, b',', "report-uri")),
            "public-key-pins" | "public-key-pins-report-only" => {
                field::edit(headers, name, |line| reporting::directives(judge, line, b';', "report-uri"))
            }
            "x-xss-protection" => field::edit(headers, name, |line| reporting::directives(judge, line, b';', "report")),
            "accept-ch" | "critical-ch" => field::edit(headers, name, |line| hints::asked_for(judge, line)),
            "permissions-policy" | "permissions-policy-report-only" => {
                field::edit(headers, name, |line| hints::handed_on(judge, line))
            }
            "speculation-rules" => field::edit(headers, name, |line| addresses::speculation_rules(judge, line)),
            "alt-svc" => field::edit(headers, name, |line| addresses::alternatives(judge, line)),
            _ => None,
        };
        let gone = !ours_to_keep(name) && field_denied(judge, Surface::ResponseHeader, name);
        let found = if gone { Some(FieldEdit { name: name.clone(), lines: Vec::new() }) } else { found };
        edits.extend(found);
    }
    edits
}

/// What becomes of the `content` of a `meta` element that says what a field would say: `None` when browsers know no such
/// element, or read it as something else (`refresh` is an address in a page). `kind` is its `http-equiv`.
pub(in crate::enforce) fn twin(judge: &mut Judge, kind: &str, content: &[u8]) -> Option<Line> {
    let is = |known: &str| kind.trim().eq_ignore_ascii_case(known);
    if is("accept-ch") {
        Some(hints::asked_for(judge, content))
    } else if is("delegate-ch") {
        Some(hints::delegated(judge, content))
    } else {
        None
    }
}

/// Of several `Location` lines, browsers follow the first or none; all are judged.
fn location(judge: &mut Judge, headers: &HeaderMap, name: &HeaderName, asked: Asked) -> Option<FieldEdit> {
    field::edit(headers, name, |line| location::line(judge, line, asked))
}

/// Whether a service that may not run claims the field by its name.
fn field_denied(judge: &mut Judge, surface: Surface, name: &HeaderName) -> bool {
    let item = Item::Field { name: name.as_str().as_bytes(), coarsens: false };
    // Fields that nobody claims are not worth a word in a journal.
    let known = judge.knows_field(name.as_str());
    known && judge.judge(surface, &item, || name.as_str().to_owned()).verdict != Verdict::Keep
}

/// Fields that the message itself, or another surface, depends on: no `[[service]]` can take them away by name.
fn ours_to_keep(name: &HeaderName) -> bool {
    name == LOCATION
        || matches!(
            name.as_str(),
            "set-cookie" | "connection" | "upgrade" | "date" | "server" | "vary" | "cache-control" | "allow" | "age"
        )
        || name.as_str().starts_with("content-")
        || name.as_str().starts_with("transfer-")
        || name.as_str().starts_with("sec-websocket-")
        || name.as_str().starts_with("access-control-")
}

/// Whether the address that `target` means on this page may not be contacted. What no browser can read, and what leads
/// nowhere, is nobody's.
fn denied(judge: &mut Judge, target: &[u8], what: &str) -> bool {
    let text = String::from_utf8_lossy(target);
    let Some(url) = resolved(judge, &text) else { return false };
    judge.judge_url(Surface::ResponseHeader, &url, what).is_some_and(|decision| decision.verdict == Verdict::Drop)
}

/// The address that `target` means on this page.
fn resolved(judge: &Judge, target: &str) -> Option<Url> {
    Url::options().base_url(Some(&judge.page().url)).parse(target.trim()).ok()
}

/// As [`denied`], for what cannot be read.
fn unreadable(judge: &mut Judge, what: &str) -> Line {
    Line::keep_if(judge.judge_unreadable(Surface::ResponseHeader, what).verdict == Verdict::Keep)
}
