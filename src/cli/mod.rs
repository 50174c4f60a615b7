//! The command line. One file per verb; [`output`] is the only place that prints.
//!
//! Exit codes: 0 fine, 1 something is wrong with what was given, 2 could not run.

mod admin_client;
mod audit;
mod check;
mod consent;
mod output;
mod reload;
mod rewrite;
mod run;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{self, Config};

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
}

/// Why a command ends without success.
#[derive(Debug)]
enum Failure {
    /// What was given is wrong; exit code 1.
    Wrong(String),
    /// It could not run; exit code 2.
    CannotRun(String),
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
        Verb::Reload(arguments) => reload::reload(&arguments),
        Verb::Rollback(arguments) => reload::rollback(&arguments),
        Verb::Audit(arguments) => audit::run(&arguments),
        Verb::Rewrite(arguments) => rewrite::run(&arguments),
        Verb::Consent(arguments) => consent::run(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Wrong(text)) => {
            output::error(&text);
            ExitCode::from(1)
        }
        Err(Failure::CannotRun(text)) => {
            output::error(&text);
            ExitCode::from(2)
        }
    }
}

/// The configuration in `file`, or the one that `run --upstream` stands for. For verbs that run without a proxy.
fn configuration(file: Option<&PathBuf>) -> Result<Config, Failure> {
    let loaded = if let Some(file) = file {
        config::load(file)
    } else {
        let nowhere = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        config::for_upstream("http://127.0.0.1:1", nowhere).map(|(config, _)| config)
    };
    loaded.map_err(|diagnostics| Failure::Wrong(diagnostics.to_string()))
}
