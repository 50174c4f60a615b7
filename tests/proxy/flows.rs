//! A page comes out whole and clean in every flow in which one can come in.
//!
//! Framing of the origin × version of the client × content coding. What comes out, without its coding, must be what
//! `vestibule rewrite` makes of the same page.

use crate::support::client::{encode, get, http2, raw};
use crate::support::origin::{End, Origin, Origin2, Reply, chunked};
use crate::support::vestibule::{Vestibule, rewritten};
use crate::support::{PAGE, TRACKERS};

const CODINGS: [&str; 5] = ["identity", "gzip", "deflate", "br", "zstd"];

fn expected() -> Vec<u8> {
    let expected = rewritten(PAGE.as_bytes(), "none", None);
    let text = String::from_utf8_lossy(&expected).into_owned();
    assert!(TRACKERS.iter().all(|tracker| !text.contains(tracker)), "{text}");
    assert!(text.ends_with("<!-- the end -->"));
    expected
}

fn coding_field(coding: &str) -> String {
    if coding == "identity" { String::new() } else { format!("Content-Encoding: {coding}\r\n") }
}

/// Fetches the page with all three versions of the protocol and compares.
async fn check(proxy: &Vestibule, coding: &str, expected: &[u8], what: &str) {
    let accept = format!("Accept-Encoding: {coding}\r\n");
    let old = raw(proxy.address, format!("GET / HTTP/1.0\r\nHost: shop.test\r\n{accept}\r\n").as_bytes(), false).await;
    assert!(old.complete && old.field("transfer-encoding").is_empty(), "{what}, HTTP/1.0: {:?}", old.fields);
    assert_eq!(old.decoded(), expected, "{what}, HTTP/1.0");

    let current = get(proxy.address, "/", &accept).await;
    assert!(current.complete, "{what}, HTTP/1.1");
    assert_eq!(current.decoded(), expected, "{what}, HTTP/1.1");
    assert!(current.field("content-length").is_empty() || current.one("transfer-encoding").is_empty());

    let request = hyper::Request::get("http://shop.test/").header("accept-encoding", coding);
    let new = http2(proxy.address, request, b"").await;
    assert!(new.complete, "{what}, HTTP/2");
    assert_eq!(new.decoded(), expected, "{what}, HTTP/2");
}

#[tokio::test]
async fn http1_origins() {
    let expected = expected();
    for coding in CODINGS {
        let body = encode(coding, PAGE.as_bytes());
        let fields = format!("Content-Type: text/html; charset=utf-8\r\n{}", coding_field(coding));
        let head = |framing: &str| format!("HTTP/1.1 200 OK\r\n{fields}{framing}\r\n").into_bytes();
        let replies = [
            ("length", Reply::ok(&fields, &body)),
            ("chunked", Reply::new([head("Transfer-Encoding: chunked\r\n"), chunked(&body, 7)].concat())),
            ("until close", Reply::new([head("Connection: close\r\n"), body.clone()].concat()).closing()),
            (
                "chunked, one byte at a time",
                Reply::pieces(
                    std::iter::once(head("Transfer-Encoding: chunked\r\n"))
                        .chain(chunked(&body, 1).chunks(97).map(<[u8]>::to_vec))
                        .collect(),
                ),
            ),
        ];
        for (framing, reply) in replies {
            let origin = Origin::always(reply).await;
            let proxy = Vestibule::before(&origin.url(), "banner = false");
            check(&proxy, coding, &expected, &format!("{coding}, {framing}")).await;
        }
    }
}

#[tokio::test]
async fn http2_origins() {
    let expected = expected();
    for coding in CODINGS {
        let body = encode(coding, PAGE.as_bytes());
        for end in [End::WithData, End::Late, End::Trailers] {
            for length in [false, true] {
                let mut fields = vec![("content-type", "text/html".to_owned())];
                if coding != "identity" {
                    fields.push(("content-encoding", coding.to_owned()));
                }
                if length {
                    fields.push(("content-length", body.len().to_string()));
                }
                let origin = Origin2::start(fields, body.clone(), end).await;
                let proxy = Vestibule::before(&origin.url(), "banner = false");
                check(&proxy, coding, &expected, &format!("{coding}, {end:?}, length {length}")).await;
            }
        }
    }
}

