//! Links of pages lose click ids where the site wants it: exactly these bytes, exactly there.

use std::sync::Arc;

use url::Url;
use vestibule::catalog::{Catalog, Pattern, Service};
use vestibule::consent::{PurposeId, Regime, Signal, SignalKind, SourceId, resolve};
use vestibule::enforce::html::{Options, Rewriter};
use vestibule::enforce::{Journal, Judge, Page, Surface};
use vestibule::policy::{Mode, SitePolicy};

fn rewrite(page: &[u8], chunk: usize, agreed: bool, change: impl Fn(&mut SitePolicy)) -> (Vec<u8>, Journal) {
    let clicks = Service {
        parameters: ["gclid", "_gl"].map(Pattern::new).to_vec(),
        ..Service::named("clicks", [PurposeId::MARKETING].into_iter().collect())
    };
    let mut site = SitePolicy { strip_links: true, ..SitePolicy::default() };
    change(&mut site);
    let signal = Signal {
        source: SourceId("test"),
        kind: SignalKind::Collected,
        at: None,
        knowing: true,
        purposes: vec![(
            PurposeId::MARKETING,
            if agreed { vestibule::consent::Grant::Granted } else { vestibule::consent::Grant::Denied },
        )],
        services: vec![],
    };
    let judge = Judge::new(
        Arc::new(site),
        Arc::new(Catalog::new(vec![clicks])),
        Arc::new(resolve(&[signal], Regime::OPT_IN)),
        None,
        Arc::new(Page::new(Url::parse("https://shop.example/a/b").unwrap())),
    );
    let options = Options { inject_head: None, inject_body: None, max_token_bytes: 1 << 20, fragment: true };
    let (mut rewriter, mut output) = (Rewriter::new(judge, options), Vec::new());
    page.chunks(chunk).for_each(|chunk| rewriter.write(chunk, &mut output).unwrap());
    rewriter.end(&mut output).unwrap();
    (output, rewriter.take_journal())
}

fn stripped(page: &[u8]) -> Vec<u8> {
    let (whole, _) = rewrite(page, page.len().max(1), false, |_| {});
    for size in [1, 3, 7] {
        assert_eq!(rewrite(page, size, false, |_| {}).0, whole, "in pieces of {size}");
    }
    assert_eq!(rewrite(&whole, 64, false, |_| {}).0, whole, "again");
    whole
}

#[test]
fn click_ids_go_with_their_bytes_and_nothing_else_does() {
    for (page, expected) in [
        ("<a href=\"/x?a=1&amp;gclid=2&amp;b=3#f\">", "<a href=\"/x?a=1&amp;b=3#f\">"),
        ("<a href='/x?a=1&gclid=2&b=\"3\"'>", "<a href='/x?a=1&b=\"3\"'>"),
        ("<A  HREF = //p.example/?gclid=2&amp;b=%20+ID class=x>", "<A  HREF = //p.example/?b=%20+ID class=x>"),
        ("<a href=\" https://p.example/x?gclid=2 \">", "<a href=\" https://p.example/x\">"),
        ("<a href=https://p.example/?gclid=2 class=x>", "<a href=https://p.example/ class=x>"),
        ("<a href=?gclid=2 class=x>", "<a href=\"\" class=x>"),
        ("<a href=?gclid=2/>", "<a href=\"\">"),
        ("<a href=\"/x?gclid=1&#38;a=2&#x26;gcl&#105;d=3&amp;a=4\">", "<a href=\"/x?a=2&amp;a=4\">"),
        ("<a href=\"/x?a=1&amp;gc\n lid=2&amp;gc\nlid=3&b\">", "<a href=\"/x?a=1&amp;gc\n lid=2&b\">"),
        ("<area href=/x?gclid=1&x=&copy&copy=2>", "<area href=/x?x=&copy&copy=2>"),
        ("<a href=/x?x=&lt&gclid=1;b>", "<a href=/x?x=&lt;;b>"),
        ("<a href=/x?x=&notin&gclid=1;b>", "<a href=/x>"),
        ("<svg><a xlink:href='/x?gclid=1&b' href='?gclid=1'>", "<svg><a xlink:href='/x?b' href=''>"),
        ("<a href=/x?b&gclid=1 href=/y?gclid=1>", "<a href=/x?b href=/y?gclid=1>"),
        ("<base href=//cdn.shop.example/><a href=x?gclid=1&b>", "<base href=//cdn.shop.example/><a href=x?b>"),
        ("<noscript><a href=/x?gclid=1&b></noscript>", "<noscript><a href=/x?b></noscript>"),
    ] {
        assert_eq!(String::from_utf8(stripped(page.as_bytes())).unwrap(), expected, "{page}");
    }
    assert_eq!(stripped(b"<a href='/\xe9?\xe9=1&gclid=\xe9&b=\xff'>"), b"<a href='/\xe9?\xe9=1&b=\xff'>");
}

#[test]
fn everything_else_stays() {
    for page in [
        "<a href=/x?a=1&amp;b=2>",
        "<a href=/x#?gclid=1>",
        "<a href=/gclid=1>",
        "<a href=/x?GCLIDS=1&xgclid=2&utm_source=3>",
        "<a href=mailto:x@y.example?gclid=1>",
        "<a href='javascript:go(\"?gclid=1\")'>",
        "<a href=https://p.example/?gclid=1&signature=2>",
        "<a href=https://idp.example/?client_id=1&amp;redirect_uri=x&amp;gclid=1>",
        "<a href=https://p.example/?u=%2Fx%3Fgclid%3D1>",
        "<a data-href=/x?gclid=1 title='?gclid=1'>?gclid=1</a>",
        "<form action=/x?gclid=1><link rel=canonical href=/x?gclid=1>",
        "<script>x='<a href=/x?gclid=1>'</script><!-- <a href=/x?gclid=1> -->",
    ] {
        assert_eq!(String::from_utf8(stripped(page.as_bytes())).unwrap(), page);
    }
}

#[test]
fn only_where_it_is_wanted_and_not_agreed_to() {
    let page = b"<a href='/x?gclid=1&b'>";
    let same = |agreed, change: &dyn Fn(&mut SitePolicy)| {
        let (output, journal) = rewrite(page, 99, agreed, change);
        assert_eq!(output, page);
        journal.findings().len()
    };
    assert_eq!(same(true, &|_| {}), 0);
    assert_eq!(same(false, &|site| site.strip_links = false), 0);
    assert_eq!(same(false, &|site| site.mode = Mode::Observe), 1, "told and not done");
    let (_, journal) = rewrite(page, 99, false, |_| {});
    let [finding] = journal.findings() else { panic!("{journal:?}") };
    assert_eq!((finding.surface, &*finding.subject, finding.enforced), (Surface::Query, "gclid", true));
}
