//! `diff` against an exhaustive enumeration: every item of a small world, every visitor, every path.

use std::collections::BTreeSet;

use vestibule::catalog::{AddressPattern, Catalog, Pattern, Service};
use vestibule::config::{self, Config, SourceFile};
use vestibule::consent::{ConsentState, Grant, PurposeId, Regime, ServiceId, Signal, SignalKind, SourceId, resolve};
use vestibule::policy::{
    Item, Mode, NecessaryItem, ObservedRules, OwnedFetch, OwnedItem, Party, PathPattern, Route, RouteId, SitePolicy,
    Until, Verdict, decide,
};
use vestibule::review::diff::{self, Direction};

use crate::explain::{Dice, PURPOSES, purposes, site};

fn parse(text: &str) -> Config {
    let text = format!("version = 1\n[[site]]\nhosts = [\"shop.test\"]\nupstream = \"http://127.0.0.1:1\"\n{text}");
    config::parse(vec![SourceFile { path: "shop.toml".into(), text }]).unwrap_or_else(|found| panic!("{found}"))
}

const PAGE: &str = "shop.test";
const MARKERS: [&str; 3] = ["one(", "two(", "one(two("];

/// A pattern of a few letters and stars; validation would refuse some of these, matching does not mind. At most three
/// pieces, so that what two patterns have in common is among the words of [`world`].
fn glob(dice: &mut Dice) -> String {
    (0..=dice.roll(3)).map(|_| dice.one(&["a", "b", "*"])).collect::<String>().replace("**", "*")
}

fn service(dice: &mut Dice, id: &str) -> Service {
    let kind = dice.roll(7);
    let needed = match kind {
        0 => std::iter::empty().collect(),
        1 => std::iter::once(PurposeId::NECESSARY).collect(),
        2 => [dice.one(&PURPOSES), dice.one(&PURPOSES)].into_iter().collect(),
        _ => std::iter::once(dice.one(&PURPOSES)).collect(),
    };
    let host = |dice: &mut Dice| dice.one(&["a.test", "b.a.test", "b.test"]);
    Service {
        carrier: kind == 0,
        reason: (kind == 1).then(|| "needed".into()),
        cookies: (0..dice.roll(3)).map(|_| Pattern::new(&glob(dice))).collect(),
        hosts: (0..dice.roll(2)).map(|_| host(dice).into()).collect(),
        addresses: (0..dice.roll(3))
            .map(|_| AddressPattern { host: host(dice).into(), path: Pattern::new(&format!("/{}", glob(dice))) })
            .collect(),
        inline: (0..dice.roll(2)).map(|_| dice.one(&MARKERS).into()).collect(),
        parameters: (0..dice.roll(2)).map(|_| Pattern::new(&glob(dice))).collect(),
        fields: (0..dice.roll(2)).map(|_| Pattern::new(&glob(dice))).collect(),
        ..Service::named(id, needed)
    }
}

/// A policy with few services; a second one that is like it but for some changes, or unlike it altogether.
fn policy(dice: &mut Dice) -> Config {
    let mut config = parse("");
    let count = dice.roll(4);
    config.services = (0..count).map(|at| service(dice, &format!("s{at}"))).collect();
    config.sites[0].policy = small_site(dice);
    config
}

fn small_site(dice: &mut Dice) -> SitePolicy {
    let necessary = |dice: &mut Dice| NecessaryItem { pattern: Pattern::new(&glob(dice)), reason: "needed".into() };
    let host = |dice: &mut Dice| dice.one(&["a.test", "b.a.test", "b.test"]).into();
    SitePolicy {
        mode: Mode::Enforce,
        first_party: (0..dice.roll(2)).map(|_| host(dice)).collect(),
        necessary_cookies: (0..dice.roll(2)).map(|_| necessary(dice)).collect(),
        necessary_hosts: (0..dice.roll(2)).map(|_| (host(dice), "needed".into())).collect(),
        routes: (0..dice.roll(3))
            .map(|_| Route {
                path: PathPattern::new(dice.one(&["/a/**", "/**", "/*", "/a", "/*/b", "/**/b"])),
                methods: (0..dice.roll(2)).map(|_| dice.one(&["GET", "POST"]).into()).collect(),
                deny: purposes(dice, 30),
                ..Route::anywhere()
            })
            .collect(),
        observed: ObservedRules {
            services: (0..dice.roll(2)).map(|_| ServiceId(u16::try_from(dice.roll(4)).unwrap())).collect(),
            unknown_third_party: dice.chance(15),
            unknown_cookies: dice.chance(15),
            filter_lists: false,
        },
        ..site(dice)
    }
}

