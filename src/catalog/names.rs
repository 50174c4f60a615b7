//! Names and name patterns, each with the services that claim it.

use std::collections::HashMap;

use super::Pattern;
use super::index::{Matches, push};
use crate::consent::ServiceId;

/// How much of a pattern's literal prefix finds it: with fewer bytes, too many names of trackers start alike.
const PREFIX: usize = 3;

/// The longest name that is looked for in any case of letters; no known one is near it.
const MAX_FOLDED: usize = 64;

/// An index over names.
#[derive(Debug, Default)]
pub(super) struct Names {
    literal: HashMap<Box<str>, Matches>,
    /// Patterns with a shorter literal prefix are kept in `globs`; all others by its first bytes.
    prefixes: HashMap<[u8; PREFIX], Vec<(Pattern, ServiceId)>>,
    globs: Vec<(Pattern, ServiceId)>,
}

impl Names {
    pub(super) fn insert(&mut self, name: &Pattern, id: ServiceId) {
        if name.is_literal() {
            push(self.literal.entry(name.as_str().into()).or_default(), id);
        } else if let Some(first) = name.literal_prefix().as_bytes().first_chunk() {
            self.prefixes.entry(*first).or_default().push((name.clone(), id));
        } else {
            self.globs.push((name.clone(), id));
        }
    }

    /// Services that claim `name`, in the order in which they were inserted where they claim it alike.
    pub(super) fn find(&self, name: &[u8]) -> Matches {
        let literal = std::str::from_utf8(name).ok().and_then(|name| self.literal.get(name));
        let mut found = literal.cloned().unwrap_or_default();
        let prefixed = name.first_chunk().and_then(|first| self.prefixes.get(first)).into_iter().flatten();
        for (pattern, id) in prefixed.chain(&self.globs) {
            if pattern.matches(name) {
                push(&mut found, *id);
            }
        }
        found
    }

    /// As [`find`](Self::find), for names inserted in ASCII lower case.
    pub(super) fn find_in_any_case(&self, name: &[u8]) -> Matches {
        let mut folded = [0; MAX_FOLDED];
        match folded.get_mut(..name.len()) {
            Some(folded) => {
                folded.copy_from_slice(name);
                folded.make_ascii_lowercase();
                self.find(folded)
            }
            None => Matches::new(),
        }
    }
}
