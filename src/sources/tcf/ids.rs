//! Small sets of the framework's ids: purposes, special features, a publisher's own purposes.

/// A set of ids from 1 to 64, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct IdSet(u64);

impl IdSet {
    /// No id at all.
    pub const EMPTY: Self = Self(0);

    /// These ids; those that are not from 1 to 64 are left out.
    pub const fn of(ids: &[u8]) -> Self {
        let mut set = Self::EMPTY;
        let mut rest = ids;
        while let [id, others @ ..] = rest {
            set.0 |= Self::bit(*id);
            rest = others;
        }
        set
    }

    /// A field of `width` bits, of which the first and highest stands for id 1.
    pub(super) const fn from_field(field: u64, width: u32) -> Self {
        Self(match field.reverse_bits().checked_shr(64_u32.saturating_sub(width)) {
            Some(ids) => ids,
            None => 0,
        })
    }

    const fn bit(id: u8) -> u64 {
        if id == 0 || id > 64 { 0 } else { 1 << (id - 1) }
    }

    /// The set as bits, id 1 being the lowest.
    pub const fn mask(self) -> u64 {
        self.0
    }

    /// Whether `id` is in the set.
    pub const fn contains(self, id: u8) -> bool {
        self.0 & Self::bit(id) != 0
    }

    /// Whether every id of `other` is in this set.
    pub const fn contains_all(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// What is in either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether there is no id in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

#[cfg(test)]
mod tests {
    use super::IdSet;

    #[test]
    fn the_first_bit_of_a_field_is_id_one() {
        assert_eq!(IdSet::from_field(0b1000_0000_0011, 12), IdSet::of(&[1, 11, 12]));
        assert_eq!(IdSet::from_field(u64::MAX, 64).mask(), u64::MAX);
        assert_eq!(IdSet::from_field(0, 0), IdSet::EMPTY);
        assert_eq!(IdSet::of(&[0, 65, 255]), IdSet::EMPTY);
        let set = IdSet::of(&[1, 64]);
        assert!(set.contains(1) && set.contains(64) && !set.contains(0) && !set.contains(65));
        assert!(set.contains_all(IdSet::of(&[64])) && !set.contains_all(IdSet::of(&[2, 64])));
    }
}
