//! SVG and MathML inside HTML: where they begin and end, as far as tokenizing depends on it.
//!
//! Inside them `<script>` and `<style>` hold markup rather than text, and CDATA sections exist. A tree builder would know
//! exactly where it stands (HTML Standard §13.2.6.5); this stack follows it for everything that is well nested, and says
//! so when it is not: from then on the page is read both ways (see the parent module).

/// HTML start tags that end foreign content.
const BREAKOUT: [&[u8]; 44] = [
    b"b",
    b"big",
    b"blockquote",
    b"body",
    b"br",
    b"center",
    b"code",
    b"dd",
    b"div",
    b"dl",
    b"dt",
    b"em",
    b"embed",
    b"h1",
    b"h2",
    b"h3",
    b"h4",
    b"h5",
    b"h6",
    b"head",
    b"hr",
    b"i",
    b"img",
    b"li",
    b"listing",
    b"menu",
    b"meta",
    b"nobr",
    b"ol",
    b"p",
    b"pre",
    b"ruby",
    b"s",
    b"small",
    b"span",
    b"strong",
    b"strike",
    b"sub",
    b"sup",
    b"table",
    b"tt",
    b"u",
    b"ul",
    b"var",
];

/// Elements of SVG whose content is HTML again.
const SVG_INTEGRATION: [&[u8]; 3] = [b"foreignobject", b"desc", b"title"];

/// Elements of MathML whose content is HTML again.
const MATH_INTEGRATION: [&[u8]; 5] = [b"mi", b"mo", b"mn", b"ms", b"mtext"];

/// Elements whose content is text in HTML. To a scanner that runs ahead of the tree builder it is text in here, too.
const TEXT_IN_HTML: [&[u8]; 10] =
    [b"script", b"style", b"title", b"textarea", b"xmp", b"iframe", b"noembed", b"noframes", b"noscript", b"plaintext"];

/// What the names of tags mean at this point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Namespace {
    Html,
    Svg,
    MathMl,
}

#[derive(Debug)]
struct Open {
    name: Vec<u8>,
    namespace: Namespace,
    /// Its content is HTML.
    integration: bool,
    /// HTML elements were opened inside it; which of them are still open is not known.
    html_inside: bool,
}

/// The open foreign elements, outermost first. Empty outside of foreign content.
#[derive(Debug, Default)]
pub(super) struct Foreign {
    open: Vec<Open>,
    /// Set when a tree builder may see the rest of the page differently. Never cleared.
    pub(super) ambiguous: bool,
}

/// Deeper nesting than this is not followed, and read both ways.
const MAX_DEPTH: usize = 512;

impl Foreign {
    /// Whether no foreign element is open.
    pub(super) const fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// What the next tag's name means.
    pub(super) fn namespace(&self) -> Namespace {
        match self.open.last() {
            Some(open) if !open.integration => open.namespace,
            _ => Namespace::Html,
        }
    }

    /// The namespace in which a start tag of this name is read. Two start tags do not become HTML at the edge of foreign
    /// content (HTML Standard §13.2.6, the tree construction dispatcher).
    fn namespace_for(&mut self, name: &[u8]) -> Namespace {
        let Some(open) = self.open.last() else { return Namespace::Html };
        if open.namespace == Namespace::MathMl {
            let text = MATH_INTEGRATION.contains(&open.name.as_slice());
            if text && matches!(name, b"mglyph" | b"malignmark") {
                // Directly inside of the text element it is MathML, deeper inside it is HTML.
                self.ambiguous |= open.html_inside;
                return Namespace::MathMl;
            }
            if open.name == b"annotation-xml" && name == b"svg" {
                return Namespace::Html;
            }
        }
        self.namespace()
    }

    /// Takes note of a start tag, its name in lower case. Gives the namespace that its element is in.
    /// `has` tells whether the tag has an attribute, `html_annotation` whether it is an `annotation-xml` that holds HTML.
    pub(super) fn start(
        &mut self,
        name: &[u8],
        self_closing: bool,
        has: impl Fn(&str) -> bool,
        html_annotation: bool,
    ) -> Namespace {
        let mut namespace = self.namespace_for(name);
        let breaks_out =
            BREAKOUT.contains(&name) || (name == b"font" && ["color", "face", "size"].into_iter().any(has));
        if namespace != Namespace::Html && breaks_out {
            self.leave();
            namespace = Namespace::Html;
        }
        if namespace == Namespace::Html {
            namespace = match name {
                b"svg" => Namespace::Svg,
                b"math" => Namespace::MathMl,
                _ => {
                    if let Some(open) = self.open.last_mut() {
                        open.html_inside = true;
                    }
                    return Namespace::Html;
                }
            };
        }
        if self_closing {
            self.ambiguous |= TEXT_IN_HTML.contains(&name);
            return namespace;
        }
        if self.open.len() >= MAX_DEPTH {
            self.ambiguous = true;
            return namespace;
        }
        let integration = match namespace {
            Namespace::Svg => SVG_INTEGRATION.contains(&name),
            Namespace::MathMl => MATH_INTEGRATION.contains(&name) || html_annotation,
            Namespace::Html => false,
        };
        self.open.push(Open { name: name.to_vec(), namespace, integration, html_inside: false });
        namespace
    }

    /// Takes note of an end tag, its name in lower case.
    pub(super) fn end(&mut self, name: &[u8]) {
        let Some(top) = self.open.last() else { return };
        if top.integration {
            if top.name == name {
                // An element left open inside would keep the tree builder from closing this one.
                self.ambiguous |= top.html_inside;
                self.open.pop();
            } else if !top.html_inside || self.open.iter().any(|open| open.name == name) {
                // It closes something further out, perhaps an HTML element around all of the foreign ones.
                self.ambiguous |= !matches!(name, b"p" | b"br");
            }
            return;
        }
        if name == b"p" || name == b"br" {
            self.leave();
            return;
        }
        let found = self.open.iter().rposition(|open| open.name == name);
        if let Some(at) = found {
            let crosses = self.open.get(at + 1..).unwrap_or_default().iter().any(|open| open.integration);
            // An HTML element between this one and the innermost may keep it open.
            let hidden = self.open.get(at).is_some_and(|open| open.html_inside);
            self.ambiguous |= crosses || hidden;
            let text = |open: &Open| TEXT_IN_HTML.contains(&open.name.as_slice());
            self.ambiguous |= self.open.get(at + 1..).unwrap_or_default().iter().any(text);
            self.open.truncate(at);
        } else {
            // The end tag of an HTML element around the foreign one: it closes both, if it is open at all.
            self.ambiguous = true;
            self.leave();
        }
    }

    /// Back to HTML, or to the content of the innermost integration point.
    fn leave(&mut self) {
        while let Some(open) = self.open.pop_if(|open| !open.integration) {
            // A scanner that takes its content for text still waits for its end tag.
            self.ambiguous |= TEXT_IN_HTML.contains(&open.name.as_slice());
        }
    }
}
