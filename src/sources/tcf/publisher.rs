//! The publisher TC segment: what the visitor said to the publisher itself, including purposes of the publisher's own.

use super::IdSet;
use crate::sources::bits::Bits;

/// What the visitor said to the publisher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublisherTc {
    /// Standard purposes consented to.
    pub consents: IdSet,
    /// Standard purposes for which legitimate interest was disclosed and not objected to.
    pub legitimate_interests: IdSet,
    /// How many purposes of its own the publisher has, at most 63.
    pub custom_purposes: u8,
    /// Own purposes consented to.
    pub custom_consents: IdSet,
    /// Own purposes for which legitimate interest was disclosed and not objected to.
    pub custom_legitimate_interests: IdSet,
}

impl PublisherTc {
    /// Reads what follows the segment's type; `None` when it is cut short.
    pub(super) fn read(bits: &mut Bits<'_>) -> Option<Self> {
        let consents = IdSet::from_field(bits.take(24)?, 24);
        let legitimate_interests = IdSet::from_field(bits.take(24)?, 24);
        let custom_purposes = bits.small(6)?;
        let mut custom = || {
            let width = u32::from(custom_purposes);
            // A reader gives 48 bits at most.
            let (high, low) = (width.min(32), width.saturating_sub(32));
            let field = bits.take(usize::try_from(high).ok()?)? << low | bits.take(usize::try_from(low).ok()?)?;
            Some(IdSet::from_field(field, width))
        };
        Some(Self {
            consents,
            legitimate_interests,
            custom_purposes,
            custom_consents: custom()?,
            custom_legitimate_interests: custom()?,
        })
    }
}
