//! XHTML, SVG documents and feeds by their own route.

use crate::support::client::{encode, get};
use crate::support::origin::{Origin, Reply};
use crate::support::vestibule::Vestibule;

const TRACKER: &str = "https://www.facebook.com/tr?id=1";

fn xhtml() -> String {
    format!(
        "<?xml version=\"1.0\"?><html xmlns=\"http://www.w3.org/1999/xhtml\" xmlns:s=\"http://www.w3.org/2000/svg\">\
         <head><title>x</title></head><body><img src=\"{TRACKER}\"/><s:image href=\"{TRACKER}\"/></body></html>"
    )
}

fn svg() -> String {
    format!("<svg xmlns=\"http://www.w3.org/2000/svg\"><image href=\"{TRACKER}\"/></svg>")
}

fn rss() -> String {
    format!("<rss><channel><description><![CDATA[<img src=\"{TRACKER}\">]]></description></channel></rss>")
}

#[tokio::test]
async fn documents_of_xml_are_read_in_every_coding() {
    for (kind, body, hidden) in [
        ("application/xhtml+xml", xhtml(), 2),
        ("image/svg+xml", svg(), 1),
        ("application/xml; charset=utf-8", xhtml(), 2),
        ("application/rss+xml", rss(), 1),
        ("text/xml", rss(), 1),
        // Nobody says what it is, and it begins as XML.
        ("", xhtml(), 2),
    ] {
        for coding in ["identity", "gzip", "br"] {
            let named = if kind.is_empty() { String::new() } else { format!("Content-Type: {kind}\r\n") };
            let fields =
                format!("{named}Content-Encoding: {coding}\r\nCache-Control: public, max-age=60\r\nETag: \"1\"\r\n");
            let origin = Origin::always(Reply::ok(&fields, encode(coding, body.as_bytes()))).await;
            let proxy = Vestibule::before(&origin.url(), "banner = false");
            let response = get(proxy.address, "/", "Accept-Encoding: gzip, br\r\nSec-Fetch-Dest: document\r\n").await;
            let text = String::from_utf8(response.decoded()).unwrap();
            assert!(response.complete, "{kind} {coding}");
            assert!(
                !text.contains(&format!(" src=\"{TRACKER}")) && !text.contains(&format!(" href=\"{TRACKER}")),
                "{text}"
            );
            assert_eq!(text.matches("data-vestibule-").count(), hidden, "{kind} {coding}: {text}");
            assert!(response.one("cache-control").contains("private"), "{kind}");
            assert_ne!(response.one("etag"), "\"1\"");
        }
    }
}

#[tokio::test]
async fn utf16_is_read_as_what_it_says() {
    let mut wide = vec![0xff, 0xfe];
    wide.extend(svg().encode_utf16().flat_map(u16::to_le_bytes));
    let origin = Origin::always(Reply::ok("Content-Type: image/svg+xml\r\n", &wide)).await;
    let proxy = Vestibule::before(&origin.url(), "");
    let text = get(proxy.address, "/", "Sec-Fetch-Dest: document\r\n").await.text();
    assert!(text.contains("data-vestibule-href") && !text.contains(" href=\"https://www.facebook.com"), "{text}");
}

#[tokio::test]
async fn an_image_stays_what_it_is_and_with_the_caches() {
    let fields = "Content-Type: image/svg+xml\r\nCache-Control: public, max-age=60\r\nETag: \"1\"\r\n";
    let origin = Origin::always(Reply::ok(fields, svg())).await;
    let proxy = Vestibule::before(&origin.url(), "");
    for asked in [
        "Sec-Fetch-Dest: image\r\nSec-Fetch-Mode: no-cors\r\n",
        "Sec-Fetch-Dest: image\r\nSec-Fetch-Mode: cors\r\n",
        "Accept: image/webp,image/avif,*/*;q=0.8\r\n",
    ] {
        let response = get(proxy.address, "/", asked).await;
        assert_eq!(response.text(), svg(), "{asked}");
        assert_eq!(response.one("content-length"), svg().len().to_string());
        assert_eq!(response.one("etag"), "\"1\"");
        assert!(response.one("cache-control").contains("public"));
    }
    // What a page takes parts of becomes a part of it; who says nothing may be about to show it.
    for asked in ["Sec-Fetch-Dest: image\r\nSec-Fetch-Mode: same-origin\r\n", "", "Sec-Fetch-Dest: embed\r\n"] {
        assert!(get(proxy.address, "/", asked).await.text().contains("data-vestibule-href"), "{asked}");
    }
}
