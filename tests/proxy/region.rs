//! The law by the visitor's country: told by a trusted proxy, or looked up by address.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::support::client::get;
use crate::support::origin::{Origin, Reply};
use crate::support::vestibule::Vestibule;
use crate::support::{PAGE, PATIENCE};

/// Under `us-opt-out` measurement happens until the visitor objects, under `gdpr-fr` not before a yes.
const US: &str = "granted";
const ELSEWHERE: &str = "undecided";

fn database(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/countries").join(name).display().to_string()
}

fn config(upstream: &str, trusted: &str, regime: &str) -> String {
    format!(
        "version = 1\n[listen]\nhttp = \"127.0.0.1:0\"\n{trusted}\n[admin]\nlisten = \"127.0.0.1:0\"\n[[site]]\n\
         hosts = \"shop.test\"\nupstream = \"{upstream}\"\nregime = {{ {regime} }}\n"
    )
}

const TRUSTED: &str = "trusted_proxies = [\"127.0.0.1\", \"10.0.0.0/8\"]";

async fn analytics(proxy: &Vestibule, fields: &str) -> String {
    let response = get(proxy.address, "/.vestibule/state", fields).await;
    assert_eq!(response.status, 200, "{}", response.text());
    let state: serde_json::Value = serde_json::from_slice(&response.body).unwrap();
    state["purposes"]["analytics"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn addresses_are_looked_up_where_nobody_says() {
    let origin = Origin::always(Reply::html(PAGE)).await;
    let file = database("first.mmdb");
    let regime = format!("by_country = {{ US = \"us-opt-out\" }}, country_database = \"{file}\"");
    let proxy = Vestibule::with_config(&config(&origin.url(), TRUSTED, &regime));
    for (chain, expected) in [
        ("192.0.2.1", US),
        ("192.0.2.1:4711", US),
        ("2001:db8:1::7", US),
        ("[2001:db8:1::7]:4711", US),
        ("198.51.100.1", ELSEWHERE),
        ("2001:db8:2::7", ELSEWHERE),
        ("192.0.2.1, 10.1.2.3", US),
        ("192.0.2.1, 198.51.100.1", ELSEWHERE),
        ("198.51.100.1, 192.0.2.1", US),
        // Nobody knows: assigned somewhere, no country, in no record, from inside, unreadable.
        ("198.51.100.200", ELSEWHERE),
        ("203.0.113.1", ELSEWHERE),
        ("2001:db8:3::7", ELSEWHERE),
        ("172.16.0.1", ELSEWHERE),
        ("127.0.0.2", ELSEWHERE),
        ("10.1.2.3", ELSEWHERE),
        ("192.0.2.1, unknown", ELSEWHERE),
        ("", ELSEWHERE),
    ] {
        let fields = format!("X-Forwarded-For: {chain}\r\n");
        assert_eq!(analytics(&proxy, &fields).await, expected, "{chain}");
    }
    assert_eq!(analytics(&proxy, "").await, ELSEWHERE);
    let page = get(proxy.address, "/", "X-Forwarded-For: 192.0.2.1\r\n").await;
    assert_eq!(page.one("cache-control"), "private, no-cache");
    let (log, metrics) = (proxy.logged(), get(proxy.admin(), "/metrics", "").await.text());
    for secret in ["192.0.2", "198.51.100", "2001:db8"] {
        assert!(!log.contains(secret) && !metrics.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_trusted_word_comes_before_the_database() {
    let origin = Origin::always(Reply::html(PAGE)).await;
    let file = database("first.mmdb");
    let regime = format!(
        "by_country = {{ US = \"us-opt-out\" }}, country_header = \"X-Country\", country_database = \"{file}\""
    );
    let proxy = Vestibule::with_config(&config(&origin.url(), TRUSTED, &regime));
    for (country, chain, expected) in [
        ("X-Country: FR\r\n", "192.0.2.1", ELSEWHERE),
        ("X-Country: US\r\n", "198.51.100.1", US),
        ("X-Country: US\r\n", "203.0.113.1", US),
        ("X-Country: XX\r\n", "192.0.2.1", US),
        ("X-Country: United States\r\n", "198.51.100.1", ELSEWHERE),
        ("X-Country: US\r\nX-Country: FR\r\n", "198.51.100.1", ELSEWHERE),
        ("", "192.0.2.1", US),
    ] {
        let fields = format!("{country}X-Forwarded-For: {chain}\r\n");
        assert_eq!(analytics(&proxy, &fields).await, expected, "{fields}");
    }
}

#[tokio::test]
async fn whoever_is_not_trusted_tells_nothing() {
    let origin = Origin::always(Reply::html(PAGE)).await;
    let file = database("first.mmdb");
    // Where nobody knows, the strictest holds, and not the default.
    let regime =
        format!("default = \"us-opt-out\", by_country = {{ FR = \"gdpr-fr\" }}, country_database = \"{file}\"");
    let proxy = Vestibule::with_config(&config(&origin.url(), "trusted_proxies = \"10.0.0.1\"", &regime));
    assert_eq!(
        analytics(&proxy, "X-Forwarded-For: 192.0.2.1\r\n").await,
        ELSEWHERE,
        "loopback, whatever the file says"
    );
    let proxy = Vestibule::with_config(&config(&origin.url(), TRUSTED, &regime));
    assert_eq!(analytics(&proxy, "X-Forwarded-For: 192.0.2.1\r\n").await, US);
    assert_eq!(analytics(&proxy, "X-Forwarded-For: 203.0.113.1\r\n").await, ELSEWHERE);
    assert_eq!(analytics(&proxy, "X-Forwarded-For: 198.51.100.200\r\n").await, ELSEWHERE);
}

/// Puts a file where another one is, as updaters do.
fn replace(file: &Path, content: &[u8]) {
    let beside = file.with_extension("new");
    std::fs::write(&beside, content).unwrap();
    std::fs::rename(&beside, file).unwrap();
}

#[tokio::test]
async fn a_new_database_takes_effect_under_traffic() {
    let origin = Origin::always(Reply::html(PAGE)).await;
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("countries.mmdb");
    let (first, second) =
        (std::fs::read(database("first.mmdb")).unwrap(), std::fs::read(database("second.mmdb")).unwrap());
    std::fs::write(&file, &first).unwrap();
    // Two sites share it, and one of them is written in an included file.
    let path = file.display();
    let regime = format!("by_country = {{ US = \"us-opt-out\" }}, country_database = \"{path}\"");
    let more = place.path().join("more.toml");
    std::fs::write(
        &more,
        format!("[[site]]\nhosts = \"other.test\"\nupstream = \"{}\"\nregime = {{ {regime} }}\n", origin.url()),
    )
    .unwrap();
    let main = config(&origin.url(), TRUSTED, "default = \"gdpr-fr\"");
    let main = main.replace("version = 1\n", &format!("version = 1\ninclude = \"{}\"\n", more.display()));
    let main = main.replace("default = \"gdpr-fr\"", &regime);
    let proxy = Vestibule::with_config(&main);
    let american = "X-Forwarded-For: 192.0.2.1\r\n";
    assert_eq!(analytics(&proxy, american).await, US);

    let (address, stop) = (proxy.address, std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false)));
    let traffic: Vec<_> = (0..4)
        .map(|_| {
            let stop = std::sync::Arc::clone(&stop);
            tokio::spawn(async move {
                let mut pages = 0;
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    let page = get(address, "/", "X-Forwarded-For: 192.0.2.1\r\n").await;
                    assert!(page.status == 200 && page.complete, "{page:?}");
                    pages += 1;
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
                pages
            })
        })
        .collect();
    for (content, expected) in [(&second, ELSEWHERE), (&first, US)] {
        replace(&file, content);
        let began = Instant::now();
        while analytics(&proxy, american).await != expected {
            assert!(began.elapsed() < PATIENCE, "still the old one:\n{}", proxy.logged());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    // A file that is not whole changes nothing, and says so.
    replace(&file, &second[..second.len() / 2]);
    proxy.wait_for_log("V0610");
    assert_eq!(analytics(&proxy, american).await, US);
    let status = get(proxy.admin(), "/-/status", "").await.text();
    assert!(status.contains("V0610") && status.contains("country.iso_code"), "{status}");
    replace(&file, &second);
    let began = Instant::now();
    while analytics(&proxy, american).await != ELSEWHERE {
        assert!(began.elapsed() < PATIENCE, "the repaired one is not taken:\n{}", proxy.logged());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    for visitor in traffic {
        assert!(visitor.await.unwrap() > 20);
    }
}

#[tokio::test]
async fn what_is_no_database_stops_the_start() {
    let place = tempfile::tempdir().unwrap();
    let huge = place.path().join("huge.mmdb");
    std::fs::File::create(&huge).unwrap().set_len(200 << 20).unwrap();
    let pipe = place.path().join("text.mmdb");
    std::fs::write(&pipe, "<html>quota exceeded</html>").unwrap();
    for (file, why) in [
        (huge.display().to_string(), "it is longer than 134217728 bytes"),
        (pipe.display().to_string(), "damaged"),
        (database("networks.mmdb"), "`country.iso_code`"),
        (database("flat.mmdb"), "damaged"),
        ("gone.mmdb".to_owned(), "there is no such file"),
    ] {
        let regime = format!("by_country = {{ US = \"us-opt-out\" }}, country_database = \"{file}\"");
        let main = place.path().join("vestibule.toml");
        std::fs::write(&main, config("http://127.0.0.1:9", "", &regime)).unwrap();
        for verb in ["check", "run"] {
            let mut command = std::process::Command::new(crate::support::vestibule::BINARY);
            match verb {
                "check" => command.arg("check").arg(&main),
                _ => command.args(["run", "--config"]).arg(&main).arg("--state-dir").arg(place.path().join("state")),
            };
            let output = command.output().unwrap();
            let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
            assert!(!output.status.success() && said.contains("V0610") && said.contains(why), "{verb} {file}: {said}");
        }
    }
}
