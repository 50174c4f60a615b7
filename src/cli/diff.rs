//! `vestibule diff OLD NEW`: what a change of configuration changes for visitors.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::{Failure, configuration, output};
use crate::policy::{OwnedItem, Until, Verdict};
use crate::review::diff::{self, Change, Diff, Direction, Setting, SiteDiff};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The configuration as it is.
    old: PathBuf,
    /// The configuration as it would be.
    new: PathBuf,
    /// Tell everything as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let old = configuration(Some(&arguments.old))?;
    let new = configuration(Some(&arguments.new))?;
    let found = diff::diff(&old, &new);
    if arguments.json {
        output::result(&as_json(&found).to_string());
    } else {
        output::result(text(&found).trim_end());
    }
    if found.looser() { Err(Failure::Looser) } else { Ok(()) }
}

const fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Looser => "more permissive",
        Direction::Stricter => "stricter",
        Direction::Neutral => "other",
    }
}

/// What a verdict means for something of this kind.
const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Keep => "passes",
        Verdict::Drop => "blocked",
        Verdict::Shorten(Until::Visit) => "kept for the visit",
        Verdict::Shorten(Until::Days(_)) => "kept for a limited time",
        Verdict::Narrow => "kept for one host",
        Verdict::Coarsen => "coarser",
    }
}

const fn occasion(item: &OwnedItem) -> &'static str {
    match item {
        OwnedItem::Cookie { .. } => "sent",
        OwnedItem::SetCookie { deletion: true, .. } => "removed",
        OwnedItem::SetCookie { persistent: true, .. } => "set to stay",
        OwnedItem::SetCookie { .. } => "set for the visit",
        OwnedItem::Address { .. } => "fetched",
        OwnedItem::InlineScript { .. } => "inline",
        OwnedItem::Parameter { .. } => "in a query",
        OwnedItem::Field { .. } => "in a head",
    }
}

