//! tarteaucitron: `!facebookpixel=wait!gtag=true!matomo=false` in `tarteaucitron`, unencoded.
//!
//! Written on the first page, before any click: `wait` for every service that asks. Services that the tool takes for
//! exempt ([`services::EXEMPT`]) start as `true` and so say nothing, unless every word is final and one of them is of a
//! service that asks: then somebody went through the list, and their yes counts like any other. A `true` or `false`
//! that a site's own settings wrote without a click (`serviceDefaultState`, `highPrivacy: false`, `bypass`) looks like
//! a choice; a site that uses them should not list this source.
//!
//! Names are compared whole: the tool itself finds `gtag=true` inside `multiplegtag=true`.

mod services;

use super::jar::Words;
use super::{Cmp, Jar, Read, Reading, Said, Unsaid, Verified, text};
use crate::consent::Grant;

pub(super) const TARTEAUCITRON: Cmp = Cmp {
    id: "tarteaucitron",
    name: "tarteaucitron",
    cookies: &["tarteaucitron"],
    map: services::PURPOSES,
    services: services::CATALOG,
    unsaid: Unsaid::Unknown,
    by_service: true,
    tcf: false,
    chosen: "a service that asks is `true` or `false`, not `wait`",
    verified: Verified::Run("1.34.0"),
    read: Read::Value(read),
};

fn read(value: &[u8], _: &Jar<'_>) -> Reading {
    let text = text::plain(value).ok_or("not UTF-8")?;
    let list = text.strip_prefix('!').ok_or("does not start with an exclamation mark")?;
    let mut words = Words::default();
    // Old versions keep an identifier in the list.
    let services = list.split('!').filter(|pair| !pair.is_empty() && !pair.starts_with("id="));
    for pair in services {
        let (name, said) = pair.split_once('=').unwrap_or((pair, ""));
        let grant = match said {
            "true" => Some(Grant::Granted),
            "false" => Some(Grant::Denied),
            "wait" => Some(Grant::Undecided),
            _ => None,
        };
        words.read(name, grant);
    }
    let mut words = words.said("a service is neither true, false nor wait")?;
    if words.is_empty() {
        return Err("no services");
    }
    let exempt = |name: &str| services::EXEMPT.contains(&name);
    let waiting = words.iter().any(|(_, grant)| *grant == Grant::Undecided);
    let clicked = words.iter().any(|(name, grant)| match grant {
        Grant::Denied => true,
        Grant::Granted => !exempt(name),
        Grant::Undecided => false,
    });
    if !clicked {
        return Ok(Some(Said::before_choice(words)));
    }
    if waiting {
        words.iter_mut().filter(|(name, grant)| exempt(name) && *grant == Grant::Granted).for_each(|(_, grant)| {
            *grant = Grant::Undecided;
        });
    }
    Ok(Some(Said::chosen(words)))
}
