//! IAB TC strings, versions 2.0 to 2.3 of the framework: what a consent tool that speaks TCF wrote down.
//!
//! A string is read where it stands. Parsing looks at every part once and keeps places, not lists; a question about a
//! vendor walks the part that answers it. So neither memory nor time follows the numbers that a string claims, only its
//! length, of which [`MAX_VALUE`] is looked at.
//!
//! What goes wrong in the fixed part, in the alphabet or in the segments' number makes the whole string worthless
//! ([`TcError`]). What goes wrong later leaves the purposes readable and that part unknown, and unknown is never a yes.
//!
//! Nothing here weighs legitimate interest: setting a cookie needs consent (purpose 1 has no other legal basis), so
//! [`TcString::vendor_allowed`] looks at consent alone. Nothing here knows the vendor list either: which purposes a
//! vendor needs is for the caller to say.

mod core;
mod ids;
mod publisher;
mod restrictions;
mod source;
mod vendors;

use self::core::Core;
use super::MAX_VALUE;
use super::bits::{Bits, is_base64url};

pub use ids::IdSet;
pub use publisher::PublisherTc;
pub use restrictions::{RestrictedRange, Restriction, Restrictions};
pub(super) use source::{Statement, Tcf};
pub use vendors::VendorList;

/// Most segments that a string may have: the core, and one of each type.
const MAX_SEGMENTS: usize = 4;

/// From when on a string must tell which vendors were disclosed, in seconds since the epoch: 28 February 2026, the end of
/// the transition to TCF 2.3 that IAB Europe gave to consent tools. Tools announce it as their own switch-over, and leave
/// older strings valid (docs.didomi.io, "IAB TCF 2.3").
const DISCLOSURE_MANDATORY: u64 = 1_772_236_800;

/// Why a string is worth nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TcError {
    /// More than [`MAX_VALUE`] bytes. Real ones stay below 3 KB; browsers cap a cookie at 4 KB.
    TooLong,
    /// A character that is not base64url, padding included.
    Alphabet,
    /// Version 1 of the framework, which is over.
    FirstVersion,
    /// Neither version 1 nor 2.
    UnknownVersion,
    /// Shorter than the shortest core segment there is.
    Truncated,
    /// Not specific to this service. Shared consent has been invalid since 2021.
    GlobalScope,
    /// More segments than there are types.
    TooManySegments,
    /// A segment without a single character.
    EmptySegment,
    /// A second core segment: nobody can say which one counts.
    SecondCore,
}

impl TcError {
    /// The reason in a few words, for metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooLong => "too long",
            Self::Alphabet => "not base64url",
            Self::FirstVersion => "version 1",
            Self::UnknownVersion => "unknown version",
            Self::Truncated => "cut short",
            Self::GlobalScope => "global scope",
            Self::TooManySegments => "too many segments",
            Self::EmptySegment => "empty segment",
            Self::SecondCore => "second core segment",
        }
    }
}

/// A part of a string that may be left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part<T> {
    /// It is not there.
    #[default]
    Absent,
    /// It is there, but cut short, inconsistent or there twice.
    Malformed,
    /// It is there and was checked to its end.
    Present(T),
}

impl<T> Part<T> {
    /// Takes the place of an absent part; a second one makes both worthless.
    fn put(&mut self, read: Option<T>) {
        *self = match (&self, read) {
            (Self::Absent, Some(read)) => Self::Present(read),
            _ => Self::Malformed,
        };
    }
}

/// A TC string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcString<'a> {
    core: Core,
    vendor_consents: Option<VendorList<'a>>,
    vendor_legitimate_interests: Option<VendorList<'a>>,
    restrictions: Option<Restrictions<'a>>,
    disclosed: Part<VendorList<'a>>,
    publisher: Part<PublisherTc>,
}

