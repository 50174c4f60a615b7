//! The fixed part of the core segment: the first 213 bits, which answer for every purpose without a single loop.
//!
//! Source of the layout: IAB Tech Lab, "Transparency and Consent String with Global Vendor & CMP List Formats", section
//! "The Core String".

use super::{IdSet, TcError};
use crate::sources::bits::Bits;

/// Bits of the shortest core segment: 213 fixed ones, two vendor lists (16 + 1) and a count of restrictions (12).
const SHORTEST: usize = 213 + 17 + 17 + 12;

/// What stands in the fixed part. Units and meanings are told where [`super::TcString`] hands them out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Core {
    pub(super) created: u64,
    pub(super) last_updated: u64,
    pub(super) cmp_id: u16,
    pub(super) cmp_version: u16,
    pub(super) consent_screen: u8,
    pub(super) consent_language: Option<[u8; 2]>,
    pub(super) vendor_list_version: u16,
    pub(super) policy_version: u8,
    pub(super) service_specific: bool,
    pub(super) non_standard_texts: bool,
    pub(super) special_features: IdSet,
    pub(super) purpose_consents: IdSet,
    pub(super) purpose_legitimate_interests: IdSet,
    pub(super) purpose_one_treatment: bool,
    pub(super) publisher_country: Option<[u8; 2]>,
}

impl Core {
    /// Reads the fixed part and leaves `bits` at the vendor lists.
    pub(super) fn read(bits: &mut Bits<'_>) -> Result<Self, TcError> {
        // The version is looked at first: the first version's layout is another one.
        match bits.clone().small(6) {
            Some(2) => {}
            Some(1) => return Err(TcError::FirstVersion),
            Some(_) => return Err(TcError::UnknownVersion),
            None => return Err(TcError::Truncated),
        }
        if bits.left() < SHORTEST {
            return Err(TcError::Truncated);
        }
        let core = Self::fields(bits).ok_or(TcError::Truncated)?;
        if core.service_specific { Ok(core) } else { Err(TcError::GlobalScope) }
    }

    fn fields(bits: &mut Bits<'_>) -> Option<Self> {
        bits.skip(6)?;
        Some(Self {
            // Deciseconds on the wire.
            created: bits.take(36)? / 10,
            last_updated: bits.take(36)? / 10,
            cmp_id: bits.number(12)?,
            cmp_version: bits.number(12)?,
            consent_screen: bits.small(6)?,
            consent_language: letters([bits.small(6)?, bits.small(6)?]),
            vendor_list_version: bits.number(12)?,
            policy_version: bits.small(6)?,
            service_specific: bits.flag()?,
            non_standard_texts: bits.flag()?,
            special_features: IdSet::from_field(bits.take(12)?, 12),
            purpose_consents: IdSet::from_field(bits.take(24)?, 24),
            purpose_legitimate_interests: IdSet::from_field(bits.take(24)?, 24),
            purpose_one_treatment: bits.flag()?,
            publisher_country: letters([bits.small(6)?, bits.small(6)?]),
        })
    }
}

/// Two numbers of six bits as letters, A being 0; `None` when they are none.
fn letters(pair: [u8; 2]) -> Option<[u8; 2]> {
    pair.iter().all(|letter| *letter < 26).then(|| pair.map(|letter| letter + b'A'))
}
