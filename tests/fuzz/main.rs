//! Mutated configuration files: nothing panics, places stay in the file, and what is accepted can be written back. Mutated
//! consent strings: see [`signals`]; of the values of consent tools: see [`tools`].
//!
//! A run is a sequence of numbers that its seed decides, so every finding can be repeated. In the suite it is short;
//! `VESTIBULE_FUZZ=1000000 VESTIBULE_FUZZ_SEED=7 cargo test --release --test fuzz -- --nocapture` makes it long, and
//! `VESTIBULE_FUZZ_FIRST=436440` with `VESTIBULE_FUZZ=1` repeats one.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    reason = "a test that cannot go on fails, and this one tells how far it went"
)]

mod cookies;
mod css;
mod headers;
mod html;
mod inline;
mod own_cookie;
mod signals;
mod tools;
mod xml;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Instant;

use vestibule::config::reference::{TABLES, Takes};
use vestibule::config::{self, Coloured, Config, Diagnostics, Shown, SourceFile};
use vestibule::snapshot::Snapshot;
use vestibule::sources::{Key, KeyRing};

struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) >> 1).unwrap() % end.max(1)
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

/// Every configuration of the repository that is not absurdly long; those that are right come as often as all others.
fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for directory in ["config", "tests/data/config-errors", "tests/data/every-key", "tests/data/every-key/more.d"] {
        let mut paths: Vec<_> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths.into_iter().filter(|path| path.extension().is_some_and(|end| end == "toml")) {
            seeds.push(std::fs::read(path).unwrap());
        }
    }
    seeds.retain(|seed| seed.len() < 10_000);
    assert!(seeds.len() > 60);
    let right = |seed: &&Vec<u8>| std::str::from_utf8(seed).is_ok_and(|text| parse(text).is_ok());
    let right: Vec<Vec<u8>> = seeds.iter().filter(right).cloned().collect();
    assert!(right.len() >= 4, "{}", right.len());
    let all = seeds.len() * 2;
    seeds.extend(right.into_iter().cycle().take(all));
    seeds
}

/// What configuration is made of, so that mutations find more than syntax errors.
fn words() -> Vec<Vec<u8>> {
    let mut words: Vec<String> = [
        "[",
        "]",
        "[[",
        "]]",
        "{",
        "}",
        "=",
        ".",
        ",",
        "\"",
        "'",
        "\"\"\"",
        "'''",
        "#",
        "\n",
        "\r\n",
        "\t",
        "\\",
        "\\u0000",
        "\u{feff}",
        "\u{2028}",
        "\u{202e}",
        "é",
        "💥",
        "0",
        "-1",
        "1e999",
        "nan",
        "99999999999999999999",
        "0x",
        "true",
        "1979-05-27 07:32:00",
        "*",
        "/**",
        "**",
        "http://",
        "https://",
        "h2c://",
        "[::1]:1",
        "0.0.0.0/0",
        "::/0",
        "..",
        "/",
        "${env:X}",
        "a.b.c.d = 1\n",
    ]
    .map(str::to_owned)
    .to_vec();
    for table in TABLES {
        words.push(format!("\n{}\n", table.header));
        for key in table.keys {
            words.push(format!("{} = ", key.name));
            words.push(format!("{} = {}\n", key.name, key.example));
            if let Takes::Word(all) | Takes::Words(all) = key.takes {
                words.extend(all.iter().map(|(word, _)| format!("\"{word}\"")));
            }
        }
    }
    words.into_iter().map(String::into_bytes).collect()
}

fn mutated(dice: &mut Dice, seeds: &[Vec<u8>], words: &[Vec<u8>]) -> Vec<u8> {
    let mut text = dice.one(seeds).clone();
    for _ in 0..=dice.below(4) {
        let at = dice.below(text.len() + 1);
        let end = (at + dice.below(40)).min(text.len());
        match dice.below(10) {
            0 if at < text.len() => text[at] ^= 1 << dice.below(8),
            1 => drop(text.drain(at..end)),
            2 => text.truncate(at),
            3 => {
                let other = dice.one(seeds);
                let from = dice.below(other.len());
                let to = (from + dice.below(200)).min(other.len());
                drop(text.splice(at..end, other[from..to].iter().copied()));
            }
            4 => {
                let again = text[at..end].repeat(1 + dice.below(50));
                drop(text.splice(at..at, again));
            }
            5 => {
                let mut lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
                let (one, other) = (dice.below(lines.len()), dice.below(lines.len()));
                lines.swap(one, other);
                text = lines.join(&b'\n');
            }
            6 => text.insert(at, u8::try_from(dice.below(256)).unwrap()),
            _ => drop(text.splice(at..at, dice.one(words).iter().copied())),
        }
    }
    text
}

