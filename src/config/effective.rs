//! The configuration in force as one file: every key with its value, written or not.
//!
//! It follows the reference, so that a new key appears here by itself. Values are printed as they were written, and loading
//! the result gives the same configuration. Names of files become absolute, because the result may lie anywhere. What
//! files hold is never printed, only their names.

use std::fmt::Write as _;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::builtin;
use super::diagnostic::SourceFile;
use super::log::{Log, Span, place};
use super::model::Config;
use super::reference::{Absent, Key, KeyTable, TABLES, Takes};
use super::syntax;

/// Longer lists get a line for each item.
const WIDTH: usize = 100;

/// What is printed beside the values.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shown {
    /// Where each value comes from: its file, line and column, or that it is the default.
    pub origin: bool,
    /// The services of the built-in catalog, too.
    pub catalog: bool,
}

/// `config` as one file.
pub fn effective(config: &Config, shown: Shown) -> String {
    let files = config.origins.sources();
    let mut log = Log::default();
    let documents: Vec<_> =
        files.iter().enumerate().map(|(at, file)| syntax::document(&mut log, at, &file.text)).collect();
    let mut out = Printer { config, files, base: base(files), shown, text: String::new() };
    out.top_level(&documents);
    if shown.catalog {
        out.catalog();
    } else {
        let known = config.services.len();
        let own: usize = documents.iter().map(|document| tables(document.get_ref(), "service").len()).sum();
        let more = known.saturating_sub(own);
        let _ = write!(out.text, "\n# {more} services of the built-in catalog; `--catalog` prints them\n");
    }
    out.text
}

/// The directory that names of files are relative to.
fn base(files: &[SourceFile]) -> &Path {
    files.first().and_then(|main| main.path.parent()).unwrap_or_else(|| Path::new(""))
}

struct Printer<'a> {
    config: &'a Config,
    files: &'a [SourceFile],
    base: &'a Path,
    shown: Shown,
    text: String,
}

