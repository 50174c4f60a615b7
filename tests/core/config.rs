//! Configuration: every error in one run, at its place, with its code; and never a panic.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use vestibule::config::reference::TABLES;
use vestibule::config::{self, CODES, Code, Diagnostics, Severity, SourceFile};
use vestibule::consent::PurposeId;
use vestibule::policy::Mode;

const ERRORS: &str = "tests/data/config-errors";

fn parse(text: &str) -> Result<config::Config, Diagnostics> {
    config::parse(vec![SourceFile { path: "vestibule.toml".into(), text: text.to_owned() }])
}

fn fixtures() -> Vec<PathBuf> {
    // A checkout may be for its owner only; one fixture is about a key that is for everybody.
    std::fs::set_permissions(Path::new(ERRORS).join("parts/open.key"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let mut paths: Vec<PathBuf> = std::fs::read_dir(ERRORS)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    paths.sort();
    paths
}

/// What is said about a file, whether it is refused or accepted with a warning.
fn said(path: &Path) -> Diagnostics {
    match config::load(path) {
        Ok(config) => {
            let (files, tests) = (config::check_files(&config), vestibule::review::required(&config));
            config.warnings.iter().chain(&files).chain(&tests).cloned().collect()
        }
        Err(found) => {
            assert!(found.errors() > 0, "refused without an error: {found}");
            found
        }
    }
}

fn code_of(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap().split('-').next().unwrap()
}

/// Each fixture has exactly one mistake, and gets exactly one message. `BLESS=1` rewrites the expected texts.
#[test]
fn every_mistake_has_one_message_at_its_place() {
    for path in fixtures() {
        let found = said(&path);
        let rendered = found.to_string();
        let golden = path.with_extension("txt");
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&golden, &rendered).unwrap();
        }
        let expected = std::fs::read_to_string(&golden).unwrap_or_default();
        assert_eq!(rendered, expected, "{}", path.display());
        let codes: Vec<&str> = found.iter().map(|diagnostic| diagnostic.code).collect();
        assert_eq!(codes, [code_of(&path)], "{}\n{rendered}", path.display());
        let severity = found.iter().next().unwrap().severity;
        assert_eq!(Code::find(code_of(&path)).unwrap().severity, severity, "{rendered}");
        assert_eq!((found.errors(), found.warnings()), if severity == Severity::Error { (1, 0) } else { (0, 1) });
    }
}

#[test]
fn every_code_is_documented_and_has_a_fixture() {
    let documented: BTreeSet<&str> = CODES.iter().map(|code| code.code).collect();
    assert_eq!(documented.len(), CODES.len(), "a code is documented twice");
    let fixtures = fixtures();
    let tested: BTreeSet<&str> = fixtures.iter().map(|path| code_of(path)).collect();
    assert_eq!(documented, tested);
    let mut used = BTreeSet::new();
    let rooms = ["src/config", "src/review"].map(|room| std::fs::read_dir(room).unwrap());
    for entry in rooms.into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() || path.ends_with("codes.rs") || path.ends_with("diagnostic.rs") {
            continue;
        }
        let text = std::fs::read_to_string(path).unwrap();
        let quoted = text.match_indices("\"V0").filter_map(|(at, _)| text.get(at + 1..at + 6));
        used.extend(quoted.map(str::to_owned));
    }
    assert_eq!(used, documented.iter().map(|code| (*code).to_owned()).collect());
}

#[test]
fn messages_keep_the_house_style() {
    for path in fixtures() {
        for diagnostic in &said(&path) {
            for text in std::iter::once(&diagnostic.message).chain(&diagnostic.help) {
                assert!(!text.ends_with('.'), "{text}");
                assert!(text.starts_with(|c: char| !c.is_uppercase()), "{text}");
            }
        }
    }
}

#[test]
fn all_files_are_checked_in_one_run() {
    let file = |path: &str, text: &str| SourceFile { path: path.into(), text: text.to_owned() };
    let found = config::parse(vec![
        file("main.toml", "version = 1\nlisten = 3\n[[site]]\nhosts = [\"a.example\", 5]\nupstram = \"http://b\"\nmode = \"on\"\n"),
        file("broken.toml", "[[service]\nid = 1\n"),
        file("more.toml", "[[service]]\nid = \"x\"\npurpose = \"whatever\"\nhots = [\"x.example\"]\n[[site]]\nhosts = \"a.example\"\nupstream = \"http://c\"\n"),
    ])
    .unwrap_err();
    let places: Vec<String> = found
        .iter()
        .map(|one| format!("{} {}:{}", one.code, one.place, one.message))
        .map(|line| line.split(':').take(3).collect::<Vec<_>>().join(":"))
        .collect();
    assert_eq!(
        places,
        [
            "V0104 main.toml:2:10",
            "V0104 main.toml:4:23",
            "V0102 main.toml:5:1",
            "V0107 main.toml:6:8",
            "V0101 broken.toml:1:11",
            "V0102 more.toml:4:1",
            "V0208 more.toml:6:9",
        ]
    );
}

