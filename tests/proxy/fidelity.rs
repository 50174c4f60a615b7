//! What is not a page passes as if nobody stood here.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::PAGE;
use crate::support::client::{encode, get, http2, raw, read_response};
use crate::support::origin::{End, Origin, Origin2, Reply, chunked};
use crate::support::vestibule::Vestibule;

#[tokio::test]
async fn other_bodies_are_byte_identical() {
    // Every one of these carries the bytes of a page, and none of them is one.
    for fields in [
        "Content-Type: application/json\r\n",
        "Content-Type: text/javascript\r\n",
        "Content-Type: image/png\r\n",
        "Content-Type: text/plain\r\n",
        "Content-Type: application/octet-stream\r\nAccept-Ranges: bytes\r\nETag: \"x\"\r\n",
        "Content-Type: image/svg+xml\r\n",
        "",
    ] {
        for coding in ["identity", "gzip", "br"] {
            let body = encode(coding, PAGE.as_bytes());
            let coding_field =
                if coding == "identity" { String::new() } else { format!("Content-Encoding: {coding}\r\n") };
            let origin = Origin::always(Reply::ok(&format!("{fields}{coding_field}"), &body)).await;
            let proxy = Vestibule::before(&origin.url(), "");
            let asked =
                "Accept: */*\r\nAccept-Encoding: gzip, br\r\nSec-Fetch-Dest: image\r\nSec-Fetch-Mode: no-cors\r\n";
            let response = get(proxy.address, "/x", asked).await;
            assert_eq!(response.body, body, "{fields}{coding}");
            assert_eq!(response.one("content-length"), body.len().to_string(), "{fields}");
            if fields.contains("ETag") {
                assert_eq!((response.one("etag").as_str(), response.one("accept-ranges").as_str()), ("\"x\"", "bytes"));
            }
        }
    }
}

