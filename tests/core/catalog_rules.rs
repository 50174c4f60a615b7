//! What the facts of the built-in catalog keep to, whatever is added to it.

use std::collections::BTreeSet;

use vestibule::catalog::{Catalog, Pattern, Service};
use vestibule::config;
use vestibule::consent::ServiceId;

fn catalog() -> Catalog {
    Catalog::new(config::builtin_services())
}

fn services<'a>(catalog: &'a Catalog, found: &[ServiceId]) -> Vec<&'a Service> {
    found.iter().map(|id| catalog.service(*id).unwrap()).collect()
}

/// A pattern with something in the place of each `*`.
fn example(pattern: &str) -> String {
    pattern.replace('*', "X1")
}

#[test]
fn every_known_service_is_there() {
    let catalog = catalog();
    let ids = include_str!("../data/catalog/services.txt");
    assert_eq!(ids.lines().count(), 363);
    let missing: Vec<_> = ids.lines().filter(|id| catalog.get(id).is_none()).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Cookies with names such as `c` or `uid` live on the vendor's own host. On the shop's domain such a name is the shop's.
#[test]
fn cookies_of_other_hosts_are_not_looked_for_on_the_shops() {
    let catalog = catalog();
    for name in include_str!("../data/catalog/third-party-cookies.txt").lines() {
        for service in services(&catalog, &catalog.by_cookie(example(name).as_bytes())) {
            // Cookies that the pixel of another service sets on the shop's domain under the same name.
            assert!(service.necessary() || FIRST_PARTY_AS_WELL.contains(&name), "`{name}` is taken for {}", service.id);
        }
    }
}

const FIRST_PARTY_AS_WELL: &[&str] = &[];

/// Names that vendors use and shops do as well; never taken off a shop's address.
#[test]
fn parameters_of_the_shop_are_not_identifiers() {
    let catalog = catalog();
    for name in [
        "bid", "ae", "kk", "cid", "icid", "dci", "nosto", "refSrc", "queryID", "aref", "btag", "ref_src", "ref_url",
        "clickref", "adcref", "td", "lb.query", "tf_name", "wt_test", "__s", "elq", "_sp", "ksid",
    ] {
        let found = services(&catalog, &catalog.by_parameter(name.as_bytes()));
        assert!(found.is_empty(), "`{name}` is taken for {}", found[0].id);
    }
}

/// One name, two readings: the necessary one wins, as the decision does.
#[test]
fn a_name_with_a_necessary_reading_is_necessary() {
    let catalog = catalog();
    for name in ["csrftoken", "ts", "sessionid", "XSRF-TOKEN", "PHPSESSID", "cart", "language", "currency"] {
        for service in services(&catalog, &catalog.by_cookie(name.as_bytes())) {
            assert!(service.necessary(), "`{name}` is taken for {}", service.id);
        }
    }
    // Google's own servers and a shop's tagging server set the same cookies: they belong to what they measure for.
    for (name, service) in [("FPID", "google-analytics-4"), ("FPLC", "google-analytics-4"), ("FPGCLAW", "google-ads")] {
        let found = services(&catalog, &catalog.by_cookie(name.as_bytes()));
        assert_eq!(found.iter().map(|service| &*service.id).collect::<Vec<_>>(), [service], "{name}");
    }
}

/// A record of a choice is kept whatever was chosen, or the visitor is asked for ever.
#[test]
fn records_of_a_choice_belong_to_no_tracker() {
    let catalog = catalog();
    for name in [
        "mtm_consent",
        "mtm_consent_removed",
        "mtm_cookie_consent",
        "matomo_ignore",
        "piwik_ignore",
        "ppms_privacy_ab1",
        "kndctr_ABC_AdobeOrg_consent",
        "CONSENTMGR",
        "__hs_opt_out",
        "__hs_do_not_track",
        "__hs_initial_opt_in",
        "__hs_cookie_cat_pref",
        "optimizelyOptOut",
        "ab.optOut",
        "sqzl_consent",
        "ablyft_tracking_consent",
        "dw_dnt",
        "mg_dnt",
        "google-analytics-enabled",
        "policy",
        "__cq_dnt",
        "cookie-preference",
        "_tracking_consent",
        "anonymous-consents",
        "BCPermissionLevel",
        "BCRefusedObjectives",
        "datatrics_optin",
        "ac_enable_tracking",
        "cjConsent",
        "kameleoonLegalConsent_x",
        "ABTastyOptout",
        "et_allow_cookies",
        "__adroll_consent",
        "BOOMR_CONSENT",
        "__mp_opt_in_out_x",
    ] {
        for service in services(&catalog, &catalog.by_cookie(name.as_bytes())) {
            assert!(service.necessary(), "`{name}` is taken for {}", service.id);
        }
    }
}

/// A parameter that only labels a campaign names nobody, so it is not an identifier as well.
#[test]
fn labels_of_campaigns_are_no_identifiers() {
    let catalog = catalog();
    let mut labels = BTreeSet::new();
    for (_, service) in catalog.iter() {
        for label in &service.campaign_parameters {
            labels.insert(example(label.as_str()));
        }
    }
    for label in ["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "utm_id"] {
        labels.insert(label.to_owned());
    }
    assert!(labels.len() > 50, "only {} labels", labels.len());
    for label in labels {
        assert!(catalog.by_parameter(label.as_bytes()).is_empty(), "`{label}` is taken for an identifier");
    }
}

/// What every click on an advertisement carries today.
#[test]
fn click_identifiers_are_known_in_any_case_of_letters() {
    let catalog = catalog();
    for (name, service) in [
        ("gclid", "google-ads"),
        ("GCLID", "google-ads"),
        ("wbraid", "google-ads"),
        ("fbclid", "meta-pixel"),
        ("msclkid", "microsoft-uet"),
        ("ttclid", "tiktok-pixel"),
        ("twclid", "x-pixel"),
        ("ScCid", "snap-pixel"),
        ("li_fat_id", "linkedin-insight"),
        ("irclickid", "impact"),
        ("awc", "awin"),
        ("mc_eid", "mailchimp"),
        ("_hsenc", "hubspot"),
        ("mkt_tok", "marketo"),
        ("ranMID", "rakuten-advertising"),
        ("igshid", "instagram"),
        ("yclid", "yandex-metrica"),
    ] {
        let found = services(&catalog, &catalog.by_parameter(name.as_bytes()));
        assert!(found.iter().any(|found| &*found.id == service), "{name}: {:?}", found.iter().map(|s| &s.id));
    }
}

/// T40, T41: what runs under the shop's own name is known by what it is asked.
#[test]
fn first_party_collectors_are_known() {
    let catalog = catalog();
    for (path, service) in [
        ("/_scripts/p/a1b2/g/collect?v=2&tid=G-ABC123&cid=1.2", "google-analytics-4"),
        ("/metrics/g/collect?tid=G-ABC123&v=2&gtm=1", "google-analytics-4"),
        ("/x7f3?cid=1.2&en=page_view&tid=G-ABC123&v=2", "google-analytics-4"),
        ("/metrics/gtag/js?id=G-ABC123", "google-analytics-4"),
        ("/metrics/gtag/js?id=AW-123", "google-ads"),
        ("/sst/collect?v=1&t=pageview&tid=UA-1-1&cid=1.2", "google-analytics-ua"),
        ("/abc.js?id=GTM-ABC", "google-tag-manager"),
        ("/tags/pagead/conversion/123/?label=x", "google-ads"),
        ("/m/matomo.php?action_name=x&idsite=1&rec=1", "matomo"),
        ("/p?rec=1&idsite=3&url=x", "matomo"),
        ("/piwik/piwik.js", "matomo"),
        ("/b/ss/shop/1/JS-2.22.0/s12345?AQB=1&ndh=1", "adobe-analytics"),
        ("/ee/or2/v1/interact?configId=1&requestId=2", "adobe-web-sdk"),
        ("/ingest/i/v0/e/?ip=0&_=17&ver=1.2", "posthog"),
        ("/ingest/static/array.js", "posthog"),
        ("/capi/tr?id=1&ev=PageView&dl=https%3A%2F%2Fshop", "meta-pixel"),
        ("/proxy/en_US/fbevents.js", "meta-pixel"),
        ("/px/c/hotjar-123.js?sv=6", "hotjar"),
        ("/cdn-cgi/rum?", "cloudflare-web-analytics"),
        ("/.well-known/shopify/monorail/v1/produce", "shopify-analytics"),
        ("/s/com.snowplowanalytics.snowplow/tp2", "snowplow"),
        ("/on/demandware.store/Sites-x/en/__Analytics-Start", "sfcc-analytics"),
        ("/ruxitagentjs_ICA_1023.js", "dynatrace"),
        ("/.well-known/attribution-reporting/report-event-attribution", "browser-attribution"),
    ] {
        let found = services(&catalog, &catalog.by_endpoint(path));
        assert_eq!(found.iter().map(|found| &*found.id).collect::<Vec<_>>(), [service], "{path}");
    }
}

/// T42, the part of it that names decide: a sub-domain of the shop that is an alias of a tracker.
#[test]
fn aliases_of_trackers_are_known() {
    let catalog = catalog();
    for (target, service) in [
        ("shop.eulerian.net", "eulerian"),
        ("x.sc.omtrdc.net", "adobe-analytics"),
        ("a.b.data.adobedc.net", "adobe-web-sdk"),
        ("xx.at-o.net", "at-internet"),
        ("custom.plausible.io", "plausible"),
        ("k.keyade.com", "keyade"),
    ] {
        let found = services(&catalog, &catalog.by_cname(target));
        assert_eq!(found.iter().map(|found| &*found.id).collect::<Vec<_>>(), [service], "{target}");
    }
    for target in ["cdn.shop.example", "d1.cloudfront.net", "shops.myshopify.com", "shop.github.io", "net"] {
        assert!(catalog.by_cname(target).is_empty(), "{target}");
    }
}

/// Fields that only advertising and recognition of devices need, and those that every page needs. What tells where a
/// visitor comes from (`config/catalog/visitor.toml`) is neither.
#[test]
fn fields_for_tracking_are_known_and_no_others() {
    let catalog = catalog();
    for (name, service) in [
        ("Sec-Browsing-Topics", "browser-topics"),
        ("Observe-Browsing-Topics", "browser-topics"),
        ("Attribution-Reporting-Register-Source", "browser-attribution"),
        ("Ad-Auction-Signals", "browser-auctions"),
        ("Sec-Shared-Storage-Writable", "browser-shared-storage"),
        ("Sec-CH-UA-Full-Version-List", "browser-device-hints"),
        ("Sec-CH-UA-Model", "browser-device-hints"),
        ("Sec-CH-DPR", "browser-image-hints"),
        ("Device-Memory", "browser-network-hints"),
        ("X-Client-Data", "browser-field-trials"),
        ("X-UIDH", "carrier-identifiers"),
        ("X-Forwarded-For", "visitor-address"),
        ("Forwarded", "visitor-address"),
        ("Referer", "referrer"),
    ] {
        let found = services(&catalog, &catalog.by_field(name.as_bytes()));
        assert_eq!(found.iter().map(|found| &*found.id).collect::<Vec<_>>(), [service], "{name}");
    }
    for name in [
        "accept",
        "accept-ch",
        "accept-encoding",
        "accept-language",
        "authorization",
        "cache-control",
        "content-type",
        "cookie",
        "dnt",
        "etag",
        "host",
        "if-none-match",
        "link",
        "location",
        "nel",
        "origin",
        "priority",
        "range",
        "report-to",
        "reporting-endpoints",
        "save-data",
        "sec-ch-prefers-color-scheme",
        "sec-ch-prefers-reduced-motion",
        "sec-ch-ua",
        "sec-ch-ua-mobile",
        "sec-ch-ua-platform",
        "sec-fetch-dest",
        "sec-fetch-storage-access",
        "sec-gpc",
        "set-cookie",
        "server-timing",
        "user-agent",
        "vary",
        "via",
        "x-csrf-token",
        "x-request-id",
        "x-requested-with",
        "x-shopify-shop-id",
        "vestibule-consent",
    ] {
        assert!(catalog.by_field(name.as_bytes()).is_empty(), "{name}");
    }
}

/// Platforms of shops keep what they keep a cart and a login in.
#[test]
fn platforms_keep_their_sessions() {
    let catalog = catalog();
    for (name, service) in [
        ("private_content_version", "platform-magento"),
        ("mage-cache-sessid", "platform-magento"),
        ("PrestaShop-0a1b2c", "platform-prestashop"),
        ("wp_woocommerce_session_0a1b", "platform-woocommerce"),
        ("wordpress_0a1b", "platform-woocommerce"),
        ("session-", "platform-shopware6"),
        ("csrf[frontend.account.login]", "platform-shopware6"),
        ("cart", "platform-shopify"),
        ("_shopify_essential", "platform-shopify"),
        ("OCSESSID", "platform-opencart"),
        ("sessionid", "platform-django-oscar"),
        ("oscar_open_basket", "platform-django-oscar"),
        ("laravel_session", "platform-laravel"),
        ("PHPSESSID", "platform-php"),
        ("JSESSIONID", "platform-java"),
        (".AspNetCore.Antiforgery.x", "platform-aspnet"),
        ("dwsid", "platform-sfcc"),
        ("acceleratorSecureGUID", "platform-sap-commerce"),
        ("electronics-cart", "platform-sap-commerce"),
        ("yb2bacceleratorstorefrontRememberMe", "platform-sap-commerce"),
        ("om_frontend", "platform-magento"),
        ("woocommerce_geo_hash", "platform-woocommerce"),
        ("sw-language-id", "platform-shopware6"),
        ("x-cache-context-hash", "platform-shopware5"),
        ("customer_authorize", "platform-opencart"),
        ("laravel-session", "platform-laravel"),
        ("remember-me", "platform-java"),
        (".Nop.Customer", "platform-aspnet"),
        ("cc-nx-g_RefArch", "platform-sfcc"),
    ] {
        let found = services(&catalog, &catalog.by_cookie(name.as_bytes()));
        assert!(found.iter().any(|found| &*found.id == service && found.necessary()), "{name}");
    }
}

/// What a platform remembers besides is not what it keeps a session in, though it is called alike.
#[test]
fn platforms_histories_are_no_sessions() {
    let catalog = catalog();
    for name in [
        ".Nop.RecentlyViewedProducts",
        "woocommerce_recently_viewed",
        "oscar_history",
        "dataservices_cart_id",
        "dwsourcecode_0a1b",
        "dwac_0a1b",
        "sUniqueID",
        "x-ua-device",
        "add_to_cart",
        "tracking",
    ] {
        for service in services(&catalog, &catalog.by_cookie(name.as_bytes())) {
            assert!(!service.necessary(), "`{name}` is necessary for {}", service.id);
        }
    }
}

/// Nearly every address in a page is on the shop's own host. If the catalog had an endpoint without anything to tell it by,
/// each of them would be resolved and looked up.
#[test]
fn own_addresses_are_told_from_endpoints_at_a_glance() {
    let catalog = Catalog::new(config::builtin_services());
    for address in
        ["/app.js", "/media/catalog/product/shoe.jpg", "/static/version17/frontend/x/css/styles.css?v=2", "/"]
    {
        assert!(!catalog.may_be_endpoint(address.as_bytes()), "{address}");
        assert!(!catalog.page_may_lead_to_endpoints(address), "{address}");
    }
    assert!(catalog.may_be_endpoint(b"/metrics/g/collect?v=2&tid=G-1"));
}

/// A tag manager may load once anything is granted; that is no reason to let it know who comes.
#[test]
fn what_loads_other_tags_knows_nobody() {
    for service in config::builtin_services().iter().filter(|service| service.carrier) {
        let names: Vec<&str> = service.cookies.iter().chain(&service.parameters).map(Pattern::as_str).collect();
        assert!(names.iter().all(|name| *name == "sat_track"), "{}: {names:?}", service.id);
    }
}
