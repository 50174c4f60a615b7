//! The cookies of one consent tool in one request.

use super::super::{RequestView, SourceSettings, cookie_pairs};
use super::Cmp;

/// The cookies that a tool wrote, under the names that they have on this site.
#[derive(Clone, Copy, Debug)]
pub struct Jar<'r> {
    cmp: &'r Cmp,
    settings: &'r SourceSettings,
    request: &'r RequestView<'r>,
}

impl<'r> Jar<'r> {
    pub(super) const fn new(cmp: &'r Cmp, settings: &'r SourceSettings, request: &'r RequestView<'r>) -> Self {
        Self { cmp, settings, request }
    }

    /// The values of the cookie that stands at `at` in [`Cmp::cookies`], one for each copy.
    pub fn values(&self, at: usize) -> impl Iterator<Item = &'r [u8]> + use<'r> {
        self.named(at).map(|(_, value)| value)
    }

    /// The same with what the `*` in the cookie's name stands for; empty where there is none.
    pub fn named(&self, at: usize) -> impl Iterator<Item = (&'r [u8], &'r [u8])> + use<'r> {
        let known = self.cmp.cookies.get(at).copied().unwrap_or_default();
        let name = self.settings.cookies.get(known).map_or(known, |own| own);
        let (name, open) = name.strip_suffix('*').map_or((name, false), |start| (start, true));
        cookie_pairs(self.request.headers).filter_map(move |pair| {
            let rest = pair.name.strip_prefix(name.as_bytes())?;
            (!name.is_empty() && (open || rest.is_empty())).then_some((rest, pair.value))
        })
    }

    /// Whether there is a cookie of the name that stands at `at`.
    pub fn has(&self, at: usize) -> bool {
        self.values(at).next().is_some()
    }

    /// The only value of the cookie that stands at `at`; `None` when there is none, or when copies differ.
    pub fn only(&self, at: usize) -> Option<&'r [u8]> {
        let mut values = self.values(at);
        let first = values.next()?;
        values.all(|other| other == first).then_some(first)
    }

    /// The oldest version of the question whose answers still count, if the site says so.
    pub const fn revision(&self) -> Option<u64> {
        self.settings.revision
    }

    /// Seconds since the Unix epoch.
    pub const fn now(&self) -> u64 {
        self.request.now
    }
}
