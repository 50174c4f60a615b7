//! HubSpot: `1:true,2:false,3:true` in `__hs_cookie_cat_pref`, with `,` or `_` between; 1 analytics, 2 advertisement,
//! 3 functionality.
//!
//! Written by a choice. `__hs_opt_out=yes` and `__hs_do_not_track=yes` refuse everything, whatever the categories say.
//! An `__hs_opt_out=no` and `__hs_initial_opt_in`, both of the older banner without categories, also follow from
//! regions where nobody asks, and are no yes here. Only category cookies that agree were seen in real requests; the
//! words of a refusal, `false` and those two `yes`, are inferred.

use super::jar::Words;
use super::{Cmp, Jar, Read, Reading, Said, Told, Unsaid, Verified, text};
use crate::consent::{Grant, PurposeId};

pub(super) const HUBSPOT: Cmp = Cmp {
    id: "hubspot",
    name: "HubSpot",
    cookies: &["__hs_cookie_cat_pref", "__hs_opt_out", "__hs_do_not_track"],
    map: &[("1", &[PurposeId::ANALYTICS]), ("2", &[PurposeId::MARKETING]), ("3", &[PurposeId::FUNCTIONAL])],
    services: &[],
    unsaid: Unsaid::Unknown,
    by_service: false,
    tcf: false,
    chosen: "`__hs_cookie_cat_pref` is there, or one of the others is `yes`; the words of a refusal are inferred",
    verified: Verified::Captured,
    read: Read::Jar(read),
};

fn read(jar: &Jar<'_>) -> Told {
    if [1, 2].into_iter().any(|at| jar.values(at).any(|value| value == b"yes")) {
        let every = HUBSPOT.map.iter().map(|(name, _)| *name).chain(jar.own_words());
        return Ok(Some(Said::chosen(every.map(|name| (name.to_owned(), Grant::Denied)))));
    }
    jar.all(0, categories)
}

fn categories(value: &[u8], _: &Jar<'_>) -> Reading {
    let text = text::text(value).ok_or("not text")?;
    let mut words = Words::default();
    for pair in text.split([',', '_']) {
        let (name, said) = pair.split_once(':').unwrap_or((pair, ""));
        words.read(name.trim(), said.trim().parse::<bool>().ok().map(Grant::from));
    }
    Ok(Some(Said::chosen(words.said("a category is neither true nor false")?)))
}
