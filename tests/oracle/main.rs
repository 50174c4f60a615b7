//! Our decoders against the reference ones: random strings, and every field compared.
//!
//! `generate.mjs` throws strings and says what the IAB's own packages read in them; `npm ci --prefix tests/oracle` installs
//! those. The Rust crate `lib_tcstring` is asked too, on these well-formed strings only, as it panics on others. A run is a
//! sequence of numbers that its seed decides. In the suite it is short;
//! `VESTIBULE_ORACLE=1000000 VESTIBULE_ORACLE_SEED=7 cargo test --release --test oracle -- --nocapture` makes it long, and
//! `VESTIBULE_ORACLE_FIRST=436440` with `VESTIBULE_ORACLE=1` repeats one.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test that cannot go on fails, and this one tells how far it went"
)]

mod gpp;
mod tcf;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Runs the generator and hands out its lines.
fn each_line(kind: &str, mut examine: impl FnMut(&str)) {
    let number = |name: &str, otherwise: u64| std::env::var(name).map_or(otherwise, |text| text.parse().unwrap());
    let (count, first) = (number("VESTIBULE_ORACLE", 3000), number("VESTIBULE_ORACLE_FIRST", 0));
    let seed = number("VESTIBULE_ORACLE_SEED", 20_261_127);
    let directory = Path::new("tests/oracle");
    assert!(
        directory.join("node_modules").is_dir(),
        "the reference packages are not installed: npm ci --prefix tests/oracle"
    );
    let mut generator = Command::new("node")
        .current_dir(directory)
        .arg("generate.mjs")
        .args([kind, &count.to_string(), &seed.to_string(), &first.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .expect("Node.js runs");
    let (start, mut lines) = (Instant::now(), 0_u64);
    for line in BufReader::new(generator.stdout.take().unwrap()).lines() {
        examine(&line.unwrap());
        lines += 1;
        if lines.is_multiple_of(100_000) {
            println!("{kind}: {lines} strings, {:.0} s", start.elapsed().as_secs_f64());
        }
    }
    assert!(generator.wait().unwrap().success());
    assert_eq!(lines, count);
    println!("{kind}: {lines} strings from number {first}, seed {seed}, {:.0} s", start.elapsed().as_secs_f64());
}
