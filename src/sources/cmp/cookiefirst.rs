//! CookieFirst: JSON in `cookiefirst-consent`, encoded or raw, with a boolean per category.
//!
//! Written by a choice, with every category. With `type: "service"` the booleans are the site's services; the site then
//! maps those names. `cookiefirst-id` identifies the visitor and is not read. `cf_consent` is an event of this tool and
//! a cookie of another.

use super::jar::Words;
use super::{Cmp, Jar, Read, Reading, Said, Unsaid, Verified, text};
use crate::consent::PurposeId;

pub(super) const COOKIEFIRST: Cmp = Cmp {
    id: "cookiefirst",
    name: "CookieFirst",
    cookies: &["cookiefirst-consent"],
    map: &[
        ("necessary", &[PurposeId::NECESSARY]),
        ("performance", &[PurposeId::ANALYTICS]),
        ("functional", &[PurposeId::FUNCTIONAL]),
        ("advertising", &[PurposeId::MARKETING]),
    ],
    services: &[],
    unsaid: Unsaid::Unknown,
    by_service: false,
    tcf: false,
    chosen: "the cookie is there",
    verified: Verified::Captured,
    read: Read::Value(read),
};

fn read(value: &[u8], _: &Jar<'_>) -> Reading {
    let mut object = text::object(value).ok_or("not a JSON object")?;
    let at = object.get("timestamp").and_then(text::moment);
    object.retain(|name, value| COOKIEFIRST.map.iter().any(|(known, _)| known == name) || value.is_boolean());
    let words = Words::object(&object, text::boolean).said("a category is neither true nor false")?;
    if words.is_empty() {
        return Err("no categories");
    }
    Ok(Some(Said::chosen(words).at(at)))
}
