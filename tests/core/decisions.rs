//! The decision against an independent model: written from the rules' description, slow, without indexes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use vestibule::catalog::{AddressPattern, Catalog, Endpoint, FetchKind, FilterLists, Pattern, Service};
use vestibule::consent::{
    ConsentState, Grant, PurposeId, PurposeSet, Regime, ServiceId, Signal, SignalKind, SourceId, resolve,
};
use vestibule::policy::{
    Fetch, Item, Mode, NecessaryItem, Party, PathPattern, Route, RouteId, Rule, SitePolicy, UnknownCookies,
    UnknownThirdParty, Until, Verdict, decide, decide_in,
};

const ASKED: [PurposeId; 3] = [PurposeId::ANALYTICS, PurposeId::MARKETING, PurposeId::SOCIAL];

fn service(id: &str, purposes: &[PurposeId]) -> Service {
    Service {
        carrier: purposes.is_empty(),
        cookies: vec![Pattern::new(&format!("_{id}")), Pattern::new(&format!("_{id}_*"))],
        hosts: vec![format!("{id}.example").into()],
        addresses: vec![AddressPattern { host: "shared.example".into(), path: Pattern::new(&format!("/{id}/*")) }],
        inline: vec![format!("{id}(").into()],
        parameters: vec![Pattern::new(&format!("{id}id"))],
        endpoints: Endpoint::parse(&format!("/own/{id}?to={id}*")).into_iter().collect(),
        fields: vec![Pattern::new(&format!("x-{id}-*"))],
        ..Service::named(id, purposes.iter().copied().collect())
    }
}

fn services() -> Vec<Service> {
    let mut necessary = service("pay", &[PurposeId::NECESSARY]);
    necessary.reason = Some("payment".into());
    // Collides with the necessary one: the necessary reading must win.
    let mut greedy = service("greedy", &[PurposeId::MARKETING]);
    greedy.cookies = vec![Pattern::new("*pay*")];
    vec![
        service("stats", &[PurposeId::ANALYTICS]),
        service("ads", &[PurposeId::MARKETING]),
        service("both", &[PurposeId::ANALYTICS, PurposeId::MARKETING]),
        service("carrier", &[]),
        necessary,
        greedy,
    ]
}

/// What the visitor said, as plain data.
#[derive(Clone, Debug)]
struct Said {
    grants: Vec<(PurposeId, Grant)>,
    services: Vec<(ServiceId, Grant)>,
}

fn states() -> Vec<(Said, ConsentState)> {
    states_under(None)
}

fn states_under(audience_cookie_days: Option<u16>) -> Vec<(Said, ConsentState)> {
    let words = [Grant::Granted, Grant::Denied, Grant::Undecided];
    let mut all = Vec::new();
    for number in 0..27 {
        for by_name in [
            None,
            Some((ServiceId(1), Grant::Granted)),
            Some((ServiceId(1), Grant::Denied)),
            Some((ServiceId(3), Grant::Denied)),
        ] {
            let grants: Vec<_> = ASKED
                .iter()
                .enumerate()
                .map(|(at, purpose)| (*purpose, words[number / 3_usize.pow(u32::try_from(at).unwrap()) % 3]))
                .collect();
            let said = Said { grants: grants.clone(), services: by_name.into_iter().collect() };
            let signal = Signal {
                source: SourceId("test"),
                kind: SignalKind::Collected,
                at: None,
                knowing: true,
                purposes: grants,
                services: said.services.clone(),
            };
            all.push((said, resolve(&[signal], Regime { audience_cookie_days, ..Regime::OPT_IN })));
        }
    }
    all
}

