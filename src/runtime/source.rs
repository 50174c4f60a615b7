//! Where the configuration comes from, and the one way in which it is loaded: at start, at every reload and at a rollback.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::content::{ContentHash, KeptFile, beside, kept};
use super::{KeyError, load_keys};
use crate::config::{self, Config, DatabaseError, Diagnostics, PairError, Sources};
use crate::review;
use crate::snapshot::Snapshot;
use crate::telemetry::events;

/// A configuration file, and what the command line says over and above it.
#[derive(Clone, Debug)]
pub struct Source {
    /// The main file.
    pub file: PathBuf,
    /// Replaces the cleartext listeners.
    pub listen: Option<SocketAddr>,
    /// Replaces the state directory.
    pub state_dir: Option<PathBuf>,
}

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It is wrong.
    #[error("{0}")]
    Config(Diagnostics),
    /// Its keys cannot be used.
    #[error("{0}")]
    Keys(#[from] KeyError),
    /// A certificate went bad since it was checked.
    #[error("{0}")]
    Certificate(#[from] PairError),
    /// A database went bad since it was checked.
    #[error("{0}")]
    Database(#[from] DatabaseError),
    /// It changes something that only a restart can change.
    #[error("{} cannot change while running; restart to change {}", quoted(.0), if .0.len() == 1 { "it" } else { "them" })]
    NeedsRestart(Vec<&'static str>),
}

fn quoted(keys: &[&str]) -> String {
    keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" and ")
}

/// A configuration that can be put in effect.
#[derive(Debug)]
pub struct Loaded {
    /// As it was written.
    pub config: Config,
    /// Compiled.
    pub snapshot: Snapshot,
    /// Its files.
    pub files: Vec<KeptFile>,
    /// Names the content of its files.
    pub hash: ContentHash,
}

impl Source {
    /// Reads the files as they are now.
    pub fn read(&self) -> Sources {
        Sources::read(&self.file)
    }

    /// Validates and compiles what was read, and logs what deserves a second look. `allows` is asked before anything outside
    /// the files is touched.
    ///
    /// # Errors
    /// When it is wrong or not allowed, its keys cannot be used, or it fails its own tests.
    pub fn load(
        &self,
        sources: Sources,
        allows: impl Fn(&Config) -> Result<(), LoadError>,
    ) -> Result<Loaded, LoadError> {
        let hash = ContentHash::read(&sources);
        let files = kept(sources.files());
        let mut config = sources.parse().map_err(LoadError::Config)?;
        if let Some(listen) = self.listen {
            config.listen.http = vec![listen];
        }
        if let Some(state_dir) = &self.state_dir {
            config.keys.state_dir.clone_from(state_dir);
        }
        allows(&config)?;
        let checked = config::check_files(&config);
        if checked.errors() > 0 {
            return Err(LoadError::Config(checked));
        }
        let keys = load_keys(&config.keys)?;
        let failed = review::required(&config);
        if failed.errors() > 0 {
            return Err(LoadError::Config(failed));
        }
        let certificates = config::read_certificates(&config)?;
        let countries = config::read_countries(&config)?;
        let snapshot =
            Snapshot::build(&config, keys).with_certificates(certificates).with_countries(&config, &countries);
        for warning in config.warnings.iter().chain(&checked) {
            events::config_warning(warning.code, &warning.place.to_string(), &warning.message);
        }
        Ok(Loaded { config, snapshot, files, hash })
    }

    /// Validates and compiles files that were kept.
    ///
    /// # Errors
    /// As [`Source::load`].
    pub fn load_kept(
        &self,
        files: &[KeptFile],
        allows: impl Fn(&Config) -> Result<(), LoadError>,
    ) -> Result<Loaded, LoadError> {
        self.load(Sources::kept(beside(&self.file, files)), allows)
    }
}
