//! Bad input from either side: a clear answer, a closed connection, and never a page that was not judged.

use crate::support::client::{encode, get, raw};
use crate::support::origin::{Origin, Reply};
use crate::support::vestibule::Vestibule;
use crate::support::{PAGE, TRACKERS};

#[tokio::test]
async fn malformed_requests_are_refused_and_the_connection_closed() {
    let origin = Origin::always(Reply::html("never reached")).await;
    let proxy = Vestibule::before(&origin.url(), "");
    let long = format!("GET /{} HTTP/1.1\r\nHost: shop.test\r\n\r\n", "x".repeat(20_000));
    let fat = format!("GET / HTTP/1.1\r\nHost: shop.test\r\nX-Fat: {}\r\n\r\n", "x".repeat(70_000));
    for (request, expected) in [
        ("GET / HTTP/1.1\r\nHost: nobody.test\r\n\r\n", 421),
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost:\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: shop.test\r\nHost: shop.test\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: shop.test\r\nHost: other.test\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: shop.test/../x\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: user@shop.test\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400),
        ("POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400),
        ("POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: -3\r\n\r\nabc", 400),
        ("TRACE / HTTP/1.1\r\nHost: shop.test\r\n\r\n", 405),
        ("CONNECT shop.test:443 HTTP/1.1\r\nHost: shop.test:443\r\n\r\n", 405),
        ("GET / HTTP/1.1\r\nHost: shop.test\r\n bad: folded\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost : shop.test\r\n\r\n", 400),
        (&long, 414),
        (&fat, 431),
    ] {
        let response = raw(proxy.address, request.as_bytes(), false).await;
        let shown: String = request.chars().take(80).collect();
        assert_eq!(response.status, expected, "{shown:?}");
        assert!(response.one("connection").eq_ignore_ascii_case("close"), "{shown:?}: {:?}", response.fields);
    }
    assert!(origin.seen.lock().unwrap().is_empty(), "nothing of it reached the shop");
}

#[tokio::test]
async fn with_no_file_every_host_is_served() {
    let origin = Origin::always(Reply::html(PAGE)).await;
    let proxy = Vestibule::run(&["--upstream", &origin.url(), "--listen", "127.0.0.1:0"]);
    for host in ["a.test", "b.test:81", "127.0.0.1"] {
        let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
        let response = raw(proxy.address, request.as_bytes(), false).await;
        assert_eq!(response.status, 200, "{host}");
        assert!(TRACKERS.iter().all(|tracker| !response.text().contains(tracker)));
    }
    let bare = raw(proxy.address, b"GET / HTTP/1.0\r\n\r\n", false).await;
    assert_eq!(bare.status, 200, "HTTP/1.0 clients need not name a host");
    assert!(proxy.logged().contains("[[site]]"), "the configuration it stands for is printed");
}

#[tokio::test]
async fn a_shop_that_is_down_is_said_so() {
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let proxy = Vestibule::before(&format!("http://{closed}"), "");
    let response = get(proxy.address, "/", "Cookie: sid=1\r\n").await;
    assert_eq!(response.status, 502);
    assert!(response.text().contains("does not answer") && response.one("content-type").starts_with("text/html"));
    assert!(response.field("set-cookie").is_empty());
    assert_eq!(response.one("cache-control"), "no-store");
}

#[tokio::test]
async fn one_of_two_shops_is_enough() {
    let origin = Origin::always(Reply::html("up")).await;
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let config = format!(
        "version = 1\n[listen]\nhttp = \"127.0.0.1:0\"\n[[site]]\nhosts = [\"shop.test\"]\nupstream = [\"http://{closed}\", \"{}\"]\n",
        origin.url()
    );
    let proxy = Vestibule::with_config(&config);
    for _ in 0..6 {
        assert_eq!(get(proxy.address, "/", "").await.status, 200);
    }
}

/// Nothing of a page that cannot be read may come through as it was.
fn nothing_raw(body: &[u8], what: &str) {
    let text = String::from_utf8_lossy(body);
    assert!(TRACKERS.iter().all(|tracker| !text.contains(tracker)), "{what}: {text}");
}

