//! What a configuration means, looked at as a whole: combinations that are valid one by one and probably not meant
//! together. Everything here is a warning. It runs only when nothing is wrong, so that it can trust what it reads.

use std::collections::BTreeMap;

use super::log::{Log, Problem, Span, listed, quote};
use super::model::{Config, SiteConfig};
use super::regime::RegimeProfile;
use crate::catalog::{Pattern, Service};
use crate::consent::{PurposeId, PurposeSet, PurposeTable};
use crate::policy::{Mode, UnknownThirdParty};

/// Looks at a configuration that has no error. The first `own` services are the operator's.
pub(super) fn check(log: &mut Log, config: &Config, own: usize, regimes: &[Vec<RegimeProfile>]) {
    let places: BTreeMap<String, Span> = log.origins().iter().rev().cloned().collect();
    let place = |path: String| places.get(&path).copied();
    for at in 0..own {
        let table = place(format!("service[{at}].id"));
        let cookies = place(format!("service[{at}].cookies")).or(table);
        if let (Some(service), Some(span)) = (config.services.get(at), cookies) {
            two_purposes(log, &config.services, &config.purposes, at, span);
            session_cookies(log, &config.services, service, span);
        }
    }
    for (at, site) in config.sites.iter().enumerate() {
        let place = |key: &str| place(format!("site[{at}].{key}"));
        let Some(whole) = place("hosts") else { continue };
        let policy = &site.policy;
        let entries = policy.necessary_cookies.len() + policy.necessary_hosts.len() + policy.necessary_parameters.len();
        let named = (0..entries).filter_map(|entry| place(&format!("necessary[{entry}].cookie"))).collect::<Vec<_>>();
        necessary_trackers(log, config, site, |at| named.get(at).copied().unwrap_or(whole));
        let regimes = regimes.get(at).map_or(&[][..], Vec::as_slice);
        if site.policy.mode == Mode::Off {
            continue;
        }
        if let Some(span) = place("unclassified.third_party")
            && site.policy.unknown_third_party == UnknownThirdParty::Allow
            && let Some(regime) = regimes.iter().find(|regime| regime.regime.asks_first())
        {
            let message = format!(
                "hosts that nobody knows are contacted before a yes, which {} does not allow",
                quote(&regime.id)
            );
            let help = "write `third_party = \"deny\"`, and classify with `[[service]]` what the shop needs";
            log.push(Problem::new("V0406", span, message).help(help));
        }
        nobody_asks(log, site, regimes, place("banner.show").or_else(|| place("banner")));
        never_asked_about(log, config, site, place("sources"));
        asked_twice(log, site, place("banner.show").or_else(|| place("banner")));
        measured_without_asking(log, config, own, regimes, whole, &places);
    }
}

/// A cookie that two services claim for different purposes is kept only when both are granted.
fn two_purposes(log: &mut Log, services: &[Service], table: &PurposeTable, at: usize, span: Span) {
    let Some(one) = services.get(at).filter(|service| !service.necessary() && !service.carrier) else {
        return;
    };
    // The first pair stands for all of this service's.
    let others = services.iter().skip(at + 1).filter(|other| !other.necessary() && !other.carrier);
    let mut pairs = others
        .filter(|other| other.purposes != one.purposes)
        .filter_map(|other| Some((other, shared(&one.cookies, &other.cookies)?)));
    let Some((other, name)) = pairs.next() else {
        return;
    };
    let names = |service: &Service| {
        let names: Vec<&str> = service.purposes.iter().map(|purpose| table.name(purpose)).collect();
        listed(&names, "and")
    };
    let message = format!(
        "the cookie {} belongs to {} ({}) and to {} ({})",
        quote(name),
        quote(&one.id),
        names(one),
        quote(&other.id),
        names(other)
    );
    let help =
        "it is kept only for visitors who agreed to all of these; narrow the pattern, or define the other service anew";
    log.push(Problem::new("V0513", span, message).help(help));
}

/// A name that both lists surely cover.
fn shared<'p>(one: &'p [Pattern], other: &'p [Pattern]) -> Option<&'p str> {
    one.iter().find_map(|mine| {
        other.iter().find_map(|theirs| {
            if mine.matches(theirs.as_str().as_bytes()) {
                Some(theirs.as_str())
            } else {
                theirs.matches(mine.as_str().as_bytes()).then_some(mine.as_str())
            }
        })
    })
}

