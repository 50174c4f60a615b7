//! The shop's own sub-domains that pages name, and what the name system said about each: for how long that holds, and when
//! to ask next. Bounded; asking itself is `runtime::names`.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use crate::catalog::Aliases;

/// How many names of one site are asked about. Later ones stay what they seem.
const PER_SITE: usize = 256;

/// How many names of all sites are.
const CAPACITY: usize = 4096;

/// No answer holds for less, whatever its time to live, and none for more.
const LEAST: Duration = Duration::from_mins(1);
const MOST: Duration = Duration::from_hours(24);

/// After a failure it is asked again; after each further one, twice as late, and never later than this.
const FIRST_RETRY: Duration = Duration::from_secs(15);
const LAST_RETRY: Duration = Duration::from_hours(1);

/// Names and answers.
#[derive(Debug, Default)]
pub struct Names {
    entries: Mutex<BTreeMap<Box<str>, Entry>>,
    /// What requests look at. Held for the time of a copy of the pointer only.
    current: RwLock<Arc<Aliases>>,
}

#[derive(Debug)]
struct Entry {
    site: Box<str>,
    due: Instant,
    failures: u32,
    /// `None` until the first answer.
    behind: Option<Vec<Box<str>>>,
}

impl Names {
    /// What is known now.
    pub fn current(&self) -> Arc<Aliases> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes note of hosts that were met on a site. Gives whether one of them is new.
    pub fn saw(&self, site: &str, hosts: &[Box<str>]) -> bool {
        if hosts.is_empty() {
            return false;
        }
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let mut of_site = entries.values().filter(|entry| *entry.site == *site).count();
        let mut new = false;
        for host in hosts {
            if !entries.contains_key(host) && of_site < PER_SITE && entries.len() < CAPACITY {
                let entry = Entry { site: site.into(), due: Instant::now(), failures: 0, behind: None };
                entries.insert(host.clone(), entry);
                of_site += 1;
                new = true;
            }
        }
        new
    }

    /// Names that are to be asked about, at most `most`.
    pub fn due(&self, now: Instant, most: usize) -> Vec<Box<str>> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.iter().filter(|(_, entry)| entry.due <= now).map(|(host, _)| host.clone()).take(most).collect()
    }

    /// What is behind `host`, nothing included, holds for `lifetime`. Gives the site when that is news.
    pub fn resolved(&self, host: &str, behind: Vec<Box<str>>, lifetime: Duration, now: Instant) -> Option<Box<str>> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.get_mut(host)?;
        entry.due = now + lifetime.clamp(LEAST, MOST);
        entry.failures = 0;
        if entry.behind.as_ref() == Some(&behind) {
            return None;
        }
        entry.behind = Some(behind);
        let site = entry.site.clone();
        let known: HashMap<_, _> =
            entries.iter().filter_map(|(host, entry)| Some((host.clone(), entry.behind.clone()?))).collect();
        drop(entries);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Aliases::new(known));
        Some(site)
    }

    /// Nobody answered about `host`. What was known of it stays.
    pub fn failed(&self, host: &str, now: Instant) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = entries.get_mut(host) {
            let wait = FIRST_RETRY.saturating_mul(1 << entry.failures.min(10));
            entry.due = now + wait.min(LAST_RETRY);
            entry.failures = entry.failures.saturating_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{CAPACITY, LAST_RETRY, LEAST, MOST, Names, PER_SITE};

    #[test]
    fn answers_hold_for_their_time_and_failures_wait_longer_each_time() {
        let (names, now) = (Names::default(), Instant::now());
        assert!(names.saw("a", &["m.shop.example".into()]));
        assert!(!names.saw("a", &["m.shop.example".into()]));
        let at = |wait: Duration| names.due(Instant::now() + wait, 9).len();
        assert_eq!(at(Duration::ZERO), 1);
        let second = Duration::from_secs(1);
        for (lifetime, holds) in [(second, LEAST), (Duration::from_secs(999_999), MOST), (LEAST * 5, LEAST * 5)] {
            let now = Instant::now();
            names.resolved("m.shop.example", vec!["t.example".into()], lifetime, now);
            assert_eq!((at(holds.checked_sub(second).unwrap()), at(holds + second)), (0, 1));
        }
        assert!(names.current().knows("m.shop.example"));
        let mut waits = Vec::new();
        for _ in 0..20 {
            let now = Instant::now();
            names.failed("m.shop.example", now);
            waits.push((1..9000).find(|wait| at(Duration::from_secs(*wait)) == 1).unwrap());
        }
        assert!(waits.is_sorted() && waits[0] >= 14 && waits[19] >= LAST_RETRY.as_secs(), "{waits:?}");
        assert!(names.current().knows("m.shop.example"), "what was known stays");
        names.failed("unknown", now);
        assert_eq!(names.resolved("unknown", Vec::new(), LEAST, now), None);
    }

    #[test]
    fn names_are_bounded() {
        let names = Names::default();
        for site in 0..40 {
            let hosts: Vec<Box<str>> = (0..300).map(|at| format!("h{at}.s{site}.example").into()).collect();
            names.saw(&site.to_string(), &hosts);
            let held = names.due(Instant::now(), usize::MAX).len();
            assert_eq!(held, ((site + 1) * PER_SITE).min(CAPACITY));
        }
    }
}
