//! The body module: feeds the pipeline of one body in every flow in which the framework can deliver a body.
//!
//! One module does everything, because only one module's tail survives at the end of a stream. It sits on the upstream
//! side, where the end is always told in one of three ways: a last chunk, trailers, or `done`. More than one of them may
//! come; finishing is idempotent. It does nothing until it is armed for one response.

use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use http::HeaderMap;
use pingora::modules::http::{HttpModule, HttpModuleBuilder, Module};
use pingora::{Error, ErrorType, Result};

use super::pipeline::{Pipeline, PipelineError};
use super::rewriters::BodyRewriter;
use crate::enforce::Journal;

/// The body of one response.
#[derive(Debug, Default)]
pub(super) struct BodyFilter {
    state: State,
    /// Why the page was broken off, if it was.
    failure: Option<PipelineError>,
    /// Whether it was read to its end.
    complete: bool,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Idle,
    // The rewriter is `Send` but not `Sync`; the lock is only ever taken through `&mut`.
    Rewrite(Box<Mutex<Pipeline<Box<dyn BodyRewriter>>>>),
    Observe(Box<Mutex<Pipeline<Box<dyn BodyRewriter>>>>),
}

impl BodyFilter {
    /// Lets the next body pass untouched.
    pub(super) fn disarm(&mut self) {
        self.complete = false;
        self.state = State::Idle;
    }

    /// Rewrites the next body.
    pub(super) fn rewrite(&mut self, pipeline: Pipeline<Box<dyn BodyRewriter>>) {
        self.state = State::Rewrite(Box::new(Mutex::new(pipeline)));
    }

    /// Reads the next body and lets it pass untouched.
    pub(super) fn observe(&mut self, pipeline: Pipeline<Box<dyn BodyRewriter>>) {
        self.state = State::Observe(Box::new(Mutex::new(pipeline)));
    }

    /// Whether a body was read to its end.
    pub(super) const fn is_complete(&self) -> bool {
        self.complete
    }

    /// What was found in the body, and what kept it from going through whole and rewritten, if anything did.
    pub(super) fn take_outcome(&mut self) -> (Journal, Option<PipelineError>) {
        let mut failure = self.failure.take();
        let journal = match &mut self.state {
            State::Idle => Journal::default(),
            State::Rewrite(pipeline) => match pipeline.get_mut() {
                Ok(pipeline) => {
                    failure = pipeline.failure().or(failure);
                    pipeline.rewriter_mut().take_journal()
                }
                Err(_) => Journal::default(),
            },
            State::Observe(pipeline) => {
                pipeline.get_mut().map(|pipeline| pipeline.rewriter_mut().take_journal()).unwrap_or_default()
            }
        };
        (journal, failure)
    }

    fn feed(&mut self, body: &mut Option<Bytes>, end: bool) -> Result<()> {
        match &mut self.state {
            State::Idle => Ok(()),
            State::Observe(pipeline) => {
                // What cannot be read cannot be reported either; the visitor gets it as it is in any case.
                if let Ok(pipeline) = pipeline.get_mut() {
                    let _ = body.as_ref().map(|chunk| pipeline.write(chunk));
                    self.complete |= end && pipeline.finish().is_ok();
                }
                Ok(())
            }
            State::Rewrite(pipeline) => {
                let Ok(pipeline) = pipeline.get_mut() else {
                    return Err(broken());
                };
                let written = match body.take() {
                    Some(chunk) => pipeline.write(&chunk),
                    None => Ok(Vec::new()),
                };
                let result = written.and_then(|mut bytes| {
                    if end {
                        bytes.extend(pipeline.finish()?);
                    }
                    Ok(bytes)
                });
                match result {
                    Ok(bytes) => {
                        self.complete |= end;
                        *body = (!bytes.is_empty()).then(|| Bytes::from(bytes));
                        Ok(())
                    }
                    Err(failure) => {
                        self.failure = Some(failure);
                        Err(broken())
                    }
                }
            }
        }
    }

    fn tail(&mut self) -> Result<Option<Bytes>> {
        let mut tail = None;
        self.feed(&mut tail, true)?;
        Ok(tail)
    }
}

/// Breaks the transfer off, so that what was not judged never passes.
#[expect(clippy::unnecessary_box_returns, reason = "the framework's errors are boxed")]
fn broken() -> Box<Error> {
    Error::explain(ErrorType::InternalError, "the page cannot be read")
}

#[async_trait]
impl HttpModule for BodyFilter {
    fn response_body_filter(&mut self, body: &mut Option<Bytes>, end: bool) -> Result<()> {
        self.feed(body, end)
    }

    fn response_trailer_filter(&mut self, _trailers: &mut Option<Box<HeaderMap>>) -> Result<Option<Bytes>> {
        self.tail()
    }

    fn response_done_filter(&mut self) -> Result<Option<Bytes>> {
        self.tail()
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn std::any::Any {
        self
    }
}

/// Makes one [`BodyFilter`] per request.
#[derive(Debug)]
pub(super) struct Builder;

impl HttpModuleBuilder for Builder {
    fn init(&self) -> Module {
        Box::new(BodyFilter::default())
    }
}
