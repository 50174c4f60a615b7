//! The visitors among whom a decision can differ: which purposes they agreed to, as far as it matters.
//!
//! Purposes that every rule about an item treats alike form a group. A decision can only tell whether none, some or all
//! of a group is granted, because services need all of their purposes, tag managers any, and what nobody knows all that
//! the site asks for. So the number of classes depends on the rules and not on the number of purposes.

use std::collections::BTreeSet;

use crate::review::quote;

/// Purposes that the rules treat alike, by name.
pub type Group = Vec<Box<str>>;

/// How much of a group is granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Share {
    /// Nothing of it.
    None,
    /// The first purpose of it, and not all.
    Some,
    /// All of it.
    All,
}

/// The classes of visitors for whom something is so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct When {
    /// The groups that matter.
    pub groups: Vec<Group>,
    /// One share per group, for each class.
    pub classes: BTreeSet<Vec<Share>>,
}

/// Every combination of shares.
pub(super) fn all_classes(groups: &[Group]) -> Vec<Vec<Share>> {
    let mut all = vec![Vec::new()];
    for group in groups {
        let shares: &[Share] =
            if group.len() == 1 { &[Share::None, Share::All] } else { &[Share::None, Share::Some, Share::All] };
        all = all.iter().flat_map(|class| shares.iter().map(|share| [&class[..], &[*share]].concat())).collect();
    }
    all
}

/// The purposes that a visitor of this class agreed to.
pub(super) fn granted<'a>(groups: &'a [Group], class: &'a [Share]) -> impl Iterator<Item = &'a str> {
    groups.iter().zip(class).flat_map(|(group, share)| {
        let count = match share {
            Share::None => 0,
            Share::Some => 1,
            Share::All => group.len(),
        };
        group.iter().take(count).map(|name| &**name)
    })
}

impl When {
    /// Whether it is so for a visitor who agreed to exactly these purposes.
    pub fn holds_for(&self, granted: &BTreeSet<&str>) -> bool {
        let class: Vec<Share> = self
            .groups
            .iter()
            .map(|group| match group.iter().filter(|name| granted.contains(&***name)).count() {
                0 => Share::None,
                count if count == group.len() => Share::All,
                _ => Share::Some,
            })
            .collect();
        self.classes.contains(&class)
    }

    /// For whom, in words: "for everybody", "for visitors who agree to `analytics` and not to `marketing`".
    pub fn words(&self) -> String {
        let cubes = self.cubes();
        if cubes.iter().any(|cube| cube.iter().all(Option::is_none)) {
            return "for everybody".to_owned();
        }
        let phrases: Vec<String> = cubes.iter().map(|cube| self.phrase(cube)).collect();
        format!("for visitors who {}", phrases.join(", or who "))
    }

    /// Few partial classes that cover all classes and no other: a group that makes no difference is left open.
    fn cubes(&self) -> Vec<Vec<Option<Share>>> {
        let covers = |cube: &[Option<Share>], class: &[Share]| {
            cube.iter().zip(class).all(|(wanted, share)| wanted.is_none_or(|wanted| wanted == *share))
        };
        let all = all_classes(&self.groups);
        let mut open: BTreeSet<Vec<Share>> = self.classes.clone();
        let mut cubes = Vec::new();
        while let Some(class) = open.first().cloned() {
            let mut cube: Vec<Option<Share>> = class.iter().copied().map(Some).collect();
            for at in 0..cube.len() {
                let mut wider = cube.clone();
                if let Some(slot) = wider.get_mut(at) {
                    *slot = None;
                }
                if all.iter().filter(|class| covers(&wider, class)).all(|class| self.classes.contains(class)) {
                    cube = wider;
                }
            }
            open.retain(|class| !covers(&cube, class));
            cubes.push(cube);
        }
        cubes
    }

    fn phrase(&self, cube: &[Option<Share>]) -> String {
        // The groups hold everything that either policy asks for.
        let whole = |share: Share| cube.iter().all(|wanted| *wanted == Some(share));
        for (share, words) in [
            (Share::None, "refuse everything"),
            (Share::All, "agree to everything"),
            (Share::Some, "agree to something and not to everything"),
        ] {
            if whole(share) && (share != Share::Some || cube.len() == 1) {
                return words.to_owned();
            }
        }
        let (mut yes, mut no, mut part) = (Vec::new(), Vec::new(), Vec::new());
        for (group, share) in self.groups.iter().zip(cube) {
            let names: Vec<String> = group.iter().map(|name| quote(name)).collect();
            match share {
                Some(Share::All) => yes.extend(names),
                Some(Share::None) => no.extend(names),
                Some(Share::Some) => part.push(names.join(", ")),
                None => {}
            }
        }
        let mut phrase = Vec::new();
        if !yes.is_empty() {
            phrase.push(format!("agree to {}", yes.join(", ")));
        }
        phrase.extend(part.iter().map(|names| format!("agree to some of {names}, and not to all")));
        if !no.is_empty() {
            let verb = if phrase.is_empty() { "do not agree to" } else { "not to" };
            phrase.push(format!("{verb} {}", no.join(", ")));
        }
        phrase.join(" and ")
    }
}
