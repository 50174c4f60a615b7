//! The files that configuration names beside other configuration: certificates, keys and databases of countries. `check`, start and reload open
//! them with the same functions, so that none of them finds out what another one did not.

use std::io::Read as _;
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use super::diagnostic::{Diagnostic, Diagnostics};
use super::log::quote;
use super::model::{Config, KeySource, Secret};

/// The fewest bytes of secret that a file with a consent key must hold.
const MIN_SECRET: usize = 32;
/// The fewest bytes that a token for the admin listener must have.
const MIN_TOKEN: usize = 32;
/// A chain of certificates, or a key, is not longer.
const MAX_BYTES: u64 = 1024 * 1024;

/// Why a file with a consent key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// It cannot be read.
    #[error("cannot read key file `{0}`: {1}")]
    Unreadable(PathBuf, String),
    /// It holds too little.
    #[error("key file `{0}` holds fewer than 32 bytes; write one with `openssl rand -hex 32`")]
    TooShort(PathBuf),
    /// What a reference stands for is too short.
    #[error("the key that `{0}` refers to has fewer than 32 bytes; make one with `openssl rand -hex 32`")]
    GivenTooShort(&'static str),
}

/// Why a certificate and its key cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PairError {
    /// The file with the certificate cannot be used.
    #[error("{0}")]
    Certificate(String),
    /// The file with the key cannot be used, or belongs to another certificate.
    #[error("{0}")]
    Key(String),
}

/// What is wrong with the files that `config` names, each at the place where it is named. Opens every one of them, and
/// makes none: a consent key in the state directory that does not exist yet is made at the first start.
pub fn check_files(config: &Config) -> Diagnostics {
    let mut found: Vec<Diagnostic> = Vec::new();
    let origins = &config.origins;
    for (at, (_, certificate, key)) in config.listen.https.iter().enumerate() {
        let path = |name: &str| format!("listen.https[{at}].{name}");
        let help =
            Some("start refuses it, too; check the path and the rights of the user that runs Vestibule".to_owned());
        match read_pair(certificate, key) {
            Ok(_) => {
                if world_readable(key) {
                    found.push(exposed(config, &path("key"), key));
                }
            }
            Err(PairError::Certificate(why)) => {
                let message = format!("cannot use certificate {}: {why}", quote(&certificate.display().to_string()));
                found.push(origins.diagnostic("V0215", &path("certificate"), message, help));
            }
            Err(PairError::Key(why)) => {
                let message = format!("cannot use key {}: {why}", quote(&key.display().to_string()));
                found.push(origins.diagnostic("V0215", &path("key"), message, help));
            }
        }
    }
    let generated = config.keys.state_dir.join("consent.key");
    let generated =
        (config.keys.current.is_none() && generated.exists()).then_some(("state_dir", KeySource::File(generated)));
    let current = config.keys.current.clone().map(|source| ("keys.current", source));
    let previous = config.keys.previous.clone().map(|source| ("keys.previous", source));
    for (path, source) in generated.into_iter().chain(current).chain(previous) {
        let wrong = match &source {
            KeySource::File(file) => {
                let wrong = read_secret(file).err();
                if wrong.is_none() && world_readable(file) {
                    found.push(exposed(config, path, file));
                }
                wrong
            }
            KeySource::Given(secret) => check_secret(path, secret).err(),
        };
        found.extend(wrong.map(|error| origins.diagnostic("V0216", path, error.to_string(), None)));
    }
    if let Some(file) = config.admin.as_ref().and_then(|admin| admin.token_file.as_ref()) {
        let wrong = read_token(file).err();
        if wrong.is_none() && world_readable(file) {
            found.push(exposed(config, "admin.token_file", file));
        }
        found.extend(wrong.map(|message| origins.diagnostic("V0216", "admin.token_file", message, None)));
    }
    found.extend(super::countries::check(config));
    found.into_iter().collect()
}

fn exposed(config: &Config, path: &str, file: &Path) -> Diagnostic {
    let file = file.display().to_string();
    let message = format!("everybody on this machine can read the key {}", quote(&file));
    config.origins.diagnostic("V0217", path, message, Some(format!("run `chmod o-rwx {file}`")))
}

fn world_readable(file: &Path) -> bool {
    std::fs::metadata(file).is_ok_and(|known| known.mode() & 0o004 != 0)
}

