//! CSS: finds every address in a style sheet that a browser would fetch, asks the judge, and puts an address that leads
//! nowhere in the place of one that may not be fetched.
//!
//! # What is found
//!
//! `@import` with a string or an address, wherever it stands; `url()` with and without quotes, `src()`, and the strings of
//! `image-set()`, `image()` and `cross-fade()`, in any property, descriptor or condition, through every escape; in
//! `@font-face` as a font. Not the addresses of `@namespace` and `@document`, which only name something. Sheets in `data:`
//! addresses that are imported are read as well. A construct that the sheet ends in counts: browsers close and fetch it.
//!
//! A string in a custom property is text until somebody uses it: `url(var(--x))` fetches nothing, because what stands in
//! `url(` is not looked at, but `image-set(var(--x))` does, and the two may stand in different sheets. So strings in custom
//! properties, in `initial-value` of `@property` and in `result` of `@function` count as addresses, but only when they are
//! absolute and name another host than the sheet's: relative ones stay with the shop, and texts that happen to be
//! the address of somebody refused are rare enough to lose.
//!
//! `expression()`, which Internet Explorer 7 ran as a script, gets another name where unknown code may not run.
//!
//! # How it is made inert
//!
//! The address becomes `"about:invalid"`, the address that CSS Values Level 4 reserves for just this: it names no
//! resource, so nothing is fetched; it is a valid address, so the declaration holds; the next font of a `src`, or the colour
//! beside an image, is used. The address of an `@import` becomes `"data:text/css,"`, an empty sheet: layers are declared in the
//! same order, and the `load` event of the sheet comes as usual, where `about:invalid` would make it an `error`.
//! The old address follows in a comment, `/*vestibule SERVICE ADDRESS*/`, percent-encoded so that nothing in it can end the
//! comment, a string, an attribute or a `style` element; with it the sheet can be revived.
//!
//! # Two readings
//!
//! What follows a letter above ASCII is one name to browsers of today, and may be two under the newer text of the standard
//! (§4.2, "non-ASCII ident code point"). Only for `url(` does that change what follows; such a name gets a letter more, so that it
//! is a function for everybody.
//!
//! # What it promises
//!
//! Bytes of what is kept never change, whatever the chunks in which they come. Running it on its own output changes
//! nothing. Time is linear, and at most one token is held back, up to a cap; what is longer is made inert unread, unless
//! everything passes. It never fails.
//!
//! It reads bytes in encodings in which ASCII bytes mean ASCII; others have to be transcoded before.

mod address;
mod context;
mod scan;
mod span;
mod tokens;

use url::Url;

pub(super) use self::address::Bases;

use self::address::Asking;
use self::tokens::Reader;
use super::{Journal, Judge};

/// How deep sheets in addresses of sheets are followed.
const MAX_DEPTH: u8 = 4;

/// Rewrites one sheet as it streams through.
#[derive(Debug)]
pub struct Rewriter {
    judge: Judge,
    bases: Vec<Url>,
    plain: bool,
    max_token_bytes: usize,
    reader: Reader,
    /// Bytes of an incomplete token, from its start.
    carry: Vec<u8>,
}

impl Rewriter {
    /// A rewriter for a sheet that is a response of its own: the judge's page is the sheet. `max_token_bytes` is the
    /// length up to which one address is judged.
    pub fn new(judge: Judge, max_token_bytes: usize) -> Self {
        let bases = vec![judge.page().url.clone()];
        let plain = judge.own_host_is_plain();
        Self::within(judge, bases, plain, max_token_bytes)
    }

    /// A rewriter for a sheet that stands in a page with these bases.
    pub(super) const fn within(judge: Judge, bases: Vec<Url>, plain: bool, max_token_bytes: usize) -> Self {
        Self { judge, bases, plain, max_token_bytes, reader: Reader::new(), carry: Vec::new() }
    }

    /// Takes the next bytes of the sheet and appends what can go out to `output`.
    pub fn write(&mut self, input: &[u8], output: &mut Vec<u8>) {
        self.feed(input, false, output);
    }

    /// The sheet is complete: appends the rest.
    pub fn end(&mut self, output: &mut Vec<u8>) {
        self.feed(b"", true, output);
    }

    /// Something stands between this part of the sheet and the next that only some take for an end: what is begun ends
    /// here for everybody.
    pub(super) fn cut(&mut self, output: &mut Vec<u8>) {
        let held = std::mem::take(&mut self.carry);
        let mut asking = Asking {
            judge: &mut self.judge,
            bases: Bases { urls: &self.bases, plain: self.plain },
            depth: 0,
            max_token_bytes: self.max_token_bytes,
            services: Vec::new(),
        };
        self.reader.cut(&mut asking, held, output);
    }

    /// What was found since the last call.
    pub fn take_journal(&mut self) -> Journal {
        self.judge.take_journal()
    }

    fn feed(&mut self, input: &[u8], last: bool, output: &mut Vec<u8>) {
        let mut asking = Asking {
            judge: &mut self.judge,
            bases: Bases { urls: &self.bases, plain: self.plain },
            depth: 0,
            max_token_bytes: self.max_token_bytes,
            services: Vec::new(),
        };
        if self.carry.is_empty() {
            let used = self.reader.run(&mut asking, input, last, output);
            self.carry.extend_from_slice(input.get(used..).unwrap_or_default());
        } else {
            self.carry.extend_from_slice(input);
            let used = self.reader.run(&mut asking, &self.carry, last, output);
            self.carry.drain(..used);
        }
    }
}

/// Rewrites a list of declarations, or one value: a `style` attribute, or a presentation attribute of SVG. `None` when
/// nothing of it changes; otherwise the new text, and whose addresses were made inert.
pub(super) fn declarations(judge: &mut Judge, bases: Bases<'_>, text: &[u8]) -> Option<(Vec<u8>, Vec<String>)> {
    if !may_hold_address(text) {
        return None;
    }
    let mut asking = Asking { judge, bases, depth: 0, max_token_bytes: usize::MAX, services: Vec::new() };
    let mut written = Vec::with_capacity(text.len());
    Reader::new().run(&mut asking, text, true, &mut written);
    let services = asking.services;
    (written != text).then_some((written, services))
}

/// Whether everything in a sheet that stands in a `data:` address passes.
pub(super) fn carried_passes(judge: &mut Judge, address: &str) -> bool {
    let bases = Bases { urls: &[], plain: false };
    let mut asking = Asking { judge, bases, depth: 0, max_token_bytes: usize::MAX, services: Vec::new() };
    asking.sheet_in_address(address).is_none()
}

/// Whether there may be an address in declarations: it takes a function or an at-rule, or a string in a custom property.
fn may_hold_address(text: &[u8]) -> bool {
    memchr::memchr2(b'(', b'@', text).is_some()
        || (memchr::memchr2(b'"', b'\'', text).is_some()
            && (memchr::memmem::find(text, b"--").is_some() || memchr::memchr(b'\\', text).is_some()))
}
