//! The reference against the code that reads: the same keys, and examples and defaults that are what they say.

#![expect(
    clippy::string_slice,
    clippy::print_stdout,
    reason = "a test that cannot go on fails, and this one tells a figure"
)]

use std::collections::{BTreeMap, BTreeSet};

use super::{Absent, Found, Key, KeyTable, TABLES, Takes, find};
use crate::config::diagnostic::SourceFile;
use crate::config::log::Log;
use crate::config::{Config, configuration, parse, syntax};

/// The least that makes a table of each kind complete. What a key excludes is left out beside it.
fn least(table: &KeyTable, beside: &str) -> Vec<(&'static str, &'static str)> {
    match (table.path, beside) {
        ("", _) => vec![("version", "1")],
        ("listen.https", _) => vec![("address", "\"127.0.0.1:8443\""), ("certificate", "\"a\""), ("key", "\"b\"")],
        ("site", _) => vec![("hosts", "\"a.example\""), ("upstream", "\"http://b\"")],
        ("site.purpose", _) => vec![("id", "\"own\""), ("title", "{ en = \"a\" }"), ("benefit", "{ en = \"b\" }")],
        ("shadow", _) => vec![("config", "\"a.toml\"")],
        ("canary", _) => vec![("config", "\"a.toml\""), ("percent", "5")],
        ("regime", "allowed") => vec![("id", "\"own\""), ("default", "\"opt-out\"")],
        ("regime", "default") => vec![("id", "\"own\"")],
        ("regime", _) => vec![("id", "\"own\""), ("default", "\"opt-in\"")],
        ("site.test.given", _) => vec![("cookie", "\"a=1\"")],
        ("site.test.expect", "denied") => vec![("granted", "\"analytics\"")],
        ("site.test.expect", _) => vec![("denied", "\"analytics\"")],
        ("site.source", _) => vec![("id", "\"klaro\"")],
        ("site.regime", "by_country") => vec![("country_header", "\"X-Country\"")],
        ("site.route", _) => vec![("path", "\"/a\""), ("deny", "\"social\""), ("mode", "\"observe\"")],
        ("site.necessary", "host" | "parameter") => vec![("reason", "\"a\"")],
        ("site.necessary", _) => vec![("cookie", "\"a\""), ("reason", "\"a\"")],
        ("service", "purposes" | "carrier") => vec![("id", "\"own\""), ("hosts", "\"c.example\"")],
        ("service", "hosts") => vec![("id", "\"own\""), ("cookies", "\"_own\""), ("purpose", "\"social\"")],
        ("service", "reason") => vec![("id", "\"own\""), ("hosts", "\"c.example\""), ("purpose", "\"necessary\"")],
        ("service", _) => vec![("id", "\"own\""), ("hosts", "\"c.example\""), ("purpose", "\"social\"")],
        _ => Vec::new(),
    }
}

/// A complete configuration in which `key` of `table` has `value`; as little else as possible.
fn with(table: &KeyTable, key: &str, value: Option<&str>) -> String {
    let own = |path: &str| {
        let table = TABLES.iter().find(|known| known.path == path).unwrap();
        let mut lines: BTreeMap<&str, &str> =
            least(table, if path == table.path { key } else { "" }).into_iter().collect();
        lines.retain(|name, _| *name != key);
        lines
    };
    let section = |path: &str, header: &str| {
        let mut lines = if path == table.path {
            own(path)
        } else {
            least(TABLES.iter().find(|known| known.path == path).unwrap(), "").into_iter().collect()
        };
        if path == table.path
            && let Some(value) = value
        {
            lines.insert(key, value);
        }
        let lines: String = lines.iter().fold(String::new(), |text, (name, value)| format!("{text}{name} = {value}\n"));
        if header == "top level" { lines } else { format!("{header}\n{lines}") }
    };
    let mut text = section("", "top level");
    if table.path == "site.regime" {
        text.push_str("[listen]\ntrusted_proxies = \"10.0.0.1\"\n");
    }
    if !table.path.is_empty() && !table.path.starts_with("site") {
        text.push_str(&section(table.path, table.header));
    }
    text.push_str(&section("site", "[[site]]"));
    if table.path == "site.source" {
        text.push_str("sources = \"klaro\"\n");
    }
    match table.path.strip_prefix("site.test") {
        Some(_) => {
            // A test is complete with all of its parts only, and what it expects has to have been given.
            text.push_str(&section("site.test", "[[site.test]]"));
            for part in ["site.test.given", "site.test.expect"] {
                text.push_str(&section(part, &format!("[{part}]")));
            }
            if table.path != "site.test.given" {
                text = text.replace("cookie = \"a=1\"", "cookie = \"a=1\"\nset_cookie = \"a=1\"\nhtml = \"a\"");
            }
        }
        None if table.path.starts_with("site.") => text.push_str(&section(table.path, table.header)),
        None => {}
    }
    if table.path == "site.purpose" {
        text.push_str("[[site.route]]\npath = \"/c\"\nstage = \"checkout\"\n");
    }
    text
}

