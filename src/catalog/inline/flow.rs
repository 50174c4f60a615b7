//! From constants to what loads them: which addresses, markup and code a script hands to the browser.
//!
//! Names are followed without regard to order: through variables of the functions around, members by their last name,
//! parameters of functions that are called at once or by name, and what functions return. That finds what install snippets
//! do, in any spelling; it finds too much where one name of a member stands for several things, and it does not find what is
//! computed. Work is bounded by the length of the script: every expression is read once, and what texts are put together
//! from is counted.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use smallvec::SmallVec;

use super::address::UNKNOWN;
use super::brackets::Brackets;
use super::escapes;
use super::sinks::{self, Sink};
use super::token::{
    ARROW, ASSIGN, CLOSE, COLON, COMMA, COMPARE, Code, DOT, Kind, LOGIC, OPEN, OPEN_BRACE, OPEN_SQUARE, OTHER, PLUS,
    QUESTION, SEMICOLON, SPREAD, STEP, takes_parentheses,
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

impl<'c> Flow<'c> {
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

    /// `function name(…) {…}`
    fn function(&mut self, at: usize, scope: u32) -> Option<(u32, usize)> {
        let open = (at + 1..at + 4).find(|at| self.kind(*at) == OPEN)?;
        let body = self.mate(open) + 1;
        if self.kind(body) != OPEN_BRACE {
            return None;
        }
        let own = self.code.name(at + 1).or_else(|| self.code.name(at + 2).filter(|_| open == at + 3));
        let name = own.or_else(|| self.given_name(at)).unwrap_or_default();
        Some(self.declare(name, open, body, scope))
    }

    /// `(…) => …`
    fn arrow(&mut self, at: usize, scope: u32) -> Option<(u32, usize)> {
        let last = at.checked_sub(1)?;
        let first = if self.kind(last) == CLOSE {
            let mut depth = 0_usize;
            let near = last.saturating_sub(SHORT_BODY);
            (near..=last).rev().find(|at| {
                match self.kind(*at) {
                    CLOSE => depth += 1,
                    OPEN => depth -= 1,
                    _ => {}
                }
                depth == 0
            })?
        } else {
            last
        };
        let name = self.given_name(first).unwrap_or_default();
        if self.kind(at + 1) == OPEN_BRACE {
            return Some(self.declare_between(name, (first, last), (at + 1, self.mate(at + 1)), scope));
        }
        let mut end = at + 1;
        let stop = end + SHORT_BODY;
        while end < stop && !matches!(self.kind(end), COMMA | SEMICOLON | Kind::Mark(b')' | b']' | b'}')) {
            end = self.brackets.behind(self.code, end);
        }
        let declared = self.declare_between(name, (first, last), (at + 1, end.saturating_sub(1)), scope);
        add(self.returned.entry(declared.0).or_default(), (at + 1, declared.0));
        Some(declared)
    }

    /// The name of the variable or member that takes the value at `at`.
    fn given_name(&self, at: usize) -> Option<&'c [u8]> {
        let code = self.code;
        let named = at.checked_sub(2)?;
        if !matches!(self.before(at), ASSIGN | COLON) {
            return None;
        }
        code.name(named).or_else(|| code.string(named))
    }

    fn declare(&mut self, name: &'c [u8], open: usize, body: usize, scope: u32) -> (u32, usize) {
        self.declare_between(name, (open, self.mate(open)), (body, self.mate(body)), scope)
    }

    fn declare_between(
        &mut self,
        name: &'c [u8],
        (open, close): (usize, usize),
        (_, end): (usize, usize),
        around: u32,
    ) -> (u32, usize) {
        let scope = u32::try_from(self.scopes.len()).unwrap_or(0);
        self.scopes.push(around);
        let code = self.code;
        let mut parameters = SmallVec::new();
        if open == close {
            parameters.extend(code.name(open));
        } else {
            let named = |at: &usize| code.name(*at).or_else(|| code.name(at + 1).filter(|_| code.kind(*at) == SPREAD));
            parameters.extend(self.brackets.arguments(self.code, open).iter().map(|at| named(at).unwrap_or_default()));
        }
        let function = self.functions.len();
        self.functions.push(Function { scope, parameters });
        if !name.is_empty() {
            let known = self.by_name.entry(name).or_default();
            if known.len() < VALUES {
                known.push(function);
            }
        }
        // `}(…)`, `})(…)`, `}.call(this, …)`
        let mut behind = end + 1;
        while self.kind(behind) == CLOSE && behind < end + 3 {
            behind += 1;
        }
        if self.kind(behind) == OPEN {
            self.at_once.push((function, (behind, around)));
        } else if self.kind(behind) == DOT && code.name(behind + 1) == Some(b"call") && self.kind(behind + 2) == OPEN {
            let first = self.brackets.arguments(self.code, behind + 2).get(1).copied();
            // What stands before the second argument takes the place of the parenthesis.
            if let Some(first) = first {
                self.at_once.push((function, (first - 1, around)));
            }
        }
        (scope, end)
    }

    /// Gives parameters the values that they are called with.
    fn bind_calls(&mut self) {
        for (function, (open, scope)) in std::mem::take(&mut self.at_once) {
            self.bind(function, open, scope);
        }
        for (name, (open, scope)) in std::mem::take(&mut self.calls) {
            for function in self.by_name.get(name).cloned().unwrap_or_default().iter().take(4) {
                self.bind(*function, open, scope);
            }
        }
    }

    fn bind(&mut self, function: usize, open: usize, scope: u32) {
        let Some(function) = self.functions.get(function) else { return };
        if function.parameters.is_empty() {
            return;
        }
        let pairs: SmallVec<[(&[u8], usize); 8]> =
            function.parameters.iter().copied().zip(self.brackets.arguments(self.code, open)).collect();
        let inner = function.scope;
        for (parameter, argument) in pairs {
            add(self.variables.entry((inner, parameter)).or_default(), (argument, scope));
        }
    }

    /// What the expression at `at` may be; at least one text.
    fn value(&mut self, at: usize, scope: u32, depth: usize) -> Known {
        if let Some(known) = self.known.get(&at) {
            return Rc::clone(known);
        }
        let unknown: Known = Rc::new([vec![UNKNOWN]]);
        if depth > DEEPEST || self.budget == 0 {
            return unknown;
        }
        // Whoever asks for it meanwhile asks in a circle.
        self.known.insert(at, unknown);
        let known: Known = self.expression(at, scope, depth).into();
        self.known.insert(at, Rc::clone(&known));
        known
    }

    fn expression(&mut self, start: usize, scope: u32, depth: usize) -> Vec<Vec<u8>> {
        let mut finished: Vec<Vec<u8>> = Vec::new();
        let mut sums: Vec<Vec<u8>> = vec![Vec::new()];
        let (mut at, mut expects) = (start, true);
        while at < self.code.tokens.len() && self.budget > 0 {
            self.spend(1);
            let kind = self.kind(at);
            if expects {
                expects = false;
                match kind {
                    Kind::Text | Kind::OpenText | Kind::Number => {
                        let code = self.code;
                        let text = code.tokens.get(at).map(|token| code.text(*token)).unwrap_or_default();
                        self.append(&mut sums, &[text]);
                        at += 1;
                    }
                    Kind::Name => match self.code.name(at).unwrap_or_default() {
                        b"function" | b"class" | b"async" => {
                            self.append(&mut sums, &[&[UNKNOWN]]);
                            break;
                        }
                        b"new" | b"typeof" | b"void" | b"await" | b"yield" | b"delete" => {
                            expects = true;
                            at += 1;
                        }
                        _ => {
                            let (values, behind) = self.chain(at, scope, depth);
                            self.append(&mut sums, &values);
                            at = behind;
                        }
                    },
                    OPEN => {
                        let inner = self.value(at + 1, scope, depth + 1);
                        self.append(&mut sums, &inner);
                        at = self.mate(at) + 1;
                    }
                    OPEN_SQUARE | OPEN_BRACE => {
                        self.append(&mut sums, &[&[UNKNOWN]]);
                        at = self.mate(at) + 1;
                    }
                    Kind::Regex => {
                        self.append(&mut sums, &[&[UNKNOWN]]);
                        at += 1;
                    }
                    OTHER | PLUS | STEP | SPREAD => {
                        expects = true;
                        at += 1;
                    }
                    _ => break,
                }
                continue;
            }
            match kind {
                PLUS => expects = true,
                LOGIC | QUESTION | COLON | COMPARE => {
                    finished.append(&mut sums);
                    sums.push(Vec::new());
                    expects = true;
                }
                ASSIGN => {
                    sums = self.value(at + 1, scope, depth + 1).to_vec();
                    break;
                }
                OTHER => {
                    // A number: what stands before it in the sum still does.
                    self.append(&mut sums, &[&[UNKNOWN]]);
                    expects = true;
                }
                OPEN | OPEN_SQUARE => {
                    sums = vec![vec![UNKNOWN]];
                    at = self.mate(at);
                }
                DOT => {
                    let keeps = self.code.name(at + 1).is_some_and(keeps_value) && self.kind(at + 2) == OPEN;
                    if keeps {
                        at = self.mate(at + 2);
                    } else {
                        sums = vec![vec![UNKNOWN]];
                        at += 1;
                    }
                }
                STEP => {}
                _ => break,
            }
            at += 1;
        }
        finished.append(&mut sums);
        finished.truncate(VALUES);
        finished
    }

    fn spend(&mut self, amount: usize) {
        self.budget = self.budget.saturating_sub(amount);
    }

    /// Every sum with every one of `parts` behind it.
    fn append(&mut self, sums: &mut Vec<Vec<u8>>, parts: &[impl AsRef<[u8]>]) {
        if let [part] = parts {
            for sum in sums {
                self.spend(part.as_ref().len());
                extend(sum, part.as_ref());
            }
            return;
        }
        let before = std::mem::take(sums);
        for (sum, part) in before.iter().flat_map(|sum| parts.iter().map(move |part| (sum, part))).take(VALUES) {
            let mut sum = sum.clone();
            extend(&mut sum, part.as_ref());
            self.spend(sum.len());
            sums.push(sum);
        }
    }

    /// The value of `a`, `a.b.c` or `a.b(…)`, and what is behind it.
    fn chain(&mut self, start: usize, scope: u32, depth: usize) -> (Vec<Vec<u8>>, usize) {
        let mut last = start;
        while self.kind(last + 1) == DOT && self.kind(last + 2) == Kind::Name {
            last += 2;
        }
        let name = self.code.name(last).unwrap_or_default();
        if self.kind(last + 1) == ASSIGN {
            // It is what it is given next.
            return (vec![Vec::new()], last + 1);
        }
        if self.kind(last + 1) != OPEN {
            return (self.named(start, last, scope, depth), last + 1);
        }
        let behind = self.mate(last + 1) + 1;
        if last > start && keeps_value(name) {
            return (self.named(start, last - 2, scope, depth), behind);
        }
        let mut values = Vec::new();
        if escapes::apply(name, b"").is_some() {
            let given = self.value(last + 2, scope, depth + 1);
            values.extend(given.iter().filter_map(|text| escapes::apply(name, text)));
            self.spend(given.iter().map(Vec::len).sum());
        }
        for function in self.by_name.get(name).cloned().unwrap_or_default().iter().take(4) {
            let inner = self.functions.get(*function).map_or(0, |function| function.scope);
            let returned = self.returned.get(&inner).cloned().unwrap_or_default();
            self.collect(&returned, depth, &mut values);
        }
        if values.is_empty() {
            values.push(vec![UNKNOWN]);
        }
        (values, behind)
    }

    /// The value of the variable at `first`, or of the member at `last`.
    fn named(&mut self, first: usize, last: usize, scope: u32, depth: usize) -> Vec<Vec<u8>> {
        let code = self.code;
        let name = code.name(last).unwrap_or_default();
        let places = if first == last {
            self.variable(name, scope)
        } else if name == b"protocol" {
            return vec![b"https:".to_vec()];
        } else if says_nothing(name) {
            Values::new()
        } else {
            self.members.get(name).cloned().unwrap_or_default()
        };
        let mut values = Vec::new();
        self.collect(&places, depth, &mut values);
        if values.is_empty() {
            values.push(vec![UNKNOWN]);
        }
        values
    }

    /// Adds what the expressions at `places` may be, without saying anything twice.
    fn collect(&mut self, places: &[Place], depth: usize, values: &mut Vec<Vec<u8>>) {
        for (at, scope) in places {
            for text in self.value(*at, *scope, depth + 1).iter() {
                if values.len() >= VALUES || self.budget == 0 {
                    return;
                }
                self.spend(text.len());
                if !values.contains(text) {
                    values.push(text.clone());
                }
            }
        }
    }

    /// What a variable is given in the nearest function that gives it something.
    fn variable(&self, name: &'c [u8], scope: u32) -> Values {
        let mut scope = scope;
        for _ in 0..DEEPEST {
            if let Some(values) = self.variables.get(&(scope, name)) {
                return values.clone();
            }
            if scope == 0 {
                return Values::new();
            }
            scope = self.scopes.get(scope as usize).copied().unwrap_or(0);
        }
        self.variables.get(&(0, name)).cloned().unwrap_or_default()
    }
}

fn add(values: &mut Values, value: Place) {
    if values.len() < VALUES {
        values.push(value);
    }
}

fn extend(sum: &mut Vec<u8>, part: &[u8]) {
    let room = LONGEST.saturating_sub(sum.len());
    sum.extend_from_slice(part.get(..room).unwrap_or(part));
}

/// Methods that hand on the text they are called on, as far as addresses go.
fn keeps_value(method: &[u8]) -> bool {
    matches!(method, b"toString" | b"trim" | b"toLowerCase" | b"concat" | b"replace" | b"replaceAll" | b"valueOf")
}

/// Members of so many things that their values tell nothing about one.
fn says_nothing(member: &[u8]) -> bool {
    matches!(
        member,
        b"url"
            | b"href"
            | b"link"
            | b"path"
            | b"value"
            | b"name"
            | b"id"
            | b"title"
            | b"text"
            | b"html"
            | b"data"
            | b"content"
            | b"length"
            | b"host"
            | b"hostname"
            | b"origin"
            | b"pathname"
            | b"search"
            | b"hash"
            | b"prototype"
            | b"type"
    )
}
