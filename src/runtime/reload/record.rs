//! What is kept of every change: the generation, the audit record, and what the status says about both.

use std::time::SystemTime;

use super::{Cause, Reloader, warn_of_what_is_not_enforced};
use crate::admin::{Failure, Trigger};
use crate::runtime::audit::{Change, Event};
use crate::runtime::content::ContentHash;
use crate::runtime::history::{Generation, timestamp};
use crate::runtime::source::LoadError;
use crate::runtime::start::Origin;
use crate::telemetry::events;

impl Reloader {
    /// Records the start, once.
    pub(super) fn record_start(&mut self) {
        let Some((origin, files)) = self.started.take() else {
            return;
        };
        let snapshot = self.cell.load();
        let hash = self.in_effect.to_string();
        let moment = timestamp(SystemTime::now());
        self.keep(&Generation {
            generation: snapshot.generation(),
            content: ContentHash::of(&files).to_string(),
            hash: hash.clone(),
            revision: snapshot.revision().to_owned(),
            time: moment.clone(),
            trigger: Trigger::Start.as_str().to_owned(),
            rollback_of: if let Origin::RolledBack(of) = &origin { Some(*of) } else { None },
            instead_of: self.turned_away.map(|hash| hash.to_string()),
            files,
        });
        let cause = Cause { trigger: Trigger::Start, by: None };
        let (event, failure) = match &origin {
            Origin::Files => (Event::Start, None),
            Origin::RolledBack(of) => {
                events::still_rolled_back(snapshot.generation(), *of);
                (Event::Start, None)
            }
            Origin::LastGood(last_good, error) => {
                let text = error.to_string();
                events::started_from_last_good(snapshot.generation(), *last_good, &text);
                let diagnostics = if let LoadError::Config(found) = error { Some(found.clone()) } else { None };
                (Event::StartFromLastGood, Some(Failure { text, diagnostics, needs_restart: Vec::new() }))
            }
        };
        let first = failure.as_ref().and_then(|failure| failure.text.lines().next().map(str::to_owned));
        self.record(event, cause, None, Some(self.in_effect), first);
        let (from_last_good, rolled_back) = (failure.is_some(), self.turned_away.is_some());
        self.admin.update(|facts| {
            facts.hash = hash;
            facts.since.clone_from(&moment);
            facts.last_attempt = moment;
            facts.trigger = Some(Trigger::Start);
            facts.failure = failure;
            facts.from_last_good = from_last_good;
            facts.rolled_back = rolled_back;
        });
        warn_of_what_is_not_enforced(&snapshot);
    }

    /// Keeps a generation. When that fails, it says so and goes on.
    pub(super) fn keep(&self, generation: &Generation) {
        let kept = self.history.keep(generation);
        let path = self.fixed.state_dir.display().to_string();
        let failure = kept.err().map(|error| error.to_string());
        if let Some(cause) = &failure {
            events::not_kept(&path, cause);
        }
        let numbers = self.history.numbers();
        self.admin.update(|facts| {
            facts.not_kept = failure;
            facts.kept = numbers;
        });
    }

    /// Adds to the audit trail, and gives the hash of the record. When that fails, it says so and goes on.
    pub(super) fn record(
        &self,
        event: Event,
        cause: Cause,
        old: Option<ContentHash>,
        new: Option<ContentHash>,
        reason: Option<String>,
    ) -> Option<String> {
        let change = Change {
            event,
            trigger: Some(cause.trigger.as_str()),
            by: cause.by.map(|by| by.to_string()),
            generation: Some(self.cell.load().generation()),
            old_hash: old.map(|hash| hash.to_string()),
            new_hash: new.map(|hash| hash.to_string()),
            cause: reason,
        };
        match self.audit.record(&change) {
            Ok(hash) => {
                self.admin.update(|facts| facts.audit_last = Some(hash.clone()));
                Some(hash)
            }
            Err(error) => {
                let text = error.to_string();
                events::not_kept(&self.audit.path().display().to_string(), &text);
                self.admin.update(|facts| facts.not_kept = Some(text));
                None
            }
        }
    }
}
