//! Brotli (RFC 7932), without the large-window extension: a window has at most 16 MiB, as in browsers.
//!
//! A stream ends itself; there are no members, and what follows is ignored.

use brotli::enc::StandardAlloc;
use brotli::{BrotliDecompressStream, BrotliResult, BrotliState};

use super::{Decode, Position, Step};
use crate::proxy::pipeline::PipelineError;

pub(super) struct Brotli {
    state: Box<BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>>,
    total: usize,
    ended: bool,
}

impl Brotli {
    pub(super) fn new() -> Self {
        let alloc = StandardAlloc::default;
        Self { state: Box::new(BrotliState::new_strict(alloc(), alloc(), alloc())), total: 0, ended: false }
    }
}

impl Decode for Brotli {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, PipelineError> {
        let (mut unread, mut consumed) = (input.len(), 0);
        let (mut unfilled, mut produced) = (output.len(), 0);
        let result = BrotliDecompressStream(
            &mut unread,
            &mut consumed,
            input,
            &mut unfilled,
            &mut produced,
            output,
            &mut self.total,
            &mut self.state,
        );
        match result {
            BrotliResult::ResultFailure => return Err(PipelineError::BrokenCoding),
            BrotliResult::ResultSuccess => self.ended = true,
            BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => {}
        }
        Ok(Step { consumed, produced })
    }

    fn position(&self) -> Position {
        if self.ended { Position::Past } else { Position::Inside }
    }
}
