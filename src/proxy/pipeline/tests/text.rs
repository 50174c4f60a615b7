//! Encodings, byte order marks, and bodies that are not text.

use encoding_rs::{EUC_JP, Encoding, ISO_2022_JP, REPLACEMENT, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::*;

const MARK: &[u8] = b"\xef\xbb\xbf";
const PAGE: &str = "<!doctype html><html><body><p>\u{65e5}\u{672c}\u{8a9e} caf\u{e9} \u{1f36a}</p></body></html>";

fn le(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn be(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

fn iso_2022_jp(text: &str) -> Vec<u8> {
    ISO_2022_JP.encode(text).0.into_owned()
}

/// What goes out, and what the rewriter was given; the same in every cut.
fn text(charset: Option<&'static Encoding>, sniff: bool, body: &[u8]) -> (Vec<u8>, Copy) {
    let options = BodyOptions { charset, sniff, ..BodyOptions::default() };
    let (out, whole) = run(Copy::default(), options.clone(), body, || usize::MAX).unwrap();
    for size in [1, 2, 3, 5, 100] {
        let (cut, copy) = run(Copy::default(), options.clone(), body, || size).unwrap();
        assert_eq!(cut, out, "cut {size}");
        assert_eq!((copy.seen, copy.ended), (whole.seen.clone(), whole.ended), "cut {size}");
    }
    (out, whole)
}

fn marked(text: &[u8]) -> Vec<u8> {
    [MARK, text].concat()
}

#[test]
fn utf_16_becomes_utf_8() {
    let cases: [(Vec<u8>, Option<&'static Encoding>); 6] = [
        (le(PAGE), Some(UTF_16LE)),
        (be(PAGE), Some(UTF_16BE)),
        ([b"\xff\xfe", &le(PAGE)[..]].concat(), None),
        ([b"\xfe\xff", &be(PAGE)[..]].concat(), None),
        ([b"\xff\xfe", &le(PAGE)[..]].concat(), Some(UTF_16BE)),
        ([b"\xfe\xff", &be(PAGE)[..]].concat(), Some(WINDOWS_1252)),
    ];
    for (i, (body, charset)) in cases.iter().enumerate() {
        let (out, copy) = text(*charset, false, body);
        assert_eq!(copy.seen, PAGE.as_bytes(), "case {i}");
        assert_eq!(out, marked(PAGE.as_bytes()), "case {i}");
    }
}

#[test]
fn utf_16_stays_coded() {
    let body = encode(&[Brotli, Gzip], &le(&PAGE.repeat(2000)));
    let options = BodyOptions { charset: Some(UTF_16LE), ..coded(&[Brotli, Gzip]) };
    let (out, copy) = run(Copy::default(), options, &body, || 500).unwrap();
    assert_eq!(decode(&[Brotli, Gzip], &out), marked(PAGE.repeat(2000).as_bytes()));
    assert!(copy.largest <= crate::proxy::pipeline::STEP);
}

#[test]
fn half_a_character_at_the_end_is_replaced() {
    let body = [&le("<p>a")[..], b"x"].concat();
    assert_eq!(text(Some(UTF_16LE), false, &body).0, marked("<p>a\u{fffd}".as_bytes()));
}

#[test]
fn iso_2022_jp_becomes_utf_8() {
    let japanese = "<p>\u{65e5}\u{672c}\u{8a9e}</p><img src=x>";
    let (out, _) = text(Some(ISO_2022_JP), false, &iso_2022_jp(japanese));
    assert_eq!(out, marked(japanese.as_bytes()));
    let declared = format!("<html><head><meta charset=\"iso-2022-jp\"></head><body>{japanese}");
    let (out, _) = text(None, false, &iso_2022_jp(&declared));
    assert_eq!(out, marked(declared.as_bytes()));
    let other = "<meta http-equiv=Content-Type content='text/html; charset=ISO-2022-JP'>";
    let (out, _) = text(None, false, &iso_2022_jp(&format!("{other}{japanese}")));
    assert_eq!(out, marked(format!("{other}{japanese}").as_bytes()));
}

#[test]
fn replacement_encodings_show_one_character() {
    let (out, copy) = text(Some(REPLACEMENT), false, b"<script src=//t></script>");
    assert_eq!(out, marked("\u{fffd}".as_bytes()));
    assert_eq!(copy.seen, "\u{fffd}".as_bytes());
}

#[test]
fn other_encodings_pass_byte_for_byte() {
    let every_byte: Vec<u8> = (0..=255).cycle().take(3000).collect();
    for charset in [None, Some(UTF_8), Some(WINDOWS_1252), Some(SHIFT_JIS), Some(EUC_JP)] {
        let (out, copy) = text(charset, false, &every_byte);
        assert!(out == every_byte && copy.seen == every_byte, "{charset:?}");
    }
    // UTF-16 in its own ASCII bytes means UTF-8; a header beats what the page says.
    for (charset, label) in [(None, "utf-16"), (Some(UTF_8), "iso-2022-jp"), (None, "x-user-defined")] {
        let body = format!("<meta charset={label}>\u{e9}").into_bytes();
        assert_eq!(text(charset, false, &body).0, body);
    }
}

#[test]
fn a_mark_stays_first_and_is_not_text() {
    for charset in [None, Some(UTF_8), Some(UTF_16LE), Some(ISO_2022_JP)] {
        let (out, copy) = text(charset, false, &marked(PAGE.as_bytes()));
        assert_eq!(out, marked(PAGE.as_bytes()));
        assert_eq!(copy.seen, PAGE.as_bytes());
    }
    for short in [&b"\xef"[..], b"\xef\xbb", b"\xff", b"\xfe", MARK, b"\xef\xbba"] {
        assert_eq!(text(Some(UTF_8), false, short).0, short);
    }
    assert_eq!(text(None, false, b"\xff\xfe").0, MARK);
}

#[test]
fn bytes_are_held_only_until_the_encoding_is_known() {
    let first_write = |charset, sniff, chunk: &[u8]| {
        let options = BodyOptions { charset, sniff, ..BodyOptions::default() };
        Pipeline::new(Copy::default(), options).write(chunk).unwrap().len()
    };
    assert_eq!(first_write(Some(UTF_8), false, b"a"), 1);
    assert_eq!(first_write(Some(UTF_8), false, MARK), 3);
    assert_eq!(first_write(None, false, b"<p>one</p>"), 10);
    assert_eq!(first_write(None, false, b"<head><meta charset=utf-8>"), 26);
    assert_eq!(first_write(None, false, b"<head><title>a"), 0);
    assert_eq!(first_write(None, false, &[b'a'; 1023]), 0);
    assert_eq!(first_write(None, false, &[b'a'; 1024]), 1024);
    assert_eq!(first_write(None, true, b"{\"a\":"), 5);
    assert_eq!(first_write(None, true, b"  \n<di"), 0);
    assert_eq!(first_write(None, true, b"  \n<div>"), 8);
}

#[test]
fn what_is_not_html_passes_untouched() {
    let wide = [b"\xff\xfe", &le("{\"a\":1}")[..]].concat();
    for body in [&b"{\"a\":\"<p>\"}"[..], b"GIF89a\0\0", b"", b"   ", b"<?php?>", &marked(b"plain"), &wide] {
        let (out, copy) = text(None, true, body);
        assert_eq!(out, body);
        assert!(copy.seen.is_empty() && !copy.ended);
        let options = BodyOptions { sniff: true, ..coded(&[Zstd]) };
        let (out, _) = run(Shout, options, &encode(&[Zstd], body), || 3).unwrap();
        assert_eq!(decode(&[Zstd], &out), body);
    }
}

#[test]
fn html_without_a_media_type_is_rewritten() {
    let wide = [b"\xff\xfe", &le(PAGE)[..]].concat();
    for body in [PAGE.as_bytes(), &marked(PAGE.as_bytes()), &wide] {
        let (_, copy) = text(None, true, body);
        assert!(copy.ended && copy.seen == PAGE.as_bytes());
    }
}
