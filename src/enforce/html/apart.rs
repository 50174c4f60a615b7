//! Elements of HTML and SVG that stand in documents of another syntax: judged by the same table, and read by the same
//! scanner.
//!
//! Whoever reads the other syntax finds names and values by its own rules and gives them here decoded; what comes back
//! speaks of attributes by their position, and the other syntax writes the edits in its own way.

use std::borrow::Cow;

use super::address::decode;
use super::element::{Verdicts, is_inline, may_matter};
use super::elements::{Reads, fetched_as, reads, script_runs};
use super::foreign::Namespace;
use super::sheet::is_sheet;
use super::tag::Tag;
use super::tokenizer::TagScanner;
use super::{Options, Rewriter};
use crate::catalog::FetchKind;
use crate::enforce::{Journal, Judge, css};
use crate::policy::{Decision, Verdict};

/// What an element's name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::enforce) enum Reading {
    /// An element of HTML.
    Html,
    /// An element of SVG.
    Svg,
    /// An element of MathML.
    MathMl,
    /// Any of them: nobody can tell.
    Any,
}

impl Reading {
    /// The namespace whose table covers this reading; that of SVG covers HTML's, too.
    const fn namespace(self) -> Namespace {
        match self {
            Self::Html => Namespace::Html,
            Self::Svg | Self::Any => Namespace::Svg,
            Self::MathMl => Namespace::MathMl,
        }
    }
}

/// An element as another syntax gives it.
#[derive(Debug)]
pub(in crate::enforce) struct Element<'a> {
    /// Its name without a prefix, in lower case.
    pub(in crate::enforce) name: &'a [u8],
    /// What the name means.
    pub(in crate::enforce) reading: Reading,
    /// Its attributes in order: names as HTML writes them, empty for one that means nothing; values decoded.
    pub(in crate::enforce) attributes: &'a [(Cow<'a, [u8]>, Cow<'a, str>)],
    /// It may have more attributes than these.
    pub(in crate::enforce) partial: bool,
}

/// What becomes of an element.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each says something else about the element")]
pub(in crate::enforce) struct Outcome {
    /// Positions of attributes that go out of sight.
    pub(in crate::enforce) hidden: Vec<usize>,
    /// Positions of attributes with a new, decoded value.
    pub(in crate::enforce) values: Vec<(usize, Vec<u8>)>,
    /// It is a script that must not run.
    pub(in crate::enforce) stop_script: bool,
    /// Whose work this is.
    pub(in crate::enforce) services: Vec<String>,
    /// It is a script whose text would run.
    pub(in crate::enforce) inline: bool,
    /// Its text is a style sheet.
    pub(in crate::enforce) sheet: bool,
    /// It is a script of a kind that runs, from wherever it comes.
    pub(in crate::enforce) runs: bool,
}

impl Outcome {
    /// Takes note of a decision about a script's text.
    pub(in crate::enforce) fn stop(&mut self, judge: &Judge, decision: &Decision) {
        if decision.verdict == Verdict::Drop {
            self.stop_script = true;
            let blamed = Verdicts::blamed(judge, decision);
            if !self.services.contains(&blamed) {
                self.services.push(blamed);
            }
        }
    }
}

/// Judges what stands in a document of another syntax.
#[derive(Debug)]
pub(in crate::enforce) struct Apart(Rewriter);

impl Apart {
    pub(in crate::enforce) fn new(judge: Judge, max_token_bytes: usize) -> Self {
        let options = Options { inject_head: None, inject_body: None, max_token_bytes, fragment: true };
        Self(Rewriter::new(judge, options))
    }

    pub(in crate::enforce) const fn judge(&mut self) -> &mut Judge {
        &mut self.0.judge
    }

    pub(in crate::enforce) fn passes_everything(&self) -> bool {
        self.0.judge.passes_everything()
    }

    pub(in crate::enforce) fn take_journal(&mut self) -> Journal {
        self.0.take_journal()
    }

