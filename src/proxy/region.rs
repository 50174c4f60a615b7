//! Where the visitor is, as far as it matters: told by a trusted proxy, or else looked up by address.
//!
//! The order: a field of a trusted proxy that names a country wins, because a CDN knows more than any file does. Where the
//! peer is not trusted, or the field is absent or unreadable, the site's database is asked for the visitor's address. The
//! address is used for that and forgotten; nothing here logs or keeps it.

use std::net::IpAddr;

use http::HeaderMap;

use super::client::Client;
use crate::consent::Country;
use crate::snapshot::Site;

/// The country that the visitor is in, if anybody knows.
pub(super) fn country(site: &Site, headers: &HeaderMap, client: Client, trusted: &[(IpAddr, u8)]) -> Option<Country> {
    if !site.policy.regimes.depend_on_country() {
        return None;
    }
    let told = site.country_header.as_deref().filter(|_| client.trusted_peer);
    let told = told.and_then(|name| Country::of_fields(headers.get_all(name).iter().map(|field| field.to_str().ok())));
    told.or_else(|| site.countries.as_ref()?.country(client.address(headers, trusted)?))
}
