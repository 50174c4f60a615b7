//! What a campaign found, counted, with the smallest page for each kind of fault.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::verdict::{Fault, Shop, examine, lost, shrunk};

/// Signed-off exceptions, each with a part of the page by which it is known.
const EXCEPTIONS: &str = include_str!("../data/html/exceptions.txt");

/// So many faults are shown small.
const SHOWN: usize = 12;

pub(crate) struct Tally {
    name: &'static str,
    seed: u64,
    began: Instant,
    shop: Shop,
    pages: u64,
    dangerous: u64,
    faults: BTreeMap<Fault, u64>,
    excused: u64,
    exceptions: Vec<(&'static str, &'static str)>,
    shown: BTreeMap<(Fault, String), String>,
}

impl Tally {
    pub(crate) fn new(name: &'static str, seed: u64) -> Self {
        let lines = EXCEPTIONS.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
        let exceptions = lines.map(|line| {
            let mut parts = line.split('\t');
            (parts.next().unwrap(), parts.next().unwrap())
        });
        let exceptions = exceptions.collect();
        Self {
            name,
            seed,
            began: Instant::now(),
            shop: Shop::new(),
            pages: 0,
            dangerous: 0,
            faults: BTreeMap::new(),
            excused: 0,
            exceptions,
            shown: BTreeMap::new(),
        }
    }

    /// Examines one page, and its twin that names the shop where this one names a tracker.
    pub(crate) fn examine(&mut self, label: impl Fn() -> String, page: &[u8], twin: Option<&[u8]>, cut: usize) {
        let verdict = examine(&self.shop, page, cut);
        self.pages += 1;
        self.dangerous += u64::from(verdict.dangerous);
        let mut faults = verdict.faults;
        let told = twin.and_then(|twin| lost(&self.shop, twin));
        faults.extend(told.map(|told| (Fault::OverBlock, told)));
        for (fault, told) in faults {
            let text = String::from_utf8_lossy(if fault == Fault::OverBlock { twin.unwrap_or(page) } else { page });
            let text = text.to_ascii_lowercase();
            if self.exceptions.iter().any(|(kind, part)| format!("{fault:?}") == *kind && text.contains(part)) {
                self.excused += 1;
                continue;
            }
            *self.faults.entry(fault).or_default() += 1;
            if self.shown.len() < SHOWN {
                let same = |page: &[u8]| {
                    if fault == Fault::OverBlock {
                        lost(&self.shop, page).is_some()
                    } else {
                        examine(&self.shop, page, cut).has(fault)
                    }
                };
                let whole = if fault == Fault::OverBlock { twin.unwrap_or(page) } else { page };
                let small = shrunk(whole, same);
                self.shown.entry((fault, escaped(&small))).or_insert_with(|| format!("{}: {told}", label()));
            }
        }
    }

    /// Prints the figures; panics when there is any fault.
    pub(crate) fn finish(self, least_dangerous: f64) {
        let count = |fault| self.faults.get(&fault).copied().unwrap_or_default();
        println!(
            "{}: seed {}, {} pages ({} dangerous before), leaks {}, over-blocks {}, identity differences {}, chunk \
             differences {}, second-run differences {}, exceptions {} of {} listed, {:.0} s",
            self.name,
            self.seed,
            self.pages,
            self.dangerous,
            count(Fault::Leak),
            count(Fault::OverBlock),
            count(Fault::Identity),
            count(Fault::Chunks),
            count(Fault::Idempotence),
            self.excused,
            self.exceptions.len(),
            self.began.elapsed().as_secs_f64()
        );
        let told: Vec<String> = self
            .shown
            .iter()
            .map(|((fault, small), told)| format!("{fault:?}: \"{small}\"\n    first seen in {}", told.escape_debug()))
            .collect();
        assert!(self.faults.is_empty(), "{:?}\n{}", self.faults, told.join("\n"));
        // Pages in which nothing was to be found prove nothing.
        #[expect(clippy::cast_precision_loss, reason = "a share")]
        let share = self.dangerous as f64 / self.pages.max(1) as f64;
        assert!(share >= least_dangerous, "{share}");
    }
}

/// A page in one line.
fn escaped(page: &[u8]) -> String {
    String::from_utf8_lossy(page).escape_debug().to_string()
}
