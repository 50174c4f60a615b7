//! A reloader at work on a directory of its own, in this process.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use vestibule::admin::{Admin, Answer, Requester, Wish};
use vestibule::inventory::Inventory;
use vestibule::runtime::{Reloader, Source};
use vestibule::snapshot::{Snapshot, SnapshotCell};
use vestibule::telemetry::Metrics;

/// Nothing may take longer.
const PATIENCE: Duration = Duration::from_secs(15);

/// For how long nothing more may happen after a change took effect. Longer than any settling.
pub const QUIET: Duration = Duration::from_millis(450);

/// So long that nothing is found by comparing.
pub const NO_POLL: &str = "1h";

/// A configuration that tells itself apart by how long a choice is kept.
pub fn config(marker: u64, poll: &str) -> String {
    assert!((100..400).contains(&marker), "equal lengths, and all valid");
    format!(
        "version = 1\ninclude = []\n[listen]\nhttp = \"127.0.0.1:0\"\n[reload]\npoll = \"{poll}\"\n[[regime]]\nid = \"house\"\ndefault = \"opt-in\"\nask_again_days = 0\n[[site]]\n\
         hosts = [\"shop.test\"]\nupstream = \"http://127.0.0.1:9\"\nregime = \"house\"\nchoice_days = {marker}\n"
    )
}

/// A running reloader. Stopped when dropped.
pub struct Watched {
    pub file: PathBuf,
    pub poll: &'static str,
    cell: Arc<SnapshotCell>,
    admin: Arc<Admin>,
    state: PathBuf,
    task: tokio::task::JoinHandle<()>,
    _shutdown: watch::Sender<bool>,
    /// The marker written last.
    marker: u64,
    /// From the end of a save until it was in effect.
    pub latencies: Vec<Duration>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Watched {
    /// Starts on `file`, which holds [`config`] with marker 100.
    pub async fn start(file: &Path, state: &Path, poll: &'static str) -> Self {
        let source = Source { file: file.to_owned(), listen: None, state_dir: Some(state.to_owned()) };
        let start = source.start().unwrap();
        let metrics = Arc::new(Metrics::new().unwrap());
        let counted = Arc::clone(&metrics);
        let (reloader, admin, _) = Reloader::new(source, start, metrics, move |cell| {
            Arc::new(Admin::new(cell, counted, Arc::new(Inventory::default())))
        });
        let cell = reloader.cell();
        let (sender, receiver) = watch::channel(false);
        let task = tokio::spawn(reloader.watch(receiver));
        // Once orders are carried out it listens; a refused rollback changes nothing.
        let ready = admin.post(Wish::Rollback(Some(u64::MAX)), Requester::Token).await;
        assert_eq!(ready.status, 404, "{}", ready.body);
        Self {
            file: file.to_owned(),
            poll,
            cell,
            admin,
            state: state.to_owned(),
            task,
            _shutdown: sender,
            marker: 100,
            latencies: Vec::new(),
        }
    }

    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.cell.load()
    }

    pub fn generation(&self) -> u64 {
        self.cell.load().generation()
    }

    /// The marker in effect.
    pub fn in_effect(&self) -> u64 {
        self.cell.load().site("shop.test").unwrap().policy.regimes.default.choice_lifetime / 86_400
    }

    /// A configuration that was never there before, and its marker.
    pub fn next(&mut self) -> (u64, String) {
        self.marker = if self.marker == 299 { 101 } else { self.marker + 1 };
        (self.marker, config(self.marker, self.poll))
    }

    pub async fn reload(&self) -> Answer {
        self.admin.post(Wish::Reload, Requester::Token).await
    }

    /// Waits until `marker` is in effect, and makes sure that this was one generation and that nothing follows.
    pub async fn expect(&mut self, marker: u64, generation_before: u64) {
        let saved = Instant::now();
        while self.in_effect() != marker {
            assert!(saved.elapsed() < PATIENCE, "{marker} never took effect, {} did", self.in_effect());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        self.latencies.push(saved.elapsed());
        tokio::time::sleep(QUIET).await;
        assert_eq!(self.in_effect(), marker);
        assert_eq!(self.generation(), generation_before + 1, "spurious generations");
    }

    /// Makes sure that nothing happens.
    pub async fn expect_nothing(&self, generation_before: u64) {
        tokio::time::sleep(2 * QUIET).await;
        assert_eq!(self.generation(), generation_before, "spurious generations");
    }

    /// How many configurations were refused, by the audit trail.
    pub fn refusals(&self) -> usize {
        let trail = std::fs::read_to_string(self.state.join("audit.jsonl")).unwrap();
        trail.matches("\"event\":\"refused\"").count()
    }

    /// Median, 99th percentile and maximum of the latencies.
    pub fn summary(&self) -> String {
        let mut all = self.latencies.clone();
        all.sort_unstable();
        let at = |share: usize| all[(all.len() * share).div_ceil(100) - 1];
        format!("{} saves, effect after {:?} median, {:?} p99, {:?} max", all.len(), at(50), at(99), at(100))
    }
}