/// Changes that read alike but for the item: where, for whom, from what to what. Then the services, and the labels by
/// kind, each with the occasions on which it is met.
type Alike = BTreeMap<(Direction, String, &'static str, &'static str), BTreeMap<String, Items>>;
type Items = BTreeMap<(&'static str, String), BTreeSet<&'static str>>;

/// Sorts the changes of a site by what they have in common. A change on all routes names none of them.
fn alike(site: &SiteDiff) -> Alike {
    let mut places: BTreeMap<_, (BTreeSet<usize>, &Change)> = BTreeMap::new();
    for change in &site.changes {
        let key = (change.item.clone(), change.old, change.new, whom(change));
        places.entry(key).or_insert_with(|| (BTreeSet::new(), change)).0.insert(change.region);
    }
    let mut alike = Alike::new();
    for ((item, old, new, whom), (regions, change)) in places {
        let everywhere = regions.len() == site.regions.len();
        let named: BTreeSet<String> =
            regions.iter().filter_map(|at| site.regions.get(*at)).map(diff::Region::words).collect();
        let on = if everywhere { String::new() } else { on_routes(&named) };
        let key = (change.direction(), format!("{whom}{on}"), verdict(old), verdict(new));
        let services = change.services.join(" + ");
        let items = alike.entry(key).or_default().entry(services).or_default();
        items.entry(site.label(&item)).or_default().insert(occasion(&item));
    }
    alike
}

/// How many names of a kind are shown; JSON has all of them.
const SHOWN: usize = 4;

/// The items of one service in one line: what they are called, and how many more there are.
fn line(items: &Items) -> String {
    let mut parts = Vec::new();
    for kind in ["cookie", "host", "script"] {
        let of_kind: BTreeMap<&str, &BTreeSet<&str>> =
            items.iter().filter(|((one, _), _)| *one == kind).map(|((_, label), when)| (&**label, when)).collect();
        // What holds for a host and for everything below it is said once.
        let below =
            |label: &str| label.strip_prefix("`*.").is_some_and(|host| of_kind.contains_key(&*format!("`{host}")));
        let shown: Vec<String> = of_kind
            .iter()
            .filter(|(label, _)| !below(label))
            .map(|(label, when)| format!("{label}{}", occasions(kind, when)))
            .collect();
        let Some((first, rest)) = shown.split_at_checked(shown.len().min(SHOWN)).filter(|(first, _)| !first.is_empty())
        else {
            continue;
        };
        let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
        let plural = if shown.len() == 1 { "" } else { "s" };
        let label = if first.iter().any(|label| label.contains("nobody knows")) && shown.len() == 1 {
            String::new()
        } else {
            format!("{kind}{plural} ")
        };
        parts.push(format!("{label}{}{more}", first.join(", ")));
    }
    parts.join("; ")
}

/// When a cookie is met, unless it is always so.
fn occasions(kind: &str, when: &BTreeSet<&str>) -> String {
    if kind != "cookie" || when.is_superset(&BTreeSet::from(["sent", "set for the visit", "set to stay"])) {
        return String::new();
    }
    let when: Vec<&str> = when.iter().copied().collect();
    format!(" ({})", when.join(", "))
}

fn on_routes(named: &BTreeSet<String>) -> String {
    let places: Vec<&str> =
        named.iter().map(|words| if words.is_empty() { " on paths without a route" } else { words.as_str() }).collect();
    format!(",{}", places.join(" and"))
}

fn whom(change: &Change) -> String {
    let whom = change.when.words();
    if change.by_name { format!("{whom}, and granted or refused single services") } else { whom }
}

fn text(found: &Diff) -> String {
    let mut out = String::new();
    if found.is_empty() && found.sites.iter().all(|site| site.reasons.is_empty()) {
        out.push_str("nothing changes for anybody\n");
    }
    settings(&mut out, "", &found.settings);
    for site in &found.sites {
        if site.changes.is_empty() && site.settings.is_empty() && site.reasons.is_empty() {
            continue;
        }
        let _ = writeln!(out, "{}", site.hosts.join(", "));
        settings(&mut out, "  ", &site.settings);
        for ((way, whom, old, new), items) in &alike(site) {
            let _ = writeln!(out, "  {}: {old} → {new}, {whom}", direction(*way));
            for (services, items) in items {
                let who = if services.is_empty() { String::new() } else { format!("`{services}`: ") };
                let _ = writeln!(out, "    {who}{}", line(items));
            }
        }
        if !site.reasons.is_empty() {
            let labels: BTreeSet<_> = site.reasons.iter().map(|item| site.label(item)).collect();
            let _ = writeln!(out, "  same outcome for other reasons: {} items", labels.len());
        }
        let decisions = !site.changes.is_empty();
        for (who, refuses) in
            [("refuse everything", true), ("agree to everything", false)].into_iter().filter(|_| decisions)
        {
            let _ = writeln!(out, "  for visitors who {who}: {}", summary(site, refuses));
        }
        out.push('\n');
    }
    if found.incomplete {
        out.push_str("some patterns overlap in more ways than were followed: a difference may be missing\n");
    }
    out
}

fn settings(out: &mut String, indent: &str, settings: &[Setting]) {
    for setting in settings {
        let way = match setting.direction {
            Direction::Neutral => String::new(),
            way => format!("{}: ", direction(way)),
        };
        let _ = writeln!(out, "{indent}{way}{}", setting.text);
    }
}

/// How many cookies, hosts and scripts are newly blocked and newly allowed for one kind of visitor.
fn summary(site: &SiteDiff, refuses: bool) -> String {
    let mut counts: BTreeMap<Direction, BTreeMap<&'static str, BTreeSet<String>>> = BTreeMap::new();
    for change in site.changes.iter().filter(|change| !change.by_name) {
        let granted = change.when.groups.iter().flatten().map(|name| &**name).filter(|_| !refuses).collect();
        if change.when.holds_for(&granted) {
            let (kind, label) = site.label(&change.item);
            counts.entry(change.direction()).or_default().entry(kind).or_default().insert(label);
        }
    }
    let count = |way: Direction| {
        let of: Vec<String> = counts
            .get(&way)
            .into_iter()
            .flatten()
            .map(|(kind, labels)| format!("{} {kind}{}", labels.len(), if labels.len() == 1 { "" } else { "s" }))
            .collect();
        if of.is_empty() { "nothing".to_owned() } else { of.join(", ") }
    };
    format!("{} now blocked or shortened, {} newly allowed", count(Direction::Stricter), count(Direction::Looser))
}

fn as_json(found: &Diff) -> Value {
    let told = |settings: &[Setting]| -> Vec<Value> {
        settings.iter().map(|one| json!({ "direction": direction(one.direction), "text": one.text })).collect()
    };
    let sites: Vec<Value> = found
        .sites
        .iter()
        .map(|site| {
            let changes: Vec<Value> = site
                .changes
                .iter()
                .map(|change| {
                    let (kind, label) = site.label(&change.item);
                    let region = site.regions.get(change.region);
                    json!({
                        "direction": direction(change.direction()),
                        "kind": kind,
                        "item": label,
                        "services": change.services,
                        "when": occasion(&change.item),
                        "old": verdict(change.old),
                        "new": verdict(change.new),
                        "for": whom(change),
                        "old_route": region.map(|region| &region.patterns[0]),
                        "new_route": region.map(|region| &region.patterns[1]),
                    })
                })
                .collect();
            let reasons: BTreeSet<_> = site.reasons.iter().map(|item| site.label(item)).collect();
            let reasons: Vec<Value> =
                reasons.into_iter().map(|(kind, label)| json!({ "kind": kind, "item": label })).collect();
            json!({ "hosts": site.hosts, "settings": told(&site.settings), "changes": changes, "other_reasons": reasons })
        })
        .collect();
    json!({
        "more_permissive": found.looser(),
        "incomplete": found.incomplete,
        "settings": told(&found.settings),
        "sites": sites,
    })
}
