//! A complete start tag: reading its attributes, and writing it with edits spliced in.

use std::collections::HashSet;

use super::tokenizer::TagScanner;

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

    /// The quote around the value of the attribute at `position`; 0 when there is none.
    pub(super) fn quote(&self, position: usize) -> u8 {
        self.scanner.attributes().get(position).map_or(0, |attribute| attribute.quote)
    }

    pub(super) fn has_attributes(&self) -> bool {
        !self.scanner.attributes().is_empty()
    }

    /// The raw value of the first attribute called `name`, which is the one that browsers use.
    pub(super) fn value(&self, name: &str) -> Option<&'a [u8]> {
        let mut found = self.attributes().filter(|(_, known, _)| known.eq_ignore_ascii_case(name.as_bytes()));
        found.next().map(|(_, _, value)| value)
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
        // All attributes of a hidden name are hidden: browsers would fall back to the second.
        let mut hidden: HashSet<Vec<u8>> = edits
            .hidden
            .iter()
            .filter_map(|at| self.scanner.attributes().get(*at))
            .map(|attribute| self.slice(attribute.name).to_ascii_lowercase())
            .collect();
        if edits.stop_script {
            hidden.insert(b"type".to_vec());
        }
        let (mut values, mut raw) = (in_order(&edits.values), in_order(&edits.raw));
        let mut written = self.name_end();
        for (position, attribute) in self.scanner.attributes().iter().enumerate() {
            if !hidden.is_empty() && hidden.contains(&self.slice(attribute.name).to_ascii_lowercase()) {
                output.extend_from_slice(self.slice((written, attribute.name.0)));
                output.extend_from_slice(PREFIX);
                written = attribute.name.0;
            }
            let value = take(&mut values, position);
            if let Some(raw) = take(&mut raw, position) {
                output.extend_from_slice(self.slice((written, attribute.value.0)));
                // Nothing at all would make the next attribute the value.
                output.extend_from_slice(if attribute.quote == 0 && raw.is_empty() { b"\"\"" } else { raw });
                written = attribute.value.1;
            } else if let Some(value) = value {
                output.extend_from_slice(self.slice((written, attribute.value.0)));
                // A value without quotes gets them; one with quotes keeps its own.
                let quote = if attribute.quote == 0 { "\"" } else { "" };
                output.extend_from_slice(quote.as_bytes());
                escape(value, if attribute.quote == 0 { b'"' } else { attribute.quote }, output);
                output.extend_from_slice(quote.as_bytes());
                written = attribute.value.1;
            }
        }
        output.extend_from_slice(self.slice((written, self.bytes.len())));
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

type Values<'a> = std::iter::Peekable<std::vec::IntoIter<&'a (usize, Vec<u8>)>>;

fn in_order(values: &[(usize, Vec<u8>)]) -> Values<'_> {
    let mut values: Vec<_> = values.iter().collect();
    values.sort_by_key(|(at, _)| *at);
    values.into_iter().peekable()
}

/// The first new value of the attribute at `position`, which comes behind those that were asked for before.
fn take<'a>(values: &mut Values<'a>, position: usize) -> Option<&'a [u8]> {
    let mut new = None;
    while let Some((_, value)) = values.next_if(|(at, _)| *at == position) {
        new = new.or(Some(value.as_slice()));
    }
    new
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
