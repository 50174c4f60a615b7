//! `vestibule check FILE`: the code path of start and reload, without starting.

use std::path::PathBuf;

use clap::Args;

use super::{Failure, configuration, output};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The configuration file.
    file: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let config = configuration(Some(&arguments.file))?;
    let hosts: usize = config.sites.iter().map(|site| site.hosts.len().max(1)).sum();
    output::result(&format!(
        "{}: ok, {} site(s) on {hosts} host(s), {} services known",
        arguments.file.display(),
        config.sites.len(),
        config.services.len()
    ));
    Ok(())
}
