//! What is wrong, and where: a diagnostic points at a place in a file that an operator wrote.

use std::path::PathBuf;

/// One configuration file, as it was read.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Where it came from; shown in diagnostics, never opened again.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The configuration works, and probably not as its author thinks.
    Warning,
    /// The configuration cannot be used.
    Error,
}

impl Severity {
    /// The word used in text and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub path: PathBuf,
    /// The line, from 1; 0 when the file as a whole is meant.
    pub line: usize,
    /// The column in characters, from 1; 0 when the file as a whole is meant.
    pub column: usize,
    /// The text of the line.
    pub source: String,
    /// How many characters of the line are meant, at least 1.
    pub caret: usize,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// A code of [`super::CODES`].
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong: lower case, no full stop, input in backticks.
    pub message: String,
    /// Where.
    pub place: Place,
    /// What to do about it.
    pub help: Option<String>,
    /// Other places that have to do with it, each with a note.
    pub related: Vec<(String, Place)>,
}

/// Everything that is wrong, in the order of files and lines. Holds at least one error when it is why a configuration
/// was refused; a configuration that was accepted may carry warnings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics {
    pub(super) list: Vec<Diagnostic>,
    /// How many more there were beyond the number that anyone reads.
    pub(super) left_out: usize,
    pub(super) errors: usize,
    pub(super) warnings: usize,
}

impl Diagnostics {
    /// All diagnostics.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.list.iter()
    }

    /// How many are listed.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// How many errors were found, listed or not.
    pub const fn errors(&self) -> usize {
        self.errors
    }

    /// How many warnings were found, listed or not.
    pub const fn warnings(&self) -> usize {
        self.warnings
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many more were found than are listed.
    pub const fn left_out(&self) -> usize {
        self.left_out
    }
}

/// In the order in which they are given.
impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(all: I) -> Self {
        let list: Vec<Diagnostic> = all.into_iter().collect();
        let errors = list.iter().filter(|one| one.severity == Severity::Error).count();
        Self { left_out: 0, errors, warnings: list.len() - errors, list }
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.iter()
    }
}

impl std::error::Error for Diagnostics {}
