//! The values of the cookies that carry a standard's string, under the names that they have on this site.
//!
//! Several tools on one shop, and several domains, write several of them. What they say together is for each standard to
//! tell; that a broken or an excessive one makes the others doubtful holds for all.

use smallvec::SmallVec;

use super::{ConsentSource, RequestView, SourceSettings, cookie_pairs};

/// The most different values that are looked at.
const MAX_COPIES: usize = 8;

/// The different values of a source's cookies in one request.
#[derive(Debug)]
pub(super) struct Copies<'r> {
    values: SmallVec<[&'r [u8]; 2]>,
    too_many: bool,
}

impl<'r> Copies<'r> {
    pub(super) fn of(source: &dyn ConsentSource, request: &RequestView<'r>, settings: &SourceSettings) -> Self {
        let named = |name: &[u8]| {
            source.cookies().iter().any(|known| {
                let name_here = settings.name_of(known);
                !name_here.is_empty() && name == name_here.as_bytes()
            })
        };
        let mut copies = Self { values: SmallVec::new(), too_many: false };
        for pair in cookie_pairs(request.headers).filter(|pair| named(pair.name)) {
            if copies.values.contains(&pair.value) {
                continue;
            }
            if copies.values.len() == MAX_COPIES {
                copies.too_many = true;
                break;
            }
            copies.values.push(pair.value);
        }
        copies
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &'r [u8]> {
        self.values.iter().copied()
    }

    /// What is wrong with the copies as a whole.
    pub(super) fn trouble(&self) -> Option<&'static str> {
        self.too_many.then_some("too many copies")
    }
}