/// Whether two configurations hold the same. Paths may be written differently.
fn same(one: &Config, other: &Config) -> bool {
    let holds = |config: &Config| format!("{:?}{:?}{:?}", config.purposes, config.services, config.sites);
    (&one.listen, &one.admin, &one.keys, &one.limits) == (&other.listen, &other.admin, &other.keys, &other.limits)
        && holds(one) == holds(other)
}

fn parse(text: &str) -> Result<Config, Diagnostics> {
    config::parse(vec![SourceFile { path: "/fuzz/vestibule.toml".into(), text: text.to_owned() }])
}

/// Whether it was accepted. Panics when anything is not as it should be.
fn examine(bytes: &[u8], place: &Path, by_file: bool, deep: bool) -> bool {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let loaded = if by_file {
        std::fs::write(place, bytes).unwrap();
        config::load(place)
    } else {
        parse(&text)
    };
    match loaded {
        Err(found) => {
            assert!(found.errors() > 0);
            sane(&found, &text);
            if deep {
                told(&found);
            }
            false
        }
        Ok(config) => {
            sane(&config.warnings, &text);
            if deep {
                let shown = Shown { origin: true, catalog: false };
                let printed = config::effective(&config, shown);
                let again = parse(&printed).unwrap_or_else(|found| panic!("{found}\n{printed}"));
                assert!(same(&again, &config), "{printed}");
                let snapshot =
                    |config| Snapshot::build(config, KeyRing::new(Key::new([0; 32]), None)).revision().to_owned();
                assert_eq!(snapshot(&again), snapshot(&config));
            }
            true
        }
    }
}

fn sane(found: &Diagnostics, text: &str) {
    let lines = text.split('\n').count();
    for one in found {
        assert!(config::Code::find(one.code).is_some_and(|code| code.severity == one.severity));
        for place in std::iter::once(&one.place).chain(one.related.iter().map(|(_, place)| place)) {
            assert!(place.line <= lines && place.source.chars().count() + 1 >= place.column, "{one}");
        }
        assert!(!one.message.contains('\n') && !one.message.is_empty());
    }
    assert_eq!(found.errors() + found.warnings(), found.len() + found.left_out());
    assert!(found.is_empty() || found.to_string().contains('['));
}

/// Every way of telling works for everything that there is to tell.
fn told(found: &Diagnostics) {
    assert!(Coloured(found).to_string().len() >= found.to_string().len());
    assert!(config::json(found).is_array() && config::sarif(found).is_object());
}

/// Lays a text out and checks that this settles.
fn lay_out(bytes: &[u8], place: &Path) {
    std::fs::write(place, bytes).unwrap();
    let Ok((_, after)) = config::format_file(place) else {
        return;
    };
    std::fs::write(place, &after).unwrap();
    let (_, again) = config::format_file(place).unwrap_or_else(|found| panic!("{found}\n{after}"));
    assert_eq!(again, after);
}

#[test]
fn mutated_files() {
    let executions = number("VESTIBULE_FUZZ", 4000);
    let seed = number("VESTIBULE_FUZZ_SEED", 20_261_127);
    let (seeds, words) = (seeds(), words());
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("vestibule.toml");
    let (start, mut accepted, mut longest) = (Instant::now(), 0_u64, (0, 0));
    let first = number("VESTIBULE_FUZZ_FIRST", 0);
    for execution in first..first + executions {
        if execution > first && execution % 100_000 == 0 {
            println!("{execution} executions, {accepted} accepted, {:.0} s", start.elapsed().as_secs_f64());
        }
        // Each one can be repeated alone.
        let mut dice = Dice(seed.wrapping_mul(0x1_0000_0001).wrapping_add(execution));
        let bytes = mutated(&mut dice, &seeds, &words);
        let (by_file, deep) = (execution % 50 == 0, execution % 40 < 2);
        let began = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            if execution % 20 == 5 {
                lay_out(&bytes, &place);
            }
            examine(&bytes, &place, by_file, deep)
        }));
        longest = longest.max((began.elapsed().as_millis(), execution));
        let Ok(right) = outcome else {
            panic!("seed {seed}, execution {execution}:\n{}", String::from_utf8_lossy(&bytes));
        };
        accepted += u64::from(right);
    }
    println!(
        "{executions} executions, seed {seed}, {accepted} accepted, {:.0} s, longest {} ms (execution {})",
        start.elapsed().as_secs_f64(),
        longest.0,
        longest.1
    );
    assert!(accepted * 100 > executions || executions < 1000, "too few of the mutated files are valid: {accepted}");
}
