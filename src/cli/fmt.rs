//! `vestibule fmt FILE…`: lays configuration files out.

use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};

use clap::Args;

use super::{Failure, output};
use crate::config;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The configuration files.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Change nothing; name the files that would change, and exit with 1 when there are any.
    #[arg(long)]
    check: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut right = true;
    for file in &arguments.files {
        match config::format_file(file) {
            Ok((before, after)) if before == after => {}
            Ok((_, after)) => {
                output::result(&file.display().to_string());
                if arguments.check {
                    right = false;
                } else {
                    replace(file, &after)
                        .map_err(|error| Failure::CannotRun(format!("cannot write `{}`: {error}", file.display())))?;
                }
            }
            Err(found) => {
                output::diagnostics(&found);
                right = false;
            }
        }
    }
    if right { Ok(()) } else { Err(Failure::Told) }
}

/// Puts a new file in the place of the old one in one step, with its rights. A link stays a link.
fn replace(file: &Path, text: &str) -> std::io::Result<()> {
    let file = std::fs::canonicalize(file)?;
    let known = std::fs::metadata(&file)?;
    let beside = file.parent().unwrap_or_else(|| Path::new("."));
    // A watcher that looks for `.toml` must not see it half written.
    let mut new = tempfile::Builder::new().prefix(".vestibule-fmt-").suffix(".tmp").tempfile_in(beside)?;
    new.write_all(text.as_bytes())?;
    new.as_file().sync_all()?;
    if let Err(error) = chown(new.path(), Some(known.uid()), Some(known.gid()))
        && new.as_file().metadata()?.uid() != known.uid()
    {
        return Err(error);
    }
    new.as_file().set_permissions(known.permissions())?;
    new.persist(&file).map_err(|error| error.error)?;
    Ok(())
}
