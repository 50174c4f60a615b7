//! Parts of a site with rules of their own: rules on trial, routes, and the law of the visitor's country.

use crate::consent_api::{choose, choose_with};
use crate::support::PAGE;
use crate::support::client::{get, raw};
use crate::support::origin::{Origin, Reply};
use crate::support::vestibule::Vestibule;

const META: &str = " src=\"https://www.facebook.com";
const VIDEO: &str = " src=\"https://www.youtube.com";

#[tokio::test]
async fn a_rule_on_trial_is_recorded_and_not_carried_out() {
    let origin = Origin::always(Reply::html(PAGE)).await;
    let proxy = Vestibule::before(&origin.url(), "observe = [\"meta-pixel\"]\n");
    let page = get(proxy.address, "/", "Cookie: _fbp=1; _ga=2; sid=3\r\n").await.text();
    assert!(page.contains(META) && !page.contains(VIDEO), "{page}");
    assert_eq!(origin.last().field("cookie"), ["_fbp=1; sid=3"]);
    proxy.wait_for_log("Request answered");
    let metrics = get(proxy.admin(), "/metrics", "").await.text();
    let trial = |line: &&str| line.contains("surface=\"cookie\"") && line.contains("enforced=\"false\"");
    assert_eq!(metrics.lines().filter(trial).count(), 1, "{metrics}");
}

#[tokio::test]
async fn a_route_enforces_where_the_site_only_observes() {
    let origin = Origin::always(Reply::html(PAGE)).await;
    let more = "mode = \"observe\"\n[[site.route]]\npath = \"/new/**\"\nmode = \"enforce\"\n";
    let proxy = Vestibule::before(&origin.url(), more);
    assert_eq!(get(proxy.address, "/old", "").await.text(), PAGE);
    let response = get(proxy.address, "/new/page", "Sec-Fetch-Dest: document\r\n").await;
    let page = response.text();
    assert!(!page.contains(META) && !page.contains(VIDEO), "{page}");
    assert!(page.contains("id=\"vestibule\""), "visitors are asked where their answer counts");
    assert_eq!(response.field("content-security-policy").len(), 1);
}

