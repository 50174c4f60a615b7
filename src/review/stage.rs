//! A configuration set up to play exchanges through, with the surfaces and the judge that requests meet, and without
//! sockets.
//!
//! The order of the work is the proxy's: sources, consent state, plan, the request's cookies, parameters and fields, response
//! head, page. What the proxy adds for the sake of HTTP itself (codings, validators, caching fields, the banner) is left
//! out, and so are our own cookies and the fields that end cookies in the browser.

use std::sync::Arc;

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, Method};
use url::{Position, Url};

use super::{Outcome, Situation};
use crate::catalog::{Catalog, FetchKind};
use crate::config::{Config, SiteConfig};
use crate::consent::{ConsentState, Country};
use crate::enforce::cookies::{self, CookieEdit};
use crate::enforce::html::{Options, Rewriter};
use crate::enforce::response_headers::Asked;
use crate::enforce::{
    Judge, Judged, Page, Surface, csp, endpoints, field_edits_applied, query, request_headers, response_headers,
};
use crate::policy::{Given, Mode, SitePolicy, Verdict};
use crate::snapshot::Plan;
use crate::sources::{self, Choice, Key, KeyRing, OwnCookies, RequestView};

/// When tests play: 1 January 2026, 00:00 UTC, in seconds since the Unix epoch. Always the same, so that no test begins
/// to fail on a certain day.
pub const TESTS_PLAY_AT: u64 = 1_767_225_600;

/// What a choice is bound to here.
const BIND: &str = "stage";

/// A compiled configuration, ready to play exchanges.
#[derive(Debug)]
pub struct Stage<'a> {
    config: &'a Config,
    catalog: Arc<Catalog>,
    policies: Vec<Arc<SitePolicy>>,
    keys: KeyRing,
    now: u64,
}

impl<'a> Stage<'a> {
    /// Compiles `config`. `now` is in seconds since the Unix epoch.
    pub fn new(config: &'a Config, now: u64) -> Self {
        Self {
            config,
            catalog: Arc::new(Catalog::new(config.services.clone())),
            policies: config.sites.iter().map(|site| Arc::new(site.policy.clone())).collect(),
            // Signs choices that never leave this room.
            keys: KeyRing::new(Key::new([0; 32]), None),
            now,
        }
    }