    /// Another one for a part of the same document; what it finds is [taken in](Self::absorb) later.
    pub(in crate::enforce) fn part(&self) -> Self {
        Self(self.0.part())
    }

    /// A rewriter for HTML inside of the document.
    pub(in crate::enforce) fn html(&self) -> Rewriter {
        self.0.part()
    }

    /// A rewriter for a style sheet inside of the document.
    pub(in crate::enforce) fn sheet(&self) -> css::Rewriter {
        self.0.verdicts.sheet(&self.0.judge, self.0.max_token_bytes)
    }

    /// Whether documents are nested deeper here than is followed.
    pub(in crate::enforce) fn too_deep(&self) -> bool {
        self.0.too_deep()
    }

    pub(in crate::enforce) fn absorb(&mut self, journal: Journal) {
        self.0.judge.absorb(journal);
    }

    /// Takes note of an address that some readers take for a base.
    pub(in crate::enforce) fn also_base(&mut self, href: &str) {
        self.0.verdicts.also(href, &self.0.judge);
    }

    /// Judges everything that an element makes a browser fetch.
    pub(in crate::enforce) fn element(&mut self, element: &Element<'_>) -> Outcome {
        self.0.element_apart(element)
    }
}

impl Rewriter {
    /// Judges an element that does not stand in the page as HTML's tags do.
    pub(super) fn element_apart(&mut self, element: &Element<'_>) -> Outcome {
        let (name, reading) = (plain(element.name), element.reading);
        // Where more may come, it is read as what would make it fetch.
        let assumed: &[u8] = match name {
            b"link" if element.partial => b" rel=\"stylesheet\"",
            b"meta" if element.partial => b" http-equiv=\"refresh\"",
            _ => b"",
        };
        let mut bytes = vec![b'<'];
        bytes.extend_from_slice(name);
        bytes.extend_from_slice(assumed);
        for (attribute, value) in element.attributes {
            bytes.push(b' ');
            let known = attribute.iter().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b':' | b'-'));
            bytes.extend_from_slice(if known && !attribute.is_empty() { attribute } else { b"-" });
            bytes.extend_from_slice(b"=\"");
            for byte in value.bytes() {
                match byte {
                    b'&' => bytes.extend_from_slice(b"&amp;"),
                    b'"' => bytes.extend_from_slice(b"&quot;"),
                    byte => bytes.push(byte),
                }
            }
            bytes.push(b'"');
        }
        bytes.push(b'>');
        let mut scanner = TagScanner::default();
        scanner.reset(1);
        scanner.scan(&bytes);
        let tag = Tag::new(&bytes, &scanner);
        let edits = self.element(&tag, name);
        if name == b"base" && reading != Reading::Svg {
            self.verdicts.base(&tag, &self.judge, false);
        }
        let inline = name == b"script"
            && (is_inline(&tag, reading.namespace())
                || (reading == Reading::Any && is_inline(&tag, Namespace::Html))
                || (reading == Reading::Any && is_inline(&tag, Namespace::Svg)));
        let (kind, language) = (tag.value("type").map(decode), tag.value("language").map(decode));
        let runs = name == b"script" && script_runs(kind.as_deref(), language.as_deref());
        let shift = usize::from(!assumed.is_empty());
        Outcome {
            hidden: edits.hidden.iter().filter_map(|at| at.checked_sub(shift)).collect(),
            values: edits
                .values
                .into_iter()
                .chain(edits.raw.into_iter().map(|(at, raw)| (at, decode(&raw).into_owned().into_bytes())))
                .filter_map(|(at, value)| Some((at.checked_sub(shift)?, value)))
                .collect(),
            stop_script: edits.stop_script,
            services: edits.services,
            inline,
            sheet: name == b"style" && is_sheet(&tag),
            runs,
        }
    }
}

/// Whether an attribute of this name could make an element fetch, run or be taken for another. In lower case.
pub(in crate::enforce) fn attribute_matters(name: &[u8]) -> bool {
    may_matter(name) || matches!(name, b"rel" | b"type" | b"as" | b"language" | b"http-equiv" | b"style")
}

