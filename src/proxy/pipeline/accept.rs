//! What the origin may answer with: `Accept-Encoding` (RFC 9110 §12.5.3) cut down to what can be decoded here.
//!
//! It only ever removes a choice: no coding is offered that the visitor's client did not offer, except that a `*` is
//! spelled out, and the client's own order and weights stay.

use super::Coding;

/// The codings a `*` stands for, in the order in which they are worth having.
const SPELLED_OUT: [Coding; 4] = [Coding::Gzip, Coding::Brotli, Coding::Zstd, Coding::Deflate];

/// One member of the list.
#[derive(Clone, Copy)]
struct Member<'a> {
    /// As it was written, without the white space around it.
    text: &'a str,
    name: &'a str,
    /// The text of its weight, when it has a valid one.
    weight: Option<&'a str>,
}

impl<'a> Member<'a> {
    fn parse(text: &'a str) -> Self {
        let trimmed = text.trim_matches([' ', '\t']);
        let (name, parameters) = trimmed.split_once(';').unwrap_or((trimmed, ""));
        let weight = parameters.split(';').find_map(|parameter| {
            let (key, value) = parameter.split_once('=')?;
            let value = value.trim_matches([' ', '\t']);
            let named_q = key.trim_matches([' ', '\t']).eq_ignore_ascii_case("q");
            (named_q && is_weight(value)).then_some(value)
        });
        Self { text: trimmed, name: name.trim_matches([' ', '\t']), weight }
    }

    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    fn refused(&self) -> bool {
        self.weight.is_some_and(|w| w.bytes().all(|b| matches!(b, b'0' | b'.')))
    }
}

/// Whether `value` is a `qvalue`: 0 to 1 with up to three decimals.
fn is_weight(value: &str) -> bool {
    let (whole, decimals) = value.split_once('.').unwrap_or((value, ""));
    decimals.len() <= 3
        && match whole {
            "0" => decimals.bytes().all(|b| b.is_ascii_digit()),
            "1" => decimals.bytes().all(|b| b == b'0'),
            _ => false,
        }
}

/// Limits the value of `Accept-Encoding` (several fields joined by commas) to codings that can be decoded here.
///
/// `None` when the value can stay as it is. Otherwise unknown codings are gone; a `*` with a weight above zero has become
/// the codings that the list does not mention, with that weight; `*;q=0` has become the one thing it still says,
/// `identity;q=0`, provided that some coding is left; and a list with nothing left is `identity`.
pub fn limit_accept_encoding(value: &str) -> Option<String> {
    let members: Vec<Member<'_>> =
        value.split(',').map(Member::parse).filter(|member| !member.name.is_empty()).collect();
    let known = |member: &Member<'_>| member.is("identity") || Coding::named(member.name).is_some();
    if members.iter().all(known) {
        return None;
    }

    let mentioned = |coding| members.iter().any(|member| Coding::named(member.name) == Some(coding));
    let mut kept: Vec<String> = Vec::new();
    let mut some_coding = false;
    let mut identity_refused = false;
    let mut star_seen = false;
    for member in &members {
        if member.is("identity") {
            identity_refused |= member.refused();
            kept.push(member.text.to_owned());
        } else if known(member) {
            some_coding |= !member.refused();
            kept.push(member.text.to_owned());
        } else if member.is("*") && !star_seen {
            star_seen = true;
            if member.refused() {
                if !members.iter().any(|other| other.is("identity")) {
                    identity_refused = true;
                    kept.push("identity;q=0".to_owned());
                }
                continue;
            }
            for coding in SPELLED_OUT.into_iter().filter(|&coding| !mentioned(coding)) {
                some_coding = true;
                kept.push(match member.weight {
                    Some(weight) => format!("{};q={weight}", coding.token()),
                    None => coding.token().to_owned(),
                });
            }
        }
    }
    if kept.is_empty() || (identity_refused && !some_coding) {
        return Some("identity".to_owned());
    }
    Some(kept.join(", "))
}

#[cfg(test)]
mod tests {
    use super::limit_accept_encoding;

    #[test]
    fn only_what_can_be_decoded_stays() {
        let cases: [(&str, Option<&str>); 22] = [
            ("", None),
            ("gzip", None),
            ("gzip, deflate, br, zstd", None),
            ("x-gzip;q=0.5, identity;q=0", None),
            ("GZIP;Q=1.0, Br", None),
            ("gzip;q=oops", None),
            ("gzip, deflate, br, zstd, dcb, dcz", Some("gzip, deflate, br, zstd")),
            ("compress, gzip;q=0.8", Some("gzip;q=0.8")),
            ("compress", Some("identity")),
            ("dcb , ,x-compress", Some("identity")),
            ("sdch, identity;q=0", Some("identity")),
            ("sdch, br;q=0, identity;q=0", Some("identity")),
            ("sdch, br;q=0", Some("br;q=0")),
            ("*", Some("gzip, br, zstd, deflate")),
            ("*;q=0.1", Some("gzip;q=0.1, br;q=0.1, zstd;q=0.1, deflate;q=0.1")),
            ("*;q=2", Some("gzip, br, zstd, deflate")),
            ("br;q=1.0, gzip;q=0, *;q=0.5", Some("br;q=1.0, gzip;q=0, zstd;q=0.5, deflate;q=0.5")),
            ("*, *;q=0", Some("gzip, br, zstd, deflate")),
            ("*;q=0", Some("identity")),
            ("gzip, *;q=0", Some("gzip, identity;q=0")),
            ("gzip, identity, *;q=0.000", Some("gzip, identity")),
            ("dcb, *;q=0", Some("identity")),
        ];
        for (value, expected) in cases {
            assert_eq!(limit_accept_encoding(value).as_deref(), expected, "{value:?}");
        }
    }

    #[test]
    fn a_limited_value_needs_no_second_pass() {
        for value in ["*", "gzip, *;q=0", "dcb", "br, compress, *;q=0.3", "*;q=0"] {
            let limited = limit_accept_encoding(value).unwrap_or_default();
            assert_eq!(limit_accept_encoding(&limited), None, "{value:?}");
        }
    }
}
