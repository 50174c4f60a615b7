//! Bytes to tokens (ECMAScript, lexical grammar, with the comments of its annex B).
//!
//! One pass, every byte a constant number of times, and no input that it stops at: what is no JavaScript becomes tokens of
//! some kind. Whether a `/` divides or begins a regular expression is told by what stands before it; where that says
//! nothing, the reading is taken in which more of the text is code.

use memchr::{memchr, memchr3, memmem};

use super::escapes;
use super::operators::{operator, wide_space};
use super::token::{CLOSE, Code, Kind, OPEN, PLUS, STEP, Token, expects_operand, is_word, takes_parentheses};

/// A bracket that is open.
#[derive(Clone, Copy, Debug)]
enum Bracket {
    /// Behind `if` and the like, a regular expression may follow its end.
    Parenthesis {
        control: bool,
    },
    Square,
    Brace {
        block: bool,
    },
    /// `${` of a template.
    Substitution,
}

struct Lexer<'s> {
    code: Code<'s>,
    at: usize,
    open: Vec<Bracket>,
    /// What stands before is a value, so that `/` divides it.
    operand: bool,
    /// Only spaces and comments since the last line break.
    line_start: bool,
    /// Up to here no regular expression ends.
    no_regex_before: usize,
}

/// The tokens of `source`, of which the first 4 GiB are read.
pub(super) fn lex(source: &[u8]) -> Code<'_> {
    let source = source.get(..u32::MAX as usize).unwrap_or(source);
    let code = Code { source, buffer: Vec::new(), tokens: Vec::with_capacity(source.len() / 4) };
    let mut lexer = Lexer { code, at: 0, open: Vec::new(), operand: false, line_start: true, no_regex_before: 0 };
    if source.starts_with(b"#!") {
        lexer.line_comment();
    }
    while let Some(byte) = lexer.peek(0) {
        lexer.step(byte);
    }
    lexer.code
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.code.source.get(self.at + ahead).copied()
    }

    fn rest(&self) -> &[u8] {
        self.code.source.get(self.at..).unwrap_or_default()
    }

    fn step(&mut self, byte: u8) {
        match byte {
            b'\n' | b'\r' => {
                self.at += 1;
                self.line_start = true;
            }
            b' ' | b'\t' | 0x0b | 0x0c => self.at += 1,
            b'/' if self.peek(1) == Some(b'/') => self.line_comment(),
            b'/' if self.peek(1) == Some(b'*') => {
                let end = memmem::find(self.rest().get(2..).unwrap_or_default(), b"*/");
                let length = end.map_or_else(|| self.rest().len(), |end| end + 4);
                self.line_start |= memchr(b'\n', self.rest().get(..length).unwrap_or_default()).is_some();
                self.at += length;
            }
            // In a module this compares and counts down; on a line of its own, or where no value stands before, it cannot.
            b'<' if self.rest().starts_with(b"<!--") && (self.line_start || !self.operand) => self.line_comment(),
            b'-' if self.line_start && self.rest().starts_with(b"-->") => self.line_comment(),
            b'"' | b'\'' => self.string(byte),
            b'`' => {
                self.at += 1;
                self.template();
            }
            b'0'..=b'9' => self.number(),
            b'.' if self.peek(1).is_some_and(|next| next.is_ascii_digit()) => self.number(),
            byte if byte >= 0x80 => match wide_space(self.rest()) {
                Some((length, breaks)) => {
                    self.at += length;
                    self.line_start |= breaks;
                }
                None => self.name(),
            },
            byte if is_word(byte) || (byte == b'\\' && self.peek(1) == Some(b'u')) => self.name(),
            b'/' if !self.operand && self.regex() => {}
            byte => self.mark(byte),
        }
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize, decoded: bool) {
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        self.code.tokens.push(Token { kind, decoded, start: place(start), end: place(end) });
        self.line_start = false;
    }

    fn line_comment(&mut self) {
        loop {
            let rest = self.rest();
            let Some(end) = memchr3(b'\n', b'\r', 0xe2, rest) else {
                self.at = self.code.source.len();
                return;
            };
            let tail = rest.get(end..).unwrap_or_default();
            let over = tail.first() != Some(&0xe2) || wide_space(tail).is_some_and(|(_, breaks)| breaks);
            self.at += end;
            if over {
                return;
            }
            self.at += 1;
        }
    }

    fn string(&mut self, quote: u8) {
        let start = self.at + 1;
        let (mut at, mut escaped) = (start, false);
        let source = self.code.source;
        let ended = loop {
            let rest = source.get(at..).unwrap_or_default();
            let Some(next) = rest.iter().position(|byte| *byte == quote || matches!(byte, b'\\' | b'\n' | b'\r'))
            else {
                at = source.len();
                break false;
            };
            at += next;
            match source.get(at) {
                Some(b'\\') => {
                    escaped = true;
                    let lines = source.get(at + 1..).unwrap_or_default().starts_with(b"\r\n");
                    at = (at + if lines { 3 } else { 2 }).min(source.len());
                }
                Some(byte) => break *byte == quote,
                None => break false,
            }
        };
        self.content(if ended { Kind::Text } else { Kind::OpenText }, start, at, escaped);
        self.at = at + usize::from(ended);
        self.operand = true;
    }

    fn content(&mut self, kind: Kind, start: usize, end: usize, escaped: bool) {
        if escaped {
            let from = self.code.buffer.len();
            let raw = self.code.source.get(start..end).unwrap_or_default();
            escapes::resolve(raw, &mut self.code.buffer);
            self.push(kind, from, self.code.buffer.len(), true);
        } else {
            self.push(kind, start, end, false);
        }
    }

    /// The rest of a template, up to its end or its next substitution. A template becomes the sum that it stands for.
    fn template(&mut self) {
        let start = self.at;
        let (mut at, mut escaped) = (start, false);
        let source = self.code.source;
        let (kind, length, substitutes) = loop {
            let rest = source.get(at..).unwrap_or_default();
            let Some(next) = memchr3(b'`', b'\\', b'$', rest) else {
                at = source.len();
                break (Kind::OpenText, 0, false);
            };
            at += next;
            match (source.get(at), source.get(at + 1)) {
                (Some(b'`'), _) => break (Kind::Text, 1, false),
                (Some(b'$'), Some(b'{')) => break (Kind::Text, 2, true),
                (Some(b'\\'), _) => {
                    escaped = true;
                    at = (at + 2).min(source.len());
                }
                _ => at += 1,
            }
        };
        self.content(kind, start, at, escaped);
        self.at = at + length;
        self.operand = true;
        if substitutes {
            self.push(PLUS, at, at, false);
            self.push(OPEN, at, at, false);
            self.open.push(Bracket::Substitution);
            self.operand = false;
        }
    }

    fn number(&mut self) {
        let start = self.at;
        let mark = self.code.source.get(start + 1).map(u8::to_ascii_lowercase);
        let decimal = !matches!(mark, Some(b'x' | b'o' | b'b'));
        let mut point = false;
        while let Some(byte) = self.peek(0) {
            let signed = matches!(byte, b'e' | b'E') && self.peek(1).is_some_and(|sign| matches!(sign, b'+' | b'-'));
            if signed && decimal {
                self.at += 2;
            } else if is_word(byte) || (byte == b'.' && decimal && !point) {
                point |= byte == b'.';
                self.at += 1;
            } else {
                break;
            }
        }
        self.push(Kind::Number, start, self.at, false);
        self.operand = true;
    }

    fn name(&mut self) {
        let start = self.at;
        let mut escaped = false;
        while let Some(byte) = self.peek(0) {
            match byte {
                b'\\' if self.peek(1) == Some(b'u') => {
                    escaped = true;
                    self.at += 2;
                    if self.peek(0) == Some(b'{') {
                        let end = memchr(b'}', self.rest().get(..12).unwrap_or_else(|| self.rest()));
                        self.at += end.map_or(1, |end| end + 1);
                    }
                }
                byte if byte >= 0x80 && wide_space(self.rest()).is_some() => break,
                byte if is_word(byte) => self.at += 1,
                _ => break,
            }
        }
        let property = self.code.tokens.last().is_some_and(|before| matches!(before.kind, Kind::Mark(b'.' | 6)));
        self.content(Kind::Name, start, self.at, escaped);
        let word = self.code.source.get(start..self.at).unwrap_or_default();
        self.operand = property || !expects_operand(word);
    }

    /// A regular expression, if one ends on this line.
    fn regex(&mut self) -> bool {
        if self.at < self.no_regex_before {
            return false;
        }
        let (mut at, mut class) = (self.at + 1, false);
        loop {
            match self.code.source.get(at) {
                None | Some(b'\n' | b'\r') => {
                    self.no_regex_before = at;
                    return false;
                }
                Some(b'\\') => at += 1,
                Some(b'[') => class = true,
                Some(b']') => class = false,
                Some(b'/') if !class => break,
                Some(_) => {}
            }
            at += 1;
        }
        at += 1;
        while self.code.source.get(at).is_some_and(|byte| is_word(*byte)) {
            at += 1;
        }
        self.push(Kind::Regex, self.at, at, false);
        self.at = at;
        self.operand = true;
        true
    }

    fn mark(&mut self, byte: u8) {
        let (kind, length) = operator(self.rest(), byte);
        let before = self.code.tokens.last().copied();
        let word = before.filter(|token| token.kind == Kind::Name).map_or(&b""[..], |token| self.code.text(token));
        let mut operand = matches!(byte, b')' | b']' | b'}') || (kind == STEP && self.operand);
        match byte {
            b'(' => {
                let control = matches!(word, b"if" | b"while" | b"for" | b"with") && takes_parentheses(word);
                self.open.push(Bracket::Parenthesis { control });
            }
            b'[' => self.open.push(Bracket::Square),
            b'{' => {
                let block = match before.map(|token| token.kind) {
                    None | Some(Kind::Mark(b')' | b';' | b'{' | b'}' | 3)) => true,
                    Some(Kind::Name) => !expects_operand(word) || matches!(word, b"else" | b"do"),
                    Some(_) => false,
                };
                self.open.push(Bracket::Brace { block });
            }
            b')' | b']' | b'}' => match self.open.pop() {
                Some(Bracket::Substitution) if byte == b'}' => {
                    let at = self.at;
                    self.push(CLOSE, at, at, false);
                    self.push(PLUS, at, at, false);
                    self.at += 1;
                    self.template();
                    return;
                }
                Some(Bracket::Parenthesis { control }) => operand = !control,
                Some(Bracket::Brace { block }) => operand = !block,
                _ => {}
            },
            _ => {}
        }
        self.push(kind, self.at, self.at + length, false);
        self.at += length;
        self.operand = operand;
    }
}

