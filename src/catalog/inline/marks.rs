//! Pieces of install snippets, and where a script has them.
//!
//! What a marker is, is told by how it is written:
//!
//! - code (`fbq('init'`, `new UET(`, `_veroq.push(['init'`) is found as the same tokens in a row, whatever the spaces, the
//!   quotes and the way to write a member; a string that the marker leaves open (`gtag('config', 'G-`) may go on;
//! - a name alone (`_paq`, `TiktokAnalyticsObject`, `window.ShopifyAnalytics`) is found where it is made: assigned, declared
//!   as a function, constructed, a key, or handed on as a string. Whoever only reads or calls it cannot have loaded the tag;
//! - what could be a part of an address (`static.hotjar.com/c/hotjar-`, `/fbevents.js`, `mtm.startTime`) is found in
//!   strings that could be addresses, and as the whole of a string that is handed on.

use std::collections::HashMap;

use aho_corasick::AhoCorasick;

use super::token::{ASSIGN, COLON, COMMA, Code, DOT, Kind, OPEN, OPEN_BRACE, OPEN_SQUARE, is_word};
use super::{fold, lex};
use crate::catalog::Matches;
use crate::catalog::index::push;
use crate::consent::ServiceId;

/// A token of a marker.
#[derive(Debug)]
struct Piece {
    kind: Kind,
    text: Box<[u8]>,
}

/// A marker that is code.
#[derive(Debug)]
struct Sequence {
    pieces: Vec<Piece>,
    /// Where in it the token stands that it is looked up by.
    anchor: usize,
    service: ServiceId,
}

/// All markers of a catalog.
#[derive(Debug, Default)]
pub(super) struct Marks {
    sequences: Vec<Sequence>,
    /// Positions of sequences by the text of their anchor.
    by_anchor: HashMap<Box<[u8]>, Vec<usize>>,
    /// Sequences of operators alone.
    without_anchor: Vec<usize>,
    names: HashMap<Box<[u8]>, Matches>,
    /// Strings that are markers as a whole.
    wholes: HashMap<Box<[u8]>, Matches>,
    /// For each first byte the lengths of all texts in these, as bits: most words of a script are none of them.
    lengths: Lengths,
    addresses: Option<AhoCorasick>,
    address_services: Vec<ServiceId>,
}

