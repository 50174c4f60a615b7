//! Publisher restrictions: the publisher's own limits on what vendors may do on this site, whatever the visitor said.
//!
//! Unlike vendor lists they carry no maximum and no form bit: a purpose, a type, and ranges.

use super::IdSet;
use super::vendors::{Ranges, range};
use crate::sources::bits::Bits;

/// How a publisher restricts a vendor for a purpose, from the mildest to the strictest where consent is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Restriction {
    /// No restriction.
    Unrestricted,
    /// Type 1: only with the visitor's consent, which is all that counts here anyway.
    RequireConsent,
    /// Type 2: only on legitimate interest, so that consent gives nothing.
    RequireLegitimateInterest,
    /// Type 3: nobody has said what it means.
    Undefined,
    /// Type 0: not at all.
    NotAllowed,
}

impl Restriction {
    const fn of_type(number: u8) -> Self {
        match number {
            0 => Self::NotAllowed,
            1 => Self::RequireConsent,
            2 => Self::RequireLegitimateInterest,
            _ => Self::Undefined,
        }
    }

    /// Whether a vendor so restricted may go by the visitor's consent.
    pub const fn leaves_consent(self) -> bool {
        matches!(self, Self::Unrestricted | Self::RequireConsent)
    }
}

/// One restricted range of vendors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestrictedRange {
    /// The purpose, from 0 to 63; those from 1 to 24 have a meaning.
    pub purpose: u8,
    /// What is restricted.
    pub restriction: Restriction,
    /// The first vendor.
    pub first: u16,
    /// The last vendor.
    pub last: u16,
}

/// Checked restrictions, walked range by range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restrictions<'a> {
    bits: Bits<'a>,
    /// Groups whose head is still to be read.
    groups: u16,
    /// What the ranges that come next have in common.
    purpose: u8,
    restriction: Restriction,
    ranges: u16,
}

impl<'a> Restrictions<'a> {
    /// Reads all restrictions and goes past them; `None` when they are cut short or a range is none.
    pub(super) fn read(bits: &mut Bits<'a>) -> Option<Self> {
        let groups = bits.number(12)?;
        let restrictions = Self { bits: *bits, groups, purpose: 0, restriction: Restriction::Unrestricted, ranges: 0 };
        for _ in 0..groups {
            bits.skip(8)?;
            Ranges::read(bits, u16::MAX)?;
        }
        Some(restrictions)
    }

    /// The strictest restriction of `vendor` for `purpose`.
    pub(super) fn of(self, purpose: u8, vendor: u16) -> Restriction {
        self.covering(vendor)
            .filter(|range| range.purpose == purpose)
            .map(|range| range.restriction)
            .max()
            .unwrap_or(Restriction::Unrestricted)
    }

    /// Whether consent still counts for `vendor` and every one of `purposes`.
    pub(super) fn leave_consent(self, purposes: IdSet, vendor: u16) -> bool {
        self.covering(vendor).all(|range| range.restriction.leaves_consent() || !purposes.contains(range.purpose))
    }

    fn covering(self, vendor: u16) -> impl Iterator<Item = RestrictedRange> {
        self.filter(move |range| (range.first..=range.last).contains(&vendor))
    }
}

impl Iterator for Restrictions<'_> {
    type Item = RestrictedRange;

    fn next(&mut self) -> Option<RestrictedRange> {
        while self.ranges == 0 {
            self.groups = self.groups.checked_sub(1)?;
            self.purpose = self.bits.small(6)?;
            self.restriction = Restriction::of_type(self.bits.small(2)?);
            self.ranges = self.bits.number(12)?;
        }
        self.ranges = self.ranges.checked_sub(1)?;
        let (first, last) = range(&mut self.bits)?;
        Some(RestrictedRange { purpose: self.purpose, restriction: self.restriction, first, last })
    }
}
