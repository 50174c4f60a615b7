//! Codings on and off, in every cut.

use super::*;

fn stacks() -> Vec<Vec<Coding>> {
    let mut stacks = vec![vec![]];
    for first in ALL {
        stacks.push(vec![first]);
        for second in ALL {
            stacks.push(vec![first, second]);
        }
    }
    stacks.push(vec![Deflate, Brotli, Gzip]);
    stacks.push(vec![Zstd, Gzip, Zstd]);
    stacks
}

#[test]
fn every_stack_of_codings_comes_out_as_it_went_in() {
    let mut dice = Dice(42);
    for size in [1, 300, 100_000] {
        let plain = page(size);
        for codings in stacks() {
            let body = encode(&codings, &plain);
            let (whole, copy) = run(Copy::default(), coded(&codings), &body, || usize::MAX).unwrap();
            assert_eq!(decode(&codings, &whole), plain, "{codings:?}");
            assert_eq!(copy.seen, plain);
            assert!(copy.ended && copy.largest <= crate::proxy::pipeline::STEP);
            let (cut, _) = run(Copy::default(), coded(&codings), &body, || dice.below(5000)).unwrap();
            assert_eq!(decode(&codings, &cut), plain, "{codings:?}");
        }
    }
}

#[test]
fn single_bytes_come_out_as_they_went_in() {
    let plain = page(3000);
    for codings in stacks() {
        let body = encode(&codings, &plain);
        let (out, _) = run(Copy::default(), coded(&codings), &body, || 1).unwrap();
        assert_eq!(decode(&codings, &out), plain, "{codings:?}");
    }
}

#[test]
fn what_the_rewriter_makes_is_what_goes_out() {
    let plain = page(50_000);
    let mut expected = plain.to_ascii_uppercase();
    expected.extend_from_slice(b"!END");
    let mut dice = Dice(7);
    for codings in stacks() {
        let body = encode(&codings, &plain);
        let (out, _) = run(Shout, coded(&codings), &body, || dice.below(3000)).unwrap();
        assert_eq!(decode(&codings, &out), expected, "{codings:?}");
    }
}

#[test]
fn everything_so_far_can_be_read_after_each_write() {
    let plain = page(20_000);
    for coding in ALL {
        let mut origin = super::super::encode::Encoders::new(&[coding]);
        let mut pipeline = Pipeline::new(Shout, coded(&[coding]));
        let (mut out, mut sent) = (Vec::new(), Vec::new());
        for part in plain.chunks(777) {
            let mut chunk = Vec::new();
            origin.write(part, &mut chunk).unwrap();
            origin.flush(&mut chunk).unwrap();
            sent.extend_from_slice(part);
            out.extend(pipeline.write(&chunk).unwrap());
            assert_eq!(decode_some(coding, &out), sent.to_ascii_uppercase(), "{coding:?}");
        }
    }
}

#[test]
fn a_write_without_bytes_gives_none() {
    for coding in ALL {
        let mut pipeline = Pipeline::new(Copy::default(), coded(&[coding]));
        assert_eq!(pipeline.write(b""), Ok(Vec::new()));
        let body = encode_one(coding, &page(5000));
        assert!(!pipeline.write(&body).unwrap().is_empty());
        assert_eq!(pipeline.write(b""), Ok(Vec::new()));
    }
}

#[test]
fn an_empty_body_stays_empty() {
    for codings in stacks() {
        let (out, copy) = run(Copy::default(), coded(&codings), b"", || 1).unwrap();
        assert!(out.is_empty() && copy.ended, "{codings:?}");
        let (out, _) = run(Copy::default(), coded(&codings), &encode(&codings, b""), || 1).unwrap();
        assert_eq!(decode(&codings, &out), b"", "{codings:?}");
        let (out, _) = run(Shout, coded(&codings), b"", || 1).unwrap();
        assert_eq!(decode(&codings, &out), b"!END", "{codings:?}");
    }
}

