//! Shopify: `_tracking_consent`, in three generations. 2.0 and 2.1 are JSON, 3 is `3<chosen>.<in force>_<region>_…`
//! with the letters A, M, P and S, upper case for yes.
//!
//! The cookie is always there. What was chosen stands in `con` (2.0, 2.1) or before the first dot (3), and is empty
//! until somebody did; what is in force by region stands beside it and is a default. The meaning of lower case before
//! the dot is inferred from the defaults, which have it, and `"0"` in `con` from the `"1"` beside it: no value with a
//! refusal was seen. S, the sale of data, is one more condition for marketing, and so is every other member of `con`.
//!
//! Shopify also sends the state with every page, as `Server-Timing: _cmp;desc="3.ampS_…"`. That is a response, so it
//! comes too late for what a request may carry, and is out of reach here.

use serde_json::{Map, Value};

use super::jar::Words;
use super::{Cmp, EVERYTHING, Jar, Read, Reading, Said, Unsaid, Verified, text};
use crate::consent::{Grant, PurposeId};

pub(super) const SHOPIFY: Cmp = Cmp {
    id: "shopify",
    name: "Shopify customer privacy",
    cookies: &["_tracking_consent"],
    map: &[
        ("a", &[PurposeId::ANALYTICS]),
        ("m", &[PurposeId::MARKETING]),
        ("p", &[PurposeId::FUNCTIONAL]),
        ("s", &[PurposeId::MARKETING]),
        ("gdpr", EVERYTHING),
    ],
    services: &[],
    unsaid: Unsaid::Unknown,
    by_service: false,
    tcf: false,
    chosen: "`con` is not empty, or letters stand before the first dot; what a refusal looks like is inferred",
    verified: Verified::Captured,
    read: Read::Value(read),
};

fn read(value: &[u8], _: &Jar<'_>) -> Reading {
    let text = text::text(value).ok_or("not text")?;
    match text.strip_prefix('3') {
        Some(rest) => third(rest),
        None => second(&text::object(value).ok_or("neither JSON nor version 3")?),
    }
}

fn third(text: &str) -> Reading {
    let letters = text.split('_').next().unwrap_or_default();
    let (chosen, in_force) = letters.split_once('.').ok_or("no dot")?;
    if !text.contains('_') {
        return Err("no region");
    }
    if text.contains('%') {
        return Err("encoded twice");
    }
    let words = |letters: &str| {
        let mut words = Words::default();
        for letter in letters.chars() {
            let known = "AMPSamps".contains(letter).then(|| Grant::from(letter.is_ascii_uppercase()));
            words.read(&letter.to_ascii_lowercase().to_string(), known);
        }
        words.said("a letter that is not known")
    };
    let (chosen, in_force) = (words(chosen)?, words(in_force)?);
    Ok(if chosen.is_empty() { default(in_force) } else { Some(Said::chosen(chosen)) })
}

fn second(object: &Map<String, Value>) -> Reading {
    let chosen = object.get("con").and_then(Value::as_object).ok_or("no `con`")?;
    let mut words = Words::default();
    let named = match chosen.get("CMP").and_then(Value::as_object) {
        Some(letters) => letters.iter().map(|(name, said)| (name.as_str(), said)).collect(),
        None => Vec::from_iter(chosen.get("GDPR").map(|said| ("gdpr", said))),
    };
    for (name, said) in named.into_iter().filter(|(_, said)| said.as_str() != Some("")) {
        words.read(name, said.as_str().and_then(text::yes_or_no));
    }
    if refused(chosen.get("GDPR")) {
        words.read("gdpr", Some(Grant::Denied));
    }
    let mut said = Said::chosen(words.said("a choice that is neither 0 nor 1")?);
    // Whatever law it is given under, a no is one to marketing.
    if chosen.values().any(|member| refused(Some(member))) {
        said.purposes.push((PurposeId::MARKETING, Grant::Denied));
    }
    if !said.words.is_empty() || !said.purposes.is_empty() {
        return Ok(Some(said));
    }
    let Some(in_force) = object.get("purposes").and_then(Value::as_object) else {
        return Ok(None);
    };
    let in_force: Map<String, Value> =
        ["a", "m", "p"].iter().filter_map(|name| Some(((*name).to_owned(), in_force.get(*name)?.clone()))).collect();
    Ok(default(Words::object(&in_force, text::boolean).said("a purpose is neither true nor false")?))
}

fn refused(member: Option<&Value>) -> bool {
    member.and_then(text::flag) == Some(Grant::Denied)
}

fn default(words: Vec<(String, Grant)>) -> Option<Said> {
    (!words.is_empty()).then(|| Said::before_choice(words))
}