/// A warning neither hides an error nor makes one.
#[test]
fn warnings_come_with_the_configuration() {
    let site = "[[site]]\nhosts = \"a.example\"\nupstream = \"http://b\"\n";
    let text = format!("version = 1\n[listen]\ntrusted_proxies = [\"::/0\"]\n{site}");
    let config = parse(&text).unwrap_or_else(|found| panic!("{found}"));
    assert_eq!((config.warnings.errors(), config.warnings.warnings()), (0, 1));
    assert!(config.warnings.to_string().contains("3:20: warning[V0214]"), "{}", config.warnings);
    let found = parse(&text.replace("upstream", "mode = 1\nupstream")).unwrap_err();
    assert_eq!((found.len(), found.errors(), found.warnings()), (2, 1, 1), "{found}");

    let many = "\"::/0\",".repeat(600);
    let text = format!("version = 1\n[listen]\ntrusted_proxies = [{many}]\n{site}mode = 1\n");
    let found = parse(&text).unwrap_err();
    assert_eq!((found.errors(), found.warnings(), found.left_out()), (1, 600, 101));
    assert!(found.iter().any(|one| one.severity == Severity::Error), "errors are listed first");
}

#[test]
fn columns_count_characters() {
    let found =
        parse("version = 1\n[[site]]\nhosts = [\"é.example\", \"a b\"]\r\nupstream = \"http://c\"\n").unwrap_err();
    let place = &found.iter().next().unwrap().place;
    assert_eq!((place.line, place.column, place.caret), (3, 23, 5));
    assert_eq!(place.source, "hosts = [\"é.example\", \"a b\"]");
}

#[test]
fn shipped_files_are_valid() {
    let minimal = config::load(Path::new("config/minimal.toml")).unwrap_or_else(|found| panic!("{found}"));
    assert_eq!(minimal.sites.len(), 1);
    let example = config::load(Path::new("config/example.toml")).unwrap_or_else(|found| panic!("{found}"));
    assert!(example.services.len() > minimal.services.len());
    let site = example.sites.first().unwrap();
    assert_eq!(site.policy.mode, Mode::Enforce);
    let recommendations = example.purposes.get("recommendations").unwrap();
    assert!(site.policy.offered.contains(recommendations));
    let ids: Vec<&str> = site.purposes.iter().map(|text| &*text.id).collect();
    assert_eq!(ids, ["necessary", "functional", "analytics", "marketing", "social", "recommendations"]);
    let texts = site.purposes.iter().all(|text| text.title.contains_key("en") && text.benefit.contains_key("en"));
    assert!(texts, "every purpose has English texts");
}

/// The example shows every key, so that whoever reads it knows them all. What names files is shown in a comment.
#[test]
fn the_example_shows_every_key() {
    let example = std::fs::read_to_string("config/example.toml").unwrap();
    for table in TABLES {
        for key in table.keys {
            let name = key.name;
            let written = ["= ", " ="].iter().any(|sign| example.contains(&format!("{name}{sign}")))
                || ['[', '.'].iter().any(|before| example.contains(&format!("{before}{name}]")));
            assert!(written, "`{}` is missing in the example", table.path_of(key));
        }
    }
}

