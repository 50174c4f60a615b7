//! Complianz for WordPress: one cookie per category, `cmplz_statistics=allow`, on the main site of a network
//! `cmplz_rt_…`.
//!
//! What the tool calls functional is strictly necessary; its preferences are what others call functional. The category
//! cookies are written by a choice; `cmplz_banner-status=dismissed` on its own is none. `cmplz_policy_id` counts the
//! versions of the question. `statistics-anonymous` is measurement that the tool takes for exempt, and no purpose here.
//!
//! Not read: `cmplz_saved_categories` and `cmplz_saved_services`, which repeat the others.

use super::jar::Words;
use super::{Cmp, Jar, Read, Reading, Said, Told, Unsaid, Verified, text};
use crate::consent::{Grant, PurposeId};

pub(super) const COMPLIANZ: Cmp = Cmp {
    id: "complianz",
    name: "Complianz",
    cookies: &[
        "cmplz_*",
        "cmplz_policy_id",
        "cmplz_consented_services",
        "cmplz_rt_policy_id",
        "cmplz_rt_consented_services",
    ],
    map: &[
        ("functional", &[PurposeId::NECESSARY]),
        ("preferences", &[PurposeId::FUNCTIONAL]),
        ("statistics", &[PurposeId::ANALYTICS]),
        ("marketing", &[PurposeId::MARKETING]),
    ],
    services: &[
        ("google-analytics", "google-analytics-4"),
        ("google-recaptcha", "google-recaptcha"),
        ("facebook", "facebook-social"),
        ("twitter", "x-widgets"),
        ("linkedin", "linkedin-embed"),
        ("pinterest", "pinterest-widgets"),
        ("tiktok", "tiktok-embed"),
        ("adobe-fonts", "adobe-fonts"),
    ],
    unsaid: Unsaid::Unknown,
    by_service: false,
    tcf: false,
    chosen: "a category's cookie is there",
    verified: Verified::Run("7.2.0"),
    read: Read::Jar(read),
};

/// Where both stand, on a site of its own and on the main site of a network.
const POLICY_ID: [usize; 2] = [1, 3];
const SERVICES: [usize; 2] = [2, 4];

fn read(jar: &Jar<'_>) -> Told {
    let words = jar.categories(0, category, super::allow_or_deny)?;
    if words.iter().all(|(name, _)| name == "functional") || outdated(jar) {
        return Ok(None);
    }
    let mut said = Said::chosen(words);
    let mut both = jar.copies();
    for at in SERVICES {
        both.join(jar.all(at, services));
    }
    match both.told() {
        Ok(services) => said.services = services.map(|said| said.services).unwrap_or_default(),
        // A service may have been refused there, and so may a category.
        Err(trouble) => {
            said.services = trouble.left.map(|said| said.services).unwrap_or_default();
            said = said.doubted();
        }
    }
    Ok(Some(said))
}

fn category(name: &str) -> Option<&str> {
    let name = name.strip_prefix("rt_").unwrap_or(name);
    ["functional", "preferences", "statistics", "statistics-anonymous", "marketing"].contains(&name).then_some(name)
}

/// Whether the answer is to an older question than those that count. Of several versions the oldest counts, and one
/// that is no number is no version.
fn outdated(jar: &Jar<'_>) -> bool {
    let versions = POLICY_ID.iter().flat_map(|at| jar.values(*at));
    let versions = versions.map(|value| text::plain(value)?.parse::<u64>().ok());
    !jar.answers(versions.reduce(Option::min).flatten())
}

/// What is said about single services; empty where nothing is.
fn services(value: &[u8], _: &Jar<'_>) -> Reading {
    if value.is_empty() {
        return Ok(None);
    }
    let Some(services) = text::object(value) else {
        // Written as a list while it is empty.
        return if matches!(value, b"[]" | b"%5B%5D") { Ok(None) } else { Err("services that are no JSON object") };
    };
    let mut said = Said::chosen(Vec::<(String, Grant)>::new());
    said.services = Words::object(&services, text::boolean).said("a service is neither true nor false")?;
    Ok(Some(said))
}
