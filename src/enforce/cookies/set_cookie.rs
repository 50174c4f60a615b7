//! One `Set-Cookie` field, read as Chromium's jar reads it.
//!
//! RFC 6265bis §5.6 and §5.7, and where Chromium differs, Chromium (`net/cookies/parsed_cookie.cc`,
//! `canonical_cookie.cc`): the last `Max-Age` counts even when it cannot be read, a sign may be a plus, attributes of more
//! than 1024 bytes are not there, nothing lives longer than 400 days, and `Expires` is measured from the response's own
//! `Date`. What Chromium does with ten thousand shapes stands in `tests/data/cookies`, and a test compares.
//!
//! Reading never decides. That a browser would not take a cookie lets nothing through: another browser may take it.

use super::date::date;
use super::prefix::Prefix;

/// The longest life that Chromium gives a cookie, in seconds (RFC 6265bis §5.5: at most 400 days).
const LONGEST: u64 = 400 * 86_400;

/// The longest name and value together, in bytes (RFC 6265bis §5.6).
const MAX_PAIR: usize = 4096;

/// The longest value of an attribute, in bytes (RFC 6265bis §5.6); longer ones are not there.
const MAX_ATTRIBUTE: usize = 1024;

/// When a response is read, in seconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Our own time.
    pub now: u64,
    /// The response's own `Date`, where it has one that can be read.
    pub date: Option<i64>,
}

impl Clock {
    /// The clock for a response with these fields.
    pub fn new(now: u64, headers: &http::HeaderMap) -> Self {
        Self { now, date: headers.get(http::header::DATE).and_then(|field| date(field.as_bytes())) }
    }

    /// When something ends that ends at `at` by the clock of whoever sent the response.
    fn translated(self, at: i64) -> i64 {
        let now = i64::try_from(self.now).unwrap_or(i64::MAX);
        self.date.map_or(at, |date| at.saturating_add(now.saturating_sub(date)))
    }
}

/// Where a response comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin<'a> {
    /// The host, lower case.
    pub host: &'a str,
    /// Its registrable domain; the host itself where there is none.
    pub registrable: &'a str,
    /// Whether it came over TLS.
    pub secure: bool,
}

impl Origin<'_> {
    /// Whether a cookie for `domain` may be set from here: it is the host, or above it and below its public suffix.
    fn may_set_for(self, domain: &[u8]) -> bool {
        let domain = domain.strip_prefix(b".").unwrap_or(domain).to_ascii_lowercase();
        let host = self.host.as_bytes();
        let above = host.strip_suffix(&*domain).is_some_and(|rest| rest.ends_with(b"."));
        domain == host || (above && domain.len() >= self.registrable.len())
    }
}

/// How long a cookie lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// Until the browser is closed.
    Visit,
    /// Until then, in seconds since the Unix epoch.
    Until(u64),
    /// Not at all: it removes the cookie of its name.
    Deletion,
}

/// A `Set-Cookie` field over the bytes that were sent.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "a field has as many attributes that are there or not")]
pub struct SetCookie<'a> {
    raw: &'a [u8],
    /// The name; empty when it has none.
    pub name: &'a [u8],
    /// The value.
    pub value: &'a [u8],
    /// How long it lives.
    pub life: Life,
    /// Whether any attribute speaks of a life, whatever it says: another browser may be able to read it.
    pub dated: bool,
    /// The last `Domain`, if it is not empty.
    pub domain: Option<&'a [u8]>,
    /// The last `Path`.
    pub path: Option<&'a [u8]>,
    /// Whether it has `Secure`.
    pub secure: bool,
    /// Whether it has `HttpOnly`.
    pub http_only: bool,
    /// Whether it has `Partitioned`.
    pub partitioned: bool,
    /// Whether its last `SameSite` is `None`.
    pub cross_site: bool,
    /// Whether it holds something, no control character and not too much, and cannot be taken for another one.
    pub sound: bool,
}

