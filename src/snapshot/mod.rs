//! Everything that a reload can change, compiled and immutable.
//!
//! A request pins one [`Snapshot`] and keeps it to its last byte. [`SnapshotCell`] is the only place that holds the
//! current one, and the only user of `arc-swap`.

mod build;
mod cell;
mod certificates;
mod countries;
mod modes;
mod plan;

use std::collections::HashMap;
use std::sync::Arc;

use crate::banner::{Asked, mirror};
use crate::catalog::Catalog;
use crate::config::{CountryDatabase, Limits, NameSystem, Upstream};
use crate::consent::{ConsentState, PurposeSet, PurposeTable, Regime};
use crate::policy::{RouteId, SitePolicy};
use crate::sources::{GpcOutcome, KeyRing, SourceUse};

pub use cell::SnapshotCell;
pub use modes::NotEnforced;
pub use plan::Plan;

/// A compiled configuration.
#[derive(Debug)]
pub struct Snapshot {
    /// Counts swaps. Set by [`SnapshotCell`].
    generation: u64,
    /// Names the content: equal configurations have equal revisions, on every replica. Eight hexadecimal digits.
    revision: Box<str>,
    /// Caps and timeouts.
    pub limits: Limits,
    /// Networks whose `X-Forwarded-*` fields are believed.
    pub trusted_proxies: Vec<(std::net::IpAddr, u8)>,
    /// How the name system is asked.
    pub names: NameSystem,
    /// All services.
    pub catalog: Arc<Catalog>,
    /// All purposes.
    pub purposes: Arc<PurposeTable>,
    /// What consent cookies are signed with.
    pub keys: Arc<KeyRing>,
    /// A policy that is evaluated beside this one and only counted.
    pub shadow: Option<Arc<Self>>,
    /// A policy for some visitors, and how many of ten thousand they are.
    canary: Option<(Arc<Self>, u16)>,
    /// By the addresses of listeners.
    certificates: Vec<(std::net::SocketAddr, Arc<rustls::sign::CertifiedKey>)>,
    sites: Vec<Arc<Site>>,
    by_host: HashMap<Box<str>, usize>,
    any_host: Option<usize>,
}

/// One site, compiled.
#[derive(Debug)]
pub struct Site {
    /// What is allowed.
    pub policy: Arc<SitePolicy>,
    /// The shop.
    pub upstreams: Vec<Upstream>,
    /// Where our own endpoints live, without a trailing `/`.
    pub own_path: Box<str>,
    /// The sources to read.
    pub sources: Vec<SourceUse>,
    /// Whether we say at the well-known place that Global Privacy Control is honoured.
    pub gpc_file: bool,
    /// What browsers are asked to clear when a visitor withdraws something here: the value of `Clear-Site-Data`.
    pub clear_site_data: Option<Box<str>>,
    /// The purposes that visitors are asked about.
    pub asked: Vec<Asked>,
    /// The banner's markup; `None` where Vestibule does not ask.
    pub banner: Option<Banners>,
    /// The mirror's tag; `None` where no source is mirrored.
    pub mirror: Option<MirrorTags>,
    /// The field of a trusted proxy's request that names the visitor's country, lower case.
    pub country_header: Option<Box<str>>,
    /// Says which country an address is in, where it matters and the field does not say so.
    pub countries: Option<Arc<CountryDatabase>>,
    /// Purposes whose boxes are ticked for visitors who did not choose yet.
    pub preselected: PurposeSet,
    /// The policy that plans are made of: it enforces, because a route may do so where the site only observes.
    enforcing: Arc<SitePolicy>,
    /// One plan per set of granted purposes, by its bits.
    plans: HashMap<u32, Arc<Plan>>,
}

/// A banner, ready to go into pages.
#[derive(Clone, Debug)]
pub struct Banner {
    /// Tells it apart in validators.
    pub name: &'static str,
    /// Its markup.
    pub markup: Arc<str>,
}

/// The banner in its forms: each plain, and saying that Global Privacy Control is honoured.
#[derive(Clone, Debug)]
pub struct Banners {
    /// Where nothing happens before a yes.
    pub asks_first: [Banner; 2],
    /// Where things happen until a no.
    pub until_objection: [Banner; 2],
}

impl Banners {
    /// The one for visitors under `regime`, whose Global Privacy Control came to `gpc`.
    pub const fn under(&self, regime: Regime, gpc: Option<GpcOutcome>) -> &Banner {
        let [plain, honouring] = if regime.asks_first() { &self.asks_first } else { &self.until_objection };
        if matches!(gpc, Some(GpcOutcome::Honoured)) { honouring } else { plain }
    }
}

/// The mirror's tag in its two forms.
#[derive(Clone, Debug)]
pub struct MirrorTags {
    /// For visitors of whom the edge knows no choice by the mirror.
    pub unseen: Arc<str>,
    /// For the others.
    pub seen: Arc<str>,
}

impl MirrorTags {
    fn new(own_path: &str, sources: &[SourceUse]) -> Option<Self> {
        let tag = |seen| mirror::tag(own_path, sources, seen).map(Into::into);
        Some(Self { unseen: tag(false)?, seen: tag(true)? })
    }
}

impl Snapshot {
    /// The number of this snapshot. It grows with every swap, across restarts where a state directory is kept.
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// Gives this snapshot, and what it has on trial, the number of a generation.
    fn count(&mut self, generation: u64) {
        self.generation = generation;
        let on_trial = self.shadow.iter_mut().chain(self.canary.iter_mut().map(|(canary, _)| canary));
        // Nobody shares them before the first request pins the snapshot.
        on_trial.filter_map(Arc::get_mut).for_each(|other| other.generation = generation);
    }

    /// What names the content.
    pub fn revision(&self) -> &str {
        &self.revision
    }

    /// The site that answers for `host` (ASCII lower case, no port, no trailing dot).
    pub fn site(&self, host: &str) -> Option<&Arc<Site>> {
        let at = self.by_host.get(host).copied().or(self.any_host)?;
        self.sites.get(at)
    }

    /// The policy for some visitors that is on trial, if this one is among them. `visitor` tells them apart.
    pub fn canary_for(&self, visitor: impl FnOnce() -> Vec<u8>) -> Option<Arc<Self>> {
        let (canary, share) = self.canary.as_ref()?;
        (self.keys.share_of(&visitor()) < *share).then(|| Arc::clone(canary))
    }

    /// The revision of the policy for some visitors, and how many of a hundred they are.
    pub fn canary(&self) -> Option<(&str, u16)> {
        self.canary.as_ref().map(|(canary, share)| (&*canary.revision, share / 100))
    }

    /// All sites, in the order of the configuration.
    pub fn sites(&self) -> &[Arc<Site>] {
        &self.sites
    }

    /// The plan for a consent state on a route: precomputed unless services were granted or refused by name.
    pub fn plan(&self, site: &Site, state: &Arc<ConsentState>, route: Option<RouteId>) -> Arc<Plan> {
        let known = if state.service_grants().is_empty() {
            // To deny a purpose on a route comes to the same as never having granted it.
            let granted = state.granted().intersection(site.policy.offered).difference(site.policy.denied_on(route));
            site.plans.get(&granted.bits()).cloned()
        } else {
            None
        };
        known.unwrap_or_else(|| Arc::new(Plan::new(&site.enforcing, &self.catalog, state, route, &self.revision)))
    }
}
