//! One change to what a decision rests on, and the same question asked again.
//!
//! An alteration is carried out on copies of the consent state, the policy and the services, and the judge is asked anew.
//! Nothing here predicts what the answer will be.

use std::sync::Arc;

use crate::catalog::{AddressPattern, Catalog, Pattern, Service};
use crate::consent::{
    ConsentState, Grant, PurposeId, PurposeSet, Regime, ServiceId, Signal, SignalKind, SourceId, resolve,
};
use crate::enforce::{Judge, Page};
use crate::policy::{
    Item, Mode, NecessaryItem, ObservedRules, OwnedItem, Party, RouteId, SitePolicy, Statement, UnknownCookies,
    UnknownThirdParty, Verdict,
};

/// Everything that one decision rests on.
#[derive(Clone, Debug)]
pub struct Situation {
    /// The item.
    pub item: OwnedItem,
    /// What the visitor said.
    pub state: Arc<ConsentState>,
    /// The site's policy.
    pub site: Arc<SitePolicy>,
    /// The route that holds.
    pub route: Option<RouteId>,
    /// All services.
    pub catalog: Arc<Catalog>,
    /// The services that the request is a call to.
    pub called: Box<[ServiceId]>,
    /// The page.
    pub page: Arc<Page>,
}

/// One change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alteration {
    /// The visitor agrees to this purpose, too.
    Grant(PurposeId),
    /// The site asks for this purpose, and the visitor agrees.
    Ask(PurposeId),
    /// The visitor withdraws this purpose.
    Withdraw(PurposeId),
    /// The visitor no longer refuses this service by name.
    StopRefusing(ServiceId),
    /// The visitor refuses this service by name.
    Refuse(ServiceId),
    /// The route no longer denies this purpose.
    RemoveDeny(RouteId, PurposeId),
    /// Site, route and rule enforce.
    Enforce,
    /// An entry of the site's own necessary list goes.
    RemoveNecessary(Statement),
    /// The site lists the cookie, host or parameter as necessary.
    AddNecessary,
    /// A service of the operator's own names the item; the visitor agreed to its purpose.
    Classify,
    /// A service of the operator's own names the item; the visitor did not agree to its purpose.
    ClassifyUngranted,
    /// A necessary service is defined anew with a purpose that the visitor did not agree to.
    Redefine(ServiceId),
    /// What nobody knows passes.
    AllowUnknown,
    /// What nobody knows does not pass.
    DenyUnknown,
    /// The host becomes one of the site's own.
    OwnHost,
    /// Cookies for this purpose may live as long as they like.
    Lengthen(PurposeId),
    /// Cookies of the site's own keep their domain.
    Widen,
}

impl Alteration {
    /// Whether it is up to the visitor, rather than to the operator.
    pub const fn is_the_visitors(self) -> bool {
        matches!(self, Self::Grant(_) | Self::Withdraw(_) | Self::StopRefusing(_) | Self::Refuse(_))
    }
}

impl Situation {
    /// What the judge says.
    pub fn verdict(&self) -> Verdict {
        self.judge().consider(&self.item.as_item()).0.verdict
    }

    /// The judge of this situation.
    pub fn judge(&self) -> Judge {
        let (site, catalog, state) = (Arc::clone(&self.site), Arc::clone(&self.catalog), Arc::clone(&self.state));
        Judge::new(site, catalog, state, self.route, Arc::clone(&self.page)).calling(self.called.clone())
    }

    /// The situation after `alteration`.
    #[must_use]
    pub fn altered(&self, alteration: Alteration) -> Self {
        let mut after = self.clone();
        match alteration {
            Alteration::Grant(purpose) => after.say(purpose, Grant::Granted),
            Alteration::Ask(purpose) => {
                Arc::make_mut(&mut after.site).offered.insert(purpose);
                after.say(purpose, Grant::Granted);
            }
            Alteration::Withdraw(purpose) => after.say(purpose, Grant::Denied),
            Alteration::StopRefusing(service) => after.say_about(service, Grant::Undecided),
            Alteration::Refuse(service) => after.say_about(service, Grant::Denied),
            Alteration::RemoveDeny(route, purpose) => {
                if let Some(rules) = Arc::make_mut(&mut after.site).routes.get_mut(usize::from(route.0)) {
                    rules.deny.remove(purpose);
                }
            }
            Alteration::Enforce => {
                let site = Arc::make_mut(&mut after.site);
                site.mode = Mode::Enforce;
                site.routes.iter_mut().for_each(|route| route.mode = None);
                site.observed = ObservedRules::default();
            }
            Alteration::RemoveNecessary(entry) => after.remove_necessary(entry),
            Alteration::AddNecessary => after.add_necessary(),
            Alteration::Classify => {
                let purpose = PurposeId::FUNCTIONAL;
                after.classify(purpose);
                after.say(purpose, Grant::Granted);
            }
            Alteration::ClassifyUngranted => {
                let purpose = PurposeId::FUNCTIONAL;
                after.classify(purpose);
                after.say(purpose, Grant::Denied);
            }
            Alteration::Redefine(service) => {
                let purpose = PurposeId::FUNCTIONAL;
                let services = self.catalog.iter().map(|(id, one)| {
                    let purposes = if id == service { PurposeSet::EMPTY.with(purpose) } else { one.purposes };
                    Service { purposes, ..one.clone() }
                });
                after.catalog = Arc::new(Catalog::new(services.collect()));
                after.say(purpose, Grant::Denied);
            }
            Alteration::AllowUnknown => {
                let site = Arc::make_mut(&mut after.site);
                site.unknown_third_party = UnknownThirdParty::Allow;
                site.unknown_cookies = UnknownCookies::Allow;
            }
            Alteration::DenyUnknown => {
                let site = Arc::make_mut(&mut after.site);
                site.unknown_third_party = UnknownThirdParty::Deny;
                site.unknown_cookies = UnknownCookies::Deny;
            }
            Alteration::Lengthen(purpose) => {
                Arc::make_mut(&mut after.site).cookie_days.remove(&purpose);
                if purpose == PurposeId::ANALYTICS {
                    Arc::make_mut(&mut after.state).lift_audience_limit();
                }
            }
            Alteration::Widen => Arc::make_mut(&mut after.site).host_only_cookies = false,
            Alteration::OwnHost => {
                if let OwnedItem::Address { host, party, .. } = &mut after.item {
                    Arc::make_mut(&mut after.site).first_party.push(host.clone());
                    *party = Party::First;
                }
            }
        }
        after
    }

