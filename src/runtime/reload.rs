//! Reload: what triggers it, and what happens then.
//!
//! Triggers are SIGHUP, file system notices, and a poll that catches what notices miss (network mounts, bind-mounted
//! single files). Content decides, not time stamps: the same bytes are not loaded twice, and a file that is still being
//! written is waited for. A configuration that is refused changes nothing, and says so loudly.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use notify::{RecursiveMode, Watcher as _};
use sha2::{Digest, Sha256};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};

use super::{LoadError, Source};
use crate::admin::Admin;
use crate::config::{Config, Listen};
use crate::snapshot::{Snapshot, SnapshotCell};
use crate::telemetry::{Metrics, events};

/// Content must have stood still for this long before it is read as complete.
const SETTLE: Duration = Duration::from_millis(150);

/// How often content is compared without any notice.
const POLL: Duration = Duration::from_secs(2);

/// How many directories beside the main file are looked at for files to include.
const MAX_NEIGHBOURS: usize = 64;

/// Keeps the configuration in use up to date.
#[derive(Debug)]
pub struct Reloader {
    source: Source,
    listen: Listen,
    admin_listen: Option<crate::config::Admin>,
    files: Vec<PathBuf>,
    before: [u8; 32],
    cell: Arc<SnapshotCell>,
    metrics: Arc<Metrics>,
    admin: Arc<Admin>,
}

impl Reloader {
    /// Reloads from `source` what was started as `started`. `before` is the source's [fingerprint](Source::fingerprint)
    /// from before that was loaded.
    pub fn new(
        source: Source,
        before: [u8; 32],
        started: &Config,
        cell: Arc<SnapshotCell>,
        metrics: Arc<Metrics>,
        admin: Arc<Admin>,
    ) -> Self {
        Self {
            source,
            listen: started.listen.clone(),
            admin_listen: started.admin.clone(),
            files: started.files.clone(),
            before,
            cell,
            metrics,
            admin,
        }
    }

    /// Loads once. The configuration in use changes only if everything about the new one is right.
    pub fn reload(&mut self) {
        match self.attempt() {
            Ok(snapshot) => {
                let revision = snapshot.revision().to_owned();
                let generation = self.cell.store(snapshot);
                self.metrics.reload(true);
                self.metrics.generation(generation);
                self.admin.reload_ended(None);
                events::reloaded(generation, &revision);
            }
            Err(error) => {
                let text = error.to_string();
                self.metrics.reload(false);
                events::reload_failed(self.cell.load().generation(), &text);
                self.admin.reload_ended(Some(text));
            }
        }
    }

    fn attempt(&mut self) -> Result<Snapshot, LoadError> {
        let (config, snapshot) = self.source.load()?;
        let Listen { http, https, trusted_proxies: _ } = &config.listen;
        if *http != self.listen.http {
            return Err(LoadError::NeedsRestart("listen.http"));
        }
        if *https != self.listen.https {
            return Err(LoadError::NeedsRestart("listen.https"));
        }
        if config.admin != self.admin_listen {
            return Err(LoadError::NeedsRestart("admin.listen"));
        }
        self.files = config.files;
        Ok(snapshot)
    }

    /// Waits for triggers until `shutdown` turns true.
    pub async fn watch(mut self, mut shutdown: watch::Receiver<bool>) {
        let Ok(mut hangup) = signal(SignalKind::hangup()) else {
            events::watch_failed("SIGHUP cannot be received");
            return;
        };
        let (notice, mut noticed) = mpsc::channel(1);
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if event.map_or(true, |event| concerns_configuration(&event)) {
                // One pending notice is enough: content is compared afterwards.
                let _ = notice.try_send(());
            }
        })
        .map_err(|error| events::watch_failed(&error.to_string()))
        .ok();
        let mut watched = BTreeSet::new();
        // What changed between the first load and now was noticed by nobody.
        if content(&self.source.file, &[]) != self.before {
            self.reload();
        }
        let mut loaded = self.content();
        loop {
            for directory in self.directories().difference(&watched.clone()) {
                if let Some(watcher) = &mut watcher {
                    // A directory that cannot be watched is still polled.
                    drop(watcher.watch(directory, RecursiveMode::NonRecursive));
                }
                watched.insert(directory.clone());
            }
            let forced = tokio::select! {
                _ = shutdown.changed() => return,
                _ = hangup.recv() => true,
                Some(()) = noticed.recv() => false,
                () = tokio::time::sleep(POLL) => false,
            };
            let now = if forced { self.content() } else { self.settled(&loaded).await };
            if forced || now != loaded {
                loaded = now;
                self.reload();
            }
        }
    }

    /// The content once it has stood still, or at once when it is what was loaded last.
    async fn settled(&self, loaded: &[u8; 32]) -> [u8; 32] {
        let mut before = self.content();
        // A writer that never rests is read after a while all the same.
        for _ in 0..40 {
            if before == *loaded {
                return before;
            }
            tokio::time::sleep(SETTLE).await;
            let now = self.content();
            if now == before {
                return now;
            }
            before = now;
        }
        before
    }

    fn content(&self) -> [u8; 32] {
        content(&self.source.file, &self.files)
    }

    fn directories(&self) -> BTreeSet<PathBuf> {
        directories(&self.source.file, &self.files)
    }
}

/// Whether a notice may be about a configuration file. Reading is not: we read ourselves. Names that start with two dots
/// are how volumes are swapped under Kubernetes.
fn concerns_configuration(event: &notify::Event) -> bool {
    let written = notify::EventKind::Access(notify::event::AccessKind::Close(notify::event::AccessMode::Write));
    if event.kind.is_access() && event.kind != written {
        return false;
    }
    event.paths.iter().any(|path| {
        path.extension().is_some_and(|end| end == "toml")
            || path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".."))
    })
}

/// A digest of every configuration file, by name: the main one, `files`, and whatever an include pattern may pick up next
/// time, because it stands beside them or in a directory beside the main file.
pub(super) fn content(main: &Path, files: &[PathBuf]) -> [u8; 32] {
    let mut all: BTreeSet<PathBuf> = files.iter().cloned().collect();
    all.insert(main.to_owned());
    for directory in directories(main, files) {
        let entries = std::fs::read_dir(&directory).into_iter().flatten().flatten();
        all.extend(entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "toml")));
    }
    let mut digest = Sha256::new();
    for file in all {
        // Neighbours may be anything; a pipe would be read for ever.
        let content = crate::config::read_file(&file).unwrap_or_default();
        digest.update(file.as_os_str().as_encoded_bytes());
        digest.update(Sha256::digest(&content));
    }
    digest.finalize().into()
}

/// The directories of all files, and at most [`MAX_NEIGHBOURS`] that stand beside the main file.
fn directories(main: &Path, files: &[PathBuf]) -> BTreeSet<PathBuf> {
    let parent = |file: &Path| {
        let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
        parent.unwrap_or_else(|| Path::new(".")).to_owned()
    };
    let mut all: BTreeSet<PathBuf> = files.iter().map(|file| parent(file)).collect();
    let home = parent(main);
    let beside = std::fs::read_dir(&home).into_iter().flatten().flatten();
    all.extend(beside.map(|entry| entry.path()).filter(|path| path.is_dir()).take(MAX_NEIGHBOURS));
    all.insert(home);
    all
}
