//! Expressions: the texts that one may stand for.

use std::rc::Rc;

use super::{DEEPEST, Flow, Known, LONGEST, Place, VALUES, Values};
use crate::catalog::inline::address::UNKNOWN;
use crate::catalog::inline::escapes;
use crate::catalog::inline::token::{
    ASSIGN, COLON, COMPARE, DOT, Kind, LOGIC, OPEN, OPEN_BRACE, OPEN_SQUARE, OTHER, PLUS, QUESTION, SPREAD, STEP,
};

impl<'c> Flow<'c> {
    /// What the expression at `at` may be; at least one text.
    pub(super) fn value(&mut self, at: usize, scope: u32, depth: usize) -> Known {
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
                    Kind::Mark(_) => break,
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
