//! `vestibule explain-key`: what a key means, and what a diagnostic's code means.

use std::fmt::Write as _;

use clap::Args;

use super::{Failure, output};
use crate::config::reference::{self, Absent, Found, Key, KeyTable, TABLES, Takes};
use crate::config::{self, CODES, Code};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A key or table such as `site.route.deny`, or a code such as `V0402`; without it, all keys are listed.
    path: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Some(path) = arguments.path.as_deref().map(str::trim) else {
        let all: Vec<String> = TABLES.iter().map(overview).collect();
        output::result(all.join("\n").trim_end());
        return Ok(());
    };
    if looks_like_a_code(path) {
        let found = CODES.iter().find(|code| code.code.eq_ignore_ascii_case(path));
        let found = found.ok_or_else(|| Failure::Wrong(format!("there is no code `{path}`")))?;
        output::result(code(found).trim_end());
        return Ok(());
    }
    match reference::find(path) {
        Ok(Found::Table(found)) => output::result(overview(found).trim_end()),
        Ok(Found::Key(home, found)) => output::result(key(home, found).trim_end()),
        Err(meant) => {
            let help = meant.map_or_else(
                || "`vestibule explain-key` without a key lists all of them".to_owned(),
                |meant| format!("did you mean `{meant}`"),
            );
            return Err(Failure::Wrong(format!("there is no key `{}`\nhelp: {help}", path.escape_debug())));
        }
    }
    Ok(())
}

fn looks_like_a_code(path: &str) -> bool {
    path.strip_prefix(['V', 'v'])
        .is_some_and(|digits| digits.len() > 2 && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A table with a line for each of its keys.
fn overview(table: &KeyTable) -> String {
    let mut text = format!("{}\n{}\n", table.header, wrapped(table.meaning, 2));
    let width = table.keys.iter().map(|key| key.name.len()).max().unwrap_or_default();
    for key in table.keys {
        let mark = if key.required { "*" } else { " " };
        let first = key.meaning.split_inclusive(". ").next().unwrap_or_default().trim_end();
        let _ = writeln!(text, "  {mark} {:width$}  {first}", key.name);
    }
    if table.keys.iter().any(|key| key.required) {
        text.push_str("  * required\n");
    }
    text
}

fn key(home: &KeyTable, key: &Key) -> String {
    let mut text = format!("{}\n{}\n\n", home.path_of(key), wrapped(key.meaning, 2));
    let _ = writeln!(text, "  takes     {}", key.takes.describe());
    if let Takes::Word(words) | Takes::Words(words) = key.takes {
        for (word, meaning) in words {
            let _ = writeln!(text, "              `{word}`: {meaning}");
        }
    }
    match key.absent {
        _ if key.required => text.push_str("  required\n"),
        Absent::Value(value) => {
            let _ = writeln!(text, "  default   {value}");
        }
        Absent::Said(said) => {
            let _ = writeln!(text, "  default   {said}");
        }
        Absent::Nothing => text.push_str("  default   none\n"),
    }
    let _ = writeln!(text, "  in        {}", home.header);
    let _ = writeln!(text, "  since     {}", key.since);
    let inner = match key.takes {
        Takes::Table(path) | Takes::Tables(path) | Takes::TextOrTable(path) | Takes::BooleanOrTable(path) => Some(path),
        _ => None,
    };
    if let Some(inner) = inner.and_then(|path| TABLES.iter().find(|known| known.path == path)) {
        let _ = write!(text, "\n{}", overview(inner));
    }
    if !key.example.is_empty() {
        let header = if home.path.is_empty() { String::new() } else { format!("    {}\n", home.header) };
        let _ = writeln!(text, "\n  For example:\n{header}    {} = {}", key.name, key.example);
    }
    text
}

fn code(code: &Code) -> String {
    let mut text = format!("{}[{}]: {}\n", code.severity.as_str(), code.code, code.title);
    let _ = writeln!(text, "{}", wrapped(code.explanation, 2));
    if let Some(example) = config::example_of(code.code) {
        text.push_str("\n  For example:\n");
        for line in example.lines() {
            let _ = writeln!(text, "{}", format!("    {line}").trim_end());
        }
    }
    text
}

/// Words in lines of at most 100 characters, each with `indent` spaces before it.
fn wrapped(text: &str, indent: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && indent + line.chars().count() + 1 + word.chars().count() > 100 {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines.iter().map(|line| format!("{:indent$}{line}", "")).collect::<Vec<_>>().join("\n")
}