/// Every key of the example with one slip of the finger: one message, at the key, with the key that was meant.
#[test]
fn slips_of_the_finger_are_understood() {
    let lines: Vec<&str> = SEED.lines().collect();
    let (mut slips, mut understood) = (0, 0);
    for (at, line) in lines.iter().enumerate() {
        let lead = line.len() - line.trim_start().len();
        let Some((key, rest)) = line.trim_start().split_once(" = ") else {
            continue;
        };
        if !key.chars().all(|c| c.is_ascii_lowercase() || c == '_') {
            continue;
        }
        for place in 0..key.len() {
            let mut swapped: Vec<char> = key.chars().collect();
            swapped.swap(place, (place + 1).min(key.len() - 1));
            let doubled = format!("{}{}", &key[..=place], &key[place..]);
            let dropped = format!("{}{}", &key[..place], &key[place + 1..]);
            let replaced = format!("{}x{}", &key[..place], &key[place + 1..]);
            for slip in [swapped.into_iter().collect(), doubled, dropped, replaced] {
                // Two keys may be one slip apart, as `purpose` and `purposes` are, or a list and its tables.
                if slip == key || slip.is_empty() || ["purpose", "purposes", "key", "source"].contains(&slip.as_str()) {
                    continue;
                }
                let changed = format!("{}{slip} = {rest}", &line[..lead]);
                let mut text = lines.clone();
                text[at] = &changed;
                let found = parse(&text.join("\n")).expect_err(&changed);
                let codes: Vec<&str> = found.iter().map(|one| one.code).collect();
                assert_eq!(codes, ["V0102"], "{found}");
                let one = found.iter().next().unwrap();
                assert_eq!((one.place.line, one.place.column), (at + 1, lead + 1), "{found}");
                slips += 1;
                let help = one.help.as_deref().unwrap_or_default();
                understood += usize::from(help == format!("did you mean `{key}`"));
            }
        }
    }
    assert!(slips > 1000, "{slips}");
    assert!(understood * 100 >= slips * 97, "{understood} of {slips}");
}

#[test]
fn included_files_are_part_of_the_whole() {
    let place = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(place.path().join(name), text).unwrap();
    std::fs::create_dir(place.path().join("sites.d")).unwrap();
    let site = |host: &str| format!("[[site]]\nhosts = \"{host}\"\nupstream = \"http://127.0.0.1:9000\"\n");
    write("main.toml", "version = 1\ninclude = [\"sites.d/*.toml\", \"sites.d/a.toml\"]\nstate_dir = \"state\"\n");
    write("sites.d/b.toml", &site("b.example"));
    write("sites.d/a.toml", &site("a.example"));
    write("sites.d/notes.txt", "not TOML");
    write("sites.d/.hidden.toml", "not TOML");
    let main = place.path().join("main.toml");
    let config = config::load(&main).unwrap_or_else(|found| panic!("{found}"));
    let names: Vec<&str> = config.sites.iter().map(|site| &*site.policy.name).collect();
    assert_eq!(names, ["a.example", "b.example"]);
    assert_eq!(config.files.len(), 3);
    assert_eq!(config.keys.state_dir, place.path().join("state"));

    write("sites.d/b.toml", &site("a.example"));
    let found = config::load(&main).unwrap_err();
    let one = found.iter().next().unwrap();
    assert_eq!((found.len(), one.code), (1, "V0208"));
    assert!(one.place.path.ends_with("b.toml") && one.related[0].1.path.ends_with("a.toml"));
    assert_eq!(config::load(&place.path().join("none.toml")).unwrap_err().len(), 1);
}

#[test]
fn an_upstream_alone_is_a_configuration() {
    let listen: SocketAddr = "127.0.0.1:8088".parse().unwrap();
    let (config, text) = config::for_upstream("https://shop.internal:8443/", listen).unwrap();
    assert_eq!(config.listen.http, [listen]);
    let site = config.sites.first().unwrap();
    assert!(site.hosts.is_empty() && &*site.policy.name == "default");
    let upstream = site.upstreams.first().unwrap();
    assert_eq!((upstream.tls, &*upstream.host, upstream.port, upstream.http2), (true, "shop.internal", 8443, true));
    assert!(parse(&text).is_ok(), "the printed text is what it says");
    let found = config::for_upstream("shop.internal\"\n", listen).unwrap_err();
    assert_eq!(found.iter().map(|one| one.code).collect::<Vec<_>>(), ["V0205"]);
}

#[test]
fn upstreams_are_taken_apart() {
    for (url, expected) in [
        ("http://127.0.0.1:9000", (false, "127.0.0.1", 9000, false)),
        ("http://shop", (false, "shop", 80, false)),
        ("https://shop", (true, "shop", 443, true)),
        ("https://shop:80", (true, "shop", 80, true)),
        ("h2c://[::1]:9000/", (false, "::1", 9000, true)),
    ] {
        let (config, _) =
            config::for_upstream(url, "127.0.0.1:0".parse().unwrap()).unwrap_or_else(|found| panic!("{found}"));
        let found = config.sites.first().unwrap().upstreams.first().unwrap();
        assert_eq!((found.tls, &*found.host, found.port, found.http2), expected, "{url}");
    }
}

