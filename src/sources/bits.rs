//! Base64url text read as a stream of bits, the way TC strings and GPP sections are written.
//!
//! Nothing is decoded ahead: a read looks at the few characters that hold the bits asked for. A read past the end or over
//! a character outside the alphabet gives `None` and leaves the reader where it was. This module knows no format; what a
//! field means, and what follows when it is missing, is told by whoever reads.

/// Bits in one character.
const SEXTET: usize = 6;

/// A place in base64url text (RFC 4648 §5, without padding), counted in bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bits<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Bits<'a> {
    /// The first bit of `text`.
    pub(super) const fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// How many bits are still to come.
    pub(super) const fn left(&self) -> usize {
        self.text.len().saturating_mul(SEXTET).saturating_sub(self.at)
    }

    /// The next `width` bits as a number, the first one being the highest. `width` is at most 48.
    pub(super) fn take(&mut self, width: usize) -> Option<u64> {
        #[cfg(test)]
        work::READS.with(|reads| reads.set(reads.get() + 1));
        let end = self.at.checked_add(width).filter(|_| width <= self.left().min(48))?;
        let touched = self.text.get(self.at / SEXTET..end.div_ceil(SEXTET))?;
        let mut bits = 0_u64;
        for byte in touched {
            bits = bits << SEXTET | u64::from(sextet(*byte)?);
        }
        let spare = end.div_ceil(SEXTET).saturating_mul(SEXTET).saturating_sub(end);
        self.at = end;
        Some(bits >> spare & (1_u64 << width).wrapping_sub(1))
    }

    /// The next bit.
    pub(super) fn flag(&mut self) -> Option<bool> {
        self.take(1).map(|bit| bit == 1)
    }

    /// The next `width` bits, at most 8.
    pub(super) fn small(&mut self, width: usize) -> Option<u8> {
        u8::try_from(self.take(width)?).ok()
    }

    /// The next `width` bits, at most 16.
    pub(super) fn number(&mut self, width: usize) -> Option<u16> {
        u16::try_from(self.take(width)?).ok()
    }

    /// Goes past `width` bits without looking at them.
    pub(super) fn skip(&mut self, width: usize) -> Option<()> {
        self.at = self.at.checked_add(width).filter(|_| width <= self.left())?;
        Some(())
    }
}

/// Whether every byte belongs to the alphabet. Padding does not.
pub(super) fn is_base64url(text: &[u8]) -> bool {
    text.iter().all(|byte| sextet(*byte).is_some())
}

const fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'-' => Some(62),
        b'_' => Some(63),
        _ => None,
    }
}

/// Counts reads, so that tests can hold work against the length of a text without a clock.
#[cfg(test)]
pub(super) mod work {
    use std::cell::Cell;

    thread_local!(pub(super) static READS: Cell<usize> = const { Cell::new(0) });

    /// How many reads `work` takes.
    pub(in crate::sources) fn reads(work: impl FnOnce()) -> usize {
        READS.set(0);
        work();
        READS.get()
    }
}

#[cfg(test)]
mod tests {
    use super::{Bits, is_base64url};

    #[test]
    fn bits_are_read_across_characters() {
        // A = 000000, z = 110011, _ = 111111.
        let mut bits = Bits::new(b"Az_");
        assert_eq!(bits.left(), 18);
        assert_eq!(bits.take(7), Some(1));
        assert_eq!(bits.take(0), Some(0));
        assert_eq!(bits.flag(), Some(true));
        assert_eq!(bits.small(5), Some(0b00111));
        assert_eq!(bits.take(6), None, "only five are left");
        assert_eq!(bits.left(), 5, "a read that fails moves nothing");
        assert_eq!(bits.skip(4), Some(()));
        assert_eq!(bits.number(1), Some(1));
        assert_eq!((bits.flag(), bits.skip(1), bits.left()), (None, None, 0));
    }

    #[test]
    fn widths_and_characters_out_of_range_give_nothing() {
        assert_eq!(Bits::new(b"________").take(48), Some((1 << 48) - 1));
        assert_eq!(Bits::new(b"_________").take(49), None);
        assert_eq!(Bits::new(b"_").take(usize::MAX), None);
        assert_eq!(Bits::new(b"_").skip(usize::MAX), None);
        for byte in 0..=u8::MAX {
            let known = byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
            assert_eq!(Bits::new(&[byte]).take(6).is_some(), known);
            assert_eq!(is_base64url(&[b'A', byte]), known);
        }
    }
}
