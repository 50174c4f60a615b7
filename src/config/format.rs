//! `vestibule fmt`: one layout for all files.
//!
//! Only the white space between tokens changes, so comments, order and meaning stay by construction; what comes out is
//! parsed again all the same, and a difference would be refused. Line breaks inside lists are the author's.

use std::path::Path;

use toml_parser::Source;
use toml_parser::lexer::{Token, TokenKind};

use super::diagnostic::{Diagnostics, SourceFile};
use super::effective::entries;
use super::log::{Log, Problem, Span};
use super::{load, syntax};

/// Spaces per level of tables inside tables.
const STEP: usize = 2;
/// Spaces per level of lists.
const LIST_STEP: usize = 4;

/// Reads a file and lays it out: its text as it is, and as it should be.
///
/// # Errors
/// When it cannot be read, or is not TOML.
pub fn format_file(path: &Path) -> Result<(String, String), Diagnostics> {
    let mut log = Log::default();
    let mut files = Vec::new();
    load::open(&mut log, &mut files, path.to_owned(), None);
    let formatted = files.first().map(|file| checked(&mut log, file)).unwrap_or_default();
    let found = log.finish(&files);
    match files.into_iter().next() {
        Some(file) if found.is_empty() => Ok((file.text, formatted)),
        _ => Err(found),
    }
}

fn checked(log: &mut Log, file: &SourceFile) -> String {
    let document = syntax::document(log, 0, &file.text);
    if log.is_broken(0) {
        return String::new();
    }
    let formatted = layout(&file.text);
    let mut second = Log::default();
    let again = syntax::document(&mut second, 0, &formatted);
    if second.is_broken(0) || entries(document.get_ref()) != entries(again.get_ref()) {
        log.push(Problem::new("V0101", Span::whole(0), "the file cannot be laid out without changing what it means"));
    }
    formatted
}

/// One line of the file, without the white space around it.
#[derive(Debug)]
struct Line {
    kind: Kind,
    /// In spaces.
    indent: usize,
    code: String,
    comment: Option<Comment>,
}

#[derive(Debug)]
struct Comment {
    text: String,
    /// The column where it was written, from 0.
    column: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Blank,
    Comment,
    Header,
    Entry,
    /// The second and later lines of a list.
    Inside,
}

/// The text in its layout. Expects valid TOML.
pub(super) fn layout(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut out = String::with_capacity(text.len() + 64);
    let lines = spaced(indented(lines(text)));
    for line in &lines {
        write(&mut out, line);
    }
    out
}

fn lines(text: &str) -> Vec<Line> {
    let tokens = Source::new(text).lex().into_vec();
    let mut open = 0_usize;
    let mut lines = Vec::new();
    for tokens in tokens.split(|token| token.kind() == TokenKind::Newline) {
        lines.push(line(text, tokens, &mut open));
    }
    lines
}

/// Takes one line apart. `open` counts the brackets that are open.
fn line(text: &str, tokens: &[Token], open: &mut usize) -> Line {
    let start = tokens.first().map_or(0, |token| token.span().start());
    let before_line = *open;
    let outside = before_line == 0;
    let mut line = Line { kind: Kind::Blank, indent: 0, code: String::new(), comment: None };
    let mut before: Option<TokenKind> = None;
    let mut closed_first = 0;
    for token in tokens {
        let (kind, span) = (token.kind(), token.span());
        let written = text.get(span.start()..span.end()).unwrap_or_default();
        match kind {
            TokenKind::Whitespace | TokenKind::Eof | TokenKind::Newline => continue,
            TokenKind::Comment => {
                // Columns count in the last line of a text with several.
                let lead = text.get(start..span.start()).unwrap_or_default();
                let lead = lead.rsplit('\n').next().unwrap_or_default();
                line.comment = Some(Comment { text: written.trim_end().to_owned(), column: lead.chars().count() });
                continue;
            }
            _ => {}
        }
        let header = line.kind == Kind::Header;
        if before.is_none() {
            line.kind = match kind {
                TokenKind::LeftSquareBracket if outside => Kind::Header,
                _ if outside => Kind::Entry,
                _ => Kind::Inside,
            };
        }
        if let Some(before) = before
            && !header
            && apart(before, kind)
        {
            line.code.push(' ');
        }
        line.code.push_str(written);
        if line.kind == Kind::Header {
            // Each part but the first lies one level deeper.
            line.indent += if kind == TokenKind::Dot { STEP } else { 0 };
        } else {
            match kind {
                TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => *open += 1,
                TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => {
                    *open = open.saturating_sub(1);
                    let only = line.code.chars().all(|c| matches!(c, ']' | '}' | ',' | ' '));
                    closed_first += usize::from(only && !outside);
                }
                _ => {}
            }
        }
        before = Some(kind);
    }
    if line.kind == Kind::Blank && line.comment.is_some() {
        line.kind = if outside { Kind::Comment } else { Kind::Inside };
    }
    if line.kind == Kind::Inside {
        // Brackets that the line closes first move it back, later ones do not.
        line.indent = before_line.saturating_sub(closed_first) * LIST_STEP;
    }
    line
}

