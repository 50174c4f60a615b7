//! What real traffic shows: hosts and cookies that nobody classified, announced once each.
//!
//! Bounded, in memory, without anything that belongs to a visitor: names and counts only. Some shops put a visitor's number
//! into the name of a cookie; what may be one becomes `*`, which is also the pattern that classifies all of them.

mod names;

use std::collections::BTreeMap;
use std::sync::Mutex;

use crate::enforce::{Finding, Journal, Surface};
use crate::policy::{Rule, Until, Verdict};
use crate::telemetry::events;

pub use names::Names;

/// How many different names are remembered. Later ones are neither announced nor counted.
const CAPACITY: usize = 4096;

/// Everything unknown that was met since start.
#[derive(Debug, Default)]
pub struct Inventory {
    seen: Mutex<BTreeMap<Name, u64>>,
    names: Names,
}

/// Site, kind and name.
type Name = (Box<str>, Kind, Box<str>);

/// What an unknown name names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A third-party host.
    Host,
    /// A cookie set by the shop.
    Cookie,
}

impl Inventory {
    /// Takes in what one request found and announces what is new.
    pub fn record(&self, site: &str, journal: &Journal) {
        let hosts: Vec<&str> = journal.hosts().collect();
        self.names.saw(site, &hosts);
        for finding in journal.findings() {
            match finding.reason.rule {
                Rule::UnknownThirdParty => {
                    let host = finding.subject.rsplit(' ').next().unwrap_or_default();
                    // What cannot be read has no host that could be classified.
                    if !host.ends_with(".invalid") && self.first(site, Kind::Host, host) {
                        events::unknown_host(site, host, action(finding), &classify("hosts", host));
                    }
                }
                Rule::UnknownCookie if finding.surface == Surface::SetCookie => {
                    let name = without_numbers(&finding.subject);
                    if self.first(site, Kind::Cookie, &name) {
                        events::unknown_cookie(site, &name, action(finding), &classify("cookies", &name));
                    }
                }
                _ => {}
            }
        }
    }

    /// The shop's own sub-domains, and what they stand for.
    pub const fn names(&self) -> &Names {
        &self.names
    }

    /// Counts `name` and tells whether it is new.
    fn first(&self, site: &str, kind: Kind, name: &str) -> bool {
        // A poisoned lock means that a panic happened while counting; the counts are still good enough.
        let mut seen = self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let full = seen.len() >= CAPACITY;
        let key = (site.into(), kind, name.into());
        if let Some(count) = seen.get_mut(&key) {
            *count = count.saturating_add(1);
            return false;
        }
        if full {
            return false;
        }
        seen.insert(key, 1);
        true
    }

    /// Site, kind, name and count of everything unknown, sorted.
    pub fn snapshot(&self) -> Vec<(Box<str>, Kind, Box<str>, u64)> {
        let seen = self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        seen.iter().map(|((site, kind, name), count)| (site.clone(), *kind, name.clone(), *count)).collect()
    }
}

/// The least digits, of letters and digits that could be hexadecimal, that may stand for somebody.
const TELLING: usize = 4;

/// `name` with `*` for each run of hexadecimal letters and digits in which there are many digits.
fn without_numbers(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let hexadecimal = |letter: char| letter.is_ascii_hexdigit();
        let end = rest.find(|letter| hexadecimal(letter) != hexadecimal(first)).unwrap_or(rest.len());
        let (run, behind) = rest.split_at_checked(end).unwrap_or((rest, ""));
        if run.bytes().filter(u8::is_ascii_digit).count() >= TELLING {
            out.push('*');
        } else {
            out.push_str(run);
        }
        rest = behind;
    }
    out
}

const fn action(finding: &Finding) -> &'static str {
    match (finding.enforced, finding.verdict) {
        (false, _) => "nothing (observe mode)",
        (true, Verdict::Drop) => "blocked",
        (true, Verdict::Shorten(Until::Visit)) => "kept until the browser is closed",
        (true, Verdict::Shorten(Until::Days(_))) => "kept for a limited time",
        (true, Verdict::Keep | Verdict::Narrow | Verdict::Coarsen) => "kept",
    }
}

/// The line of TOML that classifies a name; the purpose is for the operator to choose.
fn classify(key: &str, name: &str) -> String {
    let letters =
        name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' });
    let id: String = letters.take(64).collect();
    let id = id.trim_matches('-');
    let name: String = name.chars().filter(|letter| *letter != '"' && *letter != '\\').collect();
    format!(r#"service = [{{ id = "{id}", name = "{name}", purpose = "functional", {key} = ["{name}"] }}]"#)
}

#[cfg(test)]
mod tests {
    use super::without_numbers;

    #[test]
    fn what_may_be_a_visitors_number_is_not_named() {
        for (name, told) in [
            ("remember_12345", "remember_*"),
            ("wp_0a1b2c3d4e5f", "wp_*"),
            ("_pk_id.1.abcd", "_pk_id.1.abcd"),
            ("cart_v2", "cart_v2"),
            ("u550e8400-e29b-41d4-a716-446655440000x", "u*-e29b-41d4-a716-*x"),
            ("", ""),
        ] {
            assert_eq!(without_numbers(name), told, "{name}");
        }
    }
}
