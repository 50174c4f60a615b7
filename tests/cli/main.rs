//! The command line contract that tools outside rely on.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub,
    dead_code,
    reason = "a test that cannot go on fails, nothing uses a test, and this one needs only a part of the support"
)]

mod editing;
mod explained;
#[path = "../support/mod.rs"]
mod support;

use std::io::Write as _;

use support::PAGE;
use support::vestibule::command;

fn config(text: &str) -> (tempfile::TempDir, String) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("shop.toml");
    std::fs::File::create(&file).unwrap().write_all(text.as_bytes()).unwrap();
    (directory, file.display().to_string())
}

const GOOD: &str = "version = 1\n[listen]\nhttp = \"127.0.0.1:0\"\n[[site]]\nhosts = [\"shop.test\"]\nupstream = \"http://127.0.0.1:1\"\n";

#[test]
fn check_tells_right_from_wrong() {
    let (_directory, file) = config(GOOD);
    let good = command(&["check", &file], b"");
    assert_eq!(good.status.code(), Some(0), "{}", String::from_utf8_lossy(&good.stderr));

    let (_directory, file) = config(&GOOD.replace("hosts", "hots").replace("version = 1", "version = 1\nlisen = 2"));
    let wrong = command(&["check", &file], b"");
    assert_eq!(wrong.status.code(), Some(1));
    let told = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert!(told.contains(&format!("{file}:2:1")) && told.contains("`lisen`") && told.contains("listen"), "{told}");
    assert!(told.contains(&format!("{file}:6:1")) && told.contains("`hots`") && told.contains("hosts"), "{told}");

    let (_directory, file) = config("version = 1\n[[site]\n");
    let broken = command(&["check", &file], b"");
    assert_eq!(broken.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&broken.stderr).contains(&format!("{file}:2:")));
    assert_eq!(command(&["check", "/nowhere/at/all.toml"], b"").status.code(), Some(1));
}

#[test]
fn every_shipped_configuration_is_right() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    for name in ["minimal.toml", "example.toml"] {
        let checked = command(&["check", &root.join(name).display().to_string()], b"");
        assert_eq!(checked.status.code(), Some(0), "{name}: {}", String::from_utf8_lossy(&checked.stderr));
    }
}

#[test]
fn a_wrong_configuration_does_not_start() {
    let (_directory, file) = config(&GOOD.replace("upstream", "upstraem"));
    let output = command(&["run", "--config", &file], b"");
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("shop.toml:6:1") && told.contains("upstream"), "{told}");
}

#[test]
fn a_port_in_use_is_said_at_once() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let state = tempfile::tempdir().unwrap();
    let state = state.path().display().to_string();
    let output =
        command(&["run", "--upstream", "http://127.0.0.1:1", "--listen", &address, "--state-dir", &state], b"");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains(&format!("cannot listen on `{address}`")));
}

#[test]
fn rewrite_streams_any_size_and_tells_what_it_found() {
    let page = PAGE.replace("The text of the shop.", &"<p>text</p>".repeat(800_000));
    let url = ["rewrite", "--url", "https://shop.test/page"];
    let none = command(&[&url[..], &["--findings", "json"]].concat(), page.as_bytes());
    assert!(none.status.success());
    let out = String::from_utf8_lossy(&none.stdout).into_owned();
    assert!(!out.contains(" src=\"https://www.googletagmanager.com") && out.ends_with("<!-- the end -->"));
    let findings: Vec<serde_json::Value> =
        String::from_utf8_lossy(&none.stderr).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(findings.iter().any(|finding| finding["service"] == "google-tag-manager" && finding["verdict"] == "drop"));
    assert!(findings.iter().any(|finding| finding["service"] == "youtube" && finding["purpose"] == "social"));

    let all = command(&[&url[..], &["--consent", "all"]].concat(), page.as_bytes());
    assert_eq!(all.stdout, page.as_bytes(), "everything granted: byte for byte");

    let some = command(&[&url[..], &["--consent", "social"]].concat(), PAGE.as_bytes());
    let out = String::from_utf8_lossy(&some.stdout).into_owned();
    assert!(out.contains(" src=\"https://www.youtube.com") && !out.contains(" src=\"https://www.facebook.com"));

    assert_eq!(command(&[&url[..], &["--consent", "nonsense"]].concat(), b"").status.code(), Some(1));
    assert_eq!(command(&["rewrite", "--url", "not a url"], b"").status.code(), Some(1));
}

