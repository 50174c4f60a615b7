//! Whether a trail is what was written.

use super::record::{NOTHING, take_apart};

/// A trail without a break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many records it has.
    pub records: u64,
    /// The hash of the last one.
    pub last: String,
}

/// Where and how a trail is broken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuditBroken {
    /// A line is not what was written.
    #[error("line {line} was changed: {cause}")]
    Changed {
        /// Counted from 1.
        line: u64,
        /// What is wrong with it.
        cause: String,
    },
    /// Two lines do not belong together.
    #[error("something was removed or inserted before line {0}: it does not continue the line before")]
    Gap(u64),
    /// The last line has no end.
    #[error("line {0} has no end; after a crash the next start repairs this and records it")]
    Torn(u64),
    /// The trail ends elsewhere than it should.
    #[error("the trail was cut or goes on: its last record has the hash {0}")]
    Ends(String),
}

/// Walks the whole chain. A cut at the end shows only when `expected_last` is given.
///
/// # Errors
/// The first place where it is broken.
pub fn verify(bytes: &[u8], expected_last: Option<&str>) -> Result<Verified, AuditBroken> {
    let mut trail = Verified { records: 0, last: NOTHING.to_owned() };
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let number = trail.records + 1;
        let line = line.strip_suffix(b"\n").ok_or(AuditBroken::Torn(number))?;
        let linked = take_apart(line).map_err(|cause| AuditBroken::Changed { line: number, cause })?;
        if linked.previous != trail.last || linked.number != number {
            return Err(AuditBroken::Gap(number));
        }
        trail = Verified { records: number, last: linked.hash };
    }
    match expected_last {
        Some(expected) if expected != trail.last => Err(AuditBroken::Ends(trail.last)),
        _ => Ok(trail),
    }
}
