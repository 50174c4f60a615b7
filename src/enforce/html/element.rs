//! One element: which of its attributes make a browser fetch, and what the judge says about each.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use smallvec::SmallVec;
use url::Url;

use super::address::{decode, names_another_host, refresh, resolve, srcset, stays_on_host};
use super::elements::{Reads, fetched_as, link_fetches, reads, script_runs};
use super::foreign::Namespace;
use super::links;
use super::page_url;
use super::tag::{Edits, Tag};
use crate::catalog::FetchKind;
use crate::enforce::response_headers::{Line, twin};
use crate::enforce::{Judge, Surface, css};
use crate::policy::{Decision, Verdict};

/// How many `base` elements of a page are followed.
const MAX_BASES: usize = 8;

/// Judges elements of one page.
#[derive(Clone, Debug)]
pub(super) struct Verdicts {
    /// What addresses may be relative to: the page's own address, until a `base` element takes its place that counts for
    /// certain, and whatever others may count.
    pub(super) bases: Vec<Url>,
    /// One counts for certain.
    based: bool,
    /// The page's scheme, host and port.
    origin: Box<[u8]>,
    /// Addresses on the page's own host need no judge: nothing is known about it.
    pub(super) own_host_is_plain: bool,
}

impl Verdicts {
    pub(super) fn new(judge: &Judge) -> Self {
        let page = page_url(judge);
        let origin = page.origin().ascii_serialization().into_bytes().into();
        Self { bases: vec![page], based: false, origin, own_host_is_plain: judge.own_host_is_plain() }
    }

    /// What addresses may be relative to.
    pub(super) fn bases(&self) -> &[Url] {
        &self.bases
    }

    /// Takes note of a `base` element. Browsers use the first one with an address: where it is `certain` that this one
    /// counts, no later one does. One that may stand where browsers do not look (in a `template`, in a `noscript`) only joins
    /// what addresses may be relative to.
    pub(super) fn base(&mut self, tag: &Tag<'_>, judge: &Judge, certain: bool) {
        let Some(href) = tag.value("href").filter(|_| !self.based) else {
            return;
        };
        let page = page_url(judge);
        // An address that cannot be one leaves the page's own in its place.
        let url = resolve(&decode(href), &page).filter(|url| matches!(url.scheme(), "http" | "https"));
        let url = url.unwrap_or_else(|| page.clone());
        let denied = judge.fork().judge_fetch(Surface::Element, &url, FetchKind::Other, "<base href>");
        if denied.is_some_and(|decision| decision.verdict == Verdict::Drop) {
            // It was made inert, and counts for nobody.
            return;
        }
        self.own_host_is_plain &= url.host() == page.host() && !judge.leads_to_endpoints(&url);
        if certain {
            self.bases.retain(|known| *known != page);
        }
        self.join(url, certain);
        self.based = certain;
    }

    /// Takes in what a part of the page found about its base.
    pub(super) fn absorb(&mut self, part: Self) {
        if !self.based {
            self.own_host_is_plain &= part.own_host_is_plain;
            part.bases.into_iter().for_each(|url| self.join(url, false));
        }
    }

    fn join(&mut self, url: Url, certain: bool) {
        let same = |known: &Url| known.host() == url.host() && known.path() == url.path();
        if (certain || self.bases.len() < MAX_BASES) && !self.bases.iter().any(same) {
            self.bases.push(url);
        }
    }

    /// Takes note of an address that some readers take for a base, besides what holds already.
    pub(super) fn also(&mut self, href: &str, judge: &Judge) {
        let page = page_url(judge);
        let joined: Vec<Url> = self.bases.iter().filter_map(|base| resolve(href, base)).collect();
        for url in joined.into_iter().filter(|url| matches!(url.scheme(), "http" | "https")) {
            self.own_host_is_plain &= url.host() == page.host() && !judge.leads_to_endpoints(&url);
            self.join(url, false);
        }
    }

    /// Whose work a decision is about.
    pub(super) fn blamed(judge: &Judge, decision: &Decision) -> String {
        decision.reason.service.map_or_else(|| "unknown".to_owned(), |service| judge.service_id(service).to_owned())
    }

