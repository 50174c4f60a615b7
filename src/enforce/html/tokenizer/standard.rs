//! The tokenizer under the standard's own tests: those of html5lib, whole, with every cut in two, and byte by byte.
//!
//! Our tokens are lengths of untouched bytes. To compare them, this file does what nobody needs who keeps the bytes:
//! normalises line ends and NULs, lowers names, drops repeated attributes, takes a DOCTYPE apart, and resolves character
//! references, in attributes with the very code that reads addresses. Parse errors are not compared: a browser goes on
//! after each of them, and so does this.

#![expect(
    clippy::string_slice,
    clippy::print_stdout,
    reason = "a test that cannot go on fails, and this one tells how far it went"
)]

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::address;
use super::{Content, Section, Token, Tokenizer};

/// What the end tag of an element that was never begun is called: no tag is.
const NO_NAME: &[u8] = b"\0";

#[derive(Clone, Copy, Debug, PartialEq)]
enum Start {
    Data,
    PlainText,
    Rcdata,
    Rawtext,
    Script,
    Cdata,
}

impl Start {
    fn of(name: &str) -> Self {
        match name {
            "Data state" => Self::Data,
            "PLAINTEXT state" => Self::PlainText,
            "RCDATA state" => Self::Rcdata,
            "RAWTEXT state" => Self::Rawtext,
            "Script data state" => Self::Script,
            "CDATA section state" => Self::Cdata,
            other => panic!("unknown state {other}"),
        }
    }
}

/// Turns our tokens into those of the standard.
#[derive(Default)]
struct Collector {
    tokens: Vec<Value>,
    text: Vec<u8>,
    /// Whether NULs in the text stay, and whether character references are resolved.
    text_kind: (bool, bool),
    open: Option<Section>,
    content: Vec<u8>,
}

impl Collector {
    fn characters(&mut self, bytes: &[u8], nul_stays: bool, references: bool) {
        if self.text_kind != (nul_stays, references) {
            self.end_text();
        }
        self.text_kind = (nul_stays, references);
        self.text.extend_from_slice(bytes);
    }

    fn end_text(&mut self) {
        let (nul_stays, references) = self.text_kind;
        let mut text = String::from_utf8(std::mem::take(&mut self.text)).unwrap();
        if !nul_stays {
            text = text.replace('\0', "\u{fffd}");
        }
        if references {
            text = htmlize::unescape(text).into_owned();
        }
        if text.is_empty() {
            return;
        }
        if let Some(last) = self.tokens.last_mut().filter(|last| last[0] == "Character") {
            text.insert_str(0, last[1].as_str().unwrap());
            self.tokens.pop();
        }
        self.tokens.push(json!(["Character", text]));
    }

    fn push(&mut self, token: Value) {
        self.end_text();
        self.tokens.push(token);
    }

