//! Style sheets in a page: of `style` elements and attributes, by the code of [`css`](crate::enforce::css).
//!
//! The text of HTML's `style` is the sheet as it stands. Inside of SVG and MathML it is text like any other: character
//! references mean letters there, and comments, CDATA sections and elements may stand between its parts. The parts are one
//! sheet; a token that something stands in is closed or made inert, so that it ends there for everybody.

use memchr::memchr;

use super::Rewriter;
use super::address::decode;
use super::element::Verdicts;
use super::tag::Tag;
use super::tokens::Out;
use crate::enforce::{Judge, css};

/// Stands before a letter above ASCII that a reference means, in three bytes of seven bits. No UTF-8 has it, and no text in
/// another encoding makes sense of it (`÷øÿ`).
const LETTER: &[u8] = &[0xf7, 0xf8, 0xff];

/// The longest character reference that is followed, in bytes. The longest name has 33.
const LONGEST_REFERENCE: usize = 64;

impl Verdicts {
    /// Reads a style sheet that stands at this point of the page.
    pub(super) fn sheet(&self, judge: &Judge, max_token_bytes: usize) -> css::Rewriter {
        css::Rewriter::within(judge.fork(), self.bases.clone(), self.own_host_is_plain, max_token_bytes)
    }

    /// What declarations of an attribute become, and whose addresses are made inert in them; `None` when they stay.
    pub(super) fn declarations(&self, judge: &mut Judge, text: &[u8]) -> Option<(Vec<u8>, Vec<String>)> {
        css::declarations(judge, css::Bases { urls: &self.bases, plain: self.own_host_is_plain }, text)
    }
}

/// Whether the text of a `style` element is a sheet to anybody (HTML Standard §4.2.6): of no type, or of CSS's, which browsers
/// of yesterday read more kindly.
pub(super) fn is_sheet(tag: &Tag<'_>) -> bool {
    tag.value("type").is_none_or(|kind| {
        let kind = decode(kind);
        let essence = kind.split(';').next().unwrap_or_default().trim();
        essence.is_empty() || essence.eq_ignore_ascii_case("text/css")
    })
}

/// The sheet of a `style` element whose text is read as markup is.
#[derive(Debug)]
pub(super) struct MarkupSheet {
    sheet: css::Rewriter,
    /// A character reference that is not over yet.
    reference: Vec<u8>,
    /// The page stays as it is, whatever is found.
    passes: bool,
}

impl MarkupSheet {
    /// Text in which character references mean letters.
    fn text(&mut self, raw: &[u8], output: &mut Vec<u8>) {
        let mut decoded = Vec::with_capacity(raw.len());
        let mut rest = raw;
        while let Some((first, behind)) = rest.split_first() {
            if self.reference.is_empty() {
                let stop = memchr(b'&', rest).unwrap_or(rest.len());
                decoded.extend_from_slice(rest.get(..stop).unwrap_or_default());
                if let Some(behind) = rest.get(stop..).and_then(|rest| rest.strip_prefix(b"&")) {
                    self.reference.push(b'&');
                    rest = behind;
                    continue;
                }
                break;
            }
            let goes_on = first.is_ascii_alphanumeric() || *first == b'#';
            if goes_on || *first == b';' {
                self.reference.push(*first);
                rest = behind;
            }
            if !goes_on || self.reference.len() > LONGEST_REFERENCE {
                self.dereference(&mut decoded);
            }
        }
        self.sheet(&decoded, output);
    }

    fn dereference(&mut self, decoded: &mut Vec<u8>) {
        let reference = std::mem::take(&mut self.reference);
        for letter in htmlize::unescape(String::from_utf8_lossy(&reference)).chars() {
            if let Some(byte) = u8::try_from(letter).ok().filter(u8::is_ascii) {
                decoded.push(byte);
                continue;
            }
            // The page may be in another encoding: it goes out as a number again.
            decoded.extend_from_slice(LETTER);
            let number = u32::from(letter);
            decoded.extend([14, 7, 0].map(|shift| 0x80 | u8::try_from((number >> shift) & 0x7f).unwrap_or(0)));
        }
    }

    /// Letters as they are.
    fn sheet(&mut self, letters: &[u8], output: &mut Vec<u8>) {
        let mut written = Vec::with_capacity(letters.len());
        self.sheet.write(letters, &mut written);
        self.put(&written, output);
    }

    /// Writes letters as text of markup.
    fn put(&self, letters: &[u8], output: &mut Vec<u8>) {
        if self.passes {
            return;
        }
        let mut rest = letters;
        while let Some((letter, behind)) = rest.split_first() {
            rest = behind;
            match letter {
                247 if behind.starts_with(LETTER.get(1..).unwrap_or_default()) && behind.len() >= 5 => {
                    let number = behind
                        .iter()
                        .skip(2)
                        .take(3)
                        .fold(0_u32, |number, byte| (number << 7) | u32::from(byte & 0x7f));
                    output.extend_from_slice(format!("&#{number};").as_bytes());
                    rest = behind.get(5..).unwrap_or_default();
                }
                b'&' => output.extend_from_slice(b"&amp;"),
                b'<' => output.extend_from_slice(b"&lt;"),
                letter => output.push(*letter),
            }
        }
    }

    /// Something else stands between this part of the text and the next; or, with `last`, nothing follows at all, so that
    /// what is begun ends by itself.
    fn cut(&mut self, last: bool, output: &mut Vec<u8>) {
        let mut decoded = Vec::new();
        self.dereference(&mut decoded);
        self.sheet(&decoded, output);
        let mut written = Vec::new();
        if last {
            self.sheet.end(&mut written);
        } else {
            self.sheet.cut(&mut written);
        }
        self.put(&written, output);
    }
}

impl Rewriter {
    /// A `style` element of SVG or MathML begins.
    pub(super) fn open_sheet(&mut self) {
        self.close_sheet();
        let sheet = self.verdicts.sheet(&self.judge, self.max_token_bytes);
        let passes = self.judge.passes_everything();
        self.sheet = Some(Box::new(MarkupSheet { sheet, reference: Vec::new(), passes }));
    }

    /// Text of such an element, from `start` to `end`.
    pub(super) fn sheet_text(&mut self, out: &mut Out<'_>, start: usize, end: usize) {
        let Some(sheet) = &mut self.sheet else { return };
        let raw = out.slice(start, end);
        if sheet.passes {
            sheet.text(raw, &mut Vec::new());
        } else {
            sheet.text(raw, out.replace(start, end));
        }
    }

    /// The inside of a CDATA section of such an element; gives what becomes of it.
    pub(super) fn sheet_letters(sheet: Option<&mut Box<MarkupSheet>>, letters: &[u8]) -> Option<Vec<u8>> {
        let sheet = sheet?;
        let mut written = Vec::with_capacity(letters.len());
        sheet.sheet.write(letters, &mut written);
        (!sheet.passes).then_some(written)
    }

    /// Something that is no text of such an element begins at `at`; with `last`, nothing does.
    pub(super) fn cut_sheet(&mut self, out: &mut Out<'_>, at: usize, last: bool) {
        let Some(sheet) = &mut self.sheet else { return };
        if sheet.passes {
            sheet.cut(last, &mut Vec::new());
        } else {
            sheet.cut(last, out.replace(at, at));
        }
    }

    /// Such an element is over.
    pub(super) fn close_sheet(&mut self) {
        if let Some(mut sheet) = self.sheet.take() {
            self.judge.absorb(sheet.sheet.take_journal());
        }
    }
}