fn altered(dice: &mut Dice, before: &Config) -> Config {
    let mut config = before.clone();
    let fresh = policy(dice);
    for _ in 0..=dice.roll(2) {
        let site = &mut config.sites[0].policy;
        let other = &fresh.sites[0].policy;
        match dice.roll(10) {
            0 => config.services.clone_from(&fresh.services),
            1 if !config.services.is_empty() => {
                let at = dice.roll(config.services.len());
                let id = config.services[at].id.clone();
                config.services[at] = service(dice, &id);
            }
            1 | 2 => config.services.push(service(dice, "added")),
            3 => site.routes.clone_from(&other.routes),
            4 => site.necessary_cookies.clone_from(&other.necessary_cookies),
            5 => site.offered = other.offered,
            6 => site.observed.clone_from(&other.observed),
            8 => site.cookie_days.clone_from(&other.cookie_days),
            7 => {
                site.unknown_cookies = other.unknown_cookies;
                site.unknown_third_party = other.unknown_third_party;
            }
            _ => site.first_party.clone_from(&other.first_party),
        }
    }
    config.services.dedup_by(|one, other| one.id == other.id);
    config
}

fn all_words(letters: &[u8], longest: usize) -> Vec<Vec<u8>> {
    let mut all = vec![Vec::new()];
    let mut last = all.clone();
    for _ in 0..longest {
        last = last.iter().flat_map(|word| letters.iter().map(|letter| [&word[..], &[*letter]].concat())).collect();
        all.extend(last.clone());
    }
    all
}

/// Every item of the world, an address without its party.
fn world() -> Vec<OwnedItem> {
    let mut items = Vec::new();
    for name in all_words(b"abz", 5) {
        let name: Box<[u8]> = name.into();
        items.push(OwnedItem::Cookie { name: name.clone() });
        items.push(OwnedItem::Parameter { name: name.clone(), sealed: false });
        items.push(OwnedItem::Field { name: name.clone(), coarsens: false });
        for (persistent, deletion) in [(false, false), (true, false), (false, true)] {
            // One that lives longer than any limit stands for all that do.
            let days = persistent.then_some(u32::MAX);
            items.push(OwnedItem::SetCookie { name: name.clone(), persistent, deletion, days, domain: false });
        }
    }
    for host in ["a.test", "b.a.test", "z.b.a.test", "z.a.test", "b.test", "z.b.test", "z.test", PAGE, "z.shop.test"] {
        for path in all_words(b"abz", 4) {
            let path = format!("/{}", String::from_utf8(path).unwrap());
            items.push(OwnedItem::Address {
                host: host.into(),
                path: path.into(),
                party: Party::Third,
                fetch: OwnedFetch::default(),
            });
        }
    }
    for text in ["", "one(1)", "two(2)", "one(two(3))", "one(1);two(2)", "none"] {
        items.push(OwnedItem::InlineScript { text: text.as_bytes().into() });
    }
    items
}

/// What is on the wire, apart from which item it is: what a difference is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Cookie,
    SetCookie(bool, bool),
    Address,
    Script,
    Parameter,
    Field,
}

