//! Prefixes of names.

/// What a name begins with that browsers give a meaning (RFC 6265bis §4.1.3), in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prefix {
    /// Nothing of the kind.
    None,
    /// `Secure` is there.
    Secure,
    /// `Secure` and `Path=/` are there, and no `Domain`.
    Host,
    /// `Secure` and `HttpOnly` are there.
    Http,
    /// All of these.
    HostHttp,
}

impl Prefix {
    /// What this name begins with.
    pub(super) fn of(name: &[u8]) -> Self {
        let begins =
            |prefix: &str| name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()));
        match () {
            () if begins("__Host-Http-") => Self::HostHttp,
            () if begins("__Host-") => Self::Host,
            () if begins("__Http-") => Self::Http,
            () if begins("__Secure-") => Self::Secure,
            () => Self::None,
        }
    }
}