fn sites() -> Vec<SitePolicy> {
    let mut all = Vec::new();
    for mode in [Mode::Enforce, Mode::Off] {
        for third in [UnknownThirdParty::Deny, UnknownThirdParty::Allow] {
            for cookies in [UnknownCookies::Session, UnknownCookies::Deny, UnknownCookies::Allow] {
                all.push(SitePolicy {
                    mode,
                    unknown_third_party: third,
                    unknown_cookies: cookies,
                    offered: ASKED.into_iter().collect(),
                    // Each limit and each switch meets every policy about what nobody knows.
                    cookie_days: if third == UnknownThirdParty::Deny {
                        [(PurposeId::MARKETING, 30), (PurposeId::ANALYTICS, 31)].into_iter().collect()
                    } else {
                        BTreeMap::new()
                    },
                    host_only_cookies: third == UnknownThirdParty::Allow,
                    necessary_cookies: vec![NecessaryItem {
                        pattern: Pattern::new("_stats_exempt"),
                        reason: "ours".into(),
                    }],
                    necessary_parameters: vec![NecessaryItem { pattern: Pattern::new("own-*"), reason: "ours".into() }],
                    necessary_hosts: [("own-pay.example".into(), "ours".into())].into_iter().collect(),
                    routes: vec![
                        Route {
                            path: PathPattern::new("/checkout/**"),
                            deny: PurposeSet::EMPTY.with(PurposeId::MARKETING),
                            ..Route::anywhere()
                        },
                        Route { path: PathPattern::new("/off"), mode: Some(Mode::Off), ..Route::anywhere() },
                    ],
                    ..SitePolicy::default()
                });
            }
        }
    }
    all
}

fn names() -> Vec<Vec<u8>> {
    [
        "_stats",
        "_stats_1",
        "_ads",
        "_both_x",
        "_carrier",
        "_pay",
        "_pay_1",
        "_stats_exempt",
        "repay",
        "sid",
        "",
        "_statsx",
    ]
    .iter()
    .map(|name| name.as_bytes().to_vec())
    .collect()
}

/// The rules as DESIGN tells them, for one item, and what may still be wrong with a cookie that passes.
fn model(
    item: &Item<'_>,
    said: &Said,
    by_regime: Option<u16>,
    site: &SitePolicy,
    route: Option<RouteId>,
    services: &[Service],
) -> Verdict {
    let off = route.map(|route| &site.routes[usize::from(route.0)]).and_then(|rules| rules.mode).unwrap_or(site.mode);
    let (verdict, necessary) = passing(item, said, site, route, services);
    let Item::SetCookie { name, persistent, deletion, days, domain } = item else {
        return verdict;
    };
    if verdict != Verdict::Keep || off == Mode::Off {
        return verdict;
    }
    let text = String::from_utf8_lossy(name);
    let known: Vec<&Service> = services
        .iter()
        .filter(|service| service.cookies.iter().any(|cookie| glob(cookie.as_str(), &text)))
        .filter(|service| !service.purposes.contains(PurposeId::NECESSARY))
        .collect();
    let mut limits = Vec::new();
    for purpose in known.iter().flat_map(|service| service.purposes.iter()) {
        limits.extend(by_regime.filter(|_| purpose == PurposeId::ANALYTICS));
        limits.extend(site.cookie_days.get(&purpose).copied().filter(|_| !necessary));
    }
    if let Some(limit) = limits.into_iter().min().filter(|_| *persistent && !*deletion) {
        match days {
            None => return Verdict::Shorten(Until::Visit),
            Some(days) if *days > u32::from(limit) => return Verdict::Shorten(Until::Days(limit)),
            Some(_) => {}
        }
    }
    let of_the_shop = necessary || *deletion || (known.is_empty() && !*persistent);
    if site.host_only_cookies && *domain && of_the_shop { Verdict::Narrow } else { Verdict::Keep }
}

/// Whether `text` fits the pattern.
fn glob(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some(("", rest)) => text.contains(rest.trim_end_matches('*')),
        Some((start, _)) => text.starts_with(start),
    }
}

