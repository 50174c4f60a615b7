//! What ops can ask: metrics, health, status, reload and rollback. Paths, permissions and JSON here, sockets elsewhere.

mod control;
mod guard;
mod status;

use std::sync::{Arc, Mutex, PoisonError};

use http::StatusCode;
use serde_json::json;
use tokio::sync::{mpsc, oneshot};

pub use control::{InEffect, Order, Outcome, Refusal, Requester, Trigger, Wish};
pub use guard::{Peer, admit, authorise};
pub use status::{Facts, Failure};

use crate::inventory::Inventory;
use crate::snapshot::SnapshotCell;
use crate::telemetry::Metrics;

/// How many orders wait at most.
const MAX_ORDERS: usize = 16;

/// What the admin listener answers from.
#[derive(Debug)]
pub struct Admin {
    cell: Arc<SnapshotCell>,
    metrics: Arc<Metrics>,
    inventory: Arc<Inventory>,
    facts: Mutex<Facts>,
    orders: Mutex<Option<mpsc::Sender<Order>>>,
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

impl Answer {
    /// A text for a person.
    pub fn text(status: StatusCode, body: impl Into<String>) -> Self {
        Self { status: status.as_u16(), content_type: "text/plain; charset=utf-8", body: body.into() }
    }

    fn json(status: StatusCode, body: &serde_json::Value) -> Self {
        Self { status: status.as_u16(), content_type: "application/json", body: format!("{body:#}\n") }
    }
}

impl Admin {
    /// Answers from these.
    pub fn new(cell: Arc<SnapshotCell>, metrics: Arc<Metrics>, inventory: Arc<Inventory>) -> Self {
        Self { cell, metrics, inventory, facts: Mutex::default(), orders: Mutex::default() }
    }

    /// From now on orders can be given; whoever calls this carries them out, one after the other.
    pub fn take_orders(&self) -> mpsc::Receiver<Order> {
        let (sender, receiver) = mpsc::channel(MAX_ORDERS);
        *self.orders.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
        receiver
    }

    /// What the reloader told last.
    pub fn facts(&self) -> Facts {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells what changed about the configuration.
    pub fn update(&self, change: impl FnOnce(&mut Facts)) {
        change(&mut self.facts.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Answers a `GET` of `path`.
    pub fn get(&self, path: &str) -> Answer {
        match path {
            "/metrics" => Answer {
                status: 200,
                content_type: "text/plain; version=0.0.4; charset=utf-8",
                body: self.metrics.render(),
            },
            // A process that answers is alive; it only listens once a configuration is in use, so it is ready too.
            "/-/healthy" | "/-/ready" => Answer::text(StatusCode::OK, "ok\n"),
            "/-/status" => Answer { status: 200, content_type: "application/json", body: status::render(self) },
            "/-/reload" | "/-/rollback" => Answer::text(StatusCode::METHOD_NOT_ALLOWED, "ask for this with POST\n"),
            _ => Answer::text(StatusCode::NOT_FOUND, "not found; see /metrics, /-/healthy, /-/ready, /-/status\n"),
        }
    }

    /// What a `POST` of `path` asks for.
    ///
    /// # Errors
    /// The answer to give when it asks for nothing that exists.
    pub fn wish(path: &str, query: &str) -> Result<Wish, Answer> {
        match path {
            "/-/reload" => Ok(Wish::Reload),
            "/-/rollback" => {
                let to = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "to");
                let number = to.map(|(_, value)| value.parse::<u64>()).transpose();
                let wrong = "`to` is the number of a generation; /-/status lists those that are kept\n";
                number.map(Wish::Rollback).map_err(|_| Answer::text(StatusCode::BAD_REQUEST, wrong))
            }
            "/metrics" | "/-/healthy" | "/-/ready" | "/-/status" => {
                Err(Answer::text(StatusCode::METHOD_NOT_ALLOWED, "ask for this with GET\n"))
            }
            _ => Err(Answer::text(StatusCode::NOT_FOUND, "not found; see POST /-/reload, /-/rollback\n")),
        }
    }

    /// Has a wish carried out, and answers with what came of it.
    pub async fn post(&self, wish: Wish, by: Requester) -> Answer {
        let orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let outcome = match orders {
            Some(orders) => {
                let (reply, outcome) = oneshot::channel();
                let sent = orders.send(Order { wish, by, reply }).await;
                if sent.is_err() { None } else { outcome.await.ok() }
            }
            None => Some(Err(Refusal::NoFile)),
        };
        let gone = || Answer::text(StatusCode::SERVICE_UNAVAILABLE, "the proxy is shutting down\n");
        outcome.map_or_else(gone, |outcome| answer(&outcome))
    }
}

fn answer(outcome: &Outcome) -> Answer {
    let refused = |status, text: &str, diagnostics| {
        Answer::json(status, &json!({ "in_effect": false, "error": text, "diagnostics": diagnostics }))
    };
    match outcome {
        Ok(found) => Answer::json(
            StatusCode::OK,
            &json!({
                "in_effect": true,
                "generation": found.generation,
                "hash": found.hash,
                "revision": found.revision,
                "note": found.note,
            }),
        ),
        Err(Refusal::Wrong(text, found)) => {
            refused(StatusCode::UNPROCESSABLE_ENTITY, text, found.as_ref().map(status::diagnostics))
        }
        Err(Refusal::NoGeneration(text)) => refused(StatusCode::NOT_FOUND, text, None),
        Err(Refusal::NoFile) => {
            let text = "this proxy runs without a configuration file, so there is nothing to reload";
            refused(StatusCode::CONFLICT, text, None)
        }
    }
}
