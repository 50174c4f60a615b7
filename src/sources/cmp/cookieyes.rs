//! CookieYes: `consentid:…,consent:yes,action:yes,necessary:yes,analytics:no,…` in `cookieyes-consent`, unencoded.
//!
//! The cookie is there before any click, with empty values or with what an opt-out template starts with; `action:yes`
//! is the click. Categories that the site made stand beside the tool's own. Two of the tool's categories are analytics,
//! and two are marketing: each purpose needs both.

use super::jar::Words;
use super::{Cmp, Jar, Read, Reading, Said, Unsaid, Verified, text};
use crate::consent::{Grant, PurposeId};

pub(super) const COOKIEYES: Cmp = Cmp {
    id: "cookieyes",
    name: "CookieYes",
    cookies: &["cookieyes-consent"],
    map: &[
        ("necessary", &[PurposeId::NECESSARY]),
        ("functional", &[PurposeId::FUNCTIONAL]),
        ("analytics", &[PurposeId::ANALYTICS]),
        ("performance", &[PurposeId::ANALYTICS]),
        ("advertisement", &[PurposeId::MARKETING]),
        ("other", &[PurposeId::MARKETING]),
    ],
    services: &[],
    unsaid: Unsaid::Unknown,
    by_service: false,
    tcf: false,
    chosen: "`action` is `yes`",
    verified: Verified::Captured,
    read: Read::Value(read),
};

fn read(value: &[u8], _: &Jar<'_>) -> Reading {
    let text = text::text(value).ok_or("not text")?;
    let (mut words, mut acted, mut known, mut refused) = (Words::default(), None, false, false);
    for field in text.split(',').map(str::trim).filter(|field| !field.is_empty()) {
        let Some((name, said)) = field.split_once(':') else {
            words.odd();
            continue;
        };
        match (name, said) {
            ("consentid", _) => known = true,
            ("consent", said) => (known, refused) = (true, refused || said == "no"),
            ("action", said) => acted = Some(acted.unwrap_or(true) && said == "yes"),
            // Not answered; and when the site last asked everybody again, which is no date of this choice.
            (_, "") | ("lastRenewedDate", _) => {}
            (name, said) => words.read(name, text::yes_or_no(said)),
        }
    }
    if !known && acted.is_none() {
        return Err("not a list of categories");
    }
    let words = words.said("a category is neither yes nor no")?;
    Ok(match acted {
        _ if words.is_empty() => None,
        Some(true) if refused => Some(Said::chosen(words.into_iter().map(|(name, _)| (name, Grant::Denied)))),
        Some(true) => Some(Said::chosen(words)),
        _ => Some(Said::before_choice(words)),
    })
}
