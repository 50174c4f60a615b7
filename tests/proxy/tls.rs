//! Certificates: by name, and renewed without a restart.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::vestibule::Vestibule;

/// Makes a certificate called `subject` for `name`, and its key.
fn certificate(place: &Path, file: &str, subject: &str, name: &str) {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args(["-subj", &format!("/CN={subject}"), "-addext", &format!("subjectAltName=DNS:{name}")])
        .arg("-keyout")
        .arg(place.join(format!("{file}.key.new")))
        .arg("-out")
        .arg(place.join(format!("{file}.pem.new")))
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(made.success());
    for end in ["key", "pem"] {
        std::fs::rename(place.join(format!("{file}.{end}.new")), place.join(format!("{file}.{end}"))).unwrap();
    }
}

/// The subject of the certificate that a visitor is shown who asks for `name`.
fn shown(port: u16, name: Option<&str>) -> String {
    let mut client = Command::new("openssl");
    client.args(["s_client", "-connect", &format!("127.0.0.1:{port}")]);
    match name {
        Some(name) => client.args(["-servername", name]),
        None => client.arg("-noservername"),
    };
    let output = client.stdin(Stdio::null()).stderr(Stdio::null()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().find_map(|line| line.strip_prefix("subject=")).unwrap_or_default().replace(' ', "")
}

#[test]
fn certificates_are_chosen_by_name_and_renewed() {
    let place = tempfile::tempdir().unwrap();
    certificate(place.path(), "one", "one", "one.test");
    certificate(place.path(), "two", "two", "*.two.test");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let table = |file: &str| {
        let path = place.path().join(file).display().to_string();
        format!(
            "[[listen.https]]\naddress = \"127.0.0.1:{port}\"\ncertificate = \"{path}.pem\"\nkey = \"{path}.key\"\n"
        )
    };
    let _proxy = Vestibule::with_config(&format!(
        "version = 1\n[listen]\nhttp = \"127.0.0.1:0\"\n{}{}[[site]]\nhosts = \"*\"\nupstream = \"http://127.0.0.1:9\"\n",
        table("one"),
        table("two")
    ));
    for (name, subject) in [
        (Some("one.test"), "CN=one"),
        (Some("shop.two.test"), "CN=two"),
        (Some("other.test"), "CN=one"),
        (None, "CN=one"),
    ] {
        assert_eq!(shown(port, name), subject, "{name:?}");
    }
    certificate(place.path(), "two", "renewed", "*.two.test");
    let renewed = Instant::now();
    while shown(port, Some("shop.two.test")) != "CN=renewed" {
        assert!(renewed.elapsed() < Duration::from_secs(20), "still the old one");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(shown(port, Some("one.test")), "CN=one");
}
