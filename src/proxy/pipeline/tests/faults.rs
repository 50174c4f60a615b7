//! Bodies that are cut, damaged or hostile: errors, and never a byte that was not decoded.

use super::super::{BodyLimits, STEP};
use super::*;

/// What went out, what kept the body from being whole, and what the rewriter saw.
fn run_until_error(codings: &[Coding], chunks: &[&[u8]]) -> (Vec<u8>, Option<PipelineError>, Vec<u8>) {
    let mut pipeline = Pipeline::new(Copy::default(), coded(codings));
    let mut out = Vec::new();
    for chunk in chunks {
        let failed = pipeline.failure().is_some();
        match pipeline.write(chunk) {
            Ok(bytes) => {
                assert!(!failed || bytes.is_empty(), "bytes after a failure");
                out.extend(bytes);
            }
            Err(error) => assert_eq!(failed, error == PipelineError::AfterFailure),
        }
    }
    out.extend(pipeline.finish().unwrap_or_default());
    let failure = pipeline.failure();
    if let (Some(_), [coding]) = (failure, codings) {
        // Whatever could be decoded is a whole body again.
        assert!(out.is_empty() == pipeline.rewriter.seen.is_empty());
        assert!(out.is_empty() || decode_one(*coding, &out) == pipeline.rewriter.seen);
    }
    assert_eq!(pipeline.finish().unwrap_or_default(), b"");
    assert_eq!(pipeline.write(b"<p>").unwrap_or_default(), b"");
    (out, failure, pipeline.rewriter.seen)
}

#[test]
fn a_body_cut_anywhere_is_an_error() {
    let plain = page(1500);
    let stacks = [&[Gzip][..], &[Deflate], &[Brotli], &[Zstd], &[Gzip, Brotli], &[Zstd, Deflate]];
    for codings in stacks {
        let body = encode(codings, &plain);
        for end in 1..body.len() {
            for split in [end, end / 2] {
                let (a, b) = body[..end].split_at(split);
                let (out, failure, seen) = run_until_error(codings, &[a, b]);
                assert_eq!(failure, Some(PipelineError::Truncated), "{codings:?} {end}");
                assert!(plain.starts_with(&seen));
                if let [coding] = codings {
                    assert!(plain.starts_with(&decode_some(*coding, &out)));
                }
            }
        }
    }
}

#[test]
fn a_second_member_cut_anywhere_is_an_error() {
    let one = encode_one(Gzip, &page(500));
    let body = [&one[..], &one].concat();
    for end in 1..body.len() {
        let failure = run_until_error(&[Gzip], &[&body[..end]]).1;
        assert_eq!(failure.is_none(), end == one.len(), "{end}");
    }
}

#[test]
fn damage_is_an_error_or_decoded_and_never_raw() {
    let plain = page(1200);
    let mut dice = Dice(99);
    for codings in [&[Gzip][..], &[Deflate], &[Brotli], &[Zstd], &[Brotli, Gzip], &[Gzip, Zstd]] {
        let body = encode(codings, &plain);
        for at in 0..body.len() {
            let mut damaged = body.clone();
            damaged[at] ^= 1 << dice.below(8);
            let (a, b) = damaged.split_at(dice.below(damaged.len()));
            let (out, failure, seen) = run_until_error(codings, &[a, b]);
            if failure.is_none() {
                assert_eq!(decode(codings, &out), seen, "{codings:?} {at}");
            } else if let [coding] = codings {
                assert!(seen.starts_with(&decode_some(*coding, &out)), "{codings:?} {at}");
            }
            if matches!(codings, [Gzip]) && failure.is_none() {
                assert_eq!(seen, plain, "a checksum went unchecked at {at}");
            }
        }
    }
}

#[test]
fn noise_never_panics() {
    let mut dice = Dice(5);
    for round in 0..4000 {
        let mut noise: Vec<u8> = (0..dice.below(400)).map(|_| u8::try_from(dice.below(256)).unwrap()).collect();
        let codings = [ALL[dice.below(4)], ALL[dice.below(4)]];
        let codings = &codings[..=(round % 2)];
        // Half the time, noise in the middle of something that began well.
        if round % 4 < 2 {
            let good = encode(codings, &page(300));
            noise.splice(0..0, good[..dice.below(good.len())].iter().copied());
        }
        let (a, b) = noise.split_at(dice.below(noise.len() + 1));
        run_until_error(codings, &[a, b]);
    }
}

