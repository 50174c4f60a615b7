//! Consent tools: what their cookies say.
//!
//! The values in `tests/data/consent/cmp` were written by the tools themselves (`run`), seen in real requests with
//! identifiers replaced (`captured`), or made after them (`constructed`, `documented`). The table of odd values below
//! is constructed from the formats. The properties run over all of them.

use std::collections::{BTreeMap, BTreeSet};

use http::{HeaderMap, HeaderValue, header::COOKIE};
use serde::Deserialize;
use vestibule::catalog::Catalog;
use vestibule::config;
use vestibule::consent::{
    ConsentState, Grant, PurposeId, PurposeSet, PurposeTable, Regime, Signal, SignalKind, resolve,
};
use vestibule::sources::cmp::{CMPS, Cmp, Read, Unsaid};
use vestibule::sources::{Heard, Key, KeyRing, MAX_VALUE, Observed, RequestView, SourceUse, hear};

/// When everything is read, unless a value says otherwise: later than all of them but one.
const NOW: u64 = 1_795_800_000;

/// The purposes that the recorded expectations know.
const ASKED: [PurposeId; 4] =
    [PurposeId::FUNCTIONAL, PurposeId::PERSONALIZATION, PurposeId::ANALYTICS, PurposeId::MARKETING];

/// One recorded value.
#[derive(Clone, Debug, Deserialize)]
struct Vector {
    name: String,
    from: String,
    cookie: String,
    map: BTreeMap<String, Vec<String>>,
    expected: BTreeMap<String, String>,
    #[serde(default)]
    services: BTreeMap<String, String>,
    #[serde(default = "now")]
    now: u64,
}

const fn now() -> u64 {
    NOW
}

/// Everything that a test needs to ask one tool.
struct Desk {
    catalog: Catalog,
    purposes: PurposeTable,
    keys: KeyRing,
}

impl Desk {
    fn new() -> Self {
        Self {
            catalog: Catalog::new(config::builtin_services()),
            purposes: PurposeTable::default(),
            keys: KeyRing::new(Key::new([7; 32]), None),
        }
    }

    fn hear(&self, used: &SourceUse, cookie: &[u8], now: u64) -> Option<Heard> {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::from_bytes(cookie).ok()?);
        let view = RequestView {
            headers: &headers,
            secure: true,
            site: "shop.example",
            purposes: &self.purposes,
            catalog: &self.catalog,
            keys: &self.keys,
            now,
            choice_lifetime: Regime::OPT_IN.choice_lifetime,
        };
        Some(hear(std::slice::from_ref(used), &view))
    }

    /// What `cookie` comes to under an opt-in regime. A field that no client can send says nothing.
    fn state(&self, used: &SourceUse, cookie: &[u8], now: u64) -> ConsentState {
        let heard = self.hear(used, cookie, now).unwrap_or_default();
        resolve(&heard.signals, Regime::OPT_IN)
    }

    fn used(&self, id: &str, map: &BTreeMap<String, Vec<String>>) -> SourceUse {
        let mut used = SourceUse::named(id).unwrap_or_else(|| panic!("no source {id}"));
        for (word, purposes) in map {
            let meant = purposes.iter().map(|name| self.purposes.get(name).unwrap()).collect();
            used.settings.map.insert(word.as_str().into(), meant);
        }
        if id == "site-made" {
            used.settings.cookies.insert("prefix-*".into(), "_cmp_*".into());
        }
        used
    }
}

fn recorded() -> Vec<(&'static Cmp, Vector)> {
    let mut all = Vec::new();
    for cmp in CMPS {
        let Ok(text) = std::fs::read_to_string(format!("tests/data/consent/cmp/{}.json", cmp.id)) else {
            continue;
        };
        let vectors: Vec<Vector> = serde_json::from_str(&text).unwrap();
        all.extend(vectors.into_iter().map(|vector| (*cmp, vector)));
    }
    assert!(all.len() >= 114, "{}", all.len());
    all
}

fn word(grant: &str) -> Grant {
    [Grant::Granted, Grant::Denied, Grant::Undecided].into_iter().find(|known| known.as_str() == grant).unwrap()
}

