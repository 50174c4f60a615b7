//! The cookie surfaces: `Cookie` towards the shop, `Set-Cookie` towards the visitor.
//!
//! Kept bytes are never changed or reordered. Withdrawal (expiring what the browser already holds) is not done here.

use http::HeaderMap;
use http::header::{COOKIE, SET_COOKIE};

use super::{Judge, Surface};
use crate::policy::{Item, Mode, Verdict};
use crate::sources::{OwnCookies, cookie_pairs};

/// What the `Cookie` fields of a request should become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CookieEdit {
    /// They stay as they are.
    Keep,
    /// All of them go; nothing is left to send.
    Remove,
    /// One field with this value takes their place.
    Replace(Vec<u8>),
}

/// Judges every cookie that the browser sent. Several fields always become one, because HTTP/1 shops read only the
/// first. Our own cookies are ours and do not reach the shop.
pub fn request(judge: &mut Judge, headers: &HeaderMap) -> CookieEdit {
    let fields = headers.get_all(COOKIE).iter().count();
    if fields == 0 {
        return CookieEdit::Keep;
    }
    let off = judge.mode() == Mode::Off;
    let mut joined = Vec::new();
    let mut dropped = false;
    for pair in cookie_pairs(headers) {
        let keep = if OwnCookies::is_ours(pair.name) {
            false
        } else {
            off || judge.judge(Surface::Cookie, &Item::Cookie { name: pair.name }, || printable(pair.name)).verdict
                != Verdict::Drop
        };
        if keep {
            if !joined.is_empty() {
                joined.extend_from_slice(b"; ");
            }
            joined.extend_from_slice(pair.raw);
        } else {
            dropped = true;
        }
    }
    if joined.is_empty() && dropped {
        CookieEdit::Remove
    } else if dropped || fields > 1 {
        CookieEdit::Replace(joined)
    } else {
        CookieEdit::Keep
    }
}

/// What one `Set-Cookie` field should become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetCookieEdit {
    /// It stays as it is.
    Keep,
    /// It goes.
    Remove,
    /// It is sent with this value instead.
    Replace(Vec<u8>),
}

/// Judges the `Set-Cookie` fields of a response, in order. `None` when all of them stay. `now` is in seconds since the
/// Unix epoch and tells a deletion from a lifetime.
pub fn response(judge: &mut Judge, headers: &HeaderMap, now: u64) -> Option<Vec<SetCookieEdit>> {
    let edits: Vec<SetCookieEdit> = headers
        .get_all(SET_COOKIE)
        .iter()
        .map(|field| {
            let cookie = SetCookie::read(field.as_bytes(), now);
            let item = Item::SetCookie {
                name: cookie.name,
                persistent: cookie.life == Life::Persistent,
                deletion: cookie.life == Life::Deletion,
            };
            match judge.judge(Surface::SetCookie, &item, || printable(cookie.name)).verdict {
                Verdict::Keep => SetCookieEdit::Keep,
                Verdict::Drop => SetCookieEdit::Remove,
                Verdict::Shorten => SetCookieEdit::Replace(cookie.for_the_visit()),
            }
        })
        .collect();
    edits.iter().any(|edit| *edit != SetCookieEdit::Keep).then_some(edits)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Life {
    Session,
    Persistent,
    Deletion,
}

/// A `Set-Cookie` field, read as RFC 6265bis §5.6 reads it, over the bytes that were sent.
struct SetCookie<'a> {
    raw: &'a [u8],
    name: &'a [u8],
    life: Life,
}

impl<'a> SetCookie<'a> {
    fn read(raw: &'a [u8], now: u64) -> Self {
        let mut segments = raw.split(|byte| *byte == b';');
        let name = name_of(segments.next().unwrap_or_default());
        // The last of several attributes counts, and `Max-Age` beats `Expires`.
        let mut max_age = None;
        let mut expires = None;
        for segment in segments {
            let (attribute, value) = attribute(segment);
            if attribute.eq_ignore_ascii_case(b"max-age") {
                max_age = max_age_life(value).or(max_age);
            } else if attribute.eq_ignore_ascii_case(b"expires") {
                expires = Some(expires_life(value, now));
            }
        }
        Self { raw, name, life: max_age.or(expires).unwrap_or(Life::Session) }
    }

