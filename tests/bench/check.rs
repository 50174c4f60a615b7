//! How long `check` takes for large configurations. Prints a table; `cargo bench --bench check`.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measurement that cannot go on ends"
)]

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use vestibule::config;
use vestibule::snapshot::Snapshot;
use vestibule::sources::{Key, KeyRing};

const ROUNDS: usize = 21;

/// A site with so many rules of each kind.
fn text(routes: usize, services: usize, necessary: usize) -> String {
    let mut text =
        "version = 1\n[[site]]\nhosts = [\"www.shop.example\"]\nupstream = \"http://127.0.0.1:9000\"\n".to_owned();
    for at in 0..routes {
        let _ = writeln!(text, "[[site.route]]\npath = \"/department-{at}/**\"\ndeny = [\"marketing\", \"analytics\"]");
    }
    for at in 0..necessary {
        let _ = writeln!(text, "[[site.necessary]]\ncookie = \"own-{at}-*\"\nreason = \"part {at} of the shop\"");
    }
    for at in 0..services {
        let _ = writeln!(
            text,
            "[[service]]\nid = \"service-{at}\"\npurpose = \"analytics\"\nhosts = [\"collect-{at}.example\"]\ncookies = [\"_s{at}_*\"]"
        );
    }
    text
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1000.0
}

fn time(mut work: impl FnMut()) -> f64 {
    median(
        (0..ROUNDS)
            .map(|_| {
                let start = Instant::now();
                work();
                start.elapsed()
            })
            .collect(),
    )
}

fn command(file: &Path) {
    let run = Command::new(env!("CARGO_BIN_EXE_vestibule"))
        .arg("check")
        .arg(file)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    assert!(run.unwrap().success());
}

fn main() {
    let directory = tempfile::tempdir().unwrap();
    println!("milliseconds, median of {ROUNDS}\n");
    println!("{:34} {:>8} {:>9} {:>9} {:>9}", "rules", "bytes", "read", "compile", "command");
    for (routes, services, necessary) in
        [(0, 0, 0), (400, 300, 300), (1000, 0, 0), (0, 1000, 0), (0, 0, 1000), (1000, 1000, 1000)]
    {
        let file = directory.path().join("vestibule.toml");
        let text = text(routes, services, necessary);
        std::fs::write(&file, &text).unwrap();
        let read = time(|| drop(config::load(&file).unwrap()));
        let loaded = config::load(&file).unwrap();
        let compile = time(|| drop(Snapshot::build(&loaded, KeyRing::new(Key::new([0; 32]), None))));
        let whole = time(|| command(&file));
        let rules = format!("{routes} routes, {services} services, {necessary} necessary");
        println!("{rules:34} {:>8} {read:>9.1} {compile:>9.1} {whole:>9.1}", text.len());
    }
}
