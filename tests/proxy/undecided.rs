//! Visitors who have not chosen yet, or said no: nothing leaves early, nothing leaves without them, and nothing is sent after
//! them once they agree (T17, T18, T20 of the field study).

use crate::consent_api::{choose, post};
use crate::support::client::{Response, get, raw};
use crate::support::origin::{Origin, Reply};
use crate::support::vestibule::Vestibule;

const PAGE: &str = "<!doctype html><html><head>\
    <script async src=\"https://www.googletagmanager.com/gtag/js?id=G-ABC123\"></script>\
    <script>window.dataLayer=window.dataLayer||[];function gtag(){dataLayer.push(arguments)}</script>\
    <script>dataLayer.push({event:'purchase',value:42})</script>\
    <script>gtag('js',new Date());gtag('config','G-ABC123')</script>\
    <script>!function(f){f.fbq=f.fbq||function(){(f.q=f.q||[]).push(arguments)}}(window);fbq('init','123');fbq('track','Purchase')</script>\
    <script src=\"https://connect.facebook.net/en_US/fbevents.js\"></script>\
    <script>gtag('consent','default',{analytics_storage:'denied',ad_storage:'denied'})</script>\
    </head><body><p>Thank you.</p><noscript><img src=\"https://www.facebook.com/tr?id=123&ev=Purchase\"></noscript></body></html>";
const DOCUMENT: &str = "Sec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\n";
const BY_SCRIPT: &str = "Sec-Fetch-Dest: empty\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Site: same-origin\r\n";
const HIT: &str = "/g/collect?v=2&tid=G-ABC123&cid=1.2&en=page_view";
/// What must not be fetched for a visitor who did not agree.
const FETCHING: [&str; 3] = [
    " src=\"https://www.googletagmanager.com",
    " src=\"https://connect.facebook.net",
    " src=\"https://www.facebook.com",
];

async fn shop() -> (Origin, Vestibule) {
    let origin =
        Origin::start(
            |seen| {
                if seen.path().contains("collect") { Reply::ok("", "collected") } else { Reply::html(PAGE) }
            },
        )
        .await;
    let proxy = Vestibule::before(&origin.url(), "");
    (origin, proxy)
}

fn paths(origin: &Origin) -> Vec<String> {
    origin.seen.lock().unwrap().iter().map(crate::support::origin::Seen::path).collect()
}

async fn visit(proxy: &Vestibule, cookie: &str) -> Response {
    get(proxy.address, "/thanks", &format!("{DOCUMENT}Cookie: {cookie}\r\n")).await
}

/// Whatever comes first in the page, tag or default: the tag is not there to be first.
#[tokio::test]
async fn t17_no_tag_is_in_the_page_before_the_choice() {
    let (_origin, proxy) = shop().await;
    let response = visit(&proxy, "").await;
    let text = response.text();
    assert!(FETCHING.iter().all(|tag| PAGE.contains(tag) && !text.contains(tag)), "{text}");
    assert!(!text.contains("<script>gtag('js'") && !text.contains("<script>!function(f)"), "{text}");
    // What scripts make up later, the browser is told not to fetch.
    let line = response.one("content-security-policy");
    assert!(line.contains("default-src 'self'"), "{line}");
    for host in ["googletagmanager", "google-analytics", "analytics.google", "facebook", "doubleclick"] {
        assert!(!line.contains(host), "{line}");
    }
}

