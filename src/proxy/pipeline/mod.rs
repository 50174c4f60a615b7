//! The way of one response body: decode → transcode → rewrite → encode, streaming and bounded.
//!
//! One module owns all four because they fail together: whoever decodes and then cannot go on must not leave the next one
//! with raw bytes. It knows no pingora and no runtime: bytes in, bytes out, so that every cut of a stream can be tested.
//!
//! - **Nothing waits**: what a call to [`Pipeline::write`] took in leaves with it, through a flush of every encoder, except
//!   what the [`Rewrite`] itself holds and the first bytes while the encoding is still unknown (see `transcode`).
//! - **Nothing grows**: every step yields at most 32 KiB and is rewritten and encoded before the next one; windows of the
//!   codecs are capped; [`BodyLimits`] end a decompression bomb.
//! - **Nothing leaks**: no byte ever comes out that was not decoded and rewritten, or [masked](mask).
//! - **Nothing is cut** that need not be. A rewriter that gives up is followed by the mask. Where bytes cannot be decoded, or
//!   expand beyond their limits, what could be decoded goes out, the rewriter ends the page and the codings are closed: a
//!   browser shows that much, and runs the shop's scripts, as it does when it gets such a body itself. The transfer ends as
//!   the origin's did, because it is not the transfer that is broken. Only two bodies are broken off: one of which
//!   nothing at all could be decoded, since an empty page would hide that from everybody, and what a bomb still sends.
//!   Whatever happened is told by [`Pipeline::failure`].
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
mod mask;
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
use mask::Mask;
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
            Self::Rewrite(_) => "rewriter",
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
    /// What the rewriter leaves undone goes out [masked](mask), as a page. Otherwise the body ends there.
    pub masks: bool,
}

/// How far a pipeline has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    /// Everything that goes out is out; whatever still comes in is dropped.
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
    masks: bool,
    /// Takes the rewriter's place once that gave up.
    mask: Option<Mask>,
    /// Whether a piece of the body ever came out of the decoders.
    delivered: bool,
    failure: Option<PipelineError>,
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
            masks: options.masks,
            mask: None,
            delivered: false,
            failure: None,
        }
    }

    /// Takes the next bytes of the body as the origin sent them, and gives everything that can go out now, encoded and
    /// flushed. Bytes behind the end of what can be decoded are dropped.
    ///
    /// # Errors
    /// The body cannot go on, and nothing of this chunk goes out. Every later call gives [`PipelineError::AfterFailure`].
    pub fn write(&mut self, chunk: &[u8]) -> Result<Vec<u8>, PipelineError> {
        let mut out = Vec::new();
        match self.phase {
            Phase::Open => {}
            // What a bomb still sends is not even received.
            Phase::Finished if self.failure == Some(PipelineError::TooLarge) => {
                return Err(PipelineError::AfterFailure);
            }
            Phase::Finished if chunk.is_empty() || self.failure.is_some() => return Ok(out),
            Phase::Finished | Phase::Failed => return Err(PipelineError::AfterFailure),
        }
        self.phase = Phase::Failed;
        let mut way = Way {
            rewriter: &mut self.rewriter,
            mask: &mut self.mask,
            masks: self.masks,
            failure: &mut self.failure,
            scratch: &mut self.scratch,
            encoders: &mut self.encoders,
            delivered: &mut self.delivered,
        };
        let transcoder = &mut self.transcoder;
        let written = self
            .decoders
            .write(chunk, &mut |decoded| transcoder.write(decoded, &mut |piece| way.deliver(piece, &mut out)));
        match written {
            Ok(()) => {
                self.encoders.flush(&mut out)?;
                self.phase = Phase::Open;
            }
            Err(failure) => self.end_early(failure, &mut out)?,
        }
        Ok(out)
    }

    /// The body is complete: gives the rest of it. A second call gives nothing, and no error.
    ///
    /// # Errors
    /// As for [`write`](Self::write). A body without a single byte is taken as an empty one whatever its codings, as
    /// browsers do.
    pub fn finish(&mut self) -> Result<Vec<u8>, PipelineError> {
        let mut out = Vec::new();
        match self.phase {
            Phase::Open => {}
            Phase::Finished => return Ok(out),
            Phase::Failed => return Err(PipelineError::AfterFailure),
        }
        self.phase = Phase::Failed;
        match self.decoders.finish() {
            Ok(()) => self.close(&mut out)?,
            Err(failure) => self.end_early(failure, &mut out)?,
        }
        Ok(out)
    }

    /// Ends a body that cannot be decoded any further with what could be.
    fn end_early(&mut self, failure: PipelineError, out: &mut Vec<u8>) -> Result<(), PipelineError> {
        self.failure.get_or_insert(failure);
        let decodes =
            matches!(failure, PipelineError::BrokenCoding | PipelineError::Truncated | PipelineError::TooLarge);
        if decodes && self.delivered { self.close(out) } else { Err(failure) }
    }

    /// Appends the end of the page and of its codings.
    fn close(&mut self, out: &mut Vec<u8>) -> Result<(), PipelineError> {
        let mut way = Way {
            rewriter: &mut self.rewriter,
            mask: &mut self.mask,
            masks: self.masks,
            failure: &mut self.failure,
            scratch: &mut self.scratch,
            encoders: &mut self.encoders,
            delivered: &mut self.delivered,
        };
        self.transcoder.finish(&mut |piece| way.deliver(piece, out))?;
        if self.transcoder.is_text() && self.mask.is_none() {
            self.scratch.clear();
            if let Err(error) = self.rewriter.end(&mut self.scratch) {
                if !self.masks {
                    return Err(error.into());
                }
                self.failure.get_or_insert_with(|| error.into());
                self.scratch.clear();
            }
            self.encoders.write(&self.scratch, out)?;
        }
        if self.decoders.started() || self.encoders.started() {
            self.encoders.finish(out)?;
        }
        self.phase = Phase::Finished;
        Ok(())
    }

    /// What kept the body from going through whole and rewritten, if anything did.
    pub const fn failure(&self) -> Option<PipelineError> {
        self.failure
    }

    /// The rewriter, to ask it what it found.
    pub fn rewriter_mut(&mut self) -> &mut R {
        &mut self.rewriter
    }
}