#[test]
fn bare_deflate_is_understood_and_goes_out_as_zlib() {
    let plain = page(10_000);
    for (level, plain) in [(0, &plain[..]), (1, &plain[..]), (9, &plain[..]), (9, b""), (9, b"a"), (0, b"a")] {
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::new(level));
        encoder.write_all(plain).unwrap();
        let body = encoder.finish().unwrap();
        for size in [1, 2, 3, usize::MAX] {
            let (out, _) = run(Copy::default(), coded(&[Deflate]), &body, || size).unwrap();
            assert_eq!(decode_one(Deflate, &out), plain, "level {level}, cut {size}");
        }
    }
}

/// A member with every optional field, checksum of the header included.
fn adorned_member(plain: &[u8]) -> Vec<u8> {
    let mut header = vec![0x1f, 0x8b, 8, 0b1_1110, 1, 2, 3, 4, 0, 3];
    header.extend_from_slice(&[4, 0, b'x', 0, 0, 0]);
    header.extend_from_slice(b"name.html\0a comment\0");
    let mut checksum = flate2::Crc::new();
    checksum.update(&header);
    header.extend_from_slice(&checksum.sum().to_le_bytes()[..2]);
    header.extend_from_slice(&encode_one(Gzip, plain)[10..]);
    header
}

#[test]
fn gzip_members_padding_and_what_follows() {
    let (one, two) = (page(2000), page(3000));
    let both = [&one[..], &two[..]].concat();
    let member = |plain: &[u8]| encode_one(Gzip, plain);
    let cases: [(Vec<u8>, &[u8]); 7] = [
        ([member(&one), member(&two)].concat(), &both),
        ([member(&one), member(b""), member(&two)].concat(), &both),
        ([member(&one), vec![0; 512]].concat(), &one),
        ([member(&one), vec![0; 9], member(&two)].concat(), &both),
        ([member(&one), b"<script src=//t>".to_vec()].concat(), &one),
        ([member(&one), vec![0x1f, 0x00], member(&two)].concat(), &one),
        ([adorned_member(&one), adorned_member(&two)].concat(), &both),
    ];
    for (i, (body, expected)) in cases.iter().enumerate() {
        for size in [1, 7, usize::MAX] {
            // A lone first byte of a member that turns out not to be one is an error, not something to skip.
            let result = run(Copy::default(), coded(&[Gzip]), body, || size);
            if i == 5 {
                assert_eq!(result.err(), Some(PipelineError::BrokenCoding));
            } else {
                assert_eq!(decode_one(Gzip, &result.unwrap().0), *expected, "case {i}, cut {size}");
            }
        }
    }
}

#[test]
fn what_follows_other_codings_is_ignored() {
    let plain = page(2000);
    for coding in [Deflate, Brotli, Zstd] {
        for garbage in [&b"<script src=//t>"[..], &[0; 40], b"\x28"] {
            let body = [&encode_one(coding, &plain)[..], garbage].concat();
            for size in [1, usize::MAX] {
                let result = run(Copy::default(), coded(&[coding]), &body, || size);
                if coding == Zstd && garbage == b"\x28" {
                    assert_eq!(result.err(), Some(PipelineError::Truncated));
                } else {
                    assert_eq!(decode_one(coding, &result.unwrap().0), plain, "{coding:?}");
                }
            }
        }
    }
}

#[test]
fn zstd_frames_and_frames_to_skip() {
    let plain = page(3000);
    let skip = [&[0x5a, 0x2a, 0x4d, 0x18, 5, 0, 0, 0][..], b"hello"].concat();
    let frame = encode_one(Zstd, &plain);
    let body = [&skip[..], &frame, &skip, &frame].concat();
    for size in [1, 3, usize::MAX] {
        let (_, copy) = run(Copy::default(), coded(&[Zstd]), &body, || size).unwrap();
        assert_eq!(copy.seen, [&plain[..], &plain].concat());
    }
}

#[test]
fn zstd_windows_end_at_8_mib() {
    let plain = page(10_000);
    for (log, fits) in [(23, true), (24, false)] {
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
        encoder.window_log(log).unwrap();
        encoder.write_all(&plain).unwrap();
        encoder.flush().unwrap();
        let body = encoder.finish().unwrap();
        assert_eq!(run(Copy::default(), coded(&[Zstd]), &body, || usize::MAX).is_ok(), fits, "2^{log}");
    }
}
