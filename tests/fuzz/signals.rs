//! Mutated consent strings: nothing panics, no answer contradicts another, and no work outgrows the text.
//!
//! Started, repeated and made long like the files' test, alone by its name:
//! `VESTIBULE_FUZZ=100000000 cargo test --release --test fuzz signals -- --nocapture`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use serde_json::Value;
use vestibule::sources::gpp::{Gpp, UsSection};
use vestibule::sources::tcf::{IdSet, Part, TcString};
use vestibule::sources::us_privacy::{UsChoice, read_us_privacy};

use super::{Dice, number};

const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// What strings are made of, so that mutations find more than broken alphabets.
const WORDS: &[&[u8]] = &[
    b".",
    b"~",
    b"=",
    b"%",
    b"%7E",
    b"____",
    b"AAAA",
    b".IAAA",
    b".YAAAAAAAAAAA",
    b".YA",
    b".QA",
    b"DBAA",
    b"DBABLA~",
    b"DBABMA~",
    b"DB____",
    b"1YYN",
    b"{\"uspString\":\"",
    b"\"}",
    b"\\u0000",
    b"\xc3\xa9",
    b"\0",
];

const MARKETING: IdSet = IdSet::of(&[1, 3, 4]);

fn seeds() -> Vec<Vec<u8>> {
    let text = std::fs::read_to_string("tests/data/consent/standards.json").unwrap();
    let recorded: Vec<Value> = serde_json::from_str(&text).unwrap();
    let value = |one: &Value| one["cookie"].as_str().unwrap().split_once('=').unwrap().1.as_bytes().to_vec();
    let mut seeds: Vec<Vec<u8>> = recorded.iter().map(value).collect();
    assert!(seeds.len() > 70);
    seeds.push(br#"{"uspString":"1YN-","firstAcknowledgeDate":"2025-01-01","optOutDate":null}"#.to_vec());
    seeds
}

fn mutated(dice: &mut Dice, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut text = dice.one(seeds).clone();
    for _ in 0..=dice.below(4) {
        let at = dice.below(text.len() + 1);
        let end = (at + dice.below(12)).min(text.len());
        match dice.below(12) {
            // One bit of the stream, as the alphabet sees it.
            0..=3 if at < text.len() => {
                let known = ALPHABET.iter().position(|letter| *letter == text[at]).unwrap_or(0);
                text[at] = ALPHABET[known ^ (1 << dice.below(6))];
            }
            4 if at < text.len() => text[at] = *dice.one(ALPHABET),
            5 if at < text.len() => text[at] ^= 1 << dice.below(8),
            6 => drop(text.drain(at..end)),
            7 => text.truncate(at),
            8 => {
                let other = dice.one(seeds);
                let from = dice.below(other.len());
                let to = (from + dice.below(60)).min(other.len());
                drop(text.splice(at..end, other[from..to].iter().copied()));
            }
            9 => {
                let again = text[at..end].repeat(1 + dice.below(40));
                drop(text.splice(at..at, again));
            }
            10 => text.insert(at, u8::try_from(dice.below(256)).unwrap()),
            _ => drop(text.splice(at..at, dice.one(WORDS).iter().copied())),
        }
    }
    text
}

/// Whether it is a TC string and whether it is a GPP string. Panics when anything is not as it should be.
fn examine(dice: &mut Dice, text: &[u8]) -> (bool, bool) {
    let string = TcString::parse(text);
    if let Ok(string) = &string {
        tc_string(dice, string, text);
    }
    let gpp = Gpp::parse(text);
    if let Ok(gpp) = &gpp {
        gpp_string(gpp, text);
    }
    // What is read as a section by itself is never sounder than its text.
    let id = u16::try_from(dice.below(30)).unwrap();
    if let Some(section) = UsSection::read(id, text) {
        assert!((7..=27).contains(&id));
        assert!(section.choice() != UsChoice::NotOptedOut || section.sound && section.gpc != Some(true));
    }
    if read_us_privacy(text) == UsChoice::NotOptedOut {
        assert!(text.len() >= 4 && text.len() <= 8192);
    }
    (string.is_ok(), gpp.is_ok())
}

fn tc_string(dice: &mut Dice, string: &TcString<'_>, text: &[u8]) {
    assert!(text.len() <= 8192 && string.is_service_specific());
    assert!(string.purpose_consents().mask() < 1 << 24 && string.special_features().mask() < 1 << 12);
    // Each range takes 17 bits of text.
    let ranges = string.restrictions().map_or(0, |restrictions| restrictions.iter().count());
    assert!(ranges * 17 <= text.len() * 6);
    for _ in 0..4 {
        let highest = if dice.below(4) == 0 { 65_536 } else { 1000 };
        let vendor = u16::try_from(dice.below(highest)).unwrap();
        let allowed = string.vendor_allowed(vendor, MARKETING);
        if allowed {
            assert_eq!(string.vendor_consent(vendor), Some(true));
            assert!(string.purpose_consents().contains_all(MARKETING));
            assert!([1, 3, 4].into_iter().all(|purpose| string.restriction(purpose, vendor).unwrap().leaves_consent()));
            assert!(string.vendor_disclosed(vendor) == Some(true) || !string.has_disclosed_vendors());
            assert!(!string.disclosure_mandatory() || string.has_disclosed_vendors());
        }
        if let Part::Present(list) = string.disclosed_vendors() {
            assert_eq!(string.vendor_disclosed(vendor), Some(list.contains(vendor)));
            assert!(vendor <= list.max() || !list.contains(vendor));
        }
    }
    let vendors: Vec<u16> = (0..6).map(|at| at * 150 + u16::try_from(dice.below(150)).unwrap()).collect();
    let needed = [MARKETING, IdSet::of(&[1]), IdSet::of(&[1, 8]), IdSet::EMPTY, IdSet::of(&[1, 5, 6]), IdSet::of(&[2])];
    let one_by_one: Vec<bool> =
        vendors.iter().zip(needed).map(|(vendor, needed)| string.vendor_allowed(*vendor, needed)).collect();
    assert_eq!(string.vendors_allowed(&vendors, &needed), one_by_one);
    // Cut anywhere, it grants no purpose that it did not grant.
    let cut = dice.below(text.len() + 1);
    if let Ok(cut) = TcString::parse(&text[..cut]) {
        assert_eq!(cut.purpose_consents(), string.purpose_consents());
        assert!(
            cut.restrictions().is_none()
                || cut.restrictions().unwrap().iter().eq(string.restrictions().unwrap().iter())
        );
    }
}

fn gpp_string(gpp: &Gpp<'_>, text: &[u8]) {
    let sections: Vec<(u16, &[u8])> = gpp.sections().collect();
    assert_eq!(sections.len(), text.split(|byte| *byte == b'~').count() - 1);
    assert!(sections.is_sorted_by(|one, next| one.0 < next.0));
    let refused = sections
        .iter()
        .filter_map(|(id, text)| UsSection::read(*id, text))
        .any(|section| section.choice() == UsChoice::OptedOut);
    assert!(!refused || gpp.us_choice() == UsChoice::OptedOut);
    assert_eq!(gpp.tcf_eu().is_some(), sections.iter().any(|(id, _)| *id == 2));
}

#[test]
fn mutated_signals() {
    let executions = number("VESTIBULE_FUZZ", 200_000);
    let seed = number("VESTIBULE_FUZZ_SEED", 20_261_127);
    let first = number("VESTIBULE_FUZZ_FIRST", 0);
    let seeds = seeds();
    let (start, mut tc_strings, mut gpp_strings, mut longest) = (Instant::now(), 0_u64, 0_u64, (0, 0));
    for execution in first..first + executions {
        if execution > first && execution.is_multiple_of(10_000_000) {
            println!("signals: {execution} executions, {:.0} s", start.elapsed().as_secs_f64());
        }
        let mut dice = Dice(seed.wrapping_mul(0x1_0000_0001).wrapping_add(execution));
        let text = mutated(&mut dice, &seeds);
        let began = Instant::now();
        let Ok((tcf, gpp)) = catch_unwind(AssertUnwindSafe(|| examine(&mut dice, &text))) else {
            panic!("seed {seed}, execution {execution}:\n{}", String::from_utf8_lossy(&text));
        };
        longest = longest.max((began.elapsed().as_micros(), execution));
        tc_strings += u64::from(tcf);
        gpp_strings += u64::from(gpp);
    }
    println!(
        "signals: {executions} executions from number {first}, seed {seed}, {tc_strings} TC and {gpp_strings} GPP strings, \
         {:.0} s, longest {} µs (execution {})",
        start.elapsed().as_secs_f64(),
        longest.0,
        longest.1
    );
    assert!((tc_strings * 20 > executions && gpp_strings * 20 > executions) || executions < 1000, "too few are valid");
}
