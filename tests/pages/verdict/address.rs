//! Which host an address leads to, read as the URL Standard says (§4.4), without the library that the product uses.
//! Only what is needed to tell hosts apart.

/// Whom a browser would contact for `text` on a page of `base` (a host; pages are `https`). `None` for nobody: the text is
/// no valid address, or one like `data:` that needs no connection.
pub(crate) fn contacted(text: &str, base: &str) -> Option<String> {
    let text = text.trim_matches(|letter: char| letter <= ' ');
    let text: String = text.chars().filter(|letter| !matches!(letter, '\t' | '\n' | '\r')).collect();
    let (scheme, rest) = scheme(&text);
    let slash = |letter: char| matches!(letter, '/' | '\\');
    let rest = match scheme.as_deref() {
        Some("https") | None => {
            // A relative address, unless two slashes follow; the base has the same scheme.
            if rest.chars().take(2).filter(|letter| slash(*letter)).count() < 2 {
                return Some(base.to_owned());
            }
            rest
        }
        Some("http" | "ws" | "wss" | "ftp") => rest,
        Some(_) => return None,
    };
    let rest = rest.trim_start_matches(slash);
    let end = rest.find(|letter: char| slash(letter) || matches!(letter, '?' | '#')).unwrap_or(rest.len());
    let authority = &rest[..end];
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    host_of(host)
}

/// The scheme in lower case, if there is one, and what follows its colon.
fn scheme(text: &str) -> (Option<String>, &str) {
    if let Some((scheme, rest)) = text.split_once(':')
        && scheme.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && scheme.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '+' | '-' | '.'))
    {
        return (Some(scheme.to_ascii_lowercase()), rest);
    }
    (None, text)
}

/// A host with its port, as it is contacted.
fn host_of(text: &str) -> Option<String> {
    if text.starts_with('[') {
        return text.contains(']').then(|| text.to_ascii_lowercase());
    }
    let (host, port) = text.split_once(':').unwrap_or((text, ""));
    if host.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit()) || port.len() > 5 {
        return None;
    }
    if port.parse::<u32>().is_ok_and(|port| port > 65535) {
        return None;
    }
    let decoded = percent_encoding::percent_decode_str(host).decode_utf8().ok()?;
    // Names that are not ASCII have tables of their own; those of the library, which do not decide what is read where.
    let name = if decoded.is_ascii() && !decoded.to_ascii_lowercase().contains("xn--") {
        decoded.to_ascii_lowercase()
    } else {
        url::Url::parse(&format!("https://{host}/")).ok()?.host_str()?.to_owned()
    };
    let forbidden = |byte: u8| byte <= b' ' || byte == 0x7f || b"#/:<>?@[\\]^|%\"".contains(&byte);
    let valid = |byte: u8| !forbidden(byte) || byte == b'"';
    if !name.bytes().all(valid) || name.split('.').all(str::is_empty) {
        return None;
    }
    // A last label that is a number makes a numeric address of it, or nothing.
    let bare = name.strip_suffix('.').unwrap_or(&name);
    let last = bare.rsplit('.').next().unwrap_or_default();
    let hexadecimal = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !last.is_empty()
        && (last.bytes().all(|byte| byte.is_ascii_digit()) || last.strip_prefix("0x").is_some_and(hexadecimal))
    {
        return url::Url::parse(&format!("https://{name}/")).ok()?.host_str().map(str::to_owned);
    }
    Some(bare.to_owned())
}

#[test]
fn hosts_are_those_of_the_library() {
    let base = url::Url::parse("https://shop.example/a").unwrap();
    for text in [
        "https://t.example/x",
        "//t.example",
        "\\\\t.example\\y",
        "HTTPS:\\/T.example:8080#x",
        "/a",
        "a",
        "?x",
        "",
        "https:x",
        "https:/x",
        "https:///t.example",
        "http:t.example/x",
        "http:/t.example",
        "javascript:x",
        "data:,x",
        "mailto:a@b",
        "//shop.example@t.example/",
        "//a:b@t.example:1/",
        "//t.example:99999/",
        "//t.example:x/",
        "//t%2Eexample/",
        "//t.exa mple/",
        "//t.exa<mple/",
        "//t.example./",
        "//münchen.example/",
        "//xn--mnchen-3ya.example/",
        "//1.2.3/",
        "//0x7f.1/",
        "//1.2.3.256/",
        "//[::1]:3/",
        "//:80/",
        "//",
        "ht\ntps://t.example",
        " //t.example",
        "//t.example?x@y",
        "://x",
        "1:x",
        "//%00/",
        "//t.example%",
        "wss://t.example",
        "//a_b.example",
        "//t..example/",
        "\u{1}//t.example",
    ] {
        let library =
            base.join(text).ok().filter(|url| matches!(url.scheme(), "http" | "https" | "ws" | "wss" | "ftp"));
        let expected = library.as_ref().and_then(url::Url::host_str).map(|host| host.trim_end_matches('.').to_owned());
        let mine = contacted(text, "shop.example").map(|host| match host.split_once("]:") {
            Some((address, _)) => format!("{address}]"),
            None => host,
        });
        assert_eq!(mine, expected, "{text:?}");
    }
}
