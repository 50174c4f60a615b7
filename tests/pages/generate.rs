//! Pages by chance: what a seed makes of the pieces, and what is left of a page after accidents.

use crate::dice::Dice;
use crate::pieces::{ADDRESSES, CONSTRUCTS, OWN, PLACES, TROUBLE};

/// Whose addresses a page names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Names {
    Tracker,
    Shop,
}

/// A construct with an address, in one of the ways to write it.
pub(crate) fn construct(dice: &mut Dice, names: Names) -> String {
    // Half of them plainly: what is around them is what matters then.
    let addresses = if names == Names::Tracker { ADDRESSES } else { OWN };
    let address = if dice.below(2) == 0 { addresses[dice.below(3)] } else { *dice.one(&addresses) };
    let construct = *dice.one(&CONSTRUCTS);
    let construct = if dice.below(8) == 0 { cased(construct, dice) } else { construct.to_owned() };
    construct.replace("{}", address)
}

/// Names of tags and attributes in mixed case.
fn cased(text: &str, dice: &mut Dice) -> String {
    text.chars().map(|letter| if dice.below(3) == 0 { letter.to_ascii_uppercase() } else { letter }).collect()
}

/// A page of one tracker in one place.
pub(crate) fn placed(dice: &mut Dice, names: Names) -> String {
    let mut page = construct(dice, names);
    for _ in 0..=dice.below(2) {
        page = dice.one(&PLACES).replace("{}", &page);
    }
    page
}

/// A page of pieces that make trouble, trackers among them.
pub(crate) fn troubled(dice: &mut Dice, names: Names) -> String {
    let mut page = String::new();
    for _ in 0..=dice.below(14) {
        if dice.below(5) == 0 {
            page.push_str(&construct(dice, names));
        } else {
            page.push_str(TROUBLE[dice.below(TROUBLE.len())]);
        }
    }
    page.push_str(&construct(dice, names));
    page
}

/// A page after up to four accidents. `others` are pages that parts may come from.
pub(crate) fn mutated(dice: &mut Dice, page: &[u8], others: &[Vec<u8>]) -> Vec<u8> {
    let mut page = page.to_vec();
    for _ in 0..=dice.below(4) {
        let at = dice.below(page.len() + 1);
        let end = (at + dice.below(30)).min(page.len());
        match dice.below(9) {
            0 if at < page.len() => page[at] ^= 1 << dice.below(8),
            1 if at < page.len() => page[at] = *dice.one(b"<>/=\"'&;- \t\n\0!ax]["),
            2 => drop(page.drain(at..end)),
            3 => {
                let again = page[at..end].to_vec();
                drop(page.splice(at..at, again));
            }
            4 => page.truncate(at),
            5 => {
                let other = dice.one(others);
                let from = dice.below(other.len() + 1);
                page.truncate(at);
                page.extend_from_slice(&other[from..]);
            }
            6 => drop(page.splice(at..at, construct(dice, Names::Tracker).into_bytes())),
            _ => drop(page.splice(at..at, TROUBLE[dice.below(TROUBLE.len())].bytes())),
        }
    }
    page.truncate(6000);
    page
}
