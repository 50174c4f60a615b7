//! A cursor over one TOML table. It hands out typed values with their places, collects what does not fit, and at the
//! end reports the keys that nobody asked for.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::log::{Located, Log, Problem, Span, did_you_mean, listed, nearest, quote};
use super::reference;

/// The most entries of one list. Nobody writes more, and some checks compare every entry with every other one.
const MAX_ENTRIES: usize = 5000;

/// The most errors whose help looks for what was meant.
const MAX_HELPED: usize = 500;

/// One table that is being read.
#[derive(Debug)]
pub(super) struct Table<'a> {
    entries: &'a DeTable<'a>,
    /// Where its header stands.
    pub(super) span: Span,
    /// How it is written in a file: `[listen]`.
    name: &'static str,
    /// Where it is among all of the same name, as [`super::Origins`] write it; empty for the top level.
    path: String,
    known: Vec<&'static str>,
    /// What has to be there and is not: any one of the keys, and what to say.
    missing: Vec<(&'static [&'static str], Problem)>,
}

impl<'a> Table<'a> {
    /// The top level of a file.
    pub(super) const fn new(entries: &'a DeTable<'a>, span: Span, name: &'static str) -> Self {
        Self::inside(entries, span, name, String::new())
    }

    const fn inside(entries: &'a DeTable<'a>, span: Span, name: &'static str, path: String) -> Self {
        Self { entries, span, name, path, known: Vec::new(), missing: Vec::new() }
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Where `key` itself stands; the header when it is absent.
    pub(super) fn key_span(&self, key: &str) -> Span {
        let found = self.entries.iter().find(|(name, _)| name.get_ref() == key);
        found.map_or(self.span, |(name, _)| self.locate(name.span()))
    }

    /// Where the value of `key` stands; the header when it is absent.
    pub(super) fn value_span(&self, key: &str) -> Span {
        let found = self.entries.iter().find(|(name, _)| name.get_ref() == key);
        found.map_or(self.span, |(_, value)| self.locate(value.span()))
    }

    /// Whether `key` was written, whatever its value.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.keys().any(|name| name.get_ref() == key)
    }