fn kind(item: &OwnedItem) -> Kind {
    match item {
        OwnedItem::Cookie { .. } => Kind::Cookie,
        OwnedItem::SetCookie { persistent, deletion, .. } => Kind::SetCookie(*persistent, *deletion),
        OwnedItem::Address { .. } => Kind::Address,
        OwnedItem::InlineScript { .. } => Kind::Script,
        OwnedItem::Parameter { .. } => Kind::Parameter,
        OwnedItem::Field { .. } => Kind::Field,
    }
}

type Routes = (Option<RouteId>, Option<RouteId>);
/// Kind, routes, what the visitor agreed to, old and new verdict.
type Seen = BTreeSet<(Kind, Routes, Vec<PurposeId>, Verdict, Verdict)>;

/// One policy, asked without anything that `diff` uses but the decision itself.
struct Plain {
    site: SitePolicy,
    catalog: Catalog,
}

impl Plain {
    fn of(config: &Config) -> Self {
        let mut site = config.sites[0].policy.clone();
        site.mode = Mode::Enforce;
        site.routes.iter_mut().for_each(|route| route.mode = None);
        Self { site, catalog: Catalog::new(config.services.clone()) }
    }

    fn state(&self, granted: &[PurposeId], service: Option<(&str, Grant)>) -> ConsentState {
        let asked = granted.iter().filter(|purpose| self.site.offered.contains(**purpose));
        let purposes = asked.map(|purpose| (*purpose, Grant::Granted)).collect();
        let services = service.and_then(|(id, grant)| Some((self.catalog.get(id)?, grant))).into_iter().collect();
        resolve(
            &[Signal {
                source: SourceId("plain"),
                kind: SignalKind::Collected,
                at: None,
                knowing: true,
                purposes,
                services,
            }],
            Regime::OPT_IN,
        )
    }

    fn verdict(&self, item: &OwnedItem, route: Option<RouteId>, state: &ConsentState) -> Verdict {
        let mut item = item.clone();
        if let OwnedItem::Address { host, party, .. } = &mut item {
            let under = |parent: &str| &**host == parent || host.ends_with(&format!(".{parent}"));
            // All names of this world are one label under `test`, so that is what one can register.
            let own = under(PAGE) || self.site.first_party.iter().any(|known| under(known));
            *party = if own { Party::First } else { Party::Third };
        }
        let decision = decide(&item.as_item(), state, &self.site, route, &self.catalog);
        if decision.mode == Mode::Observe { Verdict::Keep } else { decision.verdict }
    }
}

fn subsets() -> Vec<Vec<PurposeId>> {
    (0..1_usize << PURPOSES.len())
        .map(|bits| (0..PURPOSES.len()).filter(|at| bits & (1 << at) != 0).map(|at| PURPOSES[at]).collect())
        .collect()
}