#[test]
fn recorded_values_say_what_they_should() {
    let desk = Desk::new();
    let mut wrong = Vec::new();
    for (cmp, vector) in recorded() {
        let used = desk.used(cmp.id, &vector.map);
        let heard = desk.hear(&used, vector.cookie.as_bytes(), vector.now).unwrap();
        let state = resolve(&heard.signals, Regime::OPT_IN);
        for name in desk.purposes.names() {
            let grant = state.grant(desk.purposes.get(name).unwrap());
            let fine = match vector.expected.get(name) {
                Some(expected) => grant == word(expected),
                // The recorded expectations do not know `social`. What a tool leaves out when it is refused, it may
                // have asked about.
                None if name == "social" => true,
                None => grant == Grant::Undecided || (grant == Grant::Denied && cmp.unsaid == Unsaid::Denied),
            };
            if !fine {
                let expected = vector.expected.get(name);
                wrong.push(format!("{} {}: {name} {grant:?}, not {expected:?}; {heard:?}", cmp.id, vector.name));
            }
        }
        for (name, expected) in &vector.services {
            let known = cmp.services.iter().find(|(word, _)| word == name).map_or(name.as_str(), |(_, id)| id);
            let service = desk.catalog.get(known).unwrap_or_else(|| panic!("{known}"));
            if state.service_grant(service) != Some(word(expected)) {
                wrong.push(format!("{} {}: service {name} {:?}", cmp.id, vector.name, state.service_grant(service)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Without anything from the site, a tool's own table never says more than the site's would.
#[test]
fn a_site_that_maps_nothing_gets_no_more() {
    let desk = Desk::new();
    for (cmp, vector) in recorded() {
        let state = desk.state(&desk.used(cmp.id, &BTreeMap::new()), vector.cookie.as_bytes(), vector.now);
        for (name, expected) in &vector.expected {
            let grant = state.grant(desk.purposes.get(name).unwrap());
            assert!(grant != Grant::Granted || word(expected) == grant, "{} {}: {name}", cmp.id, vector.name);
        }
    }
}

#[test]
fn no_default_counts_as_a_choice() {
    let desk = Desk::new();
    let everything = PurposeSet::ALL;
    let opt_out = Regime { allowed_by_default: everything, ..Regime::OPT_IN };
    for (cmp, vector) in recorded() {
        let undecided = |(name, grant): (&String, &String)| name == "necessary" || grant == "undecided";
        let used = desk.used(cmp.id, &vector.map);
        let heard = desk.hear(&used, vector.cookie.as_bytes(), vector.now).unwrap();
        let state = resolve(&heard.signals, opt_out);
        if vector.expected.iter().all(undecided) {
            assert!(!state.chosen(), "{} {}", cmp.id, vector.name);
        }
        for (name, expected) in &vector.expected {
            let grant = state.grant(desk.purposes.get(name).unwrap());
            assert!(expected != "denied" || grant == Grant::Denied, "{} {}: {name}", cmp.id, vector.name);
        }
    }
}

#[test]
fn the_registry_is_sound() {
    let desk = Desk::new();
    assert!(CMPS.windows(2).all(|pair| pair[0].id < pair[1].id), "by name");
    let mut seen = BTreeSet::new();
    for cmp in CMPS {
        let names: BTreeSet<String> = cmp.map.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
        assert_eq!(names.len(), cmp.map.len(), "{}: a name stands twice", cmp.id);
        for (name, service) in cmp.services {
            assert!(desk.catalog.get(service).is_some(), "{}: {name} is no {service}", cmp.id);
        }
        assert!(!cmp.name.is_empty() && !cmp.chosen.is_empty());
        assert!(cmp.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'));
        assert!(seen.insert(cmp.name), "{}", cmp.name);
        let used = SourceUse::named(cmp.id).unwrap();
        assert_eq!(used.settings.mirror, cmp.cookies.is_empty(), "{}", cmp.id);
    }
}

/// Odd values, constructed from the formats. The verdict: `nothing`, `malformed`, or the kind of statement with what it
/// says per purpose (F functional, P personalization, A analytics, M marketing, S social; + yes, - no, ? neither), and
/// `malformed` once more where that is only what is left.
const ODD: &[(&str, &str, &str)] = &[
    ("amasty", "amcookie_allowed=0", "chosen F+ A+ M+"),
    ("amasty", "amcookie_allowed=-1", "chosen F- A- M-"),
    ("amasty", "amcookie_allowed=1%2C2", "chosen F- A- M-"),
    ("amasty", "amcookie_allowed=0,2", "malformed"),
    ("amasty", "amcookie_allowed=", "malformed"),
    ("amasty", "amcookie_disallowed=_ga", "nothing"),
    ("axeptio", r#"axeptio_cookies={"$$completed":true,"google_analytics":true,"facebook_pixel":"no"}"#, "malformed"),
    ("axeptio", r#"axeptio_cookies={"$$completed":true,"google_analytics":false,"Criteo":1}"#, "chosen A-"),
    (
        "axeptio",
        r#"axeptio_cookies={"$$completed":true,"Google_Analytics":true,"google_analytics":false}"#,
        "chosen A-",
    ),
    ("axeptio", r#"axeptio_cookies={"google_analytics":true}"#, "nothing"),
    ("axeptio", r#"axeptio_cookies={"$$completed":1,"google_analytics":true}"#, "malformed"),
    ("borlabs", r#"borlabs-cookie={"consents":{"statistics":[]}}"#, "chosen F- A- M- S-"),
    ("borlabs", r#"borlabs-cookie={"consents":{"statistics":["x",1]}}"#, "malformed"),
    ("borlabs", r#"borlabs-cookie={"consents":{"statistics":["x"],"statistics":[]}}"#, "malformed"),
    ("c15t", "c15t=c.necessary:1,c.marketing:0,c.measurement:1,i.t:1763800000000", "chosen F- P- A+ M-"),
    ("c15t", "c15t=c.measurement:yes!", "malformed"),
    ("c15t", "c15t=c.measurement:1,c.marke", "malformed"),
    ("c15t", r#"c15t={"consents":{"measurement":true,"marketing":false}}"#, "chosen F- P- A+ M-"),
    (
        "civic",
        r#"CookieControl={"optionalCookies":{"analytics":"revoked","marketing":"?"},"interactedWith":true}"#,
        "chosen A-",
    ),
    (
        "civic",
        r#"CookieControl={"optionalCookies":{"analytics":"accepted"},"consentDate":1763800000000,"consentExpiry":90,"interactedWith":true}"#,
        "malformed",
    ),
    ("commandersact", "TC_PRIVACY=0@023|33|251@1,2@@1687096600071,1687096600071,1720792600071@", "chosen"),
    ("commandersact", "TC_PRIVACY=2@023|33|251@1,2@@1687096600071,1687096600071,1720792600071@", "malformed"),
    ("commandersact", "TC_PRIVACY=0%2540023%2540ALL", "malformed"),
    ("commandersact", "TC_PRIVACY=0@023@1,2", "malformed"),
    ("commandersact", "TC_PRIVACY=1@003@@@1614693979031@", "chosen"),
    ("commandersact", "TC_PRIVACY=1@009@ALL@@1593418821237@", "chosen"),
    ("commandersact", "TC_PRIVACY=0@064@ALL@", "chosen"),
    ("complianz", "cmplz_functional=allow", "nothing"),
    ("complianz", "cmplz_rt_statistics=deny; cmplz_rt_marketing=allow", "chosen A- M+"),
    ("complianz", "cmplz_statistics=deny; cmplz_marketing=perhaps", "chosen A-"),
    ("complianz", "cmplz_statistics=allow; cmplz_marketing=perhaps", "malformed"),
    ("complianz", "cmplz_statistics=allow; cmplz_statistics=deny", "chosen A-"),
    ("consentmanager", "__cmpconsentx1=BOEFEAyOEFEAyAHABDENAI4AAAB9vABAASA", "malformed"),
    ("consentmanager", "__cmpconsentx1=CQuFeUAQuFeUAAfACBENCWFgAAAAAAAAAAqIAAAAAAAA", "nothing"),
    ("consentmanager", "__cmpconsentx1=CQuFeUAQuFeUAAfACBENCWFgAP_gAAAAAAqIAAAAAAAA; __cmpcccx1=aBP", "malformed"),
    ("consentmanager", "__cmpcccx1=aBPmpsrwgAAAAAA", "nothing"),
    ("cookie-law-info", "viewed_cookie_policy=no; cookielawinfo-checkbox-analytics=yes", "chosen F- A- M-"),
    ("cookie-law-info", "viewed_cookie_policy=yes", "nothing"),
    ("cookie-law-info", "cookielawinfo-checkbox-analytics=yes", "default A+"),
    (
        "cookie-law-info",
        "viewed_cookie_policy=yes; cookielawinfo-checkbox-analytics=yes; viewed_cookie_policy=no",
        "chosen F- A- M-",
    ),
    (
        "cookie-law-info",
        "viewed_cookie_policy=yes; cookielawinfo-checkbox-analytics=yes; CookieLawInfoConsent=e",
        "chosen F- A? M- malformed",
    ),
    ("cookiebot", "CookieConsent={stamp:'x',necessary:true,statistics:false,marketing:true", "malformed"),
    ("cookiebot", "CookieConsent={stamp:'x',preferences:true,statistics:false,marketing:tru}", "chosen F? A-"),
    (
        "cookiebot",
        "CookieConsent={stamp:'x',preferences:true,statistics:true,marketing:true,marketing:false}",
        "chosen F+ A+ M-",
    ),
    (
        "cookiebot",
        "CookieConsent={stamp:'-1',preferences:false,statistics:false,marketing:false,method:'implied'}",
        "default F? A? M?",
    ),
    ("cookiebot", "CookieConsent=true", "malformed"),
    ("cookiefirst", r#"cookiefirst-consent={"performance":true,"advertising":null}"#, "malformed"),
    ("cookiefirst", r#"cookiefirst-consent={"performance":false,"advertising":null}"#, "chosen A-"),
    ("cookiefirst", r#"cookiefirst-consent={"performance":true,"timestamp":1999999999}"#, "malformed"),
    ("cookieinformation", r#"CookieInformationConsent={"consents_denied":["cookie_cat_marketing"]}"#, "chosen M-"),
    ("cookieinformation", r#"CookieInformationConsent={"consents_approved":["cookie_cat_marketing"]}"#, "malformed"),
    (
        "cookieinformation",
        r#"CookieInformationConsent={"consents_approved":["cookie_cat_marketing"],"consents_denied":["cookie_cat_marketing"]}"#,
        "chosen M-",
    ),
    ("cookiescript", r#"CookieScriptConsent={"action":"accept","categories":"[\"performance\"]"}"#, "chosen F- A+ M-"),
    (
        "cookiescript",
        r#"CookieScriptConsent={"action":"accept","categories":["targeting","performance"]}"#,
        "chosen F- A+ M+",
    ),
    ("cookiescript", r#"CookieScriptConsent={"action":"accept","categories":"[\"performance\""}"#, "malformed"),
    ("cookiescript", r#"CookieScriptConsent={"action":"close"}"#, "malformed"),
    (
        "cookieyes",
        "cookieyes-consent=consentid:x,consent:yes,action:no,analytics:yes,advertisement:yes",
        "default A+ M+",
    ),
    ("cookieyes", "cookieyes-consent=consentid:x,consent:yes,action:yes,analytics:yes,advertisement:n", "malformed"),
    ("cookieyes", "cookieyes-consent=consentid:x,consent:yes,action:yes,analytics:no,advert", "chosen A-"),
    ("cookieyes", "cookieyes-consent=consentid:x,action:yes,action:no,analytics:yes", "default A+"),
    (
        "cookieyes",
        "cookieyes-consent=consentid:x,consent:no,action:yes,analytics:yes,advertisement:yes",
        "chosen A- M-",
    ),
    ("cookieyes", "cookieyes-consent=consentid:x,consent:no,action:,analytics:no,advertisement:no", "default A? M?"),
    ("cookieyes", "cookieyes-consent=consentid%253Ax%252Caction%253Ayes", "malformed"),
    ("didomi", "didomi_token=eyJ2ZXJzaW9uIjpudWxsfQ==", "nothing"),
    ("didomi", "didomi_token=eyJ2ZXJzaW9uIjpudWxsfQ%3D%3D", "nothing"),
    ("didomi", "didomi_token=!!!", "malformed"),
    ("didomi", "didomi_dcs=CAAA; euconsent-v2=CQuFeUAQuFeUAAfACBENCWFgAAAAAAAAAAqIAAAAAAAA", "nothing"),
    ("didomi", "didomi_dcs=CAAA; euconsent-v2=CQuFeUAQuFeUAAfACBENCWFgAPAAAAAAAAqIAAAAAAAA", "chosen P- A- M+"),
    ("didomi", "euconsent-v2=CQuFeUAQuFeUAAfACBENCWFgAPAAAAAAAAqIAAAAAAAA", "nothing"),
    ("funding-choices", "FCCDCF=[null,null,null,[null]]", "nothing"),
    ("funding-choices", "FCCDCF=[null,null,null,[\"x\"]]", "malformed"),
    ("funding-choices", "FCCDCF=[null,null,null,7]", "malformed"),
    ("hubspot", "__hs_cookie_cat_pref=1:true,2:true,3:true; __hs_opt_out=yes", "chosen F- A- M-"),
    ("hubspot", "__hs_opt_out=no", "nothing"),
    ("hubspot", "__hs_cookie_cat_pref=1:true,2:fal", "malformed"),
    ("hubspot", "__hs_cookie_cat_pref=1:false,2", "chosen A-"),
    ("iubenda", r#"_iub_cs-1={"id":1}"#, "nothing"),
    ("iubenda", r#"_iub_cs-1={"consent":false}"#, "chosen F- P- A- M-"),
    ("iubenda", r#"_iub_cs-s1={"purposes":{"4":true,"5":"x"}}"#, "malformed"),
    ("iubenda", r#"_iub_cs-1-granular={"purposes":{"4":true}}"#, "nothing"),
    ("iubenda", r#"_iub_cs-1-uspr={"s":true,"sh":false,"adv":true}"#, "default M-"),
    ("iubenda", r#"_iub_cs-1={"purposes":{"4":true,"5":true}}; _iub_cs-1-uspr={"s":false}"#, "chosen A+ M-"),
    ("klaro", "klaro={\"matomo\":true,\"matomo\":false}", "malformed"),
    ("klaro", "klaro={}", "nothing"),
    ("lgcookieslaw", "__lglaw=2", "nothing"),
    ("lgcookieslaw", "__lglaw=3", "malformed"),
    (
        "lgcookieslaw",
        r#"lgcookieslaw={"lgcookieslaw_purpose_1":true,"lgcookieslaw_purpose_3":false}; __lglaw=1"#,
        "chosen A-",
    ),
    ("magento", r#"user_allowed_save_cookie={"1":1,"2":0}"#, "chosen F- A- M-"),
    ("magento", r#"user_allowed_save_cookie={"1":2}"#, "malformed"),
    ("matomo", "mtm_consent=1664460134155; mtm_consent_removed=1664460134156", "chosen A-"),
    ("matomo", "mtm_consent=1664460134157; mtm_consent_removed=1664460134156", "chosen A+"),
    ("matomo", "mtm_consent=1664460134157; mtm_consent_removed=yes", "chosen A-"),
    ("matomo", "mtm_consent=yes", "malformed"),
    ("matomo", "mtm_cookie_consent=1999999999999", "malformed"),
    ("moove", r#"moove_gdpr_popup={"strict":"1","thirdparty":"0","advanced":"x"}"#, "chosen A-"),
    ("moove", r#"moove_gdpr_popup={"strict":1,"thirdparty":true,"advanced":"1","version":"5"}"#, "chosen A+ M+"),
    (
        "onetrust",
        "OptanonConsent=groups=C0002%3A0%2CC0002%3A1; OptanonAlertBoxClosed=2025-02-25T13:41:26.000Z",
        "chosen A-",
    ),
    (
        "onetrust",
        "OptanonConsent=groups=C0002%3A1&groups=C0002%3A0; OptanonAlertBoxClosed=2025-02-25T13:41:26.000Z",
        "chosen A-",
    ),
    (
        "onetrust",
        "OptanonConsent=groups=C0002%3A1&AwaitingReconsent=true; OptanonAlertBoxClosed=2025-02-25T13:41:26.000Z",
        "nothing",
    ),
    (
        "onetrust",
        "OptanonConsent=groups=C0002%3A1%2CC0004; OptanonAlertBoxClosed=2025-02-25T13:41:26.000Z",
        "malformed",
    ),
    (
        "onetrust",
        "OptanonConsent=groups=C0002%3A0%2CC0004; OptanonAlertBoxClosed=2025-02-25T13:41:26.000Z",
        "chosen A-",
    ),
    ("onetrust", "OptanonConsent=groups=; OptanonAlertBoxClosed=2025-02-25T13:41:26.000Z", "nothing"),
    ("onetrust", "OptanonConsent=groups=C0002%3A1; OptanonAlertBoxClosed=yes", "default A+"),
    (
        "onetrust",
        "OptanonConsent=groups=C0004%3A1%2CC0005%3A0; OptanonAlertBoxClosed=2025-02-25T13:41:26.000Z",
        "chosen M- S-",
    ),
    ("onetrust", "OptanonConsent=groups=C0004%3A1; OptanonAlertBoxClosed=2099-02-25T13:41:26.000Z", "malformed"),
    ("orejime", r#"eu-consent={"analytics":false}; orejime={"analytics":true}"#, "chosen A-"),
    ("osano", "osano_consentmanager=AAECAwQFBgcICQoLDA0ODw", "nothing"),
    ("osano-cookieconsent", "cookieconsent_status=allow; cookieconsent_status=deny", "chosen F- A- M-"),
    ("osano-cookieconsent", "cookieconsent_status=allow; cookieconsent_status=dismiss", "malformed"),
    ("osano-cookieconsent", "cookieconsent_status=Allow", "malformed"),
    (
        "piwikpro",
        r#"ppms_privacy_0a-1={"consents":{"analytics":{"status":1},"remarketing":{"status":-1}}}"#,
        "chosen A+ M?",
    ),
    (
        "piwikpro",
        r#"ppms_privacy_0a-1={"consents":{"analytics":{"status":1},"remarketing":{"status":7}}}"#,
        "malformed",
    ),
    ("piwikpro", r#"ppms_privacy_bar_0a-1={"consents":{"analytics":{"status":1}}}"#, "nothing"),
    ("shopify", "_tracking_consent=3amps._FRIDF_f_f_x", "chosen F- A- M-"),
    ("shopify", "_tracking_consent=3AMp.S_FRIDF_f_f_x", "chosen F- A+ M+"),
    ("shopify", "_tracking_consent=3AMPs._USCA_f_f_x", "chosen F+ A+ M-"),
    ("shopify", "_tracking_consent=3AMP", "malformed"),
    ("shopify", "_tracking_consent=3AXP._FR_f_f", "malformed"),
    ("shopify", r#"_tracking_consent={"con":{"CMP":{"a":"1","m":"0","p":"","s":""}},"v":"2.1"}"#, "chosen A+ M-"),
    ("shopify", r#"_tracking_consent={"con":{"GDPR":"1"},"v":"2.0"}"#, "chosen F+ A+ M+"),
    ("sourcepoint", "euconsent-v2=CQuFeUAQuFeUAAfACBENCWFgAPAAAAAAAAqIAAAAAAAA", "nothing"),
    ("tarteaucitron", "tarteaucitron=!matomo=true", "default A+"),
    ("tarteaucitron", "tarteaucitron=!matomo=true!gtag=true", "chosen A+"),
    ("tarteaucitron", "tarteaucitron=!matomo=true!facebookpixel=true!youtube=wait", "chosen F? A? M+ S?"),
    ("tarteaucitron", "tarteaucitron=!gtag=true!gtag=false", "chosen A-"),
    ("tarteaucitron", "tarteaucitron=!gtag=true!facebookpixel=fal", "malformed"),
    ("tarteaucitron", "tarteaucitron=!gtag=false!facebookpixel=", "chosen A-"),
    ("tarteaucitron", "tarteaucitron=", "malformed"),
    ("tarteaucitron", "tarteaucitron=!", "malformed"),
    ("tarteaucitron", "tarteaucitron=!gtag=true!", "chosen A+"),
    (
        "tarteaucitron",
        "tarteaucitron=!id=a5c8155833511d18-109da518!atinternet=true!facebookpixel=false",
        "chosen A+ M-",
    ),
    (
        "consentmanager",
        "__cmpconsentx1=CQuFeUAQuFeUAAfACBENCWFgAP_gAAAAAAqIAAAAAAAA; __cmpcccx1=aCQYrQy_gAAhfRqxozGIxJkc8QzJqa",
        "chosen P+ A+ M+",
    ),
    ("tarteaucitron", "tarteaucitron=!gcmadstorage=false!gcmanalyticsstorage=true!googleads=true", "chosen A+ M-"),
    ("trustarc", "notice_gdpr_prefs=0,1:abc", "chosen F+ A+ M-"),
    ("trustarc", "notice_gdpr_prefs=0,1,2::implied,us", "default F+ A+ M+"),
    ("trustarc", "notice_gdpr_prefs=0,x:", "malformed"),
    ("trustarc", "cmapi_cookie_privacy=permit 1,2", "default F+ A+ M-"),
    ("trustarc", "notice_preferences=0:", "default F- A- M-"),
    ("vanilla-cookieconsent", r#"cc_cookie={"level":["analytics"]}"#, "chosen F- P- A+ M- S-"),
    ("vanilla-cookieconsent", r#"cc_cookie={"categories":["analytics"],"expirationTime":1763800000000}"#, "malformed"),
    ("vanilla-cookieconsent", r#"cc_cookie={"categories":["analytics",1]}"#, "malformed"),
    ("vanilla-cookieconsent", "cc_cookie=dismiss", "malformed"),
    ("wp-consent-api", "wp_consent_functional=allow", "nothing"),
    ("wp-consent-api", "wp_consent_marketing=deny; wp_consent_marketing=allow", "chosen M-"),
    ("didomi", "didomi_token=eyJ2ZXJzaW9uIjoxLCJ2ZW5kb3JzIjp7ImRpc2FibGVkIjpbMSwiZ29vZ2xlIl19fQ", "chosen M-"),
    (
        "didomi",
        "didomi_token=eyJ2ZXJzaW9uIjoxLCJ2ZW5kb3JzIjp7ImRpc2FibGVkIjpbMSwiZ29vZ2xlIl19fQ; euconsent-v2=BOEFEAyOEFEAyA",
        "chosen P? A? M-",
    ),
    (
        "onetrust",
        "OptanonConsent=groups=C0002%3A1%2CC0004%3A0; OptanonAlertBoxClosed=2025-02-25T13:41:26Z; eupubconsent-v2=x",
        "chosen P? A? M-",
    ),
    ("complianz", "cmplz_statistics=deny; cmplz_marketing=allow; cmplz_consented_services={", "chosen A- M?"),
    ("trustarc", "cmapi_cookie_privacy=permit_1|2", "default F+ A+ M-"),
    (
        "cookie-law-info",
        // {"ver":"1","necessary":"true",…,"advertisement":"false","others":"true"}
        "viewed_cookie_policy=yes; cookielawinfo-checkbox-functional=yes; cookielawinfo-checkbox-performance=yes; \
         cookielawinfo-checkbox-analytics=yes; cookielawinfo-checkbox-advertisement=no; \
         cookielawinfo-checkbox-others=yes; CookieLawInfoConsent=eyJ2ZXIiOiIxIiwibmVjZXNzYXJ5IjoidHJ1ZSIsImZ1bmN0aW9uYWwiOiJ0cnVlIiwicGVyZm9ybWFuY2UiOiJ0cnVlIiwiYW5hbHl0aWNzIjoidHJ1ZSIsImFkdmVydGlzZW1lbnQiOiJmYWxzZSIsIm90aGVycyI6InRydWUifQ==",
        "chosen F+ A+ M-",
    ),
    (
        "cookie-law-info",
        // {"necessary":true,"non-necessary":false}
        "viewed_cookie_policy=yes; cookielawinfo-checkbox-non-necessary=no; \
         CookieLawInfoConsent=eyJuZWNlc3NhcnkiOnRydWUsIm5vbi1uZWNlc3NhcnkiOmZhbHNlfQ==",
        "chosen F- A- M-",
    ),
    (
        "cookie-law-info",
        "viewed_cookie_policy=yes; cookielawinfo-checkbox-analytics=yes; cookielawinfo-checkbox-advertisement=no; \
         CookieLawInfoConsent=e",
        "chosen F- A? M- malformed",
    ),
    (
        "trustarc",
        "notice_gdpr_prefs=0|1|2:; notice_preferences=2:; cmapi_cookie_privacy=permit_1|2|3",
        "chosen F+ A+ M+",
    ),
    ("zaraz", r#"zaraz-consent={"eQic":"true"}"#, "malformed"),
    // Copies: one that cannot be read, or in which nobody chose, leaves refusals alone.
    (
        "cookiefirst",
        r#"cookiefirst-consent={"performance":false,"functional":true}; cookiefirst-consent=junk"#,
        "chosen F? A- malformed",
    ),
    (
        "cookiefirst",
        r#"cookiefirst-consent=junk; cookiefirst-consent={"performance":false,"functional":true}"#,
        "chosen F? A- malformed",
    ),
    ("cookiefirst", r#"cookiefirst-consent={"performance":true}; cookiefirst-consent=junk"#, "malformed"),
    (
        "cookiefirst",
        r#"cookiefirst-consent={"performance":false,"timestamp":1}; cookiefirst-consent={"performance":true,"timestamp":1999999999}"#,
        "chosen A- malformed",
    ),
    (
        "cookiefirst",
        r#"cookiefirst-consent={"performance":false,"timestamp":1}; cookiefirst-consent={"performance":true}; cookiefirst-consent={"performance":true,"timestamp":2}"#,
        "chosen A-",
    ),
    (
        "vanilla-cookieconsent",
        r#"cc_cookie={"categories":["necessary","analytics"]}; cc_cookie={"#,
        "chosen F- P- A? M- S- malformed",
    ),
    (
        "cookiebot",
        "CookieConsent={stamp:'x',preferences:false,statistics:false,marketing:false,method:'explicit',utc:1000}; \
         CookieConsent={stamp:'-1',preferences:true,statistics:true,marketing:true,method:'implied',utc:2000}",
        "chosen F- A- M-",
    ),
    (
        "cookiebot",
        "CookieConsent={stamp:'-1',preferences:true,statistics:true,marketing:true,method:'implied',utc:2000}; \
         CookieConsent={stamp:'x',preferences:true,statistics:false,marketing:true,method:'explicit',utc:1000}",
        "chosen F? A- M?",
    ),
    (
        "cookiebot",
        "CookieConsent={stamp:'x',preferences:false,statistics:false,marketing:false,method:'explicit',utc:1000}; \
         CookieConsent={stamp:'y',preferences:true,statistics:true,marketing:true,method:'explicit',utc:2000}",
        "chosen F+ A+ M+",
    ),
    (
        "onetrust",
        "OptanonConsent=groups=C0002%3A1&AwaitingReconsent=true; OptanonConsent=groups=C0002%3A1%2CC0003%3A0; \
         OptanonAlertBoxClosed=2025-02-25T13:41:26.000Z",
        "chosen F- A? malformed",
    ),
    (
        "onetrust",
        "OptanonConsent=groups=C0002%3A1; OptanonConsent=groups=C0002%3A1&AwaitingReconsent=true; \
         OptanonAlertBoxClosed=2025-02-25T13:41:26.000Z",
        "malformed",
    ),
    ("orejime", r#"eu-consent={"analytics":false}; eu-consent=x; orejime={"analytics":true}"#, "chosen A- malformed"),
    (
        "onetrust",
        "OptanonConsent=groups=C0002%3A0; OptanonAlertBoxClosed=2025-02-25T13:41:26.000Z; \
         OptanonAlertBoxClosed=2099-02-25T13:41:26.000Z",
        "chosen A-",
    ),
    ("matomo", "mtm_consent=3749703629020; mtm_consent_removed=1749703629020", "chosen A-"),
    ("matomo", "mtm_consent_removed=3749703629020; mtm_consent_removed=1749703629020", "chosen A-"),
    // Several cookies of one tool.
    ("iubenda", r#"_iub_cs-1={; _iub_cs-1-uspr={"s":false}"#, "default M- malformed"),
    (
        "iubenda",
        r#"_iub_cs-1-uspr={"s":false}; _iub_cs-1-uspr={; _iub_cs-2={"consent":true}"#,
        "chosen F? P? A? M- malformed",
    ),
    ("iubenda", r#"_iub_cs-1={"purposes":{"4":true,"5":true},"consent":false}"#, "chosen A- M-"),
    ("iubenda", r#"_iub_cs-1={"id":1}; _iub_cs-2={"purposes":{"4":true}}"#, "chosen A+"),
    (
        "piwikpro",
        r#"ppms_privacy_0a-1={"consents":{"analytics":{"status":0}}}; ppms_privacy_0b-1=x"#,
        "chosen A- malformed",
    ),
    ("complianz", r#"cmplz_rt_statistics=allow; cmplz_rt_consented_services={"youtube":"?"}"#, "chosen A?"),
    ("shopify", r#"_tracking_consent={"v":"2.0","con":{"GDPR":"","CCPA":"0"}}"#, "chosen M-"),
    ("shopify", r#"_tracking_consent={"v":"2.0","con":{"GDPR":"1","CCPA":"0"}}"#, "chosen F+ A+ M-"),
    (
        "shopify",
        r#"_tracking_consent={"con":{"CMP":{"a":"1","m":"1","p":"1","s":"1"},"GDPR":"0"},"v":"2.1"}"#,
        "chosen F- A- M-",
    ),
    (
        "shopify",
        r#"_tracking_consent={"con":{"CMP":{"a":"1","m":"1","p":"1","s":""},"CCPA":"0"},"v":"2.1"}"#,
        "chosen F+ A+ M-",
    ),
];

#[test]
fn t33_odd_values_fall_to_the_protective_side() {
    let desk = Desk::new();
    let mut wrong = Vec::new();
    for (id, cookie, expected) in ODD {
        let heard = desk.hear(&desk.used(id, &BTreeMap::new()), cookie.as_bytes(), NOW).unwrap();
        let verdict = match (heard.signals.as_slice(), heard.malformed.as_slice()) {
            ([], []) => "nothing".to_owned(),
            ([], [_]) => "malformed".to_owned(),
            ([signal], malformed @ ([] | [_])) => {
                let mut said = signal.purposes.clone();
                said.sort_by_key(|(purpose, _)| purpose.index());
                let letters = said.iter().map(|(purpose, grant)| {
                    let sign = match grant {
                        Grant::Granted => '+',
                        Grant::Denied => '-',
                        Grant::Undecided => '?',
                    };
                    format!(" {}{sign}", ["N", "F", "P", "A", "M", "S"][purpose.index()])
                });
                let kind = if signal.kind == SignalKind::Default { "default" } else { "chosen" };
                let doubt = if malformed.is_empty() { "" } else { " malformed" };
                format!("{kind}{}{doubt}", letters.collect::<String>())
            }
            other => panic!("{id}: {other:?}"),
        };
        if verdict != *expected {
            wrong.push(format!("{id} {cookie}: {verdict}, not {expected}; {:?}", heard.malformed));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let tools: BTreeSet<&str> = ODD.iter().map(|(id, ..)| *id).collect();
    for cmp in CMPS.iter().filter(|cmp| !cmp.cookies.is_empty() && cmp.id != "site-made") {
        assert!(tools.contains(cmp.id), "{} has no odd value here", cmp.id);
    }
}

#[test]
fn cookies_of_the_sites_own_are_what_the_site_says() {
    let desk = Desk::new();
    let map = BTreeMap::from([
        ("analytics".to_owned(), vec!["analytics".to_owned()]),
        ("marketing".to_owned(), vec!["marketing".to_owned()]),
    ]);
    let grants = |cookie: &str| {
        let state = desk.state(&desk.used("site-made", &map), cookie.as_bytes(), NOW);
        (state.grant(PurposeId::ANALYTICS), state.grant(PurposeId::MARKETING))
    };
    assert_eq!(grants("_cmp_analytics=0; _cmp_marketing=1; _cmp_other=9"), (Grant::Denied, Grant::Granted));
    assert_eq!(grants("_cmp_analytics=denied; _cmp_marketing=perhaps"), (Grant::Denied, Grant::Undecided));
    assert_eq!(grants("_cmp_analytics=granted; _cmp_marketing=perhaps"), (Grant::Undecided, Grant::Undecided));
    assert_eq!(grants("_cmp_analytics=1; _cmp_analytics=0"), (Grant::Denied, Grant::Undecided));
    assert_eq!(grants("analytics=1; _CMP_marketing=1"), (Grant::Undecided, Grant::Undecided));
    let mut whole = desk.used("site-made", &BTreeMap::new());
    whole.settings.cookies.clear();
    whole.settings.map.insert("statsOk".into(), [PurposeId::ANALYTICS].into_iter().collect());
    assert_eq!(desk.state(&whole, b"statsOk=true", NOW).grant(PurposeId::ANALYTICS), Grant::Granted);
    assert!(!desk.state(&whole, b"statsok=true", NOW).chosen());
}

/// `with_all` stands for purposes that a tool has no word for: agreed to once everything else is, and refused with anything.
#[test]
fn agreeing_to_everything_covers_what_has_no_word() {
    let desk = Desk::new();
    for (id, cookie, expected) in [
        ("cookieyes", "cookieyes-consent=action:yes,functional:yes,advertisement:yes", Grant::Granted),
        ("cookieyes", "cookieyes-consent=action:yes,functional:yes,advertisement:no", Grant::Denied),
        ("cookieyes", "cookieyes-consent=action:no,functional:yes,advertisement:yes", Grant::Undecided),
        ("sourcepoint", "consentUUID=x; euconsent-v2=CQuFeUAQuFeUAAfACBENCWFgAP_gAAAAAAqIAAAAAAAA", Grant::Granted),
        ("sourcepoint", "consentUUID=x; euconsent-v2=CQuFeUAQuFeUAAfACBENCWFgAPAAAAAAAAqIAAAAAAAA", Grant::Denied),
        ("sourcepoint", "euconsent-v2=CQuFeUAQuFeUAAfACBENCWFgAP_gAAAAAAqIAAAAAAAA", Grant::Undecided),
        ("tarteaucitron", "tarteaucitron=!gtag=true!youtube=wait", Grant::Denied),
        // What is strictly necessary is no answer.
        ("onetrust", "OptanonConsent=groups=C0001%3A1; OptanonAlertBoxClosed=2025-02-25T13:41:26.000Z", Grant::Denied),
        ("orejime", r#"eu-consent={"necessary":true}"#, Grant::Denied),
        ("orejime", r#"eu-consent={"necessary":true,"ads":true}"#, Grant::Granted),
        // Names that only other sites have are not left out here.
        ("vanilla-cookieconsent", r#"cc_cookie={"categories":["necessary","marketing"]}"#, Grant::Granted),
        // Services that are left out are.
        ("borlabs", r#"borlabs-cookie={"consents":{"marketing":["google-ads"]}}"#, Grant::Denied),
        // A doubtful yes to everything is neither.
        ("cookieyes", "cookieyes-consent=action:yes,functional:yes; cookieyes-consent=x", Grant::Undecided),
    ] {
        let mut used = desk.used(id, &BTreeMap::new());
        used.settings.with_all.insert(PurposeId::SOCIAL);
        let heard = desk.hear(&used, cookie.as_bytes(), NOW).unwrap();
        let granted = resolve(&heard.signals, Regime::OPT_IN).grant(PurposeId::SOCIAL);
        assert_eq!(granted, expected, "{id} {cookie}");
    }
}

#[test]
fn services_are_told_apart_where_the_tool_does() {
    let desk = Desk::new();
    let granted = |id: &str, names: &[(&str, &str)], cookie: &str, service: &str| {
        let mut used = desk.used(id, &BTreeMap::new());
        let known = |id: &str| desk.catalog.get(id).unwrap_or_else(|| panic!("{id}"));
        used.settings.services = names.iter().map(|(name, id)| ((*name).into(), known(id))).collect();
        desk.state(&used, cookie.as_bytes(), NOW).service_grant(known(service))
    };
    let (yes, no) = (Some(Grant::Granted), Some(Grant::Denied));
    let names: &[(&str, &str)] = &[("ga", "google-analytics-4"), ("piwik", "matomo")];
    let vanilla = r#"cc_cookie={"categories":["analytics"],"services":{"analytics":["ga"]}}"#;
    assert_eq!(granted("vanilla-cookieconsent", names, vanilla, "google-analytics-4"), yes);
    assert_eq!(granted("vanilla-cookieconsent", names, vanilla, "matomo"), no, "left out");
    let borlabs = r#"borlabs-cookie={"consents":{"marketing":["facebook-pixel"]},"version":"1"}"#;
    assert_eq!(granted("borlabs", &[], borlabs, "meta-pixel"), yes, "by the one of its names that is there");
    assert_eq!(granted("borlabs", &[], borlabs, "microsoft-uet"), no, "left out");
    let vanilla = r#"cc_cookie={"categories":["analytics"],"services":{"analytics":["matomo"]}}"#;
    assert_eq!(granted("vanilla-cookieconsent", &[], vanilla, "google-analytics-4"), no, "left out");
    assert_eq!(granted("vanilla-cookieconsent", &[], vanilla, "matomo"), yes);
    let complianz = r#"cmplz_rt_marketing=allow; cmplz_rt_consented_services={"facebook":false}"#;
    assert_eq!(granted("complianz", &[], complianz, "facebook-social"), no);
    let both = r#"cmplz_marketing=allow; cmplz_consented_services={"facebook":false}; cmplz_rt_consented_services=x"#;
    assert_eq!(granted("complianz", &[], both, "facebook-social"), no);
    assert_eq!(granted("klaro", &[], "klaro={\"hotjar\":false}", "hotjar"), no);
    let list = "tarteaucitron=!gtag=true!multiplegtag=false!youtube=wait";
    assert_eq!(granted("tarteaucitron", &[], list, "google-analytics-4"), no, "two names of one service");
    assert_eq!(granted("tarteaucitron", &[], list, "youtube"), Some(Grant::Undecided));
    // {"version":2,"vendors":{"disabled":["google"]}}
    let token = "didomi_token=eyJ2ZXJzaW9uIjoyLCJ2ZW5kb3JzIjp7ImRpc2FibGVkIjpbImdvb2dsZSJdfX0=";
    for service in ["google-ads", "doubleclick", "google-adsense"] {
        assert_eq!(granted("didomi", &[], token, service), no);
    }
}

#[test]
fn older_questions_do_not_count() {
    let desk = Desk::new();
    for (id, cookie) in [
        ("vanilla-cookieconsent", r#"cc_cookie={"categories":["analytics"],"revision":2}"#),
        ("borlabs", r#"borlabs-cookie={"consents":{"statistics":["x"]},"version":"2"}"#),
        ("complianz", "cmplz_statistics=allow; cmplz_policy_id=2"),
        ("complianz", "cmplz_rt_statistics=allow; cmplz_rt_policy_id=2"),
        ("commandersact", "TC_PRIVACY=0@002|1|2@3@@1687096600071,1687096600071,1720792600071@"),
    ] {
        let mut used = desk.used(id, &BTreeMap::new());
        for (oldest, counts) in [(2, true), (3, false)] {
            used.settings.revision = Some(oldest);
            let heard = desk.hear(&used, cookie.as_bytes(), NOW).unwrap();
            assert!(heard.malformed.is_empty(), "{id} {oldest}");
            assert_eq!(!heard.signals.is_empty(), counts, "{id} {oldest}");
        }
    }
    for (id, cookie) in [
        ("borlabs", r#"borlabs-cookie={"consents":{"statistics":["x"]}}"#),
        ("borlabs", r#"borlabs-cookie={"consents":{"statistics":["x"]},"version":"two"}"#),
        ("complianz", "cmplz_statistics=allow"),
        ("complianz", "cmplz_statistics=allow; cmplz_policy_id=x"),
        ("complianz", "cmplz_statistics=allow; cmplz_policy_id=2; cmplz_policy_id=1"),
        ("complianz", "cmplz_statistics=allow; cmplz_policy_id=2; cmplz_rt_policy_id=1"),
        ("commandersact", "TC_PRIVACY=0@|1|2@3@@1687096600071,1687096600071,1720792600071@"),
        ("vanilla-cookieconsent", r#"cc_cookie={"categories":["analytics"]}"#),
        ("vanilla-cookieconsent", r#"cc_cookie={"categories":["analytics"],"revision":"9"}"#),
    ] {
        let mut used = desk.used(id, &BTreeMap::new());
        assert!(!desk.hear(&used, cookie.as_bytes(), NOW).unwrap().signals.is_empty(), "{id} {cookie}");
        used.settings.revision = Some(2);
        assert!(desk.hear(&used, cookie.as_bytes(), NOW).unwrap().signals.is_empty(), "{id} {cookie}");
    }
}

/// Everything is allowed until somebody says no.
const OPT_OUT: Regime = Regime { allowed_by_default: PurposeSet::ALL, ..Regime::OPT_IN };

fn under_opt_out(desk: &Desk, used: &SourceUse, cookie: &[u8], now: u64) -> ConsentState {
    resolve(&desk.hear(used, cookie, now).unwrap_or_default().signals, OPT_OUT)
}

/// What the mirror told and what the tool wrote are two copies of one choice.
#[test]
fn the_mirror_is_one_more_copy() {
    let desk = Desk::new();
    let bind = "AAAAAAAAAAAAAAAAAAAAAA";
    let told = |said: bool| Observed {
        issued: NOW - 60,
        source: "cookiefirst".to_owned(),
        words: vec![("performance".to_owned(), said), ("functional".to_owned(), true)],
        ..Observed::default()
    };
    let seal = |said: bool| {
        let value = desk.keys.seal_observed(&[told(said)], bind, "shop.example").unwrap();
        format!("__Host-vestibule-bind={bind}; __Host-vestibule-seen={value}")
    };
    let mut used = desk.used("cookiefirst", &BTreeMap::new());
    used.settings.mirror = true;
    let hear = |cookie: &str| {
        let heard = desk.hear(&used, cookie.as_bytes(), NOW).unwrap();
        let strict = resolve(&heard.signals, Regime::OPT_IN).grant(PurposeId::ANALYTICS);
        (strict, resolve(&heard.signals, OPT_OUT).grant(PurposeId::ANALYTICS), heard.malformed.len())
    };
    let (yes, no) = (r#"cookiefirst-consent={"performance":true}"#, r#"cookiefirst-consent={"performance":false}"#);
    assert_eq!(hear(&seal(true)), (Grant::Granted, Grant::Granted, 0), "alone");
    assert_eq!(hear(&format!("{}; {yes}", seal(false))), (Grant::Denied, Grant::Denied, 0));
    let broken = "cookiefirst-consent=junk";
    assert_eq!(hear(&format!("{broken}; {}", seal(false))), (Grant::Denied, Grant::Denied, 1), "the refusal stands");
    assert_eq!(hear(&format!("{broken}; {}", seal(true))), (Grant::Undecided, Grant::Granted, 1));
    let forged = format!("__Host-vestibule-bind={bind}; __Host-vestibule-seen=x");
    assert_eq!(hear(&format!("{yes}; {forged}")), (Grant::Undecided, Grant::Granted, 1));
    assert_eq!(hear(&format!("{no}; {forged}")), (Grant::Denied, Grant::Denied, 1));
    assert_eq!(hear(&forged), (Grant::Undecided, Grant::Granted, 1), "counted");
    assert_eq!(hear(&format!("{broken}; {forged}")).2, 1);
}

/// What is not looked at may be a refusal.
#[test]
fn more_cookies_than_are_looked_at_grant_nothing() {
    let desk = Desk::new();
    let many = |start: &str, count: usize, one: &dyn Fn(usize) -> String| {
        let more: Vec<String> = (0..count).map(one).collect();
        format!("{start}; {}", more.join("; "))
    };
    let status = |status: u8| format!(r#"{{"consents":{{"analytics":{{"status":{status}}}}}}}"#);
    for (id, yes, no, count) in [
        ("wp-consent-api", "wp_consent_statistics=allow".to_owned(), "wp_consent_statistics=deny".to_owned(), 64),
        ("piwikpro", format!("ppms_privacy_a={}", status(1)), format!("ppms_privacy_a={}", status(0)), 16),
        ("iubenda", r#"_iub_cs-1={"consent":true}"#.to_owned(), r#"_iub_cs-1={"consent":false}"#.to_owned(), 16),
        (
            "cookiefirst",
            r#"cookiefirst-consent={"performance":true}"#.to_owned(),
            r#"cookiefirst-consent={"performance":false}"#.to_owned(),
            8,
        ),
    ] {
        let used = desk.used(id, &BTreeMap::new());
        let more = |at: usize| match id {
            "wp-consent-api" => format!("wp_consent_x{at}=allow"),
            "piwikpro" => format!("ppms_privacy_b{at}={}", status(1)),
            "iubenda" => format!(r#"_iub_cs-9{at}={{"consent":true}}"#),
            _ => yes.clone(),
        };
        let grant = |cookie: &str| {
            let heard = desk.hear(&used, cookie.as_bytes(), NOW).unwrap();
            let strict = resolve(&heard.signals, Regime::OPT_IN).grant(PurposeId::ANALYTICS);
            (strict, resolve(&heard.signals, OPT_OUT).grant(PurposeId::ANALYTICS))
        };
        assert_eq!(grant(&many(&yes, count - 1, &more)), (Grant::Granted, Grant::Granted), "{id}");
        assert_eq!(grant(&many(&yes, count, &more)).0, Grant::Undecided, "{id}");
        assert_eq!(grant(&many(&no, count, &more)), (Grant::Denied, Grant::Denied), "{id}");
    }
    let map: BTreeMap<String, Vec<String>> =
        (0..65).map(|at| (format!("{at}"), vec!["analytics".to_owned()])).collect();
    let used = desk.used("site-made", &map);
    let cookies: Vec<String> = (0..65).map(|at| format!("_cmp_{at}=1")).collect();
    assert_eq!(desk.state(&used, cookies[..64].join("; ").as_bytes(), NOW).grant(PurposeId::ANALYTICS), Grant::Granted);
    assert_eq!(desk.state(&used, cookies.join("; ").as_bytes(), NOW).grant(PurposeId::ANALYTICS), Grant::Undecided);
}

/// Values that are bits or bare numbers throughout: what a flipped bit makes of them is another value of the same kind.
const SAYS_SO: [&str; 6] = ["commandersact", "consentmanager", "didomi", "funding-choices", "sourcepoint", "trustarc"];

/// Values in which two words share a purpose, so that losing the second one leaves a plain yes to the first.
const SHARED: [&str; 3] =
    ["web app: partial_analytics_performance_disagree", "1.34.0: partial", "1.x: prefix_collision"];

fn refused(state: &ConsentState) -> Vec<PurposeId> {
    ASKED.into_iter().filter(|purpose| state.grant(*purpose) == Grant::Denied).collect()
}

fn granted(state: &ConsentState) -> Vec<PurposeId> {
    ASKED.into_iter().filter(|purpose| state.grant(*purpose) == Grant::Granted).collect()
}

/// A copy with another value takes no refusal from the recorded one, even where everything is allowed by default.
fn beside(desk: &Desk, cmp: &Cmp, vector: &Vector, used: &SourceUse, copy: &[u8]) {
    let cookie = vector.cookie.as_bytes();
    let refused = refused(&under_opt_out(desk, used, cookie, vector.now));
    for both in [[cookie, b"; ", copy].concat(), [copy, b"; ", cookie].concat()] {
        let Some(heard) = desk.hear(used, &both, vector.now) else {
            continue;
        };
        let now = granted(&resolve(&heard.signals, OPT_OUT));
        let lost = refused.iter().find(|purpose| now.contains(purpose));
        assert!(lost.is_none(), "{} {}: {lost:?} {}", cmp.id, vector.name, String::from_utf8_lossy(&both));
    }
}

#[test]
fn a_value_cut_short_never_grants_what_it_refused() {
    let desk = Desk::new();
    for (cmp, vector) in recorded() {
        let used = desk.used(cmp.id, &vector.map);
        let cookie = vector.cookie.as_bytes();
        let refused = refused(&desk.state(&used, cookie, vector.now));
        for end in 0..cookie.len() {
            let state = desk.state(&used, &cookie[..end], vector.now);
            let now = granted(&state);
            let lost = refused.iter().find(|purpose| now.contains(purpose));
            let shared = SHARED.contains(&vector.name.as_str());
            assert!(lost.is_none() || shared, "{} {} at {end}: {lost:?}", cmp.id, vector.name);
            beside(&desk, cmp, &vector, &used, &cookie[..end]);
        }
    }
}

#[test]
fn a_flipped_bit_never_grants_what_was_refused() {
    let desk = Desk::new();
    for (cmp, vector) in recorded().into_iter().filter(|(cmp, _)| !SAYS_SO.contains(&cmp.id)) {
        let used = desk.used(cmp.id, &vector.map);
        let cookie = vector.cookie.as_bytes();
        let refused = refused(&desk.state(&used, cookie, vector.now));
        if refused.is_empty() || SHARED.contains(&vector.name.as_str()) {
            continue;
        }
        for at in 0..cookie.len() {
            for bit in 0..8 {
                let mut flipped = cookie.to_vec();
                flipped[at] ^= 1 << bit;
                if cookie[at] == b'0' && flipped[at] == b'1' {
                    continue;
                }
                let now = granted(&desk.state(&used, &flipped, vector.now));
                let lost = refused.iter().find(|purpose| now.contains(purpose));
                let flipped = String::from_utf8_lossy(&flipped).into_owned();
                assert!(lost.is_none(), "{} {} at {at}: {lost:?} {flipped}", cmp.id, vector.name);
                beside(&desk, cmp, &vector, &used, flipped.as_bytes());
            }
        }
    }
}

/// Every cookie of `cookie` with another value.
fn each_value(cookie: &str, change: impl Fn(&str) -> Vec<u8>) -> Vec<u8> {
    let mut out = Vec::new();
    for pair in cookie.split("; ").filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap();
        if !out.is_empty() {
            out.extend(b"; ");
        }
        out.extend(name.as_bytes());
        out.push(b'=');
        out.extend(change(value));
    }
    out
}

fn encoded(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    value.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[test]
fn values_of_another_shape_grant_nothing_more() {
    let desk = Desk::new();
    for (cmp, vector) in recorded() {
        let used = desk.used(cmp.id, &vector.map);
        let before = granted(&desk.state(&used, vector.cookie.as_bytes(), vector.now));
        let shapes: [(&str, Vec<u8>); 5] = [
            ("encoded twice", each_value(&vector.cookie, |value| encoded(&encoded(value)).into_bytes())),
            ("not UTF-8", each_value(&vector.cookie, |value| [value.as_bytes(), b"\xff\xfe"].concat())),
            ("NUL", each_value(&vector.cookie, |value| format!("{value}%00").into_bytes())),
            ("quoted", each_value(&vector.cookie, |value| format!("\"{value}\"").into_bytes())),
            ("too long", each_value(&vector.cookie, |value| format!("{value:x<width$}", width = MAX_VALUE + 1).into())),
        ];
        for (shape, cookie) in shapes {
            let state = desk.state(&used, &cookie, vector.now);
            let now = granted(&state);
            assert!(now.iter().all(|purpose| before.contains(purpose)), "{} {} {shape}", cmp.id, vector.name);
            let changed = cookie != vector.cookie.as_bytes();
            let whole = vector.cookie.chars().all(|letter| letter.is_ascii_alphanumeric() || "=; -_.".contains(letter));
            if changed && !(shape == "encoded twice" && whole) {
                assert!(now.is_empty(), "{} {} {shape}: {now:?}", cmp.id, vector.name);
            }
        }
    }
}

#[test]
fn of_two_copies_the_newer_or_the_stricter_counts() {
    let desk = Desk::new();
    let all = recorded();
    for (cmp, first) in &all {
        for (other_cmp, second) in &all {
            if cmp.id != other_cmp.id || first.map != second.map {
                continue;
            }
            let used = desk.used(cmp.id, &first.map);
            let now = first.now.max(second.now);
            let cookie = format!("{}; {}", first.cookie, second.cookie);
            let both = granted(&desk.state(&used, cookie.as_bytes(), now));
            let alone = [&first.cookie, &second.cookie].map(|cookie| {
                let heard = desk.hear(&used, cookie.as_bytes(), now).unwrap();
                let at = heard.signals.first().and_then(|signal| signal.at);
                // Where the proof of a choice is a cookie of its own, it is one for both copies.
                let proven = |signal: &Signal| signal.kind != SignalKind::Default || matches!(cmp.read, Read::Value(_));
                let silent = !heard.signals.iter().any(proven) && heard.malformed.is_empty();
                (granted(&resolve(&heard.signals, Regime::OPT_IN)), at, silent)
            });
            let [(one, one_at, one_silent), (two, two_at, two_silent)] = alone;
            let allowed: Vec<PurposeId> = match (one_at, two_at) {
                _ if one_silent => two,
                _ if two_silent => one,
                (Some(at), Some(other)) if at != other => {
                    if at > other {
                        one
                    } else {
                        two
                    }
                }
                _ => one.into_iter().filter(|purpose| two.contains(purpose)).collect(),
            };
            let lost: Vec<PurposeId> = match (one_at, two_at) {
                // The newer choice takes the place of the older one.
                (Some(at), Some(other)) if at != other => Vec::new(),
                _ => {
                    let no = [&first.cookie, &second.cookie]
                        .map(|cookie| refused(&under_opt_out(&desk, &used, cookie.as_bytes(), now)));
                    let kept = granted(&under_opt_out(&desk, &used, cookie.as_bytes(), now));
                    no.concat().into_iter().filter(|purpose| kept.contains(purpose)).collect()
                }
            };
            assert!(lost.is_empty(), "{}: {} and {}: {lost:?}", cmp.id, first.name, second.name);
            let (one, two) = (&first.name, &second.name);
            assert!(both.iter().all(|purpose| allowed.contains(purpose)), "{}: {one} and {two}: {both:?}", cmp.id);
        }
    }
}

#[test]
fn every_vector_says_where_it_is_from() {
    for (cmp, vector) in recorded() {
        let known = ["run", "captured", "constructed", "documented"].contains(&vector.from.as_str());
        assert!(known, "{} {}", cmp.id, vector.name);
    }
}
