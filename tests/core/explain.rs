//! `explain` against the live engine, over random policies, visitors and items.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use url::Url;
use vestibule::catalog::{AddressPattern, Catalog, FilterLists, Pattern, Service};
use vestibule::consent::{
    ConsentState, Grant, PurposeId, PurposeSet, Regime, ServiceId, Signal, SignalKind, SourceId, resolve,
};
use vestibule::enforce::{Judge, Page, Surface};
use vestibule::policy::{
    Item, Mode, NecessaryItem, ObservedRules, OwnedFetch, OwnedItem, Party, PathPattern, Question, Route, RouteId,
    Rule, SitePolicy, UnknownCookies, UnknownThirdParty, Verdict, decide_in, deciding,
};
use vestibule::review::{self, Alteration, Situation};

/// A small generator with a seed, so that a failing case can be repeated.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        // SplitMix64 (public domain, S. Vigna).
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(sides).unwrap()).unwrap()
    }

    pub(crate) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len())]
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.roll(100) < percent
    }
}

pub(crate) const PURPOSES: [PurposeId; 4] =
    [PurposeId::FUNCTIONAL, PurposeId::ANALYTICS, PurposeId::MARKETING, PurposeId::SOCIAL];
const NAMES: [&str; 7] = ["_a", "_a_*", "_ab", "_*b", "sid", "_a*b", "c*"];
const COOKIES: [&str; 9] = ["_a", "_a_1", "_ab", "_a_b", "sid", "cart", "x", "", "_zb"];
const HOSTS: [&str; 5] = ["ads.example", "stats.example", "x.ads.example", "shared.example", "pay.example"];
static LISTS: LazyLock<Arc<FilterLists>> =
    LazyLock::new(|| Arc::new(FilterLists::new(["||who.example^\n/t/x?\n||ads.example^"])));
const SEEN: [&str; 7] =
    ["ads.example", "y.x.ads.example", "shared.example", "stats.example", "who.example", "shop.example", "pay.example"];
const MARKERS: [&str; 3] = ["alpha(", "beta(", "gamma("];
const SCRIPTS: [&str; 5] = ["alpha(1)", "alpha(1);beta(2)", "plain()", "gamma(0)", "beta(1); gamma(2)"];

pub(crate) fn purposes(dice: &mut Dice, percent: usize) -> PurposeSet {
    PURPOSES.into_iter().filter(|_| dice.chance(percent)).collect()
}

pub(crate) fn service(dice: &mut Dice, at: usize) -> Service {
    let kind = dice.roll(8);
    let needed = match kind {
        0 => PurposeSet::EMPTY,
        1 => PurposeSet::EMPTY.with(PurposeId::NECESSARY),
        2 => PurposeSet::EMPTY.with(dice.one(&PURPOSES)).with(dice.one(&PURPOSES)),
        _ => PurposeSet::EMPTY.with(dice.one(&PURPOSES)),
    };
    let id = format!("service-{at}");
    Service {
        carrier: kind == 0,
        reason: (kind == 1).then(|| "needed".into()),
        cookies: (0..dice.roll(3)).map(|_| Pattern::new(dice.one(&NAMES))).collect(),
        hosts: (0..dice.roll(2)).map(|_| dice.one(&HOSTS).into()).collect(),
        addresses: (0..dice.roll(2))
            .map(|_| AddressPattern {
                host: dice.one(&HOSTS).into(),
                path: Pattern::new(dice.one(&["/t*", "/t/*", "/*"])),
            })
            .collect(),
        inline: (0..dice.roll(2)).map(|_| dice.one(&MARKERS).into()).collect(),
        parameters: (0..dice.roll(2)).map(|_| Pattern::new(dice.one(&NAMES))).collect(),
        fields: (0..dice.roll(2)).map(|_| Pattern::new(dice.one(&NAMES))).collect(),
        ..Service::named(&id, needed)
    }
}

/// Limits for some purposes.
pub(crate) fn cookie_days(dice: &mut Dice) -> BTreeMap<PurposeId, u16> {
    (0..dice.roll(2)).map(|_| (dice.one(&PURPOSES), dice.one(&[1, 30, 400]))).collect()
}

