//! What ops see: metrics, status, logs without personal data, and news about unknown names.

use crate::support::client::{get, raw};
use crate::support::origin::{Origin, Reply};
use crate::support::vestibule::Vestibule;

const UNKNOWN: &str = "<html><body><script src=https://widgets.unknown.example/w.js?visitor=secret-in-query></script>\
                       <img src=https://pixel.other.example/p.gif></body></html>";

async fn shop(more: &str) -> (Origin, Vestibule) {
    let fields = "Content-Type: text/html\r\nSet-Cookie: visitor_id=secret-cookie-value; Max-Age=999\r\n";
    let origin = Origin::always(Reply::ok(fields, UNKNOWN)).await;
    let proxy = Vestibule::before(&origin.url(), more);
    (origin, proxy)
}

#[tokio::test]
async fn the_admin_listener_answers() {
    let (_origin, proxy) = shop("").await;
    let admin = proxy.admin();
    assert_eq!(get(admin, "/-/healthy", "").await.status, 200);
    assert_eq!(get(admin, "/-/ready", "").await.status, 200);
    assert_eq!(get(admin, "/nothing", "").await.status, 404);
    let host_of_a_rebound_name = raw(admin, b"GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n", false).await;
    assert_eq!(host_of_a_rebound_name.status, 421);
    assert_eq!(raw(admin, b"PUT /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", false).await.status, 405);
    get(proxy.address, "/", "").await;
    proxy.wait_for_log("Request answered");
    let metrics = get(admin, "/metrics", "").await.text();
    for line in [
        "vestibule_requests_total{site=\"shop.test\",status=\"2xx\"} 1",
        "vestibule_findings_total{enforced=\"true\",rule=\"unknown-third-party\",surface=\"element\",verdict=\"drop\"} 2",
        "vestibule_findings_total{enforced=\"true\",rule=\"unknown-cookie\",surface=\"set-cookie\",verdict=\"shorten\"} 1",
        "vestibule_config_generation 1",
    ] {
        assert!(metrics.contains(line), "{line} not in\n{metrics}");
    }
    let status: serde_json::Value = serde_json::from_slice(&get(admin, "/-/status", "").await.body).unwrap();
    assert_eq!(status["config"]["generation"], 1);
    assert_eq!(status["config"]["last_reload_successful"], true);
    assert_eq!(status["unknown"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn unknown_names_are_announced_once_with_the_line_that_classifies_them() {
    let (_origin, proxy) = shop("").await;
    for _ in 0..3 {
        get(proxy.address, "/", "").await;
    }
    proxy.wait_for_log("visitor_id");
    proxy.wait_for_log("pixel.other.example");
    let log = proxy.logged();
    let news: Vec<serde_json::Value> = log
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|event| event["message"].as_str().is_some_and(|text| text.starts_with("Unknown")))
        .collect();
    assert_eq!(news.len(), 3, "{news:#?}");
    for event in &news {
        assert!(event["action"] == "blocked" || event["action"] == "kept until the browser is closed");
        // The line does what it says: added to the configuration, the name is known.
        let toml = event["toml"].as_str().unwrap();
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("catalog.d")).unwrap();
        std::fs::write(directory.path().join("catalog.d/new.toml"), toml).unwrap();
        let main = directory.path().join("main.toml");
        let config = "version = 1\ninclude = [\"catalog.d/*.toml\"]\n[listen]\nhttp = \"127.0.0.1:0\"\n\
                      [[site]]\nhosts = [\"shop.test\"]\nupstream = \"http://127.0.0.1:1\"\n";
        std::fs::write(&main, config).unwrap();
        let rewritten = crate::support::vestibule::rewritten(UNKNOWN.as_bytes(), "functional", Some(&main));
        if let Some(host) = event["host"].as_str() {
            let text = String::from_utf8_lossy(&rewritten).into_owned();
            assert!(text.contains(&format!(" src=https://{host}")), "{toml}\n{text}");
        }
    }
}

#[tokio::test]
async fn nothing_personal_is_logged_or_counted() {
    let (_origin, proxy) = shop("").await;
    let secrets =
        ["secret-cookie-value", "secret-in-query", "secret-path", "secret-agent", "secret-sid", "203.0.113.77"];
    let request = "GET /secret-path?q=secret-in-query HTTP/1.1\r\nHost: shop.test\r\nUser-Agent: secret-agent\r\n\
                   Cookie: _ga=secret-sid\r\nReferer: http://shop.test/secret-path\r\nX-Forwarded-For: 203.0.113.77\r\n\r\n";
    raw(proxy.address, request.as_bytes(), false).await;
    // Failures must not say more than successes.
    raw(proxy.address, request.replace("shop.test", "nobody.test").as_bytes(), false).await;
    raw(proxy.address, b"GET /secret-path HTTP/1.1\r\nHost: shop.test\r\n bad\r\n\r\n", false).await;
    raw(proxy.address, b"GET /secret-path HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", false).await;
    let admin = proxy.admin();
    proxy.wait_for_log("Request answered");
    let told = format!(
        "{}{}{}",
        proxy.logged(),
        get(admin, "/metrics", "").await.text(),
        get(admin, "/-/status", "").await.text()
    );
    for secret in secrets {
        assert!(!told.contains(secret), "`{secret}` in\n{told}");
    }
    assert!(!told.contains("\"127.0.0.1:") || told.contains("listen"), "no client address");
}

#[tokio::test]
async fn a_stop_signal_ends_it() {
    let (_origin, mut proxy) = shop("").await;
    proxy.signal("INT");
    let started = std::time::Instant::now();
    while proxy.child.try_wait().unwrap().is_none() {
        assert!(started.elapsed() < crate::support::PATIENCE);
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}
