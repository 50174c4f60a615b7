//! The same code written one way: what a disguise, a minifier or a style guide makes different becomes alike.
//!
//! Sums of constant strings become one string, parentheses around one value go, `a['b']` becomes `a.b`, `a?.b` becomes
//! `a.b`, `(0, a.b)` becomes `a.b`, and constants through `join`, `concat`, `atob`, `unescape`, `fromCharCode` become
//! what they say. Nothing is computed that is not a constant.

use super::escapes;
use super::token::{
    CHAIN, CLOSE, CLOSE_BRACE, CLOSE_SQUARE, COMMA, Code, DOT, Kind, OPEN, OPEN_BRACE, OPEN_SQUARE, PLUS, Token,
    expects_operand, is_name, takes_parentheses,
};

/// The longest string that is put together; what is longer stays in parts.
const LONGEST: usize = 16 * 1024;
/// How many bytes are copied at most for each byte of the script, so that nesting does not cost more than its length.
const COPIES: usize = 4;
/// The most names of a chain in parentheses.
const LONGEST_CHAIN: usize = 9;

/// `code` in its plain form.
pub(super) fn fold(code: Code<'_>) -> Code<'_> {
    let Code { source, buffer, tokens } = code;
    let plain = Vec::with_capacity(tokens.len());
    let budget = source.len().saturating_mul(COPIES).saturating_add(LONGEST);
    let mut fold = Fold { code: Code { source, buffer, tokens: plain }, open: Vec::new(), budget };
    for (at, token) in tokens.iter().enumerate() {
        let next = tokens.get(at + 1).map(|token| token.kind);
        fold.take(*token, next);
    }
    fold.code
}

struct Fold<'s> {
    code: Code<'s>,
    /// Where the open brackets stand.
    open: Vec<usize>,
    /// How many bytes may still be copied.
    budget: usize,
}

