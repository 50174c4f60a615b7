//! Cookies in both directions, on every status.

use crate::consent_api::choose;
use crate::support::client::{get, http2};
use crate::support::origin::{Origin, Reply};
use crate::support::vestibule::Vestibule;

#[tokio::test]
async fn only_what_was_agreed_to_reaches_the_shop() {
    let origin = Origin::always(Reply::ok("", "")).await;
    let proxy = Vestibule::before(&origin.url(), "");
    let jar = r#"sid=a"b,c; _ga=GA1.2.3;_fbp=fb.1; csrftoken=x==; _ga_ABC=GS1; lone; =v; odd = 1 "#;
    get(proxy.address, "/", &format!("Cookie: {jar}\r\n")).await;
    assert_eq!(origin.last().field("cookie"), [r#"sid=a"b,c; csrftoken=x==; lone; =v; odd = 1"#]);

    let cookie = choose(&proxy, r#"{"choice":"save","purposes":["analytics"]}"#).await;
    get(proxy.address, "/", &format!("Cookie: {jar}; {cookie}\r\n")).await;
    assert_eq!(
        origin.last().field("cookie"),
        [r#"sid=a"b,c; _ga=GA1.2.3; csrftoken=x==; _ga_ABC=GS1; lone; =v; odd = 1"#]
    );

    get(proxy.address, "/", "Cookie: _ga=1; _fbp=2\r\n").await;
    assert_eq!(origin.last().field("cookie"), [""; 0], "nothing is left to send");

    get(proxy.address, "/", "Cookie: sid=1;x=\"y;z\"\r\n").await;
    assert_eq!(origin.last().field("cookie"), ["sid=1;x=\"y;z\""], "nothing dropped, nothing changed");
}

#[tokio::test]
async fn crumbs_and_several_fields_become_one() {
    let origin = Origin::always(Reply::ok("", "")).await;
    let proxy = Vestibule::before(&origin.url(), "");
    get(proxy.address, "/", "Cookie: sid=1\r\nCookie: _ga=2; cart=3\r\nCookie: _fbp=4\r\n").await;
    assert_eq!(origin.last().field("cookie"), ["sid=1; cart=3"]);
    let crumbs = hyper::Request::get("http://shop.test/")
        .header("cookie", "sid=1")
        .header("cookie", "_ga=2")
        .header("cookie", "cart=3");
    http2(proxy.address, crumbs, b"").await;
    assert_eq!(origin.last().field("cookie"), ["sid=1; cart=3"]);
}

#[tokio::test]
async fn set_cookie_is_judged_on_every_status() {
    let cookies = "Set-Cookie: sid=1; Path=/; HttpOnly\r\n\
                   Set-Cookie: _ga=2; Max-Age=63072000\r\n\
                   Set-Cookie: FPID=3; Max-Age=63072000; HttpOnly; Secure\r\n\
                   Set-Cookie: unheard_of=4; Path=/; Expires=Wed, 21 Oct 2099 07:28:00 GMT; Partitioned\r\n\
                   Set-Cookie: _fbp=; Max-Age=0\r\n";
    for status in
        ["200 OK", "204 No Content", "302 Found\r\nLocation: /x", "304 Not Modified", "404 Not Found", "500 Oops"]
    {
        let length = if status.starts_with("204") || status.starts_with("304") { "" } else { "Content-Length: 0\r\n" };
        let origin = Origin::always(Reply::new(format!("HTTP/1.1 {status}\r\n{cookies}{length}\r\n"))).await;
        let proxy = Vestibule::before(&origin.url(), "");
        let response = get(proxy.address, "/", "").await;
        assert_eq!(
            response.field("set-cookie"),
            ["sid=1; Path=/; HttpOnly", "unheard_of=4; Path=/; Partitioned", "_fbp=; Max-Age=0",],
            "{status}"
        );
        let cookie = choose(&proxy, r#"{"choice":"accept"}"#).await;
        let response = get(proxy.address, "/", &format!("Cookie: {cookie}\r\n")).await;
        assert_eq!(response.field("set-cookie").len(), 5, "{status}: everything was agreed to");
        assert!(response.field("set-cookie")[3].contains("2099"));
    }
}

#[tokio::test]
async fn many_cookies_and_eight_bit_bytes_survive() {
    let mut head = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Name: caf\xe9\r\n".to_vec();
    for number in 0..60 {
        head.extend(format!("Set-Cookie: session{number}=v\r\n").bytes());
    }
    head.extend(b"Set-Cookie: csrftoken=\xff\xfe\r\n\r\n");
    let origin = Origin::always(Reply::new(head)).await;
    let proxy = Vestibule::before(&origin.url(), "");
    let response = get(proxy.address, "/", "").await;
    assert_eq!(response.field("set-cookie").len(), 61);
    let raw =
        |name: &str| response.fields.iter().rfind(|(known, _)| known.eq_ignore_ascii_case(name)).unwrap().1.clone();
    assert_eq!(raw("x-name"), b"caf\xe9");
    assert_eq!(raw("set-cookie"), b"csrftoken=\xff\xfe");
}