#[test]
fn an_operators_service_replaces_the_built_in_one() {
    let text = "version = 1\n[[site]]\nhosts = \"a.example\"\nupstream = \"http://b\"\n[[service]]\nid = \"plausible\"\npurpose = \"functional\"\nhosts = [\"stats.a.example\"]\n";
    let config = parse(text).unwrap_or_else(|found| panic!("{found}"));
    let found: Vec<_> = config.services.iter().filter(|service| &*service.id == "plausible").collect();
    assert_eq!(found.len(), 1);
    assert!(found.first().unwrap().purposes.contains(PurposeId::FUNCTIONAL));
    assert_eq!(config.services.len(), config::builtin_services().len());
}

const SEED: &str = include_str!("../../config/example.toml");

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,200}|[\\[\\]={}\"'a-z.,\n#0-9 -]{0,200}") {
        if let Err(found) = parse(&text) {
            prop_assert!(!found.to_string().is_empty());
        }
    }

    #[test]
    fn no_change_of_a_good_file_makes_it_panic(
        at in 0..SEED.len(),
        cut in 0..40_usize,
        put in "|\\PC|\"|\\[|\\]|=|\n|\u{0}|\u{feff}|'''|\\{|[a-z]{1,3}|-?[0-9]{1,30}",
    ) {
        let at = SEED.floor_char_boundary(at);
        let end = SEED.floor_char_boundary((at + cut).min(SEED.len()));
        let text = format!("{}{put}{}", &SEED[..at], &SEED[end.max(at)..]);
        if let Err(found) = parse(&text) {
            for diagnostic in &found {
                prop_assert!(diagnostic.place.line <= text.lines().count() + 1);
            }
            prop_assert!(!found.to_string().is_empty());
        }
    }
}

/// Nesting must neither exhaust the stack nor take long.
#[test]
fn absurd_nesting_is_an_error() {
    let deep = 200_000;
    for text in [
        format!("{}b = 1", "a.".repeat(deep)),
        format!("{}b = 1", "\"a\".".repeat(deep)),
        format!("{}b = 1", "a.".repeat(999)),
        format!("a = {}{}", "[".repeat(deep), "]".repeat(deep)),
        format!("a = {}", "{a=".repeat(deep)),
        format!("[{}b]\n", "a.".repeat(deep)),
        "x = 1\n".repeat(deep),
        "[[site]]\n".repeat(2000),
    ] {
        assert!(parse(&text).is_err(), "{}…", &text[..20]);
    }
}

#[derive(Debug)]
struct Around;

impl config::Surroundings for Around {
    fn variable(&self, name: &str) -> Option<String> {
        match name {
            "PORT" => Some("9000".to_owned()),
            "EMPTY" => Some(String::new()),
            "DAYS" => Some("200".to_owned()),
            "SHOWN" => Some("false".to_owned()),
            _ => None,
        }
    }

    fn file(&self, path: &Path) -> Result<String, String> {
        if path == Path::new("secrets/host") { Ok("very secret host\n".to_owned()) } else { Err("no".to_owned()) }
    }

    fn credential(&self, id: &str) -> Result<String, String> {
        if id == "key" { Ok("0123456789abcdef0123456789abcdef\n".to_owned()) } else { Err("no".to_owned()) }
    }
}

fn parse_around(text: &str) -> Result<config::Config, Diagnostics> {
    config::parse_in(vec![SourceFile { path: "vestibule.toml".into(), text: text.to_owned() }], &Around)
}

#[test]
fn values_refer_to_what_is_not_in_the_file() {
    let config = parse_around(
        "version = 1\n[keys]\ncurrent = \"${credential:key}\"\n[[service]]\nid = \"x\"\npurpose = \"analytics\"\n\
         inline = [\"`${name}`,$${env:PORT}\"]\n[[site]]\nhosts = \"${env:HOST:-shop.example}\"\n\
         upstream = [\"http://127.0.0.1:${env:PORT}\", \"http://${env:EMPTY:-backup}:1\"]\n\
         choice_days = \"${env:DAYS}\"\nbanner = \"${env:SHOWN}\"\n",
    );
    let config = config.unwrap_or_else(|found| panic!("{found}"));
    let Some(config::KeySource::Given(secret)) = &config.keys.current else { panic!("{:?}", config.keys) };
    assert_eq!(secret.reveal(), "0123456789abcdef0123456789abcdef");
    assert!(!format!("{config:?}").contains("0123456789abcdef"), "secrets never print");
    let site = &config.sites[0];
    assert_eq!(&*site.hosts[0], "shop.example");
    assert_eq!((site.upstreams[0].port, &*site.upstreams[1].host), (9000, "backup"));
    assert_eq!(site.policy.regimes.default.choice_lifetime, 200 * 86_400);
    assert!(!site.asking.shown);
    assert_eq!(&*config.services[0].inline[0], "`${name}`,${env:PORT}");
}