impl Fold<'_> {
    fn take(&mut self, token: Token, next: Option<Kind>) {
        match token.kind {
            Kind::Text | Kind::OpenText => self.text(token),
            OPEN | OPEN_SQUARE | OPEN_BRACE => {
                self.open.push(self.code.tokens.len());
                self.code.tokens.push(token);
            }
            CLOSE | CLOSE_SQUARE | CLOSE_BRACE => self.close(token),
            CHAIN if matches!(next, Some(OPEN | OPEN_SQUARE)) => {}
            CHAIN => self.code.tokens.push(Token { kind: DOT, ..token }),
            _ => self.code.tokens.push(token),
        }
    }

    fn kind(&self, at: usize) -> Option<Kind> {
        self.code.tokens.get(at).map(|token| token.kind)
    }

    /// Puts a string behind what is there, or onto the string that it is added to.
    fn text(&mut self, token: Token) {
        let length = |token: Token| self.code.text(token).len();
        if let [.., before, plus] = *self.code.tokens.as_slice()
            && plus.kind == PLUS
            && before.is_text()
            && length(before) + length(token) <= LONGEST.min(self.budget)
        {
            let start = if before.decoded && before.end as usize == self.code.buffer.len() {
                before.start as usize
            } else {
                let start = self.code.buffer.len();
                self.copy(before);
                start
            };
            self.copy(token);
            self.code.tokens.truncate(self.code.tokens.len() - 2);
            let sum = self.decoded(token.kind, start);
            self.code.tokens.push(sum);
        } else {
            self.code.tokens.push(token);
        }
    }

    fn copy(&mut self, token: Token) {
        let text = self.code.text(token).to_vec();
        self.budget = self.budget.saturating_sub(text.len());
        self.code.buffer.extend_from_slice(&text);
    }

    /// A token for what stands in the buffer from `start`.
    fn decoded(&self, kind: Kind, start: usize) -> Token {
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Token { kind, decoded: true, start: place(start), end: place(self.code.buffer.len()) }
    }

    fn constant(&mut self, from: usize, text: &[u8]) {
        let start = self.code.buffer.len();
        self.code.buffer.extend_from_slice(text);
        self.budget = self.budget.saturating_sub(text.len());
        self.code.tokens.truncate(from);
        let token = self.decoded(Kind::Text, start);
        self.text(token);
    }

    fn close(&mut self, token: Token) {
        let opener = match token.kind {
            CLOSE => OPEN,
            CLOSE_SQUARE => OPEN_SQUARE,
            _ => OPEN_BRACE,
        };
        let Some(at) = self.open.last().copied().filter(|at| self.kind(*at) == Some(opener)) else {
            self.code.tokens.push(token);
            return;
        };
        self.open.pop();
        let done = match token.kind {
            CLOSE => self.parenthesis(at),
            CLOSE_SQUARE => self.member(at),
            _ => false,
        };
        if !done {
            self.code.tokens.push(token);
        }
    }

    /// Whether a bracket at `at` belongs to the value before it: the parentheses of a call, the brackets of a member.
    fn follows_value(&self, at: usize) -> bool {
        let Some(before) = at.checked_sub(1).and_then(|before| self.code.tokens.get(before)) else {
            return false;
        };
        match before.kind {
            Kind::Name => {
                let property = at.checked_sub(2).and_then(|at| self.kind(at)) == Some(DOT);
                property || !expects_operand(self.code.text(*before))
            }
            Kind::Text | Kind::OpenText | Kind::Regex | CLOSE | CLOSE_SQUARE | CLOSE_BRACE => true,
            _ => false,
        }
    }

    /// `['name']` behind a value.
    fn member(&mut self, at: usize) -> bool {
        let inner = self.code.tokens.get(at + 1..).unwrap_or_default();
        let [name] = *inner else { return false };
        let values = at.checked_sub(1).and_then(|before| self.code.tokens.get(before));
        let on_list = values.is_some_and(|before| matches!(before.kind, CLOSE_BRACE));
        if on_list || !self.follows_value(at) || !name.is_text() || !is_name(self.code.text(name)) {
            return false;
        }
        self.code.tokens.truncate(at);
        self.code.tokens.push(Token { kind: DOT, ..name });
        self.code.tokens.push(Token { kind: Kind::Name, ..name });
        true
    }

    fn parenthesis(&mut self, at: usize) -> bool {
        let inner = self.code.tokens.get(at + 1..).unwrap_or_default();
        if self.follows_value(at) {
            return self.call(at);
        }
        let before = at.checked_sub(1).and_then(|before| self.code.name(before)).unwrap_or_default();
        if takes_parentheses(before) {
            return false;
        }
        match *inner {
            [value] if value.is_text() => {
                self.code.tokens.truncate(at);
                self.text(value);
                true
            }
            [zero, comma, ref chain @ ..] if zero.kind == Kind::Number && comma.kind == COMMA && is_chain(chain) => {
                self.code.tokens.drain(at..at + 3);
                true
            }
            ref chain if is_chain(chain) => {
                self.code.tokens.remove(at);
                true
            }
            _ => false,
        }
    }

    /// A call whose arguments are constants, of a function that is known.
    fn call(&mut self, at: usize) -> bool {
        let Some(callee) = at.checked_sub(1) else { return false };
        let function = self.code.name(callee).unwrap_or_default();
        let dotted = callee.checked_sub(1).filter(|dot| self.kind(*dot) == Some(DOT));
        let on = dotted.and_then(|dot| dot.checked_sub(1));
        let inner = self.code.tokens.get(at + 1..).unwrap_or_default();
        let said = match (function, on) {
            (b"concat", Some(on)) if self.code.string(on).is_some() => {
                let Some(parts) = self.listed(inner) else { return false };
                let first = self.code.string(on).unwrap_or_default();
                Some((on, [first, &parts].concat()))
            }
            (b"join", Some(on)) if self.kind(on) == Some(CLOSE_SQUARE) => {
                let [glue] = *inner else { return false };
                if !glue.is_text() || glue.start != glue.end {
                    return false;
                }
                self.list_before(on)
            }
            (b"fromCharCode" | b"fromCodePoint", Some(on)) => {
                let mut text = Vec::new();
                for (place, token) in inner.iter().enumerate() {
                    match token.kind {
                        Kind::Number if place % 2 == 0 => escapes::letter(self.code.text(*token), &mut text),
                        COMMA if place % 2 == 1 => {}
                        _ => return false,
                    }
                }
                Some((on, text))
            }
            _ => {
                let [value] = *inner else { return false };
                let own = match on {
                    None => Some(callee),
                    Some(on) => self
                        .code
                        .name(on)
                        .filter(|name| matches!(*name, b"window" | b"self" | b"globalThis"))
                        .map(|_| on),
                };
                let text = if value.is_text() { escapes::apply(function, self.code.text(value)) } else { None };
                own.zip(text)
            }
        };
        let Some((from, text)) = said.filter(|(_, text)| text.len() <= self.budget) else { return false };
        self.constant(from, &text);
        true
    }

    /// The sum of strings with commas between them.
    fn listed(&self, tokens: &[Token]) -> Option<Vec<u8>> {
        let mut text = Vec::new();
        for (place, token) in tokens.iter().enumerate() {
            match token.kind {
                Kind::Text if place % 2 == 0 => text.extend_from_slice(self.code.text(*token)),
                COMMA if place % 2 == 1 => {}
                _ => return None,
            }
        }
        Some(text)
    }

    /// The sum of the list of strings that ends at `end`, and where it begins.
    fn list_before(&self, end: usize) -> Option<(usize, Vec<u8>)> {
        let list = self.code.tokens.get(..end)?;
        let start = list.iter().rposition(|token| !(token.is_text() || token.kind == COMMA))?;
        if self.kind(start) != Some(OPEN_SQUARE) {
            return None;
        }
        Some((start, self.listed(list.get(start + 1..)?)?))
    }
}

/// `a`, or `a.b.c`.
fn is_chain(tokens: &[Token]) -> bool {
    let alternate = tokens
        .iter()
        .enumerate()
        .all(|(place, token)| if place % 2 == 0 { token.kind == Kind::Name } else { token.kind == DOT });
    alternate && tokens.len() % 2 == 1 && tokens.len() <= LONGEST_CHAIN
}
