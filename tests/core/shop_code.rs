//! `Vestibule-Consent`: it always parses, and the examples of the manual read it.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use sfv::{BareItem, Dictionary, ListEntry, Parser};
use vestibule::banner::{RESERVED, can_be_member, consent_field};
use vestibule::config::{self, SourceFile};
use vestibule::consent::{
    ConsentState, Grant, PurposeId, PurposeSet, PurposeTable, Regime, Signal, SignalKind, SourceId, resolve,
};

/// What an independent parser makes of a field: tokens as they are, strings in quotes.
fn parsed(field: &str) -> BTreeMap<String, String> {
    let found: Dictionary = Parser::new(field).parse().unwrap_or_else(|error| panic!("{error}: {field}"));
    let value = |entry: &ListEntry| match entry {
        ListEntry::Item(item) if item.params.is_empty() => match &item.bare_item {
            BareItem::Token(token) => token.as_str().to_owned(),
            BareItem::String(text) => format!("\"{}\"", text.as_str()),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    found.iter().map(|(key, entry)| (key.as_str().to_owned(), value(entry))).collect()
}

fn said(purposes: &[(PurposeId, Grant)]) -> ConsentState {
    let mut signal = Signal::new(SourceId("own"), SignalKind::Collected);
    signal.purposes.extend(purposes);
    resolve(&[signal], Regime::OPT_IN)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Purposes by any name at all, regimes and revisions by any text.
    #[test]
    fn the_field_always_parses(
        names in proptest::collection::vec(prop_oneof!["[a-z0-9_.*-]{0,66}", "\\PC{0,20}", Just("regime".to_owned())], 0..26),
        grants in proptest::collection::vec(0_u8..3, 32),
        regime in prop_oneof!["[a-z0-9+_-]{1,40}", "\\PC*"],
        revision in "[0-9a-f]{8}",
    ) {
        let mut table = PurposeTable::default();
        let offered: PurposeSet = names.iter().filter_map(|name| table.intern(name).ok()).collect();
        let grants: Vec<(PurposeId, Grant)> = offered.iter().zip(grants).map(|(purpose, grant)| (purpose, match grant {
            0 => Grant::Granted,
            1 => Grant::Denied,
            _ => Grant::Undecided,
        })).collect();
        let state = said(&grants);
        let found = parsed(&consent_field(&state, offered, &table, &regime, &revision));
        for purpose in offered.with(PurposeId::NECESSARY).iter() {
            let name = table.name(purpose);
            if can_be_member(name) {
                prop_assert_eq!(found.get(name).map(String::as_str), Some(state.grant(purpose).as_str()));
            }
        }
        let printable: String = regime.chars().filter(|letter| (' '..='~').contains(letter)).collect();
        prop_assert_eq!(&found["regime"], &format!("\"{printable}\""));
        prop_assert_eq!(&found["revision"], &format!("\"{revision}\""));
    }

    /// Whatever id the configuration accepts is told.
    #[test]
    fn every_purpose_that_can_be_declared_is_told(id in prop_oneof!["[a-z0-9_-]{1,20}", "re(gime|vision)", "\\PC{1,6}"]) {
        let text = format!(
            "version = 1\n[[site]]\nhosts = \"a.example\"\nupstream = \"http://b\"\n[[site.purpose]]\nid = {}\n\
             title = {{ en = \"a\" }}\nbenefit = {{ en = \"b\" }}\n",
            toml::Value::String(id.clone())
        );
        if let Ok(config) = config::parse(vec![SourceFile { path: "vestibule.toml".into(), text }]) {
            let offered = config.sites[0].policy.offered;
            let field = consent_field(&said(&[]), offered, &config.purposes, "gdpr-fr", "0");
            prop_assert_eq!(parsed(&field).len(), offered.iter().count() + 1 + RESERVED.len());
            prop_assert!(parsed(&field).contains_key(&id));
        }
    }
}

const MANUAL: &str = include_str!("../../src/manual/shop_code.rs");

/// The example of the manual in this language.
fn example(language: &str) -> String {
    let opening = format!("```{language}");
    let lines = MANUAL.lines().map(|line| line.strip_prefix("//! ").unwrap_or_default());
    let block: Vec<&str> =
        lines.skip_while(|line| *line != opening).skip(1).take_while(|line| *line != "```").collect();
    assert!((5..=7).contains(&block.len()), "short enough to be copied: {block:?}");
    block.join("\n")
}

/// What `program` prints for one value of the field: a line `key value` for each member.
fn run(program: &str, arguments: &[&str], field: Option<&str>) -> Option<BTreeMap<String, String>> {
    let mut command = Command::new(program);
    command.args(arguments).env_remove("HTTP_VESTIBULE_CONSENT").stdin(Stdio::null());
    if let Some(field) = field {
        command.env("HTTP_VESTIBULE_CONSENT", field);
    }
    // Where there is no interpreter there is nothing to find out.
    let output = command.output().ok()?;
    assert!(output.status.success(), "{program}: {output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    Some(text.lines().filter_map(|line| line.split_once(' ')).map(|(key, value)| (key.into(), value.into())).collect())
}

fn fields() -> Vec<Option<String>> {
    let mut table = PurposeTable::default();
    let offered: PurposeSet = ["analytics", "marketing", "a", "x-1_y", "granted", "constructor", "necessary-things"]
        .iter()
        .map(|name| table.intern(name).unwrap())
        .collect();
    let some = said(&[(PurposeId::ANALYTICS, Grant::Granted), (PurposeId::MARKETING, Grant::Denied)]);
    let real = consent_field(&some, offered, &table, "gdpr-fr+us-opt-out", "1f3a90c2");
    let least = consent_field(&said(&[]), PurposeSet::EMPTY, &table, "uk", "00000000");
    let later = "a=granted;since=12, b=denied;x=\"y\", regime=\"uk\"".to_owned();
    vec![None, Some(String::new()), Some(real), Some(least), Some(later)]
}

/// The independent parser's answer, without quotes and parameters, as the examples give it.
fn expected(field: Option<&str>) -> BTreeMap<String, String> {
    let bare = |item: &BareItem| match item {
        BareItem::Token(token) => token.as_str().to_owned(),
        BareItem::String(text) => text.as_str().to_owned(),
        other => panic!("{other:?}"),
    };
    let Some(field) = field.filter(|field| !field.is_empty()) else {
        return BTreeMap::new();
    };
    let found: Dictionary = Parser::new(field).parse().unwrap();
    let members = found.iter().map(|(key, entry)| match entry {
        ListEntry::Item(item) => (key.as_str().to_owned(), bare(&item.bare_item)),
        other @ ListEntry::InnerList(_) => panic!("{other:?}"),
    });
    members.collect()
}

#[test]
fn php_reads_it() {
    let code = format!("{}\nforeach (vestibule() as $key => $value) echo \"$key $value\\n\";", example("php"));
    for field in fields() {
        let Some(found) = run("php", &["-r", &code], field.as_deref()) else { return };
        assert_eq!(found, expected(field.as_deref()), "{field:?}");
    }
}

#[test]
fn python_reads_it() {
    let more = "import os\nfor key, value in vestibule(os.environ).items(): print(key, value)";
    let code = format!("{}\n{more}", example("python"));
    for field in fields() {
        let Some(found) = run("python3", &["-c", &code], field.as_deref()) else { return };
        assert_eq!(found, expected(field.as_deref()), "{field:?}");
    }
}

#[test]
fn node_reads_it() {
    let more = "const field = process.env.HTTP_VESTIBULE_CONSENT;\n\
                for (const [key, value] of vestibule(field === undefined ? {} : {\"vestibule-consent\": field})) console.log(key, value);";
    let code = format!("{}\n{more}", example("js"));
    for field in fields() {
        let Some(found) = run("node", &["-e", &code], field.as_deref()) else { return };
        assert_eq!(found, expected(field.as_deref()), "{field:?}");
    }
}

#[test]
fn java_reads_it() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("Shop.java");
    let main = "public static void main(String[] a) {\n\
                vestibule(System.getenv(\"HTTP_VESTIBULE_CONSENT\")).forEach((k, v) -> System.out.println(k + \" \" + v)); }";
    std::fs::write(&file, format!("class Shop {{\n{}\n{main}\n}}\n", example("java"))).unwrap();
    let file = file.display().to_string();
    for field in fields() {
        let Some(found) = run("java", &[&file], field.as_deref()) else { return };
        assert_eq!(found, expected(field.as_deref()), "{field:?}");
    }
}