    /// Judges the attributes of `tag`, an element called `name` in lower case.
    pub(super) fn judge(&self, judge: &mut Judge, tag: &Tag<'_>, name: &[u8]) -> Edits {
        let mut edits = Edits::default();
        // Of several attributes of one name, browsers use the first. The names that mean something are few.
        let mut seen: SmallVec<[&[u8]; 4]> = SmallVec::new();
        let mut first = |name| {
            let known = seen.iter().any(|known: &&[u8]| known.eq_ignore_ascii_case(name));
            if !known {
                seen.push(name);
            }
            !known
        };
        for (at, attribute, value) in tag.attributes() {
            if !may_matter(attribute) {
                continue;
            }
            if is_event_handler(attribute) {
                let decision = judge.judge_inline(decode(value).as_bytes());
                if decision.verdict == Verdict::Drop {
                    edits.hidden.push(at);
                    edits.blame(Self::blamed(judge, &decision));
                }
                continue;
            }
            let mut buffer = [0; LONGEST];
            let Some(lower) = lowered(attribute, &mut buffer) else {
                continue;
            };
            if links::leads(name, lower) && judge.strips_links() {
                let short = self.bases.first().filter(|_| first(attribute));
                edits.raw.extend(short.and_then(|base| links::stripped(judge, value, base)).map(|short| (at, short)));
                continue;
            }
            let Some(reads) = reads(name, lower) else {
                continue;
            };
            if !first(attribute) {
                continue;
            }
            if name == b"meta" && Self::twin(judge, &mut edits, tag, at, value) {
                continue;
            }
            let animated = matches!(name, b"set" | b"animate");
            let applies = Self::applies(tag, name, reads);
            if reads == Reads::Declarations || (animated && !applies) {
                if let Some((text, services)) = self.declarations(judge, &decoded_if_needed(value)) {
                    edits.values.push((at, text));
                    services.into_iter().for_each(|service| edits.blame(service));
                }
                continue;
            }
            if !applies {
                continue;
            }
            if reads == Reads::Address && self.is_plain(judge, value) {
                continue;
            }
            if reads == Reads::Document {
                edits.documents.push(at);
                continue;
            }
            let text = decode(value);
            let listed: Vec<&str> = match reads {
                Reads::Srcset => srcset(&text),
                Reads::Addresses => text.split_ascii_whitespace().collect(),
                Reads::Values => text.split(';').collect(),
                Reads::Refresh => refresh(&text).into_iter().collect(),
                Reads::Address | Reads::Document | Reads::Declarations => vec![&*text],
            };
            if reads == Reads::Srcset && listed.iter().all(|address| self.is_plain(judge, address.as_bytes())) {
                continue;
            }
            for (address, base) in
                listed.into_iter().flat_map(|address| self.bases.iter().map(move |base| (address, base)))
            {
                let Some(url) = resolve(address, base) else {
                    if names_another_host(address) {
                        let decision = judge.judge_unreadable(Surface::Element, &What(name, lower).to_string());
                        if decision.verdict == Verdict::Drop {
                            edits.hidden.push(at);
                            edits.blame(Self::blamed(judge, &decision));
                            edits.stop_script |= name == b"script";
                            break;
                        }
                    }
                    continue;
                };
                if matches!(url.scheme(), "data" | "javascript") {
                    Self::inline_address(judge, &mut edits, at, name, &url, address);
                    continue;
                }
                let kind = fetched_as(tag, name, lower);
                let Some(decision) = judge.judge_fetch(Surface::Element, &url, kind, &What(name, lower)) else {
                    continue;
                };
                if decision.verdict == Verdict::Drop {
                    let certain = kind == FetchKind::Frame && reads == Reads::Address && self.bases.len() == 1;
                    let variant = certain
                        .then(|| judge.judge_variant(Surface::Element, &url, decision, &What(name, lower).to_string()))
                        .flatten();
                    if let Some(variant) = variant {
                        edits.values.push((at, variant.as_str().into()));
                        break;
                    }
                    edits.hidden.push(at);
                    edits.blame(Self::blamed(judge, &decision));
                    edits.stop_script |= name == b"script";
                    break;
                }
            }
        }
        edits
    }

