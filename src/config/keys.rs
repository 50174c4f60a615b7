//! Where keys are at home, to send a misplaced one there, and how a missing one is written.

/// Every table with its keys. A test holds it against `config/example.toml`.
pub(super) const KEYS: &[(&str, &[&str])] = &[
    (
        "top level",
        &["version", "include", "state_dir", "listen", "admin", "keys", "limits", "reload", "site", "service"],
    ),
    ("[listen]", &["http", "https", "trusted_proxies"]),
    ("[[listen.https]]", &["address", "certificate", "key"]),
    ("[admin]", &["token_file"]),
    ("[keys]", &["current", "previous"]),
    ("[reload]", &["poll", "start_from_last_good"]),
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
        ],
    ),
    ("[site.unclassified]", &["third_party", "cookies"]),
    ("[[site.purpose]]", &["title", "benefit", "services"]),
    ("[[site.route]]", &["path", "deny"]),
    ("[[site.necessary]]", &["cookie", "host", "reason"]),
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
        ("[[site.purpose]]", "id") => "id = \"recommendations\"",
        ("[[service]]", "id") => "id = \"house-recommender\"",
        (_, "path") => "path = \"/checkout/**\"",
        (_, "address") => "address = \"0.0.0.0:8443\"",
        (_, "source") => "source = \"where these facts come from\"",
        _ => return None,
    };
    Some(format!("add `{line}`"))
}
