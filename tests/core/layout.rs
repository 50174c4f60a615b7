//! Configuration written back: the one in force as a file, and files in their layout. Neither changes what holds.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use vestibule::config::{self, Config, Shown, effective, format_file};
use vestibule::snapshot::Snapshot;
use vestibule::sources::{Key, KeyRing};

/// Everything that holds, without where it was written.
fn holds(config: &Config) -> String {
    let Config { listen, admin, keys, limits, purposes, services, sites, .. } = config;
    format!("{listen:?}{admin:?}{keys:?}{limits:?}{purposes:?}{services:?}{sites:?}")
}

fn revision(config: &Config) -> String {
    Snapshot::build(config, KeyRing::new(Key::new([0; 32]), None)).revision().to_owned()
}

fn load(path: &Path) -> Config {
    config::load(&std::path::absolute(path).unwrap()).unwrap_or_else(|found| panic!("{found}"))
}

/// Every file of the repository that is configuration, right or wrong.
fn every_file() -> Vec<PathBuf> {
    let mut all = Vec::new();
    for directory in
        ["config", "config/catalog", "tests/data/config-errors", "tests/data/every-key", "tests/data/every-key/more.d"]
    {
        let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
        all.extend(entries.filter(|path| path.extension().is_some_and(|end| end == "toml")));
    }
    all.sort();
    assert!(all.len() > 70);
    all
}

fn round_trip(config: &Config) {
    let place = tempfile::tempdir().unwrap();
    for (origin, catalog) in [(false, false), (true, false), (true, true)] {
        let text = effective(config, Shown { origin, catalog });
        let file = place.path().join("effective.toml");
        std::fs::write(&file, &text).unwrap();
        let again = config::load(&file).unwrap_or_else(|found| panic!("{found}\n{text}"));
        assert_eq!(holds(&again), holds(config), "{text}");
        assert_eq!(revision(&again), revision(config));
        let lines = text.lines().filter(|line| line.contains(" = ") && !line.starts_with('#')).count();
        let origins = text.lines().filter(|line| line.contains("  # ")).count();
        // A list over several lines has its origin on the last one.
        assert!(lines > 20 && if origin { origins * 10 > lines * 9 } else { origins == 0 }, "{origins} {lines} {text}");
    }
}

#[test]
fn what_is_in_force_loads_to_the_same() {
    round_trip(&load("tests/data/every-key/vestibule.toml".as_ref()));
    for path in every_file() {
        if let Ok(config) = config::load(&std::path::absolute(path).unwrap()) {
            round_trip(&config);
        }
    }
}

#[test]
fn what_is_in_force_says_where_it_comes_from() {
    let main = std::path::absolute("tests/data/every-key/vestibule.toml").unwrap();
    let config = load(&main);
    let text = effective(&config, Shown { origin: true, catalog: false });
    for line in [
        format!("mode = \"observe\"  # {}:40:1", main.display()),
        format!("max_uri_bytes = 8192  # {}:28:1", main.display()),
        format!("hosts = \"outlet.shop.example\"  # {}:36:1", main.with_file_name("more.d/services.toml").display()),
        "# choice_days: what the visitor's regime says".to_owned(),
        "name = \"house-tags\"  # default".to_owned(),
        "# mode: the mode of the site".to_owned(),
    ] {
        assert!(text.lines().any(|known| known == line), "{line}\n{text}");
    }
    // Every key of every table is there.
    for table in config::reference::TABLES {
        for key in table.keys {
            let shown = text.lines().any(|line| {
                line.starts_with(&format!("{} = ", key.name))
                    || line.starts_with(&format!("# {}: ", key.name))
                    || line.trim_matches(['[', ']']) == table.path_of(key)
            });
            assert!(shown, "{} is missing in\n{text}", table.path_of(key));
        }
    }
}

/// What files hold stays in them.
#[test]
fn what_is_in_force_tells_no_secret() {
    let place = tempfile::tempdir().unwrap();
    let secret = "5f1e0c9ad27b4f0a8c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f";
    std::fs::write(place.path().join("consent.key"), secret).unwrap();
    let file = place.path().join("vestibule.toml");
    let text = "version = 1\n[keys]\ncurrent = \"consent.key\"\n[[site]]\nhosts = \"a\"\nupstream = \"http://b\"\n";
    std::fs::write(&file, text).unwrap();
    let printed = effective(&load(&file), Shown { origin: true, catalog: true });
    assert!(printed.contains("consent.key") && !printed.contains(&secret[..16]));
}

/// Lays text out twice, and checks that it means the same and is not changed again. `None` when it is not TOML.
fn laid_out(place: &Path, text: &str) -> Option<String> {
    let file = place.join("layout.toml");
    std::fs::write(&file, text).unwrap();
    let (before, after) = format_file(&file).ok()?;
    assert_eq!(before, text);
    let parsed = |text: &str| toml::from_str::<toml::Table>(text).map(|table| format!("{table:?}")).map_err(drop);
    assert_eq!(parsed(&before), parsed(&after), "the meaning changed:\n{before}\n---\n{after}");
    std::fs::write(&file, &after).unwrap();
    let (_, again) = format_file(&file).unwrap_or_else(|found| panic!("{found}\n{after}"));
    assert_eq!(again, after, "not settled after once:\n{before}");
    let comments = |text: &str| text.matches('#').count();
    assert_eq!(comments(&before), comments(&after));
    assert!(after.is_empty() || after.ends_with('\n'));
    Some(after)
}

