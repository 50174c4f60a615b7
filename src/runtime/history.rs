//! Every generation that was in effect, with its complete files, in the state directory.
//!
//! One file per generation, written whole or not at all. A generation whose files are those of the one before replaces it,
//! so that a hundred equal reloads do not push out what someone may want back. Key files are not kept: a generation from
//! last year signs with the keys of today.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::content::{ContentHash, KeptFile};
use super::durable;

/// How many generations are kept.
pub const KEPT: usize = 20;

/// A generation as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generation {
    /// Its number. Numbers go on across restarts.
    pub generation: u64,
    /// Names what was in effect: its files, and what else they referred to.
    pub hash: String,
    /// Names the content of `files` alone, which is all that is kept.
    pub content: String,
    /// Names what it compiled to.
    pub revision: String,
    /// Since when it was in effect, as RFC 3339.
    pub time: String,
    /// What put it in effect.
    pub trigger: String,
    /// The generation that it brought back, when it was a rollback.
    pub rollback_of: Option<u64>,
    /// The content of the files on disk that a rollback turned away from.
    pub instead_of: Option<String>,
    /// The files, the main one first.
    pub files: Vec<KeptFile>,
}

/// Why a generation cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// It was never there, or it is too long ago.
    #[error("generation {0} is not kept; {1}")]
    Unknown(u64, String),
    /// There is none to go back to.
    #[error("no earlier generation with another content is kept")]
    NoEarlier,
    /// Its file is not what was written.
    #[error("`{0}` is damaged: {1}")]
    Damaged(PathBuf, String),
}

/// The generations in a state directory.
#[derive(Debug)]
pub struct History {
    directory: PathBuf,
}

impl History {
    /// The history in `state_dir`. Nothing is touched before something is kept.
    pub fn new(state_dir: &Path) -> Self {
        Self { directory: state_dir.join("generations") }
    }

    /// The numbers of all generations, oldest first.
    pub fn numbers(&self) -> Vec<u64> {
        let entries = std::fs::read_dir(&self.directory).into_iter().flatten().flatten();
        let mut found: Vec<u64> =
            entries.filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".json")?.parse().ok()).collect();
        found.sort_unstable();
        found
    }

    /// Reads one generation and makes sure that it is what was written.
    ///
    /// # Errors
    /// When it is not there or not intact.
    pub fn read(&self, number: u64) -> Result<Generation, HistoryError> {
        let path = self.path(number);
        let damaged = |cause: String| HistoryError::Damaged(path.clone(), cause);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
                return Err(HistoryError::Unknown(number, self.known()));
            }
            Err(error) => return Err(damaged(error.to_string())),
        };
        let found: Generation = serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        if found.generation != number || ContentHash::of(&found.files).to_string() != found.content {
            return Err(damaged("its content does not have its hash".to_owned()));
        }
        Ok(found)
    }

    fn known(&self) -> String {
        let numbers: Vec<String> = self.numbers().iter().map(u64::to_string).collect();
        if numbers.is_empty() { "none is".to_owned() } else { format!("these are: {}", numbers.join(", ")) }
    }

    /// The number after all that are kept, intact or not.
    pub fn next(&self) -> u64 {
        self.numbers().last().map_or(1, |last| last.saturating_add(1))
    }

    /// The newest generation that is intact.
    pub fn newest(&self) -> Option<Generation> {
        self.numbers().into_iter().rev().find_map(|number| self.read(number).ok())
    }

    /// The generation to go back to from `current`: the newest one before it with another content. From a rollback it goes
    /// on backwards from where that one led.
    ///
    /// # Errors
    /// When there is none.
    pub fn before(&self, current: u64) -> Result<Generation, HistoryError> {
        let now = self.read(current)?;
        let from = now.rollback_of.unwrap_or(current);
        let earlier = self.numbers().into_iter().rev().filter(|number| *number < from);
        let mut intact = earlier.filter_map(|number| self.read(number).ok());
        intact.find(|found| found.content != now.content).ok_or(HistoryError::NoEarlier)
    }

    /// Keeps a generation and forgets those that are too old.
    ///
    /// # Errors
    /// When it cannot be written. It is in effect all the same.
    pub fn keep(&self, generation: &Generation) -> std::io::Result<()> {
        durable::directory(&self.directory)?;
        durable::tidy(&self.directory);
        let last = self.numbers().into_iter().rev().find(|number| *number < generation.generation);
        let json = serde_json::to_vec(generation).map_err(std::io::Error::other)?;
        durable::replace(&self.path(generation.generation), &json)?;
        if let Some(last) = last.and_then(|number| self.read(number).ok())
            && last.content == generation.content
        {
            std::fs::remove_file(self.path(last.generation))?;
        }
        let numbers = self.numbers();
        for old in numbers.iter().take(numbers.len().saturating_sub(KEPT)) {
            std::fs::remove_file(self.path(*old))?;
        }
        Ok(())
    }

    fn path(&self, number: u64) -> PathBuf {
        self.directory.join(format!("{number:010}.json"))
    }
}

