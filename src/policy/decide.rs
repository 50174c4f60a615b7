//! The one decision.

use super::trace::{Question, Sink, Statement, Step};
use super::{
    Decision, Item, Mode, Party, Reason, RouteId, Rule, SitePolicy, UnknownCookies, UnknownThirdParty, Until, Verdict,
    lifetime,
};
use crate::catalog::{Catalog, Service};
use crate::consent::{Because, ConsentState, Grant, PurposeId, ServiceId};

/// Decides about one item. Total and pure; rules are tried in the order of [`Rule`].
pub fn decide(
    item: &Item<'_>,
    state: &ConsentState,
    site: &SitePolicy,
    route: Option<RouteId>,
    catalog: &Catalog,
) -> Decision {
    decide_into(item, &[], state, site, route, catalog, &mut ())
}

/// Decides about one item of a message that goes to one of the services `called`, or comes from it. No services: as
/// [`decide`].
pub fn decide_in(
    called: &[ServiceId],
    item: &Item<'_>,
    state: &ConsentState,
    site: &SitePolicy,
    route: Option<RouteId>,
    catalog: &Catalog,
) -> Decision {
    decide_into(item, called, state, site, route, catalog, &mut ())
}

/// Decides as [`decide_in`] does, and tells every step.
pub fn decide_traced(
    called: &[ServiceId],
    item: &Item<'_>,
    state: &ConsentState,
    site: &SitePolicy,
    route: Option<RouteId>,
    catalog: &Catalog,
) -> (Decision, Vec<Step>) {
    let mut steps = Vec::new();
    let decision = decide_into(item, called, state, site, route, catalog, &mut steps);
    (decision, steps)
}

fn decide_into(
    item: &Item<'_>,
    called: &[ServiceId],
    state: &ConsentState,
    site: &SitePolicy,
    route: Option<RouteId>,
    catalog: &Catalog,
    trace: &mut impl Sink,
) -> Decision {
    let mode = site.mode_on(route);
    let off = mode == Mode::Off;
    trace.step(|| {
        let by_route = route.filter(|route| site.sets_mode(*route));
        step(Question::Off { mode, by_route }, off.then_some(Verdict::Keep))
    });
    if off {
        return Decision { mode, ..keep(Reason::rule(Rule::Off)) };
    }
    let decision = foreign(item, called, site, catalog, trace)
        .unwrap_or_else(|| try_rules(item, state, site, route, catalog, trace));
    let decision = lifetime::limit(decision, item, state, site, catalog, trace);
    let observed = mode == Mode::Observe || site.observed.covers(decision.reason);
    Decision { mode: if observed { Mode::Observe } else { Mode::Enforce }, ..decision }
}

/// Fields that hold addresses of visitors, in lower case; `_` stands for `-`. Of proxies in general, and of CDNs and hosts by their documentation.
pub const ADDRESS_FIELDS: [&str; 24] = [
    "x-forwarded-for",
    "forwarded",
    "x-real-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "cf-connecting-ipv6",
    "cf-pseudo-ipv4",
    "fastly-client-ip",
    "fly-client-ip",
    "x-client-ip",
    "client-ip",
    "x-cluster-client-ip",
    "x-original-forwarded-for",
    "x-envoy-external-address",
    "x-azure-clientip",
    "x-azure-socketip",
    "x-appengine-user-ip",
    "ali-cdn-real-ip",
    "cdn-src-ip",
    "x-originating-ip",
    "x-remote-ip",
    "x-remote-addr",
    "wl-proxy-client-ip",
    "proxy-client-ip",
];

/// What a service that is called gets of the shop's, and leaves behind: nothing. What the shop cannot work without is
/// necessary to the shop, and none of the service's business.
fn foreign(
    item: &Item<'_>,
    called: &[ServiceId],
    site: &SitePolicy,
    catalog: &Catalog,
    trace: &mut impl Sink,
) -> Option<Decision> {
    let service = *called.first()?;
    let foreign = match *item {
        Item::Field { name, .. } if ADDRESS_FIELDS.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes())) => {
            called.iter().any(|service| site.collectors.without_address.binary_search(service).is_ok())
        }
        Item::Cookie { .. } | Item::SetCookie { .. } | Item::Field { .. } => {
            !item.recognised(catalog).iter().any(|owner| called.contains(owner))
        }
        Item::Address { .. } | Item::InlineScript { .. } | Item::Parameter { .. } => return None,
    };
    let verdict = item.refused();
    trace.step(|| step(Question::Foreign { service, foreign }, foreign.then_some(verdict)));
    let reason = Reason { service: Some(service), ..Reason::rule(Rule::Foreign) };
    foreign.then(|| Decision { verdict, ..keep(reason) })
}