impl<'a> SetCookie<'a> {
    /// Reads a field.
    pub fn read(raw: &'a [u8], clock: Clock) -> Self {
        let mut segments = raw.split(|byte| *byte == b';');
        let pair = segments.next().unwrap_or_default();
        let (name, value) = match pair.iter().position(|byte| *byte == b'=') {
            Some(at) => (trim(pair.get(..at).unwrap_or_default()), trim(pair.get(at + 1..).unwrap_or_default())),
            None => (b"".as_slice(), trim(pair)),
        };
        let mut cookie = Self {
            raw,
            name,
            value,
            life: Life::Visit,
            dated: false,
            domain: None,
            path: None,
            secure: false,
            http_only: false,
            partitioned: false,
            cross_site: false,
            sound: !(name.is_empty() && (value.is_empty() || value.contains(&b'=')))
                && name.len() + value.len() <= MAX_PAIR
                && !raw.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t')
                && ![name, value].iter().any(|text| text.contains(&b'\t')),
        };
        let (mut max_age, mut expires) = (None, None);
        for segment in segments {
            let (attribute, value) = attribute(segment);
            cookie.sound &= ![attribute, value].iter().any(|text| text.contains(&b'\t'));
            if value.len() > MAX_ATTRIBUTE {
                cookie.dated |= is_lifetime(attribute);
                continue;
            }
            let is = |name: &str| attribute.eq_ignore_ascii_case(name.as_bytes());
            if is("max-age") {
                max_age = Some(value);
            } else if is("expires") {
                expires = Some(value);
            } else if is("domain") {
                cookie.domain = Some(value).filter(|value| !value.is_empty());
            } else if is("path") {
                cookie.path = Some(value);
            } else if is("secure") {
                cookie.secure = true;
            } else if is("httponly") {
                cookie.http_only = true;
            } else if is("partitioned") {
                cookie.partitioned = true;
            } else if is("samesite") {
                cookie.cross_site = value.eq_ignore_ascii_case(b"none");
            }
        }
        cookie.dated |= max_age.is_some() || expires.is_some();
        cookie.life = max_age
            .and_then(|value| by_max_age(value, clock))
            .or_else(|| expires.and_then(|value| by_expires(value, clock)))
            .unwrap_or(Life::Visit);
        cookie
    }

    /// Whether it may outlive the visit in any browser.
    pub const fn persistent(&self) -> bool {
        match self.life {
            Life::Until(_) => true,
            Life::Visit => self.dated,
            Life::Deletion => false,
        }
    }

    /// Whether Chromium takes it at all from a response of `origin`: it is sound, its domain is the host's own or above it,
    /// what its name promises is there (RFC 6265bis §5.7, steps 8 to 22), and what may cross sites is encrypted.
    pub fn taken(&self, origin: Origin<'_>) -> bool {
        let prefix = Prefix::of(if self.name.is_empty() { self.value } else { self.name });
        let promised = match prefix {
            Prefix::None => true,
            _ if self.name.is_empty() => false,
            Prefix::Secure => self.secure,
            Prefix::Http => self.secure && self.http_only,
            Prefix::Host | Prefix::HostHttp => {
                let http = prefix == Prefix::Host || self.http_only;
                self.secure && http && self.domain.is_none() && self.path == Some(b"/".as_slice())
            }
        };
        self.sound
            && promised
            && self.domain.is_none_or(|domain| origin.may_set_for(domain))
            && (origin.secure || !self.secure)
            && (self.secure || !(self.cross_site || self.partitioned))
    }

    /// When it ends at the latest, in seconds since the Unix epoch. A life that only another browser can read is as long as
    /// any; the end of the visit counts for none.
    pub const fn end(&self, now: u64) -> u64 {
        match self.life {
            Life::Until(end) => end,
            Life::Visit if self.dated => now.saturating_add(LONGEST),
            Life::Visit | Life::Deletion => now,
        }
    }

    /// How many days it still lives, rounded up.
    pub fn days_left(&self, now: u64) -> u32 {
        u32::try_from(self.end(now).saturating_sub(now).div_ceil(86_400)).unwrap_or(u32::MAX)
    }

    /// The field without the attributes that give it a life beyond the visit.
    pub fn for_the_visit(&self) -> Vec<u8> {
        self.without(is_lifetime)
    }

    /// The field with a life of so many seconds and no other.
    pub fn for_seconds(&self, seconds: u64) -> Vec<u8> {
        let mut field = self.for_the_visit();
        field.extend_from_slice(format!("; Max-Age={seconds}").as_bytes());
        field
    }

    /// The field without its `Domain`: for the host alone that it came from.
    pub fn for_this_host(&self) -> Vec<u8> {
        self.without(|attribute| attribute.eq_ignore_ascii_case(b"domain"))
    }

    fn without(&self, unwanted: impl Fn(&[u8]) -> bool) -> Vec<u8> {
        let mut kept = Vec::with_capacity(self.raw.len());
        for (at, segment) in self.raw.split(|byte| *byte == b';').enumerate() {
            if at == 0 || !unwanted(attribute(segment).0) {
                if at > 0 {
                    kept.push(b';');
                }
                kept.extend_from_slice(segment);
            }
        }
        kept
    }
}

/// The name in a `Set-Cookie` field; empty when it has none.
pub fn name_of(field: &[u8]) -> &[u8] {
    let pair = field.split(|byte| *byte == b';').next().unwrap_or_default();
    pair.iter().position(|byte| *byte == b'=').map_or(b"", |at| trim(pair.get(..at).unwrap_or_default()))
}

fn attribute(segment: &[u8]) -> (&[u8], &[u8]) {
    match segment.iter().position(|byte| *byte == b'=') {
        Some(at) => (trim(segment.get(..at).unwrap_or_default()), trim(segment.get(at + 1..).unwrap_or_default())),
        None => (trim(segment), b""),
    }
}

const fn is_lifetime(attribute: &[u8]) -> bool {
    attribute.eq_ignore_ascii_case(b"max-age") || attribute.eq_ignore_ascii_case(b"expires")
}

fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

