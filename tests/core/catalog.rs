//! The built-in catalog: its tables are sound, and it recognises what vendors tell shops to paste.

use std::collections::{BTreeMap, BTreeSet};

use vestibule::catalog::Catalog;
use vestibule::config;
use vestibule::consent::PurposeTable;

const SNIPPETS: &str = "tests/data/catalog/snippets";

fn catalog() -> Catalog {
    Catalog::new(config::builtin_services())
}

fn names(catalog: &Catalog, found: &[vestibule::consent::ServiceId]) -> Vec<String> {
    found.iter().map(|id| catalog.service(*id).unwrap().id.to_string()).collect()
}

fn by_url(catalog: &Catalog, url: &str) -> Vec<String> {
    let base = url::Url::parse("https://www.shop.example/p/1").unwrap();
    // Scripts put addresses together from parts; such a part is none.
    let Ok(url) = base.join(&url.replace("&amp;", "&")) else {
        return Vec::new();
    };
    let path = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    names(catalog, &catalog.by_address(url.host_str().unwrap_or_default(), &path))
}

/// Everything that a page of one of the snippet files gives away.
fn recognised(catalog: &Catalog, page: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for attribute in ["src=", "href=", "data-jsurl=", "url("] {
        for (at, _) in page.match_indices(attribute) {
            let rest = &page[at + attribute.len()..];
            let quote = rest.chars().next().unwrap();
            if quote == '"' || quote == '\'' {
                found.extend(by_url(catalog, rest[1..].split(quote).next().unwrap()));
            }
        }
    }
    for script in page.split("<script").skip(1) {
        let body = script.split_once('>').unwrap().1.split("</script>").next().unwrap();
        found.extend(names(catalog, &catalog.by_inline(body.as_bytes())));
    }
    found
}

#[test]
fn the_built_in_catalog_has_no_mistakes() {
    let (services, found) = config::check_builtin(&PurposeTable::default());
    assert!(found.is_empty(), "{found}");
    assert!(services.len() >= 110, "only {} services", services.len());
}

#[test]
fn install_snippets_are_recognised() {
    let catalog = catalog();
    let index = std::fs::read_to_string(format!("{SNIPPETS}/index.json")).unwrap();
    let index: BTreeMap<String, serde_json::Value> = serde_json::from_str(&index).unwrap();
    for (file, entry) in index {
        let page = std::fs::read_to_string(format!("{SNIPPETS}/{file}")).unwrap();
        let found = recognised(&catalog, &page);
        for service in entry["services"].as_array().unwrap() {
            let service = service.as_str().unwrap();
            // Platforms are recognised by their cookies.
            if !service.starts_with("platform-") {
                assert!(found.contains(service), "{file}: `{service}` is not among {found:?}");
            }
        }
        if file == "necessary-only.html" {
            assert_eq!(found, BTreeSet::from(["public-cdn".to_owned()]), "{file}");
        }
    }
}

/// What looks like a tracker and is none: consent bootstraps, shop code, prose in a script.
#[test]
fn scripts_of_the_shop_are_left_alone() {
    let catalog = catalog();
    for script in [
        "window.dataLayer=window.dataLayer||[];function gtag(){dataLayer.push(arguments);} gtag('consent','default',{'ad_storage':'denied'});",
        "gtag('js', new Date());",
        "require(['mage/cookies'], function(){}); Shopify.theme={name:'Dawn'};",
        "window.Shopify=window.Shopify||{};Shopify.theme={name:'Dawn'};",
        "var clarity = 3; yaga('create'); myfbq('init');",
        "var text = 'We use the Meta pixel, Google Analytics, Hotjar and Criteo.';",
        "dataLayer.push({event:'add_to_cart'});",
        "window.OptanonWrapper=function(){}; window.axeptioSettings={clientId:'x'};",
    ] {
        let found = names(&catalog, &catalog.by_inline(script.as_bytes()));
        assert!(found.is_empty(), "{found:?} in {script}");
    }
}

