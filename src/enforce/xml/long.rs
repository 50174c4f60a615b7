//! Start tags that are longer than what may be held: read in parts, so that the document goes on.
//!
//! Nearly always one value is long, and it is an image that the document carries itself. What stands before it is judged as a
//! tag of its own, then the value streams, then what stands behind it is judged. Each part is judged as if
//! the others said whatever would make it fetch: a `link` as a style sheet, a `meta` as a refresh, a name without a namespace as
//! any element. A value that cannot be looked at as a whole stays only where it cannot matter: in an attribute from which
//! nothing is fetched, or as an image in a `data:` address. Anywhere else its attribute goes out of sight before the value is
//! known. A script of that kind does not run.

use memchr::memchr;

use super::entities::Decoded;
use super::names::split;
use super::tokens::Mode;
use super::write::Part;
use super::{Rewriter, TokenTooLong, write};
use crate::enforce::Surface;
use crate::enforce::html::apart::{Outcome, Place, Places, Reading, long_value_may_stay};

/// The tag that is read in parts.
#[derive(Debug)]
pub(super) struct Long {
    /// Its name without a prefix, short enough to be one that matters.
    local: Vec<u8>,
    stopped: bool,
}

/// How much of a long value is looked at, in bytes: its scheme is there or nowhere.
const ENOUGH: usize = 256;

/// Longer names are not of any element that matters.
const MAX_NAME: usize = 64;

impl Rewriter {
    /// The beginning of a tag, `held`, is all that may be held of it. Gives how much of it is done with.
    pub(super) fn begin_long(&mut self, held: &[u8], output: &mut Vec<u8>) -> Result<usize, TokenTooLong> {
        let name = held.get(1..self.places.name_end()).unwrap_or_default().to_vec();
        let (_, local) = split(&name);
        let local = if local.len() > MAX_NAME { b"x".to_vec() } else { local.to_ascii_lowercase() };
        if self.holds_script() {
            self.release(true, output)?;
        }
        self.long = Some(Long { local, stopped: false });
        self.part_of_long(held, Part::Beginning, output)
    }

    /// Behind what was written of a long tag.
    pub(super) fn long_rest(
        &mut self,
        rest: &[u8],
        last: bool,
        output: &mut Vec<u8>,
    ) -> Result<(usize, bool), TokenTooLong> {
        let within = rest.get(..self.max_token_bytes).unwrap_or(rest);
        if let Some(length) = self.places.scan(within) {
            let whole = within.get(..length).unwrap_or_default();
            let places = std::mem::take(&mut self.places);
            let outcome = self.judge_part(whole, &places, Part::Later, false);
            write::tag(whole, &places, &outcome, Part::Later, self.quote, output);
            self.mode = Mode::Data;
            let empty = places.self_closing();
            self.places = places;
            let local = self.long.take().map(|long| long.local).unwrap_or_default();
            self.enter(&local, empty);
            return Ok((length, true));
        }
        if let Some(scanned) = self.places.overflows(within, rest.len() > within.len()) {
            let held = within.get(..scanned).unwrap_or_default();
            return Ok((self.part_of_long(held, Part::Later, output)?, true));
        }
        if last {
            self.put(rest, output)?;
            return Ok((rest.len(), false));
        }
        Ok((0, false))
    }

    /// In a value that streams.
    pub(super) fn long_value(
        &mut self,
        rest: &[u8],
        quote: u8,
        output: &mut Vec<u8>,
    ) -> Result<(usize, bool), TokenTooLong> {
        let end = if quote == 0 {
            rest.iter().position(|byte| byte.is_ascii_whitespace() || *byte == b'>')
        } else {
            memchr(quote, rest).map(|at| at + 1)
        };
        let used = end.unwrap_or(rest.len());
        self.put(rest.get(..used).unwrap_or_default(), output)?;
        if end.is_some() {
            self.places.reset_inside();
            self.mode = Mode::Rest;
        }
        Ok((used, end.is_some()))
    }