#[tokio::test]
async fn everything_granted_passes_byte_for_byte() {
    for coding in CODINGS {
        let body = encode(coding, PAGE.as_bytes());
        let fields = format!("Content-Type: text/html\r\n{}", coding_field(coding));
        let origin = Origin::always(Reply::ok(&fields, &body)).await;
        let proxy = Vestibule::before(&origin.url(), "");
        let cookie = crate::consent_api::choose(&proxy, r#"{"choice":"accept"}"#).await;
        let response = get(proxy.address, "/", &format!("Cookie: {cookie}\r\nAccept-Encoding: {coding}\r\n")).await;
        assert_eq!(response.body, body, "{coding}");
        assert_eq!(response.one("content-length"), body.len().to_string());
    }
}

#[tokio::test]
async fn encodings_that_hide_markup_are_read_all_the_same() {
    let utf16: Vec<u8> = PAGE.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let with_bom = [&[0xff, 0xfe][..], &utf16].concat();
    for (content_type, body) in [
        ("text/html; charset=utf-16le", &utf16),
        ("text/html", &with_bom),
        ("text/html; charset=utf-8", &with_bom),
        ("TEXT/HTML;CHARSET=\"UTF-16LE\"", &utf16),
    ] {
        let origin = Origin::always(Reply::ok(&format!("Content-Type: {content_type}\r\n"), body)).await;
        let proxy = Vestibule::before(&origin.url(), "banner = false");
        let response = get(proxy.address, "/", "").await;
        // What we send is UTF-8 and says so by its byte order mark, which beats every header and meta element.
        let text = response.body.strip_prefix(b"\xef\xbb\xbf").map(<[u8]>::to_vec).unwrap_or_default();
        assert_eq!(text, expected(), "{content_type}");
    }
}

#[tokio::test]
async fn legacy_encodings_keep_their_bytes() {
    for (charset, letters) in
        [("windows-1252", &b"caf\xe9 \x80"[..]), ("shift_jis", b"\x83\x5c\x95\x5c"), ("gbk", b"\x81\x5c")]
    {
        let page = [
            b"<html><body><p>".as_slice(),
            letters,
            b"</p><script src=//www.googletagmanager.com/gtm.js?id=GTM-A></script>",
        ]
        .concat();
        let origin = Origin::always(Reply::ok(&format!("Content-Type: text/html; charset={charset}\r\n"), &page)).await;
        let proxy = Vestibule::before(&origin.url(), "banner = false");
        let response = get(proxy.address, "/", "").await;
        assert!(response.body.windows(letters.len()).any(|window| window == letters), "{charset}");
        assert!(!response.text().contains(" src=//www"), "{charset}");
    }
}

#[tokio::test]
async fn pages_nobody_labelled_are_recognised_by_their_first_bytes() {
    let origin = Origin::start(|seen| match seen.path().as_str() {
        "/page" => Reply::ok("", PAGE),
        _ => Reply::ok("", b"\x89PNG\r\n\x1a\n<script src=https://www.googletagmanager.com/gtm.js></script>"),
    })
    .await;
    let proxy = Vestibule::before(&origin.url(), "banner = false");
    let accept = "Accept: text/html,*/*\r\n";
    assert_eq!(get(proxy.address, "/page", accept).await.body, expected());
    let picture = get(proxy.address, "/picture", accept).await;
    assert!(picture.body.starts_with(b"\x89PNG\r\n\x1a\n<script src=https"), "a picture is no page");
}

#[tokio::test]
async fn nothing_waits_for_the_end_of_the_page() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    for coding in ["identity", "gzip", "br", "zstd"] {
        // The second half comes only when the origin has been asked for something else, after the first was read.
        let first = encode(coding, b"<html><body><p>first half</p>");
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n",
            coding_field(coding),
            first.len()
        );
        let mut pieces = vec![[head.as_bytes(), &first, b"\r\n"].concat()];
        // Pauses add up to far more than the client is willing to wait for the first half.
        pieces.extend(std::iter::repeat_n(Vec::new(), 400));
        let origin = Origin::always(Reply::pieces(pieces)).await;
        let proxy = Vestibule::before(&origin.url(), "banner = false");
        let mut stream = tokio::net::TcpStream::connect(proxy.address).await.unwrap();
        let request = format!("GET / HTTP/1.1\r\nHost: shop.test\r\nAccept-Encoding: {coding}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut got = Vec::new();
        let waited = tokio::time::timeout(std::time::Duration::from_secs(3), async {
            loop {
                stream.read_buf(&mut got).await.unwrap();
                let text = got.windows(4).position(|window| window == b"\r\n\r\n").map(|at| got[at + 4..].to_vec());
                if text.is_some_and(|body| partial(coding, &body).ends_with(b"<p>first half</p>")) {
                    return;
                }
            }
        });
        waited.await.unwrap_or_else(|_| panic!("{coding}: the first half waited for the second"));
    }
}

/// What a browser can read of an unfinished chunked body.
fn partial(coding: &str, framed: &[u8]) -> Vec<u8> {
    use std::io::Read as _;
    let mut body = Vec::new();
    let mut rest = framed;
    while let Some(at) = rest.windows(2).position(|window| window == b"\r\n") {
        let Ok(size) = usize::from_str_radix(&String::from_utf8_lossy(&rest[..at]), 16) else {
            break;
        };
        let Some(chunk) = rest.get(at + 2..at + 2 + size) else {
            break;
        };
        body.extend(chunk);
        rest = rest.get(at + 4 + size..).unwrap_or_default();
    }
    let mut plain = Vec::new();
    // The stream is not finished, so reading it ends in an error after what is there.
    match coding {
        "gzip" => drop(flate2::read::GzDecoder::new(&*body).read_to_end(&mut plain)),
        "br" => drop(brotli::Decompressor::new(&*body, 16).read_to_end(&mut plain)),
        "zstd" => drop(zstd::stream::read::Decoder::new(&*body).unwrap().read_to_end(&mut plain)),
        _ => plain = body,
    }
    plain
}