fn try_rules(
    item: &Item<'_>,
    state: &ConsentState,
    site: &SitePolicy,
    route: Option<RouteId>,
    catalog: &Catalog,
    trace: &mut impl Sink,
) -> Decision {
    let entry = on_sites_necessary_list(item, site);
    trace.step(|| step(Question::SiteNecessary(entry), entry.map(|_| Verdict::Keep)));
    if entry.is_some() {
        return keep(Reason::rule(Rule::Necessary));
    }
    if let Item::Parameter { sealed, .. } = *item {
        trace.step(|| step(Question::Sealed(sealed), sealed.then_some(Verdict::Keep)));
        if sealed {
            return keep(Reason::rule(Rule::Sealed));
        }
    }
    let matches = item.recognised(catalog);
    let known = || matches.iter().filter_map(|id| Some((*id, catalog.service(*id)?)));
    for (id, _) in known() {
        trace.step(|| Step::passed(Question::Recognised(Some(id))));
    }
    if matches.is_empty() {
        trace.step(|| Step::passed(Question::Recognised(None)));
    }
    // A necessary reading of a name wins over every other, so that no catalog update can empty a cart. Inline scripts are
    // the exception: a snippet that mentions a payment host beside a pixel still carries the pixel. So are addresses on the
    // shop's own hosts: that a platform's host is necessary says nothing about a collector on it.
    let mixed = matches!(item, Item::InlineScript { .. } | Item::Address { party: Party::First, .. });
    let necessary = known().find(|(_, service)| service.necessary()).map(|(id, _)| id);
    let outvoted = necessary.is_some() && mixed && !known().all(|(_, service)| service.necessary());
    trace.step(|| {
        let holds = necessary.filter(|_| !outvoted).map(|_| Verdict::Keep);
        step(Question::NecessaryService { service: necessary, outvoted }, holds)
    });
    if let Some(id) = necessary.filter(|_| !outvoted) {
        return keep(Reason { service: Some(id), ..Reason::rule(Rule::Necessary) });
    }
    if let Item::SetCookie { deletion, .. } = *item {
        trace.step(|| step(Question::Deletion(deletion), deletion.then_some(Verdict::Keep)));
        if deletion {
            return keep(Reason::rule(Rule::Deletion));
        }
    }
    // One service that may not run is enough, and one that is enforced counts before one that is only observed.
    let (mut kept, mut observed) = (None, None);
    for (id, service) in known() {
        if service.necessary() {
            continue;
        }
        let decision = about_service(id, service, item.refused(), (state, site, route), trace);
        if decision.verdict == Verdict::Keep {
            kept = kept.or(Some(decision));
        } else if site.observed.covers(decision.reason) {
            trace.step(|| Step::passed(Question::OnTrial(id)));
            observed = observed.or(Some(decision));
        } else {
            return decision;
        }
    }
    observed.or(kept).unwrap_or_else(|| unknown(item, state, site, route, trace))
}

fn on_sites_necessary_list(item: &Item<'_>, site: &SitePolicy) -> Option<Statement> {
    let position = |at: usize| u16::try_from(at).unwrap_or(u16::MAX);
    match *item {
        Item::Cookie { name } | Item::SetCookie { name, .. } => {
            let at = site.necessary_cookies.iter().position(|entry| entry.pattern.matches(name))?;
            Some(Statement::NecessaryCookie(position(at)))
        }
        Item::Address { host, .. } => {
            let mut rest = host;
            loop {
                if site.necessary_hosts.contains_key(rest) {
                    let at = site.necessary_hosts.keys().take_while(|known| ***known < *rest).count();
                    return Some(Statement::NecessaryHost(position(at)));
                }
                rest = rest.split_once('.')?.1;
            }
        }
        Item::Parameter { name, .. } => {
            let at = site.necessary_parameters.iter().position(|entry| entry.covers_folded(name))?;
            Some(Statement::NecessaryParameter(position(at)))
        }
        Item::InlineScript { .. } | Item::Field { .. } => None,
    }
}

