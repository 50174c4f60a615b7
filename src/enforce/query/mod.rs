//! Query parameters that name a click or a visitor: taken out of what the shop sees, of `Referer`, of redirects and, where
//! the site wants it, of links in pages.
//!
//! Nothing is parsed and written anew. Pairs stand between `&` or `;`; a pair that goes takes one separator with it, and
//! every other byte stays as it was sent: empty pairs, names that come twice, escapes that mean nothing, 8-bit bytes. A
//! query of which no pair is left goes with its `?`; a `?` that had nothing behind it stays.
//!
//! Names are compared after percent-decoding, in any case of letters, and without the brackets that make lists of them in
//! PHP and Rails (`gclid[]`, `gclid[0]`). `;` counts as a separator because some servers read it so; to those that do
//! not, `a=1;gclid=2` is a value of `a` that ends in a click id, and that is cut off.
//!
//! [`sealed`] queries stay whole. Not looked at: values (an address inside a value keeps its own parameters), fragments,
//! which no server sees, and bodies. Campaign labels such as `utm_source` name no person and stay, unless a `[[service]]`
//! table lists them under `parameters`.
//!
//! All methods are treated alike: a form that posts to an address with a click id is a visit with a click id.

pub mod sealed;

use std::borrow::Cow;
use std::ops::Range;

use smallvec::SmallVec;

use super::{Judge, Surface};
use crate::policy::{Item, Verdict};

/// `address` without the parameters that may not pass; `None` when all of them may. It is a request target, an absolute
/// address or a relative one, as bytes.
pub fn stripped(judge: &mut Judge, address: &[u8]) -> Option<Vec<u8>> {
    let kept = kept(judge, address)?;
    let mut out = Vec::with_capacity(address.len());
    kept.into_iter().filter_map(|part| address.get(part)).for_each(|part| out.extend_from_slice(part));
    Some(out)
}

/// The parts of `address` that stay, in order, as [`stripped`] puts them together; `None` when all of it stays.
pub(super) fn kept(judge: &mut Judge, address: &[u8]) -> Option<Vec<Range<usize>>> {
    let end = address.iter().position(|byte| *byte == b'#').unwrap_or(address.len());
    let mark = address.get(..end)?.iter().position(|byte| *byte == b'?')?;
    let start = mark + 1;
    let query = address.get(start..end)?;
    if query.is_empty() {
        return None;
    }
    let pairs: SmallVec<[Pair<'_>; 16]> = pairs(query).collect();
    let known = pairs.iter().any(|pair| judge.knows(&Item::Parameter { name: &pair.name, sealed: false }));
    let sealed = known && sealed::is_sealed(&pairs);
    let mut parts: Option<Vec<Range<usize>>> = None;
    let mut any = false;
    let mut passed = 0;
    for pair in &pairs {
        let item = Item::Parameter { name: &pair.name, sealed };
        let kept = pair.bytes.is_empty()
            || judge.judge(Surface::Query, &item, || String::from_utf8_lossy(&pair.name).into_owned()).verdict
                == Verdict::Keep;
        if kept {
            if let Some(parts) = &mut parts {
                // Without its separator, where nothing stands before it.
                let separator = usize::from(any && pair.separator.is_some());
                let length = pair.bytes.len() + separator;
                parts.push(start + pair.end - length..start + pair.end);
            }
            any = true;
        } else if parts.is_none() {
            parts = Some(std::iter::once(start..start + passed).collect());
        }
        passed = pair.end;
    }
    let mut parts = parts?;
    // The `?` goes with the last pair.
    let left = parts.iter().any(|part| !part.is_empty());
    parts.insert(0, 0..if left { start } else { mark });
    parts.push(end..address.len());
    Some(parts)
}

/// One pair of a query.
#[derive(Debug)]
pub(crate) struct Pair<'a> {
    /// What stands before it; nothing before the first.
    separator: Option<u8>,
    /// All of it, as it was sent.
    bytes: &'a [u8],
    /// Where it ends in the query.
    end: usize,
    /// Its name, decoded, without brackets.
    name: Cow<'a, [u8]>,
}

impl<'a> Pair<'a> {
    /// The decoded name.
    pub(crate) fn name(&self) -> &[u8] {
        &self.name
    }

    /// The decoded value.
    pub(crate) fn value(&self) -> Cow<'a, [u8]> {
        let at = self.bytes.iter().position(|byte| *byte == b'=');
        decoded(at.and_then(|at| self.bytes.get(at + 1..)).unwrap_or_default())
    }
}

/// The pairs of a query, empty ones included.
pub(crate) fn pairs(query: &[u8]) -> impl Iterator<Item = Pair<'_>> {
    let mut next = 0;
    query.split(|byte| matches!(byte, b'&' | b';')).map(move |bytes| {
        let start = next;
        let end = start + bytes.len();
        next = end + 1;
        let separator = start.checked_sub(1).and_then(|at| query.get(at)).copied();
        let name = bytes.split(|byte| *byte == b'=').next().unwrap_or_default();
        Pair { separator, bytes, end, name: bare(decoded(name)) }
    })
}

/// `text` with its percent escapes resolved. `+` is a space; escapes that are none stay.
fn decoded(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'+', text).is_none() {
        return percent_encoding::percent_decode(text).into();
    }
    let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_encoding::percent_decode(&spaced).collect::<Vec<u8>>().into()
}

/// A name without the brackets behind it, and without spaces around it.
fn bare(name: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    let end = name.iter().position(|byte| *byte == b'[').filter(|at| *at > 0).unwrap_or(name.len());
    match name {
        Cow::Borrowed(name) => name.get(..end).unwrap_or(name).trim_ascii().into(),
        Cow::Owned(mut name) => {
            name.truncate(end);
            if name.trim_ascii().len() < name.len() { name.trim_ascii().to_vec().into() } else { name.into() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::pairs;

    #[test]
    fn pairs_and_separators_make_the_query_again() {
        for query in ["", "a", "a=1&b=2", "&", "&&a", ";a;;b&", "a=1;b=2&c", "=x&=", "&a", "a&", "%5b=1&%"] {
            let mut again = Vec::new();
            for pair in pairs(query.as_bytes()) {
                again.extend(pair.separator);
                again.extend_from_slice(pair.bytes);
                assert_eq!(again.len(), pair.end, "{query}");
            }
            assert_eq!(again, query.as_bytes(), "{query}");
        }
    }

    #[test]
    fn names_are_decoded() {
        for (query, name) in [
            ("gclid=1", "gclid"),
            ("%67%43lid=1", "gClid"),
            ("gclid%5B%5D=1", "gclid"),
            ("gclid[0][x]=1", "gclid"),
            ("gclid", "gclid"),
            ("gclid+=1", "gclid"),
            ("%20gclid", "gclid"),
            ("[gclid]=1", "[gclid]"),
            ("gclid%=1", "gclid%"),
            ("gclid%4=1", "gclid%4"),
            ("a%3Db=1", "a=b"),
            ("", ""),
        ] {
            let pair = pairs(query.as_bytes()).next().unwrap();
            assert_eq!(String::from_utf8_lossy(pair.name()), name, "{query}");
        }
        let value = |query: &'static str| pairs(query.as_bytes()).next().unwrap().value().into_owned();
        assert_eq!(value("a=b%3Dc=d"), b"b=c=d");
        assert_eq!(value("a"), b"");
    }
}
