//! The end of cookies that the browser holds without consent.
//!
//! # What is sent
//!
//! A browser sends names and values; it says neither for which domain and path a cookie was set nor whether it is
//! partitioned, and only a `Set-Cookie` with the same three ends it. So for each name that may not be there all are tried:
//! this host alone, this host as a domain and each parent up to the registrable domain (the public suffix list with its
//! private part: never `co.uk`, never `github.io`); `/` and every other path that this request's path is below, with and
//! without a slash at the end; and each of these as a partitioned cookie where the connection is encrypted. Names with
//! `__Secure-`, `__Host-`, `__Http-` and `__Host-Http-` get the attributes without which a browser would not listen. What
//! scripts cannot reach (`HttpOnly`) ends like everything else.
//!
//! A browser sends a cookie only where host and path fit, so the request itself says that one of these is the right one.
//!
//! # How much, and why it comes to an end
//!
//! A response gets at most [`MAX_LINES`] fields and [`MAX_BYTES`] bytes, because proxies in front limit heads. (A single
//! longer line is sent alone.) Three quarters go to what nearly all cookies are, the path `/`, name by name in the order in
//! which the browser sent them: a name whose cookie died is not sent again, so the next ones move up. The last quarter goes
//! to all names and all variants, from a start that is drawn anew for each response. So each variant of each name has the
//! same chance in every response, whatever the others do: names that a script creates again and again, or that resist for a
//! reason of their own, take up the first part and can hold up nobody in the second. With n lines to be tried in all, one
//! that is still needed is missed by r responses with a chance below (1 - 10/n)^r. Nothing has to be remembered anywhere.
//!
//! What a script creates again is sent again, and ends again.
//!
//! # What cannot be reached
//!
//! Cookies for a path below the one that was asked for: the browser does not send them, and nobody knows of them. They end
//! when a page there is visited. Paths beyond the first [`MAX_DEPTH`] segments are tried only as they stand.

use http::HeaderMap;
use url::Host;

use super::prefix::Prefix;
use super::printable;
use super::request::MAX_WITHDRAWN;
use crate::enforce::Judge;
use crate::sources::{OwnCookies, cookie_pairs};

/// The most fields that one response gets.
pub const MAX_LINES: usize = 40;

/// The most bytes of values that one response gets, unless a single field is longer.
pub const MAX_BYTES: usize = 3 * 1024;

/// The lines that go to what nearly all cookies are.
const FRONT: usize = MAX_LINES * 3 / 4;

/// How many segments of a path are tried one by one.
const MAX_DEPTH: usize = 16;

/// How many variants are looked at for one response.
const MAX_STEPS: usize = 4096;

/// The longest path that a browser takes from an attribute, in bytes (RFC 6265bis §5.6).
const MAX_PATH: usize = 1024;

/// For whom a cookie was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Variant<'a> {
    domain: Option<&'a str>,
    path: &'a str,
    partitioned: bool,
}

/// The `Set-Cookie` fields that expire `names` in the browser, which sent them with this request; each name of which
/// something is sent gets a finding. `secure` tells whether the request came over TLS; `draw` is any number, drawn anew for
/// each response.
pub fn expiring(judge: &mut Judge, names: &[Vec<u8>], secure: bool, draw: u32) -> Vec<Vec<u8>> {
    // Over cleartext no browser lets anybody touch these.
    let names: Vec<&[u8]> =
        names.iter().map(Vec::as_slice).filter(|name| secure || Prefix::of(name) == Prefix::None).collect();
    if names.is_empty() {
        return Vec::new();
    }
    let url = judge.page().url.clone();
    let variants = variants(&url, judge.page().registrable_domain(), secure);
    let likely = variants.iter().take_while(|variant| variant.path == "/" && !variant.partitioned).count();
    let mut batch = Batch { lines: Vec::new(), bytes: 0, sent: Vec::new() };
    'front: for (at, name) in names.iter().enumerate() {
        for (which, variant) in variants.iter().enumerate().take(likely) {
            if batch.lines.len() >= FRONT || !batch.add(name, (at, which), *variant, secure) {
                break 'front;
            }
        }
    }
    // The rest, wherever the draw falls.
    let total = names.len().saturating_mul(variants.len());
    let start = usize::try_from(draw).unwrap_or(0) % total.max(1);
    for step in 0..total.min(MAX_STEPS) {
        let at = (start + step) % total;
        let (which, at) = (at / names.len(), at % names.len());
        let (Some(variant), Some(name)) = (variants.get(which), names.get(at)) else { break };
        if !batch.add(name, (at, which), *variant, secure) {
            break;
        }
    }
    for (at, name) in names.iter().enumerate() {
        if batch.sent.iter().any(|(sent, _)| *sent == at) {
            judge.withdraw(name, || printable(name));
        }
    }
    batch.lines
}

