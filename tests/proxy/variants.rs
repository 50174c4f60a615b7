//! One visitor's page never reaches another: caches and validators.

use crate::consent_api::choose;
use crate::support::PAGE;
use crate::support::client::get;
use crate::support::origin::{Origin, Reply};
use crate::support::vestibule::Vestibule;

/// An origin with a validator that answers 304 to its own tag.
async fn shop() -> Origin {
    Origin::start(|seen| {
        if seen.field("if-none-match") == ["\"v1\""] || !seen.field("if-modified-since").is_empty() {
            Reply::new("HTTP/1.1 304 Not Modified\r\nETag: \"v1\"\r\n\r\n")
        } else {
            Reply::ok(
                "Content-Type: text/html\r\nETag: \"v1\"\r\nLast-Modified: Wed, 21 Oct 2015 07:28:00 GMT\r\n\
                 Cache-Control: public, s-maxage=3600\r\nSurrogate-Control: max-age=60\r\nExpires: Wed, 21 Oct 2099 07:28:00 GMT\r\n",
                PAGE,
            )
        }
    })
    .await
}

#[tokio::test]
async fn validators_hold_for_their_own_variant_only() {
    let origin = shop().await;
    let proxy = Vestibule::before(&origin.url(), "");
    let document = "Sec-Fetch-Dest: document\r\n";
    let refused = format!("{document}Cookie: {}\r\n", choose(&proxy, r#"{"choice":"refuse"}"#).await);
    let accepted = format!("{document}Cookie: {}\r\n", choose(&proxy, r#"{"choice":"accept"}"#).await);
    let mut tags = Vec::new();
    for visitor in [document, &refused, &accepted] {
        let page = get(proxy.address, "/", visitor).await;
        assert_eq!(page.one("cache-control"), "private, no-cache");
        for gone in ["last-modified", "expires", "surrogate-control"] {
            assert!(page.field(gone).is_empty(), "{gone}");
        }
        tags.push(page.one("etag"));
    }
    assert!(tags[0] != tags[1] && tags[1] != tags[2] && tags[0] != tags[2], "{tags:?}");
    for (at, visitor) in [document, refused.as_str(), accepted.as_str()].into_iter().enumerate() {
        for (held, tag) in tags.iter().enumerate() {
            let response = get(proxy.address, "/", &format!("{visitor}If-None-Match: {tag}\r\n")).await;
            assert_eq!(response.status, if at == held { 304 } else { 200 }, "visitor {at} holds {held}");
            assert_eq!(response.one("etag"), tags[at]);
        }
    }
}

#[tokio::test]
async fn what_was_stored_before_we_came_is_not_revived() {
    let origin = shop().await;
    let proxy = Vestibule::before(&origin.url(), "");
    for validator in ["If-None-Match: \"v1\"\r\n", "If-Modified-Since: Wed, 21 Oct 2015 07:28:00 GMT\r\n"] {
        let response = get(proxy.address, "/", &format!("Sec-Fetch-Dest: document\r\n{validator}")).await;
        assert_eq!(response.status, 200, "{validator}");
    }
}

#[tokio::test]
async fn the_policy_line_follows_the_visitor() {
    let origin =
        Origin::always(Reply::ok("Content-Type: text/html\r\nContent-Security-Policy: img-src *\r\n", PAGE)).await;
    let proxy = Vestibule::before(&origin.url(), "");
    let lines = get(proxy.address, "/", "").await.field("content-security-policy");
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(lines[0], "img-src *", "the shop's own line stays");
    assert!(lines[1].starts_with("default-src 'self'") && !lines[1].contains("google-analytics"), "{}", lines[1]);
    assert!(!lines[1].contains("form-action") && lines[1].contains("*.shop.test:*"));

    let some = choose(&proxy, r#"{"choice":"save","purposes":["analytics"]}"#).await;
    let lines = get(proxy.address, "/", &format!("Cookie: {some}\r\n")).await.field("content-security-policy");
    assert!(lines[1].contains("google-analytics.com") && !lines[1].contains("facebook"), "{}", lines[1]);

    let all = choose(&proxy, r#"{"choice":"accept"}"#).await;
    let lines = get(proxy.address, "/", &format!("Cookie: {all}\r\n")).await.field("content-security-policy");
    assert_eq!(lines, ["img-src *"], "nothing of ours when everything was agreed to");
}

#[tokio::test]
async fn observe_and_off_change_nothing() {
    let fields = "Content-Type: text/html\r\nETag: \"v1\"\r\nCache-Control: public\r\nSet-Cookie: _ga=1; Max-Age=99\r\n\
                  Link: <https://connect.facebook.net>; rel=preconnect\r\n";
    for mode in ["observe", "off"] {
        let origin = Origin::always(Reply::ok(fields, PAGE)).await;
        let proxy = Vestibule::before(&origin.url(), &format!("mode = \"{mode}\""));
        let response = get(proxy.address, "/", "Cookie: _ga=1; sid=2\r\nAccept-Encoding: dcb\r\n").await;
        assert_eq!(response.body, PAGE.as_bytes(), "{mode}");
        assert_eq!(response.one("content-length"), PAGE.len().to_string());
        assert_eq!(response.field("set-cookie"), ["_ga=1; Max-Age=99"]);
        assert_eq!((response.one("etag").as_str(), response.one("cache-control").as_str()), ("\"v1\"", "public"));
        assert_eq!(response.field("link").len(), 1);
        assert!(response.field("content-security-policy").is_empty());
        let seen = origin.last();
        assert_eq!(seen.field("cookie"), ["_ga=1; sid=2"]);
        assert_eq!(seen.field("accept-encoding"), ["dcb"]);
        assert!(seen.field("vestibule-consent").is_empty());
        proxy.wait_for_log("Request answered");
        let metrics = get(proxy.admin(), "/metrics", "").await.text();
        let found = metrics.lines().any(|line| {
            line.starts_with("vestibule_findings_total")
                && line.contains("enforced=\"false\"")
                && line.contains("element")
        });
        assert_eq!(found, mode == "observe", "observe reports what would be blocked:\n{metrics}");
    }
}

#[tokio::test]
async fn routes_have_rules_of_their_own() {
    let origin = Origin::always(Reply::html(PAGE)).await;
    let proxy = Vestibule::before(
        &origin.url(),
        "[[site.route]]\npath = \"/checkout/**\"\ndeny = [\"marketing\"]\n[[site.route]]\npath = \"/legacy/**\"\nmode = \"off\"",
    );
    let accepted = choose(&proxy, r#"{"choice":"accept"}"#).await;
    let cookie = format!("Cookie: {accepted}; _fbp=1\r\n");
    let checkout = get(proxy.address, "/checkout/pay", &cookie).await.text();
    assert!(
        !checkout.contains(" src=\"https://www.facebook.com") && checkout.contains(" src=\"https://www.youtube.com")
    );
    assert!(origin.last().field("cookie").is_empty());
    assert_eq!(get(proxy.address, "/other", &cookie).await.text(), PAGE);
    assert_eq!(get(proxy.address, "/legacy/page", "").await.text(), PAGE);
}
