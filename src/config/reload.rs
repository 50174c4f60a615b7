//! `[reload]`: how changes of the files are found, and what a cold start may fall back on.

use std::time::Duration;

use super::log::{Located, Log, Problem, quote};
use super::read::Table;

/// The shortest and the longest time between two comparisons of the files.
const POLL: std::ops::RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_hours(1);

/// What is written in `[reload]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reload {
    /// How often the content of the files is compared when the file system gives no notice.
    pub poll: Duration,
    /// Whether a cold start with a wrong configuration uses the last one that was good. What counts is what that one
    /// says: a file that cannot be read says nothing.
    pub start_from_last_good: bool,
    /// Whether a configuration that fails its own tests is refused.
    pub require_tests: bool,
}

impl Default for Reload {
    fn default() -> Self {
        Self { poll: Duration::from_secs(5), start_from_last_good: false, require_tests: false }
    }
}

pub(super) fn reload(log: &mut Log, table: Option<Table<'_>>) -> Reload {
    let mut reload = Reload::default();
    let Some(mut table) = table else {
        return reload;
    };
    if let Some(text) = table.string(log, "poll") {
        reload.poll = duration(log, "poll", text, POLL).unwrap_or(reload.poll);
    }
    if let Some(last_good) = table.boolean(log, "start_from_last_good") {
        reload.start_from_last_good = last_good;
    }
    if let Some(required) = table.boolean(log, "require_tests") {
        reload.require_tests = required;
    }
    table.finish(log);
    reload
}

/// A number with its unit: `500ms`, `5s`, `1m`.
fn duration(
    log: &mut Log,
    key: &str,
    text: Located<&str>,
    range: std::ops::RangeInclusive<Duration>,
) -> Option<Duration> {
    let Ok(found) = humantime::parse_duration(text.value) else {
        let message = format!("{} is not a duration", quote(text.value));
        log.push(Problem::new("V0220", text.span, message).help("write a number with its unit: `500ms`, `5s`, `1m`"));
        return None;
    };
    if !range.contains(&found) {
        let shown = |end: &Duration| humantime::format_duration(*end).to_string();
        let message = format!("`{key}` must be between {} and {}", shown(range.start()), shown(range.end()));
        log.push(Problem::new("V0105", text.span, message));
        return None;
    }
    Some(found)
}
