//! `Location`: where a redirect leads.
//!
//! A redirect through a known tracker that may not be contacted is led past it, where the tracker's address names the
//! shop's own as its final one (`https://track.example/c?url=https%3A%2F%2Fshop.example%2Fx`). Where it does not, or where
//! that is the very page that was asked for, which would only send us in circles:
//! - A **page** goes there as the shop said. Somebody is on their way, and a dead end helps nobody; [`limits`] says so.
//!   Hosts that nobody knows are never asked about here: payment pages and banks are such hosts.
//! - A **part** of a page loses its `Location`: to browsers it is then the answer itself (Fetch, "HTTP-redirect fetch",
//!   step 4). Hosts that nobody knows are treated like those in pages.
//! - Where nobody said what it is for, only those go that are known.
//!
//! A **sealed** address of a page is never led past: signing in with a network that is also known for its pixel is the
//! visitor's wish.
//!
//! Click ids are taken out of wherever it leads. If that would make the redirect one to the page that was asked for, they
//! stay: a shop that wants to see a parameter before it answers would be asked for ever.
//!
//! [`limits`]: crate::manual::limits

use url::{Position, Url};

use super::super::field::Line;
use super::{Asked, resolved};
use crate::catalog::FetchKind;
use crate::enforce::query::{pairs, sealed, stripped};
use crate::enforce::{Judge, Surface};
use crate::policy::{Party, Verdict};

/// Parameters in which trackers and affiliate networks name the address behind them, in lower case.
const FINAL: &[&str] = &[
    "url",
    "u",
    "dest",
    "destination",
    "dest_url",
    "redirect",
    "redirect_url",
    "redirecturl",
    "redir",
    "r",
    "rurl",
    "to",
    "target",
    "targeturl",
    "link",
    "goto",
    "next",
    "return",
    "return_url",
    "returnurl",
    "ret",
    "back",
    "ued",
    "p",
    "murl",
    "deeplink",
    "dl",
    "lp",
    "landing",
    "landingpage",
    "adurl",
    "q",
    "d",
    "eurl",
    "clickurl",
    "final_url",
    "continue",
];

/// What becomes of a `Location` that a browser follows.
pub(super) fn line(judge: &mut Judge, line: &[u8], asked: Asked) -> Line {
    let text = String::from_utf8_lossy(line);
    let Some(url) = resolved(judge, &text) else { return Line::Keep };
    match past(judge, &url, asked, false, "location") {
        Some(line) => line,
        None => without_parameters(judge, line, &url),
    }
}

/// Leads past whoever may not be contacted; `None` when the address may be gone to. `stays` tells that without it the visitor
/// still has a page to look at.
pub(super) fn past(judge: &mut Judge, url: &Url, asked: Asked, stays: bool, what: &str) -> Option<Line> {
    let host = url.host_str()?.trim_end_matches('.');
    let known = judge.knows_url(url);
    let asked_about = known || stays || asked == Asked::Part;
    if judge.party(host) == Party::First || !asked_about || (asked == Asked::Page && is_sealed(url)) {
        return None;
    }
    // Only who measures or advertises is led past. A network to share with, a reviewer or a help desk that also names the
    // way back is where the visitor wanted to go.
    let passes_on = asked != Asked::Page || judge.only_measures(url);
    let shop = named(judge, url).filter(|shop| passes_on && !is_page(judge, shop));
    if asked == Asked::Page && !stays && shop.is_none() {
        return None;
    }
    let kind = if asked == Asked::Page { FetchKind::Document } else { FetchKind::Other };
    let decision = judge.judge_fetch(Surface::ResponseHeader, url, kind, what)?;
    if decision.verdict == Verdict::Keep {
        return None;
    }
    Some(shop.map_or(Line::Drop, |shop| Line::Replace(shop.into_bytes())))
}

/// `line`, which leads to `url`, without parameters that may not pass.
pub(super) fn without_parameters(judge: &mut Judge, line: &[u8], url: &Url) -> Line {
    if url.query().is_none() {
        return Line::Keep;
    }
    // What a browser makes of it counts: `\` for `/` plays no part behind the `?`, but spaces around it do.
    let mut probe = judge.fork();
    let Some(short) = stripped(&mut probe, line.trim_ascii()) else {
        judge.absorb_fork(probe);
        return Line::Keep;
    };
    if resolved(judge, &String::from_utf8_lossy(&short)).is_some_and(|url| is_page(judge, url.as_str())) {
        return Line::Keep;
    }
    judge.absorb_fork(probe);
    Line::Replace(short)
}

/// The shop's own address that `url` names as the final one, without parameters that may not pass.
fn named(judge: &mut Judge, url: &Url) -> Option<String> {
    let pairs: Vec<_> = pairs(url.query()?.as_bytes()).collect();
    let values = pairs.iter().filter(|pair| FINAL.iter().any(|name| pair.name().eq_ignore_ascii_case(name.as_bytes())));
    let shop = values.filter_map(|pair| {
        let value = pair.value();
        let text = std::str::from_utf8(&value).ok()?;
        let absolute = ["http://", "https://", "//"]
            .iter()
            .any(|start| text.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start)));
        let url = judge.page().url.join(text).ok().filter(|_| absolute)?;
        let own = judge.party(url.host_str()?.trim_end_matches('.')) == Party::First;
        (own && matches!(url.scheme(), "http" | "https")).then_some(url)
    });
    let shop: String = shop.into_iter().next()?.into();
    let mut probe = judge.fork();
    let short = stripped(&mut probe, shop.as_bytes()).and_then(|short| String::from_utf8(short).ok());
    Some(short.unwrap_or(shop))
}

fn is_sealed(url: &Url) -> bool {
    url.query().is_some_and(|query| sealed::is_sealed(&pairs(query.as_bytes()).collect::<Vec<_>>()))
}

/// Whether `address` is the page that was asked for, as the shop saw it or as the visitor did.
fn is_page(judge: &Judge, address: &str) -> bool {
    let Ok(address) = Url::parse(address) else { return false };
    let page = &judge.page().url;
    // Whoever ends TLS before us may write the other scheme.
    let same = |page: &Url| {
        page[Position::BeforeHost..Position::AfterQuery] == address[Position::BeforeHost..Position::AfterQuery]
    };
    let mut probe = judge.fork();
    let seen_by_shop = stripped(&mut probe, page.as_str().as_bytes());
    let seen_by_shop = seen_by_shop.and_then(|bytes| Url::parse(std::str::from_utf8(&bytes).ok()?).ok());
    same(page) || seen_by_shop.is_some_and(|page| same(&page))
}
