//! Pages of every kind, judged from outside: whatever stands in them, nobody is contacted who needs consent, and whatever
//! does not have to change stays as it is. See [`verdict`] for what must hold.
//!
//! A run is a sequence of numbers that its seed decides, so every finding can be repeated. In the suite it is short;
//! `VESTIBULE_PAGES=1000000 VESTIBULE_PAGES_SEED=7 cargo test --release --test pages -- --nocapture` makes it long, and
//! `VESTIBULE_PAGES_FIRST=436440` with `VESTIBULE_PAGES=1` repeats one.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    reason = "a test that cannot go on fails, and these tell how far they went"
)]

mod bombs;
mod corpus;
mod dice;
mod generate;
mod pieces;
mod tally;
mod verdict;

use dice::{Dice, number};
use generate::Names;
use tally::Tally;

const SEED: u64 = 20_261_128;

/// How many runs, from which on, and of which seed.
fn asked(usual: u64) -> (u64, u64, u64) {
    (number("VESTIBULE_PAGES", usual), number("VESTIBULE_PAGES_FIRST", 0), number("VESTIBULE_PAGES_SEED", SEED))
}

fn generated(name: &'static str, usual: u64, make: impl Fn(&mut Dice, Names) -> String) {
    let (runs, first, seed) = asked(usual);
    let mut tally = Tally::new(name, seed);
    for run in first..first + runs {
        let mut dice = Dice::of_run(seed, run);
        let twin = make(&mut dice.clone(), Names::Shop);
        let page = make(&mut dice, Names::Tracker);
        tally.examine(|| format!("run {run}"), page.as_bytes(), Some(twin.as_bytes()), 2 + dice.below(9));
    }
    tally.finish(0.5);
}

#[test]
fn trackers_in_every_place() {
    generated("places", 1500, generate::placed);
}

#[test]
fn trackers_in_trouble() {
    generated("trouble", 1500, generate::troubled);
}

/// Every construct in every place, plainly.
#[test]
fn every_construct_in_every_place() {
    let mut tally = Tally::new("table", 0);
    let (_, first, _) = asked(0);
    for (row, construct) in pieces::CONSTRUCTS.iter().enumerate() {
        // One third at a time, unless all are asked for.
        for (column, place) in pieces::PLACES.iter().enumerate() {
            if std::env::var_os("VESTIBULE_PAGES").is_none()
                && (row + column) % 3 != usize::try_from(first).unwrap() % 3
            {
                continue;
            }
            let naming = |host: &str| place.replace("{}", &construct.replace("{}", &format!("//{host}/x")));
            let (page, twin) = (naming("t.example"), naming("shop.example"));
            tally.examine(|| format!("{construct} in {place}"), page.as_bytes(), Some(twin.as_bytes()), 5);
        }
    }
    tally.finish(0.5);
}

#[test]
fn every_way_to_write_an_address() {
    let mut tally = Tally::new("addresses", 0);
    for (address, own) in pieces::ADDRESSES.iter().zip(pieces::OWN) {
        for construct in pieces::CONSTRUCTS {
            let (page, twin) = (construct.replace("{}", address), construct.replace("{}", own));
            tally.examine(|| format!("{address} in {construct}"), page.as_bytes(), Some(twin.as_bytes()), 3);
        }
    }
    tally.finish(0.7);
}

/// Trackers at the tag boundaries of html5lib's inputs. The whole product of both is walked with a step that a prime
/// gives, so that any number of runs is spread over all of it.
#[test]
fn html5lib_inputs_with_trackers() {
    let inputs = corpus::inputs();
    assert!(inputs.len() > 1700, "{}", inputs.len());
    let mut places = Vec::new();
    for (at, input) in inputs.iter().enumerate() {
        places.extend(corpus::boundaries(&input.markup).into_iter().map(|boundary| (at, boundary)));
    }
    let all = places.len() * pieces::CONSTRUCTS.len();
    let (runs, first, seed) = asked(1500);
    let mut tally = Tally::new("html5lib", seed);
    for run in first..first + runs.min(u64::try_from(all).unwrap()) {
        let at =
            usize::try_from((run.wrapping_add(seed).wrapping_mul(15_485_863)) % u64::try_from(all).unwrap()).unwrap();
        let (input, boundary) = places[at / pieces::CONSTRUCTS.len()];
        let construct = pieces::CONSTRUCTS[at % pieces::CONSTRUCTS.len()].replace("{}", "//t.example/x");
        let input = &inputs[input];
        let mut page = input.markup.clone();
        drop(page.splice(boundary..boundary, construct.bytes()));
        tally.examine(|| format!("{} at {boundary}, {construct}", input.name), &page, None, 4);
    }
    println!("html5lib: {} inputs, {} boundaries, {all} pages in all", inputs.len(), places.len());
    tally.finish(0.5);
}

#[test]
fn mutated_pages() {
    let inputs: Vec<Vec<u8>> = corpus::inputs().into_iter().map(|input| input.markup).collect();
    let (runs, first, seed) = asked(1500);
    let mut tally = Tally::new("mutations", seed);
    for run in first..first + runs {
        let mut dice = Dice::of_run(seed, run);
        let page = match dice.below(3) {
            0 => generate::placed(&mut dice, Names::Tracker).into_bytes(),
            1 => generate::troubled(&mut dice, Names::Tracker).into_bytes(),
            _ => [
                dice.one(&inputs).clone(),
                generate::construct(&mut dice, Names::Tracker).into_bytes(),
                dice.one(&inputs).clone(),
            ]
            .concat(),
        };
        let page = generate::mutated(&mut dice, &page, &inputs);
        tally.examine(|| format!("run {run}"), &page, None, 2 + dice.below(9));
    }
    tally.finish(0.3);
}
