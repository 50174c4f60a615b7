//! What makes a browser fetch something: one table of elements and attributes.
//!
//! From the HTML Standard's element definitions and SVG 2. Navigations (`a href`, `form action`) are not fetches and are
//! left alone here (see [`links`](super::links)); `data-src` and the like mean nothing to a browser.

use super::address::decode;
use super::tag::Tag;
use crate::catalog::FetchKind;

/// How an attribute's value names addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reads {
    /// One address.
    Address,
    /// Several, separated by spaces.
    Addresses,
    /// A `srcset`.
    Srcset,
    /// A whole document.
    Document,
    /// Several, separated by semicolons.
    Values,
    /// A refresh: a time and an address.
    Refresh,
    /// Declarations of CSS, or one value.
    Declarations,
}

/// How `attribute` of `element` is read, if a browser fetches what it names. Both in lower case.
pub(super) fn reads(element: &[u8], attribute: &[u8]) -> Option<Reads> {
    // SVG's, wherever they stand: a tree builder may see them inside of it where we do not, and elsewhere nobody writes
    // these attributes for anything else.
    let in_svg = matches!(
        element,
        b"image"
            | b"use"
            | b"feimage"
            | b"script"
            | b"mpath"
            | b"textpath"
            | b"pattern"
            | b"lineargradient"
            | b"radialgradient"
            | b"cursor"
    );
    if in_svg && matches!(attribute, b"href" | b"xlink:href") {
        return Some(Reads::Address);
    }
    let reads = match attribute {
        // Declarations; properties of SVG that may name an address (SVG 2 §6.6). On other elements they mean nothing, and hold no `url()`.
        b"style" | b"fill" | b"stroke" | b"filter" | b"clip-path" | b"mask" | b"marker" | b"marker-start"
        | b"marker-mid" | b"marker-end" | b"cursor" => Reads::Declarations,
        b"src" => match element {
            b"script" | b"img" | b"image" | b"iframe" | b"frame" | b"embed" | b"audio" | b"video" | b"track"
            | b"source" | b"input" | b"bgsound" | b"portal" | b"fencedframe" => Reads::Address,
            _ => return None,
        },
        b"srcset" if matches!(element, b"img" | b"image" | b"source") => Reads::Srcset,
        b"srcdoc" if element == b"iframe" => Reads::Document,
        // A `base` fetches nothing itself. One that leads where nothing may be fetched makes everything relative lead there,
        // what stands before it and is fetched later included.
        b"href" if matches!(element, b"link" | b"base") => Reads::Address,
        b"imagesrcset" if element == b"link" => Reads::Srcset,
        b"poster" if element == b"video" => Reads::Address,
        b"data" | b"classid" | b"codebase" if element == b"object" => Reads::Address,
        b"archive" if matches!(element, b"object" | b"applet") => Reads::Addresses,
        b"code" | b"codebase" | b"object" if element == b"applet" => Reads::Address,
        b"background"
            if matches!(element, b"body" | b"table" | b"thead" | b"tbody" | b"tfoot" | b"tr" | b"td" | b"th") =>
        {
            Reads::Address
        }
        b"ping" if matches!(element, b"a" | b"area") => Reads::Addresses,
        b"attributionsrc" if matches!(element, b"a" | b"area" | b"img" | b"image" | b"script") => Reads::Addresses,
        b"manifest" if element == b"html" => Reads::Address,
        b"content" if element == b"meta" => Reads::Refresh,
        // What an animation puts into another attribute, if that one is an address (SVG Animations).
        b"to" | b"from" if matches!(element, b"set" | b"animate") => Reads::Address,
        b"values" if element == b"animate" => Reads::Values,
        b"lowsrc" | b"dynsrc" if matches!(element, b"img" | b"image") => Reads::Address,
        _ => return None,
    };
    Some(reads)
}

