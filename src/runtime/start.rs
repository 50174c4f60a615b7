//! The first configuration of a process: what the files say, unless they are wrong or were rolled back from.

use std::path::{Path, PathBuf};

use super::content::ContentHash;
use super::history::{Generation, History};
use super::source::{LoadError, Loaded, Source};
use crate::config::Sources;
use crate::telemetry::events;

/// A configuration to start with.
#[derive(Debug)]
pub struct Start {
    /// The configuration.
    pub loaded: Loaded,
    /// Its number.
    pub generation: u64,
    /// The content of the files, whether it is in effect or not.
    pub on_disk: ContentHash,
    /// Where something can happen that changes what the files say.
    pub places: Vec<PathBuf>,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where the first configuration comes from.
#[derive(Debug)]
pub enum Origin {
    /// The files.
    Files,
    /// A rollback before the restart, to this generation; the files are still the ones that it turned away from.
    RolledBack(u64),
    /// The last good configuration, this generation, because the files are wrong.
    LastGood(u64, LoadError),
}

impl Source {
    /// Loads what to start with.
    ///
    /// A wrong configuration starts only when the last good one says `start_from_last_good = true`.
    ///
    /// # Errors
    /// When the configuration is wrong and nothing may stand in for it.
    pub fn start(&self) -> Result<Start, LoadError> {
        let sources = self.read();
        let on_disk = ContentHash::read(&sources);
        let (guess, places) = (self.guess_state_dir(&sources), sources.places());
        match self.load(sources, |_| Ok(())) {
            Ok(loaded) => {
                let history = History::new(&loaded.config.keys.state_dir);
                let generation = history.next();
                if let Some((brought_back, of)) = history.newest().and_then(|last| self.rolled_back(&last, on_disk)) {
                    let origin = Origin::RolledBack(of);
                    return Ok(Start { loaded: brought_back, generation, on_disk, places, origin });
                }
                Ok(Start { loaded, generation, on_disk, places, origin: Origin::Files })
            }
            Err(error) => {
                let history = History::new(&guess);
                let Some((loaded, last)) = history.newest().and_then(|last| self.last_good(last)) else {
                    return Err(error);
                };
                let origin = Origin::LastGood(last.generation, error);
                Ok(Start { loaded, generation: history.next(), on_disk, places, origin })
            }
        }
    }

    /// What a rollback put in effect, when the files are still those that it turned away from.
    fn rolled_back(&self, last: &Generation, on_disk: ContentHash) -> Option<(Loaded, u64)> {
        let same = last.instead_of.as_deref() == Some(on_disk.to_string().as_str());
        let of = last.rollback_of.filter(|_| same)?;
        match self.load_kept(&last.files, |_| Ok(())) {
            Ok(loaded) => Some((loaded, of)),
            Err(error) => {
                events::rollback_lost(of, &error.to_string());
                None
            }
        }
    }

    /// The last good configuration, when it wants to stand in for a wrong one.
    fn last_good(&self, last: Generation) -> Option<(Loaded, Generation)> {
        let loaded = self.load_kept(&last.files, |_| Ok(())).ok()?;
        loaded.config.reload.start_from_last_good.then_some((loaded, last))
    }

    /// The state directory of a configuration that may be wrong.
    fn guess_state_dir(&self, sources: &Sources) -> PathBuf {
        if let Some(directory) = &self.state_dir {
            return directory.clone();
        }
        let text = sources.files().first().map_or("", |main| main.text.as_str());
        let base = self.file.parent().unwrap_or_else(|| Path::new(""));
        base.join(crate::config::state_dir_of(text, base).unwrap_or_else(|| ".vestibule-state".to_owned()))
    }
}
