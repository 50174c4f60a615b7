//! Sources of consent: request head to signals.
//!
//! Each source reads what one tool or standard writes and says what it means. A source never weighs itself against
//! another (that is [`crate::consent::resolve`]) and never touches the message.

mod cookie_field;
mod gpc;
mod own_cookie;

use http::HeaderMap;

use crate::catalog::Catalog;
use crate::consent::{PurposeTable, Signal, SourceId};

pub use cookie_field::{CookiePair, cookie_pairs};
pub use own_cookie::{Choice, Key, KeyRing, OwnCookies};

/// What a source may look at.
#[derive(Clone, Copy, Debug)]
pub struct RequestView<'a> {
    /// The request's fields.
    pub headers: &'a HeaderMap,
    /// Whether the visitor came over TLS, which decides the names of our own cookies.
    pub secure: bool,
    /// The site's name; a consent cookie of another site is worth nothing here.
    pub site: &'a str,
    /// Purposes by name.
    pub purposes: &'a PurposeTable,
    /// Services by id.
    pub catalog: &'a Catalog,
    /// Keys that consent cookies may be signed with.
    pub keys: &'a KeyRing,
    /// Seconds since the Unix epoch.
    pub now: u64,
    /// How long a choice holds, in seconds.
    pub choice_lifetime: u64,
}

/// One tool or standard that carries consent.
pub trait ConsentSource: Sync {
    /// The name used in configuration, logs and `because`.
    fn id(&self) -> SourceId;

    /// What the request says; `None` when it says nothing, or nothing that can be trusted.
    fn read(&self, request: &RequestView<'_>) -> Option<Signal>;
}

/// Every source, in the order in which they are read. A new source is one line here.
pub const SOURCES: &[&dyn ConsentSource] = &[&own_cookie::OwnCookie, &gpc::Gpc];

/// Reads the sources called `enabled`.
pub fn read(enabled: &[Box<str>], request: &RequestView<'_>) -> Vec<Signal> {
    SOURCES
        .iter()
        .filter(|source| enabled.iter().any(|name| **name == *source.id().0))
        .filter_map(|source| source.read(request))
        .collect()
}
