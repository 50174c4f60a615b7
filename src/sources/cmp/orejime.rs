//! Orejime: JSON of names and booleans, written on save. Version 3 writes purposes to `eu-consent` with `"` and `,`
//! percent-encoded, version 2 writes the site's apps to `orejime` as it is; the newer one counts where both are left.
//!
//! Version 3 sets `SameSite=Strict`: the first request of a visit that comes from another site lacks the cookie, and is
//! served as if nobody had chosen. A site of version 2 may replace how the value is written; what is no JSON is
//! malformed.

use super::jar::Words;
use super::{Cmp, Jar, Read, Reading, Said, Told, Unsaid, Verified, text};
use crate::consent::PurposeId;

pub(super) const OREJIME: Cmp = Cmp {
    id: "orejime",
    name: "Orejime, versions 3 and 2",
    cookies: &["eu-consent", "orejime"],
    map: &[
        ("necessary", &[PurposeId::NECESSARY]),
        ("mandatory", &[PurposeId::NECESSARY]),
        ("functional", &[PurposeId::FUNCTIONAL]),
        ("preferences", &[PurposeId::FUNCTIONAL]),
        ("personalization", &[PurposeId::PERSONALIZATION]),
        ("analytics", &[PurposeId::ANALYTICS]),
        ("ads", &[PurposeId::MARKETING]),
        ("advertising", &[PurposeId::MARKETING]),
        ("marketing", &[PurposeId::MARKETING]),
        ("social", &[PurposeId::SOCIAL]),
    ],
    services: &[("google-analytics", "google-analytics-4"), ("facebook-pixel", "meta-pixel")],
    unsaid: Unsaid::Unknown,
    by_service: true,
    tcf: false,
    chosen: "one of the cookies is there",
    verified: Verified::Run("3.2.1 and 2.3.1"),
    read: Read::Jar(read),
};

fn read(jar: &Jar<'_>) -> Told {
    jar.newer(value, value)
}

fn value(value: &[u8], _: &Jar<'_>) -> Reading {
    let names = text::object(value).ok_or("not a JSON object")?;
    let words = Words::object(&names, text::boolean).said("a name is neither true nor false")?;
    Ok((!words.is_empty()).then(|| Said::chosen(words)))
}
