//! The WP Consent API of WordPress and WooCommerce: one cookie per category, `wp_consent_marketing=deny`.
//!
//! Complianz, CookieYes, Cookiebot, CookieFirst, Borlabs and others write these beside their own, so a site whose tool
//! can be read lists that tool. What happens without a cookie (the consent type: opt-in, opt-out, none) is a variable
//! of the page that never reaches us; the site's regime says it here. A plugin may write these cookies as the page comes
//! up, `allow` throughout where the type is opt-out, and no cookie tells that from a choice: a site with such a plugin
//! should not list this source where it asks for an opt-in. "Functional" is strictly necessary in these
//! terms, and `statistics-anonymous` is taken for exempt: no purpose.

use super::{Cmp, Jar, Read, Said, Told, Unsaid, Verified};
use crate::consent::PurposeId;

pub(super) const WP_CONSENT_API: Cmp = Cmp {
    id: "wp-consent-api",
    name: "WP Consent API",
    cookies: &["wp_consent_*"],
    map: &[
        ("functional", &[PurposeId::NECESSARY]),
        ("preferences", &[PurposeId::FUNCTIONAL]),
        ("statistics", &[PurposeId::ANALYTICS]),
        ("marketing", &[PurposeId::MARKETING]),
    ],
    services: &[],
    unsaid: Unsaid::Unknown,
    by_service: false,
    tcf: false,
    chosen: "a category's cookie is there, which a plugin may also have written where nobody is asked",
    verified: Verified::Run("1.0.8"),
    read: Read::Jar(read),
};

fn read(jar: &Jar<'_>) -> Told {
    let words = jar.categories(0, |name| Some(name), super::allow_or_deny)?;
    Ok(words.iter().any(|(name, _)| name != "functional").then(|| Said::chosen(words)))
}
