//! When changed files are complete. Only content and time decide; what kind of notice came does not.

use std::time::{Duration, Instant};

use crate::admin::Trigger;
use crate::runtime::content::ContentHash;

/// Content must have stood still for this long before it is loaded.
pub(super) const DEBOUNCE: Duration = Duration::from_millis(200);

/// Wrong content must have stood still for this long before it is reported: whoever writes slowly may not be done.
const DOUBT: Duration = Duration::from_millis(800);

/// A writer that never rests is read after this long all the same.
const PATIENCE: Duration = Duration::from_secs(10);

/// Content that differs from what was last decided on.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    hash: ContentHash,
    /// What led to it.
    trigger: Trigger,
    /// When anything new was seen first.
    first: Instant,
    /// Since when it stands still.
    since: Instant,
}

/// Follows changing content until it can be loaded.
#[derive(Debug, Default)]
pub(super) struct Settling {
    candidate: Option<Candidate>,
}

/// What a look at the files led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// Nothing is new.
    Known,
    /// Something is new, and may not be complete.
    Changing,
    /// What is new has stood still. When it is wrong, look again.
    Still,
    /// What is new has stood still for so long that it is what was meant, right or wrong.
    Final,
}

impl Settling {
    /// Takes in that the files have the content `now_there`, when `known` was last decided on. `being_written` says that
    /// someone seems to hold a file open for writing.
    pub(super) fn look(
        &mut self,
        now: Instant,
        now_there: ContentHash,
        known: ContentHash,
        trigger: Trigger,
        being_written: bool,
    ) -> Look {
        if now_there == known {
            self.candidate = None;
            return Look::Known;
        }
        let candidate = match self.candidate {
            Some(before) if before.hash == now_there => before,
            Some(before) => Candidate { hash: now_there, since: now, ..before },
            None => Candidate { hash: now_there, trigger, first: now, since: now },
        };
        self.candidate = Some(candidate);
        let still = now.saturating_duration_since(candidate.since);
        if now.saturating_duration_since(candidate.first) >= PATIENCE {
            Look::Final
        } else if still < DEBOUNCE || being_written {
            Look::Changing
        } else if still < DOUBT {
            Look::Still
        } else {
            Look::Final
        }
    }
}

impl Settling {
    /// What led to the change that is being followed.
    pub(super) fn trigger(&self) -> Option<Trigger> {
        self.candidate.map(|candidate| candidate.trigger)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::content::KeptFile;

    fn hash(text: &str) -> ContentHash {
        ContentHash::of(&[KeptFile { name: "a".into(), text: text.to_owned() }])
    }

    fn looks(script: &[(u64, &str, bool)]) -> Vec<Look> {
        let (mut settling, start) = (Settling::default(), Instant::now());
        let at = |ms| start + Duration::from_millis(ms);
        script
            .iter()
            .map(|(ms, text, open)| settling.look(at(*ms), hash(text), hash("old"), Trigger::Watch, *open))
            .collect()
    }

    #[test]
    fn content_is_loaded_once_it_stands_still() {
        use Look::{Changing, Final, Known, Still};
        assert_eq!(looks(&[(0, "old", false)]), [Known]);
        assert_eq!(
            looks(&[(0, "a", false), (199, "a", false), (200, "a", false), (800, "a", false)]),
            [Changing, Changing, Still, Final]
        );
        assert_eq!(
            looks(&[(0, "a", false), (150, "b", false), (300, "b", false), (350, "b", false)]),
            [Changing, Changing, Changing, Still]
        );
        assert_eq!(
            looks(&[(0, "a", false), (150, "old", false), (300, "a", false), (450, "a", false)]),
            [Changing, Known, Changing, Changing]
        );
        assert_eq!(looks(&[(0, "a", true), (900, "a", true), (1000, "a", false)]), [Changing, Changing, Final]);
    }

    #[test]
    fn a_writer_that_never_rests_is_read_in_the_end() {
        let texts: Vec<String> = (0..102).map(|at| at.to_string()).collect();
        let script: Vec<(u64, &str, bool)> =
            (0..).step_by(100).zip(&texts).map(|(ms, text)| (ms, &**text, true)).collect();
        let found = looks(&script);
        assert!(found.iter().take(100).all(|look| *look == Look::Changing), "{found:?}");
        assert_eq!(found.last(), Some(&Look::Final));
    }
}