    /// The field without the attributes that give it a life beyond the visit.
    fn for_the_visit(&self) -> Vec<u8> {
        let mut kept = Vec::with_capacity(self.raw.len());
        for (at, segment) in self.raw.split(|byte| *byte == b';').enumerate() {
            let (attribute, _) = attribute(segment);
            let lifetime = attribute.eq_ignore_ascii_case(b"max-age") || attribute.eq_ignore_ascii_case(b"expires");
            if at == 0 || !lifetime {
                if at > 0 {
                    kept.push(b';');
                }
                kept.extend_from_slice(segment);
            }
        }
        kept
    }
}

/// The name in a `Set-Cookie` field, or in its first part; empty when it has none.
pub fn name_of(field: &[u8]) -> &[u8] {
    let pair = field.split(|byte| *byte == b';').next().unwrap_or_default();
    match pair.iter().position(|byte| *byte == b'=') {
        Some(at) => pair.get(..at).unwrap_or_default().trim_ascii(),
        None => b"",
    }
}

fn attribute(segment: &[u8]) -> (&[u8], &[u8]) {
    match segment.iter().position(|byte| *byte == b'=') {
        Some(at) => {
            (segment.get(..at).unwrap_or_default().trim_ascii(), segment.get(at + 1..).unwrap_or_default().trim_ascii())
        }
        None => (segment.trim_ascii(), b""),
    }
}

