//! `vestibule check FILE`: the code path of start and reload, without starting.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::json;

use super::{Failure, output};
use crate::config::{self, Config, Diagnostics};
use crate::review;
use crate::snapshot::Snapshot;
use crate::sources::{Key, KeyRing};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The configuration file.
    file: PathBuf,
    /// How the result is told: for people on standard error, for programs on standard output.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Let warnings count as errors.
    #[arg(long)]
    strict: bool,
    /// Do not open certificates and keys: for a machine that does not have them.
    #[arg(long)]
    no_files: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// With source lines, and in colour at a terminal.
    Text,
    /// One JSON object.
    Json,
    /// SARIF 2.1.0, for code hosts and editors.
    Sarif,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let (config, found) = check(&arguments.file, !arguments.no_files);
    let right = config.is_some() && !(arguments.strict && found.warnings() > 0);
    let revision = config.as_ref().map(revision);
    match arguments.format {
        Format::Text => {
            if !found.is_empty() {
                output::diagnostics(&found);
                output::remark(&format!("\n{}", count(&found)));
            }
            if let (true, Some(config), Some(revision)) = (right, &config, &revision) {
                let sites = amount(config.sites.len(), "site");
                let services = amount(config.services.len(), "service");
                let lists = config.sites.iter().filter_map(|site| site.policy.filter_lists.as_ref());
                let rules = lists.flat_map(|lists| lists.rules()).sum::<usize>();
                let rules =
                    if rules > 0 { format!(", {} of filter lists", amount(rules, "rule")) } else { String::new() };
                let file = arguments.file.display();
                output::result(&format!("{file}: fine, {sites}, {services}{rules}, revision {revision}"));
            }
        }
        Format::Json => output::result(&format!(
            "{:#}",
            json!({
                "right": right,
                "errors": found.errors(),
                "warnings": found.warnings(),
                "revision": revision,
                "sites": config.as_ref().map(|config| config.sites.len()),
                "services": config.as_ref().map(|config| config.services.len()),
                "diagnostics": config::json(&found),
            })
        )),
        Format::Sarif => output::result(&format!("{:#}", config::sarif(&found))),
    }
    if right { Ok(()) } else { Err(Failure::Told) }
}

/// The configuration, when it can be used, and everything that was found.
fn check(file: &Path, open_files: bool) -> (Option<Config>, Diagnostics) {
    match config::load(file) {
        Ok(config) => {
            let files = if open_files { config::check_files(&config) } else { Diagnostics::default() };
            let tests = review::required(&config);
            let right = files.errors() == 0 && tests.errors() == 0;
            let found = config.warnings.iter().chain(&files).chain(&tests).cloned().collect();
            (right.then_some(config), found)
        }
        Err(found) => (None, found),
    }
}

/// What names the content. Keys have no part in it.
fn revision(config: &Config) -> String {
    let keys = KeyRing::new(Key::new([0; 32]), None);
    Snapshot::build(config, keys).revision().to_owned()
}

/// The closing line: `2 errors, 1 warning in 3 files`.
fn count(found: &Diagnostics) -> String {
    let mut files: Vec<&Path> = found.iter().map(|one| &*one.place.path).collect();
    files.sort_unstable();
    files.dedup();
    let kinds = [(found.errors(), "error"), (found.warnings(), "warning")];
    let kinds: Vec<String> = kinds.iter().filter(|(n, _)| *n > 0).map(|(n, kind)| amount(*n, kind)).collect();
    format!("{} in {}", kinds.join(", "), amount(files.len(), "file"))
}

fn amount(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}
