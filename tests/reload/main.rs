//! Reload on real files, without sockets: every way of saving, slow writers, damage. How often each is tried can be raised
//! for a long run: `VESTIBULE_ROUNDS=100` (ways of saving), `VESTIBULE_CORRUPTIONS=1000`.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "a test that cannot go on fails, and nothing uses a test"
)]

mod corruption;
mod includes;
mod own_tests;
mod slow;
mod watched;
mod ways;

use std::io::Write as _;

/// A number from the environment, for long runs.
fn rounds(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// Figures of a run, for whoever reads along.
fn report(text: &str) {
    drop(writeln!(std::io::stderr(), "{text}"));
}
