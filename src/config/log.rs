//! Where problems are collected while configuration is read: by byte span first, turned into lines and columns at the
//! end, so that reading costs nothing extra when all is well.

use std::collections::BTreeSet;

use super::diagnostic::{Diagnostic, Diagnostics, Place, Severity, SourceFile};

/// More diagnostics than this are counted, not shown.
const SHOWN: usize = 500;

/// A stretch of bytes in one of the files. Ordered by file, then by position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    pub(super) file: usize,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Span {
    /// The file as a whole.
    pub(super) const fn whole(file: usize) -> Self {
        Self { file, start: usize::MAX, end: usize::MAX }
    }
}

/// A value and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Located<T> {
    pub(super) value: T,
    pub(super) span: Span,
}

/// A diagnostic that does not know its lines yet.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    code: &'static str,
    span: Span,
    message: String,
    help: Option<String>,
    related: Vec<(String, Span)>,
}

impl Problem {
    pub(super) fn new(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self { code, span, message: message.into(), help: None, related: Vec::new() }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(super) fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }

    pub(super) fn related(mut self, note: impl Into<String>, span: Span) -> Self {
        self.related.push((note.into(), span));
        self
    }
}

/// All problems of one run.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    problems: Vec<Problem>,
    broken: BTreeSet<usize>,
    /// Something could not be read, so that a name which seems unknown may well be defined there. Look-ups by name stay
    /// silent then: one mistake, one message.
    pub(super) names_incomplete: bool,
}

impl Log {
    pub(super) fn push(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// All messages so far, one after the other.
    pub(super) fn messages(&self) -> String {
        self.problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("; ")
    }

    /// How many problems there are so far.
    pub(super) fn count(&self) -> usize {
        self.problems.len()
    }

    /// Gives up on a file: nothing in it is read any further.
    pub(super) fn break_file(&mut self, file: usize) {
        self.broken.insert(file);
        self.names_incomplete = true;
    }

    pub(super) fn is_broken(&self, file: usize) -> bool {
        self.broken.contains(&file)
    }

    /// The diagnostics, in the order of files and lines.
    pub(super) fn finish(mut self, files: &[SourceFile]) -> Diagnostics {
        self.problems.sort_by_key(|problem| problem.span);
        let left_out = self.problems.len().saturating_sub(SHOWN);
        let list = self.problems.into_iter().take(SHOWN);
        let list = list
            .map(|problem| Diagnostic {
                code: problem.code,
                severity: Severity::Error,
                message: problem.message,
                place: place(files, problem.span),
                help: problem.help,
                related: problem.related.into_iter().map(|(note, span)| (note, place(files, span))).collect(),
            })
            .collect();
        Diagnostics { list, left_out }
    }
}

/// Lines and columns of a span. Any span of any text has a place.
fn place(files: &[SourceFile], span: Span) -> Place {
    let file = files.get(span.file);
    let path = file.map(|file| file.path.clone()).unwrap_or_default();
    let text = file.map_or("", |file| file.text.as_str());
    if span.start == usize::MAX {
        return Place { path, line: 0, column: 0, source: String::new(), caret: 1 };
    }
    let start = text.floor_char_boundary(span.start);
    let (before, after) = text.split_at(start);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let lead = before.get(line_start..).unwrap_or_default();
    let tail = after.split('\n').next().unwrap_or_default();
    let tail = tail.strip_suffix('\r').unwrap_or(tail);
    let meant = tail.floor_char_boundary(span.end.saturating_sub(start));
    let meant = tail.get(..meant).unwrap_or_default();
    Place {
        path,
        line: before.matches('\n').count() + 1,
        column: lead.chars().count() + 1,
        source: format!("{lead}{tail}"),
        caret: meant.chars().count().max(1),
    }
}

/// Input for a message: in backticks, on one line, not endless.
pub(super) fn quote(text: &str) -> String {
    let mut shown: String = text.chars().take(80).flat_map(printable).collect();
    if text.chars().nth(80).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}

fn printable(character: char) -> Vec<char> {
    if character.is_control() { character.escape_default().collect() } else { vec![character] }
}

/// Names for a message: "`a`, `b` or `c`".
pub(super) fn listed(names: &[&str], joint: &str) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} {joint} {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}

/// The name closest to `wrong`, when it is close enough to be what was meant.
pub(super) fn nearest<'n>(wrong: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let length = wrong.chars().count();
    if length > 64 {
        return None;
    }
    let lower = wrong.to_lowercase().replace('_', "-");
    names
        .filter_map(|name| {
            let distance = strsim::osa_distance(&lower, &name.to_lowercase().replace('_', "-"));
            let longer = length.max(name.chars().count());
            (distance <= 3 && distance * 2 <= longer).then_some((distance, name))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// The help for a mistyped name.
pub(super) fn did_you_mean(wrong: &str, names: &[&str]) -> Option<String> {
    nearest(wrong, names.iter().copied()).map(|name| format!("did you mean `{name}`"))
}
