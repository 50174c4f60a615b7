//! How two configurations differ in what they do: every decision that changes, for whom and where, and every setting
//! that changes what is enforced.
//!
//! Nothing is compared as text. Both policies are asked about the same items (`items.rs`, with the argument why those
//! stand for all in [`witness`]), for the same classes of visitors (`class.rs`), on every pair of routes that a path can be
//! on. A visitor of a class agrees to the same purposes wherever they are asked for; a purpose that a site does not ask
//! for is not granted there.
//!
//! Modes are settings here: decisions are compared as if both sides enforced.

mod class;
mod items;
mod settings;
mod side;
pub mod witness;

use std::collections::{BTreeMap, BTreeSet};

use self::class::all_classes;
pub use self::class::{Group, Share, When};
use self::items::{Items, Knows, StandsForAny};
pub use self::settings::Setting;
use self::side::{ByName, Side};
use super::words::quote;
use crate::config::Config;
use crate::policy::{Decision, OwnedItem, RouteId, Verdict};

/// Which way a change goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// More gets through.
    Looser,
    /// Less gets through.
    Stricter,
    /// Neither.
    Neutral,
}

/// Everything that differs.
#[derive(Clone, Debug, Default)]
pub struct Diff {
    /// One part per pair of sites that answer for the same hosts.
    pub sites: Vec<SiteDiff>,
    /// What changed for the process or for hosts as a whole.
    pub settings: Vec<Setting>,
    /// Whether some patterns overlap in more ways than were followed, so that a difference may be missing.
    pub incomplete: bool,
}

/// What differs for some hosts.
#[derive(Clone, Debug)]
pub struct SiteDiff {
    /// The hosts; "every other host" for a site that answers for all.
    pub hosts: Vec<String>,
    /// Decisions that change.
    pub changes: Vec<Change>,
    /// Items whose decision has other reasons and the same verdict, on every route and for everybody.
    pub reasons: Vec<OwnedItem>,
    /// Settings that change.
    pub settings: Vec<Setting>,
    /// Every pair of routes that a path can be on, to tell where a change holds.
    pub regions: Vec<Region>,
    any: StandsForAny,
}

impl SiteDiff {
    /// An item as people would write it, and what kind of thing it is: `cookie`, `host`, `script`,
    /// `parameter` or `field`.
    pub fn label(&self, item: &OwnedItem) -> (&'static str, String) {
        self.any.label(item)
    }
}

/// A part of a site in which one route of each policy holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// The old policy's route.
    pub old: Option<RouteId>,
    /// The new policy's route.
    pub new: Option<RouteId>,
    /// The patterns of the routes, old and new; empty where no route holds.
    pub patterns: [String; 2],
}

/// A decision that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The item, as the old policy sees it: whose host an address is may change, too.
    pub item: OwnedItem,
    /// Where, as a position in [`SiteDiff::regions`].
    pub region: usize,
    /// The old verdict.
    pub old: Verdict,
    /// The new verdict.
    pub new: Verdict,
    /// The services that either policy takes the item for, by id.
    pub services: Vec<String>,
    /// For whom.
    pub when: When,
    /// Whether it shows only when a service was granted or refused by name.
    pub by_name: bool,
}

impl Change {
    /// Which way it goes.
    pub fn direction(&self) -> Direction {
        if self.new.passes() > self.old.passes() { Direction::Looser } else { Direction::Stricter }
    }
}

impl Diff {
    /// Whether nothing differs but perhaps reasons.
    pub fn is_empty(&self) -> bool {
        self.settings.is_empty() && self.sites.iter().all(|site| site.changes.is_empty() && site.settings.is_empty())
    }

    /// Whether anything gets through that did not before.
    pub fn looser(&self) -> bool {
        let by_setting = |settings: &[Setting]| settings.iter().any(|one| one.direction == Direction::Looser);
        let by_decision = |site: &SiteDiff| site.changes.iter().any(|one| one.direction() == Direction::Looser);
        by_setting(&self.settings) || self.sites.iter().any(|site| by_decision(site) || by_setting(&site.settings))
    }
}

