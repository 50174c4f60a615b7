//! Putting the content codings back, in the order in which the origin had applied them.
//!
//! The same codings go back on because the visitor's client has asked for them and caches know the response by them. The
//! settings are those of a proxy that has one pass and a visitor waiting. Every [`Encoders::flush`] ends a block, so that
//! whatever is inside can be decoded at once; for pages that come in pieces of 16 KiB that costs less than 2 % of size.
//!
//! Encoders are set up by their first byte. They do not try to reproduce the origin's compressed bytes.

use std::io::{self, Write};
use std::mem;

use brotli::CompressorWriter;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};

use super::{Coding, PipelineError};

/// Of deflate, out of 9. On pages of documentation, level 1 gave 40 to 50 % more bytes than level 6, level 3 some 5 %, and
/// level 4 some 2 % in about half the time; a page is compressed for one visitor, so more does not pay.
const DEFLATE_LEVEL: u32 = 4;
/// Of Brotli, out of 11. On the same pages, quality 5 gave 6 or 7 % fewer bytes for 40 % more time.
const BROTLI_QUALITY: u32 = 4;
/// The window of Brotli, as a power of two: 512 KiB hold all of most pages, and memory is per response.
const BROTLI_WINDOW_LOG: u32 = 19;
/// The buffer between Brotli's encoder and its output, in bytes.
const BROTLI_BUFFER: usize = 4096;
/// Of Zstandard, out of 22: its own default, with a window of 2 MiB.
const ZSTD_LEVEL: i32 = 3;

/// One encoder, and the bytes that came out of it.
enum Encoder {
    Gzip(GzEncoder<Vec<u8>>),
    Deflate(ZlibEncoder<Vec<u8>>),
    Brotli(Box<CompressorWriter<Vec<u8>>>),
    Zstd(zstd::stream::write::Encoder<'static, Vec<u8>>),
}

impl Encoder {
    fn open(coding: Coding) -> io::Result<Self> {
        let level = Compression::new(DEFLATE_LEVEL);
        Ok(match coding {
            Coding::Gzip => Self::Gzip(GzEncoder::new(Vec::new(), level)),
            Coding::Deflate => Self::Deflate(ZlibEncoder::new(Vec::new(), level)),
            Coding::Brotli => Self::Brotli(Box::new(CompressorWriter::new(
                Vec::new(),
                BROTLI_BUFFER,
                BROTLI_QUALITY,
                BROTLI_WINDOW_LOG,
            ))),
            Coding::Zstd => Self::Zstd(zstd::stream::write::Encoder::new(Vec::new(), ZSTD_LEVEL)?),
        })
    }

    fn writer(&mut self) -> &mut dyn Write {
        match self {
            Self::Gzip(encoder) => encoder,
            Self::Deflate(encoder) => encoder,
            Self::Brotli(encoder) => encoder,
            Self::Zstd(encoder) => encoder,
        }
    }

    fn output(&mut self) -> &mut Vec<u8> {
        match self {
            Self::Gzip(encoder) => encoder.get_mut(),
            Self::Deflate(encoder) => encoder.get_mut(),
            Self::Brotli(encoder) => encoder.get_mut(),
            Self::Zstd(encoder) => encoder.get_mut(),
        }
    }

    fn finish(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Gzip(encoder) => encoder.finish(),
            Self::Deflate(encoder) => encoder.finish(),
            Self::Brotli(encoder) => Ok(encoder.into_inner()),
            Self::Zstd(encoder) => encoder.finish(),
        }
    }
}

/// One encoder of the chain.
struct Stage {
    coding: Coding,
    encoder: Option<Encoder>,
    /// Whether something went in since the last flush. A flush of nothing would still add an empty block.
    dirty: bool,
}

impl Stage {
    fn encoder(&mut self) -> io::Result<&mut Encoder> {
        Ok(match &mut self.encoder {
            Some(encoder) => encoder,
            none => none.insert(Encoder::open(self.coding)?),
        })
    }
}

/// The encoders of one body.
pub(super) struct Encoders {
    stages: Vec<Stage>,
}

impl Encoders {
    /// Encoders for `codings`, given in the order in which they are applied.
    pub(super) fn new(codings: &[Coding]) -> Self {
        Self { stages: codings.iter().map(|&coding| Stage { coding, encoder: None, dirty: false }).collect() }
    }

    /// Whether bytes go out as they come in.
    pub(super) fn is_identity(&self) -> bool {
        self.stages.is_empty()
    }

    /// Whether something was ever written.
    pub(super) fn started(&self) -> bool {
        self.stages.iter().any(|stage| stage.encoder.is_some())
    }

    /// Encodes `bytes`; appends to `out` what comes out by itself.
    pub(super) fn write(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), PipelineError> {
        write(&mut self.stages, bytes, out).map_err(|_| PipelineError::Encoder)
    }

    /// Appends to `out` whatever is still needed to decode everything written so far.
    pub(super) fn flush(&mut self, out: &mut Vec<u8>) -> Result<(), PipelineError> {
        flush(&mut self.stages, out).map_err(|_| PipelineError::Encoder)
    }

    /// Appends the end of every coding to `out`.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), PipelineError> {
        finish(&mut self.stages, out).map_err(|_| PipelineError::Encoder)
    }
}

fn write(stages: &mut [Stage], bytes: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
    let Some((stage, rest)) = stages.split_first_mut() else {
        out.extend_from_slice(bytes);
        return Ok(());
    };
    if bytes.is_empty() {
        return Ok(());
    }
    stage.dirty = true;
    let encoder = stage.encoder()?;
    encoder.writer().write_all(bytes)?;
    drain(encoder, rest, out)
}

fn flush(stages: &mut [Stage], out: &mut Vec<u8>) -> io::Result<()> {
    let Some((stage, rest)) = stages.split_first_mut() else {
        return Ok(());
    };
    if mem::take(&mut stage.dirty) {
        let encoder = stage.encoder()?;
        encoder.writer().flush()?;
        drain(encoder, rest, out)?;
    }
    flush(rest, out)
}

fn finish(stages: &mut [Stage], out: &mut Vec<u8>) -> io::Result<()> {
    let Some((stage, rest)) = stages.split_first_mut() else {
        return Ok(());
    };
    stage.encoder()?;
    if let Some(encoder) = stage.encoder.take() {
        write(rest, &encoder.finish()?, out)?;
    }
    finish(rest, out)
}

/// Moves what came out of `encoder` on to the encoders after it, and keeps its buffer.
fn drain(encoder: &mut Encoder, rest: &mut [Stage], out: &mut Vec<u8>) -> io::Result<()> {
    let mut encoded = mem::take(encoder.output());
    write(rest, &encoded, out)?;
    encoded.clear();
    *encoder.output() = encoded;
    Ok(())
}
