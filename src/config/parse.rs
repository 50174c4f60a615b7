//! Single values that several tables share: hosts, purposes, addresses, upstreams.

use std::net::{IpAddr, SocketAddr};

use url::Url;

use super::codes;
use super::model::Upstream;
use super::read::{Errors, Located, nearest};
use crate::consent::{PurposeSet, PurposeTable};

/// A host name or address in the form in which hosts are compared: ASCII, lower case, no trailing dot.
pub(super) fn host(name: &Located<String>, errors: &Errors) -> Option<Box<str>> {
    let text = name.value.trim().trim_end_matches('.');
    let parsed = Url::parse(&format!("http://{text}/")).ok();
    let host =
        parsed.as_ref().and_then(|url| (url.port().is_none() && url.path() == "/").then(|| url.host_str()).flatten());
    match host {
        Some(host) if !text.contains(['/', '@', '?', '#', '*']) && !has_port(text) => Some(host.to_lowercase().into()),
        _ => {
            let message = format!("`{}` is no host", name.value);
            let help = "write a name such as `www.shop.example`, without scheme, port or path";
            errors.add(codes::BAD_HOST, &name.place, message, help.to_owned());
            None
        }
    }
}

fn has_port(text: &str) -> bool {
    !text.ends_with(']') && text.contains(':')
}

/// Purposes by name; unknown ones are reported.
pub(super) fn purposes(names: &[Located<String>], known: &PurposeTable, errors: &Errors) -> PurposeSet {
    let mut set = PurposeSet::EMPTY;
    for name in names {
        match known.get(&name.value) {
            Some(purpose) => set.insert(purpose),
            None => {
                let help = match nearest(&name.value, known.names()) {
                    Some(near) => format!("did you mean `{near}`"),
                    None => format!(
                        "known purposes are `{}`; a `[[site.purpose]]` adds one",
                        known.names().collect::<Vec<_>>().join("`, `")
                    ),
                };
                errors.add(codes::UNKNOWN_PURPOSE, &name.place, format!("unknown purpose `{}`", name.value), help);
            }
        }
    }
    set
}

/// `ADDR:PORT`.
pub(super) fn socket_address(text: &Located<String>, errors: &Errors) -> Option<SocketAddr> {
    let parsed = text.value.parse();
    if parsed.is_err() {
        let message = format!("`{}` is no address to listen on", text.value);
        errors.add(codes::BAD_ADDRESS, &text.place, message, "write `0.0.0.0:8080` or `[::]:8080`".to_owned());
    }
    parsed.ok()
}

/// `10.0.0.0/8`, or a single address.
pub(super) fn network(text: &Located<String>, errors: &Errors) -> Option<(IpAddr, u8)> {
    let (address, length) = match text.value.split_once('/') {
        Some((address, length)) => (address.parse::<IpAddr>().ok(), length.parse::<u8>().ok()),
        None => {
            let address = text.value.parse::<IpAddr>().ok();
            (address, address.map(|address| if address.is_ipv4() { 32 } else { 128 }))
        }
    };
    match (address, length) {
        (Some(address), Some(length)) if length <= if address.is_ipv4() { 32 } else { 128 } => Some((address, length)),
        _ => {
            let message = format!("`{}` is no network", text.value);
            errors.add(codes::BAD_ADDRESS, &text.place, message, "write `10.0.0.0/8` or a single address".to_owned());
            None
        }
    }
}

/// `http://`, `https://` (HTTP/2 where the shop offers it) or `h2c://`.
pub(super) fn upstream(text: &Located<String>, errors: &Errors) -> Option<Upstream> {
    let parsed = read_upstream(&text.value);
    if parsed.is_none() {
        let message = format!("`{}` is no shop to stand before", text.value);
        let help = "write `http://127.0.0.1:9000`, without a path; `https://` and `h2c://` work as well";
        errors.add(codes::BAD_ADDRESS, &text.place, message, help.to_owned());
    }
    parsed
}

fn read_upstream(text: &str) -> Option<Upstream> {
    let (scheme, rest) = text.split_once("://")?;
    let (tls, http2, default_port) = match scheme.to_ascii_lowercase().as_str() {
        "http" => (false, false, 80),
        "https" => (true, true, 443),
        "h2c" => (false, true, 80),
        _ => return None,
    };
    // Ports 80 and 443 are told apart by a scheme that has no default of its own.
    let url = Url::parse(&format!("vestibule-upstream://{rest}")).ok()?;
    let plain = matches!(url.path(), "" | "/")
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    let host = url.host_str().filter(|host| plain && !host.is_empty())?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    Some(Upstream { tls, http2, host: host.into(), port: url.port().unwrap_or(default_port) })
}
