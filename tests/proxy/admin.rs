//! The admin listener: who may ask it, what reload and rollback answer, and the commands that use it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::PAGE;
use crate::support::client::{Response, get, raw};
use crate::support::origin::{Origin, Reply};
use crate::support::vestibule::{Vestibule, command};

const TOKEN: &str = "7b0fdc2a6c1f4f0e9d3b8a5577e6c1d2";

fn config(origin: &Origin, admin: &str, mode: &str) -> String {
    format!(
        "version = 1\n[listen]\nhttp = \"127.0.0.1:0\"\n[admin]\n{admin}\n[reload]\npoll = \"1h\"\n[[site]]\n\
         hosts = [\"shop.test\"]\nupstream = \"{}\"\nbanner = false\nmode = \"{mode}\"\n",
        origin.url()
    )
}

/// A proxy whose admin listener is a socket, and the socket.
async fn behind_a_socket() -> (Origin, Vestibule, String) {
    let origin = Origin::always(Reply::html(PAGE)).await;
    let proxy = Vestibule::with_config(&config(&origin, "listen = \"unix:admin.sock\"", "enforce"));
    let socket = proxy.config_file().with_file_name("admin.sock");
    proxy.wait_for_log("Admin listener");
    (origin, proxy, format!("unix:{}", socket.display()))
}

