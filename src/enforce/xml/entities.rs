//! References: characters, predefined names, HTML's names, and what the document type declares.

use std::borrow::Cow;

/// How much one value or text may grow by expansion, in bytes. Browsers have bounds of their own.
const MAX_EXPANDED: usize = 256 * 1024;

/// How deep entities that refer to entities are followed.
const MAX_DEPTH: u8 = 16;

/// How many declarations are remembered; later ones count as unknown.
const MAX_DECLARED: usize = 512;

/// A longer name is not one.
const MAX_NAME: usize = 128;

#[derive(Clone, Debug)]
struct Entity {
    name: Box<[u8]>,
    /// What it stands for; `None` when that is elsewhere.
    text: Option<Box<str>>,
}

/// An element's name, an attribute's, and the value that it has without being written.
pub(super) type DefaultValue = (Box<[u8]>, Box<[u8]>, Box<str>);

/// What a document declares.
#[derive(Clone, Debug, Default)]
pub(super) struct Entities {
    declared: Vec<Entity>,
    /// Attributes that elements have without saying so: the element's and the attribute's names, and the value.
    pub(super) defaults: Vec<DefaultValue>,
    /// The document type is one for which browsers know HTML's names.
    pub(super) html_names: bool,
}

/// A text without its references.
#[derive(Debug)]
pub(super) struct Decoded<'a> {
    pub(super) text: Cow<'a, str>,
    /// Whether every reference could be resolved.
    pub(super) known: bool,
}

struct Expansion<'e> {
    entities: &'e Entities,
    attribute: bool,
    out: String,
    limit: usize,
    known: bool,
}

impl Entities {
    /// Takes note of a declaration. The first of a name counts (XML 1.0 §4.2).
    pub(super) fn declare(&mut self, name: &[u8], text: Option<&str>) {
        if self.declared.len() < MAX_DECLARED && self.find(name).is_none() {
            self.declared.push(Entity { name: name.into(), text: text.map(Into::into) });
        }
    }

    fn find(&self, name: &[u8]) -> Option<&Entity> {
        self.declared.iter().find(|entity| *entity.name == *name)
    }

    /// An attribute's value (XML 1.0 §3.3.3).
    pub(super) fn attribute<'a>(&self, raw: &'a [u8]) -> Decoded<'a> {
        self.decode(raw, true)
    }

    /// The text of an element.
    pub(super) fn text<'a>(&self, raw: &'a [u8]) -> Decoded<'a> {
        self.decode(raw, false)
    }

    fn decode<'a>(&self, raw: &'a [u8], attribute: bool) -> Decoded<'a> {
        let special = |byte: &u8| *byte == b'&' || (attribute && matches!(byte, b'\t' | b'\n' | b'\r'));
        let text = String::from_utf8_lossy(raw);
        if !raw.iter().any(special) {
            return Decoded { text, known: true };
        }
        let limit = text.len() + MAX_EXPANDED;
        let mut expansion = Expansion { entities: self, attribute, out: String::new(), limit, known: true };
        expansion.expand(&text, 0);
        Decoded { text: Cow::Owned(expansion.out), known: expansion.known }
    }
}

impl Expansion<'_> {
    fn expand(&mut self, text: &str, depth: u8) {
        let mut rest = text;
        while let Some(at) = rest.find('&') {
            let (before, reference) = rest.split_at_checked(at).unwrap_or((rest, ""));
            self.literal(before);
            let end = reference.as_bytes().iter().take(MAX_NAME).position(|byte| *byte == b';');
            let name = end.and_then(|end| reference.get(1..end)).filter(|name| is_name(name));
            let Some(name) = name else {
                self.literal("&");
                rest = reference.get(1..).unwrap_or_default();
                continue;
            };
            rest = reference.get(name.len() + 2..).unwrap_or_default();
            self.reference(name, depth);
            if self.out.len() > self.limit {
                self.known = false;
                return;
            }
        }
        self.literal(rest);
    }

    fn literal(&mut self, text: &str) {
        if self.attribute {
            self.out.extend(text.chars().map(|letter| if matches!(letter, '\t' | '\n' | '\r') { ' ' } else { letter }));
        } else {
            self.out.push_str(text);
        }
    }

    fn reference(&mut self, name: &str, depth: u8) {
        if let Some(number) = name.strip_prefix('#') {
            return self.out.extend(character(number));
        }
        // Declaring a predefined name changes nothing.
        if let Some(letter) = predefined(name) {
            return self.out.push(letter);
        }
        match self.entities.find(name.as_bytes()).map(|entity| entity.text.as_deref()) {
            Some(Some(text)) if depth < MAX_DEPTH && self.out.len() <= self.limit => self.expand(text, depth + 1),
            Some(_) => self.known = false,
            None => {
                let whole = format!("&{name};");
                let decoded = htmlize::unescape_attribute(whole.as_str());
                // A browser that does not know the name may read on as if it were not there.
                self.known &= decoded != whole && self.entities.html_names;
                if decoded != whole {
                    self.out.push_str(&decoded);
                }
            }
        }
    }
}

