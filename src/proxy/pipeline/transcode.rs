//! Making text readable for a rewriter that knows bytes: what the encoding of a body is, and what to do about it.
//!
//! The encoding is what a browser would take (HTML Standard §13.2.3.1): a byte order mark, else the `charset` of
//! `Content-Type`, else what the page says in its first 1024 bytes. In nearly all encodings of the WHATWG standard the bytes
//! of a tag are ASCII and mean ASCII, so the body passes byte for byte. In UTF-16, ISO-2022-JP and `replacement` they are
//! not: those become UTF-8, and a byte order mark goes first, since it beats whatever a header or the page says.
//!
//! Until the encoding is known, bytes are held: three at most when `Content-Type` has a charset; else until the head of the
//! page is over, at most 1024 bytes, or 1445 when it must be seen whether the body is HTML at all. The standards let a
//! browser wait for the same bytes.
//!
//! A style sheet names its encoding with `@charset` (CSS Syntax Level 3 §3.2). In it a backslash or a bracket means
//! something, and in `Shift_JIS`, GBK, gb18030, Big5 and EUC-KR those bytes are halves of letters: there it becomes UTF-8, too.
//!
//! Limits: a page that was ISO-2022-JP sends its forms and queries in UTF-8 once it is transcoded; and the encoding that a
//! browser guesses from the text of a page that names none is not guessed here.

use encoding_rs::{
    BIG5, Decoder, EUC_KR, Encoding, GB18030, GBK, ISO_2022_JP, REPLACEMENT, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE,
};

use super::prescan::{Prescan, prescan};
use super::sniff::is_markup;
use super::{PipelineError, STEP};

const UTF_8_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];
const MARKS: [&[u8]; 3] = [&UTF_8_MARK, &[0xff, 0xfe], &[0xfe, 0xff]];

/// A part of the body.
#[derive(Clone, Copy, Debug)]
pub(super) enum Piece<'a> {
    /// For the rewriter.
    Text(&'a [u8]),
    /// To go out as it is: a byte order mark, or a body that is not text to us.
    Raw(&'a [u8]),
}

/// Takes the parts of a body, each at most [`STEP`] bytes when it is text.
pub(super) type Sink<'a> = dyn FnMut(Piece<'_>) -> Result<(), PipelineError> + 'a;

/// What happens to the bytes.
enum Mode {
    /// Held until it is known.
    Undecided(Vec<u8>),
    /// Passed to the rewriter.
    Text,
    /// Passed around it.
    Untouched,
    /// Made UTF-8 on the way.
    Convert(Box<Decoder>, Vec<u8>),
}

/// The way of one body to its rewriter.
pub(super) struct Transcoder {
    charset: Option<&'static Encoding>,
    sniff: bool,
    sheet: bool,
    mode: Mode,
}

impl Transcoder {
    /// For a body whose head named `charset`, and is to be sniffed when it named no media type. `sheet`: it is CSS.
    pub(super) fn new(charset: Option<&'static Encoding>, sniff: bool, sheet: bool) -> Self {
        Self { charset, sniff, sheet, mode: Mode::Undecided(Vec::new()) }
    }

    /// Whether the body goes to the rewriter; to be asked when it has ended.
    pub(super) fn is_text(&self) -> bool {
        matches!(self.mode, Mode::Text | Mode::Convert(..))
    }

    /// Takes decoded bytes.
    pub(super) fn write(&mut self, bytes: &[u8], sink: &mut Sink<'_>) -> Result<(), PipelineError> {
        match &mut self.mode {
            Mode::Text => sink(Piece::Text(bytes)),
            Mode::Untouched => sink(Piece::Raw(bytes)),
            Mode::Convert(decoder, buffer) => convert(decoder, buffer, bytes, false, sink),
            Mode::Undecided(held) => {
                held.extend_from_slice(bytes);
                self.settle(false, sink)
            }
        }
    }

    /// The body has ended.
    pub(super) fn finish(&mut self, sink: &mut Sink<'_>) -> Result<(), PipelineError> {
        self.settle(true, sink)?;
        match &mut self.mode {
            Mode::Convert(decoder, buffer) => convert(decoder, buffer, &[], true, sink),
            _ => Ok(()),
        }
    }