/// Whether what stands in `attribute` of `element` is fetched, or runs. Both in lower case.
pub(in crate::enforce) fn attribute_acts(element: &[u8], attribute: &[u8]) -> bool {
    let handler = attribute.len() > 2 && attribute.starts_with(b"on");
    handler || attribute == b"style" || reads(element, attribute).is_some()
}

/// What is to become of an attribute whose value is too long to be held. `start` is what is there of it, decoded.
pub(in crate::enforce) fn long_value_may_stay(element: &[u8], attribute: &[u8], start: &str) -> bool {
    if !attribute_acts(element, attribute) {
        return true;
    }
    let reads = reads(element, attribute);
    // An image that the page carries itself is fetched from nowhere, and runs nothing.
    let (bytes, scanner) = (b"<x>", TagScanner::default());
    let shown =
        matches!(fetched_as(&Tag::new(bytes, &scanner), element, attribute), FetchKind::Image | FetchKind::Media);
    let start = start.trim_start_matches(|letter: char| letter <= ' ');
    let is_data = start.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:"));
    reads == Some(Reads::Address) && shown && is_data
}

fn plain(name: &[u8]) -> &[u8] {
    let known = name.iter().all(u8::is_ascii_alphanumeric) && name.first().is_some_and(u8::is_ascii_alphabetic);
    if known { name } else { b"x" }
}

/// One attribute, as offsets from the beginning of its tag, or of the part of it.
#[derive(Clone, Copy, Debug)]
pub(in crate::enforce) struct Place {
    pub(in crate::enforce) name: (usize, usize),
    /// The value without its quotes.
    pub(in crate::enforce) value: (usize, usize),
    /// `"`, `'`, or 0.
    pub(in crate::enforce) quote: u8,
}

/// Finds a tag's end and its attributes. Can stop anywhere and go on.
#[derive(Debug, Default)]
pub(in crate::enforce) struct Places(TagScanner);

impl Places {
    /// Starts a new tag, whose name is `name_start` bytes behind its `<`.
    pub(in crate::enforce) fn reset(&mut self, name_start: usize) {
        self.0.reset(name_start);
    }

    /// Starts behind an attribute of a tag.
    pub(in crate::enforce) fn reset_inside(&mut self) {
        self.0.reset_inside();
    }

    /// What was scanned so far will not be there any more.
    pub(in crate::enforce) fn forget(&mut self) {
        self.0.forget();
    }

    /// Goes on over `tag`; gives the offset behind its `>`.
    pub(in crate::enforce) fn scan(&mut self, tag: &[u8]) -> Option<usize> {
        self.0.scan(tag)
    }

    /// How much was scanned, when a tag that is not at its end cannot be held any longer.
    pub(in crate::enforce) fn overflows(&self, held: &[u8], more: bool) -> Option<usize> {
        self.0.overflows(held, more)
    }

    pub(in crate::enforce) const fn name_end(&self) -> usize {
        self.0.name().1
    }

    pub(in crate::enforce) const fn self_closing(&self) -> bool {
        self.0.self_closing()
    }

    pub(in crate::enforce) fn attributes(&self) -> impl Iterator<Item = Place> {
        self.0.attributes().iter().map(|one| Place { name: one.name, value: one.value, quote: one.quote })
    }

    /// The attribute whose value has begun and not ended.
    pub(in crate::enforce) fn open_value(&self) -> Option<Place> {
        self.attributes().last().filter(|_| self.0.in_value())
    }

    /// Whether the last attribute's name is complete, and nothing of its value is there.
    pub(in crate::enforce) const fn awaits_value(&self) -> bool {
        self.0.awaits_value()
    }

    /// Where the attribute begins that is not complete.
    pub(in crate::enforce) fn open_attribute(&self) -> Option<usize> {
        self.attributes().last().filter(|_| self.0.in_attribute()).map(|one| one.name.0)
    }
}
