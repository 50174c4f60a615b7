//! c15t: `c.necessary:1,c.measurement:1,i.t:1763800000000` in `c15t`. Short names: `c` for consents, `i.t` for the
//! moment.
//!
//! Written by a choice; what was refused is left out. Version 1 wrote JSON, with `consents` as an object of booleans.

use serde_json::Value;

use super::jar::Words;
use super::{Cmp, Jar, Read, Reading, Said, Unsaid, Verified, text};
use crate::consent::PurposeId;

pub(super) const C15T: Cmp = Cmp {
    id: "c15t",
    name: "c15t",
    cookies: &["c15t"],
    map: &[
        ("necessary", &[PurposeId::NECESSARY]),
        ("functionality", &[PurposeId::FUNCTIONAL]),
        ("experience", &[PurposeId::PERSONALIZATION]),
        ("measurement", &[PurposeId::ANALYTICS]),
        ("marketing", &[PurposeId::MARKETING]),
    ],
    services: &[],
    unsaid: Unsaid::Denied,
    by_service: false,
    tcf: false,
    chosen: "the cookie is there",
    verified: Verified::Run("2.2.1"),
    read: Read::Value(read),
};

fn read(value: &[u8], _: &Jar<'_>) -> Reading {
    if let Some(object) = text::object(value) {
        let consents = object.get("consents").and_then(Value::as_object).ok_or("no consents")?;
        let words = Words::object(consents, text::boolean).said("a category is neither true nor false")?;
        return Ok((!words.is_empty()).then(|| Said::chosen(words)));
    }
    let text = text::text(value).ok_or("not text")?;
    let (mut words, mut at, mut found) = (Words::default(), None, false);
    for pair in text.split(',') {
        let named = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        let (name, said) = pair.split_once(':').filter(|(name, _)| named(name)).ok_or("not a list of pairs")?;
        match name.split_once('.') {
            Some(("c", category)) => {
                found = true;
                words.read(category, text::yes_or_no(said));
            }
            Some(("i", "t")) => at = Some(text::digits(said).ok_or("not a moment")?),
            _ => {}
        }
    }
    if !found && at.is_none() {
        return Err("no categories");
    }
    Ok(Some(Said::chosen(words.said("a category is neither 0 nor 1")?).at(at)))
}
