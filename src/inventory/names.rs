//! The shop's own sub-domains that pages name, and what the name system said about each: for how long that holds, and when
//! to ask next. Bounded: where there is no room, the name goes that pages named longest ago. Asking itself is
//! `runtime::names`.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use crate::catalog::Aliases;

/// How many names of one site are asked about.
const PER_SITE: usize = 256;

/// How many names of all sites are.
const CAPACITY: usize = 4096;

/// No answer holds for less, whatever its time to live, and none for more.
const LEAST: Duration = Duration::from_mins(1);
const MOST: Duration = Duration::from_hours(24);

/// After a failure it is asked again; after each further one, twice as late, and never later than this.
const FIRST_RETRY: Duration = Duration::from_secs(15);
const LAST_RETRY: Duration = Duration::from_hours(1);

/// A name that somebody asks about is not asked about by another one for so long.
const UNDER_WAY: Duration = Duration::from_mins(1);

/// Names and answers.
#[derive(Debug, Default)]
pub struct Names {
    known: Mutex<Known>,
    /// What requests look at. Held for the time of a copy of the pointer only.
    current: RwLock<Arc<Aliases>>,
}

#[derive(Debug, Default)]
struct Known {
    sites: BTreeMap<Box<str>, HashMap<Box<str>, Entry>>,
    names: usize,
    /// Counts the pages that named something.
    pages: u64,
    /// Whether an answer was forgotten that requests still look at.
    stale: bool,
}

#[derive(Debug)]
struct Entry {
    due: Instant,
    /// The last page that named it.
    named: u64,
    failures: u32,
    /// `None` until the first answer.
    behind: Option<Vec<Box<str>>>,
}

impl Names {
    /// What is known now.
    pub fn current(&self) -> Arc<Aliases> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes note of hosts that a page of a site named, new ones and known ones.
    pub fn saw(&self, site: &str, hosts: &[&str]) {
        if hosts.is_empty() {
            return;
        }
        let mut known = self.known();
        known.pages = known.pages.saturating_add(1);
        for host in hosts {
            known.name(site, host);
        }
    }

    /// Names that are to be asked about, at most `most`: those that wait longest. They are not given out again before the
    /// answer is in or [`UNDER_WAY`] is over.
    pub fn due(&self, now: Instant, most: usize) -> Vec<Box<str>> {
        let mut known = self.known();
        let mut waiting: Vec<_> = known
            .entries_mut()
            .filter(|(_, entry)| entry.due <= now)
            .map(|(host, entry)| (entry.due, host, entry))
            .collect();
        waiting.sort_by(|one, other| (one.0, one.1).cmp(&(other.0, other.1)));
        let given = waiting.into_iter().take(most).map(|(_, host, entry)| {
            entry.due = now + UNDER_WAY;
            host.clone()
        });
        let given = given.collect();
        if std::mem::take(&mut known.stale) {
            self.publish(known);
        }
        given
    }

    /// What is behind `host`, nothing included, holds for `lifetime`. Gives the site when that is news.
    pub fn resolved(&self, host: &str, behind: Vec<Box<str>>, lifetime: Duration, now: Instant) -> Option<Box<str>> {
        let mut known = self.known();
        let (site, entry) = known.entry(host)?;
        entry.due = now + lifetime.clamp(LEAST, MOST);
        entry.failures = 0;
        if entry.behind.as_ref() == Some(&behind) {
            return None;
        }
        entry.behind = Some(behind);
        self.publish(known);
        Some(site)
    }

    /// Nobody answered about `host`. What was known of it stays.
    pub fn failed(&self, host: &str, now: Instant) {
        if let Some((_, entry)) = self.known().entry(host) {
            let wait = FIRST_RETRY.saturating_mul(1 << entry.failures.min(10));
            entry.due = now + wait.min(LAST_RETRY);
            entry.failures = entry.failures.saturating_add(1);
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets requests see what is known.
    fn publish(&self, mut known: MutexGuard<'_, Known>) {
        known.stale = false;
        let answered = known.sites.values().flatten();
        let answers = answered.filter_map(|(host, entry)| Some((host.clone(), entry.behind.clone()?))).collect();
        drop(known);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Aliases::new(answers));
    }
}

impl Known {
    fn entries_mut(&mut self) -> impl Iterator<Item = (&Box<str>, &mut Entry)> {
        self.sites.values_mut().flatten()
    }

    /// The site and the entry of a host.
    fn entry(&mut self, host: &str) -> Option<(Box<str>, &mut Entry)> {
        self.sites.iter_mut().find_map(|(site, hosts)| Some((site.clone(), hosts.get_mut(host)?)))
    }