/// Compares two configurations.
pub fn diff(old: &Config, new: &Config) -> Diff {
    let mut diff = Diff { settings: settings::of_process(old, new), ..Diff::default() };
    for (hosts, old_site, new_site) in pairs(old, new) {
        match (old_site, new_site) {
            (Some(old_site), Some(new_site)) => {
                if let Some((site, incomplete)) = compare([(old, old_site), (new, new_site)], hosts) {
                    diff.incomplete |= incomplete;
                    diff.sites.push(site);
                }
            }
            (old_site, _) => {
                let what = if old_site.is_some() { "no longer answered for" } else { "answered for" };
                let hosts: Vec<String> = hosts.iter().map(|host| quote(host)).collect();
                diff.settings.push(Setting::new(Direction::Neutral, format!("{}: {what}", hosts.join(", "))));
            }
        }
    }
    diff
}

/// The hosts of both configurations, by the pair of sites that answers for them.
fn pairs(old: &Config, new: &Config) -> Vec<(Vec<String>, Option<usize>, Option<usize>)> {
    let answers = |config: &Config, host: Option<&str>| {
        let named =
            host.and_then(|host| config.sites.iter().position(|site| site.hosts.iter().any(|known| **known == *host)));
        named.or_else(|| config.sites.iter().position(|site| site.hosts.is_empty()))
    };
    let named: BTreeSet<&str> = [old, new]
        .into_iter()
        .flat_map(|config| &config.sites)
        .flat_map(|site| &site.hosts)
        .map(|host| &**host)
        .collect();
    let mut pairs: BTreeMap<(Option<usize>, Option<usize>), Vec<String>> = BTreeMap::new();
    for host in named.into_iter().map(Some).chain([None]) {
        let pair = (answers(old, host), answers(new, host));
        if pair != (None, None) {
            pairs.entry(pair).or_default().push(host.unwrap_or(EVERY_OTHER).to_owned());
        }
    }
    pairs.into_iter().map(|((old, new), hosts)| (hosts, old, new)).collect()
}

/// Stands for the hosts that nobody named.
const EVERY_OTHER: &str = "every other host";

fn compare(both: [(&Config, usize); 2], hosts: Vec<String>) -> Option<(SiteDiff, bool)> {
    let pages: Vec<String> =
        hosts.iter().map(|host| if host == EVERY_OTHER { "page.invalid".to_owned() } else { host.clone() }).collect();
    let [Some(mut old), Some(mut new)] = both.map(|(config, site)| Side::of(config, site)) else {
        return None;
    };
    let knows = [&old, &new].map(|side| Knows { services: &side.config.services, site: &side.site });
    let items = Items::of(knows, &pages);
    let (regions, mut incomplete) = regions(&old, &new);
    incomplete |= items.incomplete;
    let mut found = Comparison::default();
    for (at, region) in regions.iter().enumerate() {
        found.known.clear();
        for name in &items.cookies {
            for item in items::of_cookie(name) {
                found.compare(&mut old, &mut new, at, region, &item, &item);
            }
        }
        for (host, path) in &items.addresses {
            let mut parties = BTreeSet::new();
            for page in &pages {
                let both = (old.party(page, host), new.party(page, host));
                if parties.insert(both) {
                    let [before, after] = [both.0, both.1].map(|party| items::of_address(host, path, party));
                    found.compare(&mut old, &mut new, at, region, &before, &after);
                }
            }
        }
        let scripts = items.scripts.iter().map(|text| OwnedItem::InlineScript { text: text.as_slice().into() });
        let named = |name: &Vec<u8>| OwnedItem::Parameter { name: name.as_slice().into(), sealed: false };
        let parameters = items.parameters.iter().map(named);
        let fields = items.fields.iter().map(|name| OwnedItem::Field { name: name.as_slice().into(), coarsens: false });
        for item in scripts.chain(parameters).chain(fields) {
            found.compare(&mut old, &mut new, at, region, &item, &item);
        }
    }
    let settings = settings::of_site(&old, &new, &regions);
    let reasons = found.reasons.difference(&found.changed).cloned().collect();
    let any = items.stands_for_any;
    Some((SiteDiff { hosts, changes: found.changes, reasons, settings, regions, any }, incomplete))
}

