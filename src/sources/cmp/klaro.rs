//! Klaro: one cookie, percent-encoded JSON of `{service: bool}` for every service of the site's configuration.
//!
//! Written on save only, so the cookie is the choice; required services are `true` even after a refusal. The names of
//! services are the site's own, and their purposes stand in a configuration that the browser alone has: the site says
//! what they mean. With `storageMethod: "localStorage"` nothing reaches us, and the mirror reads it instead.

use super::jar::Words;
use super::{Cmp, Read, Reading, Said, Unsaid, Verified, text};

pub(super) const KLARO: Cmp = Cmp {
    id: "klaro",
    name: "Klaro",
    cookies: &["klaro"],
    map: &[],
    services: &[],
    unsaid: Unsaid::Unknown,
    by_service: true,
    tcf: false,
    chosen: "the cookie is there",
    verified: Verified::Run("0.7.22"),
    read: Read::Value(read),
};

fn read(value: &[u8], _: &super::Jar<'_>) -> Reading {
    let services = text::object(value).ok_or("not a JSON object")?;
    let words = Words::object(&services, text::boolean).said("a service is neither true nor false")?;
    Ok((!words.is_empty()).then(|| Said::chosen(words)))
}
