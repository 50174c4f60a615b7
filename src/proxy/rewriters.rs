//! Who reads which kind of body. A further rewriter plugs in with a line in [`rewriter`] and one in `body_rewriters!`, and
//! its kind is named in [`Kind::is_read`].

use std::fmt::Debug;

use super::ctx::Visit;
use super::first_bytes::{FirstBytes, Looks};
use super::injection::Injected;
use super::kind::Kind;
use super::pipeline::{BodyLimits, BodyOptions, Pipeline, Rewrite, RewriteError};
use super::response::Reading;
use crate::enforce::{Journal, Judge, css, html, json, server_components, xml};

/// Rewrites the body of one response, and tells what it found.
pub(super) trait BodyRewriter: Rewrite + Debug {
    /// What was found since the last call.
    fn take_journal(&mut self) -> Journal;
}

impl Rewrite for Box<dyn BodyRewriter> {
    fn write(&mut self, input: &[u8], output: &mut Vec<u8>) -> Result<(), RewriteError> {
        (**self).write(input, output)
    }

    fn end(&mut self, output: &mut Vec<u8>) -> Result<(), RewriteError> {
        (**self).end(output)
    }
}

/// Surfaces that have `write`, `end` and `take_journal` of their own.
macro_rules! body_rewriters {
    ($($surface:ty),+ $(,)?) => {$(
        impl Rewrite for $surface {
            fn write(&mut self, input: &[u8], output: &mut Vec<u8>) -> Result<(), RewriteError> {
                Self::write(self, input, output).map_err(|_| RewriteError)
            }

            fn end(&mut self, output: &mut Vec<u8>) -> Result<(), RewriteError> {
                Self::end(self, output).map_err(|_| RewriteError)
            }
        }

        impl BodyRewriter for $surface {
            fn take_journal(&mut self) -> Journal {
                Self::take_journal(self)
            }
        }
    )+};
}

body_rewriters!(html::Rewriter, json::Rewriter, server_components::Rewriter, xml::Rewriter);

impl Rewrite for css::Rewriter {
    fn write(&mut self, input: &[u8], output: &mut Vec<u8>) -> Result<(), RewriteError> {
        Self::write(self, input, output);
        Ok(())
    }

    fn end(&mut self, output: &mut Vec<u8>) -> Result<(), RewriteError> {
        Self::end(self, output);
        Ok(())
    }
}

impl BodyRewriter for css::Rewriter {
    fn take_journal(&mut self) -> Journal {
        Self::take_journal(self)
    }
}

/// The way of one body, read as `reading` says. `injected` goes into it, if it is a page.
pub(super) fn pipeline(
    visit: &Visit,
    injected: Injected,
    reading: Reading,
    max_token_bytes: usize,
) -> Pipeline<Box<dyn BodyRewriter>> {
    let rewriter = rewriter(visit, injected, reading.kind, max_token_bytes);
    let Reading { codings, charset, sniff, kind } = reading;
    let sheet = kind == Kind::Stylesheet;
    // The rest of a page may become plainer; the rest of data would become wrong.
    let masks = kind.is_html() || kind == Kind::Unsaid;
    Pipeline::new(rewriter, BodyOptions { codings, charset, sniff, sheet, limits: BodyLimits::default(), masks })
}

/// The rewriter for a body of this kind.
fn rewriter(visit: &Visit, injected: Injected, kind: Kind, max_token_bytes: usize) -> Box<dyn BodyRewriter> {
    let judge = visit.judge.fork();
    match kind {
        Kind::Stylesheet => Box::new(css::Rewriter::new(judge, max_token_bytes)),
        Kind::Json => Box::new(json::Rewriter::new(judge, json(max_token_bytes, false))),
        Kind::ServerComponents => Box::new(server_components::Rewriter::new(judge, max_token_bytes)),
        Kind::Xhtml => Box::new(xml::Rewriter::new(judge, shown(injected, max_token_bytes))),
        Kind::Svg | Kind::Xml => Box::new(xml::Rewriter::new(judge, untouched(max_token_bytes))),
        Kind::Unsaid => {
            let shown = shown(injected, max_token_bytes);
            let page = page(judge.fork(), shown.clone());
            Box::new(Sniffed::Unknown(Some((Box::new(xml::Rewriter::new(judge, shown)), page))))
        }
        Kind::Fragment => fragment(judge, max_token_bytes),
        _ => page(judge, shown(injected, max_token_bytes)),
    }
}

