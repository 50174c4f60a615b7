//! What a page says about its own encoding before it is parsed (HTML Standard §13.2.3.2, "prescan a byte stream").
//!
//! The answer is a function of the bytes alone, however they were cut: the scan looks at more and more of the same prefix
//! and stays with what it once said. It departs from the standard in one point: it says [`Prescan::Nothing`] as soon as a
//! tag has ended the head, instead of going on to byte 1024, so that a short first flush is not held back. A `meta` in the
//! body of a page whose `Content-Type` names no charset is thus not seen here. It does not guess encodings from text, and
//! it does not look behind byte 1024, as some browsers do.

mod meta;

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};
use memchr::memmem;

use meta::{Attribute, attribute, meta, readable};

/// How much of a page is looked at, in bytes.
pub(super) const WINDOW: usize = 1024;

/// Elements that do not end the head.
const HEAD: [&str; 10] = ["html", "head", "meta", "title", "link", "script", "style", "base", "noscript", "template"];
/// Elements whose content may look like tags. The standard's scan does not know them; they only keep the head open here.
const TEXT: [&str; 4] = ["title", "script", "style", "noscript"];

/// What a page says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prescan {
    /// It names an encoding.
    Found(&'static Encoding),
    /// It names none.
    Nothing,
    /// The bytes so far do not tell.
    More,
}

/// Scans the start of a page. With `last`, no more of it will come.
pub(super) fn prescan(page: &[u8], last: bool) -> Prescan {
    let complete = last || page.len() >= WINDOW;
    let page = page.get(..WINDOW).unwrap_or(page);
    if page.starts_with(b"<\0?\0x\0") {
        return Prescan::Found(UTF_16LE);
    }
    if page.starts_with(b"\0<\0?\0x") {
        return Prescan::Found(UTF_16BE);
    }
    match scan(page) {
        Some(Prescan::Nothing) => {}
        Some(found) => return found,
        None if complete => {}
        None => return Prescan::More,
    }
    xml_declaration(page).map_or(Prescan::Nothing, Prescan::Found)
}

/// `None`: the bytes end before anything is clear.
fn scan(mut rest: &[u8]) -> Option<Prescan> {
    // The element whose text we are in.
    let mut inside: Option<&str> = None;
    loop {
        let at = memchr::memchr(b'<', rest)?;
        rest = rest.get(at + 1..)?;
        let next = *rest.first()?;
        if next == b'!' && b"!--".starts_with(rest.get(..3)?) {
            // The dashes that open a comment may be those that close it.
            let end = memmem::find(rest.get(1..)?, b"-->")?;
            rest = rest.get(end + 4..)?;
        } else if matches!(next, b'!' | b'?') {
            rest = rest.get(memchr::memchr(b'>', rest)? + 1..)?;
        } else {
            let closing = next == b'/';
            let name_at = usize::from(closing);
            if !rest.get(name_at)?.is_ascii_alphabetic() {
                if closing {
                    rest = rest.get(memchr::memchr(b'>', rest)? + 1..)?;
                }
                continue;
            }
            let tag = rest.get(name_at..)?;
            let end = tag.iter().position(|&b| b == b'>' || is_space(b) || b == b'/')?;
            let (name, after) = tag.split_at_checked(end)?;
            rest = after;
            let is = |known: &&str| name.eq_ignore_ascii_case(known.as_bytes());
            if !closing && is(&"meta") {
                if let Prescan::Found(encoding) = meta(&mut rest)? {
                    return Some(Prescan::Found(encoding));
                }
                continue;
            }
            while let Attribute::Named(..) = attribute(&mut rest)? {}
            if let Some(text) = inside {
                if closing && is(&text) {
                    inside = None;
                }
            } else if !closing {
                if !HEAD.iter().any(is) {
                    return Some(Prescan::Nothing);
                }
                inside = TEXT.into_iter().find(is);
            }
        }
    }
}

/// The encoding that an XML declaration at the very start names ("get an XML encoding").
fn xml_declaration(page: &[u8]) -> Option<&'static Encoding> {
    let declaration = page.strip_prefix(b"<?xml")?;
    let declaration = declaration.get(..memchr::memchr(b'>', declaration)?)?;
    let after = declaration.get(memmem::find(declaration, b"encoding")? + 8..)?;
    let control = |b: &u8| *b <= b' ';
    let skip = |bytes: &'_ [u8]| bytes.iter().take_while(|b| control(b)).count();
    let after = after.get(skip(after)..)?.strip_prefix(b"=")?;
    let after = after.get(skip(after)..)?;
    let (quote @ (b'"' | b'\''), quoted) = after.split_first()? else {
        return None;
    };
    let label = quoted.get(..memchr::memchr(*quote, quoted)?)?;
    if label.iter().any(control) {
        return None;
    }
    Encoding::for_label(label).map(readable)
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | 0x0c | b'\r' | b' ')
}

