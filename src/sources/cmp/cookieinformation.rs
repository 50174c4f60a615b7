//! Cookie Information: percent-encoded JSON in `CookieInformationConsent`, with the lists `consents_approved` and
//! `consents_denied`.
//!
//! Written by a choice. Every category that the site asks about stands in one of the lists. `cookie_cat_unclassified`,
//! cookies that nobody sorted yet, is taken for marketing. Not read: the page, the user agent and the ids that stand
//! beside.

use super::jar::Words;
use super::{Cmp, Jar, Read, Reading, Said, Unsaid, Verified, text};
use crate::consent::{Grant, PurposeId};

pub(super) const COOKIEINFORMATION: Cmp = Cmp {
    id: "cookieinformation",
    name: "Cookie Information",
    cookies: &["CookieInformationConsent"],
    map: &[
        ("cookie_cat_necessary", &[PurposeId::NECESSARY]),
        ("cookie_cat_functional", &[PurposeId::FUNCTIONAL]),
        ("cookie_cat_statistic", &[PurposeId::ANALYTICS]),
        ("cookie_cat_marketing", &[PurposeId::MARKETING]),
        ("cookie_cat_unclassified", &[PurposeId::MARKETING]),
    ],
    services: &[],
    unsaid: Unsaid::Unknown,
    by_service: false,
    tcf: false,
    chosen: "the cookie is there with both lists",
    verified: Verified::Captured,
    read: Read::Value(read),
};

fn read(value: &[u8], _: &Jar<'_>) -> Reading {
    let object = text::object(value).ok_or("not a JSON object")?;
    let mut words = Words::default();
    for (list, grant) in [("consents_approved", Grant::Granted), ("consents_denied", Grant::Denied)] {
        match object.get(list).and_then(text::list) {
            Some(names) => names.into_iter().for_each(|name| words.read(name, Some(grant))),
            None => words.odd(),
        }
    }
    let words = words.said("a list is missing")?;
    Ok((!words.is_empty()).then(|| Said::chosen(words).at(object.get("timestamp").and_then(text::moment))))
}