#[test]
fn secrets_are_kept_out_of_messages() {
    let found = parse_around("version = 1\n[[site]]\nhosts = \"${file:secrets/host}\"\nupstream = \"http://a\"\n");
    let found = found.unwrap_err();
    let text = found.to_string();
    assert!(!text.contains("very secret") && text.contains("`${file:secrets/host}` is not a host name"), "{text}");
}

#[test]
fn not_even_a_part_of_a_secret_is_shown() {
    #[derive(Debug)]
    struct Long;
    impl config::Surroundings for Long {
        fn variable(&self, _: &str) -> Option<String> {
            None
        }
        fn file(&self, _: &Path) -> Result<String, String> {
            Ok(format!("http://very-secret.example/{}\nsecond line", "x".repeat(200)))
        }
        fn credential(&self, _: &str) -> Result<String, String> {
            Err(String::new())
        }
    }
    for key in ["upstream", "hosts", "mode", "regime", "own_path", "observe"] {
        let rest = [("hosts", "\"a\""), ("upstream", "\"http://a\"")].iter().filter(|(name, _)| *name != key);
        let rest = rest.fold(String::new(), |text, (name, value)| format!("{text}{name} = {value}\n"));
        let text = format!("version = 1\n[[site]]\n{rest}{key} = \"${{file:secret}}\"\n");
        let file = SourceFile { path: "vestibule.toml".into(), text };
        let found = config::parse_in(vec![file], &Long).unwrap_err().to_string();
        assert!(
            !found.contains("very-secret") && !found.contains("xxx") && !found.contains("second"),
            "{key}: {found}"
        );
        assert!(found.contains("${file:secret}"), "{key}: {found}");
    }
    let text =
        "version = 1\n[admin]\ntoken_file = \"${file:secret}\"\n[[site]]\nhosts = \"a\"\nupstream = \"http://a\"\n";
    let file = SourceFile { path: "vestibule.toml".into(), text: text.to_owned() };
    let found = config::parse_in(vec![file], &Long).unwrap_err().to_string();
    assert!(found.contains("takes the path of a file") && !found.contains("very-secret"), "{found}");
}

#[test]
fn a_text_that_looks_like_a_number_is_none() {
    let found = parse_around("version = 1\n[[site]]\nhosts = \"a\"\nupstream = \"http://a\"\nchoice_days = \"200\"\n");
    assert_eq!(found.unwrap_err().iter().map(|one| one.code).collect::<Vec<_>>(), ["V0104"]);
}

#[test]
fn built_in_regimes_are_right() {
    for regime in ["gdpr-fr", "gdpr-it", "gdpr-es", "gdpr-de", "uk", "us-opt-out"] {
        let text = format!("version = 1\n[[site]]\nhosts = \"a\"\nupstream = \"http://a\"\nregime = \"{regime}\"\n");
        let config = parse(&text).unwrap_or_else(|found| panic!("{found}"));
        let asks = config.sites[0].policy.regimes.default.asks_first();
        assert_eq!(asks, regime != "us-opt-out", "{regime}");
    }
    assert!(config::check_regimes().is_empty(), "{}", config::check_regimes());
}

/// The manual's table of consent tools is made of the adapters. `BLESS=1` writes it anew.
#[test]
fn the_manual_holds_every_consent_tool() {
    let page = vestibule::sources::cmp::manual();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write("src/manual/sources.md", &page).unwrap();
    }
    assert!(page == std::fs::read_to_string("src/manual/sources.md").unwrap(), "run this test with BLESS=1");
}

/// The page of the manual is the reference. `BLESS=1` writes it anew.
#[test]
fn the_manual_holds_every_key() {
    let page = config::reference::manual();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write("src/manual/config.md", &page).unwrap();
    }
    assert!(page == std::fs::read_to_string("src/manual/config.md").unwrap(), "run this test with BLESS=1");
}
