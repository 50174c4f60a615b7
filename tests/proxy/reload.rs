//! Reload: by file, by signal, never halfway.

use std::time::Instant;

use tokio::io::AsyncWriteExt as _;

use crate::support::client::{get, read_response};
use crate::support::origin::{Origin, Reply};
use crate::support::vestibule::Vestibule;
use crate::support::{PAGE, PATIENCE};

fn config(origin: &Origin, mode: &str) -> String {
    format!(
        "version = 1\n[listen]\nhttp = \"127.0.0.1:0\"\n[admin]\nlisten = \"127.0.0.1:0\"\n\
         [[site]]\nhosts = [\"shop.test\"]\nupstream = \"{}\"\nbanner = false\nmode = \"{mode}\"\n",
        origin.url()
    )
}

async fn until_untouched(proxy: &Vestibule, untouched: bool) {
    let started = Instant::now();
    while (get(proxy.address, "/", "").await.body == PAGE.as_bytes()) != untouched {
        assert!(started.elapsed() < PATIENCE, "never took effect:\n{}", proxy.logged());
        tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    }
}

#[tokio::test]
async fn a_changed_file_takes_effect_on_open_connections() {
    let origin = Origin::always(Reply::html(PAGE)).await;
    let proxy = Vestibule::with_config(&config(&origin, "enforce"));
    let mut stream = tokio::net::TcpStream::connect(proxy.address).await.unwrap();
    let mut buffer = Vec::new();
    let request = b"GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n";
    stream.write_all(request).await.unwrap();
    assert_ne!(read_response(&mut stream, &mut buffer, false).await.body, PAGE.as_bytes());

    std::fs::write(proxy.config_file(), config(&origin, "off")).unwrap();
    until_untouched(&proxy, true).await;
    stream.write_all(request).await.unwrap();
    assert_eq!(read_response(&mut stream, &mut buffer, false).await.body, PAGE.as_bytes(), "same connection");

    // Editors write beside the file and rename.
    let beside = proxy.config_file().with_extension("swp");
    std::fs::write(&beside, config(&origin, "enforce")).unwrap();
    std::fs::rename(&beside, proxy.config_file()).unwrap();
    until_untouched(&proxy, false).await;
    proxy.wait_for_log("\"config.generation\":3");
}

#[tokio::test]
async fn a_wrong_file_changes_nothing_and_says_where() {
    let origin = Origin::always(Reply::html(PAGE)).await;
    let proxy = Vestibule::with_config(&config(&origin, "enforce"));
    std::fs::write(proxy.config_file(), config(&origin, "off").replace("hosts", "hots")).unwrap();
    proxy.wait_for_log("Configuration refused");
    assert!(proxy.logged().contains("vestibule.toml:7:1"), "{}", proxy.logged());
    assert_ne!(get(proxy.address, "/", "").await.body, PAGE.as_bytes(), "the one before stays in use");
    let admin = proxy.admin();
    let metrics = get(admin, "/metrics", "").await.text();
    assert!(metrics.contains("vestibule_config_last_reload_successful 0"));
    let status: serde_json::Value = serde_json::from_slice(&get(admin, "/-/status", "").await.body).unwrap();
    assert_eq!(status["config"]["last_reload_successful"], false);
    assert!(status["config"]["last_reload_error"].as_str().unwrap().contains("hots"));

    std::fs::write(proxy.config_file(), config(&origin, "off")).unwrap();
    until_untouched(&proxy, true).await;
    assert!(get(admin, "/metrics", "").await.text().contains("vestibule_config_last_reload_successful 1"));
}

#[tokio::test]
async fn a_signal_reloads_and_what_needs_a_restart_is_refused_by_name() {
    let origin = Origin::always(Reply::html(PAGE)).await;
    let proxy = Vestibule::with_config(&config(&origin, "enforce"));
    proxy.signal("HUP");
    proxy.wait_for_log("Configuration reloaded");
    std::fs::write(proxy.config_file(), config(&origin, "off").replacen("127.0.0.1:0", "127.0.0.1:1", 1)).unwrap();
    proxy.wait_for_log("`listen.http` cannot change while running");
    assert_ne!(get(proxy.address, "/", "").await.body, PAGE.as_bytes());
}

/// Where a key cannot be stored, the one in memory has to last: a reload must not forget what visitors chose.
#[tokio::test]
async fn a_reload_keeps_choices_even_without_a_state_directory() {
    let origin = Origin::always(Reply::html(PAGE)).await;
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("vestibule.toml");
    let text = config(&origin, "enforce").replace("[listen]", "state_dir = \"occupied\"\n[listen]");
    std::fs::write(&file, text).unwrap();
    std::fs::write(place.path().join("occupied"), "a file where a directory should be").unwrap();
    let proxy = Vestibule::on(&file);
    let cookie =
        crate::consent_api::choose(&proxy, r#"{"choice":"save","purposes":["analytics"],"services":[]}"#).await;
    proxy.signal("HUP");
    proxy.wait_for_log("Configuration reloaded");
    let state = get(proxy.address, "/.vestibule/state", &format!("Cookie: {cookie}\r\n")).await;
    let state: serde_json::Value = serde_json::from_slice(&state.body).unwrap();
    assert_eq!((&state["chosen"], &state["purposes"]["analytics"]), (&true.into(), &"granted".into()));
}
