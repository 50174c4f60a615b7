//! OneTrust, also sold as CookiePro: form-encoded fields in `OptanonConsent`, of which `groups` holds
//! `C0002:1,C0004:0`.
//!
//! The cookie is there from the first page on, with whatever the visitor's region starts with. What proves a choice is
//! the second cookie, `OptanonAlertBoxClosed`: the moment at which a button closed the banner. `interactionCount` is
//! not read for that, since values exist that count interactions in regions where nobody was asked.
//! `AwaitingReconsent=true` says that the tool wants to ask again, so nothing counts. With a template of the IAB the TC
//! string stands beside it and is heard too.
//!
//! Not read: the banner's opinion of GPC and DNT (the browser says so itself), `hosts` and `genVendors` (numbers that
//! only the vendor's script can resolve), and `intType`, whose meaning is not documented.

use url::form_urlencoded;

use super::super::CLOCK_SKEW;
use super::jar::Words;
use super::{Cmp, Jar, Read, Reading, Said, Told, Unsaid, Verified, tc, text};
use crate::consent::{Grant, PurposeId, SignalKind};

pub(super) const ONETRUST: Cmp = Cmp {
    id: "onetrust",
    name: "OneTrust, CookiePro",
    cookies: &["OptanonConsent", "OptanonAlertBoxClosed", "eupubconsent-v2"],
    map: &[
        ("C0001", &[PurposeId::NECESSARY]),
        ("C0002", &[PurposeId::ANALYTICS]),
        ("C0003", &[PurposeId::FUNCTIONAL]),
        ("C0004", &[PurposeId::MARKETING]),
        ("C0005", &[PurposeId::MARKETING, PurposeId::SOCIAL]),
        ("1", &[PurposeId::NECESSARY]),
        ("2", &[PurposeId::ANALYTICS]),
        ("3", &[PurposeId::FUNCTIONAL]),
        ("4", &[PurposeId::MARKETING]),
        ("8", &[PurposeId::MARKETING, PurposeId::SOCIAL]),
        // Opt-outs of sale and sharing, as templates for the United States ask for them.
        ("SPD_BG", &[PurposeId::MARKETING]),
        ("SSPD_BG", &[PurposeId::MARKETING]),
        ("OSSTA_BG", &[PurposeId::MARKETING]),
    ],
    services: &[],
    unsaid: Unsaid::Unknown,
    by_service: false,
    tcf: false,
    chosen: "`OptanonAlertBoxClosed` holds a date, and `AwaitingReconsent` is not `true`",
    verified: Verified::Captured,
    read: Read::Jar(read),
};

const CONSENT: usize = 0;
const CLOSED: usize = 1;
const TC_STRING: usize = 2;

fn read(jar: &Jar<'_>) -> Told {
    let closed = || jar.values(CLOSED).filter_map(|value| text::date(&text::text(value)?));
    // One in the future does not take another's proof away.
    let past = closed().filter(|at| *at <= jar.now().saturating_add(CLOCK_SKEW)).max();
    let closed = past.or_else(|| closed().max());
    super::change(jar.all(CONSENT, groups), |mut said| {
        if closed.is_none() {
            return Said::before_choice(said.words);
        }
        said.kind = SignalKind::Observed;
        tc::beside(&mut said, jar, TC_STRING);
        said.at(closed)
    })
}

/// What the groups say, whoever set them.
fn groups(value: &[u8], _: &Jar<'_>) -> Reading {
    text::text(value).ok_or("not text")?;
    let (mut words, mut found) = (Words::default(), false);
    // Most fields are of no interest, and most of the work would be to decode them.
    let may_matter = |field: &&[u8]| {
        let name = memchr::memchr(b'=', field).and_then(|at| field.get(..at)).unwrap_or(field);
        name == b"groups" || name == b"AwaitingReconsent" || name.iter().any(|byte| b"%+".contains(byte))
    };
    let fields = value.split(|byte| *byte == b'&').filter(may_matter);
    for (field, value) in fields.flat_map(form_urlencoded::parse) {
        match &*field {
            "AwaitingReconsent" if value == "true" => return Ok(None),
            "groups" => {
                found = true;
                for group in value.split(',').filter(|group| !group.trim().is_empty()) {
                    let (name, said) = group.split_once(':').unwrap_or((group, ""));
                    words.read(name.trim(), text::yes_or_no(said.trim()));
                }
            }
            _ => {}
        }
    }
    if !found {
        return Err("no groups");
    }
    let words: Vec<(String, Grant)> = words.said("a group is neither 0 nor 1")?;
    Ok((!words.is_empty()).then(|| Said::by_default(words)))
}