/// Whether this may be the name of a reference: anything else leaves a `&` that is one.
fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.bytes().any(|byte| byte.is_ascii_whitespace() || matches!(byte, b'&' | b'<' | b'>'))
}

fn predefined(name: &str) -> Option<char> {
    Some(match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}

/// The character of a reference, its number behind the `#`.
fn character(number: &str) -> Option<char> {
    let code = match number.strip_prefix('x') {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => number.parse(),
    };
    code.ok().and_then(char::from_u32)
}

/// What a declared literal stands for: characters are resolved, everything else waits until it is referred to (XML 1.0
/// §4.5).
pub(super) fn replacement(literal: &str) -> String {
    let mut text = String::with_capacity(literal.len());
    let mut rest = literal;
    while let Some(at) = rest.find("&#") {
        let (before, reference) = rest.split_at_checked(at).unwrap_or((rest, ""));
        text.push_str(before);
        let end = reference.as_bytes().iter().take(MAX_NAME).position(|byte| *byte == b';').unwrap_or(1);
        text.extend(reference.get(2..end).and_then(character));
        rest = reference.get(end + 1..).unwrap_or_default();
    }
    text.push_str(rest);
    text
}

/// A literal that stands for `text`, for quotes of this kind.
pub(super) fn literal(text: &str, quote: u8) -> String {
    let mut literal = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(letter) = rest.next() {
        match letter {
            // References by name wait in any case.
            '&' if rest.as_str().starts_with('#') => literal.push_str("&#38;"),
            '%' => literal.push_str("&#37;"),
            '"' if quote == b'"' => literal.push_str("&#34;"),
            '\'' if quote == b'\'' => literal.push_str("&#39;"),
            letter => literal.push(letter),
        }
    }
    literal
}

#[cfg(test)]
mod tests {
    use super::{Entities, literal, replacement};

    #[test]
    fn references_are_resolved_as_browsers_do() {
        let mut entities = Entities::default();
        entities.declare(b"h", Some("//t.example"));
        entities.declare(b"h", Some("no"));
        entities.declare(b"both", Some("&h;/&#38;x"));
        entities.declare(b"away", None);
        let attribute = |raw: &'static str| {
            let decoded = entities.attribute(raw.as_bytes());
            (decoded.text.into_owned(), decoded.known)
        };
        assert_eq!(attribute("a&#x2f;b&#47;\n&amp;lt;"), ("a/b/ &lt;".to_owned(), true));
        assert_eq!(attribute("&both;"), ("//t.example/&x".to_owned(), true));
        assert_eq!(attribute("&away;"), (String::new(), false));
        assert_eq!(attribute("&colon;//x"), ("://x".to_owned(), false));
        assert_eq!(attribute("a & b; &; &"), ("a & b; &; &".to_owned(), true));
    }

    #[test]
    fn entities_never_grow_without_bound() {
        let mut entities = Entities::default();
        entities.declare(b"a", Some(&"x".repeat(1000)));
        for (name, of) in [(b"b", "&a;"), (b"c", "&b;"), (b"d", "&c;"), (b"e", "&d;")] {
            entities.declare(name, Some(&of.repeat(100)));
        }
        entities.declare(b"loop", Some("&loop;"));
        let bomb = entities.attribute(b"&e;&e;");
        assert!(!bomb.known && bomb.text.len() < 1_000_000);
        assert!(!entities.attribute(b"&loop;").known);
    }

    #[test]
    fn literals_stand_for_what_they_are_made_of() {
        assert_eq!(replacement("&#60;b a='&#38;x;'&y;"), "<b a='&x;'&y;");
        for text in ["<a b=\"c\" d='e'>&x;&#38;%p;</a>", "", "&#60;"] {
            for quote in [b'"', b'\''] {
                let written = literal(text, quote);
                assert_eq!(replacement(&written), text);
                assert!(!written.contains(char::from(quote)));
            }
        }
    }
}
