//! Who reads which kind of body. A further rewriter plugs in with a line in [`rewriter`] and one in `body_rewriters!`, and
//! its kind is named in [`Kind::is_read`].

use std::fmt::Debug;
use std::sync::Arc;

use super::ctx::Visit;
use super::kind::Kind;
use super::pipeline::{BodyLimits, BodyOptions, Pipeline, Rewrite, RewriteError};
use super::response::Reading;
use crate::enforce::{Journal, Judge, html, xml};

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

body_rewriters!(html::Rewriter, xml::Rewriter);

/// The way of one body, read as `reading` says.
pub(super) fn pipeline(visit: &Visit, reading: Reading, max_token_bytes: usize) -> Pipeline<Box<dyn BodyRewriter>> {
    let rewriter = rewriter(visit, reading.kind, max_token_bytes);
    let Reading { kind, codings, charset, sniff } = reading;
    // The rest of a page may become plainer; the rest of data would become wrong.
    let masks = kind.is_html() || kind == Kind::Unsaid;
    Pipeline::new(rewriter, BodyOptions { codings, charset, sniff, limits: BodyLimits::default(), masks })
}

/// The rewriter for a body of this kind.
fn rewriter(visit: &Visit, kind: Kind, max_token_bytes: usize) -> Box<dyn BodyRewriter> {
    let judge = visit.judge.fork();
    match kind {
        Kind::Xhtml => Box::new(xml::Rewriter::new(judge, page(visit, max_token_bytes))),
        Kind::Svg | Kind::Xml => Box::new(xml::Rewriter::new(judge, fragment(max_token_bytes))),
        Kind::Unsaid => Box::new(Sniffed::Unknown(Some((judge, page(visit, max_token_bytes))))),
        Kind::Fragment => Box::new(html::Rewriter::new(judge, fragment(max_token_bytes))),
        _ => Box::new(html::Rewriter::new(judge, page(visit, max_token_bytes))),
    }
}

/// A page gets whatever this visitor has to be shown.
fn page(visit: &Visit, max_token_bytes: usize) -> html::Options {
    html::Options {
        inject_head: visit.mirror.as_ref().map(|(tag, _)| Arc::clone(tag)),
        inject_body: visit.banner.as_ref().map(|banner| Arc::clone(&banner.markup)),
        max_token_bytes,
        fragment: visit.banner.is_none() && visit.mirror.is_none(),
    }
}

/// Into a part of a page nothing is put.
const fn fragment(max_token_bytes: usize) -> html::Options {
    html::Options { inject_head: None, inject_body: None, max_token_bytes, fragment: true }
}

/// A body of which nobody says what it is, and which looks like markup: XML where it begins as such (MIME Sniffing §7.1),
/// else HTML.
#[derive(Debug)]
enum Sniffed {
    Unknown(Option<(Judge, html::Options)>),
    Known(Box<dyn BodyRewriter>),
}

impl Sniffed {
    /// The rewriter, once the body has begun. What begins it comes in one piece.
    fn known(&mut self, input: &[u8]) -> Option<&mut dyn BodyRewriter> {
        if let Self::Unknown(parts) = self {
            let (judge, options) = parts.take_if(|_| !input.is_empty())?;
            let is_xml = input.trim_ascii_start().starts_with(b"<?xml");
            *self = Self::Known(if is_xml {
                Box::new(xml::Rewriter::new(judge, options))
            } else {
                Box::new(html::Rewriter::new(judge, options))
            });
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
