//! Settings that change what is enforced, asked or heard without changing a decision.

use std::collections::BTreeSet;

use super::side::Side;
use super::{Direction, Region};
use crate::config::{Config, SiteConfig};
use crate::consent::{Country, PurposeSet, Regime};
use crate::policy::Mode;
use crate::review::{mode, quote};
use crate::sources::SourceUse;

/// A setting that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Which way.
    pub direction: Direction,
    /// What, in words.
    pub text: String,
}

impl Setting {
    pub(super) const fn new(direction: Direction, text: String) -> Self {
        Self { direction, text }
    }
}

const DAY: u64 = 24 * 60 * 60;

/// Settings of the whole process that decide who is believed.
pub(super) fn of_process(old: &Config, new: &Config) -> Vec<Setting> {
    let mut found = Vec::new();
    if old.listen.trusted_proxies != new.listen.trusted_proxies {
        found.push(Setting::new(
            Direction::Neutral,
            "`trusted_proxies` changes: whose word about visitors is taken".to_owned(),
        ));
    }
    if old.limits.max_token_bytes != new.limits.max_token_bytes {
        let text = format!("`max_token_bytes`: {} to {}", old.limits.max_token_bytes, new.limits.max_token_bytes);
        found.push(Setting::new(Direction::Neutral, text));
    }
    found
}

/// Settings of a pair of sites.
pub(super) fn of_site(old: &Side<'_>, new: &Side<'_>, regions: &[Region]) -> Vec<Setting> {
    let mut found = modes(old, new, regions);
    let (before, after) = (old.settings, new.settings);
    purposes(old, new, &mut found);
    sources(before, after, &mut found);
    if before.policy.name != after.policy.name {
        let text = format!(
            "the site is called {}, not {}: choices made so far count no longer",
            quote(&after.policy.name),
            quote(&before.policy.name)
        );
        found.push(Setting::new(Direction::Stricter, text));
    }
    regimes(old, new, &mut found);
    if before.asking.shown != after.asking.shown {
        let text = if after.asking.shown {
            "visitors are asked with Vestibule's banner"
        } else {
            "Vestibule no longer asks visitors"
        };
        found.push(Setting::new(Direction::Neutral, text.to_owned()));
    }
    if before.own_path != after.own_path {
        let text = format!("`own_path`: {} to {}", quote(&before.own_path), quote(&after.own_path));
        found.push(Setting::new(Direction::Neutral, text));
    }
    if before.gpc_file != after.gpc_file {
        let who = if after.gpc_file { "Vestibule" } else { "the shop" };
        found.push(Setting::new(Direction::Neutral, format!("`/.well-known/gpc.json` is answered by {who}")));
    }
    cookies(old, new, &mut found);
    if before.asking.refuse_on_first_layer != after.asking.refuse_on_first_layer {
        let place = if after.asking.refuse_on_first_layer { "beside accepting" } else { "one page further" };
        found.push(Setting::new(Direction::Neutral, format!("refusing stands {place}")));
    }
    if before.country_header != after.country_header {
        let name = after.country_header.as_deref().map_or_else(|| "no field".to_owned(), quote);
        found.push(Setting::new(Direction::Neutral, format!("the visitor's country is read from {name}")));
    }
    if before.country_database != after.country_database {
        let name = after
            .country_database
            .as_ref()
            .map_or_else(|| "none".to_owned(), |file| quote(&file.path.display().to_string()));
        found.push(Setting::new(Direction::Neutral, format!("the database of countries is {name}")));
    }
    if before.policy.filter_lists != after.policy.filter_lists {
        let rules = |site: &SiteConfig| site.policy.filter_lists.as_ref().map_or(0, |lists| lists.rules().iter().sum());
        let (had, has): (usize, usize) = (rules(before), rules(after));
        let direction = match (had, has) {
            (0, _) => Direction::Stricter,
            (_, 0) => Direction::Looser,
            _ => Direction::Neutral,
        };
        found.push(Setting::new(direction, format!("`filter_lists`: {had} rules to {has}, and other ones")));
    }
    if before.policy.collectors.read_bodies != after.policy.collectors.read_bodies {
        let (word, direction) = if after.policy.collectors.read_bodies {
            ("now", Direction::Stricter)
        } else {
            ("no longer", Direction::Looser)
        };
        found.push(Setting::new(direction, format!("calls to services are {word} known by small bodies")));
    }
    if before.policy.strip_links != after.policy.strip_links {
        let (word, direction) =
            if after.policy.strip_links { ("lose", Direction::Stricter) } else { ("keep", Direction::Looser) };
        found.push(Setting::new(direction, format!("links in pages {word} click ids that were not agreed to")));
    }
    if before.policy.markup_in_json != after.policy.markup_in_json {
        let (word, direction) =
            if after.policy.markup_in_json { ("now", Direction::Stricter) } else { ("no longer", Direction::Looser) };
        found.push(Setting::new(direction, format!("markup in JSON is {word} looked for")));
    }
    if before.upstreams != after.upstreams {
        found.push(Setting::new(Direction::Neutral, "`upstream` changes".to_owned()));
    }
    found
}

/// What becomes of the shop's own cookies, and of what browsers keep after a withdrawal.
fn cookies(old: &Side<'_>, new: &Side<'_>, found: &mut Vec<Setting>) {
    let (before, after) = (old.settings, new.settings);
    if before.policy.host_only_cookies != after.policy.host_only_cookies {
        let (direction, text) = if after.policy.host_only_cookies {
            (Direction::Stricter, "cookies of the shop's are kept from its sub-domains")
        } else {
            (Direction::Looser, "cookies of the shop's keep their `Domain`")
        };
        found.push(Setting::new(direction, text.to_owned()));
    }
    if before.clear_site_data != after.clear_site_data {
        let what = after.clear_site_data.as_deref().unwrap_or("nothing");
        let text = format!("after a withdrawal browsers are asked to clear {}", quote(what));
        found.push(Setting::new(Direction::Neutral, text));
    }
}