#[test]
fn another_coding_than_announced_is_an_error() {
    let plain = page(3000);
    for announced in ALL {
        for sent in ALL {
            let body = encode_one(sent, &plain);
            let failed = run(Copy::default(), coded(&[announced]), &body, || 100).is_err();
            assert_eq!(failed, announced != sent, "{sent:?} sent as {announced:?}");
        }
        let (out, failure, _) = run_until_error(&[announced], &[&plain]);
        assert!(failure.is_some() && out.is_empty(), "{announced:?}");
    }
}

#[test]
fn bombs_end_at_the_ratio() {
    let zeros = vec![b' '; 64 * 1024 * 1024];
    for codings in [&[Gzip][..], &[Deflate], &[Brotli], &[Zstd], &[Gzip, Gzip], &[Brotli, Zstd]] {
        let bomb = encode(codings, &zeros);
        let mut pipeline = Pipeline::new(Swallow::default(), coded(codings));
        let limits = BodyLimits::default();
        let mut received = 0;
        let mut failure = None;
        for chunk in bomb.chunks(64 * 1024) {
            received += chunk.len();
            pipeline.write(chunk).unwrap();
            failure = pipeline.failure();
            if failure.is_some() {
                break;
            }
        }
        assert_eq!(pipeline.write(b"more"), Err(PipelineError::AfterFailure));
        assert_eq!(failure, Some(PipelineError::TooLarge), "{codings:?}");
        let allowed = (received * limits.max_ratio as usize).max(1024 * 1024);
        assert!(pipeline.rewriter.bytes <= allowed, "{codings:?}");
        assert!(pipeline.rewriter.largest <= STEP, "{codings:?}");
    }
}

#[test]
fn a_coding_that_expands_to_nothing_is_a_bomb_too() {
    // A million empty stored blocks of bare deflate, and one skippable frame of 50 MB.
    let blocks: Vec<u8> = [0, 0, 0, 0xff, 0xff].repeat(1_000_000);
    let frame = [&[0x50, 0x2a, 0x4d, 0x18][..], &50_000_000u32.to_le_bytes(), &vec![0; 50_000_000]].concat();
    for (inner, body) in [(Deflate, blocks), (Zstd, frame)] {
        let bomb = encode_one(Gzip, &body);
        let failure = run(Swallow::default(), coded(&[inner, Gzip]), &bomb, || 4096).err();
        assert_eq!(failure, Some(PipelineError::TooLarge));
    }
}

#[test]
fn bodies_end_at_the_absolute_limit_only_when_coded() {
    let plain = page(300_000);
    let limits = BodyLimits { max_decoded_bytes: 200_000, ..BodyLimits::default() };
    for coding in ALL {
        let options = BodyOptions { limits, ..coded(&[coding]) };
        let body = encode_one(coding, &plain);
        let failure = run(Swallow::default(), options, &body, || 1000).err();
        assert_eq!(failure, Some(PipelineError::TooLarge));
    }
    let options = BodyOptions { limits, ..coded(&[]) };
    assert!(run(Swallow::default(), options, &plain, || 1000).is_ok());
}

#[test]
fn a_rewriter_that_gives_up_is_followed_by_the_mask() {
    for codings in [&[][..], &[Gzip]] {
        let body = encode(codings, b"<p>fine\0<img src=x><p class=a>more");
        let options = BodyOptions { masks: true, ..coded(codings) };
        let mut pipeline = Pipeline::new(Shout, options);
        let out = [pipeline.write(&body).unwrap(), pipeline.finish().unwrap()].concat();
        assert_eq!(decode(codings, &out), b"</script><p>fine\0<p>more");
        assert_eq!(pipeline.failure(), Some(PipelineError::Rewrite(RewriteError)));
    }
}

#[test]
fn data_ends_where_its_rewriter_gives_up() {
    for codings in [&[][..], &[Gzip]] {
        let mut pipeline = Pipeline::new(Shout, coded(codings));
        let chunk = encode(codings, b"<p>fine\0raw");
        let failure = Err(PipelineError::Rewrite(RewriteError));
        assert_eq!(pipeline.write(&chunk), failure);
        assert_eq!(pipeline.write(b"more"), Err(PipelineError::AfterFailure));
        assert_eq!(pipeline.finish(), Err(PipelineError::AfterFailure));
    }
}
