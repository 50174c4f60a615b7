//! Cookies in both directions, on every status.

use crate::consent_api::choose;
use crate::support::PAGE;
use crate::support::client::{get, http2, raw};
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
        let set = response.field("set-cookie");
        let of_the_shop: Vec<&String> = set.iter().filter(|field| !field.starts_with("vestibule-since-")).collect();
        assert_eq!(of_the_shop.len(), 5, "{status}: everything was agreed to");
        assert!(of_the_shop[3].contains("2099"));
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

/// What a shop's own server sets is out of every script's reach, and stops here; what is kept is kept to the byte.
#[tokio::test]
async fn t21_http_only_trackers_do_not_pass_and_the_session_stays_as_it_was() {
    let kept = [
        "sessionid=a\"b,c=; path=/;  HTTPONLY ;SameSite=lax; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=",
        "__Host-cart_session=1; Secure; Path=/; Priority=High; x-unknown=\"1,2\"",
        "csrftoken=1;Secure;Partitioned;SameSite=None;;Version=1; Secure",
        "PHPSESSID=1 ; DOMAIN=.shop.test;Path=/; httponly",
    ];
    let [first, second, third, fourth] = kept;
    let fields = format!(
        "Set-Cookie: {first}\r\nSet-Cookie: _ga=GA1.2.3; HttpOnly; Max-Age=1\r\nSet-Cookie: {second}\r\n\
         Set-Cookie: FPID=FPID2.2.x; HttpOnly; Secure; Path=/\r\nSet-Cookie: {third}\r\nset-cookie: {fourth}\r\n"
    );
    let config = "necessary = [{ cookie = \"__Host-cart_session\", reason = \"the cart\" }, { cookie = \"sessionid\", reason = \"the login\" }]";
    for head in [
        "200 OK\r\nContent-Length: 0",
        "301 Moved Permanently\r\nLocation: /x\r\nContent-Length: 0",
        "302 Found\r\nLocation: https://elsewhere.example/\r\nContent-Length: 0",
        "303 See Other\r\nLocation: /x\r\nContent-Length: 0",
        "304 Not Modified",
        "307 Temporary Redirect\r\nLocation: /x\r\nContent-Length: 0",
        "401 Unauthorized\r\nContent-Length: 0",
        "404 Not Found\r\nContent-Length: 0",
        "429 Too Many Requests\r\nContent-Length: 0",
        "500 Oops\r\nContent-Length: 0",
        "503 Later\r\nContent-Length: 0",
    ] {
        let origin = Origin::always(Reply::new(format!("HTTP/1.1 {head}\r\n{fields}\r\n"))).await;
        let proxy = Vestibule::before(&origin.url(), config);
        for method in ["GET", "HEAD", "POST"] {
            let body = if method == "POST" { "Content-Length: 0\r\n" } else { "" };
            let request = format!("{method} / HTTP/1.1\r\nHost: shop.test\r\n{body}\r\n");
            let response = raw(proxy.address, request.as_bytes(), method == "HEAD").await;
            assert_eq!(response.field("set-cookie"), kept, "{method} {head}");
        }
    }
}

