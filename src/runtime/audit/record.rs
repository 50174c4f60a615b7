//! One line of the trail.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What stands for the hash of the line before the first one.
pub(super) const NOTHING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What separates what is hashed from the hash.
const SEAL: &str = ",\"hash\":\"";

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The process started with a configuration.
    Start,
    /// The process started with the last good configuration, because the one on disk is wrong.
    StartFromLastGood,
    /// A configuration took effect.
    Reload,
    /// A configuration was refused.
    Refused,
    /// An earlier generation was put in effect again.
    Rollback {
        /// Its number.
        of: u64,
    },
    /// An earlier generation was asked for and could not be put in effect.
    RollbackRefused,
    /// The files are again what is in effect; nothing was loaded.
    Restored,
    /// A crash had left an incomplete line, which was cut off.
    Torn {
        /// Its length.
        bytes: u64,
    },
    /// The trail before this one could not be continued.
    StartedAnew {
        /// The file name under which it was set aside.
        aside: String,
        /// What is wrong with it.
        cause: String,
    },
}

/// A change, or an attempt at one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
    /// What caused it: `start`, `watch`, `poll`, `sighup`, `admin`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger: Option<&'static str>,
    /// Who asked, as far as it is known: `uid 1000`, `token`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The generation in effect afterwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
    /// The content in effect before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_hash: Option<String>,
    /// The content that was to take effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_hash: Option<String>,
    /// Why it was refused: the first line of what was reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

impl Change {
    /// An event of which nothing else is known.
    pub const fn new(event: Event) -> Self {
        Self { event, trigger: None, by: None, generation: None, old_hash: None, new_hash: None, cause: None }
    }
}

/// A line before it has a hash.
#[derive(Debug, Serialize)]
pub(super) struct Line<'a> {
    #[serde(rename = "seq")]
    pub(super) number: u64,
    pub(super) time: String,
    #[serde(flatten)]
    pub(super) change: &'a Change,
    pub(super) previous: &'a str,
}

impl Line<'_> {
    /// The line with its hash and a line feed, and the hash.
    pub(super) fn seal(&self) -> std::io::Result<(String, String)> {
        let open = serde_json::to_string(self).map_err(std::io::Error::other)?;
        let open = open.strip_suffix('}').unwrap_or(&open);
        let hash = digest(open.as_bytes());
        Ok((format!("{open}{SEAL}{hash}\"}}\n"), hash))
    }
}

/// What the chain needs to know of a line.
#[derive(Debug, Deserialize)]
pub(super) struct Linked {
    #[serde(rename = "seq")]
    pub(super) number: u64,
    pub(super) previous: String,
    pub(super) hash: String,
}

/// Reads a line without its line feed and makes sure that it has the hash that it says.
pub(super) fn take_apart(line: &[u8]) -> Result<Linked, String> {
    let not_ours = || "it is not a line of the audit trail".to_owned();
    let text = std::str::from_utf8(line).map_err(|_| not_ours())?;
    let (open, seal) = text.rsplit_once(SEAL).ok_or_else(not_ours)?;
    let hash = seal.strip_suffix("\"}").ok_or_else(not_ours)?;
    if digest(open.as_bytes()) != hash {
        return Err("its content does not have the hash that it says".to_owned());
    }
    serde_json::from_str(text).map_err(|_| not_ours())
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |hex, byte| format!("{hex}{byte:02x}"))
}
