//! Calls to services that the shop's own domain serves: answered in the shop's place without consent, and sent on without
//! anything foreign with it (T40, T41, T43 of the field study).

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::consent_api::choose;
use crate::support::client::{Response, get, http2, raw, read_response};
use crate::support::origin::{Origin, Reply, Seen};
use crate::support::vestibule::Vestibule;

const MORE: &str = r#"
[[service]]
id = "google-analytics-4"
purpose = "analytics"
cookies = ["_ga", "_ga_*"]
hosts = ["analytics.google.com"]
endpoints = ["*?v=2&tid=G-*", "*/gtag/js?id=G-*"]
[[service]]
id = "house-stats"
purpose = "analytics"
cookies = ["_hs"]
endpoints = ["/hs/*", "*?key=HS-*"]
"#;

async fn shop(site: &str) -> (Origin, Vestibule) {
    let origin = Origin::start(|seen| {
        let cookies = "Set-Cookie: _ga=GA1.9; Path=/\r\nSet-Cookie: PHPSESSID=new; Path=/\r\n";
        Reply::ok(&format!("Content-Type: text/plain\r\n{cookies}"), [b"shop:", &seen.body[..]].concat())
    })
    .await;
    let proxy = Vestibule::before(&origin.url(), &format!("{site}\n{MORE}"));
    (origin, proxy)
}

fn seen(origin: &Origin) -> Vec<Seen> {
    origin.seen.lock().unwrap().clone()
}

/// Fields of a script's request to its own origin.
const BY_SCRIPT: &str = "Sec-Fetch-Dest: empty\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Site: same-origin\r\n";

async fn post(proxy: &Vestibule, path: &str, fields: &str, body: &[u8]) -> Response {
    let head = format!("POST {path} HTTP/1.1\r\nHost: shop.test\r\n{fields}Content-Length: {}\r\n\r\n", body.len());
    raw(proxy.address, &[head.as_bytes(), body].concat(), false).await
}

const HIT: &str = "/metrics/g/collect?v=2&tid=G-ABC123&cid=1.2&en=page_view";

