//! Embeds whose service has a variant that collects less: loaded from there where that may load, inert where it may not.

use std::sync::Arc;

use url::Url;
use vestibule::catalog::{Catalog, Service, Variant};
use vestibule::consent::{Grant, PurposeId, Regime, Signal, SignalKind, SourceId, resolve};
use vestibule::enforce::html::{Options, Rewriter};
use vestibule::enforce::{Judge, Page};
use vestibule::policy::{SitePolicy, Verdict};

fn catalog() -> Catalog {
    let video = Service {
        hosts: vec!["video.example".into()],
        variant: Some(Variant::new("www.video-no-cookie.example".into(), Some(("dnt".into(), "1".into())))),
        ..Service::named("video", [PurposeId::SOCIAL].into_iter().collect())
    };
    let variant = Service {
        hosts: vec!["video-no-cookie.example".into()],
        ..Service::named("video-no-cookie", [PurposeId::FUNCTIONAL].into_iter().collect())
    };
    Catalog::new(vec![video, variant])
}

/// The page as it comes out, and what was found: whose, and whether it passed.
fn rewrite(page: &str, granted: &[PurposeId]) -> (String, Vec<(String, Verdict)>) {
    let site = SitePolicy::default();
    let purposes = site.offered.iter();
    let grant = |purpose| if granted.contains(&purpose) { Grant::Granted } else { Grant::Denied };
    let signal = Signal {
        source: SourceId("test"),
        kind: SignalKind::Collected,
        at: None,
        knowing: true,
        purposes: purposes.map(|purpose| (purpose, grant(purpose))).collect(),
        services: vec![],
    };
    let catalog = Arc::new(catalog());
    let page_url = Url::parse("https://shop.example/a/b").unwrap();
    let state = Arc::new(resolve(&[signal], Regime::OPT_IN));
    let judge = Judge::new(Arc::new(site), Arc::clone(&catalog), state, None, Arc::new(Page::new(page_url)));
    let options = Options { inject_head: None, inject_body: None, max_token_bytes: 1 << 20, fragment: true };
    let mut rewriter = Rewriter::new(judge, options);
    let mut output = Vec::new();
    rewriter.write(page.as_bytes(), &mut output).unwrap();
    rewriter.end(&mut output).unwrap();
    let journal = rewriter.take_journal();
    let found = journal.findings().iter().map(|finding| {
        let service = finding.reason.service.and_then(|id| catalog.service(id));
        (service.map_or_else(String::new, |service| service.id.to_string()), finding.verdict)
    });
    (String::from_utf8(output).unwrap(), found.collect())
}

#[test]
fn a_frame_loads_from_its_variant_where_that_may_load() {
    let page = "<iframe width=5 src=\"//www.video.example/embed/x?a=1&amp;b=2\" title='V'></iframe>";
    let (output, found) = rewrite(page, &[PurposeId::FUNCTIONAL]);
    assert_eq!(
        output,
        "<iframe width=5 src=\"https://www.video-no-cookie.example/embed/x?a=1&amp;b=2&amp;dnt=1\" title='V'></iframe>"
    );
    assert_eq!(found, [("video".to_owned(), Verdict::Drop)]);
    assert_eq!(rewrite(&output, &[PurposeId::FUNCTIONAL]).0, output, "again");

    assert_eq!(rewrite(page, &[PurposeId::SOCIAL]).0, page, "the embed itself may load");
    let (refused, found) = rewrite(page, &[]);
    assert!(refused.contains("data-vestibule-src=") && !refused.contains(" src="), "{refused}");
    assert_eq!(found, [("video".to_owned(), Verdict::Drop)], "one element, one finding");
}

#[test]
fn only_frames_have_variants() {
    let functional = &[PurposeId::FUNCTIONAL];
    for page in [
        "<script src=https://www.video.example/api.js></script>",
        "<img src=https://www.video.example/thumbnail.jpg>",
        "<link rel=preload as=script href=https://www.video.example/api.js>",
        "<video poster=https://www.video.example/thumbnail.jpg></video>",
    ] {
        assert!(!rewrite(page, functional).0.contains("video-no-cookie"), "{page}");
    }
}

#[test]
fn without_one_base_no_address_is_certain() {
    let page = "<template><base href=/x/></template><iframe src=//www.video.example/embed/x></iframe>";
    let (output, _) = rewrite(page, &[PurposeId::FUNCTIONAL]);
    assert!(output.contains("data-vestibule-src=//www.video.example"), "{output}");
}
