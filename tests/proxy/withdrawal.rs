//! The end of what browsers hold without consent, over HTTP.

use crate::consent_api::{choose, choose_with};
use crate::support::PAGE;
use crate::support::client::{Response, get, raw};
use crate::support::origin::{Origin, Reply};
use crate::support::vestibule::Vestibule;

/// What ends cookies in a response.
fn ended(response: &Response) -> Vec<String> {
    response.field("set-cookie").into_iter().filter(|field| field.contains("; Max-Age=0")).collect()
}

/// A site on names below a public suffix of two labels.
fn on_a_real_name(upstream: &str, more: &str) -> Vestibule {
    Vestibule::with_config(&format!(
        "version = 1\n[listen]\nhttp = \"127.0.0.1:0\"\n[admin]\nlisten = \"127.0.0.1:0\"\n[[site]]\n\
         hosts = [\"www.shop.co.uk\", \"shop.co.uk\"]\nupstream = \"{upstream}\"\n{more}\n"
    ))
}

async fn ask(proxy: &Vestibule, path: &str, fields: &str) -> Response {
    let request = format!("GET {path} HTTP/1.1\r\nHost: www.shop.co.uk\r\n{fields}\r\n");
    raw(proxy.address, request.as_bytes(), false).await
}

#[tokio::test]
async fn t22_what_is_there_already_ends() {
    let origin = Origin::always(Reply::html(PAGE)).await;
    let proxy = Vestibule::before(&origin.url(), "");
    let trackers = ["_ga", "_ga_ABC", "_fbp", "FPID"];
    let jar: Vec<String> = trackers.iter().map(|name| format!("{name}=1")).collect();
    let no = choose(&proxy, r#"{"choice":"refuse"}"#).await;
    for own in ["sid=1".to_owned(), format!("sid=1; {no}")] {
        let response = get(proxy.address, "/", &format!("Cookie: {}; {own}\r\n", jar.join("; "))).await;
        assert_eq!(origin.last().field("cookie"), ["sid=1"]);
        let ended = ended(&response);
        for name in trackers {
            assert!(ended.contains(&format!("{name}=; Path=/; Max-Age=0")), "{name}: {ended:?}");
            assert!(ended.contains(&format!("{name}=; Path=/; Domain=shop.test; Max-Age=0")), "{name}: {ended:?}");
        }
        assert!(ended.iter().all(|field| trackers.iter().any(|name| field.starts_with(&format!("{name}=;")))));
    }
    // What was agreed to stays, and what another service needs goes.
    let some = choose(&proxy, r#"{"choice":"save","purposes":["analytics"]}"#).await;
    let response = get(proxy.address, "/", &format!("Cookie: _ga=1; _fbp=2; {some}\r\n")).await;
    assert!(ended(&response).iter().all(|field| field.starts_with("_fbp=;")), "{:?}", ended(&response));
}

#[tokio::test]
async fn t23_a_cookie_on_a_multi_label_suffix_dies() {
    let origin = Origin::always(Reply::html(PAGE)).await;
    let proxy = on_a_real_name(&origin.url(), "");
    let expected = [
        "_ga=; Path=/; Domain=shop.co.uk; Max-Age=0",
        "_ga=; Path=/; Max-Age=0",
        "_ga=; Path=/; Domain=www.shop.co.uk; Max-Age=0",
    ];
    assert_eq!(ended(&ask(&proxy, "/", "Cookie: _ga=1\r\n").await), expected);
    let deep = ended(&ask(&proxy, "/shop/item", "Cookie: _ga=1\r\n").await);
    for path in ["/shop", "/shop/", "/shop/item"] {
        for domain in ["", "; Domain=shop.co.uk", "; Domain=www.shop.co.uk"] {
            let line = format!("_ga=; Path={path}{domain}; Max-Age=0");
            assert!(deep.contains(&line), "{line}");
        }
    }
    assert!(!deep.iter().any(|field| field.contains("Domain=co.uk") || field.contains("Partitioned")), "{deep:?}");
}

/// Sixty trackers: no response is large, and all of them are gone after some.
#[tokio::test]
async fn t26_many_trackers_end_over_several_responses() {
    let origin = Origin::always(Reply::html(PAGE)).await;
    let proxy = on_a_real_name(&origin.url(), "");
    let mut jar: Vec<String> = (0..60).map(|at| format!("_ga_{at}")).collect();
    let mut responses = 0;
    while !jar.is_empty() {
        responses += 1;
        assert!(responses <= 10, "{} left", jar.len());
        let held: Vec<String> = jar.iter().map(|name| format!("{name}=1")).collect();
        let response = ask(&proxy, "/a", &format!("Cookie: sid=1; {}\r\n", held.join("; "))).await;
        assert_eq!(origin.last().field("cookie"), ["sid=1"]);
        let ended = ended(&response);
        assert!(ended.len() <= 40 && ended.iter().map(String::len).sum::<usize>() <= 3 * 1024, "{}", ended.len());
        jar.retain(|name| !ended.contains(&format!("{name}=; Path=/; Domain=shop.co.uk; Max-Age=0")));
    }
}

#[tokio::test]
async fn t28_what_a_script_creates_again_ends_again() {
    let origin = Origin::always(Reply::html(PAGE)).await;
    let proxy = Vestibule::before(&origin.url(), "");
    let yes = choose(&proxy, r#"{"choice":"accept"}"#).await;
    let jar = format!("Cookie: _pk_id.1.2=1; {yes}\r\n");
    assert!(ended(&get(proxy.address, "/", &jar).await).is_empty(), "the visitor agreed");
    let no = choose_with(&proxy, &jar, r#"{"choice":"refuse"}"#).await;
    for _ in 0..3 {
        let response = get(proxy.address, "/", &format!("Cookie: _pk_id.1.2=1; {no}\r\n")).await;
        assert_eq!(origin.last().field("cookie"), [""; 0]);
        assert!(ended(&response).contains(&"_pk_id.1.2=; Path=/; Max-Age=0".to_owned()));
    }
    assert!(ended(&get(proxy.address, "/", &format!("Cookie: {no}\r\n")).await).is_empty(), "nothing is there");
}

/// What a shared cache may keep for somebody else ends nobody's cookies.
#[tokio::test]
async fn only_responses_for_one_visitor_end_cookies() {
    for (method, head, ends) in [
        ("GET", "200 OK\r\nContent-Type: text/css\r\nContent-Length: 0\r\n", false),
        (
            "GET",
            "200 OK\r\nContent-Type: text/css\r\nCache-Control: public, max-age=60\r\nContent-Length: 0\r\n",
            false,
        ),
        ("GET", "304 Not Modified\r\nCache-Control: max-age=60\r\n", false),
        (
            "GET",
            "200 OK\r\nContent-Type: image/png\r\nCache-Control: max-age=5, Private\r\nContent-Length: 0\r\n",
            true,
        ),
        ("GET", "200 OK\r\nContent-Type: application/json\r\nCache-Control: no-store\r\nContent-Length: 0\r\n", true),
        ("POST", "200 OK\r\nContent-Type: application/json\r\nContent-Length: 0\r\n", true),
        ("GET", "404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 0\r\n", true),
        ("HEAD", "200 OK\r\nContent-Type: text/html\r\nContent-Length: 9\r\n", true),
    ] {
        let origin = Origin::always(Reply::new(format!("HTTP/1.1 {head}\r\n"))).await;
        let proxy = Vestibule::before(&origin.url(), "");
        let request = format!(
            "{method} /x.css HTTP/1.1\r\nHost: shop.test\r\nSec-Fetch-Dest: empty\r\nContent-Length: 0\r\nCookie: _ga=1\r\n\r\n"
        );
        let response = raw(proxy.address, request.as_bytes(), method == "HEAD").await;
        assert_eq!(!ended(&response).is_empty(), ends, "{method} {head}");
    }
    // A redirect of a page is a page.
    let moved = "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n";
    let origin = Origin::always(Reply::new(moved)).await;
    let proxy = Vestibule::before(&origin.url(), "");
    let document = "Sec-Fetch-Dest: document\r\nAccept: text/html\r\nCookie: _ga=1\r\n";
    assert!(!ended(&get(proxy.address, "/", document).await).is_empty());
}

#[tokio::test]
async fn nothing_ends_where_nothing_is_enforced_or_a_route_alone_denies() {
    let origin = Origin::always(Reply::html(PAGE)).await;
    for more in [
        "mode = \"observe\"",
        "mode = \"off\"",
        "observe = [\"google-analytics-4\", \"google-analytics-ua\"]",
        "mode = \"observe\"\nroute = [{ path = \"/**\", mode = \"enforce\" }]",
        "necessary = [{ cookie = \"_ga\", reason = \"exempt\" }]",
    ] {
        let proxy = Vestibule::before(&origin.url(), more);
        let response = get(proxy.address, "/", "Cookie: _ga=1; unheard_of=2\r\n").await;
        assert!(ended(&response).is_empty(), "{more}: {:?}", ended(&response));
    }
    // The checkout withholds what the visitor agreed to, and takes nothing away.
    let proxy = Vestibule::before(&origin.url(), "route = [{ path = \"/checkout\", deny = [\"analytics\"] }]");
    let yes = choose(&proxy, r#"{"choice":"accept"}"#).await;
    let response = get(proxy.address, "/checkout", &format!("Cookie: _ga=1; {yes}\r\n")).await;
    assert_eq!(origin.last().field("cookie"), [""; 0]);
    assert!(ended(&response).is_empty(), "{:?}", ended(&response));
    // What nobody classified is withheld under `deny`, and stays.
    let proxy = Vestibule::before(&origin.url(), "unclassified = { cookies = \"deny\" }");
    let response = get(proxy.address, "/", "Cookie: unheard_of=2\r\n").await;
    assert_eq!(origin.last().field("cookie"), [""; 0]);
    assert!(ended(&response).is_empty());
}

/// A tool that keeps its choice in the browser may have been agreed to before the edge hears of it.
#[tokio::test]
async fn what_a_mirrored_tool_may_allow_waits_for_its_word() {
    let origin = Origin::always(Reply::html(PAGE)).await;
    let proxy = Vestibule::before(&origin.url(), "sources = [\"own\", \"gpc\", \"usercentrics\"]");
    let response = get(proxy.address, "/", "Cookie: _ga=1\r\n").await;
    assert!(ended(&response).is_empty(), "nothing was heard yet: {:?}", ended(&response));
    assert_eq!(origin.last().field("cookie"), [""; 0], "and nothing passes");
    assert!(!ended(&get(proxy.address, "/", "Sec-GPC: 1\r\nCookie: _fbp=1\r\n").await).is_empty(), "an objection was");
    let no = choose(&proxy, r#"{"choice":"refuse"}"#).await;
    assert!(!ended(&get(proxy.address, "/", &format!("Cookie: _ga=1; {no}\r\n")).await).is_empty(), "a no was");
}

#[tokio::test]
async fn a_withdrawal_clears_what_the_site_asks_for_once() {
    let origin = Origin::always(Reply::html(PAGE)).await;
    let proxy = Vestibule::before(&origin.url(), "clear_on_withdrawal = [\"storage\", \"cache\"]");
    let post = async |jar: &str, choice: &str| {
        let fields = format!("Origin: http://shop.test\r\nContent-Type: application/json\r\nCookie: {jar}\r\n");
        crate::consent_api::post(&proxy, &fields, choice).await
    };
    let yes = post("a=1", r#"{"choice":"accept"}"#).await;
    assert_eq!(yes.one("clear-site-data"), "", "nothing was withdrawn");
    let some = post(&yes.cookie(), r#"{"choice":"save","purposes":["analytics"]}"#).await;
    assert_eq!(some.one("clear-site-data"), "\"cache\", \"storage\"");
    let again = post(&some.cookie(), r#"{"choice":"save","purposes":["analytics"]}"#).await;
    assert_eq!(again.one("clear-site-data"), "", "once");
    let page = get(proxy.address, "/", &format!("Cookie: {}\r\n", some.cookie())).await;
    assert_eq!(page.one("clear-site-data"), "");
}