/// A script that calls a tag cannot load it, and often does the shop's work as well: taking it out would break buying.
#[test]
fn calls_alone_are_left_alone() {
    let catalog = catalog();
    for script in [
        "fbq('track', 'ViewContent', {value: 10});",
        "window.fbq&&fbq(\"track\",\"AddToCart\");addToCart(5)",
        "if(window.gtag) gtag('event','add_to_cart',{}); form.submit()",
        "window._paq&&_paq.push(['trackGoal', 1]);$('#cart').submit()",
        "pintrk('track', 'checkout');",
        "var cfg={video:\"https://www.youtube.com/embed/\"};function addToCart(){}",
        "window.__NUXT__={product:{video:'https://player.vimeo.com/video/1',map:'https://www.google.com/maps/embed?pb=1'}}",
    ] {
        let found = names(&catalog, &catalog.by_inline(script.as_bytes()));
        assert!(found.is_empty(), "{found:?} in {script}");
    }
}

#[test]
fn installing_scripts_belong_to_the_service() {
    let catalog = catalog();
    for (script, service) in [
        ("fbq('init', '1');fbq('track', 'PageView');", "meta-pixel"),
        ("gtag(\"config\",\"AW-1\")", "google-ads"),
        ("var _paq = _paq || []; _paq.push(['trackPageView']);", "matomo"),
        ("_paq.push(['setTrackerUrl', u+'m.php']);", "matomo"),
        ("var _gaq=[];(function(){g.src='https://ssl'+'.google-analytics.com/ga.js'})()", "google-analytics-ua"),
        ("pintrk('load', '1');", "pinterest-tag"),
    ] {
        assert_eq!(names(&catalog, &catalog.by_inline(script.as_bytes())), [service], "{script}");
    }
}

#[test]
fn shared_hosts_are_told_apart_by_account_and_path() {
    let catalog = catalog();
    for (url, services) in [
        ("https://www.googletagmanager.com/gtag/js?id=G-ABC", &["google-analytics-4"][..]),
        ("https://www.googletagmanager.com/gtag/js?l=dl&id=AW-1", &["google-ads"]),
        ("https://www.googletagmanager.com/gtag/js?id=DC-1", &["google-floodlight"]),
        ("https://www.googletagmanager.com/gtag/js?id=UA-1-1", &["google-analytics-ua"]),
        ("https://www.googletagmanager.com/gtm.js?id=GTM-X", &["google-tag-manager"]),
        ("https://www.googletagmanager.com/gtag/js?id=GT-X", &["google-tag-manager"]),
        ("https://region1.google-analytics.com/g/collect?v=2", &["google-analytics-4"]),
        ("https://www.google.com/recaptcha/api.js", &["google-recaptcha"]),
        ("https://www.google.com/maps/embed?pb=1", &["google-maps"]),
        ("https://www.google.com/search?q=x", &[]),
        ("https://www.paypal.com/tagmanager/pptm.js?id=x", &["paypal-marketing"]),
        ("https://t.paypal.com/ts?x", &["paypal-marketing"]),
        ("https://www.paypal.com/sdk/js?client-id=x", &["paypal"]),
        ("https://www.facebook.com/tr?id=1&ev=PageView", &["meta-pixel"]),
        ("https://www.facebook.com/plugins/like.php", &["facebook-social"]),
        ("https://ajax.googleapis.com/ajax/libs/jquery/3.7.1/jquery.min.js", &["public-cdn"]),
        ("https://js.klevu.com/core/v2/klevu.js", &["klevu-search"]),
        ("https://eucs29v2.ksearchnet.com/cs/v2/search", &["klevu-search"]),
        ("https://stats.ksearchnet.com/analytics/collect", &["klevu"]),
        ("https://config-cdn.ksearchnet.com/recommendations/klevu-1/settings/k-1", &["klevu"]),
        ("https://eu1-config.doofinder.com/2.x/0a1b.js", &["doofinder-search"]),
        ("https://eu1-search.doofinder.com/6/0a1b/_search?query=x", &["doofinder-search"]),
        ("https://eu1-search.doofinder.com/6/0a1b/stats/click?dfid=1", &["doofinder"]),
        ("https://live.luigisbox.com/autocomplete/v2?q=x", &["luigis-box-search"]),
        ("https://live.luigisbox.com/v1/recommend?tracker_id=1", &["luigis-box"]),
        ("https://api.luigisbox.com/", &["luigis-box"]),
        ("https://static.sooqr.com/sooqr.js", &["sooqr-search"]),
        ("https://insights.sooqr.com/x", &["sooqr"]),
        ("https://api.sensefuel.live/search/0a1b", &["sensefuel-search"]),
        ("https://tag.search.sensefuel.live/tag/0a1b/tagp.js", &["sensefuel"]),
        ("https://checkoutshopper-live.adyen.com/checkoutshopper/sdk/adyen.js", &["adyen"]),
        ("https://checkoutanalytics-live.adyen.com/checkoutanalytics/v3/analytics", &["adyen-tracking"]),
        ("https://client-analytics.braintreegateway.com/0a1b", &["braintree-tracking"]),
        ("https://shop.app/pay/hop?x", &["shop-pay"]),
        ("https://shop.app/m/shop", &[]),
        ("https://js.squarecdn.com/square-marketplace.js", &["afterpay"]),
    ] {
        assert_eq!(by_url(&catalog, url), services, "{url}");
    }
}

