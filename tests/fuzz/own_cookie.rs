//! Forged consent cookies: nothing panics, and none is ever taken for a yes.
//!
//! Every forgery starts from cookies that are genuine somewhere: another visitor's, another site's, of another kind, by a
//! key that is no longer believed, of another time. Some are sent as they are, most are changed: bits, bytes, cuts,
//! additions, halves of two, other versions and key ids, base64 with bits left over. They are read with the whole
//! request, by the same call that the proxy makes.
//!
//! Long: `VESTIBULE_FUZZ=1000000000 VESTIBULE_FUZZ_SEED=7 cargo test --release --test fuzz own_cookie -- --nocapture`.

use std::time::Instant;

use http::{HeaderMap, HeaderValue, header::COOKIE};
use vestibule::catalog::Catalog;
use vestibule::consent::{Grant, PurposeId, PurposeTable, SignalKind};
use vestibule::sources::{Choice, Key, KeyRing, RequestView, SourceUse, hear};

use super::{Dice, number};

const NOW: u64 = 1_800_000_000;
const LIFE: u64 = 180 * 86_400;
const SITE: &str = "www.shop.example";
const BIND: &str = "AAECAwQFBgcICQoLDA0ODw";
const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=";

fn choice(issued: u64, granted: &[&str], denied: &[&str]) -> Choice {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Choice { issued, granted: names(granted), denied: names(denied), ..Choice::default() }
}

/// Cookies that are genuine for somebody else, or no longer. None of them may count here.
fn foreign(current: &Key, previous: &Key) -> Vec<String> {
    let yes = choice(NOW - 1000, &["analytics", "marketing"], &[]);
    let ours = KeyRing::new(current.clone(), Some(previous.clone()));
    let mut all = Vec::new();
    for (key, bind, site, choice) in [
        (current, "AQIDBAUGBwgJCgsMDQ4PEA", SITE, &yes),
        (previous, "AgMEBQYHCAkKCwwNDg8QEQ", SITE, &yes),
        (current, BIND, "other.example", &yes),
        (&Key::new([9; 32]), BIND, SITE, &yes),
        (current, BIND, SITE, &choice(NOW + 86_400, &["marketing"], &[])),
        (current, BIND, SITE, &choice(NOW - LIFE - 1, &["marketing"], &[])),
    ] {
        all.extend(KeyRing::new(key.clone(), None).seal_choice(choice, bind, site));
    }
    all.extend(ours.seal_refusal(&choice(NOW - 5, &[], &["analytics"]), SITE));
    all
}

fn forged(dice: &mut Dice, seeds: &[String], genuine: &str) -> Vec<u8> {
    let mut text = if dice.below(4) == 0 { genuine.to_owned() } else { dice.one(seeds).clone() }.into_bytes();
    for _ in 0..dice.below(4) {
        let at = dice.below(text.len() + 1);
        let end = (at + dice.below(24)).min(text.len());
        match dice.below(10) {
            0 | 1 if at < text.len() => text[at] ^= 1 << dice.below(7),
            2 if at < text.len() => text[at] = *dice.one(ALPHABET),
            3 => text.truncate(at),
            4 => text.extend((0..dice.below(30)).map(|_| *dice.one(ALPHABET))),
            5 => drop(text.drain(at..end)),
            6 => {
                // Parts of two: this one's payload with that one's mark, and so on.
                let other = dice.one(seeds);
                let mut parts: Vec<Vec<u8>> = text.split(|byte| *byte == b'.').map(<[u8]>::to_vec).collect();
                let part = dice.below(parts.len());
                if let Some(new) = other.split('.').nth(part) {
                    parts[part] = new.as_bytes().to_vec();
                }
                text = parts.join(&b'.');
            }
            7 => text.swap_remove_if(at),
            8 => text.insert(at, *dice.one(ALPHABET)),
            _ => {
                // The last letter of an unpadded base64 text has bits that mean nothing.
                if let Some(last) = text.last_mut() {
                    *last = last.wrapping_add(1 + u8::try_from(dice.below(3)).unwrap());
                }
            }
        }
    }
    text
}

/// A removal that does not mind its place.
trait SwapRemoveIf {
    fn swap_remove_if(&mut self, at: usize);
}

impl SwapRemoveIf for Vec<u8> {
    fn swap_remove_if(&mut self, at: usize) {
        if at < self.len() {
            self.swap_remove(at);
        }
    }
}

#[test]
fn no_forged_consent_is_taken_for_a_yes() {
    let (tries, seed) = (number("VESTIBULE_FUZZ", 200_000), number("VESTIBULE_FUZZ_SEED", 20_261_127));
    let (current, previous) = (Key::new([1; 32]), Key::new([2; 32]));
    let keys = KeyRing::new(current.clone(), Some(previous.clone()));
    let refused = keys.seal_choice(&choice(NOW - 10, &[], &["analytics", "marketing"]), BIND, SITE).unwrap();
    let seeds = foreign(&current, &previous);
    let (purposes, catalog, used) = (PurposeTable::default(), Catalog::default(), SourceUse::usual());
    let began = Instant::now();
    let mut dice = Dice(seed);
    let (mut read, mut unread) = (0_u64, 0_u64);
    for at in 0..tries {
        let text = forged(&mut dice, &seeds, &refused);
        let mut field = Vec::with_capacity(text.len() + 80);
        let twice = dice.below(16) == 0;
        for _ in 0..=usize::from(twice) {
            field.extend_from_slice(b"__Host-vestibule=");
            field.extend_from_slice(&text);
            field.extend_from_slice(b"; ");
        }
        field.extend_from_slice(b"__Host-vestibule-bind=");
        field.extend_from_slice(BIND.as_bytes());
        let Ok(value) = HeaderValue::from_bytes(&field) else {
            unread += 1;
            continue;
        };
        let mut headers = HeaderMap::with_capacity(1);
        headers.insert(COOKIE, value);
        let view = RequestView {
            headers: &headers,
            secure: true,
            site: SITE,
            purposes: &purposes,
            catalog: &catalog,
            keys: &keys,
            now: NOW,
            choice_lifetime: LIFE,
        };
        let heard = hear(&used, &view);
        let same = text == refused.as_bytes();
        for signal in &heard.signals {
            let yes = signal.purposes.iter().any(|(_, grant)| *grant == Grant::Granted);
            assert!(!yes && signal.services.is_empty(), "try {at} of seed {seed}: {}", String::from_utf8_lossy(&text));
            // Cut into a second cookie by a `;`, a genuine refusal may stand in the rest.
            assert!(same || text.contains(&b';') || signal.kind == SignalKind::Withdrawal || refused_only(signal));
        }
        read += 1;
    }
    let took = began.elapsed();
    println!("own cookie: seed {seed}, {tries} forgeries, {read} read, {unread} no field value, 0 accepted, {took:?}");
}

fn refused_only(signal: &vestibule::consent::Signal) -> bool {
    [PurposeId::ANALYTICS, PurposeId::MARKETING].iter().all(|one| signal.purposes.contains(&(*one, Grant::Denied)))
}
