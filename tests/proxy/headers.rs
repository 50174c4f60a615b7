//! Message heads over the wire: what somebody else would be told, in either direction and over both versions of HTTP.

use crate::consent_api::choose;
use crate::support::client::{get, http2, raw};
use crate::support::origin::{End, Origin, Origin2, Reply, Seen};
use crate::support::vestibule::Vestibule;

/// Services of the cases here, whatever the built-in catalog knows.
const SERVICES: &str = r#"
[[service]]
id = "clicks"
purpose = "marketing"
hosts = ["t.example"]
parameters = ["gclid", "fbclid", "msclkid", "_ga", "_gl"]
fields = ["sec-ch-ua-full-version-list", "attribution-reporting-*", "observe-browsing-topics"]
"#;

/// As above, and the shop wants address and origin of visitors for its statistics only.
const CAREFUL: &str = r#"
[[service]]
id = "visitor-address"
purpose = "analytics"
fields = ["x-forwarded-for", "x-real-ip", "forwarded"]
[[service]]
id = "referrer"
purpose = "analytics"
fields = ["referer"]
"#;

fn shop(upstream: &str, listen: &str, services: &str) -> Vestibule {
    Vestibule::with_config(&format!(
        "version = 1\n[listen]\nhttp = \"127.0.0.1:0\"\n{listen}\n[[site]]\nhosts = \"shop.test\"\n\
         upstream = \"{upstream}\"\n{services}"
    ))
}