    /// Every key that was written.
    pub(super) fn keys(&self) -> Vec<&'a str> {
        self.entries.keys().map(|name| &**name.get_ref()).collect()
    }

    /// Says that all of `keys` have to be there.
    pub(super) fn require(&mut self, keys: &'static [&'static str]) {
        for key in keys.chunks(1) {
            let name = key.first().copied().unwrap_or_default();
            let message = format!("missing key `{name}` in `{}`", self.name);
            let problem = Problem::new("V0103", self.span, message);
            self.require_any(key, problem.maybe_help(reference::missing(self.name, name)));
        }
    }

    /// Says that one of `keys` has to be there. Reported at the end, unless a mistyped key turns out to be the one.
    pub(super) fn require_any(&mut self, keys: &'static [&'static str], problem: Problem) {
        if !keys.iter().any(|key| self.has(key)) {
            self.missing.push((keys, problem));
        }
    }

    const fn locate(&self, span: std::ops::Range<usize>) -> Span {
        Span { file: self.span.file, start: span.start, end: span.end }
    }

    fn take(&mut self, log: &mut Log, key: &'static str) -> Option<(&'a DeValue<'a>, Span)> {
        self.known.push(key);
        let (_, value) = self.entries.iter().find(|(name, _)| name.get_ref() == key)?;
        let span = self.locate(value.span());
        log.origin(self.path_of(key), span);
        Some((value.get_ref(), span))
    }

    pub(super) fn string(&mut self, log: &mut Log, key: &'static str) -> Option<Located<&'a str>> {
        let (value, span) = self.take(log, key)?;
        text(log, key, value, span, "a string")
    }

    /// A string that may be empty.
    pub(super) fn text(&mut self, log: &mut Log, key: &'static str) -> Option<Located<&'a str>> {
        let (value, span) = self.take(log, key)?;
        let found = value.as_str().map(|value| Located { value, span });
        if found.is_none() {
            log.push(wrong_type(key, "a string", value, span));
        }
        found
    }

    /// Whether `key` holds a list.
    pub(super) fn is_list(&self, key: &str) -> bool {
        self.entries.iter().any(|(name, value)| name.get_ref() == key && value.get_ref().is_array())
    }

    /// Whether nothing is written in the table.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Header fields by name: `{ Name = "value", Other = ["one", "another"] }`. Values may be empty.
    pub(super) fn fields(
        &mut self,
        log: &mut Log,
        key: &'static str,
    ) -> Vec<(Located<&'a str>, Vec<Located<&'a str>>)> {
        const EXPECTED: &str = "a string or a list of strings";
        let Some((value, span)) = self.take(log, key) else {
            return Vec::new();
        };
        let Some(table) = value.as_table() else {
            log.push(wrong_type(key, "a table of fields such as `{ Sec-GPC = \"1\" }`", value, span));
            return Vec::new();
        };
        let mut fields = Vec::new();
        for (name, value) in table {
            let one = std::slice::from_ref(value);
            let list = value.get_ref().as_array().map_or(one, |list| list.as_ref());
            let mut values = Vec::new();
            for item in list {
                let span = self.locate(item.span());
                match item.get_ref().as_str() {
                    Some(value) => values.push(Located { value, span }),
                    None => log.push(wrong_type(name.get_ref(), EXPECTED, item.get_ref(), span)),
                }
            }
            let name = Located { value: &**name.get_ref(), span: self.locate(name.span()) };
            fields.push((name, values));
        }
        fields
    }

    /// A list of strings; a single string stands for a list of one.
    pub(super) fn strings(&mut self, log: &mut Log, key: &'static str) -> Option<Vec<Located<&'a str>>> {
        const EXPECTED: &str = "a string or a list of strings";
        let (value, span) = self.take(log, key)?;
        let Some(list) = value.as_array() else {
            return text(log, key, value, span, EXPECTED).map(|one| vec![one]);
        };
        let list = few(log, key, list, span);
        let items = list.iter().filter_map(|item| text(log, key, item.get_ref(), self.locate(item.span()), EXPECTED));
        Some(items.collect())
    }

    pub(super) fn boolean(&mut self, log: &mut Log, key: &'static str) -> Option<bool> {
        let (value, span) = self.take(log, key)?;
        let found = boolean(log, value, span);
        if found.is_none() {
            log.push_readable(wrong_type(key, "`true` or `false`", value, span), span);
        }
        found
    }

    pub(super) fn integer(&mut self, log: &mut Log, key: &'static str, range: RangeInclusive<u64>) -> Option<u64> {
        let (value, span) = self.take(log, key)?;
        let parsed = match (value.as_integer(), value.as_str()) {
            (Some(number), _) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
            (None, Some(text)) if log.is_referred(span) => text.trim().parse().ok(),
            _ => {
                log.push_readable(wrong_type(key, "a whole number", value, span), span);
                return None;
            }
        };
        let found = parsed.filter(|number| range.contains(number));
        if found.is_none() {
            let message = format!("`{key}` must be between {} and {}", range.start(), range.end());
            log.push(Problem::new("V0105", span, message));
        }
        found
    }

    /// How long something may live, in days: at most what browsers allow cookies.
    pub(super) fn days(&mut self, log: &mut Log, key: &'static str) -> Option<u16> {
        u16::try_from(self.integer(log, key, 1..=400)?).ok()
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(&mut self, log: &mut Log, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        let text = self.string(log, key)?;
        let found = words.iter().find(|(word, _)| *word == text.value);
        if found.is_none() {
            let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let message = format!("unknown value {} for `{key}`", quote(text.value));
            let all = format!("write {}", listed(&names, "or"));
            let help = did_you_mean(text.value, &names).unwrap_or(all);
            log.push(Problem::new("V0107", text.span, message).help(help));
        }
        found.map(|(_, meaning)| *meaning)
    }

    /// Some of a few words, each once, in the order in which they are known; `None` when none is written.
    pub(super) fn one_or_more<T: Copy>(
        &mut self,
        log: &mut Log,
        key: &'static str,
        words: &[(&str, T)],
    ) -> Option<Vec<T>> {
        let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let mut written = Vec::new();
        for text in self.strings(log, key)? {
            if names.contains(&text.value) {
                written.push(text.value);
                continue;
            }
            let message = format!("unknown value {} for `{key}`", quote(text.value));
            let all = format!("write {}", listed(&names, "or"));
            let help = did_you_mean(text.value, &names).unwrap_or(all);
            log.push(Problem::new("V0107", text.span, message).help(help));
        }
        let found = words.iter().filter(|(word, _)| written.contains(word)).map(|(_, meaning)| *meaning);
        Some(found.collect()).filter(|found: &Vec<T>| !found.is_empty())
    }

    /// A string, or a table that says more.
    pub(super) fn string_or_table(
        &mut self,
        log: &mut Log,
        key: &'static str,
        name: &'static str,
    ) -> Option<Result<Located<&'a str>, Self>> {
        let (value, span) = self.take(log, key)?;
        match value.as_table() {
            Some(table) => Some(Err(Self::inside(table, span, name, self.path_of(key)))),
            None => text(log, key, value, span, "a string or a table").map(Ok),
        }
    }

    /// `true`, `false`, or a table that says more.
    pub(super) fn boolean_or_table(
        &mut self,
        log: &mut Log,
        key: &'static str,
        name: &'static str,
    ) -> Option<Result<bool, Self>> {
        let (value, span) = self.take(log, key)?;
        match (value.as_table(), boolean(log, value, span)) {
            (Some(table), _) => Some(Err(Self::inside(table, span, name, self.path_of(key)))),
            (None, Some(found)) => Some(Ok(found)),
            (None, None) => {
                log.push_readable(wrong_type(key, "`true`, `false` or a table", value, span), span);
                None
            }
        }
    }

    /// A table of strings whose keys are free.
    pub(super) fn named_strings(
        &mut self,
        log: &mut Log,
        key: &'static str,
    ) -> Option<Vec<(Located<&'a str>, Located<&'a str>)>> {
        let (value, span) = self.take(log, key)?;
        let Some(table) = value.as_table() else {
            log.push_readable(wrong_type(key, "a table", value, span), span);
            return None;
        };
        let pairs = table.iter().filter_map(|(name, value)| {
            let name = Located { value: &**name.get_ref(), span: self.locate(name.span()) };
            Some((name, text(log, name.value, value.get_ref(), self.locate(value.span()), "a string")?))
        });
        Some(pairs.collect())
    }

    /// Texts by language: `{ en = "…", fr = "…" }`.
    pub(super) fn texts(&mut self, log: &mut Log, key: &'static str) -> Option<BTreeMap<Box<str>, Box<str>>> {
        let (value, span) = self.take(log, key)?;
        let Some(table) = value.as_table() else {
            log.push(wrong_type(key, "a table of texts by language such as `{ en = \"…\" }`", value, span));
            return None;
        };
        let mut texts = BTreeMap::new();
        for (language, value) in table {
            let place = self.locate(language.span());
            let language: &str = language.get_ref();
            let tag = |c: char| c.is_ascii_alphanumeric() || c == '-';
            if !(2..=16).contains(&language.len()) || !language.chars().all(tag) {
                let message = format!("{} is not a language tag", quote(language));
                log.push(Problem::new("V0109", place, message).help("write a tag such as `en` or `fr-CH`"));
                continue;
            }
            if let Some(found) = text(log, language, value.get_ref(), self.locate(value.span()), "a string") {
                texts.insert(language.into(), found.value.into());
            }
        }
        Some(texts)
    }

    pub(super) fn table(&mut self, log: &mut Log, key: &'static str, name: &'static str) -> Option<Self> {
        let (value, span) = self.take(log, key)?;
        let found = value.as_table();
        if found.is_none() {
            log.push(wrong_type(key, "a table", value, span));
        }
        found.map(|table| Self::inside(table, span, name, self.path_of(key)))
    }

    /// All tables of `[[key]]`.
    pub(super) fn tables(&mut self, log: &mut Log, key: &'static str, name: &'static str) -> Vec<Self> {
        let Some((value, span)) = self.take(log, key) else {
            return Vec::new();
        };
        let Some(list) = value.as_array() else {
            let problem = wrong_type(key, "a list of tables", value, span);
            log.push(problem.help(format!("start each one with `{name}`")));
            log.names_incomplete = true;
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in few(log, key, list, span) {
            let span = self.locate(item.span());
            match item.get_ref() {
                DeValue::Table(table) => {
                    let path = log.numbered(&self.path_of(key));
                    tables.push(Self::inside(table, span, name, path));
                }
                other => log.push(wrong_type(key, "a list of tables", other, span)),
            }
        }
        tables
    }

    /// Reports keys that only the main file may have.
    pub(super) fn reserved(&mut self, log: &mut Log, keys: &[&'static str]) {
        for key in keys {
            if self.take(log, key).is_some() {
                let message = format!("`{key}` belongs in the main file");
                let help = "an included file holds `[[site]]` and `[[service]]` tables";
                log.push(Problem::new("V0106", self.key_span(key), message).help(help));
            }
        }
    }

    /// Reports what is left: keys that nobody asked for, and keys that are missing.
    pub(super) fn finish(mut self, log: &mut Log) {
        #[cfg(test)]
        log.asked(self.name, &self.known);
        for (key, _) in self.entries {
            let span = self.locate(key.span());
            let key: &str = key.get_ref();
            if self.known.contains(&key) {
                continue;
            }
            let problem = Problem::new("V0102", span, format!("unknown key {}", quote(key)));
            // Looking for what was meant takes time, and nobody reads that many.
            if log.errors() >= MAX_HELPED {
                log.push(problem);
                continue;
            }
            let meant = nearest(key, self.known.iter().copied());
            // One mistake, one message: the mistyped key is the one that is missing.
            self.missing.retain(|(keys, _)| meant.is_none_or(|meant| !keys.contains(&meant)));
            let help = match (reference::homes(key, self.name), meant) {
                (_, Some(name)) => format!("did you mean `{name}`"),
                (Some(homes), None) => format!("this key belongs to {homes}"),
                (None, None) => format!("`{}` knows {}", self.name, listed(&self.known, "and")),
            };
            log.push(problem.help(help));
        }
        for (_, problem) in self.missing {
            log.push(problem);
        }
    }
}

/// A boolean, or a text that came from elsewhere and reads like one.
fn boolean(log: &Log, value: &DeValue<'_>, span: Span) -> Option<bool> {
    let referred = || value.as_str().filter(|_| log.is_referred(span))?.trim().parse().ok();
    value.as_bool().or_else(referred)
}

fn text<'a>(log: &mut Log, key: &str, value: &'a DeValue<'_>, span: Span, expected: &str) -> Option<Located<&'a str>> {
    if log.is_unreadable(span) {
        return None;
    }
    match value.as_str() {
        None => log.push(wrong_type(key, expected, value, span)),
        Some(text) if text.trim().is_empty() => {
            log.push(Problem::new("V0108", span, format!("`{key}` must not be empty")));
        }
        Some(value) => return Some(Located { value, span }),
    }
    None
}

/// The list, or none of it when it is absurdly long.
fn few<'a, 'd>(log: &mut Log, key: &str, list: &'a [Spanned<DeValue<'d>>], span: Span) -> &'a [Spanned<DeValue<'d>>] {
    if list.len() <= MAX_ENTRIES {
        return list;
    }
    let message = format!("{} has {} entries", quote(key), list.len());
    log.push(Problem::new("V0112", span, message).help(format!("at most {MAX_ENTRIES} are read")));
    log.names_incomplete = true;
    &[]
}

fn wrong_type(key: &str, expected: &str, value: &DeValue<'_>, span: Span) -> Problem {
    let found = match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    Problem::new("V0104", span, format!("{} must be {expected}, not {found}", quote(key)))
}
