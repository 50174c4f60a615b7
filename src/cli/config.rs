//! `vestibule config --effective`: what is in force, as one file.

use std::path::PathBuf;

use clap::Args;

use super::{Failure, configuration, output};
use crate::config::{self, Shown};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The configuration file.
    file: PathBuf,
    /// Print every value in force, with included files merged, as one file that loads to the same configuration.
    #[arg(long, required = true)]
    effective: bool,
    /// Say where each value comes from: `# file:line:column` or `# default`.
    #[arg(long)]
    origin: bool,
    /// Print the services of the built-in catalog, too.
    #[arg(long)]
    catalog: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let config = configuration(Some(&arguments.file))?;
    let shown = Shown { origin: arguments.origin, catalog: arguments.catalog };
    output::result(config::effective(&config, shown).trim_end());
    Ok(())
}
