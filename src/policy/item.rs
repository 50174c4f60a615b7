//! The question put to [`super::decide`].

use super::Verdict;
use crate::catalog::{Catalog, FetchKind, Matches};

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
        /// How many days lie between the day when it was first set and its end, rounded up, where it is persistent; `None`
        /// when the browser has it already and nobody knows since when.
        days: Option<u32>,
        /// Whether it is meant for the hosts of a whole domain.
        domain: bool,
    },
    /// An address that the browser would contact: an attribute of an element, a `Link` header.
    Address {
        /// ASCII lower case, without a trailing dot. IPv6 in brackets.
        host: &'a str,
        /// Path and query, starting with `/`.
        path: &'a str,
        /// Whose host it is.
        party: Party,
        /// How it is fetched, and from where.
        fetch: Fetch<'a>,
    },
    /// The whole text of an inline script.
    InlineScript {
        /// The bytes between the tags.
        text: &'a [u8],
    },
    /// A query parameter of an address: of the request itself, of its `Referer`, of a redirect.
    Parameter {
        /// The name, decoded.
        name: &'a [u8],
        /// Whether the query is signed or part of a protocol, so that nothing in it may change.
        sealed: bool,
    },
    /// A message field, or a client hint that is asked for or handed on.
    Field {
        /// The name.
        name: &'a [u8],
        /// Whether its value can be cut to a coarser one, so that it need not go as a whole: an address to its network, a
        /// `Referer` to its origin.
        coarsens: bool,
    },
}

impl Item<'_> {
    /// What happens to it where its service may not run.
    pub(super) const fn refused(&self) -> Verdict {
        if matches!(self, Self::Field { coarsens: true, .. }) { Verdict::Coarsen } else { Verdict::Drop }
    }

    /// The services that the catalog takes it for, in catalog order where they claim it alike.
    pub fn recognised(&self, catalog: &Catalog) -> Matches {
        match *self {
            Self::Cookie { name } | Self::SetCookie { name, .. } => catalog.by_cookie(name),
            Self::Address { host, path, party, fetch } => {
                let mut found = catalog.by_address(host, path);
                if party == Party::First {
                    // On the shop's own hosts a service is known by what the host is an alias of, and by what is asked for.
                    let by_alias = fetch.alias.map(|alias| catalog.by_cname(alias)).unwrap_or_default();
                    for id in by_alias.into_iter().chain(catalog.by_endpoint(path)) {
                        if !found.contains(&id) {
                            found.push(id);
                        }
                    }
                }
                found
            }
            Self::InlineScript { text } => catalog.by_inline(text),
            Self::Parameter { name, .. } => catalog.by_parameter(name),
            Self::Field { name, .. } => catalog.by_field(name),
        }
    }
}

/// How an address is fetched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fetch<'a> {
    /// As what.
    pub kind: FetchKind,
    /// The host of the page that fetches it, as [`Item::Address`] writes hosts; empty where that is not known.
    pub source: &'a str,
    /// The host that the address's host is an alias of, as far as the name system has told.
    pub alias: Option<&'a str>,
}

/// Whose host an address is on, seen from the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// The shop's own: the page's host, a configured host, or one under the same registrable domain.
    First,
    /// Somebody else's.
    Third,
}

/// An [`Item`] that owns its text, for whoever looks at it after the message is gone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OwnedItem {
    /// See [`Item::Cookie`].
    Cookie {
        /// The name.
        name: Box<[u8]>,
    },
    /// See [`Item::SetCookie`].
    SetCookie {
        /// The name.
        name: Box<[u8]>,
        /// Whether it outlives the visit.
        persistent: bool,
        /// Whether it removes a cookie.
        deletion: bool,
        /// From when it was first set to its end, in days.
        days: Option<u32>,
        /// Whether it is meant for the hosts of a whole domain.
        domain: bool,
    },
    /// See [`Item::Address`].
    Address {
        /// The host.
        host: Box<str>,
        /// Path and query.
        path: Box<str>,
        /// Whose host it is.
        party: Party,
        /// How it is fetched.
        fetch: OwnedFetch,
    },
    /// See [`Item::InlineScript`].
    InlineScript {
        /// The text.
        text: Box<[u8]>,
    },
    /// See [`Item::Parameter`].
    Parameter {
        /// The name.
        name: Box<[u8]>,
        /// Whether nothing in the query may change.
        sealed: bool,
    },
    /// See [`Item::Field`].
    Field {
        /// The name.
        name: Box<[u8]>,
        /// Whether its value can be cut to a coarser one.
        coarsens: bool,
    },
}

/// A [`Fetch`] that owns its text.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OwnedFetch {
    /// See [`Fetch::kind`].
    pub kind: FetchKind,
    /// See [`Fetch::source`].
    pub source: Box<str>,
    /// See [`Fetch::alias`].
    pub alias: Option<Box<str>>,
}

impl OwnedFetch {
    /// The same, borrowed.
    pub fn as_fetch(&self) -> Fetch<'_> {
        Fetch { kind: self.kind, source: &self.source, alias: self.alias.as_deref() }
    }
}

impl From<Fetch<'_>> for OwnedFetch {
    fn from(fetch: Fetch<'_>) -> Self {
        Self { kind: fetch.kind, source: fetch.source.into(), alias: fetch.alias.map(Into::into) }
    }
}

impl OwnedItem {
    /// A number for everything about the item but its name, address or text.
    pub const fn kind(&self) -> u8 {
        match *self {
            Self::Cookie { .. } => 0,
            Self::SetCookie { persistent, deletion, .. } => 1 + persistent as u8 + 2 * deletion as u8,
            Self::InlineScript { .. } => 5,
            Self::Field { .. } => 6,
            Self::Parameter { sealed, .. } => 7 + sealed as u8,
            Self::Address { party: Party::First, .. } => 9,
            Self::Address { party: Party::Third, .. } => 10,
        }
    }

    /// The item, borrowed.
    pub fn as_item(&self) -> Item<'_> {
        match self {
            Self::Cookie { name } => Item::Cookie { name },
            Self::SetCookie { name, persistent, deletion, days, domain } => {
                Item::SetCookie { name, persistent: *persistent, deletion: *deletion, days: *days, domain: *domain }
            }
            Self::Address { host, path, party, fetch } => {
                Item::Address { host, path, party: *party, fetch: fetch.as_fetch() }
            }
            Self::InlineScript { text } => Item::InlineScript { text },
            Self::Parameter { name, sealed } => Item::Parameter { name, sealed: *sealed },
            Self::Field { name, coarsens } => Item::Field { name, coarsens: *coarsens },
        }
    }
}

impl From<&Item<'_>> for OwnedItem {
    fn from(item: &Item<'_>) -> Self {
        match *item {
            Item::Cookie { name } => Self::Cookie { name: name.into() },
            Item::SetCookie { name, persistent, deletion, days, domain } => {
                Self::SetCookie { name: name.into(), persistent, deletion, days, domain }
            }
            Item::Address { host, path, party, fetch } => {
                Self::Address { host: host.into(), path: path.into(), party, fetch: fetch.into() }
            }
            Item::InlineScript { text } => Self::InlineScript { text: text.into() },
            Item::Parameter { name, sealed } => Self::Parameter { name: name.into(), sealed },
            Item::Field { name, coarsens } => Self::Field { name: name.into(), coarsens },
        }
    }
}