    /// The configuration.
    pub const fn config(&self) -> &'a Config {
        self.config
    }

    /// All services.
    pub const fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// The compiled policy of a site.
    pub fn policy(&self, site: usize) -> Option<&Arc<SitePolicy>> {
        self.policies.get(site)
    }

    /// The position of the site that answers for `host`.
    pub fn site(&self, host: &str) -> Option<usize> {
        self.config.site_for(host)
    }

    /// Plays one exchange on a site; `None` when there is no such site.
    pub fn play(&self, site: usize, given: &Given) -> Option<Outcome> {
        self.play_with(site, given, &[])
    }

    /// Plays one exchange, and judges `addresses` as if the page fetched them.
    pub fn play_with(&self, site: usize, given: &Given, addresses: &[Url]) -> Option<Outcome> {
        let (settings, policy) = (self.config.sites.get(site)?, self.policies.get(site)?);
        let mut request = given.request.clone();
        self.choose(settings, given, &mut request);
        let state = Arc::new(self.state(settings, given, &request));
        let route = policy.route(&given.method, given.url.path());
        let mode = policy.mode_on(route);
        let plan = Plan::new(&policy.everywhere_enforcing(), &self.catalog, &state, route, "");
        let page = Arc::new(Page::new(given.url.clone()));
        let mut judge =
            Judge::new(Arc::clone(policy), Arc::clone(&self.catalog), Arc::clone(&state), route, page).explaining();
        let kind = endpoints::fetched_as(&Method::from_bytes(given.method.as_bytes()).unwrap_or_default(), &request);
        let call = if kind == FetchKind::Document { None } else { judge.judge_call(kind, &[]) };
        let answered = call.is_some_and(|decision| decision.verdict == Verdict::Drop);
        // What is answered here does not reach the shop.
        let upstream_cookie = if answered { Vec::new() } else { request_cookies(&mut judge, &request) };
        let target = given.url[Position::BeforePath..Position::AfterQuery].as_bytes();
        let target = query::stripped(&mut judge, target).unwrap_or_else(|| target.to_vec());
        let sent = request.clone();
        request.remove(COOKIE);
        let edits = request_headers::edit(&mut judge, &request, &|_| false);
        field_edits_applied(&mut request, edits);
        let edits = endpoints::trimmed(&mut judge, &request);
        field_edits_applied(&mut request, edits);
        let called = judge.called().into();
        let mut response = given.response.clone();
        let mut html = given.html.as_ref().map(|html| html.as_bytes().to_vec());
        let mut cut = false;
        let mut line = None;
        if mode != Mode::Off && !answered {
            let secure = given.url.scheme() == "https";
            self.response_head(&mut judge, &sent, &mut response, secure);
            if let Some(page) = &mut html {
                let (rewritten, whole) = self.page(&mut judge, page);
                if mode == Mode::Enforce && !plan.all_granted {
                    *page = rewritten;
                    cut = !whole;
                }
            }
            let class = plan.csp.as_deref().filter(|_| mode == Mode::Enforce);
            line = class.map(|class| csp::line(judge.page(), class));
        }
        for address in addresses {
            judge.judge_url(Surface::Element, address, "address on");
        }
        let judged = judge.take_journal().judged().to_vec();
        Some(Outcome {
            called,
            state,
            route,
            mode,
            upstream_cookie,
            target,
            request,
            response,
            html,
            cut,
            csp: line,
            judged,
        })
    }

    /// Puts the visitor's choice into the request as the visitor's browser would send it.
    fn choose(&self, site: &SiteConfig, given: &Given, request: &mut HeaderMap) {
        let Some(granted) = given.consent.granted(site.policy.offered) else {
            return;
        };
        let names = |purposes: crate::consent::PurposeSet| {
            purposes.iter().map(|purpose| self.config.purposes.name(purpose).to_owned()).collect()
        };
        let choice = Choice {
            issued: self.now,
            granted: names(granted),
            denied: names(site.policy.offered.difference(granted)),
            // A browser that objects does so at every moment, also when its visitor chooses.
            knowing: true,
            ..Choice::default()
        };
        let own = OwnCookies::names(given.url.scheme() == "https");
        let sealed = self.keys.seal_choice(&choice, BIND, &site.policy.name);
        let field = sealed.map(|sealed| format!("{}={sealed}; {}={BIND}", own.consent, own.bind));
        if let Some(Ok(field)) = field.map(TryInto::try_into) {
            request.append(COOKIE, field);
        }
    }

    fn state(&self, site: &SiteConfig, given: &Given, request: &HeaderMap) -> ConsentState {
        // Whoever writes the test is trusted to say where the visitor is.
        let named =
            site.country_header.as_deref().map(|name| request.get_all(name).iter().map(|field| field.to_str().ok()));
        let regime = site.policy.regimes.of(given.country.or_else(|| named.and_then(Country::of_fields)));
        let view = RequestView {
            headers: request,
            secure: given.url.scheme() == "https",
            site: &site.policy.name,
            purposes: &self.config.purposes,
            catalog: &self.catalog,
            keys: &self.keys,
            now: self.now,
            choice_lifetime: regime.choice_lifetime,
        };
        sources::consent_of(&site.sources, &view, regime).state
    }

    /// What the decision about one item of an exchange rested on.
    pub fn situation(&self, site: usize, given: &Given, outcome: &Outcome, judged: &Judged) -> Option<Situation> {
        Some(Situation {
            item: judged.item.clone(),
            state: Arc::clone(&outcome.state),
            site: Arc::clone(self.policies.get(site)?),
            route: outcome.route,
            catalog: Arc::clone(&self.catalog),
            // Whether the request itself may be made is asked before it is a call to anybody.
            called: if judged.surface == Surface::Endpoint { Box::default() } else { outcome.called.clone() },
            page: Arc::new(Page::new(given.url.clone())),
        })
    }

    fn response_head(&self, judge: &mut Judge, request: &HeaderMap, response: &mut HeaderMap, secure: bool) {
        if let Some(edits) = cookies::response(judge, request, response, secure, self.now) {
            let fields = cookies::apply(response, edits);
            response.remove(SET_COOKIE);
            // What we remember for ourselves is nobody's expectation.
            let ours = |field: &http::HeaderValue| OwnCookies::is_ours(cookies::name_of(field.as_bytes()));
            for field in fields.into_iter().filter(|field| !ours(field)) {
                response.append(SET_COOKIE, field);
            }
        }
        // A test writes no status: where it writes a `Location`, browsers follow it.
        let edits = response_headers::edit(judge, response, true, Asked::Page);
        field_edits_applied(response, edits);
    }

    /// What the rewriter makes of a page, and whether it came to the end.
    fn page(&self, judge: &mut Judge, page: &[u8]) -> (Vec<u8>, bool) {
        let options = Options {
            inject_head: None,
            inject_body: None,
            max_token_bytes: self.config.limits.max_token_bytes,
            fragment: true,
        };
        let mut rewriter = Rewriter::new(judge.fork(), options);
        let mut rewritten = Vec::with_capacity(page.len());
        let whole = rewriter.write(page, &mut rewritten).and_then(|()| rewriter.end(&mut rewritten)).is_ok();
        judge.absorb(rewriter.take_journal());
        (rewritten, whole)
    }
}

/// The `Cookie` field that reaches the shop; empty when none does.
fn request_cookies(judge: &mut Judge, request: &HeaderMap) -> Vec<u8> {
    match cookies::request(judge, request).edit {
        CookieEdit::Keep => request.get(COOKIE).map(|field| field.as_bytes().to_vec()).unwrap_or_default(),
        CookieEdit::Remove => Vec::new(),
        CookieEdit::Replace(value) => value,
    }
}
