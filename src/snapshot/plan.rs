//! What depends only on the consent class, computed once and shared.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use url::Url;

use crate::catalog::Catalog;
use crate::consent::ConsentState;
use crate::enforce::{Judge, Page, csp};
use crate::policy::{RouteId, SitePolicy};

/// The precomputed enforcement for one site and consent class.
#[derive(Debug)]
pub struct Plan {
    /// Names the class in validators: equal classes of one revision have equal names. Never derived from an identity.
    pub class: Box<str>,
    /// Policy revision and class, `REVISION.CLASS`: what entity tags carry.
    pub variant: Box<str>,
    /// Whether the visitor agreed to everything, so that nothing is rewritten.
    pub all_granted: bool,
    /// The class's part of our `Content-Security-Policy` line; `None` when the class needs none.
    pub csp: Option<Box<str>>,
}

impl Plan {
    /// Computes the plan for `state` on `route`, under the policy called `revision`.
    pub fn new(
        site: &Arc<SitePolicy>,
        catalog: &Arc<Catalog>,
        state: &Arc<ConsentState>,
        route: Option<RouteId>,
        revision: &str,
    ) -> Self {
        let judge = neutral_page().map(|page| {
            let parts = (Arc::clone(site), Arc::clone(catalog), Arc::clone(state));
            Judge::new(parts.0, parts.1, parts.2, route, Arc::new(page))
        });
        let csp = judge.as_ref().and_then(|judge| csp::class_sources(judge, site, catalog));
        let all_granted = judge.is_some_and(|judge| judge.passes_everything());
        let granted = state.granted().difference(site.denied_on(route));
        let mut digest = Sha256::new().chain_update(granted.bits().to_be_bytes());
        for (service, grant) in state.service_grants() {
            digest.update(service.0.to_be_bytes());
            digest.update(grant.as_str());
        }
        let class = digest.finalize().iter().take(4).fold(String::new(), |name, byte| format!("{name}{byte:02x}"));
        Self {
            variant: format!("{revision}.{class}").into(),
            class: class.into(),
            all_granted,
            csp: csp.map(Into::into),
        }
    }
}

/// A page of nobody's, to judge third parties from.
fn neutral_page() -> Option<Page> {
    Url::parse("http://page.invalid/").ok().map(Page::new)
}