pub(crate) fn site(dice: &mut Dice) -> SitePolicy {
    let modes = [Mode::Enforce, Mode::Enforce, Mode::Enforce, Mode::Observe, Mode::Off];
    let necessary = |name: &str| NecessaryItem { pattern: Pattern::new(name), reason: "needed".into() };
    SitePolicy {
        name: "shop.example".into(),
        mode: dice.one(&modes),
        offered: purposes(dice, 75),
        first_party: (0..dice.roll(2)).map(|_| dice.one(&HOSTS).into()).collect(),
        unknown_third_party: dice.one(&[UnknownThirdParty::Deny, UnknownThirdParty::Allow]),
        unknown_cookies: dice.one(&[UnknownCookies::Session, UnknownCookies::Deny, UnknownCookies::Allow]),
        necessary_cookies: (0..dice.roll(2)).map(|_| necessary(dice.one(&NAMES))).collect(),
        necessary_hosts: (0..dice.roll(2)).map(|_| (dice.one(&HOSTS).into(), "needed".into())).collect(),
        routes: (0..dice.roll(3))
            .map(|_| Route {
                path: PathPattern::new(dice.one(&["/a/**", "/**", "/*", "/a"])),
                deny: purposes(dice, 30),
                mode: dice.chance(20).then(|| dice.one(&modes)),
                ..Route::anywhere()
            })
            .collect(),
        observed: ObservedRules {
            services: (0..dice.roll(2)).map(|_| ServiceId(u16::try_from(dice.roll(4)).unwrap())).collect(),
            unknown_third_party: dice.chance(15),
            unknown_cookies: dice.chance(15),
            filter_lists: dice.chance(15),
        },
        cookie_days: cookie_days(dice),
        ..SitePolicy::default()
    }
}

pub(crate) fn state(dice: &mut Dice, services: usize) -> ConsentState {
    let words = [Grant::Granted, Grant::Granted, Grant::Denied, Grant::Undecided];
    let said = if dice.chance(15) {
        PURPOSES.iter().map(|purpose| (*purpose, Grant::Granted)).collect()
    } else {
        PURPOSES.iter().map(|purpose| (*purpose, dice.one(&words))).collect()
    };
    let by_name = |dice: &mut Dice| (ServiceId(u16::try_from(dice.roll(services)).unwrap()), dice.one(&words));
    let named = if services > 0 && dice.chance(20) { vec![by_name(dice)] } else { Vec::new() };
    let signal = Signal {
        source: SourceId("test"),
        kind: SignalKind::Collected,
        at: None,
        knowing: true,
        purposes: said,
        services: named,
    };
    let audience_cookie_days = dice.one(&[None, None, Some(50)]);
    resolve(&[signal], Regime { audience_cookie_days, ..Regime::OPT_IN })
}

fn item(dice: &mut Dice) -> OwnedItem {
    let name = |dice: &mut Dice| dice.one(&COOKIES).as_bytes().into();
    match dice.roll(12) {
        10 => OwnedItem::Parameter { name: name(dice), sealed: dice.chance(20) },
        11 => OwnedItem::Field { name: name(dice), coarsens: dice.chance(30) },
        0..=2 => OwnedItem::Cookie { name: name(dice) },
        3..=5 => OwnedItem::SetCookie {
            name: name(dice),
            persistent: dice.chance(50),
            deletion: dice.chance(20),
            days: dice.one(&[None, Some(1), Some(100), Some(u32::MAX)]),
            domain: dice.chance(40),
        },
        6 | 7 => OwnedItem::Address {
            host: dice.one(&SEEN).into(),
            path: dice.one(&["/", "/t", "/t/x?y=1"]).into(),
            party: if dice.chance(20) { Party::First } else { Party::Third },
            fetch: OwnedFetch::default(),
        },
        _ => OwnedItem::InlineScript { text: dice.one(&SCRIPTS).as_bytes().into() },
    }
}

