//! Diagnostics as SARIF 2.1.0, which code hosts and editors show beside the lines that are meant.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::config::codes::{CODES, Code};
use crate::config::diagnostic::{Diagnostic, Diagnostics, Place, Severity};

/// One run of `check`: every code as a rule, every diagnostic as a result.
pub fn sarif(diagnostics: &Diagnostics) -> Value {
    let rules: Vec<Value> = CODES.iter().map(rule).collect();
    let results: Vec<Value> = diagnostics.iter().map(result).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "vestibule", "semanticVersion": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "invocations": [{ "executionSuccessful": diagnostics.errors() == 0 }],
            "results": results,
        }],
    })
}

fn rule(code: &Code) -> Value {
    json!({
        "id": code.code,
        "name": name(code.title),
        "shortDescription": { "text": code.title },
        "fullDescription": { "text": code.explanation.replace('`', "") },
        "help": {
            "text": code.explanation.replace('`', ""),
            "markdown": format!("{}\n\nMore: `vestibule explain-key {}`", code.explanation, code.code),
        },
        "defaultConfiguration": { "level": level(code.severity) },
    })
}

fn result(diagnostic: &Diagnostic) -> Value {
    let text = match &diagnostic.help {
        Some(help) => format!("{}; {help}", diagnostic.message),
        None => diagnostic.message.clone(),
    };
    let related: Vec<Value> = diagnostic
        .related
        .iter()
        .enumerate()
        .map(
            |(at, (note, place))| json!({ "id": at, "message": { "text": note }, "physicalLocation": physical(place) }),
        )
        .collect();
    json!({
        "ruleId": diagnostic.code,
        "ruleIndex": CODES.iter().position(|code| code.code == diagnostic.code),
        "level": level(diagnostic.severity),
        "message": { "text": text },
        "locations": [{ "physicalLocation": physical(&diagnostic.place) }],
        "relatedLocations": related,
    })
}

fn physical(place: &Place) -> Value {
    let artifact = json!({ "uri": uri(place) });
    if place.line == 0 {
        return json!({ "artifactLocation": artifact });
    }
    json!({
        "artifactLocation": artifact,
        "region": {
            "startLine": place.line,
            "startColumn": place.column,
            "endColumn": place.column.saturating_add(place.caret),
            "snippet": { "text": place.source },
        },
    })
}

/// The path as a URI reference: relative paths stay relative.
fn uri(place: &Place) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    let path = place.path.as_os_str().as_encoded_bytes();
    let mut uri = String::from(if place.path.is_absolute() { "file://" } else { "" });
    for byte in path {
        if plain(*byte) {
            uri.push(char::from(*byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// A title as the identifier that some viewers show: `unknown key` becomes `UnknownKey`.
fn name(title: &str) -> String {
    let words = title.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words
        .map(|word| {
            let mut rest = word.chars();
            let first = rest.next().map(|c| c.to_ascii_uppercase());
            first.into_iter().chain(rest).collect::<String>()
        })
        .collect()
}
