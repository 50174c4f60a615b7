//! Piwik PRO: JSON in `ppms_privacy_<app>`, raw or in part encoded, with a status per kind of consent: 1 agreed, 0
//! refused, -1 not asked (developers.piwik.pro, "Consent Manager" JavaScript API).
//!
//! The cookie is there before a choice, with -1 throughout. `staleCheckpoint` is not the date of the choice.

use serde_json::Value;

use super::jar::Words;
use super::{Cmp, Jar, Read, Reading, Said, Told, Unsaid, Verified, text};
use crate::consent::{Grant, PurposeId};

pub(super) const PIWIKPRO: Cmp = Cmp {
    id: "piwikpro",
    name: "Piwik PRO Consent Manager",
    cookies: &["ppms_privacy_*"],
    map: &[
        ("analytics", &[PurposeId::ANALYTICS]),
        ("ab_testing_and_personalization", &[PurposeId::PERSONALIZATION]),
        ("conversion_tracking", &[PurposeId::MARKETING]),
        ("marketing_automation", &[PurposeId::MARKETING]),
        ("remarketing", &[PurposeId::MARKETING]),
        ("user_feedback", &[PurposeId::FUNCTIONAL]),
        ("custom_consent", &[PurposeId::FUNCTIONAL]),
        ("custom", &[PurposeId::FUNCTIONAL]),
    ],
    services: &[],
    unsaid: Unsaid::Unknown,
    by_service: false,
    tcf: false,
    chosen: "a status is 0 or 1",
    verified: Verified::Captured,
    read: Read::Jar(read),
};

fn read(jar: &Jar<'_>) -> Told {
    jar.each(0, |name, value| {
        let of_app = name.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'-');
        of_app.then(|| Ok(app(value)?))
    })
}

fn app(value: &[u8]) -> Reading {
    let object = text::object(value).ok_or("not a JSON object")?;
    let consents = object.get("consents").and_then(Value::as_object).ok_or("no consents")?;
    let words = Words::object(consents, |consent| match consent.get("status")?.as_i64()? {
        1 => Some(Grant::Granted),
        0 => Some(Grant::Denied),
        -1 => Some(Grant::Undecided),
        _ => None,
    });
    let words = words.said("a status that is not known")?;
    Ok(words.iter().any(|(_, grant)| *grant != Grant::Undecided).then(|| Said::chosen(words)))
}
