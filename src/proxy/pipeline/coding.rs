//! The content codings that this pipeline speaks (RFC 9110 §8.4; `zstd` from RFC 8878).
//!
//! Here, and not with the headers, because what can be offered, accepted and decoded must be one list. Dictionary codings
//! (`dcb`, `dcz`) and `compress` are deliberately not in it.

/// One content coding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// `gzip`, also written `x-gzip` (RFC 1952).
    Gzip,
    /// `deflate`: zlib (RFC 1950), or the bare deflate (RFC 1951) that some servers send instead.
    Deflate,
    /// `br` (RFC 7932).
    Brotli,
    /// `zstd` (RFC 8878), with windows up to 8 MiB (RFC 9659).
    Zstd,
}

impl Coding {
    /// How many codings one body may have on top of each other.
    const MAX_STACKED: usize = 3;

    /// Reads the value of `Content-Encoding` (several fields joined by commas): the codings in the order in which they were
    /// applied, without `identity`. Names are case-insensitive.
    ///
    /// `None` when one of them cannot be decoded here, or when there are more than three.
    pub fn parse_list(content_encoding: &str) -> Option<Vec<Self>> {
        let mut codings = Vec::new();
        for token in content_encoding.split(',') {
            let token = token.trim_matches([' ', '\t']);
            if token.is_empty() || token.eq_ignore_ascii_case("identity") {
                continue;
            }
            if codings.len() == Self::MAX_STACKED {
                return None;
            }
            codings.push(Self::named(token)?);
        }
        Some(codings)
    }

    /// The coding called `token`.
    pub(super) fn named(token: &str) -> Option<Self> {
        let is = |name| token.eq_ignore_ascii_case(name);
        if is("gzip") || is("x-gzip") {
            Some(Self::Gzip)
        } else if is("br") {
            Some(Self::Brotli)
        } else if is("zstd") {
            Some(Self::Zstd)
        } else if is("deflate") {
            Some(Self::Deflate)
        } else {
            None
        }
    }

    /// The name that goes into `Content-Encoding`.
    pub fn token(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Coding::{self, Brotli, Deflate, Gzip, Zstd};

    #[test]
    fn lists_are_read_in_the_order_applied() {
        let cases: [(&str, Option<Vec<Coding>>); 12] = [
            ("", Some(vec![])),
            ("identity", Some(vec![])),
            ("gzip", Some(vec![Gzip])),
            ("X-GZip", Some(vec![Gzip])),
            ("deflate,\tgzip , br", Some(vec![Deflate, Gzip, Brotli])),
            (", identity, zstd,", Some(vec![Zstd])),
            ("gzip, gzip, gzip", Some(vec![Gzip, Gzip, Gzip])),
            ("gzip, gzip, gzip, identity", Some(vec![Gzip, Gzip, Gzip])),
            ("gzip, gzip, gzip, gzip", None),
            ("compress", None),
            ("gzip, dcb", None),
            ("gzip;q=1", None),
        ];
        for (value, expected) in cases {
            assert_eq!(Coding::parse_list(value), expected, "{value:?}");
        }
    }

    #[test]
    fn tokens_name_their_coding() {
        for coding in [Gzip, Deflate, Brotli, Zstd] {
            assert_eq!(Coding::named(coding.token()), Some(coding));
        }
    }
}
