//! Notices of the file system. They say when to look, never what to find; losing one costs the time until the next poll.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;

use super::places;
use crate::telemetry::events;

/// Someone who wrote this recently and did not close the file yet is thought to be writing still.
const WRITING: Duration = Duration::from_secs(5);

/// Files that were written to and not closed since, with the time of the last write.
type Open = Arc<Mutex<BTreeMap<PathBuf, Instant>>>;

/// Tells a directory from one that took its place, which has to be listened to anew: device, inode, time of birth.
type Identity = (u64, u64, Option<SystemTime>);

/// Listens in all directories that matter.
#[derive(Debug)]
pub(super) struct Notices {
    watcher: Option<RecommendedWatcher>,
    heard: mpsc::Receiver<()>,
    open: Open,
    followed: BTreeMap<PathBuf, Identity>,
}

impl Notices {
    pub(super) fn new() -> Self {
        let (sender, heard) = mpsc::channel(1);
        let open = Open::default();
        let opened = Arc::clone(&open);
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if event.map_or(true, |event| take(&event, &opened)) {
                // One pending notice is enough: content is compared afterwards.
                let _ = sender.try_send(());
            }
        })
        .map_err(|error| events::watch_failed(&error.to_string()))
        .ok();
        Self { watcher, heard, open, followed: BTreeMap::new() }
    }

    /// Listens where these files are, and nowhere else. Tells whether anything changed.
    pub(super) fn follow(&mut self, paths: &[PathBuf]) -> bool {
        let Some(watcher) = &mut self.watcher else {
            return false;
        };
        let mut wanted = BTreeSet::new();
        for path in paths {
            places::directories(path, &mut wanted);
        }
        // One directory under two names is one watch for the kernel, so it has one name here.
        let wanted: BTreeMap<PathBuf, Identity> = wanted
            .into_iter()
            .filter_map(|path| {
                let path = path.canonicalize().ok()?;
                let found = std::fs::metadata(&path).ok()?;
                Some((path, (found.dev(), found.ino(), found.created().ok())))
            })
            .collect();
        if wanted == self.followed {
            return false;
        }
        for (path, id) in &self.followed {
            if wanted.get(path) != Some(id) {
                // It may be gone already.
                drop(watcher.unwatch(path));
            }
        }
        self.followed.retain(|path, id| wanted.get(path) == Some(id));
        for (path, id) in wanted {
            // A directory that cannot be listened to is still polled.
            if !self.followed.contains_key(&path) && watcher.watch(&path, RecursiveMode::NonRecursive).is_ok() {
                self.followed.insert(path, id);
            }
        }
        true
    }

    /// Waits for the next notice; for ever where there are none.
    pub(super) async fn heard(&mut self) {
        if self.heard.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }

    /// Whether someone seems to be writing one of the files. A hint: a writer who closes unheard is waited for in vain, for
    /// as long as a poll takes.
    pub(super) fn being_written(&self, now: Instant) -> bool {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, written| now.saturating_duration_since(*written) < WRITING);
        !open.is_empty()
    }
}

/// Notes who is writing. Reading is no news: we read ourselves.
fn take(event: &notify::Event, open: &Open) -> bool {
    let configuration = |path: &&PathBuf| path.extension().is_some_and(|end| end == "toml");
    let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
    for path in event.paths.iter().filter(configuration) {
        match event.kind {
            EventKind::Modify(ModifyKind::Data(_)) => drop(open.insert(path.clone(), Instant::now())),
            EventKind::Modify(ModifyKind::Metadata(_)) | EventKind::Access(AccessKind::Open(_)) => {}
            _ => drop(open.remove(path)),
        }
    }
    !event.kind.is_access() || event.kind == EventKind::Access(AccessKind::Close(AccessMode::Write))
}
