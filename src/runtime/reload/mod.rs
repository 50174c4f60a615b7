//! Reload and rollback: what may become of the configuration in effect, and the one place that changes it.
//!
//! Triggers are notices of the file system, a poll that catches what notices miss (network mounts, bind-mounted single
//! files, a hard link elsewhere), SIGHUP, and the admin listener. All of them come through one loop (`triggers.rs`), one
//! after the other. Content decides, never a time stamp or the kind of a notice: the same bytes are not loaded twice, and
//! files that are still being written are waited for. A configuration that is refused changes nothing, and says so loudly.
//!
//! After a rollback the files on disk still say something else. They are left alone until they change, or until someone
//! asks for a reload.

mod fixed;
mod notices;
mod places;
mod record;
mod settle;
mod triggers;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use tokio::signal::unix::{Signal, SignalKind, signal};

use self::fixed::Fixed;
use super::audit::{Audit, Event};
use super::content::ContentHash;
use super::history::{Generation, History, timestamp};
use super::source::{LoadError, Loaded, Source};
use super::start::{Origin, Start};
use crate::admin::{Admin, Failure, InEffect, Order, Outcome, Refusal, Requester, Trigger, Wish};
use crate::config::{self, Config, Sources};
use crate::snapshot::{Snapshot, SnapshotCell};
use crate::telemetry::{Metrics, events};

/// What caused a change, and who.
#[derive(Clone, Copy, Debug)]
struct Cause {
    trigger: Trigger,
    by: Option<Requester>,
}

/// Keeps the configuration in use up to date.
#[derive(Debug)]
pub struct Reloader {
    source: Source,
    fixed: Fixed,
    settings: config::Reload,
    cell: Arc<SnapshotCell>,
    metrics: Arc<Metrics>,
    admin: Arc<Admin>,
    hangup: Option<Signal>,
    orders: tokio::sync::mpsc::Receiver<Order>,
    history: History,
    audit: Audit,
    /// Where something can happen that changes what the files say.
    places: Vec<PathBuf>,
    /// The content on disk that was last decided on.
    known: ContentHash,
    /// The content in effect.
    in_effect: ContentHash,
    /// The content that a rollback turned away from, while nothing else was loaded since.
    turned_away: Option<ContentHash>,
    /// What is to be recorded about the start.
    started: Option<(Origin, Vec<super::content::KeptFile>)>,
}

impl Reloader {
    /// Reloads from `source` what was started with `start`, and puts its snapshot into a cell of its own.
    pub fn new(
        source: Source,
        start: Start,
        metrics: Arc<Metrics>,
        admin: impl FnOnce(Arc<SnapshotCell>) -> Arc<Admin>,
    ) -> (Self, Arc<Admin>, Config) {
        let Start { loaded, generation, on_disk, places, origin } = start;
        let Loaded { config, snapshot, files, hash } = loaded;
        let cell = Arc::new(SnapshotCell::starting_at(snapshot, generation));
        let admin = admin(Arc::clone(&cell));
        let state_dir = &config.keys.state_dir;
        let reloader = Self {
            fixed: Fixed::of(&config),
            settings: config.reload.clone(),
            hangup: hangup(),
            orders: admin.take_orders(),
            history: History::new(state_dir),
            audit: Audit::new(state_dir),
            places,
            known: on_disk,
            in_effect: hash,
            turned_away: matches!(origin, Origin::RolledBack(_)).then_some(on_disk),
            started: Some((origin, files)),
            source,
            cell,
            metrics,
            admin,
        };
        reloader.metrics.generation(&reloader.cell.load(), &hash.to_string(), seconds());
        reloader.metrics.configuration_right(!matches!(reloader.started, Some((Origin::LastGood(..), _))));
        let admin = Arc::clone(&reloader.admin);
        (reloader, admin, config)
    }

    /// The configuration in effect.
    pub fn cell(&self) -> Arc<SnapshotCell> {
        Arc::clone(&self.cell)
    }

    /// Loads the files as they are now, because someone said so.
    fn load_now(&mut self, cause: Cause) -> Outcome {
        let sources = self.source.read();
        let attempt = self.attempt(sources.clone());
        self.conclude(&sources, attempt, cause)
    }

    fn attempt(&self, sources: Sources) -> Result<Loaded, LoadError> {
        self.source.load(sources, |config| self.fixed.allows(config))
    }

    /// Decides on what was read. The configuration in use changes only if everything about the new one is right.
    fn conclude(&mut self, sources: &Sources, attempt: Result<Loaded, LoadError>, cause: Cause) -> Outcome {
        self.known = ContentHash::read(sources);
        self.places = sources.places();
        match attempt {
            Ok(loaded) => {
                self.turned_away = None;
                Ok(self.put_in_effect(loaded, cause, None))
            }
            Err(error) => Err(self.refuse(error, cause)),
        }
    }