/// What holds before a choice, for visitors from every country that either side names, and from everywhere else.
fn regimes(old: &Side<'_>, new: &Side<'_>, found: &mut Vec<Setting>) {
    let sets = [&old.settings.policy.regimes, &new.settings.policy.regimes];
    let countries: BTreeSet<Option<Country>> = sets
        .iter()
        .flat_map(|regimes| regimes.by_country.keys().copied().map(Some))
        .chain(std::iter::once(None))
        .collect();
    for country in countries {
        let from = country.map(|country| format!(" for visitors from {country}")).unwrap_or_default();
        let [before, after] = sets.map(|regimes| country.map_or(regimes.default, |country| regimes.of(Some(country))));
        if before.objection_binds != after.objection_binds {
            let (word, holds, direction) = if after.objection_binds {
                ("binds", "holds against", Direction::Stricter)
            } else {
                ("denies", "gives way to", Direction::Looser)
            };
            let text = format!("`gpc = \"{word}\"`: an objection {holds} a later choice{from}");
            found.push(Setting::new(direction, text));
        }
        let allowed = [(old, before), (new, after)].map(|(side, regime)| names(side, regime.allowed_by_default));
        for (set, other, direction, words) in [
            (&allowed[1], &allowed[0], Direction::Looser, "is allowed until the visitor objects"),
            (&allowed[0], &allowed[1], Direction::Stricter, "is no longer allowed without a choice"),
        ] {
            for name in set.difference(other) {
                found.push(Setting::new(direction, format!("{} {words}{from}", quote(name))));
            }
        }
        if before.audience_cookie_days != after.audience_cookie_days {
            let days = |regime: Regime| regime.audience_cookie_days.unwrap_or(u16::MAX);
            let direction = if days(after) > days(before) { Direction::Looser } else { Direction::Stricter };
            let text = after.audience_cookie_days.map_or_else(
                || format!("cookies for audience measurement live as long as they like{from}"),
                |days| format!("cookies for audience measurement live {days} days at most{from}"),
            );
            found.push(Setting::new(direction, text));
        }
        if before.choice_lifetime != after.choice_lifetime {
            let longer = after.choice_lifetime > before.choice_lifetime;
            let direction = if longer { Direction::Looser } else { Direction::Stricter };
            let days = (after.choice_lifetime / DAY, before.choice_lifetime / DAY);
            found.push(Setting::new(direction, format!("a choice is kept for {} days, not {}{from}", days.0, days.1)));
        }
    }
}

/// The mode of every part of the site.
fn modes(old: &Side<'_>, new: &Side<'_>, regions: &[Region]) -> Vec<Setting> {
    let mut found = Vec::new();
    for region in regions {
        let modes = (old.settings.policy.mode_on(region.old), new.settings.policy.mode_on(region.new));
        let direction = match modes {
            (one, other) if one == other => continue,
            (Mode::Enforce, _) => Direction::Looser,
            (_, Mode::Enforce) => Direction::Stricter,
            _ => Direction::Neutral,
        };
        let text = format!("mode {} to {}{}", quote(mode(modes.0)), quote(mode(modes.1)), region.words());
        let setting = Setting::new(direction, text);
        if !found.contains(&setting) {
            found.push(setting);
        }
    }
    found
}

fn purposes(old: &Side<'_>, new: &Side<'_>, found: &mut Vec<Setting>) {
    let asked = [old, new].map(|side| names(side, side.site.offered));
    for name in asked[1].difference(&asked[0]) {
        found.push(Setting::new(Direction::Neutral, format!("visitors are asked about {}", quote(name))));
    }
    for name in asked[0].difference(&asked[1]) {
        found.push(Setting::new(Direction::Neutral, format!("visitors are no longer asked about {}", quote(name))));
    }
}

/// A standing objection can only deny; every other source can also grant.
fn sources(before: &SiteConfig, after: &SiteConfig, found: &mut Vec<Setting>) {
    let read =
        |site: &SiteConfig, other: &SourceUse| site.sources.iter().any(|one| one.source.id() == other.source.id());
    for (one, other, more) in [(after, before, true), (before, after, false)] {
        for used in one.sources.iter().filter(|used| !read(other, used)) {
            let direction = if used.source.grants() == more { Direction::Looser } else { Direction::Stricter };
            let what = if more { "is read" } else { "is no longer read" };
            found.push(Setting::new(direction, format!("the source {} {what}", quote(used.source.id().0))));
        }
    }
    for used in &after.sources {
        let old = before.sources.iter().find(|one| one.source.id() == used.source.id());
        if old.is_some_and(|old| old.settings != used.settings) {
            let what = format!("what the source {} says means something else", quote(used.source.id().0));
            found.push(Setting::new(Direction::Neutral, what));
        }
    }
}

fn names<'a>(side: &'a Side<'_>, purposes: PurposeSet) -> BTreeSet<&'a str> {
    purposes.iter().map(|purpose| side.config.purposes.name(purpose)).filter(|name| !name.is_empty()).collect()
}

impl Region {
    /// Where it is, in words: empty where no route holds.
    pub fn words(&self) -> String {
        match self.patterns.each_ref().map(String::as_str) {
            ["", ""] => String::new(),
            [one, other] if one == other => format!(" on {}", quote(one)),
            ["", new] => format!(" on {} (a new route)", quote(new)),
            [old, ""] => format!(" on {} (a route no longer)", quote(old)),
            [old, new] => format!(" on {}, before {}", quote(new), quote(old)),
        }
    }
}