    /// Writes as much of `held` as can be judged, and settles how it goes on.
    fn part_of_long(&mut self, held: &[u8], part: Part, output: &mut Vec<u8>) -> Result<usize, TokenTooLong> {
        let open = self.places.open_value();
        let start = self.places.open_attribute();
        let named = part == Part::Later || self.places.name_end() > 0;
        self.mode = Mode::Rest;
        // A name, and nothing but space behind it.
        let lone = start == Some(0) && open.is_none() && self.places.awaits_value();
        if !named || (open.is_none() && start == Some(0) && !lone) {
            // Nothing that matters has so long a name.
            self.put(held, output)?;
            self.places.forget();
            return Ok(held.len());
        }
        let cut = open.map(|place| place.value.0).or_else(|| start.filter(|_| !lone)).unwrap_or(held.len());
        let piece = held.get(..cut).unwrap_or_default();
        let mut places = Places::default();
        if part == Part::Beginning {
            places.reset(1);
        } else {
            places.reset_inside();
        }
        // Once more, so that what is cut off is not among the attributes.
        places.scan(piece);
        let unread = open.or_else(|| places.attributes().last().filter(|_| lone));
        let mut outcome = self.judge_part(piece, &places, part, unread.is_some());
        if let Some(place) = unread {
            self.judge_long_value(place, &places, held, &mut outcome);
        }
        if let Some(place) = open {
            self.mode = Mode::Value(place.quote);
        }
        let mut written = Vec::with_capacity(piece.len());
        write::tag(piece, &places, &outcome, part, self.quote, &mut written);
        self.put(&written, output)?;
        if cut == held.len() {
            self.places.forget();
        } else {
            self.places.reset_inside();
        }
        Ok(cut)
    }

    /// Judges the attributes of a part; the value of the last one may be unread.
    fn judge_part(&mut self, piece: &[u8], places: &Places, part: Part, unread: bool) -> Outcome {
        let Some(mut long) = self.long.take() else { return Outcome::default() };
        let mut name: &[u8] = b"";
        if part == Part::Beginning {
            name = piece.get(1..places.name_end()).unwrap_or_default();
            self.enter_document(name, piece, places);
        }
        self.declare(name, piece, places, unread);
        let mut outcome = self.judged(&long.local, Some(Reading::Any), piece, places, true).outcome;
        if part == Part::Beginning && outcome.runs && !outcome.stop_script {
            let judge = self.page.judge();
            let decision = judge.judge_unreadable(Surface::InlineScript, "<script>");
            outcome.stop(judge, &decision);
        }
        long.stopped |= outcome.stop_script;
        outcome.stop_script = long.stopped;
        self.long = Some(long);
        outcome
    }

    /// Hides the attribute of a long value unless the value cannot matter.
    fn judge_long_value(&mut self, place: Place, places: &Places, held: &[u8], outcome: &mut Outcome) {
        let Some(at) = places.attributes().count().checked_sub(1) else { return };
        let local = self.long.as_ref().map(|long| long.local.clone()).unwrap_or_default();
        let name = held.get(place.name.0..place.name.1).unwrap_or_default();
        let (prefix, attribute) = split(name);
        if prefix == b"xmlns" || name == b"xmlns" {
            // Nothing that matters has such a name.
            return;
        }
        let start = if place.value.0 == 0 { b"" } else { held.get(place.value.0..).unwrap_or_default() };
        let start = start.get(..ENOUGH).unwrap_or(start);
        let Decoded { text, known } = self.entities.attribute(start);
        if !known || !long_value_may_stay(&local, attribute, &text) {
            let subject = format!("<{} {}>", String::from_utf8_lossy(&local), String::from_utf8_lossy(attribute));
            if !outcome.hidden.contains(&at) {
                self.hide_unreadable(outcome, at, &subject);
            }
        }
    }
}
