//! The manual's page of explanations is what the command prints. `BLESS=1` writes it anew.

use std::fmt::Write as _;

use super::support::vestibule::command;

/// What is explained: a heading, and the arguments.
const CASES: &[(&str, &[&str])] = &[
    ("A statistics cookie, before any choice", &["--cookie", "_ga"]),
    ("The session of a PHP shop, refused or not", &["--consent", "none", "--cookie", "PHPSESSID"]),
    ("A cookie of the shop's that only looks like a tracker's", &["--consent", "none", "--cookie", "_gat_cart"]),
    (
        "An advertising cookie that scripts cannot see, set by the shop's own server",
        &["--consent", "analytics", "--set-cookie", "_fbp=fb.1; Max-Age=7776000; Path=/; HttpOnly"],
    ),
    (
        "A cookie that nobody knows, meant to stay for a year",
        &["--consent", "none", "--set-cookie", "visitor=7; Max-Age=31536000; Path=/"],
    ),
    (
        "A click id in the address",
        &["--consent", "analytics", "--url", "https://shop.example/shoes?size=42&gclid=EAIa"],
    ),
    (
        "A click id in a query that may not change",
        &["--url", "https://shop.example/paid?token=EC-1&PayerID=7&gclid=EAIa"],
    ),
    ("A device's model, told to the shop", &["--header", "Sec-CH-UA-Model: \"Pixel 9\""]),
    (
        "Two addresses in one `Link`",
        &[
            "--response-header",
            "Link: <https://www.googletagmanager.com/gtm.js?id=GTM-1>; rel=preload; as=script, </main.css>; rel=preload; as=style",
        ],
    ),
    (
        "Reports about the visitor's browser to somebody else",
        &["--response-header", "Reporting-Endpoints: default=\"https://reports.tracker.example/r\", own=\"/reports\""],
    ),
    ("A browser's advertising interests, asked for", &["--response-header", "Observe-Browsing-Topics: ?1"]),
    (
        "A call to a statistics service that the shop's own domain serves",
        &["--consent", "marketing", "--url", "https://shop.example/metrics/g/collect?v=2&tid=G-ABCDEF&cid=1.2"],
    ),
];

#[test]
fn the_manual_shows_what_the_command_prints() {
    let mut page = String::new();
    for (heading, arguments) in CASES {
        let url: &[&str] = if arguments.contains(&"--url") { &[] } else { &["--url", "https://shop.example/"] };
        let all = [&["explain"], url, arguments].concat();
        let output = command(&all, b"");
        assert_eq!(output.status.code(), Some(0), "{all:?}: {}", String::from_utf8_lossy(&output.stderr));
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(printed.lines().count() >= 3, "{all:?}: {printed}");
        let quoted = all
            .iter()
            .map(|word| if word.contains([' ', '?', '&', '<']) { format!("'{word}'") } else { (*word).to_owned() });
        let line: Vec<String> = quoted.collect();
        let (line, printed) = (line.join(" "), printed.trim_end());
        write!(page, "\n# {heading}\n```text\n$ vestibule {line}\n{printed}\n```\n").unwrap();
    }
    let at = "src/manual/explained.md";
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(at, &page).unwrap();
    }
    assert!(page == std::fs::read_to_string(at).unwrap(), "run this test with BLESS=1");
}
