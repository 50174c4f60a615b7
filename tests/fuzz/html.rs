//! Pages of arbitrary bytes and of markup that makes trouble, through the whole rewriter: nothing panics, and what must
//! hold for every page holds (see `tests/pages/verdict`).
//!
//! Long: `VESTIBULE_FUZZ=1000000 VESTIBULE_FUZZ_SEED=7 cargo test --release --test fuzz html -- --nocapture`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use super::{Dice, number};

#[path = "../pages/pieces.rs"]
#[expect(dead_code, reason = "the tests of pages use more of it")]
mod pieces;
#[path = "../pages/verdict/mod.rs"]
#[expect(dead_code, reason = "the tests of pages use more of it")]
mod verdict;

use pieces::{ADDRESSES, CONSTRUCTS, PLACES, TROUBLE};
use verdict::{Fault, Shop, examine, shrunk};

fn page(dice: &mut Dice) -> Vec<u8> {
    let mut page = Vec::new();
    // A third of the pages are mostly bytes, the others mostly markup.
    let bytes = if dice.below(3) == 0 { 6 } else { 1 };
    for _ in 0..=dice.below(20) {
        if dice.below(8) < bytes {
            let length = dice.below(12);
            page.extend((0..length).map(|_| u8::try_from(dice.below(256)).unwrap()));
            continue;
        }
        let address = ADDRESSES[dice.below(ADDRESSES.len())];
        let construct = CONSTRUCTS[dice.below(CONSTRUCTS.len())];
        match dice.below(4) {
            0 => page.extend_from_slice(construct.replace("{}", address).as_bytes()),
            1 => page.extend_from_slice(PLACES[dice.below(PLACES.len())].as_bytes()),
            _ => page.extend_from_slice(TROUBLE[dice.below(TROUBLE.len())].as_bytes()),
        }
    }
    for _ in 0..dice.below(6) {
        let at = dice.below(page.len() + 1);
        match dice.below(4) {
            0 if at < page.len() => page[at] ^= 1 << dice.below(8),
            1 => page.truncate(at),
            2 => {
                let end = (at + dice.below(20)).min(page.len());
                drop(page.drain(at..end));
            }
            _ => page.insert(at, u8::try_from(dice.below(256)).unwrap()),
        }
    }
    page
}

#[test]
fn pages_of_any_bytes() {
    let (executions, seed) = (number("VESTIBULE_FUZZ", 3000), number("VESTIBULE_FUZZ_SEED", 20_261_128));
    let first = number("VESTIBULE_FUZZ_FIRST", 0);
    let shop = Shop::new();
    let (began, mut dangerous, mut faults) = (Instant::now(), 0_u64, Vec::new());
    for execution in first..first + executions {
        let mut dice = Dice(seed.wrapping_mul(0x1_0000_0001).wrapping_add(execution));
        let page = page(&mut dice);
        let cut = 1 + dice.below(40);
        let Ok(found) = catch_unwind(AssertUnwindSafe(|| examine(&shop, &page, cut))) else {
            panic!("seed {seed}, execution {execution}: {}", page.escape_ascii());
        };
        dangerous += u64::from(found.dangerous);
        for (fault, told) in found.faults {
            if faults.len() < 10 {
                let small = shrunk(&page, |page| examine(&shop, page, cut).has(fault));
                faults.push(format!("{fault:?}: execution {execution}: {}\n    {told}", small.escape_ascii()));
            } else {
                faults.push(format!("{fault:?}: execution {execution}"));
            }
        }
    }
    let count = |fault: Fault| faults.iter().filter(|told| told.starts_with(&format!("{fault:?}"))).count();
    println!(
        "html: {executions} executions from number {first}, seed {seed}, {dangerous} dangerous, leaks {}, identity \
         differences {}, chunk differences {}, second-run differences {}, {:.0} s",
        count(Fault::Leak),
        count(Fault::Identity),
        count(Fault::Chunks),
        count(Fault::Idempotence),
        began.elapsed().as_secs_f64()
    );
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
