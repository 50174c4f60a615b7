//! Cookie-Script: percent-encoded JSON in `CookieScriptConsent`.
//!
//! `action` is the choice; without it the cookie only keeps what the banner needs. `reject` refuses everything.
//! `accept` accepts what `categories` lists, a text that holds a JSON list, and everything when there is no such list.

use serde_json::Value;

use super::{Cmp, Jar, Read, Reading, Said, Unsaid, Verified, text};
use crate::consent::{Grant, PurposeId};

pub(super) const COOKIESCRIPT: Cmp = Cmp {
    id: "cookiescript",
    name: "Cookie-Script",
    cookies: &["CookieScriptConsent"],
    map: &[
        ("strict", &[PurposeId::NECESSARY]),
        ("performance", &[PurposeId::ANALYTICS]),
        ("functionality", &[PurposeId::FUNCTIONAL]),
        ("targeting", &[PurposeId::MARKETING]),
        ("unclassified", &[PurposeId::MARKETING]),
    ],
    services: &[],
    unsaid: Unsaid::Denied,
    by_service: false,
    tcf: false,
    chosen: "`action` is `accept` or `reject`",
    verified: Verified::Captured,
    read: Read::Value(read),
};

const ASKED: [&str; 4] = ["performance", "functionality", "targeting", "unclassified"];

fn read(value: &[u8], jar: &Jar<'_>) -> Reading {
    let object = text::object(value).ok_or("not a JSON object")?;
    let every = |grant: Grant| {
        let names: Vec<String> = ASKED.into_iter().chain(jar.own_words()).map(str::to_owned).collect();
        names.into_iter().map(move |name| (name, grant))
    };
    let said = match object.get("action").map(Value::as_str) {
        None => return Ok(None),
        Some(Some("reject")) => Said::chosen(every(Grant::Denied)),
        Some(Some("accept")) => match object.get("categories") {
            None => Said::chosen(every(Grant::Granted)),
            Some(listed) => {
                let listed = match listed {
                    Value::String(text) => text::json(text.as_bytes()).ok_or("categories that are not JSON")?,
                    list => list.clone(),
                };
                let listed = text::list(&listed).ok_or("categories that are not names")?;
                Said::chosen(listed.into_iter().map(|name| (name.to_owned(), Grant::Granted)))
            }
        },
        Some(_) => return Err("an action that is neither `accept` nor `reject`"),
    };
    Ok(Some(said.at(object.get("consenttime").and_then(text::moment))))
}
