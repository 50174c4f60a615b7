//! What a script puts together as an address, as far as it is constant.
//!
//! What is not constant stands in it as [`UNKNOWN`]. An address whose host is not known says nothing; one whose path is
//! not, says whose it is.

use url::Url;

use crate::catalog::FetchKind;

/// Stands for a part that is not constant.
pub(super) const UNKNOWN: u8 = 0;

/// The longest address that is looked at.
const LONGEST: usize = 4096;

/// An address that a script makes a browser fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// Scheme and host stand there.
    Absolute(Url),
    /// The host stands there, and what is before it is not known.
    Likely(Url),
    /// On the page's own host: it starts with one `/`.
    Own(String),
}

/// What `text` means as an address; `None` when nothing is known by it.
pub(super) fn target(text: &[u8]) -> Option<Target> {
    let text = text.get(..LONGEST).unwrap_or(text).trim_ascii();
    let behind_scheme = after_scheme(text);
    let rest = behind_scheme.or_else(|| slashes(text).filter(|rest| rest.len() + 2 <= text.len()));
    if let Some(rest) = rest {
        return url(rest).map(Target::Absolute);
    }
    if text.first() == Some(&b'/') {
        return Some(Target::Own(known_parts(text, "")));
    }
    let rest = text.strip_prefix(&[UNKNOWN])?;
    if let Some(rest) = slashes(rest).filter(|after| after.len() + 2 <= rest.len()) {
        return url(rest).map(Target::Absolute);
    }
    let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#'))?;
    let host = rest.get(..end)?;
    if let Some(parent) = host.strip_prefix(b".") {
        return parent.contains(&b'.').then(|| url(rest.get(1..)?)).flatten().map(Target::Likely);
    }
    host.contains(&b'.').then(|| url(rest)).flatten().map(Target::Likely)
}

/// What stands behind `https:` and its slashes. Browsers take slashes of either kind, and any number of them.
fn after_scheme(text: &[u8]) -> Option<&[u8]> {
    let colon = text.iter().take(6).position(|byte| *byte == b':')?;
    let (scheme, rest) = text.split_at_checked(colon)?;
    let known = [&b"http"[..], b"https", b"ws", b"wss"];
    if !known.iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return None;
    }
    slashes(rest.get(1..)?)
}

/// `text` without the slashes it begins with.
fn slashes(text: &[u8]) -> Option<&[u8]> {
    let count = text.iter().take_while(|byte| matches!(byte, b'/' | b'\\')).count();
    text.get(count..).filter(|_| count > 0)
}

/// `rest` begins with a host. Its unknown parts are taken for some label's.
fn url(rest: &[u8]) -> Option<Url> {
    let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#' | b'\\')).unwrap_or(rest.len());
    let (host, path) = rest.split_at_checked(end)?;
    let known = host.iter().rposition(|byte| *byte == UNKNOWN).map_or(host, |at| host.get(at + 1..).unwrap_or(b""));
    // Of `www.\0.com` nothing is known.
    if known.is_empty() && host.contains(&UNKNOWN) && !host.starts_with(&[UNKNOWN]) {
        // The path was left to a variable: `https://host` + path.
        let host = host.get(..host.iter().position(|byte| *byte == UNKNOWN)?)?;
        return host.contains(&b'.').then(|| parse(host, b"/")).flatten();
    }
    if host.contains(&UNKNOWN) && memchr::memchr_iter(b'.', known).count() < 2 {
        return None;
    }
    parse(host, path)
}

fn parse(host: &[u8], path: &[u8]) -> Option<Url> {
    let address = format!("https://{}{}", known_parts(host, "x"), known_parts(path, ""));
    Url::parse(&address).ok().filter(|url| url.domain().is_some())
}

fn known_parts(text: &[u8], unknown: &str) -> String {
    String::from_utf8_lossy(text).replace(char::from(UNKNOWN), unknown)
}

/// What browsers fetch for the markup in `text`, and as what: the attributes that name it.
pub(super) fn in_markup(text: &[u8], mut found: impl FnMut(&[u8], FetchKind)) {
    let mut rest = text;
    while let Some(open) = memchr::memchr(b'<', rest) {
        rest = rest.get(open + 1..).unwrap_or_default();
        let name = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let (name, behind) = rest.split_at_checked(name).unwrap_or((rest, b""));
        if name.is_empty() {
            continue;
        }
        rest = attributes(name, behind, &mut found);
    }
}

