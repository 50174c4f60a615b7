//! The cookies of one consent tool in one request.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::super::{MAX_VALUE, RequestView, SourceSettings, after_name, cookie_pairs};
use super::{Cmp, Reading, Said, Told, Trouble, Unsaid, text};
use crate::consent::Grant;

/// The most copies of one cookie that are looked at.
pub(super) const MAX_COPIES: usize = 8;

/// The most cookies of one tool that each stand for a category.
const MAX_CATEGORIES: usize = 64;

/// The most cookies whose names end alike but for what a `*` stands for.
const MAX_NAMES: usize = 16;

/// Why a value that exceeds [`MAX_VALUE`] is not read.
pub(super) const TOO_LONG: &str = "too long";

/// Why no yes stands where there are more cookies than are looked at: who sends that many hides something in them.
const TOO_MANY: &str = "too many copies";

/// Why no yes stands that only some copies say.
const DIFFER: &str = "copies of a cookie differ";

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
        let name = self.settings.name_of(known);
        cookie_pairs(self.request.headers).filter_map(move |pair| Some((after_name(pair.name, name)?, pair.value)))
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
            None if self.has(at) => Err(DIFFER),
            value => Ok(value),
        }
    }

    /// What all copies of the cookie that stands at `at` say together: `read` is called for each of them with its
    /// value.
    pub(super) fn all(&self, at: usize, read: fn(&[u8], &Self) -> Reading) -> Told {
        let mut copies = self.copies();
        let over = at_most(MAX_COPIES, self.values(at), |value| copies.add(self.read(value, read)));
        if over {
            copies.add(Err(TOO_MANY.into()));
        }
        copies.told()
    }

    /// What cookies of different names say together, of all that `named` finds at `at`: copies of one name as in
    /// [`Jar::all`], and a name under which nobody chose takes nothing from the others. `read` is called with what the
    /// `*` stands for, and gives `None` for a cookie that is another one.
    pub(super) fn each(&self, at: usize, mut read: impl FnMut(&[u8], &[u8]) -> Option<Told>) -> Told {
        let mut names: BTreeMap<&[u8], Copies> = BTreeMap::new();
        let read = self.named(at).filter_map(|(name, value)| {
            let long = value.len() > MAX_VALUE;
            let one = read(name, if long { b"" } else { value })?;
            Some((name, if long { Err(TOO_LONG.into()) } else { one }))
        });
        let over = at_most(MAX_NAMES, read, |(name, one)| {
            let one = one.and_then(|said| Ok(self.of_now(said)?));
            names.entry(name).or_insert_with(|| self.copies()).add(one);
        });
        let mut all = self.copies();
        for copies in names.into_values() {
            all.join(copies.told());
        }
        if over {
            all.add(Err(TOO_MANY.into()));
        }
        all.told()
    }

    /// What the cookie at 0 says, or where it says nothing, the older one at 1.
    pub(super) fn newer(&self, new: fn(&[u8], &Self) -> Reading, old: fn(&[u8], &Self) -> Reading) -> Told {
        match self.all(0, new) {
            Ok(None) => self.all(1, old),
            told => told,
        }
    }

    /// Room for copies of what this tool says.
    pub(super) const fn copies(&self) -> Copies {
        Copies::new(self.cmp.unsaid)
    }

    fn read(&self, value: &[u8], read: fn(&[u8], &Self) -> Reading) -> Told {
        if value.len() > MAX_VALUE {
            return Err(TOO_LONG.into());
        }
        Ok(self.of_now(read(value, self)?)?)
    }

    /// A copy from the future must not pass for the newest one. One that is too old may be the older of two.
    pub(super) fn of_now(&self, said: Option<Said>) -> Reading {
        said.map(|said| said.of_now(self.request)).transpose()
    }

    /// Whether an answer to the question of that `version` counts on this site.
    pub(super) fn answers(&self, version: Option<u64>) -> bool {
        self.settings.revision.is_none_or(|oldest| version.is_some_and(|version| version >= oldest))
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
        let over = at_most(MAX_CATEGORIES, named, |(name, value)| {
            words.read(name, text::plain(value).and_then(grant));
        });
        if over {
            words.odd();
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

/// Calls `each` for the first `most`, and says whether there are more: what is cut off may be a refusal.
pub(super) fn at_most<T>(most: usize, all: impl IntoIterator<Item = T>, each: impl FnMut(T)) -> bool {
    let mut all = all.into_iter();
    all.by_ref().take(most).for_each(each);
    all.next().is_some()
}

/// Several copies of one statement.
///
/// A copy that cannot be read, or in which nobody chose, may stand for a refusal: no yes of the others counts beside
/// it, while what they refuse stays refused.
#[derive(Debug)]
pub(super) struct Copies {
    unsaid: Unsaid,
    said: Vec<Said>,
    silent: bool,
    trouble: Option<&'static str>,
}

impl Copies {
    /// Of a tool for which it means that, not to mention a category.
    pub(super) const fn new(unsaid: Unsaid) -> Self {
        Self { unsaid, said: Vec::new(), silent: false, trouble: None }
    }

    /// Adds a copy.
    pub(super) fn add(&mut self, one: Told) {
        self.silent |= matches!(one, Ok(None));
        self.join(one);
    }

    /// Adds what comes from elsewhere, where to be silent means nothing.
    pub(super) fn join(&mut self, one: Told) {
        match one {
            Ok(said) => self.said.extend(said),
            Err(Trouble { why, left }) => {
                self.trouble.get_or_insert(why);
                self.said.extend(left.map(|said| *said));
            }
        }
    }

    /// What they say together.
    pub(super) fn told(self) -> Told {
        let said = Said::together(self.said, self.unsaid);
        match self.trouble.or_else(|| (self.silent && said.is_some()).then_some(DIFFER)) {
            Some(why) => Err(Trouble { why, left: said.map(|said| Box::new(said.doubted())) }),
            None => Ok(said),
        }
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
