//! Style sheets of the shop's own: made inert without consent, and left with the caches where they name nobody.

use crate::consent_api::choose;
use crate::support::client::get;
use crate::support::origin::{Origin, Reply, chunked};
use crate::support::vestibule::Vestibule;

const NAMES_SOMEBODY: &str = "@import url(https://www.google-analytics.com/x.css); a{b:url(/own.png)}";
const NAMES_NOBODY: &str = "@import 'more.css'; a{b:url(/own.png)}";
const FIELDS: &str = "Content-Type: text/css\r\nETag: \"v1\"\r\nLast-Modified: Wed, 21 Oct 2015 07:28:00 GMT\r\n\
                      Cache-Control: public, max-age=3600\r\n";
const STYLE: &str = "Sec-Fetch-Dest: style\r\n";

async fn shop() -> Origin {
    Origin::start(|seen| {
        if seen.field("if-none-match") == ["\"v1\""] || !seen.field("if-modified-since").is_empty() {
            return Reply::new(
                "HTTP/1.1 304 Not Modified\r\nETag: \"v1\"\r\nCache-Control: public, max-age=3600\r\n\r\n",
            );
        }
        match seen.path().as_str() {
            "/somebody.css" => Reply::ok(FIELDS, NAMES_SOMEBODY),
            "/nobody.css" => Reply::ok(FIELDS, NAMES_NOBODY),
            "/plain.css" => Reply::ok("Cache-Control: public\r\nContent-Type: text/plain\r\n", NAMES_SOMEBODY),
            "/chunks.css" => {
                let head = "HTTP/1.1 200 OK\r\nContent-Type: text/css\r\nTransfer-Encoding: chunked\r\n\r\n";
                Reply::new([head.as_bytes(), &chunked(NAMES_SOMEBODY.as_bytes(), 3)].concat())
            }
            // A half of a letter that is a backslash, before a quote.
            "/letters.css" => Reply::ok(
                "Content-Type: text/css\r\n",
                [b"@charset \"shift_jis\"; a{content:\"\x95\\\";b:url(//www.google-analytics.com/a)}".as_slice()]
                    .concat(),
            ),
            _ => Reply::new("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
        }
    })
    .await
}

#[tokio::test]
async fn a_sheet_is_another_one_for_whoever_agreed() {
    let origin = shop().await;
    let proxy = Vestibule::before(&origin.url(), "");
    let accepted = format!("{STYLE}Cookie: {}\r\n", choose(&proxy, r#"{"choice":"accept"}"#).await);
    for path in ["/somebody.css", "/chunks.css", "/plain.css"] {
        for _ in 0..2 {
            let sheet = get(proxy.address, path, STYLE).await;
            assert!(sheet.text().starts_with("@import url(\"data:text/css,\")/*vestibule google-analytics"), "{path}");
            assert!(sheet.text().ends_with("; a{b:url(/own.png)}"), "{path}");
            assert_eq!(sheet.one("cache-control"), "private, no-cache", "{path}");
            assert!(sheet.field("last-modified").is_empty());
            let sheet = get(proxy.address, path, &accepted).await;
            assert_eq!(sheet.text(), NAMES_SOMEBODY, "{path}");
            assert_eq!(sheet.one("cache-control"), "private, no-cache", "{path}");
        }
    }
    let letters = get(proxy.address, "/letters.css", STYLE).await.text();
    assert!(letters.contains("content:\"表\";b:url(\"about:invalid\")"), "{letters}");
}

#[tokio::test]
async fn a_sheet_that_names_nobody_stays_with_the_caches() {
    let origin = shop().await;
    for first in ["refuse", "accept"] {
        let proxy = Vestibule::before(&origin.url(), "");
        let choice = choose(&proxy, &format!(r#"{{"choice":"{first}"}}"#)).await;
        let visitor = format!("{STYLE}Cookie: {choice}\r\n");
        let held = get(proxy.address, "/nobody.css", &visitor).await;
        assert_eq!(held.one("cache-control"), "private, no-cache", "it was not read yet");
        // What was found is noted once the visitor has the answer.
        let mut waits = 200;
        while waits > 0
            && get(proxy.address, "/nobody.css", &visitor).await.one("cache-control") != "public, max-age=3600"
        {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            waits -= 1;
        }
        for who in [&visitor, STYLE] {
            let sheet = get(proxy.address, "/nobody.css", who).await;
            assert_eq!(sheet.text(), NAMES_NOBODY);
            assert_eq!(sheet.one("cache-control"), "public, max-age=3600");
            assert_eq!(sheet.one("etag"), "\"v1\"");
            assert_eq!(sheet.one("content-length"), NAMES_NOBODY.len().to_string());
            assert_eq!(sheet.field("last-modified").len(), 1);
        }
        // What the browser holds is good by either tag now.
        for tag in [held.one("etag"), "\"v1\"".to_owned()] {
            let again = get(proxy.address, "/nobody.css", &format!("{visitor}If-None-Match: {tag}\r\n")).await;
            assert_eq!((again.status, again.one("cache-control")), (304, "public, max-age=3600".to_owned()), "{tag}");
        }
    }
}

#[tokio::test]
async fn a_sheet_that_names_somebody_is_good_for_its_own_variant_only() {
    let origin = shop().await;
    let proxy = Vestibule::before(&origin.url(), "");
    let accepted = format!("{STYLE}Cookie: {}\r\n", choose(&proxy, r#"{"choice":"accept"}"#).await);
    let refused = format!("{STYLE}Cookie: {}\r\n", choose(&proxy, r#"{"choice":"refuse"}"#).await);
    let tag = get(proxy.address, "/somebody.css", &accepted).await.one("etag");
    for (visitor, status) in [(&accepted, 304), (&refused, 200)] {
        let answer = get(proxy.address, "/somebody.css", &format!("{visitor}If-None-Match: {tag}\r\n")).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.one("cache-control"), "private, no-cache");
    }
    // What was stored before we came may be anybody's.
    for held in ["If-None-Match: \"v1\"\r\n", "If-Modified-Since: Wed, 21 Oct 2015 07:28:00 GMT\r\n"] {
        let answer = get(proxy.address, "/somebody.css", &format!("{refused}{held}")).await;
        assert_eq!(answer.status, 200, "{held}");
    }
}
