//! JSON that carries markup, and what React's server components send: what is made inert, and that everything else keeps its
//! bytes.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::Value;
use vestibule::consent::PurposeId;
use vestibule::enforce::json::{Options, Rewriter};
use vestibule::enforce::server_components;

use crate::html::{everything, judge};

fn rewrite_in(chunks: &mut dyn Iterator<Item = &[u8]>, granted: &[PurposeId], doubtful: bool) -> Vec<u8> {
    let mut rewriter = Rewriter::new(judge(granted), Options { max_token_bytes: 1 << 16, doubtful });
    let mut output = Vec::new();
    for chunk in chunks {
        rewriter.write(chunk, &mut output).unwrap();
    }
    rewriter.end(&mut output).unwrap();
    output
}

/// Rewritten in one piece, and in pieces of every small size.
fn rewrite(body: &str, doubtful: bool) -> String {
    let whole = rewrite_in(&mut std::iter::once(body.as_bytes()), &[], doubtful);
    for size in [1, 2, 3, 7] {
        let cut = rewrite_in(&mut body.as_bytes().chunks(size), &[], doubtful);
        assert_eq!(String::from_utf8_lossy(&cut), String::from_utf8_lossy(&whole), "{body} in pieces of {size}");
    }
    String::from_utf8(whole).unwrap()
}