/// A pattern of a service that may be refused should not cover the names of sessions and carts.
fn session_cookies(log: &mut Log, services: &[Service], service: &Service, span: Span) {
    if service.necessary() {
        return;
    }
    let necessary = || services.iter().filter(|known| known.necessary());
    for pattern in service.cookies.iter().filter(|pattern| !pattern.is_literal()) {
        let caught = necessary().find_map(|known| {
            let name =
                known.cookies.iter().find(|name| name.is_literal() && pattern.matches(name.as_str().as_bytes()))?;
            Some((name.as_str(), &*known.name))
        });
        if let Some((name, of)) = caught {
            let message = format!(
                "the pattern {} also covers {}, which is necessary ({of})",
                quote(pattern.as_str()),
                quote(name)
            );
            let help = "sessions and carts whose names nobody knows would be caught, too; write more of the names";
            log.push(Problem::new("V0514", span, message).help(help));
        }
    }
}

/// What is necessary is never asked for: a tracker's cookie on that list escapes consent.
fn necessary_trackers(log: &mut Log, config: &Config, site: &SiteConfig, place: impl Fn(usize) -> Span) {
    for (at, entry) in site.policy.necessary_cookies.iter().enumerate() {
        let caught = config.services.iter().filter(|service| !service.necessary()).find_map(|service| {
            let name = shared(std::slice::from_ref(&entry.pattern), &service.cookies)?;
            Some((name, &*service.id))
        });
        if let Some((name, of)) = caught {
            let message = format!(
                "the necessary entry {} covers {}, a cookie of {}",
                quote(entry.pattern.as_str()),
                quote(name),
                quote(of)
            );
            let help = "it passes whatever visitors say; write the names that the shop cannot work without, one by one";
            log.push(Problem::new("V0515", place(at), message).help(help));
        }
    }
}

/// Under an opt-in regime somebody has to ask, or nothing but what is necessary ever runs.
fn nobody_asks(log: &mut Log, site: &SiteConfig, regimes: &[RegimeProfile], span: Option<Span>) {
    let heard = site.sources.iter().any(|used| used.source.grants() && used.source.id().0 != "own");
    let asks_first = regimes.iter().any(|regime| regime.regime.asks_first());
    if let Some(span) = span.filter(|_| !site.asking.shown && asks_first && !heard) {
        let message = "nobody asks visitors, so nothing but what is necessary will ever run";
        let help = "show the banner, or name in `sources` the consent tool that asks";
        log.push(Problem::new("V0609", span, message).help(help));
    }
}

/// Where a tool of the shop's asks, visitors can agree only to what it asks about.
fn never_asked_about(log: &mut Log, config: &Config, site: &SiteConfig, span: Option<Span>) {
    let tools = || site.sources.iter().filter(|used| used.source.grants() && used.source.id().0 != "own");
    let Some(span) = span.filter(|_| !site.asking.shown && tools().next().is_some()) else {
        return;
    };
    let asked = tools().fold(PurposeSet::EMPTY, |all, used| all.union(used.asks_about()));
    let silent = site.policy.offered.difference(asked);
    let names: Vec<&str> = silent.iter().map(|purpose| config.purposes.name(purpose)).collect();
    if !names.is_empty() {
        let message = format!("none of the sources asks visitors about {}", listed(&names, "and"));
        let help = "say in `[[site.source]]` which of the tool's words stand for it (`map`), that it goes along when everything is agreed to (`with_all`), or leave it out of `purposes`";
        log.push(Problem::new("V0225", span, message).help(help));
    }
}

/// One question at a time: two boxes are none that anybody reads.
fn asked_twice(log: &mut Log, site: &SiteConfig, span: Option<Span>) {
    let tool = site.sources.iter().find(|used| used.source.cmp().is_some());
    if let Some((span, tool)) = span.filter(|_| site.asking.shown).zip(tool) {
        let message = format!("visitors are asked twice: by Vestibule and by {}", quote(tool.source.id().0));
        let help = "leave `banner` out; Vestibule does not ask where a consent tool of the shop's does";
        log.push(Problem::new("V0226", span, message).help(help));
    }
}

/// Audience measurement is necessary only where the law exempts it.
fn measured_without_asking(
    log: &mut Log,
    config: &Config,
    own: usize,
    regimes: &[RegimeProfile],
    site: Span,
    places: &BTreeMap<String, Span>,
) {
    let Some(regime) = regimes.iter().find(|regime| !regime.audience_exempt) else {
        return;
    };
    let measured = || super::builtin::known().iter().filter(|service| service.purposes.contains(PurposeId::ANALYTICS));
    for (at, service) in config.services.iter().take(own).enumerate().filter(|(_, service)| service.necessary()) {
        let same =
            |known: &&Service| known.id == service.id || known.hosts.iter().any(|host| service.hosts.contains(host));
        let Some(known) = measured().find(same) else {
            continue;
        };
        let span = places.get(&format!("service[{at}].purpose")).copied().unwrap_or(site);
        let message =
            format!("{} measures audiences, which {} does not count as necessary", quote(&known.id), quote(&regime.id));
        let help = "write `purpose = \"analytics\"`; see `audience_exempt` in config/regimes";
        log.push(Problem::new("V0608", span, message).help(help).related("on this site", site));
    }
}