impl Marks {
    /// Compiles `markers`, and adds to `needles` a text for each without which no script has it.
    pub(super) fn new<'m>(markers: impl Iterator<Item = (&'m str, ServiceId)>, needles: &mut Vec<Vec<u8>>) -> Self {
        let mut marks = Self::default();
        let mut addresses = Vec::new();
        for (marker, service) in markers {
            if could_be_address(marker.as_bytes()) {
                // Slashes are also written with a backslash before them.
                needles.extend(longest(marker.split(['/', '\\']).map(str::as_bytes)));
                addresses.push(marker.as_bytes().to_vec());
                marks.address_services.push(service);
                marks.lengths.add(marker.as_bytes());
                push(marks.wholes.entry(marker.as_bytes().into()).or_default(), service);
            }
            marks.add_code(marker, service, needles);
        }
        marks.addresses = Some(addresses).filter(|all| !all.is_empty()).and_then(|all| AhoCorasick::new(all).ok());
        marks
    }

    fn add_code(&mut self, marker: &str, service: ServiceId, needles: &mut Vec<Vec<u8>>) {
        let code = fold::fold(lex::lex(marker.as_bytes()));
        let mut tokens = code.tokens.as_slice();
        if code.name(0) == Some(b"window") && code.kind(1) == DOT {
            tokens = tokens.get(2..).unwrap_or_default();
        }
        let pieces: Vec<Piece> =
            tokens.iter().map(|token| Piece { kind: token.kind, text: spelled(&code, *token) }).collect();
        // What is called says more than what it is called with (`init`).
        let of = |text: bool| {
            let words = pieces.iter().filter(move |piece| match piece.kind {
                Kind::Name => true,
                Kind::Text | Kind::OpenText => text,
                _ => false,
            });
            longest(words.map(|piece| &*piece.text))
        };
        needles.extend(of(false).filter(|name| name.len() > 2).or_else(|| of(true)));
        match pieces.as_slice() {
            [] => {}
            [Piece { kind: Kind::Name, text }] => {
                self.lengths.add(text);
                push(self.names.entry(text.clone()).or_default(), service);
            }
            _ => {
                let rarest = |kind: Kind| {
                    let of_kind = pieces.iter().enumerate().filter(|(_, piece)| piece.kind == kind);
                    of_kind.max_by_key(|(_, piece)| piece.text.len()).map(|(at, _)| at)
                };
                let anchor = rarest(Kind::Name).or_else(|| rarest(Kind::Text));
                let at = self.sequences.len();
                let text = anchor.and_then(|anchor| pieces.get(anchor)).map(|piece| piece.text.clone());
                match text {
                    Some(text) => {
                        self.lengths.add(&text);
                        self.by_anchor.entry(text).or_default().push(at);
                    }
                    None => self.without_anchor.push(at),
                }
                self.sequences.push(Sequence { pieces, anchor: anchor.unwrap_or(0), service });
            }
        }
    }

    /// Adds the services whose markers `code` has.
    pub(super) fn find(&self, code: &Code<'_>, found: &mut Matches) {
        let mut brackets = Vec::new();
        for (at, token) in code.tokens.iter().enumerate() {
            for sequence in &self.without_anchor {
                self.sequence(*sequence, code, at, found);
            }
            match token.kind {
                OPEN | OPEN_SQUARE | OPEN_BRACE => brackets.push(token.kind),
                Kind::Mark(b')' | b']' | b'}') => {
                    brackets.pop();
                }
                Kind::Name | Kind::Text | Kind::OpenText => {
                    let text = code.text(*token);
                    if token.is_text() && could_be_address(text) {
                        self.in_address(text, found);
                    }
                    if !self.lengths.may_have(text) {
                        continue;
                    }
                    for sequence in self.by_anchor.get(text).into_iter().flatten() {
                        self.sequence(*sequence, code, at, found);
                    }
                    let named = self.names.get(text);
                    let inside = brackets.last().copied();
                    if token.kind == Kind::Name {
                        all(named.filter(|_| makes(code, at, inside)), found);
                        continue;
                    }
                    let handed_on = handed_on(code, at, inside);
                    all(named.filter(|_| handed_on), found);
                    all(self.wholes.get(text).filter(|_| handed_on), found);
                }
                _ => {}
            }
        }
    }

    /// Adds the services with a marker in this address.
    pub(super) fn in_address(&self, address: &[u8], found: &mut Matches) {
        let Some(markers) = &self.addresses else { return };
        for hit in markers.find_overlapping_iter(address) {
            // A marker that starts like a word must start at a word: `ire/` is not in `/vampire/`.
            let starts_word = address.get(hit.start()).is_some_and(|byte| is_word(*byte));
            let before = hit.start().checked_sub(1).and_then(|before| address.get(before));
            if starts_word && before.is_some_and(|byte| is_word(*byte)) {
                continue;
            }
            if let Some(service) = self.address_services.get(hit.pattern().as_usize()) {
                push(found, *service);
            }
        }
    }

    fn sequence(&self, which: usize, code: &Code<'_>, anchor: usize, found: &mut Matches) {
        let Some(sequence) = self.sequences.get(which) else { return };
        let Some(start) = anchor.checked_sub(sequence.anchor) else { return };
        let Some(tokens) = code.tokens.get(start..start + sequence.pieces.len()) else { return };
        let fits = tokens.iter().zip(&sequence.pieces).all(|(token, piece)| match piece.kind {
            Kind::OpenText => token.is_text() && code.text(*token).starts_with(&piece.text),
            Kind::Text => token.is_text() && *code.text(*token) == *piece.text,
            Kind::Name | Kind::Number | Kind::Regex => token.kind == piece.kind && *code.text(*token) == *piece.text,
            kind @ Kind::Mark(_) => token.kind == kind,
        });
        if fits {
            push(found, sequence.service);
        }
    }
}