/// Whether an item passes at all, and whether because it is necessary.
fn passing(
    item: &Item<'_>,
    said: &Said,
    site: &SitePolicy,
    route: Option<RouteId>,
    services: &[Service],
) -> (Verdict, bool) {
    let mut necessary = false;
    let verdict = rules(item, said, site, route, services, &mut necessary);
    (verdict, necessary)
}

fn rules(
    item: &Item<'_>,
    said: &Said,
    site: &SitePolicy,
    route: Option<RouteId>,
    services: &[Service],
    necessary: &mut bool,
) -> Verdict {
    let rules = route.map(|route| &site.routes[usize::from(route.0)]);
    if rules.and_then(|rules| rules.mode).unwrap_or(site.mode) == Mode::Off {
        return Verdict::Keep;
    }
    let under = |host: &str, parent: &str| host == parent || host.ends_with(&format!(".{parent}"));
    if let Item::Address { host, .. } = item
        && site.necessary_hosts.keys().any(|known| under(host, known))
    {
        return Verdict::Keep;
    }
    if let Item::Parameter { name, .. } = item
        && name.eq_ignore_ascii_case(b"own-id")
    {
        return Verdict::Keep;
    }
    // Recognition by linear scan.
    let recognised: Vec<usize> = (0..services.len())
        .filter(|at| {
            let service = &services[*at];
            match item {
                Item::Cookie { name } | Item::SetCookie { name, .. } => {
                    let name = String::from_utf8_lossy(name);
                    service.cookies.iter().any(|cookie| glob(cookie.as_str(), &name))
                }
                Item::Address { host, path, party, .. } => {
                    let by_path = service
                        .addresses
                        .iter()
                        .any(|address| *address.host == **host && glob(address.path.as_str(), path));
                    let by_host = |service: &Service| service.hosts.iter().any(|known| under(host, known));
                    let id = &*service.id;
                    let called = *party == Party::First && *path == format!("/own/{id}?x=1&to={id}7");
                    by_path || by_host(service) || called
                }
                Item::Parameter { name, .. } => {
                    String::from_utf8_lossy(name).to_lowercase() == format!("{}id", service.id)
                }
                Item::Field { name, .. } => {
                    String::from_utf8_lossy(name).to_lowercase().starts_with(&format!("x-{}-", service.id))
                }
                Item::InlineScript { text } => {
                    let text = String::from_utf8_lossy(text);
                    service.inline.iter().any(|marker| text.contains(&**marker))
                }
            }
        })
        .collect();
    let mixed = matches!(item, Item::InlineScript { .. } | Item::Address { party: Party::First, .. });
    if matches!(item, Item::Parameter { sealed: true, .. }) {
        return Verdict::Keep;
    }
    let is_necessary = |at: &usize| services[*at].purposes.contains(PurposeId::NECESSARY);
    let listed = match item {
        Item::Cookie { name } | Item::SetCookie { name, .. } => {
            site.necessary_cookies.iter().any(|entry| glob(entry.pattern.as_str(), &String::from_utf8_lossy(name)))
        }
        _ => false,
    };
    if listed || (recognised.iter().any(is_necessary) && (!mixed || recognised.iter().all(is_necessary))) {
        *necessary = true;
        return Verdict::Keep;
    }
    if matches!(item, Item::SetCookie { deletion: true, .. }) {
        return Verdict::Keep;
    }
    let denied_here: BTreeSet<PurposeId> = rules.map(|rules| rules.deny.iter().collect()).unwrap_or_default();
    let granted: BTreeSet<PurposeId> =
        said.grants.iter().filter(|(_, grant)| *grant == Grant::Granted).map(|(purpose, _)| *purpose).collect();
    let known: Vec<&usize> = recognised.iter().filter(|at| !is_necessary(at)).collect();
    for at in &known {
        let by_name = said.services.iter().find(|(id, _)| usize::from(id.0) == **at).map(|(_, grant)| *grant);
        let service = &services[**at];
        let allowed = if service.carrier {
            by_name != Some(Grant::Denied) && granted.difference(&denied_here).next().is_some()
        } else if service.purposes.iter().any(|purpose| denied_here.contains(&purpose)) {
            false
        } else {
            match by_name {
                Some(Grant::Granted) => true,
                Some(Grant::Denied) => false,
                _ => service.purposes.iter().all(|purpose| granted.contains(&purpose)),
            }
        };
        if !allowed {
            let coarser = matches!(item, Item::Field { coarsens: true, .. });
            return if coarser { Verdict::Coarsen } else { Verdict::Drop };
        }
    }
    if !known.is_empty() {
        return Verdict::Keep;
    }
    let everything = ASKED.iter().all(|purpose| granted.contains(purpose))
        && said.services.iter().all(|(_, grant)| *grant == Grant::Granted)
        && denied_here.is_empty();
    match item {
        _ if everything => Verdict::Keep,
        Item::Address { party: Party::Third, .. } if site.unknown_third_party == UnknownThirdParty::Deny => {
            Verdict::Drop
        }
        Item::SetCookie { persistent: true, .. } if site.unknown_cookies == UnknownCookies::Session => {
            Verdict::Shorten(Until::Visit)
        }
        Item::Cookie { .. } | Item::SetCookie { .. } if site.unknown_cookies == UnknownCookies::Deny => Verdict::Drop,
        _ => Verdict::Keep,
    }
}

