//! `vestibule reload` and `vestibule rollback`: change what a running proxy enforces, and say what came of it.

use clap::Args;
use serde_json::Value;

use super::admin_client::Target;
use super::{Failure, output};

#[derive(Debug, Args)]
pub(super) struct Reload {
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub(super) struct Rollback {
    /// The generation to put in effect again; without it, the one before.
    generation: Option<u64>,
    #[command(flatten)]
    target: Target,
}

pub(super) fn reload(arguments: &Reload) -> Result<(), Failure> {
    tell(&arguments.target.post("/-/reload")?, "in effect");
    Ok(())
}

pub(super) fn rollback(arguments: &Rollback) -> Result<(), Failure> {
    let (path, what) = match arguments.generation {
        Some(number) => (format!("/-/rollback?to={number}"), format!("in effect: what generation {number} was")),
        None => ("/-/rollback".to_owned(), "in effect: what was before".to_owned()),
    };
    tell(&arguments.target.post(&path)?, &what);
    Ok(())
}

fn tell(answer: &Value, what: &str) {
    let text = |key: &str| answer.get(key).and_then(Value::as_str).unwrap_or_default();
    let generation = answer.get("generation").and_then(Value::as_u64).unwrap_or_default();
    output::result(&format!(
        "generation {generation} {what} (revision {}, content {})",
        text("revision"),
        text("hash")
    ));
    if !text("note").is_empty() {
        output::remark(&format!("note: {}", text("note")));
    }
}
