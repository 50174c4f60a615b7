//! The mirror: the script, the tag, and what the edge makes of what it tells.

use crate::consent_api::{choose, post, state};
use crate::support::PAGE;
use crate::support::client::{Response, encode, get, raw};
use crate::support::origin::{Origin, Reply};
use crate::support::vestibule::Vestibule;

const SITE: &str = "sources = [\"own\", \"gpc\", \"klaro\", \"cookiebot\"]\n[[site.source]]\nid = \"klaro\"\nmirror = true\n\
                    map = { ads = \"marketing\", stats = \"analytics\", youtube = \"social\" }";
const JSON: &str = "Origin: http://shop.test\r\nContent-Type: application/json\r\n";
const DOCUMENT: &str = "Sec-Fetch-Dest: document\r\n";

async fn shop() -> (Origin, Vestibule) {
    let origin = Origin::always(Reply::html(PAGE)).await;
    let proxy = Vestibule::before(&origin.url(), SITE);
    (origin, proxy)
}

async fn tell(proxy: &Vestibule, cookie: &str, body: &str) -> Response {
    post(proxy, &format!("{JSON}Cookie: {cookie}\r\n"), body).await
}

/// Tells `words` of Klaro's, and gives the cookies that the visitor has then.
async fn told(proxy: &Vestibule, cookie: &str, words: &str) -> String {
    let response = tell(proxy, cookie, &format!(r#"{{"observed":"klaro","words":{words}}}"#)).await;
    assert_eq!(response.status, 204, "{}", response.text());
    merged(cookie, &response)
}

/// The jar after a response.
fn merged(cookie: &str, response: &Response) -> String {
    let name = |pair: &str| pair.split('=').next().unwrap().to_owned();
    let set: Vec<String> = response.cookie().split("; ").map(str::to_owned).collect();
    let mut jar: Vec<String> = cookie.split("; ").filter(|pair| !pair.is_empty()).map(str::to_owned).collect();
    jar.retain(|pair| !set.iter().any(|new| name(new) == name(pair)));
    jar.extend(set.into_iter().filter(|pair| !pair.ends_with('=')));
    jar.join("; ")
}

async fn grants(proxy: &Vestibule, cookie: &str) -> [String; 3] {
    let state = state(proxy, &format!("Cookie: {cookie}\r\n")).await;
    ["analytics", "marketing", "social"].map(|purpose| state["purposes"][purpose].as_str().unwrap().to_owned())
}

/// The tag in a page, and the address in it.
fn tag(page: &str) -> Option<(&str, &str)> {
    let at = page.find("<script async=\"\" src=\"/.vestibule/mirror-")?;
    let tag = page.get(at..).and_then(|rest| rest.split("</script>").next()).unwrap();
    Some((tag, tag.split('"').nth(3).unwrap()))
}

#[tokio::test]
async fn the_script_is_kept_for_good_and_named_by_its_content() {
    let (origin, proxy) = shop().await;
    let page = get(proxy.address, "/", DOCUMENT).await.text();
    let (_, address) = tag(&page).unwrap();
    let script = get(proxy.address, address, "").await;
    assert_eq!(script.status, 200);
    assert_eq!(script.one("content-type"), "text/javascript; charset=utf-8");
    assert_eq!(script.one("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(script.body, include_bytes!("../../src/banner/mirror.js"));
    assert!(script.field("set-cookie").is_empty());
    let head = format!("HEAD {address} HTTP/1.1\r\nHost: shop.test\r\n\r\n");
    let head = raw(proxy.address, head.as_bytes(), true).await;
    assert_eq!((head.status, head.one("content-length")), (200, script.body.len().to_string()));
    let asked = origin.seen.lock().unwrap().len();
    for other in ["mirror-00000000.js", "mirror-.js", "mirror.js", "mirror-00000000.js/x"] {
        let response = get(proxy.address, &format!("/.vestibule/{other}"), "").await;
        assert_eq!((response.status, response.one("cache-control").as_str()), (404, "no-store"), "{other}");
    }
    assert_eq!(origin.seen.lock().unwrap().len(), asked, "the shop is not asked for any of them");
}

#[tokio::test]
async fn the_tag_is_first_in_every_document_and_nowhere_else() {
    for (page, before) in [
        ("<!doctype html><html><head><title>t</title></head><body>b</body></html>", "<!doctype html><html><head>"),
        ("<!doctype html><title>t</title><p>b", "<!doctype html>"),
        ("<p>b", ""),
        ("text", ""),
    ] {
        let origin = Origin::always(Reply::html(page)).await;
        let proxy = Vestibule::before(&origin.url(), SITE);
        let text = get(proxy.address, "/", DOCUMENT).await.text();
        let (tag, _) = tag(&text).unwrap_or_else(|| panic!("{text}"));
        assert!(text.starts_with(&format!("{before}{tag}</script>")), "{text}");
        assert!(tag.ends_with(" data-sources=\"klaro=klaro\">"), "{tag}");
        assert_eq!(text.matches("mirror-").count(), 1);
    }
    let (_origin, proxy) = shop().await;
    let accept_html = "Accept: text/html\r\n";
    assert!(tag(&get(proxy.address, "/", accept_html).await.text()).is_some(), "a browser without fetch metadata");
    for fields in [
        "Sec-Fetch-Dest: iframe\r\n",
        "Sec-Fetch-Dest: empty\r\n",
        "Accept: text/html\r\nX-Requested-With: XMLHttpRequest\r\n",
        "Accept: */*\r\n",
    ] {
        assert!(tag(&get(proxy.address, "/", fields).await.text()).is_none(), "{fields}");
    }
}

#[tokio::test]
async fn nothing_is_put_in_where_nothing_is_mirrored_or_enforced() {
    let origin = Origin::always(Reply::html(PAGE)).await;
    let unmirrored = SITE.replace("mirror = true", "mirror = false");
    for more in ["", &unmirrored, &format!("mode = \"observe\"\n{SITE}"), &format!("mode = \"off\"\n{SITE}")] {
        let proxy = Vestibule::before(&origin.url(), more);
        assert!(tag(&get(proxy.address, "/", DOCUMENT).await.text()).is_none(), "{more}");
    }
}

#[tokio::test]
async fn a_page_that_nothing_is_taken_from_is_still_mirrored() {
    let origin = Origin::start(|seen| {
        let fields =
            |coding: &str| format!("Content-Type: text/html\r\nContent-Encoding: {coding}\r\nETag: \"v1\"\r\n");
        match seen.path().as_str() {
            "/gzip" => Reply::ok(&fields("gzip"), encode("gzip", PAGE.as_bytes())),
            "/odd" => Reply::ok(&fields("exotic"), PAGE),
            "/data" => Reply::ok("Content-Type: application/json\r\n", "{}"),
            _ => Reply::html(PAGE),
        }
    })
    .await;
    let proxy = Vestibule::before(&origin.url(), SITE);
    let cookie = choose(&proxy, r#"{"choice":"accept"}"#).await;
    let fields = format!("{DOCUMENT}Accept-Encoding: gzip\r\nCookie: {cookie}\r\n");
    for path in ["/", "/gzip"] {
        let response = get(proxy.address, path, &fields).await;
        assert!(response.complete);
        let text = String::from_utf8(response.decoded()).unwrap();
        let (found, _) = tag(&text).unwrap_or_else(|| panic!("{path}: {text}"));
        assert_eq!(text.replacen(&format!("{found}</script>"), "", 1), PAGE, "{path}: nothing else changes");
        assert_eq!(response.one("cache-control"), "private, no-cache");
    }
    let odd = get(proxy.address, "/odd", &fields).await;
    assert_eq!((odd.status, odd.body.as_slice()), (200, PAGE.as_bytes()), "what cannot be read passes as it is");
    assert_eq!(get(proxy.address, "/data", &fields).await.body, b"{}");
    let refused = get(proxy.address, "/odd", DOCUMENT).await;
    assert_eq!(refused.status, 502, "without a choice it may not");
}

#[tokio::test]
async fn validators_know_the_mirror() {
    let origin = Origin::start(|seen| {
        if seen.field("if-none-match") == ["\"v1\""] {
            Reply::new("HTTP/1.1 304 Not Modified\r\nETag: \"v1\"\r\n\r\n")
        } else {
            Reply::ok("Content-Type: text/html\r\nETag: \"v1\"\r\n", PAGE)
        }
    })
    .await;
    let proxy = Vestibule::before(&origin.url(), SITE);
    let first = get(proxy.address, "/", DOCUMENT).await;
    let etag = first.one("etag");
    let text = first.text();
    let hash = tag(&text).unwrap().1.split(['-', '.']).nth(2).unwrap();
    assert!(etag.contains(&format!(".m{hash}")), "{etag}");
    let held = |tag: &str, cookie: &str| format!("{DOCUMENT}Cookie: {cookie}\r\nIf-None-Match: {tag}\r\n");
    assert_eq!(get(proxy.address, "/", &held(&etag, "a=b")).await.status, 304);
    let older = etag.replace(hash, "00000000");
    assert_eq!(get(proxy.address, "/", &held(&older, "a=b")).await.status, 200, "another script is another page");
    let head =
        raw(proxy.address, format!("HEAD / HTTP/1.1\r\nHost: shop.test\r\n{DOCUMENT}\r\n").as_bytes(), true).await;
    assert_eq!((head.status, head.one("etag")), (200, etag.clone()));
    assert!(head.field("content-length").is_empty(), "the page's own length does not hold");
    let seen = told(&proxy, "", r#"{"ads":false,"stats":false,"youtube":false}"#).await;
    let page = get(proxy.address, "/", &held(&etag, &seen)).await;
    assert_eq!(page.status, 200);
    assert!(tag(&page.text()).unwrap().0.ends_with(" data-seen=\"\">"));
}

#[tokio::test]
async fn t30_what_is_told_holds_on_the_next_request() {
    let (origin, proxy) = shop().await;
    let cookie = told(&proxy, "", r#"{"ads":true,"stats":false,"youtube":true}"#).await;
    assert_eq!(grants(&proxy, &cookie).await, ["denied", "granted", "granted"]);
    get(proxy.address, "/", &format!("Cookie: sid=1; {cookie}\r\n")).await;
    let seen = origin.last();
    assert_eq!(seen.field("cookie"), ["sid=1"], "our cookies are not the shop's");
    assert!(seen.field("vestibule-consent")[0].contains("marketing=granted"));
    let page = get(proxy.address, "/", &format!("{DOCUMENT}Cookie: {cookie}\r\n")).await.text();
    assert!(!page.contains("id=\"vestibule\""), "who chose in the tool is not asked again");
    assert!(page.contains(" src=\"https://www.youtube.com") && page.contains(" src=\"https://www.facebook.com"));

    let same = tell(&proxy, &cookie, r#"{"observed":"klaro","words":{"ads":true,"stats":false,"youtube":true}}"#).await;
    assert_eq!((same.status, same.field("set-cookie").len()), (204, 0), "the date of a choice stays");
    let fewer = told(&proxy, &cookie, r#"{"ads":false,"stats":false,"youtube":true}"#).await;
    assert_eq!(grants(&proxy, &fewer).await, ["denied", "denied", "granted"]);
    assert_eq!(part(&fewer, "vestibule-bind"), part(&cookie, "vestibule-bind"), "no new value to be bound to");

    let ended = tell(&proxy, &fewer, r#"{"observed":"klaro","chosen":false}"#).await;
    assert_eq!(ended.status, 204);
    let after = merged(&fewer, &ended);
    assert!(!after.contains("vestibule-seen"), "{after}");
    assert_eq!(grants(&proxy, &after).await, ["undecided", "undecided", "undecided"]);
    let again = tell(&proxy, &after, r#"{"observed":"klaro","chosen":false}"#).await;
    assert_eq!((again.status, again.field("set-cookie").len()), (204, 0));
    let metrics = get(proxy.admin(), "/metrics", "").await.text();
    for line in ["{choice=\"observed\"} 2", "{choice=\"observed-none\"} 1"] {
        assert!(metrics.contains(&format!("vestibule_choices_total{line}")), "{metrics}");
    }
}

fn part(cookie: &str, name: &str) -> String {
    cookie.split("; ").find(|pair| pair.starts_with(&format!("{name}="))).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn the_seen_cookie_is_as_guarded_as_the_others() {
    let (_origin, proxy) = shop().await;
    let body = r#"{"observed":"klaro","words":{"ads":true}}"#;
    let response = tell(&proxy, "", body).await;
    for cookie in response.field("set-cookie") {
        for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=", "Priority=High"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
    }
    let attacker = response.cookie();
    let victim = told(&proxy, "", r#"{"ads":false,"stats":false}"#).await;
    let planted = format!("{}; {}", part(&attacker, "vestibule-seen"), part(&victim, "vestibule-bind"));
    assert_eq!(grants(&proxy, &planted).await[1], "undecided", "another visitor's is worth nothing");
    let doubled = format!("{victim}; {}", part(&attacker, "vestibule-seen"));
    assert_ne!(grants(&proxy, &doubled).await[1], "granted");
    let cut = format!("{}x; {}", part(&attacker, "vestibule-seen"), part(&attacker, "vestibule-bind"));
    assert_eq!(grants(&proxy, &cut).await[1], "undecided");
    let as_choice = attacker.replace("vestibule-seen=", "vestibule=");
    assert_eq!(grants(&proxy, &as_choice).await[1], "undecided", "it never opens as a choice made with us");
    // A value that nobody of us made is not sealed into anything.
    for bind in ["vestibule-bind=x", "vestibule-bind=\"; Domain=test\"", "vestibule-bind=a; vestibule-bind=b"] {
        let set = tell(&proxy, bind, body).await.cookie();
        assert_eq!(part(&set, "vestibule-bind").len(), "vestibule-bind=".len() + 22, "{set}");
    }
}

#[tokio::test]
async fn calls_that_are_wrong_change_nothing() {
    let (_origin, proxy) = shop().await;
    let cookie = told(&proxy, "", r#"{"ads":true,"stats":true}"#).await;
    let many: Vec<String> = (0..65).map(|name| format!("\"n{name}\":true")).collect();
    let fat: Vec<String> = (0..64).map(|name| format!("\"{name:064}\":true")).collect();
    let fat = format!(r#"{{"observed":"klaro","words":{{{}}}}}"#, fat.join(","));
    for (body, status, says) in [
        (r#"{"observed":"klaro""#.to_owned(), 400, "not a consent call"),
        (r#"{"observed":"klaro"}"#.to_owned(), 400, "`words`"),
        (r#"{"observed":"klaro","chosen":true}"#.to_owned(), 400, "`words`"),
        (r#"{"observed":"klaro","chosen":false,"words":{"ads":true}}"#.to_owned(), 400, "`chosen`"),
        (r#"{"observed":"klaro","words":{"ads":"yes"}}"#.to_owned(), 400, "boolean"),
        (r#"{"observed":"klaro","words":{"ads":true,"ads":false}}"#.to_owned(), 400, "twice"),
        (r#"{"observed":"klaro","words":{"":true}}"#.to_owned(), 400, "a name"),
        (format!(r#"{{"observed":"klaro","words":{{{}}}}}"#, many.join(",")), 400, "at most 64"),
        (fat, 400, "more than a cookie"),
        (r#"{"observed":"klaro","words":{"ads":true},"choice":"accept"}"#.to_owned(), 400, "unknown field"),
        (r#"{"observed":"klaro","words":{"ads":true},"tc":"x"}"#.to_owned(), 400, "`tc` does not count"),
        (r#"{"observed":"klaro","gpp":"x"}"#.to_owned(), 400, "`gpp` is nothing"),
        (r#"{"observed":"tcf","tc":"x"}"#.to_owned(), 400, "`tcf` is not"),
        (r#"{"observed":"cookiebot","words":{"marketing":true}}"#.to_owned(), 400, "`cookiebot` is not"),
        (r#"{"observed":"own","words":{"marketing":true}}"#.to_owned(), 400, "`own` is not"),
        (r#"{"observed":"<b>","words":{}}"#.to_owned(), 400, "is not a source"),
        (format!(r#"{{"observed":"klaro","words":{{"{}":true}}}}"#, "x".repeat(20_000)), 413, "16 KiB"),
    ] {
        let response = tell(&proxy, &cookie, &body).await;
        assert_eq!(response.status, status, "{body}");
        assert!(response.text().contains(says), "{body}: {}", response.text());
        assert!(response.field("set-cookie").is_empty(), "{body}");
    }
    let words = r#"{"observed":"klaro","words":{"ads":true}}"#;
    for fields in [
        "Content-Type: application/json\r\n",
        "Content-Type: application/json\r\nOrigin: http://evil.test\r\n",
        "Content-Type: application/json\r\nOrigin: http://shop.test\r\nSec-Fetch-Site: same-site\r\n",
    ] {
        let response = post(&proxy, fields, words).await;
        assert_eq!((response.status, response.field("set-cookie").len()), (403, 0), "{fields}");
    }
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"] {
        let fields = format!("Origin: http://shop.test\r\nContent-Type: {content_type}\r\n");
        let response = post(&proxy, &fields, words).await;
        assert_eq!((response.status, response.field("set-cookie").len()), (400, 0), "{content_type}");
    }
    assert_eq!(grants(&proxy, &cookie).await[..2], ["granted", "granted"]);
}

#[tokio::test]
async fn a_choice_with_us_is_left_alone_and_its_no_stands() {
    let (_origin, proxy) = shop().await;
    let own = choose(&proxy, r#"{"choice":"refuse"}"#).await;
    let response = tell(&proxy, &own, r#"{"observed":"klaro","words":{"ads":true,"stats":true},"fresh":true}"#).await;
    assert!(!response.cookie().contains("vestibule="), "the choice made with us is not touched");
    let both = merged(&own, &response);
    assert_eq!(grants(&proxy, &both).await[..2], ["denied", "denied"]);
    assert_eq!(part(&both, "vestibule-bind"), part(&own, "vestibule-bind"));

    // A full jar may drop the choice and what it is bound to; the mark of the refusal stays.
    let mark = part(&own, "vestibule-no");
    let remembered = told(&proxy, &mark, r#"{"ads":true,"stats":true}"#).await;
    assert_eq!(grants(&proxy, &remembered).await[..2], ["denied", "denied"], "a yes that may be older than the no");
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let clicked = tell(&proxy, &mark, r#"{"observed":"klaro","words":{"ads":true,"stats":false},"fresh":true}"#).await;
    let clicked = merged(&mark, &clicked);
    assert_eq!(grants(&proxy, &clicked).await[..2], ["denied", "granted"], "a change of mind");

    // A choice with us after all that keeps what the mirror told.
    let accepted = post(&proxy, &format!("{JSON}Cookie: {clicked}\r\n"), r#"{"choice":"accept"}"#).await;
    let accepted = merged(&clicked, &accepted);
    assert_eq!(grants(&proxy, &accepted).await[..2], ["denied", "granted"]);
}

#[tokio::test]
async fn standards_strings_are_read_when_they_are_told() {
    const ACCEPT: &str = "CQuFeUAQuFeUAAfACBENCWFsAP_gAH_gAAqIHCQAYAAgcIAAAAAA.YAAAAAAAAAAA";
    const REFUSE: &str = "CQuFeUAQuFeUAAfACBENCWFgAAAAAAAAAAqIAAAAAAAA.YAAAAAAAAAAA";
    let origin = Origin::always(Reply::html(PAGE)).await;
    let mirrored = |name: &str| format!("[[site.source]]\nid = \"{name}\"\nmirror = true\n");
    let site = format!(
        "sources = [\"own\", \"tcf\", \"gpp\", \"klaro\"]\n{}{}{}map = {{ ads = \"marketing\" }}",
        mirrored("tcf"),
        mirrored("gpp"),
        mirrored("klaro")
    );
    let proxy = Vestibule::before(&origin.url(), &site);
    let page = get(proxy.address, "/", DOCUMENT).await.text();
    assert!(tag(&page).unwrap().0.contains("\"tcf=euconsent-v2 gpp=__gpp klaro=klaro\""), "{page}");
    let told = async |cookie: &str, body: &str| {
        let response = tell(&proxy, cookie, body).await;
        assert_eq!(response.status, 204, "{body}: {}", response.text());
        merged(cookie, &response)
    };
    let tc = |string: &str| format!("{{\"observed\":\"tcf\",\"tc\":\"{string}\",\"fresh\":true}}");
    let accepted = told("", &tc(ACCEPT)).await;
    assert_eq!(grants(&proxy, &accepted).await, ["granted", "granted", "undecided"]);
    let refused = told(&accepted, &tc(REFUSE)).await;
    assert_eq!(grants(&proxy, &refused).await, ["denied", "denied", "undecided"], "the tool has proven the choice");

    let two = told(&accepted, r#"{"observed":"klaro","words":{"ads":false}}"#).await;
    assert_eq!(grants(&proxy, &two).await, ["granted", "denied", "undecided"], "one cookie holds what both told");
    let one = told(&two, r#"{"observed":"klaro","chosen":false}"#).await;
    assert_eq!(grants(&proxy, &one).await, ["granted", "granted", "undecided"]);

    let gpp = |string: &str| format!("{{\"observed\":\"gpp\",\"gpp\":\"{string}\"}}");
    let out = told(&one, &gpp("DBABLA~CVQVAAAAAACA.QA")).await;
    assert_eq!(grants(&proxy, &out).await, ["granted", "denied", "undecided"], "an opt-out binds");
    let again = told(&out, &gpp("DBABLA~CVQqAAAAAACA.QA")).await;
    assert_eq!(grants(&proxy, &again).await, ["granted", "granted", "undecided"]);
    let only = told("", &gpp("DBABLA~CVQqAAAAAACA.QA")).await;
    assert_eq!(grants(&proxy, &only).await, ["undecided", "undecided", "undecided"], "no opt-out is no yes");
    for body in [
        tc("CQuFeUAQuFeUAAfACBENCWFAAOAAAAAAAAqIAEoiAAAAAAAA.IAGIiQAA"),
        tc("BOEFEAyOEFEAyAHABDENAI4AAAB9vABAASA"),
        tc("CQuFeUAQuFeUAAfACBENCWFgAIAAAAAAAAqIAAAAAAAA=="),
        gpp("DB"),
        gpp(""),
        r#"{"observed":"tcf","words":{"marketing":true}}"#.to_owned(),
    ] {
        let response = tell(&proxy, &accepted, &body).await;
        assert_eq!((response.status, response.field("set-cookie").len()), (400, 0), "{body}");
    }
}