/// A page gets whatever this visitor has to be shown, unless it turns out to be none.
fn page(judge: Judge, options: html::Options) -> Box<dyn BodyRewriter> {
    let max_token_bytes = options.max_token_bytes;
    if options.inject_head.is_none() && options.inject_body.is_none() {
        return Box::new(html::Rewriter::new(judge, untouched(max_token_bytes)));
    }
    Box::new(FirstBytes::new(move |looks| -> Box<dyn BodyRewriter> {
        let options = if looks == Looks::Markup { options } else { untouched(max_token_bytes) };
        Box::new(html::Rewriter::new(judge, options))
    }))
}

/// What this visitor has to be shown.
fn shown(injected: Injected, max_token_bytes: usize) -> html::Options {
    let Injected { head: inject_head, body: inject_body, .. } = injected;
    html::Options { inject_head, inject_body, max_token_bytes, fragment: false }
}

/// Into a part of a page nothing is put; it may be JSON.
fn fragment(judge: Judge, max_token_bytes: usize) -> Box<dyn BodyRewriter> {
    Box::new(FirstBytes::new(move |looks| -> Box<dyn BodyRewriter> {
        if looks == Looks::Json {
            Box::new(json::Rewriter::new(judge, json(max_token_bytes, true)))
        } else {
            Box::new(html::Rewriter::new(judge, untouched(max_token_bytes)))
        }
    }))
}

const fn untouched(max_token_bytes: usize) -> html::Options {
    html::Options { inject_head: None, inject_body: None, max_token_bytes, fragment: true }
}

const fn json(max_token_bytes: usize, doubtful: bool) -> json::Options {
    json::Options { max_token_bytes, doubtful }
}

/// A body of which nobody says what it is, and which looks like markup: XML where it begins as such (MIME Sniffing §7.1),
/// else HTML.
#[derive(Debug)]
enum Sniffed {
    /// The rewriters that it may need: for XML, and for HTML.
    Unknown(Option<(Box<xml::Rewriter>, Box<dyn BodyRewriter>)>),
    Known(Box<dyn BodyRewriter>),
}

impl Sniffed {
    /// The rewriter, once the body has begun. What begins it comes in one piece.
    fn known(&mut self, input: &[u8]) -> Option<&mut dyn BodyRewriter> {
        if let Self::Unknown(both) = self {
            let (xml, page) = both.take_if(|_| !input.is_empty())?;
            let is_xml = input.trim_ascii_start().starts_with(b"<?xml");
            *self = Self::Known(if is_xml { xml } else { page });
        }
        match self {
            Self::Known(rewriter) => Some(&mut **rewriter),
            Self::Unknown(_) => None,
        }
    }
}

impl Rewrite for Sniffed {
    fn write(&mut self, input: &[u8], output: &mut Vec<u8>) -> Result<(), RewriteError> {
        self.known(input).map_or(Ok(()), |rewriter| rewriter.write(input, output))
    }

    fn end(&mut self, output: &mut Vec<u8>) -> Result<(), RewriteError> {
        self.known(b"").map_or(Ok(()), |rewriter| rewriter.end(output))
    }
}

impl BodyRewriter for Sniffed {
    fn take_journal(&mut self) -> Journal {
        self.known(b"").map(BodyRewriter::take_journal).unwrap_or_default()
    }
}
