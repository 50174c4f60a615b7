//! From constants to what loads them: which addresses, markup and code a script hands to the browser.
//!
//! Names are followed without regard to order: through variables of the functions around, members by their last name,
//! parameters of functions that are called at once or by name, and what functions return. That finds what install snippets
//! do, in any spelling; it finds too much where one name of a member stands for several things, and it does not find what is
//! computed. Work is bounded by the length of the script: every expression is read once, and what texts are put together
//! from is counted.

mod functions;
mod values;

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use smallvec::SmallVec;

use super::address::UNKNOWN;
use super::brackets::Brackets;
use super::sinks::{self, Sink};
use super::token::{
    ARROW, ASSIGN, COLON, COMMA, Code, DOT, Kind, OPEN, OPEN_BRACE, OPEN_SQUARE, SEMICOLON, takes_parentheses,
};

/// The most values that one name is followed to.
const VALUES: usize = 16;
/// The longest text that is put together.
const LONGEST: usize = 64 * 1024;
/// How many names are followed in a row, and how many functions outwards.
const DEEPEST: usize = 16;
/// The longest body of an arrow function without braces.
const SHORT_BODY: usize = 64;

/// Where an expression begins, and the function it stands in.
type Place = (usize, u32);
type Values = SmallVec<[Place; 2]>;
type Known = Rc<[Vec<u8>]>;

#[derive(Debug)]
struct Function<'c> {
    scope: u32,
    parameters: SmallVec<[&'c [u8]; 8]>,
}

pub(super) struct Flow<'c> {
    code: &'c Code<'c>,
    brackets: &'c Brackets,
    /// The function around each function; the script itself is the first.
    scopes: Vec<u32>,
    variables: HashMap<(u32, &'c [u8]), Values>,
    members: HashMap<&'c [u8], Values>,
    functions: Vec<Function<'c>>,
    by_name: HashMap<&'c [u8], SmallVec<[usize; 2]>>,
    returned: HashMap<u32, Values>,
    calls: Vec<(&'c [u8], Place)>,
    /// Functions that are called where they are written: which, and where the parentheses are.
    at_once: Vec<(usize, Place)>,
    sinks: Vec<(Sink, Place)>,
    known: HashMap<usize, Known>,
    /// What may still be spent on putting texts together, in bytes and tokens.
    budget: usize,
}

/// Hands to `found` everything that `code` makes a browser load or run, with [`UNKNOWN`] for what is not constant.
pub(super) fn follow(code: &Code<'_>, brackets: &Brackets, mut found: impl FnMut(Sink, &[u8])) {
    let mut flow = Flow {
        code,
        brackets,
        scopes: vec![0],
        variables: HashMap::new(),
        members: HashMap::new(),
        functions: Vec::new(),
        by_name: HashMap::new(),
        returned: HashMap::new(),
        calls: Vec::new(),
        at_once: Vec::new(),
        sinks: Vec::new(),
        known: HashMap::new(),
        budget: code.source.len().saturating_mul(16).saturating_add(64 * 1024),
    };
    flow.walk();
    flow.bind_calls();
    let mut told: HashSet<(Sink, Vec<u8>)> = HashSet::new();
    for (sink, (at, scope)) in std::mem::take(&mut flow.sinks) {
        for text in flow.value(at, scope, 0).iter() {
            if text.iter().any(|byte| *byte != UNKNOWN) && told.insert((sink, text.clone())) {
                found(sink, text);
            }
        }
    }
}

impl Flow<'_> {
    fn kind(&self, at: usize) -> Kind {
        self.code.kind(at)
    }

    fn before(&self, at: usize) -> Kind {
        at.checked_sub(1).map_or(SEMICOLON, |before| self.code.kind(before))
    }

    fn mate(&self, at: usize) -> usize {
        self.brackets.mate(at)
    }

    fn walk(&mut self) {
        let length = self.code.tokens.len();
        let mut inside: Vec<(u32, usize)> = Vec::new();
        let mut brackets: Vec<Kind> = Vec::new();
        let sees = sinks::Sees::of(self.code);
        for at in 0..length {
            while inside.last().is_some_and(|(_, end)| *end < at) {
                inside.pop();
            }
            let scope = inside.last().map_or(0, |(scope, _)| *scope);
            let kind = self.kind(at);
            let key = self.kind(at + 1) == COLON
                && brackets.last() == Some(&OPEN_BRACE)
                && matches!(self.before(at), OPEN_BRACE | COMMA);
            match kind {
                OPEN | OPEN_SQUARE | OPEN_BRACE => brackets.push(kind),
                Kind::Mark(b')' | b']' | b'}') => {
                    brackets.pop();
                }
                Kind::Text if key => self.member(at, (at + 2, scope)),
                Kind::Name => {
                    inside.extend(self.name(at, scope, key));
                    let handed = &mut self.sinks;
                    sinks::at(self.code, self.brackets, at, key, sees, |sink, at| handed.push((sink, (at, scope))));
                }
                ARROW => inside.extend(self.arrow(at, scope)),
                _ => {}
            }
        }
    }

    fn member(&mut self, at: usize, value: Place) {
        let code = self.code;
        let name = code.name(at).or_else(|| code.string(at)).unwrap_or_default();
        add(self.members.entry(name).or_default(), value);
    }

    /// Takes note of what a name is given, declares or calls. Gives the scope that begins with it, and its end.
    fn name(&mut self, at: usize, scope: u32, key: bool) -> Option<(u32, usize)> {
        let code = self.code;
        let name = code.name(at)?;
        let is_member = self.before(at) == DOT;
        if key {
            self.member(at, (at + 2, scope));
            return None;
        }
        match (name, self.kind(at + 1)) {
            (b"function", _) if !is_member => return self.function(at, scope),
            (b"return", _) if !is_member => add(self.returned.entry(scope).or_default(), (at + 1, scope)),
            (_, ASSIGN) if is_member => self.member(at, (at + 2, scope)),
            (_, ASSIGN) => {
                add(self.variables.entry((scope, name)).or_default(), (at + 2, scope));
                let declared = at.checked_sub(1).and_then(|before| code.name(before));
                if scope != 0 && !matches!(declared, Some(b"var" | b"let" | b"const")) {
                    add(self.variables.entry((0, name)).or_default(), (at + 2, scope));
                }
            }
            (_, OPEN) => {
                let close = self.mate(at + 1);
                if self.kind(close + 1) == OPEN_BRACE && !is_member && !takes_parentheses(name) {
                    return Some(self.declare(name, at + 1, close + 1, scope));
                }
                self.calls.push((name, (at + 1, scope)));
            }
            _ => {}
        }
        None
    }
}

fn add(values: &mut Values, value: Place) {
    if values.len() < VALUES {
        values.push(value);
    }
}
