//! Undoing content codings, one bounded step at a time.
//!
//! A chain of decoders, the coding applied last first. Each turns its input into at most [`STEP`] bytes, which go all the
//! way down the chain before it makes the next ones; so a bomb costs the time it is allowed to, and no memory.
//!
//! Decoders are strict where a browser may not be: a checksum that does not fit and an end that never comes are errors.
//! They are lenient where browsers are: what follows the end of a body is ignored. The limits count what comes out of
//! every decoder of the chain, because a coding inside a coding may expand to something that decodes to nothing.

mod brotli;
mod deflate;
mod gzip;
mod zstd;

use super::{BodyLimits, Coding, PipelineError, STEP};

/// What one step did.
#[derive(Clone, Copy, Debug)]
struct Step {
    /// Bytes of the input that are dealt with.
    consumed: usize,
    /// Bytes of the output that were filled.
    produced: usize,
}

/// Where in its coding a decoder stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Position {
    /// More input must follow.
    Inside,
    /// The body may end here, or go on with another member or frame.
    Boundary,
    /// The body has ended; whatever follows is ignored.
    Past,
}

/// One content coding being undone.
trait Decode: Send {
    /// Goes on as far as `output` allows. A step that neither consumes nor produces is stuck, unless its input is empty or
    /// it is past the end.
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, PipelineError>;

    fn position(&self) -> Position;
}

/// Takes decoded bytes.
pub(super) type Sink<'a> = dyn FnMut(&[u8]) -> Result<(), PipelineError> + 'a;

/// One decoder of the chain.
struct Stage {
    coding: Coding,
    /// Set up by the first byte.
    decoder: Option<Box<dyn Decode>>,
    buffer: Vec<u8>,
    produced: u64,
}

/// What is left of the limits.
#[derive(Clone, Copy)]
struct Budget {
    received: u64,
    limits: BodyLimits,
}

impl Budget {
    fn check(self, produced: u64) -> Result<(), PipelineError> {
        let by_ratio = self.received.saturating_mul(self.limits.max_ratio.into());
        let allowed = by_ratio.max(self.limits.ratio_after_bytes).min(self.limits.max_decoded_bytes);
        if produced > allowed {
            return Err(PipelineError::TooLarge);
        }
        Ok(())
    }
}

/// The decoders of one body.
pub(super) struct Decoders {
    stages: Vec<Stage>,
    budget: Budget,
}

impl Decoders {
    /// Decoders for `codings`, given in the order in which they were applied.
    pub(super) fn new(codings: Vec<Coding>, limits: BodyLimits) -> Self {
        Self {
            stages: codings
                .into_iter()
                .rev()
                .map(|coding| Stage { coding, decoder: None, buffer: Vec::new(), produced: 0 })
                .collect(),
            budget: Budget { received: 0, limits },
        }
    }

    /// Whether a byte ever came in.
    pub(super) fn started(&self) -> bool {
        self.budget.received > 0
    }

    /// Decodes `input` into `sink`, in pieces of at most [`STEP`] bytes. Nothing that can be decoded stays inside.
    pub(super) fn write(&mut self, input: &[u8], sink: &mut Sink<'_>) -> Result<(), PipelineError> {
        self.budget.received = self.budget.received.saturating_add(input.len() as u64);
        pump(&mut self.stages, input, self.budget, sink)
    }

    /// No more input: is every coding at its end?
    pub(super) fn finish(&self) -> Result<(), PipelineError> {
        let cut = |stage: &Stage| {
            let decoder = stage.decoder.as_ref();
            decoder.is_some_and(|decoder| decoder.position() == Position::Inside)
        };
        if self.stages.iter().any(cut) {
            return Err(PipelineError::Truncated);
        }
        Ok(())
    }
}

/// Brings `input` down `stages` and into `sink`.
fn pump(stages: &mut [Stage], mut input: &[u8], budget: Budget, sink: &mut Sink<'_>) -> Result<(), PipelineError> {
    let Some((stage, below)) = stages.split_first_mut() else {
        return input.chunks(STEP).try_for_each(sink);
    };
    if input.is_empty() {
        return Ok(());
    }
    let Stage { coding, decoder, buffer, produced } = stage;
    let decoder = if let Some(decoder) = decoder {
        decoder
    } else {
        buffer.resize(STEP, 0);
        decoder.insert(open(*coding)?)
    };
    while decoder.position() != Position::Past {
        let step = decoder.step(input, buffer)?;
        input = input.get(step.consumed..).unwrap_or_default();
        let decoded = buffer.get(..step.produced).unwrap_or_default();
        *produced = produced.saturating_add(decoded.len() as u64);
        budget.check(*produced)?;
        pump(below, decoded, budget, sink)?;
        if input.is_empty() && step.produced < STEP {
            break;
        }
        let stuck = step.consumed == 0 && step.produced == 0;
        if stuck && decoder.position() != Position::Past {
            return Err(PipelineError::BrokenCoding);
        }
    }
    Ok(())
}

fn open(coding: Coding) -> Result<Box<dyn Decode>, PipelineError> {
    Ok(match coding {
        Coding::Gzip => Box::new(gzip::Gzip::new()),
        Coding::Deflate => Box::new(deflate::Deflate::new()),
        Coding::Brotli => Box::new(brotli::Brotli::new()),
        Coding::Zstd => Box::new(zstd::Zstd::new()?),
    })
}
