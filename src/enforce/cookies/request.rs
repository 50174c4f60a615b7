//! `Cookie` towards the shop.

use http::HeaderMap;
use http::header::COOKIE;

use super::printable;
use crate::enforce::{Judge, Surface};
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

/// What became of the cookies that the browser sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestCookies {
    /// What reaches the shop.
    pub edit: CookieEdit,
    /// Names of cookies that may not be in the browser, in the order in which they came, each once.
    pub withdrawn: Vec<Vec<u8>>,
}

/// How many names of one request are expired at most. Browsers hold about 180 cookies for a domain.
pub(super) const MAX_WITHDRAWN: usize = 256;

/// Judges every cookie that the browser sent. Several fields always become one, because HTTP/1 shops read only the
/// first. Our own cookies are ours and do not reach the shop.
pub fn request(judge: &mut Judge, headers: &HeaderMap) -> RequestCookies {
    let fields = headers.get_all(COOKIE).iter().count();
    let mut withdrawn: Vec<Vec<u8>> = Vec::new();
    if fields == 0 {
        return RequestCookies { edit: CookieEdit::Keep, withdrawn };
    }
    let off = judge.mode() == Mode::Off;
    let mut joined = Vec::new();
    let mut dropped = false;
    for pair in cookie_pairs(headers) {
        let keep = if OwnCookies::is_ours(pair.name) {
            false
        } else if off {
            true
        } else {
            let item = Item::Cookie { name: pair.name };
            let keep = judge.judge(Surface::Cookie, &item, || printable(pair.name)).verdict != Verdict::Drop;
            if !keep
                && withdrawn.len() < MAX_WITHDRAWN
                && !withdrawn.iter().any(|known| known == pair.name)
                && judge.must_go(pair.name)
            {
                withdrawn.push(pair.name.to_vec());
            }
            keep
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
    let edit = if !dropped && fields == 1 {
        CookieEdit::Keep
    } else if joined.is_empty() {
        CookieEdit::Remove
    } else {
        CookieEdit::Replace(joined)
    };
    RequestCookies { edit, withdrawn }
}
