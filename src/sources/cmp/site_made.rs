//! Cookies that a site writes itself, one per category: `_cmp_analytics=0; _cmp_marketing=1`.
//!
//! Nothing is known of them but what the site says: the keys of `map` are the cookies' names and what they stand for.
//! Where all names begin alike, `cookies = { "prefix-*" = "_cmp_*" }` says so, and the keys are what follows. A site
//! that lists this source says by that that its cookies are written by a choice and not before one.
//!
//! Yes and no may be written in the usual ways. Anything else is odd, and makes the others' yes doubtful.

use super::super::MAX_VALUE;
use super::jar::{Words, at_most};
use super::{Cmp, Jar, Read, Said, Told, Unsaid, Verified, text};
use crate::consent::Grant;

pub(super) const SITE_MADE: Cmp = Cmp {
    id: "site-made",
    name: "cookies of the site's own, one per category",
    cookies: &["prefix-*"],
    map: &[],
    services: &[],
    unsaid: Unsaid::Unknown,
    by_service: false,
    tcf: false,
    chosen: "a cookie that `map` names is there",
    verified: Verified::Captured,
    read: Read::Jar(read),
};

/// The most cookies that are looked at.
const MAX_COOKIES: usize = 64;

fn read(jar: &Jar<'_>) -> Told {
    let mut words = Words::default();
    let over = at_most(MAX_COOKIES, jar.of_own_words(0), |(word, value)| {
        let grant = if value.len() > MAX_VALUE { None } else { text::text(value).as_deref().and_then(said) };
        words.read(word, grant);
    });
    if over {
        words.odd();
    }
    let words = words.said("a cookie says neither yes nor no")?;
    Ok((!words.is_empty()).then(|| Said::chosen(words)))
}

fn said(text: &str) -> Option<Grant> {
    match text.trim().to_ascii_lowercase().as_str() {
        "granted" | "allowed" | "accept" | "accepted" | "on" | "opt-in" => Some(Grant::Granted),
        "denied" | "refused" | "reject" | "rejected" | "declined" | "off" | "opt-out" => Some(Grant::Denied),
        text => text::yes_or_no(text),
    }
}