impl<'a> TcString<'a> {
    /// Reads `text`.
    pub fn parse(text: &'a [u8]) -> Result<Self, TcError> {
        if text.len() > MAX_VALUE {
            return Err(TcError::TooLong);
        }
        let mut segments = text.split(|byte| *byte == b'.');
        if segments.clone().count() > MAX_SEGMENTS {
            return Err(TcError::TooManySegments);
        }
        if !segments.clone().all(is_base64url) {
            return Err(TcError::Alphabet);
        }
        let mut bits = Bits::new(segments.next().unwrap_or_default());
        let mut read = Self::of_core(Core::read(&mut bits)?, &mut bits);
        for segment in segments {
            let mut bits = Bits::new(segment);
            match bits.small(3) {
                None => return Err(TcError::EmptySegment),
                Some(0) => return Err(TcError::SecondCore),
                Some(1) => read.disclosed.put(VendorList::read(&mut bits)),
                Some(3) => read.publisher.put(PublisherTc::read(&mut bits)),
                // 2 listed the vendors allowed out of band, and is over; the others mean nothing yet.
                Some(_) => {}
            }
        }
        Ok(read)
    }

    /// The parts that follow the fixed one have no marks: where one breaks, all later ones are lost.
    fn of_core(core: Core, bits: &mut Bits<'a>) -> Self {
        let vendor_consents = VendorList::read(bits);
        let vendor_legitimate_interests = vendor_consents.and_then(|_| VendorList::read(bits));
        let restrictions = vendor_legitimate_interests.and_then(|_| Restrictions::read(bits));
        Self {
            core,
            vendor_consents,
            vendor_legitimate_interests,
            restrictions,
            disclosed: Part::Absent,
            publisher: Part::Absent,
        }
    }

    /// When the string was first made, in seconds since the epoch.
    pub const fn created(&self) -> u64 {
        self.core.created
    }

    /// When the choice was last changed, in seconds since the epoch. Tools round it to the day.
    pub const fn last_updated(&self) -> u64 {
        self.core.last_updated
    }

    /// The consent tool, by its number in IAB Europe's list.
    pub const fn cmp_id(&self) -> u16 {
        self.core.cmp_id
    }

    /// The tool's own version.
    pub const fn cmp_version(&self) -> u16 {
        self.core.cmp_version
    }

    /// On which screen of the tool the choice was made.
    pub const fn consent_screen(&self) -> u8 {
        self.core.consent_screen
    }

    /// The language of the tool, as two upper case letters (ISO 639-1).
    pub const fn consent_language(&self) -> Option<[u8; 2]> {
        self.core.consent_language
    }

    /// The version of the global vendor list.
    pub const fn vendor_list_version(&self) -> u16 {
        self.core.vendor_list_version
    }

    /// The version of the framework's policies: 2 for TCF 2.0 and 2.1, 4 for 2.2, 5 for later ones. Not a sign of 2.3:
    /// strings of 2024 carry 5.
    pub const fn policy_version(&self) -> u8 {
        self.core.policy_version
    }

    /// Whether the string is meant for this service alone. Always so: others are not read.
    pub const fn is_service_specific(&self) -> bool {
        self.core.service_specific
    }

    /// Whether the publisher changed the standard texts.
    pub const fn non_standard_texts(&self) -> bool {
        self.core.non_standard_texts
    }

    /// Special features opted in to, from 1 to 12: precise geolocation, active fingerprinting.
    pub const fn special_features(&self) -> IdSet {
        self.core.special_features
    }

    /// Purposes consented to, from 1 to 24.
    pub const fn purpose_consents(&self) -> IdSet {
        self.core.purpose_consents
    }

    /// Purposes for which legitimate interest was disclosed and not objected to. Never enough to set a cookie, and often
    /// there before any choice.
    pub const fn purpose_legitimate_interests(&self) -> IdSet {
        self.core.purpose_legitimate_interests
    }

    /// Whether purpose 1 was not disclosed at all, because the publisher's country governs it otherwise.
    pub const fn purpose_one_treatment(&self) -> bool {
        self.core.purpose_one_treatment
    }

    /// The publisher's country, as two upper case letters (ISO 3166-1 alpha-2).
    pub const fn publisher_country(&self) -> Option<[u8; 2]> {
        self.core.publisher_country
    }

