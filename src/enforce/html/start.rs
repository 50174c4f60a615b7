//! Start tags: what they begin, and what the judge says about them.

use memchr::memchr;

use super::element::Verdicts;
use super::foreign::Namespace;
use super::parts::{Inner, defuse};
use super::tag::{Edits, Tag};
use super::tokenizer::Content;
use super::tokens::{Mode, Out};
use super::{Rewriter, address, element, elements, sheet, speculation};
use crate::policy::Verdict;

/// How many scripts inside of scripts of SVG are judged.
const MAX_NESTED: usize = 16;

/// Scripts of SVG and MathML, whose text is markup.
#[derive(Debug, Default)]
pub(super) struct ForeignScripts {
    /// How far into the page their text was judged.
    judged: usize,
    /// How many began before that in a row.
    nested: usize,
}

impl Rewriter {
    /// Judges and writes a start tag, which stands from `start` to `at`; or holds it back, with the script that it begins.
    pub(super) fn start_tag(&mut self, out: &mut Out<'_>, start: usize, at: usize) {
        let scanner = self.tokenizer.take_tag();
        let tag = Tag::new(out.slice(start, at), &scanner);
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
        let namespace = self.namespace(&tag, name);
        if namespace == Namespace::Html && !self.injection.idle() {
            out.keep(start);
            self.injection.before_element(name, out.output);
        }
        let runs = name == b"script"
            && !(namespace != Namespace::Html && tag.self_closing())
            && element::is_inline(&tag, namespace);
        let held = runs && (namespace == Namespace::Html || self.reads_again(start));
        if held {
            self.tokenizer.content(Content::Script(b"script"));
            self.mode = Mode::Script { from: start, tag: at - start, namespace };
        } else {
            if namespace == Namespace::Html && !self.foreign.ambiguous {
                self.close_sheet();
            }
            let mut edits = self.element(&tag, name);
            if runs && !self.judge.passes_everything() {
                edits.stop_script = true;
                edits.blame("unknown".to_owned());
            }
            if !edits.is_empty() {
                tag.write(&edits, out.replace(start, at));
            }
            if namespace == Namespace::Html {
                if !self.injection.idle() {
                    out.keep(at);
                    self.injection.after_element(name, out.output);
                }
                self.enter(&tag, name);
            } else if name == b"style" && !tag.self_closing() {
                self.open_sheet();
            }
        }
        self.tokenizer.give_back(scanner);
    }

