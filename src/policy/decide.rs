//! The one decision.

use super::{
    Decision, Item, Mode, Party, Reason, RouteId, Rule, SitePolicy, UnknownCookies, UnknownThirdParty, Verdict,
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
    let mode = site.mode_on(route);
    if mode == Mode::Off {
        return Decision { mode, ..keep(Reason::rule(Rule::Off)) };
    }
    let decision = try_rules(item, state, site, route, catalog);
    let observed = mode == Mode::Observe || site.observed.covers(decision.reason);
    Decision { mode: if observed { Mode::Observe } else { Mode::Enforce }, ..decision }
}

fn try_rules(
    item: &Item<'_>,
    state: &ConsentState,
    site: &SitePolicy,
    route: Option<RouteId>,
    catalog: &Catalog,
) -> Decision {
    if on_sites_necessary_list(item, site) {
        return keep(Reason::rule(Rule::Necessary));
    }
    let matches = match *item {
        Item::Cookie { name } | Item::SetCookie { name, .. } => catalog.by_cookie(name),
        Item::Address { host, path, .. } => catalog.by_address(host, path),
        Item::InlineScript { text } => catalog.by_inline(text),
    };
    let known = || matches.iter().filter_map(|id| Some((*id, catalog.service(*id)?)));
    // A necessary reading of a name wins over every other, so that no catalog update can empty a cart. Inline scripts are
    // the exception: a snippet that mentions a payment host beside a pixel still carries the pixel.
    let inline = matches!(item, Item::InlineScript { .. });
    if let Some((id, _)) = known().find(|(_, service)| service.necessary())
        && (!inline || known().all(|(_, service)| service.necessary()))
    {
        return keep(Reason { service: Some(id), ..Reason::rule(Rule::Necessary) });
    }
    if matches!(item, Item::SetCookie { deletion: true, .. }) {
        return keep(Reason::rule(Rule::Deletion));
    }
    // One service that may not run is enough, and one that is enforced counts before one that is only observed.
    let (mut kept, mut observed) = (None, None);
    for (id, service) in known() {
        if service.necessary() {
            continue;
        }
        let decision = about_service(id, service, state, site, route);
        if decision.verdict == Verdict::Keep {
            kept = kept.or(Some(decision));
        } else if site.observed.covers(decision.reason) {
            observed = observed.or(Some(decision));
        } else {
            return decision;
        }
    }
    observed.or(kept).unwrap_or_else(|| unknown(item, state, site, route))
}

fn on_sites_necessary_list(item: &Item<'_>, site: &SitePolicy) -> bool {
    match *item {
        Item::Cookie { name } | Item::SetCookie { name, .. } => {
            site.necessary_cookies.iter().any(|entry| entry.pattern.matches(name))
        }
        Item::Address { host, .. } => {
            let mut rest = host;
            loop {
                if site.necessary_hosts.contains_key(rest) {
                    return true;
                }
                match rest.split_once('.') {
                    Some((_, parent)) => rest = parent,
                    None => return false,
                }
            }
        }
        Item::InlineScript { .. } => false,
    }
}

fn about_service(
    id: ServiceId,
    service: &Service,
    state: &ConsentState,
    site: &SitePolicy,
    route: Option<RouteId>,
) -> Decision {
    let reason = |purpose: Option<PurposeId>, because: Because| Reason {
        rule: Rule::Service,
        service: Some(id),
        purpose,
        because,
    };
    let denied_here = site.denied_on(route);
    if service.carrier {
        let usable = state.granted().intersection(site.offered).difference(denied_here);
        let by_name = state.service_grant(id);
        return match (by_name, usable.iter().next()) {
            (Some(Grant::Denied), _) | (_, None) => drop_it(reason(None, Because::NoChoice)),
            (_, Some(purpose)) => keep(reason(Some(purpose), state.because(purpose))),
        };
    }
    let denied = service.purposes.intersection(denied_here);
    if let (Some(purpose), Some(route)) = (denied.iter().next(), route) {
        return drop_it(Reason { rule: Rule::RouteDenies(route), ..reason(Some(purpose), state.because(purpose)) });
    }
    match state.service_grant(id) {
        Some(Grant::Granted) => return keep(reason(None, Because::NoChoice)),
        Some(Grant::Denied) => return drop_it(reason(None, Because::NoChoice)),
        Some(Grant::Undecided) | None => {}
    }
    if let Some(missing) = service.purposes.iter().find(|purpose| state.grant(*purpose) != Grant::Granted) {
        drop_it(reason(Some(missing), state.because(missing)))
    } else {
        let first = service.purposes.iter().next();
        keep(reason(first, first.map_or(Because::NoChoice, |purpose| state.because(purpose))))
    }
}

fn unknown(item: &Item<'_>, state: &ConsentState, site: &SitePolicy, route: Option<RouteId>) -> Decision {
    // An item that nobody knows may serve any purpose, so it needs all of them, also those that the route denies.
    let everything = state.all_granted(site.offered) && site.denied_on(route).is_empty();
    match *item {
        Item::Address { party: Party::Third, .. } => match site.unknown_third_party {
            UnknownThirdParty::Allow => keep(Reason::rule(Rule::UnknownThirdParty)),
            UnknownThirdParty::Deny if everything => keep(Reason::rule(Rule::AllGranted)),
            UnknownThirdParty::Deny => drop_it(Reason::rule(Rule::UnknownThirdParty)),
        },
        Item::SetCookie { persistent: true, .. } if everything => keep(Reason::rule(Rule::AllGranted)),
        Item::SetCookie { persistent: true, .. } if site.unknown_cookies == UnknownCookies::Session => {
            Decision { verdict: Verdict::Shorten, ..keep(Reason::rule(Rule::UnknownCookie)) }
        }
        Item::Cookie { .. } | Item::SetCookie { .. } => match site.unknown_cookies {
            UnknownCookies::Deny if everything => keep(Reason::rule(Rule::AllGranted)),
            UnknownCookies::Deny => drop_it(Reason::rule(Rule::UnknownCookie)),
            UnknownCookies::Session | UnknownCookies::Allow => keep(Reason::rule(Rule::UnknownCookie)),
        },
        Item::Address { party: Party::First, .. } | Item::InlineScript { .. } => keep(Reason::rule(Rule::FirstParty)),
    }
}

const fn keep(reason: Reason) -> Decision {
    Decision { verdict: Verdict::Keep, reason, mode: Mode::Enforce }
}

const fn drop_it(reason: Reason) -> Decision {
    Decision { verdict: Verdict::Drop, ..keep(reason) }
}