/// A moment as RFC 3339 in UTC, to the millisecond.
pub(super) fn timestamp(moment: SystemTime) -> String {
    humantime::format_rfc3339_millis(moment).to_string()
}

#[cfg(test)]
mod tests {
    use super::{ContentHash, Generation, History, HistoryError, KEPT, KeptFile};

    fn generation(number: u64, text: &str) -> Generation {
        let files = vec![KeptFile { name: "vestibule.toml".into(), text: text.to_owned() }];
        Generation {
            generation: number,
            hash: ContentHash::of(&files).to_string(),
            content: ContentHash::of(&files).to_string(),
            revision: "00000000".to_owned(),
            time: String::new(),
            trigger: "watch".to_owned(),
            rollback_of: None,
            instead_of: None,
            files,
        }
    }

    #[test]
    fn what_is_kept_comes_back_and_is_bounded() {
        let place = tempfile::tempdir().unwrap();
        let history = History::new(place.path());
        assert!(history.newest().is_none());
        for number in 1..=30 {
            history.keep(&generation(number, &format!("text {number}"))).unwrap();
        }
        assert_eq!(history.numbers(), (11..=30).collect::<Vec<_>>());
        assert_eq!(history.numbers().len(), KEPT);
        assert_eq!(history.read(12).unwrap(), generation(12, "text 12"));
        assert!(matches!(history.read(3), Err(HistoryError::Unknown(3, _))));
    }

    #[test]
    fn equal_generations_collapse_and_going_back_goes_on() {
        let place = tempfile::tempdir().unwrap();
        let history = History::new(place.path());
        for (number, text) in [(1, "a"), (2, "b"), (3, "b"), (4, "c"), (5, "c")] {
            history.keep(&generation(number, text)).unwrap();
        }
        assert_eq!(history.numbers(), [1, 3, 5]);
        assert_eq!(history.before(5).unwrap().generation, 3);
        history.keep(&Generation { rollback_of: Some(3), ..generation(6, "b") }).unwrap();
        assert_eq!(history.before(6).unwrap().generation, 1);
        history.keep(&Generation { rollback_of: Some(1), ..generation(7, "a") }).unwrap();
        assert!(matches!(history.before(7), Err(HistoryError::NoEarlier)));
    }

    #[test]
    fn damage_is_noticed_and_passed_over() {
        let place = tempfile::tempdir().unwrap();
        let history = History::new(place.path());
        history.keep(&generation(1, "good")).unwrap();
        history.keep(&generation(2, "better")).unwrap();
        let path = history.path(2);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("better", "worse!")).unwrap();
        assert!(matches!(history.read(2), Err(HistoryError::Damaged(..))));
        assert_eq!((history.newest().unwrap().generation, history.next()), (1, 3));
    }
}
