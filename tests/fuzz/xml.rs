//! XML of random pieces: nothing panics, chunks do not matter, consent to everything changes nothing, and what comes out is
//! left alone a second time.

use std::sync::Arc;

use url::Url;
use vestibule::catalog::Catalog;
use vestibule::consent::{ConsentState, Grant, Regime, Signal, SignalKind, SourceId, resolve};
use vestibule::enforce::html::Options;
use vestibule::enforce::xml::Rewriter;
use vestibule::enforce::{Judge, Page};
use vestibule::policy::SitePolicy;

use super::{Dice, number};

const PIECES: [&[u8]; 44] = [
    b"<",
    b">",
    b"/>",
    b"</",
    b"<a ",
    b"<script>",
    b"</script>",
    b"<h:script ",
    b"<h:img src='//www.facebook.com/tr'/>",
    b"<image ",
    b"x:href=\"//t.example/\"",
    b" src='&e;'",
    b" xmlns='http://www.w3.org/1999/xhtml'",
    b" xmlns='http://www.w3.org/2000/svg'",
    b" xmlns:h='http://www.w3.org/1999/xhtml'",
    b" xmlns:x='http://www.w3.org/1999/xlink'",
    b"<rss>",
    b"<description>",
    b"</description>",
    b"<![CDATA[",
    b"]]>",
    b"]]",
    b"<!--",
    b"-->",
    b"<!DOCTYPE a [",
    b"<!ENTITY e '//t.example'>",
    b"<!ENTITY m \"<h:img src='//t.example'/>\">",
    b"<!ENTITY % p '",
    b"%p;",
    b"<!ATTLIST image href CDATA '",
    b"]>",
    b"&e;",
    b"&m;",
    b"&lt;",
    b"&#x3c;",
    b"&#0;",
    b"&",
    b";",
    b"'",
    b"\"",
    b"=",
    b"<?xml-stylesheet href='//t.example'?>",
    b"<?xml version='1.0'?>",
    b"?>",
];

fn judge(site: &Arc<SitePolicy>, grant: Grant) -> Judge {
    let signal = Signal {
        source: SourceId("fuzz"),
        kind: SignalKind::Collected,
        at: None,
        knowing: true,
        purposes: site.offered.iter().map(|purpose| (purpose, grant)).collect(),
        services: vec![],
    };
    let state: ConsentState = resolve(&[signal], Regime::OPT_IN);
    let page = Arc::new(Page::new(Url::parse("https://shop.example/a/b").unwrap()));
    Judge::new(Arc::clone(site), Arc::new(Catalog::default()), Arc::new(state), None, page)
}

fn run(judge: &Judge, document: &[u8], chunk: usize, max_token_bytes: usize) -> Vec<u8> {
    let options = Options { inject_head: None, inject_body: None, max_token_bytes, fragment: true };
    let mut rewriter = Rewriter::new(judge.fork(), options);
    let mut output = Vec::new();
    for piece in document.chunks(chunk) {
        rewriter.write(piece, &mut output).unwrap();
    }
    rewriter.end(&mut output).unwrap();
    output
}

#[test]
fn xml_documents() {
    let runs = number("VESTIBULE_FUZZ", 5_000);
    let (seed, first) = (number("VESTIBULE_FUZZ_SEED", 1), number("VESTIBULE_FUZZ_FIRST", 0));
    let site = Arc::new(SitePolicy::default());
    let (refused, granted) = (judge(&site, Grant::Denied), judge(&site, Grant::Granted));
    for at in first..first + runs {
        let mut dice = Dice(seed.wrapping_mul(1_000_003).wrapping_add(at));
        let mut document = Vec::new();
        for _ in 0..dice.below(40) {
            if dice.below(12) == 0 {
                document.push(u8::try_from(dice.below(256)).unwrap());
            } else {
                let piece: &&[u8] = dice.one(&PIECES);
                document.extend_from_slice(piece);
            }
        }
        let cap = *dice.one(&[16, 64, 1 << 20]);
        let whole = run(&refused, &document, usize::MAX, cap);
        let chunk = 1 + dice.below(20);
        let shown = String::from_utf8_lossy(&document);
        assert_eq!(run(&refused, &document, chunk, cap), whole, "run {at}, chunks of {chunk}, cap {cap}: {shown}");
        if granted.passes_everything() {
            assert_eq!(run(&granted, &document, chunk, cap), document, "run {at}: {shown}");
        }
        if cap > 64 {
            let again = run(&refused, &whole, chunk, cap);
            assert_eq!(String::from_utf8_lossy(&again), String::from_utf8_lossy(&whole), "run {at}, again: {shown}");
        }
    }
    println!("xml: {runs} documents from {first}, seed {seed}");
}
