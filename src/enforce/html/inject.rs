//! Where our own markup goes: each piece once, at the first place that fits.

use std::sync::Arc;

use super::elements::belongs_in_head;

/// Markup that still waits for its place.
#[derive(Debug, Default)]
pub(super) struct Injection {
    head: Option<Arc<str>>,
    body: Option<Arc<str>>,
    /// Whether the page has anything in it.
    begun: bool,
}

impl Injection {
    pub(super) const fn new(head: Option<Arc<str>>, body: Option<Arc<str>>) -> Self {
        Self { head, body, begun: false }
    }

    /// Whether nothing is left to be put in.
    pub(super) const fn idle(&self) -> bool {
        self.head.is_none() && self.body.is_none()
    }

    /// Text begins the body, unless it is white space.
    pub(super) fn before_text(&mut self, text: &[u8], output: &mut Vec<u8>) {
        if self.idle() || text.trim_ascii().is_empty() {
            return;
        }
        self.begun = true;
        put(&mut self.head, output);
        put(&mut self.body, output);
    }

    /// Called before an HTML element's start tag, its name in lower case.
    pub(super) fn before_element(&mut self, name: &[u8], output: &mut Vec<u8>) {
        if self.idle() {
            return;
        }
        self.begun = true;
        if name == b"frameset" {
            // Content before a frameset would be shown instead of it.
            self.body = None;
        }
        if !matches!(name, b"html" | b"head") {
            put(&mut self.head, output);
        }
        if !belongs_in_head(name) && !matches!(name, b"body" | b"frameset") {
            put(&mut self.body, output);
        }
    }

    /// Called after an HTML element's start tag.
    pub(super) fn after_element(&mut self, name: &[u8], output: &mut Vec<u8>) {
        match name {
            b"head" => put(&mut self.head, output),
            b"body" => put(&mut self.body, output),
            _ => {}
        }
    }

    /// Called at the end of the page. An empty page stays empty.
    pub(super) fn at_end(&mut self, output: &mut Vec<u8>) {
        if self.begun {
            put(&mut self.head, output);
            put(&mut self.body, output);
        }
    }
}

fn put(markup: &mut Option<Arc<str>>, output: &mut Vec<u8>) {
    if let Some(markup) = markup.take() {
        output.extend_from_slice(markup.as_bytes());
    }
}
