//! Axeptio: JSON in `axeptio_cookies`, with one boolean per vendor that the site chose and the tool's own fields, which
//! start with `$$`. Older SDKs encode only `"` and `,`, newer ones everything; a vendor may stand there twice in
//! different case.
//!
//! The cookie is there before a choice with `$$completed:false`. The two comma lists, `axeptio_authorized_vendors` and
//! `axeptio_all_vendors`, are not read: they look the same after a refusal and before a choice. The TC string of the
//! publishers' product stays in the browser.

use serde_json::Value;

use super::jar::Words;
use super::{Cmp, Jar, Read, Reading, Said, Unsaid, Verified, text};
use crate::consent::PurposeId;

pub(super) const AXEPTIO: Cmp = Cmp {
    id: "axeptio",
    name: "Axeptio",
    cookies: &["axeptio_cookies", "axeptio_authorized_vendors", "axeptio_all_vendors"],
    map: &[
        ("google_analytics", ANALYTICS),
        ("ContentSquare", ANALYTICS),
        ("hotjar", ANALYTICS),
        ("matomo", ANALYTICS),
        ("clarity", ANALYTICS),
        ("microsoft_clarity", ANALYTICS),
        ("piano", ANALYTICS),
        ("at_internet", ANALYTICS),
        ("facebook_pixel", MARKETING),
        ("Criteo", MARKETING),
        ("Google_Ads", MARKETING),
        ("Bing", MARKETING),
        ("bing_ads", MARKETING),
        ("Linkedin", MARKETING),
        ("Teads", MARKETING),
        ("tiktok", MARKETING),
        ("pinterest", MARKETING),
        ("doubleclick", MARKETING),
        ("Double_Click", MARKETING),
        ("IDE", MARKETING),
        ("Google_Conversion_Tracking", MARKETING),
        ("Google_Conversion_Linker", MARKETING),
        ("facebook_conversion_tracking", MARKETING),
        ("twitter", MARKETING),
        ("snapchat", MARKETING),
        ("vimeo", EMBEDS),
        ("youtube", EMBEDS),
        ("gmaps", EMBEDS),
        ("google_maps", EMBEDS),
    ],
    services: &[
        ("google_analytics", "google-analytics-4"),
        ("clarity", "microsoft-clarity"),
        ("microsoft_clarity", "microsoft-clarity"),
        ("piano", "piano-analytics"),
        ("at_internet", "at-internet"),
        ("facebook_pixel", "meta-pixel"),
        ("facebook_conversion_tracking", "meta-pixel"),
        ("Double_Click", "doubleclick"),
        ("IDE", "doubleclick"),
        ("Google_Ads", "google-ads"),
        ("Google_Conversion_Tracking", "google-ads"),
        ("Google_Conversion_Linker", "google-ads"),
        ("twitter", "x-pixel"),
        ("snapchat", "snap-pixel"),
        ("googletagmanager", "google-tag-manager"),
        ("Bing", "microsoft-uet"),
        ("bing_ads", "microsoft-uet"),
        ("Linkedin", "linkedin-insight"),
        ("tiktok", "tiktok-pixel"),
        ("pinterest", "pinterest-tag"),
        ("gmaps", "google-maps"),
        ("google_maps", "google-maps"),
        ("google_tag_manager", "google-tag-manager"),
    ],
    unsaid: Unsaid::Unknown,
    by_service: true,
    tcf: false,
    chosen: "`$$completed` is `true`",
    verified: Verified::Captured,
    read: Read::Value(read),
};

const ANALYTICS: &[PurposeId] = &[PurposeId::ANALYTICS];
const MARKETING: &[PurposeId] = &[PurposeId::MARKETING];
const EMBEDS: &[PurposeId] = &[PurposeId::FUNCTIONAL, PurposeId::SOCIAL];

fn read(value: &[u8], _: &Jar<'_>) -> Reading {
    let mut vendors = text::object(value).ok_or("not a JSON object")?;
    match vendors.get("$$completed") {
        Some(Value::Bool(true)) => {}
        Some(Value::Bool(false)) | None => return Ok(None),
        Some(_) => return Err("`$$completed` is neither true nor false"),
    }
    let at = vendors.get("$$date").and_then(text::moment);
    vendors.retain(|name, _| !name.starts_with("$$"));
    let words = Words::object(&vendors, text::boolean).said("a vendor is neither true nor false")?;
    Ok((!words.is_empty()).then(|| Said::chosen(words).at(at)))
}