    /// Whether an address is on the page's own host for certain, and nothing that is known.
    fn is_plain(&self, judge: &Judge, value: &[u8]) -> bool {
        if !self.own_host_is_plain {
            return false;
        }
        let path = value.strip_prefix(&*self.origin).filter(|path| path.starts_with(b"/")).unwrap_or(value);
        stays_on_host(path) && !judge.may_be_endpoint(&decoded_if_needed(path))
    }

    /// An address that carries what it means: a script, or a whole document.
    fn inline_address(judge: &mut Judge, edits: &mut Edits, at: usize, name: &[u8], url: &Url, address: &str) {
        let shows = matches!(name, b"iframe" | b"frame" | b"embed" | b"object" | b"portal" | b"fencedframe");
        if url.scheme() == "data" && shows {
            edits.addresses_of_documents.push(at);
        }
        if url.scheme() == "data" && name == b"link" && !css::carried_passes(judge, address) {
            edits.hidden.push(at);
            edits.blame("unknown".to_owned());
        }
        if shows || name == b"script" {
            let script: Vec<u8> = if url.scheme() == "data" {
                data_document(address)
            } else {
                percent_encoding::percent_decode(address.as_bytes()).collect()
            };
            let decision = judge.judge_inline(&script);
            if decision.verdict == Verdict::Drop {
                edits.hidden.push(at);
                edits.blame(Self::blamed(judge, &decision));
                edits.stop_script |= name == b"script";
            }
        }
    }

    /// Judges the `content` of a `meta` element that stands for a message field; false when it stands for none.
    fn twin(judge: &mut Judge, edits: &mut Edits, tag: &Tag<'_>, at: usize, value: &[u8]) -> bool {
        let Some(kind) = tag.value("http-equiv") else { return false };
        match twin(judge, &decode(kind), decode(value).as_bytes()) {
            None => return false,
            Some(Line::Keep) => {}
            Some(Line::Replace(content)) => edits.values.push((at, content)),
            Some(Line::Drop) => {
                edits.hidden.push(at);
                edits.blame("unknown".to_owned());
            }
        }
        true
    }

    /// Whether the attribute means a fetch on this very element.
    fn applies(tag: &Tag<'_>, name: &[u8], reads: Reads) -> bool {
        match (name, reads) {
            // A script that does not run is not fetched either; if a consent tool revives it, it is judged then.
            (b"script", Reads::Address) => {
                script_runs(tag.value("type").map(decode).as_deref(), tag.value("language").map(decode).as_deref())
            }
            (b"link", _) => tag.value("rel").is_some_and(|relations| link_fetches(&decode(relations))),
            (b"set" | b"animate", _) => tag.value("attributename").is_some_and(|name| {
                let name = decode(name);
                ["href", "xlink:href"].iter().any(|known| name.trim().eq_ignore_ascii_case(known))
            }),
            (b"meta", _) => {
                tag.value("http-equiv").is_some_and(|kind| decode(kind).trim().eq_ignore_ascii_case("refresh"))
            }
            _ => true,
        }
    }
}

/// An attribute's value with its character references resolved, where it has any.
fn decoded_if_needed(value: &[u8]) -> Cow<'_, [u8]> {
    if !value.contains(&b'&') {
        return Cow::Borrowed(value);
    }
    match decode(value) {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

/// The longest name of an attribute that makes a browser fetch is shorter.
const LONGEST: usize = 16;

/// A name in lower case; `None` when it is longer than the buffer.
pub(super) fn lowered<'a, const LENGTH: usize>(name: &[u8], buffer: &'a mut [u8; LENGTH]) -> Option<&'a [u8]> {
    let lower = buffer.get_mut(..name.len())?;
    for (to, from) in lower.iter_mut().zip(name) {
        *to = from.to_ascii_lowercase();
    }
    Some(lower)
}

const fn is_event_handler(name: &[u8]) -> bool {
    matches!(name, [b'o' | b'O', b'n' | b'N', _, ..])
}

