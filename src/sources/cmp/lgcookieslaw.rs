//! Línea Gráfica's module for PrestaShop, `lgcookieslaw`: a number in `__lglaw` in its first version, JSON with a
//! boolean per purpose in `lgcookieslaw` in its second.
//!
//! Version 1 writes 1 when the notice is accepted; 0 and 2 were seen and are documented nowhere, so they say nothing.
//! Version 2 numbers its purposes; bridges to analytics agree that 3 is measurement (found in public modules for GA4
//! and Matomo), the others are for the site to map. The newer cookie counts where both are left.

use super::jar::Words;
use super::{Cmp, EVERYTHING, Jar, Read, Reading, Said, Told, Unsaid, Verified, text};
use crate::consent::{Grant, PurposeId};

pub(super) const LGCOOKIESLAW: Cmp = Cmp {
    id: "lgcookieslaw",
    name: "PrestaShop lgcookieslaw, versions 2 and 1",
    cookies: &["lgcookieslaw", "__lglaw"],
    map: &[("3", &[PurposeId::ANALYTICS]), ("all", EVERYTHING)],
    services: &[],
    unsaid: Unsaid::Unknown,
    by_service: false,
    tcf: false,
    chosen: "version 2: a purpose is there; version 1: the value is 1",
    verified: Verified::Captured,
    read: Read::Jar(read),
};

fn read(jar: &Jar<'_>) -> Told {
    jar.newer(second, first)
}

fn second(value: &[u8], _: &Jar<'_>) -> Reading {
    let object = match text::object(value) {
        Some(object) => object,
        None => text::base64(value).and_then(|json| text::object(&json)).ok_or("not a JSON object")?,
    };
    let mut words = Words::default();
    for (name, said) in &object {
        if let Some(number) = name.strip_prefix("lgcookieslaw_purpose_") {
            words.read(number, text::flag(said));
        }
    }
    let words = words.said("a purpose is neither true nor false")?;
    Ok((!words.is_empty()).then(|| Said::chosen(words)))
}

fn first(value: &[u8], _: &Jar<'_>) -> Reading {
    match value {
        b"1" => Ok(Some(Said::chosen([("all".to_owned(), Grant::Granted)]))),
        b"0" | b"2" => Ok(None),
        _ => Err("not a number that the module writes"),
    }
}