    /// A page named `host`.
    fn name(&mut self, site: &str, host: &str) {
        let named = self.pages;
        if let Some((_, entry)) = self.entry(host) {
            entry.named = named;
            return;
        }
        let of_site = self.sites.get(site).map_or(0, HashMap::len);
        if of_site >= PER_SITE {
            self.forget_one(site);
        } else if self.names >= CAPACITY
            && let Some(largest) = self.sites.iter().max_by_key(|(_, hosts)| hosts.len()).map(|(site, _)| site.clone())
        {
            self.forget_one(&largest);
        }
        let entry = Entry { due: Instant::now(), named, failures: 0, behind: None };
        self.names += 1;
        self.sites.entry(site.into()).or_default().insert(host.into(), entry);
    }

    /// Forgets the name of a site that was named longest ago.
    fn forget_one(&mut self, site: &str) {
        let Some(hosts) = self.sites.get_mut(site) else { return };
        let oldest = hosts.iter().min_by_key(|(host, entry)| (entry.named, *host)).map(|(host, _)| host.clone());
        if let Some(entry) = oldest.and_then(|host| hosts.remove(&host)) {
            self.names = self.names.saturating_sub(1);
            self.stale |= entry.behind.is_some();
        }
        if hosts.is_empty() {
            self.sites.remove(site);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{CAPACITY, LAST_RETRY, LEAST, MOST, Names, PER_SITE, UNDER_WAY};

    fn held(names: &Names) -> usize {
        names.known().sites.values().map(std::collections::HashMap::len).sum()
    }

    fn hosts(of: std::ops::Range<usize>) -> Vec<Box<str>> {
        of.map(|at| format!("h{at}.shop.example").into()).collect()
    }

    #[test]
    fn answers_hold_for_their_time_and_failures_wait_longer_each_time() {
        let (names, now) = (Names::default(), Instant::now());
        names.saw("a", &["m.shop.example"]);
        names.saw("a", &["m.shop.example"]);
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
            names.saw(&site.to_string(), &hosts.iter().map(|host| &**host).collect::<Vec<_>>());
            assert_eq!(held(&names), ((site + 1) * PER_SITE).min(CAPACITY));
            assert_eq!(held(&names), names.known().names);
        }
        let known = names.known();
        assert_eq!(known.sites.len(), 40, "no site takes the room of all others");
        assert!(known.sites.values().all(|hosts| hosts.len() >= CAPACITY / 40 - 1));
    }

    #[test]
    fn the_name_that_was_named_longest_ago_makes_room() {
        let (names, now) = (Names::default(), Instant::now());
        for host in hosts(0..PER_SITE) {
            names.saw("a", &[&host]);
        }
        names.resolved("h0.shop.example", vec!["t.example".into()], MOST, now);
        names.resolved("h1.shop.example", vec!["t.example".into()], MOST, now);
        // A page of today names the first one again, and then come as many new ones as there is room for.
        names.saw("a", &["h0.shop.example"]);
        for host in hosts(1000..1000 + PER_SITE - 1) {
            names.saw("a", &[&host]);
        }
        let later = Instant::now();
        let due = names.due(later, usize::MAX);
        assert!(
            due.len() == PER_SITE - 1 && due.iter().all(|host| host.starts_with("h1") && host.len() == 18),
            "{due:?}"
        );
        let current = names.current();
        assert!(current.knows("h0.shop.example"), "which is known still");
        assert!(!current.knows("h1.shop.example"), "a forgotten one is asked about when it is named again");
        names.saw("a", &["h1.shop.example"]);
        assert_eq!(names.due(Instant::now(), 9), hosts(1..2));
    }

    #[test]
    fn whoever_waits_longest_is_next_and_nobody_is_asked_about_twice_at_once() {
        let names = Names::default();
        for host in ["z", "y", "x", "a"] {
            names.saw("s", &[host]);
        }
        let now = Instant::now() + Duration::from_secs(1);
        assert_eq!(names.due(now, 2), ["z".into(), "y".into()] as [Box<str>; 2]);
        // New ones with names that come first in the alphabet do not come first.
        names.saw("s", &["0"]);
        assert_eq!(names.due(now, 2), ["x".into(), "a".into()] as [Box<str>; 2]);
        assert_eq!(names.due(now, 9), ["0".into()] as [Box<str>; 1]);
        assert!(names.due(now, 9).is_empty());
        names.failed("y", now);
        names.resolved("x", Vec::new(), LEAST, now);
        // Nobody ever heard of the others again.
        assert_eq!(names.due(now + UNDER_WAY, 9).len(), 5);
    }
}