/// Whether an attribute of an element, whose name is in lower case, can make anything of the tag change. `links` tells
/// whether addresses that only lead somewhere are looked at.
pub(super) fn matters(element: &[u8], attribute: &[u8], links: bool) -> bool {
    if !may_matter(attribute) {
        return false;
    }
    let mut buffer = [0; LONGEST];
    is_event_handler(attribute)
        || lowered(attribute, &mut buffer)
            .is_some_and(|name| reads(element, name).is_some() || (links && links::leads(element, name)))
}

/// Whether an attribute of this name could be one that [`reads`] or an event handler knows: most are not, and their first
/// letter and length tell.
pub(super) const fn may_matter(name: &[u8]) -> bool {
    let Some((first, _)) = name.split_first() else { return false };
    match first.to_ascii_lowercase() {
        b'o' => true,
        b's' => matches!(name.len(), 3 | 5 | 6),
        b'h' | b'p' | b'd' => matches!(name.len(), 4 | 6),
        b'i' => name.len() == 11,
        b'c' => matches!(name.len(), 4 | 6..=9),
        b'a' => matches!(name.len(), 7 | 14),
        b'b' | b'x' => name.len() == 10,
        b'm' => matches!(name.len(), 4 | 6 | 8 | 10 | 12),
        b't' => name.len() == 2,
        b'f' => matches!(name.len(), 4 | 6),
        b'v' => name.len() == 6,
        b'l' => name.len() == 6,
        _ => false,
    }
}

/// Whether a `script` element holds a script in its text that would run.
pub(super) fn is_inline(tag: &Tag<'_>, namespace: Namespace) -> bool {
    let external = match namespace {
        Namespace::Html => tag.value("src").is_some(),
        _ => tag.value("href").is_some() || tag.value("xlink:href").is_some(),
    };
    let kind = tag.value("type").map(decode);
    let language = tag.value("language").map(decode);
    !external && script_runs(kind.as_deref(), language.as_deref())
}

/// What a `data:` address carries (RFC 2397), as far as it can be read. Text whose encoding is not told is read as browsers
/// do, byte by byte (windows-1252), and given in UTF-8.
pub(in crate::enforce) fn data_document(address: &str) -> Vec<u8> {
    let Some((kind, payload)) = address.split_once(',') else {
        return Vec::new();
    };
    let kind = kind.trim_end().to_ascii_lowercase();
    let mut bytes: Vec<u8> = percent_encoding::percent_decode(payload.as_bytes()).collect();
    if kind.ends_with(";base64") {
        let packed: Vec<u8> =
            bytes.iter().copied().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=').collect();
        let forgiving = base64::engine::GeneralPurpose::new(
            &base64::alphabet::STANDARD,
            base64::engine::general_purpose::NO_PAD.with_decode_allow_trailing_bits(true),
        );
        bytes = forgiving.decode(packed).unwrap_or(bytes);
    }
    if bytes.is_ascii() || kind.contains("charset=utf-8") {
        return bytes;
    }
    bytes.into_iter().map(char::from).collect::<String>().into_bytes()
}

/// How a finding names the place: `<script src>`.
struct What<'a>(&'a [u8], &'a [u8]);

impl fmt::Display for What<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(name, attribute) = self;
        write!(formatter, "<{} {}>", String::from_utf8_lossy(name), String::from_utf8_lossy(attribute))
    }
}

#[cfg(test)]
mod tests {
    use super::may_matter;

    #[test]
    fn no_attribute_of_the_table_is_passed_over() {
        for name in [
            "src",
            "srcset",
            "srcdoc",
            "href",
            "imagesrcset",
            "poster",
            "data",
            "classid",
            "codebase",
            "archive",
            "attributionsrc",
            "code",
            "object",
            "background",
            "ping",
            "manifest",
            "content",
            "lowsrc",
            "dynsrc",
            "xlink:href",
            "to",
            "from",
            "values",
            "onload",
            "ONCLICK",
            "SRC",
            "style",
            "fill",
            "stroke",
            "filter",
            "clip-path",
            "mask",
            "marker",
            "marker-start",
            "marker-mid",
            "marker-end",
            "cursor",
            "values",
            "from",
            "to",
        ] {
            assert!(may_matter(name.as_bytes()), "{name}");
        }
        assert!(!may_matter(b"class") && !may_matter(b"alt") && !may_matter(b""));
    }
}
