//! Functions: what their parameters are called with, and under what name they are known.

use smallvec::SmallVec;

use super::{Flow, Function, SHORT_BODY, VALUES, add};
use crate::catalog::inline::token::{ASSIGN, CLOSE, COLON, COMMA, DOT, Kind, OPEN, OPEN_BRACE, SEMICOLON, SPREAD};

impl<'c> Flow<'c> {
    /// `function name(…) {…}`
    pub(super) fn function(&mut self, at: usize, scope: u32) -> Option<(u32, usize)> {
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
    pub(super) fn arrow(&mut self, at: usize, scope: u32) -> Option<(u32, usize)> {
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
    pub(super) fn given_name(&self, at: usize) -> Option<&'c [u8]> {
        let code = self.code;
        let named = at.checked_sub(2)?;
        if !matches!(self.before(at), ASSIGN | COLON) {
            return None;
        }
        code.name(named).or_else(|| code.string(named))
    }

    pub(super) fn declare(&mut self, name: &'c [u8], open: usize, body: usize, scope: u32) -> (u32, usize) {
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
    pub(super) fn bind_calls(&mut self) {
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
}