fn load(text: &str) -> Config {
    let file = SourceFile { path: "vestibule.toml".into(), text: text.to_owned() };
    parse(vec![file]).unwrap_or_else(|found| panic!("{found}\n{text}"))
}

/// Everything that holds, without where it was written.
fn holds(config: &Config) -> String {
    let Config { listen, admin, keys, limits, purposes, services, sites, .. } = config;
    format!("{listen:?}{admin:?}{keys:?}{limits:?}{purposes:?}{services:?}{sites:?}")
}

fn values() -> impl Iterator<Item = (&'static KeyTable, &'static Key)> {
    let all = TABLES.iter().flat_map(|table| table.keys.iter().map(move |key| (table, key)));
    all.filter(|(_, key)| !matches!(key.takes, Takes::Table(_) | Takes::Tables(_)))
}

#[test]
fn reading_asks_for_exactly_these_keys() {
    let mut text = String::new();
    for table in TABLES {
        if table.path.is_empty() {
            text.push_str("version = 1\n");
        } else {
            text = format!("{text}{}\n", table.header);
        }
    }
    let file = SourceFile { path: "vestibule.toml".into(), text };
    let mut log = Log::default();
    let document = syntax::document(&mut log, 0, &file.text);
    configuration(std::slice::from_ref(&file), &[document], &mut log);
    let documented: BTreeMap<&str, BTreeSet<&str>> =
        TABLES.iter().map(|table| (table.header, table.keys.iter().map(|key| key.name).collect())).collect();
    assert_eq!(log.asked, documented, "left: what the code reads; right: what the reference says");
}

#[test]
fn tables_inside_tables_are_tables() {
    for table in TABLES {
        for key in table.keys {
            if let Takes::Table(path) | Takes::Tables(path) = key.takes {
                assert_eq!(path, table.path_of(key));
                let inner = TABLES.iter().find(|known| known.path == path).unwrap();
                assert_eq!(inner.repeats(), matches!(key.takes, Takes::Tables(_)), "{path}");
                assert!(key.example.is_empty());
            }
        }
    }
}

#[test]
fn examples_are_right() {
    for (table, key) in values() {
        // No files are read here.
        if key.name != "include" && !matches!(key.takes, Takes::Files) {
            load(&with(table, key.name, Some(key.example)));
        }
    }
}

#[test]
fn defaults_are_what_holds_anyway() {
    for (table, key) in values() {
        if let Absent::Value(value) = key.absent {
            let (written, absent) = (with(table, key.name, Some(value)), with(table, key.name, None));
            assert_eq!(holds(&load(&written)), holds(&load(&absent)), "{}", table.path_of(key));
        }
    }
}

#[test]
fn required_keys_are_required() {
    for (table, key) in values() {
        let text = with(table, key.name, None);
        let file = SourceFile { path: "vestibule.toml".into(), text: text.clone() };
        let refused = parse(vec![file]).is_err_and(|found| {
            found.iter().any(|one| {
                one.code == "V0501" && table.path == "site.necessary"
                    || one.code == "V0103" && one.message.contains(&format!("`{}`", key.name))
            })
        });
        // A purpose of your own needs its texts, a built-in one has them.
        let own = table.path == "site.purpose" && ["title", "benefit"].contains(&key.name);
        assert_eq!(refused, key.required || own && key.name == "title", "{}\n{text}", table.path_of(key));
    }
}

#[test]
fn texts_keep_the_house_style() {
    for table in TABLES {
        for key in table.keys {
            assert!(key.meaning.ends_with('.') && table.meaning.ends_with('.'), "{}", table.path_of(key));
            assert!(key.meaning.starts_with(|c: char| c.is_uppercase() || c == '`'), "{}", table.path_of(key));
        }
    }
}

