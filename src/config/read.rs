//! A cursor over TOML that takes typed keys, keeps their places, collects every error, and in the end reports what nobody
//! took. One error never hides another.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::codes;
use super::diagnostic::{Diagnostic, Place, SourceFile};

/// A value with the place where it was written.
#[derive(Clone, Debug)]
pub(super) struct Located<T> {
    pub(super) value: T,
    pub(super) place: Place,
}

/// Collects errors of all files.
#[derive(Debug, Default)]
pub(super) struct Errors(RefCell<Vec<Diagnostic>>);

impl Errors {
    pub(super) fn add(&self, code: &'static str, place: &Place, message: String, help: impl Into<Option<String>>) {
        self.push(Diagnostic { code, message, place: Some(place.clone()), help: help.into(), related: None });
    }

    pub(super) fn push(&self, diagnostic: Diagnostic) {
        self.0.borrow_mut().push(diagnostic);
    }

    pub(super) fn take(&self) -> Vec<Diagnostic> {
        self.0.take()
    }
}

/// A table that is being read. Reports unknown keys when it is dropped.
pub(super) struct Table<'a> {
    table: &'a DeTable<'a>,
    place: Place,
    errors: &'a Errors,
    asked: RefCell<BTreeSet<&'static str>>,
    name: &'static str,
}

impl<'a> Table<'a> {
    pub(super) fn new(table: &'a DeTable<'a>, place: Place, errors: &'a Errors, name: &'static str) -> Self {
        Self { table, place, errors, asked: RefCell::default(), name }
    }

    /// Where the table was written.
    pub(super) const fn place(&self) -> &Place {
        &self.place
    }

