//! A browser's view of a page: whom it would contact. By html5ever, which shares no code with the product.
//!
//! Two readings of every page: the tree, as it is built with scripts and without; and the tokens alone, as the scanners
//! see them that browsers send ahead to preload, and that know nothing of SVG, MathML or where elements nest. Documents
//! inside documents (`srcdoc`, `data:`) are read the same way.

use std::cell::RefCell;

use base64::Engine as _;
use html5ever::tendril::{StrTendril, TendrilSink as _};
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use html5ever::tree_builder::TreeBuilderOpts;
use html5ever::{ParseOpts, parse_document};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

use super::address::contacted;
use super::fetching::addresses;

/// How deep documents inside documents are followed.
const MAX_DEPTH: usize = 9;

/// One reason to contact somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Contact {
    pub(crate) host: String,
    /// Which reading, and what in it: `tree, scripts: img src`.
    pub(crate) seen: String,
}

/// Whom a browser would contact for the page of `host`, in every reading.
pub(crate) fn contacts(page: &[u8], host: &str) -> Vec<Contact> {
    let mut found = Vec::new();
    for (scripting, reading) in [(true, "tree, scripts"), (false, "tree, no scripts")] {
        document(page, host, scripting, 0, &mut |host, what| {
            found.push(Contact { host, seen: format!("{reading}: {what}") });
        });
    }
    for scripting in [true, false] {
        ahead(page, host, scripting, &mut |host, what| found.push(Contact { host, seen: format!("ahead: {what}") }));
    }
    found
}

type Tell<'a> = &'a mut dyn FnMut(String, String);

fn document(page: &[u8], base: &str, scripting: bool, depth: usize, tell: Tell<'_>) {
    if depth > MAX_DEPTH {
        return;
    }
    let options = ParseOpts {
        tree_builder: TreeBuilderOpts { scripting_enabled: scripting, ..TreeBuilderOpts::default() },
        ..ParseOpts::default()
    };
    let dom = parse_document(RcDom::default(), options).from_utf8().one(page);
    let moved = first_base(&dom.document).and_then(|address| contacted(&address, base));
    let base = moved.as_deref().unwrap_or(base);
    // Trees can be as deep as the page is long: no recursion.
    let mut left = vec![dom.document.clone()];
    while let Some(node) = left.pop() {
        if let NodeData::Element { template_contents, .. } = &node.data {
            element(&node, base, scripting, depth, tell);
            left.extend(template_contents.borrow().iter().cloned());
        }
        left.extend(node.children.borrow().iter().rev().cloned());
    }
    flatten(&dom.document);
}

/// Takes a tree apart, because dropping a deep one would recurse.
fn flatten(root: &Handle) {
    let mut left = vec![root.clone()];
    while let Some(node) = left.pop() {
        left.append(&mut node.children.borrow_mut());
        if let NodeData::Element { template_contents, .. } = &node.data {
            left.extend(template_contents.borrow_mut().take());
        }
    }
}

fn attribute(node: &Handle, wanted: &str) -> Option<String> {
    let NodeData::Element { attrs, .. } = &node.data else { return None };
    attrs.borrow().iter().find_map(|attribute| {
        let known = match &attribute.name.prefix {
            Some(prefix) => format!("{prefix}:{}", attribute.name.local),
            None => attribute.name.local.to_string(),
        };
        known.eq_ignore_ascii_case(wanted).then(|| attribute.value.to_string())
    })
}

fn name_of(node: &Handle) -> (String, bool) {
    match &node.data {
        NodeData::Element { name, .. } => {
            (name.local.to_ascii_lowercase().to_string(), name.ns == html5ever::ns!(html))
        }
        _ => (String::new(), false),
    }
}

/// The address of the first `base` element in the tree that has one.
fn first_base(root: &Handle) -> Option<String> {
    let mut left = vec![root.clone()];
    while let Some(node) = left.pop() {
        if name_of(&node) == ("base".to_owned(), true)
            && let Some(address) = attribute(&node, "href")
        {
            return Some(address);
        }
        left.extend(node.children.borrow().iter().rev().cloned());
    }
    None
}

