//! Our tags under the shop's own `Content-Security-Policy` (T36 of the field study).

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::client::{Response, get, http2};
use crate::support::origin::{Origin, Reply};
use crate::support::vestibule::Vestibule;

/// Banner and mirror.
const SITE: &str = "banner = true\nsources = [\"own\", \"klaro\"]\n[[site.source]]\nid = \"klaro\"\nmirror = true\nmap = { ads = \"marketing\" }";
const DOCUMENT: &str = "Sec-Fetch-Dest: document\r\n";
const PAGE: &str = "<!doctype html><html><head><meta charset=utf-8><script nonce=\"R4nd0m+/==\">shop()</script></head>\
                    <body><p>The shop.</p></body></html>";

async fn shop(policies: &str, page: &'static str) -> (Origin, Vestibule) {
    let fields = format!("Content-Type: text/html\r\n{policies}");
    let origin = Origin::always(Reply::ok(&fields, page)).await;
    let proxy = Vestibule::before(&origin.url(), SITE);
    (origin, proxy)
}

async fn page(proxy: &Vestibule) -> Response {
    let response = get(proxy.address, "/", DOCUMENT).await;
    assert_eq!((response.status, response.complete), (200, true));
    response
}

/// The whole element of ours that starts like this.
fn ours<'a>(page: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let rest = page.get(page.find(start)?..)?;
    rest.get(..rest.find(end)? + end.len())
}

struct Found<'a> {
    mirror: Option<&'a str>,
    style: Option<&'a str>,
    banner: Option<&'a str>,
}

/// Our elements in a page. Without them it is the shop's, byte for byte.
fn found<'a>(text: &'a str, shops: &str) -> Found<'a> {
    let script = text.match_indices("<script").map(|(at, _)| text.get(at..).unwrap());
    let mirror = script.filter_map(|rest| ours(rest, "<script", "</script>")).find(|tag| tag.contains("/mirror-"));
    let style = text.match_indices("<style").map(|(at, _)| text.get(at..).unwrap());
    let style = style.filter_map(|rest| ours(rest, "<style", "</style>")).find(|tag| tag.contains("#vestibule"));
    let banner = ours(text, "<section id=\"vestibule\"", "</section>");
    let mut left = text.to_owned();
    for part in [mirror, style, banner].into_iter().flatten() {
        left = left.replacen(part, "", 1);
    }
    assert_eq!(left, shops);
    Found { mirror, style, banner }
}

#[tokio::test]
async fn t36_our_tags_carry_the_nonce_that_strict_dynamic_wants() {
    let policy = "script-src 'nonce-R4nd0m+/==' 'strict-dynamic' https: 'unsafe-inline'; style-src 'nonce-R4nd0m+/=='; object-src 'none'";
    let (_origin, proxy) = shop(&format!("Content-Security-Policy: {policy}\r\n"), PAGE).await;
    let response = page(&proxy).await;
    assert_eq!(response.field("content-security-policy")[0], policy, "the shop's own line stays as it is");
    let text = response.text();
    let found = found(&text, PAGE);
    assert!(found.mirror.unwrap().starts_with("<script nonce=\"R4nd0m+/==\" async=\"\" src=\"/.vestibule/mirror-"));
    assert!(found.style.unwrap().starts_with("<style nonce=\"R4nd0m+/==\">"));
    assert!(!found.banner.unwrap().contains("nonce"));
    assert_eq!(text.matches("R4nd0m").count(), PAGE.matches("R4nd0m").count() + 2, "nobody else gets it");
    assert!(!proxy.logged().contains("keeps this part"));
}

#[tokio::test]
async fn t36_every_page_has_the_nonce_of_its_own_response() {
    let count = AtomicUsize::new(0);
    let origin = Origin::start(move |_| {
        let nonce = format!("n{}", count.fetch_add(1, Ordering::Relaxed));
        Reply::ok(&format!("Content-Type: text/html\r\nContent-Security-Policy: default-src 'self' 'nonce-{nonce}' 'strict-dynamic'\r\n"), "<p>")
    })
    .await;
    let proxy = Vestibule::before(&origin.url(), SITE);
    for at in 0..4 {
        let response = if at % 2 == 0 {
            page(&proxy).await
        } else {
            http2(proxy.address, http::Request::get("http://shop.test/").header("sec-fetch-dest", "document"), b"")
                .await
        };
        let text = response.text();
        assert_eq!(
            (text.matches(" nonce=").count(), text.matches(&format!(" nonce=\"n{at}\"")).count()),
            (2, 2),
            "{text}"
        );
        assert_eq!(response.one("cache-control"), "private, no-cache");
    }
}

#[tokio::test]
async fn t36_a_policy_that_lets_us_run_changes_nothing() {
    for policies in [
        "",
        "Content-Security-Policy: script-src 'self' 'nonce-R4nd0m+/=='; style-src 'self' 'unsafe-inline'\r\n",
        "Content-Security-Policy-Report-Only: default-src 'none'; script-src 'nonce-x' 'strict-dynamic'\r\n",
    ] {
        let (_origin, proxy) = shop(policies, PAGE).await;
        let response = page(&proxy).await;
        let text = response.text();
        let found = found(&text, PAGE);
        assert!(found.mirror.unwrap().starts_with("<script async=\"\" "), "{policies}");
        assert!(found.style.unwrap().starts_with("<style>") && found.banner.is_some(), "{policies}");
        let reported = response.field("content-security-policy-report-only");
        assert!(
            reported.iter().all(|line| policies.contains(line))
                && reported.len() == policies.matches("Report-Only").count()
        );
    }
}

