//! Namespaces: what a prefix means at this point (Namespaces in XML 1.0).

/// A namespace, as far as it matters to what is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Space {
    /// XHTML.
    Html,
    /// SVG.
    Svg,
    /// `MathML`.
    MathMl,
    /// `XLink`.
    XLink,
    /// The prefix `xml`.
    Xml,
    /// XSLT.
    Xslt,
    /// None at all.
    Nothing,
    /// One in which nothing fetches.
    Other,
    /// Nobody declared the prefix, or it is not known what was declared.
    Unknown,
}

impl Space {
    /// The namespace of this name.
    fn of(name: &str) -> Self {
        match name {
            "" => Self::Nothing,
            "http://www.w3.org/1999/xhtml" => Self::Html,
            "http://www.w3.org/2000/svg" => Self::Svg,
            "http://www.w3.org/1998/Math/MathML" => Self::MathMl,
            "http://www.w3.org/1999/xlink" => Self::XLink,
            "http://www.w3.org/XML/1998/namespace" => Self::Xml,
            "http://www.w3.org/1999/XSL/Transform" => Self::Xslt,
            _ => Self::Other,
        }
    }
}

/// A name's prefix, empty where there is none, and the rest of it.
pub(super) fn split(name: &[u8]) -> (&[u8], &[u8]) {
    name.iter()
        .position(|byte| *byte == b':')
        .and_then(|colon| name.split_at_checked(colon))
        .map_or((b"", name), |(prefix, rest)| (prefix, rest.get(1..).unwrap_or_default()))
}

#[derive(Debug)]
struct Binding {
    depth: usize,
    prefix: Box<[u8]>,
    space: Space,
}

/// The declarations that hold, and how deep the document is nested.
#[derive(Debug, Default)]
pub(super) struct Scope {
    bindings: Vec<Binding>,
    /// How many elements are open.
    pub(super) depth: usize,
    /// What is declared around this part of a document is not known.
    pub(super) uncertain: bool,
    /// There were more declarations than are remembered.
    lost: bool,
}

/// More declarations than these are not remembered, and longer prefixes neither: everything means anything then.
const MAX_BINDINGS: usize = 128;
const MAX_PREFIX: usize = 256;

impl Scope {
    /// Takes note of an `xmlns` attribute, `name` whole and `value` decoded, of the element about to be opened. Gives whether
    /// it was one.
    pub(super) fn declare(&mut self, name: &[u8], value: &str, known: bool) -> bool {
        let prefix = match split(name) {
            (b"", b"xmlns") => b"",
            (b"xmlns", prefix) => prefix,
            _ => return false,
        };
        if self.bindings.len() >= MAX_BINDINGS || prefix.len() > MAX_PREFIX {
            self.lost = true;
        } else {
            let space = if known { Space::of(value) } else { Space::Unknown };
            self.bindings.push(Binding { depth: self.depth + 1, prefix: prefix.into(), space });
        }
        true
    }

    /// What `prefix` means.
    pub(super) fn space(&self, prefix: &[u8]) -> Space {
        if self.lost {
            return Space::Unknown;
        }
        match self.bindings.iter().rev().find(|binding| *binding.prefix == *prefix) {
            Some(binding) => binding.space,
            None if prefix == b"xml" => Space::Xml,
            None if prefix.is_empty() && !self.uncertain => Space::Nothing,
            None => Space::Unknown,
        }
    }

    /// The element is open.
    pub(super) const fn enter(&mut self) {
        self.depth += 1;
    }

    /// An element is over, or the one about to be opened is empty.
    pub(super) fn leave(&mut self, empty: bool) {
        if !empty {
            self.depth = self.depth.saturating_sub(1);
        }
        while self.bindings.last().is_some_and(|binding| binding.depth > self.depth) {
            self.bindings.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Scope, Space, split};

    #[test]
    fn declarations_hold_inside_of_their_element() {
        let mut scope = Scope::default();
        assert_eq!(
            (scope.space(b""), scope.space(b"h"), scope.space(b"xml")),
            (Space::Nothing, Space::Unknown, Space::Xml)
        );
        assert!(scope.declare(b"xmlns", "http://www.w3.org/1999/xhtml", true));
        assert!(scope.declare(b"xmlns:h", "http://www.w3.org/2000/svg", true) && !scope.declare(b"src", "", true));
        scope.enter();
        assert!(scope.declare(b"xmlns:h", "urn:x", true));
        assert_eq!((scope.space(b""), scope.space(b"h")), (Space::Html, Space::Other));
        scope.leave(true);
        assert_eq!(scope.space(b"h"), Space::Svg);
        scope.leave(false);
        assert_eq!(scope.space(b"h"), Space::Unknown);
        assert_eq!(split(b"a:b:c"), (&b"a"[..], &b"b:c"[..]));
    }
}