#[test]
fn paths_are_found_and_slips_are_understood() {
    assert!(
        matches!(find("site.route.deny"), Ok(Found::Key(table, key)) if table.path == "site.route" && key.name == "deny")
    );
    assert!(matches!(find("[[site.route]]"), Ok(Found::Table(table)) if table.path == "site.route"));
    assert!(matches!(find("listen"), Ok(Found::Table(_))), "a table explains itself");
    assert!(matches!(find(""), Ok(Found::Table(table)) if table.header == "top level"));
    for (slip, meant) in [
        ("site.rout.deny", "site.route.deny"),
        ("site.route.dney", "site.route.deny"),
        ("sit.unclasified.cookeis", "site.unclassified.cookies"),
        ("deny", "site.route.deny"),
        ("route.deny", "site.route.deny"),
        ("site.route.mod", "site.route.mode"),
        ("trusted_proxes", "listen.trusted_proxies"),
    ] {
        assert_eq!(find(slip).unwrap_err().as_deref(), Some(meant), "{slip}");
    }
    assert_eq!(find("entirely.otherwise").unwrap_err(), None);
}

/// A sequence of numbers that is the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    /// `word` with one edit: a letter too many, one too few, another one, or two that changed places.
    fn slip(&mut self, word: &str) -> String {
        let mut letters: Vec<char> = word.chars().collect();
        let at = self.below(letters.len());
        let next = (at + 1) % letters.len();
        let letter = char::from(b'a' + u8::try_from(self.below(26)).unwrap());
        match self.below(4) {
            0 => letters.insert(at, letter),
            1 => drop(letters.remove(at)),
            2 => letters[at] = letter,
            _ => letters.swap(at, next),
        }
        letters.into_iter().collect()
    }
}

/// Every key and every word of a closed set, each with one slip of the finger: where it is, and what was meant.
#[test]
fn slips_are_placed_and_understood() {
    let mut dice = Dice(20_261_127);
    let (mut slips, mut understood, mut misunderstood) = (0, 0, Vec::new());
    let all: Vec<(&KeyTable, &Key)> =
        TABLES.iter().flat_map(|table| table.keys.iter().map(move |key| (table, key))).collect();
    while slips < 600 {
        let (table, key) = all[dice.below(all.len())];
        let words: &[(&str, &str)] = match key.takes {
            Takes::Word(words) | Takes::Words(words) => words,
            _ => &[],
        };
        // Words as often as keys, where there are any.
        let word = (!words.is_empty() && dice.below(2) == 0).then(|| words[dice.below(words.len())].0);
        let meant = word.unwrap_or(key.name);
        let slip = dice.slip(meant);
        let exists = table.key(&slip).is_some() && word.is_none() || words.iter().any(|(known, _)| *known == slip);
        if exists || slip.is_empty() || slip == meant {
            continue;
        }
        let (text, mark) = match (key.takes, word) {
            (Takes::Table(path) | Takes::Tables(path), _) => {
                let inner = TABLES.iter().find(|known| known.path == path).unwrap();
                let whole = with(inner, "none", None);
                let wrong = inner.header.replace(key.name, &slip);
                (whole.replace(inner.header, &wrong), wrong)
            }
            (_, Some(word)) => {
                let text = with(table, key.name, Some(&format!("\"{word}\"")));
                let mark = format!("{} = \"{slip}\"", key.name);
                (text.replace(&format!("{} = \"{word}\"", key.name), &mark), mark)
            }
            _ => {
                let text = with(table, key.name, Some(key.example));
                let mark = format!("{slip} = ");
                // The last one: a table inside the site stands after it.
                let at = text.rfind(&format!("\n{} = ", key.name)).map_or(0, |at| at + 1);
                (format!("{}{}", &text[..at], text[at..].replacen(&format!("{} = ", key.name), &mark, 1)), mark)
            }
        };
        let at = text.rfind(&mark).unwrap() + mark.find(&slip).unwrap() - usize::from(word.is_some());
        let line = text[..at].matches('\n').count() + 1;
        let column = at - text[..at].rfind('\n').map_or(0, |at| at + 1) + 1;
        let file = SourceFile { path: "vestibule.toml".into(), text: text.clone() };
        let found = parse(vec![file]).expect_err(&text);
        let codes: &[&str] = if word.is_some() { &["V0107", "V0404"] } else { &["V0102"] };
        let one = found.iter().find(|one| codes.contains(&one.code)).unwrap_or_else(|| panic!("{found}\n{text}"));
        // A mistyped header takes the tables inside its own with it.
        let header = matches!(key.takes, Takes::Table(_) | Takes::Tables(_));
        assert!(header || found.len() == 1, "{found}\n{text}");
        assert_eq!((one.place.line, one.place.column), (line, column), "{found}\n{text}");
        slips += 1;
        if one.help.as_deref() == Some(&format!("did you mean `{meant}`")) {
            understood += 1;
        } else {
            misunderstood.push(format!("`{slip}` for `{meant}`: {:?}", one.help));
        }
    }
    println!("{understood} of {slips} slips understood, all placed; not: {misunderstood:#?}");
    assert!(understood * 100 >= slips * 95, "{understood} of {slips}: {misunderstood:#?}");
}
