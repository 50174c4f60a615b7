//! What a body is, as far as the head of its response and the request for it say. Nothing is decided about it here but
//! whether it is read at all; who reads it stands in [`super::rewriters`].
//!
//! Types are believed where browsers believe them (MIME Sniffing §7): `text/plain` and `application/octet-stream` are never
//! taken for HTML, whatever they begin with, and pass; no type, a broken one and three that mean nothing are looked at.
//!
//! # Why JSON is read by request
//!
//! Whether a body changes is not known before its head is out, so a body that is read loses its length, its ranges and its
//! place in shared caches, and its validator names the variant, as a page's does. That is the price for every answer in
//! JSON, markup or not, so it is asked only where markup could get into a page: where a page's script asked (Fetch
//! Metadata, or what libraries say about themselves, or a page of the site as `Referer` where there are no Fetch Metadata).
//! Applications on telephones, other servers and the address bar get every byte and field. Most answers hold nothing for
//! anybody: one that has a validator is remembered when it was read, and passes with every field from then on
//! ([`super::sheets`]). Nothing is read for visitors who
//! agreed to everything; caching fields are the same for them, or a cache would hand their answers to others. JSON loads
//! nothing by itself, and the page that puts it in has a policy line: so what cannot be read (a part of it, a coding that
//! nobody knows) passes, and a site may turn this off.

use encoding_rs::{Encoding, UTF_8};
use http::HeaderMap;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};

use super::ctx::Visit;

/// The kinds of body that are told apart. Where a head says several things, the greatest of them counts: it is the one that
/// can do most in a browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Nobody says. Browsers look at the first bytes.
    Unsaid,
    /// Something that loads nothing, or nothing that is looked for here: images, scripts, downloads.
    Other,
    /// A style sheet.
    Stylesheet,
    /// JSON.
    Json,
    /// What React's server components send: rows of JSON and of text (`text/x-component`).
    ServerComponents,
    /// XML that a browser shows: feeds, and whatever names a style sheet of its own.
    Xml,
    /// An SVG image, which is a document when it is opened as one.
    Svg,
    /// A page written in XML.
    Xhtml,
    /// HTML that a script of a page asked for, to put it into that page.
    Fragment,
    /// A page.
    Html,
}

impl Kind {
    /// What the body of this response to this visit is.
    pub(super) fn of(headers: &HeaderMap, visit: &Visit) -> Self {
        match Self::declared(headers) {
            // Old documents take any type for a style sheet of their own site's.
            Self::Unsaid | Self::Other if visit.styles => Self::Stylesheet,
            Self::Html if visit.scripted => Self::Fragment,
            Self::Json if is_a_file(headers) => Self::Other,
            kind => kind,
        }
    }

    /// What the head of a response says.
    fn declared(headers: &HeaderMap) -> Self {
        let fields = headers.get_all(CONTENT_TYPE).iter();
        fields
            .flat_map(|field| field.as_bytes().split(|byte| *byte == b','))
            .map(|one| Self::of_type(one.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii()))
            .max()
            .unwrap_or(Self::Unsaid)
    }

    /// What a media type without its parameters means.
    fn of_type(essence: &[u8]) -> Self {
        let is = |known: &str| essence.eq_ignore_ascii_case(known.as_bytes());
        if is("text/html") {
            Self::Html
        } else if is("application/xhtml+xml") {
            Self::Xhtml
        } else if is("image/svg+xml") {
            Self::Svg
        } else if is("text/xml") || is("application/xml") || ends_with(essence, b"+xml") {
            Self::Xml
        } else if is("text/css") {
            Self::Stylesheet
        } else if is("text/x-component") {
            Self::ServerComponents
        } else if is("text/vnd.turbo-stream.html") {
            // Hotwire's streams are put into the page as they come.
            Self::Fragment
        } else if is_json(essence) {
            Self::Json
        } else if says_something(essence) {
            Self::Other
        } else {
            Self::Unsaid
        }
    }

    /// Whether bodies of this kind are read for this visit. A kind without a line in [`super::rewriters`] must not be.
    /// JSON and the like are read where a script of a page asked, which can put them there; other programs get what the
    /// shop sends.
    pub(super) fn is_read(self, visit: &Visit) -> bool {
        match self {
            Self::Html | Self::Fragment | Self::Stylesheet | Self::Xhtml | Self::Xml => true,
            // As an image it fetches nothing and runs nothing, whatever it holds.
            Self::Svg => !visit.image,
            Self::Unsaid => visit.document,
            Self::Json | Self::ServerComponents => visit.scripted && visit.site.policy.markup_in_json,
            _ => false,
        }
    }

    /// Whether it is worth remembering that a body of this kind names nobody, so that it is the same for everybody.
    pub(super) fn is_remembered(self, visit: &Visit) -> bool {
        matches!(self, Self::Stylesheet | Self::Json) && self.is_read(visit)
    }

