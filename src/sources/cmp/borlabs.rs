//! Borlabs Cookie for WordPress, versions 2 and 3: percent-encoded JSON in `borlabs-cookie`, in which `consents` lists
//! the accepted services of each accepted group.
//!
//! Written on save, so the cookie is the choice; a refused group is left out. `version` counts the versions of the
//! question, as text in version 2 and as a number in version 3. `expires` repeats the cookie's own expiry, and is kept
//! by the tool for when it writes the cookie again. Free groups of version 3 are for the site to map.

use serde_json::Value;

use super::{Cmp, Jar, Read, Reading, Said, Unsaid, Verified, text};
use crate::consent::{Grant, PurposeId};

pub(super) const BORLABS: Cmp = Cmp {
    id: "borlabs",
    name: "Borlabs Cookie, versions 2 and 3",
    cookies: &["borlabs-cookie"],
    map: &[
        ("essential", &[PurposeId::NECESSARY]),
        ("statistics", &[PurposeId::ANALYTICS]),
        ("marketing", &[PurposeId::MARKETING]),
        ("external-media", &[PurposeId::FUNCTIONAL, PurposeId::SOCIAL]),
    ],
    services: &[
        ("google-analytics", "google-analytics-4"),
        ("facebook-pixel", "meta-pixel"),
        ("meta-pixel", "meta-pixel"),
        ("facebook", "facebook-social"),
        ("googlemaps", "google-maps"),
        ("twitter", "x-widgets"),
        ("bing-ads", "microsoft-uet"),
    ],
    unsaid: Unsaid::Denied,
    by_service: false,
    tcf: false,
    chosen: "the cookie is there, and of no older `version` where `revision` is set",
    verified: Verified::Captured,
    read: Read::Value(read),
};

fn read(value: &[u8], jar: &Jar<'_>) -> Reading {
    let object = text::object(value).ok_or("not a JSON object")?;
    let version = match object.get("version") {
        Some(Value::String(version)) => version.parse().ok(),
        version => version.and_then(Value::as_u64),
    };
    if !jar.answers(version) {
        return Ok(None);
    }
    let groups = object.get("consents").and_then(Value::as_object).ok_or("no consents")?;
    let mut said = Said::chosen([]);
    for (group, services) in groups {
        let services = text::list(services).ok_or("services that are not names")?;
        said.words.push((group.clone(), Grant::from(!services.is_empty())));
        said.services.extend(services.into_iter().map(|name| (name.to_owned(), Grant::Granted)));
    }
    Ok(Some(said))
}
