//! Amasty's "Cookie Consent" for Magento 2: the ids of the accepted groups in `amcookie_allowed`, `0` for all of them
//! and `-1` for none (public copies of its `CookieManager`).
//!
//! Written by a choice, since the bar comes up while it is missing. Group ids are the site's own. `amcookie_disallowed`
//! lists cookies that the module deletes, `amcookie_policy_restriction` says whether the visitor's country is asked;
//! neither is a choice.

use super::{Cmp, EVERYTHING, Jar, Read, Reading, Said, Unsaid, Verified, text};
use crate::consent::Grant;

pub(super) const AMASTY: Cmp = Cmp {
    id: "amasty",
    name: "Amasty Cookie Consent for Magento 2",
    cookies: &["amcookie_allowed", "amcookie_disallowed"],
    map: &[("all", EVERYTHING)],
    services: &[],
    unsaid: Unsaid::Denied,
    by_service: false,
    tcf: false,
    chosen: "`amcookie_allowed` is there",
    verified: Verified::Documented,
    read: Read::Value(read),
};

/// The most groups that are looked at.
const MAX_GROUPS: usize = 64;

fn read(value: &[u8], jar: &Jar<'_>) -> Reading {
    let text = text::text(value).ok_or("not text")?;
    let every = |grant| {
        let names: Vec<String> = ["all"].into_iter().chain(jar.own_words()).map(str::to_owned).collect();
        Ok(Some(Said::chosen(names.into_iter().map(move |name| (name, grant)))))
    };
    match text.as_str() {
        "0" => every(Grant::Granted),
        "-1" => every(Grant::Denied),
        listed => {
            let digits = |id: &str| !id.is_empty() && id != "0" && id.bytes().all(|byte| byte.is_ascii_digit());
            let ids: Vec<&str> = listed.split(',').map(str::trim).take(MAX_GROUPS).collect();
            if !ids.iter().all(|id| digits(id)) {
                return Err("not a list of groups");
            }
            Ok(Some(Said::chosen(ids.into_iter().map(|id| (id.to_owned(), Grant::Granted)))))
        }
    }
}