/// Reads the attributes of a tag, and gives what is behind it.
fn attributes<'t>(name: &[u8], tag: &'t [u8], found: &mut impl FnMut(&[u8], FetchKind)) -> &'t [u8] {
    let mut rest = tag;
    loop {
        let skipped = rest.iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == b'/').count();
        rest = rest.get(skipped..).unwrap_or_default();
        if matches!(rest.first(), None | Some(b'>' | b'<')) {
            return rest;
        }
        let length = rest.iter().take_while(|byte| !byte.is_ascii_whitespace() && !matches!(byte, b'=' | b'>')).count();
        let (attribute, behind) = rest.split_at_checked(length.max(1)).unwrap_or((rest, b""));
        let Some(value) = behind.trim_ascii_start().strip_prefix(b"=") else {
            rest = behind;
            continue;
        };
        let value = value.trim_ascii_start();
        let (value, behind) = if let Some(quote @ (b'"' | b'\'')) = value.first() {
            let inside = value.get(1..).unwrap_or_default();
            let end = memchr::memchr(*quote, inside).unwrap_or(inside.len());
            (inside.get(..end).unwrap_or_default(), inside.get(end + 1..).unwrap_or_default())
        } else {
            let end = value.iter().take_while(|byte| !byte.is_ascii_whitespace() && **byte != b'>').count();
            value.split_at_checked(end).unwrap_or((value, b""))
        };
        rest = behind;
        let fetches = attribute.eq_ignore_ascii_case(b"src")
            || attribute.eq_ignore_ascii_case(b"srcset")
            || attribute.eq_ignore_ascii_case(b"poster")
            || (attribute.eq_ignore_ascii_case(b"data") && name.eq_ignore_ascii_case(b"object"))
            || (attribute.eq_ignore_ascii_case(b"href") && name.eq_ignore_ascii_case(b"link"));
        if fetches {
            let plain = String::from_utf8_lossy(value).replace("&amp;", "&");
            found(plain.as_bytes(), fetched_as(name));
        }
    }
}

fn fetched_as(element: &[u8]) -> FetchKind {
    let is = |known: &str| element.eq_ignore_ascii_case(known.as_bytes());
    if is("script") {
        FetchKind::Script
    } else if is("iframe") || is("frame") || is("object") || is("embed") {
        FetchKind::Frame
    } else {
        FetchKind::Image
    }
}

/// The scripts in the markup in `text`.
pub(super) fn scripts_in(text: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    let lower = text.to_ascii_lowercase();
    let mut at = 0;
    while let Some(open) = memchr::memmem::find(lower.get(at..).unwrap_or_default(), b"<script") {
        let tag = at + open;
        let Some(close) = memchr::memchr(b'>', lower.get(tag..).unwrap_or_default()) else { break };
        let start = tag + close + 1;
        // The end tag is often written in two parts, or with a backslash, so that the page's parser does not see it.
        let end = memchr::memmem::find(lower.get(start..).unwrap_or_default(), b"</script");
        let end = end.map_or(text.len(), |end| start + end);
        found.extend(text.get(start..end).filter(|body| !body.trim_ascii().is_empty()));
        at = end;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{FetchKind, Target, in_markup, scripts_in, target};

    fn told(text: &str) -> String {
        match target(text.as_bytes()) {
            None => "nothing".to_owned(),
            Some(Target::Own(path)) => path,
            Some(Target::Absolute(url)) => url.to_string(),
            Some(Target::Likely(url)) => format!("likely {url}"),
        }
    }

    #[test]
    fn hosts_are_known_however_little_of_the_rest_is() {
        for (text, said) in [
            ("https://t.example/x.js?id=\0&l=\0", "https://t.example/x.js?id=&l="),
            ("HTTPS:\\\\T.example", "https://t.example/"),
            ("//t.example/a", "https://t.example/a"),
            ("\0//t.example/a", "https://t.example/a"),
            ("\0.t.example/ga.js", "likely https://t.example/ga.js"),
            ("\0t.example/ga.js", "likely https://t.example/ga.js"),
            ("https://\0.t.example.com/k.js", "https://x.t.example.com/k.js"),
            ("https://t.example\0", "https://t.example/"),
            ("https://\0/x.js", "nothing"),
            ("https://\0.com/x", "nothing"),
            ("/g/collect?v=2", "/g/collect?v=2"),
            ("x.js", "nothing"),
            ("data:text/plain,x", "nothing"),
            ("\0", "nothing"),
            ("", "nothing"),
        ] {
            assert_eq!(told(text), said, "{text:?}");
        }
    }

    #[test]
    fn markup_names_what_is_fetched() {
        let mut found = Vec::new();
        let markup = b"<p>x<a href=//no.example>y</a><script async src='//t.example/a?x=1&amp;y'></scr<img src=b><link rel=x href=\"c\"><";
        in_markup(markup, |address, kind| {
            found.push((String::from_utf8_lossy(address).into_owned(), kind == FetchKind::Script));
        });
        let expected = [("//t.example/a?x=1&y", true), ("b", false), ("c", false)];
        assert_eq!(found, expected.map(|(address, script)| (address.to_owned(), script)));
        assert_eq!(scripts_in(b"<SCRIPT a>one</script><script></script><script>two"), [&b"one"[..], b"two"]);
    }
}
