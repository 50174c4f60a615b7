//! Cloudflare Zaraz: JSON of `{purpose: bool}` in `zaraz-consent`, or `cf_consent` in some zones, raw or encoded.
//!
//! Written by a choice. Purposes are named by random ids of the zone, so the site maps them. The cookie's name is a
//! setting.

use super::jar::Words;
use super::{Cmp, Jar, Read, Reading, Said, Told, Unsaid, Verified, text};

pub(super) const ZARAZ: Cmp = Cmp {
    id: "zaraz",
    name: "Cloudflare Zaraz",
    cookies: &["zaraz-consent", "cf_consent"],
    map: &[],
    services: &[],
    unsaid: Unsaid::Unknown,
    by_service: false,
    tcf: false,
    chosen: "the cookie is there",
    verified: Verified::Captured,
    read: Read::Jar(read),
};

fn read(jar: &Jar<'_>) -> Told {
    jar.newer(value, value)
}

fn value(value: &[u8], _: &Jar<'_>) -> Reading {
    let purposes = text::object(value).ok_or("not a JSON object")?;
    let words = Words::object(&purposes, text::boolean).said("a purpose is neither true nor false")?;
    Ok((!words.is_empty()).then(|| Said::chosen(words)))
}
