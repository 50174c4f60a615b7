//! The way of one response body: decode → transcode → rewrite → encode, streaming and bounded.
//!
//! One module owns all four because they fail together: whoever decodes and then cannot go on must not leave the next one
//! with raw bytes. It knows no pingora and no runtime: bytes in, bytes out, so that every cut of a stream can be tested.
//!
//! - **Nothing waits**: what a call to [`Pipeline::write`] took in leaves with it, through a flush of every encoder, except
//!   what the [`Rewrite`] itself holds and the first bytes while the encoding is still unknown (see `transcode`).
//! - **Nothing grows**: every step yields at most 32 KiB and is rewritten and encoded before the next one; windows of the
//!   codecs are capped; [`BodyLimits`] end a decompression bomb.
//! - **Nothing leaks**: after an error no byte comes out any more, and no error ever hands over bytes that were not decoded
//!   and rewritten.
//! - **Nothing changes** without a reason: with a rewriter that copies, the decoded bytes that come out are the decoded
//!   bytes that went in, unless they had to be transcoded.
//!
//! It deliberately does not read or write headers: whether a body comes here at all, and what its `Content-Encoding` and
//! `Content-Type` say, is settled when the head is seen. [`Coding::parse_list`], [`charset_of`] and
//! [`limit_accept_encoding`] are there for that moment.

mod accept;
mod charset;
mod coding;
mod decode;
mod encode;
mod prescan;
mod sniff;
#[cfg(test)]
mod tests;
mod transcode;

use std::fmt;

use encoding_rs::Encoding;

pub use accept::limit_accept_encoding;
pub use charset::charset_of;
pub use coding::Coding;
use decode::Decoders;
use encode::Encoders;
use transcode::{Piece, Transcoder};

/// The most bytes that one step of a decoder, or one call of a rewriter, deals with.
const STEP: usize = 32 * 1024;

/// Rewrites the text of a body. Its input is in an encoding in which ASCII bytes mean ASCII, cut anywhere.
pub trait Rewrite: Send {
    /// Takes `input`, at most 32 KiB, and appends to `output` what can go out.
    fn write(&mut self, input: &[u8], output: &mut Vec<u8>) -> Result<(), RewriteError>;

    /// The body is complete: appends the rest to `output`. Called at most once, and never after an error.
    fn end(&mut self, output: &mut Vec<u8>) -> Result<(), RewriteError>;
}

/// A rewriter that cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the rewriter could not go on")]
pub struct RewriteError;

/// Why a body ended early. None carries bytes of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PipelineError {
    /// The body is not what its content coding says.
    #[error("the body does not follow its content coding")]
    BrokenCoding,
    /// The body stopped before its content coding did.
    #[error("the body ended before its content coding did")]
    Truncated,
    /// The body expands beyond [`BodyLimits`].
    #[error("the body expands beyond its limits")]
    TooLarge,
    /// The rewriter gave up.
    #[error(transparent)]
    Rewrite(#[from] RewriteError),
    /// An encoder could not be set up: the machine is out of memory.
    #[error("the body could not be encoded")]
    Encoder,
    /// An earlier call failed, or the body was finished: there is nothing left to do with more bytes.
    #[error("the body had already ended")]
    AfterFailure,
}

impl PipelineError {
    /// The word used in logs and metric labels.
    pub const fn cause(self) -> &'static str {
        match self {
            Self::BrokenCoding => "broken-coding",
            Self::Truncated => "truncated",
            Self::TooLarge => "too-large",
            Self::Rewrite(_) => "token-too-long",
            Self::Encoder => "encoder",
            Self::AfterFailure => "after-failure",
        }
    }
}

/// How far the content codings of a body may expand. A body without codings is as large as what was received, and unlimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyLimits {
    /// The most bytes that may come out of a decoder for one byte received, once `ratio_after_bytes` came out.
    pub max_ratio: u32,
    /// How many decoded bytes pass before `max_ratio` counts. Small pages of nothing but repetition are common.
    pub ratio_after_bytes: u64,
    /// The most bytes that may come out of a decoder.
    pub max_decoded_bytes: u64,
}

impl Default for BodyLimits {
    /// A ratio of 200 after 1 MiB, where deflate reaches 1032 at most and real pages 5 to 50; and 256 MiB.
    fn default() -> Self {
        Self { max_ratio: 200, ratio_after_bytes: 1024 * 1024, max_decoded_bytes: 256 * 1024 * 1024 }
    }
}