/// A number with an optional sign; zero and below is a deletion, and more than a number can hold is for ever. Whatever
/// else stands there says nothing.
fn by_max_age(value: &[u8], clock: Clock) -> Option<Life> {
    let (negative, digits) = match value {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] | digits => (false, digits),
    };
    let mut seconds = Some(0_i64);
    for byte in digits {
        // Chromium stops at the first byte that makes the number too large, before it sees what else there is.
        let Some(so_far) = seconds else { break };
        let digit = byte.is_ascii_digit().then(|| i64::from(byte - b'0'))?;
        seconds = so_far.checked_mul(10).and_then(|number| number.checked_add(digit));
    }
    if digits.is_empty() {
        return None;
    }
    Some(match seconds {
        Some(0) => Life::Deletion,
        _ if negative => Life::Deletion,
        seconds => until(clock, seconds.and_then(|seconds| u64::try_from(seconds).ok()).unwrap_or(LONGEST)),
    })
}

fn by_expires(value: &[u8], clock: Clock) -> Option<Life> {
    let end = clock.translated(date(value)?);
    let now = i64::try_from(clock.now).unwrap_or(i64::MAX);
    Some(if end <= now { Life::Deletion } else { until(clock, end.abs_diff(now)) })
}

fn until(clock: Clock, seconds: u64) -> Life {
    Life::Until(clock.now.saturating_add(seconds.min(LONGEST)))
}

#[cfg(test)]
mod tests {
    use super::{Clock, Life, SetCookie};

    const NOW: u64 = 1_795_000_000; // November 2026
    const CLOCK: Clock = Clock { now: NOW, date: None };
    const FOR_EVER: Life = Life::Until(NOW + 400 * 86_400);

    #[test]
    fn lifetimes_are_read_as_chromium_reads_them() {
        for (field, life) in [
            ("a=1", Life::Visit),
            ("a=1; Path=/; Max-Age=60", Life::Until(NOW + 60)),
            ("a=1; max-age=0", Life::Deletion),
            ("a=1; Max-Age=-1", Life::Deletion),
            ("a=1; Max-Age=+60", Life::Until(NOW + 60)),
            ("a=1; Max-Age=1x", Life::Visit),
            ("a=1; Max-Age=60; Max-Age=x", Life::Visit),
            ("a=1; Max-Age=99999999999999999999", FOR_EVER),
            ("a=1; Max-Age=-99999999999999999999", Life::Deletion),
            ("a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", Life::Deletion),
            ("a=1; Expires=Wed, 21 Oct 2099 07:28:00 GMT", FOR_EVER),
            ("a=1; Expires=Wed Oct 21 07:28:00 2099", FOR_EVER),
            ("a=1; Expires=Thu, 31 Feb 1970 00:00:00 GMT", Life::Visit),
            ("a=1; Expires=", Life::Visit),
            ("a=1; Expires=someday", Life::Visit),
            ("a=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", Life::Until(NOW + 60)),
            ("a=1; Max-Age=60; Max-Age=0", Life::Deletion),
        ] {
            assert_eq!(SetCookie::read(field.as_bytes(), CLOCK).life, life, "`{field}`");
        }
    }

    #[test]
    fn a_life_that_another_browser_may_read_counts_as_one() {
        for (field, persistent) in [
            ("a=1", false),
            ("a=1; Max-Age=0", false),
            ("a=1; Expires=someday", true),
            ("a=1; Max-Age=60; Max-Age=x", true),
            ("a=1; Expires=Thu, 31 Feb 1970 00:00:00 GMT", true),
        ] {
            assert_eq!(SetCookie::read(field.as_bytes(), CLOCK).persistent(), persistent, "`{field}`");
        }
        let long = format!("a=1; Max-Age={}60", "0".repeat(1023));
        assert_eq!(SetCookie::read(long.as_bytes(), CLOCK).life, Life::Visit);
        assert!(SetCookie::read(long.as_bytes(), CLOCK).persistent());
    }

    /// A date in the past by our clock is no deletion where the response says that it is older still.
    #[test]
    fn dates_are_measured_from_the_date_of_the_response() {
        let clock = Clock { now: NOW, date: Some(0) };
        let field = b"a=1; Expires=Thu, 01 Jan 1970 01:00:00 GMT";
        assert_eq!(SetCookie::read(field, clock).life, Life::Until(NOW + 3600));
    }

    #[test]
    fn only_the_lifetime_is_cut() {
        let raw = b"id=\"a,b\"; Path=/; Expires=Wed, 21 Oct 2099 07:28:00 GMT;HttpOnly;Max-Age=9; Partitioned;x=\xff";
        let cookie = SetCookie::read(raw, CLOCK);
        assert_eq!(cookie.for_the_visit(), b"id=\"a,b\"; Path=/;HttpOnly; Partitioned;x=\xff");
        assert_eq!(cookie.for_seconds(5), b"id=\"a,b\"; Path=/;HttpOnly; Partitioned;x=\xff; Max-Age=5");
    }
}
