//! The XML rewriter: golden cases, properties, and another XML parser as the oracle.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use vestibule::consent::PurposeId;
use vestibule::enforce::html::Options;
use vestibule::enforce::xml::Rewriter;

use crate::html::{everything, judge, options};

fn rewrite_in(chunks: &mut dyn Iterator<Item = &[u8]>, granted: &[PurposeId], options: Options) -> Vec<u8> {
    let mut rewriter = Rewriter::new(judge(granted), options);
    let mut output = Vec::new();
    for chunk in chunks {
        rewriter.write(chunk, &mut output).unwrap();
    }
    rewriter.end(&mut output).unwrap();
    output
}

fn rewrite(document: &[u8], granted: &[PurposeId]) -> Vec<u8> {
    rewrite_in(&mut std::iter::once(document), granted, options())
}

fn text(document: &str) -> String {
    String::from_utf8(rewrite(document.as_bytes(), &[])).unwrap()
}

/// The golden cases: `=== name`, the document, `---`, what becomes of it without consent. An empty second part means that
/// nothing changes.
#[test]
fn golden_cases() {
    let mut run = 0;
    for file in ["documents", "svg", "feeds"] {
        let path = format!("{}/tests/data/xml/{file}.case", env!("CARGO_MANIFEST_DIR"));
        let cases = std::fs::read_to_string(&path).unwrap();
        for case in cases.split("=== ").skip(1) {
            let (name, rest) = case.split_once('\n').unwrap();
            let (page, expected) = rest.split_once("\n---\n").unwrap();
            let expected = if expected.trim().is_empty() { page } else { expected.trim_end() };
            assert_eq!(text(page), expected, "{file}: {name}");
            assert_eq!(text(expected), expected, "{file}: {name}, again");
            let slow = rewrite_in(&mut page.as_bytes().chunks(1), &[], options());
            assert_eq!(String::from_utf8(slow).unwrap(), expected, "{file}: {name}, byte by byte");
            assert_eq!(rewrite(page.as_bytes(), &everything()), page.as_bytes(), "{file}: {name}, with consent");
            run += 1;
        }
    }
    assert!(run >= 30, "{run}");
}

const XHTML: &str = "http://www.w3.org/1999/xhtml";
const SVG: &str = "http://www.w3.org/2000/svg";
const XLINK: &str = "http://www.w3.org/1999/xlink";

/// What a browser would fetch or run of this document; `None` when it is not well-formed.
fn fetched(document: &str) -> Option<Vec<String>> {
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..roxmltree::ParsingOptions::default() };
    let document = roxmltree::Document::parse_with_options(document, options).ok()?;
    let mut found = Vec::new();
    let root = document.root_element();
    let is_feed = ["rss", "feed", "RDF"].contains(&root.tag_name().name());
    for node in document.descendants() {
        if let Some(instruction) = node.pi() {
            let sheet = instruction.target == "xml-stylesheet";
            found.extend(instruction.value.filter(|_| sheet).map(str::to_owned));
        }
        if !node.is_element() {
            continue;
        }
        let (space, name) = (node.tag_name().namespace().unwrap_or_default(), node.tag_name().name());
        let mut add = |value: Option<&str>| found.extend(value.map(str::to_owned));
        let direct: String =
            node.children().filter(roxmltree::Node::is_text).filter_map(|child| child.text()).collect();
        match (space, name) {
            (XHTML, "script" | "img" | "iframe" | "embed" | "video" | "source" | "input") => {
                add(node.attribute("src"));
                add(node.attribute("srcset"));
                let leak = node.attribute("srcdoc").is_some_and(|document| crate::html::leaks(document.as_bytes()));
                add(leak.then_some("srcdoc://t.example"));
            }
            (XHTML, "link") if node.attribute("rel") == Some("stylesheet") => add(node.attribute("href")),
            (SVG, "image" | "use" | "script" | "feImage") => {
                add(node.attribute("href"));
                add(node.attribute((XLINK, "href")));
            }
            _ => {}
        }
        let runs = matches!((space, name), (XHTML | SVG, "script")) && node.attribute("type").is_none();
        if runs && direct.contains("pix(") {
            found.push("inline://t.example".to_owned());
        }
        if matches!(space, XHTML | SVG) {
            found.extend(node.attribute("onload").filter(|code| code.contains("pix(")).map(|_| "t.example".to_owned()));
        }
        if is_feed && ["description", "encoded", "summary"].contains(&name) && crate::html::leaks(direct.as_bytes()) {
            found.push("feed://t.example".to_owned());
        }
    }
    Some(found)
}

