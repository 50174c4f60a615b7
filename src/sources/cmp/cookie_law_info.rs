//! "GDPR Cookie Consent" for WordPress up to version 2, the ancestor of CookieYes: one cookie
//! `cookielawinfo-checkbox-…` per category, `viewed_cookie_policy`, and `CookieLawInfoConsent` with the categories once
//! more as base64 of JSON.
//!
//! The checkboxes are written as the page comes up; `viewed_cookie_policy` is written by a button. `no` there is the
//! button that refuses everything, whatever the boxes say. A `yes` without a single box is a notice that offered no
//! choice, and says nothing.

use serde_json::Value;

use super::jar::Words;
use super::{Cmp, EVERYTHING, Jar, Read, Reading, Said, Told, Trouble, Unsaid, Verified, text};
use crate::consent::{Grant, PurposeId};

pub(super) const COOKIE_LAW_INFO: Cmp = Cmp {
    id: "cookie-law-info",
    name: "GDPR Cookie Consent (CookieLawInfo)",
    cookies: &["cookielawinfo-checkbox-*", "viewed_cookie_policy", "CookieLawInfoConsent"],
    map: &[
        ("necessary", &[PurposeId::NECESSARY]),
        ("non-necessary", EVERYTHING),
        ("functional", &[PurposeId::FUNCTIONAL]),
        ("analytics", &[PurposeId::ANALYTICS]),
        ("performance", &[PurposeId::ANALYTICS]),
        ("advertisement", &[PurposeId::MARKETING]),
        ("others", &[PurposeId::MARKETING]),
    ],
    services: &[],
    unsaid: Unsaid::Denied,
    by_service: false,
    tcf: false,
    chosen: "`viewed_cookie_policy` is there",
    verified: Verified::Captured,
    read: Read::Jar(read),
};

fn read(jar: &Jar<'_>) -> Told {
    let boxes = jar.categories(0, |name| Some(name), text::yes_or_no);
    let listed = jar.all(2, listed);
    let viewed: Vec<Option<Grant>> = jar.values(1).map(|value| text::plain(value).and_then(text::yes_or_no)).collect();
    // Of several answers the refusal counts.
    if viewed.contains(&Some(Grant::Denied)) {
        let words = boxes.unwrap_or_default().into_iter().filter(|(name, _)| name != "necessary");
        return Ok(Some(Said::chosen(words.map(|(name, _)| (name, Grant::Denied)))));
    }
    if !viewed.contains(&Some(Grant::Granted)) {
        let boxes = boxes?;
        return match viewed.first() {
            Some(_) if boxes.is_empty() => Err("neither yes nor no".into()),
            _ => Ok((!boxes.is_empty()).then(|| Said::before_choice(boxes))),
        };
    }
    // What one of the two does not know is not agreed to.
    let mut both = jar.copies();
    both.join(boxes.map(|boxes| (!boxes.is_empty()).then(|| Said::chosen(boxes))).map_err(Trouble::from));
    both.join(listed);
    if viewed.contains(&None) {
        both.join(Err("neither yes nor no".into()));
    }
    both.told()
}

/// The categories once more: booleans in older versions, `"true"` and `"false"` beside a `ver` in newer ones.
fn listed(value: &[u8], _: &Jar<'_>) -> Reading {
    let json = text::base64(value).ok_or("not base64")?;
    let mut categories = text::object(&json).ok_or("not a JSON object")?;
    categories.remove("ver");
    let words = Words::object(&categories, |said| match said {
        Value::String(text) => text.parse::<bool>().ok().map(Grant::from),
        said => text::boolean(said),
    });
    let words = words.said("a category is neither true nor false")?;
    Ok((!words.is_empty()).then(|| Said::chosen(words)))
}
