//! Pages made to cost more than they weigh: what they cost in memory, and that twice the page is twice the work. Work is
//! counted in allocations and allocated bytes, which do not depend on the machine; `cargo bench --bench bombs` measures time.

mod shapes;

use crate::verdict::{Consent, Shop};
use shapes::SHAPES;

/// What may be held back of one token.
const CAP: usize = 64 << 10;
const CHUNK: usize = 4096;

/// Allocations in all, bytes allocated in all, and the most bytes at one time.
fn cost(shop: &Shop, page: &[u8], cap: usize) -> (u64, u64, u64) {
    let counted = allocation_counter::measure(|| {
        shop.stream(cap, page.chunks(CHUNK), Consent::Nothing);
    });
    (counted.count_total, counted.bytes_total, counted.bytes_max)
}

/// However long a page is, what is held of it depends on the cap alone. A tag of short attributes costs the most: where each
/// of them stands is remembered in ten times the space that it takes, and lists grow by doubling.
#[test]
fn memory_stays_under_its_cap() {
    let shop = Shop::new();
    let mut told = Vec::new();
    for shape in &SHAPES {
        let most = cost(&shop, &shape.page(6 * CAP), CAP).2;
        if most > 36 * CAP as u64 {
            told.push(format!("{}: {most} bytes", shape.name));
        }
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
}

/// Twice the page is not much more than twice the work.
#[test]
fn work_is_linear() {
    let shop = Shop::new();
    let mut told = Vec::new();
    for shape in &SHAPES {
        let (one, two) = (shape.page(25_000), shape.page(50_000));
        let (one, two) = (cost(&shop, &one, 1 << 20), cost(&shop, &two, 1 << 20));
        // Vectors that double make steps; what is quadratic makes four of two.
        #[expect(clippy::cast_precision_loss, reason = "a ratio")]
        let ratio = |small: u64, large: u64| large as f64 / (small as f64).max(2000.0);
        let (count, bytes) = (ratio(one.0, two.0), ratio(one.1, two.1));
        if count > 2.3 || bytes > 3.0 {
            told.push(format!("{}: {count:.2} times the allocations, {bytes:.2} times the bytes", shape.name));
        }
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
}