fn yes(purpose: &str) -> String {
    format!(r#"{{"choice":"save","purposes":["{purpose}"]}}"#)
}

#[tokio::test]
async fn t34_links_to_trackers_are_not_followed_before_the_page() {
    let link = "Link: <https://t.example/x.js>; rel=preload; as=script, </own.css>; rel=preload; as=style\r\n\
                Link: <https://t.example/>; rel=preconnect\r\nLink: </next>; rel=next\r\n";
    let early = format!("HTTP/1.1 103 Early Hints\r\n{link}\r\nHTTP/1.1 200 OK\r\n{link}Content-Length: 0\r\n\r\n");
    for origin in [Origin::always(Reply::ok(link, "")).await, Origin::always(Reply::new(early)).await] {
        let proxy = shop(&origin.url(), "", SERVICES);
        let left = ["</own.css>; rel=preload; as=style", "</next>; rel=next"];
        let response = get(proxy.address, "/", "").await;
        assert_eq!((response.status, response.field("link")), (200, left.map(str::to_owned).to_vec()));
        let response = http2(proxy.address, hyper::Request::get("http://shop.test/"), b"").await;
        assert_eq!((response.status, response.field("link")), (200, left.map(str::to_owned).to_vec()));
        let cookie = choose(&proxy, &yes("marketing")).await;
        let response = get(proxy.address, "/", &format!("Cookie: {cookie}\r\n")).await;
        assert_eq!(response.field("link").join("|").matches("t.example").count(), 2);
    }
}

#[tokio::test]
async fn t35_what_tells_browsers_to_report_and_to_collect() {
    let fields = "Report-To: {\"group\":\"r\",\"max_age\":1,\"endpoints\":[{\"url\":\"https://t.example/r\"}]}\r\n\
                  NEL: {\"report_to\":\"r\",\"max_age\":1}\r\n\
                  Reporting-Endpoints: a=\"https://t.example/r\"\r\n\
                  Content-Security-Policy: default-src 'self'; report-uri https://t.example/csp\r\n\
                  Accept-CH: Sec-CH-UA-Full-Version-List, Save-Data\r\nCritical-CH: Sec-CH-UA-Full-Version-List\r\n\
                  Permissions-Policy: ch-ua-model=(self \"https://t.example\")\r\n\
                  Timing-Allow-Origin: https://partner.example\r\n\
                  Attribution-Reporting-Register-Source: {\"source_event_id\":\"1\"}\r\n\
                  Observe-Browsing-Topics: ?1\r\nETag: \"v1\"\r\n";
    for status in ["200 OK", "302 Found\r\nLocation: /x", "404 Not Found", "304 Not Modified"] {
        let length = if status.starts_with("304") { "" } else { "Content-Length: 0\r\n" };
        let origin = Origin::always(Reply::new(format!("HTTP/1.1 {status}\r\n{fields}{length}\r\n"))).await;
        let proxy = shop(&origin.url(), "", SERVICES);
        let refused = get(proxy.address, "/", "").await;
        assert!(!format!("{refused:?}").contains("t.example"), "{refused:?}");
        for (name, left) in [
            ("report-to", ""),
            ("nel", "{\"report_to\":\"default\",\"max_age\":0}"),
            ("reporting-endpoints", ""),
            ("content-security-policy", "default-src 'self'"),
            ("accept-ch", "Save-Data"),
            ("critical-ch", ""),
            ("permissions-policy", "ch-ua-model=(self)"),
            ("timing-allow-origin", "https://partner.example"),
            ("attribution-reporting-register-source", ""),
            ("observe-browsing-topics", ""),
        ] {
            assert_eq!(refused.one(name), left, "{status} {name}");
        }
        let cookie = choose(&proxy, r#"{"choice":"accept"}"#).await;
        let agreed = get(proxy.address, "/", &format!("Cookie: {cookie}\r\n")).await;
        let arrived = agreed
            .fields
            .iter()
            .map(|(name, value)| format!("{}: {}\r\n", name.to_lowercase(), String::from_utf8_lossy(value)));
        let arrived: String = arrived.collect();
        // Which variant it is, the tag says.
        for line in fields.lines().filter(|line| !line.starts_with("ETag")) {
            let (name, value) = line.split_once(": ").unwrap();
            assert!(arrived.contains(&format!("{}: {value}\r\n", name.to_lowercase())), "{line} not in\n{arrived}");
        }
    }
}

#[tokio::test]
async fn t37_a_reporting_policy_of_the_shop_stays_as_it_is() {
    let policy = "default-src 'none' https://t.example 'nonce-x';; REPORT-uri /own";
    let fields = format!("Content-Type: text/html\r\nContent-Security-Policy-Report-Only: {policy}\r\n");
    let origin = Origin::always(Reply::ok(&fields, "<p>")).await;
    let proxy = shop(&origin.url(), "", SERVICES);
    let response = get(proxy.address, "/", "Accept: text/html\r\n").await;
    assert_eq!(response.field("content-security-policy-report-only"), [policy]);
    let other = policy.replace("/own", "https://t.example/csp /own");
    let fields = fields.replace(policy, &other);
    let origin = Origin::always(Reply::ok(&fields, "<p>")).await;
    let proxy = shop(&origin.url(), "", SERVICES);
    let response = get(proxy.address, "/", "Accept: text/html\r\n").await;
    assert_eq!(response.field("content-security-policy-report-only"), [policy]);
}

#[tokio::test]
async fn t39_click_ids_do_not_reach_the_shop() {
    let origin = Origin::always(Reply::ok("", "")).await;
    let proxy = shop(&origin.url(), "", SERVICES);
    let target = "/p%20q?gclid=1&utm_source=m&a=%zz&&_gl=1*x&a=b;fbclid=2";
    let left = "/p%20q?utm_source=m&a=%zz&&a=b";
    let referer = |target: &str| format!("Referer: http://shop.test{target}\r\n");
    for (sent, left) in [
        (target, left),
        ("/?msclkid=1", "/"),
        ("/?", "/?"),
        ("/?q=a?b&_ga=2.1", "/?q=a?b"),
        ("/paid?token=EC-1&PayerID=2&gclid=3", "/paid?token=EC-1&PayerID=2&gclid=3"),
        ("/back?code=1&state=2&gclid=3", "/back?code=1&state=2&gclid=3"),
        ("/f?X-Amz-Signature=1&gclid=3", "/f?X-Amz-Signature=1&gclid=3"),
    ] {
        get(proxy.address, sent, &referer(sent)).await;
        assert_eq!(origin.last().path(), left);
        assert_eq!(origin.last().field("referer"), [format!("http://shop.test{left}")]);
        http2(proxy.address, hyper::Request::get(format!("http://shop.test{sent}")), b"").await;
        assert_eq!(origin.last().path(), left);
    }
    let eight_bit = b"GET /\xc3\xa9?gclid=1&a=\xc3\xbf HTTP/1.1\r\nHost: shop.test\r\n\r\n";
    let response = raw(proxy.address, eight_bit, false).await;
    assert_eq!(response.status, 200, "{response:?}");
    assert!(origin.last().head.starts_with(b"GET /\xc3\xa9?a=\xc3\xbf HTTP/1.1\r\n"), "{:?}", origin.last().text());
    let form = "POST /p?gclid=1&a=2 HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 7\r\n\r\ngclid=1";
    raw(proxy.address, form.as_bytes(), false).await;
    assert_eq!((origin.last().path().as_str(), &origin.last().body[..]), ("/p?a=2", &b"gclid=1"[..]));
    let cookie = choose(&proxy, r#"{"choice":"accept"}"#).await;
    get(proxy.address, target, &format!("Cookie: {cookie}\r\n")).await;
    assert_eq!(origin.last().path(), target, "agreed to, it reaches the shop: the browser had it all the time");
    // Our own endpoints see what was asked for.
    assert_eq!(get(proxy.address, "/.vestibule/state?gclid=1", "").await.status, 200);
    assert!(!proxy.logged().contains("EC-1") && !proxy.logged().contains("gclid=1"));
}

#[tokio::test]
async fn t39_over_http2_to_the_shop() {
    let origin = Origin2::start(vec![], b"x".to_vec(), End::WithData).await;
    let proxy = shop(&origin.url(), "", &format!("{SERVICES}{CAREFUL}"));
    get(proxy.address, "/p?gclid=1&a=2", "Referer: https://search.example/find?q=1\r\n").await;
    let seen = origin.seen.lock().unwrap().last().cloned().unwrap();
    assert_eq!(seen.headers["referer"], "https://search.example/");
    assert_eq!(seen.headers["x-forwarded-for"], "127.0.0.0");
}

#[tokio::test]
async fn t39_an_operator_keeps_what_the_shop_needs() {
    let origin = Origin::always(Reply::ok("", "")).await;
    let keep = "[[site.necessary]]\nparameter = \"GCLID\"\nreason = \"resellers are paid by it\"\n";
    let proxy = shop(&origin.url(), "", &format!("{keep}{SERVICES}"));
    get(proxy.address, "/?gclid=1&fbclid=2", "").await;
    assert_eq!(origin.last().path(), "/?gclid=1");
}

/// Follows redirects as a browser does, and gives the path of every request.
async fn walk(proxy: &Vestibule, from: &str) -> Vec<String> {
    let mut path = from.to_owned();
    let mut walked = vec![path.clone()];
    for _ in 0..20 {
        let response = get(proxy.address, &path, "Accept: text/html\r\n").await;
        let location = response.one("location");
        if response.status != 302 || location.is_empty() {
            return walked;
        }
        location.trim_start_matches("http://shop.test").clone_into(&mut path);
        walked.push(path.clone());
    }
    panic!("round and round: {walked:?}");
}

fn redirect(to: &str) -> Reply {
    Reply::new(format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n"))
}

/// Each of these shops answers in the end when nobody stands in between, so it has to with us.
#[tokio::test]
async fn t39_nobody_is_sent_in_circles() {
    type Shop = fn(&str) -> Option<String>;
    let insists: Shop = |path| (!path.contains("gclid")).then(|| "/p?gclid=made-up".to_owned());
    let insists_absolutely: Shop =
        |path| (!path.contains("gclid")).then(|| "http://shop.test/p?a=1&gclid=x".to_owned());
    let takes_it_out: Shop = |path| path.contains("gclid").then(|| path.split('?').next().unwrap().to_owned());
    let slash: Shop = |path| {
        let (path, query) = path.split_once('?').map_or((path, ""), |(path, query)| (path, query));
        (!path.ends_with('/')).then(|| if query.is_empty() { format!("{path}/") } else { format!("{path}/?{query}") })
    };
    let through_a_tracker: Shop =
        |path| (path == "/p").then(|| "https://t.example/c?url=http%3A%2F%2Fshop.test%2Fp%3Fseen%3D1".to_owned());
    for (name, shop_of, walked) in [
        ("insists", insists, &["/p?gclid=1", "/p?gclid=made-up"][..]),
        ("insists", insists, &["/p", "/p?gclid=made-up"]),
        ("insists absolutely", insists_absolutely, &["/p?gclid=1", "/p?a=1"]),
        ("takes it out", takes_it_out, &["/p?gclid=1"]),
        ("slash", slash, &["/p?gclid=1&a=2", "/p/?a=2"]),
        ("through a tracker", through_a_tracker, &["/p", "/p?seen=1"]),
    ] {
        let origin = Origin::start(move |seen: &Seen| match shop_of(&seen.path()) {
            Some(to) => redirect(&to),
            None => Reply::ok("", "there"),
        })
        .await;
        let proxy = shop(&origin.url(), "", SERVICES);
        let found = walk(&proxy, walked[0]).await;
        if name == "insists absolutely" {
            assert_eq!(found.last().map(String::as_str), Some("/p?a=1&gclid=x"), "{found:?}");
        } else {
            assert_eq!(found, walked, "{name}");
        }
    }
}

/// Links in pages, too, where the site wants it, and nothing else of them.
#[tokio::test]
async fn t39_links_lose_click_ids_where_the_site_wants_it() {
    let page = "<p><a href=\"https://partner.example/x?a=1&amp;gclid=2&amp;b=%20#f\">x</a><a href=/y?fbclid=1>y</a>\
                <a href=\"https://pay.example/?gclid=1&signature=2\">z</a>";
    let origin = Origin::always(Reply::html(page)).await;
    let of = |wanted: bool| shop(&origin.url(), "", &format!("banner = false\nstrip_links = {wanted}\n{SERVICES}"));
    assert_eq!(get(of(false).address, "/", "").await.text(), page);
    let proxy = of(true);
    let short = page.replace("&amp;gclid=2", "").replace("?fbclid=1", "");
    assert_eq!(get(proxy.address, "/", "").await.text(), short);
    let cookie = choose(&proxy, &yes("marketing")).await;
    assert_eq!(get(proxy.address, "/", &format!("Cookie: {cookie}\r\n")).await.text(), page);
}

#[tokio::test]
async fn t39_parts_of_a_page_are_not_led_to_trackers() {
    let origin = Origin::always(redirect("https://t.example/pixel?id=1")).await;
    let proxy = shop(&origin.url(), "", SERVICES);
    let image = get(proxy.address, "/p.gif", "Sec-Fetch-Dest: image\r\nAccept: image/*\r\n").await;
    assert_eq!((image.status, image.field("location")), (302, vec![]));
    let page = get(proxy.address, "/go", "Sec-Fetch-Dest: document\r\nAccept: text/html\r\n").await;
    assert_eq!(page.one("location"), "https://t.example/pixel?id=1", "whoever is on the way arrives");
}

#[tokio::test]
async fn s8_the_visitors_network_instead_of_the_address() {
    let origin = Origin::always(Reply::ok("", "")).await;
    let trusted = "trusted_proxies = [\"127.0.0.1\", \"10.0.0.0/8\"]";
    let fields = "X-Forwarded-For: 203.0.113.77, 10.1.2.3\r\nX-Real-IP: 203.0.113.77\r\n\
                  Forwarded: for=\"[2001:db8:1:2::3]:443\";proto=http\r\nReferer: https://search.example/find?q=1\r\n\
                  Origin: https://search.example\r\nSec-GPC: 1\r\nDNT: 1\r\n";
    // By default a shop is told what it was always told: it checks orders by it.
    let proxy = shop(&origin.url(), trusted, SERVICES);
    get(proxy.address, "/", fields).await;
    assert_eq!(origin.last().field("x-forwarded-for"), ["203.0.113.77, 10.1.2.3, 127.0.0.1"]);
    assert_eq!(origin.last().field("referer"), ["https://search.example/find?q=1"]);
    let proxy = shop(&origin.url(), trusted, &format!("{SERVICES}{CAREFUL}"));
    get(proxy.address, "/", fields).await;
    let seen = origin.last();
    assert_eq!(seen.field("x-forwarded-for"), ["203.0.113.0, 10.1.2.3, 127.0.0.1"], "our own proxies are no visitors");
    assert_eq!(seen.field("x-real-ip"), ["203.0.113.0"]);
    assert_eq!(seen.field("forwarded"), ["for=\"[2001:db8:1::]\";proto=http", "for=127.0.0.1"]);
    assert_eq!(seen.field("referer"), ["https://search.example/"]);
    for (name, value) in [("origin", "https://search.example"), ("sec-gpc", "1"), ("dnt", "1")] {
        assert_eq!(seen.field(name), [value]);
    }
    get(proxy.address, "/", "Referer: http://shop.test/account/7?x=1\r\nX-Forwarded-For: unreadable\r\n").await;
    assert_eq!(origin.last().field("referer"), ["http://shop.test/account/7?x=1"], "forms are checked by it");
    assert_eq!(origin.last().field("x-forwarded-for"), ["unknown, 127.0.0.1"]);
    let cookie = choose(&proxy, &yes("analytics")).await;
    get(proxy.address, "/", &format!("{fields}Cookie: {cookie}\r\n").replace("Sec-GPC: 1\r\n", "")).await;
    assert_eq!(origin.last().field("x-forwarded-for"), ["203.0.113.77, 10.1.2.3, 127.0.0.1"]);
    assert_eq!(origin.last().field("referer"), ["https://search.example/find?q=1"]);
}

/// Whoever is not trusted says nothing that a shop might believe, in whatever spelling.
#[tokio::test]
async fn s8_nobody_is_believed_who_is_not_trusted() {
    let origin = Origin::always(Reply::ok("", "")).await;
    let claims = [
        "X-Forwarded-For: 9.9.9.9",
        "X_Forwarded_For: 9.9.9.9",
        "Forwarded: for=9.9.9.9;host=evil.test;proto=https",
        "X-Real-IP: 9.9.9.9",
        "True-Client-IP: 9.9.9.9",
        "CF-Connecting-IP: 9.9.9.9",
        "Client-IP: 9.9.9.9",
        "X-Client-IP: 9.9.9.9",
        "X-Cluster-Client-IP: 9.9.9.9",
        "Fastly-Client-IP: 9.9.9.9",
        "X-Forwarded-Host: evil.test",
        "X_Forwarded-Host: evil.test",
        "X-Forwarded-Port: 6666",
        "X-Forwarded-Prefix: /evil",
        "X-Forwarded-Server: evil.test",
        "X-Forwarded-Ssl: on",
        "Front-End-Https: on",
        "X-Original-URL: /evil",
        "X-Rewrite-URL: /evil",
        "X-Original-Host: evil.test",
        "X-Host: evil.test",
        "CF-Visitor: {\"scheme\":\"https\"}",
        "Proxy: http://evil.test",
    ]
    .map(|claim| format!("{claim}\r\n"))
    .concat();
    let proxy = shop(&origin.url(), "", SERVICES);
    get(proxy.address, "/", &claims).await;
    let head = origin.last().text().to_lowercase();
    for word in ["9.9.9.9", "evil", "6666", "https", "-ssl"] {
        assert!(!head.contains(word), "{word} in {head}");
    }
    assert!(head.contains("x-forwarded-for: 127.0.0.1\r\n") && head.contains("x-forwarded-proto: http\r\n"));
    // A trusted one is believed, in the spelling of proxies.
    let proxy = shop(&origin.url(), "trusted_proxies = \"127.0.0.1\"", SERVICES);
    get(proxy.address, "/?a=1&gclid=2", &claims.replace("/evil\r\nX-Rewrite", "/evil?gclid=2&b\r\nX-Rewrite")).await;
    let seen = origin.last();
    assert_eq!(seen.field("x-forwarded-for"), ["9.9.9.9, 127.0.0.1"]);
    assert_eq!(seen.field("x-original-url"), ["/evil?b"]);
    assert_eq!(seen.field("x-forwarded-host"), ["evil.test"]);
    assert!(seen.field("x_forwarded_for").is_empty() && seen.field("proxy").is_empty(), "{}", seen.text());
}

/// What depends on the visitor is kept by nobody for others, whatever it is, and known by the visitor's variant.
#[tokio::test]
async fn what_consent_decides_is_nobody_elses() {
    let head = |more: &str| format!("Cache-Control: public, max-age=86400\r\nETag: \"abc\"\r\n{more}");
    for more in ["Set-Cookie: _fbp=1; Max-Age=99\r\n", "Link: <https://t.example/x.js>; rel=preload; as=script\r\n"] {
        let origin = Origin::always(Reply::ok(&head(&format!("Content-Type: image/gif\r\n{more}")), "x")).await;
        let proxy = shop(&origin.url(), "", SERVICES);
        let yes = choose(&proxy, r#"{"choice":"accept"}"#).await;
        for fields in [String::new(), format!("Cookie: {yes}\r\n")] {
            let response = get(proxy.address, "/pixel.gif", &fields).await;
            assert_eq!(response.one("cache-control"), "private, no-cache", "{more}{fields}");
            assert_ne!(response.one("etag"), "\"abc\"", "{more}{fields}");
        }
    }
    let plain =
        Origin::always(Reply::ok(&head("Content-Type: image/gif\r\nLink: </a.css>; rel=preload\r\n"), "x")).await;
    let response = get(shop(&plain.url(), "", SERVICES).address, "/pixel.gif", "").await;
    assert_eq!(
        (response.one("cache-control"), response.one("etag")),
        ("public, max-age=86400".into(), "\"abc\"".into())
    );
}

#[tokio::test]
async fn a_switch_of_protocols_brings_no_cookies_along() {
    let head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                Set-Cookie: _fbp=1; Max-Age=99\r\nSet-Cookie: PHPSESSID=7\r\n\r\n";
    let origin = Origin::always(Reply::new(head)).await;
    let proxy = shop(&origin.url(), "", SERVICES);
    let request = "GET /socket HTTP/1.1\r\nHost: shop.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                   Sec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n";
    let response = raw(proxy.address, request.as_bytes(), true).await;
    assert_eq!((response.status, response.field("set-cookie")), (101, vec!["PHPSESSID=7".to_owned()]));
}
