//! The cookies of one consent tool in one request.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::super::{MAX_VALUE, RequestView, SourceSettings, cookie_pairs};
use super::{Cmp, Reading, Said, text};
use crate::consent::Grant;

/// The most copies of one cookie that are looked at.
const MAX_COPIES: usize = 8;

/// The most cookies of one tool that each stand for a category.
const MAX_CATEGORIES: usize = 64;

/// Why a value that exceeds [`MAX_VALUE`] is not read.
const TOO_LONG: &str = "too long";

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

    /// The only value of the cookie that stands at `at`, where it is one that may be read.
    pub fn read_only(&self, at: usize) -> Result<Option<&'r [u8]>, &'static str> {
        match self.only(at) {
            Some(value) if value.len() > MAX_VALUE => Err(TOO_LONG),
            None if self.has(at) => Err("copies of a cookie differ"),
            value => Ok(value),
        }
    }

    /// What all copies of the cookie that stands at `at` say together: `read` is called for each of them with its
    /// value.
    pub(super) fn all(&self, at: usize, read: fn(&[u8], &Self) -> Reading) -> Reading {
        let (mut all, mut copies) = (Ok(None), self.values(at));
        for value in copies.by_ref().take(MAX_COPIES) {
            let one = if value.len() > MAX_VALUE { Err(TOO_LONG) } else { read(value, self) };
            all = match (all, one) {
                (Ok(None), one) => one,
                (all, Ok(None)) => all,
                (Ok(Some(all)), Ok(Some(one))) => Ok(Some(Said::merged(all, one))),
                // One copy that cannot be read makes the others doubtful.
                (Err(why), _) | (_, Err(why)) => Err(why),
            };
        }
        // Who sends more copies than that hides something in them.
        if copies.next().is_some() { Err("too many copies") } else { all }
    }

    /// What a tool says that writes one cookie per category: the one at `at` ends in `*`, which stands for the
    /// category. Copies of one category fall to the protective side. Empty when there is none.
    pub(super) fn categories(
        &self,
        at: usize,
        category: for<'n> fn(&'n str) -> Option<&'n str>,
        grant: fn(&str) -> Option<Grant>,
    ) -> Result<Vec<(String, Grant)>, &'static str> {
        let mut words = Words::default();
        let named = self.named(at).filter_map(|(name, value)| Some((category(text::plain(name)?)?, value)));
        for (name, value) in named.take(MAX_CATEGORIES) {
            words.read(name, text::plain(value).and_then(grant));
        }
        words.said("a category is neither yes nor no")
    }

    /// The categories that the site itself named.
    pub(super) fn own_words(&self) -> impl Iterator<Item = &'r str> + use<'r> {
        self.settings.map.keys().map(|word| &**word)
    }

    /// Cookies that are called like one of the site's own categories, with that category. What the site has for the
    /// cookie that stands at `at` comes before it.
    pub(super) fn of_own_words(&self, at: usize) -> impl Iterator<Item = (&'r str, &'r [u8])> + use<'r> {
        let known = self.cmp.cookies.get(at).copied().unwrap_or_default();
        let prefix = self.settings.cookies.get(known).map_or("", |own| own.strip_suffix('*').unwrap_or(own));
        let settings = self.settings;
        cookie_pairs(self.request.headers).filter_map(move |pair| {
            let name = pair.name.strip_prefix(prefix.as_bytes())?;
            let word = settings.map.keys().find(|word| word.as_bytes() == name)?;
            Some((&**word, pair.value))
        })
    }

    /// The oldest version of the question whose answers still count, if the site says so.
    pub const fn revision(&self) -> Option<u64> {
        self.settings.revision
    }

    /// The request itself.
    pub(super) const fn request(&self) -> &'r RequestView<'r> {
        self.request
    }

    /// What the site says about the tool.
    pub(super) const fn settings(&self) -> &'r SourceSettings {
        self.settings
    }

    /// Seconds since the Unix epoch.
    pub const fn now(&self) -> u64 {
        self.request.now
    }
}

/// Words as they are read, some of which may be odd.
///
/// A value that can be read in part is not trusted with a yes any more, while a refusal in it stands: what broke it may
/// have taken another refusal away.
#[derive(Debug, Default)]
pub(super) struct Words {
    said: BTreeMap<String, Grant>,
    odd: bool,
}

impl Words {
    /// Adds what is said about `name`; `None` when it could not be read.
    pub(super) fn read(&mut self, name: &str, grant: Option<Grant>) {
        match grant {
            Some(grant) if !name.is_empty() => {
                let known = self.said.entry(name.to_owned()).or_insert(grant);
                *known = known.protective(grant);
            }
            _ => self.odd(),
        }
    }

    /// Adds every name of a JSON object.
    pub(super) fn object(map: &Map<String, Value>, grant: fn(&Value) -> Option<Grant>) -> Self {
        let mut words = Self::default();
        map.iter().for_each(|(name, value)| words.read(name, grant(value)));
        words
    }

    /// Something in the value could not be read.
    pub(super) const fn odd(&mut self) {
        self.odd = true;
    }

    /// Everything that was read; where something was odd, refusals only, and `why` when there is none.
    pub(super) fn said(mut self, why: &'static str) -> Result<Vec<(String, Grant)>, &'static str> {
        if self.odd {
            if !self.said.values().any(|grant| *grant == Grant::Denied) {
                return Err(why);
            }
            self.said.values_mut().for_each(|grant| *grant = grant.protective(Grant::Undecided));
        }
        Ok(self.said.into_iter().collect())
    }
}
