//! The tokenizer: CSS Syntax Level 3 §4.3, over bytes that may stop anywhere.
//!
//! Only strings and addresses that may be fetched are held back until they can be judged; everything else passes as it is
//! read, a name of at most some hundred bytes at a time.

use super::Asking;
use super::context::{Context, Strings};
use super::scan::{self, Name, in_name, is_escape, is_newline, is_space};
use super::span::{Form, Span};

/// What an address begins with that carries what it means.
const DATA: &[u8] = b"data:";

/// What a tokenizer is in.
#[derive(Debug)]
enum Mode {
    /// Between tokens.
    Top,
    Comment,
    /// In a name that is too long to be one that matters.
    LongName,
    /// Behind `url(`, where white space may still be followed by a quote.
    Address,
    /// In something that is held back until it can be judged, from its first byte.
    Held {
        span: Span,
        strings: Strings,
    },
    /// In a string or address of which the rest passes, or is gone.
    Rest {
        span: Span,
        gone: bool,
    },
    /// In what follows a letter that may not be in an address, to the next `)`.
    Remnants {
        gone: bool,
    },
}

/// Reads one sheet.
#[derive(Debug)]
pub(super) struct Reader {
    mode: Mode,
    context: Context,
}

/// Writes what passes in one piece until something is put in its place.
struct Output<'a> {
    bytes: &'a [u8],
    written: usize,
    to: &'a mut Vec<u8>,
}

impl Output<'_> {
    fn pass(&mut self, until: usize) {
        self.to.extend_from_slice(self.bytes.get(self.written..until).unwrap_or_default());
        self.written = until;
    }

    /// What stands between `from` and `until` does not pass.
    fn skip(&mut self, from: usize, until: usize) {
        self.pass(from);
        self.written = until;
    }
}

impl Reader {
    pub(super) const fn new() -> Self {
        Self { mode: Mode::Top, context: Context::new() }
    }

