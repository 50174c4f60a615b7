//! `[[site.test]]`: what a configuration's own tests assert, and whether those of the shipped example assert enough.

use std::path::Path;

use toml::{Table, Value};
use vestibule::config::{self, Config, SourceFile};
use vestibule::review::{self, Failure};
use vestibule::snapshot::Snapshot;
use vestibule::sources::{self, KeyRing};

fn parse(text: &str) -> Result<Config, config::Diagnostics> {
    config::parse(vec![SourceFile { path: "shop.toml".into(), text: text.to_owned() }])
}

/// A site with one test of these two tables.
fn with_test(site: &str, given: &str, expect: &str) -> Config {
    let text = format!(
        "version = 1\n[[site]]\nhosts = [\"shop.test\"]\nupstream = \"http://127.0.0.1:1\"\n{site}\n[[site.test]]\n\
         name = \"the test\"\ngiven = {{ {given} }}\nexpect = {{ {expect} }}\n"
    );
    parse(&text).unwrap_or_else(|found| panic!("{found}"))
}

fn failures(site: &str, given: &str, expect: &str) -> Vec<Failure> {
    review::run_tests(&with_test(site, given, expect))
}

/// Every kind of expectation, once as it is and once as it is not: each must pass the one and fail the other.
#[test]
fn every_expectation_can_hold_and_can_fail() {
    let html = r#"html = '<script src="https://www.googletagmanager.com/gtm.js"></script><img src="/own.png">'"#;
    let cookies = "cookie = \"_ga=1; sid=2\", set_cookie = [\"_ga=1\", \"sid=2\", \"new=3; Max-Age=60; Path=/\"]";
    let link = "response_headers = { Link = [\"<https://www.googletagmanager.com/gtm.js>; rel=preload; as=script\", \
                \"</own.css>; rel=preload\"] }";
    let refuse = "consent = \"refuse-all\"";
    for (given, holds, fails) in [
        (refuse.to_owned(), "denied = \"marketing\"", "granted = \"marketing\""),
        (refuse.to_owned(), "denied = \"marketing\"", "undecided = \"marketing\""),
        ("consent = \"undecided\"".to_owned(), "undecided = \"marketing\"", "denied = \"marketing\""),
        ("headers = { Sec-GPC = \"1\" }".to_owned(), "denied = \"marketing\"", "denied = \"analytics\""),
        ("consent = [\"analytics\"]".to_owned(), "granted = \"analytics\"", "granted = \"social\""),
        (format!("{refuse}, {cookies}"), "upstream_cookie = \"sid=2\"", "upstream_cookie = \"\""),
        (format!("{refuse}, cookie = \"_ga=1\""), "upstream_cookie = \"\"", "upstream_cookie = \"_ga=1\""),
        (
            format!("{refuse}, {cookies}"),
            "set_cookie = [\"sid=2\", \"new=3; Path=/\"]",
            "set_cookie = [\"sid=2\", \"new=3; Max-Age=60; Path=/\"]",
        ),
        (format!("{refuse}, {html}"), "blocked = \"google-tag-manager\"", "kept = \"google-tag-manager\""),
        (
            format!("consent = \"accept-all\", {html}"),
            "kept = \"google-tag-manager\"",
            "blocked = \"google-tag-manager\"",
        ),
        (format!("{refuse}, {html}"), "blocked = \"googletagmanager.com\"", "blocked = \"other.example\""),
        (format!("{refuse}, {html}"), "kept = \"shop.test\"", "blocked = \"shop.test\""),
        (format!("{refuse}, {html}"), "html_contains = \"<img src=\"", "html_contains = \"<script src=\""),
        (format!("{refuse}, {html}"), "html_lacks = \"<script src=\"", "html_lacks = \"<img src=\""),
        (refuse.to_owned(), "csp_contains = \"'self'\"", "csp_contains = \"googletagmanager\""),
        (
            "consent = [\"marketing\"]".to_owned(),
            "csp_contains = \"googletagmanager\"",
            "csp_lacks = \"googletagmanager\"",
        ),
        ("consent = \"accept-all\"".to_owned(), "csp_lacks = \"'self'\"", "csp_contains = \"'self'\""),
        (
            format!("{refuse}, {link}"),
            "response_headers = { Link = \"</own.css>; rel=preload\", X-None = \"\" }",
            "response_headers = { link = \"\" }",
        ),
    ] {
        let found = failures("", &given, holds);
        assert!(found.is_empty(), "{given} / {holds}: {found:?}");
        let found = failures("", &given, fails);
        assert_eq!(found.len(), 1, "{given} / {fails}: {found:?}");
        let key = fails.split(' ').next().unwrap();
        assert_eq!((found[0].key, &*found[0].test, found[0].place.line), (key, "the test", 9), "{found:?}");
        assert_ne!(found[0].expected, found[0].got);
    }
}

