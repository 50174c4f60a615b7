//! Parts of a site with rules of their own: rules on trial, routes, and the law of the visitor's country.

use crate::consent_api::choose;
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
    let accepted = choose(&proxy, r#"{"choice":"accept"}"#).await;
    let fields = format!("Cookie: {accepted}\r\nSec-GPC: 1\r\n");
    assert!(!page(&format!("X-Country: US\r\n{fields}")).await.contains(META));
    assert!(page(&fields).await.contains(META));
    let settings = get(proxy.address, "/.vestibule/", "X-Country: US\r\n").await.text();
    assert!(settings.contains("it happens until you say no") && !settings.contains("You agreed"), "{settings}");

    // A visitor cannot move to another country by writing a field.
    let proxy = Vestibule::with_config(&config("\"192.0.2.1\""));
    let page = get(proxy.address, "/", "Sec-Fetch-Dest: document\r\nX-Country: US\r\n").await.text();
    assert!(!page.contains(META), "{page}");
}