    pub(super) const fn errors(&self) -> &'a Errors {
        self.errors
    }

    fn at(&self, span: Range<usize>) -> Place {
        Place { file: Arc::clone(&self.place.file), start: span.start, end: span.end }
    }

    fn get(&self, key: &'static str) -> Option<(&'a DeValue<'a>, Place)> {
        self.asked.borrow_mut().insert(key);
        let value: &Spanned<DeValue<'_>> = self.table.get(key)?;
        Some((value.get_ref(), self.at(value.span())))
    }

    pub(super) fn has(&self, key: &'static str) -> bool {
        self.asked.borrow_mut().insert(key);
        self.table.contains_key(key)
    }

    fn wrong_type(&self, key: &str, place: &Place, expected: &str, found: &DeValue<'_>) {
        let message = format!("`{key}` is {}, not {expected}", kind(found));
        self.errors.add(codes::WRONG_TYPE, place, message, format!("write {expected}"));
    }

    /// Reports that `key` has to be there.
    pub(super) fn missing(&self, key: &str, help: &str) {
        self.errors.add(codes::MISSING_KEY, &self.place, format!("{} lacks `{key}`", self.name), help.to_owned());
    }

    pub(super) fn string(&self, key: &'static str) -> Option<Located<String>> {
        let (value, place) = self.get(key)?;
        match value {
            DeValue::String(text) => Some(Located { value: text.to_string(), place }),
            other => {
                self.wrong_type(key, &place, "a string", other);
                None
            }
        }
    }

    pub(super) fn boolean(&self, key: &'static str) -> Option<bool> {
        let (value, place) = self.get(key)?;
        match value {
            DeValue::Boolean(value) => Some(*value),
            other => {
                self.wrong_type(key, &place, "`true` or `false`", other);
                None
            }
        }
    }

    /// A whole number within `range`.
    pub(super) fn number(&self, key: &'static str, range: Range<u64>) -> Option<u64> {
        let (value, place) = self.get(key)?;
        let DeValue::Integer(number) = value else {
            self.wrong_type(key, &place, "a whole number", value);
            return None;
        };
        let read = u64::from_str_radix(number.as_str(), number.radix()).ok().filter(|number| range.contains(number));
        if read.is_none() {
            let message = format!("`{key}` is out of range");
            let help = format!("write a number from {} to {}", range.start, range.end - 1);
            self.errors.add(codes::OUT_OF_RANGE, &place, message, help);
        }
        read
    }

    /// A string or a list of strings.
    pub(super) fn strings(&self, key: &'static str) -> Option<Vec<Located<String>>> {
        let (value, place) = self.get(key)?;
        match value {
            DeValue::String(text) => Some(vec![Located { value: text.to_string(), place }]),
            DeValue::Array(items) => {
                let mut strings = Vec::new();
                for item in items {
                    let place = self.at(item.span());
                    match item.get_ref() {
                        DeValue::String(text) => strings.push(Located { value: text.to_string(), place }),
                        other => self.wrong_type(key, &place, "a string", other),
                    }
                }
                Some(strings)
            }
            other => {
                self.wrong_type(key, &place, "a string or a list of strings", other);
                None
            }
        }
    }

    pub(super) fn table(&self, key: &'static str, name: &'static str) -> Option<Table<'a>> {
        let (value, place) = self.get(key)?;
        match value {
            DeValue::Table(table) => Some(Table::new(table, place, self.errors, name)),
            other => {
                self.wrong_type(key, &place, "a table", other);
                None
            }
        }
    }

    /// The tables of `[[key]]`.
    pub(super) fn tables(&self, key: &'static str, name: &'static str) -> Vec<Table<'a>> {
        let Some((value, place)) = self.get(key) else {
            return Vec::new();
        };
        let DeValue::Array(items) = value else {
            self.wrong_type(key, &place, &format!("a list of tables, `[[{key}]]`"), value);
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in items {
            let place = self.at(item.span());
            match item.get_ref() {
                DeValue::Table(table) => tables.push(Table::new(table, place, self.errors, name)),
                other => self.wrong_type(key, &place, "a table", other),
            }
        }
        tables
    }

    /// All keys with string values, for tables whose keys are free, such as languages.
    pub(super) fn free_strings(&self) -> Vec<(String, Located<String>)> {
        let mut all = Vec::new();
        for (key, value) in self.table {
            let place = self.at(value.span());
            match value.get_ref() {
                DeValue::String(text) => {
                    all.push((key.get_ref().to_string(), Located { value: text.to_string(), place }));
                }
                other => self.wrong_type(key.get_ref(), &place, "a string", other),
            }
        }
        all
    }

    /// One of `words`.
    pub(super) fn word<T: Copy>(&self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        let text = self.string(key)?;
        let found = words.iter().find(|(word, _)| *word == text.value).map(|(_, meaning)| *meaning);
        if found.is_none() {
            let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let message = format!("`{}` is no `{key}`", text.value);
            self.errors.add(codes::WRONG_WORD, &text.place, message, format!("write one of `{}`", names.join("`, `")));
        }
        found
    }

    /// Reports every key that nobody asked for.
    pub(super) fn finish(self) {
        let asked = self.asked.borrow();
        for key in self.table.keys() {
            let name: &str = key.get_ref();
            if asked.contains(name) {
                continue;
            }
            let message = format!("unknown key `{name}` in {}", self.name);
            let help = match nearest(name, asked.iter().copied()) {
                Some(near) => format!("did you mean `{near}`"),
                None => format!("known keys are `{}`", asked.iter().copied().collect::<Vec<_>>().join("`, `")),
            };
            self.errors.add(codes::UNKNOWN_KEY, &self.at(key.span()), message, help);
        }
    }
}

/// The known name that a person most likely meant.
pub(super) fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    known
        .map(|known| (strsim::damerau_levenshtein(name, known), known))
        .filter(|(distance, known)| *distance <= known.chars().count().max(3) / 3 + 1)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

const fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "`true` or `false`",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// Parses `file` and hands its root table to `read`. What is not TOML is reported and read as far as it goes not at all:
/// half a table would only make more errors.
pub(super) fn with_root<'e>(file: &Arc<SourceFile>, errors: &'e Errors, read: impl FnOnce(Table<'_>)) {
    let (root, failures) = DeTable::parse_recoverable(&file.text);
    let place = |span: Range<usize>| Place { file: Arc::clone(file), start: span.start, end: span.end };
    for failure in &failures {
        let at = place(failure.span().unwrap_or(0..0));
        errors.add(codes::SYNTAX, &at, failure.message().to_lowercase(), None);
    }
    if failures.is_empty() {
        read(Table::new(root.get_ref(), place(0..0), errors, "the file"));
    }
}