/// Invariant 6: no entry may catch what a shop needs to keep a visitor's cart and login, unless it says so itself.
#[test]
fn cookies_of_the_shop_are_not_taken_for_trackers() {
    let catalog = catalog();
    for cookie in [
        "cart",
        "_gat_cart",
        "_gac_cart",
        "basket",
        "sessionid",
        "session",
        "sid",
        "lang",
        "uid",
        "user",
        "token",
        "c",
        "u",
        "g",
        "ts",
        "mc",
        "_s",
        "_y",
        "store",
        "currency",
        "wishlist",
        "remember_me",
        "PHPSESSID",
        "csrftoken",
        "form_key",
        "checkout_token",
        "fid",
        "uuid",
        "player",
        "mid",
        "fr",
        "td",
        "ID",
        "mf_cart",
        "ga_session",
        "auth",
        "consent",
        "admin",
    ] {
        for id in catalog.by_cookie(cookie.as_bytes()) {
            let service = catalog.service(id).unwrap();
            assert!(service.necessary(), "`{cookie}` is taken for {}", service.id);
        }
    }
}

/// Trackers' cookies must not slip through a pattern of a necessary service, which would win.
#[test]
fn cookies_of_trackers_are_not_taken_for_necessary() {
    let catalog = catalog();
    let mut checked = 0;
    for (_, service) in catalog.iter().filter(|(_, service)| !service.necessary()) {
        for cookie in &service.cookies {
            let example = cookie.as_str().replace('*', "X1");
            for id in catalog.by_cookie(example.as_bytes()) {
                let found = catalog.service(id).unwrap();
                assert!(!found.necessary(), "`{example}` of {} is necessary for {}", service.id, found.id);
            }
            checked += 1;
        }
    }
    assert!(checked > 200, "only {checked} cookies");
}

#[test]
fn necessary_services_say_why() {
    for (_, service) in catalog().iter() {
        assert_eq!(service.necessary(), service.reason.is_some(), "{}", service.id);
        assert!(service.necessary() || service.carrier == service.purposes.is_empty(), "{}", service.id);
        let markers = service.inline.iter().filter(|_| service.necessary()).count();
        assert_eq!(markers, 0, "a script of {} may hold a tracker as well", service.id);
    }
}