#[test]
fn the_decision_equals_the_model_over_the_whole_domain() {
    let services = services();
    let catalog = Catalog::new(services.clone());
    let names = names();
    let mut items: Vec<Item<'_>> = Vec::new();
    for name in &names {
        items.push(Item::Cookie { name });
        for persistent in [false, true] {
            for deletion in [false, true] {
                for days in [None, Some(30), Some(31), Some(u32::MAX)] {
                    for domain in [false, true] {
                        items.push(Item::SetCookie { name, persistent, deletion, days, domain });
                    }
                }
            }
        }
    }
    let hosts = [
        "stats.example",
        "www.ads.example",
        "both.example",
        "carrier.example",
        "a.pay.example",
        "own-pay.example",
        "x.own-pay.example",
        "shared.example",
        "unknown.example",
        "adsx.example",
    ];
    for host in hosts {
        for path in ["/", "/stats/x?y", "/ads/", "/pay/1", "/own/ads?x=1&to=ads7", "/own/ads?x=1&to=stats7"] {
            for party in [Party::First, Party::Third] {
                items.push(Item::Address { host, path, party, fetch: Fetch::default() });
            }
        }
    }
    for name in ["adsid", "ADSid", "payid", "bothid", "adsidx", "Own-Id", "own-id", ""] {
        for sealed in [false, true] {
            items.push(Item::Parameter { name: name.as_bytes(), sealed });
        }
    }
    for name in ["x-ads-a", "X-Ads-", "x-pay-a", "x-ads", "cookie"] {
        for coarsens in [false, true] {
            items.push(Item::Field { name: name.as_bytes(), coarsens });
        }
    }
    for text in ["stats(1)", "ads(1);stats(2)", "pay(1)", "pay(1);ads(2)", "nothing", "carrier(1)"] {
        items.push(Item::InlineScript { text: text.as_bytes() });
    }
    let mut tuples = 0_u64;
    for site in sites() {
        for (said, state) in states().into_iter().chain(states_under(Some(30))) {
            for route in [None, Some(RouteId(0)), Some(RouteId(1))] {
                for item in &items {
                    let decision = decide(item, &state, &site, route, &catalog);
                    let expected = model(item, &said, state.audience_cookie_days(), &site, route, &services);
                    assert_eq!(decision.verdict, expected, "{item:?} {said:?} {site:?} {route:?} {decision:?}");
                    tuples += 1;
                }
            }
        }
    }
    assert!(tuples > 400_000, "{tuples}");
}

