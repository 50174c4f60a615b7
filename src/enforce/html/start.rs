//! Start tags: what they begin, and what the judge says about them.

use memchr::memchr;

use super::element::Verdicts;
use super::foreign::Namespace;
use super::parts::Inner;
use super::raw::{Found, RawText};
use super::tag::{Edits, Tag};
use super::tokens::Mode;
use super::{Rewriter, TokenTooLong, address, element, elements};
use crate::policy::Verdict;

impl Rewriter {
    /// Judges and writes a start tag. Gives true when it is held back instead, with the script that it begins.
    pub(super) fn start_tag(&mut self, tag: &Tag<'_>, output: &mut Vec<u8>) -> Result<bool, TokenTooLong> {
        let mut buffer = [0_u8; 24];
        let long;
        let name: &[u8] = if let Some(short) = buffer.get_mut(..tag.name().len()) {
            short.copy_from_slice(tag.name());
            short.make_ascii_lowercase();
            short
        } else {
            long = tag.name().to_ascii_lowercase();
            &long
        };
        let namespace = self.namespace(tag, name);
        if namespace == Namespace::Html {
            self.injection.before_element(name, output);
        }
        if name == b"script"
            && !(namespace != Namespace::Html && tag.self_closing())
            && element::is_inline(tag, namespace)
        {
            let raw = RawText::new(b"script", tag.bytes.len());
            self.mode = Mode::Script { raw, tag: tag.bytes.len(), namespace };
            return Ok(true);
        }
        let edits = self.element(tag, namespace, name)?;
        tag.write(&edits, output);
        if namespace == Namespace::Html {
            self.injection.after_element(name, output);
            self.enter(tag, name);
        }
        Ok(false)
    }

    /// Follows the tree as far as it matters, and gives the namespace of the element.
    pub(super) fn namespace(&mut self, tag: &Tag<'_>, name: &[u8]) -> Namespace {
        if self.foreign.is_empty() && name != b"svg" && name != b"math" {
            return Namespace::Html;
        }
        // Old browsers ignore foreign elements inside of a `select`, new ones do not.
        self.foreign.ambiguous |= self.in_select;
        let html_annotation = name == b"annotation-xml"
            && tag.value("encoding").is_some_and(|value| {
                let value = address::decode(value);
                value.eq_ignore_ascii_case("text/html") || value.eq_ignore_ascii_case("application/xhtml+xml")
            });
        self.foreign.start(name, tag.self_closing(), |attribute| tag.value(attribute).is_some(), html_annotation)
    }

    /// What the content of an HTML element is.
    pub(super) fn enter(&mut self, tag: &Tag<'_>, name: &[u8]) {
        match name {
            b"select" => self.in_select = !self.in_select,
            // Inside of it, browsers read the text of every element as markup.
            b"frameset" => self.foreign.ambiguous = true,
            b"base" => self.verdicts.base(tag, &self.judge),
            b"noscript" => {
                self.mode = Mode::Text { raw: RawText::new(b"noscript", 0), inner: self.inner() };
                self.foreign.ambiguous |= self.in_select;
            }
            b"script" => {
                let inner = if self.read_twice() { self.inner() } else { Inner::Pass };
                self.mode = Mode::Text { raw: RawText::new(b"script", 0), inner };
            }
            _ => {
                let Some(name) = elements::holds_text(name) else {
                    return;
                };
                // Browsers disagree about what this is inside of a `select`.
                self.foreign.ambiguous |= self.in_select;
                let inner = if self.read_twice() { self.inner() } else { Inner::Pass };
                self.mode = Mode::Text { raw: RawText::new(name, 0), inner };
            }
        }
    }

    /// In an inline script that is held back until it can be judged.
    pub(super) fn script(
        &mut self,
        rest: &[u8],
        last: bool,
        output: &mut Vec<u8>,
    ) -> Result<(usize, bool), TokenTooLong> {
        let Mode::Script { raw, tag, namespace } = &mut self.mode else {
            return Ok((0, false));
        };
        let (tag, namespace) = (*tag, *namespace);
        let (end, found) = match raw.search(rest) {
            Found::End(at) => (at, true),
            Found::TextUntil(_) if last => (rest.len(), false),
            Found::TextUntil(at) if at > self.max_token_bytes => (at, false),
            Found::TextUntil(_) => return Ok((0, false)),
        };
        let Mode::Script { mut raw, .. } = std::mem::replace(&mut self.mode, Mode::Data) else {
            return Ok((0, false));
        };
        let text = rest.get(tag..end).unwrap_or_default();
        let scanner = std::mem::take(&mut self.scanner);
        let start = Tag::new(rest.get(..tag).unwrap_or_default(), &scanner);
        let mut edits = self.element(&start, namespace, b"script")?;
        let decision = self.judge.judge_inline(text);
        if decision.verdict == Verdict::Drop {
            edits.stop_script = true;
            edits.blame(Verdicts::blamed(&self.judge, &decision));
        }
        if namespace != Namespace::Html {
            // To a browser the text of such a script is markup like any other.
            start.write(&edits, output);
            self.scanner = scanner;
            return Ok((tag, true));
        }
        // Where the page is read both ways, the text may be markup to a browser.
        let mut twice = None;
        if self.read_twice() {
            let read = self.reread(text, false)?;
            if read != text {
                edits.stop_script = true;
                if edits.services.is_empty() {
                    edits.blame("unknown".to_owned());
                }
                twice = Some(read);
            }
        }
        start.write(&edits, output);
        self.scanner = scanner;
        output.extend_from_slice(twice.as_deref().unwrap_or(text));
        if !found && !last {
            // The cap is reached: what is there was judged, the rest streams.
            raw.forget(end);
            self.mode = Mode::Text { raw, inner: Inner::Pass };
        }
        Ok((end, found || !last))
    }

    /// Judges everything that an element makes a browser fetch.
    pub(super) fn element(&mut self, tag: &Tag<'_>, namespace: Namespace, name: &[u8]) -> Result<Edits, TokenTooLong> {
        if !tag.has_attributes() {
            return Ok(Edits::default());
        }
        let mut edits = self.verdicts.judge(&mut self.judge, tag, namespace, name);
        for at in std::mem::take(&mut edits.documents) {
            let Some((_, _, value)) = tag.attributes().nth(at) else {
                continue;
            };
            let document = address::decode(value).into_owned().into_bytes();
            if self.too_deep() {
                edits.hidden.push(at);
                edits.blame("unknown".to_owned());
                continue;
            }
            let read = self.reread(&document, true)?;
            if read != document {
                edits.values.push((at, read));
            }
        }
        for at in std::mem::take(&mut edits.addresses_of_documents) {
            let Some((_, _, value)) = tag.attributes().nth(at) else {
                continue;
            };
            let document = element::data_document(&address::decode(value));
            let read = self.reread(&document, true)?;
            if self.too_deep() || read != document {
                edits.hidden.push(at);
                edits.blame("unknown".to_owned());
            }
        }
        if self.read_twice() {
            for (at, _, value) in tag.attributes() {
                if memchr(b'<', value).is_some() && self.reread(value, false)? != value {
                    edits.values.push((at, Vec::new()));
                }
            }
        }
        Ok(edits)
    }
}
