//! `/-/status`: one JSON object that says what is in effect, since when and why, and what is not as it should be.

use serde_json::{Value, json};

use super::Admin;
use super::control::{Requester, Trigger};
use crate::config::Diagnostics;
use crate::inventory::Kind;
use crate::snapshot::Snapshot;

/// What the reloader tells about the configuration. Times are RFC 3339.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Names the content of the files in effect.
    pub hash: String,
    /// Since when the configuration is in effect.
    pub since: String,
    /// What put it in effect.
    pub trigger: Option<Trigger>,
    /// Who asked for it.
    pub by: Option<Requester>,
    /// When something was last tried: a reload, a rollback.
    pub last_attempt: String,
    /// Why the last attempt was refused; `None` when it was not.
    pub failure: Option<Failure>,
    /// The process runs on the last good configuration, because the one on disk was wrong when it started.
    pub from_last_good: bool,
    /// The files on disk are those that a rollback turned away from.
    pub rolled_back: bool,
    /// Why generations or the audit trail are not kept; `None` when they are.
    pub not_kept: Option<String>,
    /// The hash of the last audit record: kept elsewhere, it shows whether the trail was cut.
    pub audit_last: Option<String>,
    /// The generations that a rollback can bring back.
    pub kept: Vec<u64>,
}

/// Why a configuration was refused.
#[derive(Clone, Debug, Default)]
pub struct Failure {
    /// What `check` prints.
    pub text: String,
    /// The same, taken apart, when the configuration is wrong.
    pub diagnostics: Option<Diagnostics>,
    /// The keys that only a restart can change, when these are the reason.
    pub needs_restart: Vec<&'static str>,
}

impl Facts {
    /// Whether something is not as it should be, though the proxy serves.
    pub const fn degraded(&self) -> bool {
        self.failure.is_some() || self.from_last_good || self.not_kept.is_some()
    }
}

pub(super) fn render(admin: &Admin) -> String {
    let snapshot = admin.cell.load();
    let sites: Vec<Value> = snapshot
        .sites()
        .iter()
        .map(|site| {
            json!({
                "name": &*site.policy.name,
                "filter_rules": site.policy.filter_lists.as_ref().map(|lists| lists.rules()),
                "mode": format!("{:?}", site.policy.mode).to_lowercase(),
                "upstream": site.upstreams.iter().map(|at| format!("{}:{}", at.host, at.port)).collect::<Vec<_>>(),
            })
        })
        .collect();
    let unknown: Vec<Value> = admin
        .inventory
        .snapshot()
        .into_iter()
        .map(|(site, kind, name, count)| {
            let kind = match kind {
                Kind::Host => "host",
                Kind::Cookie => "cookie",
            };
            json!({ "site": &*site, "kind": kind, "name": &*name, "count": count })
        })
        .collect();
    let aliases = admin.inventory.names().current();
    let cloaked: Vec<Value> = aliases
        .cloaked(&snapshot.catalog)
        .iter()
        .map(|(host, target)| json!({ "host": host, "target": target }))
        .collect();
    let facts = admin.facts();
    let status = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "degraded": facts.degraded(),
        "config": config(&snapshot, &facts),
        "not_enforced": not_enforced(&snapshot),
        "shadow": snapshot.shadow.as_ref().map(|other| json!({ "revision": other.revision() })),
        "canary": snapshot.canary().map(|(revision, percent)| json!({ "revision": revision, "percent": percent })),
        "services_known": snapshot.catalog.iter().count(),
        "sites": sites,
        "unknown": unknown,
        "cloaked": cloaked,
    });
    format!("{status:#}\n")
}

fn config(snapshot: &Snapshot, facts: &Facts) -> Value {
    let failure = facts.failure.as_ref();
    json!({
        "generation": snapshot.generation(),
        "revision": snapshot.revision(),
        "hash": facts.hash,
        "since": facts.since,
        "trigger": facts.trigger.map(Trigger::as_str),
        "by": facts.by.map(|by| by.to_string()),
        "last_attempt": facts.last_attempt,
        "last_reload_successful": failure.is_none(),
        "last_reload_error": failure.map(|failure| &failure.text),
        "diagnostics": failure.and_then(|failure| failure.diagnostics.as_ref()).map(diagnostics),
        "restart_needed": failure.map(|failure| failure.needs_restart.clone()).unwrap_or_default(),
        "started_from_last_good": facts.from_last_good,
        "rolled_back": facts.rolled_back,
        "kept_generations": facts.kept,
        "not_kept": facts.not_kept,
        "audit_last": facts.audit_last,
    })
}

fn not_enforced(snapshot: &Snapshot) -> Vec<Value> {
    let found = snapshot.not_enforced().into_iter();
    found.map(|part| json!({ "site": &*part.site, "route": part.route.as_deref(), "mode": part.mode_word() })).collect()
}

/// Diagnostics, taken apart.
pub(super) fn diagnostics(found: &Diagnostics) -> Value {
    let one = |place: &crate::config::Place| json!({ "file": place.path, "line": place.line, "column": place.column });
    found
        .iter()
        .map(|diagnostic| {
            let related: Vec<Value> =
                diagnostic.related.iter().map(|(note, place)| json!({ "note": note, "place": one(place) })).collect();
            json!({
                "code": diagnostic.code,
                "severity": diagnostic.severity.as_str(),
                "message": diagnostic.message,
                "place": one(&diagnostic.place),
                "help": diagnostic.help,
                "related": related,
            })
        })
        .collect()
}
