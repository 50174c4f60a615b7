//! TrustArc: `notice_gdpr_prefs=0,1,2:` lists the buckets that were accepted (0 required, 1 functional, 2 advertising,
//! more where the site has them); `cmapi_cookie_privacy=permit 1,2,3` counts the same from one, and
//! `notice_preferences=2:` names the highest.
//!
//! `notice_gdpr_prefs` is the choice, unless `:implied,` follows the list: then the tool wrote it by itself, or for
//! GPC. The other two are also written where nobody was asked, so they can narrow a regime's default and never grant.
//! `notice_behavior` says how the region is asked, which is no choice; the tag manager's block list is not read.

use super::{Cmp, Jar, Read, Reading, Said, Told, Unsaid, Verified, text};
use crate::consent::{Grant, PurposeId, SignalKind};

pub(super) const TRUSTARC: Cmp = Cmp {
    id: "trustarc",
    name: "TrustArc",
    cookies: &["notice_gdpr_prefs", "cmapi_cookie_privacy", "notice_preferences"],
    map: &[
        ("0", &[PurposeId::NECESSARY]),
        ("1", &[PurposeId::FUNCTIONAL, PurposeId::ANALYTICS]),
        ("2", &[PurposeId::MARKETING]),
    ],
    services: &[],
    unsaid: Unsaid::Denied,
    by_service: false,
    tcf: false,
    chosen: "`notice_gdpr_prefs` is there without `:implied`",
    verified: Verified::Captured,
    read: Read::Jar(read),
};

/// Buckets that every set-up has.
const USUAL: u8 = 2;

/// The most buckets that one can have.
const MAX_BUCKETS: usize = 32;

fn read(jar: &Jar<'_>) -> Told {
    for (at, read) in [preferences as fn(&[u8], &Jar<'_>) -> Reading, permit, highest].into_iter().enumerate() {
        match jar.all(at, read) {
            Ok(None) => {}
            told => return told,
        }
    }
    Ok(None)
}

fn preferences(value: &[u8], _: &Jar<'_>) -> Reading {
    let text = text::text(value).ok_or("not text")?;
    let (list, rest) = text.split_once(':').unwrap_or((&text, ""));
    let kind = if rest.contains("implied") { SignalKind::Default } else { SignalKind::Observed };
    Ok(Some(said(kind, &numbers(list)?)))
}

fn permit(value: &[u8], _: &Jar<'_>) -> Reading {
    let text = text::text(value).ok_or("not text")?;
    let list = text.trim().strip_prefix("permit").and_then(|list| list.strip_prefix([' ', '_']));
    let list = list.ok_or("not a permission")?;
    let list = list.strip_suffix("required").map_or(list, |list| list.trim_end_matches([' ', '_']));
    let counted: Option<Vec<u8>> = numbers(list)?.into_iter().map(|number| number.checked_sub(1)).collect();
    Ok(Some(said(SignalKind::Default, &counted.ok_or("a bucket before the first")?)))
}

fn highest(value: &[u8], _: &Jar<'_>) -> Reading {
    let text = text::text(value).ok_or("not text")?;
    let number = text.split(':').next().unwrap_or_default();
    let number = number.parse::<u8>().ok().filter(|number| usize::from(*number) < MAX_BUCKETS);
    let accepted: Vec<u8> = (0..=number.ok_or("not a bucket")?).collect();
    Ok(Some(said(SignalKind::Default, &accepted)))
}

fn numbers(list: &str) -> Result<Vec<u8>, &'static str> {
    let numbers: Option<Vec<u8>> = list.split([',', '|']).map(|number| number.trim().parse().ok()).collect();
    numbers.filter(|numbers| numbers.len() <= MAX_BUCKETS).ok_or("not a list of buckets")
}

fn said(kind: SignalKind, accepted: &[u8]) -> Said {
    let mut buckets: Vec<u8> = (0..=USUAL).chain(accepted.iter().copied().filter(|number| *number > USUAL)).collect();
    buckets.dedup();
    let words = buckets.into_iter().map(|number| (number.to_string(), Grant::from(accepted.contains(&number))));
    let mut said = Said::chosen(words);
    said.kind = kind;
    said
}