#[test]
fn consent_prints_the_resolved_state() {
    let state = |arguments: &[&str]| -> serde_json::Value {
        let output = command(&[&["consent"], arguments].concat(), b"");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let nothing = state(&[]);
    assert_eq!(nothing["purposes"]["analytics"], "undecided");
    assert_eq!(nothing["because"]["analytics"], "no-choice");
    let gpc = state(&["--header", "Sec-GPC: 1", "--cookie", "sid=1; _ga=2"]);
    assert_eq!(gpc["purposes"]["marketing"], "denied");
    assert_eq!(gpc["because"]["marketing"], "gpc");
    assert_eq!(state(&["--cookie", "vestibule=1.aa.bb.cc; vestibule-bind=x"])["purposes"]["marketing"], "undecided");
    assert_eq!(command(&["consent", "--header", "no colon"], b"").status.code(), Some(1));
}

/// Which sources said what, and which would have: the first thing that ops ask of a cookie that they found.
#[test]
fn consent_tells_who_said_so() {
    let state = |arguments: &[&str]| -> serde_json::Value {
        let output = command(&[&["consent"], arguments].concat(), b"");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let cookie = "CookieConsent={stamp:%27aGVsbG8=%27%2Cnecessary:true%2Cpreferences:false%2Cstatistics:true%2Cmarketing:false%2Cmethod:%27explicit%27%2Cver:1%2Cutc:1738313789122%2Cregion:%27fr%27}";
    let unread = state(&["--cookie", cookie]);
    assert_eq!(unread["not_read"], serde_json::json!(["cookiebot"]));
    assert_eq!(unread["purposes"]["analytics"], "undecided");
    let read = state(&["--cookie", cookie, "--source", "cookiebot"]);
    assert_eq!(read["purposes"]["analytics"], "granted");
    assert_eq!(read["purposes"]["marketing"], "denied");
    assert_eq!(read["signals"][0]["kind"], "observed");
    assert_eq!(read["signals"][0]["at"], "2025-01-31T08:56:29Z");
    let early = state(&["--cookie", cookie, "--source", "cookiebot", "--at", "2024-01-01T00:00:00Z"]);
    assert_eq!(early["malformed"][0]["reason"], "dated in the future");
    for wrong in [["--source", "nobody"], ["--at", "yesterday"]] {
        assert_eq!(command(&["consent", wrong[0], wrong[1]], b"").status.code(), Some(1), "{wrong:?}");
    }
}

#[test]
fn help_and_usage() {
    assert_eq!(command(&["--help"], b"").status.code(), Some(0));
    assert_eq!(command(&["--version"], b"").status.code(), Some(0));
    assert_eq!(command(&["run"], b"").status.code(), Some(1));
    assert_eq!(command(&["run", "--demo", "--upstream", "http://x"], b"").status.code(), Some(1));
    assert_eq!(command(&["nonsense"], b"").status.code(), Some(1));
}

#[test]
fn a_certificate_without_its_key_is_told_at_once() {
    let directory = tempfile::tempdir().unwrap();
    for name in ["chain.pem", "key.pem"] {
        std::fs::write(directory.path().join(name), "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n")
            .unwrap();
    }
    let file = directory.path().join("vestibule.toml");
    let config = "version = 1\n[[listen.https]]\naddress = \"127.0.0.1:0\"\ncertificate = \"chain.pem\"\nkey = \"key.pem\"\n\
                  [[site]]\nhosts = [\"*\"]\nupstream = [\"http://127.0.0.1:9\"]\n";
    std::fs::write(&file, config).unwrap();
    let run = command(&["run", "--config", &file.display().to_string()], b"");
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert_eq!(run.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot use key") && !said.contains("panicked"), "{said}");
    assert!(said.contains(&format!("{}:5:7: error[V0215]", file.display())), "{said}");
    let check = command(&["check", &file.display().to_string()], b"");
    assert_eq!(check.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&check.stderr).starts_with(&said), "check says what start says");
    let unopened = command(&["check", "--no-files", &file.display().to_string()], b"");
    assert_eq!(unopened.status.code(), Some(0));
}

const TESTED: &str = "[[site.test]]\nname = \"refused\"\ngiven = { consent = \"refuse-all\", cookie = \"_ga=1; sid=2\" }\n\
                      expect = { upstream_cookie = \"sid=2\" }\n";

#[test]
fn the_tests_of_a_configuration_are_run() {
    let example = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config/example.toml").display().to_string();
    let shipped = command(&["test", &example, "--coverage", "--fail-under", "100"], b"");
    let told = String::from_utf8_lossy(&shipped.stdout).into_owned();
    assert_eq!(shipped.status.code(), Some(0), "{told}");
    assert!(told.contains("tests passed") && told.contains("(100.0 %)"), "{told}");

    let (directory, file) = config(&format!("{GOOD}first_party = [\"cdn.test\"]\n{TESTED}"));
    assert_eq!(command(&["test", &file], b"").status.code(), Some(0));
    let under = command(&["test", &file, "--coverage", "--fail-under", "50"], b"");
    assert_eq!(under.status.code(), Some(1));
    let told = String::from_utf8_lossy(&under.stdout).into_owned();
    assert!(
        told.contains("0 of 1 rules") && told.contains(&format!("{file}:7:16: first-party host `cdn.test`")),
        "{told}"
    );
    assert_eq!(command(&["test", &file, "--fail-under", "101"], b"").status.code(), Some(1));

    let (_directory, wrong) = config(&format!("{GOOD}{}", TESTED.replace("\"sid=2\"", "\"_ga=1; sid=2\"")));
    let junit = directory.path().join("junit.xml").display().to_string();
    let failed = command(&["test", &file, &wrong, "--junit", &junit], b"");
    assert_eq!(failed.status.code(), Some(1));
    let told = String::from_utf8_lossy(&failed.stdout).into_owned();
    assert!(told.contains(&format!("{wrong}:7:1: failed: refused")), "{told}");
    assert!(told.contains(&format!("{wrong}:10:30: upstream_cookie")), "{told}");
    assert!(told.contains("expected  `_ga=1; sid=2`") && told.contains("got       `sid=2`"), "{told}");
    let xml = std::fs::read_to_string(&junit).unwrap();
    assert_eq!(xml.matches("<testcase ").count(), 2, "{xml}");
    assert!(xml.contains("failures=\"1\"") && xml.contains("<failure message=\"upstream_cookie: expected"), "{xml}");

    let json = command(&["test", &wrong, "--json"], b"");
    let told: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    let test = &told["files"][0]["tests"][0];
    assert_eq!((test["passed"].as_bool(), test["failures"][0]["key"].as_str()), (Some(false), Some("upstream_cookie")));
    let (_directory, broken) = config(&format!("{GOOD}{}", TESTED.replace("refuse-all", "refuse-al")));
    let broken = command(&["test", &broken], b"");
    assert_eq!(broken.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&broken.stderr).contains("did you mean `refuse-all`"));
    assert_eq!(command(&["test"], b"").status.code(), Some(1));
}

#[test]
fn explain_tells_the_rule_its_place_and_what_would_change_it() {
    let policy = format!("{GOOD}[[site.route]]\npath = \"/pay/**\"\ndeny = [\"analytics\"]\n");
    let (_directory, file) = config(&policy);
    let arguments = [
        "explain",
        "--config",
        &file,
        "--url",
        "https://shop.test/pay/now?mail=a@b.example",
        "--consent",
        "all",
        "--cookie",
        "_ga",
        "--set-cookie",
        "new=1; Max-Age=60",
        "--element",
        "<img src=https://nobody.example/x>",
        "--host",
        "youtube.com/embed/x",
    ];
    let text = command(&arguments, b"");
    assert_eq!(text.status.code(), Some(0), "{}", String::from_utf8_lossy(&text.stderr));
    let told = String::from_utf8_lossy(&text.stdout).into_owned();
    assert!(told.contains("cookie `_ga`: withheld from the shop"), "{told}");
    assert!(told.contains(&format!("{file}:9:9")), "{told}");
    assert!(told.contains(&format!("· removing the deny of `analytics` at {file}:9:9\n")), "{told}");
    assert!(told.contains("built in: config/catalog/analytics.toml:6:6"), "{told}");
    assert!(told.contains("<img src> nobody.example`: made inert"), "{told}");
    assert!(told.contains("youtube.com`: passes"), "{told}");
    assert!(!told.contains("a@b.example"), "queries are nobody's business");

    let json = command(&[&arguments[..], &["--json"]].concat(), b"");
    let told: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    let items = told["pages"][0]["items"].as_array().unwrap();
    let of = |surface: &str| items.iter().find(|item| item["surface"] == surface).unwrap();
    assert_eq!((&of("cookie")["verdict"], &of("cookie")["rule"]), (&"drop".into(), &"route-denies".into()));
    assert_eq!((&of("cookie")["purpose"], &of("cookie")["grant"]), (&"analytics".into(), &"granted".into()));
    assert_eq!(of("set-cookie")["verdict"], "shorten");
    for item in items {
        let decided: Vec<_> = item["steps"].as_array().unwrap().iter().filter(|step| step["decided"] == true).collect();
        assert_eq!(decided.len(), 1, "{item}");
    }

    assert_eq!(command(&["explain", "--url", "https://shop.test/"], b"").status.code(), Some(1), "nothing to explain");
    let (_directory, off) = config(&format!("{GOOD}mode = \"off\"\n"));
    let told = command(&["explain", "--config", &off, "--url", "https://shop.test/", "--cookie", "_ga"], b"");
    assert!(String::from_utf8_lossy(&told.stdout).contains("nothing is looked at here"));
    let elsewhere = command(&["explain", "--config", &file, "--url", "https://other.test/", "--cookie", "a"], b"");
    assert_eq!(elsewhere.status.code(), Some(1));
    assert_eq!(command(&["explain", "--url", "https://any.test/", "--cookie", "a"], b"").status.code(), Some(0));
    assert_eq!(
        command(&["explain", "--url", "https://x.test/", "--consent", "x", "--cookie", "a"], b"").status.code(),
        Some(1)
    );
}

#[test]
fn explain_reads_a_recorded_visit() {
    let har = serde_json::json!({ "log": { "entries": [
        {
            "pageref": "one",
            "request": { "url": "https://shop.test/", "headers": [{ "name": "cookie", "value": "sid=1; _ga=secret" }] },
            "response": {
                "headers": [{ "name": "Set-Cookie", "value": "_fbp=1; Max-Age=9\nsid=2" }],
                "content": { "mimeType": "text/html", "text": "<script src=https://connect.facebook.net/en_US/fbevents.js></script>" },
            },
        },
        { "pageref": "one", "request": { "url": "https://connect.facebook.net/en_US/fbevents.js" } },
        { "pageref": "one", "request": { "url": "https://shop.test/logo.png" } },
        { "pageref": "two", "request": { "url": "https://elsewhere.test/" }, "response": {} },
    ] } });
    let (directory, file) = config(GOOD);
    let path = directory.path().join("visit.har");
    std::fs::write(&path, har.to_string()).unwrap();
    let path = path.display().to_string();
    let brief = command(&["explain", "--config", &file, "--consent", "none", "--har", &path], b"");
    let told = String::from_utf8_lossy(&brief.stdout).into_owned();
    assert_eq!(brief.status.code(), Some(0), "{told}");
    assert!(
        told.contains("cookie `_ga`") && told.contains("set-cookie `_fbp`") && told.contains("`meta-pixel`"),
        "{told}"
    );
    assert!(told.contains("4 stopped or shortened, 3 kept") && !told.contains("secret"), "{told}");
    assert!(String::from_utf8_lossy(&brief.stderr).contains("`elsewhere.test`: not a page of a configured site"));
    std::fs::write(&path, "{\"log\": {\"entries\": []}}").unwrap();
    assert_eq!(command(&["explain", "--config", &file, "--har", &path], b"").status.code(), Some(1), "no page");
    std::fs::write(&path, "{\"log\": 1}").unwrap();
    assert_eq!(command(&["explain", "--config", &file, "--har", &path], b"").status.code(), Some(1));
}

#[test]
fn diff_tells_what_changes_and_exits_3_when_more_gets_through() {
    let service = "[[service]]\nid = \"house\"\npurpose = \"marketing\"\ncookies = [\"_house*\"]\n";
    let (_one, old) = config(&format!("{GOOD}{service}"));
    let (_two, new) = config(&format!("{GOOD}[[site.route]]\npath = \"/pay/**\"\ndeny = [\"marketing\"]\n{service}"));
    let (_three, watched) = config(&format!("{GOOD}mode = \"observe\"\n{service}"));

    let same = command(&["diff", &old, &old], b"");
    assert_eq!(
        (same.status.code(), String::from_utf8_lossy(&same.stdout).trim()),
        (Some(0), "nothing changes for anybody")
    );

    let stricter = command(&["diff", &old, &new], b"");
    let told = String::from_utf8_lossy(&stricter.stdout).into_owned();
    assert_eq!(stricter.status.code(), Some(0), "{told}");
    assert!(told.contains("stricter: passes → blocked, for visitors who agree to `marketing`, on `/pay/**`"), "{told}");
    assert!(
        told.contains("`house`: cookie `_house*`\n")
            && told.contains("for visitors who refuse everything: nothing now blocked"),
        "{told}"
    );

    let looser = command(&["diff", &new, &old], b"");
    assert_eq!(looser.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&looser.stdout).contains("more permissive: blocked → passes"));
    let json = command(&["diff", &new, &old, "--json"], b"");
    assert_eq!(json.status.code(), Some(3));
    let told: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((&told["more_permissive"], &told["incomplete"]), (&true.into(), &false.into()));
    let changes = told["sites"][0]["changes"].as_array().unwrap();
    assert!(changes.iter().any(|change| change["item"] == "`_house*`" && change["services"][0] == "house"), "{told}");

    let watched = command(&["diff", &old, &watched], b"");
    assert_eq!(watched.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&watched.stdout).contains("more permissive: mode `enforce` to `observe`"));
    assert_eq!(command(&["diff", &old, "/nowhere.toml"], b"").status.code(), Some(1));
}
