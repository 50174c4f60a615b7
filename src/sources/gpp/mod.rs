//! IAB GPP strings: several regions' signals behind one header, `HEADER~SECTION~SECTION`.
//!
//! The header lists the sections' ids, in order. Sections of ids that are not known here are passed over, so that a new
//! state's law never costs what the other sections say. The EU section holds a TC string and is handed out as text for
//! [`super::tcf`]; the Canadian one, whose law asks for something else, is not read.
//!
//! Ids are never expanded into a list: a dozen bits of a header can claim thousands of them. They are counted, and then
//! walked next to the sections, of which a string has no more than characters.

mod source;
mod us;

use super::MAX_VALUE;
use super::bits::{Bits, is_base64url};
use super::us_privacy::{UsChoice, read_us_privacy_string};

pub(super) use source::GppSource;
pub use us::{OptOut, UsSection};

/// The section that holds a TC string of version 2.
const TCF_EU: u16 = 2;

/// The section that holds a US Privacy string.
const US_PRIVACY: u16 = 6;

/// Why a string is worth nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GppError {
    /// More than [`MAX_VALUE`] bytes.
    TooLong,
    /// The header is not base64url.
    Alphabet,
    /// It does not begin with a header of version 1.
    NoHeader,
    /// The header ends too early, or names ids that cannot be.
    SectionIds,
    /// The header announces more sections than there are, or fewer.
    Sections,
}

impl GppError {
    /// The reason in a few words, for metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooLong => "too long",
            Self::Alphabet => "not base64url",
            Self::NoHeader => "no header of version 1",
            Self::SectionIds => "broken section ids",
            Self::Sections => "sections do not match the header",
        }
    }
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
        if text.len() > MAX_VALUE {
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
        let ids = self.ids.iter().flat_map(|(first, last)| first..=last);
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
    items: u16,
}

impl<'a> SectionIds<'a> {
    /// Checks the ids and counts them. What follows them is padding, of which encoders disagree.
    fn read(mut bits: Bits<'a>) -> Option<(Self, usize)> {
        let items = bits.number(12)?;
        let ids = Self { bits, items };
        let (mut ranges, mut sections) = (0_u16, 0_usize);
        for (first, last) in ids.iter() {
            ranges = ranges.checked_add(1)?;
            sections = sections.checked_add(usize::from(last.checked_sub(first)?))?.checked_add(1)?;
        }
        (ranges == items).then_some((ids, sections))
    }

    /// The first and last id of each range.
    fn iter(self) -> impl Iterator<Item = (u16, u16)> + use<'a> {
        let (mut bits, mut before) = (self.bits, 0_u16);
        (0..self.items).map_while(move |_| {
            let several = bits.flag()?;
            let first = before.checked_add(fibonacci(&mut bits)?)?;
            before = if several { first.checked_add(fibonacci(&mut bits)?)? } else { first };
            Some((first, before))
        })
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
