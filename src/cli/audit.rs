//! `vestibule audit verify`: whether the audit trail is what was written.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Failure, configuration, output};
use crate::runtime::audit::{Audit, verify};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Check every record and the chain between them. A cut at the end shows only with `--expect-last`.
    Verify(Verify),
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("trail").required(true)))]
struct Verify {
    /// The trail itself.
    #[arg(group = "trail", value_name = "FILE")]
    file: Option<PathBuf>,
    /// The trail in the state directory of this configuration.
    #[arg(long, group = "trail", value_name = "FILE")]
    config: Option<PathBuf>,
    /// The trail in this state directory.
    #[arg(long, group = "trail", value_name = "DIR")]
    state_dir: Option<PathBuf>,
    /// The hash that the last record has to have, from a place that whoever cuts the trail cannot change.
    #[arg(long, value_name = "HASH")]
    expect_last: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let What::Verify(arguments) = &arguments.what;
    let file = match (&arguments.file, &arguments.state_dir) {
        (Some(file), _) => file.clone(),
        (None, Some(directory)) => Audit::new(directory).path().to_owned(),
        (None, None) => Audit::new(&configuration(arguments.config.as_ref())?.keys.state_dir).path().to_owned(),
    };
    let bytes = std::fs::read(&file)
        .map_err(|error| Failure::CannotRun(format!("cannot read `{}`: {error}", file.display())))?;
    let found = verify(&bytes, arguments.expect_last.as_deref())
        .map_err(|broken| Failure::Wrong(format!("`{}` is broken: {broken}", file.display())))?;
    output::result(&format!("{}: ok, {} record(s), last {}", file.display(), found.records, found.last));
    if arguments.expect_last.is_none() {
        output::remark(
            "note: records cut off at the end would not show; give `--expect-last HASH` from the log or the status",
        );
    }
    Ok(())
}
