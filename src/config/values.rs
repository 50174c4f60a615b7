//! Texts that stand for something: hosts, addresses, networks, URLs, patterns, ids.

use std::net::{IpAddr, SocketAddr};

use super::log::{Located, Log, Problem, quote};
use super::model::Upstream;
use crate::catalog::{AddressPattern, Endpoint, Pattern, Variant};

type Text<'a> = Located<&'a str>;

/// A host name or address, ASCII lower case, without a trailing dot.
pub(super) fn host(log: &mut Log, text: Text<'_>) -> Option<Box<str>> {
    let problem = |help: &str| {
        let message = format!("{} is not a host name", quote(text.value));
        Problem::new("V0206", text.span, message).help(help)
    };
    if text.value.contains("://") {
        let alone = url::Url::parse(text.value).ok().and_then(|url| url.host_str().map(quote));
        let help = alone.map_or_else(
            || "write the host alone, without scheme and path".to_owned(),
            |host| format!("write the host alone: {host}"),
        );
        log.push(problem(&help));
        return None;
    }
    if text.value.contains('*') {
        log.push(problem("a host covers its sub-domains where that makes sense; leave out the `*`"));
        return None;
    }
    let bare = text.value.strip_suffix('.').unwrap_or(text.value);
    match url::Host::parse(bare) {
        Ok(host) if bare.len() <= 253 => Some(host.to_string().into()),
        _ if bare.contains(':') => {
            log.push(problem("leave out the port"));
            None
        }
        _ => {
            log.push(problem("write a name such as `www.shop.example`"));
            None
        }
    }
}

pub(super) fn socket(log: &mut Log, text: Text<'_>) -> Option<SocketAddr> {
    let parsed = text.value.parse().ok();
    if parsed.is_none() {
        let message = format!("{} is not an address with a port", quote(text.value));
        let help = "write an IP address and a port, such as `0.0.0.0:8080` or `[::1]:8080`";
        log.push(Problem::new("V0202", text.span, message).help(help));
    }
    parsed
}

/// A network in CIDR notation; a bare address is a network of one.
pub(super) fn network(log: &mut Log, text: Text<'_>) -> Option<(IpAddr, u8)> {
    let parsed = match text.value.split_once('/') {
        Some((address, bits)) => address.parse().ok().zip(bits.parse().ok()),
        None => text.value.parse().ok().map(|address: IpAddr| (address, width(address))),
    };
    let parsed = parsed.filter(|(address, bits)| *bits <= width(*address));
    let Some((address, bits)) = parsed else {
        let message = format!("{} is not a network", quote(text.value));
        let help = "write an address and a prefix length, such as `10.0.0.0/8`";
        log.push(Problem::new("V0203", text.span, message).help(help));
        return None;
    };
    let start = network_start(address, bits);
    if start != address {
        let message = format!("{} has bits set beyond its prefix", quote(text.value));
        let help = format!("did you mean `{start}/{bits}` or `{address}/{}`", width(address));
        log.push(Problem::new("V0203", text.span, message).help(help));
        return None;
    }
    Some((address, bits))
}

const fn width(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

fn network_start(address: IpAddr, bits: u8) -> IpAddr {
    let host_bits = u32::from(width(address).saturating_sub(bits));
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(host_bits).unwrap_or(0);
            IpAddr::V4((address.to_bits() & mask).into())
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(host_bits).unwrap_or(0);
            IpAddr::V6((address.to_bits() & mask).into())
        }
    }
}

/// The shop's address: scheme, host and port, nothing else.
pub(super) fn upstream(log: &mut Log, text: Text<'_>) -> Option<Upstream> {
    let bad = |what: &str, help: String| {
        let message = format!("{} {what}", quote(text.value));
        Problem::new("V0205", text.span, message).help(help)
    };
    let Some((scheme, rest)) = text.value.split_once("://") else {
        let help = format!("write the scheme too: {}", quote(&format!("http://{}", text.value)));
        log.push(bad("is not a URL", help));
        return None;
    };
    let (tls, http2, port) = match scheme.to_ascii_lowercase().as_str() {
        "http" => (false, false, 80),
        "https" => (true, true, 443),
        "h2c" => (false, true, 80),
        _ => {
            let help = "write `http://`, `https://` or `h2c://`".to_owned();
            log.push(bad("has an unknown scheme", help));
            return None;
        }
    };
    // The scheme only names the protocol; all of them have the syntax of `http` URLs.
    let Some(url) = url::Url::parse(&format!("http://{rest}")).ok().filter(url::Url::has_host) else {
        let help = "write a URL such as `http://127.0.0.1:9000`".to_owned();
        log.push(bad("is not a URL", help));
        return None;
    };
    let more = url.path() != "/" || url.query().is_some() || url.fragment().is_some();
    if more || !url.username().is_empty() || url.password().is_some() {
        let help = "write scheme, host and port only; paths are passed on as visitors ask for them".to_owned();
        log.push(bad("says more than where the shop is", help));
        return None;
    }
    let host = match url.host()? {
        url::Host::Domain(name) => name.to_owned(),
        url::Host::Ipv4(address) => address.to_string(),
        url::Host::Ipv6(address) => address.to_string(),
    };
    // `http` drops its own default port from a parsed URL, which for `https` would have been a port of its own.
    let written = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let explicit_80 = written.ends_with(":80") && url.port().is_none();
    let port = url.port().unwrap_or(if explicit_80 { 80 } else { port });
    Some(Upstream { tls, host: host.into(), port, http2 })
}