/// What a browser fetches the address in `attribute` of `element` as. Both in lower case.
pub(super) fn fetched_as(tag: &Tag<'_>, element: &[u8], attribute: &[u8]) -> FetchKind {
    match (element, attribute) {
        (_, b"ping" | b"attributionsrc") => FetchKind::Ping,
        (b"script", _) => FetchKind::Script,
        (_, b"poster" | b"background" | b"lowsrc" | b"dynsrc" | b"srcset" | b"imagesrcset")
        | (b"img" | b"image" | b"input" | b"feimage", _) => FetchKind::Image,
        (b"iframe" | b"frame" | b"portal" | b"fencedframe" | b"embed" | b"object" | b"applet", _) => FetchKind::Frame,
        (b"audio" | b"video" | b"track" | b"bgsound" | b"source", _) => FetchKind::Media,
        (b"meta", _) => FetchKind::Document,
        (b"link", _) => {
            link_kind(&tag.value("rel").map(decode).unwrap_or_default(), tag.value("as").map(decode).as_deref())
        }
        _ => FetchKind::Other,
    }
}

/// What a `link` of these relations fetches.
pub(in crate::enforce) fn link_kind(relations: &str, preloads_as: Option<&str>) -> FetchKind {
    let is = |known: &str| relations.split_ascii_whitespace().any(|relation| relation.eq_ignore_ascii_case(known));
    if is("stylesheet") {
        FetchKind::Stylesheet
    } else if is("modulepreload") {
        FetchKind::Script
    } else if is("preload") {
        preloads_as.map(FetchKind::of_preload).unwrap_or_default()
    } else if relations.to_ascii_lowercase().contains("icon") {
        FetchKind::Image
    } else {
        FetchKind::Other
    }
}

/// Whether a `link` of these relations makes a browser fetch or connect. Others (`canonical`, `alternate`, `next`) only
/// tell.
pub(in crate::enforce) fn link_fetches(relations: &str) -> bool {
    const FETCHING: [&str; 20] = [
        "stylesheet",
        "icon",
        "apple-touch-icon",
        "apple-touch-icon-precomposed",
        "apple-touch-startup-image",
        "mask-icon",
        "fluid-icon",
        "preload",
        "modulepreload",
        "prefetch",
        "preconnect",
        "dns-prefetch",
        "prerender",
        "manifest",
        "compression-dictionary",
        // Read by Firefox and others ahead of a visit, or by browsers of yesterday.
        "next",
        "search",
        "import",
        "subresource",
        "serviceworker",
    ];
    relations.split_ascii_whitespace().any(|relation| FETCHING.iter().any(|known| relation.eq_ignore_ascii_case(known)))
}

/// The text of these elements is text, whatever it looks like; the element's name as an end tag ends it. `noscript` and
/// `script` are read by code of their own, `plaintext` never ends and is read as markup.
pub(super) fn holds_text(name: &[u8]) -> Option<&'static [u8]> {
    Some(match name {
        b"style" => b"style",
        b"title" => b"title",
        b"textarea" => b"textarea",
        b"xmp" => b"xmp",
        b"iframe" => b"iframe",
        b"noembed" => b"noembed",
        b"noframes" => b"noframes",
        _ => return None,
    })
}

/// Whether the start tag of an element of this name, in lower case and of up to eight letters, changes how what follows is
/// read.
pub(super) fn changes_what_follows(name: &[u8]) -> bool {
    matches!(
        name,
        b"script" | b"noscript" | b"svg" | b"math" | b"select" | b"base" | b"frameset" | b"template" | b"col"
    ) || holds_text(name).is_some()
}

/// Elements that may stand in a head; everything else begins the body.
pub(super) fn belongs_in_head(name: &[u8]) -> bool {
    matches!(
        name,
        b"html"
            | b"head"
            | b"title"
            | b"meta"
            | b"link"
            | b"base"
            | b"script"
            | b"style"
            | b"noscript"
            | b"template"
            | b"basefont"
            | b"bgsound"
            | b"noframes"
    )
}

