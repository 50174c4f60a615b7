//! Everything that a reload can change, compiled and immutable.
//!
//! A request pins one [`Snapshot`] and keeps it to its last byte. [`SnapshotCell`] is the only place that holds the
//! current one, and the only user of `arc-swap`.

mod build;
mod cell;
mod modes;
mod plan;

use std::collections::HashMap;
use std::sync::Arc;

use crate::banner::Asked;
use crate::catalog::Catalog;
use crate::config::{Limits, Upstream};
use crate::consent::{ConsentState, PurposeTable};
use crate::policy::SitePolicy;
use crate::sources::KeyRing;

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
    /// All services.
    pub catalog: Arc<Catalog>,
    /// All purposes.
    pub purposes: Arc<PurposeTable>,
    /// What consent cookies are signed with.
    pub keys: Arc<KeyRing>,
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
    pub sources: Vec<Box<str>>,
    /// How long a choice is kept, in seconds.
    pub choice_lifetime: u64,
    /// The purposes that visitors are asked about.
    pub asked: Vec<Asked>,
    /// The banner's markup; `None` where Vestibule does not ask.
    pub banner: Option<Arc<str>>,
    /// One plan per set of granted purposes, by its bits.
    plans: HashMap<u32, Arc<Plan>>,
}

impl Snapshot {
    /// The number of this snapshot. It grows with every swap, across restarts where a state directory is kept.
    pub const fn generation(&self) -> u64 {
        self.generation
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

    /// All sites, in the order of the configuration.
    pub fn sites(&self) -> &[Arc<Site>] {
        &self.sites
    }

    /// The plan for a consent state: precomputed unless services were granted or refused by name.
    pub fn plan(&self, site: &Site, state: &Arc<ConsentState>) -> Arc<Plan> {
        let known = if state.service_grants().is_empty() {
            let bits = state.granted().intersection(site.policy.offered).bits();
            site.plans.get(&bits).cloned()
        } else {
            None
        };
        known.unwrap_or_else(|| Arc::new(Plan::new(&site.policy, &self.catalog, state)))
    }
}