/// The longest pattern, in bytes. Matching is linear in the text, and patterns that people write are short.
const MAX_PATTERN: usize = 1024;

/// Whether a pattern is no longer than anyone writes one.
pub(super) fn pattern_fits(log: &mut Log, text: Text<'_>) -> bool {
    let fits = text.value.len() <= MAX_PATTERN;
    if !fits {
        let message = format!("the pattern {} is longer than {MAX_PATTERN} bytes", quote(text.value));
        log.push(Problem::new("V0113", text.span, message).help("write the part that tells it apart"));
    }
    fits
}

/// A cookie name, or a pattern for several.
pub(super) fn cookie(log: &mut Log, text: Text<'_>) -> Option<Pattern> {
    if !pattern_fits(log, text) {
        return None;
    }
    let foreign = |c: char| c.is_control() || c.is_whitespace() || matches!(c, ';' | '=' | ',' | '"');
    if text.value.contains(foreign) {
        let message = format!("{} cannot be a cookie name", quote(text.value));
        log.push(
            Problem::new("V0506", text.span, message)
                .help("write the name alone; `*` stands for any run of characters"),
        );
        return None;
    }
    let literal = text.value.chars().filter(|c| *c != '*').count();
    if text.value.contains('*') && literal < 2 {
        let message = format!("the pattern {} would catch cookies of everybody", quote(text.value));
        log.push(
            Problem::new("V0506", text.span, message).help("keep at least two characters of the name, such as `_x*`"),
        );
        return None;
    }
    Some(Pattern::new(text.value))
}

/// A host and a path pattern: `www.google.com/maps/embed*`.
pub(super) fn address(log: &mut Log, text: Text<'_>) -> Option<AddressPattern> {
    if !pattern_fits(log, text) {
        return None;
    }
    let Some((name, path)) = text.value.split_once('/').filter(|(name, _)| !name.is_empty()) else {
        let message = format!("{} is not a host with a path", quote(text.value));
        let help = "write `host/path*` without a scheme; a host alone belongs in `hosts`";
        log.push(Problem::new("V0508", text.span, message).help(help));
        return None;
    };
    if name.ends_with(':') {
        let message = format!("{} is not a host with a path", quote(text.value));
        let bare = path.trim_start_matches('/');
        let help = format!("leave out the scheme: {}", quote(bare));
        log.push(Problem::new("V0508", text.span, message).help(help));
        return None;
    }
    let name = Located { value: name, span: text.span };
    Some(AddressPattern { host: host(log, name)?, path: Pattern::new(&format!("/{path}")) })
}

/// A host, and a parameter with its value where one makes the difference: `player.example?dnt=1`.
pub(super) fn variant(log: &mut Log, text: Text<'_>) -> Option<Variant> {
    let (name, parameter) = text.value.split_once('?').map_or((text.value, None), |(host, rest)| (host, Some(rest)));
    let host = host(log, Located { value: name, span: text.span })?;
    let plain = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    };
    let Some(parameter) = parameter else {
        return Some(Variant::new(host, None));
    };
    if let Some((name, value)) = parameter.split_once('=').filter(|(name, value)| plain(name) && plain(value)) {
        return Some(Variant::new(host, Some((name.into(), value.into()))));
    }
    let message = format!("{} is not a parameter with its value", quote(parameter));
    let help = "write one parameter behind the host: `player.example?dnt=1`";
    log.push(Problem::new("V0518", text.span, message).help(help));
    None
}

/// A name whose letters may come in any case, or a pattern for several: of a query parameter, of a message field.
pub(super) fn folded_name(log: &mut Log, text: Text<'_>) -> Option<Pattern> {
    let pattern = cookie(log, text)?;
    Some(Pattern::new(&pattern.as_str().to_ascii_lowercase()))
}

/// A path on the shop's own domain with the parameters that give a service away: `*/g/collect?tid=G-*`.
pub(super) fn endpoint(log: &mut Log, text: Text<'_>) -> Option<Endpoint> {
    if !pattern_fits(log, text) {
        return None;
    }
    let read = Endpoint::parse(text.value)
        .filter(|read| read.path.as_str().trim_matches(['*', '/']).len() >= 2 || !read.parameters.is_empty());
    if read.is_none() {
        let message = format!("{} is not a path on the shop's own domain", quote(text.value));
        let help = "write a path that starts with `/` or `*/`, and parameters that give the service away where the path alone may be the shop's: `*/g/collect?tid=G-*`";
        log.push(Problem::new("V0516", text.span, message).help(help));
    }
    read
}

/// A stable id: lower case letters, digits, `-` and `_`.
pub(super) fn id<'a>(log: &mut Log, text: Text<'a>) -> Option<&'a str> {
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let fits = text.value.len() <= 64
        && text.value.starts_with(word)
        && text.value.chars().all(|c| word(c) || c == '-' || c == '_');
    if !fits {
        let message = format!("{} cannot be an id", quote(text.value));
        let help = "ids have at most 64 lower case letters, digits, `-` and `_`, and start with a letter or digit";
        log.push(Problem::new("V0305", text.span, message).help(help));
        return None;
    }
    Some(text.value)
}
