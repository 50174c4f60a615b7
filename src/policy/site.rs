//! The compiled policy of one site.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Mode, Reason, Route, RouteId, Rule};
use crate::catalog::{FilterLists, Pattern, plain_path};
use crate::consent::{PurposeId, PurposeSet, Regime, Regimes, ServiceId};

/// What to do with third-party hosts that nobody classified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnknownThirdParty {
    /// They may serve any purpose, so they need every purpose: contacted only once the visitor agreed to all.
    #[default]
    Deny,
    /// They pass.
    Allow,
}

/// What to do with cookies that nobody classified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnknownCookies {
    /// Kept for the visit: a lifetime beyond it is cut until someone classifies the cookie, or the visitor agreed to all.
    #[default]
    Session,
    /// Dropped until the visitor agreed to all.
    Deny,
    /// Kept as they are.
    Allow,
}

/// A cookie, host or parameter that the shop cannot work without, with the reason why.
#[derive(Clone, Debug)]
pub struct NecessaryItem {
    /// The cookie name, the host, or the name of the parameter in ASCII lower case.
    pub pattern: Pattern,
    /// Why it is necessary, in the operator's words.
    pub reason: Box<str>,
}

impl NecessaryItem {
    /// Whether it covers `name` in any case of letters.
    pub(super) fn covers_folded(&self, name: &[u8]) -> bool {
        self.pattern.matches(name) || self.pattern.matches(&name.to_ascii_lowercase())
    }
}

/// Rules whose decisions are recorded and not carried out, although the site enforces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObservedRules {
    /// Services, sorted by id.
    pub services: Vec<ServiceId>,
    /// What nobody classified: third-party hosts.
    pub unknown_third_party: bool,
    /// What nobody classified: cookies.
    pub unknown_cookies: bool,
    /// What filter lists block.
    pub filter_lists: bool,
}