/// Whether a space goes between two tokens of an entry.
const fn apart(before: TokenKind, after: TokenKind) -> bool {
    use TokenKind::{
        Atom, Comma, Dot, Equals, LeftCurlyBracket, LeftSquareBracket, RightCurlyBracket, RightSquareBracket,
    };
    match (before, after) {
        (Dot | LeftSquareBracket, _)
        | (_, Dot | Comma | RightSquareBracket)
        | (LeftCurlyBracket, RightCurlyBracket) => false,
        // Two words are a date and a time.
        (Equals | Comma | LeftCurlyBracket, _) | (_, Equals | RightCurlyBracket) | (Atom, Atom) => true,
        _ => false,
    }
}

/// Gives entries the level of their table, and comments that of what they stand before.
fn indented(mut lines: Vec<Line>) -> Vec<Line> {
    let mut table = 0;
    for line in &mut lines {
        match line.kind {
            Kind::Header => table = line.indent,
            Kind::Entry => line.indent = table,
            Kind::Inside => line.indent += table,
            Kind::Blank | Kind::Comment => {}
        }
    }
    let mut below: Option<usize> = None;
    for line in lines.iter_mut().rev() {
        match line.kind {
            Kind::Header | Kind::Entry => below = Some(line.indent),
            Kind::Blank | Kind::Inside => below = None,
            // One that stands alone stays where it was.
            Kind::Comment => {
                line.indent = below.or_else(|| line.comment.as_ref().map(|comment| comment.column)).unwrap_or_default();
            }
        }
    }
    lines
}

/// One blank line where there were several; one before every table; none at the beginning and at the end.
fn spaced(lines: Vec<Line>) -> Vec<Line> {
    let blank = || Line { kind: Kind::Blank, indent: 0, code: String::new(), comment: None };
    let mut out: Vec<Line> = Vec::with_capacity(lines.len());
    for line in lines {
        match line.kind {
            Kind::Blank if out.last().is_none_or(|last| last.kind == Kind::Blank) => {}
            Kind::Header => {
                // The comments right before a table belong to it.
                let above = out.iter().rposition(|line| line.kind != Kind::Comment);
                if let Some(above) = above
                    && out.get(above).is_some_and(|line| line.kind != Kind::Blank)
                {
                    out.insert(above + 1, blank());
                }
                out.push(line);
            }
            _ => out.push(line),
        }
    }
    while out.last().is_some_and(|line| line.kind == Kind::Blank) {
        out.pop();
    }
    out
}

fn write(out: &mut String, line: &Line) {
    let spaces = |out: &mut String, number: usize| out.extend(std::iter::repeat_n(' ', number));
    if line.kind != Kind::Blank {
        spaces(out, line.indent);
        out.push_str(&line.code);
        if let Some(comment) = &line.comment {
            if !line.code.is_empty() {
                let last = line.code.rsplit('\n').next().unwrap_or_default();
                let first = if last.len() == line.code.len() { line.indent } else { 0 };
                let width = first + last.chars().count();
                // Comments that stand below each other go on doing so.
                spaces(out, comment.column.saturating_sub(width).max(1));
            }
            out.push_str(&comment.text);
        }
    }
    out.push('\n');
}
