//! A source as one site uses it: which cookies it is read from, and what its words mean there.

use std::collections::BTreeMap;

use super::{ConsentSource, SOURCES, all};
use crate::consent::{PurposeSet, ServiceId};

/// Which hosts a cookie is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CookieDomain {
    /// The one that set it.
    Host,
    /// This domain with everything below it.
    Covering(Box<str>),
}

/// What a site says about a source, over and above what is known of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceSettings {
    /// Names of cookies by the names that the tool gives them, where the site has others.
    pub cookies: BTreeMap<Box<str>, Box<str>>,
    /// The tool's categories (or services), by name: which purposes each of them stands for. Wins over what is known of the
    /// tool; no purpose at all means that the category is not read.
    pub map: BTreeMap<Box<str>, PurposeSet>,
    /// The tool's names for services of the catalog.
    pub services: BTreeMap<Box<str>, ServiceId>,
    /// Purposes that the tool has no word for, and that are agreed to once everything that it asks about is.
    pub with_all: PurposeSet,
    /// The oldest version of the tool's question whose answers still count, where the tool numbers them.
    pub revision: Option<u64>,
    /// Whether the tool's cookies are set again by HTTP, and for which domain.
    pub rescue: Option<CookieDomain>,
    /// Whether the mirror tells what the tool keeps in the browser alone.
    pub mirror: bool,
    /// How old a choice may be, in seconds, where the tool dates it.
    pub max_age: Option<u64>,
}

impl SourceSettings {
    /// What the cookie that the tool calls `known` is called here.
    pub fn name_of<'s>(&'s self, known: &'s str) -> &'s str {
        self.cookies.get(known).map_or(known, |own| own)
    }
}

/// A source and what the site says about it.
#[derive(Clone, Debug)]
pub struct SourceUse {
    /// The source.
    pub source: &'static dyn ConsentSource,
    /// What the site says about it.
    pub settings: SourceSettings,
}

impl SourceUse {
    /// The source called `id`, as it is known.
    pub fn named(id: &str) -> Option<Self> {
        let source = all().find(|source| source.id().0 == id)?;
        Some(Self::of(source))
    }

    /// The purposes that it can grant on this site.
    pub fn asks_about(&self) -> PurposeSet {
        let own = self.settings.map.values().fold(self.settings.with_all, |all, purposes| all.union(*purposes));
        own.union(self.source.asks_about())
    }

    /// The names of the cookies that it is read from here; a `*` at the end stands for anything.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.source.cookies().iter().map(|name| self.settings.name_of(name))
    }

    /// `source`, as it is known.
    fn of(source: &'static dyn ConsentSource) -> Self {
        let only_mirrored = source.cmp().is_some_and(|cmp| cmp.cookies.is_empty());
        Self { source, settings: SourceSettings { mirror: only_mirrored, ..SourceSettings::default() } }
    }

    /// What a site reads that says nothing else: our own banner, and standing objections.
    pub fn usual() -> Vec<Self> {
        SOURCES
            .iter()
            .filter(|source| ["own", "gpc"].contains(&source.id().0))
            .map(|source| Self::of(*source))
            .collect()
    }
}