/// What the head of a response says about its body.
#[derive(Clone, Debug, Default)]
pub struct BodyOptions {
    /// The content codings in the order in which the origin applied them, from [`Coding::parse_list`].
    pub codings: Vec<Coding>,
    /// The encoding that `Content-Type` names, from [`charset_of`].
    pub charset: Option<&'static Encoding>,
    /// The response has no `Content-Type`: look whether it is HTML, and leave it alone when it is not.
    pub sniff: bool,
    /// The body is a style sheet, which names its encoding in its own way and needs more of the ASCII bytes.
    pub sheet: bool,
    /// How far the body may expand.
    pub limits: BodyLimits,
}

/// How far a pipeline has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    Finished,
    Failed,
}

/// The body of one response on its way through a rewriter. See the [module](self).
pub struct Pipeline<R> {
    rewriter: R,
    decoders: Decoders,
    transcoder: Transcoder,
    encoders: Encoders,
    /// Rewritten text on its way to the encoders.
    scratch: Vec<u8>,
    phase: Phase,
}

impl<R: Rewrite> Pipeline<R> {
    /// A pipeline for one body. Codecs are set up when the first byte needs them.
    pub fn new(rewriter: R, options: BodyOptions) -> Self {
        Self {
            rewriter,
            encoders: Encoders::new(&options.codings),
            decoders: Decoders::new(options.codings, options.limits),
            transcoder: Transcoder::new(options.charset, options.sniff, options.sheet),
            scratch: Vec::new(),
            phase: Phase::Open,
        }
    }

    /// Takes the next bytes of the body as the origin sent them, and gives everything that can go out now, encoded and
    /// flushed.
    ///
    /// # Errors
    /// The body cannot go on; nothing of this chunk goes out. Every later call gives [`PipelineError::AfterFailure`], as
    /// does a write after [`finish`](Self::finish).
    pub fn write(&mut self, chunk: &[u8]) -> Result<Vec<u8>, PipelineError> {
        let mut out = Vec::new();
        match self.phase {
            Phase::Open => {}
            Phase::Finished if chunk.is_empty() => return Ok(out),
            Phase::Finished | Phase::Failed => return Err(PipelineError::AfterFailure),
        }
        self.phase = Phase::Failed;
        let Self { rewriter, decoders, transcoder, encoders, scratch, .. } = self;
        decoders.write(chunk, &mut |decoded| {
            transcoder.write(decoded, &mut |piece| deliver(piece, rewriter, scratch, encoders, &mut out))
        })?;
        encoders.flush(&mut out)?;
        self.phase = Phase::Open;
        Ok(out)
    }

    /// The body is complete: gives the rest of it. A second call gives nothing, and no error.
    ///
    /// # Errors
    /// As for [`write`](Self::write); and [`PipelineError::Truncated`] when a content coding is not at its end. A body
    /// without a single byte is taken as an empty one whatever its codings, as browsers do.
    pub fn finish(&mut self) -> Result<Vec<u8>, PipelineError> {
        let mut out = Vec::new();
        match self.phase {
            Phase::Open => {}
            Phase::Finished => return Ok(out),
            Phase::Failed => return Err(PipelineError::AfterFailure),
        }
        self.phase = Phase::Failed;
        self.decoders.finish()?;
        let Self { rewriter, transcoder, encoders, scratch, .. } = self;
        transcoder.finish(&mut |piece| deliver(piece, rewriter, scratch, encoders, &mut out))?;
        if self.transcoder.is_text() {
            self.scratch.clear();
            self.rewriter.end(&mut self.scratch)?;
            self.encoders.write(&self.scratch, &mut out)?;
        }
        if self.decoders.started() || self.encoders.started() {
            self.encoders.finish(&mut out)?;
        }
        self.phase = Phase::Finished;
        Ok(out)
    }

    /// The rewriter, to ask it what it found.
    pub fn rewriter_mut(&mut self) -> &mut R {
        &mut self.rewriter
    }
}

/// Brings one piece through the rewriter, if it is text, and the encoders.
fn deliver<R: Rewrite>(
    piece: Piece<'_>,
    rewriter: &mut R,
    scratch: &mut Vec<u8>,
    encoders: &mut Encoders,
    out: &mut Vec<u8>,
) -> Result<(), PipelineError> {
    match piece {
        Piece::Raw(bytes) => encoders.write(bytes, out),
        Piece::Text(text) if encoders.is_identity() => Ok(rewriter.write(text, out)?),
        Piece::Text(text) => {
            scratch.clear();
            rewriter.write(text, scratch)?;
            encoders.write(scratch, out)
        }
    }
}

impl<R> fmt::Debug for Pipeline<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipeline").field("phase", &self.phase).finish_non_exhaustive()
    }
}
