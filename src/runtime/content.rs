//! What names the content of configuration files. Time stamps and sizes say nothing here.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::config::{SourceFile, Sources};

/// A SHA-256 digest of all files with their names, relative to the main file. Sixty-four hexadecimal digits in print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ContentHash([u8; 32]);

impl ContentHash {
    /// The digest of these files.
    pub fn of(files: &[KeptFile]) -> Self {
        let mut digest = Sha256::new();
        for file in files {
            // Lengths keep the end of one part from being read as the beginning of the next.
            for part in [file.name.as_os_str().as_encoded_bytes(), file.text.as_bytes()] {
                digest.update((part.len() as u64).to_be_bytes());
                digest.update(part);
            }
        }
        Self(digest.finalize().into())
    }

    /// The digest of what was read. Files that could not be read count with the reason, and files that values refer to count
    /// with what they hold.
    pub fn read(sources: &Sources) -> Self {
        let whole = Self::of(&kept(sources.files()));
        let (damage, referred) = (sources.damage(), sources.referred());
        if damage.is_empty() && referred.is_empty() {
            return whole;
        }
        let digest = Sha256::new().chain_update(whole.0).chain_update(damage).chain_update(referred.concat());
        Self(digest.finalize().into())
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

/// A configuration file as it is kept: it can be put in effect again from another working directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptFile {
    /// Relative to the directory of the main file, where it is below it.
    pub name: PathBuf,
    /// Its text.
    pub text: String,
}

/// The files as they are kept; the main one first.
pub(super) fn kept(files: &[SourceFile]) -> Vec<KeptFile> {
    let base = files.first().and_then(|main| main.path.parent()).unwrap_or_else(|| Path::new(""));
    let name = |file: &SourceFile| file.path.strip_prefix(base).unwrap_or(&file.path).to_owned();
    files.iter().map(|file| KeptFile { name: name(file), text: file.text.clone() }).collect()
}

/// Kept files as if they had just been read beside `main`.
pub(super) fn beside(main: &Path, files: &[KeptFile]) -> Vec<SourceFile> {
    let base = main.parent().unwrap_or_else(|| Path::new(""));
    let mut found: Vec<SourceFile> =
        files.iter().map(|file| SourceFile { path: base.join(&file.name), text: file.text.clone() }).collect();
    if let Some(first) = found.first_mut() {
        main.clone_into(&mut first.path);
    }
    found
}