    /// Vendors consented to; `None` when the list cannot be read.
    pub const fn vendor_consents(&self) -> Option<VendorList<'a>> {
        self.vendor_consents
    }

    /// Vendors whose legitimate interest was disclosed and not objected to; `None` when the list cannot be read.
    pub const fn vendor_legitimate_interests(&self) -> Option<VendorList<'a>> {
        self.vendor_legitimate_interests
    }

    /// Every publisher restriction; `None` when they cannot be read.
    pub const fn restrictions(&self) -> Option<Restrictions<'a>> {
        self.restrictions
    }

    /// Vendors that the visitor was told about.
    pub const fn disclosed_vendors(&self) -> Part<VendorList<'a>> {
        self.disclosed
    }

    /// What the visitor said to the publisher.
    pub const fn publisher_tc(&self) -> Part<PublisherTc> {
        self.publisher
    }

    /// Whether `vendor` was consented to; `None` when the list cannot be read.
    pub fn vendor_consent(&self, vendor: u16) -> Option<bool> {
        Some(self.vendor_consents?.contains(vendor))
    }

    /// Whether the string has a segment that lists the vendors disclosed, readable or not.
    pub const fn has_disclosed_vendors(&self) -> bool {
        !matches!(self.disclosed, Part::Absent)
    }

    /// Whether a string of this date must list the vendors disclosed (TCF 2.3).
    pub const fn disclosure_mandatory(&self) -> bool {
        self.core.last_updated >= DISCLOSURE_MANDATORY
    }

    /// Whether the visitor was told about `vendor`; `None` when the string need not say so, or says it unreadably. Where it
    /// should say so and does not, nobody was disclosed.
    pub fn vendor_disclosed(&self, vendor: u16) -> Option<bool> {
        match self.disclosed {
            Part::Present(list) => Some(list.contains(vendor)),
            Part::Absent if self.disclosure_mandatory() => Some(false),
            Part::Absent | Part::Malformed => None,
        }
    }

    /// How the publisher restricts `vendor` for `purpose`, the strictest if there are several; `None` when the restrictions
    /// cannot be read.
    pub fn restriction(&self, purpose: u8, vendor: u16) -> Option<Restriction> {
        Some(self.restrictions?.of(purpose, vendor))
    }

    /// Whether `vendor` may store and read on the visitor's device for all of `needed`: it was disclosed (where that is told
    /// or must be), consented to, every purpose was consented to, and no restriction takes consent away. A vendor that
    /// needs nothing gets nothing.
    pub fn vendor_allowed(&self, vendor: u16, needed: IdSet) -> bool {
        let untold = !self.has_disclosed_vendors() && !self.disclosure_mandatory();
        !needed.is_empty()
            && self.core.purpose_consents.contains_all(needed)
            && (untold || self.vendor_disclosed(vendor) == Some(true))
            && self.vendor_consent(vendor) == Some(true)
            && self.restrictions.is_some_and(|restrictions| restrictions.leave_consent(needed, vendor))
    }

    /// The same for many vendors, each of the string's parts being walked once. `vendors` are in ascending order, and `needed`
    /// holds as many entries.
    pub fn vendors_allowed(&self, vendors: &[u16], needed: &[IdSet]) -> Vec<bool> {
        let nobody = || vec![false; vendors.len()];
        let (Some(consents), Some(restrictions)) = (self.vendor_consents, self.restrictions) else {
            return nobody();
        };
        let disclosed = match self.disclosed {
            Part::Present(list) => Some(list.contain(vendors)),
            Part::Absent if !self.disclosure_mandatory() => None,
            Part::Absent | Part::Malformed => return nobody(),
        };
        let mut allowed = consents.contain(vendors);
        for (allowed, disclosed) in allowed.iter_mut().zip(disclosed.into_iter().flatten()) {
            *allowed &= disclosed;
        }
        for (allowed, needed) in allowed.iter_mut().zip(needed) {
            *allowed &= !needed.is_empty() && self.core.purpose_consents.contains_all(*needed);
        }
        for range in restrictions.iter().filter(|range| !range.restriction.leaves_consent()) {
            let (start, end) = vendors::span(vendors, range.first, range.last);
            let restricted = allowed.iter_mut().zip(needed).take(end).skip(start);
            restricted.for_each(|(allowed, needed)| *allowed &= !needed.contains(range.purpose));
        }
        allowed
    }
}

#[cfg(test)]
mod tests;