/// RFC 6265bis §5.6.2: anything but an optional `-` and digits is ignored; zero and below is a deletion.
fn max_age_life(value: &[u8]) -> Option<Life> {
    let (negative, digits) = match value {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let zero = digits.iter().all(|digit| *digit == b'0');
    Some(if negative || zero { Life::Deletion } else { Life::Persistent })
}

/// A date that we cannot read may be one that a browser can: it counts as a life beyond the visit.
fn expires_life(value: &[u8], now: u64) -> Life {
    match (date(value), i64::try_from(now)) {
        (Some(at), Ok(now)) if at <= now => Life::Deletion,
        _ => Life::Persistent,
    }
}

/// A date in seconds since the Unix epoch, read as browsers read it (RFC 6265bis §5.6.1): words in any order, anything
/// that is not time, day, month or year is ignored, and the zone is always UTC.
fn date(text: &[u8]) -> Option<i64> {
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    let delimiter = |byte: &u8| matches!(byte, b'\t' | b' '..=b'/' | b';'..=b'@' | b'['..=b'`' | b'{'..=b'~');
    for word in text.split(delimiter).filter(|word| !word.is_empty()) {
        if time.is_none()
            && let Some(found) = time_of_day(word)
        {
            time = Some(found);
        } else if day.is_none()
            && let Some(found) = leading_number(word, 1, 2)
        {
            day = Some(found);
        } else if month.is_none()
            && let Some(found) = month_number(word)
        {
            month = Some(found);
        } else if year.is_none()
            && let Some(found) = leading_number(word, 2, 4)
        {
            year = Some(found);
        }
    }
    let year = match year? {
        late @ 70..=99 => late + 1900,
        early @ 0..=69 => early + 2000,
        year => year,
    };
    if year < 1601 {
        return None;
    }
    let (hour, minute, second) = time?;
    let month = cookie::time::Month::try_from(u8::try_from(month?).ok()?).ok()?;
    let date =
        cookie::time::Date::from_calendar_date(i32::try_from(year).ok()?, month, u8::try_from(day?).ok()?).ok()?;
    Some(date.with_hms(hour, minute, second).ok()?.assume_utc().unix_timestamp())
}

/// `hour:minute:second`, one or two digits each; what follows the digits of the last is ignored.
fn time_of_day(word: &[u8]) -> Option<(u8, u8, u8)> {
    let mut parts = word.splitn(3, |byte| *byte == b':');
    let mut exact = || parts.next().filter(|part| part.iter().all(u8::is_ascii_digit));
    let (hour, minute) = (leading_number(exact()?, 1, 2)?, leading_number(exact()?, 1, 2)?);
    let second = leading_number(parts.next()?, 1, 2)?;
    Some((u8::try_from(hour).ok()?, u8::try_from(minute).ok()?, u8::try_from(second).ok()?))
}

/// The number that a word begins with, if it has between `least` and `most` digits.
fn leading_number(word: &[u8], least: usize, most: usize) -> Option<u32> {
    let length = word.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let digits = word.get(..length).filter(|_| (least..=most).contains(&length))?;
    Some(digits.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0')))
}

/// Which month a word begins like, from 1.
fn month_number(word: &[u8]) -> Option<u32> {
    const MONTHS: &[u8; 36] = b"janfebmaraprmayjunjulaugsepoctnovdec";
    let start = word.get(..3)?;
    let at = MONTHS.chunks_exact(3).position(|month| month.eq_ignore_ascii_case(start))?;
    u32::try_from(at + 1).ok()
}

/// A cookie name for findings: printable ASCII, bounded.
fn printable(name: &[u8]) -> String {
    name.iter().take(64).map(|byte| if byte.is_ascii_graphic() { char::from(*byte) } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use super::{Life, SetCookie};

    const NOW: u64 = 1_795_000_000; // November 2026

    #[test]
    fn lifetimes_are_read_as_browsers_read_them() {
        for (field, life) in [
            ("a=1", Life::Session),
            ("a=1; Path=/; Max-Age=60", Life::Persistent),
            ("a=1; max-age=0", Life::Deletion),
            ("a=1; Max-Age=-1", Life::Deletion),
            ("a=1; Max-Age=1x", Life::Session),
            ("a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", Life::Deletion),
            ("a=1; expires=Thu, 01-Jan-1970 00:00:01 GMT", Life::Deletion),
            ("a=1; Expires=Wed, 21 Oct 2099 07:28:00 GMT", Life::Persistent),
            ("a=1; Expires=Thu, 01 Jan 1970 00:00:00 -0000", Life::Deletion),
            ("a=1; Expires=Thu, 01 Jan 1970 00:00:00 UTC", Life::Deletion),
            ("a=1; Expires=Thu, 1 Jan 1970 0:0:0 GMT", Life::Deletion),
            ("a=1; Expires=Thursday, 01-Jan-70 00:00:01 GMT", Life::Deletion),
            ("a=1; Expires=Thu Jan 01 1970 00:00:00 GMT", Life::Deletion),
            ("a=1; Expires=Wed Oct 21 07:28:00 2099", Life::Persistent),
            ("a=1; Expires=Wed, 21-Oct-69 07:28:00 GMT", Life::Persistent),
            ("a=1; Expires=Thu, 31 Feb 1970 00:00:00 GMT", Life::Persistent),
            ("a=1; Expires=Thu, 01 Jan 1970 24:00:00 GMT", Life::Persistent),
            ("a=1; Expires=", Life::Persistent),
            ("a=1; Expires=someday", Life::Persistent),
            ("a=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", Life::Persistent),
            ("a=1; Max-Age=60; Max-Age=0", Life::Deletion),
        ] {
            assert!(SetCookie::read(field.as_bytes(), NOW).life == life, "`{field}`");
        }
    }

    #[test]
    fn only_the_lifetime_is_cut() {
        let raw = b"id=\"a,b\"; Path=/; Expires=Wed, 21 Oct 2099 07:28:00 GMT;HttpOnly;Max-Age=9; Partitioned;x=\xff";
        let cut = SetCookie::read(raw, NOW).for_the_visit();
        assert_eq!(cut, b"id=\"a,b\"; Path=/;HttpOnly; Partitioned;x=\xff");
    }
}