/// Records what another policy on trial would end of the cookies in `request`.
pub fn would_expire(judge: &mut Judge, request: &HeaderMap) {
    let Some(shadow) = judge.shadow_mut() else { return };
    let mut seen: Vec<&[u8]> = Vec::new();
    for pair in cookie_pairs(request) {
        let new = seen.len() < MAX_WITHDRAWN && !seen.contains(&pair.name) && !OwnCookies::is_ours(pair.name);
        if new && shadow.must_go(pair.name) {
            seen.push(pair.name);
            shadow.withdraw(pair.name, || printable(pair.name));
        }
    }
}

/// The fields for one response.
struct Batch {
    lines: Vec<Vec<u8>>,
    bytes: usize,
    /// Names and variants, by position.
    sent: Vec<(usize, usize)>,
}

impl Batch {
    /// Adds what ends one variant of one name, if there is anything to send; `false` once there is no more room.
    fn add(&mut self, name: &[u8], which: (usize, usize), variant: Variant<'_>, secure: bool) -> bool {
        if self.sent.contains(&which) {
            return true;
        }
        let Some(line) = line(name, variant, secure) else {
            return true;
        };
        let fits = self.bytes + line.len() <= MAX_BYTES && self.lines.len() < MAX_LINES;
        if !fits && !self.lines.is_empty() {
            return false;
        }
        self.bytes += line.len();
        self.lines.push(line);
        self.sent.push(which);
        true
    }
}

/// Every variant of a cookie that a browser may send with a request to `url`: first the ones that nearly all cookies are.
fn variants<'a>(url: &'a url::Url, registrable: &'a str, secure: bool) -> Vec<Variant<'a>> {
    let mut domains = vec![None];
    if let Some(Host::Domain(host)) = url.host() {
        let host = host.trim_end_matches('.');
        let parents = std::iter::successors(Some(host), |host| host.split_once('.').map(|(_, parent)| parent));
        let mut parents: Vec<&str> = parents.take_while(|parent| parent.len() >= registrable.len()).collect();
        // The widest first: that is where trackers set their cookies.
        parents.reverse();
        domains = parents.into_iter().map(Some).collect();
        domains.insert(domains.len().min(1), None);
    }
    let paths = paths(url.path());
    let (root, others) = paths.split_at(1);
    let kinds = if secure { &[false, true][..] } else { &[false] };
    let mut variants = Vec::with_capacity(domains.len() * paths.len() * kinds.len());
    for paths in [root, others] {
        for &partitioned in kinds {
            for &path in paths {
                variants.extend(domains.iter().map(|&domain| Variant { domain, path, partitioned }));
            }
        }
    }
    variants
}

/// The paths of cookies that a browser sends to `path` (RFC 6265bis §5.1.4), `/` first, then from the deepest.
fn paths(path: &str) -> Vec<&str> {
    let slashes: Vec<usize> = path.match_indices('/').map(|(at, _)| at).skip(1).collect();
    let deepest = slashes.last().copied();
    let tried = slashes.iter().copied().take(MAX_DEPTH).chain(deepest.filter(|_| slashes.len() > MAX_DEPTH));
    let ends: Vec<usize> = tried.flat_map(|at| [at, at + 1]).chain([path.len()]).collect();
    let mut paths = vec!["/"];
    for end in ends.into_iter().rev() {
        let prefix = path.get(..end).unwrap_or_default();
        // A path with a semicolon cannot be written down.
        if prefix.len() <= MAX_PATH && prefix.starts_with('/') && !prefix.contains(';') && !paths.contains(&prefix) {
            paths.push(prefix);
        }
    }
    paths
}

/// The field that ends a variant; `None` when no cookie of that name can be of that variant.
fn line(name: &[u8], variant: Variant<'_>, secure: bool) -> Option<Vec<u8>> {
    let prefix = Prefix::of(name);
    let for_one_host = matches!(prefix, Prefix::Host | Prefix::HostHttp);
    if for_one_host && (variant.domain.is_some() || variant.path != "/") {
        return None;
    }
    let mut line = name.to_vec();
    // Browsers do not listen to a cookie without name and value.
    line.extend_from_slice(if name.is_empty() { b"=x" } else { b"=" });
    line.extend_from_slice(b"; Path=");
    line.extend_from_slice(variant.path.as_bytes());
    if let Some(domain) = variant.domain {
        line.extend_from_slice(b"; Domain=");
        line.extend_from_slice(domain.as_bytes());
    }
    line.extend_from_slice(b"; Max-Age=0");
    if secure && (prefix != Prefix::None || variant.partitioned) {
        line.extend_from_slice(b"; Secure");
    }
    if matches!(prefix, Prefix::Http | Prefix::HostHttp) {
        line.extend_from_slice(b"; HttpOnly");
    }
    if variant.partitioned {
        line.extend_from_slice(b"; SameSite=None; Partitioned");
    }
    Some(line)
}

#[cfg(test)]
mod tests;
