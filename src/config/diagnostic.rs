//! What is wrong with a configuration, where, and what to do about it.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// A configuration file with its text.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Where it was read from, as a person wrote it.
    pub path: PathBuf,
    /// Its content.
    pub text: String,
}

/// A place in a file, in bytes.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) file: Arc<SourceFile>,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Place {
    /// Line and column from 1 (columns in characters), the line's text, and how many characters of it are meant.
    fn resolve(&self) -> (usize, usize, &str, usize) {
        let text = self.file.text.as_str();
        let before = text.get(..self.start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = text.get(line_start..).unwrap_or_default().split('\n').next().unwrap_or_default();
        let line = line.strip_suffix('\r').unwrap_or(line);
        let column = before.get(line_start..).unwrap_or_default().chars().count();
        let meant = text.get(self.start..self.end).unwrap_or_default().split('\n').next().unwrap_or_default();
        let number = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        (number, column + 1, line, meant.chars().count().max(1))
    }
}

/// One error.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// The documented code; see [`super::codes`].
    pub code: &'static str,
    /// What is wrong: lower case, no full stop, input in backticks.
    pub message: String,
    pub(super) place: Option<Place>,
    /// What to do.
    pub help: Option<String>,
    /// Another place that plays a part, with what it is.
    pub(super) related: Option<(Place, String)>,
}

impl Diagnostic {
    /// `file:line:column`, from 1; `None` when it is about no place in particular.
    pub fn location(&self) -> Option<String> {
        let place = self.place.as_ref()?;
        let (line, column, ..) = place.resolve();
        Some(format!("{}:{line}:{column}", place.file.path.display()))
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(location) = self.location() {
            write!(out, "{location}: ")?;
        }
        writeln!(out, "error[{}]: {}", self.code, self.message)?;
        if let Some(place) = &self.place {
            show(out, place, "")?;
        }
        if let Some((place, what)) = &self.related {
            show(out, place, what)?;
        }
        if let Some(help) = &self.help {
            writeln!(out, "  = help: {help}")?;
        }
        Ok(())
    }
}

/// The source line with a caret under what is meant.
fn show(out: &mut fmt::Formatter<'_>, place: &Place, what: &str) -> fmt::Result {
    let (number, column, line, length) = place.resolve();
    let number = number.to_string();
    let gutter = " ".repeat(number.len());
    if !what.is_empty() {
        writeln!(out, "{gutter}::: {}:{number}:{column}: {what}", place.file.path.display())?;
    }
    // Tabs keep their width, so that the caret stands under the right character.
    let indent: String = line.chars().take(column - 1).map(|letter| if letter == '\t' { '\t' } else { ' ' }).collect();
    let shown = length.min(line.chars().count().saturating_sub(column - 1)).max(1);
    writeln!(out, "{gutter} |\n{number} | {line}\n{gutter} | {indent}{}", "^".repeat(shown))
}

/// Everything that is wrong, in the order of files and places. Never empty.
#[derive(Clone, Debug)]
pub struct Diagnostics(pub(super) Vec<Diagnostic>);

impl Diagnostics {
    /// The errors, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter()
    }

    pub(super) fn sorted(mut errors: Vec<Diagnostic>) -> Self {
        errors.sort_by_key(|error| error.place.as_ref().map(|place| (place.file.path.clone(), place.start)));
        Self(errors)
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for error in &self.0 {
            writeln!(out, "{error}")?;
        }
        let count = self.0.len();
        write!(out, "{count} error{}", if count == 1 { "" } else { "s" })
    }
}

impl std::error::Error for Diagnostics {}
