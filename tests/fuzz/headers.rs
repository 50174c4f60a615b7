//! Any bytes in the fields that are judged: nothing panics, nothing comes out that no field may hold, a second time changes
//! nothing, and what is kept are bytes that were sent.
//!
//! Long: `VESTIBULE_FUZZ=1000000 VESTIBULE_FUZZ_SEED=7 cargo test --release --test fuzz headers -- --nocapture`.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use url::Url;
use vestibule::catalog::{Catalog, Pattern, Service};
use vestibule::consent::{Grant, PurposeId, PurposeSet, Regime, Signal, SignalKind, SourceId, resolve};
use vestibule::enforce::response_headers::{self, Asked};
use vestibule::enforce::{FieldEdit, Judge, Page, field_edits_applied, query, request_headers};
use vestibule::policy::SitePolicy;

use super::{Dice, number};

/// Fields of which only parts are taken out, so that what is left is made of what was sent.
const CUT: [&str; 13] = [
    "link",
    "report-to",
    "reporting-endpoints",
    "content-security-policy",
    "content-security-policy-report-only",
    "expect-ct",
    "public-key-pins",
    "x-xss-protection",
    "accept-ch",
    "critical-ch",
    "speculation-rules",
    "alt-svc",
    "x-original-url",
];

/// Fields that are written anew, or led elsewhere.
const REWRITTEN: [&str; 7] =
    ["permissions-policy", "nel", "location", "refresh", "referer", "x-forwarded-for", "forwarded"];

const WORDS: [&str; 47] = [
    "<",
    ">",
    ",",
    ";",
    "\"",
    "'",
    "\\",
    "=",
    " ",
    "\t",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    ":",
    "/",
    "//",
    "?",
    "&",
    "#",
    "%",
    "%61",
    "https://t.example/",
    "https://nobody.example",
    "https://shop.example/p",
    "t.example",
    "url=",
    "rel=preload",
    "rel=\"preconnect\"",
    "{\"group\":\"g\",\"max_age\":1,\"endpoints\":[{\"url\":\"https://t.example/\"}]}",
    "\"endpoints\":",
    "\"url\":",
    "report-uri ",
    "ch-ua=(self \"https://t.example\")",
    "sec-ch-x",
    "for=",
    "192.0.2.77",
    "[2001:db8::1]:1",
    "gclid=1",
    "gclid[]",
    "signature=1",
    "0;url=",
    "\u{e9}",
    "\u{ff}",
    "https://t.example/c?url=https://shop.example/x",
];

fn judge(granted: bool) -> Judge {
    let mut service = Service::named("t", PurposeSet::EMPTY.with(PurposeId::MARKETING));
    service.hosts.push("t.example".into());
    service.parameters.push(Pattern::new("gclid"));
    for name in ["sec-ch-x", "referer", "x-forwarded-for", "forwarded", "x-t-*"] {
        service.fields.push(Pattern::new(name));
    }
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
    let page = Page::new(Url::parse("https://shop.example/p?a=1").unwrap());
    Judge::new(Arc::new(site), Arc::new(Catalog::new(vec![service])), Arc::new(state), None, Arc::new(page))
}

fn line(dice: &mut Dice) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..dice.below(14) {
        match dice.below(12) {
            0 => bytes.push(u8::try_from(dice.below(256)).unwrap()),
            1 => bytes.extend(dice.one(&WORDS).as_bytes().iter().rev()),
            _ => bytes.extend(dice.one(&WORDS).as_bytes()),
        }
    }
    bytes
}

/// Whether `part` is left of `whole` when some bytes are taken out.
fn is_left_of(part: &[u8], whole: &[u8]) -> bool {
    let mut rest = whole.iter();
    part.iter().all(|byte| rest.any(|one| one == byte))
}

fn check(sent: &HeaderMap, edits: &[FieldEdit]) {
    for FieldEdit { name, lines } in edits {
        let all: Vec<u8> = sent.get_all(name).iter().flat_map(|line| [line.as_bytes(), b"\n"].concat()).collect();
        for line in lines {
            let line = line.as_bytes();
            assert!(!line.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)), "{name} {line:?}");
            assert!(REWRITTEN.contains(&name.as_str()) || is_left_of(line, &all), "{name} {line:?} of {all:?}");
        }
    }
}

#[test]
fn any_bytes_in_fields() {
    let (runs, seed) = (number("VESTIBULE_FUZZ", 4_000), number("VESTIBULE_FUZZ_SEED", 1));
    let first = number("VESTIBULE_FUZZ_FIRST", 0);
    let mut judges = [judge(false), judge(true)];
    let mut edited = 0;
    for run in first..first + runs {
        let mut dice = Dice(seed ^ run.wrapping_mul(0x9e37_79b9));
        let (mut response, mut request) = (HeaderMap::new(), HeaderMap::new());
        for _ in 0..=dice.below(5) {
            let bytes = line(&mut dice);
            let names: &[&'static str] = if dice.below(3) == 0 { &REWRITTEN } else { &CUT };
            let name = *dice.one(names);
            let name = HeaderName::from_static(name);
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                response.append(name.clone(), value.clone());
                request.append(name, value);
            }
        }
        let asked = *dice.one(&[Asked::Page, Asked::Part, Asked::Unsaid]);
        let at = dice.below(2);
        let judge = &mut judges[at];
        let edits = response_headers::edit(judge, &response, true, asked);
        check(&response, &edits);
        assert!(at == 0 || edits.is_empty(), "everything was agreed to: {run} {response:?} {edits:?}");
        edited += edits.len();
        field_edits_applied(&mut response, edits);
        let again = response_headers::edit(judge, &response, true, asked);
        assert!(again.is_empty(), "{run}: {response:?} {again:?}");
        let edits = request_headers::edit(judge, &request, &|_| false);
        check(&request, &edits);
        assert!(at == 0 || edits.is_empty(), "everything was agreed to: {run} {request:?} {edits:?}");
        field_edits_applied(&mut request, edits);
        let again = request_headers::edit(judge, &request, &|_| false);
        assert!(again.is_empty(), "{run}: {request:?} {again:?}");
        let target = line(&mut dice);
        if let Some(short) = query::stripped(judge, &target) {
            assert!(at == 0 && is_left_of(&short, &target), "{run} {target:?} {short:?}");
            assert_eq!(query::stripped(judge, &short), None, "{run} {short:?}");
        }
        judge.take_journal();
    }
    println!("{runs} sets of fields, {edited} of them changed");
    assert!(runs < 1_000 || edited > 1_000);
}