/// Only what is named is asserted, and the mode counts: what is only watched was not blocked.
#[test]
fn a_watched_site_blocks_nothing() {
    let given = "consent = \"refuse-all\", cookie = \"_fbp=1\"";
    let watched = "mode = \"observe\"";
    assert!(failures(watched, given, "upstream_cookie = \"_fbp=1\", kept = \"meta-pixel\"").is_empty());
    assert!(failures(watched, given, "would_block = \"meta-pixel\"").is_empty());
    assert_eq!(failures("", given, "would_block = \"meta-pixel\"").len(), 1);
    let found = failures(watched, given, "blocked = \"meta-pixel\"");
    let expected =
        "shop.toml:9:22: blocked: expected `meta-pixel` blocked, got cookie `_fbp` kept only because of the mode";
    assert_eq!(found[0].to_string(), expected);
}

#[test]
fn a_visitors_choice_takes_the_real_way() {
    let given = "consent = \"accept-all\"";
    assert!(failures("sources = [\"own\"]", given, "granted = \"marketing\"").is_empty());
    assert_eq!(failures("sources = [\"gpc\"]", given, "granted = \"marketing\"").len(), 1, "nobody reads the choice");
    let http = "consent = \"accept-all\", url = \"http://shop.test/\"";
    assert!(failures("", http, "granted = \"marketing\"").is_empty());
    let both = "consent = \"accept-all\", headers = { Sec-GPC = \"1\" }";
    assert!(failures("", both, "granted = \"marketing\"").is_empty());
    assert!(failures("gpc = \"binds\"", both, "denied = \"marketing\"").is_empty());
}

/// Tests are no part of the policy: caches and validators know a page by the policy's revision.
#[test]
fn a_tests_text_changes_no_revision() {
    let revision = |config: &Config| {
        let keys = KeyRing::new(sources::Key::new([1; 32]), None);
        Snapshot::build(config, keys).revision().to_owned()
    };
    let tested = revision(&with_test("", "consent = \"refuse-all\"", "denied = \"marketing\""));
    assert_eq!(tested, revision(&with_test("", "consent = \"accept-all\"", "granted = \"marketing\"")));
    assert_ne!(tested, revision(&with_test("mode = \"observe\"", "url = \"/\"", "undecided = \"marketing\"")));
}

fn example() -> (Table, Config) {
    let text = std::fs::read_to_string("config/example.toml").unwrap();
    let config = config::load(Path::new("config/example.toml")).unwrap_or_else(|found| panic!("{found}"));
    (text.parse().unwrap(), config)
}

#[test]
fn the_examples_own_tests_pass_and_use_every_rule() {
    let (_, config) = example();
    assert!(config.tests.len() >= 7);
    let report = review::run(&config);
    for result in &report.results {
        assert!(result.failures.is_empty(), "{:?}", result.failures);
    }
    let never: Vec<String> = report
        .coverage
        .rules()
        .filter(|(_, covered)| !covered)
        .map(|(rule, _)| review::statement(&config, rule.site.unwrap_or_default(), rule.statement))
        .collect();
    assert!(never.is_empty(), "{never:?}");
}