const CASES: [(&str, &str); 15] = [
    (
        r#"{"html":"<script src=\"https://t.example/x.js\"></script>"}"#,
        r#"{"html":"<script data-vestibule=pixel type=text/plain data-vestibule-src=\"https://t.example/x.js\"></script>"}"#,
    ),
    // PHP: every slash is escaped, and every letter that is not ASCII.
    (
        r#"{"a":"caf\u00e9 <p>\u00e9<\/p> <img alt=\"\u00e9\" src=\"\/\/t.example\/p.gif\"> \u00e9<br\/>"}"#,
        r#"{"a":"caf\u00e9 <p>\u00e9<\/p> <img data-vestibule=pixel alt=\"\u00e9\" data-vestibule-src=\"\/\/t.example\/p.gif\"> \u00e9<br\/>"}"#,
    ),
    // Ruby on Rails, .NET and Go: what means something in HTML is escaped.
    (
        r#"["\u003cimg src=\u0022//t.example/p.gif\u0022\u003e \u003cb\u003ekept\u003c/b\u003e"]"#,
        r#"["\u003cimg data-vestibule=pixel data-vestibule-src=\u0022//t.example/p.gif\u0022\u003e \u003cb\u003ekept\u003c/b\u003e"]"#,
    ),
    (
        r#"["\u003Cimg src=//t.example/p.gif\u003E"]"#,
        r#"["\u003Cimg data-vestibule=pixel data-vestibule-src=//t.example/p.gif\u003E"]"#,
    ),
    // JSON in JSON.
    (
        r#"{"props":"{\"html\":\"<img src=\\\"//t.example/p\\\">\"}"}"#,
        r#"{"props":"{\"html\":\"<img data-vestibule=pixel data-vestibule-src=\\\"//t.example/p\\\">\"}"}"#,
    ),
    // Strings that only begin as JSON does.
    (
        r#"["[b]<img src=\"//t.example/p\">","{{x}} <img src=\"//t.example/p\">","{\"a\":1} 5\" <img src=\"//t.example/p\">"]"#,
        r#"["[b]<img data-vestibule=pixel data-vestibule-src=\"//t.example/p\">","{{x}} <img data-vestibule=pixel data-vestibule-src=\"//t.example/p\">","{\"a\":1} 5\" <img data-vestibule=pixel data-vestibule-src=\"//t.example/p\">"]"#,
    ),
    // Guards before JSON, calls around it, several values.
    (
        ")]}',\n{\"a\":\"<img src=//t.example/p>\"}",
        ")]}',\n{\"a\":\"<img data-vestibule=pixel data-vestibule-src=//t.example/p>\"}",
    ),
    (
        r#"cb({"a":"<img src=//t.example/p>"})"#,
        r#"cb({"a":"<img data-vestibule=pixel data-vestibule-src=//t.example/p>"})"#,
    ),
    (
        "{\"a\":1}\n{\"a\":\"<img src=//t.example/p>\"}\n",
        "{\"a\":1}\n{\"a\":\"<img data-vestibule=pixel data-vestibule-src=//t.example/p>\"}\n",
    ),
    // No JSON at all.
    ("<img src=//t.example/p>", "<img data-vestibule=pixel data-vestibule-src=//t.example/p>"),
    // A string that never ends.
    (r#"{"a":"<img src=//t.example/p> x"#, r#"{"a":"<img data-vestibule=pixel data-vestibule-src=//t.example/p> x"#),
    // An inline script, and text that is none.
    (
        r#"{"a":"1 < 2 <script>if (a > b) pix('x');</script> > 0"}"#,
        r#"{"a":"1 < 2 <script data-vestibule=pixel type=text/plain>if (a > b) pix('x');</script> > 0"}"#,
    ),
    // Half a surrogate pair inside of what changes.
    (
        r#"["<img alt='\ud83d' src=//t.example/p>"]"#,
        r#"["<img data-vestibule=pixel alt='\ud83d' data-vestibule-src=//t.example/p>"]"#,
    ),
    // Broken escapes.
    (
        r#"["\q<img src=//t.example/p \u00>"]"#,
        r#"["\q<img data-vestibule=pixel data-vestibule-src=//t.example/p \u00>"]"#,
    ),
    // Names are not looked at.
    (r#"{"<img src=//t.example/p>":1}"#, ""),
];

#[test]
fn markup_in_strings_is_made_inert() {
    for (body, expected) in CASES {
        let expected = if expected.is_empty() { body } else { expected };
        assert_eq!(rewrite(body, false), expected);
        assert_eq!(rewrite(expected, false), expected, "again");
        let agreed = rewrite_in(&mut std::iter::once(body.as_bytes()), &everything(), false);
        assert_eq!(String::from_utf8(agreed).unwrap(), body, "with consent");
    }
}

#[test]
fn what_only_begins_as_json_is_markup_from_its_first_fault() {
    let kept = r#"{"a":"<b>"}"#;
    assert_eq!(rewrite(kept, true), kept);
    let inert = r#"<img data-vestibule=pixel data-vestibule-src="//t.example/p">"#;
    for (before, after) in [("{note} ", ""), ("[1] ", ""), ("{\"a\":1} 5\" ", " end"), ("", " {\"a\":1}")] {
        let body = format!("{before}<img src=\"//t.example/p\">{after}");
        assert_eq!(rewrite(&body, true), format!("{before}{inert}{after}"));
    }
}

#[test]
fn nothing_without_markup_changes() {
    for body in [
        "",
        "null",
        r#"{"a":[1,2.5e3,true,"x\/y\u00e9\n"],"b":{"c":"a < b && c > d"}}"#,
        r#"{"price":"5 < 6","html":"<p class=\"x\">\u003cb\u003e<\/b><\/p>"}"#,
        r#"["{\"a\":\"[1,2\"","[not json","{","[","  [\u005b"]"#,
        "{\"broken\": \"line\nbreak <b>\"",
        "\u{feff}[1]",
        "not json at all, \"but <b>quoted</b>\"",
    ] {
        assert_eq!(rewrite(body, false), body);
        assert_eq!(rewrite(body, true), body);
    }
}

/// JSON in JSON, so many times.
fn nested(times: usize) -> String {
    (0..times).fold(r#"{"a":"<img src=//t.example/p>"}"#.to_owned(), |inside, _| {
        serde_json::to_string(&serde_json::json!({ "a": inside })).unwrap()
    })
}

#[test]
fn what_is_nested_too_deep_is_made_harmless() {
    for times in 0..=4 {
        let read = rewrite(&nested(times), false);
        assert!(read.contains("data-vestibule-src") && !read.contains(" src"), "{times}: {read}");
    }
    let read = rewrite(&nested(5), false);
    assert!(read.contains("&lt;img src") && !read.contains("<img"), "{read}");
    assert_eq!(rewrite_in(&mut std::iter::once(nested(5).as_bytes()), &everything(), false), nested(5).as_bytes());
}

#[test]
fn a_tag_that_is_too_long_is_made_harmless_and_the_rest_is_read() {
    let body =
        format!(r#"{{"a":"<img alt='{}' src=//t.example/p> <img src=//t.example/p>","b":"<b>"}}"#, "x".repeat(70_000));
    let read = rewrite_in(&mut body.as_bytes().chunks(4096), &[], false);
    let read = String::from_utf8(read).unwrap();
    assert!(serde_json::from_str::<Value>(&read).is_ok() && !read.contains(" src="), "{}", &read[..40]);
    assert!(read.ends_with(r#" <img data-vestibule=pixel data-vestibule-src=//t.example/p>","b":"<b>"}"#));
    assert_eq!(rewrite_in(&mut body.as_bytes().chunks(4096), &everything(), false), body.as_bytes());
}

#[test]
fn every_change_is_told() {
    let body = r#"{"a":["<img src=//t.example/p>","[\"<img src=//stats.example/p>\"]"]}"#;
    let mut rewriter = Rewriter::new(judge(&[]), Options { max_token_bytes: 1 << 16, doubtful: false });
    rewriter.write(body.as_bytes(), &mut Vec::new()).unwrap();
    rewriter.end(&mut Vec::new()).unwrap();
    let journal = rewriter.take_journal();
    let subjects: Vec<&str> = journal.findings().iter().map(|finding| &*finding.subject).collect();
    assert_eq!(subjects, ["<img src> t.example", "<img src> stats.example"]);
}

fn components(chunks: &mut dyn Iterator<Item = &[u8]>, granted: &[PurposeId], cap: usize) -> Vec<u8> {
    let mut rewriter = server_components::Rewriter::new(judge(granted), cap);
    let mut output = Vec::new();
    for chunk in chunks {
        rewriter.write(chunk, &mut output).unwrap();
    }
    rewriter.end(&mut output).unwrap();
    output
}

#[test]
fn rows_of_server_components() {
    let text = "é<img src=//t.example/p>";
    let inert = "é<img data-vestibule=pixel data-vestibule-src=//t.example/p>";
    let kept = "<b>kept</b>\n0:[";
    let json = r#"{"h":"<img src=\"//t.example/p\">"}"#;
    let inert_json = r#"{"h":"<img data-vestibule=pixel data-vestibule-src=\"//t.example/p\">"}"#;
    let body = format!(
        "1:\"$Sreact.fragment\"\n2:I[12,[\"/_next/a.js\"],\"default\"]\n:HL[\"/_next/x.css\",\"style\"]\n\
         :HL[\"https://t.example/x.css\",\"style\"]\n:HC[\"https:\\/\\/stats.example\",\"\"]\n:HD\"//t.example\"\n\
         3:T{:x},{text}a:T{:x},{kept}b:o8,<\n345678c:T{:x},{json}\
         0:[\"$\",\"div\",null,{{\"dangerouslySetInnerHTML\":{{\"__html\":\"<img src=//t.example/p>\"}}}}]\n\
         4:[\"$\",\"script\",null,{{\"src\":\"https://t.example/x.js\"}}]\n5:{{\"__html\":\"$3\"}}\n6:E{{\"digest\":\"1\"}}\n",
        text.len(),
        kept.len(),
        json.len(),
    );
    let expected = format!(
        "1:\"$Sreact.fragment\"\n2:I[12,[\"/_next/a.js\"],\"default\"]\n:HL[\"/_next/x.css\",\"style\"]\n\
         3:T{:x},{inert}a:T{:x},{kept}b:o8,<\n345678c:T{:x},{inert_json}\
         0:[\"$\",\"div\",null,{{\"dangerouslySetInnerHTML\":{{\"__html\":\"<img data-vestibule=pixel data-vestibule-src=//t.example/p>\"}}}}]\n\
         4:[\"$\",\"script\",null,{{\"src\":\"https://t.example/x.js\"}}]\n5:{{\"__html\":\"$3\"}}\n6:E{{\"digest\":\"1\"}}\n",
        inert.len(),
        kept.len(),
        inert_json.len(),
    );
    for size in [1, 2, 5, 4096] {
        let read = components(&mut body.as_bytes().chunks(size), &[], 1 << 16);
        assert_eq!(String::from_utf8(read).unwrap(), expected, "in pieces of {size}");
        assert_eq!(components(&mut body.as_bytes().chunks(size), &everything(), 1 << 16), body.as_bytes());
    }
    assert_eq!(components(&mut std::iter::once(expected.as_bytes()), &[], 1 << 16), expected.as_bytes(), "again");
}

#[test]
fn rows_that_are_broken_or_too_long() {
    for (body, expected) in [
        // A text longer than the cap keeps its length.
        ("3:T14,<img src=t.example> 0:\"x\"\n".to_owned(), "3:T14, img src=t.example> 0:\"x\"\n".to_owned()),
        // The end of the stream within a row.
        ("3:T40,<img".to_owned(), "3:T40, img".to_owned()),
        ("3:T4".to_owned(), "3:T4".to_owned()),
        (":HL[\"/a\"".to_owned(), ":HL[\"/a\"".to_owned()),
        ("3:T0,4:T0,5:1\n".to_owned(), "3:T0,4:T0,5:1\n".to_owned()),
        // No rows at all.
        (
            format!("{}<img src=//t.example/p>", "x".repeat(80)),
            format!("{}<img data-vestibule=pixel data-vestibule-src=//t.example/p>", "x".repeat(80)),
        ),
    ] {
        let cap = if body.contains("T40") { 1 << 16 } else { 10 };
        let read = components(&mut std::iter::once(body.as_bytes()), &[], if body.contains("xx") { 4096 } else { cap });
        assert_eq!(String::from_utf8(read).unwrap(), expected);
    }
}

/// JSON with strings as shops write them, markup among them.
fn document() -> impl Strategy<Value = String> {
    let text = prop::collection::vec(
        prop::sample::select(vec![
            "a",
            " ",
            "é",
            "😀",
            "\"",
            "\\",
            "/",
            "<p>",
            "</p>",
            "<img src=//t.example/p>",
            "<script src=\"//t.example/x\">",
            "</script>",
            "<script>pix(1)</script>",
            "<",
            ">",
            "&lt;",
            "{",
            "[",
            "}",
            "\n",
            "<!--",
            "-->",
            "'",
            "\u{2028}",
            "<img alt=\"é\" src=\"//stats.example/p\">",
            "<b title='>'>",
        ]),
        0..12,
    )
    .prop_map(|parts| parts.concat());
    (prop::collection::vec(text, 0..5), 0..3_usize, 0..4_u8).prop_map(|(texts, nested, style)| {
        let mut value = Value::from(texts);
        for _ in 0..nested {
            value = serde_json::json!({ "a": value, "b": value.to_string() });
        }
        let text = value.to_string();
        match style {
            0 => text,
            1 => text.replace('/', "\\/"),
            2 => text.replace('<', "\\u003c").replace('>', "\\u003e"),
            _ => text.chars().map(|c| if c.is_ascii() { c.to_string() } else { escaped(c) }).collect(),
        }
    })
}

fn escaped(letter: char) -> String {
    letter.encode_utf16(&mut [0; 2]).iter().map(|half| format!("\\u{half:04x}")).collect::<Vec<_>>().concat()
}

fn strings<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(values) => values.iter().for_each(|value| strings(value, found)),
        Value::Object(values) => values.values().for_each(|value| strings(value, found)),
        _ => {}
    }
}

// Long: `VESTIBULE_JSON=1000000 cargo test --release --test core json`.
proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("VESTIBULE_JSON").map_or(300, |cases| cases.parse().unwrap()),
        rng_seed: RngSeed::Fixed(6),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn documents_stay_what_they_are(body in document(), size in 1..40_usize) {
        let whole = rewrite_in(&mut std::iter::once(body.as_bytes()), &[], false);
        let read: Value = serde_json::from_slice(&whole).unwrap();
        let given: Value = serde_json::from_str(&body).unwrap();
        // The same shape; every string that changed held markup.
        let (mut before, mut after) = (Vec::new(), Vec::new());
        strings(&given, &mut before);
        strings(&read, &mut after);
        prop_assert_eq!(before.len(), after.len());
        for (before, after) in before.iter().zip(&after) {
            prop_assert!(before == after || before.contains('<'));
        }
        // Chunks never change what it means, agreeing changes nothing, and a second pass finds nothing.
        let cut = rewrite_in(&mut body.as_bytes().chunks(size), &[], false);
        prop_assert_eq!(serde_json::from_slice::<Value>(&cut).unwrap(), read);
        prop_assert_eq!(rewrite_in(&mut body.as_bytes().chunks(size), &everything(), false), body.as_bytes());
        prop_assert_eq!(rewrite_in(&mut std::iter::once(&*whole), &[], false), whole);
    }

    #[test]
    fn nothing_panics(body in prop::collection::vec(prop::sample::select(
        br#"{}[]:,"\/u0dD8cC3eE<>a!- 1tT=;"#.to_vec()), 0..200), size in 1..9_usize, doubtful: bool) {
        rewrite_in(&mut body.chunks(size), &[], doubtful);
        components(&mut body.chunks(size), &[], 4096);
        prop_assert_eq!(rewrite_in(&mut body.chunks(size), &everything(), doubtful), &*body);
        prop_assert_eq!(components(&mut body.chunks(size), &everything(), 4096), body);
    }
}
