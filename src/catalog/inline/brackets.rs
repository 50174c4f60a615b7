//! Which bracket closes which, and what stands between them.

use smallvec::SmallVec;

use super::token::{COMMA, Code, Kind, OPEN, OPEN_BRACE, OPEN_SQUARE};

/// The most arguments of one call that are looked at.
pub(super) const ARGUMENTS: usize = 32;

/// For each opening bracket of a script the one that closes it.
#[derive(Debug)]
pub(super) struct Brackets(Vec<u32>);

impl Brackets {
    pub(super) fn of(code: &Code<'_>) -> Self {
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let mut mates = vec![place(code.tokens.len()); code.tokens.len()];
        let mut open: Vec<usize> = Vec::new();
        for (at, token) in code.tokens.iter().enumerate() {
            match token.kind {
                OPEN | OPEN_SQUARE | OPEN_BRACE => open.push(at),
                Kind::Mark(b')' | b']' | b'}') => {
                    if let Some(mate) = open.pop().and_then(|opener| mates.get_mut(opener)) {
                        *mate = place(at);
                    }
                }
                _ => {}
            }
        }
        Self(mates)
    }

    /// Where the bracket that opens at `at` is closed; the end of the script when nowhere.
    pub(super) fn mate(&self, at: usize) -> usize {
        self.0.get(at).map_or(self.0.len(), |mate| *mate as usize)
    }

    /// What is behind the token at `at`: behind the closing one for an opening bracket.
    pub(super) fn behind(&self, code: &Code<'_>, at: usize) -> usize {
        if matches!(code.kind(at), OPEN | OPEN_SQUARE | OPEN_BRACE) { self.mate(at) + 1 } else { at + 1 }
    }

    /// Where the arguments begin that stand behind the bracket, or comma, at `open`.
    pub(super) fn arguments(&self, code: &Code<'_>, open: usize) -> SmallVec<[usize; 8]> {
        let mut starts: SmallVec<[usize; 8]> = SmallVec::new();
        let mut at = open + 1;
        let mut fresh = true;
        while at < code.tokens.len() && starts.len() < ARGUMENTS {
            let kind = code.kind(at);
            if matches!(kind, Kind::Mark(b')' | b']' | b'}')) {
                break;
            }
            if fresh {
                starts.push(at);
            }
            fresh = kind == COMMA;
            at = self.behind(code, at);
        }
        starts
    }
}
