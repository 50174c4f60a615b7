//! Where problems are collected while configuration is read: by byte span first, turned into lines and columns at the
//! end, so that reading costs nothing extra when all is well.

use std::collections::{BTreeMap, BTreeSet};

use super::codes::Code;
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
    /// Whether it is an error or a warning is for its code to say, in [`super::CODES`].
    pub(super) fn new(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self { code, span, message: message.into(), help: None, related: Vec::new() }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(super) fn severity(&self) -> Severity {
        Code::find(self.code).map_or(Severity::Error, |code| code.severity)
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

/// Where a value came from, other than the file itself.
#[derive(Clone, Debug)]
pub(super) struct Reference {
    /// The reference as it was written.
    pub(super) text: String,
    /// What it stands for, when nobody may see that.
    pub(super) secret: Option<String>,
}

impl Reference {
    /// A message in which the reference stands wherever something is quoted.
    fn instead_of_quotes(&self, message: &str) -> String {
        let parts = message.split('`').enumerate();
        parts.map(|(at, part)| if at % 2 == 0 { part.to_owned() } else { format!("`{}`", self.text) }).collect()
    }

    /// Puts the reference back in place of its secret.
    fn redact(&self, message: &mut String) {
        // Shorter ones hide nothing, and would be found in every word.
        if let Some(secret) = self.secret.as_deref().filter(|secret| secret.len() > 2)
            && message.contains(secret)
        {
            *message = message.replace(secret, &self.text);
        }
    }
}

/// All problems of one run.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    problems: Vec<Problem>,
    /// Problems with what the configuration means, which a mistyped key may have caused.
    doubtful: Vec<Problem>,
    errors: usize,
    broken: BTreeSet<usize>,
    /// Values that hold references, in any order.
    references: Vec<(Span, Reference)>,
    /// Values that could not be made out; that was reported already.
    unreadable: BTreeSet<Span>,
    /// Where each value stands that was read.
    origins: Vec<(String, Span)>,
    /// How many tables of each list were met so far, in all files.
    numbers: BTreeMap<String, usize>,
    /// Which keys reading asked for, by table.
    #[cfg(test)]
    pub(super) asked: BTreeMap<&'static str, BTreeSet<&'static str>>,
    /// Something could not be read, so that a name which seems unknown may well be defined there. Look-ups by name stay
    /// silent then: one mistake, one message.
    pub(super) names_incomplete: bool,
}

impl Log {
    pub(super) fn push(&mut self, problem: Problem) {
        self.errors += usize::from(problem.severity() == Severity::Error);
        self.problems.push(problem);
    }

    /// Reports a problem with what the configuration means. It is left out when something could not be read, because it may
    /// follow from that: one mistake, one message.
    pub(super) fn push_meaning(&mut self, problem: Problem) {
        self.doubtful.push(problem);
    }

    /// Reports a problem with the value at `span`, unless it could not be made out in the first place.
    pub(super) fn push_readable(&mut self, problem: Problem, span: Span) {
        if !self.is_unreadable(span) {
            self.push(problem);
        }
    }

    /// How many errors there are so far.
    pub(super) const fn errors(&self) -> usize {
        self.errors
    }

    /// Notes where the value with this path stands.
    pub(super) fn origin(&mut self, path: String, span: Span) {
        self.origins.push((path, span));
    }

    /// The path of the next table in the list called `list`: `site[0]`.
    pub(super) fn numbered(&mut self, list: &str) -> String {
        let number = self.numbers.entry(list.to_owned()).or_default();
        let path = format!("{list}[{number}]");
        *number += 1;
        path
    }

    #[cfg(test)]
    pub(super) fn asked(&mut self, table: &'static str, keys: &[&'static str]) {
        self.asked.entry(table).or_default().extend(keys);
    }

    /// Where everything stands that was read so far.
    pub(super) fn origins(&self) -> &[(String, Span)] {
        &self.origins
    }

    /// Where everything stands that was read.
    pub(super) fn take_origins(&mut self) -> Vec<(String, Span)> {
        std::mem::take(&mut self.origins)
    }

    /// Notes that the value at `span` holds a reference.
    pub(super) fn referred(&mut self, span: Span, reference: Reference) {
        self.references.push((span, reference));
    }

    /// Whether the value at `span` holds a reference.
    pub(super) fn is_referred(&self, span: Span) -> bool {
        self.references.iter().any(|(known, _)| *known == span)
    }

    /// Whether the value at `span` holds a secret.
    pub(super) fn is_secret(&self, span: Span) -> bool {
        self.references.iter().any(|(known, reference)| *known == span && reference.secret.is_some())
    }

    /// Gives up on a value: nothing further is said about it.
    pub(super) fn unreadable(&mut self, span: Span) {
        self.unreadable.insert(span);
    }

    pub(super) fn is_unreadable(&self, span: Span) -> bool {
        self.unreadable.contains(&span)
    }

    /// All messages so far, one after the other.
    pub(super) fn messages(&self) -> String {
        self.problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("; ")
    }

    /// Gives up on a file: nothing in it is read any further.
    pub(super) fn break_file(&mut self, file: usize) {
        self.broken.insert(file);
        self.names_incomplete = true;
    }

    pub(super) fn is_broken(&self, file: usize) -> bool {
        self.broken.contains(&file)
    }

    /// The diagnostics, in the order of files and lines. When there are more than anyone reads, errors are listed first.
    pub(super) fn finish(mut self, files: &[SourceFile]) -> Diagnostics {
        // The first digit of a code is what it is about: files, shape, and then meaning.
        let unread = |problem: &Problem| problem.code.as_bytes().get(2).is_some_and(|about| *about < b'2');
        if !self.problems.iter().any(unread) {
            let (warnings, errors): (Vec<_>, Vec<_>) = std::mem::take(&mut self.doubtful)
                .into_iter()
                .partition(|problem| problem.severity() == Severity::Warning);
            for problem in errors {
                self.push(problem);
            }
            if self.errors == 0 {
                for problem in warnings {
                    self.push(problem);
                }
            }
        }
        for problem in &mut self.problems {
            // What is said about a secret itself may quote a part of it, or quote it cut or escaped.
            let about = self.references.iter().find(|(span, known)| *span == problem.span && known.secret.is_some());
            if let Some((_, reference)) = about {
                problem.message = reference.instead_of_quotes(&problem.message);
                problem.help = Some("what stands here is not shown, because it is a secret".to_owned());
            }
            for (_, reference) in &self.references {
                reference.redact(&mut problem.message);
                if let Some(help) = &mut problem.help {
                    reference.redact(help);
                }
            }
        }
        let errors = self.errors;
        let warnings = self.problems.len().saturating_sub(errors);
        let left_out = self.problems.len().saturating_sub(SHOWN);
        if left_out > 0 {
            self.problems.sort_by_key(|problem| (problem.severity() == Severity::Warning, problem.span));
            self.problems.truncate(SHOWN);
        }
        self.problems.sort_by_key(|problem| problem.span);
        let list = self.problems.into_iter();
        let list = list
            .map(|problem| Diagnostic {
                code: problem.code,
                severity: problem.severity(),
                message: problem.message,
                place: place(files, problem.span),
                help: problem.help,
                related: problem.related.into_iter().map(|(note, span)| (note, place(files, span))).collect(),
            })
            .collect();
        Diagnostics { list, left_out, errors, warnings }
    }
}

/// Lines and columns of a span. Any span of any text has a place.
pub(super) fn place(files: &[SourceFile], span: Span) -> Place {
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
    let plain = |name: &str| name.to_lowercase().replace('_', "-");
    let sorted = |name: &str| {
        let mut letters: Vec<char> = name.chars().collect();
        letters.sort_unstable();
        letters
    };
    let lower = plain(wrong);
    let letters = sorted(&lower);
    names
        .filter_map(|name| {
            let known = plain(name);
            // The right letters in a wrong order are one slip, wherever they went.
            let distance = if letters == sorted(&known) { 1 } else { strsim::osa_distance(&lower, &known) };
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
