//! The question put to [`super::decide`].

/// One thing found in a message, borrowed from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// A cookie the browser sends to the shop.
    Cookie {
        /// The name, exactly as sent.
        name: &'a [u8],
    },
    /// A cookie the shop sets.
    SetCookie {
        /// The name, exactly as sent.
        name: &'a [u8],
        /// Whether it outlives the visit (`Max-Age` or `Expires` in the future).
        persistent: bool,
        /// Whether it removes a cookie rather than set one.
        deletion: bool,
    },
    /// An address that the browser would contact: an attribute of an element, a `Link` header.
    Address {
        /// ASCII lower case, without a trailing dot. IPv6 in brackets.
        host: &'a str,
        /// Path and query, starting with `/`.
        path: &'a str,
        /// Whose host it is.
        party: Party,
    },
    /// The whole text of an inline script.
    InlineScript {
        /// The bytes between the tags.
        text: &'a [u8],
    },
}

/// Whose host an address is on, seen from the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// The shop's own: the page's host, a configured host, or one under the same registrable domain.
    First,
    /// Somebody else's.
    Third,
}