/// Reads a file with a consent key. What it holds is never put into a message.
///
/// # Errors
/// When it cannot be read or holds too little.
pub fn read_secret(file: &Path) -> Result<Vec<u8>, SecretError> {
    let content = read(file, MAX_BYTES).map_err(|why| SecretError::Unreadable(file.to_owned(), why))?;
    let secret = content.trim_ascii();
    if secret.len() < MIN_SECRET {
        return Err(SecretError::TooShort(file.to_owned()));
    }
    Ok(secret.to_vec())
}

/// Reads a file with the token that changes over TCP need.
///
/// # Errors
/// When it cannot be read or holds too little, in words for a person.
pub fn read_token(file: &Path) -> Result<Vec<u8>, String> {
    let shown = file.display();
    let content = read(file, MAX_BYTES).map_err(|why| format!("cannot read token file `{shown}`: {why}"))?;
    let token = content.trim_ascii();
    if token.len() < MIN_TOKEN {
        return Err(format!(
            "token file `{shown}` holds fewer than {MIN_TOKEN} bytes; write one with `openssl rand -hex 32`"
        ));
    }
    Ok(token.to_vec())
}

/// The bytes of a key that the configuration refers to.
///
/// # Errors
/// When there are too few.
pub fn check_secret<'s>(key: &'static str, secret: &'s Secret) -> Result<&'s [u8], SecretError> {
    let secret = secret.reveal().trim().as_bytes();
    if secret.len() < MIN_SECRET { Err(SecretError::GivenTooShort(key)) } else { Ok(secret) }
}

/// The certificates of all listeners, each with its key, in the order in which they are configured.
///
/// # Errors
/// The first that cannot be used.
pub fn read_certificates(config: &Config) -> Result<Vec<(SocketAddr, CertifiedKey)>, PairError> {
    let listeners = config.listen.https.iter();
    listeners.map(|(address, certificate, key)| Ok((*address, read_pair(certificate, key)?))).collect()
}

/// Reads a certificate with its chain, and the key that belongs to it, and tries whether they can be used together.
///
/// # Errors
/// When either cannot be read, or they do not belong together.
pub(super) fn read_pair(certificate: &Path, key: &Path) -> Result<CertifiedKey, PairError> {
    let pem = read(certificate, MAX_BYTES).map_err(PairError::Certificate)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let chain = chain.map_err(|_| PairError::Certificate("it is not a PEM file with certificates".to_owned()))?;
    if chain.is_empty() {
        return Err(PairError::Certificate("it holds no certificate in PEM".to_owned()));
    }
    let pem = read(key, MAX_BYTES).map_err(PairError::Key)?;
    let keys: Result<Vec<_>, _> = PrivateKeyDer::pem_slice_iter(&pem).collect();
    let [private] = <[_; 1]>::try_from(keys.unwrap_or_default()).map_err(|keys| {
        PairError::Key(
            if keys.is_empty() { "it holds no private key in PEM" } else { "it holds several keys" }.to_owned(),
        )
    })?;
    let provider = rustls::crypto::ring::default_provider();
    let signing = provider.key_provider.load_private_key(private);
    let signing = signing.map_err(|error| PairError::Key(error.to_string().to_lowercase()))?;
    let pair = CertifiedKey::new(chain, signing);
    match pair.keys_match() {
        Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::KeyMismatch)) => {
            Err(PairError::Key(format!("it does not belong to the certificate `{}`", certificate.display())))
        }
        // Some keys cannot tell; the handshake will.
        Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => Ok(pair),
        Err(error) => Err(PairError::Certificate(error.to_string().to_lowercase())),
    }
}

/// Reads a regular file. Anything else could be endless, or never begin.
pub(super) fn read(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    let reason = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound if path.is_symlink() => "it is a link to a file that does not exist".to_owned(),
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        _ => described(&error),
    };
    let known = std::fs::metadata(path).map_err(reason)?;
    if known.is_dir() {
        return Err("it is a directory".to_owned());
    }
    if !known.is_file() {
        return Err("it is not a regular file".to_owned());
    }
    if known.len() > most {
        return Err(format!("it is longer than {most} bytes"));
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(reason)?;
    file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(reason)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > most {
        return Err(format!("it is longer than {most} bytes"));
    }
    Ok(bytes)
}

/// What the system says, without its number.
fn described(error: &std::io::Error) -> String {
    let said = error.to_string();
    said.split(" (os error").next().unwrap_or_default().to_lowercase()
}
