//! Magento 2, the core's cookie notice: JSON in `user_allowed_save_cookie`, with a 1 per website that the visitor
//! agreed to.
//!
//! The notice has one button, so there is no refusal, and everything hangs on one yes. Websites of one installation may
//! share the cookie; all of them must say 1.

use super::{Cmp, EVERYTHING, Jar, Read, Reading, Said, Unsaid, Verified, text};
use crate::consent::Grant;

pub(super) const MAGENTO: Cmp = Cmp {
    id: "magento",
    name: "Magento 2 cookie notice",
    cookies: &["user_allowed_save_cookie"],
    map: &[("all", EVERYTHING)],
    services: &[],
    unsaid: Unsaid::Unknown,
    by_service: false,
    tcf: false,
    chosen: "a website's number is there with a 1",
    verified: Verified::Captured,
    read: Read::Value(read),
};

fn read(value: &[u8], _: &Jar<'_>) -> Reading {
    let websites = text::object(value).ok_or("not a JSON object")?;
    let numbered = websites.keys().all(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()));
    if !numbered {
        return Err("not by website");
    }
    let said = websites.values().map(|said| match said.as_u64() {
        Some(1) => Some(Grant::Granted),
        Some(0) => Some(Grant::Denied),
        _ => None,
    });
    let said: Option<Vec<Grant>> = said.collect();
    let said = said.ok_or("a website is neither 0 nor 1")?.into_iter().reduce(Grant::protective);
    Ok(said.map(|grant| Said::chosen([("all".to_owned(), grant)])))
}