impl Printer<'_> {
    fn top_level(&mut self, documents: &[Spanned<DeTable<'_>>]) {
        let (Some(top), Some(main)) = (TABLES.first(), documents.first()) else {
            return;
        };
        self.values(top, main.get_ref(), 0);
        for key in top.keys {
            match key.takes {
                Takes::Table(path) => self.table(path, main.get_ref().get(key.name).map(Spanned::get_ref), 0),
                Takes::Tables(path) => {
                    for (file, document) in documents.iter().enumerate() {
                        for entry in tables(document.get_ref(), key.name) {
                            self.table(path, Some(entry), file);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// A table that was written, or whose keys have defaults.
    fn table(&mut self, path: &str, written: Option<&DeValue<'_>>, file: usize) {
        let Some(table) = TABLES.iter().find(|table| table.path == path) else {
            return;
        };
        let empty = DeTable::new();
        // Without `[admin]` there is no admin listener, whatever its keys would be, and no trial without its table.
        if written.is_none() && (path == "admin" || table.keys.iter().any(|key| key.required)) {
            return;
        }
        let entries = written.and_then(DeValue::as_table).unwrap_or(&empty);
        let _ = write!(self.text, "\n{}\n", table.header);
        self.values(table, entries, file);
        for key in table.keys {
            let written = entries.get(key.name).map(Spanned::get_ref);
            match key.takes {
                Takes::Table(inner) => self.table(inner, written, file),
                Takes::TextOrTable(inner) | Takes::BooleanOrTable(inner) if written.is_some_and(DeValue::is_table) => {
                    self.table(inner, written, file);
                }
                Takes::Tables(inner) => {
                    for entry in tables(entries, key.name) {
                        self.table(inner, Some(entry), file);
                    }
                }
                _ => {}
            }
        }
    }

    fn values(&mut self, table: &KeyTable, entries: &DeTable<'_>, file: usize) {
        for key in table.keys {
            if matches!(key.takes, Takes::Table(_) | Takes::Tables(_)) {
                continue;
            }
            let found = entries.iter().find(|(name, _)| name.get_ref() == key.name);
            let either = matches!(key.takes, Takes::TextOrTable(_) | Takes::BooleanOrTable(_));
            if either && found.is_some_and(|(_, value)| value.get_ref().is_table()) {
                continue;
            }
            match found {
                // What was included stands below.
                Some((name, _)) if key.name == "include" => {
                    let origin = format!("{}, merged below", self.origin(file, name.span()));
                    self.line(key.name, "[]", &origin);
                }
                Some((name, value)) => {
                    let value = self.written(key, value.get_ref());
                    let origin = format!("{}{}", self.origin(file, name.span()), stands_for(&value));
                    self.line(key.name, &value, &origin);
                }
                None => self.absent(table, key, entries),
            }
        }
    }

    fn absent(&mut self, table: &KeyTable, key: &Key, entries: &DeTable<'_>) {
        let known = match (table.path, key.name) {
            ("", "state_dir") => Some(string(&absolute(&self.config.keys.state_dir))),
            ("listen", "http") => {
                let all = self.config.listen.http.iter().map(|address| format!("\"{address}\""));
                Some(format!("[{}]", all.collect::<Vec<_>>().join(", ")))
            }
            ("service", "name") => entries.get("id").map(|id| plain(id.get_ref())),
            _ => None,
        };
        match (known, key.absent) {
            (Some(value), _) => self.line(key.name, &value, "default"),
            (None, Absent::Value(value)) => self.line(key.name, value, "default"),
            (None, Absent::Said(said)) => {
                let _ = writeln!(self.text, "# {}: {said}", key.name);
            }
            (None, Absent::Nothing) => {}
        }
    }

    fn line(&mut self, name: &str, value: &str, origin: &str) {
        let comment = if self.shown.origin { format!("  # {origin}") } else { String::new() };
        let _ = writeln!(self.text, "{name} = {value}{comment}");
    }

    fn origin(&self, file: usize, span: std::ops::Range<usize>) -> String {
        place(self.files, Span { file, start: span.start, end: span.end }).to_string()
    }

    fn written(&self, key: &Key, value: &DeValue<'_>) -> String {
        match (key.takes, value.as_str()) {
            // What a placeholder stands for may be absolute already.
            (Takes::File, Some(path)) if !path.contains("${") => string(&absolute(&self.base.join(path))),
            (Takes::Files, _) => {
                let several = value.as_array().into_iter().flat_map(|all| all.iter().map(Spanned::get_ref));
                let paths = value.as_str().into_iter().chain(several.filter_map(DeValue::as_str));
                let absolute = |path: &str| {
                    if path.contains("${") { string(path) } else { string(&absolute(&self.base.join(path))) }
                };
                format!("[{}]", paths.map(absolute).collect::<Vec<_>>().join(", "))
            }
            _ => laid_out(key.name, value),
        }
    }

    /// The built-in services that no service of the operator's own replaces.
    fn catalog(&mut self) {
        let own: Vec<Box<str>> = self.own_ids();
        let files = builtin::files();
        let Some(table) = TABLES.iter().find(|table| table.path == "service") else {
            return;
        };
        for (at, file) in files.iter().enumerate() {
            let document = syntax::document(&mut Log::default(), at, &file.text);
            for entry in tables(document.get_ref(), "service") {
                let id = entry.get("id").and_then(|id| id.get_ref().as_str()).unwrap_or_default();
                if let Some(entries) = entry.as_table().filter(|_| !own.iter().any(|known| **known == *id)) {
                    let _ = write!(self.text, "\n{}\n", table.header);
                    let mut inner = Printer { files: &files, text: String::new(), ..*self };
                    inner.values(table, entries, at);
                    self.text.push_str(&inner.text);
                }
            }
        }
    }

    fn own_ids(&self) -> Vec<Box<str>> {
        let mut ids = Vec::new();
        for file in self.files {
            let document = syntax::document(&mut Log::default(), 0, &file.text);
            for entry in tables(document.get_ref(), "service") {
                ids.extend(entry.get("id").and_then(|id| id.get_ref().as_str()).map(Into::into));
            }
        }
        ids
    }
}

/// The environment variables, files and credentials that stand in a value: `, env SHOP`. Never what they hold.
fn stands_for(value: &str) -> String {
    let inner = value.split("${").skip(1).filter_map(|rest| rest.split_once('}'));
    inner.fold(String::new(), |text, (inner, _)| {
        let name = inner.split_once(":-").map_or(inner, |(name, _)| name);
        format!("{text}, {}", name.replacen(':', " ", 1))
    })
}

fn tables<'t>(entries: &'t DeTable<'_>, name: &str) -> Vec<&'t DeValue<'t>> {
    let list = entries.get(name).and_then(|list| list.get_ref().as_array());
    list.into_iter().flat_map(|list| list.iter().map(Spanned::get_ref)).collect()
}

fn absolute(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}

fn string(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A value on one line, or a list that would be too long with a line for each item.
fn laid_out(name: &str, value: &DeValue<'_>) -> String {
    let line = plain(value);
    match value.as_array() {
        Some(items) if name.len() + line.len() > WIDTH => {
            let items = items.iter().map(|item| format!("    {},\n", plain(item.get_ref())));
            format!("[\n{}]", items.collect::<String>())
        }
        _ => line,
    }
}

fn plain(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => string(text),
        DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| number.as_str().to_owned(), |number| number.to_string()),
        DeValue::Boolean(truth) => truth.to_string(),
        DeValue::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| plain(item.get_ref())).collect();
            format!("[{}]", items.join(", "))
        }
        DeValue::Table(all) => entries(all),
        // No key takes these; a valid configuration has none.
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Datetime(time) => time.to_string(),
    }
}

/// A table on one line: all that it says, without where it says it.
pub(super) fn entries(table: &DeTable<'_>) -> String {
    let all = table.iter().map(|(key, value)| {
        let key: &str = key.get_ref();
        let bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let key = if !key.is_empty() && key.chars().all(bare) { key.to_owned() } else { string(key) };
        format!("{key} = {}", plain(value.get_ref()))
    });
    format!("{{ {} }}", all.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::stands_for;

    #[test]
    fn placeholders_are_named_and_not_resolved() {
        assert_eq!(stands_for("\"http://${env:SHOP:-127.0.0.1}:${env:PORT}\""), ", env SHOP, env PORT");
        assert_eq!(stands_for("\"${file:/run/reason}\""), ", file /run/reason");
        assert_eq!(stands_for("[\"plain\", \"${open\"]"), "");
    }
}