    /// Whether the text of a foreign script that begins at `start` is judged. It is read again as markup, so that scripts
    /// inside of scripts would be judged over and over: those that are nested too deep are made inert unread.
    fn reads_again(&mut self, start: usize) -> bool {
        let nested = self.consumed + start < self.scripts.judged;
        self.scripts.nested = if nested { self.scripts.nested + 1 } else { 0 };
        self.scripts.nested <= MAX_NESTED
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
            b"base" => {
                let certain = self.depth == 0 && !self.read_twice() && !self.in_select && !self.templates;
                self.verdicts.base(tag, &self.judge, certain);
            }
            // A `base` in it counts for nobody, and where it ends is the tree builder's to say.
            b"template" => self.templates = true,
            // A tree builder that finds one right inside of a `template` ignores every tag but columns (HTML Standard
            // §13.2.6.4.12), and so the text of elements is markup.
            b"col" => self.foreign.ambiguous |= self.templates,
            b"noscript" => {
                let mut inner = self.inner();
                if let Inner::Markup(part) = &mut inner {
                    part.ends_sheets = true;
                }
                self.text(Content::Text(b"noscript"), inner);
                self.foreign.ambiguous |= self.in_select;
            }
            b"plaintext" => {
                // Where browsers ignore the tag, what follows is markup.
                let inner = self.inner();
                self.text(Content::PlainText, inner);
            }
            b"script" => {
                let inner = self.doubted();
                self.text(Content::Script(b"script"), inner);
            }
            _ => {
                let Some(name) = elements::holds_text(name) else {
                    return;
                };
                // Browsers disagree about what this is inside of a `select`.
                self.foreign.ambiguous |= self.in_select;
                let mut inner = self.doubted();
                if name == b"style" && sheet::is_sheet(tag) {
                    let sheet = self.verdicts.sheet(&self.judge, self.max_token_bytes);
                    inner = Inner::Sheet(Box::new(sheet), Box::new(inner));
                }
                self.text(Content::Text(name), inner);
            }
        }
    }

    /// What becomes of text that may be markup in another reading of the page.
    pub(super) fn doubted(&self) -> Inner {
        if self.read_twice() { self.inner() } else { Inner::Pass }
    }

    /// In an inline script, of which there is everything up to `end`; all of it when it is `whole`. Judges it as soon as it
    /// can be judged. Gives where to go on.
    pub(super) fn script(&mut self, out: &mut Out<'_>, end: usize, whole: bool) -> usize {
        let Mode::Script { from, tag, namespace } = self.mode else {
            return end;
        };
        let text = out.slice(from + tag, end);
        if !whole && text.len() <= self.max_token_bytes {
            return end;
        }
        // Of a longer one, as much is judged as may be held back; the rest streams.
        let judged = text.get(..text.len().min(self.max_token_bytes)).unwrap_or_default();
        let scanner = self.tokenizer.take_tag();
        let start = Tag::new(out.slice(from, from + tag), &scanner);
        let mut edits = self.element(&start, b"script");
        let kind = start.value("type").map(address::decode).unwrap_or_default();
        let decision = if elements::fetches_ahead(&kind) {
            speculation::judge(&mut self.judge, self.verdicts.bases(), judged)
        } else {
            Some(self.judge.judge_inline(judged))
        };
        if let Some(decision) = decision.filter(|decision| decision.verdict == Verdict::Drop) {
            edits.stop_script = true;
            edits.blame(Verdicts::blamed(&self.judge, &decision));
        }
        let mut twice = None;
        if namespace == Namespace::Html && self.read_twice() {
            // The text may be markup to a browser.
            let read = self.reread(judged, false);
            if read != judged {
                edits.stop_script = true;
                if edits.services.is_empty() {
                    edits.blame("unknown".to_owned());
                }
            }
            twice = (judged.len() == text.len()).then_some(read);
        }
        if !edits.is_empty() {
            start.write(&edits, out.replace(from, from + tag));
        }
        self.tokenizer.give_back(scanner);
        self.mode = Mode::Plain;
        if namespace != Namespace::Html {
            // To a browser the text of such a script is markup like any other.
            self.scripts.judged = self.scripts.judged.max(self.consumed + end);
            self.tokenizer.content(Content::Markup);
            return from + tag;
        }
        if whole && let Some(read) = twice {
            out.replace(from + tag, end).extend_from_slice(&read);
            return end;
        }
        self.mode = Mode::Inside { inner: self.doubted(), comment: false };
        self.deliver(out, from + tag, end);
        if whole {
            self.leave(out, end);
        }
        end
    }

    /// Judges everything that an element makes a browser fetch.
    pub(super) fn element(&mut self, tag: &Tag<'_>, name: &[u8]) -> Edits {
        if !tag.has_attributes() {
            return Edits::default();
        }
        let mut edits = self.verdicts.judge(&mut self.judge, tag, name);
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
            let read = self.reread(&document, true);
            if read != document {
                edits.values.push((at, read));
            }
        }
        for at in std::mem::take(&mut edits.addresses_of_documents) {
            let Some((_, _, value)) = tag.attributes().nth(at) else {
                continue;
            };
            let document = element::data_document(&address::decode(value));
            let read = self.reread(&document, true);
            if self.too_deep() || read != document {
                edits.hidden.push(at);
                edits.blame("unknown".to_owned());
            }
        }
        if self.read_twice() {
            for (at, _, value) in tag.attributes().filter(|(_, _, value)| memchr(b'<', value).is_some()) {
                let edited = edits.values.iter().find(|(known, _)| *known == at);
                let edited = edited.map(|(_, new)| tag.written(at, new));
                let written = edited.as_deref().unwrap_or(value);
                let read = self.reread(written, false);
                if read != written {
                    // Without quotes, or with others inside of them, it would not be one value any more.
                    let quote = tag.quote(at);
                    let whole = quote != 0 && !read.contains(&quote) && edited.is_none();
                    edits.values.retain(|(known, _)| *known != at);
                    let mut defused = Vec::with_capacity(written.len());
                    defuse(written, &mut defused);
                    // The same value to whoever reads it as one: an empty `type` would make a script of what is none.
                    edits.raw.push((at, if whole { read } else { defused }));
                }
            }
        }
        edits
    }
}