#[tokio::test]
async fn a_route_may_hold_for_some_methods_only() {
    let origin = Origin::always(Reply::html(PAGE)).await;
    let more = "[[site.purpose]]\nid = \"marketing\"\nnot_at = \"payment\"\n[[site.route]]\npath = \"/pay\"\n\
                methods = \"POST\"\nstage = \"payment\"\n";
    let proxy = Vestibule::before(&origin.url(), more);
    let accepted = choose(&proxy, r#"{"choice":"accept"}"#).await;
    let fields = format!("Host: shop.test\r\nCookie: {accepted}\r\nConnection: close\r\n");
    assert_eq!(get(proxy.address, "/pay", &format!("Cookie: {accepted}\r\n")).await.text(), PAGE);
    let post = format!("POST /pay HTTP/1.1\r\n{fields}Content-Length: 0\r\n\r\n");
    let response = raw(proxy.address, post.as_bytes(), false).await;
    assert!(!response.text().contains(META) && response.text().contains(VIDEO), "{}", response.text());
    let line = response.one("content-security-policy");
    assert!(
        !line.contains("ct.pinterest.com") && line.contains("youtube.com"),
        "the net is as narrow as the route: {line}"
    );
}

#[tokio::test]
async fn where_nothing_is_asked_for_nothing_was_agreed_to() {
    let origin = Origin::always(Reply::html(PAGE)).await;
    let asking = Vestibule::before(&origin.url(), "");
    let state = asking.state();
    let cookie = choose(&asking, r#"{"choice":"save","purposes":["marketing"],"services":["meta-pixel"]}"#).await;
    for more in ["purposes = []\n", "purposes = [\"analytics\"]\n"] {
        let proxy = Vestibule::before_with_state(&origin.url(), more, &state);
        for fields in [String::new(), format!("Cookie: {cookie}; _fbp=1\r\n")] {
            let response = get(proxy.address, "/", &fields).await;
            let page = response.text();
            assert!(!page.contains(META) && !page.contains(VIDEO), "{more}{fields}{page}");
            assert_eq!(response.field("content-security-policy").len(), 1, "{more}{fields}");
        }
    }
}

#[tokio::test]
async fn a_country_that_nobody_can_read_gets_the_strictest_law() {
    let origin = Origin::always(Reply::html(PAGE)).await;
    let proxy = Vestibule::with_config(&format!(
        "version = 1\n[admin]\nlisten = \"127.0.0.1:0\"\n[listen]\nhttp = \"127.0.0.1:0\"\ntrusted_proxies = \"127.0.0.1\"\n\
         [[site]]\nhosts = [\"shop.test\"]\nupstream = \"{}\"\nregime = {{ default = \"us-opt-out\", by_country = \
         {{ FR = \"gdpr-fr\" }}, country_header = \"X-Country\" }}\n",
        origin.url()
    ));
    for (fields, allowed) in [
        ("X-Country: CA\r\n", true),
        ("X-Country: FR\r\n", false),
        ("X-Country: FR\r\nX-Country: CA\r\n", false),
        ("X-Country: T1\r\n", false),
        ("X-Country: XX\r\n", false),
        ("", false),
    ] {
        assert_eq!(get(proxy.address, "/", fields).await.text().contains(META), allowed, "{fields}");
    }
}

#[tokio::test]
async fn the_law_of_the_visitors_country_holds() {
    let origin = Origin::always(Reply::html(PAGE)).await;
    let config = |proxies: &str| {
        format!(
            "version = 1\n[admin]\nlisten = \"127.0.0.1:0\"\n[listen]\nhttp = \"127.0.0.1:0\"\ntrusted_proxies = [{proxies}]\n\
             [[site]]\nhosts = [\"shop.test\"]\nupstream = \"{}\"\nregime = {{ default = \"gdpr-fr\", by_country = \
             {{ US = \"us-opt-out\" }}, country_header = \"X-Country\" }}\n",
            origin.url()
        )
    };
    let proxy = Vestibule::with_config(&config("\"127.0.0.1\""));
    let page =
        async |fields: &str| get(proxy.address, "/", &format!("Sec-Fetch-Dest: document\r\n{fields}")).await.text();
    let american = page("X-Country: US\r\n").await;
    assert!(american.contains(META) && american.contains("until you say no"), "{american}");
    for other in ["", "X-Country: FR\r\n", "X-Country: USA\r\n", "X-Country: US\r\nX-Country: FR\r\n"] {
        let page = page(other).await;
        assert!(!page.contains(META) && page.contains("Without your yes"), "{other}{page}");
    }
    let objecting = page("X-Country: us\r\nSec-GPC: 1\r\n").await;
    assert!(!objecting.contains(META) && objecting.contains(VIDEO), "{objecting}");
    // Under this law the signal holds against a choice, too.
    let accepted = choose_with(&proxy, "Sec-GPC: 1\r\n", r#"{"choice":"accept"}"#).await;
    let fields = format!("Cookie: {accepted}\r\nSec-GPC: 1\r\n");
    assert!(!page(&format!("X-Country: US\r\n{fields}")).await.contains(META));
    assert!(page(&format!("X-Country: FR\r\n{fields}")).await.contains(META));
    let settings = get(proxy.address, "/.vestibule/", "X-Country: US\r\n").await.text();
    assert!(settings.contains("it happens until you say no") && !settings.contains("You agreed"), "{settings}");

    // A visitor cannot move to another country by writing a field.
    let proxy = Vestibule::with_config(&config("\"192.0.2.1\""));
    let page = get(proxy.address, "/", "Sec-Fetch-Dest: document\r\nX-Country: US\r\n").await.text();
    assert!(!page.contains(META), "{page}");
}

/// Starts with two files: the main one, with `more` at its end, and `next.toml` with the site's `next`.
fn with_trial(origin: &Origin, trial: &str, next: &str) -> Vestibule {
    let site = |more: &str| {
        format!("[[site]]\nhosts = [\"shop.test\", \"127.0.0.1\"]\nupstream = \"{}\"\n{more}\n", origin.url())
    };
    let place = tempfile::tempdir().unwrap().keep();
    let other = place.join("next.toml");
    std::fs::write(&other, format!("version = 1\n{}", site(next))).unwrap();
    let trial = trial.replace("next.toml", &other.display().to_string());
    Vestibule::with_config(&format!(
        "version = 1\n[listen]\nhttp = \"127.0.0.1:0\"\n[admin]\nlisten = \"127.0.0.1:0\"\n{trial}\n{}",
        site("")
    ))
}

/// Every visitor of a small morning; what each of them gets.
async fn traffic(proxy: &Vestibule) -> Vec<String> {
    let mut got = Vec::new();
    for choice in
        ["", r#"{"choice":"refuse"}"#, r#"{"choice":"save","purposes":["analytics"]}"#, r#"{"choice":"accept"}"#]
    {
        let chosen = if choice.is_empty() { String::new() } else { format!("; {}", choose(proxy, choice).await) };
        for path in ["/", "/checkout/pay"] {
            let fields = format!("Cookie: _ga=1; _fbp=2; sid=3{chosen}\r\nSec-Fetch-Dest: document\r\n");
            got.push(get(proxy.address, path, &fields).await.text());
        }
    }
    got
}

/// The counters called `name`, without the ones that stand still.
async fn counters(proxy: &Vestibule, name: &str) -> Vec<String> {
    let metrics = get(proxy.admin(), "/metrics", "").await.text();
    let lines = metrics.lines().filter_map(|line| line.strip_prefix(name)).filter(|line| line.starts_with('{'));
    lines.map(str::to_owned).collect()
}

#[tokio::test]
async fn a_shadow_counts_what_it_would_do_and_changes_nothing() {
    let origin = Origin::always(Reply::ok("Content-Type: text/html\r\nSet-Cookie: _gid=1; Max-Age=9\r\n", PAGE)).await;
    let next = "unclassified = { third_party = \"deny\", cookies = \"deny\" }\npurposes = [\"analytics\", \"social\"]\n\
                [[site.route]]\npath = \"/checkout/**\"\ndeny = [\"social\"]\n";
    let watched = with_trial(&origin, "[shadow]\nconfig = \"next.toml\"\n", next);
    let plain = Vestibule::before(&origin.url(), "");
    let enforced = Vestibule::before(&origin.url(), next);
    let (one, other) = (traffic(&watched).await, traffic(&plain).await);
    assert_eq!(one, other, "the wire is the same with and without a shadow");
    traffic(&enforced).await;
    for proxy in [&watched, &enforced] {
        proxy.wait_for_log("Request answered");
    }
    let would = counters(&watched, "vestibule_shadow_findings_total").await;
    assert!(would.len() > 3, "{would:?}");
    // Choices that the two policies do not share are made on both: what is asked for differs.
    let did = counters(&enforced, "vestibule_findings_total").await;
    assert_eq!(would, did, "what it would do is what it does");
    let differences = counters(&watched, "vestibule_shadow_differences_total").await;
    assert!(differences.iter().any(|line| line.contains("stricter") && !line.ends_with(" 0")), "{differences:?}");
}

#[tokio::test]
async fn a_canary_holds_for_the_same_visitors_every_time() {
    let origin = Origin::always(Reply::html(PAGE)).await;
    let proxy = with_trial(&origin, "[canary]\nconfig = \"next.toml\"\npercent = 30\n", "mode = \"observe\"\n");
    let mut among = 0;
    for visitor in 0..200 {
        let fields = format!("Cookie: vestibule-bind=visitor{visitor}\r\n");
        let first = get(proxy.address, "/", &fields).await.text() == PAGE;
        assert_eq!(get(proxy.address, "/other", &fields).await.text() == PAGE, first, "visitor {visitor}");
        among += usize::from(first);
    }
    assert!((35..=85).contains(&among), "{among} of 200 at 30 %");
    let counted = counters(&proxy, "vestibule_canary_requests_total").await;
    assert_eq!(counted.len(), 1, "{counted:?}");
    let status = get(proxy.admin(), "/-/status", "").await.text();
    assert!(status.contains("\"percent\": 30") || status.contains("\"percent\":30"), "{status}");
}
