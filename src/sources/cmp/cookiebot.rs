//! Cookiebot: one cookie that looks like a JavaScript object and is none: `{stamp:'…',necessary:true,…}`, with `'` and
//! `,` percent-encoded or not.
//!
//! `method:'explicit'` is somebody's click. `stamp:'-1'` with `method:'implied'` is what the tool does in regions where
//! it does not ask. Values from before 2023 have no `method`; their stamp shows that the choice was recorded.

use super::jar::Words;
use super::{Cmp, Read, Reading, Said, Unsaid, Verified, text};
use crate::consent::{Grant, PurposeId};

pub(super) const COOKIEBOT: Cmp = Cmp {
    id: "cookiebot",
    name: "Cookiebot",
    cookies: &["CookieConsent"],
    map: &[
        ("preferences", &[PurposeId::FUNCTIONAL]),
        ("statistics", &[PurposeId::ANALYTICS]),
        ("marketing", &[PurposeId::MARKETING]),
    ],
    services: &[],
    unsaid: Unsaid::Unknown,
    by_service: false,
    tcf: false,
    chosen: "`stamp` is not `-1`, and `method` is `explicit` or absent",
    verified: Verified::Captured,
    read: Read::Value(read),
};

const CATEGORIES: [&str; 3] = ["preferences", "statistics", "marketing"];

fn read(value: &[u8], _: &super::Jar<'_>) -> Reading {
    let text = text::text(value).ok_or("not text")?;
    match text.trim() {
        // Outside of the regions where it asks.
        "-1" => return Ok(None),
        "0" => return Ok(Some(Said::chosen(CATEGORIES.map(|name| (name.to_owned(), Grant::Denied))))),
        _ => {}
    }
    let inside = text.trim().strip_prefix('{').and_then(|text| text.strip_suffix('}')).ok_or("not an object")?;
    let fields = || inside.split(',').filter_map(|field| field.trim().split_once(':'));
    let field =
        |name: &str| fields().find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim().trim_matches('\''));
    let mut words = Words::default();
    for name in CATEGORIES {
        let mut copies = fields().filter(|(key, _)| key.trim() == name).map(|(_, value)| value.trim()).peekable();
        if copies.peek().is_none() {
            words.odd();
        }
        copies.for_each(|value| words.read(name, said(value)));
    }
    let words = words.said("a category is neither true nor false")?;
    let stamped = field("stamp").is_some_and(|stamp| !stamp.is_empty() && stamp != "-1");
    let said = match field("method") {
        Some("explicit") | None if stamped => Said::chosen(words),
        _ => Said::before_choice(words),
    };
    Ok(Some(said.at(field("utc").and_then(text::digits))))
}

fn said(value: &str) -> Option<Grant> {
    value.parse::<bool>().ok().map(Grant::from)
}
