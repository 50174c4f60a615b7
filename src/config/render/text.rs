//! Diagnostics as text, in the shape that compilers have taught everyone to read.

use std::fmt;

use anstyle::{AnsiColor, Style};

use crate::config::diagnostic::{Diagnostic, Diagnostics, Place, Severity};

/// Lines longer than this are cut around the place that is meant.
const WIDTH: usize = 160;
/// How much of a long line is shown before that place.
const LEAD: usize = 60;

/// How the parts of a diagnostic look.
#[derive(Clone, Copy)]
struct Looks {
    error: Style,
    warning: Style,
    note: Style,
    place: Style,
    gutter: Style,
    help: Style,
}

impl Looks {
    const PLAIN: Self = Self {
        error: Style::new(),
        warning: Style::new(),
        note: Style::new(),
        place: Style::new(),
        gutter: Style::new(),
        help: Style::new(),
    };
    const COLOURED: Self = Self {
        error: AnsiColor::BrightRed.on_default().bold(),
        warning: AnsiColor::BrightYellow.on_default().bold(),
        note: AnsiColor::BrightBlue.on_default().bold(),
        place: Style::new().bold(),
        gutter: AnsiColor::BrightBlue.on_default(),
        help: AnsiColor::BrightGreen.on_default().bold(),
    };

    const fn of(&self, severity: Severity) -> Style {
        match severity {
            Severity::Error => self.error,
            Severity::Warning => self.warning,
        }
    }
}

/// Diagnostics in colour, for a terminal.
#[derive(Debug)]
pub struct Coloured<'a>(pub &'a Diagnostics);

impl fmt::Display for Coloured<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        all(out, self.0, &Looks::COLOURED)
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        all(out, self, &Looks::PLAIN)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        one(out, self, &Looks::PLAIN)
    }
}

fn all(out: &mut fmt::Formatter<'_>, diagnostics: &Diagnostics, looks: &Looks) -> fmt::Result {
    for (at, diagnostic) in diagnostics.iter().enumerate() {
        if at > 0 {
            writeln!(out)?;
        }
        one(out, diagnostic, looks)?;
    }
    if diagnostics.left_out() > 0 {
        writeln!(out, "\nand {} more", diagnostics.left_out())?;
    }
    Ok(())
}

fn one(out: &mut fmt::Formatter<'_>, diagnostic: &Diagnostic, looks: &Looks) -> fmt::Result {
    let (at, what) = (looks.place, looks.of(diagnostic.severity));
    let Diagnostic { code, severity, message, place, .. } = diagnostic;
    writeln!(out, "{at}{place}:{at:#} {what}{}[{code}]{what:#}: {at}{message}{at:#}", severity.as_str())?;
    excerpt(out, place, '^', what, looks.gutter)?;
    for (note, place) in &diagnostic.related {
        writeln!(out, "{at}{place}:{at:#} {}note{:#}: {note}", looks.note, looks.note)?;
        excerpt(out, place, '-', looks.note, looks.gutter)?;
    }
    if let Some(help) = &diagnostic.help {
        writeln!(out, "{}help{:#}: {help}", looks.help, looks.help)?;
    }
    Ok(())
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        if self.line == 0 { write!(out, "{path}") } else { write!(out, "{path}:{}:{}", self.line, self.column) }
    }
}

/// The source line and a marker under what is meant.
fn excerpt(out: &mut fmt::Formatter<'_>, place: &Place, mark: char, what: Style, bar: Style) -> fmt::Result {
    if place.line == 0 {
        return Ok(());
    }
    let lead = place.column.saturating_sub(1);
    let long = place.source.chars().nth(WIDTH).is_some();
    let skipped = if long { lead.saturating_sub(LEAD) } else { 0 };
    let shown: String =
        place.source.chars().skip(skipped).take(WIDTH).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let gutter = place.line.to_string().len();
    let indent = lead - skipped;
    let marks = place.caret.min(WIDTH.saturating_sub(indent)).max(1);
    let marks: String = std::iter::repeat_n(mark, marks).collect();
    writeln!(out, "{bar}{:gutter$} |{bar:#}", "")?;
    writeln!(out, "{bar}{} |{bar:#} {}", place.line, shown.trim_end())?;
    writeln!(out, "{bar}{:gutter$} |{bar:#} {:indent$}{what}{marks}{what:#}", "", "")
}
