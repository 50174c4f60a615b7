//! gzip (RFC 1952): members one after the other, each a header, bare deflate data, and a checksum.
//!
//! The header is read here rather than by the library, because a member must be able to end, and the next one to start,
//! between any two bytes, with every error told apart from a mere lack of input. After the first member, zeros are padding
//! and anything that does not start like a member is ignored.

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::{Decode, Position, Step};
use crate::proxy::pipeline::PipelineError;

const MAGIC: [u8; 2] = [0x1f, 0x8b];
const DEFLATE: u8 = 8;
const HEADER_CHECKSUM: u8 = 1 << 1;
const EXTRA: u8 = 1 << 2;
const NAME: u8 = 1 << 3;
const COMMENT: u8 = 1 << 4;
const RESERVED: u8 = 0b1110_0000;

/// The part of a member that the next byte belongs to.
#[derive(Clone, Copy, Debug)]
enum State {
    /// The ten bytes that every header has: how many were seen.
    Fixed(u8),
    ExtraLength(Option<u8>),
    Extra(u16),
    Name,
    Comment,
    HeaderChecksum(Option<u8>),
    Body,
    /// Checksum and length, eight bytes, lowest first: how many were seen, and their value so far.
    Trailer(u8, u64),
    /// After a member.
    Between,
    Past,
}

pub(super) struct Gzip {
    state: State,
    flags: u8,
    inflate: Decompress,
    /// Of the header while it is read, then of the data.
    checksum: Crc,
}

impl Gzip {
    pub(super) fn new() -> Self {
        Self { state: State::Fixed(0), flags: 0, inflate: Decompress::new(false), checksum: Crc::new() }
    }

    /// Takes one byte that is not data.
    fn take(&mut self, byte: u8) -> Result<(), PipelineError> {
        let broken = Err(PipelineError::BrokenCoding);
        if !matches!(self.state, State::HeaderChecksum(_) | State::Trailer(..)) {
            self.checksum.update(&[byte]);
        }
        self.state = match self.state {
            State::Fixed(at) => {
                let [first, second] = MAGIC;
                match (at, byte) {
                    (0, b) if b != first => return broken,
                    (1, b) if b != second => return broken,
                    (2, b) if b != DEFLATE => return broken,
                    (3, b) if b & RESERVED != 0 => return broken,
                    (3, b) => self.flags = b,
                    _ => {}
                }
                match at {
                    0..9 => State::Fixed(at + 1),
                    _ => self.field_after(0),
                }
            }
            State::ExtraLength(None) => State::ExtraLength(Some(byte)),
            State::ExtraLength(Some(low)) => match u16::from_le_bytes([low, byte]) {
                0 => self.field_after(EXTRA),
                length => State::Extra(length),
            },
            State::Extra(left) if left > 1 => State::Extra(left - 1),
            State::Extra(_) => self.field_after(EXTRA),
            State::Name if byte == 0 => self.field_after(NAME),
            State::Comment if byte == 0 => self.field_after(COMMENT),
            State::HeaderChecksum(None) => State::HeaderChecksum(Some(byte)),
            State::HeaderChecksum(Some(low)) => {
                if self.checksum.sum() & 0xffff != u32::from(u16::from_le_bytes([low, byte])) {
                    return broken;
                }
                self.start_body()
            }
            State::Trailer(at, so_far) => {
                let value = so_far | u64::from(byte) << (8 * u32::from(at));
                let expected = u64::from(self.checksum.sum()) | u64::from(self.checksum.amount()) << 32;
                match at {
                    0..7 => State::Trailer(at + 1, value),
                    _ if value != expected => return broken,
                    _ => State::Between,
                }
            }
            State::Between if byte == 0 => State::Between,
            State::Between if Some(&byte) == MAGIC.first() => {
                self.checksum.reset();
                self.checksum.update(&[byte]);
                State::Fixed(1)
            }
            State::Between => State::Past,
            state @ (State::Name | State::Comment | State::Body | State::Past) => state,
        };
        Ok(())
    }

    /// The part that follows the header field `done`. Fields come in the order of the bits here, which is not that of RFC
    /// 1952's flags byte only for the checksum.
    fn field_after(&mut self, done: u8) -> State {
        let next = |field| done < field && self.flags & field != 0;
        if next(EXTRA) {
            State::ExtraLength(None)
        } else if next(NAME) {
            State::Name
        } else if next(COMMENT) {
            State::Comment
        } else if self.flags & HEADER_CHECKSUM != 0 {
            State::HeaderChecksum(None)
        } else {
            self.start_body()
        }
    }

    fn start_body(&mut self) -> State {
        self.inflate.reset(false);
        self.checksum.reset();
        State::Body
    }

    /// Takes data. The bool tells whether it ended.
    fn data(&mut self, input: &[u8], output: &mut [u8]) -> Result<(Step, bool), PipelineError> {
        let (step, ended) = inflate(&mut self.inflate, input, output)?;
        self.checksum.update(output.get(..step.produced).unwrap_or_default());
        Ok((step, ended))
    }
}

/// One step of deflate.
pub(super) fn inflate(
    inflate: &mut Decompress,
    input: &[u8],
    output: &mut [u8],
) -> Result<(Step, bool), PipelineError> {
    let before = (inflate.total_in(), inflate.total_out());
    let status = inflate.decompress(input, output, FlushDecompress::None).map_err(|_| PipelineError::BrokenCoding)?;
    let since = |now: u64, then: u64| usize::try_from(now.saturating_sub(then)).unwrap_or(usize::MAX);
    let step = Step { consumed: since(inflate.total_in(), before.0), produced: since(inflate.total_out(), before.1) };
    Ok((step, status == Status::StreamEnd))
}

impl Decode for Gzip {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, PipelineError> {
        let mut consumed = 0;
        loop {
            let rest = input.get(consumed..).unwrap_or_default();
            if matches!(self.state, State::Body) {
                let (step, ended) = self.data(rest, output)?;
                consumed += step.consumed;
                if ended {
                    self.state = State::Trailer(0, 0);
                }
                if !ended || step.produced > 0 {
                    return Ok(Step { consumed, ..step });
                }
                continue;
            }
            match rest.first() {
                Some(&byte) if !matches!(self.state, State::Past) => self.take(byte)?,
                _ => {
                    return Ok(Step { consumed, produced: 0 });
                }
            }
            consumed += 1;
        }
    }

    fn position(&self) -> Position {
        match self.state {
            State::Between => Position::Boundary,
            State::Past => Position::Past,
            _ => Position::Inside,
        }
    }
}
