//! The grammar of RFC 8259 §2 to §6, as far as it tells where strings are and which of them are names.

/// What may come next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Expect {
    /// A value; at the outermost level there may be several, one after the other.
    #[default]
    Value,
    /// A value, or the end of the array that just began.
    ValueOrEnd,
    /// A name, or the end of the object that just began.
    NameOrEnd,
    Name,
    Colon,
    CommaOrEnd,
    /// More of a number or a word, or what comes after it.
    Scalar,
    /// Nothing more.
    Nothing,
    /// Anything: this is no JSON.
    Anything,
}

/// What a byte is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Something between strings.
    On,
    /// The quote that begins a string, a name or a value.
    Quote { name: bool },
    /// Nothing that JSON could have here.
    Fault,
}

/// How deep arrays and objects are followed. Deeper ones are a fault: nobody writes them.
const MAX_NESTING: usize = 512;

/// Follows a body from byte to byte, strings left out.
#[derive(Debug, Default)]
pub(super) struct Syntax {
    expect: Expect,
    /// The open arrays (false) and objects (true).
    open: Vec<bool>,
    /// Whether one value is all there may be.
    single: bool,
}

impl Syntax {
    /// For a body of one value, or of any number of them.
    pub(super) const fn new(single: bool) -> Self {
        Self { expect: Expect::Value, open: Vec::new(), single }
    }

    /// Takes a byte that is in no string. A string counts from its first quote to behind its last one.
    pub(super) fn step(&mut self, byte: u8) -> Step {
        if self.expect == Expect::Anything {
            return match byte {
                b'"' => Step::Quote { name: false },
                b'<' => Step::Fault,
                _ => Step::On,
            };
        }
        if matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
            if self.expect == Expect::Scalar {
                self.after_value();
            }
            return Step::On;
        }
        if self.expect == Expect::Scalar {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.') {
                return Step::On;
            }
            self.after_value();
        }
        match (self.expect, byte) {
            (Expect::Value | Expect::ValueOrEnd, b'"') => {
                self.after_value();
                Step::Quote { name: false }
            }
            (Expect::Name | Expect::NameOrEnd, b'"') => {
                self.expect = Expect::Colon;
                Step::Quote { name: true }
            }
            (Expect::Value | Expect::ValueOrEnd, b'{' | b'[') if self.open.len() < MAX_NESTING => {
                self.open.push(byte == b'{');
                self.expect = if byte == b'{' { Expect::NameOrEnd } else { Expect::ValueOrEnd };
                Step::On
            }
            (Expect::Value | Expect::ValueOrEnd, b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => {
                self.expect = Expect::Scalar;
                Step::On
            }
            (Expect::Colon, b':') => {
                self.expect = Expect::Value;
                Step::On
            }
            (Expect::CommaOrEnd, b',') => {
                self.expect = if self.open.last() == Some(&true) { Expect::Name } else { Expect::Value };
                Step::On
            }
            (Expect::NameOrEnd | Expect::CommaOrEnd, b'}') if self.open.last() == Some(&true) => self.close(),
            (Expect::ValueOrEnd | Expect::CommaOrEnd, b']') if self.open.last() == Some(&false) => self.close(),
            _ => Step::Fault,
        }
    }

    /// From here on, anything may come.
    pub(super) fn give_up(&mut self) {
        self.expect = Expect::Anything;
        self.open = Vec::new();
    }

    fn close(&mut self) -> Step {
        self.open.pop();
        self.after_value();
        Step::On
    }

    fn after_value(&mut self) {
        self.expect = match (self.open.is_empty(), self.single) {
            (true, true) => Expect::Nothing,
            (true, false) => Expect::Value,
            (false, _) => Expect::CommaOrEnd,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::{Step, Syntax};

    /// The strings of a body, each as `n` or `v`, and where its first fault is.
    fn read(body: &str) -> (String, Option<usize>) {
        read_by(Syntax::new(false), body)
    }

    fn read_by(mut syntax: Syntax, body: &str) -> (String, Option<usize>) {
        let (mut kinds, mut in_string) = (String::new(), false);
        for (at, byte) in body.bytes().enumerate() {
            if in_string {
                in_string = byte != b'"';
                continue;
            }
            match syntax.step(byte) {
                Step::On => {}
                Step::Quote { name } => {
                    kinds.push(if name { 'n' } else { 'v' });
                    in_string = true;
                }
                Step::Fault => return (kinds, Some(at)),
            }
        }
        (kinds, None)
    }

    #[test]
    fn names_are_told_from_values() {
        for (body, kinds, fault) in [
            (r#"{"a":"b","c":["d",1,{"e":null}],"f":{}}"#, "nvnvnn", None),
            (r#"["a", true , -1.5e+3, [], "b"]"#, "vv", None),
            (r#""a""#, "v", None),
            ("{\"a\":1}\n{\"b\":\"c\"}\n", "nnv", None),
            (r#"{"a" "b"}"#, "n", Some(5)),
            ("{{a}}", "", Some(1)),
            ("[b]", "", Some(1)),
            (r#"{"a":1]"#, "n", Some(6)),
            ("{a:1}", "", Some(1)),
            ("[1 2]", "", Some(3)),
            ("<p>", "", Some(0)),
            (")]}'", "", Some(0)),
        ] {
            assert_eq!(read(body), (kinds.to_owned(), fault), "{body}");
        }
    }

    #[test]
    fn one_value_may_be_all() {
        assert_eq!(read_by(Syntax::new(true), r#"["a"] "b""#), ("v".to_owned(), Some(6)));
        assert_eq!(read_by(Syntax::new(true), " [1] \n"), (String::new(), None));
    }

    #[test]
    fn nesting_is_bounded() {
        assert_eq!(read(&"[".repeat(100_000)).1, Some(super::MAX_NESTING));
    }
}
