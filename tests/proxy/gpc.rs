//! Global Privacy Control, and its forerunner: honoured on the first byte, and seen to be.

use crate::consent_api::{choose, choose_with};
use crate::support::PAGE;
use crate::support::client::{Response, get, raw};
use crate::support::origin::{Origin, Reply};
use crate::support::vestibule::Vestibule;

async fn shop(more: &str) -> (Origin, Vestibule) {
    let origin = Origin::start(|seen| {
        if seen.path() == "/.well-known/gpc.json" {
            Reply::ok("Content-Type: application/json\r\n", "{\"gpc\": false}")
        } else {
            Reply::ok(
                "Content-Type: text/html; charset=utf-8\r\nETag: \"v1\"\r\nCache-Control: public, max-age=600\r\n",
                PAGE,
            )
        }
    })
    .await;
    let proxy = Vestibule::before(&origin.url(), more);
    (origin, proxy)
}

async fn state(proxy: &Vestibule, fields: &str) -> (String, serde_json::Value) {
    let response = get(proxy.address, "/.vestibule/state", fields).await;
    let state: serde_json::Value = serde_json::from_slice(&response.body).unwrap();
    (state["purposes"]["marketing"].as_str().unwrap().to_owned(), state["gpc"].clone())
}

/// Whether the signal is there × what the visitor chose × how strong it is: what holds, and what is said about it.
#[tokio::test]
async fn t38_what_became_of_it_is_told() {
    for (strength, overrides) in [("denies", true), ("binds", false)] {
        let (_origin, proxy) = shop(&format!("gpc = \"{strength}\"")).await;
        let yes = choose_with(&proxy, "Sec-GPC: 1\r\n", r#"{"choice":"accept"}"#).await;
        let earlier = choose(&proxy, r#"{"choice":"accept"}"#).await;
        let said = state(&proxy, &format!("Sec-GPC: 1\r\nCookie: {earlier}\r\n")).await;
        assert_eq!(said, ("denied".to_owned(), "honoured".into()), "a yes from before the signal");
        let no = choose(&proxy, r#"{"choice":"refuse"}"#).await;
        let without = |cookie: &str| if cookie.is_empty() { String::new() } else { format!("Cookie: {cookie}\r\n") };
        for (cookie, plain) in [("", "undecided"), (&yes, "granted"), (&no, "denied")] {
            assert_eq!(state(&proxy, &without(cookie)).await, (plain.to_owned(), serde_json::Value::Null));
            let held = overrides && plain == "granted";
            let expected = if held { ("granted", "overridden") } else { ("denied", "honoured") };
            let (marketing, gpc) = state(&proxy, &format!("Sec-GPC: 1\r\n{}", without(cookie))).await;
            assert_eq!((marketing.as_str(), gpc.as_str().unwrap()), expected, "{strength} {plain}");
            let page = get(proxy.address, "/.vestibule/", &format!("Sec-GPC: 1\r\n{}", without(cookie))).await.text();
            let sentence = if held {
                "You agreed to advertising here all the same"
            } else if overrides {
                "advertising is off until you agree to it here"
            } else {
                "advertising is off, whatever you choose here"
            };
            assert!(page.contains(sentence), "{strength} {plain}: {page}");
            let page = get(proxy.address, "/.vestibule/", &without(cookie)).await.text();
            assert!(!page.contains("Global Privacy Control"), "{page}");
        }
        for value in ["0", "", "true", "1, 1", "01", "\"1\"", "?1"] {
            assert_eq!(state(&proxy, &format!("Sec-GPC: {value}\r\n")).await.1, serde_json::Value::Null, "{value}");
        }
    }
    let (_origin, proxy) = shop("sources = \"own\"").await;
    assert_eq!(state(&proxy, "Sec-GPC: 1\r\n").await, ("undecided".to_owned(), serde_json::Value::Null));
}

#[tokio::test]
async fn the_first_page_says_that_it_is_honoured() {
    for regime in ["gdpr-fr", "us-opt-out"] {
        let (_origin, proxy) = shop(&format!("regime = \"{regime}\"")).await;
        let with = get(proxy.address, "/", "Sec-Fetch-Dest: document\r\nSec-GPC: 1\r\n").await;
        let without = get(proxy.address, "/", "Sec-Fetch-Dest: document\r\n").await;
        let sentence = "Your browser sends Global Privacy Control, and it is honoured";
        assert!(with.text().contains(sentence) && with.text().contains("id=\"vestibule\""), "{regime}");
        assert!(!without.text().contains("Global Privacy Control") && without.text().contains("id=\"vestibule\""));
        assert!(!with.text().contains(" src=\"https://www.facebook.com"), "{regime}");
        assert_ne!(with.one("etag"), without.one("etag"), "{regime}: one is never revived as the other");
        for page in [&with, &without] {
            assert_eq!(page.one("cache-control"), "private, no-cache");
        }
        let held = format!("Sec-Fetch-Dest: document\r\nIf-None-Match: {}\r\n", with.one("etag"));
        assert_eq!(get(proxy.address, "/", &held).await.status, 200);
    }
}

/// Documents that are no HTML get the policy line, which depends on the signal: no shared cache may keep them.
#[tokio::test]
async fn documents_with_a_policy_line_are_private() {
    let fields = "Content-Type: application/xhtml+xml\r\nCache-Control: public, max-age=600\r\nETag: \"v1\"\r\n";
    let origin = Origin::always(Reply::ok(fields, "<html xmlns=\"http://www.w3.org/1999/xhtml\"><body/></html>")).await;
    let proxy = Vestibule::before(&origin.url(), "");
    let page = get(proxy.address, "/", "Sec-Fetch-Dest: document\r\n").await;
    assert_eq!(
        (page.field("content-security-policy").len(), page.one("cache-control").as_str()),
        (1, "private, no-cache")
    );
    assert_ne!(page.one("etag"), "\"v1\"");
}

async fn file(proxy: &Vestibule, method: &str) -> Response {
    let request = format!("{method} /.well-known/gpc.json HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 0\r\n\r\n");
    raw(proxy.address, request.as_bytes(), method == "HEAD").await
}

#[tokio::test]
async fn the_well_known_file_says_so() {
    let (origin, proxy) = shop("").await;
    let answer = file(&proxy, "GET").await;
    assert_eq!((answer.status, answer.one("content-type").as_str()), (200, "application/json"));
    assert_eq!(answer.one("cache-control"), "public, max-age=86400");
    let said: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(said["gpc"], true);
    let date = said["lastUpdate"].as_str().unwrap();
    assert!(date.len() == 10 && humantime::parse_rfc3339(&format!("{date}T00:00:00Z")).is_ok(), "{date}");
    let head = file(&proxy, "HEAD").await;
    assert_eq!((head.status, head.one("content-length")), (200, answer.body.len().to_string()));
    assert!(origin.seen.lock().unwrap().is_empty(), "the shop is not asked");
    assert_eq!(file(&proxy, "POST").await.text(), "{\"gpc\": false}", "anything else is the shop's");
    for more in ["gpc_file = false", "sources = \"own\"", "mode = \"observe\"", "mode = \"off\""] {
        let (_origin, proxy) = shop(more).await;
        assert_eq!(file(&proxy, "GET").await.text(), "{\"gpc\": false}", "{more}");
    }
}

#[tokio::test]
async fn do_not_track_is_read_where_a_site_asks_for_it() {
    let (_origin, proxy) = shop("").await;
    assert_eq!(state(&proxy, "DNT: 1\r\n").await.0, "undecided");
    let (_origin, proxy) = shop("sources = [\"own\", \"dnt\"]").await;
    assert_eq!(state(&proxy, "DNT: 1\r\n").await, ("denied".to_owned(), serde_json::Value::Null));
    for value in ["0", "", "null", "1, 1", "yes"] {
        assert_eq!(state(&proxy, &format!("DNT: {value}\r\n")).await.0, "undecided", "{value}");
    }
    let yes = choose_with(&proxy, "DNT: 1\r\n", r#"{"choice":"accept"}"#).await;
    assert_eq!(state(&proxy, &format!("DNT: 1\r\nCookie: {yes}\r\n")).await.0, "granted");
}
