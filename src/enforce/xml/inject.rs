//! Where our own markup goes into XHTML: right behind the start of the head and of the body.

use std::sync::Arc;

use super::names::Space;
use crate::enforce::html::apart::Places;

/// Markup that still waits for its place.
#[derive(Debug, Default)]
pub(super) struct Injection {
    head: Option<Arc<str>>,
    body: Option<Arc<str>>,
}

impl Injection {
    /// Markup that is no XML would stop a browser there, and is left out.
    pub(super) fn new(head: Option<Arc<str>>, body: Option<Arc<str>>) -> Self {
        let fits = |markup: &Arc<str>| is_well_formed(markup);
        Self { head: head.filter(fits), body: body.filter(fits) }
    }

    /// Called behind a start tag, its name as written. Only elements of XHTML without a prefix count, so that our own,
    /// which have none, are XHTML as well.
    pub(super) fn after_element(&mut self, name: &[u8], space: Space, output: &mut Vec<u8>) {
        let place = match name {
            b"head" => &mut self.head,
            b"body" => &mut self.body,
            _ => return,
        };
        if space == Space::Html
            && let Some(markup) = place.take()
        {
            output.extend_from_slice(markup.as_bytes());
        }
    }
}

/// Whether `markup` may stand among the content of an XML element. Stricter than XML: no comments, no CDATA, and no
/// references but to characters and predefined names.
fn is_well_formed(markup: &str) -> bool {
    let mut rest = markup.as_bytes();
    let mut open: Vec<&[u8]> = Vec::new();
    loop {
        let at = rest.iter().position(|byte| *byte == b'<').unwrap_or(rest.len());
        let (text, tag) = rest.split_at_checked(at).unwrap_or((rest, b""));
        if !has_plain_references(text) {
            return false;
        }
        if tag.is_empty() {
            return open.is_empty();
        }
        let is_end = tag.get(1) == Some(&b'/');
        let mut places = Places::default();
        places.reset(if is_end { 2 } else { 1 });
        let Some(length) = places.scan(tag) else { return false };
        let name = tag.get(if is_end { 2 } else { 1 }..places.name_end()).unwrap_or_default();
        if !is_name(name) {
            return false;
        }
        let mut names: Vec<&[u8]> = Vec::new();
        for place in places.attributes() {
            let name = tag.get(place.name.0..place.name.1).unwrap_or_default();
            let value = tag.get(place.value.0..place.value.1).unwrap_or_default();
            let right = place.quote != 0 && is_name(name) && !value.contains(&b'<') && has_plain_references(value);
            // Each stands behind white space.
            let apart = tag.get(place.name.0.saturating_sub(1)).is_some_and(u8::is_ascii_whitespace);
            if !right || !apart || names.contains(&name) {
                return false;
            }
            names.push(name);
        }
        if is_end {
            if open.pop() != Some(name) || !names.is_empty() {
                return false;
            }
        } else if !places.self_closing() {
            open.push(name);
        }
        rest = tag.get(length..).unwrap_or_default();
    }
}

fn is_name(name: &[u8]) -> bool {
    name.first().is_some_and(u8::is_ascii_alphabetic)
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

fn has_plain_references(text: &[u8]) -> bool {
    text.split(|byte| *byte == b'&').skip(1).all(|reference| {
        let name = reference.split(|byte| *byte == b';').next().unwrap_or_default();
        let known = [&b"lt"[..], b"gt", b"amp", b"quot", b"apos"].contains(&name);
        let number =
            name.strip_prefix(b"#").is_some_and(|digits| !digits.is_empty() && digits.iter().all(u8::is_ascii_digit));
        name.len() < reference.len() && (known || number)
    }) && !text.windows(3).any(|three| three == b"]]>")
}

#[cfg(test)]
mod tests {
    use super::is_well_formed;

    #[test]
    fn only_xml_goes_into_xml() {
        for markup in ["", "x", "<a/>", "<a b=\"c\"><d/>&#38;&amp;</a>", "<script src='x' async=''></script>"] {
            assert!(is_well_formed(markup), "{markup}");
        }
        for markup in [
            "<a>",
            "<br>",
            "<a b></a>",
            "<a b=c></a>",
            "<a b='1' b='2'/>",
            "<a b='1'c='2'/>",
            "<a></b>",
            "</a>",
            "&nbsp;",
            "a & b",
            "<a b='<'/>",
            "<!doctype html>",
            "<a",
            "]]>",
        ] {
            assert!(!is_well_formed(markup), "{markup}");
        }
    }
}