/// Runs a command of the binary beside the proxy, and gives its exit code, output and errors.
async fn vestibule(arguments: &[&str]) -> (i32, String, String) {
    let owned: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    let ran = tokio::task::spawn_blocking(move || {
        let arguments: Vec<&str> = owned.iter().map(String::as_str).collect();
        command(&arguments, b"")
    });
    let output = ran.await.unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

async fn untouched(proxy: &Vestibule) -> bool {
    get(proxy.address, "/", "").await.body == PAGE.as_bytes()
}

async fn post(admin: std::net::SocketAddr, path: &str, fields: &str) -> Response {
    raw(
        admin,
        format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n{fields}\r\n").as_bytes(),
        false,
    )
    .await
}

fn json(response: &Response) -> Value {
    serde_json::from_slice(&response.body).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn reload_waits_and_tells_what_check_tells() {
    let (origin, proxy, socket) = behind_a_socket().await;
    let admin = config(&origin, "listen = \"unix:admin.sock\"", "off");
    std::fs::write(proxy.config_file(), &admin).unwrap();
    let (code, out, _) = vestibule(&["reload", "--wait", "--admin", &socket]).await;
    assert!(code == 0 && out.starts_with("generation 2 in effect"), "{code} {out}");
    assert!(untouched(&proxy).await, "in effect when the command returns");

    std::fs::write(proxy.config_file(), admin.replace("banner", "baner").replace("mode = \"off\"", "mode = \"of\""))
        .unwrap();
    let file = proxy.config_file().display().to_string();
    let (code, _, told) = vestibule(&["reload", "--admin", &socket]).await;
    assert_eq!(code, 1);
    let (code, _, checked) = vestibule(&["check", &file]).await;
    assert_eq!((code, checked.as_str()), (1, &*format!("{told}\n2 errors in 1 file\n")), "the same errors");
    assert!(told.contains("vestibule.toml:11:1") && told.contains("vestibule.toml:12:8"), "{told}");
    assert!(untouched(&proxy).await, "the one before stays in effect");

    let (code, _, told) = vestibule(&["reload", "--admin", "unix:/nowhere/at/all"]).await;
    assert!(code == 2 && told.contains("unix:/nowhere/at/all"), "{code} {told}");
    let (code, _, told) = vestibule(&["reload", "--admin", "127.0.0.1:1"]).await;
    assert!(code == 2 && told.contains("127.0.0.1:1"), "{code} {told}");
    let (code, ..) = vestibule(&["reload", "--admin", "192.0.2.1:1"]).await;
    assert_eq!(code, 1, "not a loopback address");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_a_restart_is_named_all_at_once() {
    let (origin, proxy, socket) = behind_a_socket().await;
    let changed = config(&origin, "listen = \"unix:other.sock\"\ntoken_file = \"t\"", "off").replacen(
        "127.0.0.1:0",
        "127.0.0.1:1",
        1,
    );
    std::fs::write(proxy.config_file().with_file_name("t"), "0123456789abcdef0123456789abcdef").unwrap();
    std::fs::write(proxy.config_file(), changed).unwrap();
    let (code, _, told) = vestibule(&["reload", "--admin", &socket]).await;
    assert_eq!(code, 1);
    let expected =
        "`listen.http` and `admin.listen` and `admin.token_file` cannot change while running; restart to change them";
    assert!(told.contains(expected), "{told}");
    assert!(!untouched(&proxy).await);
}

#[tokio::test]
async fn a_token_is_needed_for_changes_over_tcp() {
    let origin = Origin::always(Reply::html(PAGE)).await;
    let open = Vestibule::with_config(&config(&origin, "listen = \"127.0.0.1:0\"", "enforce"));
    let refused = post(open.admin(), "/-/reload", "").await;
    assert_eq!(refused.status, 403);
    assert!(refused.text().contains("token_file") && refused.text().contains("unix:"), "{}", refused.text());
    assert_eq!(post(open.admin(), "/-/rollback", "Authorization: Bearer x\r\n").await.status, 403);
    let (code, _, told) = vestibule(&["reload", "--admin", &open.admin().to_string()]).await;
    assert!(code == 2 && told.contains("token_file"), "{code} {told}");

    let place = tempfile::tempdir().unwrap();
    let file: PathBuf = place.path().join("token");
    std::fs::write(&file, format!("{TOKEN}\n")).unwrap();
    let admin = format!("listen = \"127.0.0.1:0\"\ntoken_file = \"{}\"", file.display());
    let guarded = Vestibule::with_config(&config(&origin, &admin, "enforce"));
    let address = guarded.admin();
    let right = format!("Authorization: Bearer {TOKEN}\r\n");
    for wrong in ["", "Authorization: Bearer 7b0fdc2a6c1f4f0e9d3b8a5577e6c1d3\r\n", "Authorization: Basic dTpw\r\n"] {
        assert_eq!(post(address, "/-/reload", wrong).await.status, 401, "{wrong}");
    }
    for hostile in ["Origin: http://localhost\r\n", "Origin: null\r\n"] {
        assert_eq!(post(address, "/-/reload", &format!("{right}{hostile}")).await.status, 403, "{hostile}");
    }
    let rebound = format!("POST /-/reload HTTP/1.1\r\nHost: evil.example\r\n{right}Content-Length: 0\r\n\r\n");
    let rebound = raw(address, rebound.as_bytes(), false).await;
    assert_eq!(rebound.status, 421);
    assert!(rebound.field("access-control-allow-origin").is_empty());
    assert_eq!(
        json(&get(address, "/-/status", "").await)["config"]["generation"],
        1,
        "nothing of that changed anything"
    );

    let done = post(address, "/-/reload", &right).await;
    assert_eq!((done.status, &json(&done)["generation"]), (200, &Value::from(2)), "{}", done.text());
    assert_eq!(json(&get(address, "/-/status", "").await)["config"]["by"], "token");
    let (code, ..) =
        vestibule(&["reload", "--admin", &address.to_string(), "--token-file", &file.display().to_string()]).await;
    assert_eq!(code, 0);
    // A new token counts at once; the old one does not any more.
    std::fs::write(&file, TOKEN.replace('7', "8")).unwrap();
    assert_eq!(post(address, "/-/reload", &right).await.status, 401);
    assert!(!guarded.logged().contains(TOKEN));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_socket_is_its_owners_and_a_stale_one_is_replaced() {
    let (origin, mut proxy, socket) = behind_a_socket().await;
    let path = socket.strip_prefix("unix:").unwrap();
    assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    proxy.child.kill().unwrap();
    proxy.child.wait().unwrap();
    assert!(std::fs::exists(path).unwrap(), "a crash leaves it behind");
    let again = Vestibule::with_config(&config(&origin, &format!("listen = \"{socket}\""), "enforce"));
    again.wait_for_log("Admin listener");
    assert_eq!(vestibule(&["reload", "--admin", &socket]).await.0, 0);
    let (code, _, told) =
        vestibule(&["run", "--upstream", &origin.url(), "--listen", "127.0.0.1:0", "--admin", &socket]).await;
    assert!(code == 2 && told.contains("admin listener"), "{code} {told}");
    let file = again.config_file().display().to_string();
    let (code, _, told) =
        vestibule(&["run", "--upstream", &origin.url(), "--listen", "127.0.0.1:0", "--admin", &format!("unix:{file}")])
            .await;
    assert!(code == 2 && told.contains("is no socket"), "{code} {told}");
    assert!(std::fs::exists(&file).unwrap(), "what is no socket is left alone");
}

#[tokio::test]
async fn without_a_file_there_is_nothing_to_reload() {
    let origin = Origin::always(Reply::html(PAGE)).await;
    let place = tempfile::tempdir().unwrap();
    let socket = format!("unix:{}", place.path().join("s").display());
    let proxy = Vestibule::run(&["--upstream", &origin.url(), "--listen", "127.0.0.1:0", "--admin", &socket]);
    proxy.wait_for_log("Admin listener");
    let (code, _, told) = vestibule(&["reload", "--admin", &socket]).await;
    assert!(code == 2 && told.contains("without a configuration file"), "{code} {told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn status_and_metrics_say_what_is_in_effect_and_what_is_not_enforced() {
    let origin = Origin::always(Reply::html(PAGE)).await;
    let admin = "listen = \"127.0.0.1:0\"";
    let text = config(&origin, admin, "enforce");
    let proxy = Vestibule::with_config(&text);
    let address = proxy.admin();
    let status = || async { json(&get(address, "/-/status", "").await) };
    let mut before = status().await;
    // The start is put on record while the first requests may be answered already.
    for _ in 0..100 {
        if !before["config"]["trigger"].is_null() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        before = status().await;
    }
    assert_eq!(before["degraded"], false);
    assert_eq!(before["config"]["trigger"], "start");
    assert_eq!(before["not_enforced"], serde_json::json!([]));
    let hash = before["config"]["hash"].as_str().unwrap().to_owned();

    let routes = "  [[site.route]]\n  path = \"/old/**\"\n  mode = \"off\"\n  [[site.route]]\n  path = \"/new/**\"\n  mode = \"observe\"\n";
    std::fs::write(proxy.config_file(), format!("{text}{routes}")).unwrap();
    proxy.signal("HUP");
    proxy.wait_for_log("Configuration reloaded");
    let after = status().await;
    assert_eq!(
        (&after["config"]["generation"], &after["config"]["trigger"]),
        (&Value::from(2), &Value::from("sighup"))
    );
    assert_ne!(after["config"]["hash"].as_str(), Some(&*hash));
    assert_eq!(after["config"]["kept_generations"], serde_json::json!([1, 2]));
    assert_eq!(after["config"]["audit_last"].as_str().map(str::len), Some(64));
    assert_eq!(
        after["not_enforced"],
        serde_json::json!([
            { "site": "shop.test", "route": "/old/**", "mode": "off" },
            { "site": "shop.test", "route": "/new/**", "mode": "observe" },
        ])
    );
    proxy.wait_for_log("Not enforced");
    let metrics = get(address, "/metrics", "").await.text();
    for line in [
        "vestibule_not_enforced{mode=\"off\",site=\"shop.test\"} 1".to_owned(),
        "vestibule_not_enforced{mode=\"observe\",site=\"shop.test\"} 1".to_owned(),
        "vestibule_config_generation 2".to_owned(),
        "vestibule_config_last_reload_successful 1".to_owned(),
        "vestibule_config_reloads_total{result=\"ok\",trigger=\"sighup\"} 1".to_owned(),
        format!("vestibule_config_generation_info{{hash=\"{}\"}} 1", after["config"]["hash"].as_str().unwrap()),
    ] {
        assert!(metrics.contains(&line), "{line} not in\n{metrics}");
    }
    assert!(!metrics.contains(&hash), "the generation before is forgotten");
    assert!(!metrics.contains("vestibule_config_last_reload_success_timestamp_seconds 0"));

    std::fs::write(proxy.config_file(), "oops").unwrap();
    proxy.signal("HUP");
    proxy.wait_for_log("Configuration refused");
    let broken = status().await;
    assert_eq!(broken["degraded"], true);
    assert_eq!(broken["config"]["diagnostics"][0]["code"], "V0101");
    assert_eq!(broken["config"]["diagnostics"][0]["place"]["line"], 1);
    let metrics = get(address, "/metrics", "").await.text();
    assert!(metrics.contains("vestibule_config_reloads_total{result=\"failed\",trigger=\"sighup\"} 1"), "{metrics}");
    assert_eq!(get(address, "/-/ready", "").await.status, 200, "degraded is not unready");

    // What is in effect comes back: nothing to load, and nothing is wrong any more.
    std::fs::write(proxy.config_file(), format!("{text}{routes}")).unwrap();
    proxy.wait_for_log("again what is in use");
    let restored = status().await;
    assert_eq!((&restored["degraded"], &restored["config"]["generation"]), (&Value::from(false), &Value::from(2)));
}