/// A planted copy of our own cookie never turns a no into a yes; both copies of a tracker end.
#[tokio::test]
async fn t24_a_name_that_comes_twice() {
    let origin = Origin::always(Reply::html(PAGE)).await;
    let proxy = Vestibule::before(&origin.url(), "");
    let no = choose(&proxy, r#"{"choice":"refuse"}"#).await;
    let yes = choose(&proxy, r#"{"choice":"accept"}"#).await;
    for jar in [format!("{no}; {yes}"), format!("{yes}; {no}")] {
        let response = get(proxy.address, "/", &format!("Cookie: _ga=1; sid=2; {jar}; _ga=3\r\n")).await;
        assert_eq!(origin.last().field("cookie"), ["sid=2"], "neither copy arrives");
        let ended = response.field("set-cookie");
        assert!(ended.contains(&"_ga=; Path=/; Max-Age=0".to_owned()), "{ended:?}");
        assert!(ended.contains(&"_ga=; Path=/; Domain=shop.test; Max-Age=0".to_owned()), "{ended:?}");
    }
}

/// Every shape of the field that browsers and programs send: what is kept comes out as it came in, in order, as one field.
#[tokio::test]
async fn t25_odd_cookie_fields() {
    let origin = Origin::always(Reply::ok("", "")).await;
    let proxy = Vestibule::before(&origin.url(), "");
    let many: Vec<String> = (0..200).map(|at| format!("session{at}=v{at}")).collect();
    let long = format!("sid={}", "x".repeat(16 * 1024));
    let cases: Vec<(Vec<u8>, Vec<u8>)> = vec![
        (b"Cookie: sid=1;_ga=2;cart=3\r\n".to_vec(), b"sid=1; cart=3".to_vec()),
        (b"Cookie: sid=1;cart=3\r\n".to_vec(), b"sid=1;cart=3".to_vec()),
        (b"Cookie: =v; _ga=2; v\r\n".to_vec(), b"=v; v".to_vec()),
        (b"Cookie: \"q\"=\"a b\"; _ga=\"x;_gid=y\"\r\n".to_vec(), b"\"q\"=\"a b\"".to_vec()),
        (b"Cookie: a=; _ga=; b=\r\n".to_vec(), b"a=; b=".to_vec()),
        (b"Cookie: ;;a=1;;_ga=1;;;\r\n".to_vec(), b"a=1".to_vec()),
        (b"Cookie: n\xe9=\xff\xfe; _ga=\x80; \xc3\xa9=1\r\n".to_vec(), b"n\xe9=\xff\xfe; \xc3\xa9=1".to_vec()),
        (b"Cookie: a=1\tb; _ga=1\r\n".to_vec(), b"a=1\tb".to_vec()),
        (b"Cookie: a=1, _ga=1; _ga=2\r\n".to_vec(), b"a=1, _ga=1".to_vec()),
        (b"Cookie: _ga=1\r\nCookie: sid=1\r\nCookie:\r\nCookie: cart=2\r\n".to_vec(), b"sid=1; cart=2".to_vec()),
        (format!("Cookie: {}; _ga=1\r\n", many.join("; ")).into_bytes(), many.join("; ").into_bytes()),
        (format!("Cookie: _ga=1; {long}\r\n").into_bytes(), long.into_bytes()),
        (b"Cookie: vestibule=x; __Host-vestibule-since-0000=1; sid=1\r\n".to_vec(), b"sid=1".to_vec()),
        (b"Cookie:\r\nCookie: \r\n".to_vec(), Vec::new()),
    ];
    for (fields, expected) in cases {
        let request = [b"GET / HTTP/1.1\r\nHost: shop.test\r\n", &fields[..], b"\r\n"].concat();
        let response = raw(proxy.address, &request, false).await;
        assert_eq!(response.status, 200, "{}", String::from_utf8_lossy(&fields));
        let head = origin.last().head;
        let found: Vec<&[u8]> = head
            .split(|byte| *byte == b'\n')
            .filter(|line| line.len() > 7 && line[..7].eq_ignore_ascii_case(b"cookie:"))
            .map(|line| line[7..].trim_ascii())
            .collect();
        let wanted: Vec<&[u8]> = if expected.is_empty() { Vec::new() } else { vec![&expected] };
        assert_eq!(found, wanted, "{}", String::from_utf8_lossy(&fields));
    }
}

/// Names that only begin like a tracker's.
#[tokio::test]
async fn t27_look_alikes_are_the_shops_own() {
    let origin = Origin::always(Reply::html(PAGE)).await;
    let proxy = Vestibule::before(&origin.url(), "");
    let jar = "_gat_cart=1; ga_session_shop=2; _gaming=3; x_ga=4; _GA=5; _fbpixel=6; FPIDs=7; basket=8";
    let response = get(proxy.address, "/", &format!("Cookie: {jar}; _ga=9\r\n")).await;
    assert_eq!(origin.last().field("cookie"), [jar]);
    let ended = response.field("set-cookie");
    assert!(!ended.is_empty() && ended.iter().all(|field| field.starts_with("_ga=;")), "{ended:?}");
}
