//! Pages made to cost more than they weigh: how much longer twice the page takes, and at what speed. Prints a table;
//! `cargo bench --bench bombs`. The smallest of several repetitions, interleaved, because other work runs beside it.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a measurement that cannot go on ends"
)]

#[path = "../pages/bombs/shapes.rs"]
mod shapes;
#[path = "../pages/verdict/site.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod site;

use std::hint::black_box;
use std::time::{Duration, Instant};

use shapes::SHAPES;
use site::{Consent, Shop};

const SIZE: usize = 1 << 20;
const ROUNDS: usize = 7;

fn main() {
    let shop = Shop::new();
    let took = |page: &[u8]| {
        let began = Instant::now();
        black_box(shop.stream(1 << 30, page.chunks(16 << 10), Consent::Nothing));
        began.elapsed()
    };
    println!("| shape | {} MiB | twice | ratio | MB/s |\n|---|---|---|---|---|", SIZE >> 20);
    let (mut worst, mut slowest) = (("", 0.0), ("", f64::MAX));
    for shape in &SHAPES {
        let (one, two) = (shape.page(SIZE), shape.page(2 * SIZE));
        let (mut short, mut long) = (Duration::MAX, Duration::MAX);
        for _ in 0..ROUNDS {
            short = short.min(took(&one));
            long = long.min(took(&two));
        }
        let ratio = long.as_secs_f64() / short.as_secs_f64();
        let speed = one.len() as f64 / short.as_secs_f64() / 1e6;
        println!("| {} | {short:.1?} | {long:.1?} | {ratio:.2} | {speed:.0} |", shape.name);
        if ratio > worst.1 {
            worst = (shape.name, ratio);
        }
        if speed < slowest.1 {
            slowest = (shape.name, speed);
        }
    }
    println!(
        "{} shapes, the worst ratio {:.2} ({}), the slowest {:.0} MB/s ({})",
        SHAPES.len(),
        worst.1,
        worst.0,
        slowest.1,
        slowest.0
    );
}
