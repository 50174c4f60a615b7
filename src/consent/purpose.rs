//! Purposes: why data is used. A snapshot knows at most 32 of them, so that a set is one machine word.

/// The purposes every installation knows, in the order of their ids.
const BUILT_IN: [&str; 6] = ["necessary", "functional", "personalization", "analytics", "marketing", "social"];

/// A purpose, as an index into the snapshot's [`PurposeTable`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PurposeId(u8);

impl PurposeId {
    /// What the service cannot be delivered without. Never asked for, always allowed.
    pub const NECESSARY: Self = Self(0);
    /// Comfort that is not strictly needed: chat, reviews, embedded forms.
    pub const FUNCTIONAL: Self = Self(1);
    /// Content chosen for this visitor.
    pub const PERSONALIZATION: Self = Self(2);
    /// Measurement of audience and use.
    pub const ANALYTICS: Self = Self(3);
    /// Advertising, retargeting, affiliation.
    pub const MARKETING: Self = Self(4);
    /// Embeds and buttons of social networks, video and maps.
    pub const SOCIAL: Self = Self(5);

    /// The position in the table, for arrays with one entry per purpose.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A set of purposes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PurposeSet(u32);

impl PurposeSet {
    /// No purpose at all.
    pub const EMPTY: Self = Self(0);

    /// Every purpose that there can be.
    pub const ALL: Self = Self(u32::MAX);

    /// The set as bits, one per [`PurposeId::index`]; stable within one snapshot only.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Adds `purpose`.
    pub fn insert(&mut self, purpose: PurposeId) {
        self.0 |= 1 << purpose.0;
    }

    /// Takes `purpose` out.
    pub fn remove(&mut self, purpose: PurposeId) {
        self.0 &= !(1 << purpose.0);
    }

    /// This set with `purpose` added.
    #[must_use]
    pub fn with(mut self, purpose: PurposeId) -> Self {
        self.insert(purpose);
        self
    }

    /// Whether `purpose` is in the set.
    pub const fn contains(self, purpose: PurposeId) -> bool {
        self.0 & (1 << purpose.0) != 0
    }

    /// Whether every purpose of `other` is in this set.
    pub const fn contains_all(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// What is in both.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What is in either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in this set and not in `other`.
    #[must_use]
    pub const fn difference(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether the set is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The purposes of the set, in the order of their ids.
    pub fn iter(self) -> impl Iterator<Item = PurposeId> {
        (0..32_u8).filter(move |bit| self.0 & (1 << bit) != 0).map(PurposeId)
    }
}

impl Extend<PurposeId> for PurposeSet {
    fn extend<I: IntoIterator<Item = PurposeId>>(&mut self, purposes: I) {
        purposes.into_iter().for_each(|purpose| self.insert(purpose));
    }
}

impl FromIterator<PurposeId> for PurposeSet {
    fn from_iter<I: IntoIterator<Item = PurposeId>>(purposes: I) -> Self {
        purposes.into_iter().fold(Self::EMPTY, Self::with)
    }
}

/// The names of the purposes of one snapshot.
#[derive(Clone, Debug)]
pub struct PurposeTable {
    names: Vec<Box<str>>,
}

/// A 33rd purpose was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more than 32 purposes")]
pub struct TooManyPurposes;

impl Default for PurposeTable {
    fn default() -> Self {
        Self { names: BUILT_IN.iter().map(|name| (*name).into()).collect() }
    }
}

impl PurposeTable {
    /// The purpose called `name`, if there is one.
    pub fn get(&self, name: &str) -> Option<PurposeId> {
        let at = self.names.iter().position(|known| &**known == name)?;
        u8::try_from(at).ok().map(PurposeId)
    }

    /// The purpose called `name`, added if it is new.
    ///
    /// # Errors
    /// When 32 purposes exist already and `name` is not one of them.
    pub fn intern(&mut self, name: &str) -> Result<PurposeId, TooManyPurposes> {
        if let Some(known) = self.get(name) {
            return Ok(known);
        }
        if self.names.len() >= 32 {
            return Err(TooManyPurposes);
        }
        self.names.push(name.into());
        self.get(name).ok_or(TooManyPurposes)
    }

    /// The name of `purpose`; empty for an id of another table.
    pub fn name(&self, purpose: PurposeId) -> &str {
        self.names.get(purpose.index()).map_or("", |name| name)
    }

    /// All names, in the order of their ids.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| &**name)
    }
}
