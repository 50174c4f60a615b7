//! The `deflate` coding: zlib by the book (RFC 9110 §8.4.1.2, RFC 1950), bare deflate (RFC 1951) by habit of some servers.
//!
//! The first two bytes tell: a zlib header names method 8, a window of at most 32 KiB, and is divisible by 31. Bare deflate
//! could only look like that with a stored block whose padding bits are not zero, which no encoder writes. A zlib stream
//! that asks for a preset dictionary is an error.

use flate2::Decompress;

use super::gzip::inflate;
use super::{Decode, Position, Step};
use crate::proxy::pipeline::PipelineError;

enum State {
    /// The first byte, once it is there.
    Detect(Option<u8>),
    Body(Decompress),
    Past,
}

pub(super) struct Deflate {
    state: State,
}

impl Deflate {
    pub(super) fn new() -> Self {
        Self { state: State::Detect(None) }
    }
}

/// Whether a stream that starts with these two bytes has a zlib header.
fn is_zlib(first: u8, second: u8) -> bool {
    first & 0x0f == 8 && first >> 4 <= 7 && u16::from_be_bytes([first, second]).is_multiple_of(31)
}

impl Decode for Deflate {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, PipelineError> {
        let nothing = Step { consumed: 0, produced: 0 };
        match &mut self.state {
            State::Detect(first) => {
                let Some(&byte) = input.first() else {
                    return Ok(nothing);
                };
                let Some(first) = *first else {
                    *first = Some(byte);
                    return Ok(Step { consumed: 1, ..nothing });
                };
                // One byte is too short for anything to come out: the last block header alone has three bits.
                let mut body = Decompress::new(is_zlib(first, byte));
                let (step, ended) = inflate(&mut body, &[first], output)?;
                if step.consumed != 1 || step.produced != 0 || ended {
                    return Err(PipelineError::BrokenCoding);
                }
                let (step, ended) = inflate(&mut body, input, output)?;
                self.state = if ended { State::Past } else { State::Body(body) };
                Ok(step)
            }
            State::Body(body) => {
                let (step, ended) = inflate(body, input, output)?;
                if ended {
                    self.state = State::Past;
                }
                Ok(step)
            }
            State::Past => Ok(nothing),
        }
    }

    fn position(&self) -> Position {
        match self.state {
            State::Past => Position::Past,
            State::Detect(_) | State::Body(_) => Position::Inside,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_zlib;

    #[test]
    fn zlib_headers_are_told_from_bare_deflate() {
        for level in [0x01, 0x5e, 0x9c, 0xda] {
            assert!(is_zlib(0x78, level));
        }
        assert!(is_zlib(0x08, 0x1d));
        for (first, second) in [(0x78, 0x00), (0x88, 0x1c), (0x4b, 0xcc), (0x03, 0x00), (0x00, 0x00), (0x01, 0x05)] {
            assert!(!is_zlib(first, second), "{first:02x} {second:02x}");
        }
    }
}
