//! `vestibule diff OLD NEW`: what a change of configuration changes for visitors.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::{Failure, configuration, output};
use crate::policy::{OwnedItem, Verdict};
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
        Verdict::Shorten => "kept for the visit",
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
    }
}

/// Changes that read alike but for the item: where, for whom, from what to what.
type Alike =
    BTreeMap<(Direction, String, &'static str, &'static str), BTreeMap<(&'static str, String), BTreeSet<&'static str>>>;

/// Sorts the changes of a site by what they have in common. A change on all routes names none of them.
fn alike(site: &SiteDiff) -> Alike {
    let mut places: BTreeMap<_, (BTreeSet<usize>, &Change)> = BTreeMap::new();
    for change in &site.changes {
        let whom = whom(change);
        let key = (change.item.clone(), change.old, change.new, whom);
        places.entry(key).or_insert_with(|| (BTreeSet::new(), change)).0.insert(change.region);
    }
    let mut alike = Alike::new();
    for ((item, old, new, whom), (regions, change)) in places {
        let everywhere = regions.len() == site.regions.len();
        let named: BTreeSet<String> =
            regions.iter().filter_map(|at| site.regions.get(*at)).map(diff::Region::words).collect();
        let on = if everywhere { String::new() } else { on_routes(&named) };
        let key = (change.direction(), format!("{whom}{on}"), verdict(old), verdict(new));
        alike.entry(key).or_default().entry(site.label(&item)).or_default().insert(occasion(&item));
    }
    alike
}

fn on_routes(named: &BTreeSet<String>) -> String {
    let places: Vec<&str> =
        named.iter().map(|words| if words.is_empty() { " where no route holds" } else { words.as_str() }).collect();
    format!(",{}", places.join(" and"))
}

fn whom(change: &Change) -> String {
    let whom = change.when.words();
    if change.by_name { format!("{whom}, once they granted or refused a service by name") } else { whom }
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
            for ((kind, label), occasions) in items {
                let occasions: Vec<&str> = occasions.iter().copied().collect();
                let when = if *kind == "cookie" { format!(" ({})", occasions.join(", ")) } else { String::new() };
                let _ = writeln!(out, "    {kind:6} {label}{when}");
            }
        }
        if !site.reasons.is_empty() {
            let labels: BTreeSet<_> = site.reasons.iter().map(|item| site.label(item)).collect();
            let _ = writeln!(out, "  same outcome for other reasons: {} items", labels.len());
        }
        for (who, refuses) in [("refuse everything", true), ("agree to everything", false)] {
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
