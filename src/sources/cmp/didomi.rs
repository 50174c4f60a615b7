//! Didomi: base64 of JSON in `didomi_token`, with enabled and disabled ids for the site's own purposes and vendors, and
//! the TC string in `euconsent-v2` for those of the IAB.
//!
//! The token is there before a choice with `version: null`. Ids are the site's own, so the site maps them; a token that
//! names an id in neither list says nothing about it. A vendor that was refused is refused by name; the refusal of
//! Google's advertising, whose id is the same everywhere, is also one of marketing.
//!
//! `didomi_dcs` replaces the token where a site switched to it. Its head is documented (developers.didomi.io, "Didomi
//! Consent String Structure"); which of three codes its lists of numbers are in is marked by bits that are not, and the
//! numbers need the vendor's configuration. So of that cookie only the TC string beside it is heard, once it carries
//! consent. Legitimate interest (`vendors_li`, `purposes_li`) and `ac` are not read.

use serde_json::{Map, Value};

use super::jar::Words;
use super::{Cmp, Jar, Read, Reading, Said, Told, Unsaid, Verified, tc, text};
use crate::consent::{Grant, PurposeId};

pub(super) const DIDOMI: Cmp = Cmp {
    id: "didomi",
    name: "Didomi",
    cookies: &["didomi_token", "euconsent-v2", "didomi_dcs"],
    map: &[("cookies", &[PurposeId::NECESSARY]), (GOOGLE, &[PurposeId::MARKETING])],
    services: &[
        (GOOGLE, "google-ads"),
        (GOOGLE, "doubleclick"),
        (GOOGLE, "google-adsense"),
        ("c:hotjar", "hotjar"),
        ("c:mixpanel", "mixpanel"),
        ("c:contentsquare", "contentsquare"),
        ("c:tiktok-KZAUELZ9", "tiktok-pixel"),
        ("c:linkedin-marketing-solutions", "linkedin-insight"),
        ("c:googleana-4TXnJigR", "google-analytics-4"),
        ("c:youtube", "youtube"),
        ("c:criteo", "criteo"),
    ],
    unsaid: Unsaid::Unknown,
    by_service: false,
    tcf: true,
    chosen: "`version` of the token is a number",
    verified: Verified::Captured,
    read: Read::Jar(read),
};

/// Google's advertising products as a vendor.
const GOOGLE: &str = "google";

const TC_STRING: usize = 1;

fn read(jar: &Jar<'_>) -> Told {
    if !jar.has(0) {
        let consents = jar.has(2) && jar.values(TC_STRING).all(tc::consents);
        return if consents { tc::of(jar, TC_STRING) } else { Ok(None) };
    }
    super::change(jar.all(0, token), |mut said| {
        tc::beside(&mut said, jar, TC_STRING);
        said
    })
}

fn token(value: &[u8], _: &Jar<'_>) -> Reading {
    let json = text::base64(value).ok_or("not base64")?;
    let token = text::object(&json).ok_or("not a JSON object")?;
    if token.get("version").is_none_or(Value::is_null) {
        return Ok(None);
    }
    let mut said = Said::chosen(lists(&token, "purposes")?);
    said.services = lists(&token, "vendors")?;
    said.words.extend(said.services.iter().filter(|said| *said == &(GOOGLE.to_owned(), Grant::Denied)).cloned());
    let date = token.get("updated").or_else(|| token.get("created"));
    Ok(Some(said.at(date.and_then(text::moment))))
}

/// What is said about each id of `kind`.
fn lists(token: &Map<String, Value>, kind: &str) -> Result<Vec<(String, Grant)>, &'static str> {
    let mut words = Words::default();
    for (list, grant) in [("enabled", Grant::Granted), ("disabled", Grant::Denied)] {
        match token.get(kind).and_then(|lists| lists.get(list)) {
            None | Some(Value::Null) => {}
            Some(ids) => match ids.as_array() {
                Some(ids) => ids.iter().for_each(|id| match id {
                    Value::String(id) => words.read(id, Some(grant)),
                    // Vendors of the IAB in tokens of the first version.
                    Value::Number(id) => words.read(&id.to_string(), Some(grant)),
                    _ => words.odd(),
                }),
                None => words.odd(),
            },
        }
    }
    words.said("a list that is none")
}
