//! The encoding that a head names: the `charset` parameter of `Content-Type`, read as browsers read it (WHATWG MIME Sniffing
//! §4.4, WHATWG Encoding for the labels).
//!
//! Here and not with the headers, because a browser that reads another charset than we do sees another page than we do. It
//! does not merge several `Content-Type` fields; the caller gives the value that counts.

use encoding_rs::Encoding;

/// White space of HTTP (WHATWG Fetch): what may stand around the parts of a media type.
const WHITE_SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

/// The encoding that `content_type` names, if it names one that exists.
///
/// Labels that stand for `replacement` (`iso-2022-kr`, `hz-gb-2312`, …) give that encoding. A value that is not a media type
/// names none; of several `charset` parameters the first that is well-formed counts.
pub fn charset_of(content_type: &str) -> Option<&'static Encoding> {
    let (essence, mut rest) = split(content_type, ';');
    let (kind, subtype) = essence.trim_matches(WHITE_SPACE).split_once('/')?;
    if !is_token(kind) || !is_token(subtype) {
        return None;
    }
    while !rest.is_empty() {
        let parameter = rest.trim_start_matches(WHITE_SPACE);
        let end = parameter.find([';', '=']).unwrap_or(parameter.len());
        let (name, after) = parameter.split_at_checked(end)?;
        let Some(value) = after.strip_prefix('=') else {
            rest = split(after, ';').1;
            continue;
        };
        let value = if let Some(quoted) = value.strip_prefix('"') {
            let (value, after) = unquote(quoted);
            rest = split(after, ';').1;
            value
        } else {
            let (value, after) = split(value, ';');
            rest = after;
            let value = value.trim_end_matches(WHITE_SPACE);
            if value.is_empty() {
                continue;
            }
            value.to_owned()
        };
        if name.eq_ignore_ascii_case("charset") && value.chars().all(is_quotable) {
            return Encoding::for_label(value.as_bytes());
        }
    }
    None
}

/// What stands before and after the first `at`.
fn split(text: &str, at: char) -> (&str, &str) {
    text.split_once(at).unwrap_or((text, ""))
}

/// Reads a quoted string up to its closing quote, or to the end: its value, and what follows.
fn unquote(quoted: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = quoted.chars();
    loop {
        match chars.next() {
            None | Some('"') => return (value, chars.as_str()),
            Some('\\') => value.push(chars.next().unwrap_or('\\')),
            Some(other) => value.push(other),
        }
    }
}

/// Whether `text` is a token of HTTP (RFC 9110 §5.6.2).
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

/// Whether `c` may stand in a parameter's value.
fn is_quotable(c: char) -> bool {
    matches!(c, '\t' | ' '..='~' | '\u{80}'..='\u{ff}')
}

#[cfg(test)]
mod tests {
    use super::charset_of;

    #[test]
    fn the_charset_parameter_is_read_as_browsers_do() {
        let cases: [(&str, Option<&str>); 22] = [
            ("text/html", None),
            ("text/html;charset=utf-8", Some("UTF-8")),
            ("text/html; CharSet=\"UTF-16\"", Some("UTF-16LE")),
            ("text/html;charset=utf-16be ", Some("UTF-16BE")),
            ("text/html; charset= utf-8", Some("UTF-8")),
            ("text/html; charset =utf-8", None),
            ("text/html;charset=\"ut\\f-8\"", Some("UTF-8")),
            ("text/html;charset=\"utf-8", Some("UTF-8")),
            ("text/html;charset=\"utf-8\"junk;x=y", Some("UTF-8")),
            ("text/html;x=\";charset=utf-7\";charset=gbk", Some("GBK")),
            ("text/html;charset=;charset=koi8-r", Some("KOI8-R")),
            ("text/html;charset=\"\";charset=koi8-r", None),
            ("text/html;charset=utf-8;charset=koi8-r", Some("UTF-8")),
            ("text/html;charset;charset=iso-2022-jp", Some("ISO-2022-JP")),
            ("text/html;charset=iso-8859-1", Some("windows-1252")),
            ("text/html;charset=hz-gb-2312", Some("replacement")),
            ("text/html;charset='utf-8'", None),
            ("text/html;charset=nonsense", None),
            ("text/html,charset=utf-8", None),
            ("html;charset=utf-8", None),
            (";charset=utf-8", None),
            (" text/html ;;; charset=utf-8", Some("UTF-8")),
        ];
        for (value, expected) in cases {
            assert_eq!(charset_of(value).map(encoding_rs::Encoding::name), expected, "{value:?}");
        }
    }
}
