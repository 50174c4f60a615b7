//! Bodies that are no pages: what a page's script puts into the page is read, and everything else passes as it is.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::consent_api::choose;
use crate::support::client::{encode, get};
use crate::support::origin::{Origin, Reply, chunked};
use crate::support::vestibule::Vestibule;

const SCRIPT: &str = "Sec-Fetch-Dest: empty\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Site: same-origin\r\n";
const TAG: &str = r#"<script src="https://connect.facebook.net/x.js"></script>"#;

/// PHP's way to write it.
fn json() -> String {
    format!(r#"{{"html":"caf\u00e9 {}"}}"#, TAG.replace('"', "\\\"").replace('/', "\\/"))
}

fn typed(kind: &str, body: impl AsRef<[u8]>) -> Reply {
    Reply::ok(&format!("Content-Type: {kind}\r\nCache-Control: public, max-age=60\r\nETag: \"x\"\r\n"), body)
}

/// The cookies of a visitor who agreed to everything that the site asks for.
async fn agreed(proxy: &Vestibule) -> String {
    format!("Cookie: {}\r\n", choose(proxy, r#"{"choice":"accept"}"#).await)
}

#[tokio::test]
async fn json_that_a_page_asks_for_is_read() {
    let origin = Origin::always(typed("application/json", json())).await;
    let proxy = Vestibule::before(&origin.url(), "");
    for asked in [
        SCRIPT,
        "X-Requested-With: XMLHttpRequest\r\n",
        "HX-Request: true\r\n",
        "Turbo-Frame: a\r\n",
        "Accept: */*\r\nReferer: http://shop.test/page\r\n",
    ] {
        let response = get(proxy.address, "/api", asked).await;
        let text = response.text();
        assert!(text.starts_with(r#"{"html":"caf\u00e9 <script data-vestibule="#), "{asked}{text}");
        assert!(
            text.contains(r#" data-vestibule-src=\"https:\/\/connect.facebook.net\/x.js\"><\/script>"}"#),
            "{text}"
        );
        assert_eq!(response.one("cache-control"), "private, no-cache");
        let etag = response.one("etag");
        assert!(etag.starts_with("W/\"x.s-"), "{etag}");
        assert!(response.field("content-length").is_empty());
    }
    for asked in [
        "",
        "Accept: application/json\r\n",
        "Sec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\n",
        "Accept: */*\r\nReferer: https://other.example/\r\n",
        "Accept: text/html,*/*\r\nReferer: http://shop.test/page\r\n",
    ] {
        let response = get(proxy.address, "/api", asked).await;
        assert_eq!(response.text(), json(), "{asked}");
        assert_eq!(
            (response.one("cache-control"), response.one("etag")),
            ("public, max-age=60".into(), "\"x\"".into())
        );
        assert_eq!(response.one("content-length"), json().len().to_string());
    }
}

#[tokio::test]
async fn who_agreed_gets_every_byte() {
    let origin = Origin::start(|seen| match &*seen.path() {
        "/rows" => typed("text/x-component", format!("0:{}\n", json())),
        "/part" => typed("text/html", TAG),
        _ => typed("application/json", json()),
    })
    .await;
    let proxy = Vestibule::before(&origin.url(), "");
    let cookie = agreed(&proxy).await;
    for (path, body) in [("/api", json()), ("/rows", format!("0:{}\n", json())), ("/part", TAG.to_owned())] {
        let response = get(proxy.address, path, &format!("{SCRIPT}{cookie}")).await;
        assert_eq!(response.text(), body, "{path}");
        assert_eq!(response.one("content-length"), body.len().to_string(), "{path}");
        // Or a cache would hand it to somebody who did not.
        assert_eq!(response.one("cache-control"), "private, no-cache", "{path}");
        let refused = get(proxy.address, path, SCRIPT).await;
        assert!(refused.text().contains("data-vestibule-src"), "{path}: {}", refused.text());
    }
}

#[tokio::test]
async fn what_holds_no_markup_keeps_its_bytes_and_what_is_no_business_of_ours_its_fields() {
    let plain = r#"{"a":"x\/y\u00e9 < 3","html":"\u003cp\u003e"}"#;
    let origin = Origin::start(move |seen| match &*seen.path() {
        "/plain" => typed("application/json", plain),
        "/coded" => typed("application/json\r\nContent-Encoding: gzip", encode("gzip", json().as_bytes())),
        "/ld" => typed("application/ld+json", json()),
        "/manifest" => typed("application/manifest+json", json()),
        "/stream" => typed("text/event-stream", json()),
        "/script" => typed("text/javascript", json()),
        "/text" => typed("text/plain", TAG),
        "/file" => Reply::ok("Content-Type: application/json\r\nCache-Control: max-age=9, immutable\r\n", json()),
        "/saved" => {
            Reply::ok("Content-Type: application/json\r\nContent-Disposition: attachment; filename=x\r\n", json())
        }
        _ => Reply::new(format!(
            "HTTP/1.1 206 Partial Content\r\nContent-Type: application/json\r\nContent-Range: bytes 0-{}/900\r\n\
             Content-Length: {}\r\n\r\n{}",
            json().len() - 1,
            json().len(),
            json()
        )),
    })
    .await;
    let proxy = Vestibule::before(&origin.url(), "");
    assert_eq!(get(proxy.address, "/plain", SCRIPT).await.text(), plain);
    let coded = get(proxy.address, "/coded", &format!("{SCRIPT}Accept-Encoding: gzip\r\n")).await;
    assert_eq!(coded.one("content-encoding"), "gzip");
    assert!(!coded.body.is_empty() && coded.body != encode("gzip", json().as_bytes()));
    for path in ["/ld", "/manifest", "/stream", "/script", "/file", "/saved", "/part"] {
        let response = get(proxy.address, path, SCRIPT).await;
        assert_eq!(response.text(), json(), "{path}");
        assert_eq!(response.one("content-length"), json().len().to_string(), "{path}");
    }
    assert_eq!(get(proxy.address, "/text", "Sec-Fetch-Dest: document\r\n").await.text(), TAG);
}

#[tokio::test]
async fn json_that_names_nobody_goes_back_to_the_caches() {
    let plain = r#"{"html":"<p>caf\u00e9<\/p>"}"#;
    let origin = Origin::start(move |seen| match &*seen.path() {
        "/plain" => typed("application/json", plain),
        "/unmarked" => Reply::ok("Content-Type: application/json\r\nCache-Control: public\r\n", plain),
        _ => typed("application/json", json()),
    })
    .await;
    let proxy = Vestibule::before(&origin.url(), "");
    for (path, later) in
        [("/plain", "public, max-age=60"), ("/unmarked", "private, no-cache"), ("/tagged", "private, no-cache")]
    {
        let first = get(proxy.address, path, SCRIPT).await;
        assert_eq!(first.one("cache-control"), "private, no-cache", "{path}");
        // What was found is noted when the answer is over; the visitor may be faster.
        let mut again = get(proxy.address, path, SCRIPT).await;
        for _ in 0..50 {
            if again.one("cache-control") != later {
                again = get(proxy.address, path, SCRIPT).await;
            }
        }
        assert_eq!((again.one("cache-control").as_str(), again.body == first.body), (later, true), "{path}");
        let agreed = get(proxy.address, path, &format!("{SCRIPT}{}", agreed(&proxy).await)).await;
        assert_eq!(agreed.one("cache-control"), later, "{path}");
    }
    let known = get(proxy.address, "/plain", SCRIPT).await;
    assert_eq!(
        (known.text(), known.one("etag"), known.one("content-length")),
        (plain.into(), "\"x\"".into(), plain.len().to_string())
    );
}

#[tokio::test]
async fn a_site_may_leave_json_alone() {
    let origin = Origin::always(typed("application/json", json())).await;
    let proxy = Vestibule::before(&origin.url(), "markup_in_json = false");
    let response = get(proxy.address, "/api", SCRIPT).await;
    assert_eq!((response.text(), response.one("cache-control")), (json(), "public, max-age=60".into()));
    let proxy = Vestibule::before(&origin.url(), "mode = \"observe\"");
    let response = get(proxy.address, "/api", SCRIPT).await;
    assert_eq!((response.text(), response.one("cache-control")), (json(), "public, max-age=60".into()));
}

#[tokio::test]
async fn what_is_stored_is_revalidated_as_the_variant_it_is() {
    let origin = Origin::start(|seen| {
        if seen.field("if-none-match") == ["\"x\""] {
            Reply::new("HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nCache-Control: public, max-age=60\r\n\r\n")
        } else {
            typed("application/json", json())
        }
    })
    .await;
    let proxy = Vestibule::before(&origin.url(), "");
    let etag = get(proxy.address, "/api", SCRIPT).await.one("etag");
    let again = get(proxy.address, "/api", &format!("{SCRIPT}If-None-Match: {etag}\r\n")).await;
    assert_eq!(
        (again.status, again.one("etag"), again.one("cache-control")),
        (304, etag.clone(), "private, no-cache".into())
    );
    let cookie = agreed(&proxy).await;
    let other = get(proxy.address, "/api", &format!("{SCRIPT}{cookie}If-None-Match: {etag}\r\n")).await;
    assert_eq!((other.status, other.text()), (200, json()), "the refusing variant does not hold for who agreed");
}

#[tokio::test]
async fn t48_parts_of_pages_are_judged_and_nothing_is_put_in() {
    let origin = Origin::start(|seen| match &*seen.path() {
        "/json" => typed("text/html; charset=utf-8", json()),
        "/numbers" => typed("text/html", "[1,2]"),
        "/gif" => typed("text/html", b"GIF89a\x01\x00\x01\x00<p>\x00\x00"),
        "/js" => typed("text/html", "if (a < b) { c(); }"),
        "/stream" => {
            typed("text/vnd.turbo-stream.html", format!("<turbo-stream><template>{TAG}</template></turbo-stream>"))
        }
        _ => typed("text/html", format!("<li>one</li>{TAG}")),
    })
    .await;
    let proxy = Vestibule::before(&origin.url(), "");
    let inert = r#" data-vestibule-src="https://connect.facebook.net/x.js"></script>"#;
    for asked in [SCRIPT, "HX-Request: true\r\n", "X-Requested-With: XMLHttpRequest\r\nAccept: text/html, */*\r\n"] {
        let part = get(proxy.address, "/part", asked).await.text();
        assert!(part.starts_with("<li>one</li><script data-vestibule") && part.ends_with(inert), "{asked}{part}");
        // What is JSON in truth is read as that.
        let answer = get(proxy.address, "/json", asked).await.text();
        assert!(
            answer.contains(r#" data-vestibule-src=\"https:\/\/connect.facebook.net\/x.js\"><\/script>"}"#),
            "{answer}"
        );
        assert!(answer.starts_with(r#"{"html":"caf\u00e9 <script"#), "{answer}");
    }
    let stream = get(proxy.address, "/stream", SCRIPT).await.text();
    assert!(stream.contains(inert), "{stream}");
    for asked in [SCRIPT, "", "Sec-Fetch-Dest: document\r\n"] {
        assert_eq!(get(proxy.address, "/gif", asked).await.body, b"GIF89a\x01\x00\x01\x00<p>\x00\x00", "{asked}");
    }
    for path in ["/numbers", "/js"] {
        let response = get(proxy.address, path, SCRIPT).await;
        assert!(!response.text().contains("vestibule"), "{path}: {}", response.text());
    }
    // A browser that opens it makes a page of it, so the tag may not fetch; but the banner would be no help there.
    let opened = get(proxy.address, "/json", "Sec-Fetch-Dest: document\r\n").await.text();
    assert!(!opened.contains("vestibule-banner") && opened.starts_with(r#"{"html""#), "{opened}");
}

#[tokio::test]
async fn t48_rows_of_server_components_are_read() {
    let rows = format!(
        ":HL[\"https://connect.facebook.net/x.js\",\"script\"]\n1:T{:x},{TAG}0:{{\"__html\":\"$1\"}}\n",
        TAG.len()
    );
    let origin = Origin::always(typed("text/x-component", rows.clone())).await;
    let proxy = Vestibule::before(&origin.url(), "");
    let text = get(proxy.address, "/?_rsc=1", "RSC: 1\r\n").await.text();
    let (length, rest) = text.strip_prefix("1:T").and_then(|rest| rest.split_once(',')).unwrap();
    let length = usize::from_str_radix(length, 16).unwrap();
    assert!(rest[..length].contains("data-vestibule-src") && rest[length..] == *"0:{\"__html\":\"$1\"}\n", "{text}");
    assert_eq!(get(proxy.address, "/?_rsc=1", "").await.text(), rows);
}

/// An origin that writes without end, or so many bytes, as fast as they are taken; it tells how many it wrote.
async fn endless(
    head: &'static str,
    piece: Vec<u8>,
    bytes: usize,
    written: &'static AtomicUsize,
) -> TcpListenerAddress {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut left = bytes;
        while left > 0 {
            let part = &piece[..piece.len().min(left)];
            if stream.write_all(part).await.is_err() {
                return;
            }
            left -= part.len();
            written.fetch_add(part.len(), Ordering::Relaxed);
        }
        drop(stream.shutdown().await);
    });
    TcpListenerAddress(format!("http://{address}"), task)
}

struct TcpListenerAddress(String, tokio::task::JoinHandle<()>);

impl Drop for TcpListenerAddress {
    fn drop(&mut self) {
        self.1.abort();
    }
}

/// The most memory that a process had so far, in KiB.
fn peak(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
}

/// `VESTIBULE_DOWNLOAD_MIB=1024` makes it long.
#[tokio::test]
async fn t47_a_download_is_never_held() {
    static WRITTEN: AtomicUsize = AtomicUsize::new(0);
    let mebibytes = std::env::var("VESTIBULE_DOWNLOAD_MIB").map_or(64, |text| text.parse::<usize>().unwrap());
    let total = mebibytes << 20;
    let head: &'static str = Box::leak(
        format!("HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: {total}\r\n\r\n")
            .into_boxed_str(),
    );
    let piece: Vec<u8> = (0..65_521_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let origin = endless(head, piece.clone(), total, &WRITTEN).await;
    let proxy = Vestibule::before(&origin.0, "");
    let mut stream = TcpStream::connect(proxy.address).await.unwrap();
    let before = peak(proxy.child.id());
    stream.write_all(b"GET /x HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n").await.unwrap();
    // A visitor who takes nothing makes the origin wait.
    let mut buffer = vec![0; 1 << 16];
    let mut got = 0;
    let mut body_from = None;
    loop {
        let read = stream.read(&mut buffer).await.unwrap();
        if read == 0 {
            break;
        }
        let mut part = &buffer[..read];
        if body_from.is_none() {
            let end = part.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
            let text = String::from_utf8_lossy(&part[..end]).to_ascii_lowercase();
            assert!(text.contains(&format!("content-length: {total}")), "{text}");
            body_from = Some(());
            part = &part[end..];
        }
        // What came is what was sent, compared in place.
        let mut at = got;
        let mut rest = part;
        while !rest.is_empty() {
            let offset = at % piece.len();
            let length = rest.len().min(piece.len() - offset);
            assert!(rest[..length] == piece[offset..offset + length], "at {at}");
            at += length;
            rest = &rest[length..];
        }
        got = at;
    }
    assert_eq!(got, total);
    let grown = peak(proxy.child.id()) - before;
    println!("{mebibytes} MiB: the process grew by {grown} KiB");
    assert!(grown < 24 * 1024, "{grown} KiB");
}

#[tokio::test]
async fn t47_a_visitor_who_takes_nothing_makes_the_origin_wait() {
    static WRITTEN: AtomicUsize = AtomicUsize::new(0);
    let head = "HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\n\r\n";
    let origin = endless(head, vec![7; 1 << 16], 1 << 30, &WRITTEN).await;
    let proxy = Vestibule::before(&origin.0, "");
    let mut stream = TcpStream::connect(proxy.address).await.unwrap();
    let before = peak(proxy.child.id());
    stream.write_all(b"GET /x HTTP/1.1\r\nHost: shop.test\r\n\r\n").await.unwrap();
    // Until nothing moves any more.
    let mut last = usize::MAX;
    while last != WRITTEN.load(Ordering::Relaxed) {
        last = WRITTEN.load(Ordering::Relaxed);
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    assert!(last < 64 << 20, "the origin wrote {last} bytes");
    let grown = peak(proxy.child.id()) - before;
    assert!(grown < 24 * 1024, "{grown} KiB");
}

#[tokio::test]
async fn t47_events_arrive_one_by_one_for_as_long_as_they_come() {
    // Each event is sent when the one before it has arrived: nothing between may wait for more.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, mut receiver) = tokio::sync::mpsc::channel::<String>(1);
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).await.unwrap();
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
        stream.write_all(head.as_bytes()).await.unwrap();
        while let Some(event) = receiver.recv().await {
            let framed = chunked(event.as_bytes(), event.len());
            stream.write_all(&framed[..framed.len() - 5]).await.unwrap();
        }
    });
    let proxy = Vestibule::before(&url, "");
    let mut stream = TcpStream::connect(proxy.address).await.unwrap();
    stream
        .write_all(
            format!("GET /x HTTP/1.1\r\nHost: shop.test\r\nAccept: text/event-stream\r\n{SCRIPT}\r\n").as_bytes(),
        )
        .await
        .unwrap();
    let mut seen = String::new();
    for number in 0..500 {
        let event = format!("id: {number}\ndata: {{\"html\":\"{}\"}}\n\n", TAG.replace('"', "\\\""));
        sender.send(event.clone()).await.unwrap();
        let mut buffer = [0; 4096];
        while !seen.contains(&event) {
            let read = stream.read(&mut buffer).await.unwrap();
            assert!(read > 0, "the stream ended before event {number}");
            seen.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
        }
        seen.clear();
    }
}
