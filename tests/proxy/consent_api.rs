//! Choosing: the API, the forms, and who may call them.

use crate::support::PAGE;
use crate::support::client::{Response, get, raw};
use crate::support::origin::{Origin, Reply};
use crate::support::vestibule::Vestibule;

const SAME_ORIGIN: &str = "Origin: http://shop.test\r\n";

pub async fn post(proxy: &Vestibule, fields: &str, body: &str) -> Response {
    let request = format!(
        "POST /.vestibule/consent HTTP/1.1\r\nHost: shop.test\r\nContent-Length: {}\r\n{fields}\r\n{body}",
        body.len()
    );
    raw(proxy.address, request.as_bytes(), false).await
}

/// Makes a choice and gives the `Cookie` value that it leaves.
pub async fn choose(proxy: &Vestibule, json: &str) -> String {
    choose_with(proxy, "", json).await
}

/// A choice by a browser that sends these fields, too.
pub async fn choose_with(proxy: &Vestibule, fields: &str, json: &str) -> String {
    let response = post(proxy, &format!("{SAME_ORIGIN}{fields}Content-Type: application/json\r\n"), json).await;
    assert_eq!(response.status, 204, "{}", response.text());
    response.cookie()
}

pub async fn state(proxy: &Vestibule, fields: &str) -> serde_json::Value {
    let response = get(proxy.address, "/.vestibule/state", fields).await;
    assert_eq!((response.status, response.one("cache-control").as_str()), (200, "no-store"));
    serde_json::from_slice(&response.body).unwrap()
}

async fn shop() -> (Origin, Vestibule) {
    let origin = Origin::always(Reply::html(PAGE)).await;
    let proxy = Vestibule::before(&origin.url(), "");
    (origin, proxy)
}

