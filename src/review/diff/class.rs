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

/// How much of a group can be granted: a single purpose is granted or not.
const fn shares(group: &Group) -> &'static [Share] {
    if group.len() == 1 { &[Share::None, Share::All] } else { &[Share::None, Share::Some, Share::All] }
}

/// Every combination of shares.
pub(super) fn all_classes(groups: &[Group]) -> Vec<Vec<Share>> {
    let mut all = vec![Vec::new()];
    for group in groups {
        all = all.iter().flat_map(|class| shares(group).iter().map(|share| [&class[..], &[*share]].concat())).collect();
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
        if self.classes.len() == all_classes(&self.groups).len() {
            return "for everybody".to_owned();
        }
        let phrases: Vec<String> = self.cubes().iter().map(|cube| self.phrase(cube)).collect();
        format!("for visitors who {}", phrases.join(", or who "))
    }

    /// Few boxes of classes that cover all classes and no other: each group may have any of a set of shares.
    fn cubes(&self) -> Vec<Vec<BTreeSet<Share>>> {
        let all = all_classes(&self.groups);
        let covers = |cube: &[BTreeSet<Share>], class: &[Share]| {
            cube.iter().zip(class).all(|(wanted, share)| wanted.contains(share))
        };
        let mut open: BTreeSet<Vec<Share>> = self.classes.clone();
        let mut cubes = Vec::new();
        while let Some(class) = open.first().cloned() {
            let mut cube: Vec<BTreeSet<Share>> = class.into_iter().map(|share| BTreeSet::from([share])).collect();
            for (at, group) in self.groups.iter().enumerate() {
                for share in shares(group) {
                    let mut wider = cube.clone();
                    if let Some(slot) = wider.get_mut(at) {
                        slot.insert(*share);
                    }
                    if all.iter().filter(|class| covers(&wider, class)).all(|class| self.classes.contains(class)) {
                        cube = wider;
                    }
                }
            }
            open.retain(|class| !covers(&cube, class));
            cubes.push(cube);
        }
        cubes
    }

    /// Whom a box of classes holds, in words; the groups together are everything that either policy asks for.
    fn phrase(&self, cube: &[BTreeSet<Share>]) -> String {
        let one = |cube: &[BTreeSet<Share>], share: Share| cube.iter().all(|shares| shares.iter().eq([&share]));
        if one(cube, Share::None) {
            return "refuse everything".to_owned();
        }
        if one(cube, Share::All) {
            return "agree to everything".to_owned();
        }
        if let [shares] = cube {
            return match (shares.contains(&Share::None), shares.contains(&Share::All)) {
                (true, _) => "do not agree to everything",
                (false, true) => "agree to something",
                (false, false) => "agree to something and not to everything",
            }
            .to_owned();
        }
        let (mut yes, mut no, mut part) = (Vec::new(), Vec::new(), Vec::new());
        for (group, shares) in self.groups.iter().zip(cube) {
            let names: Vec<String> = group.iter().map(|name| quote(name)).collect();
            let names = names.join(", ");
            let has = |share: Share| shares.contains(&share);
            match (has(Share::None), has(Share::Some), has(Share::All)) {
                (false, false, true) => yes.push(names),
                (true, false, false) => no.push(names),
                (false, true, true) => part.push(format!("to some of {names}")),
                (true, true, false) => part.push(format!("not to all of {names}")),
                (false, true, false) => part.push(format!("to some of {names} but not to all")),
                // No condition. All and none without some never comes alone: more grants never let less through.
                _ => {}
            }
        }
        let mut parts = Vec::new();
        if !yes.is_empty() {
            parts.push(format!("to {}", yes.join(", ")));
        }
        if !no.is_empty() {
            parts.push(format!("not to {}", no.join(", ")));
        }
        parts.extend(part);
        if let Some(first) = parts.first_mut() {
            *first = match first.strip_prefix("not ") {
                Some(what) => format!("do not agree {what}"),
                None => format!("agree {first}"),
            };
        }
        parts.join(" and ")
    }
}
