//! Any bytes as a style sheet: nothing panics, cuts do not matter, a second time changes nothing, with consent nothing changes,
//! and no address of a tracker is left in what another reading of the same tokens could fetch.
//!
//! Long: `VESTIBULE_FUZZ=1000000 VESTIBULE_FUZZ_SEED=7 cargo test --release --test fuzz css -- --nocapture`.

use std::sync::Arc;

use url::Url;
use vestibule::catalog::{Catalog, Service};
use vestibule::consent::{Grant, PurposeId, PurposeSet, Regime, Signal, SignalKind, SourceId, resolve};
use vestibule::enforce::css::Rewriter;
use vestibule::enforce::{Judge, Page};
use vestibule::policy::SitePolicy;

use super::{Dice, number};

const WORDS: [&str; 54] = [
    "url(",
    "URL( ",
    "u\\72l(",
    "\\75\r\nrl(",
    "\")",
    "')",
    ")",
    "(",
    "[",
    "]",
    "{",
    "}",
    ";",
    ":",
    ",",
    "\"",
    "'",
    "\\",
    "\n",
    "\r\n",
    "\x0c",
    "/*",
    "*/",
    "@import ",
    "@\\69mport",
    "@namespace ",
    "@font-face{src:",
    "image-set(",
    "src(",
    "var(",
    "type(",
    "--x:",
    "initial-value:",
    "expression(",
    "//t.example/",
    "https:",
    "\\2f\\2ft.example",
    "data:text/css,",
    "data:x,",
    "/own",
    "<!--",
    "-->",
    "-",
    "--",
    "1",
    ".",
    "e",
    "+",
    "#",
    "@",
    "é",
    "\0",
    " ",
    "a{b:",
];

fn judge(granted: bool) -> Judge {
    let mut service = Service::named("t", PurposeSet::EMPTY.with(PurposeId::MARKETING));
    service.hosts.push("t.example".into());
    let offered = PurposeSet::EMPTY.with(PurposeId::MARKETING);
    let site = SitePolicy { offered, ..SitePolicy::default() };
    let signal = Signal {
        source: SourceId("test"),
        kind: SignalKind::Collected,
        at: None,
        knowing: true,
        purposes: vec![(PurposeId::MARKETING, if granted { Grant::Granted } else { Grant::Denied })],
        services: Vec::new(),
    };
    let state = resolve(&[signal], Regime::OPT_IN);
    let page = Page::new(Url::parse("https://shop.example/a/b.css").unwrap());
    Judge::new(Arc::new(site), Arc::new(Catalog::new(vec![service])), Arc::new(state), None, Arc::new(page))
}

fn sheet(dice: &mut Dice) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..dice.below(30) {
        match dice.below(12) {
            0 => bytes.push(u8::try_from(dice.below(256)).unwrap()),
            1 => bytes.extend(dice.one(&WORDS).bytes().cycle().take(dice.below(600))),
            _ => bytes.extend(dice.one(&WORDS).as_bytes()),
        }
    }
    bytes
}

/// Rewritten with a small cap in pieces of some size.
fn rewrite(judge: &Judge, sheet: &[u8], size: usize) -> Vec<u8> {
    let mut rewriter = Rewriter::new(judge.fork(), 256);
    let mut output = Vec::new();
    for piece in sheet.chunks(size.max(1)) {
        rewriter.write(piece, &mut output);
    }
    rewriter.end(&mut output);
    output
}

#[test]
fn any_bytes_in_style_sheets() {
    let (runs, seed) = (number("VESTIBULE_FUZZ", 4_000), number("VESTIBULE_FUZZ_SEED", 1));
    let first = number("VESTIBULE_FUZZ_FIRST", 0);
    let (refused, agreed) = (judge(false), judge(true));
    let mut edited = 0;
    for run in first..first + runs {
        let mut dice = Dice(seed ^ run.wrapping_mul(0x9e37_79b9));
        let sheet = sheet(&mut dice);
        let clean = rewrite(&refused, &sheet, usize::MAX);
        let size = 1 + dice.below(40);
        assert_eq!(rewrite(&refused, &sheet, size), clean, "{run}: in pieces of {size}");
        assert_eq!(rewrite(&refused, &clean, size), clean, "{run}: a second time");
        assert_eq!(rewrite(&agreed, &sheet, size), sheet, "{run}: with consent");
        edited += u64::from(clean != sheet);
    }
    println!("{runs} style sheets, {edited} of them changed");
    assert!(runs < 1_000 || edited > runs / 10, "{edited}");
}