/// Every pair of routes that a request can be on.
fn regions(old: &Side<'_>, new: &Side<'_>) -> (Vec<Region>, bool) {
    let patterns = [old, new].into_iter().flat_map(|side| &side.site.routes).map(|route| route.path.as_str());
    let found = witness::paths(patterns);
    let mut regions: Vec<Region> = Vec::new();
    // A method that no route names stands for all of those.
    let named = [old, new].into_iter().flat_map(|side| &side.site.routes).flat_map(|route| &route.methods);
    let methods: BTreeSet<&str> = named.map(|method| &**method).chain(std::iter::once("OTHER")).collect();
    for path in &found.words {
        let path = String::from_utf8_lossy(path);
        for method in &methods {
            let (before, after) = (old.site.route(method, &path), new.site.route(method, &path));
            if !regions.iter().any(|region| (region.old, region.new) == (before, after)) {
                let patterns = [(old, before), (new, after)].map(|(side, route)| side.pattern(route));
                regions.push(Region { old: before, new: after, patterns });
            }
        }
    }
    (regions, found.incomplete)
}

/// The classes in which a pair of verdicts, old and new, is given.
type ByVerdicts = BTreeMap<(Verdict, Verdict), BTreeSet<Vec<Share>>>;

/// What differs about one item.
#[derive(Clone, Debug)]
struct Answer {
    when: Vec<((Verdict, Verdict), When, bool)>,
    reasons: bool,
}

/// Items that nothing tells apart: of one kind, taken for the same services.
type Alike = ((u8, u8), Vec<String>, Vec<String>);

#[derive(Default)]
struct Comparison {
    changes: Vec<Change>,
    reasons: BTreeSet<OwnedItem>,
    changed: BTreeSet<OwnedItem>,
    /// What was found out on one pair of routes, with what is decided before anything is said: that tells the entries
    /// of the necessary lists apart.
    known: BTreeMap<Alike, Vec<(Decision, Decision, Answer)>>,
}

impl Comparison {
    /// Asks both sides about one item in every class, unless the answer is known from one like it.
    fn compare(
        &mut self,
        old: &mut Side<'_>,
        new: &mut Side<'_>,
        at: usize,
        region: &Region,
        before: &OwnedItem,
        after: &OwnedItem,
    ) {
        let alike = ((before.kind(), after.kind()), old.recognised(before), new.recognised(after));
        let services: BTreeSet<String> = alike.1.iter().chain(&alike.2).cloned().collect();
        let (nobody, nothing) = (BTreeSet::new(), ByName::Nothing);
        let one = old.decide(before, region.old, &nobody, &nothing);
        let other = new.decide(after, region.new, &nobody, &nothing);
        let known = self.known.entry(alike).or_default();
        let found = known.iter().find(|known| (known.0, known.1) == (one, other)).map(|known| known.2.clone());
        let answer = found.unwrap_or_else(|| {
            let answer = ask(old, new, region, before, after, &services);
            known.push((one, other, answer.clone()));
            answer
        });
        if answer.reasons {
            self.reasons.insert(before.clone());
        }
        for ((one, other), when, by_name) in answer.when {
            self.changed.insert(before.clone());
            let (item, services) = (before.clone(), services.iter().cloned().collect());
            self.changes.push(Change { item, region: at, old: one, new: other, services, when, by_name });
        }
    }
}

/// Asks both sides about one item in every class.
fn ask(
    old: &mut Side<'_>,
    new: &mut Side<'_>,
    region: &Region,
    before: &OwnedItem,
    after: &OwnedItem,
    services: &BTreeSet<String>,
) -> Answer {
    let groups = side::groups(old, new, region, services);
    let classes = all_classes(&groups);
    let mut by_verdicts = ByVerdicts::new();
    let mut named = ByVerdicts::new();
    let mut reasons = false;
    for by_name in side::by_names(old, new, services) {
        for class in &classes {
            let granted: BTreeSet<&str> = class::granted(&groups, class).collect();
            let one = old.decide(before, region.old, &granted, &by_name);
            let other = new.decide(after, region.new, &granted, &by_name);
            if one.verdict == other.verdict {
                reasons |= by_name == ByName::Nothing && old.told(&one) != new.told(&other);
                continue;
            }
            let map = if by_name == ByName::Nothing { &mut by_verdicts } else { &mut named };
            map.entry((one.verdict, other.verdict)).or_default().insert(class.clone());
        }
    }
    // What shows without any word about a single service needs none.
    named.retain(|verdicts, _| !by_verdicts.contains_key(verdicts));
    let maps = [(by_verdicts, false), (named, true)];
    let when = maps.into_iter().flat_map(|(map, by_name)| {
        let groups = &groups;
        map.into_iter().map(move |(verdicts, classes)| (verdicts, When { groups: groups.clone(), classes }, by_name))
    });
    Answer { when: when.collect(), reasons }
}