#[tokio::test]
async fn t36_every_policy_of_a_response_holds() {
    for (policies, nonce) in [
        (
            "Content-Security-Policy: script-src 'nonce-a' 'nonce-b'\r\nContent-Security-Policy: script-src 'nonce-b'\r\n",
            Some("b"),
        ),
        ("Content-Security-Policy: script-src 'nonce-a', script-src 'self'\r\n", Some("a")),
        ("Content-Security-Policy: script-src 'nonce-a', script-src 'nonce-b'\r\n", None),
        ("Content-Security-Policy: script-src 'nonce-a'\r\nContent-Security-Policy: script-src 'none'\r\n", None),
        ("Content-Security-Policy: script-src-elem 'nonce-a'; script-src 'none'\r\n", Some("a")),
        ("Content-Security-Policy: script-src 'nonce-\"><script>x'\r\n", None),
        ("Content-Security-Policy: script-src 'self'; connect-src https://api.example\r\n", None),
    ] {
        let (_origin, proxy) = shop(policies, PAGE).await;
        let text = page(&proxy).await.text();
        let found = found(&text, PAGE);
        match nonce {
            Some(nonce) => {
                assert!(found.mirror.unwrap().starts_with(&format!("<script nonce=\"{nonce}\" ")), "{policies}");
            }
            None => assert_eq!(found.mirror, None, "{policies}"),
        }
        assert!(found.banner.is_some(), "a banner needs no script");
    }
}

#[tokio::test]
async fn t36_where_nothing_of_ours_may_run_nothing_is_put_in_and_it_is_said_once() {
    let policy = "script-src 'strict-dynamic' 'sha256-AAAA='; style-src 'self'; form-action 'none'";
    let (_origin, proxy) = shop(&format!("Content-Security-Policy: {policy}\r\n"), PAGE).await;
    for _ in 0..3 {
        let response = page(&proxy).await;
        assert_eq!(response.text(), PAGE);
        assert_eq!(response.field("content-security-policy")[0], policy);
    }
    for (part, directive) in [("mirror", "script-src"), ("banner", "form-action")] {
        let metrics = get(proxy.admin(), "/metrics", "").await.text();
        let line = format!("vestibule_injections_stopped_total{{part=\"{part}\",site=\"shop.test\"}} 3");
        assert!(metrics.contains(&line), "{line}\n{metrics}");
        let log = proxy.logged();
        let told: Vec<_> = log.lines().filter(|line| line.contains(&format!("\"part\":\"{part}\""))).collect();
        assert!(told.len() == 1 && told[0].contains(&format!("\"directive\":\"{directive}\"")), "{log}");
    }
    // Without its styles the banner still asks.
    let (_origin, proxy) = shop("Content-Security-Policy: style-src 'none'; form-action 'self'\r\n", PAGE).await;
    let text = page(&proxy).await.text();
    let found = found(&text, PAGE);
    assert!(found.style.is_none() && found.mirror.is_some());
    let banner = found.banner.unwrap();
    for part in ["value=\"refuse\"", "value=\"accept\"", "<form method=\"post\" action=\"/.vestibule/consent\">"] {
        assert!(banner.contains(part), "{banner}");
    }
    assert!(!banner.contains("<script") && !banner.contains(" style="), "{banner}");
    proxy.wait_for_log("\"part\":\"banner-style\"");
}

#[tokio::test]
async fn t36_styles_come_from_a_file_where_only_files_may() {
    let (_origin, proxy) = shop("Content-Security-Policy: style-src 'self'; script-src 'self'\r\n", PAGE).await;
    let text = page(&proxy).await.text();
    let link = ours(&text, "<link rel=\"stylesheet\" href=\"/.vestibule/banner-", ">").unwrap();
    let found = found(&text, &PAGE.replacen("<meta", &format!("{link}<meta"), 1));
    assert!(found.style.is_none() && found.banner.is_some() && found.mirror.is_some());
    let address = link.split('"').nth(3).unwrap();
    let sheet = get(proxy.address, address, "Sec-Fetch-Dest: style\r\n").await;
    assert_eq!((sheet.status, sheet.one("content-type").as_str()), (200, "text/css; charset=utf-8"));
    assert_eq!(sheet.one("cache-control"), "public, max-age=31536000, immutable");
    assert!(sheet.text().starts_with("#vestibule"));
    assert_eq!(get(proxy.address, "/.vestibule/banner-00000000.css", "").await.status, 404);
    assert!(!proxy.logged().contains("keeps this part"));
}

/// What a `meta` element says holds from where it stands, and ours stands before it.
#[tokio::test]
async fn t36_a_policy_in_the_page_comes_after_us() {
    for shops in [
        "<!doctype html><html><head><meta http-equiv=content-security-policy content=\"default-src 'none'\"><title>t</title></head><body>b</body></html>",
        "<meta http-equiv=content-security-policy content=\"script-src 'nonce-x' 'strict-dynamic'; style-src 'nonce-x'\"><p>b",
        "<html><meta http-equiv=content-security-policy content=\"script-src 'none'; style-src 'none'\">b",
    ] {
        let (_origin, proxy) = shop("", shops).await;
        let text = page(&proxy).await.text();
        let found = found(&text, shops);
        let at = |part: &str| text.find(part).unwrap();
        let meta = at("<meta");
        assert!(
            at(found.mirror.unwrap()) < meta && at(found.style.unwrap()) < meta && at(found.banner.unwrap()) > meta,
            "{text}"
        );
    }
}
