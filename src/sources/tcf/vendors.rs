//! Lists of vendors, as a field of bits or as ranges. A list is checked once, when it is read, and never expanded: sixteen
//! bits can claim 65 535 vendors, and four thousand ranges can claim them again and again.

use crate::sources::bits::Bits;

/// A checked list of vendor ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VendorList<'a> {
    max: u16,
    form: Form<'a>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form<'a> {
    /// One bit per vendor from 1 to the maximum.
    Field(Bits<'a>),
    Ranges(Ranges<'a>),
}

impl<'a> VendorList<'a> {
    /// Reads a list and goes past it; `None` when it is cut short, or names a vendor above its own maximum.
    pub(super) fn read(bits: &mut Bits<'a>) -> Option<Self> {
        let max = bits.number(16)?;
        let form = if bits.flag()? {
            Form::Ranges(Ranges::read(bits, max)?)
        } else {
            let field = *bits;
            bits.skip(usize::from(max))?;
            Form::Field(field)
        };
        Some(Self { max, form })
    }

    /// The highest id that the list speaks about. It need not be in the list.
    pub const fn max(&self) -> u16 {
        self.max
    }

    /// Whether `vendor` is in the list. Costs one look for a field of bits, one walk for ranges.
    pub fn contains(&self, vendor: u16) -> bool {
        match self.form {
            _ if vendor == 0 || vendor > self.max => false,
            Form::Field(mut bits) => bits.skip(usize::from(vendor) - 1).and_then(|()| bits.flag()).unwrap_or(false),
            Form::Ranges(ranges) => ranges.iter().any(|(first, last)| (first..=last).contains(&vendor)),
        }
    }
}

impl VendorList<'_> {
    /// Which of `vendors` are in the list, in one walk whatever their number. They are in ascending order.
    pub(super) fn contain(&self, vendors: &[u16]) -> Vec<bool> {
        let Form::Ranges(ranges) = self.form else {
            return vendors.iter().map(|vendor| self.contains(*vendor)).collect();
        };
        // How many ranges begin and end before each of the vendors.
        let mut steps = vec![0_i32; vendors.len().saturating_add(1)];
        for (first, last) in ranges.iter() {
            let (start, end) = span(vendors, first, last);
            for (at, step) in [(start, 1), (end, -1)] {
                if let Some(sum) = steps.get_mut(at) {
                    *sum += step;
                }
            }
        }
        let mut open = 0;
        let open = steps.iter().map(|step| {
            open += step;
            open > 0
        });
        open.take(vendors.len()).collect()
    }
}

/// Where in `vendors`, which are in ascending order, those from `first` to `last` begin and end.
pub(super) fn span(vendors: &[u16], first: u16, last: u16) -> (usize, usize) {
    (vendors.partition_point(|vendor| *vendor < first), vendors.partition_point(|vendor| *vendor <= last))
}

/// Checked ranges, each as its first and last id. They need not be in order, and may overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ranges<'a> {
    bits: Bits<'a>,
    count: u16,
}

impl<'a> Ranges<'a> {
    /// Reads the ranges and goes past them; `None` when they are cut short, begin at 0, run backwards or end above `max`.
    pub(super) fn read(bits: &mut Bits<'a>, max: u16) -> Option<Self> {
        let count = bits.number(12)?;
        let ranges = Self { bits: *bits, count };
        for _ in 0..count {
            let (first, last) = range(bits)?;
            if first == 0 || first > last || last > max {
                return None;
            }
        }
        Some(ranges)
    }

    fn iter(self) -> impl Iterator<Item = (u16, u16)> + use<'a> {
        let mut bits = self.bits;
        (0..self.count).map_while(move |_| range(&mut bits))
    }
}

/// The next range.
pub(super) fn range(bits: &mut Bits<'_>) -> Option<(u16, u16)> {
    let several = bits.flag()?;
    let first = bits.number(16)?;
    Some((first, if several { bits.number(16)? } else { first }))
}