/// Which texts there may be, by first byte and length.
#[derive(Debug)]
struct Lengths([u64; 256]);

impl Default for Lengths {
    fn default() -> Self {
        Self([0; 256])
    }
}

impl Lengths {
    fn bit(text: &[u8]) -> u64 {
        1 << text.len().min(63)
    }

    fn add(&mut self, text: &[u8]) {
        if let Some(lengths) = text.first().and_then(|first| self.0.get_mut(usize::from(*first))) {
            *lengths |= Self::bit(text);
        }
    }

    fn may_have(&self, text: &[u8]) -> bool {
        text.first().and_then(|first| self.0.get(usize::from(*first))).is_some_and(|known| known & Self::bit(text) != 0)
    }
}

/// Operators have no text of their own.
fn spelled(code: &Code<'_>, token: super::token::Token) -> Box<[u8]> {
    if matches!(token.kind, Kind::Mark(_)) { Box::default() } else { code.text(token).into() }
}

/// The longest text, if there is one.
fn longest<'t>(texts: impl Iterator<Item = &'t [u8]>) -> Option<Vec<u8>> {
    texts.max_by_key(|text| text.len()).map(<[u8]>::to_vec)
}

fn all(services: Option<&Matches>, found: &mut Matches) {
    for service in services.into_iter().flatten() {
        push(found, *service);
    }
}

/// Whether a name is made here rather than read.
fn makes(code: &Code<'_>, at: usize, inside: Option<Kind>) -> bool {
    let before = at.checked_sub(1).map(|before| code.kind(before));
    let next = code.kind(at + 1);
    let key = next == COLON && inside == Some(OPEN_BRACE) && matches!(before, Some(OPEN_BRACE | COMMA));
    let declared = at.checked_sub(1).and_then(|before| code.name(before));
    next == ASSIGN || key || matches!(declared, Some(b"function" | b"class" | b"new"))
}

/// Whether a string is handed on as a name: an argument, a member, a key.
fn handed_on(code: &Code<'_>, at: usize, inside: Option<Kind>) -> bool {
    let before = at.checked_sub(1).map(|before| code.kind(before));
    let next = code.kind(at + 1);
    let argument =
        inside == Some(OPEN) && matches!(before, Some(OPEN | COMMA)) && matches!(next, COMMA | Kind::Mark(b')'));
    let key = next == COLON && inside == Some(OPEN_BRACE) && matches!(before, Some(OPEN_BRACE | COMMA));
    let member = inside == Some(OPEN_SQUARE)
        && next == Kind::Mark(b']')
        && before == Some(OPEN_SQUARE)
        && at.checked_sub(2).is_some_and(|value| matches!(code.kind(value), Kind::Name | Kind::Mark(b')' | b']')));
    argument || key || member
}

/// Whether `text` could be an address or a part of one: the bytes of RFC 3986 without quotes and brackets that are code, and
/// more than a name. A text with spaces is prose, one with `<` is markup.
pub(super) fn could_be_address(text: &[u8]) -> bool {
    let plain = |byte: &u8| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'.' | b'_' | b'~' | b':' | b'/' | b'?' | b'#' | b'@' | b'!' | b'$' | b'&')
            || matches!(byte, b'*' | b'+' | b',' | b';' | b'=' | b'%' | 0)
    };
    let more_than_a_name = |byte: &u8| matches!(byte, b'.' | b'/' | b'-');
    text.len() >= 4 && text.iter().all(plain) && text.iter().any(more_than_a_name)
}