fn leaks(document: &str) -> bool {
    fetched(document).is_some_and(|found| found.iter().any(|address| address.to_lowercase().contains("t.example")))
}

const SNIPPETS: [&str; 15] = [
    "<h:script src=\"https://t.example/x.js\"></h:script>",
    "<h:img src='&#x2f;&#47;t.example/x'/>",
    "<h:img srcset=\"/a 1x, https://t.example/b 2x\"/>",
    "<h:iframe srcdoc=\"&lt;img src='//t.example/x'>\"/>",
    "<h:link rel='stylesheet' href='//t.example/x'/>",
    "<h:script>pix('init')</h:script>",
    "<h:script><![CDATA[pix('init')]]></h:script>",
    "<h:script>pi<![CDATA[x(]]>1)</h:script>",
    "<s:image x:href='//t.example/i'/>",
    "<s:use href='//t.example/i'/>",
    "<s:script x:href=\"//t.example/s\"/>",
    "<s:script>&#112;ix(1)</s:script>",
    "<s:g onload='pix(1)'/>",
    "<h:img src='&e;/x'/>",
    "&m;",
];

const DISGUISES: [&str; 12] = [
    "{}",
    "<g xmlns='http://www.w3.org/2000/svg'>{}</g>",
    "<h:script>{}</h:script>",
    "<h:script type='text/plain'>{}</h:script>",
    "<h:style>{}</h:style>",
    "<h:title><!-- x -->{}<!-- > --></h:title>",
    "<?x <!-- ?>{}<!-- <?x -->",
    "<![CDATA[<!--]]>{}<!-- -->",
    "<h:p title='&lt;!--'>{}</h:p>",
    "<h:textarea>{}</h:textarea>",
    "<h:noscript>{}</h:noscript>",
    "<x h='>'/>{}",
];

fn page(content: &str) -> String {
    format!(
        "<!DOCTYPE r [<!ENTITY e \"//t.example\"><!ENTITY m \"<h:img src='&e;'/>\">]>\
         <r xmlns:h=\"{XHTML}\" xmlns:s=\"{SVG}\" xmlns:x=\"{XLINK}\">{content}</r>"
    )
}

#[test]
fn no_disguise_hides_a_tracker_from_the_rewriter() {
    let mut dangerous = 0;
    for snippet in SNIPPETS {
        for disguise in DISGUISES {
            let page = page(&disguise.replace("{}", snippet));
            dangerous += usize::from(leaks(&page));
            let clean = text(&page);
            assert!(fetched(&page).is_some() && fetched(&clean).is_some(), "well-formed: {page}\nbecame\n{clean}");
            assert!(!leaks(&clean), "{page}\nbecame\n{clean}");
            assert_eq!(text(&clean), clean, "not idempotent: {page}");
            assert_eq!(rewrite(page.as_bytes(), &everything()), page.as_bytes(), "consent changes nothing: {page}");
        }
    }
    assert!(dangerous > SNIPPETS.len() * DISGUISES.len() * 8 / 10, "{dangerous}");
}

#[test]
fn our_own_markup_goes_into_xhtml_where_it_is_xml() {
    let inject = |page: &str, head: &str| {
        let options = Options {
            inject_head: Some(head.into()),
            inject_body: Some("<p>b</p>".into()),
            fragment: false,
            ..options()
        };
        String::from_utf8(rewrite_in(&mut page.as_bytes().chunks(3), &[], options)).unwrap()
    };
    let xhtml = "<html xmlns=\"http://www.w3.org/1999/xhtml\"><head><title>x</title></head><body><head/></body></html>";
    let expected = "<html xmlns=\"http://www.w3.org/1999/xhtml\"><head><i/><title>x</title></head><body><p>b</p><head/></body></html>";
    assert_eq!(inject(xhtml, "<i/>"), expected);
    assert_eq!(inject(xhtml, "<br>"), expected.replace("<i/>", ""));
    for other in ["<html><head></head></html>", "<svg xmlns=\"http://www.w3.org/2000/svg\"><body></body></svg>"] {
        assert_eq!(inject(other, "<i/>"), other);
    }
}