    fn close(&mut self) {
        let content = text(&std::mem::take(&mut self.content));
        match self.open.take() {
            Some(Section::Comment | Section::Bogus) => self.push(json!(["Comment", content])),
            Some(Section::Doctype) => self.push(doctype(&content)),
            Some(Section::Cdata) | None => {}
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap().replace('\0', "\u{fffd}")
}

fn name(bytes: &[u8]) -> String {
    text(&bytes.to_ascii_lowercase())
}

/// The DOCTYPE with this between its keyword and its `>` or the end of the input, which `content` tells by having a `>`
/// at its end or not (HTML Standard §13.2.5.53 to §13.2.5.68).
fn doctype(content: &str) -> Value {
    let (content, whole) = content.strip_suffix('>').map_or((content, false), |content| (content, true));
    let space = |letter: char| matches!(letter, '\t' | '\n' | '\x0c' | ' ');
    let rest = content.trim_start_matches(space);
    let (name, rest) = rest.split_at(rest.find(space).unwrap_or(rest.len()));
    let name = (!name.is_empty()).then(|| name.to_ascii_lowercase());
    let mut rest = rest.trim_start_matches(space);
    let mut correct = name.is_some();
    // What stands behind a system identifier is skipped without harm, even if nothing ends it.
    let mut whole = whole;
    let (mut public, mut system) = (None, None);
    let keyword = rest.get(..6).map(str::to_ascii_lowercase).unwrap_or_default();
    if name.is_some() && (keyword == "public" || keyword == "system") {
        rest = rest[6..].trim_start_matches(space);
        if keyword == "public" {
            public = quoted(&mut rest, &mut correct);
            rest = rest.trim_start_matches(space);
            if correct && !rest.is_empty() {
                system = quoted(&mut rest, &mut correct);
                whole |= !rest.trim_start_matches(space).is_empty();
            }
        } else {
            system = quoted(&mut rest, &mut correct);
            whole |= !rest.trim_start_matches(space).is_empty();
        }
    } else if !rest.is_empty() {
        correct = false;
    }
    json!(["DOCTYPE", name, public, system, correct && whole])
}

/// A quoted identifier at the beginning of `rest`; without one, or without its end, the DOCTYPE is not correct.
fn quoted(rest: &mut &str, correct: &mut bool) -> Option<String> {
    let Some(quote) = rest.chars().next().filter(|letter| matches!(letter, '"' | '\'')) else {
        *correct = false;
        return None;
    };
    let inside = &rest[1..];
    let end = inside.find(quote);
    *correct &= end.is_some();
    *rest = end.map_or("", |end| &inside[end + 1..]);
    Some(inside[..end.unwrap_or(inside.len())].to_owned())
}

/// Tokenizes `chunks`, which begin in state `start`.
fn tokenize(chunks: &[&[u8]], start: Start, last_start_tag: &'static [u8]) -> Vec<Value> {
    let mut tokenizer = Tokenizer::default();
    let mut collector = Collector::default();
    match start {
        Start::Data => {}
        Start::PlainText => tokenizer.content(Content::PlainText),
        Start::Rcdata | Start::Rawtext => tokenizer.content(Content::Text(last_start_tag)),
        Start::Script => tokenizer.content(Content::Script(last_start_tag)),
        Start::Cdata => {
            let open = tokenizer.next(b"<![CDATA[", true, false).unwrap();
            assert_eq!((open.token, open.length), (Token::Open(Section::Cdata), 9));
            collector.open = Some(Section::Cdata);
        }
    }
    let mut held: Vec<u8> = Vec::new();
    for (at, chunk) in chunks.iter().enumerate() {
        held.extend_from_slice(chunk);
        let last = at + 1 == chunks.len();
        while let Some(piece) = tokenizer.next(&held, false, last) {
            let bytes: Vec<u8> = held.drain(..piece.length).collect();
            match piece.token {
                Token::Text => collector.characters(&bytes, true, true),
                Token::Content => match collector.open {
                    Some(Section::Cdata) => collector.characters(&bytes, true, false),
                    Some(_) => collector.content.extend_from_slice(&bytes),
                    None => collector.characters(&bytes, false, start == Start::Rcdata),
                },
                Token::Open(section) => collector.open = Some(section),
                Token::Close => {
                    if collector.open == Some(Section::Doctype) && bytes == b">" {
                        collector.content.push(b'>');
                    }
                    collector.close();
                }
                Token::StartTag => {
                    let tag = tokenizer.tag();
                    let slice = |(start, end): (usize, usize)| &bytes[start..end];
                    let mut attributes = BTreeMap::new();
                    for attribute in tag.attributes() {
                        let value = text(slice(attribute.value));
                        let value = address::decode(value.as_bytes()).into_owned();
                        attributes.entry(name(slice(attribute.name))).or_insert(value);
                    }
                    let mut token = json!(["StartTag", name(slice(tag.name())), attributes]);
                    if tag.self_closing() {
                        token.as_array_mut().unwrap().push(true.into());
                    }
                    collector.push(token);
                }
                Token::EndTag => {
                    let (start, end) = tokenizer.tag().name();
                    collector.push(json!(["EndTag", name(&bytes[start..end])]));
                }
                Token::CutTag | Token::Nothing => {}
            }
        }
    }
    assert!(held.is_empty(), "every byte belongs to a token");
    collector.end_text();
    collector.tokens
}

/// Resolves the second layer of `\uXXXX`; a pair of surrogates becomes one letter. `None` for a lone surrogate, which no
/// bytes of an encoding can carry.
fn unescape(text: &str) -> Option<String> {
    let mut units: Vec<u16> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("\\u") {
        units.extend(rest[..at].encode_utf16());
        units.push(u16::from_str_radix(&rest[at + 2..at + 6], 16).unwrap());
        rest = &rest[at + 6..];
    }
    units.extend(rest.encode_utf16());
    String::from_utf16(&units).ok()
}

fn unescape_all(value: &Value) -> Option<Value> {
    Some(match value {
        Value::String(text) => unescape(text)?.into(),
        Value::Array(items) => items.iter().map(unescape_all).collect::<Option<Vec<_>>>()?.into(),
        Value::Object(map) => {
            let entries = map.iter().map(|(key, value)| Some((unescape(key)?, unescape_all(value)?)));
            Value::Object(entries.collect::<Option<_>>()?)
        }
        other => other.clone(),
    })
}

/// One test in one state, in every chunking. Gives what went wrong.
fn check(input: &[u8], start: Start, last_start_tag: &'static [u8], expected: &[Value]) -> Result<usize, String> {
    let bytes: Vec<&[u8]> = if input.is_empty() { vec![b""] } else { input.chunks(1).collect() };
    let mut cuts: Vec<Vec<&[u8]>> = vec![vec![input], bytes, vec![input, b""]];
    cuts.extend((1..input.len()).map(|at| vec![&input[..at], &input[at..]]));
    for chunks in &cuts {
        let tokens = tokenize(chunks, start, last_start_tag);
        if tokens != expected {
            return Err(format!("gave {} in {} chunks", Value::from(tokens), chunks.len()));
        }
    }
    Ok(cuts.len())
}

/// One file of the suite. The core opens no files, its tests included.
macro_rules! suite {
    ($name:literal) => {
        ($name, include_str!(concat!("../../../../tests/data/html5lib/tokenizer/", $name, ".test")))
    };
}

const FILES: [(&str, &str); 13] = [
    suite!("contentModelFlags"),
    suite!("domjs"),
    suite!("entities"),
    suite!("escapeFlag"),
    suite!("namedEntities"),
    suite!("numericEntities"),
    suite!("pendingSpecChanges"),
    suite!("test1"),
    suite!("test2"),
    suite!("test3"),
    suite!("test4"),
    suite!("unicodeChars"),
    suite!("unicodeCharsProblematic"),
];

#[test]
fn the_standards_own_tests_pass_in_every_chunking() {
    let (mut run, mut cut, mut surrogates, mut failures) = (0, 0, 0, Vec::new());
    for (file, text) in FILES {
        let tests: Value = serde_json::from_str(text).unwrap();
        for test in tests["tests"].as_array().unwrap() {
            let (mut input, mut expected) = (test["input"].clone(), test["output"].clone());
            if test["doubleEscaped"] == true {
                let Some((plain, tokens)) = unescape_all(&input).zip(unescape_all(&expected)) else {
                    surrogates += 1;
                    continue;
                };
                (input, expected) = (plain, tokens);
            }
            let input = input.as_str().unwrap().replace("\r\n", "\n").replace('\r', "\n");
            let last: &'static [u8] = match test["lastStartTag"].as_str() {
                Some(name) => name.to_owned().leak().as_bytes(),
                None => NO_NAME,
            };
            let expected = expected.as_array().unwrap();
            let data = json!(["Data state"]);
            for state in test.get("initialStates").unwrap_or(&data).as_array().unwrap() {
                let start = Start::of(state.as_str().unwrap());
                run += 1;
                match check(input.as_bytes(), start, last, expected) {
                    Ok(cuts) => cut += cuts,
                    Err(wrong) => failures.push(format!(
                        "{file}: {} in {start:?}: {input:?}\n  expected {}\n  {wrong}",
                        test["description"],
                        Value::from(expected.clone())
                    )),
                }
            }
        }
    }
    println!(
        "html5lib tokenizer tests: {} of {run} passed in {cut} chunkings; {surrogates} hold lone surrogates",
        run - failures.len()
    );
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n"));
    assert!(run > 6500 && surrogates < 10, "{run} {surrogates}");
}

/// What a browser's parser takes for the value of the attribute in `<a x="{value}">`.
fn as_browsers_read(value: &str) -> String {
    use html5ever::tendril::TendrilSink as _;
    use markup5ever_rcdom::{Handle, NodeData, RcDom};

    fn find(node: &Handle) -> Option<String> {
        if let NodeData::Element { name, attrs, .. } = &node.data
            && &*name.local == "a"
        {
            return attrs.borrow().first().map(|attribute| attribute.value.to_string());
        }
        node.children.borrow().iter().find_map(find)
    }
    let page = format!("<a x=\"{value}\">");
    let dom = html5ever::parse_document(RcDom::default(), html5ever::ParseOpts::default());
    find(&dom.one(page).document).unwrap()
}

#[test]
fn references_in_attributes_mean_what_browsers_read() {
    let (mut run, mut failures) = (0, Vec::new());
    for (_, text) in FILES.iter().filter(|(file, _)| file.to_lowercase().ends_with("entities")) {
        let tests: Value = serde_json::from_str(text).unwrap();
        let inputs = tests["tests"].as_array().unwrap().iter().filter_map(|test| test["input"].as_str());
        for input in inputs.filter(|input| !input.contains(['"', '\r', '\0'])) {
            for behind in ["", "=", "a", ";"] {
                let value = format!("{input}{behind}");
                let (ours, theirs) = (address::decode(value.as_bytes()), as_browsers_read(&value));
                run += 1;
                if ours != theirs {
                    failures.push(format!("{value:?}: {ours:?} instead of {theirs:?}"));
                }
            }
        }
    }
    println!("references in attributes: {} of {run} read as by a browser's parser", run - failures.len());
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n"));
    assert!(run > 10_000, "{run}");
}