    /// Decides if that can be done now, and lets go of what was held.
    fn settle(&mut self, last: bool, sink: &mut Sink<'_>) -> Result<(), PipelineError> {
        let Mode::Undecided(held) = &self.mode else {
            return Ok(());
        };
        let Some((mode, mark)) = self.decide(held, last) else {
            return Ok(());
        };
        let Mode::Undecided(held) = std::mem::replace(&mut self.mode, mode) else {
            return Ok(());
        };
        if matches!(self.mode, Mode::Untouched) {
            return sink(Piece::Raw(&held));
        }
        if mark > 0 || matches!(self.mode, Mode::Convert(..)) {
            sink(Piece::Raw(&UTF_8_MARK))?;
        }
        let text = held.get(mark..).unwrap_or_default();
        text.chunks(STEP).try_for_each(|piece| self.write(piece, sink))
    }

    /// What to do with a body that starts with `held`, and how long its byte order mark is.
    fn decide(&self, held: &[u8], last: bool) -> Option<(Mode, usize)> {
        if held.is_empty() {
            // An empty body without a media type is not HTML; any other is an empty text.
            let mode = if self.sniff { Mode::Untouched } else { Mode::Text };
            return last.then_some((mode, 0));
        }
        let unclear = MARKS.iter().any(|mark| mark.len() > held.len() && mark.starts_with(held));
        if unclear && !last {
            return None;
        }
        let (marked, mark) = Encoding::for_bom(held).unzip();
        let mark = mark.unwrap_or(0);
        let text = held.get(mark..).unwrap_or_default();
        if self.sniff && !is_markup(text, marked, last)? {
            return Some((Mode::Untouched, 0));
        }
        let encoding = match marked.or(self.charset) {
            Some(known) => Some(known),
            None => match if self.sheet { at_charset(text, last) } else { prescan(text, last) } {
                Prescan::Found(encoding) => Some(encoding),
                Prescan::Nothing => None,
                Prescan::More => return None,
            },
        };
        let mode = match encoding {
            Some(encoding) if !keeps_ascii(encoding) || (self.sheet && shares_ascii(encoding)) => {
                let decoder = encoding.new_decoder_without_bom_handling();
                Mode::Convert(Box::new(decoder), vec![0; STEP])
            }
            _ => Mode::Text,
        };
        Some((mode, mark))
    }
}

/// Whether the ASCII bytes of a text mean ASCII, wherever markup can be.
fn keeps_ascii(encoding: &'static Encoding) -> bool {
    ![UTF_16LE, UTF_16BE, ISO_2022_JP, REPLACEMENT].contains(&encoding)
}

/// Whether bytes that mean something in CSS are halves of letters as well.
fn shares_ascii(encoding: &'static Encoding) -> bool {
    [SHIFT_JIS, GBK, GB18030, BIG5, EUC_KR].contains(&encoding)
}

/// The encoding that a style sheet names (CSS Syntax Level 3 §3.2, "determine the fallback encoding"): these very bytes at
/// its start, and the end of them within its first 1024.
fn at_charset(sheet: &[u8], last: bool) -> Prescan {
    const START: &[u8] = b"@charset \"";
    let same = START.iter().zip(sheet).take_while(|(known, byte)| known == byte).count();
    let more = if last { Prescan::Nothing } else { Prescan::More };
    if same < START.len() {
        return if same == sheet.len() { more } else { Prescan::Nothing };
    }
    let sheet = sheet.get(..1024).unwrap_or(sheet);
    let named = sheet.get(START.len()..).unwrap_or_default();
    let Some(end) = memchr::memchr(b'"', named) else {
        return if sheet.len() < 1024 { more } else { Prescan::Nothing };
    };
    match named.get(end + 1) {
        Some(b';') => {}
        None if sheet.len() < 1024 => return more,
        _ => return Prescan::Nothing,
    }
    match Encoding::for_label(named.get(..end).unwrap_or_default()) {
        // Whoever could read this was not reading UTF-16.
        Some(encoding) if [UTF_16BE, UTF_16LE].contains(&encoding) => Prescan::Found(UTF_8),
        Some(encoding) => Prescan::Found(encoding),
        None => Prescan::Nothing,
    }
}

fn convert(
    decoder: &mut Decoder,
    buffer: &mut [u8],
    mut bytes: &[u8],
    last: bool,
    sink: &mut Sink<'_>,
) -> Result<(), PipelineError> {
    loop {
        let (result, read, written, _) = decoder.decode_to_utf8(bytes, buffer, last);
        bytes = bytes.get(read..).unwrap_or_default();
        if written > 0 {
            sink(Piece::Text(buffer.get(..written).unwrap_or_default()))?;
        }
        if result == encoding_rs::CoderResult::InputEmpty {
            return Ok(());
        }
    }
}
