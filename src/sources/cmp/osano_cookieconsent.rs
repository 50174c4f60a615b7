//! Osano's open source "cookieconsent": one word in `cookieconsent_status`.
//!
//! `allow` and `deny` are choices. `dismiss` closes a notice and is what the tool itself calls consent; it answers no
//! question that offered a no, so it says nothing here, and a site under an opt-out regime keeps that regime's default.
//! There is one question for everything.

use super::{Cmp, EVERYTHING, Jar, Read, Reading, Said, Unsaid, Verified};
use crate::consent::Grant;

pub(super) const OSANO_COOKIECONSENT: Cmp = Cmp {
    id: "osano-cookieconsent",
    name: "Cookie Consent by Osano, open source",
    cookies: &["cookieconsent_status"],
    map: &[("all", EVERYTHING)],
    services: &[],
    unsaid: Unsaid::Unknown,
    by_service: false,
    tcf: false,
    chosen: "the value is `allow` or `deny`; `dismiss` is none",
    verified: Verified::Run("3.1.1"),
    read: Read::Value(read),
};

fn read(value: &[u8], _: &Jar<'_>) -> Reading {
    let grant = match value {
        b"allow" => Grant::Granted,
        b"deny" => Grant::Denied,
        b"dismiss" => return Ok(None),
        _ => return Err("neither `allow`, `deny` nor `dismiss`"),
    };
    Ok(Some(Said::chosen([("all".to_owned(), grant)])))
}