#[tokio::test]
async fn a_choice_holds_on_the_next_request() {
    let (origin, proxy) = shop().await;
    let before = state(&proxy, "").await;
    assert_eq!(before["purposes"]["analytics"], "undecided");
    assert_eq!(before["chosen"], false);

    let cookie = choose(&proxy, r#"{"choice":"save","purposes":["analytics"],"services":[]}"#).await;
    let after = state(&proxy, &format!("Cookie: {cookie}\r\n")).await;
    assert_eq!(after["purposes"]["analytics"], "granted");
    assert_eq!(after["purposes"]["marketing"], "denied");
    assert_eq!(after["because"]["analytics"], "own");
    assert_eq!(after["chosen"], true);

    get(proxy.address, "/", &format!("Cookie: sid=1; {cookie}\r\nVestibule-Consent: marketing=granted\r\nVestibule_Consent: marketing=granted\r\n")).await;
    let seen = origin.last();
    assert!(seen.field("vestibule_consent").is_empty(), "CGI reads `_` as `-`");
    assert_eq!(seen.field("cookie"), ["sid=1"], "our own cookies are not the shop's");
    let told = seen.field("vestibule-consent");
    assert_eq!(told.len(), 1, "the client's copy is gone: {told:?}");
    assert!(told[0].contains("analytics=granted") && told[0].contains("marketing=denied"), "{told:?}");
}

#[tokio::test]
async fn a_service_can_be_granted_by_name() {
    let (_origin, proxy) = shop().await;
    let cookie = choose(&proxy, r#"{"choice":"save","purposes":[],"services":["youtube"]}"#).await;
    let page = get(proxy.address, "/", &format!("Cookie: {cookie}\r\n")).await.text();
    assert!(page.contains(" src=\"https://www.youtube.com/embed/x\""), "{page}");
    assert!(!page.contains(" src=\"https://www.facebook.com"), "{page}");
}

#[tokio::test]
async fn forms_go_back_to_where_the_visitor_was() {
    let (_origin, proxy) = shop().await;
    for (referer, back, expected) in [
        ("http://shop.test/a?b=1", "", "/a?b=1"),
        ("http://shop.test/a", "&return=/c%3Fd=2%23e", "/c?d=2#e"),
        ("http://evil.test/a", "", "/"),
        ("http://shop.test/a", "&return=//evil.test/", "/a"),
        ("http://shop.test/a", "&return=/%5Cevil.test/", "/a"),
        ("http://shop.test/a", "&return=https://evil.test/", "/a"),
        ("http://shop.test/a", "&return=/x%0d%0aSet-Cookie:%20a=b", "/a"),
        ("http://shop.test/a", "&return=/.//evil.test", "/a"),
        ("http://shop.test/.vestibule/consent", "", "/"),
    ] {
        let fields = format!("{SAME_ORIGIN}Referer: {referer}\r\nContent-Type: application/x-www-form-urlencoded\r\n");
        let response = post(&proxy, &fields, &format!("choice=refuse{back}")).await;
        assert_eq!(response.status, 303);
        assert_eq!(response.one("location"), expected, "{referer} {back}");
        assert!(response.one("set-cookie").contains("HttpOnly"));
    }
}

#[tokio::test]
async fn nobody_else_chooses_for_a_visitor() {
    let (_origin, proxy) = shop().await;
    let json = "Content-Type: application/json\r\n";
    for fields in [
        "",
        "Origin: http://evil.test\r\n",
        "Origin: null\r\n",
        "Origin: http://shop.test.evil.test\r\n",
        "Origin: http://shop.test:81\r\n",
        "Referer: http://evil.test/http://shop.test/\r\n",
        "Origin: http://shop.test\r\nSec-Fetch-Site: cross-site\r\n",
        "Origin: http://shop.test\r\nSec-Fetch-Site: same-site\r\n",
        "Origin: null\r\nSec-Fetch-Site: cross-site\r\n",
        "Sec-Fetch-Site: none\r\n",
    ] {
        let response = post(&proxy, &format!("{json}{fields}"), r#"{"choice":"accept"}"#).await;
        assert_eq!(response.status, 403, "{fields}");
        assert!(response.field("set-cookie").is_empty(), "{fields}");
    }
    for fields in [
        "Sec-Fetch-Site: same-origin\r\n",
        "Origin: null\r\nSec-Fetch-Site: same-origin\r\n",
        "Referer: http://shop.test/x\r\n",
        "Origin: https://shop.test\r\n",
    ] {
        assert_eq!(post(&proxy, &format!("{json}{fields}"), r#"{"choice":"accept"}"#).await.status, 204, "{fields}");
    }
    assert_eq!(get(proxy.address, "/.vestibule/consent?choice=accept", SAME_ORIGIN).await.status, 405);
}

#[tokio::test]
async fn calls_that_cannot_be_read_choose_nothing() {
    let (_origin, proxy) = shop().await;
    let json = format!("{SAME_ORIGIN}Content-Type: application/json\r\n");
    let huge = format!(r#"{{"choice":"accept","services":["{}"]}}"#, "x".repeat(20_000));
    for (body, status) in [
        ("", 400),
        ("{", 400),
        (r#"{"choice":"maybe"}"#, 400),
        (r#"{"choice":"save","purposes":["nonsense"]}"#, 400),
        (&huge, 413),
    ] {
        let response = post(&proxy, &json, body).await;
        assert_eq!(response.status, status, "{}", response.text());
        assert!(response.field("set-cookie").is_empty());
    }
}

#[tokio::test]
async fn a_yes_cannot_be_planted_on_somebody_else() {
    let (_origin, proxy) = shop().await;
    let attacker = choose(&proxy, r#"{"choice":"accept"}"#).await;
    let victim = choose(&proxy, r#"{"choice":"refuse"}"#).await;
    let part = |cookie: &str, name: &str| {
        cookie.split("; ").find(|pair| pair.starts_with(&format!("{name}="))).unwrap().to_owned()
    };
    let planted = format!("{}; {}", part(&attacker, "vestibule"), part(&victim, "vestibule-bind"));
    let doubled = format!("{attacker}; {victim}");
    // A pair of the attacker's beside what is left of a choice of the victim's.
    let beside = format!("{attacker}; {}", part(&victim, "vestibule-bind"));
    let twice = format!("{attacker}; {}", part(&attacker, "vestibule"));
    for (cookie, expected) in [(planted, "undecided"), (doubled, "denied"), (beside, "undecided"), (twice, "granted")] {
        let state = state(&proxy, &format!("Cookie: {cookie}\r\n")).await;
        assert_eq!(state["purposes"]["marketing"], expected, "{cookie}");
    }
}

/// What F5 is about: the jar was full, the choice is gone, and a yes in the shop's own tool is still there.
#[tokio::test]
async fn a_withdrawn_yes_does_not_come_back_with_a_left_over_one() {
    let origin = Origin::always(Reply::html(PAGE)).await;
    let proxy = Vestibule::before(&origin.url(), "sources = [\"own\", \"cookiebot\"]");
    let left_over = |when: u64| {
        format!(
            "CookieConsent={{stamp:'a',necessary:true,preferences:true,statistics:true,marketing:true,method:'explicit',ver:1,utc:{when}}}"
        )
    };
    let asked = &proxy;
    let said = |cookie: String| async move {
        let state = state(asked, &format!("Cookie: {cookie}\r\n")).await;
        state["purposes"]["marketing"].as_str().unwrap().to_owned()
    };
    assert_eq!(said(left_over(1_700_000_000_000)).await, "granted", "the tool alone");
    let refused = choose(&proxy, r#"{"choice":"refuse"}"#).await;
    let mark = refused.split("; ").find(|pair| pair.starts_with("vestibule-no=")).unwrap().to_owned();
    assert_eq!(said(format!("{mark}; {}", left_over(1_700_000_000_000))).await, "denied");
    assert_eq!(said(format!("{mark}x; {}", left_over(1_700_000_000_000))).await, "granted", "no genuine mark");
    // A yes with us ends the mark.
    let accepted = choose(&proxy, r#"{"choice":"accept"}"#).await;
    assert!(accepted.contains("vestibule-no=;") || accepted.ends_with("vestibule-no="), "{accepted}");
}

#[tokio::test]
async fn the_banner_asks_until_the_visitor_chose() {
    let (_origin, proxy) = shop().await;
    let page = get(proxy.address, "/", "").await.text();
    assert_eq!(page.matches("id=\"vestibule\"").count(), 1);
    assert!(page.contains("name=\"choice\" value=\"accept\"") && page.contains("name=\"choice\" value=\"refuse\""));
    for choice in [r#"{"choice":"refuse"}"#, r#"{"choice":"accept"}"#] {
        let cookie = choose(&proxy, choice).await;
        let page = get(proxy.address, "/", &format!("Cookie: {cookie}\r\n")).await.text();
        assert!(!page.contains("id=\"vestibule\""), "{choice}");
    }
    for fields in ["Sec-Fetch-Dest: iframe\r\n", "Sec-Fetch-Dest: empty\r\n", "X-Requested-With: XMLHttpRequest\r\n"] {
        assert!(!get(proxy.address, "/", fields).await.text().contains("id=\"vestibule\""), "{fields}");
    }
}

#[tokio::test]
async fn gpc_refuses_marketing_until_the_visitor_says_otherwise() {
    let (_origin, proxy) = shop().await;
    assert_eq!(state(&proxy, "Sec-GPC: 1\r\n").await["purposes"]["marketing"], "denied");
    assert_eq!(state(&proxy, "Sec-GPC: 1\r\n").await["because"]["marketing"], "gpc");
    assert_eq!(state(&proxy, "Sec-GPC: 0\r\n").await["purposes"]["marketing"], "undecided");
    for (fields, expected) in [("", "denied"), ("Sec-GPC: 1\r\n", "granted")] {
        let cookie = choose_with(&proxy, fields, r#"{"choice":"accept"}"#).await;
        let state = state(&proxy, &format!("Sec-GPC: 1\r\nCookie: {cookie}\r\n")).await;
        assert_eq!(state["purposes"]["marketing"], expected, "chosen with `{fields}`");
    }
}

#[tokio::test]
async fn the_preference_page_shows_what_holds() {
    let (_origin, proxy) = shop().await;
    let cookie = choose(&proxy, r#"{"choice":"save","purposes":["analytics"]}"#).await;
    let page = get(proxy.address, "/.vestibule/", &format!("Cookie: {cookie}\r\n")).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("value=\"analytics\" checked"), "{}", page.text());
    assert!(page.text().contains("value=\"marketing\">"), "{}", page.text());
    assert!(page.one("content-security-policy").contains("frame-ancestors 'none'"));
}

#[tokio::test]
async fn the_reserved_path_can_be_moved() {
    let origin = Origin::always(Reply::html(PAGE)).await;
    let proxy = Vestibule::before(&origin.url(), "own_path = \"/privacy-door\"");
    assert_eq!(get(proxy.address, "/privacy-door/state", "").await.status, 200);
    get(proxy.address, "/.vestibule/state", "").await;
    assert_eq!(origin.last().path(), "/.vestibule/state", "now the shop's");
    assert!(get(proxy.address, "/", "").await.text().contains("action=\"/privacy-door/consent\""));
}
