//! What one request carries from hook to hook.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use http::HeaderMap;

use super::sheets::Sheet;
use crate::banner::{mirror, style};
use crate::consent::{ConsentState, Regime, SourceId};
use crate::enforce::response_headers::Asked;
use crate::enforce::{Journal, Judge};
use crate::policy::Mode;
use crate::snapshot::{Banner, Plan, Site, Snapshot};
use crate::sources::{GpcOutcome, RequestView, Rescue};

/// One request. Pins its snapshot at birth.
#[derive(Debug)]
pub(super) struct RequestCtx {
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) started: Instant,
    /// Present once the request is known to be for a site.
    pub(super) visit: Option<Visit>,
    /// Whether the policy for some visitors that is on trial holds here.
    pub(super) canary: bool,
    /// How often connecting to the shop was tried.
    pub(super) attempts: usize,
    /// Whether the body will not be the one that the head describes.
    pub(super) unframe: bool,
    /// What the shop is asked for.
    pub(super) target: Target,
    /// Why the response may not pass, if it may not.
    pub(super) refused: Option<&'static str>,
}

/// A request for a site.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "what a request asks for, each on its own")]
pub(super) struct Visit {
    pub(super) site: Arc<Site>,
    /// The legal default where the visitor is.
    pub(super) regime: Regime,
    /// What that is called.
    pub(super) regime_id: Arc<str>,
    /// What became of the visitor's `Sec-GPC: 1`, if there is one.
    pub(super) gpc: Option<GpcOutcome>,
    pub(super) state: Arc<ConsentState>,
    pub(super) plan: Arc<Plan>,
    pub(super) judge: Judge,
    /// What was found before the request went to the shop.
    pub(super) call_journal: Journal,
    pub(super) mode: Mode,
    /// Whether the visitor's connection is encrypted, as far as we are told by someone we trust.
    pub(super) secure: bool,
    /// Whether the browser asked for something to show in a window or frame.
    pub(super) document: bool,
    /// Whether a script of a page asked, so that it can put the answer into that page.
    pub(super) scripted: bool,
    /// Whether the answer can only become an image.
    pub(super) image: bool,
    /// Whether a style sheet was asked for.
    pub(super) styles: bool,
    /// How it said so.
    pub(super) asked: Asked,
    /// The banner, where it goes into this page.
    pub(super) banner: Option<Banner>,
    /// The mirror's tag, where it goes into this page, and whether the edge knows a choice by it already.
    pub(super) mirror: Option<(Arc<str>, bool)>,
    /// Consent values of the request that could not be read: whose, and why.
    pub(super) malformed: Vec<(SourceId, &'static str)>,
    /// Whether the request carries a standing objection.
    pub(super) objected: bool,
    /// A choice in a tool of the shop's that is to be set again.
    pub(super) rescue: Option<Rescue>,
    /// The style sheet that the response is, if it is one.
    pub(super) sheet: Option<Sheet>,
    /// Names of cookies that the browser sent and may hold no longer.
    pub(super) withdrawn: Vec<Vec<u8>>,
}

/// What the shop is asked for, compared with what the visitor asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// The same: there was nothing to take out.
    Plain,
    /// The same without some parameters.
    Stripped,
    /// The same with parameters that may not pass, because the shop sent the visitor back to just that.
    Whole,
}

impl RequestCtx {
    pub(super) fn new(snapshot: Arc<Snapshot>) -> Self {
        Self {
            snapshot,
            started: Instant::now(),
            visit: None,
            canary: false,
            attempts: 0,
            unframe: false,
            target: Target::Plain,
            refused: None,
        }
    }

    /// The site's name for logs and metrics.
    pub(super) fn site_name(&self) -> &str {
        self.visit.as_ref().map_or("none", |visit| &visit.site.policy.name)
    }
}

impl Visit {
    /// What sources may look at in a request of this visit. `now` is in seconds since the Unix epoch.
    pub(super) fn view<'a>(&'a self, snapshot: &'a Snapshot, headers: &'a HeaderMap, now: u64) -> RequestView<'a> {
        RequestView {
            headers,
            secure: self.secure,
            site: &self.site.policy.name,
            purposes: &snapshot.purposes,
            catalog: &snapshot.catalog,
            keys: &snapshot.keys,
            now,
            choice_lifetime: self.regime.choice_lifetime,
        }
    }

    /// Names policy revision, consent class and what is put in in validators, so that no variant is revived as another.
    pub(super) fn variant(&self) -> Cow<'_, str> {
        if self.banner.is_none() && self.mirror.is_none() {
            return (&*self.plan.variant).into();
        }
        let mut name = self.plan.variant.to_string();
        if let Some(banner) = &self.banner {
            let _ = write!(name, ".{}{}", banner.name, style::hash());
        }
        if let Some((_, seen)) = &self.mirror {
            // A newer script makes another page of one policy.
            let _ = write!(name, ".m{}{}", mirror::hash(), if *seen { "s" } else { "" });
        }
        name.into()
    }

    /// Whether pages may have to change for this visitor.
    pub(super) fn rewrites(&self) -> bool {
        self.mode == Mode::Enforce && (!self.plan.all_granted || self.banner.is_some() || self.mirror.is_some())
    }
}