    /// Works through `bytes` and gives how many of them are done with. With `last`, all are.
    pub(super) fn run(&mut self, asking: &mut Asking<'_>, bytes: &[u8], last: bool, output: &mut Vec<u8>) -> usize {
        let mut output = Output { bytes, written: 0, to: output };
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let used = match &mut self.mode {
                Mode::Top => self.top(asking, rest, last, at, &mut output),
                Mode::Held { .. } => self.held(asking, rest, last, at, &mut output),
                _ => self.through(rest, last, at, &mut output),
            };
            match used {
                Some(used) => at += used,
                None => break,
            }
        }
        output.pass(at);
        at
    }

    /// Ends what is begun; `held` is what is left of it. What is written ends it for those who read on, too: two line breaks
    /// end a name even behind an escape, and a string as a bad one.
    pub(super) fn cut(&mut self, asking: &mut Asking<'_>, mut held: Vec<u8>, output: &mut Vec<u8>) {
        const ENDS: &[u8] = b"\n\n";
        match std::mem::replace(&mut self.mode, Mode::Top) {
            Mode::Top if held.is_empty() => {}
            Mode::Top => {
                held.extend_from_slice(ENDS);
                self.run(asking, &held, true, output);
            }
            Mode::Held { span, strings } => {
                let decision = asking.unreadable("url()");
                let address = scan::text(held.get(span.start()..).unwrap_or_default());
                match decision.map(|decision| asking.refuse(&decision, address)) {
                    Some(refused) => refused.write(strings, if span.form == Form::Bare { ")" } else { "" }, output),
                    None => output.extend_from_slice(&held),
                }
                self.context.addressed();
            }
            Mode::Rest { gone: true, .. } | Mode::Remnants { gone: true } => {}
            mode => {
                output.extend_from_slice(&held);
                output.extend_from_slice(match mode {
                    Mode::Comment => b"*/",
                    Mode::Rest { span: Span { form: Form::String(_), .. }, .. } | Mode::LongName => ENDS,
                    _ => b"\n\n)",
                });
            }
        }
    }

    /// Reads one token; gives its length, `None` when more must be seen.
    fn top(
        &mut self,
        asking: &mut Asking<'_>,
        rest: &[u8],
        last: bool,
        at: usize,
        output: &mut Output<'_>,
    ) -> Option<usize> {
        let first = *rest.first()?;
        let second = rest.get(1).copied();
        if is_space(first) {
            return Some(rest.iter().position(|byte| !is_space(*byte)).unwrap_or(rest.len()));
        }
        match first {
            b'"' | b'\'' => {
                let span = Span::new(Form::String(first));
                let strings = self.context.strings();
                self.context.other();
                self.mode = match strings {
                    Strings::Text => Mode::Rest { span, gone: false },
                    strings => Mode::Held { span, strings },
                };
                return Some(0);
            }
            b'/' if second == Some(b'*') => {
                self.mode = Mode::Comment;
                return Some(2);
            }
            b'/' if second.is_none() && !last => return None,
            b'<' => {
                const OPENING: &[u8] = b"<!--";
                let same = OPENING.iter().zip(rest).take_while(|(known, byte)| known == byte).count();
                if same == rest.len() && same < OPENING.len() && !last {
                    return None;
                }
                if same == OPENING.len() {
                    return Some(same);
                }
            }
            b'-' if rest.starts_with(b"-->") => return Some(3),
            b'-' if !last && b"-->".starts_with(rest) => return None,
            b'#' => {
                let behind = rest.get(1..).unwrap_or_default();
                let named = match behind {
                    [] => last.then_some(false)?,
                    [b'\\', ..] => is_escape(behind, last)?,
                    [byte, ..] => in_name(*byte),
                };
                let name = if named { Some(scan::name(behind, last)?) } else { None };
                self.context.other();
                return Some(1 + name.map_or(0, |name| self.passed(name)));
            }
            b'@' => {
                let behind = rest.get(1..).unwrap_or_default();
                if scan::name_begins(behind, last)? {
                    let name = scan::name(behind, last)?;
                    self.context.at_rule(&scan::meaning(behind.get(..name.length).unwrap_or_default()));
                    return Some(1 + self.passed(name));
                }
            }
            b'(' | b'[' => self.context.bracket(if first == b'(' { b')' } else { b']' }),
            b'{' => self.context.brace(),
            b')' | b']' | b'}' => self.context.close(first),
            b';' => self.context.semicolon(),
            b':' => self.context.colon(),
            b'0'..=b'9' | b'.' | b'+' | b'-' => {
                let number = scan::number(rest, last)?;
                if number.length > 0 {
                    self.context.other();
                    return Some(self.passed(number));
                }
                if scan::name_begins(rest, last)? {
                    return self.name(asking, rest, last, at, output);
                }
                self.context.other();
            }
            _ if scan::name_begins(rest, last)? => return self.name(asking, rest, last, at, output),
            _ => self.context.other(),
        }
        if matches!(first, b'<' | b'@' | b'/') {
            self.context.other();
        }
        Some(1)
    }

    /// Takes note of whether the name goes on, and gives its length.
    fn passed(&mut self, name: Name) -> usize {
        if name.long {
            self.mode = Mode::LongName;
        }
        name.length
    }

    /// A name, or a function's.
    fn name(
        &mut self,
        asking: &mut Asking<'_>,
        rest: &[u8],
        last: bool,
        at: usize,
        output: &mut Output<'_>,
    ) -> Option<usize> {
        let name = scan::name(rest, last)?;
        let written = rest.get(..name.length).unwrap_or_default();
        if name.long || rest.get(name.length) != Some(&b'(') {
            if self.context.declares() {
                self.context.name(&scan::meaning(written));
            } else {
                self.context.other();
            }
            return Some(self.passed(name));
        }
        let meaning = scan::meaning(written);
        let behind = name.length + 1;
        if meaning == b"url" {
            self.context.other();
            self.mode = Mode::Address;
            return Some(behind);
        }
        if meaning == b"expression" && asking.unreadable("expression()").is_some() {
            output.pass(at);
            output.to.extend_from_slice(b"vestibule-");
        }
        if name.wide && meaning.ends_with(b"\x80url") && asking.unreadable("url()").is_some() {
            // To some it is a letter and an address, to others a function; now it is a function to all.
            output.pass(at + name.length);
            output.to.push(b'-');
        }
        self.context.function(&meaning);
        Some(behind)
    }

    /// In something that is held back.
    fn held(
        &mut self,
        asking: &mut Asking<'_>,
        rest: &[u8],
        last: bool,
        at: usize,
        output: &mut Output<'_>,
    ) -> Option<usize> {
        let Mode::Held { span, strings } = &mut self.mode else { return Some(0) };
        let strings = *strings;
        let start = span.start();
        // Whatever a `data:` address carries, it is here already; a sheet in it is read.
        let begun = rest.get(start..).unwrap_or_default();
        if strings != Strings::Import && begun.get(..DATA.len()).is_some_and(|begun| begun.eq_ignore_ascii_case(DATA)) {
            self.mode = Mode::Rest { span: *span, gone: false };
            return Some(0);
        }
        let end = span.search(rest, last);
        let length = end.map_or(span.searched, |end| end.length);
        let (span, tail) = (*span, if span.form == Form::Bare { ")" } else { "" });
        if length > asking.max_token_bytes {
            let refused = asking.unreadable("url()").map(|decision| asking.refuse(&decision, b"too-long".to_vec()));
            if let Some(refused) = &refused {
                output.pass(at);
                refused.write(strings, tail, output.to);
            }
            self.context.addressed();
            self.mode = Mode::Rest { span, gone: refused.is_some() };
            return Some(0);
        }
        let end = end?;
        if end.bad {
            self.mode = if span.form == Form::Bare { Mode::Remnants { gone: false } } else { Mode::Top };
            return Some(end.length);
        }
        self.mode = Mode::Top;
        self.context.addressed();
        let written = rest.get(start..end.inner).unwrap_or_default();
        if let Some(refused) = asking.address(written, strings, self.context.is_font()) {
            output.skip(at, at + end.length);
            refused.write(strings, tail, output.to);
        }
        Some(end.length)
    }

    /// In something that passes as it is read, or is gone.
    fn through(&mut self, rest: &[u8], last: bool, at: usize, output: &mut Output<'_>) -> Option<usize> {
        match &mut self.mode {
            Mode::Comment => {
                let Some(end) = memchr::memmem::find(rest, b"*/") else {
                    // A star may be the first half of the end.
                    let held = usize::from(!last && rest.ends_with(b"*"));
                    return Some(rest.len() - held).filter(|used| *used > 0);
                };
                self.mode = Mode::Top;
                Some(end + 2)
            }
            Mode::LongName => {
                let length = rest.iter().position(|byte| !in_name(*byte)).unwrap_or(rest.len());
                let here = rest.get(length..).unwrap_or_default();
                if here.is_empty() {
                    return Some(length);
                }
                if here.starts_with(b"\\") {
                    return match is_escape(here, last) {
                        Some(true) => Some(length + scan::escape(here, last)?.0),
                        Some(false) => {
                            self.mode = Mode::Top;
                            Some(length)
                        }
                        None => Some(length).filter(|used| *used > 0),
                    };
                }
                self.mode = Mode::Top;
                Some(length)
            }
            Mode::Address => {
                let spaces = rest.iter().position(|byte| !is_space(*byte)).unwrap_or(rest.len());
                match rest.get(spaces) {
                    None => {}
                    Some(b'"' | b'\'') => {
                        self.context.function(b"url");
                        self.mode = Mode::Top;
                    }
                    Some(_) => {
                        let span = Span::new(Form::Bare);
                        let strings = if self.context.imports() { Strings::Import } else { Strings::Addresses };
                        self.mode = if self.context.only_names() {
                            Mode::Rest { span, gone: false }
                        } else {
                            Mode::Held { span, strings }
                        };
                    }
                }
                Some(spaces)
            }
            Mode::Rest { span, gone } => {
                let gone = *gone;
                let end = span.search(rest, last);
                let length = end.map_or(span.searched, |end| end.length);
                if let Some(end) = end {
                    let remnants = end.bad && span.form == Form::Bare;
                    self.mode = if remnants { Mode::Remnants { gone } } else { Mode::Top };
                } else {
                    span.forget();
                }
                if gone {
                    output.skip(at, at + length);
                }
                Some(length).filter(|length| *length > 0 || end.is_some())
            }
            Mode::Remnants { gone } => {
                let gone = *gone;
                let stop = rest.iter().position(|byte| matches!(byte, b')' | b'\\'));
                let used = match stop.map(|stop| (stop, rest.get(stop..).unwrap_or_default())) {
                    None => rest.len(),
                    Some((stop, [b'\\', next, ..])) => stop + if is_newline(*next) { 1 } else { 2 },
                    Some((stop, [b'\\'])) => stop + usize::from(last),
                    Some((stop, _)) => {
                        self.mode = Mode::Top;
                        stop + 1
                    }
                };
                if gone {
                    output.skip(at, at + used);
                }
                Some(used).filter(|used| *used > 0)
            }
            Mode::Top | Mode::Held { .. } => Some(0),
        }
    }
}
