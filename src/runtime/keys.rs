//! Key files: read, or made on first run.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::OnceLock;

use sha2::{Digest, Sha256};

use crate::config::{self, KeySource, Keys, SecretError};
use crate::sources::{Key, KeyRing};
use crate::telemetry::events;

/// The secret of a process that cannot store one. It stays the same for as long as the process runs: a reload must not
/// forget what visitors chose.
static UNSTORED: OnceLock<[u8; 32]> = OnceLock::new();

/// Why the keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A key file cannot be used.
    #[error(transparent)]
    File(#[from] SecretError),
    /// The system gives no random bytes.
    #[error("no random bytes for a new key: {0}")]
    NoRandomness(getrandom::Error),
}

/// Reads the keys. A missing key in the state directory is made and stored there; when it cannot be stored it is used all
/// the same, for as long as the process runs, and the log says so.
///
/// # Errors
/// When a key file that the configuration names cannot be used.
pub fn load_keys(keys: &Keys) -> Result<KeyRing, KeyError> {
    let current = match &keys.current {
        Some(source) => take(source, "keys.current")?,
        None => own_key(&keys.state_dir.join("consent.key"))?,
    };
    let previous = keys.previous.as_ref().map(|source| take(source, "keys.previous")).transpose()?;
    Ok(KeyRing::new(current, previous))
}

fn take(source: &KeySource, name: &'static str) -> Result<Key, KeyError> {
    match source {
        KeySource::File(file) => read(file),
        KeySource::Given(secret) => Ok(key_of(config::check_secret(name, secret)?)),
    }
}

fn read(file: &Path) -> Result<Key, KeyError> {
    Ok(key_of(&config::read_secret(file)?))
}

/// Any encoding of the secret will do; what signs is a digest of it.
fn key_of(secret: &[u8]) -> Key {
    Key::new(Sha256::new().chain_update(b"vestibule key file\0").chain_update(secret).finalize().into())
}

fn own_key(file: &Path) -> Result<Key, KeyError> {
    if file.exists() {
        return read(file);
    }
    let mut random = [0_u8; 32];
    getrandom::fill(&mut random).map_err(KeyError::NoRandomness)?;
    let hex = random.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    match store(file, &hex) {
        Ok(()) => read(file),
        // Another process was faster; its key is the one.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && file.exists() => read(file),
        Err(error) => {
            events::key_not_stored(&file.display().to_string(), &error.to_string());
            Ok(Key::new(*UNSTORED.get_or_init(|| random)))
        }
    }
}

fn store(file: &Path, hex: &str) -> std::io::Result<()> {
    if let Some(directory) = file.parent() {
        std::fs::create_dir_all(directory)?;
    }
    let mut out = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    writeln!(out, "{hex}")
}
