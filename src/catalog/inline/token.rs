//! What JavaScript is made of, as far as install snippets are told by it.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name or keyword.
    Name,
    /// The content of a string or of a piece of a template.
    Text,
    /// As [`Kind::Text`], of a string that nothing ends.
    OpenText,
    /// A number.
    Number,
    /// A regular expression.
    Regex,
    /// An operator or bracket: its byte, or one of the classes below.
    Mark(u8),
}

/// `==`, `<` and the like.
pub(super) const COMPARE: Kind = Kind::Mark(1);
/// `||`, `&&`, `??`.
pub(super) const LOGIC: Kind = Kind::Mark(2);
/// `=>`.
pub(super) const ARROW: Kind = Kind::Mark(3);
/// `...`.
pub(super) const SPREAD: Kind = Kind::Mark(4);
/// `++`, `--`.
pub(super) const STEP: Kind = Kind::Mark(5);
/// `?.`.
pub(super) const CHAIN: Kind = Kind::Mark(6);
/// Any other operator.
pub(super) const OTHER: Kind = Kind::Mark(7);
/// `=`, and every assignment that may hand on the value unchanged: `||=`, `&&=`, `??=`, `+=`.
pub(super) const ASSIGN: Kind = Kind::Mark(b'=');
pub(super) const PLUS: Kind = Kind::Mark(b'+');
pub(super) const DOT: Kind = Kind::Mark(b'.');
pub(super) const COMMA: Kind = Kind::Mark(b',');
pub(super) const COLON: Kind = Kind::Mark(b':');
pub(super) const SEMICOLON: Kind = Kind::Mark(b';');
pub(super) const QUESTION: Kind = Kind::Mark(b'?');
pub(super) const OPEN: Kind = Kind::Mark(b'(');
pub(super) const CLOSE: Kind = Kind::Mark(b')');
pub(super) const OPEN_SQUARE: Kind = Kind::Mark(b'[');
pub(super) const CLOSE_SQUARE: Kind = Kind::Mark(b']');
pub(super) const OPEN_BRACE: Kind = Kind::Mark(b'{');
pub(super) const CLOSE_BRACE: Kind = Kind::Mark(b'}');

/// One token. Its text stands in the source, or where escapes were resolved in a buffer beside it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// Whether the text stands in the buffer.
    pub(super) decoded: bool,
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Token {
    pub(super) const fn is_text(&self) -> bool {
        matches!(self.kind, Kind::Text | Kind::OpenText)
    }
}

/// A script in tokens.
#[derive(Debug, Default)]
pub(super) struct Code<'s> {
    pub(super) source: &'s [u8],
    pub(super) buffer: Vec<u8>,
    pub(super) tokens: Vec<Token>,
}

impl Code<'_> {
    /// The text of a token: a name, the content of a string.
    pub(super) fn text(&self, token: Token) -> &[u8] {
        let from = if token.decoded { &self.buffer } else { self.source };
        from.get(token.start as usize..token.end as usize).unwrap_or_default()
    }

    /// What the token at `at` is; [`OTHER`] behind the end, which nothing begins or continues with.
    pub(super) fn kind(&self, at: usize) -> Kind {
        self.tokens.get(at).map_or(OTHER, |token| token.kind)
    }

    /// The text of the token at `at` if it is a name.
    pub(super) fn name(&self, at: usize) -> Option<&[u8]> {
        let token = self.tokens.get(at).filter(|token| token.kind == Kind::Name)?;
        Some(self.text(*token))
    }

    /// The content of the token at `at` if it is a string.
    pub(super) fn string(&self, at: usize) -> Option<&[u8]> {
        let token = self.tokens.get(at).filter(|token| token.is_text())?;
        Some(self.text(*token))
    }
}

/// Words that no value is called by, and behind which an operand follows.
pub(super) fn expects_operand(name: &[u8]) -> bool {
    matches!(
        name,
        b"return"
            | b"typeof"
            | b"case"
            | b"in"
            | b"of"
            | b"delete"
            | b"void"
            | b"throw"
            | b"new"
            | b"else"
            | b"do"
            | b"instanceof"
            | b"yield"
            | b"await"
            | b"default"
    )
}

/// Words that are followed by parentheses that are no call's.
pub(super) fn takes_parentheses(name: &[u8]) -> bool {
    matches!(name, b"if" | b"for" | b"while" | b"switch" | b"with" | b"catch" | b"function")
}

/// Whether `text` could be written as a name.
pub(super) fn is_name(text: &[u8]) -> bool {
    text.first().is_some_and(|byte| !byte.is_ascii_digit()) && text.iter().all(|byte| is_word(*byte))
}

/// A byte of a name: letters, digits, `_`, `$`, and whatever is not ASCII.
pub(super) const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80
}
