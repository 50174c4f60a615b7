//! Where in a sheet something stands, as far as what a string or an address is for depends on it.
//!
//! Follows the blocks of CSS Syntax Level 3 §5: a closing bracket closes only what it matches, and inside of round and
//! square brackets a brace or a semicolon ends nothing.

/// What the strings of a place are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strings {
    /// Text, names, types.
    Text,
    /// Addresses, if they name somebody else: what becomes of them is not told here. A string in a custom property ends up
    /// as an address where `image-set(var(--x))` takes it.
    Perhaps,
    /// Addresses.
    Addresses,
    /// The address of a sheet that is imported.
    Import,
}

/// What an at-rule makes of what stands before its block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Prelude {
    Other,
    /// `@import`, whose address is still to come.
    Import,
    /// Addresses that only name something: `@namespace`, `@document`.
    Names,
    FontFace,
}

/// How far a declaration is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Declaration {
    /// One may begin.
    Start,
    /// Behind a name. `handed_on`: what it is set to may be used elsewhere.
    Name { handed_on: bool },
    /// Behind the colon.
    Value { handed_on: bool },
    /// In something else.
    Elsewhere,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    closes: u8,
    strings: Strings,
    font: bool,
    declaration: Declaration,
}

/// Deeper nesting than this is not followed: from there on every string of the sheet may be an address.
const MAX_DEPTH: usize = 1024;

/// The open blocks, outermost first, and what is known about the innermost.
#[derive(Debug)]
pub(super) struct Context {
    open: Vec<Open>,
    root: Declaration,
    prelude: Prelude,
    lost: bool,
}

impl Context {
    pub(super) const fn new() -> Self {
        Self { open: Vec::new(), root: Declaration::Start, prelude: Prelude::Other, lost: false }
    }

    /// What a string at this point is.
    pub(super) fn strings(&self) -> Strings {
        match self.prelude {
            Prelude::Import => Strings::Import,
            _ if self.lost => Strings::Perhaps,
            Prelude::Names => Strings::Text,
            Prelude::Other | Prelude::FontFace => self.inherited(),
        }
    }

    fn inherited(&self) -> Strings {
        let handed_on = self.declaration() == Some(Declaration::Value { handed_on: true });
        match self.open.last() {
            _ if handed_on => Strings::Perhaps,
            Some(open) => open.strings,
            None => Strings::Text,
        }
    }

    /// Whether an address at this point only names something.
    pub(super) const fn only_names(&self) -> bool {
        matches!(self.prelude, Prelude::Names) && !self.lost
    }

    /// Whether an address at this point is one of a sheet that is imported.
    pub(super) const fn imports(&self) -> bool {
        matches!(self.prelude, Prelude::Import)
    }

    /// Whether an address at this point is a font's.
    pub(super) fn is_font(&self) -> bool {
        self.open.iter().rev().find(|open| open.closes == b'}').is_some_and(|open| open.font)
    }

    /// An address was read: the one of an `@import`, if it is one.
    pub(super) const fn addressed(&mut self) {
        if self.imports() {
            self.prelude = Prelude::Other;
        }
    }

    /// How far the declaration is, unless something inside of it is open.
    fn declaration(&self) -> Option<Declaration> {
        match self.open.last() {
            None => Some(self.root),
            Some(open) => (open.closes == b'}').then_some(open.declaration),
        }
    }

    fn declare(&mut self, declaration: Declaration) {
        match self.open.last_mut() {
            None => self.root = declaration,
            Some(open) if open.closes == b'}' => open.declaration = declaration,
            Some(_) => {}
        }
    }

    /// A name, in lower case.
    pub(super) fn name(&mut self, name: &[u8]) {
        if self.declaration() == Some(Declaration::Start) {
            let handed_on = name.starts_with(b"--") || matches!(name, b"initial-value" | b"result");
            self.declare(Declaration::Name { handed_on });
        } else {
            self.other();
        }
    }

    /// Whether a name at this point may be a property's, so that it has to be looked at.
    pub(super) fn declares(&self) -> bool {
        self.declaration() == Some(Declaration::Start)
    }

    pub(super) fn colon(&mut self) {
        if let Some(Declaration::Name { handed_on }) = self.declaration() {
            self.declare(Declaration::Value { handed_on });
        } else {
            self.other();
        }
    }

    /// Anything that is neither white space nor one of the others.
    pub(super) fn other(&mut self) {
        if matches!(self.declaration(), Some(Declaration::Start | Declaration::Name { .. })) {
            self.declare(Declaration::Elsewhere);
        }
    }

    pub(super) fn semicolon(&mut self) {
        self.prelude = Prelude::Other;
        self.declare(Declaration::Start);
    }

    /// An at-keyword, without its `@`, in lower case.
    pub(super) fn at_rule(&mut self, name: &[u8]) {
        // Whoever imports is heard anywhere, whoever excuses addresses only where rules begin.
        let begins = self.declaration() == Some(Declaration::Start);
        self.prelude = match name {
            b"import" => Prelude::Import,
            b"namespace" | b"document" | b"-moz-document" if begins => Prelude::Names,
            b"font-face" => Prelude::FontFace,
            _ if self.only_names() => Prelude::Names,
            _ => Prelude::Other,
        };
        self.other();
    }

    /// A function of this name in lower case, its `(` included.
    pub(super) fn function(&mut self, name: &[u8]) {
        // A letter above ASCII may be none of the name's (see the parent module).
        let name = name.rsplit(|byte| *byte == 0x80).next().unwrap_or(name);
        let strings = match name {
            b"url" | b"src" | b"image" | b"cross-fade" | b"-webkit-cross-fade" => Strings::Addresses,
            _ if name.ends_with(b"image-set") => Strings::Addresses,
            b"alphaimageloader" => Strings::Perhaps,
            b"type" | b"format" | b"tech" | b"local" => Strings::Text,
            _ => self.inherited(),
        };
        self.other();
        self.push(b')', strings);
    }

    pub(super) fn bracket(&mut self, closes: u8) {
        let strings = self.inherited();
        self.other();
        self.push(closes, strings);
    }

    pub(super) fn brace(&mut self) {
        let strings = self.inherited();
        self.other();
        self.push(b'}', strings);
        self.prelude = Prelude::Other;
    }

    fn push(&mut self, closes: u8, strings: Strings) {
        if self.lost {
            return;
        }
        let font = closes == b'}' && self.prelude == Prelude::FontFace;
        if self.open.len() < MAX_DEPTH {
            self.open.push(Open { closes, strings, font, declaration: Declaration::Start });
        } else {
            self.lost = true;
            self.open.clear();
        }
    }

    /// A closing bracket.
    pub(super) fn close(&mut self, byte: u8) {
        if byte == b'}' {
            self.prelude = Prelude::Other;
        }
        if self.open.last().is_none_or(|open| open.closes != byte) {
            self.other();
            return;
        }
        self.open.pop();
        // A block ends a rule; in a value it is a part of it.
        if byte == b'}' && !matches!(self.declaration(), Some(Declaration::Value { handed_on: true }) | None) {
            self.declare(Declaration::Start);
        }
    }
}
