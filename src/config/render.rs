//! Diagnostics as text, in the shape that compilers have taught everyone to read.

use std::fmt;

use super::diagnostic::{Diagnostic, Diagnostics, Place};

/// Lines longer than this are cut around the place that is meant.
const WIDTH: usize = 160;
/// How much of a long line is shown before that place.
const LEAD: usize = 60;

impl fmt::Display for Diagnostics {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, diagnostic) in self.iter().enumerate() {
            if at > 0 {
                writeln!(out)?;
            }
            diagnostic.fmt(out)?;
        }
        if self.left_out > 0 {
            writeln!(out, "\nand {} more", self.left_out)?;
        }
        Ok(())
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}: {}[{}]: {}", self.place, self.severity.as_str(), self.code, self.message)?;
        excerpt(out, &self.place, '^')?;
        for (note, place) in &self.related {
            writeln!(out, "{place}: note: {note}")?;
            excerpt(out, place, '-')?;
        }
        if let Some(help) = &self.help {
            writeln!(out, "help: {help}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        if self.line == 0 { write!(out, "{path}") } else { write!(out, "{path}:{}:{}", self.line, self.column) }
    }
}

/// The source line and a marker under what is meant.
fn excerpt(out: &mut fmt::Formatter<'_>, place: &Place, mark: char) -> fmt::Result {
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
    writeln!(out, "{:gutter$} |", "")?;
    writeln!(out, "{} | {}", place.line, shown.trim_end())?;
    writeln!(out, "{:gutter$} | {:indent$}{marks}", "", "")
}
