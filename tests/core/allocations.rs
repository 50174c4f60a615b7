//! A request that says nothing about consent costs no allocation, whatever else its cookies are.

use http::{HeaderMap, HeaderValue, header::COOKIE};
use vestibule::catalog::Catalog;
use vestibule::consent::{PurposeTable, Regime};
use vestibule::sources::{self, Key, KeyRing, RequestView, SourceUse};

#[test]
fn no_consent_cookie_no_allocation() {
    let mut headers = HeaderMap::new();
    headers.insert(
        COOKIE,
        HeaderValue::from_static(
            "PHPSESSID=3b1f0c; _ga=GA1.2.123.456; _fbp=fb.1.1.2; cart={\"a\":[1,2]}; lang=fr; theme=dark; seen=1",
        ),
    );
    headers.insert("user-agent", HeaderValue::from_static("a browser"));
    let (purposes, catalog) = (PurposeTable::default(), Catalog::default());
    let keys = KeyRing::new(Key::new([1; 32]), None);
    let view = RequestView {
        headers: &headers,
        secure: true,
        site: "www.shop.example",
        purposes: &purposes,
        catalog: &catalog,
        keys: &keys,
        now: 1_800_000_000,
        choice_lifetime: 86_400,
    };
    let every: Vec<SourceUse> = sources::NAMES.iter().filter_map(|(name, _)| SourceUse::named(name)).collect();
    assert_eq!(every.len(), sources::NAMES.len());
    for used in [SourceUse::usual(), every] {
        let mut chosen = true;
        let counted = allocation_counter::measure(|| {
            chosen = sources::consent_of(&used, &view, Regime::OPT_IN).state.chosen();
        });
        assert!(!chosen);
        assert_eq!(counted.count_total, 0, "{counted:?} with {} sources", used.len());
    }
}
