//! Message heads written by hand, and what the surfaces say when nobody knows how the browser asked.

use std::sync::Arc;

use http::header::{HeaderName, LOCATION};
use http::{HeaderMap, HeaderValue};
use url::Url;
use vestibule::catalog::Catalog;
use vestibule::consent::{PurposeId, PurposeSet, Regime, resolve};
use vestibule::enforce::response_headers::{self, Asked};
use vestibule::enforce::{Judge, Page, Surface, field_edits_applied, query, request_headers};
use vestibule::policy::{Consent, Given, Mode, SitePolicy, Verdict};
use vestibule::review::{Stage, TESTS_PLAY_AT};

use super::header_corpus::configured;

struct Case {
    name: String,
    given: Given,
    target: String,
    left: Vec<(HeaderName, Vec<String>)>,
}

fn cases() -> Vec<Case> {
    let text = std::fs::read_to_string("tests/data/headers/golden.case").unwrap();
    text.split("\n=== ").skip(1).map(case).collect()
}

fn case(text: &str) -> Case {
    let (title, lines) = text.split_once('\n').unwrap();
    let (name, consent) = title.strip_suffix(']').unwrap().split_once(" [").unwrap();
    let only = |purpose| Consent::Only(PurposeSet::EMPTY.with(purpose));
    let consent = match consent {
        "none" => Consent::RefuseAll,
        "all" => Consent::AcceptAll,
        "analytics" => only(PurposeId::ANALYTICS),
        other => panic!("{other}"),
    };
    let (mut request, mut response) = (HeaderMap::new(), HeaderMap::new());
    let (mut path, mut target) = ("/", None);
    let mut left: Vec<(HeaderName, Vec<String>)> = Vec::new();
    for line in lines.lines() {
        let (mark, rest) = line.split_once(' ').unwrap();
        if let Some(at) = rest.strip_prefix("GET ") {
            if mark == ">" {
                path = at;
            } else {
                target = Some(at);
            }
            continue;
        }
        let (field, value) = rest.split_once(": ").unwrap_or((rest, ""));
        let field: HeaderName = field.parse().unwrap();
        match mark {
            ">" => drop(request.append(field, HeaderValue::from_str(value).unwrap())),
            "<" => drop(response.append(field, HeaderValue::from_str(value).unwrap())),
            "=" => left.push((field, if value.is_empty() { vec![] } else { vec![value.to_owned()] })),
            other => panic!("{other} in {name}"),
        }
    }
    for (field, value) in request.iter().chain(&response) {
        if !left.iter().any(|(known, _)| known == field) {
            left.push((field.clone(), vec![value.to_str().unwrap().to_owned()]));
        }
    }
    let url = Url::parse(&format!("https://shop.test{path}")).unwrap();
    let given = Given { consent, country: None, method: "GET".into(), url, request, response, html: None };
    Case { name: name.to_owned(), given, target: target.unwrap_or(path).to_owned(), left }
}

