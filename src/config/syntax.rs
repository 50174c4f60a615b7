//! Text to a TOML table, with as many syntax errors as there are and no more.

use toml::Spanned;
use toml::de::DeTable;

use super::log::{Log, Problem, Span};

/// More levels than any key has.
const MAX_DOTS: usize = 1000;

/// Parses one file. A file with a syntax error is broken, and its table is not to be used.
pub(super) fn document<'t>(log: &mut Log, at: usize, text: &'t str) -> Spanned<DeTable<'t>> {
    let empty = || Spanned::new(0..0, DeTable::new());
    if log.is_broken(at) {
        return empty();
    }
    if let Some(start) = nested_too_deep(text) {
        let span = Span { file: at, start, end: start + 1 };
        log.push(Problem::new("V0101", span, "the line has more than 1000 dots"));
        log.break_file(at);
        return empty();
    }
    let (root, mut errors) = DeTable::parse_recoverable(text);
    let start_of_error = |error: &toml::de::Error| error.span().map_or(text.len(), |span| span.start);
    errors.sort_by_key(start_of_error);
    let mut resume = 0;
    for error in &errors {
        let start = start_of_error(error);
        if start < resume {
            continue;
        }
        let message = lower_first(error.message().lines().next().unwrap_or_default());
        let span = Span { file: at, start, end: error.span().map_or(start, |span| span.end) };
        let help = help_for(&message).map(str::to_owned);
        log.push(Problem::new("V0101", span, message).maybe_help(help));
        resume = end_of_damage(text, start);
    }
    if !errors.is_empty() {
        log.break_file(at);
    }
    root
}

/// Where a line has more dots than any line needs. In a key each would be a table inside the one before it, and tables
/// nested by the ten thousand exhaust the stack. Dots of addresses in a long list stand in quotes and do not count.
pub(super) fn nested_too_deep(text: &str) -> Option<usize> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if line.matches('.').count() > MAX_DOTS && dots_in_keys(line) > MAX_DOTS {
            return Some(start);
        }
        start += line.len();
    }
    None
}

/// All dots of a line but those that surely stand in a text.
fn dots_in_keys(line: &str) -> usize {
    // A text over several lines may end here, and then quotes mean the opposite.
    if line.contains("\"\"\"") || line.contains("'''") {
        return line.matches('.').count();
    }
    let (mut dots, mut quote, mut escaped) = (0, None, false);
    for c in line.chars() {
        match (c, quote) {
            ('"' | '\'', None) => quote = Some(c),
            ('.', None) => dots += 1,
            ('\\', Some('"')) if !escaped => {
                escaped = true;
                continue;
            }
            (c, Some(open)) if c == open && !escaped => quote = None,
            _ => {}
        }
        escaped = false;
    }
    // A quote that stays open is a syntax error, or the rest of a text that began above.
    if quote.is_some() { line.matches('.').count() } else { dots }
}

/// Up to where the parser's further complaints come from the error at `start`: the end of its line, or the next table
/// when the line leaves a bracket or a quote open.
fn end_of_damage(text: &str, start: usize) -> usize {
    let (before, after) = text.split_at(text.floor_char_boundary(start));
    let lead = before.rsplit('\n').next().unwrap_or_default();
    let tail = after.split('\n').next().unwrap_or_default();
    let count = |bracket: char| lead.matches(bracket).count() + tail.matches(bracket).count();
    let closed = |quote: char| count(quote).is_multiple_of(2);
    if count('[') == count(']') && count('{') == count('}') && closed('"') && closed('\'') {
        return start + tail.len() + 1;
    }
    after.find("\n[").map_or(text.len() + 1, |at| start + at + 1)
}

/// What to do about the syntax errors that are made most.
fn help_for(message: &str) -> Option<&'static str> {
    let string = message.contains("string") && message.contains("expected `");
    match message {
        _ if string => Some("a text ends on its line, with the quote that it began with"),
        _ if message.contains("array") => Some("a list is written `[\"one\", \"two\"]`"),
        "duplicate key" => Some("write a key once; for several values, write a list"),
        _ => None,
    }
}

fn lower_first(message: &str) -> String {
    let mut rest = message.chars();
    let first = rest.next().map(|c| c.to_lowercase().to_string());
    first.unwrap_or_default() + rest.as_str()
}
