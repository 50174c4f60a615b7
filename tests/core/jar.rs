//! Ten thousand odd `Set-Cookie` fields, read by us and by Chromium's own jar.
//!
//! `tests/browser/support/record-jar.mjs` asked Chromium and wrote down what became of each; `tests/browser/jar.test.mjs` asks
//! again, about some of them, in every run. Here no browser is needed. `JAR_FILE` names another recording.

use std::collections::BTreeMap;

use serde::Deserialize;
use vestibule::enforce::cookies::{Clock, Life, Origin, SetCookie};

#[derive(Debug, Deserialize)]
struct File {
    recorded: Recorded,
    shapes: Vec<Shape>,
}

#[derive(Debug, Deserialize)]
struct Recorded {
    chromium: String,
    seed: u64,
    host: String,
    begun: u64,
}

/// The field, how far the clock of the shop was off, when it was sent, how long it lived, and under what name.
#[derive(Debug, Deserialize)]
struct Shape(String, i64, u64, Fate, String);

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Fate {
    Seconds(i64),
    Word(String),
}

/// Runs of one letter are written as `‹x4096›`; every other character is a byte.
fn bytes(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter == '‹' {
            let repeated = letters.next().unwrap();
            let count: String = letters.by_ref().take_while(|letter| *letter != '›').collect();
            out.extend(std::iter::repeat_n(u8::try_from(repeated).unwrap(), count.parse().unwrap()));
        } else {
            out.push(u8::try_from(letter).unwrap());
        }
    }
    out
}

#[test]
#[expect(clippy::print_stdout, reason = "the figures are to be seen")]
fn every_shape_is_read_as_chromiums_jar_reads_it() {
    let file = std::env::var("JAR_FILE").unwrap_or_else(|_| "tests/data/cookies/chromium-jar.json".to_owned());
    let text = std::fs::read_to_string(&file).unwrap();
    let File { recorded, shapes } = serde_json::from_str(&text).unwrap();
    let registrable = recorded.host.split_once('.').unwrap().1;
    let origin = Origin { host: &recorded.host, registrable, secure: true };
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut mismatches = Vec::new();
    for Shape(field, skew, after, fate, name) in &shapes {
        let raw = bytes(field);
        let now = recorded.begun + after;
        let date = i64::try_from(now).unwrap() + skew;
        let cookie = SetCookie::read(&raw, Clock { now, date: Some(date) });
        let life = match (cookie.taken(origin), cookie.life) {
            (false, _) => "refused",
            (true, Life::Visit) => "visit",
            (true, Life::Deletion) => "deletion",
            (true, Life::Until(_)) => "until",
        };
        *counts.entry(life).or_default() += 1;
        let same = match (fate, cookie.life) {
            // The browser counts from when it reads the answer, and a `Date` has whole seconds.
            (Fate::Seconds(seconds), Life::Until(end)) => {
                let ours = i64::try_from(end).unwrap() - i64::try_from(now).unwrap();
                life == "until" && (ours - seconds).abs() <= 3
            }
            (Fate::Seconds(_), _) => false,
            (Fate::Word(word), _) => word == life,
        };
        // The protocol tells names as text.
        let told = String::from_utf8_lossy(cookie.name).into_owned();
        let named = matches!(life, "refused" | "deletion") || told.as_bytes() == bytes_of(name);
        if !same || !named {
            mismatches.push(format!("{field:?} (clock {skew}): Chromium {fate:?} {name:?}, we {life} {told:?}"));
        }
    }
    println!("Chromium {}, seed {}: {counts:?}, {} mismatches", recorded.chromium, recorded.seed, mismatches.len());
    assert!(counts.len() == 4 && counts.values().all(|count| count * 20 > shapes.len()), "{counts:?}");
    assert!(shapes.len() >= 10_000 || std::env::var_os("JAR_FILE").is_some(), "{}", shapes.len());
    let shown: Vec<&String> = mismatches.iter().take(40).collect();
    assert!(mismatches.is_empty(), "{} mismatches: {shown:#?}", mismatches.len());
}

/// A name as the protocol told it, with its runs.
fn bytes_of(name: &str) -> Vec<u8> {
    if name.contains('‹') { bytes(name) } else { name.as_bytes().to_vec() }
}