fn check(seed: u64, world: &[OwnedItem], counts: &mut [u64; 2]) {
    let mut dice = Dice::new(seed);
    let old = policy(&mut dice);
    let new = if dice.chance(25) { policy(&mut dice) } else { altered(&mut dice, &old) };
    let (before, after) = (Plain::of(&old), Plain::of(&new));
    let paths = all_words(b"abz/", 5).into_iter().map(|word| format!("/{}", String::from_utf8(word).unwrap()));
    let routes: BTreeSet<Routes> = paths
        .filter(|path| !path.contains("//"))
        .flat_map(|path| ["GET", "POST", "PUT"].map(|method| (path.clone(), method)))
        .map(|(path, method)| (before.site.route(method, &path), after.site.route(method, &path)))
        .collect();

    let mut exhaustive = Seen::new();
    let mut by_name_exhaustive = BTreeSet::new();
    let ids: BTreeSet<&str> = old.services.iter().chain(&new.services).map(|service| &*service.id).collect();
    for granted in subsets() {
        let plain = std::iter::once(None);
        let named = ids.iter().flat_map(|id| [Some((*id, Grant::Granted)), Some((*id, Grant::Denied))]);
        for service in plain.chain(named) {
            let states = (before.state(&granted, service), after.state(&granted, service));
            for at in &routes {
                for item in world {
                    let one = before.verdict(item, at.0, &states.0);
                    let other = after.verdict(item, at.1, &states.1);
                    counts[0] += 1;
                    if one != other {
                        by_name_exhaustive.insert((kind(item), *at, one, other));
                    }
                    if one != other && service.is_none() {
                        exhaustive.insert((kind(item), *at, granted.clone(), one, other));
                    }
                }
            }
        }
    }

    let found = diff::diff(&old, &new);
    assert!(!found.incomplete);
    let site = &found.sites[0];
    let mut told = Seen::new();
    let mut by_name_told = BTreeSet::new();
    for change in &site.changes {
        let region = &site.regions[change.region];
        let at = (region.old, region.new);
        by_name_told.insert((kind(&change.item), at, change.old, change.new));
        for granted in subsets().into_iter().filter(|_| !change.by_name) {
            let names: BTreeSet<&str> = granted.iter().map(|purpose| old.purposes.name(*purpose)).collect();
            if change.when.holds_for(&names) {
                told.insert((kind(&change.item), at, granted, change.old, change.new));
            }
        }
    }
    assert_eq!(told, exhaustive, "seed {seed}\nold {:#?}\nnew {:#?}", old.services, new.services);
    assert_eq!(by_name_told, by_name_exhaustive, "seed {seed}, by name");
    counts[1] += u64::from(!exhaustive.is_empty());
}

/// 25 random pairs of policies; `DIFF_PAIRS` asks for more, `DIFF_SEED` begins elsewhere.
#[test]
fn every_difference_is_told_and_nothing_else() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let pairs: u64 = number("DIFF_PAIRS").unwrap_or(25);
    let first = number("DIFF_SEED").unwrap_or(1_u64);
    let world = world();
    let mut counts = [0; 2];
    for seed in first..first + pairs {
        check(seed, &world, &mut counts);
    }
    assert!(counts[1] * 2 > pairs, "{} of {pairs} pairs differ", counts[1]);
}

/// A refusal by name counts only where the service is known, so adding or removing one changes who agreed to everything.
#[test]
fn a_refusal_of_a_service_that_goes_is_told() {
    let visit = Verdict::Shorten(Until::Visit);
    let service = "[[service]]\nid = \"house\"\npurpose = \"marketing\"\nhosts = [\"house.example\"]\n";
    for (old, new, verdicts) in [(service, "", (visit, Verdict::Keep)), ("", service, (Verdict::Keep, visit))] {
        let found = diff::diff(&parse(old), &parse(new));
        let unknown = found.sites[0].changes.iter().find(|change| {
            matches!(change.item, OwnedItem::SetCookie { persistent: true, .. }) && change.services.is_empty()
        });
        let change = unknown.expect("a cookie that nobody knows is treated in another way");
        assert_eq!((change.old, change.new, change.by_name), (verdicts.0, verdicts.1, true));
        assert_eq!(change.when.words(), "for visitors who agree to everything");
    }
}

#[test]
fn the_same_policy_is_no_difference() {
    let example = config::load(std::path::Path::new("config/example.toml")).unwrap_or_else(|found| panic!("{found}"));
    let found = diff::diff(&example, &example);
    assert!(found.is_empty() && !found.looser() && !found.incomplete);
    assert!(found.sites.iter().all(|site| site.reasons.is_empty()));
}

fn looser_and_stricter(old: &str, new: &str) -> (Vec<String>, Vec<String>, usize) {
    let found = diff::diff(&parse(old), &parse(new));
    let settings: Vec<_> =
        found.sites.iter().flat_map(|site| site.settings.clone()).chain(found.settings.clone()).collect();
    let of = |way: Direction| {
        settings.iter().filter(|one| one.direction == way).map(|one| one.text.clone()).collect::<Vec<_>>()
    };
    (of(Direction::Looser), of(Direction::Stricter), found.sites[0].changes.len())
}

