//! IAB GPP strings: several regions' signals behind one header, `HEADER~SECTION~SECTION`.
//!
//! The header lists the sections' ids, in order. Sections of ids that are not known here are passed over, so that a new
//! state's law never costs what the other sections say. The EU section holds a TC string and is handed out as text for
//! [`super::tcf`]; the Canadian one, whose law asks for something else, is not read.
//!
//! Ids are never expanded into a list: a dozen bits of a header can claim thousands of them. They are counted, and then
//! walked next to the sections, of which a string has no more than characters.

mod us;

use super::bits::{Bits, is_base64url};
use super::us_privacy::{UsChoice, read_us_privacy_string};

pub use us::{OptOut, UsSection};

/// Longest string that is looked at, in bytes.
pub const MAX_LENGTH: usize = 8 * 1024;

/// The section that holds a TC string of version 2.
const TCF_EU: u16 = 2;

/// The section that holds a US Privacy string.
const US_PRIVACY: u16 = 6;

/// Why a string is worth nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GppError {
    /// More than [`MAX_LENGTH`] bytes.
    #[error("too long")]
    TooLong,
    /// The header is not base64url.
    #[error("not base64url")]
    Alphabet,
    /// It does not begin with a header of version 1.
    #[error("no header of version 1")]
    NoHeader,
    /// The header ends too early, or names ids that cannot be.
    #[error("broken section ids")]
    SectionIds,
    /// The header announces more sections than there are, or fewer.
    #[error("sections do not match the header")]
    Sections,
}

/// A GPP string.
#[derive(Clone, Copy, Debug)]
pub struct Gpp<'a> {
    ids: SectionIds<'a>,
    text: &'a [u8],
}

impl<'a> Gpp<'a> {
    /// Reads the header of `text` and holds it against the sections.
    pub fn parse(text: &'a [u8]) -> Result<Self, GppError> {
        if text.len() > MAX_LENGTH {
            return Err(GppError::TooLong);
        }
        let mut parts = text.split(|byte| *byte == b'~');
        let header = parts.next().unwrap_or_default();
        if !is_base64url(header) {
            return Err(GppError::Alphabet);
        }
        let mut bits = Bits::new(header);
        if (bits.small(6), bits.small(6)) != (Some(3), Some(1)) {
            return Err(GppError::NoHeader);
        }
        let (ids, announced) = SectionIds::read(bits).ok_or(GppError::SectionIds)?;
        if announced != parts.count() {
            return Err(GppError::Sections);
        }
        Ok(Self { ids, text })
    }

    /// The sections with their ids, in ascending order.
    pub fn sections(&self) -> impl Iterator<Item = (u16, &'a [u8])> + use<'a> {
        let ids = self.ids.flat_map(|(first, last)| first..=last);
        ids.zip(self.text.split(|byte| *byte == b'~').skip(1))
    }

    /// The TC string of the EU section.
    pub fn tcf_eu(&self) -> Option<&'a [u8]> {
        self.sections().find(|(id, _)| *id == TCF_EU).map(|(_, text)| text)
    }

    /// What all US sections say together: the strongest of them.
    pub fn us_choice(&self) -> UsChoice {
        self.sections()
            .filter_map(|(id, text)| match id {
                US_PRIVACY => Some(read_us_privacy_string(text)),
                _ => Some(UsSection::read(id, text)?.choice()),
            })
            .max()
            .unwrap_or_default()
    }
}

/// The ids in a header, as ranges. Every offset counts from the id before it and is at least 1, so they ascend.
#[derive(Clone, Copy, Debug)]
struct SectionIds<'a> {
    bits: Bits<'a>,
    left: u16,
    last: u16,
}

impl<'a> SectionIds<'a> {
    /// Checks the ids and counts them. What follows them is padding, of which encoders disagree.
    fn read(mut bits: Bits<'a>) -> Option<(Self, usize)> {
        let left = bits.number(12)?;
        let ids = Self { bits, left, last: 0 };
        let (mut ranges, mut sections) = (0_u16, 0_usize);
        for (first, last) in ids {
            ranges = ranges.checked_add(1)?;
            sections = sections.checked_add(usize::from(last.checked_sub(first)?))?.checked_add(1)?;
        }
        (ranges == left).then_some((ids, sections))
    }
}

impl Iterator for SectionIds<'_> {
    type Item = (u16, u16);

    fn next(&mut self) -> Option<(u16, u16)> {
        self.left = self.left.checked_sub(1)?;
        let several = self.bits.flag()?;
        let first = self.last.checked_add(fibonacci(&mut self.bits)?)?;
        let last = if several { first.checked_add(fibonacci(&mut self.bits)?)? } else { first };
        self.last = last;
        Some((first, last))
    }
}

/// A number in Fibonacci coding: one bit for each of 1, 2, 3, 5, 8…, ended by a second 1 in a row.
fn fibonacci(bits: &mut Bits<'_>) -> Option<u16> {
    let (mut this, mut next) = (1_u32, 2_u32);
    let (mut sum, mut before) = (0_u32, false);
    loop {
        let bit = bits.flag()?;
        if bit && before {
            return u16::try_from(sum).ok();
        }
        if bit {
            sum = sum.checked_add(this)?;
        }
        before = bit;
        (this, next) = (next, this.checked_add(next)?);
    }
}

#[cfg(test)]
mod tests;
