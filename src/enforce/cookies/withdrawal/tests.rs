//! What is sent, and that it comes to an end.

use std::collections::BTreeSet;
use std::sync::Arc;

use url::Url;

use super::{MAX_BYTES, MAX_LINES, expiring, paths, variants};
use crate::catalog::{Catalog, Pattern, Service};
use crate::consent::{ConsentState, PurposeId, PurposeSet};
use crate::enforce::{Judge, Page, Surface};
use crate::policy::SitePolicy;

fn judge(url: &str) -> Judge {
    let service = Service {
        cookies: ["_t*", "__Host-t*", "__Secure-t*", "__http-t*"].map(Pattern::new).to_vec(),
        ..Service::named("stats", PurposeSet::EMPTY.with(PurposeId::ANALYTICS))
    };
    let page = Arc::new(Page::new(Url::parse(url).unwrap()));
    let catalog = Arc::new(Catalog::new(vec![service]));
    Judge::new(Arc::new(SitePolicy::default()), catalog, Arc::new(ConsentState::undecided()), None, page)
}

fn sent(url: &str, names: &[&str], secure: bool, draw: u32) -> Vec<String> {
    let names: Vec<Vec<u8>> = names.iter().map(|name| name.as_bytes().to_vec()).collect();
    let lines = expiring(&mut judge(url), &names, secure, draw);
    lines.into_iter().map(|line| String::from_utf8(line).unwrap()).collect()
}

#[test]
fn every_parent_up_to_the_public_suffix_is_tried() {
    let lines = sent("http://www.shop.co.uk/", &["_t"], false, 0);
    let expected = [
        "_t=; Path=/; Domain=shop.co.uk; Max-Age=0",
        "_t=; Path=/; Max-Age=0",
        "_t=; Path=/; Domain=www.shop.co.uk; Max-Age=0",
    ];
    assert_eq!(lines, expected);
    for (url, domains) in [
        ("https://shop.github.io/", vec!["shop.github.io"]),
        ("https://a.b.shop.com.au/", vec!["shop.com.au", "b.shop.com.au", "a.b.shop.com.au"]),
        ("https://127.0.0.1/", vec![]),
        ("https://[::1]/", vec![]),
        ("https://localhost/", vec!["localhost"]),
        ("https://github.io/", vec!["github.io"]),
    ] {
        let judge = judge(url);
        let parsed = Url::parse(url).unwrap();
        let all = variants(&parsed, judge.page().registrable_domain(), false);
        let tried: Vec<&str> = all.iter().filter_map(|variant| variant.domain).collect();
        assert_eq!(tried, domains, "{url}");
        assert!(all.iter().any(|variant| variant.domain.is_none()), "{url}");
    }
}

#[test]
fn every_path_that_a_cookie_can_have_is_tried() {
    assert_eq!(paths("/"), ["/"]);
    assert_eq!(paths("/a"), ["/", "/a"]);
    assert_eq!(paths("/a/b/"), ["/", "/a/b/", "/a/b", "/a/", "/a"]);
    assert_eq!(paths("/a;b/c"), ["/"], "a semicolon cannot be written down");
    let deep = "/x".repeat(100);
    let tried = paths(&deep);
    assert!(tried.len() <= 40 && tried.contains(&deep.as_str()) && tried.contains(&"/x/x/"));
    assert!(tried.contains(&deep.strip_suffix("/x").unwrap()), "the default path of a cookie without one");
}

#[test]
fn prefixes_get_what_they_need() {
    let lines = sent("https://shop.co.uk/a", &["__Host-t", "__Secure-t", "__http-t"], true, 0);
    let of = |name: &str| lines.iter().filter(|line| line.starts_with(name)).cloned().collect::<Vec<_>>();
    assert_eq!(
        of("__Host-t"),
        ["__Host-t=; Path=/; Max-Age=0; Secure", "__Host-t=; Path=/; Max-Age=0; Secure; SameSite=None; Partitioned"]
    );
    assert!(of("__Secure-t").iter().all(|line| line.contains("; Secure")));
    assert!(of("__http-t").iter().all(|line| line.contains("; Secure; HttpOnly")));
    assert_eq!(sent("http://shop.co.uk/", &["__Host-t", "__Secure-t"], false, 0), [""; 0]);
    assert_eq!(sent("http://shop.co.uk/", &[], false, 0), [""; 0]);
}

#[test]
fn a_name_of_any_length_is_sent_alone_if_need_be() {
    let long = format!("_t{}", "x".repeat(4000));
    assert_eq!(sent("https://shop.co.uk/", &[&long], true, 1).len(), 1);
}

/// Sixty trackers, five of which a script creates anew at once, all on odd paths and domains: everything else is gone after
/// some responses, no response is too large, and each has a finding for each name.
#[test]
fn nothing_starves() {
    let url = "https://www.shop.co.uk/a/b/c";
    let mut judge = judge(url);
    let parsed = Url::parse(url).unwrap();
    let registrable = judge.page().registrable_domain().to_owned();
    let all = variants(&parsed, &registrable, true);
    assert_eq!(all.len(), 3 * 6 * 2);
    // Each name is one odd variant; a line that says exactly that ends it.
    let mut jar: Vec<(String, usize)> = (0..60).map(|at| (format!("_t{at}"), (at * 7 + 11) % all.len())).collect();
    let ends = |name: &str, which: usize| {
        let line = super::line(name.as_bytes(), all[which], true).unwrap();
        String::from_utf8(line).unwrap()
    };
    let mut draw = 1_u64;
    let mut responses = 0;
    while jar.len() > 5 {
        responses += 1;
        assert!(responses < 1000, "{} left", jar.len());
        draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let names: Vec<Vec<u8>> = jar.iter().map(|(name, _)| name.clone().into_bytes()).collect();
        let lines = expiring(&mut judge, &names, true, u32::try_from(draw >> 32).unwrap());
        assert!(!lines.is_empty() && lines.len() <= MAX_LINES);
        assert!(lines.iter().map(Vec::len).sum::<usize>() <= MAX_BYTES);
        let lines: BTreeSet<String> = lines.into_iter().map(|line| String::from_utf8(line).unwrap()).collect();
        let named: BTreeSet<&str> = lines.iter().filter_map(|line| line.split('=').next()).collect();
        let journal = judge.take_journal();
        let found: BTreeSet<&str> = journal.findings().iter().map(|finding| &*finding.subject).collect();
        assert_eq!(found, named);
        assert!(journal.findings().iter().all(|finding| finding.surface == Surface::Withdrawal && finding.enforced));
        let script = |name: &str| ["_t0", "_t1", "_t2", "_t3", "_t4"].contains(&name);
        jar.retain(|(name, which)| script(name) || !lines.contains(&ends(name, *which)));
    }
}

/// The ordinary case: as many trackers, where trackers are.
#[test]
fn ordinary_trackers_end_in_a_few_responses() {
    let mut names: Vec<String> = (0..60).map(|at| format!("_t{at}")).collect();
    let mut responses = 0;
    while !names.is_empty() {
        responses += 1;
        let known: Vec<&str> = names.iter().map(String::as_str).collect();
        let lines = sent("https://www.shop.co.uk/a/b", &known, true, responses * 7919);
        names.retain(|name| !lines.contains(&format!("{name}=; Path=/; Domain=shop.co.uk; Max-Age=0")));
        assert!(responses <= 6, "{} left", names.len());
    }
}