/// One rule of the example taken out or turned round, with what was done to it.
fn mutants(example: &Table) -> Vec<(String, Table)> {
    let mut mutants = Vec::new();
    let mut with = |what: String, path: &[Key], value: Option<Value>| {
        let mut mutant = Value::Table(example.clone());
        change(&mut mutant, path, value);
        mutants.push((what, mutant.as_table().unwrap().clone()));
    };
    let sites = example["site"].as_array().unwrap();
    for (site, table) in sites.iter().enumerate() {
        let at = [Key::Name("site"), Key::At(site)];
        let path = |more: &[Key]| [&at, more].concat();
        for (key, words) in
            [("mode", &["enforce", "observe", "off"][..]), ("gpc", &["denies", "binds"]), ("sources", &[])]
        {
            let Some(now) = table.get(key) else { continue };
            for word in words.iter().filter(|word| now.as_str() != Some(word)) {
                with(format!("{key} = {word}"), &path(&[Key::Name(key)]), Some((*word).into()));
            }
        }
        for (key, words) in [("third_party", &["deny", "allow"][..]), ("cookies", &["session", "deny", "allow"])] {
            let Some(now) = table.get("unclassified").map(|table| &table[key]) else { continue };
            for word in words.iter().filter(|word| now.as_str() != Some(word)) {
                let at = path(&[Key::Name("unclassified"), Key::Name(key)]);
                with(format!("unclassified.{key} = {word}"), &at, Some((*word).into()));
            }
        }
        for list in ["first_party", "sources", "purposes"] {
            for at in 0..table.get(list).and_then(Value::as_array).map_or(0, Vec::len) {
                with(format!("{list} without {}", table[list][at]), &path(&[Key::Name(list), Key::At(at)]), None);
            }
        }
        for list in ["route", "necessary", "purpose"] {
            for (at, entry) in table.get(list).and_then(Value::as_array).into_iter().flatten().enumerate() {
                let here = [Key::Name(list), Key::At(at)];
                // Texts alone are no rule.
                if list != "purpose" {
                    with(format!("without {list} {at}"), &path(&here), None);
                }
                for inner in ["deny", "services"] {
                    for item in 0..entry.get(inner).and_then(Value::as_array).map_or(0, Vec::len) {
                        let all = [&here[..], &[Key::Name(inner), Key::At(item)]].concat();
                        with(format!("{list} {at} without {}", entry[inner][item]), &path(&all), None);
                    }
                }
                for days in [90, 400].into_iter().filter(|_| entry.get("cookie_days").is_some()) {
                    let all = [&here[..], &[Key::Name("cookie_days")]].concat();
                    with(format!("{list} {at} cookie_days = {days}"), &path(&all), Some(days.into()));
                }
                for word in ["enforce", "off"].into_iter().filter(|_| entry.get("mode").is_some()) {
                    let all = [&here[..], &[Key::Name("mode")]].concat();
                    with(format!("route {at} mode = {word}"), &path(&all), Some(word.into()));
                }
            }
        }
    }
    for (at, service) in example["service"].as_array().unwrap().iter().enumerate() {
        let here = [Key::Name("service"), Key::At(at)];
        with(format!("without service {}", service["id"]), &here, None);
        for list in ["cookies", "hosts", "addresses", "inline"] {
            for item in 0..service.get(list).and_then(Value::as_array).map_or(0, Vec::len) {
                let all = [&here[..], &[Key::Name(list), Key::At(item)]].concat();
                with(format!("{} without {}", service["id"], service[list][item]), &all, None);
            }
        }
        if let Some(purpose) = service.get("purpose").and_then(Value::as_str) {
            for other in ["functional", "marketing"] {
                let mut turned = service.clone();
                turned.as_table_mut().unwrap().remove("reason");
                turned.as_table_mut().unwrap().insert("purpose".into(), other.into());
                with(format!("{} for {other} instead of {purpose}", service["id"]), &here, Some(turned));
            }
        }
        if service.get("carrier").is_some() {
            let mut turned = service.clone();
            turned.as_table_mut().unwrap().remove("carrier");
            turned.as_table_mut().unwrap().insert("purpose".into(), "necessary".into());
            turned.as_table_mut().unwrap().insert("reason".into(), "none".into());
            with(format!("{} necessary", service["id"]), &here, Some(turned));
        }
    }
    mutants
}

#[derive(Clone, Copy)]
enum Key {
    Name(&'static str),
    At(usize),
}

/// Puts `value` at `path`, or takes away what is there.
fn change(root: &mut Value, path: &[Key], value: Option<Value>) {
    let (last, parents) = path.split_last().unwrap();
    let mut inside = root;
    for key in parents {
        inside = match key {
            Key::Name(name) => inside.get_mut(*name).unwrap(),
            Key::At(at) => inside.get_mut(*at).unwrap(),
        };
    }
    match (last, value) {
        (Key::Name(name), Some(value)) => inside[*name] = value,
        (Key::At(at), Some(value)) => inside[*at] = value,
        (Key::At(at), None) => drop(inside.as_array_mut().unwrap().remove(*at)),
        (Key::Name(name), None) => drop(inside.as_table_mut().unwrap().remove(*name)),
    }
}

/// Mutation testing of the policy itself: whoever changes a rule of the example by mistake is told by one of its tests.
/// Mutants that `check` refuses are not counted.
#[test]
fn the_examples_tests_notice_every_changed_rule() {
    let (table, _) = example();
    let (mut killed, mut refused, mut alive) = (0, 0, Vec::new());
    for (what, mutant) in mutants(&table) {
        match parse(&toml::to_string(&mutant).unwrap()) {
            Err(_) => refused += 1,
            Ok(config) if review::run_tests(&config).is_empty() => alive.push(what),
            Ok(_) => killed += 1,
        }
    }
    let all = killed + alive.len();
    assert!(all >= 30, "{all} mutants, {refused} refused");
    // `analytics` stands in `purposes` and has texts of its own, which asks for it just as well: the same policy.
    assert_eq!(alive, ["purposes without \"analytics\""], "{killed} of {all} killed");
}

/// Where the visitor is can be said in the test itself, for sites that look it up in a database.
#[test]
fn a_test_says_where_the_visitor_is() {
    let site = "regime = { default = \"gdpr-fr\", by_country = { US = \"us-opt-out\" }, country_header = \"X-Country\" }\n\
                [listen]\ntrusted_proxies = [\"127.0.0.1\"]";
    let elsewhere = "headers = { X-Country = \"US\" }, country = \"IT\"";
    for (given, expect) in [
        ("country = \"us\"", "granted = \"marketing\""),
        ("country = \"IT\"", "undecided = \"marketing\""),
        ("method = \"GET\"", "undecided = \"marketing\""),
        (elsewhere, "undecided = \"marketing\""),
    ] {
        assert_eq!(failures(site, given, expect), [], "{given}");
    }
    assert_eq!(failures(site, "country = \"US\"", "undecided = \"marketing\"").len(), 1);
}
