//! Where keys are at home, to send a misplaced one there, and how a missing one is written.

/// Every table with its keys. A test holds it against `config/example.toml`.
pub(super) const KEYS: &[(&str, &[&str])] = &[
    ("top level", &["version", "include", "state_dir", "listen", "admin", "keys", "limits", "site", "service"]),
    ("[listen]", &["http", "https", "trusted_proxies"]),
    ("[[listen.https]]", &["address", "certificate", "key"]),
    ("[keys]", &["current", "previous"]),
    (
        "[limits]",
        &[
            "max_uri_bytes",
            "max_header_bytes",
            "max_token_bytes",
            "keepalive_secs",
            "read_timeout_secs",
            "write_timeout_secs",
            "upstream_connect_timeout_secs",
            "upstream_read_timeout_secs",
        ],
    ),
    (
        "[[site]]",
        &[
            "hosts",
            "upstream",
            "mode",
            "first_party",
            "banner",
            "own_path",
            "sources",
            "unclassified",
            "purposes",
            "choice_days",
            "gpc",
            "purpose",
            "route",
            "necessary",
            "test",
        ],
    ),
    ("[site.unclassified]", &["third_party", "cookies"]),
    ("[[site.purpose]]", &["title", "benefit", "services"]),
    ("[[site.route]]", &["path", "deny"]),
    ("[[site.necessary]]", &["cookie", "host", "reason"]),
    ("[[site.test]]", &["given", "expect"]),
    ("[site.test.given]", &["consent", "url", "headers", "cookie", "set_cookie", "response_headers", "html"]),
    (
        "[site.test.expect]",
        &[
            "granted",
            "denied",
            "undecided",
            "upstream_cookie",
            "blocked",
            "kept",
            "would_block",
            "html_contains",
            "html_lacks",
            "csp_contains",
            "csp_lacks",
        ],
    ),
    ("[[service]]", &["name", "vendor", "carrier", "cookies", "addresses", "inline", "source"]),
];

/// The table that `key` belongs to, when it is not `here`.
pub(super) fn home(key: &str, here: &str) -> Option<&'static str> {
    KEYS.iter().find(|(table, keys)| *table != here && keys.contains(&key)).map(|(table, _)| *table)
}

/// How a required key may be written.
pub(super) fn example(table: &str, key: &str) -> Option<String> {
    let line = match (table, key) {
        (_, "version") => "version = 1",
        (_, "hosts") => "hosts = [\"www.shop.example\"]",
        (_, "upstream") => "upstream = \"http://127.0.0.1:9000\"",
        (_, "expect") => "expect = { blocked = [\"google-tag-manager\"] }",
        ("[[site.purpose]]", "id") => "id = \"recommendations\"",
        ("[[service]]", "id") => "id = \"house-recommender\"",
        (_, "path") => "path = \"/checkout/**\"",
        (_, "address") => "address = \"0.0.0.0:8443\"",
        (_, "source") => "source = \"where these facts come from\"",
        _ => return None,
    };
    Some(format!("add `{line}`"))
}