/// Whether the text of a `script` of this type and language runs (HTML Standard §4.12.1.1), or makes a browser fetch. Values
/// are decoded; `None` is an absent attribute. Data (JSON, templates, import maps) does neither, and what a consent tool
/// keeps from running under a type of its own is that tool's: browsers do not fetch its `src` either.
pub(super) fn script_runs(kind: Option<&str>, language: Option<&str>) -> bool {
    const JAVASCRIPT: [&str; 16] = [
        "application/ecmascript",
        "application/javascript",
        "application/x-ecmascript",
        "application/x-javascript",
        "text/ecmascript",
        "text/javascript",
        "text/javascript1.0",
        "text/javascript1.1",
        "text/javascript1.2",
        "text/javascript1.3",
        "text/javascript1.4",
        "text/javascript1.5",
        "text/jscript",
        "text/livescript",
        "text/x-ecmascript",
        "text/x-javascript",
    ];
    // Types under which tools run scripts later, whatever the visitor says: Partytown in a worker (partytown.qwik.dev), the
    // others to speed up the page (WP Rocket, LiteSpeed Cache, Perfmatters). From their documentation.
    const DELAYED: [&str; 4] = ["text/partytown", "rocketlazyloadscript", "litespeed/javascript", "pmdelayedscript"];
    let is_javascript = |essence: &str| {
        // Cloudflare's Rocket Loader writes a number before the type.
        let plain = essence
            .split_once('-')
            .filter(|(number, _)| number.len() >= 16 && number.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let essence = plain.map_or(essence, |(_, essence)| essence);
        JAVASCRIPT.iter().chain(&DELAYED).any(|known| essence.eq_ignore_ascii_case(known))
            || (plain.is_some() && (essence.is_empty() || essence.eq_ignore_ascii_case("module")))
    };
    match (kind, language) {
        (Some(""), _) | (None, None | Some("")) => true,
        (Some(kind), _) => {
            let kind = kind.trim_matches(|letter: char| letter.is_ascii_whitespace());
            // A parameter keeps browsers of today from running it, but not all of yesterday's.
            let essence = kind.split(';').next().unwrap_or_default().trim();
            is_javascript(essence) || kind.eq_ignore_ascii_case("module") || fetches_ahead(kind)
        }
        (None, Some(language)) => is_javascript(&format!("text/{language}")),
    }
}

/// Whether a `script` of this type holds rules by which a browser fetches ahead (HTML Standard §4.12.1.1, speculation rules).
pub(super) fn fetches_ahead(kind: &str) -> bool {
    kind.trim_matches(|letter: char| letter.is_ascii_whitespace()).eq_ignore_ascii_case("speculationrules")
}

#[cfg(test)]
mod tests {
    use super::script_runs;

    #[test]
    fn only_javascript_runs() {
        for (kind, language, runs) in [
            (None, None, true),
            (Some(""), None, true),
            (Some("text/JavaScript"), None, true),
            (Some(" module "), None, true),
            (Some("text/javascript; charset=utf-8"), None, true),
            (Some("application/ld+json"), None, false),
            (Some("text/plain"), None, false),
            (Some("importmap"), None, false),
            (Some("text/partytown"), None, true),
            (Some("rocketlazyloadscript"), None, true),
            (Some("3f9c0a1b2c3d4e5f60718293-text/javascript"), None, true),
            (Some("3f9c0a1b2c3d4e5f60718293-module"), None, true),
            (Some("abc-text/javascript"), None, false),
            (Some("SpeculationRules"), None, true),
            (Some("x-shopify-script"), None, false),
            (None, Some("javascript1.2"), true),
            (None, Some("vbscript"), false),
        ] {
            assert_eq!(script_runs(kind, language), runs, "{kind:?} {language:?}");
        }
    }
}
