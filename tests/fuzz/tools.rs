//! Mutated values of consent tools: nothing panics, what is heard stays bounded, and of two undated values of one cookie
//! the refusal counts.
//!
//! The seeds are the recorded values of every tool. Started, repeated and made long like the files' test, alone by its
//! name: `VESTIBULE_FUZZ=100000000 cargo test --release --test fuzz tools -- --nocapture`.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use http::{HeaderMap, HeaderValue, header::COOKIE};
use serde::Deserialize;
use vestibule::catalog::Catalog;
use vestibule::config;
use vestibule::consent::{Grant, PurposeTable, Regime, resolve};
use vestibule::sources::cmp::CMPS;
use vestibule::sources::{Heard, Key, KeyRing, RequestView, SourceUse, hear};

use super::{Dice, number};

const NOW: u64 = 1_795_800_000;

/// What values are made of, so that mutations find more than broken syntax.
const WORDS: &[&[u8]] = &[
    b"true",
    b"false",
    b"1",
    b"0",
    b"null",
    b"yes",
    b"no",
    b"allow",
    b"deny",
    b"granted",
    b"denied",
    b"%22",
    b"%7B",
    b"%7D",
    b"%2C",
    b"%3A",
    b"%25",
    b"%",
    b"%00",
    b"%C3%A9",
    b"\"",
    b"\\",
    b"\\u0000",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"|",
    b"~",
    b"&",
    b"=",
    b".",
    b"-",
    b"-1",
    b"1e999",
    b"99999999999999999999",
    b"\xc3\xa9",
    b"\xff",
    b"eyI",
    b"analytics",
    b"marketing",
    b"2099-12-31T00:00:00.000Z",
    b"1970-01-01",
    b"1795800000",
    b"1795800000000",
];

#[derive(Deserialize)]
struct Recorded {
    cookie: String,
    map: BTreeMap<String, Vec<String>>,
}

struct Seed {
    tool: usize,
    used: SourceUse,
    cookie: Vec<u8>,
}

struct Desk {
    catalog: Catalog,
    purposes: PurposeTable,
    keys: KeyRing,
}

impl Desk {
    fn hear(&self, used: &SourceUse, cookie: &[u8]) -> Option<Heard> {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::from_bytes(cookie).ok()?);
        let view = RequestView {
            headers: &headers,
            secure: true,
            site: "shop.example",
            purposes: &self.purposes,
            catalog: &self.catalog,
            keys: &self.keys,
            now: NOW,
            choice_lifetime: Regime::OPT_IN.choice_lifetime,
        };
        Some(hear(std::slice::from_ref(used), &view))
    }
}

fn seeds(purposes: &PurposeTable) -> Vec<Seed> {
    let mut seeds = Vec::new();
    for (tool, cmp) in CMPS.iter().enumerate() {
        let Ok(text) = std::fs::read_to_string(format!("tests/data/consent/cmp/{}.json", cmp.id)) else {
            continue;
        };
        let all: Vec<Recorded> = serde_json::from_str(&text).unwrap();
        for recorded in all {
            let mut used = SourceUse::named(cmp.id).unwrap();
            for (word, names) in &recorded.map {
                let meant = names.iter().map(|name| purposes.get(name).unwrap()).collect();
                used.settings.map.insert(word.as_str().into(), meant);
            }
            seeds.push(Seed { tool, used, cookie: recorded.cookie.into_bytes() });
        }
    }
    assert!(seeds.len() >= 114);
    seeds
}

fn mutated(dice: &mut Dice, seed: &Seed, seeds: &[Seed]) -> Vec<u8> {
    let mut text = seed.cookie.clone();
    // Most of the time the name stays, or nobody would read the value.
    let name = if dice.below(8) == 0 { 0 } else { text.iter().position(|byte| *byte == b'=').map_or(0, |at| at + 1) };
    for _ in 0..=dice.below(4) {
        let at = name.min(text.len()) + dice.below(text.len().saturating_sub(name) + 1);
        let end = (at + dice.below(24)).min(text.len());
        match dice.below(9) {
            0 if at < text.len() => text[at] ^= 1 << dice.below(8),
            1 => drop(text.drain(at..end)),
            2 => text.truncate(at),
            3 => {
                let other = &dice.one(seeds).cookie;
                let from = dice.below(other.len());
                let to = (from + dice.below(120)).min(other.len());
                drop(text.splice(at..end, other[from..to].iter().copied()));
            }
            4 => {
                let again = text[at..end].repeat(1 + dice.below(200));
                drop(text.splice(at..at, again));
            }
            5 => text.insert(at, u8::try_from(dice.below(256)).unwrap()),
            _ => drop(text.splice(at..at, dice.one(WORDS).iter().copied())),
        }
    }
    text
}