fn about_service(
    id: ServiceId,
    service: &Service,
    refused: Verdict,
    (state, site, route): (&ConsentState, &SitePolicy, Option<RouteId>),
    trace: &mut impl Sink,
) -> Decision {
    let refuse = |reason| Decision { verdict: refused, ..keep(reason) };
    let reason = |purpose: Option<PurposeId>, because: Because| Reason {
        rule: Rule::Service,
        service: Some(id),
        purpose,
        because,
    };
    let denied_here = site.denied_on(route);
    // What the site no longer asks for cannot have been granted, whatever an older choice says.
    let asked = service.carrier || site.offered.contains_all(service.purposes);
    let by_name = state.service_grant(id).filter(|grant| asked || *grant == Grant::Denied).unwrap_or_default();
    if service.carrier {
        let usable = state.granted().intersection(site.offered).difference(denied_here).iter().next();
        if by_name == Grant::Denied {
            trace.step(|| Step::held(Question::ByName { service: id, grant: by_name }, refused));
            return refuse(reason(None, Because::NoChoice));
        }
        let verdict = if usable.is_some() { Verdict::Keep } else { refused };
        trace.step(|| Step::held(Question::Carrier { service: id, usable }, verdict));
        return match usable {
            None => refuse(reason(None, Because::NoChoice)),
            Some(purpose) => keep(reason(Some(purpose), state.because(purpose))),
        };
    }
    let denied = service.purposes.intersection(denied_here).iter().next();
    trace.step(|| step(Question::RouteDenies { service: id, purpose: denied }, denied.map(|_| refused)));
    if let (Some(purpose), Some(route)) = (denied, route) {
        return refuse(Reason { rule: Rule::RouteDenies(route), ..reason(Some(purpose), state.because(purpose)) });
    }
    let named = match by_name {
        Grant::Granted => Some(keep(reason(None, Because::NoChoice))),
        Grant::Denied => Some(refuse(reason(None, Because::NoChoice))),
        Grant::Undecided => None,
    };
    trace.step(|| step(Question::ByName { service: id, grant: by_name }, named.map(|decision| decision.verdict)));
    if let Some(decision) = named {
        return decision;
    }
    let missing = service.purposes.difference(state.granted().intersection(site.offered)).iter().next();
    let verdict = if missing.is_some() { refused } else { Verdict::Keep };
    trace.step(|| Step::held(Question::Purposes { service: id, missing }, verdict));
    if let Some(missing) = missing {
        refuse(reason(Some(missing), state.because(missing)))
    } else {
        let first = service.purposes.iter().next();
        keep(reason(first, first.map_or(Because::NoChoice, |purpose| state.because(purpose))))
    }
}

fn unknown(
    item: &Item<'_>,
    state: &ConsentState,
    site: &SitePolicy,
    route: Option<RouteId>,
    trace: &mut impl Sink,
) -> Decision {
    // An item that nobody knows may serve any purpose, so it needs all of them, also those that the route denies.
    let everything = state.all_granted(site.offered) && site.denied_on(route).is_empty();
    let listed = if everything { None } else { on_filter_list(item, site) };
    if listed == Some(false) {
        trace.step(|| Step::passed(Question::FilterList(false)));
    }
    let (asks, rule, otherwise, question) = match *item {
        // A list has no purposes: what it takes for a tracker may serve any, whatever the site does with strangers.
        Item::Address { .. } if listed == Some(true) => {
            (true, Rule::FilterList, Verdict::Drop, Question::FilterList(true))
        }
        Item::Address { party: Party::First, .. }
        | Item::InlineScript { .. }
        | Item::Parameter { .. }
        | Item::Field { .. } => {
            trace.step(|| Step::held(Question::FirstParty, Verdict::Keep));
            return keep(Reason::rule(Rule::FirstParty));
        }
        Item::Address { party: Party::Third, .. } => {
            let denies = site.unknown_third_party == UnknownThirdParty::Deny;
            let verdict = if denies { Verdict::Drop } else { Verdict::Keep };
            (denies, Rule::UnknownThirdParty, verdict, Question::UnknownThirdParty)
        }
        Item::SetCookie { persistent: true, .. } => {
            let verdict = match site.unknown_cookies {
                UnknownCookies::Session => Verdict::Shorten(Until::Visit),
                UnknownCookies::Deny => Verdict::Drop,
                UnknownCookies::Allow => Verdict::Keep,
            };
            (true, Rule::UnknownCookie, verdict, Question::UnknownCookies)
        }
        Item::Cookie { .. } | Item::SetCookie { .. } => {
            let denies = site.unknown_cookies == UnknownCookies::Deny;
            let verdict = if denies { Verdict::Drop } else { Verdict::Keep };
            (denies, Rule::UnknownCookie, verdict, Question::UnknownCookies)
        }
    };
    if asks {
        trace.step(|| step(Question::Everything(everything), everything.then_some(Verdict::Keep)));
        if everything {
            return keep(Reason::rule(Rule::AllGranted));
        }
    }
    trace.step(|| Step::held(question, otherwise));
    Decision { verdict: otherwise, ..keep(Reason::rule(rule)) }
}

/// Whether a filter list blocks the item; `None` where there is no list, or none is about such an item.
fn on_filter_list(item: &Item<'_>, site: &SitePolicy) -> Option<bool> {
    let (Item::Address { host, path, party, fetch }, Some(lists)) = (*item, &site.filter_lists) else {
        return None;
    };
    Some(lists.block(host, path, fetch.kind, fetch.source, party == Party::Third))
}

const fn step(question: Question, verdict: Option<Verdict>) -> Step {
    Step { question, verdict }
}

const fn keep(reason: Reason) -> Decision {
    Decision { verdict: Verdict::Keep, reason, mode: Mode::Enforce, cap: None }
}
