//! Zstandard (RFC 8878): frames one after the other, some to be skipped, with windows of at most 8 MiB (RFC 9659).
//!
//! The four bytes that start a frame are looked at here, so that what follows the last frame can be told from a frame and
//! ignored. A frame that needs a dictionary is an error.

use zstd::stream::raw::{DParameter, Decoder, Operation};

use super::{Decode, Position, Step};
use crate::proxy::pipeline::PipelineError;

/// The largest window, as a power of two: 8 MiB.
const WINDOW_LOG: u32 = 23;
/// What a frame starts with; and, apart from the low half of the first byte, a frame to skip.
const FRAME: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const SKIPPABLE: [u8; 4] = [0x50, 0x2a, 0x4d, 0x18];

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before or after a frame: how many bytes of a frame's start were seen.
    Start(usize),
    Frame,
    Past,
}

pub(super) struct Zstd {
    state: State,
    start: [u8; 4],
    frames: u64,
    decoder: Decoder<'static>,
}

impl Zstd {
    pub(super) fn new() -> Result<Self, PipelineError> {
        let mut decoder = Decoder::new().map_err(|_| PipelineError::BrokenCoding)?;
        decoder.set_parameter(DParameter::WindowLogMax(WINDOW_LOG)).map_err(|_| PipelineError::BrokenCoding)?;
        Ok(Self { state: State::Start(0), start: [0; 4], frames: 0, decoder })
    }

    /// Takes one byte of what may be the start of a frame, the one at `at`.
    fn take(&mut self, at: usize, byte: u8, output: &mut [u8]) -> Result<(), PipelineError> {
        if let Some(slot) = self.start.get_mut(at) {
            *slot = byte;
        }
        let seen = self.start.get(..=at).unwrap_or_default();
        let skippable =
            seen.iter().zip(SKIPPABLE).enumerate().all(|(i, (&b, s))| if i == 0 { b & 0xf0 == s } else { b == s });
        if !FRAME.starts_with(seen) && !skippable {
            if self.frames == 0 {
                return Err(PipelineError::BrokenCoding);
            }
            self.state = State::Past;
        } else if at + 1 < FRAME.len() {
            self.state = State::Start(at + 1);
        } else {
            let start = self.start;
            self.run(&start, output)
                .filter(|(step, _)| step.consumed == start.len() && step.produced == 0)
                .ok_or(PipelineError::BrokenCoding)?;
            self.state = State::Frame;
        }
        Ok(())
    }

    /// One step of the library. The bool tells whether the frame ended.
    fn run(&mut self, input: &[u8], output: &mut [u8]) -> Option<(Step, bool)> {
        let status = self.decoder.run_on_buffers(input, output).ok()?;
        let step = Step { consumed: status.bytes_read, produced: status.bytes_written };
        Some((step, status.remaining == 0))
    }
}

impl Decode for Zstd {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, PipelineError> {
        let mut consumed = 0;
        loop {
            let rest = input.get(consumed..).unwrap_or_default();
            match (self.state, rest.first()) {
                (State::Frame, _) => {
                    let (step, ended) = self.run(rest, output).ok_or(PipelineError::BrokenCoding)?;
                    consumed += step.consumed;
                    if ended {
                        self.frames += 1;
                        self.state = State::Start(0);
                    }
                    if !ended || step.produced > 0 {
                        return Ok(Step { consumed, ..step });
                    }
                }
                (State::Start(at), Some(&byte)) => {
                    self.take(at, byte, output)?;
                    consumed += 1;
                }
                (State::Start(_), None) | (State::Past, _) => {
                    return Ok(Step { consumed, produced: 0 });
                }
            }
        }
    }

    fn position(&self) -> Position {
        match self.state {
            State::Start(0) if self.frames > 0 => Position::Boundary,
            State::Start(_) | State::Frame => Position::Inside,
            State::Past => Position::Past,
        }
    }
}
