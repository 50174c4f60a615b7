//! Attribute values to addresses, as browsers read them.

use std::borrow::Cow;

use url::Url;

use crate::enforce::response_headers::refresh_target;

/// An attribute's value with its character references resolved (HTML Standard §13.2.5.72, for attributes).
pub(super) fn decode(raw: &[u8]) -> Cow<'_, str> {
    match String::from_utf8_lossy(raw) {
        Cow::Borrowed(text) => htmlize::unescape_attribute(text),
        Cow::Owned(text) => Cow::Owned(htmlize::unescape_attribute(&text).into_owned()),
    }
}

/// The address that `text` means on a page with this base. `None` when a browser would not fetch anything.
pub(in crate::enforce) fn resolve(text: &str, base: &Url) -> Option<Url> {
    let text = text.trim_matches(|letter: char| letter <= ' ');
    if text.is_empty() {
        return None;
    }
    let read = |text: &str| Url::options().base_url(Some(base)).parse(text).ok();
    // Any number of slashes leads to a host (URL Standard, special authority ignore slashes state); the library takes a
    // third one for an empty host.
    let stripped = |letter: &char| !matches!(letter, '\t' | '\n' | '\r');
    let slash = |letter: &char| matches!(letter, '/' | '\\');
    if text.chars().filter(stripped).take_while(slash).take(3).count() == 3 {
        return read(&format!("//{}", text.trim_start_matches(|letter| slash(&letter) || !stripped(&letter))));
    }
    read(text)
}

/// Whether an address that cannot be resolved may all the same be one that browsers fetch: it names a host that is not
/// ASCII, which reads differently in the page's encoding, or by another version of the rules for such names.
pub(in crate::enforce) fn names_another_host(text: &str) -> bool {
    let stripped: String = text.trim_matches(|letter: char| letter <= ' ').replace(['\t', '\n', '\r'], "");
    let fetched = |scheme: &str| {
        let start = stripped.get(..scheme.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    let has_host =
        stripped.starts_with(['/', '\\']) || ["http:", "https:", "ws:", "wss:", "ftp:"].into_iter().any(fetched);
    has_host && !text.is_ascii()
}

/// Whether a raw value surely stays on the host of its base: a plain path, without a scheme, references or anything that
/// browsers strip.
pub(in crate::enforce) fn stays_on_host(raw: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'%' | b'~');
    match raw {
        [] | [b'/'] | [b'#' | b'?', ..] => true,
        [b'/', next, ..] => plain(next) || matches!(next, b'?' | b'#'),
        [first, ..] if plain(first) => {
            // A colon in the first segment makes a scheme of it, and so may anything that is decoded later.
            let segment_end = raw.iter().position(|byte| !plain(byte)).and_then(|at| raw.get(at));
            matches!(segment_end, None | Some(b'/' | b'?' | b'#'))
        }
        _ => false,
    }
}

/// The addresses of a `srcset` (HTML Standard §4.8.4.3.10), without their descriptors.
pub(super) fn srcset(text: &str) -> Vec<&str> {
    let space = |letter: char| letter.is_ascii_whitespace();
    let mut rest = text;
    let mut addresses = Vec::new();
    loop {
        rest = rest.trim_start_matches(|letter: char| space(letter) || letter == ',');
        if rest.is_empty() {
            return addresses;
        }
        let (address, after) = rest.split_at_checked(rest.find(space).unwrap_or(rest.len())).unwrap_or((rest, ""));
        rest = after;
        let bare = address.trim_end_matches(',');
        addresses.push(bare);
        if bare.len() < address.len() {
            continue;
        }
        // Descriptors run to the next comma outside of parentheses, which do not nest.
        let mut in_parentheses = false;
        let end = rest.find(|letter| {
            in_parentheses = letter == '(' || (in_parentheses && letter != ')');
            letter == ',' && !in_parentheses
        });
        rest = end.and_then(|end| rest.get(end + 1..)).unwrap_or_default();
    }
}

/// The target of a `refresh` (HTML Standard §4.2.5.3, shared declarative refresh steps); `None` when it reloads the page.
pub(super) fn refresh(text: &str) -> Option<&str> {
    text.get(refresh_target(text.as_bytes())?)
}

#[cfg(test)]
mod tests {
    use super::{decode, names_another_host, refresh, resolve, srcset, stays_on_host};
    use url::Url;

    #[test]
    fn disguises_are_seen_through() {
        let base = Url::parse("https://shop.example/a/b").unwrap();
        for raw in [
            "https://t.example/x",
            "//t.example/x",
            "HTTPS:&#47;&#47;t.example/x",
            " \n https://t.example/x",
            "https:/&sol;t.example/x",
            "ht\ntps://t.example/x",
            "/\t/t.example/x",
            "///t.example/x",
            "/\\\n//t.example/x",
            "\\\\t.example/x",
            "https:\\\\t.example/x",
            "/&#47;t.example/x",
            "https://shop.example@t.example/x",
            "https://t%2Eexample/x",
            "https&colon;//T.EXAMPLE/x",
            "https:t.example/../..//t.example/x",
        ] {
            assert!(!stays_on_host(raw.as_bytes()), "{raw}");
            if raw.starts_with("https:t") {
                continue;
            }
            let url = resolve(&decode(raw.as_bytes()), &base).unwrap();
            assert_eq!(url.host_str(), Some("t.example"), "{raw}");
        }
        for raw in ["/x.js", "x.js", "x/y:z", "../x", "./x", "?a=//b", "#a", "/", "", "/~x", "a.b/c"] {
            assert!(stays_on_host(raw.as_bytes()), "{raw}");
            if !raw.is_empty() {
                assert_eq!(resolve(&decode(raw.as_bytes()), &base).unwrap().host_str(), Some("shop.example"), "{raw}");
            }
        }
        for raw in ["javascript:x", "data:,x", "x:y", "a&colon;b", "&#47;/t.example"] {
            assert!(!stays_on_host(raw.as_bytes()), "{raw}");
        }
    }

    #[test]
    fn hosts_that_cannot_be_read_are_hosts() {
        for text in
            ["https://tr\u{fffd}cker.example/x", "//\u{fffd}", "\\\\\u{fffd}", " ht\ntp:\u{fffd}", "WSS://\u{fffd}"]
        {
            assert!(names_another_host(text), "{text:?}");
        }
        for text in ["https://t.example:99999/", "mailto:\u{fffd}", "\u{fffd}", "https://a b/"] {
            assert!(!names_another_host(text), "{text:?}");
        }
    }

    #[test]
    fn srcset_is_split_as_browsers_do() {
        assert_eq!(srcset("a 1x, b 2x"), ["a", "b"]);
        assert_eq!(srcset("a,b 2x"), ["a,b"]);
        assert_eq!(srcset("a, b"), ["a", "b"]);
        assert_eq!(srcset(",, a (x,y) 1x ,b"), ["a", "b"]);
        assert_eq!(
            srcset("data:image/png;base64,AAA= 1x, //t.example/y"),
            ["data:image/png;base64,AAA=", "//t.example/y"]
        );
        assert_eq!(srcset("a ((x),//t.example/y 2x, b (,"), ["a", "//t.example/y", "b"]);
        assert!(srcset(" , ").is_empty());
    }

    #[test]
    fn refresh_targets() {
        for (text, target) in [
            ("5", None),
            ("0;url=https://t.example", Some("https://t.example")),
            ("0; URL = 'x y' z", Some("x y")),
            ("1.5,x", Some("x")),
            (";url=x", Some("x")),
            ("0 url=x", Some("x")),
        ] {
            assert_eq!(refresh(text), target, "{text}");
        }
    }
}
