//! What the whole pipeline promises, with codecs that are not its own on the other side.

mod codings;
mod faults;
mod text;

use std::io::{Read, Write};

use super::Coding::{Brotli, Deflate, Gzip, Zstd};
use super::{BodyOptions, Coding, Pipeline, PipelineError, Rewrite, RewriteError};

const ALL: [Coding; 4] = [Gzip, Deflate, Brotli, Zstd];

/// Copies, and remembers what it was given.
#[derive(Default)]
struct Copy {
    seen: Vec<u8>,
    largest: usize,
    ended: bool,
}

impl Rewrite for Copy {
    fn write(&mut self, input: &[u8], output: &mut Vec<u8>) -> Result<(), RewriteError> {
        self.largest = self.largest.max(input.len());
        self.seen.extend_from_slice(input);
        output.extend_from_slice(input);
        Ok(())
    }

    fn end(&mut self, _: &mut Vec<u8>) -> Result<(), RewriteError> {
        self.ended = true;
        Ok(())
    }
}

/// Upper-cases, adds an end, and fails at a NUL.
struct Shout;

impl Rewrite for Shout {
    fn write(&mut self, input: &[u8], output: &mut Vec<u8>) -> Result<(), RewriteError> {
        output.extend(input.iter().map(u8::to_ascii_uppercase));
        if input.contains(&0) { Err(RewriteError) } else { Ok(()) }
    }

    fn end(&mut self, output: &mut Vec<u8>) -> Result<(), RewriteError> {
        output.extend_from_slice(b"!END");
        Ok(())
    }
}

/// Counts, and gives nothing.
#[derive(Default)]
struct Swallow {
    bytes: usize,
    largest: usize,
}

impl Rewrite for Swallow {
    fn write(&mut self, input: &[u8], _: &mut Vec<u8>) -> Result<(), RewriteError> {
        self.bytes += input.len();
        self.largest = self.largest.max(input.len());
        Ok(())
    }

    fn end(&mut self, _: &mut Vec<u8>) -> Result<(), RewriteError> {
        Ok(())
    }
}

/// Small deterministic randomness.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }
}

fn encode_one(coding: Coding, plain: &[u8]) -> Vec<u8> {
    let level = flate2::Compression::best();
    match coding {
        Gzip => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
            encoder.write_all(plain).unwrap();
            encoder.finish().unwrap()
        }
        Deflate => {
            let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), level);
            encoder.write_all(plain).unwrap();
            encoder.finish().unwrap()
        }
        Brotli => {
            let mut encoder = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 22);
            encoder.write_all(plain).unwrap();
            encoder.into_inner()
        }
        Zstd => zstd::encode_all(plain, 5).unwrap(),
    }
}

/// Everything that `encoded` gives, however it ends.
fn decode_some(coding: Coding, encoded: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    let _ = match coding {
        Gzip => flate2::read::MultiGzDecoder::new(encoded).read_to_end(&mut plain),
        Deflate => flate2::read::ZlibDecoder::new(encoded).read_to_end(&mut plain),
        Brotli => brotli::Decompressor::new(encoded, 4096).read_to_end(&mut plain),
        Zstd => zstd::Decoder::new(encoded).and_then(|mut decoder| decoder.read_to_end(&mut plain)),
    };
    plain
}

fn decode_one(coding: Coding, encoded: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    match coding {
        Gzip => flate2::read::MultiGzDecoder::new(encoded).read_to_end(&mut plain),
        Deflate => flate2::read::ZlibDecoder::new(encoded).read_to_end(&mut plain),
        Brotli => brotli::Decompressor::new(encoded, 4096).read_to_end(&mut plain),
        Zstd => zstd::Decoder::new(encoded).and_then(|mut decoder| decoder.read_to_end(&mut plain)),
    }
    .unwrap();
    plain
}

fn encode(codings: &[Coding], plain: &[u8]) -> Vec<u8> {
    codings.iter().fold(plain.to_vec(), |body, &coding| encode_one(coding, &body))
}

fn decode(codings: &[Coding], encoded: &[u8]) -> Vec<u8> {
    codings.iter().rev().fold(encoded.to_vec(), |body, &coding| decode_one(coding, &body))
}

fn coded(codings: &[Coding]) -> BodyOptions {
    BodyOptions { codings: codings.to_vec(), ..BodyOptions::default() }
}

/// Brings `body` through, cut into chunks of the sizes that `cut` gives.
fn run<R: Rewrite>(
    rewriter: R,
    options: BodyOptions,
    mut body: &[u8],
    mut cut: impl FnMut() -> usize,
) -> Result<(Vec<u8>, R), PipelineError> {
    let mut pipeline = Pipeline::new(rewriter, options);
    let mut out = Vec::new();
    while !body.is_empty() {
        let (chunk, rest) = body.split_at(cut().clamp(1, body.len()));
        let written = pipeline.write(chunk);
        out.extend(written.map_err(|error| pipeline.failure().unwrap_or(error))?);
        body = rest;
    }
    out.extend(pipeline.finish()?);
    assert_eq!(pipeline.finish(), Ok(Vec::new()));
    pipeline.failure().map_or(Ok((out, pipeline.rewriter)), Err)
}

/// A page of about `size` bytes that compresses like one.
fn page(size: usize) -> Vec<u8> {
    let mut dice = Dice(0x9e37_79b9);
    let mut page = b"<!doctype html><html><head><meta charset=utf-8></head><body>".to_vec();
    while page.len() < size {
        let (product, price) = (dice.below(100_000), dice.below(500));
        page.extend_from_slice(
            format!(
                "<li class=\"product\"><a href=\"/p/{product}\">caf\u{e9} no. {product}</a> {price} \u{20ac}</li>\n"
            )
            .as_bytes(),
        );
    }
    page
}
