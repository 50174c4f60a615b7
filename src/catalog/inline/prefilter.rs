//! Whether a script is worth reading at all.
//!
//! Most inline scripts of a page are the shop's own and have none of what the catalog knows. One search for all pieces of all
//! markers, and for what loads, tells them apart: a script without a piece of a marker, that does not load from an
//! address either, and that writes nothing in a disguise, cannot be recognised, so it is not read.

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use memchr::memchr2_iter;

/// Names of what loads, or parts of them: without one of these no address is fetched.
const LOADERS: [&[u8]; 23] = [
    b"src",
    b"href",
    b"import",
    b"fetch",
    b"Beacon",
    b"Worker",
    b"EventSource",
    b"WebSocket",
    b"cript",
    b"write",
    b"HTML",
    b"open",
    b"ajax",
    b"getJSON",
    b"require",
    b"append",
    b"prepend",
    b"html(",
    b"ragment",
    b"poster",
    b"JS(",
    b".get(",
    b".post(",
];

/// How an address begins, or the rest of one behind a variable.
const ADDRESSES: [&[u8]; 6] = [b"//", b"'/", b"\"/", b"`/", b"/\\/", b"\\/\\/"];

/// What makes texts out of others.
const DISGUISES: [&[u8]; 10] = [
    b"fromCharCode",
    b"fromCodePoint",
    b"atob",
    b"unescape",
    b"decodeURI",
    b".join(",
    b".concat(",
    b"${'",
    b"${\"",
    b"${`",
];

#[derive(Debug, Default)]
pub(super) struct Prefilter {
    search: Option<AhoCorasick>,
    /// Needles up to here are reason enough; then come what loads, and how addresses begin.
    enough: usize,
}

impl Prefilter {
    /// A search for `needles`, texts of which every marker has one.
    pub(super) fn new(needles: Vec<Vec<u8>>) -> Self {
        let mut all = needles;
        all.retain(|needle| !needle.is_empty());
        all.sort_unstable();
        all.dedup();
        all.extend(DISGUISES.map(<[u8]>::to_vec));
        let enough = all.len();
        all.extend(LOADERS.map(<[u8]>::to_vec));
        all.extend(ADDRESSES.map(<[u8]>::to_vec));
        // Building fails only beyond 2^31 bytes, which configuration limits exclude; then every script is read.
        let search = AhoCorasick::builder().kind(Some(AhoCorasickKind::ContiguousNFA)).build(all).ok();
        Self { search, enough }
    }

    /// Whether `script` may be recognised. Never false for one that would be.
    pub(super) fn may_be_known(&self, script: &[u8]) -> bool {
        let Some(search) = &self.search else { return true };
        let (mut loads, mut addresses) = (false, false);
        for hit in search.find_overlapping_iter(script) {
            let which = hit.pattern().as_usize();
            if which < self.enough {
                return true;
            }
            if which < self.enough + LOADERS.len() {
                loads = true;
            } else {
                addresses = true;
            }
            if loads && addresses {
                return true;
            }
        }
        is_disguised(script)
    }
}

/// Whether a name or an address may be written so that it does not stand there as it is: with escapes, or in parts.
fn is_disguised(script: &[u8]) -> bool {
    memchr2_iter(b'\\', b'+', script).any(|at| {
        let (before, sign) = script.split_at_checked(at).unwrap_or_default();
        let behind = sign.get(1..).unwrap_or_default();
        if sign.first() == Some(&b'\\') {
            let innocent =
                |byte: &u8| matches!(byte, b'n' | b'r' | b't' | b'b' | b'f' | b'v' | b'/' | b'\'' | b'"' | b'\\');
            return behind.first().is_some_and(|byte| !innocent(byte));
        }
        // Between a text and its sign there may be comments, of which one ends with the line.
        let ends = |byte: &u8| matches!(byte, b'\'' | b'"' | b'`' | b'/' | b')' | b'\n' | b'\r');
        let begins = |byte: &u8| matches!(byte, b'\'' | b'"' | b'`' | b'/' | b'(');
        let blank = |byte: &&u8| matches!(**byte, b' ' | b'\t');
        let before = before.iter().rev().find(|byte| !blank(byte));
        let behind = behind.iter().find(|byte| !byte.is_ascii_whitespace());
        before.is_some_and(ends) && behind.is_some_and(begins)
    })
}
