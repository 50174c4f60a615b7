//! A complete start tag: reading its attributes, and writing it with edits spliced in.

use super::tokenizer::{Attribute, TagScanner};

/// The prefix that takes an attribute out of a browser's sight and keeps it for revival.
const PREFIX: &[u8] = b"data-vestibule-";

/// A start tag as it stands in the page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tag<'a> {
    /// From `<` to `>`.
    pub(super) bytes: &'a [u8],
    scanner: &'a TagScanner,
}

impl<'a> Tag<'a> {
    pub(super) const fn new(bytes: &'a [u8], scanner: &'a TagScanner) -> Self {
        Self { bytes, scanner }
    }

    fn slice(&self, (start, end): (usize, usize)) -> &'a [u8] {
        self.bytes.get(start..end).unwrap_or_default()
    }

    const fn name_end(&self) -> usize {
        self.scanner.name().1
    }

    /// The name as it was written.
    pub(super) fn name(&self) -> &'a [u8] {
        self.slice(self.scanner.name())
    }

    pub(super) const fn self_closing(&self) -> bool {
        self.scanner.self_closing()
    }

    /// Every attribute with its position, name and raw value.
    pub(super) fn attributes(&self) -> impl Iterator<Item = (usize, &'a [u8], &'a [u8])> + use<'a> {
        let tag = *self;
        self.scanner
            .attributes()
            .iter()
            .enumerate()
            .map(move |(at, attribute)| (at, tag.slice(attribute.name), tag.slice(attribute.value)))
    }

    pub(super) fn has_attributes(&self) -> bool {
        !self.scanner.attributes().is_empty()
    }

    /// The raw value of the first attribute called `name`, which is the one that browsers use.
    pub(super) fn value(&self, name: &str) -> Option<&'a [u8]> {
        let mut found = self.attributes().filter(|(_, known, _)| known.eq_ignore_ascii_case(name.as_bytes()));
        found.next().map(|(_, _, value)| value)
    }

    /// Whether the attribute at `position` is the first of its name.
    pub(super) fn is_first(&self, position: usize) -> bool {
        let Some((_, wanted, _)) = self.attributes().nth(position) else {
            return false;
        };
        let mut same = self.attributes().filter(|(_, name, _)| name.eq_ignore_ascii_case(wanted));
        same.next().is_some_and(|(at, ..)| at == position)
    }

    /// Appends the tag with `edits` to `output`. Whatever is not edited keeps its bytes.
    pub(super) fn write(&self, edits: &Edits, output: &mut Vec<u8>) {
        output.extend_from_slice(self.slice((0, self.name_end())));
        if !edits.services.is_empty() {
            // No quotes: markup also travels inside of JSON and of scripts' strings.
            output.extend_from_slice(b" data-vestibule=");
            let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b',');
            output.extend(edits.services.join(",").bytes().filter(plain));
        }
        if edits.stop_script {
            output.extend_from_slice(b" type=text/plain");
        }
        let inserted = !edits.services.is_empty() || edits.stop_script;
        if inserted && self.bytes.get(self.name_end()) == Some(&b'/') {
            // Without a space the slash would belong to the value.
            output.push(b' ');
        }
        let mut written = self.name_end();
        for (position, attribute) in self.scanner.attributes().iter().enumerate() {
            if self.hides(attribute, position, edits) {
                output.extend_from_slice(self.slice((written, attribute.name.0)));
                output.extend_from_slice(PREFIX);
                written = attribute.name.0;
            }
            if let Some((_, value)) = edits.values.iter().find(|(at, _)| *at == position) {
                output.extend_from_slice(self.slice((written, attribute.value.0)));
                // A value without quotes gets them; one with quotes keeps its own.
                let quote = if attribute.quote == 0 { "\"" } else { "" };
                output.extend_from_slice(quote.as_bytes());
                escape(value, if attribute.quote == 0 { b'"' } else { attribute.quote }, output);
                output.extend_from_slice(quote.as_bytes());
                written = attribute.value.1;
            } else if let Some((_, raw)) = edits.raw.iter().find(|(at, _)| *at == position) {
                output.extend_from_slice(self.slice((written, attribute.value.0)));
                // Nothing at all would make the next attribute the value.
                output.extend_from_slice(if attribute.quote == 0 && raw.is_empty() { b"\"\"" } else { raw });
                written = attribute.value.1;
            }
        }
        output.extend_from_slice(self.slice((written, self.bytes.len())));
    }

    /// All attributes of a hidden name are hidden: browsers would fall back to the second.
    fn hides(&self, attribute: &Attribute, position: usize, edits: &Edits) -> bool {
        let name = self.slice(attribute.name);
        (edits.stop_script && name.eq_ignore_ascii_case(b"type"))
            || edits.hidden.iter().any(|at| {
                let hidden = self.scanner.attributes().get(*at).map(|hidden| self.slice(hidden.name));
                *at == position || hidden.is_some_and(|hidden| hidden.eq_ignore_ascii_case(name))
            })
    }
}

/// What becomes of a tag.
#[derive(Debug, Default)]
pub(super) struct Edits {
    /// Positions of attributes that go out of sight.
    pub(super) hidden: Vec<usize>,
    /// Positions of attributes with a new, decoded value.
    pub(super) values: Vec<(usize, Vec<u8>)>,
    /// Positions of attributes with a new value, in the markup's own bytes.
    pub(super) raw: Vec<(usize, Vec<u8>)>,
    /// Positions of attributes whose value is a document of its own, still to be read.
    pub(super) documents: Vec<usize>,
    /// Positions of attributes whose address carries a document, still to be read.
    pub(super) addresses_of_documents: Vec<usize>,
    /// The script must not run.
    pub(super) stop_script: bool,
    /// Whose work this is: service ids, or `unknown`.
    pub(super) services: Vec<String>,
}

impl Edits {
    /// Whether the tag stays as it is.
    pub(super) fn is_empty(&self) -> bool {
        // What is still to be read says nothing yet.
        let Self { hidden, values, raw, documents: _, addresses_of_documents: _, stop_script, services } = self;
        hidden.is_empty() && values.is_empty() && raw.is_empty() && !stop_script && services.is_empty()
    }

    pub(super) fn blame(&mut self, service: String) {
        if !self.services.contains(&service) {
            self.services.push(service);
        }
    }
}

fn escape(value: &[u8], quote: u8, output: &mut Vec<u8>) {
    for byte in value {
        match *byte {
            b'&' => output.extend_from_slice(b"&amp;"),
            b'"' if quote == b'"' => output.extend_from_slice(b"&quot;"),
            b'\'' if quote == b'\'' => output.extend_from_slice(b"&#39;"),
            byte => output.push(byte),
        }
    }
}
