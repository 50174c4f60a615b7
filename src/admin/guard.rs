//! Who may talk to the admin listener. Pure: fields and facts of the connection in, permission or a refusal out.
//!
//! A web page that someone on this machine has open must not get anywhere: it cannot choose the `Host` field (rebinding a
//! name to loopback does not help it) and its requests carry `Origin`. No answer ever allows other origins.

use std::net::IpAddr;

use http::header::{AUTHORIZATION, HOST, ORIGIN};
use http::{HeaderMap, StatusCode};
use sha2::{Digest, Sha256};

use super::Answer;
use super::control::Requester;

/// The other end of an admin connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// A process on this machine, over TCP; whose is not known.
    Tcp,
    /// A process of this user, over the Unix socket that only its owner can connect to.
    Unix(u32),
}

/// Whether a request may be answered at all.
///
/// # Errors
/// The answer to give instead.
pub fn admit(peer: Peer, fields: &HeaderMap) -> Result<(), Answer> {
    if fields.contains_key(ORIGIN) {
        return Err(Answer::text(StatusCode::FORBIDDEN, "requests of web pages (with `Origin`) are refused here\n"));
    }
    let mut hosts = fields.get_all(HOST).iter();
    let (host, more) = (hosts.next(), hosts.next());
    let named = host.and_then(|host| host.to_str().ok()).is_some_and(is_loopback) && more.is_none();
    // Web pages cannot reach a Unix socket, and its clients have nothing sensible to put there.
    if named || matches!(peer, Peer::Unix(_)) {
        return Ok(());
    }
    Err(Answer::text(
        StatusCode::MISDIRECTED_REQUEST,
        "this listener answers to `localhost` and to loopback addresses in `Host`, and to no other name\n",
    ))
}

/// Whether `host`, with or without a port, names this machine whatever a name server says.
fn is_loopback(host: &str) -> bool {
    let bare = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    bare.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether a request may change anything, and in whose name. `token` is what the token file holds, when one is configured.
///
/// # Errors
/// The answer to give instead.
pub fn authorise(peer: Peer, fields: &HeaderMap, token: Option<&[u8]>) -> Result<Requester, Answer> {
    let Some(token) = token else {
        return match peer {
            Peer::Unix(uid) => Ok(Requester::Uid(uid)),
            Peer::Tcp => Err(Answer::text(
                StatusCode::FORBIDDEN,
                "changes over TCP need a token: configure `token_file` in `[admin]`, or listen on a Unix socket \
                 (`listen = \"unix:PATH\"` or `--admin unix:PATH`), which only its owner can connect to\n",
            )),
        };
    };
    let given = fields.get(AUTHORIZATION).map(http::HeaderValue::as_bytes);
    let bearer = given.and_then(|given| {
        let (scheme, rest) = given.split_at_checked(7)?;
        scheme.eq_ignore_ascii_case(b"bearer ").then(|| rest.trim_ascii())
    });
    match (bearer, peer) {
        (Some(bearer), _) if same(bearer, token) => Ok(Requester::Token),
        (None, Peer::Unix(uid)) => Ok(Requester::Uid(uid)),
        _ => Err(Answer::text(
            StatusCode::UNAUTHORIZED,
            "changes over TCP need `Authorization: Bearer TOKEN` with the token in `token_file` (`--token-file FILE`)\n",
        )),
    }
}

/// Compares without telling by the time it takes how much is right: of digests, and all of them.
fn same(one: &[u8], other: &[u8]) -> bool {
    let (one, other) = (Sha256::digest(one), Sha256::digest(other));
    one.iter().zip(other.iter()).fold(0, |differences, (one, other)| differences | (one ^ other)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(list: &[(&'static str, &str)]) -> HeaderMap {
        let mut fields = HeaderMap::new();
        for (name, value) in list {
            fields.append(*name, value.parse().unwrap());
        }
        fields
    }

    #[test]
    fn only_loopback_names_are_answered() {
        for (host, status) in [
            ("localhost", None),
            ("LocalHost:9180", None),
            ("127.0.0.1:9180", None),
            ("127.8.8.8", None),
            ("[::1]:9180", None),
            ("evil.example", Some(StatusCode::MISDIRECTED_REQUEST)),
            ("localhost.evil.example", Some(StatusCode::MISDIRECTED_REQUEST)),
            ("127.0.0.1.evil.example", Some(StatusCode::MISDIRECTED_REQUEST)),
            ("192.168.1.1", Some(StatusCode::MISDIRECTED_REQUEST)),
            ("", Some(StatusCode::MISDIRECTED_REQUEST)),
        ] {
            let refused = admit(Peer::Tcp, &fields(&[("host", host)])).err().map(|answer| answer.status);
            assert_eq!(refused, status.map(|status| status.as_u16()), "{host}");
        }
        assert!(admit(Peer::Tcp, &fields(&[])).is_err());
        assert!(admit(Peer::Tcp, &fields(&[("host", "localhost"), ("host", "localhost")])).is_err());
        assert!(admit(Peer::Unix(0), &fields(&[("host", "whatever")])).is_ok());
        for origin in ["null", "http://localhost", "https://evil.example"] {
            let fields = fields(&[("host", "localhost"), ("origin", origin)]);
            assert!(admit(Peer::Tcp, &fields).is_err() && admit(Peer::Unix(0), &fields).is_err(), "{origin}");
        }
    }

    #[test]
    fn changes_need_a_token_or_the_socket() {
        let token = Some(&b"0123456789abcdef0123456789abcdef"[..]);
        let bearer = |text: &str| fields(&[("authorization", text)]);
        assert!(authorise(Peer::Tcp, &bearer("Bearer x"), None).is_err(), "no token is configured");
        assert_eq!(authorise(Peer::Unix(7), &bearer("Bearer x"), None).unwrap(), Requester::Uid(7));
        let right = bearer("bearer 0123456789abcdef0123456789abcdef");
        assert_eq!(authorise(Peer::Tcp, &right, token).unwrap(), Requester::Token);
        assert_eq!(authorise(Peer::Unix(7), &right, token).unwrap(), Requester::Token);
        assert_eq!(authorise(Peer::Unix(7), &fields(&[]), token).unwrap(), Requester::Uid(7));
        for wrong in [
            "",
            "Bearer",
            "Bearer ",
            "Basic 0123456789abcdef0123456789abcdef",
            "Bearer 0123456789abcdef0123456789abcdeg",
            "Bearer 0123456789abcdef0123456789abcdef0",
        ] {
            assert!(authorise(Peer::Tcp, &bearer(wrong), token).is_err(), "{wrong}");
        }
        assert!(authorise(Peer::Unix(7), &bearer("Bearer wrong"), token).is_err(), "a wrong token is not ignored");
    }
}
