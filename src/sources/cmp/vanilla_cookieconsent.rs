//! The open source "cookieconsent" by orestbida, npm `vanilla-cookieconsent`: JSON in `cc_cookie`, raw or
//! percent-encoded.
//!
//! Written when somebody clicked and not before, so the cookie is the choice. Version 3 has `categories`, `services`
//! per category and `expirationTime`; version 2 has `categories` and the same list again as `level`; version 1 has
//! `level` alone. What was refused is left out. A raised `revision` makes the tool ask again; the site tells us the
//! number. Where `localStorage` is used instead of the cookie, only the mirror can tell.
//!
//! Not read: `data`, which is the site's own, and the consent ids.

use serde_json::Value;

use super::{Cmp, Jar, Read, Reading, Said, Unsaid, Verified, text};
use crate::consent::{Grant, PurposeId};

pub(super) const VANILLA_COOKIECONSENT: Cmp = Cmp {
    id: "vanilla-cookieconsent",
    name: "vanilla-cookieconsent (orestbida), versions 3, 2 and 1",
    cookies: &["cc_cookie"],
    map: &[
        ("necessary", &[PurposeId::NECESSARY]),
        ("functionality", &[PurposeId::FUNCTIONAL]),
        ("functional", &[PurposeId::FUNCTIONAL]),
        ("preferences", &[PurposeId::FUNCTIONAL]),
        ("personalization", &[PurposeId::PERSONALIZATION]),
        ("analytics", &[PurposeId::ANALYTICS]),
        ("statistics", &[PurposeId::ANALYTICS]),
        ("performance", &[PurposeId::ANALYTICS]),
        ("marketing", &[PurposeId::MARKETING]),
        ("targeting", &[PurposeId::MARKETING]),
        ("advertising", &[PurposeId::MARKETING]),
        ("ads", &[PurposeId::MARKETING]),
        ("social", &[PurposeId::SOCIAL]),
    ],
    services: &[
        ("ga", "google-analytics-4"),
        ("ga4", "google-analytics-4"),
        ("google-analytics", "google-analytics-4"),
    ],
    unsaid: Unsaid::Denied,
    by_service: false,
    tcf: false,
    chosen: "the cookie is there, is not past its `expirationTime` and of no older `revision`",
    verified: Verified::Run("3.1.0 and 2.9.2"),
    read: Read::Value(read),
};

fn read(value: &[u8], jar: &Jar<'_>) -> Reading {
    let object = text::object(value).ok_or("not a JSON object")?;
    let moment = |name: &str| object.get(name).and_then(text::moment);
    if let Some(expires) = object.get("expirationTime") {
        let expires = text::moment(expires).ok_or("an expiry that is no date")?;
        if expires < jar.now() {
            return Err("expired");
        }
    }
    // Absent where the site never raised it.
    if !jar.answers(object.get("revision").map_or(Some(0), Value::as_u64)) {
        return Ok(None);
    }
    let accepted = object.get("categories").or_else(|| object.get("level")).ok_or("no categories")?;
    let accepted = text::list(accepted).ok_or("categories that are not names")?;
    let mut said = Said::chosen(accepted.into_iter().map(|name| (name.to_owned(), Grant::Granted)));
    if let Some(services) = object.get("services").and_then(Value::as_object) {
        for names in services.values() {
            let names = text::list(names).ok_or("services that are not names")?;
            said.services.extend(names.into_iter().map(|name| (name.to_owned(), Grant::Granted)));
        }
    }
    let dates = ["lastConsentTimestamp", "last_consent_update", "consentTimestamp", "consent_date"];
    Ok(Some(said.at(dates.into_iter().find_map(moment))))
}