fn element(node: &Handle, base: &str, scripting: bool, depth: usize, tell: Tell<'_>) {
    let (name, html) = name_of(node);
    let value = |wanted: &str| attribute(node, wanted);
    if name == "script" && !runs(value("type").as_deref()) {
        return;
    }
    for (attribute, address) in addresses(&name, html, value) {
        if let Some(host) = contacted(&address, base) {
            tell(host, format!("{name} {attribute}"));
        }
        if matches!(&*name, "iframe" | "frame" | "embed" | "object")
            && matches!(attribute, "src" | "data")
            && let Some(page) = carried(&address)
        {
            // Relative addresses lead nowhere in there.
            document(&page, super::SHOP, scripting, depth + 1, tell);
        }
    }
    if html
        && name == "iframe"
        && let Some(page) = value("srcdoc")
    {
        document(page.as_bytes(), base, scripting, depth + 1, tell);
    }
}

/// Whether a script of this type is fetched (HTML Standard §4.12.1.1).
fn runs(kind: Option<&str>) -> bool {
    kind.is_none_or(|kind| {
        let kind = kind.trim_matches(|letter: char| letter.is_ascii_whitespace()).to_ascii_lowercase();
        kind.is_empty() || kind == "module" || kind.contains("javascript") || kind.contains("ecmascript")
    })
}

/// The document that a `data:` address carries, if browsers would read it as markup.
fn carried(address: &str) -> Option<Vec<u8>> {
    let clean: String = address
        .trim_matches(|letter: char| letter <= ' ')
        .chars()
        .filter(|letter| !"\t\n\r".contains(*letter))
        .collect();
    let rest = clean.get(..5).filter(|start| start.eq_ignore_ascii_case("data:")).and_then(|_| clean.get(5..))?;
    let (kind, payload) = rest.split('#').next().unwrap_or_default().split_once(',')?;
    let kind = kind.to_ascii_lowercase();
    if !kind.trim_start().starts_with("text/html") {
        return None;
    }
    let mut bytes: Vec<u8> = percent_encoding::percent_decode_str(payload).collect();
    if kind.trim_end().ends_with("base64") {
        let packed: Vec<u8> = bytes.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        bytes = base64::engine::general_purpose::STANDARD.decode(packed).ok()?;
    }
    // Without a word about it, the encoding is not the page's but windows-1252.
    let told = kind.contains("charset=utf-8") || bytes.is_ascii();
    Some(if told { bytes } else { bytes.into_iter().map(char::from).collect::<String>().into_bytes() })
}

/// What the scanner sees that runs ahead of the parser.
fn ahead(page: &[u8], host: &str, scripting: bool, tell: Tell<'_>) {
    let sink = Ahead { scripting, base: RefCell::new(None), found: RefCell::default() };
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(&String::from_utf8_lossy(page)));
    while !input.is_empty() {
        let _ = tokenizer.feed(&input);
    }
    tokenizer.end();
    let base = tokenizer.sink.base.borrow().as_deref().and_then(|address| contacted(address, host));
    for (what, address) in tokenizer.sink.found.take() {
        if let Some(host) = contacted(&address, base.as_deref().unwrap_or(host)) {
            tell(host, what);
        }
    }
}

/// Switches its tokenizer by the names of tags alone, as such scanners do.
struct Ahead {
    scripting: bool,
    base: RefCell<Option<String>>,
    found: RefCell<Vec<(String, String)>>,
}

impl TokenSink for Ahead {
    type Handle = ();

    fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
        let Token::TagToken(tag) = token else { return TokenSinkResult::Continue };
        if tag.kind != TagKind::StartTag {
            return TokenSinkResult::Continue;
        }
        let name = &*tag.name;
        let value =
            |wanted: &str| tag.attrs.iter().find(|one| &*one.name.local == wanted).map(|one| one.value.to_string());
        if name == "base" && self.base.borrow().is_none() {
            *self.base.borrow_mut() = value("href");
        }
        // What is preloaded, and not what else a page fetches later.
        if matches!(name, "script" | "img" | "image" | "link" | "input" | "video" | "source")
            && (name != "script" || runs(value("type").as_deref()))
        {
            let known = if name == "image" { "img" } else { name };
            let found = addresses(known, true, value);
            self.found
                .borrow_mut()
                .extend(found.into_iter().map(|(what, address)| (format!("{name} {what}"), address)));
        }
        match name {
            "textarea" | "title" => TokenSinkResult::RawData(RawKind::Rcdata),
            "script" => TokenSinkResult::RawData(RawKind::ScriptData),
            "style" | "iframe" | "xmp" | "noembed" | "noframes" => TokenSinkResult::RawData(RawKind::Rawtext),
            "noscript" if self.scripting => TokenSinkResult::RawData(RawKind::Rawtext),
            "plaintext" => TokenSinkResult::Plaintext,
            _ => TokenSinkResult::Continue,
        }
    }
}
