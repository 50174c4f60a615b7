//! Every key there is, once.
//!
//! Everything that is said about a key outside the code that reads it comes from here: `vestibule explain-key`, the JSON
//! Schema for editors, the home of a misplaced key, the line that a missing key needs, and the values of
//! `vestibule config --effective` that nobody wrote. Whoever adds a key adds one [`Key`] to the list of its table; a test
//! holds the lists against the keys that reading asks for, in both directions, and loads every example and every default.

mod find;
mod manual;
mod process;
mod regime;
mod service;
mod site;
mod test;

#[cfg(test)]
mod tests;

pub use self::find::{Found, find};
pub(super) use self::find::{homes, missing};
pub use self::manual::manual;

/// The release in which the keys so far appeared.
const FIRST: &str = "0.1";

/// All tables, the top level first, each before the tables inside it.
pub const TABLES: &[KeyTable] = &[
    process::TOP_LEVEL,
    process::LISTEN,
    process::HTTPS,
    process::ADMIN,
    process::KEYS,
    process::LIMITS,
    process::DNS,
    process::RELOAD,
    process::SHADOW,
    process::CANARY,
    site::SITE,
    site::BANNER,
    site::REGIME_OF_SITE,
    site::UNCLASSIFIED,
    site::COLLECTORS,
    site::PURPOSE,
    site::ROUTE,
    site::NECESSARY,
    site::SOURCE,
    test::TEST,
    test::GIVEN,
    test::EXPECT,
    service::SERVICE,
    regime::REGIME,
];

/// A table with its keys.
#[derive(Clone, Copy, Debug)]
pub struct KeyTable {
    /// Where it is: `site.route`; empty for the top level.
    pub path: &'static str,
    /// How it is written in a file: `[[site.route]]`.
    pub header: &'static str,
    /// What it is for, in a sentence or two.
    pub meaning: &'static str,
    /// Its keys, in the order in which one writes them.
    pub keys: &'static [Key],
}

/// One key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name within its table.
    pub name: &'static str,
    /// What values it takes.
    pub takes: Takes,
    /// What it means, in a sentence or two.
    pub meaning: &'static str,
    /// A value, as TOML; empty for tables.
    pub example: &'static str,
    /// Whether the table does not work without it.
    pub required: bool,
    /// What holds when it is absent.
    pub absent: Absent,
    /// The release that brought it.
    pub since: &'static str,
}

/// What values a key takes.
#[derive(Clone, Copy, Debug)]
pub enum Takes {
    /// A string that is not empty.
    Text,
    /// The path of a file or directory, relative to the main file.
    File,
    /// A string, or a list of strings.
    Texts,
    /// A string, or a list of strings that is not empty.
    SomeTexts,
    /// Paths of files, relative to the main file: one or several.
    Files,
    /// One of a few words, each with its meaning.
    Word(&'static [(&'static str, &'static str)]),
    /// One or more of a few words, each with its meaning.
    Words(&'static [(&'static str, &'static str)]),
    /// A whole number from the first to the second.
    Whole(u64, u64),
    /// `true` or `false`.
    Boolean,
    /// Texts by language tag.
    ByLanguage,
    /// Strings by names that the operator chooses.
    ByName,
    /// Strings or lists of strings by names that the operator chooses; they may be empty.
    Fields,
    /// A string that may be empty.
    AnyText,
    /// A string, or the table with this path.
    TextOrTable(&'static str),
    /// `true`, `false`, or the table with this path.
    BooleanOrTable(&'static str),
    /// The table with this path.
    Table(&'static str),
    /// Any number of tables with this path.
    Tables(&'static str),
}

/// What holds when a key is absent.
#[derive(Clone, Copy, Debug)]
pub enum Absent {
    /// Nothing: the key is required, or its absence speaks for itself.
    Nothing,
    /// A value, as TOML. Writing it changes nothing.
    Value(&'static str),
    /// Something that depends on more than this key, in words.
    Said(&'static str),
}

impl Key {
    /// A key that may be absent, known since the first release.
    const fn new(name: &'static str, takes: Takes, meaning: &'static str, example: &'static str) -> Self {
        Self { name, takes, meaning, example, required: false, absent: Absent::Nothing, since: FIRST }
    }

    /// A table inside a table.
    const fn inner(name: &'static str, takes: Takes, meaning: &'static str) -> Self {
        Self::new(name, takes, meaning, "")
    }

    const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    const fn default(self, value: &'static str) -> Self {
        Self { absent: Absent::Value(value), ..self }
    }

    const fn otherwise(self, said: &'static str) -> Self {
        Self { absent: Absent::Said(said), ..self }
    }
}

impl KeyTable {
    /// The key called `name`.
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// The path of one of its keys, as it is asked for: `site.route.deny`.
    pub fn path_of(&self, key: &Key) -> String {
        if self.path.is_empty() { key.name.to_owned() } else { format!("{}.{}", self.path, key.name) }
    }

    /// Whether there may be several of it.
    pub fn repeats(&self) -> bool {
        self.header.starts_with("[[")
    }
}

impl Takes {
    /// The type in words, for people.
    pub fn describe(self) -> String {
        let words = |list: &[(&str, &str)]| {
            let names: Vec<&str> = list.iter().map(|(word, _)| *word).collect();
            super::log::listed(&names, "or")
        };
        match self {
            Self::Text => "string".to_owned(),
            Self::File => "path, relative to the main file".to_owned(),
            Self::Texts => "string or list of strings".to_owned(),
            Self::Files => "path, or list of paths".to_owned(),
            Self::SomeTexts => "string or list of strings, at least one".to_owned(),
            Self::Word(list) => words(list),
            Self::Words(list) => format!("one or a list of {}", words(list)),
            Self::Whole(least, u64::MAX) => format!("whole number from {least}"),
            Self::Whole(least, most) => format!("whole number from {least} to {most}"),
            Self::Boolean => "`true` or `false`".to_owned(),
            Self::ByLanguage => "texts by language tag".to_owned(),
            Self::Fields => "table of strings or lists of strings".to_owned(),
            Self::AnyText => "string, which may be empty".to_owned(),
            Self::ByName => "table of strings".to_owned(),
            Self::TextOrTable(_) => "string or table".to_owned(),
            Self::BooleanOrTable(_) => "`true`, `false` or table".to_owned(),
            Self::Table(_) => "table".to_owned(),
            Self::Tables(_) => "any number of tables".to_owned(),
        }
    }
}