/// Tags longer than the cap neither stop the document nor carry anything past the judge.
#[test]
fn long_tags_go_on() {
    let long = "A".repeat(5000);
    let small = || Options { max_token_bytes: 500, ..options() };
    let run = |content: &str, chunk: usize| {
        let document = format!(
            "<svg xmlns=\"{SVG}\" xmlns:h=\"{XHTML}\" xmlns:x=\"{XLINK}\">{content}<h:img src=\"//t.example/last\"/></svg>"
        );
        let clean = String::from_utf8(rewrite_in(&mut document.as_bytes().chunks(chunk), &[], small())).unwrap();
        assert!(fetched(&clean).is_some(), "{clean}");
        assert!(!leaks(&clean) && clean.contains("data-vestibule-src=\"//t.example/last\""), "{clean}");
        let granted = rewrite_in(&mut document.as_bytes().chunks(chunk), &everything(), small());
        assert_eq!(granted, document.as_bytes());
        let again = rewrite_in(&mut clean.as_bytes().chunks(chunk), &[], small());
        assert_eq!(String::from_utf8(again).unwrap(), clean, "again");
        clean
    };
    for chunk in [1, 7, 499, 500, 501, 100_000] {
        // What the document carries itself stays.
        let image = format!("<image width=\"1\" x:href=\"data:image/png;base64,{long}\" height=\"2\"/>");
        assert!(run(&image, chunk).contains(&image));
        let path = format!("<path d=\"{long}\" id=\"a\"/>");
        assert!(run(&path, chunk).contains(&path));
        // What cannot be known does not.
        let out = run(&format!("<image href=\"//t.example/{long}\" x:href=\"//t.example/b\"/>"), chunk);
        assert!(
            out.contains(" data-vestibule-href=\"//t") && out.contains("x:data-vestibule-href=\"//t.example/b"),
            "{out}"
        );
        let out = run(&format!("<h:img alt=\"{long}\" src=\"//t.example/x\" onload=\"pix(1)\"/>"), chunk);
        assert!(out.contains("data-vestibule-src=\"//t") && out.contains("data-vestibule-onload"), "{out}");
        let out = run(&format!("<h:script id=\"{long}\">pix(1)</h:script><h:script>pix(2)</h:script>"), chunk);
        assert_eq!(out.matches("text/plain").count(), 2, "{out}");
        run(&format!("<h:link href=\"//t.example/x\" title=\"{long}\" rel=\"stylesheet\"/>"), chunk);
        run(&format!("<h:iframe srcdoc=\"&lt;img src='//t.example/x'>{long}\"/>"), chunk);
        run(&format!("<h:img alt=\"&gt;{long}\" {}src=\"//t.example/x\"/>", " ".repeat(1200)), chunk);
        run(&format!("<h:img {long}=\"1\" src=\"//t.example/x\"/>"), chunk);
        run(&format!("<h:img src {} =\"//t.example/x\"/>", " ".repeat(1200)), chunk);
        run(&format!("<{long} a=\"b\"/>"), chunk);
        let many = (0..200).map(|at| format!(" a{at}=\"b\"")).collect::<Vec<_>>().concat();
        run(&format!("<h:img{many} src=\"//t.example/x\"/>"), chunk);
        run(&format!("<h:script>{long}<h:img alt=\"{long}\" src=\"//t.example/x\"/></h:script>"), chunk);
        run(&format!("<?xml-stylesheet href=\"//t.example/{long}\"?>"), chunk);
    }
    // A feed's text that is too long is read on, and written escaped.
    for chunk in [1, 64, 100_000] {
        let feed = format!("<rss><description>{long}&lt;img src=//t.example/x&gt;<![CDATA[<b>]]></description></rss>");
        let clean = String::from_utf8(rewrite_in(&mut feed.as_bytes().chunks(chunk), &[], small())).unwrap();
        let expected = format!(
            "<rss><description>{long}&lt;img data-vestibule=pixel data-vestibule-src=//t.example/x&gt;&lt;b&gt;</description></rss>"
        );
        assert_eq!(clean, expected);
        assert_eq!(rewrite_in(&mut feed.as_bytes().chunks(chunk), &everything(), small()), feed.as_bytes());
    }
    // A document type of that size is left out.
    let document = format!(
        "<!DOCTYPE a [<!-- {long} --><!ENTITY e '<x/>'>]><a xmlns=\"{XHTML}\"><img src=\"//t.example/x\"/></a>"
    );
    for chunk in [1, 100_000] {
        let clean = String::from_utf8(rewrite_in(&mut document.as_bytes().chunks(chunk), &[], small())).unwrap();
        assert!(clean.starts_with("<a xmlns") && !leaks(&clean), "{clean}");
        assert_eq!(rewrite_in(&mut document.as_bytes().chunks(chunk), &everything(), small()), document.as_bytes());
    }
}