/// The way of decoded text through the rewriter, or the mask, and the encoders.
struct Way<'p, R> {
    rewriter: &'p mut R,
    mask: &'p mut Option<Mask>,
    masks: bool,
    failure: &'p mut Option<PipelineError>,
    scratch: &'p mut Vec<u8>,
    encoders: &'p mut Encoders,
    delivered: &'p mut bool,
}

impl<R: Rewrite> Way<'_, R> {
    /// Brings one piece through.
    fn deliver(&mut self, piece: Piece<'_>, out: &mut Vec<u8>) -> Result<(), PipelineError> {
        *self.delivered = true;
        match piece {
            Piece::Raw(bytes) => self.encoders.write(bytes, out),
            Piece::Text(text) if self.encoders.is_identity() => self.rewrite(text, out),
            Piece::Text(text) => {
                let mut scratch = std::mem::take(self.scratch);
                scratch.clear();
                self.rewrite(text, &mut scratch)?;
                let encoded = self.encoders.write(&scratch, out);
                *self.scratch = scratch;
                encoded
            }
        }
    }

    /// Rewrites a piece of text; what the rewriter leaves undone is masked.
    fn rewrite(&mut self, text: &[u8], out: &mut Vec<u8>) -> Result<(), PipelineError> {
        if let Some(mask) = self.mask {
            mask.write(text, out);
            return Ok(());
        }
        let before = out.len();
        let Err(error) = self.rewriter.write(text, out) else { return Ok(()) };
        if !self.masks {
            return Err(error.into());
        }
        self.failure.get_or_insert_with(|| error.into());
        // How much of the piece is in there is not known; all of it goes out masked instead.
        out.truncate(before);
        let mut mask = Mask::begin(out);
        mask.write(text, out);
        *self.mask = Some(mask);
        Ok(())
    }
}

impl<R> fmt::Debug for Pipeline<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipeline").field("phase", &self.phase).finish_non_exhaustive()
    }
}
