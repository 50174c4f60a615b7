//! Moove's "GDPR Cookie Compliance" for WordPress: JSON in `moove_gdpr_popup`, raw or encoded, with `"1"` and `"0"` per
//! category.
//!
//! Written by a choice. Later versions have more names, of which nobody documents what stands there while a site does
//! not use them; a site that does maps them. All other names, such as `version`, are no categories.

use super::jar::Words;
use super::{Cmp, Jar, Read, Reading, Said, Unsaid, Verified, text};
use crate::consent::PurposeId;

pub(super) const MOOVE: Cmp = Cmp {
    id: "moove",
    name: "GDPR Cookie Compliance (Moove)",
    cookies: &["moove_gdpr_popup"],
    map: &[
        ("strict", &[PurposeId::NECESSARY]),
        ("thirdparty", &[PurposeId::ANALYTICS]),
        ("advanced", &[PurposeId::MARKETING]),
    ],
    services: &[],
    unsaid: Unsaid::Unknown,
    by_service: false,
    tcf: false,
    chosen: "the cookie is there",
    verified: Verified::Captured,
    read: Read::Value(read),
};

fn read(value: &[u8], jar: &Jar<'_>) -> Reading {
    let mut object = text::object(value).ok_or("not a JSON object")?;
    let known =
        |name: &str| MOOVE.map.iter().any(|(known, _)| *known == name) || jar.own_words().any(|own| own == name);
    object.retain(|name, _| known(name));
    let words = Words::object(&object, text::flag).said("a category is neither 0 nor 1")?;
    if words.is_empty() {
        return Err("no categories");
    }
    Ok(Some(Said::chosen(words)))
}