    /// Puts an earlier generation in effect again.
    fn roll_back(&mut self, number: Option<u64>, cause: Cause) -> Outcome {
        let current = self.cell.load().generation();
        let found = number.map_or_else(|| self.history.before(current), |number| self.history.read(number));
        let refused = |text: String| {
            let first = text.lines().next().map(str::to_owned);
            self.record(Event::RollbackRefused, cause, Some(self.in_effect), None, first);
            events::rollback_failed(current, &text);
            Refusal::NoGeneration(text)
        };
        let kept = found.map_err(|error| refused(error.to_string()))?;
        let of = kept.generation;
        let loaded = self.source.load_kept(&kept.files, |config| self.fixed.allows(config));
        let loaded = loaded.map_err(|error| refused(format!("generation {of} cannot be used any more: {error}")))?;
        // Whatever is there now is what nobody wants, known or not.
        self.known = ContentHash::read(&self.source.read());
        let differs = self.known != loaded.hash;
        self.turned_away = differs.then_some(self.known);
        let mut done = self.put_in_effect(loaded, cause, Some(of));
        if differs {
            done.note = Some(format!(
                "the file on disk still differs: `{}` is left alone until it changes or a reload is asked for",
                self.source.file.display()
            ));
        }
        Ok(done)
    }

    fn put_in_effect(&mut self, loaded: Loaded, cause: Cause, rollback_of: Option<u64>) -> InEffect {
        let Loaded { config, snapshot, files, hash } = loaded;
        self.settings = config.reload;
        let old = std::mem::replace(&mut self.in_effect, hash);
        self.cell.store(snapshot);
        let snapshot = self.cell.load();
        let moment = SystemTime::now();
        self.metrics.reload(true, cause.trigger.as_str());
        self.metrics.generation(&snapshot, &hash.to_string(), seconds());
        let rolled_back = self.turned_away.is_some();
        self.admin.update(|facts| {
            facts.hash = hash.to_string();
            facts.since = timestamp(moment);
            facts.last_attempt = timestamp(moment);
            facts.trigger = Some(cause.trigger);
            facts.by = cause.by;
            facts.failure = None;
            facts.from_last_good = false;
            facts.rolled_back = rolled_back;
        });
        self.keep(&Generation {
            generation: snapshot.generation(),
            content: ContentHash::of(&files).to_string(),
            hash: hash.to_string(),
            revision: snapshot.revision().to_owned(),
            time: timestamp(moment),
            trigger: cause.trigger.as_str().to_owned(),
            rollback_of,
            instead_of: self.turned_away.map(|hash| hash.to_string()),
            files,
        });
        let event = rollback_of.map_or(Event::Reload, |of| Event::Rollback { of });
        let audit = self.record(event, cause, Some(old), Some(hash), None);
        match rollback_of {
            Some(of) => events::rolled_back(&snapshot, &hash.to_string(), of, rolled_back, audit.as_deref()),
            None => events::reloaded(&snapshot, &hash.to_string(), cause.trigger.as_str(), audit.as_deref()),
        }
        warn_of_what_is_not_enforced(&snapshot);
        InEffect {
            generation: snapshot.generation(),
            hash: hash.to_string(),
            revision: snapshot.revision().to_owned(),
            note: None,
        }
    }

    fn refuse(&self, error: LoadError, cause: Cause) -> Refusal {
        let text = error.to_string();
        let (diagnostics, needs_restart) = match error {
            LoadError::Config(found) => (Some(found), Vec::new()),
            LoadError::NeedsRestart(keys) => (None, keys),
            LoadError::Keys(_) | LoadError::Certificate(_) | LoadError::Database(_) => (None, Vec::new()),
        };
        let first = text.lines().next().map(str::to_owned);
        self.record(Event::Refused, cause, Some(self.in_effect), Some(self.known), first);
        self.metrics.reload(false, cause.trigger.as_str());
        let failure = Failure { text: text.clone(), diagnostics: diagnostics.clone(), needs_restart };
        self.admin.update(|facts| {
            facts.last_attempt = timestamp(SystemTime::now());
            facts.failure = Some(failure);
        });
        // Whoever reads the log finds the status to say the same.
        events::reload_failed(self.cell.load().generation(), cause.trigger.as_str(), &text);
        Refusal::Wrong(text, diagnostics)
    }

    /// The files are what is in effect already, after they were something else.
    fn restored(&mut self, hash: ContentHash, cause: Cause) {
        self.known = hash;
        self.turned_away = None;
        self.record(Event::Restored, cause, Some(hash), Some(hash), None);
        self.metrics.configuration_right(true);
        self.admin.update(|facts| {
            facts.failure = None;
            facts.from_last_good = false;
            facts.rolled_back = false;
        });
        events::configuration_restored(self.cell.load().generation());
    }

    fn carry_out(&mut self, order: Order) {
        let cause = Cause { trigger: Trigger::Admin, by: Some(order.by) };
        let outcome = match order.wish {
            Wish::Reload => self.load_now(cause),
            Wish::Rollback(number) => self.roll_back(number, cause),
        };
        // Whoever asked may have gone; it is done all the same.
        drop(order.reply.send(outcome));
    }
}

/// Catches SIGHUP from now on. One that came before anybody listens would end the process.
fn hangup() -> Option<Signal> {
    if tokio::runtime::Handle::try_current().is_ok() {
        return signal(SignalKind::hangup()).ok();
    }
    // What is registered in one runtime is heard in every other.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().ok()?;
    let _inside = runtime.enter();
    signal(SignalKind::hangup()).ok()
}

fn warn_of_what_is_not_enforced(snapshot: &Snapshot) {
    for part in snapshot.not_enforced() {
        events::not_enforced(&part.site, part.route.as_deref(), part.mode_word());
    }
}

fn seconds() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
