//! `[shadow]` and `[canary]`: a second configuration on trial. A shadow is evaluated beside the one in use and only
//! counted; a canary is used for a share of the visitors.
//!
//! It is a whole configuration in a file of its own, checked like the main one. Its listeners, admin address, keys and limits
//! mean nothing here, and what it puts on trial itself is left out.

use std::path::{Path, PathBuf};

use toml::de::DeTable;

use super::log::Log;
use super::model::Config;
use super::read::Table;

/// A configuration for a share of the visitors.
#[derive(Clone, Debug)]
pub struct Canary {
    /// The configuration.
    pub config: Box<Config>,
    /// For how many visitors of a hundred it is used, from 1 to 99.
    pub percent: u8,
}

/// What is written about trials.
#[derive(Clone, Debug, Default)]
pub(super) struct Trials {
    pub(super) shadow: Option<PathBuf>,
    pub(super) canary: Option<(PathBuf, u8)>,
}

pub(super) fn read(log: &mut Log, shadow: Option<Table<'_>>, canary: Option<Table<'_>>, base: &Path) -> Trials {
    let mut trials = Trials::default();
    if let Some(mut table) = shadow {
        table.require(&["config"]);
        trials.shadow = table.string(log, "config").map(|text| base.join(text.value));
        table.finish(log);
    }
    if let Some(mut table) = canary {
        table.require(&["config", "percent"]);
        let file = table.string(log, "config").map(|text| base.join(text.value));
        let percent = table.integer(log, "percent", 1..=99).and_then(|percent| u8::try_from(percent).ok());
        trials.canary = file.zip(percent);
        table.finish(log);
    }
    trials
}

/// The files that a main file puts on trial.
pub(super) fn files_of(root: &DeTable<'_>) -> Vec<String> {
    ["shadow", "canary"]
        .iter()
        .filter_map(|table| root.get(*table)?.get_ref().get("config")?.get_ref().as_str())
        .map(str::to_owned)
        .collect()
}