/// Settings that change no decision are told, with the way they go, and the other way round when turned round.
#[test]
fn settings_are_told_with_their_direction() {
    for (strict, loose) in [
        ("mode = \"enforce\"", "mode = \"observe\""),
        ("mode = \"enforce\"", "mode = \"off\""),
        ("gpc = \"binds\"", "gpc = \"denies\""),
        ("sources = [\"own\", \"gpc\"]", "sources = [\"own\"]"),
        ("choice_days = 200", "choice_days = 300"),
        ("[[site.route]]\npath = \"/pay\"\nmode = \"enforce\"", "[[site.route]]\npath = \"/pay\"\nmode = \"observe\""),
    ] {
        let (looser, stricter, changes) = looser_and_stricter(strict, loose);
        assert_eq!((looser.len(), stricter.len(), changes), (1, 0, 0), "{strict} / {loose}: {looser:?}");
        let (looser, stricter, changes) = looser_and_stricter(loose, strict);
        assert_eq!((looser.len(), stricter.len(), changes), (0, 1, 0), "{loose} / {strict}: {stricter:?}");
    }
    for (one, other) in [("banner = true", "banner = false"), ("own_path = \"/.a\"", "own_path = \"/.b\"")] {
        let (looser, stricter, changes) = looser_and_stricter(one, other);
        assert_eq!((looser.len(), stricter.len(), changes), (0, 0, 0));
        assert!(!diff::diff(&parse(one), &parse(other)).is_empty());
    }
}

/// The words for whom a change is, for one group of two purposes and a single one beside it.
#[test]
fn visitors_are_named_in_few_words() {
    use diff::Share::{All, None, Some};
    let groups = vec![vec!["analytics".into(), "social".into()], vec!["marketing".into()]];
    let of = |classes: &[[diff::Share; 2]]| {
        let classes = classes.iter().map(|class| class.to_vec()).collect();
        diff::When { groups: groups.clone(), classes }.words()
    };
    let every = [[None, None], [Some, None], [All, None], [None, All], [Some, All], [All, All]];
    for (classes, words) in [
        (&every[..], "for everybody"),
        (&[[None, None]], "for visitors who refuse everything"),
        (&[[All, All]], "for visitors who agree to everything"),
        (&[[All, None], [All, All]], "for visitors who agree to `analytics`, `social`"),
        (&[[None, All]], "for visitors who agree to `marketing` and not to `analytics`, `social`"),
        (
            &[[None, None], [Some, None]],
            "for visitors who do not agree to `marketing` and not to all of `analytics`, `social`",
        ),
        (&every[..3], "for visitors who do not agree to `marketing`"),
        (&[[Some, All], [All, All]], "for visitors who agree to `marketing` and to some of `analytics`, `social`"),
    ] {
        assert_eq!(of(classes), words);
    }
}

#[test]
fn a_service_that_moves_is_looser_for_some_and_stricter_for_others() {
    let service = |purpose: &str| {
        format!(
            "[[service]]\nid = \"house\"\npurpose = \"{purpose}\"\ncookies = [\"_house*\"]\nhosts = [\"house.example\"]\n"
        )
    };
    let found = diff::diff(&parse(&service("marketing")), &parse(&service("analytics")));
    assert!(found.looser());
    let changes = &found.sites[0].changes;
    let words: BTreeSet<String> =
        changes.iter().map(|change| format!("{:?} {}", change.direction(), change.when.words())).collect();
    let expected = [
        "Looser for visitors who agree to `analytics` and not to `marketing`",
        "Stricter for visitors who agree to `marketing` and not to `analytics`",
    ];
    assert_eq!(words.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    let labels: BTreeSet<_> = changes.iter().map(|change| found.sites[0].label(&change.item)).collect();
    let shown: Vec<String> = labels.into_iter().map(|(kind, label)| format!("{kind} {label}")).collect();
    assert_eq!(shown, ["cookie `_house*`", "host `*.house.example`", "host `house.example`"]);
    assert!(matches!(changes[0].item.as_item(), Item::Cookie { .. }));
}