#[cfg(test)]
mod tests {
    use super::super::token::Kind;
    use super::lex;

    /// Names, and texts in quotes.
    fn words(source: &str) -> String {
        let code = lex(source.as_bytes());
        let words = code.tokens.iter().filter_map(|token| {
            let text = String::from_utf8_lossy(code.text(*token));
            match token.kind {
                Kind::Name | Kind::Regex => Some(text.into_owned()),
                Kind::Text | Kind::OpenText => Some(format!("'{text}'")),
                _ => None,
            }
        });
        words.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn comments_texts_and_patterns_are_told_apart() {
        for (source, told) in [
            ("a /* b 'c' */ d // e\nf", "a d f"),
            ("a // b\u{2028}c", "a c"),
            ("<!-- a\nb\n--> c\nd", "b d"),
            ("a <!--b\nc", "a b c"),
            ("a-->b", "a b"),
            ("a = b / c / d", "a b c d"),
            ("a = /b/c; d", "a /b/c d"),
            ("if (a) /b'/.test(c)", "if a /b'/ test c"),
            ("f(a) / b / c", "f a b c"),
            ("return /a[/'\"]b/ + 'c'", "return /a[/'\"]b/ 'c'"),
            ("x = {a: 1} / b / c", "x a b c"),
            ("if (a) { b } /c'/.exec(d)", "if a b /c'/ exec d"),
            ("a++ / b / c", "a b c"),
            ("a = / b", "a b"),
            ("x.return / a / b", "x return a b"),
            ("'a\\'b' \"c'd\" `e'f`", "'a'b' 'c'd' 'e'f'"),
            ("`a${b + `c${d}e`}f` g", "'a' b 'c' d 'e' 'f' g"),
            ("`a${ {b: '}'} }c`", "'a' b '}' 'c'"),
            ("'a\nb", "'a' b"),
            ("'a\\\nb' c", "'ab' c"),
            ("\\u0061b \\u{62}c", "ab bc"),
            ("1..a 0x1F.b 1e+5 .5c 1_0n d", "a b d"),
            ("#!a b\nc", "c"),
            ("a?.b a?.5:b", "a b a b"),
        ] {
            assert_eq!(words(source), told, "{source}");
        }
    }

    #[test]
    fn tokens_are_not_more_than_bytes_and_lie_inside() {
        let pieces =
            ["`", "${", "}", "'", "\\", "/", "/*", "(", ")", "a", "1", "\n", "<!--", "é", "\u{2028}", ".", "=", "["];
        let mut number = 7_usize;
        for _ in 0..3000 {
            let mut source = String::new();
            for _ in 0..number % 40 {
                number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                source.push_str(pieces[(number >> 33) % pieces.len()]);
            }
            number = number.wrapping_add(1_442_695_040_888_963_407).rotate_left(7);
            let code = lex(source.as_bytes());
            assert!(code.tokens.len() <= 2 * source.len() + 2, "{source}");
            for token in &code.tokens {
                let from = if token.decoded { code.buffer.len() } else { source.len() };
                assert!(token.start <= token.end && token.end as usize <= from, "{source}");
            }
        }
    }
}