#[tokio::test]
async fn t40_a_gateway_without_consent_is_answered_here() {
    let (origin, proxy) = shop("").await;
    for fields in [BY_SCRIPT, "", "Sec-Fetch-Dest: image\r\n", "Sec-Fetch-Dest: iframe\r\nSec-Fetch-Mode: navigate\r\n"]
    {
        let response = get(proxy.address, HIT, &format!("{fields}Cookie: _ga=GA1.1; sid=7\r\n")).await;
        assert_eq!((response.status, response.body.len()), (204, 0), "{fields}");
        assert_eq!(response.one("cache-control"), "no-store");
        assert!(response.field("set-cookie").is_empty());
    }
    let refused = choose(&proxy, r#"{"choice":"refuse"}"#).await;
    let response = post(&proxy, HIT, &format!("{BY_SCRIPT}Cookie: {refused}\r\n"), b"en=scroll\nen=click").await;
    assert_eq!(response.status, 204);
    assert!(seen(&origin).is_empty(), "{:?}", seen(&origin));
}

#[tokio::test]
async fn t40_a_script_of_a_gateway_is_an_empty_script() {
    let (origin, proxy) = shop("").await;
    for fields in ["Sec-Fetch-Dest: script\r\n", "", "Sec-Fetch-Dest: serviceworker\r\n"] {
        let response = get(proxy.address, "/metrics/gtag/js?id=G-ABC123", fields).await;
        assert_eq!((response.status, response.body.len()), (200, 0), "{fields}");
        assert_eq!(response.one("content-type"), "text/javascript; charset=utf-8");
        assert_eq!(response.one("cache-control"), "no-store");
    }
    assert!(seen(&origin).is_empty());
}

/// A visitor who follows a link wants the page, whatever its address looks like.
#[tokio::test]
async fn t40_pages_that_look_alike_are_pages() {
    let (origin, proxy) = shop("").await;
    for fields in [
        "Sec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\n",
        "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n",
        "Sec-Fetch-Mode: navigate\r\n",
    ] {
        for path in [HIT, "/hs/collect"] {
            assert_eq!(get(proxy.address, path, fields).await.status, 200, "{fields} {path}");
        }
    }
    let form =
        "Sec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\nContent-Type: application/x-www-form-urlencoded\r\n";
    let response = post(&proxy, "/search", form, b"v=2&tid=G-ABC123").await;
    assert_eq!(response.text(), "shop:v=2&tid=G-ABC123");
    // And other paths are nobody's.
    for path in ["/hs", "/g/collect?v=2", "/metrics/gtag/js?id=X-1", "/app.js"] {
        assert_eq!(get(proxy.address, path, BY_SCRIPT).await.status, 200, "{path}");
    }
    assert_eq!(seen(&origin).len(), 11);
}

#[tokio::test]
async fn t40_with_consent_nothing_foreign_goes_along() {
    let (origin, proxy) = shop("necessary = [{ cookie = \"sid\", reason = \"the cart\" }]").await;
    let yes = choose(&proxy, r#"{"choice":"accept"}"#).await;
    let sent = format!(
        "{BY_SCRIPT}Cookie: sid=7; _ga=GA1.1; _fbp=x; _ga_ABC=GS1; PHPSESSID=old; {yes}\r\nUser-Agent: Mozilla/5.0 (X11) Chrome/148.0.7778.217 Safari/537.36\r\nSec-CH-UA: \"Chromium\"\r\nSec-CH-UA-Mobile: ?0\r\nSec-CH-UA-Model: \"Pixel\"\r\nSec-CH-UA-Full-Version-List: \"x\"\r\n"
    );
    let response = get(proxy.address, HIT, &sent).await;
    assert_eq!(response.text(), "shop:");
    // A session that the collector began because it saw none would end the visitor's.
    assert_eq!(response.field("set-cookie"), ["_ga=GA1.9; Path=/"]);
    let last = origin.last();
    assert_eq!(last.field("cookie"), ["_ga=GA1.1; _ga_ABC=GS1"]);
    assert_eq!(last.field("user-agent"), ["Mozilla/5.0 (X11) Chrome/148.0.0.0 Safari/537.36"]);
    assert_eq!(last.field("sec-ch-ua"), ["\"Chromium\""]);
    assert!(last.field("sec-ch-ua-model").is_empty() && last.field("sec-ch-ua-full-version-list").is_empty());
    assert_eq!(last.field("x-forwarded-for"), ["127.0.0.1"], "as granted");
    // The same visitor's other requests are the shop's.
    let response = get(proxy.address, "/cart", &sent).await;
    assert_eq!(response.field("set-cookie").len(), 2);
    assert!(origin.last().field("cookie")[0].starts_with("sid=7; _ga=GA1.1; _fbp=x; _ga_ABC=GS1; PHPSESSID=old"));
    assert_eq!(origin.last().field("sec-ch-ua-model"), ["\"Pixel\""]);
}

#[tokio::test]
async fn t40_beacons_leave_the_connection_usable() {
    let (origin, proxy) = shop("").await;
    let mut stream = TcpStream::connect(proxy.address).await.unwrap();
    let mut buffer = Vec::new();
    for size in [0, 20, 9_000, 65_536] {
        let body = vec![b'x'; size];
        let head = format!(
            "POST {HIT} HTTP/1.1\r\nHost: shop.test\r\n{BY_SCRIPT}Content-Type: text/plain\r\nContent-Length: {size}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&body).await.unwrap();
        let response = read_response(&mut stream, &mut buffer, false).await;
        assert_eq!((response.status, response.one("connection").as_str()), (204, "keep-alive"), "{size}");
    }
    let chunked = format!("POST {HIT} HTTP/1.1\r\nHost: shop.test\r\n{BY_SCRIPT}Transfer-Encoding: chunked\r\n\r\n");
    stream.write_all(format!("{chunked}3\r\nabc\r\n0\r\n\r\n").as_bytes()).await.unwrap();
    assert_eq!(read_response(&mut stream, &mut buffer, false).await.status, 204);
    stream.write_all(b"GET /cart HTTP/1.1\r\nHost: shop.test\r\n\r\n").await.unwrap();
    assert_eq!(read_response(&mut stream, &mut buffer, false).await.text(), "shop:");
    // More than any beacon is not read to the end.
    let head = format!("POST {HIT} HTTP/1.1\r\nHost: shop.test\r\n{BY_SCRIPT}Content-Length: 900000000\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let response = read_response(&mut stream, &mut buffer, false).await;
    assert_eq!((response.status, response.one("connection").as_str()), (204, "close"));
    assert_eq!(seen(&origin).len(), 1);
}

#[tokio::test]
async fn t40_beacons_over_http2_end_cleanly() {
    let (origin, proxy) = shop("").await;
    for size in [0, 20, 60_000] {
        let request = http::Request::post(format!("http://shop.test{HIT}")).header("sec-fetch-dest", "empty");
        let response = http2(proxy.address, request, &vec![b'x'; size]).await;
        assert_eq!((response.status, response.complete), (204, true), "{size}");
    }
    assert!(seen(&origin).is_empty());
}

#[tokio::test]
async fn t40_preflights_of_our_own_hosts_are_allowed() {
    let (origin, proxy) = shop("").await;
    let ask = |from: &str| {
        format!(
            "OPTIONS {HIT} HTTP/1.1\r\nHost: shop.test\r\nOrigin: {from}\r\nSec-Fetch-Mode: cors\r\n\
             Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type, x-a\r\n\r\n"
        )
    };
    let response = raw(proxy.address, ask("http://m.shop.test").as_bytes(), false).await;
    assert_eq!(response.status, 204);
    assert_eq!(response.one("access-control-allow-origin"), "http://m.shop.test");
    assert_eq!(response.one("access-control-allow-headers"), "content-type, x-a");
    assert_eq!(response.one("access-control-allow-methods"), "POST");
    assert_eq!(response.one("access-control-max-age"), "0");
    let response = raw(proxy.address, ask("http://evil.example").as_bytes(), false).await;
    assert_eq!((response.status, response.one("access-control-allow-origin").as_str()), (204, ""));
    let response = post(&proxy, HIT, "Origin: http://m.shop.test\r\nSec-Fetch-Dest: empty\r\n", b"x").await;
    assert_eq!(response.one("access-control-allow-origin"), "http://m.shop.test");
    assert!(seen(&origin).is_empty());
}

#[tokio::test]
async fn t41_aliases_are_known_by_what_they_carry() {
    let (origin, proxy) = shop("").await;
    let path = "/_scripts/p/a1b2/g/collect?v=2&tid=G-XYZ&cid=7";
    assert_eq!(get(proxy.address, path, BY_SCRIPT).await.status, 204);
    for (kind, body) in [
        ("text/plain;charset=UTF-8", &b"v=2&tid=G-XYZ&cid=7"[..]),
        ("application/x-www-form-urlencoded", b"cid=7&tid=G-XYZ&v=2"),
        ("text/plain", b"en=a&v=1\r\nv=2&tid=G-XYZ&en=b"),
        ("application/json", br#"{"key":"HS-1","batch":[]}"#),
        ("text/plain", br#"[{"event":"x","properties":{"key":"HS-1"}}]"#),
    ] {
        let response = post(&proxy, "/x/y", &format!("{BY_SCRIPT}Content-Type: {kind}\r\n"), body).await;
        assert_eq!(response.status, 204, "{}", String::from_utf8_lossy(body));
    }
    // The path has one half and the body the other.
    let response = post(&proxy, "/x?v=2", &format!("{BY_SCRIPT}Content-Type: text/plain\r\n"), b"tid=G-1").await;
    assert_eq!(response.status, 204);
    assert!(seen(&origin).is_empty());
    let yes = choose(&proxy, r#"{"choice":"accept"}"#).await;
    let fields = format!("{BY_SCRIPT}Content-Type: text/plain\r\nCookie: {yes}; sid=7; _ga=1\r\n");
    let response = post(&proxy, "/x/y", &fields, b"v=2&tid=G-XYZ&cid=7").await;
    assert_eq!(response.text(), "shop:v=2&tid=G-XYZ&cid=7", "what was looked at is not lost");
    assert_eq!(origin.last().field("cookie"), ["_ga=1"]);
}

/// A body that is looked at reaches the shop byte for byte, in however many pieces it comes; others are not waited for.
#[tokio::test]
async fn t41_bodies_of_the_shop_stream_untouched() {
    let (origin, proxy) = shop("").await;
    let fields = format!("{BY_SCRIPT}Content-Type: application/json\r\n");
    for size in [1, 500, 8_192, 8_193, 200_000] {
        let body: Vec<u8> = (0..size).map(|at| b'a' + u8::try_from(at % 26).unwrap()).collect();
        let response = post(&proxy, "/checkout", &fields, &body).await;
        assert!(response.body == [b"shop:", &body[..]].concat(), "{size}");
        let request = http::Request::post("http://shop.test/checkout")
            .header("sec-fetch-dest", "empty")
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/json")
            .header("content-length", size.to_string());
        let response = http2(proxy.address, request, &body).await;
        assert!(response.body == [b"shop:", &body[..]].concat(), "http2 {size}");
    }
    let mut stream = TcpStream::connect(proxy.address).await.unwrap();
    let head = format!("POST /checkout HTTP/1.1\r\nHost: shop.test\r\n{fields}Content-Length: 6\r\n\r\n");
    for piece in [head.as_bytes(), b"{\"", b"a\":", b"1"] {
        stream.write_all(piece).await.unwrap();
        stream.flush().await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    }
    assert_eq!(read_response(&mut stream, &mut Vec::new(), false).await.text(), "shop:{\"a\":1");
    // One that does not come in time is not waited for: the shop hears of it before it is whole.
    let mut stream = TcpStream::connect(proxy.address).await.unwrap();
    let before = seen(&origin).len();
    stream.write_all(head.as_bytes()).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    stream.write_all(b"{\"a\":1").await.unwrap();
    assert_eq!(read_response(&mut stream, &mut Vec::new(), false).await.text(), "shop:{\"a\":1");
    assert_eq!(seen(&origin).len(), before + 1);
}

#[tokio::test]
async fn t41_bodies_are_left_alone_where_the_site_says_so() {
    let (_origin, proxy) = shop("collectors = { read_bodies = false }").await;
    let fields = format!("{BY_SCRIPT}Content-Type: text/plain\r\n");
    assert_eq!(post(&proxy, "/x/y", &fields, b"v=2&tid=G-XYZ").await.text(), "shop:v=2&tid=G-XYZ");
}

#[tokio::test]
async fn t43_the_visitors_address_is_kept_from_services_by_name() {
    let (origin, proxy) = shop("collectors = { without_address = [\"house-stats\"] }").await;
    let yes = choose(&proxy, r#"{"choice":"accept"}"#).await;
    for (path, address) in [(HIT, 1), ("/hs/t", 0), ("/cart", 1)] {
        get(proxy.address, path, &format!("{BY_SCRIPT}Cookie: {yes}\r\n")).await;
        assert_eq!(origin.last().path(), path);
        assert_eq!(origin.last().field("x-forwarded-for").len(), address, "{path}");
    }
}

/// In observe mode everything reaches the shop, whole, and the finding is there.
#[tokio::test]
async fn observing_changes_nothing() {
    let (origin, proxy) = shop("mode = \"observe\"").await;
    let response = post(&proxy, HIT, &format!("{BY_SCRIPT}Cookie: sid=7; _ga=1\r\n"), b"en=a").await;
    assert_eq!(response.text(), "shop:en=a");
    assert_eq!(origin.last().field("cookie"), ["sid=7; _ga=1"]);
    proxy.wait_for_log("Request answered");
    let metrics = get(proxy.admin(), "/metrics", "").await.text();
    assert!(metrics.contains("endpoint"), "{metrics}");
}

/// What a page loads from a gateway on its own host is made inert in the page already.
#[tokio::test]
async fn pages_lose_the_tags_of_a_gateway() {
    let page = "<!doctype html><script src=\"/metrics/gtag/js?id=G-ABC&amp;l=x\"></script><img src=/hs/p.gif><script \
                src=/app.js></script><img src=\"?v=2&amp;tid=G-1\">";
    let origin = Origin::always(Reply::html(page)).await;
    let proxy = Vestibule::before(&origin.url(), &format!("banner = false\n{MORE}"));
    let text = get(proxy.address, "/p", "Sec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\n").await.text();
    assert!(text.contains("<script src=/app.js>"), "{text}");
    for gone in [" src=\"/metrics/", " src=/hs/", " src=\"?v=2"] {
        assert!(!text.contains(gone), "{text}");
    }
}

/// However a call is written, servers read the same from it.
#[tokio::test]
async fn t41_a_call_is_known_however_it_is_written() {
    let (origin, proxy) = shop("").await;
    for target in [
        "http://shop.test/metrics/g/collect?v=2&tid=G-ABC123&cid=1.2",
        "/metrics/g/collect?v=2;tid=G-ABC123;cid=1.2",
        "/metrics/g/collect?v=2&tid=G%2DABC123&cid=1.2",
        "/%68s/collect",
        "//hs///collect/",
        "/hs/collect;jsessionid=1",
    ] {
        let request = format!("GET {target} HTTP/1.1\r\nHost: shop.test\r\n{BY_SCRIPT}\r\n");
        let response = raw(proxy.address, request.as_bytes(), false).await;
        assert_eq!(response.status, 204, "{target}");
    }
    assert!(seen(&origin).is_empty(), "{:?}", seen(&origin));
}

/// That a platform's host is necessary says nothing about a collector on it.
#[tokio::test]
async fn t41_a_collector_on_a_necessary_host_is_one() {
    let origin = Origin::always(Reply::ok("", "shop")).await;
    let proxy = Vestibule::with_config(&format!(
        "version = 1\n[listen]\nhttp = \"127.0.0.1:0\"\n[[site]]\nhosts = \"foo.myshopify.com\"\nupstream = \"{}\"\n{MORE}",
        origin.url()
    ));
    let ask = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: foo.myshopify.com\r\n{BY_SCRIPT}\r\n");
    assert_eq!(raw(proxy.address, ask(HIT).as_bytes(), false).await.status, 204);
    assert_eq!(raw(proxy.address, ask("/cart.js").as_bytes(), false).await.status, 200);
}

/// A body that takes its time is judged by what came in time.
#[tokio::test]
async fn t41_a_slow_body_is_no_yes() {
    let (origin, proxy) = shop("").await;
    let mut stream = TcpStream::connect(proxy.address).await.unwrap();
    let head = format!(
        "POST /api HTTP/1.1\r\nHost: shop.test\r\n{BY_SCRIPT}Content-Type: text/plain\r\nContent-Length: 60\r\n\r\n"
    );
    stream.write_all(format!("{head}key=HS-1&x=1\n").as_bytes()).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(1300)).await;
    stream.write_all(&[b'y'; 47]).await.unwrap();
    let response = read_response(&mut stream, &mut Vec::new(), false).await;
    assert_eq!(response.status, 204);
    assert!(seen(&origin).is_empty());
}