/// A hit that is on its way while the visitor still reads the question is no hit, even when the answer comes first.
#[tokio::test]
async fn t17_a_first_hit_never_overtakes_the_choice() {
    let (origin, proxy) = shop().await;
    let fields = format!("{BY_SCRIPT}Cookie: sid=7\r\n");
    let hits = (0..24).map(|_| get(proxy.address, HIT, &fields));
    let (hits, yes) = tokio::join!(futures_util::future::join_all(hits), choose(&proxy, r#"{"choice":"accept"}"#));
    for hit in hits {
        assert_eq!((hit.status, hit.body.len()), (204, 0));
    }
    // One that was made before the browser took the answer in.
    assert_eq!(get(proxy.address, HIT, &fields).await.status, 204);
    assert!(paths(&origin).is_empty(), "{:?}", paths(&origin));
    let hit = get(proxy.address, HIT, &format!("{BY_SCRIPT}Cookie: {yes}\r\n")).await;
    assert_eq!((hit.text().as_str(), paths(&origin).len()), ("collected", 1));
}

/// Advanced Consent Mode pings without consent. The word in the ping is the page's; what the visitor said counts.
#[tokio::test]
async fn t18_pings_of_a_visitor_who_refused_are_answered_here() {
    let (origin, proxy) = shop().await;
    let no = choose(&proxy, r#"{"choice":"refuse"}"#).await;
    for cookie in ["sid=7", &no] {
        for path in ["/g/collect", "/metrics/g/collect", "/_scripts/p/a1b2/g/collect"] {
            for word in ["gcs=G100", "gcs=G101&gcd=13l3l3l3l1l1", "gcs=G111", "pscdl=denied&npa=1"] {
                let target = format!("{path}?v=2&tid=G-ABC123&{word}&en=page_view");
                let ping = get(proxy.address, &target, &format!("{BY_SCRIPT}Cookie: {cookie}\r\n")).await;
                assert_eq!((ping.status, ping.body.len()), (204, 0), "{target}");
                assert!(ping.field("set-cookie").is_empty());
                let body = "en=user_engagement&_et=5";
                let head = format!("POST {target} HTTP/1.1\r\nHost: shop.test\r\n{BY_SCRIPT}Cookie: {cookie}\r\n");
                let beacon = format!("{head}Content-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}", body.len());
                assert_eq!(raw(proxy.address, beacon.as_bytes(), false).await.status, 204, "{target}");
            }
        }
    }
    assert!(paths(&origin).is_empty(), "{:?}", paths(&origin));
}

#[tokio::test]
async fn t18_the_script_that_would_ping_is_withheld() {
    let (origin, proxy) = shop().await;
    let no = choose(&proxy, r#"{"choice":"refuse"}"#).await;
    let text = visit(&proxy, &no).await.text();
    assert!(FETCHING.iter().all(|tag| !text.contains(tag)), "{text}");
    // The word itself is the shop's own script and stays.
    assert!(
        text.contains("<script>gtag('consent','default',{analytics_storage:'denied',ad_storage:'denied'})</script>")
    );
    let asked = paths(&origin).len();
    let script = format!("Sec-Fetch-Dest: script\r\nCookie: {no}\r\n");
    let gateway = get(proxy.address, "/metrics/gtag/js?id=G-ABC123", &script).await;
    assert_eq!((gateway.status, gateway.body.len(), paths(&origin).len()), (200, 0, asked));
}

/// After a yes the next page is the shop's, byte for byte: what an earlier one queued is not sent by anybody.
#[tokio::test]
async fn t20_what_was_queued_before_the_choice_is_not_sent_after_it() {
    let (origin, proxy) = shop().await;
    let before = visit(&proxy, "sid=7").await;
    assert!(
        before.text().contains("<script>dataLayer.push({event:'purchase',value:42})</script>"),
        "the shop's own queue"
    );
    assert_eq!(get(proxy.address, HIT, BY_SCRIPT).await.status, 204);
    assert_eq!(paths(&origin), ["/thanks"]);

    // The answer tells no script of ours, or of anybody's, to do something.
    let form = "Origin: http://shop.test\r\nReferer: http://shop.test/thanks\r\nContent-Type: application/x-www-form-urlencoded\r\n";
    let answer = post(&proxy, form, "choice=accept").await;
    assert_eq!((answer.status, answer.body.len(), answer.one("location").as_str()), (303, 0, "/thanks"));
    for field in ["link", "refresh", "clear-site-data", "content-type"] {
        assert_eq!(answer.one(field), "", "{field}");
    }
    let yes = answer.cookie();
    assert_eq!(paths(&origin), ["/thanks"], "nothing is sent for the visitor");

    for _ in 0..2 {
        let after = visit(&proxy, &yes).await;
        assert_eq!(after.text(), PAGE, "no more and no less than the shop's own page");
        assert_eq!(after.one("content-security-policy"), "");
    }
    assert_eq!(paths(&origin), ["/thanks", "/thanks", "/thanks"], "the visitor's own requests and nothing else");
}

#[tokio::test]
async fn t20_a_yes_to_one_purpose_sends_nothing_for_another() {
    let (origin, proxy) = shop().await;
    assert_eq!(get(proxy.address, HIT, BY_SCRIPT).await.status, 204);
    let yes = choose(&proxy, r#"{"choice":"save","purposes":["analytics"]}"#).await;
    let text = visit(&proxy, &yes).await.text();
    assert!(text.contains("<script>gtag('js',new Date());gtag('config','G-ABC123')</script>"), "{text}");
    assert!(text.contains(FETCHING[0]) && !text.contains(FETCHING[1]) && !text.contains(FETCHING[2]), "{text}");
    assert!(!text.contains("<script>!function(f)"), "{text}");
    assert_eq!(paths(&origin), ["/thanks"]);
}