#[test]
fn layout_keeps_every_file_of_the_repository() {
    let place = tempfile::tempdir().unwrap();
    let mut done = 0;
    for path in every_file() {
        if let Ok(text) = std::fs::read_to_string(&path) {
            done += usize::from(laid_out(place.path(), &text).is_some());
        }
    }
    assert!(done > 60, "{done}");
}

#[test]
fn shipped_files_are_laid_out() {
    for path in every_file().into_iter().filter(|path| path.starts_with("config")) {
        let (before, after) = format_file(&path).unwrap();
        assert!(before == after, "run `vestibule fmt {}`", path.display());
    }
}

#[test]
fn layout_is_what_one_expects() {
    let place = tempfile::tempdir().unwrap();
    let untidy = "\u{feff}\n\n#:schema x\nversion=1# one\ninclude   = [ \"a\",\"b\" ]\t# two\n[ listen ]\nhttp=[\n\"127.0.0.1:1\", # first\n      \"127.0.0.1:2\",\n\n\n  # none\n]\n\n\n\n# The shop.\n[[site]]\n  hosts = \"a\"\n[[ site . purpose ]] # own\nid=\"b\"\n # texts\ntitle={en=\"c\" ,fr = \"d\"}\n empty = {}\nwhen = 2026-01-01 10:00:00\nn . m = 1.5\n[[site.route]]\npath = '/a'\n\n     # loose\n\n";
    let tidy = "#:schema x\nversion = 1 # one\ninclude = [\"a\", \"b\"]    # two\n\n[listen]\nhttp = [\n    \"127.0.0.1:1\", # first\n    \"127.0.0.1:2\",\n\n    # none\n]\n\n# The shop.\n[[site]]\nhosts = \"a\"\n\n  [[site.purpose]]   # own\n  id = \"b\"\n  # texts\n  title = { en = \"c\", fr = \"d\" }\n  empty = {}\n  when = 2026-01-01 10:00:00\n  n.m = 1.5\n\n  [[site.route]]\n  path = '/a'\n\n     # loose\n";
    assert_eq!(laid_out(place.path(), untidy).unwrap(), tidy);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    /// Random documents, most of which are TOML.
    #[test]
    fn layout_keeps_random_documents(lines in prop::collection::vec(
        prop_oneof![
            Just("[[site]]".to_owned()), Just(" [a . b]# c".to_owned()), Just("[[ x.'y z'.\"q\" ]]".to_owned()),
            Just(String::new()), Just("   # note".to_owned()), Just("\t".to_owned()),
            "[a-d]{1,3}( ?\\. ?[a-d]{1,2}){0,2} {0,2}= {0,2}(1|-0x1f|1\\.5|true|2026-01-01 10:00:00Z|\"a # b\"|'c')( {0,9}# [a-z]{0,5})?",
            "[e-h]{1,3} ?= ?\\[( ?\"[a-z]\" ?,){0,3} ?(\\{ ?z=1, ?y . x =\\[\\] ?\\}|\\[ \\])? ?\\]",
            "[i-l]{1,3}=\\[\n{1,3} {0,5}1 ,( # m)?\n\t2( # n)?\n {0,3}(, 3 )?\\]( # o)?",
            "[m-p]{1,3}=\"\"\"\n a\n\n\n  b  \\\\\n c = \\[\"\"\"( # p)?",
            "[q-t]{1,3} = \\[ \\{ a = [1-9], b= \\[1,\n2\\] \\} ,\n\\{\\} \\]",
            "[u-x]{1,3} = '''# no\n \\[x\\]'''",
        ], 0..12), crlf in any::<bool>())
    {
        let text = lines.join(if crlf { "\r\n" } else { "\n" });
        laid_out(tempfile::tempdir().unwrap().path(), &text);
    }
}

#[test]
fn a_file_is_replaced_whole_with_its_rights() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("real.toml");
    std::fs::write(&file, "version=1\n").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    let link = place.path().join("vestibule.toml");
    symlink("real.toml", &link).unwrap();
    let command = |arguments: &[&str]| {
        let run = std::process::Command::new(env!("CARGO_BIN_EXE_vestibule")).args(arguments).output().unwrap();
        (run.status.code(), String::from_utf8(run.stdout).unwrap(), String::from_utf8(run.stderr).unwrap())
    };
    let name = link.to_str().unwrap();
    assert_eq!(command(&["fmt", "--check", name]), (Some(1), format!("{name}\n"), String::new()));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "version=1\n");
    assert_eq!(command(&["fmt", name]), (Some(0), format!("{name}\n"), String::new()));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "version = 1\n");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 2, "nothing is left behind");
    assert_eq!(command(&["fmt", "--check", name]), (Some(0), String::new(), String::new()));

    std::fs::write(&file, "version = \n[site\n").unwrap();
    let (code, out, told) = command(&["fmt", name]);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(told.contains("vestibule.toml:1:11: error[V0101]"), "{told}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "version = \n[site\n");
}
