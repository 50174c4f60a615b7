//! What is left of a page once its rewriter cannot go on: its text and the plainest of its structure.
//!
//! A page that stops in the middle is worth less than one that goes on plainly, and one that goes on unread may not be sent.
//! So every start tag that comes out of here is one of a short list, and has no attributes: it can neither fetch nor
//! run anything, whatever the browser makes of what came before (a rewriter that gives up has written whole tags). End tags
//! pass by their names, so that whatever was open is closed. The content of scripts and style sheets is left out; every other `<` becomes text.
//!
//! It is wrong about where tags end when it likes: nothing depends on it but what a visitor sees.

/// Elements that only structure text.
const HARMLESS: [&[u8]; 52] = [
    b"a",
    b"abbr",
    b"address",
    b"article",
    b"aside",
    b"b",
    b"blockquote",
    b"br",
    b"caption",
    b"code",
    b"dd",
    b"details",
    b"div",
    b"dl",
    b"dt",
    b"em",
    b"fieldset",
    b"figcaption",
    b"figure",
    b"footer",
    b"h1",
    b"h2",
    b"h3",
    b"h4",
    b"h5",
    b"h6",
    b"header",
    b"hr",
    b"i",
    b"legend",
    b"li",
    b"main",
    b"nav",
    b"ol",
    b"p",
    b"pre",
    b"s",
    b"section",
    b"small",
    b"span",
    b"strong",
    b"sub",
    b"summary",
    b"sup",
    b"table",
    b"tbody",
    b"td",
    b"tfoot",
    b"th",
    b"thead",
    b"tr",
    b"ul",
];

/// Elements whose content is no text for visitors.
const SILENT: [&[u8]; 3] = [b"script", b"style", b"template"];

/// Longer names are on neither list.
const MAX_NAME: usize = 16;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Text,
    /// Behind a `<`.
    Open,
    /// In the name of a tag.
    Name { end: bool },
    /// In a tag, behind its name; a quote that is open, or 0.
    Tag { quote: u8 },
    /// Behind the `=` of an attribute.
    Value,
    /// In something that is no tag, up to its `>`.
    Markup,
}

/// Masks the rest of a page. Its input is cut anywhere.
#[derive(Debug, Default)]
pub(super) struct Mask {
    state: State,
    name: Vec<u8>,
    /// The element whose content is left out.
    silent: Option<&'static [u8]>,
}

impl Mask {
    /// Begins to mask: a script that is open is not judged any further, and ends.
    pub(super) fn begin(output: &mut Vec<u8>) -> Self {
        output.extend_from_slice(b"</script>");
        Self::default()
    }

    /// Takes the next bytes and appends what may go out.
    pub(super) fn write(&mut self, input: &[u8], output: &mut Vec<u8>) {
        for &byte in input {
            self.byte(byte, output);
        }
    }

    fn byte(&mut self, byte: u8, output: &mut Vec<u8>) {
        self.state = match self.state {
            State::Text if byte == b'<' => State::Open,
            State::Text => {
                if self.silent.is_none() {
                    output.push(byte);
                }
                State::Text
            }
            State::Open => match byte {
                b'/' => {
                    self.name.clear();
                    State::Name { end: true }
                }
                b'!' | b'?' if self.silent.is_none() => State::Markup,
                _ if byte.is_ascii_alphabetic() && self.silent.is_none() => {
                    self.name = vec![byte.to_ascii_lowercase()];
                    State::Name { end: false }
                }
                _ => {
                    if self.silent.is_none() {
                        output.extend_from_slice(b"&lt;");
                    }
                    self.state = State::Text;
                    return self.byte(byte, output);
                }
            },
            State::Name { end } if byte.is_ascii_alphanumeric() => {
                if self.name.len() <= MAX_NAME {
                    self.name.push(byte.to_ascii_lowercase());
                }
                State::Name { end }
            }
            State::Name { end } => {
                self.named(end, output);
                self.state = State::Tag { quote: 0 };
                return self.byte(byte, output);
            }
            State::Tag { quote } if quote != 0 => State::Tag { quote: if byte == quote { 0 } else { quote } },
            State::Tag { .. } | State::Value | State::Markup if byte == b'>' => State::Text,
            State::Tag { .. } if byte == b'=' => State::Value,
            State::Value if byte.is_ascii_whitespace() => State::Value,
            State::Value if matches!(byte, b'"' | b'\'') => State::Tag { quote: byte },
            State::Value => State::Tag { quote: 0 },
            other => other,
        };
    }

    /// The name of a tag is complete.
    fn named(&mut self, end: bool, output: &mut Vec<u8>) {
        if let Some(silent) = self.silent {
            if !end || silent != self.name {
                return;
            }
            self.silent = None;
        }
        let starts = !end && HARMLESS.contains(&&*self.name);
        if starts || (end && !self.name.is_empty() && self.name.len() <= MAX_NAME) {
            output.extend_from_slice(if end { b"</" } else { b"<" });
            output.extend_from_slice(&self.name);
            output.push(b'>');
        } else if !end {
            self.silent = SILENT.into_iter().find(|silent| *silent == self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Mask;

    fn mask(page: &str) -> String {
        let (mut whole, mut slow) = (Vec::new(), Vec::new());
        Mask::default().write(page.as_bytes(), &mut whole);
        let mut mask = Mask::default();
        page.as_bytes().chunks(1).for_each(|byte| mask.write(byte, &mut slow));
        assert_eq!(whole, slow);
        String::from_utf8(whole).unwrap()
    }

    #[test]
    fn text_and_structure_stay_and_nothing_else() {
        for (page, masked) in [
            ("<p class=a>x &amp; y</p>", "<p>x &amp; y</p>"),
            ("<DIV onclick='a>b' style=\"x\">x", "<div>x"),
            ("a <img src=x>b<iframe srcdoc='<p>'></iframe>", "a b</iframe>"),
            ("<script>a<b</p>'</script>x<style>p{}</style>y", "</script>x</style>y"),
            ("</script>x</p a='>'>", "</script>x</p>"),
            ("1 < 2 <", "1 &lt; 2 "),
            ("<!-- <img src=x> -->", " -->"),
            ("<svg/onload=x><p/><image href=x>", "<p>"),
            ("<pp>x</pp>", "x</pp>"),
            ("<<p>", "&lt;<p>"),
        ] {
            assert_eq!(mask(page), masked, "{page}");
        }
    }
}
