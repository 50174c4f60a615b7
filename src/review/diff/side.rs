//! One of the two policies, ready to be asked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use url::Url;

use super::{Group, Region};
use crate::catalog::Catalog;
use crate::config::{Config, SiteConfig};
use crate::consent::{ConsentState, Grant, PurposeId, Regime, Signal, SignalKind, SourceId, resolve};
use crate::enforce::{Judge, Page};
use crate::policy::{Decision, Mode, OwnedItem, Party, RouteId, SitePolicy, Verdict};

/// What a visitor said about a single service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ByName {
    Nothing,
    Granted(String),
    Refused(String),
}

/// One policy as if it enforced everywhere.
#[derive(Debug)]
pub(super) struct Side<'a> {
    pub(super) config: &'a Config,
    pub(super) settings: &'a SiteConfig,
    pub(super) site: Arc<SitePolicy>,
    catalog: Arc<Catalog>,
    page: Arc<Page>,
    states: BTreeMap<(u32, ByName), Arc<ConsentState>>,
}

impl<'a> Side<'a> {
    pub(super) fn of(config: &'a Config, site: usize) -> Option<Self> {
        let settings = config.sites.get(site)?;
        Some(Self {
            config,
            settings,
            site: Arc::new(settings.policy.clone()).everywhere_enforcing(),
            catalog: Arc::new(Catalog::new(config.services.clone())),
            page: Arc::new(Page::new(Url::parse("https://page.invalid/").ok()?)),
            states: BTreeMap::new(),
        })
    }

    /// Whose `host` is, seen from a page on `page`.
    pub(super) fn party(&self, page: &str, host: &str) -> Party {
        let Ok(url) = Url::parse(&format!("https://{page}/")) else {
            return Party::Third;
        };
        self.judge(Arc::new(ConsentState::undecided()), None, Arc::new(Page::new(url))).party(host)
    }

    fn judge(&self, state: Arc<ConsentState>, route: Option<RouteId>, page: Arc<Page>) -> Judge {
        Judge::new(Arc::clone(&self.site), Arc::clone(&self.catalog), state, route, page)
    }

    /// What is decided for a visitor who agreed to `granted`, as far as it is asked for here.
    pub(super) fn decide(
        &mut self,
        item: &OwnedItem,
        route: Option<RouteId>,
        granted: &BTreeSet<&str>,
        by_name: &ByName,
    ) -> Decision {
        let offered = self.site.offered;
        let asked = granted.iter().filter_map(|name| self.config.purposes.get(name));
        let granted: Vec<PurposeId> = asked.filter(|purpose| offered.contains(*purpose)).collect();
        let bits = granted.iter().fold(0_u32, |bits, purpose| bits | (1 << purpose.index()));
        let state = if let Some(known) = self.states.get(&(bits, by_name.clone())) {
            Arc::clone(known)
        } else {
            let purposes = granted.into_iter().map(|purpose| (purpose, Grant::Granted)).collect();
            let named = match by_name {
                ByName::Nothing => None,
                ByName::Granted(id) => Some((id, Grant::Granted)),
                ByName::Refused(id) => Some((id, Grant::Denied)),
            };
            let services = named.and_then(|(id, grant)| Some((self.catalog.get(id)?, grant))).into_iter().collect();
            let signal = Signal {
                source: SourceId("class"),
                kind: SignalKind::Collected,
                at: None,
                knowing: true,
                purposes,
                services,
            };
            let state = Arc::new(resolve(&[signal], Regime::OPT_IN));
            self.states.insert((bits, by_name.clone()), Arc::clone(&state));
            state
        };
        let decision = self.judge(state, route, Arc::clone(&self.page)).decision(&item.as_item());
        // What a rule on trial says is not carried out.
        if decision.mode == Mode::Observe { Decision { verdict: Verdict::Keep, ..decision } } else { decision }
    }

    /// The reason of a decision in words that mean the same on both sides.
    pub(super) fn told(&self, decision: &Decision) -> (&'static str, String, String) {
        let reason = decision.reason;
        let service = reason.service.and_then(|id| self.catalog.service(id)).map_or("", |service| &service.id);
        let purpose = reason.purpose.map_or("", |purpose| self.config.purposes.name(purpose));
        (reason.rule.as_str(), service.to_owned(), purpose.to_owned())
    }

    /// The services that `item` is recognised as, by id.
    pub(super) fn recognised(&self, item: &OwnedItem) -> Vec<String> {
        let found = item.as_item().recognised(&self.catalog);
        found.into_iter().filter_map(|id| self.catalog.service(id)).map(|service| service.id.to_string()).collect()
    }

    /// The pattern of a route; empty where none holds.
    pub(super) fn pattern(&self, route: Option<RouteId>) -> String {
        let route = route.and_then(|route| self.site.routes.get(usize::from(route.0)));
        route.map_or_else(String::new, |route| {
            let methods = route.methods.join(", ");
            if methods.is_empty() {
                route.path.as_str().to_owned()
            } else {
                format!("{methods} {}", route.path.as_str())
            }
        })
    }

    fn names(&self, purposes: crate::consent::PurposeSet) -> BTreeSet<&str> {
        purposes.iter().map(|purpose| self.config.purposes.name(purpose)).filter(|name| !name.is_empty()).collect()
    }

    /// The sets of purposes that a decision about these services looks at, on this route.
    fn sets(&self, route: Option<RouteId>, services: &BTreeSet<String>) -> Vec<BTreeSet<&str>> {
        let mut sets = vec![self.names(self.site.offered), self.names(self.site.denied_on(route))];
        for id in services {
            let service = self.catalog.get(id).and_then(|id| self.catalog.service(id));
            sets.push(service.map(|service| self.names(service.purposes)).unwrap_or_default());
        }
        sets
    }
}

/// The purposes that either side asks for, those together that all rules treat alike.
pub(super) fn groups(old: &Side<'_>, new: &Side<'_>, region: &Region, services: &BTreeSet<String>) -> Vec<Group> {
    let sets: Vec<BTreeSet<&str>> =
        old.sets(region.old, services).into_iter().chain(new.sets(region.new, services)).collect();
    let mut groups: BTreeMap<Vec<bool>, Group> = BTreeMap::new();
    let asked: BTreeSet<&str> = old.names(old.site.offered).union(&new.names(new.site.offered)).copied().collect();
    for name in asked {
        let membership = sets.iter().map(|set| set.contains(name)).collect();
        groups.entry(membership).or_default().push(name.into());
    }
    groups.into_values().collect()
}

/// What can be said about single services that matters here: nothing, each of `services`, and a refusal of one that
/// neither side takes the item for, because a visitor who refuses anything did not agree to everything. Such a refusal
/// counts on a side only if the service is known there.
pub(super) fn by_names(old: &Side<'_>, new: &Side<'_>, services: &BTreeSet<String>) -> Vec<ByName> {
    let mut all = vec![ByName::Nothing];
    for id in services {
        all.extend([ByName::Granted(id.clone()), ByName::Refused(id.clone())]);
    }
    let known = old.config.services.iter().chain(&new.config.services).map(|service| &service.id);
    let mut by_sides: BTreeMap<(bool, bool), String> = BTreeMap::new();
    for id in known.filter(|id| !services.contains(&***id)) {
        let sides = (old.catalog.get(id).is_some(), new.catalog.get(id).is_some());
        by_sides.entry(sides).or_insert_with(|| id.to_string());
    }
    all.extend(by_sides.into_values().map(ByName::Refused));
    all
}
