//! iubenda: percent-encoded JSON in `_iub_cs-<policy>` (or `_iub_cs-s<policy>`), with `purposes` by number, or
//! `consent` for everything at once.
//!
//! The cookie is there before a choice with its `id` alone; one of the two keys is the choice, and `consent: false`
//! refuses whatever `purposes` say. Purposes that the site
//! does not offer are absent and say nothing. `_iub_cs-<policy>-uspr` holds what a visitor of the United States allows
//! (`s` sale, `sh` sharing, `adv` advertising); values that were seen have `true` beside a US Privacy string without an
//! opt-out. A `false` there keeps marketing off, and a `true` changes nothing. `_iub_cs-<policy>-granular` and
//! `_iub_previous_preference_id` are not read.

use serde_json::Value;

use super::jar::Words;
use super::{Cmp, Jar, Read, Reading, Said, Told, Trouble, Unsaid, Verified, text};
use crate::consent::{Grant, PurposeId};

pub(super) const IUBENDA: Cmp = Cmp {
    id: "iubenda",
    name: "iubenda",
    cookies: &["_iub_cs-*"],
    map: &[
        ("1", &[PurposeId::NECESSARY]),
        ("2", &[PurposeId::FUNCTIONAL]),
        ("3", &[PurposeId::PERSONALIZATION]),
        ("4", &[PurposeId::ANALYTICS]),
        ("5", &[PurposeId::MARKETING]),
        ("all", &[PurposeId::FUNCTIONAL, PurposeId::PERSONALIZATION, PurposeId::ANALYTICS, PurposeId::MARKETING]),
    ],
    services: &[],
    unsaid: Unsaid::Unknown,
    by_service: false,
    tcf: false,
    chosen: "the key `purposes` or `consent` is there",
    verified: Verified::Captured,
    read: Read::Jar(read),
};

fn read(jar: &Jar<'_>) -> Told {
    let mut objects = false;
    let mut told = jar.each(0, |name, value| {
        let name = text::plain(name).unwrap_or_default();
        let policy = name.strip_prefix('s').unwrap_or(name);
        let number = policy.strip_suffix("-uspr").unwrap_or(policy);
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let Some(object) = text::object(value) else {
            return Some(Err("not a JSON object".into()));
        };
        if number == policy {
            return Some(policy_said(&object).map_err(Trouble::from));
        }
        objects |= ["s", "sh", "adv"].iter().any(|key| object.get(*key) == Some(&Value::Bool(false)));
        Some(Ok(None))
    });
    if objects {
        let object = |said: &mut Said| said.purposes.push((PurposeId::MARKETING, Grant::Denied));
        match &mut told {
            Ok(said) => object(said.get_or_insert_with(|| Said::by_default([]))),
            Err(trouble) => object(trouble.left.get_or_insert_with(|| Box::new(Said::by_default([])))),
        }
    }
    told
}

fn policy_said(object: &serde_json::Map<String, Value>) -> Reading {
    let words = match (object.get("purposes"), object.get("consent")) {
        (Some(purposes), consent) => {
            let purposes = purposes.as_object().ok_or("purposes that are no object")?;
            let mut words = Words::object(purposes, text::boolean).said("a purpose is neither true nor false")?;
            match consent.map(text::boolean) {
                None | Some(Some(Grant::Granted)) => {}
                Some(Some(_)) => words.iter_mut().for_each(|(_, grant)| *grant = Grant::Denied),
                Some(None) => words.iter_mut().for_each(|(_, grant)| *grant = grant.protective(Grant::Undecided)),
            }
            words
        }
        (None, Some(consent)) => {
            let consent = text::boolean(consent).ok_or("consent is neither true nor false")?;
            vec![("all".to_owned(), consent)]
        }
        (None, None) => return Ok(None),
    };
    Ok(Some(Said::chosen(words).at(object.get("timestamp").and_then(text::moment))))
}
