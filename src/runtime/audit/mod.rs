//! The audit trail: one line of JSON per change of the configuration in effect, chained by hashes.
//!
//! A line ends in its own hash, taken over every byte before it, and carries the hash of the line before. Whoever changes,
//! removes or inserts a byte breaks the chain at that place; only a cut at the end leaves a chain that is whole in itself,
//! and shows only to someone who kept the last hash elsewhere (it is in the log and in the status). The chain proves
//! order and completeness, not authorship: who can write the file can write a new chain.

mod record;
mod verify;

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::durable;
use super::history::timestamp;
pub use record::{Change, Event};
use record::{Line, NOTHING, take_apart};
pub use verify::{AuditBroken, Verified, verify};

/// No line is longer; a longer tail was not written by us.
const MAX_LINE: u64 = 64 * 1024;

/// The file name in the state directory.
const FILE: &str = "audit.jsonl";

/// The audit trail of a state directory.
#[derive(Debug)]
pub struct Audit {
    path: PathBuf,
}

impl Audit {
    /// The trail in `state_dir`. Nothing is touched before something is recorded.
    pub fn new(state_dir: &Path) -> Self {
        Self { path: state_dir.join(FILE) }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a record and gives its hash, once it is on disk. A line that a crash left incomplete is cut off and recorded;
    /// a file whose last line is none of ours is set aside and recorded.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn record(&self, change: &Change) -> std::io::Result<String> {
        if let Some(directory) = self.path.parent() {
            durable::directory(directory)?;
        }
        let mut file = self.open()?;
        // Another process may be at it: two proxies during an upgrade, say.
        file.lock()?;
        let mut end = Tail::read(&mut file)?;
        if let Some(cause) = end.foreign.take() {
            let aside = self.path.with_extension(format!("unreadable-{}", seconds()));
            std::fs::rename(&self.path, &aside)?;
            file = self.open()?;
            file.lock()?;
            end = Tail::default();
            let name = aside.file_name().unwrap_or_default().to_string_lossy().into_owned();
            end.append(&mut file, &Change::new(Event::StartedAnew { aside: name, cause }))?;
            durable::sync_directory(&self.path)?;
        }
        if end.torn > 0 {
            let length = file.metadata()?.len();
            file.set_len(length.saturating_sub(end.torn))?;
            let torn = end.torn;
            end.append(&mut file, &Change::new(Event::Torn { bytes: torn }))?;
        }
        end.append(&mut file, change)?;
        file.sync_data()?;
        if end.number == 1 {
            durable::sync_directory(&self.path)?;
        }
        Ok(end.hash)
    }

    fn open(&self) -> std::io::Result<File> {
        OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(&self.path)
    }
}

/// Where a chain ends.
#[derive(Debug)]
struct Tail {
    number: u64,
    hash: String,
    /// How many bytes of an incomplete line follow.
    torn: u64,
    /// Why the last line cannot be continued.
    foreign: Option<String>,
}

impl Default for Tail {
    fn default() -> Self {
        Self { number: 0, hash: NOTHING.to_owned(), torn: 0, foreign: None }
    }
}

impl Tail {
    fn read(file: &mut File) -> std::io::Result<Self> {
        let length = file.metadata()?.len();
        let from = length.saturating_sub(2 * MAX_LINE);
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        file.take(2 * MAX_LINE).read_to_end(&mut bytes)?;
        let complete = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let (lines, torn) = bytes.split_at(complete);
        let mut tail = Self { torn: torn.len() as u64, ..Self::default() };
        if lines.is_empty() {
            if from > 0 {
                tail.foreign = Some("its last line is endless".to_owned());
            }
            return Ok(tail);
        }
        let last = lines.strip_suffix(b"\n").unwrap_or(lines);
        let last = last.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        match take_apart(last) {
            Ok(line) => (tail.number, tail.hash) = (line.number, line.hash),
            Err(cause) => tail.foreign = Some(cause),
        }
        Ok(tail)
    }

    fn append(&mut self, file: &mut File, change: &Change) -> std::io::Result<()> {
        let line = Line { number: self.number + 1, time: timestamp(SystemTime::now()), previous: &self.hash, change };
        let (text, hash) = line.seal()?;
        file.write_all(text.as_bytes())?;
        (self.number, self.hash) = (self.number + 1, hash);
        Ok(())
    }
}

fn seconds() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests;
