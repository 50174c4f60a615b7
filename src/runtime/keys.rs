//! Key files: read, or made on first run.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use sha2::{Digest, Sha256};

use crate::config::Keys;
use crate::sources::{Key, KeyRing};
use crate::telemetry::events;

/// The fewest bytes of secret that a key file must hold.
const MIN_SECRET: usize = 32;

/// The secret of a process that cannot store one. It stays the same for as long as the process runs: a reload must not
/// forget what visitors chose.
static UNSTORED: OnceLock<[u8; 32]> = OnceLock::new();

/// Why the keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A configured key file cannot be read.
    #[error("cannot read key file `{0}`: {1}")]
    Unreadable(PathBuf, std::io::Error),
    /// A key file holds too little.
    #[error("key file `{0}` holds fewer than 32 bytes; write one with `openssl rand -hex 32`")]
    TooShort(PathBuf),
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
        Some(file) => read(file)?,
        None => own_key(&keys.state_dir.join("consent.key"))?,
    };
    let previous = keys.previous.as_deref().map(read).transpose()?;
    Ok(KeyRing::new(current, previous))
}

fn read(file: &Path) -> Result<Key, KeyError> {
    let content = std::fs::read(file).map_err(|error| KeyError::Unreadable(file.to_owned(), error))?;
    let secret = content.trim_ascii();
    if secret.len() < MIN_SECRET {
        return Err(KeyError::TooShort(file.to_owned()));
    }
    // Any encoding of the secret will do; what signs is a digest of it.
    Ok(Key::new(Sha256::new().chain_update(b"vestibule key file\0").chain_update(secret).finalize().into()))
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