#[test]
fn time_is_linear_in_hostile_documents() {
    for shape in [
        "<a>",
        "<a xmlns:b='c'>",
        "<a b='c' ",
        " b='c'",
        "<!--",
        "<![CDATA[",
        "<?xml-stylesheet ",
        "&lt;",
        "<",
        "</",
        "<!DOCTYPE a [",
        "<!DOCTYPE a [<!ENTITY a '&a;'>",
        "<rss><description>",
        "<script xmlns='http://www.w3.org/1999/xhtml'>",
    ] {
        let page = shape.repeat(100_000 / shape.len());
        let started = std::time::Instant::now();
        rewrite_in(&mut page.as_bytes().chunks(64), &[], options());
        assert!(started.elapsed().as_secs() < 20, "{shape}");
    }
}

/// Pieces of markup that make trouble together.
fn trouble() -> impl Strategy<Value = String> {
    let pieces = [
        "<h:script>",
        "</h:script>",
        "<h:script src='//t.example/a'/>",
        "<s:image x:href='//t.example/a'/>",
        "<h:img src=\"//t.example/i\"/>",
        "<h:img src='&e;'/>",
        "<h:img src='/own' ",
        "q:src='//t.example/i' ",
        "/>",
        "<a xmlns='http://www.w3.org/1999/xhtml'>",
        "<a xmlns:h='urn:x'>",
        "</a>",
        "<img src='//t.example/i'/>",
        "<x:y xmlns:x='http://www.w3.org/2000/svg'>",
        "</x:y>",
        "<![CDATA[",
        "]]>",
        "<!--",
        "-->",
        "<?xml-stylesheet href='//t.example/x'?>",
        "<?x",
        "?>",
        "&m;",
        "&e;",
        "&lt;",
        "&#112;",
        "pix(1)",
        "ix(1)",
        "x",
        "<",
        ">",
        "'",
        "\"",
        "<description>",
        "</description>",
        "&lt;img src=//t.example/x&gt;",
        "<![CDATA[<img src='//t.example/x'>]]>",
    ];
    let root = prop::sample::select(vec!["r", "rss", "h:html"]);
    (root, prop::collection::vec(prop::sample::select(pieces.to_vec()), 1..16)).prop_map(|(root, pieces)| {
        page(&pieces.concat()).replace("<r ", &format!("<{root} ")).replace("</r>", &format!("</{root}>"))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, rng_seed: RngSeed::Fixed(20_261_127), ..ProptestConfig::default() })]

    #[test]
    fn chunks_do_not_matter(page in trouble(), cut in 1_usize..9, cap in prop::sample::select(vec![300_usize, 1 << 20])) {
        let options = || Options { max_token_bytes: cap, ..options() };
        let whole = rewrite_in(&mut std::iter::once(page.as_bytes()), &[], options());
        prop_assert_eq!(&rewrite_in(&mut page.as_bytes().chunks(1), &[], options()), &whole);
        prop_assert_eq!(&rewrite_in(&mut page.as_bytes().chunks(cut), &[], options()), &whole);
    }

    #[test]
    fn consent_to_everything_changes_nothing(page in trouble(), cut in 1_usize..9, cap in 20_usize..2000) {
        let out = rewrite_in(&mut page.as_bytes().chunks(cut), &everything(), Options { max_token_bytes: cap, ..options() });
        prop_assert_eq!(out, page.as_bytes());
    }

    #[test]
    fn a_second_run_changes_nothing(page in trouble()) {
        let once = text(&page);
        prop_assert_eq!(text(&once), once);
    }

    #[test]
    fn nothing_leaks_by_another_parser(page in trouble(), cap in prop::sample::select(vec![60_usize, 300, 1 << 20])) {
        let options = Options { max_token_bytes: cap, ..options() };
        let clean = String::from_utf8(rewrite_in(&mut std::iter::once(page.as_bytes()), &[], options)).unwrap();
        prop_assert!(!leaks(&clean), "{}\nbecame\n{}", page, clean);
        prop_assert!(cap < 400 || fetched(&page).is_none() || fetched(&clean).is_some(), "{}\nbecame\n{}", page, clean);
    }

    #[test]
    fn no_bytes_panic(page in prop::collection::vec(any::<u8>(), 0..400), cut in 1_usize..50, cap in 1_usize..300) {
        let options = || Options { max_token_bytes: cap, ..options() };
        rewrite_in(&mut page.chunks(cut), &[], options());
        prop_assert_eq!(rewrite_in(&mut page.chunks(cut), &everything(), options()), page);
    }
}
