//! The reference as a page of the manual.

use std::fmt::Write as _;

use super::{Absent, Key, TABLES, Takes};

/// All tables as Markdown.
pub fn manual() -> String {
    let mut page = String::new();
    for table in TABLES {
        let header = if table.path.is_empty() { "Top level".to_owned() } else { format!("`{}`", table.header) };
        let _ = write!(page, "\n# {header}\n\n{}\n\n", table.meaning);
        page.push_str("| key | takes | default | meaning |\n|---|---|---|---|\n");
        for key in table.keys {
            let takes = key.takes.describe();
            let line = format!("| `{}` | {takes} | {} | {} |", key.name, default(key), meaning(key));
            let _ = writeln!(page, "{}", line.trim_end());
        }
    }
    page
}

fn default(key: &Key) -> String {
    match key.absent {
        _ if key.required => "required".to_owned(),
        Absent::Value(value) => format!("`{value}`"),
        Absent::Said(said) => said.to_owned(),
        Absent::Nothing => String::new(),
    }
}

fn meaning(key: &Key) -> String {
    let mut text = key.meaning.to_owned();
    if let Takes::Word(words) | Takes::Words(words) = key.takes {
        let words: Vec<String> = words.iter().map(|(word, meaning)| format!("`{word}`: {meaning}")).collect();
        let _ = write!(text, " {}.", words.join("; "));
    }
    if !key.example.is_empty() {
        let _ = write!(text, " For example `{}`.", key.example);
    }
    text
}
