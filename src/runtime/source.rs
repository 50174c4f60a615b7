//! Where the configuration comes from, and the one way in which it is loaded: at start and at every reload.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::{KeyError, load_keys};
use crate::config::{self, Config, Diagnostics};
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
    /// It changes something that only a restart can change.
    #[error("`{0}` cannot change while running; restart to change it")]
    NeedsRestart(&'static str),
}

impl Source {
    /// A digest of the files' content as it is now, to tell later whether it is still what was loaded.
    pub fn fingerprint(&self) -> [u8; 32] {
        super::reload::content(&self.file, &[])
    }

    /// Reads and compiles the configuration, and logs what deserves a second look.
    ///
    /// # Errors
    /// When it is wrong or its keys cannot be used.
    pub fn load(&self) -> Result<(Config, Snapshot), LoadError> {
        let mut config = config::load(&self.file).map_err(LoadError::Config)?;
        if let Some(listen) = self.listen {
            config.listen.http = vec![listen];
        }
        if let Some(state_dir) = &self.state_dir {
            config.keys.state_dir.clone_from(state_dir);
        }
        let files = config::check_files(&config);
        if files.errors() > 0 {
            return Err(LoadError::Config(files));
        }
        let keys = load_keys(&config.keys)?;
        let snapshot = Snapshot::build(&config, keys);
        for warning in config.warnings.iter().chain(&files) {
            events::config_warning(warning.code, &warning.place.to_string(), &warning.message);
        }
        Ok((config, snapshot))
    }
}
