//! `vestibule schema`: the JSON Schema of the configuration, for editors.

use clap::Args;

use super::output;
use crate::config;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The schema of an included file, which holds `[[site]]` and `[[service]]` tables only.
    #[arg(long)]
    included: bool,
}

pub(super) fn run(arguments: &Arguments) {
    output::result(&format!("{:#}", config::schema(arguments.included)));
}
