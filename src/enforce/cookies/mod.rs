//! The cookie surfaces: `Cookie` towards the shop, `Set-Cookie` towards the visitor, and the end of cookies that the
//! browser holds without consent.
//!
//! Kept bytes are never changed or reordered, but for an attribute that is cut: a life, or a `Domain`. Nothing here decides;
//! everything is asked of the judge. What a script writes into the browser's jar is not seen before the browser sends it.

mod date;
mod prefix;
mod request;
mod response;
mod set_cookie;
mod since;
mod withdrawal;

pub use request::{CookieEdit, RequestCookies, request};
pub use response::{SetCookieEdit, apply, response};
pub use set_cookie::{Clock, Life, Origin, SetCookie, name_of};
pub use withdrawal::{MAX_BYTES, MAX_LINES, expiring, would_expire};

/// A cookie name for findings: printable ASCII, bounded.
fn printable(name: &[u8]) -> String {
    name.iter().take(64).map(|byte| if byte.is_ascii_graphic() { char::from(*byte) } else { '?' }).collect()
}
