//! Civic Cookie Control: percent-encoded JSON in `CookieControl`, with the site's own category names in
//! `optionalCookies`.
//!
//! The cookie is there from the first page on; `interactedWith` is the choice. `consentDate` and `consentExpiry` (days)
//! tell how long the tool itself stands by it. The variant for the IAB keeps its string compressed in `iabConsent`,
//! which is not read.

use serde_json::Value;

use super::jar::Words;
use super::{Cmp, Jar, Read, Reading, Said, Unsaid, Verified, text};
use crate::consent::{Grant, PurposeId};

pub(super) const CIVIC: Cmp = Cmp {
    id: "civic",
    name: "Civic Cookie Control",
    cookies: &["CookieControl"],
    map: &[
        ("necessary", &[PurposeId::NECESSARY]),
        ("functional", &[PurposeId::FUNCTIONAL]),
        ("preferences", &[PurposeId::FUNCTIONAL]),
        ("personalisation", &[PurposeId::PERSONALIZATION]),
        ("personalization", &[PurposeId::PERSONALIZATION]),
        ("analytics", &[PurposeId::ANALYTICS]),
        ("statistics", &[PurposeId::ANALYTICS]),
        ("performance", &[PurposeId::ANALYTICS]),
        ("marketing", &[PurposeId::MARKETING]),
        ("advertising", &[PurposeId::MARKETING]),
        ("targeting", &[PurposeId::MARKETING]),
        ("social", &[PurposeId::SOCIAL]),
        ("socialmedia", &[PurposeId::SOCIAL]),
    ],
    services: &[],
    unsaid: Unsaid::Unknown,
    by_service: false,
    tcf: false,
    chosen: "`interactedWith` is `true`, and `consentExpiry` days are not over",
    verified: Verified::Captured,
    read: Read::Value(read),
};

const DAY: u64 = 24 * 60 * 60;

fn read(value: &[u8], jar: &Jar<'_>) -> Reading {
    let object = text::object(value).ok_or("not a JSON object")?;
    match object.get("interactedWith") {
        Some(Value::Bool(true)) => {}
        Some(Value::Bool(false)) | None => return Ok(None),
        Some(_) => return Err("`interactedWith` is neither true nor false"),
    }
    let at = object.get("consentDate").and_then(text::moment);
    let days = object.get("consentExpiry").and_then(Value::as_u64);
    if at.zip(days).is_some_and(|(at, days)| at.saturating_add(days.saturating_mul(DAY)) < jar.now()) {
        return Err("expired");
    }
    let categories = object.get("optionalCookies").and_then(Value::as_object).ok_or("no categories")?;
    let words = Words::object(categories, |value| match value.as_str()? {
        "accepted" => Some(Grant::Granted),
        "revoked" => Some(Grant::Denied),
        _ => None,
    });
    let words = words.said("a category is neither accepted nor revoked")?;
    Ok((!words.is_empty()).then(|| Said::chosen(words).at(at)))
}