    /// Whether there is something to do for a visitor who agreed to everything, which is to put something in.
    pub(super) const fn may_be_page(self) -> bool {
        matches!(self, Self::Html | Self::Unsaid)
    }

    /// The encoding of a body that names none, where that is settled: RFC 8259 §8.1 for JSON, `ReactFlightClient` for rows.
    pub(super) const fn encoding(self) -> Option<&'static Encoding> {
        match self {
            Self::Json | Self::ServerComponents => Some(UTF_8),
            _ => None,
        }
    }

    /// Whether a body of this kind that has to be read and cannot be is kept back. What loads nothing by itself passes: the
    /// page whose script makes markup of it has a policy line of its own.
    pub(super) const fn is_kept_back_unread(self) -> bool {
        matches!(self, Self::Html | Self::Fragment | Self::Unsaid | Self::Stylesheet | Self::Xhtml | Self::Svg)
    }

    /// Whether the body is HTML by name.
    pub(super) const fn is_html(self) -> bool {
        matches!(self, Self::Html | Self::Fragment)
    }

    /// Whether a browser makes a document of it that can load things.
    pub(super) const fn is_document(self) -> bool {
        matches!(self, Self::Html | Self::Fragment | Self::Xhtml | Self::Svg | Self::Xml)
    }
}

/// JSON that is built with the shop as its scripts are, and never changes under its address (`immutable`: language files,
/// animations); or that is only to be stored. It stays with the caches as it is.
fn is_a_file(headers: &HeaderMap) -> bool {
    let says = |name, word: &str| {
        let fields = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        fields.flat_map(|value| value.split([',', ';'])).any(|known| known.trim().eq_ignore_ascii_case(word))
    };
    says(CACHE_CONTROL, "immutable") || says(CONTENT_DISPOSITION, "attachment")
}

/// JSON that scripts read, and that may carry markup for the page. What browsers and others read by themselves is not meant:
/// linked data, manifests, import maps and the like hold no markup.
fn is_json(essence: &[u8]) -> bool {
    let is = |known: &&str| essence.eq_ignore_ascii_case(known.as_bytes());
    if ["application/json", "text/json", "application/x-ndjson", "application/x-json"].iter().any(|known| is(known)) {
        return true;
    }
    ends_with(essence, b"+json")
        && ![
            "application/ld+json",
            "application/manifest+json",
            "application/importmap+json",
            "application/speculationrules+json",
            "application/schema+json",
            "application/schema-instance+json",
            "application/reports+json",
            "application/geo+json",
        ]
        .iter()
        .any(|known| is(known))
}

fn ends_with(text: &[u8], suffix: &[u8]) -> bool {
    text.len()
        .checked_sub(suffix.len())
        .and_then(|at| text.get(at..))
        .is_some_and(|end| end.eq_ignore_ascii_case(suffix))
}

/// Whether a browser takes the type for what the body is, rather than looking at its first bytes (MIME Sniffing §7: no
/// type, a broken one, or one of three that mean nothing).
fn says_something(essence: &[u8]) -> bool {
    let whole = essence.iter().position(|byte| *byte == b'/').is_some_and(|at| at > 0 && at + 1 < essence.len());
    whole
        && ![&b"unknown/unknown"[..], b"application/unknown", b"*/*"]
            .iter()
            .any(|known| essence.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use http::header::CONTENT_TYPE;

    use super::Kind;

    #[test]
    fn types_are_read_as_browsers_read_them() {
        for (field, kind) in [
            ("text/html; charset=utf-8", Kind::Html),
            ("application/json, TEXT/HTML", Kind::Html),
            ("application/xhtml+xml", Kind::Xhtml),
            ("image/SVG+XML", Kind::Svg),
            ("application/rss+xml;x", Kind::Xml),
            ("text/xml", Kind::Xml),
            ("Text/CSS;charset=x", Kind::Stylesheet),
            ("text/plain", Kind::Other),
            ("text/x-component", Kind::ServerComponents),
            ("text/vnd.turbo-stream.html; charset=utf-8", Kind::Fragment),
            ("application/json;charset=utf-8", Kind::Json),
            ("Application/Problem+JSON", Kind::Json),
            ("text/json", Kind::Json),
            ("application/ld+json", Kind::Other),
            ("application/manifest+json", Kind::Other),
            ("application/javascript", Kind::Other),
            ("text/event-stream", Kind::Other),
            ("application/octet-stream", Kind::Other),
            ("*/*", Kind::Unsaid),
            ("unknown/unknown", Kind::Unsaid),
            ("Application/Unknown", Kind::Unsaid),
            ("text/", Kind::Unsaid),
            ("html", Kind::Unsaid),
            ("", Kind::Unsaid),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, field.parse().unwrap());
            assert!(Kind::declared(&headers) == kind, "`{field}`");
        }
    }
}