/// On a call to a service, its own cookies are judged as ever, and nothing else goes along or comes back, whatever it is
/// necessary for.
#[test]
fn a_call_carries_nothing_foreign() {
    let services = services();
    let catalog = Catalog::new(services.clone());
    let called = [ServiceId(0), ServiceId(1)];
    for site in sites() {
        for (said, state) in states() {
            for route in [None, Some(RouteId(0)), Some(RouteId(1))] {
                let off = site.mode_on(route) == Mode::Off;
                for name in &names() {
                    for item in [
                        Item::Cookie { name },
                        Item::SetCookie { name, persistent: true, deletion: false, days: None, domain: false },
                        Item::SetCookie { name, persistent: false, deletion: true, days: None, domain: false },
                    ] {
                        let own = item.recognised(&catalog).iter().any(|id| called.contains(id));
                        let decision = decide_in(&called, &item, &state, &site, route, &catalog);
                        let expected =
                            if own || off { model(&item, &said, None, &site, route, &services) } else { Verdict::Drop };
                        assert_eq!(decision.verdict, expected, "{item:?} {said:?} {route:?}");
                        assert_eq!(decision.reason.rule == Rule::Foreign, !own && !off);
                    }
                }
                // What is no cookie and no field is judged as on any other request.
                for item in [
                    Item::Parameter { name: b"adsid", sealed: false },
                    Item::InlineScript { text: b"ads(1)" },
                    Item::Address { host: "www.ads.example", path: "/", party: Party::Third, fetch: Fetch::default() },
                ] {
                    let decision = decide_in(&called, &item, &state, &site, route, &catalog);
                    assert_eq!(decision, decide(&item, &state, &site, route, &catalog));
                }
            }
        }
    }
}

/// The visitor's address goes to a service that is called, unless the site keeps it from that one.
#[test]
fn addresses_are_kept_from_services_by_name() {
    let catalog = Catalog::new(services());
    let (state, item) = (&states()[0].1, Item::Field { name: b"X-Forwarded-For", coarsens: false });
    let mut site = SitePolicy::default();
    site.collectors.without_address = vec![ServiceId(1)];
    for (called, verdict) in [
        (&[][..], Verdict::Keep),
        (&[ServiceId(0)], Verdict::Keep),
        (&[ServiceId(1)], Verdict::Drop),
        (&[ServiceId(0), ServiceId(1)], Verdict::Drop),
    ] {
        assert_eq!(decide_in(called, &item, state, &site, None, &catalog).verdict, verdict, "{called:?}");
    }
}

/// What a list blocks and nobody knows needs everything, on the shop's own hosts, too; pages that a visitor goes to, what
/// is necessary and what a service claims never are the list's business.
#[test]
fn lists_decide_about_what_nobody_knows() {
    let services = services();
    let catalog = Catalog::new(services.clone());
    let list = "||listed.example^\n/own-stats/$image\n||stats.example^\n||own-pay.example^\n||pay.example^\n/x/stats/y";
    let lists = Arc::new(FilterLists::new([list]));
    let blocks = |host: &str, path: &str, kind| {
        host.ends_with("listed.example")
            || path.contains("/x/stats/y")
            || (path.starts_with("/own-stats/") && kind == FetchKind::Image)
    };
    let (mut dropped, mut kept) = (0, 0);
    for plain in sites() {
        let site = SitePolicy { filter_lists: Some(Arc::clone(&lists)), ..plain.clone() };
        for (said, state) in states() {
            for route in [None, Some(RouteId(0)), Some(RouteId(1))] {
                for host in [
                    "listed.example",
                    "a.listed.example",
                    "shop.example",
                    "stats.example",
                    "own-pay.example",
                    "a.pay.example",
                    "strange.example",
                ] {
                    for path in ["/", "/own-stats/a.gif", "/x/stats/y", "/own/ads?x=1&to=ads7"] {
                        for party in [Party::First, Party::Third] {
                            for kind in [FetchKind::Image, FetchKind::Document, FetchKind::Other] {
                                let fetch = Fetch { kind, source: "shop.example", alias: None };
                                let item = Item::Address { host, path, party, fetch };
                                let decision = decide(&item, &state, &site, route, &catalog);
                                let without = model(&item, &said, None, &site, route, &services);
                                let all = ASKED.iter().all(|purpose| state.grant(*purpose) == Grant::Granted)
                                    && said.services.iter().all(|(_, grant)| *grant == Grant::Granted)
                                    && site.denied_on(route).is_empty();
                                let open = site.mode_on(route) != Mode::Off
                                    && item.recognised(&catalog).is_empty()
                                    && host != "own-pay.example";
                                let listed = kind != FetchKind::Document && blocks(host, path, kind);
                                let expected = if open && listed && !all { Verdict::Drop } else { without };
                                assert_eq!(decision.verdict, expected, "{item:?} {said:?} {route:?} {decision:?}");
                                assert_eq!(
                                    decision.reason.rule == Rule::FilterList,
                                    open && listed && !all,
                                    "{item:?}"
                                );
                                dropped += u32::from(decision.reason.rule == Rule::FilterList);
                                kept += u32::from(decision.verdict == Verdict::Keep);
                            }
                        }
                    }
                }
            }
        }
    }
    assert!(dropped > 10_000 && kept > 10_000, "{dropped} {kept}");
}