#[tokio::test]
async fn pages_that_cannot_be_read_do_not_pass() {
    let gzip = encode("gzip", PAGE.as_bytes());
    let mut flipped = gzip.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0xff;
    for (name, coding, body, status) in [
        ("a coding nobody knows", "x-secret", PAGE.as_bytes().to_vec(), 502),
        ("a coding we cannot take off", "compress", PAGE.as_bytes().to_vec(), 502),
        ("plain bytes labelled gzip", "gzip", PAGE.as_bytes().to_vec(), 200),
        ("plain bytes labelled br", "br", PAGE.as_bytes().to_vec(), 200),
        ("plain bytes labelled zstd", "zstd", PAGE.as_bytes().to_vec(), 200),
        ("a truncated page", "gzip", gzip[..gzip.len() - 9].to_vec(), 200),
        ("a damaged page", "gzip", flipped, 200),
    ] {
        let fields = format!("Content-Type: text/html\r\nContent-Encoding: {coding}\r\n");
        let origin = Origin::always(Reply::ok(&fields, &body)).await;
        let proxy = Vestibule::before(&origin.url(), "");
        let response = get(proxy.address, "/", "Accept-Encoding: gzip, br, zstd\r\n").await;
        // Once the head is out, a page of which nothing can be decoded can only be broken off; an answer of ours is as good.
        // Whatever could be decoded is shown, and is all there is.
        if response.complete && response.status == 200 {
            let shown = String::from_utf8_lossy(&response.decoded()).into_owned();
            assert!(name.contains("aged") || name.contains("truncated"), "{name}: {shown}");
            assert!(shown.starts_with("<!doctype html><html><head>"), "{name}: {shown}");
            nothing_raw(shown.as_bytes(), name);
        } else if response.status != 200 {
            assert_eq!(response.status, if status == 200 { 500 } else { status }, "{name}: {}", response.text());
        }
        assert!(name != "a truncated page" || response.complete);
        nothing_raw(&response.body, name);
    }
}

#[tokio::test]
async fn a_tag_of_any_length_does_not_stop_a_page() {
    let image = format!("<img src=\"data:image/png;base64,{}\">", "A".repeat(6_000_000));
    let page = format!("<!doctype html><p>{image}{PAGE}");
    let origin = Origin::always(Reply::html(&page)).await;
    let proxy = Vestibule::before(&origin.url(), "banner = false");
    let response = get(proxy.address, "/", "").await;
    let text = response.text();
    assert!(response.complete && text.contains(&image) && text.ends_with("<!-- the end -->"));
    nothing_raw(text.as_bytes(), "a long image");
}

#[tokio::test]
async fn part_of_a_page_does_not_pass() {
    let reply = format!(
        "HTTP/1.1 206 Partial Content\r\nContent-Type: text/html\r\nContent-Range: bytes 0-9/99\r\nContent-Length: {}\r\n\r\n{PAGE}",
        PAGE.len()
    );
    let origin = Origin::always(Reply::new(reply)).await;
    let proxy = Vestibule::before(&origin.url(), "");
    let response = get(proxy.address, "/", "Range: bytes=0-9\r\n").await;
    assert_eq!(response.status, 502);
    nothing_raw(&response.body, "206");
}

#[tokio::test]
async fn a_shop_that_breaks_off_breaks_the_page_off() {
    let half = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5000\r\n\r\n{PAGE}");
    let origin = Origin::always(Reply::new(half).closing()).await;
    let proxy = Vestibule::before(&origin.url(), "");
    let response = get(proxy.address, "/", "").await;
    assert!(!response.complete, "a page cut short must not look whole");
    nothing_raw(&response.body, "cut short");
}

#[tokio::test]
async fn requests_on_one_connection_are_judged_one_by_one() {
    use tokio::io::AsyncWriteExt as _;
    let origin = Origin::always(Reply::ok("", "")).await;
    let proxy = Vestibule::before(&origin.url(), "");
    let accepted = crate::consent_api::choose(&proxy, r#"{"choice":"accept"}"#).await;
    let mut stream = tokio::net::TcpStream::connect(proxy.address).await.unwrap();
    let mut buffer = Vec::new();
    for round in 0..6 {
        let cookie = if round % 2 == 0 { format!("_ga=1; {accepted}") } else { "_ga=1; sid=2".to_owned() };
        let request = format!("GET / HTTP/1.1\r\nHost: shop.test\r\nCookie: {cookie}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        crate::support::client::read_response(&mut stream, &mut buffer, false).await;
        let expected = if round % 2 == 0 { "_ga=1" } else { "sid=2" };
        assert_eq!(origin.last().field("cookie"), [expected], "round {round}");
    }
}
