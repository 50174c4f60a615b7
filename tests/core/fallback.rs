//! What is left of a page when something on its way gives up: nothing leaks, and what can go on goes on.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use vestibule::enforce::html::Rewriter;
use vestibule::proxy::pipeline::{BodyOptions, Coding, Pipeline, PipelineError, Rewrite, RewriteError};

use crate::html::{everything, judge, leaks, options};

/// The page rewriter, which gives up at one byte of the page.
struct GivesUp {
    rewriter: Rewriter,
    at: usize,
}

impl Rewrite for GivesUp {
    fn write(&mut self, input: &[u8], output: &mut Vec<u8>) -> Result<(), RewriteError> {
        let now = input.len().min(self.at);
        self.at -= now;
        self.rewriter.write(&input[..now], output).map_err(|_| RewriteError)?;
        if now < input.len() { Err(RewriteError) } else { Ok(()) }
    }

    fn end(&mut self, output: &mut Vec<u8>) -> Result<(), RewriteError> {
        self.rewriter.end(output).map_err(|_| RewriteError)
    }
}

const PAGE: &str = "<!doctype html><html><head><title>x</title><script src='https://t.example/a.js'></script>\
    <script>pix('init'); var a = '<img src=//t.example/i>';</script><style>a{}</style><link rel=icon href=//t.example/f></head>\
    <body onload='pix(1)'><!-- <img src=//t.example/c> --><p title=\"a > b\">text</p><img alt='>' src='//t.example/p'>\
    <svg><image href=//t.example/s /><style><![CDATA[x]]></style></svg><noscript><img src=//t.example/n></noscript>\
    <iframe srcdoc=\"&lt;script src=//t.example/d&gt;&lt;/script&gt;\"></iframe><textarea><img src=//t.example/t></textarea>\
    <video poster=//t.example/v></video><a href=/x ping=//t.example/b>link</a><p>the end of it</p></body></html>";

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn gunzip(coded: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(coded), &mut plain).unwrap();
    plain
}

#[test]
fn a_rewriter_that_gives_up_anywhere_leaks_nothing_and_cuts_no_page() {
    assert!(leaks(PAGE.as_bytes()));
    for at in 0..PAGE.len() {
        for chunk in [1, 5000] {
            let rewriter = GivesUp { rewriter: Rewriter::new(judge(&[]), options()), at };
            let mut pipeline = Pipeline::new(rewriter, BodyOptions { masks: true, ..BodyOptions::default() });
            let mut out = Vec::new();
            for piece in PAGE.as_bytes().chunks(chunk) {
                out.extend(pipeline.write(piece).unwrap());
            }
            out.extend(pipeline.finish().unwrap());
            assert_eq!(pipeline.failure(), Some(PipelineError::Rewrite(RewriteError)));
            let text = String::from_utf8(out).unwrap();
            assert!(!leaks(text.as_bytes()), "{at} {chunk}: {text}");
            assert!(at + 60 > PAGE.len() || text.contains("the end of it"), "{at} {chunk}: {text}");
        }
    }
}

#[test]
fn a_body_damaged_anywhere_is_what_could_be_read_of_it() {
    let page = PAGE.repeat(2);
    let body = gzip(page.as_bytes());
    for at in 0..body.len() {
        for cut in [true, false] {
            let mut damaged = body.clone();
            if cut {
                damaged.truncate(at);
            } else {
                damaged[at] ^= 0x55;
            }
            let options = BodyOptions { codings: vec![Coding::Gzip], masks: true, ..BodyOptions::default() };
            let mut pipeline =
                Pipeline::new(Rewriting(Rewriter::new(judge(&[]), self::options()), Vec::new()), options);
            let mut out = Vec::new();
            for piece in damaged.chunks(100) {
                out.extend(pipeline.write(piece).unwrap_or_default());
            }
            out.extend(pipeline.finish().unwrap_or_default());
            let seen = std::mem::take(&mut pipeline.rewriter_mut().1);
            if !out.is_empty() {
                let mut expected = Vec::new();
                let mut alone = Rewriter::new(judge(&[]), self::options());
                alone.write(&seen, &mut expected).unwrap();
                alone.end(&mut expected).unwrap();
                assert_eq!(gunzip(&out), expected, "{at} {cut}");
            }
        }
    }
}

/// The page rewriter, and the beginning of what it was given.
struct Rewriting(Rewriter, Vec<u8>);

impl Rewrite for Rewriting {
    fn write(&mut self, input: &[u8], output: &mut Vec<u8>) -> Result<(), RewriteError> {
        let room = 100_000_usize.saturating_sub(self.1.len());
        self.1.extend(input.iter().take(room));
        self.0.write(input, output).map_err(|_| RewriteError)
    }

    fn end(&mut self, output: &mut Vec<u8>) -> Result<(), RewriteError> {
        self.0.end(output).map_err(|_| RewriteError)
    }
}

/// The most bytes of Rust's heap that one response holds at once while hostile bodies go through it.
#[test]
fn hostile_bodies_take_bounded_memory() {
    let long = |start: &str, end: &str| [start.as_bytes(), &vec![b'a'; 40 << 20], end.as_bytes()].concat();
    let shapes = [
        ("zeros", vec![0; 40 << 20]),
        ("one attribute", long("<img src='", "'>")),
        ("one image", long("<img src='data:image/png,", "'>")),
        ("one frame", long("<iframe srcdoc='", "'>")),
        ("one script", long("<script>", "</script>")),
        ("one comment", long("<!-- ", "-->")),
        ("many attributes", [b"<a".to_vec(), b" b=c".repeat(4 << 20)].concat()),
        ("tags", b"<svg>".repeat(4 << 20)),
    ];
    for (name, plain) in shapes {
        let body = gzip(&plain);
        drop(plain);
        for granted in [vec![], everything()] {
            let mut decoded = 0;
            let counted = allocation_counter::measure(|| {
                let options = BodyOptions { codings: vec![Coding::Gzip], masks: true, ..BodyOptions::default() };
                let mut pipeline =
                    Pipeline::new(Rewriting(Rewriter::new(judge(&granted), self::options()), Vec::new()), options);
                for piece in body.chunks(1400) {
                    decoded += pipeline.write(piece).map_or(0, |out| out.len());
                }
                drop(pipeline.finish());
            });
            assert!(counted.bytes_max < 32 << 20, "{name}: {} bytes at once", counted.bytes_max);
        }
    }
}