#[cfg(test)]
mod tests {
    use super::{Prescan, WINDOW, prescan};

    /// The name of what was found, `""` for nothing and `"?"` for not yet.
    fn name(page: &[u8], last: bool) -> &'static str {
        match prescan(page, last) {
            Prescan::Found(encoding) => encoding.name(),
            Prescan::Nothing => "",
            Prescan::More => "?",
        }
    }

    const PAGES: [(&str, &str); 34] = [
        ("", ""),
        ("<meta charset=gbk>", "GBK"),
        ("<META\tCHARSET = 'ISO-2022-JP' />", "ISO-2022-JP"),
        ("<meta/charset=\"gbk\"/>", "GBK"),
        ("<meta charset=utf-16le>", "UTF-8"),
        ("<meta charset=x-user-defined>", "windows-1252"),
        ("<meta charset=iso-2022-kr>", "replacement"),
        ("<meta charset=nonsense><meta charset=gbk>", "GBK"),
        ("<meta charset=gbk", ""),
        ("<meta x charset=gbk charset=utf-8>", "GBK"),
        ("<metax charset=gbk>", ""),
        ("<meta name=charset content='text/html;charset=gbk'>", ""),
        ("<meta http-equiv=content-type content='text/html;charset=gbk'>", "GBK"),
        ("<meta content='text/html; charset = \"gbk\" x' http-equiv=Content-Type>", "GBK"),
        ("<meta http-equiv=refresh content='text/html;charset=gbk'>", ""),
        ("<meta http-equiv=content-type content='charset charset=gbk;'>", "GBK"),
        ("<meta http-equiv=content-type content='charset=\"gbk'>", ""),
        ("<meta http-equiv=content-type content='charset=gbk' charset=utf-8>", "UTF-8"),
        ("<!-- <meta charset=gbk> --><meta charset=utf-8>", "UTF-8"),
        ("<!--><meta charset=gbk>", "GBK"),
        ("<!-- <meta charset=gbk>", ""),
        ("<!doctype html><meta charset=gbk>", "GBK"),
        ("</ <meta charset=utf-8><meta charset=gbk>", "GBK"),
        ("<? <meta charset=utf-8><meta charset=gbk>", "GBK"),
        ("<1<meta charset=gbk>", "GBK"),
        ("<link title='<meta charset=utf-8>' x=1><meta charset=gbk>", "GBK"),
        ("<title>a <b> c</title><meta charset=gbk>", "GBK"),
        ("<script>w('<p>')</script x><meta charset=gbk>", "GBK"),
        ("<script>w('<p>')</script><p><meta charset=gbk>", ""),
        ("<html><body><meta charset=gbk>", ""),
        ("<?xml version='1.0' encoding='gbk'?><html>", "GBK"),
        ("<?xml encoding = \"utf-16\"?><p>", "UTF-8"),
        ("<?xml encoding='gbk'?><meta charset=utf-8>", "UTF-8"),
        ("text <b", ""),
    ];

    #[test]
    fn pages_say_what_the_standard_reads() {
        for (page, expected) in PAGES {
            assert_eq!(name(page.as_bytes(), true), expected, "{page}");
        }
        assert_eq!(name(b"<\0?\0x\0m\0", true), "UTF-16LE");
        assert_eq!(name(b"\0<\0?\0x\0m", true), "UTF-16BE");
    }

    #[test]
    fn an_answer_once_given_stays() {
        for (page, expected) in PAGES {
            for end in 0..=page.len() {
                let early = name(&page.as_bytes()[..end], false);
                assert!(early == "?" || early == expected, "{page} at {end}: {early}");
            }
        }
    }

    #[test]
    fn the_window_ends() {
        let meta = "<meta charset=gbk>";
        for (padding, expected) in [(WINDOW - meta.len(), "GBK"), (WINDOW - meta.len() + 1, "")] {
            let page = format!("{}{meta}", " ".repeat(padding));
            assert_eq!(name(page.as_bytes(), false), expected);
        }
        assert_eq!(name(&[b' '; WINDOW - 1], false), "?");
    }
}
