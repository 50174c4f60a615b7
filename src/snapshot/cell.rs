//! The one place that holds the current snapshot.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;

use super::Snapshot;

/// Holds the current snapshot. Readers never wait; a writer replaces everything with one pointer swap.
#[derive(Debug)]
pub struct SnapshotCell {
    current: ArcSwap<Snapshot>,
    generations: AtomicU64,
}

impl SnapshotCell {
    /// A cell that starts with `first`.
    pub fn new(first: Snapshot) -> Self {
        Self::starting_at(first, 1)
    }

    /// A cell that starts with `first` as this generation.
    pub fn starting_at(mut first: Snapshot, generation: u64) -> Self {
        first.count(generation);
        Self { current: ArcSwap::from_pointee(first), generations: AtomicU64::new(generation) }
    }

    /// Pins the current snapshot.
    pub fn load(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// Makes `next` the current snapshot and gives its generation.
    pub fn store(&self, mut next: Snapshot) -> u64 {
        let generation = self.generations.fetch_add(1, Ordering::Relaxed) + 1;
        next.count(generation);
        self.current.store(Arc::new(next));
        generation
    }
}