fn situation(dice: &mut Dice) -> Situation {
    let services: Vec<Service> = (0..dice.roll(6)).map(|at| service(dice, at)).collect();
    let mut site = site(dice);
    site.filter_lists = dice.chance(25).then(|| Arc::clone(&LISTS));
    site.host_only_cookies = dice.chance(30);
    let path = dice.one(&["/", "/a", "/a/b", "/c"]);
    let page = Page::new(Url::parse(&format!("https://www.shop.example{path}")).unwrap());
    Situation {
        item: item(dice),
        state: Arc::new(state(dice, services.len())),
        route: site.route("GET", path),
        site: Arc::new(site),
        catalog: Arc::new(Catalog::new(services)),
        called: if dice.chance(5) { Box::new([ServiceId(0)]) } else { Box::default() },
        page: Arc::new(page),
    }
}

fn live(situation: &Situation) -> vestibule::policy::Decision {
    let item = situation.item.as_item();
    decide_in(&situation.called, &item, &situation.state, &situation.site, situation.route, &situation.catalog)
}

/// The rule that the deciding step stands for.
fn rule_of(question: Question, route: Option<RouteId>) -> Rule {
    match question {
        Question::Off { .. } => Rule::Off,
        Question::SiteNecessary(_) | Question::NecessaryService { .. } => Rule::Necessary,
        Question::Foreign { .. } => Rule::Foreign,
        Question::Sealed(_) => Rule::Sealed,
        Question::Deletion(_) => Rule::Deletion,
        Question::RouteDenies { .. } => Rule::RouteDenies(route.unwrap()),
        Question::ByName { .. } | Question::Carrier { .. } | Question::Purposes { .. } => Rule::Service,
        Question::FilterList(_) => Rule::FilterList,
        Question::Everything(_) => Rule::AllGranted,
        Question::UnknownThirdParty => Rule::UnknownThirdParty,
        Question::UnknownCookies => Rule::UnknownCookie,
        Question::FirstParty => Rule::FirstParty,
        Question::Lifetime { .. } => Rule::Lifetime,
        Question::HostOnly => Rule::HostOnly,
        Question::Recognised(_) | Question::OnTrial(_) => panic!("recognising settles nothing"),
    }
}

/// One case: the judge that explains decides as the live engine does, its last word is the decision's own rule, and
/// everything that it says would change the decision does.
fn check(seed: u64, counts: &mut [usize; 3]) {
    let mut dice = Dice::new(seed);
    let situation = situation(&mut dice);
    let live_decision = live(&situation);
    let mut judge = situation.judge().explaining();
    let shown = judge.judge(Surface::Element, &situation.item.as_item(), || "item".to_owned());
    let mut plain = situation.judge();
    assert_eq!(shown, plain.judge(Surface::Element, &situation.item.as_item(), || "item".to_owned()), "seed {seed}");
    let journal = judge.take_journal();
    assert_eq!(journal.findings(), plain.take_journal().findings(), "seed {seed}");
    let judged = &journal.judged()[0];
    assert_eq!(judged.decision, live_decision, "seed {seed}");
    let last = deciding(&judged.steps).unwrap();
    assert_eq!(last.verdict, Some(live_decision.verdict), "seed {seed}: {:?}", judged.steps);
    assert_eq!(rule_of(last.question, situation.route), live_decision.reason.rule, "seed {seed}: {:?}", judged.steps);
    let changes = review::changes(judged, &situation);
    for change in &changes {
        let after = change.alterations.iter().fold(situation.clone(), |after, one| carried_out(&after, *one));
        let verdict = live(&after).verdict;
        assert_eq!(verdict, change.verdict, "seed {seed}: {change:?}");
        let before = live_decision.verdict;
        let turned = if before == Verdict::Keep { verdict != before } else { verdict.passes() > before.passes() };
        assert!(turned, "seed {seed}: {change:?}");
        counts[1] += 1;
    }
    // Whatever is stopped can be let through by somebody, and the visitor's part in it is told. What does not belong on a
    // call to a service belongs there under no policy, and a regime's limit holds for what nobody knows the age of.
    let aged = !matches!(situation.item, OwnedItem::SetCookie { days: None, .. });
    if live_decision.verdict != Verdict::Keep
        && !matches!(live_decision.reason.rule, Rule::Foreign)
        && (aged || live_decision.reason.rule != Rule::Lifetime)
    {
        assert!(!changes.is_empty(), "seed {seed}: {judged:?}");
        counts[2] += 1;
    }
    counts[0] += 1;
}