#[test]
fn withdrawing_a_grant_never_adds_a_kept_item() {
    let catalog = Catalog::new(services());
    let names = names();
    let site = SitePolicy { offered: ASKED.into_iter().collect(), ..SitePolicy::default() };
    for (said, state) in states() {
        for (at, (_, grant)) in said.grants.iter().enumerate() {
            if *grant != Grant::Granted {
                continue;
            }
            let mut less = said.clone();
            less.grants[at].1 = Grant::Denied;
            let signal = Signal {
                source: SourceId("test"),
                kind: SignalKind::Collected,
                at: None,
                knowing: true,
                purposes: less.grants.clone(),
                services: less.services.clone(),
            };
            let withdrawn = resolve(&[signal], Regime::OPT_IN);
            for name in &names {
                let item = Item::Cookie { name };
                let before = decide(&item, &state, &site, None, &catalog).verdict;
                let after = decide(&item, &withdrawn, &site, None, &catalog).verdict;
                assert!(before == Verdict::Keep || after != Verdict::Keep, "{item:?} {said:?}");
            }
        }
    }
}

#[test]
fn undecided_is_never_a_yes() {
    let catalog = Catalog::new(services());
    let site = SitePolicy { offered: ASKED.into_iter().collect(), ..SitePolicy::default() };
    let state = resolve(&[], Regime::OPT_IN);
    for host in ["stats.example", "ads.example", "both.example", "carrier.example", "unknown.example"] {
        let item = Item::Address { host, path: "/", party: Party::Third, fetch: Fetch::default() };
        assert_eq!(decide(&item, &state, &site, None, &catalog).verdict, Verdict::Drop, "{host}");
    }
}

/// A tag that nobody gave a purpose does not run by that: it may be anybody's, and needs everything.
#[test]
fn t19_a_tag_without_a_purpose_is_no_free_tag() {
    let catalog = Catalog::new(services());
    let site = SitePolicy { offered: ASKED.into_iter().collect(), ..SitePolicy::default() };
    let tag = Item::Address { host: "tag.nobody.example", path: "/t.js", party: Party::Third, fetch: Fetch::default() };
    for (said, state) in states() {
        let everything = said.services.iter().all(|(_, grant)| *grant == Grant::Granted)
            && said.grants.iter().all(|(_, grant)| *grant == Grant::Granted);
        let verdict = decide(&tag, &state, &site, None, &catalog).verdict;
        assert_eq!(verdict, if everything { Verdict::Keep } else { Verdict::Drop }, "{said:?}");
    }
}
