//! The command line. One file per verb; [`output`] is the only place that prints.
//!
//! Exit codes: 0 fine, 1 something is wrong with what was given, 2 could not run, 3 a `diff` lets more through.

mod admin_client;
mod audit;
mod check;
mod config;
mod consent;
mod diff;
mod explain;
mod explain_key;
mod fmt;
mod init;
mod output;
mod reload;
mod rewrite;
mod run;
mod schema;
mod test;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{Config, for_upstream, load};
use crate::consent::Country;

/// Enforces consent at the edge, in front of a shop nobody wants to touch.
#[derive(Debug, Parser)]
#[command(name = "vestibule", version, about, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Start the proxy.
    Run(run::Arguments),
    /// Check a configuration: exit 0 when it is right, 1 with every error when it is not.
    Check(check::Arguments),
    /// Tell what a change of configuration changes for visitors: exit 3 when anything more gets through.
    Diff(diff::Arguments),
    /// Tell why items are judged as they are on a page, and what would change that.
    Explain(explain::Arguments),
    /// Run the tests that configurations carry: exit 1 when one fails.
    Test(test::Arguments),
    /// Print the configuration in force.
    Config(config::Arguments),
    /// Put the changed configuration in effect and wait for it: exit 0 when it is, 1 with every error when it was refused.
    Reload(reload::Reload),
    /// Put an earlier generation in effect again. The file on disk is left as it is.
    Rollback(reload::Rollback),
    /// Check the audit trail of configuration changes.
    Audit(audit::Arguments),
    /// Run the page pipeline over standard input, offline.
    Rewrite(rewrite::Arguments),
    /// Print the consent state that a request resolves to, as JSON.
    Consent(consent::Arguments),
    /// Write a commented configuration to start from, and the schema for editors beside it.
    Init(init::Arguments),
    /// Say what a key of the configuration means, or the code of a diagnostic.
    ExplainKey(explain_key::Arguments),
    /// Lay configuration files out: comments, order and meaning stay.
    Fmt(fmt::Arguments),
    /// Print the JSON Schema of the configuration, for editors.
    Schema(schema::Arguments),
}

/// Why a command ends without success.
#[derive(Debug)]
enum Failure {
    /// What was given is wrong; exit code 1.
    Wrong(String),
    /// What was given is wrong, and it was said already; exit code 1.
    Told,
    /// It could not run; exit code 2.
    CannotRun(String),
    /// Something gets through that did not before, and was told; exit code 3.
    Looser,
}

/// Runs the command line.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let asked = !error.use_stderr();
            output::clap_message(&error);
            return if asked { ExitCode::SUCCESS } else { ExitCode::from(1) };
        }
    };
    let result = match arguments.verb {
        Verb::Run(arguments) => run::run(arguments),
        Verb::Check(arguments) => check::run(&arguments),
        Verb::Diff(arguments) => diff::run(&arguments),
        Verb::Explain(arguments) => explain::run(&arguments),
        Verb::Test(arguments) => test::run(&arguments),
        Verb::Config(arguments) => config::run(&arguments),
        Verb::Reload(arguments) => reload::reload(&arguments),
        Verb::Rollback(arguments) => reload::rollback(&arguments),
        Verb::Audit(arguments) => audit::run(&arguments),
        Verb::Rewrite(arguments) => rewrite::run(&arguments),
        Verb::Consent(arguments) => consent::run(&arguments),
        Verb::Init(arguments) => init::run(&arguments),
        Verb::ExplainKey(arguments) => explain_key::run(&arguments),
        Verb::Fmt(arguments) => fmt::run(&arguments),
        Verb::Schema(arguments) => {
            schema::run(&arguments);
            Ok(())
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Wrong(text)) => {
            output::error(&text);
            ExitCode::from(1)
        }
        Err(Failure::Told) => ExitCode::from(1),
        Err(Failure::Looser) => ExitCode::from(3),
        Err(Failure::CannotRun(text)) => {
            output::error(&text);
            ExitCode::from(2)
        }
    }
}

/// A `--country`.
fn country(text: &str) -> Result<Country, String> {
    Country::new(text).ok_or_else(|| "write two letters (ISO 3166-1), such as `US`".to_owned())
}

/// The configuration in `file`, or the one that `run --upstream` stands for. For verbs that run without a proxy.
fn configuration(file: Option<&PathBuf>) -> Result<Config, Failure> {
    let loaded = if let Some(file) = file {
        load(file)
    } else {
        let nowhere = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        for_upstream("http://127.0.0.1:1", nowhere).map(|(config, _)| config)
    };
    loaded.map_err(|diagnostics| Failure::Wrong(diagnostics.to_string()))
}
