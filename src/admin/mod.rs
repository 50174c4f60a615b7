//! What ops can ask: metrics, health, status. Paths and JSON here, sockets elsewhere.

use std::sync::{Arc, Mutex};

use serde_json::json;

use crate::inventory::{Inventory, Kind};
use crate::snapshot::SnapshotCell;
use crate::telemetry::Metrics;

/// What the admin listener answers from.
#[derive(Debug)]
pub struct Admin {
    cell: Arc<SnapshotCell>,
    metrics: Arc<Metrics>,
    inventory: Arc<Inventory>,
    last_failure: Mutex<Option<String>>,
}

/// An answer: status, content type, body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status code.
    pub status: u16,
    /// Media type.
    pub content_type: &'static str,
    /// Body.
    pub body: String,
}

impl Admin {
    /// Answers from these.
    pub const fn new(cell: Arc<SnapshotCell>, metrics: Arc<Metrics>, inventory: Arc<Inventory>) -> Self {
        Self { cell, metrics, inventory, last_failure: Mutex::new(None) }
    }

    /// Remembers why the last reload failed, or that it did not.
    pub fn reload_ended(&self, failure: Option<String>) {
        *self.last_failure.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = failure;
    }

    /// Answers a `GET` of `path`.
    pub fn get(&self, path: &str) -> Answer {
        let text = |status, body: String| Answer { status, content_type: "text/plain; charset=utf-8", body };
        match path {
            "/metrics" => Answer {
                status: 200,
                content_type: "text/plain; version=0.0.4; charset=utf-8",
                body: self.metrics.render(),
            },
            // A process that answers is alive; it only listens once a configuration is in use, so it is ready too.
            "/-/healthy" | "/-/ready" => text(200, "ok\n".to_owned()),
            "/-/status" => Answer { status: 200, content_type: "application/json", body: self.status() },
            _ => text(404, "not found; see /metrics, /-/healthy, /-/ready, /-/status\n".to_owned()),
        }
    }

    fn status(&self) -> String {
        let snapshot = self.cell.load();
        let failure = self.last_failure.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        let sites: Vec<_> = snapshot
            .sites()
            .iter()
            .map(|site| {
                json!({
                    "name": &*site.policy.name,
                    "mode": format!("{:?}", site.policy.mode).to_lowercase(),
                    "upstream": site.upstreams.iter().map(|at| format!("{}:{}", at.host, at.port)).collect::<Vec<_>>(),
                })
            })
            .collect();
        let unknown: Vec<_> = self
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
        let status = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "config": {
                "generation": snapshot.generation(),
                "revision": snapshot.revision(),
                "last_reload_successful": failure.is_none(),
                "last_reload_error": failure,
            },
            "services_known": snapshot.catalog.iter().count(),
            "sites": sites,
            "unknown": unknown,
        });
        format!("{status:#}\n")
    }
}