impl ObservedRules {
    /// Whether a decision with this reason is not carried out.
    pub fn covers(&self, reason: Reason) -> bool {
        match reason.rule {
            Rule::UnknownThirdParty => self.unknown_third_party,
            Rule::UnknownCookie => self.unknown_cookies,
            Rule::FilterList => self.filter_lists,
            Rule::Service | Rule::RouteDenies(_) | Rule::Foreign | Rule::Lifetime => {
                reason.service.is_some_and(|service| self.services.binary_search(&service).is_ok())
            }
            Rule::Off
            | Rule::Necessary
            | Rule::Sealed
            | Rule::Deletion
            | Rule::AllGranted
            | Rule::FirstParty
            | Rule::HostOnly => false,
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What holds for calls to services that the shop's own domain serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collectors {
    /// Whether the first bytes of small bodies are looked at, to know a call whose path says nothing.
    pub read_bodies: bool,
    /// Services that do not get the visitor's address, sorted by id.
    pub without_address: Vec<ServiceId>,
}

impl Default for Collectors {
    fn default() -> Self {
        Self { read_bodies: true, without_address: Vec::new() }
    }
}

/// Everything [`super::decide`] needs to know about a site.
#[derive(Clone, Debug)]
pub struct SitePolicy {
    /// The name used in logs and metric labels: the first configured host, or `default`.
    pub name: Box<str>,
    /// Whether decisions are carried out.
    pub mode: Mode,
    /// The legal defaults.
    pub regimes: Regimes,
    /// Purposes that this site asks for. Never contains the necessary one.
    pub offered: PurposeSet,
    /// The site's own hosts besides the one a page came from; each covers its sub-domains. ASCII lower case.
    pub first_party: Vec<Box<str>>,
    /// Lists of addresses that somebody else takes for trackers.
    pub filter_lists: Option<Arc<FilterLists>>,
    /// Third-party hosts that nobody classified.
    pub unknown_third_party: UnknownThirdParty,
    /// Cookies that nobody classified.
    pub unknown_cookies: UnknownCookies,
    /// The site's own necessary cookies.
    pub necessary_cookies: Vec<NecessaryItem>,
    /// The site's own necessary query parameters, whose names are in ASCII lower case.
    pub necessary_parameters: Vec<NecessaryItem>,
    /// The site's own necessary hosts, each with its sub-domains. ASCII lower case.
    pub necessary_hosts: BTreeMap<Box<str>, Box<str>>,
    /// Routes in the order in which they were written; the first that covers a request holds.
    pub routes: Vec<Route>,
    /// Calls to services on the shop's own domain.
    pub collectors: Collectors,
    /// How many days cookies of services with these purposes may live.
    pub cookie_days: BTreeMap<PurposeId, u16>,
    /// Whether cookies that are necessary, and cookies for the visit that nobody classified, lose their `Domain`.
    pub host_only_cookies: bool,
    /// Whether links of pages lose query parameters that may not pass.
    pub strip_links: bool,
    /// Whether markup is looked for in JSON that scripts of pages ask for.
    pub markup_in_json: bool,
    /// Rules that are tried out: their decisions are recorded and not carried out.
    pub observed: ObservedRules,
}

impl Default for SitePolicy {
    /// The policy of a site that nobody configured: everything enforced, every built-in purpose asked for.
    fn default() -> Self {
        use PurposeId as P;
        Self {
            name: "default".into(),
            mode: Mode::Enforce,
            regimes: Regimes::everywhere("opt-in", Regime::OPT_IN),
            offered: [P::FUNCTIONAL, P::PERSONALIZATION, P::ANALYTICS, P::MARKETING, P::SOCIAL].into_iter().collect(),
            first_party: Vec::new(),
            filter_lists: None,
            unknown_third_party: UnknownThirdParty::default(),
            unknown_cookies: UnknownCookies::default(),
            necessary_cookies: Vec::new(),
            necessary_parameters: Vec::new(),
            necessary_hosts: BTreeMap::new(),
            routes: Vec::new(),
            collectors: Collectors::default(),
            cookie_days: BTreeMap::new(),
            host_only_cookies: false,
            strip_links: false,
            markup_in_json: true,
            observed: ObservedRules::default(),
        }
    }
}

impl SitePolicy {
    /// The route that holds for a request.
    pub fn route(&self, method: &str, path: &str) -> Option<RouteId> {
        // The shop reads `/%63heckout` and `//checkout` as `/checkout`; whatever one of the readings falls under holds.
        let plain = plain_path(path.as_bytes()).and_then(|plain| String::from_utf8(plain).ok());
        let covers = |route: &Route| {
            route.matches(method, path) || plain.as_deref().is_some_and(|plain| route.matches(method, plain))
        };
        let at = self.routes.iter().position(covers)?;
        u16::try_from(at).ok().map(RouteId)
    }

    /// This policy as if it enforced on every route. Rules that are only observed stay so.
    pub fn everywhere_enforcing(self: &Arc<Self>) -> Arc<Self> {
        if self.mode == Mode::Enforce && self.routes.iter().all(|route| route.mode.is_none()) {
            return Arc::clone(self);
        }
        let mut policy = Self::clone(self);
        policy.mode = Mode::Enforce;
        policy.routes.iter_mut().for_each(|route| route.mode = None);
        Arc::new(policy)
    }

    /// The mode that holds on `route`.
    pub fn mode_on(&self, route: Option<RouteId>) -> Mode {
        self.route_rules(route).and_then(|rules| rules.mode).unwrap_or(self.mode)
    }

    /// Whether `route` has a mode of its own.
    pub fn sets_mode(&self, route: RouteId) -> bool {
        self.route_rules(Some(route)).is_some_and(|rules| rules.mode.is_some())
    }

    /// The purposes denied on `route`.
    pub fn denied_on(&self, route: Option<RouteId>) -> PurposeSet {
        self.route_rules(route).map_or(PurposeSet::EMPTY, |rules| rules.deny)
    }

    /// The rules of `route`.
    pub fn route_rules(&self, route: Option<RouteId>) -> Option<&Route> {
        self.routes.get(usize::from(route?.0))
    }
}