#[tokio::test]
async fn a_large_body_passes_whole() {
    let body: Vec<u8> = (0..8_000_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let origin = Origin::always(Reply::ok("Content-Type: video/mp4\r\n", &body)).await;
    let proxy = Vestibule::before(&origin.url(), "");
    assert_eq!(get(proxy.address, "/", "").await.body, body);
    let origin = Origin2::start(vec![("content-type", "video/mp4".to_owned())], body.clone(), End::Trailers).await;
    let proxy = Vestibule::before(&origin.url(), "");
    let response = http2(proxy.address, hyper::Request::get("http://shop.test/"), b"").await;
    assert!(response.complete && response.body == body);
}

#[tokio::test]
async fn ranges_of_files_pass_and_ranges_of_pages_are_not_asked_for() {
    let origin = Origin::start(|seen| {
        if seen.field("range").is_empty() {
            Reply::html(PAGE)
        } else {
            Reply::new("HTTP/1.1 206 Partial Content\r\nContent-Type: image/png\r\nContent-Range: bytes 0-3/10\r\nContent-Length: 4\r\n\r\n\x01\x02\x03\x04")
        }
    })
    .await;
    let proxy = Vestibule::before(&origin.url(), "");
    let file = get(proxy.address, "/a.png", "Range: bytes=0-3\r\nAccept: image/*\r\n").await;
    assert_eq!((file.status, file.body.as_slice()), (206, &b"\x01\x02\x03\x04"[..]));
    let page = get(proxy.address, "/", "Range: bytes=0-3\r\nSec-Fetch-Dest: document\r\n").await;
    assert_eq!(page.status, 200);
}

#[tokio::test]
async fn answers_without_a_body() {
    let origin = Origin::start(|seen| {
        let text = seen.text();
        if text.starts_with("HEAD") {
            Reply::new("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5000\r\n\r\n")
        } else if seen.path() == "/204" {
            Reply::new("HTTP/1.1 204 No Content\r\nContent-Type: text/html\r\n\r\n")
        } else if seen.path() == "/empty" {
            Reply::html("")
        } else {
            Reply::new("HTTP/1.1 304 Not Modified\r\nContent-Type: text/html\r\nETag: \"x\"\r\n\r\n")
        }
    })
    .await;
    let proxy = Vestibule::before(&origin.url(), "");
    let head = raw(proxy.address, b"HEAD / HTTP/1.1\r\nHost: shop.test\r\n\r\n", true).await;
    assert_eq!(head.status, 200);
    assert!(head.field("content-length").is_empty(), "the length is not known before the page is rewritten");
    for (path, status) in [("/204", 204), ("/304", 304)] {
        let response = get(proxy.address, path, "").await;
        assert!(response.complete && response.status == status, "{path}");
        let response = http2(proxy.address, hyper::Request::get(format!("http://shop.test{path}")), b"").await;
        assert!(response.complete && response.status == status, "{path} over HTTP/2");
    }
    let empty = get(proxy.address, "/empty", "").await;
    assert!(empty.complete && empty.body.is_empty(), "{}", empty.text());
}

#[tokio::test]
async fn uploads_arrive_whole() {
    let origin = Origin::start(|seen| Reply::ok("Content-Type: text/plain\r\n", &seen.body)).await;
    let proxy = Vestibule::before(&origin.url(), "");
    let body: Vec<u8> = (0..300_000_u32).map(|at| (at % 251) as u8).collect();
    let head = format!("POST /upload HTTP/1.1\r\nHost: shop.test\r\nContent-Length: {}\r\n", body.len());
    let plain = raw(proxy.address, &[head.as_bytes(), b"\r\n", &body].concat(), false).await;
    assert_eq!(plain.body, body);
    let framed = [
        b"POST /upload HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n".as_slice(),
        &chunked(&body, 4000),
    ]
    .concat();
    assert_eq!(raw(proxy.address, &framed, false).await.body, body);
    let expecting = [head.as_bytes(), b"Expect: 100-continue\r\n\r\n", &body].concat();
    assert_eq!(raw(proxy.address, &expecting, false).await.body, body);
    assert_eq!(http2(proxy.address, hyper::Request::post("http://shop.test/upload"), &body).await.body, body);
}

#[tokio::test]
async fn redirects_pass_as_they_are() {
    for location in ["/next?a=1", "http://shop.test/x", "https://pay.example/y?z", "../up"] {
        let origin = Origin::always(Reply::new(format!(
            "HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
        )))
        .await;
        let proxy = Vestibule::before(&origin.url(), "");
        let response = get(proxy.address, "/", "").await;
        assert_eq!((response.status, response.one("location").as_str()), (302, location));
    }
}

#[tokio::test]
async fn early_hints_are_dropped_and_links_are_judged() {
    let origin = Origin::always(Reply::new(format!(
        "HTTP/1.1 103 Early Hints\r\nLink: <https://www.googletagmanager.com/gtm.js>; rel=preload; as=script\r\n\r\n\
         HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\
         Link: </shop.css>; rel=preload; as=style, <https://www.googletagmanager.com/gtm.js>; rel=\"preload\"; as=script, \
         <https://shop.test/a,b>; rel=next\r\nLink: <//connect.facebook.net>; rel=preconnect\r\n\
         Refresh: 5; url=https://connect.facebook.net/x\r\n\r\n{PAGE}",
        PAGE.len()
    )))
    .await;
    let proxy = Vestibule::before(&origin.url(), "");
    let mut stream = TcpStream::connect(proxy.address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n").await.unwrap();
    let mut first = vec![0; 12];
    stream.read_exact(&mut first).await.unwrap();
    assert_eq!(first, b"HTTP/1.1 200");
    let response = get(proxy.address, "/", "").await;
    assert_eq!(response.field("link"), ["</shop.css>; rel=preload; as=style, <https://shop.test/a,b>; rel=next"]);
    assert!(response.field("refresh").is_empty());
}

#[tokio::test]
async fn t29_websockets_carry_what_they_are_given() {
    // A page inside the tunnel shows that nobody reads along.
    let origin = Origin::start(|seen| {
        assert_eq!(seen.field("cookie"), ["sid=1"]);
        Reply::new(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nContent-Type: text/html\r\n\
             Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
        )
        .echoing()
    })
    .await;
    let proxy = Vestibule::before(&origin.url(), "");
    // The framework tears a tunnel down now and then, when both sides speak at once (`manual/limits.rs`). One of three has to
    // live, and none may carry anything else than what it was given.
    let mut whole = 0;
    for _ in 0..3 {
        whole += usize::from(echoes(&proxy).await);
    }
    assert!(whole > 0, "every tunnel was torn down");
}

/// A form with its token, the session and the basket, before a change of policy and after it.
#[tokio::test]
async fn t29_logins_and_baskets_survive_a_reload() {
    let origin = Origin::start(|seen| {
        let kept = seen.field("cookie") == ["csrftoken=x; sessionid=y; cart=\"a|b\""];
        let whole = seen.body == b"csrfmiddlewaretoken=x&login=a%40b&next=%2Fcart";
        let fields = "Set-Cookie: sessionid=z; Path=/; HttpOnly; SameSite=Lax\r\nSet-Cookie: _ga=1; Path=/\r\nLocation: /cart\r\n";
        let status = if kept && whole { "302 Found" } else { "403 Forbidden" };
        Reply::new(format!("HTTP/1.1 {status}\r\n{fields}Content-Length: 0\r\n\r\n"))
    })
    .await;
    let proxy = Vestibule::before(&origin.url(), "");
    let body = "csrfmiddlewaretoken=x&login=a%40b&next=%2Fcart";
    let request = format!(
        "POST /login HTTP/1.1\r\nHost: shop.test\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Cookie: csrftoken=x; _ga=GA1; sessionid=y; _fbp=2; cart=\"a|b\"\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    for reloaded in [false, true] {
        if reloaded {
            let text = std::fs::read_to_string(proxy.config_file()).unwrap();
            let more = "  [[site.route]]\n  path = \"/account/**\"\n  deny = [\"marketing\"]\n";
            std::fs::write(proxy.config_file(), format!("{text}\n{more}")).unwrap();
            proxy.signal("HUP");
            proxy.wait_for_log("Configuration reloaded");
        }
        let response = raw(proxy.address, request.as_bytes(), false).await;
        assert_eq!((response.status, response.one("location")), (302, "/cart".to_owned()), "reloaded: {reloaded}");
        let left: Vec<String> =
            response.field("set-cookie").into_iter().filter(|field| !field.contains("Max-Age=0")).collect();
        assert_eq!(left, ["sessionid=z; Path=/; HttpOnly; SameSite=Lax"], "reloaded: {reloaded}");
    }
}

/// Whether a tunnel lives through fifty pages.
async fn echoes(proxy: &Vestibule) -> bool {
    let mut stream = TcpStream::connect(proxy.address).await.unwrap();
    let request = "GET /socket HTTP/1.1\r\nHost: shop.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                   Cookie: sid=1; _ga=2\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut buffer = Vec::new();
    let response = read_response(&mut stream, &mut buffer, false).await;
    assert_eq!(response.status, 101);
    for _ in 0..50 {
        let sent = stream.write_all(PAGE.as_bytes()).await;
        while sent.is_ok() && buffer.len() < PAGE.len() && stream.read_buf(&mut buffer).await.is_ok_and(|read| read > 0)
        {
        }
        let got: Vec<u8> = buffer.drain(..buffer.len().min(PAGE.len())).collect();
        assert!(PAGE.as_bytes().starts_with(&got), "other bytes than those that were sent");
        if got.len() < PAGE.len() {
            return false;
        }
    }
    true
}

#[tokio::test]
async fn server_sent_events_are_not_held_back() {
    let mut pieces = vec![
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n8\r\ndata: 1\n\r\n"
            .to_vec(),
    ];
    pieces.extend(std::iter::repeat_n(Vec::new(), 600));
    let origin = Origin::always(Reply::pieces(pieces)).await;
    let proxy = Vestibule::before(&origin.url(), "");
    let mut stream = TcpStream::connect(proxy.address).await.unwrap();
    stream.write_all(b"GET /events HTTP/1.1\r\nHost: shop.test\r\nAccept: text/event-stream\r\n\r\n").await.unwrap();
    let mut got = Vec::new();
    let waiting = async {
        while !got.windows(7).any(|window| window == b"data: 1") {
            stream.read_buf(&mut got).await.unwrap();
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(3), waiting).await.expect("held back");
}

#[tokio::test]
async fn the_shop_learns_who_asks_from_us_alone() {
    let origin = Origin::always(Reply::ok("", "")).await;
    let proxy = Vestibule::before(&origin.url(), "");
    get(proxy.address, "/", "X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.test\r\nForwarded: for=9.9.9.9\r\nX-Real-IP: 9.9.9.9\r\n").await;
    let seen = origin.last();
    assert_eq!(seen.field("x-forwarded-for"), ["127.0.0.1"]);
    assert_eq!(seen.field("x-forwarded-proto"), ["http"]);
    assert_eq!(seen.field("x-forwarded-host"), ["shop.test"]);
    assert_eq!(seen.field("host"), ["shop.test"]);
    assert!(seen.field("forwarded").is_empty() && seen.field("x-real-ip").is_empty());
    http2(proxy.address, hyper::Request::get("http://shop.test/"), b"").await;
    assert_eq!(origin.last().field("host"), ["shop.test"]);
}

#[tokio::test]
async fn a_trusted_proxy_is_believed() {
    let origin = Origin::always(Reply::html(PAGE)).await;
    let config = format!(
        "version = 1\n[listen]\nhttp = \"127.0.0.1:0\"\ntrusted_proxies = [\"127.0.0.0/8\"]\n\
         [[site]]\nhosts = [\"shop.test\"]\nupstream = \"{}\"\n",
        origin.url()
    );
    let proxy = Vestibule::with_config(&config);
    get(proxy.address, "/", "X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Proto: https\r\n").await;
    assert_eq!(origin.last().field("x-forwarded-for"), ["9.9.9.9, 127.0.0.1"]);
    assert_eq!(origin.last().field("x-forwarded-proto"), ["https"]);
    let request = "POST /.vestibule/consent HTTP/1.1\r\nHost: shop.test\r\nOrigin: https://shop.test\r\nX-Forwarded-Proto: https\r\n\
                   Content-Type: application/json\r\nContent-Length: 19\r\n\r\n{\"choice\":\"accept\"}";
    let response = raw(proxy.address, request.as_bytes(), false).await;
    let cookies = response.field("set-cookie");
    assert!(
        cookies.iter().all(|cookie| cookie.starts_with("__Host-vestibule") && cookie.contains("Secure")),
        "{cookies:?}"
    );
}

#[tokio::test]
async fn only_codings_that_can_be_read_are_asked_for() {
    let origin = Origin::always(Reply::ok("", "")).await;
    let proxy = Vestibule::before(&origin.url(), "");
    get(proxy.address, "/", "Accept-Encoding: gzip, deflate, br, zstd\r\n").await;
    assert_eq!(origin.last().field("accept-encoding"), ["gzip, deflate, br, zstd"]);
    get(proxy.address, "/", "Accept-Encoding: gzip, dcb, dcz\r\n").await;
    let asked = origin.last().field("accept-encoding").join(",");
    assert!(asked.contains("gzip") && !asked.contains("dc"), "{asked}");
}
