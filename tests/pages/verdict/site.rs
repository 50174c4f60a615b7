//! The shop whose pages are judged, and the rewriter in front of it.

use std::sync::Arc;

use url::Url;
use vestibule::catalog::{Catalog, Service};
use vestibule::consent::{Grant, PurposeId, Regime, Signal, SignalKind, SourceId, resolve};
use vestibule::enforce::html::{Options, Rewriter};
use vestibule::enforce::{Judge, Page};
use vestibule::policy::SitePolicy;

/// The shop's host: the only one of its pages, together with [`NECESSARY`], that may be contacted without consent.
pub(crate) const SHOP: &str = "shop.example";
/// A host without which the shop does not work.
pub(crate) const NECESSARY: &str = "pay.example";
/// A host that needs consent. So does every host that nobody knows.
pub(crate) const TRACKER: &str = "t.example";

/// What a visitor agreed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Consent {
    Nothing,
    Everything,
}

fn catalog() -> Catalog {
    let service = |id: &str, purpose, host: &str| Service {
        reason: (purpose == PurposeId::NECESSARY).then(|| "test".into()),
        hosts: vec![host.into()],
        ..Service::named(id, [purpose].into_iter().collect())
    };
    Catalog::new(vec![service("pixel", PurposeId::MARKETING, TRACKER), service("pay", PurposeId::NECESSARY, NECESSARY)])
}

/// The shop's judges. Built once: a catalog is not made for every page.
#[derive(Debug)]
pub(crate) struct Shop {
    nothing: Judge,
    everything: Judge,
}

impl Shop {
    pub(crate) fn new() -> Self {
        let catalog = Arc::new(catalog());
        let judge = |grant| {
            let site = SitePolicy::default();
            let signal = Signal {
                source: SourceId("test"),
                kind: SignalKind::Collected,
                at: None,
                knowing: true,
                purposes: site.offered.iter().map(|purpose| (purpose, grant)).collect(),
                services: vec![],
            };
            let state = Arc::new(resolve(&[signal], Regime::OPT_IN));
            let url = Url::parse(&format!("https://{SHOP}/a/b")).unwrap();
            Judge::new(Arc::new(site), Arc::clone(&catalog), state, None, Arc::new(Page::new(url)))
        };
        Self { nothing: judge(Grant::Denied), everything: judge(Grant::Granted) }
    }

    /// What becomes of a page that arrives in `chunks`.
    pub(crate) fn rewrite<'a>(&self, chunks: impl Iterator<Item = &'a [u8]>, consent: Consent) -> Vec<u8> {
        self.rewrite_within(1 << 22, chunks, consent)
    }

    fn rewrite_within<'a>(
        &self,
        max_token_bytes: usize,
        chunks: impl Iterator<Item = &'a [u8]>,
        consent: Consent,
    ) -> Vec<u8> {
        let mut rewriter = self.rewriter(max_token_bytes, consent);
        let mut output = Vec::new();
        for chunk in chunks {
            rewriter.write(chunk, &mut output).unwrap();
        }
        rewriter.end(&mut output).unwrap();
        output
    }

    fn rewriter(&self, max_token_bytes: usize, consent: Consent) -> Rewriter {
        let judge = if consent == Consent::Nothing { &self.nothing } else { &self.everything };
        let options = Options { inject_head: None, inject_body: None, max_token_bytes, fragment: true };
        Rewriter::new(judge.fork(), options)
    }

    /// Rewrites a page and lets go of every piece of it at once, as a proxy does. Gives how many bytes went out.
    pub(crate) fn stream<'a>(
        &self,
        max_token_bytes: usize,
        chunks: impl Iterator<Item = &'a [u8]>,
        consent: Consent,
    ) -> usize {
        let mut rewriter = self.rewriter(max_token_bytes, consent);
        let (mut output, mut written) = (Vec::new(), 0);
        for chunk in chunks {
            rewriter.write(chunk, &mut output).unwrap();
            written += output.len();
            output.clear();
        }
        rewriter.end(&mut output).unwrap();
        written + output.len()
    }
}
