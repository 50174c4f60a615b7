//! Since when the browser has a cookie whose life is limited.
//!
//! # Why
//!
//! A tracker may live so long and no longer, and a new visit must not begin that time anew (CNIL, guidelines on cookies and
//! other trackers, 2020: audience measurement at most thirteen months, no automatic extension). Shops set the same cookie
//! with the same life on every page, and a browser sends names and values and no dates. So somebody has to remember, and
//! the only memory that belongs to the visitor alone is the visitor's browser.
//!
//! # What is remembered
//!
//! One cookie of ours for each limited one, `vestibule-since-HHHH=DDDDD`: four hexadecimal digits that its name has in
//! common with every 65,536th other name, and the day (since 1970) on which it was first set. That is all; it tells nobody
//! apart, it is the same for everybody who came on that day, no script can read it, and it ends when the limit does. It is
//! written once, when a limited cookie passes for the first time, and never again: nothing can be lost when several
//! responses arrive at once.
//!
//! # What follows
//!
//! - A day is remembered: it counts, whether or not the browser sent the cookie with this request (it may be meant for
//!   another path).
//! - Nothing is remembered and the browser did not send the cookie: it is new, and its time begins today.
//! - Nothing is remembered and the browser did send it: it comes from before, from a script or from another host, and
//!   nobody knows its age. It may not get a new life and is cut to the visit; the next one is new.
//! - What is remembered cannot be read, or lies in the future: as if nobody knew its age. Of two days the older counts,
//!   and two names with the same four digits share the older day: each of these makes lives shorter, never longer.
//! - More than [`MAX`] are not remembered: whatever else is limited is cut to the visit.

use http::HeaderMap;
use sha2::{Digest, Sha256};

use super::set_cookie::SetCookie;
use crate::sources::{OwnCookies, cookie_pairs};

/// The most cookies whose first day is remembered.
const MAX: usize = 24;

const DAY: u64 = 86_400;

/// What the browser remembers for us.
pub(super) struct Memory<'r> {
    request: &'r HeaderMap,
    secure: bool,
    now: u64,
    /// By the digits of the name: the oldest day, or that it cannot be read.
    days: Vec<([u8; 4], Option<u64>)>,
    /// Names whose first day is being remembered with this response.
    begun: Vec<[u8; 4]>,
}

/// When the life of a cookie began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Since {
    /// On this day.
    Day(u64),
    /// Now.
    Now,
    /// Nobody knows.
    Unknown,
}

impl<'r> Memory<'r> {
    /// What a request tells. `now` is in seconds since the Unix epoch.
    pub(super) fn of(request: &'r HeaderMap, secure: bool, now: u64) -> Self {
        let mut days: Vec<([u8; 4], Option<u64>)> = Vec::new();
        let prefix = OwnCookies::since(secure).as_bytes();
        for pair in cookie_pairs(request) {
            let Some(digits) = pair.name.strip_prefix(prefix).and_then(|rest| <[u8; 4]>::try_from(rest).ok()) else {
                continue;
            };
            let day = read_day(pair.value).filter(|day| *day <= now / DAY);
            match days.iter_mut().find(|(known, _)| *known == digits) {
                // What cannot be read comes before every day.
                Some((_, known)) => *known = (*known).min(day),
                None => days.push((digits, day)),
            }
        }
        Self { request, secure, now, days, begun: Vec::new() }
    }

    /// Since when the browser has the cookie, if `cap` days are what it may live.
    pub(super) fn since(&self, name: &[u8], cap: u16) -> Since {
        let digits = digits(name);
        if let Some((_, day)) = self.days.iter().find(|(known, _)| *known == digits) {
            match day.map(Since::Day) {
                None => return Since::Unknown,
                Some(since) if self.seconds_left(since, cap) > 0 => return since,
                // What was remembered has ended, and the cookie with it.
                Some(_) => {}
            }
        } else if self.days.len() + self.begun.len() >= MAX && !self.begun.contains(&digits) {
            return Since::Unknown;
        }
        if cookie_pairs(self.request).any(|pair| pair.name == name) { Since::Unknown } else { Since::Now }
    }

    /// How many days lie between the beginning and the end of a cookie, rounded up; `None` when nobody knows.
    pub(super) fn days(&self, since: Since, cookie: &SetCookie<'_>) -> Option<u32> {
        let left = cookie.days_left(self.now);
        match since {
            Since::Unknown => None,
            Since::Now => Some(left),
            Since::Day(day) => {
                let begun = day.saturating_mul(DAY);
                Some(u32::try_from(cookie.end(self.now).saturating_sub(begun).div_ceil(DAY)).unwrap_or(u32::MAX))
            }
        }
    }

    /// How many seconds a cookie may still live whose life is limited to `cap` days.
    pub(super) fn seconds_left(&self, since: Since, cap: u16) -> u64 {
        let cap = u64::from(cap) * DAY;
        match since {
            Since::Now => cap,
            Since::Day(day) => day.saturating_mul(DAY).saturating_add(cap).saturating_sub(self.now),
            Since::Unknown => 0,
        }
    }

    /// The field that remembers today for a cookie which begins to live now; nothing where that was said already.
    pub(super) fn begin(&mut self, name: &[u8], cap: u16) -> Option<Vec<u8>> {
        let digits = digits(name);
        if self.begun.contains(&digits) {
            return None;
        }
        self.begun.push(digits);
        let (prefix, secure) = (OwnCookies::since(self.secure), if self.secure { "; Secure" } else { "" });
        let (name, day, life) = (String::from_utf8_lossy(&digits), self.now / DAY, u64::from(cap) * DAY);
        let field =
            format!("{prefix}{name}={day}; Path=/; Max-Age={life}; HttpOnly; SameSite=Lax{secure}; Priority=High");
        Some(field.into_bytes())
    }
}

/// A day exactly as we write it.
fn read_day(value: &[u8]) -> Option<u64> {
    let plain = value.len() == 5 && value.iter().all(u8::is_ascii_digit) && value.first() != Some(&b'0');
    std::str::from_utf8(value).ok().filter(|_| plain)?.parse().ok()
}

/// Four hexadecimal digits of a name.
fn digits(name: &[u8]) -> [u8; 4] {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let digest = Sha256::digest(name);
    let mut nibbles = digest.iter().take(2).flat_map(|byte| [byte >> 4, byte & 15]);
    std::array::from_fn(|_| nibbles.next().and_then(|nibble| HEX.get(usize::from(nibble)).copied()).unwrap_or(b'0'))
}