    /// The state with another word about one purpose.
    fn say(&mut self, purpose: PurposeId, grant: Grant) {
        self.resay(|said, _| said.push((purpose, grant)), purpose, None);
    }

    fn say_about(&mut self, service: ServiceId, grant: Grant) {
        let said = Some((service, grant)).filter(|(_, grant)| *grant != Grant::Undecided);
        self.resay(|_, services| services.extend(said), PurposeId::NECESSARY, Some(service));
    }

    /// Resolves a choice that says what the state says, without `purpose` and `service`, and with what `add` adds.
    fn resay(
        &mut self,
        add: impl FnOnce(&mut Vec<(PurposeId, Grant)>, &mut Vec<(ServiceId, Grant)>),
        purpose: PurposeId,
        service: Option<ServiceId>,
    ) {
        let mut purposes: Vec<(PurposeId, Grant)> =
            every_purpose().filter(|one| *one != purpose).map(|one| (one, self.state.grant(one))).collect();
        let mut services: Vec<(ServiceId, Grant)> =
            self.state.service_grants().iter().copied().filter(|(one, _)| Some(*one) != service).collect();
        add(&mut purposes, &mut services);
        let signal = Signal {
            source: SourceId("altered"),
            kind: SignalKind::Collected,
            at: None,
            knowing: true,
            purposes,
            services,
        };
        let audience_cookie_days = self.state.audience_cookie_days();
        self.state = Arc::new(resolve(&[signal], Regime { audience_cookie_days, ..Regime::OPT_IN }));
    }

    fn remove_necessary(&mut self, entry: Statement) {
        let site = Arc::make_mut(&mut self.site);
        match entry {
            Statement::NecessaryCookie(at) if usize::from(at) < site.necessary_cookies.len() => {
                site.necessary_cookies.remove(usize::from(at));
            }
            Statement::NecessaryHost(at) => {
                let host = site.necessary_hosts.keys().nth(usize::from(at)).cloned();
                host.and_then(|host| site.necessary_hosts.remove(&host));
            }
            Statement::NecessaryParameter(at) if usize::from(at) < site.necessary_parameters.len() => {
                site.necessary_parameters.remove(usize::from(at));
            }
            _ => {}
        }
    }

    fn add_necessary(&mut self) {
        let site = Arc::make_mut(&mut self.site);
        match self.item.as_item() {
            Item::Cookie { name } | Item::SetCookie { name, .. } => {
                let pattern = Pattern::new(&String::from_utf8_lossy(name));
                site.necessary_cookies.push(NecessaryItem { pattern, reason: "altered".into() });
            }
            Item::Address { host, .. } => {
                site.necessary_hosts.insert(host.into(), "altered".into());
            }
            Item::Parameter { name, .. } => {
                site.necessary_parameters.push(NecessaryItem { pattern: folded(name), reason: "altered".into() });
            }
            Item::InlineScript { .. } | Item::Field { .. } => {}
        }
    }

    /// Adds a service that names the item and nothing else.
    fn classify(&mut self, purpose: PurposeId) {
        let mut service = Service::named("altered", PurposeSet::EMPTY.with(purpose));
        match self.item.as_item() {
            Item::Cookie { name } | Item::SetCookie { name, .. } => {
                service.cookies.push(Pattern::new(&String::from_utf8_lossy(name)));
            }
            Item::Address { host, path, .. } => {
                service.addresses.push(AddressPattern { host: host.into(), path: Pattern::new(path) });
            }
            Item::InlineScript { text } => service.inline.push(String::from_utf8_lossy(text).trim().into()),
            Item::Parameter { name, .. } => service.parameters.push(folded(name)),
            Item::Field { name, .. } => service.fields.push(folded(name)),
        }
        let all = self.catalog.iter().map(|(_, known)| known.clone()).chain([service]);
        self.catalog = Arc::new(Catalog::new(all.collect()));
    }
}

fn folded(name: &[u8]) -> Pattern {
    Pattern::new(&String::from_utf8_lossy(name).to_ascii_lowercase())
}

/// Every purpose that can be asked for.
fn every_purpose() -> impl Iterator<Item = PurposeId> {
    PurposeSet::ALL.iter().filter(|purpose| *purpose != PurposeId::NECESSARY)
}