/// Whether the value said anything. Panics when anything is not as it should be.
fn examine(desk: &Desk, dice: &mut Dice, seed: &Seed, text: &[u8]) -> bool {
    let Some(heard) = desk.hear(&seed.used, text) else {
        return false;
    };
    let known = desk.purposes.names().count();
    for signal in &heard.signals {
        assert!(signal.purposes.len() <= known * 64, "{} purposes", signal.purposes.len());
        assert!(signal.services.iter().all(|(id, _)| desk.catalog.service(*id).is_some()));
    }
    assert_eq!(desk.hear(&seed.used, text).map(|again| again.signals), Some(heard.signals.clone()));
    // Two values of one cookie, in either order: nothing that one of them refuses is granted, unless the other is newer.
    if dice.below(4) == 0 && one_value(text) && one_value(&seed.cookie) && name_of(text) == name_of(&seed.cookie) {
        let alone = |text: &[u8]| desk.hear(&seed.used, text).unwrap().signals;
        let (one, other) = (alone(text), alone(&seed.cookie));
        let dated = one.iter().chain(&other).all(|signal| signal.at.is_some());
        for both in [[text, b"; ", &seed.cookie].concat(), [&seed.cookie, &b"; "[..], text].concat()] {
            let both = resolve(&alone(&both), Regime::OPT_IN);
            for purpose in desk.purposes.names().filter_map(|name| desk.purposes.get(name)).filter(|_| !dated) {
                let refused = |signals| resolve(signals, Regime::OPT_IN).grant(purpose) == Grant::Denied;
                assert!(both.grant(purpose) != Grant::Granted || !(refused(&one) || refused(&other)), "{purpose:?}");
            }
        }
    }
    !heard.signals.is_empty()
}

fn name_of(text: &[u8]) -> &[u8] {
    text.split(|byte| *byte == b'=').next().unwrap().trim_ascii()
}

fn one_value(text: &[u8]) -> bool {
    !text.contains(&b';')
}

#[test]
fn mutated_tools() {
    let executions = number("VESTIBULE_FUZZ", 100_000);
    let seed = number("VESTIBULE_FUZZ_SEED", 20_261_127);
    let first = number("VESTIBULE_FUZZ_FIRST", 0);
    let desk = Desk {
        catalog: Catalog::new(config::builtin_services()),
        purposes: PurposeTable::default(),
        keys: KeyRing::new(Key::new([7; 32]), None),
    };
    let seeds = seeds(&desk.purposes);
    let start = Instant::now();
    let (mut said, mut longest) = (vec![0_u64; CMPS.len()], (0, 0));
    for execution in first..first + executions {
        let mut dice = Dice(seed.wrapping_mul(0x1_0000_0001).wrapping_add(execution));
        let one = dice.one(&seeds);
        let text = mutated(&mut dice, one, &seeds);
        let began = Instant::now();
        let Ok(heard) = catch_unwind(AssertUnwindSafe(|| examine(&desk, &mut dice, one, &text))) else {
            panic!("seed {seed}, execution {execution}, {}:\n{}", CMPS[one.tool].id, String::from_utf8_lossy(&text));
        };
        longest = longest.max((began.elapsed().as_micros(), execution));
        said[one.tool] += u64::from(heard);
    }
    let all: u64 = said.iter().sum();
    println!(
        "tools: {executions} executions from number {first}, seed {seed}, {all} said something, {:.0} s, longest {} µs \
         (execution {})",
        start.elapsed().as_secs_f64(),
        longest.0,
        longest.1
    );
    // Every tool that says something unchanged is still understood now and then.
    let speaks = |seed: &&Seed| desk.hear(&seed.used, &seed.cookie).is_some_and(|heard| !heard.signals.is_empty());
    let spoke = seeds.iter().filter(speaks).map(|seed| seed.tool);
    let silent: Vec<&str> = spoke.filter(|tool| said[*tool] == 0).map(|tool| CMPS[tool].id).collect();
    assert!(silent.is_empty() || executions < 10_000, "{silent:?}");
}
