//! Matomo's own consent functions: the moment, in milliseconds, in `mtm_consent` (tracking) or `mtm_cookie_consent`
//! (tracking with cookies), and in `mtm_consent_removed` when consent was taken back.
//!
//! Each is written by a call that a site ties to a click. Where a yes and its withdrawal are both left, the later one
//! counts. The tool asks about measurement alone.

use super::super::CLOCK_SKEW;
use super::{Cmp, Jar, Read, Said, Told, Unsaid, Verified, text};
use crate::consent::{Grant, PurposeId};

pub(super) const MATOMO: Cmp = Cmp {
    id: "matomo",
    name: "Matomo consent",
    cookies: &["mtm_consent", "mtm_cookie_consent", "mtm_consent_removed"],
    map: &[("analytics", &[PurposeId::ANALYTICS])],
    services: &[("analytics", "matomo")],
    unsaid: Unsaid::Unknown,
    by_service: false,
    tcf: false,
    chosen: "one of the cookies is there",
    verified: Verified::Captured,
    read: Read::Jar(read),
};

fn read(jar: &Jar<'_>) -> Told {
    let moment = |value: &[u8]| text::plain(value).and_then(text::digits);
    let said = |grant, at| Ok(Some(Said::chosen([("analytics".to_owned(), grant)]).at(at)));
    // In milliseconds, so that what one second holds stays apart.
    // One in the future is none, so that it cannot outdo a withdrawal.
    let past = |value: &[u8]| moment(value).is_some_and(|at| at <= jar.now().saturating_add(CLOCK_SKEW));
    let exact = |value: &[u8]| text::plain(value)?.parse::<u64>().ok().filter(|_| past(value));
    let given: Option<Vec<u64>> = jar.values(0).chain(jar.values(1)).map(exact).collect();
    let removed = jar.values(2).map(exact).reduce(|one, other| Some(one?.max(other?)));
    let given = given.map(|moments| moments.into_iter().max());
    match (given, removed) {
        // A withdrawal whose moment cannot be read is still one.
        (_, Some(None)) => said(Grant::Denied, None),
        (None, Some(removed)) => said(Grant::Denied, removed.map(|at| at / 1000)),
        (None, None) => Err("not a moment".into()),
        (Some(given), Some(removed)) if given <= removed => said(Grant::Denied, removed.map(|at| at / 1000)),
        (Some(Some(given)), _) => said(Grant::Granted, Some(given / 1000)),
        (Some(None), _) => Ok(None),
    }
}
