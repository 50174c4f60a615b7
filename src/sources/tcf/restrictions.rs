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

/// Checked restrictions: groups of ranges, each with a purpose and a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restrictions<'a> {
    bits: Bits<'a>,
    groups: u16,
}

impl<'a> Restrictions<'a> {
    /// Reads all restrictions and goes past them; `None` when they are cut short or a range is none.
    pub(super) fn read(bits: &mut Bits<'a>) -> Option<Self> {
        let groups = bits.number(12)?;
        let restrictions = Self { bits: *bits, groups };
        for _ in 0..groups {
            bits.skip(8)?;
            Ranges::read(bits, u16::MAX)?;
        }
        Some(restrictions)
    }

    /// Every restricted range, as they stand.
    pub fn iter(self) -> impl Iterator<Item = RestrictedRange> + use<'a> {
        let (mut bits, mut groups, mut ranges) = (self.bits, self.groups, 0_u16);
        let (mut purpose, mut restriction) = (0, Restriction::Unrestricted);
        std::iter::from_fn(move || {
            while ranges == 0 {
                groups = groups.checked_sub(1)?;
                purpose = bits.small(6)?;
                restriction = Restriction::of_type(bits.small(2)?);
                ranges = bits.number(12)?;
            }
            ranges = ranges.checked_sub(1)?;
            let (first, last) = range(&mut bits)?;
            Some(RestrictedRange { purpose, restriction, first, last })
        })
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

    fn covering(self, vendor: u16) -> impl Iterator<Item = RestrictedRange> + use<'a> {
        self.iter().filter(move |range| (range.first..=range.last).contains(&vendor))
    }
}