#[test]
fn heads_by_hand() {
    let config = configured();
    let stage = Stage::new(&config, TESTS_PLAY_AT);
    let mut wrong = Vec::new();
    let cases = cases();
    assert!(cases.len() > 40);
    for case in &cases {
        let outcome = stage.play(0, &case.given).unwrap();
        let target = String::from_utf8_lossy(&outcome.target).into_owned();
        if target != case.target {
            wrong.push(format!("{}: {target} instead of {}", case.name, case.target));
        }
        for (field, lines) in &case.left {
            let arrived = outcome.request.get_all(field).iter().chain(outcome.response.get_all(field));
            let arrived: Vec<&str> = arrived.map(|line| line.to_str().unwrap()).collect();
            if arrived != *lines {
                wrong.push(format!("{}: {field}\n  arrived  {arrived:?}\n  expected {lines:?}", case.name));
            }
        }
        // What was cut or taken out has a finding, and what has one was changed.
        let judged = outcome.judged.iter().filter(|judged| {
            judged.decision.verdict != Verdict::Keep
                && matches!(judged.surface, Surface::ResponseHeader | Surface::RequestHeader | Surface::Query)
        });
        let changed = target != *case.given.url[url::Position::BeforePath..].to_owned()
            || case.given.request.keys().any(|name| differ(&case.given.request, &outcome.request, name))
            || case.given.response.keys().any(|name| differ(&case.given.response, &outcome.response, name));
        if changed != (judged.count() > 0) {
            wrong.push(format!("{}: changed {changed}, {:?}", case.name, outcome.judged));
        }
        // Once more over what came out changes nothing.
        let again = Given { response: outcome.response.clone(), ..case.given.clone() };
        let again = stage.play(0, &again).unwrap();
        if again.response != outcome.response {
            wrong.push(format!("{}: the second time it is {:?}", case.name, again.response));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn differ(one: &HeaderMap, other: &HeaderMap, name: &HeaderName) -> bool {
    !one.get_all(name).iter().eq(other.get_all(name).iter())
}

/// A judge of the shop of the cases, for a visitor who made no choice.
fn judge(page: &str, change: impl FnOnce(&mut SitePolicy)) -> Judge {
    let config = configured();
    let mut policy = config.sites[0].policy.clone();
    change(&mut policy);
    let state = Arc::new(resolve(&[], Regime::OPT_IN));
    let page = Arc::new(Page::new(Url::parse(page).unwrap()));
    Judge::new(Arc::new(policy), Arc::new(Catalog::new(config.services)), state, None, page)
}

fn location(target: &str, asked: Asked, redirects: bool) -> Option<String> {
    let mut headers = HeaderMap::new();
    headers.insert(LOCATION, HeaderValue::from_bytes(target.as_bytes()).unwrap());
    let mut judge = judge("https://shop.test/p?adclick=7", |_| {});
    let edits = response_headers::edit(&mut judge, &headers, redirects, asked);
    field_edits_applied(&mut headers, edits);
    headers.get(LOCATION).map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned())
}

/// Parts of a page go nowhere that the page itself may not go; a visitor who is on the way somewhere arrives.
#[test]
fn t39_where_redirects_may_lead() {
    let tracker = "https://cdn.ads.example/c";
    let through = "https://cdn.ads.example/c?dest=//shop.test/x";
    let same = |target: &str| Some(target.to_owned());
    for (target, asked, left) in [
        (tracker, Asked::Page, same(tracker)),
        (tracker, Asked::Part, None),
        (tracker, Asked::Unsaid, None),
        (through, Asked::Page, same("https://shop.test/x")),
        (through, Asked::Part, same("https://shop.test/x")),
        (through, Asked::Unsaid, same("https://shop.test/x")),
        ("https://nobody.example/", Asked::Page, same("https://nobody.example/")),
        ("https://nobody.example/", Asked::Part, None),
        ("https://nobody.example/", Asked::Unsaid, same("https://nobody.example/")),
        ("https://js.pay.example/", Asked::Part, same("https://js.pay.example/")),
        ("//cdn.ads.example\\x", Asked::Part, None),
        ("https:cdn.ads.example/x", Asked::Part, same("https:cdn.ads.example/x")),
        ("/own?adclick=1", Asked::Part, same("/own")),
        // A signature makes no bank of a tracker's picture, but a sign-in of one.
        ("https://cdn.ads.example/c?signature=1", Asked::Part, None),
        (
            "https://cdn.ads.example/c?client_id=1&redirect_uri=https://shop.test/x",
            Asked::Page,
            same("https://cdn.ads.example/c?client_id=1&redirect_uri=https://shop.test/x"),
        ),
        // Back to where the visitor is: neither led there nor in circles.
        ("https://cdn.ads.example/c?dest=https%3A%2F%2Fshop.test%2Fp", Asked::Part, None),
        ("/p?adclick=8", Asked::Page, same("/p?adclick=8")),
        // Not the shop's, not absolute, not an address.
        ("https://cdn.ads.example/c?dest=https://evil.example/", Asked::Unsaid, None),
        ("https://cdn.ads.example/c?dest=/x", Asked::Unsaid, None),
        ("https://cdn.ads.example/c?dest=javascript://shop.test/", Asked::Unsaid, None),
        ("https://", Asked::Part, same("https://")),
    ] {
        assert_eq!(location(target, asked, true), left, "{target} {asked:?}");
    }
    assert_eq!(location(tracker, Asked::Part, false), same(tracker), "no browser goes there");
}

#[test]
fn s5_what_is_only_watched_changes_nothing_and_is_found() {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("link", "<https://cdn.ads.example/x>; rel=preload"),
        ("nel", "{}"),
        ("accept-ch", "sec-ch-x-ads"),
        ("x-ads-note", "1"),
        ("location", "/x?adclick=1"),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    let mut watched = judge("https://shop.test/", |site| site.mode = Mode::Observe);
    assert!(response_headers::edit(&mut watched, &headers, true, Asked::Page).is_empty());
    assert_eq!(query::stripped(&mut watched, b"/?adclick=1"), None);
    let findings = watched.journal().findings();
    assert!(findings.len() == 6 && findings.iter().all(|finding| !finding.enforced), "{findings:?}");
    let mut off = judge("https://shop.test/", |site| site.mode = Mode::Off);
    assert!(response_headers::edit(&mut off, &headers, true, Asked::Page).is_empty());
    assert!(off.journal().findings().is_empty());
}

/// Findings name the parameter or the field, never what it holds.
#[test]
fn s6_findings_tell_names_only() {
    let mut judge = judge("https://shop.test/", |_| {});
    let target = query::stripped(&mut judge, b"/secret-path?adclick=secret-value&q=secret-query");
    assert_eq!(target.as_deref(), Some(&b"/secret-path?q=secret-query"[..]));
    let mut headers = HeaderMap::new();
    headers.insert("referer", HeaderValue::from_static("https://secret.example/secret-path?q=secret"));
    headers.insert("x-forwarded-for", HeaderValue::from_static("203.0.113.77"));
    assert_eq!(request_headers::edit(&mut judge, &headers, &|_| false).len(), 2);
    let told = format!("{:?}", judge.journal().findings());
    assert!(!told.contains("secret") && !told.contains("203.0"), "{told}");
    for subject in ["adclick", "referer", "x-forwarded-for"] {
        assert!(told.contains(&format!("subject: \"{subject}\"")), "{told}");
    }
}

/// What the shop keeps for itself, whoever claims the parameter.
#[test]
fn s6_a_necessary_parameter_passes() {
    let keep = |site: &mut SitePolicy| {
        let pattern = vestibule::catalog::Pattern::new("ad*");
        site.necessary_parameters.push(vestibule::policy::NecessaryItem { pattern, reason: "ours".into() });
    };
    let mut judge = judge("https://shop.test/", keep);
    assert_eq!(query::stripped(&mut judge, b"/?AdClick=1&visit_id=2").as_deref(), Some(&b"/?AdClick=1"[..]));
}

#[test]
fn bytes_that_are_no_text_stay_as_they_are() {
    let mut judge = judge("https://shop.test/", |_| {});
    for (sent, left) in [
        (&b"/\xff?a=\xff\xfe&adclick=\xff&b=%"[..], Some(&b"/\xff?a=\xff\xfe&b=%"[..])),
        (b"/?adclick\xff=1", None),
        (b"/?a=1#?adclick=1", None),
        (b"*", None),
        (b"", None),
        (b"?adclick", Some(b"")),
        (b"https://shop.test?adclick=1#x", Some(b"https://shop.test#x")),
    ] {
        assert_eq!(query::stripped(&mut judge, sent).as_deref(), left, "{sent:?}");
    }
}

/// The fields that can be cut are the ones that the catalog knows, so that an operator finds them all in one place.
#[test]
fn s8_the_catalog_names_every_field_with_an_address() {
    let built_in = vestibule::config::builtin_services();
    let known = built_in.iter().find(|service| &*service.id == "visitor-address").unwrap();
    let known: Vec<&str> = known.fields.iter().map(vestibule::catalog::Pattern::as_str).collect();
    assert_eq!(known, vestibule::policy::ADDRESS_FIELDS);
    assert!(known.iter().all(|name| request_headers::address::is_field(name)));
}