/// What an alteration says, carried out by hand where that can be done without the code under test.
fn carried_out(before: &Situation, alteration: Alteration) -> Situation {
    let mut after = before.clone();
    let resolved = |purpose: Option<(PurposeId, Grant)>, service: Option<(ServiceId, Grant)>| {
        let all = (1..32_usize).filter_map(|at| PurposeSet::ALL.iter().nth(at));
        let purposes = all
            .map(|one| match purpose {
                Some((changed, grant)) if changed == one => (one, grant),
                _ => (one, before.state.grant(one)),
            })
            .collect();
        let mut services: Vec<_> = before
            .state
            .service_grants()
            .iter()
            .copied()
            .filter(|(id, _)| service.is_none_or(|(one, _)| one != *id))
            .collect();
        services.extend(service.filter(|(_, grant)| *grant != Grant::Undecided));
        let signal = Signal {
            source: SourceId("by-hand"),
            kind: SignalKind::Collected,
            at: None,
            knowing: true,
            purposes,
            services,
        };
        let audience_cookie_days = before.state.audience_cookie_days();
        Arc::new(resolve(&[signal], Regime { audience_cookie_days, ..Regime::OPT_IN }))
    };
    match alteration {
        Alteration::Grant(purpose) => after.state = resolved(Some((purpose, Grant::Granted)), None),
        Alteration::Withdraw(purpose) => after.state = resolved(Some((purpose, Grant::Denied)), None),
        Alteration::StopRefusing(service) => after.state = resolved(None, Some((service, Grant::Undecided))),
        Alteration::Refuse(service) => after.state = resolved(None, Some((service, Grant::Denied))),
        Alteration::RemoveDeny(route, purpose) => {
            let mut site = SitePolicy::clone(&before.site);
            site.routes[usize::from(route.0)].deny.remove(purpose);
            after.site = Arc::new(site);
        }
        Alteration::AllowUnknown | Alteration::DenyUnknown => {
            let mut site = SitePolicy::clone(&before.site);
            let allow = alteration == Alteration::AllowUnknown;
            site.unknown_third_party = if allow { UnknownThirdParty::Allow } else { UnknownThirdParty::Deny };
            site.unknown_cookies = if allow { UnknownCookies::Allow } else { UnknownCookies::Deny };
            after.site = Arc::new(site);
        }
        other => return before.altered(other),
    }
    after
}

/// 20,000 random cases; `EXPLAIN_CASES` asks for more, `EXPLAIN_SEED` begins elsewhere.
#[test]
fn what_is_explained_is_what_is_decided() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let cases: u64 = number("EXPLAIN_CASES").unwrap_or(20_000);
    let first = number("EXPLAIN_SEED").unwrap_or(1_u64);
    let mut counts = [0; 3];
    for seed in first..first + cases {
        check(seed, &mut counts);
    }
    let [all, changes, stopped] = counts;
    assert!(changes > all && stopped * 5 > all, "{all} cases, {changes} changes, {stopped} stopped");
}

/// What the judge records never reaches a journal that nobody asked to explain.
#[test]
fn a_request_records_no_steps() {
    let mut dice = Dice::new(7);
    let situation = situation(&mut dice);
    let mut judge: Judge = situation.judge();
    judge.judge(Surface::Cookie, &Item::Cookie { name: b"_a" }, || "_a".to_owned());
    let mut fork = judge.fork();
    fork.judge_inline(b"alpha(1)");
    judge.absorb(fork.take_journal());
    assert!(judge.journal().judged().is_empty());
}
