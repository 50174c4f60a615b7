//! Requests that are refused before anyone looks at their meaning.
//!
//! The framework parses strictly but forgives some things that two servers may read differently; those are refused here.
//! Every refusal is a plain 4xx and closes the connection.

use http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::{Method, Version};
use pingora::http::RequestHeader;

use crate::config::Limits;

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    /// A metric label and the text that the client gets.
    pub(super) reason: &'static str,
}

const fn refuse(status: u16, reason: &'static str) -> Refusal {
    Refusal { status, reason }
}

/// Checks a request head. `raw` gives the bytes of an HTTP/1 head as they came, before the framework repaired them;
/// `local` gives the address that the client connected to. Gives the authority that the request is for.
pub(super) fn check(
    request: &RequestHeader,
    limits: &Limits,
    raw: impl FnOnce() -> Option<bytes::Bytes>,
    local: impl FnOnce() -> Option<String>,
) -> Result<String, Refusal> {
    if request.raw_path().len() > limits.max_uri_bytes {
        return Err(refuse(414, "the request target is too long"));
    }
    let size: usize = request.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if size > limits.max_header_bytes {
        return Err(refuse(431, "the request header fields are too large"));
    }
    if request.method == Method::TRACE || request.method == Method::CONNECT {
        return Err(refuse(405, "this method is not served"));
    }
    if request.version <= Version::HTTP_11 && frames_twice(request, raw) {
        return Err(refuse(400, "the request body is framed in two ways"));
    }
    // HTTP/1.0 clients need not say which host they mean (RFC 9112 §3.2); they mean the address that they connected to.
    if request.version < Version::HTTP_11 && !request.headers.contains_key(HOST) && request.uri.authority().is_none() {
        return local().ok_or(refuse(400, "the Host field is missing"));
    }
    authority(request)
}

/// Whether the head frames its body in more than one way (RFC 9112 §6.3: such a message may be an attack).
fn frames_twice(request: &RequestHeader, raw: impl FnOnce() -> Option<bytes::Bytes>) -> bool {
    let framed = request.headers.contains_key(TRANSFER_ENCODING) || request.headers.contains_key(CONTENT_LENGTH);
    if !framed {
        return false;
    }
    let Some(raw) = raw() else { return false };
    let fields =
        raw.split(|byte| *byte == b'\n').skip(1).filter_map(|line| line.split(|byte| *byte == b':').next()).filter(
            |name| name.eq_ignore_ascii_case(b"content-length") || name.eq_ignore_ascii_case(b"transfer-encoding"),
        );
    fields.count() > 1
}

/// The host, with its port, that the request is for.
fn authority(request: &RequestHeader) -> Result<String, Refusal> {
    let mut hosts = request.headers.get_all(HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(_), Some(_)) => return Err(refuse(400, "there is more than one Host field")),
        (Some(host), None) => host.to_str().map_err(|_| refuse(400, "the Host field is malformed"))?,
        (None, _) => request.uri.authority().map(http::uri::Authority::as_str).unwrap_or_default(),
    };
    if host.is_empty() {
        return Err(refuse(400, "the Host field is missing"));
    }
    let sane = host.len() <= 255
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']'));
    if !sane {
        return Err(refuse(400, "the Host field is malformed"));
    }
    Ok(host.to_ascii_lowercase())
}

/// The host of an authority: no port, no trailing dot.
pub(super) fn host_of(authority: &str) -> &str {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !host.ends_with(':') => host,
        _ => authority,
    };
    host.strip_suffix('.').unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::host_of;

    #[test]
    fn ports_and_dots_are_no_part_of_a_host() {
        for (authority, host) in [
            ("shop.example", "shop.example"),
            ("shop.example:8080", "shop.example"),
            ("shop.example.:80", "shop.example"),
            ("[::1]:80", "[::1]"),
            ("[::1]", "[::1]"),
            ("127.0.0.1:9", "127.0.0.1"),
        ] {
            assert_eq!(host_of(authority), host, "{authority}");
        }
    }
}
