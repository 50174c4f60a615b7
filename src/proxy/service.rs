//! The framework's hooks. Each does one thing and leaves the work to the file that knows how.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use http::{HeaderValue, Method, StatusCode};
use pingora::http::{RequestHeader, ResponseHeader};
use pingora::modules::http::HttpModules;
use pingora::prelude::HttpPeer;
use pingora::proxy::{FailToProxy, ProxyHttp, Session};
use pingora::{Error, ErrorSource, ErrorType, Result};
use url::Url;

use super::body::{self, BodyFilter};
use super::client::{self, Client};
use super::ctx::{RequestCtx, Target, Visit};
use super::injection::{Injected, Part};
use super::kind::Kind;
use super::region::country;
use super::respond::Answer;
use super::response::BodyPlan;
use super::rewriters::pipeline;
use super::sheets::{self, Sheets};
use super::upstream::Upstreams;
use super::{collect, framing, harden, own, request, response};
use crate::enforce::{Journal, Judge, Page};
use crate::inventory::Inventory;
use crate::policy::Mode;
use crate::snapshot::{Snapshot, SnapshotCell};
use crate::sources::{self, RequestView};
use crate::telemetry::{Metrics, events};

/// How often connecting to the shop is tried before the visitor is told.
const MAX_ATTEMPTS: usize = 3;

/// The proxy.
#[derive(Debug)]
pub(super) struct Vestibule {
    cell: Arc<SnapshotCell>,
    metrics: Arc<Metrics>,
    inventory: Arc<Inventory>,
    upstreams: Upstreams,
    /// Which parts of ours the shops' policies were seen to stop, by site.
    stopped: Mutex<BTreeSet<(Box<str>, Part)>>,
    sheets: Sheets,
}

impl Vestibule {
    pub(super) fn new(cell: Arc<SnapshotCell>, metrics: Arc<Metrics>, inventory: Arc<Inventory>) -> Self {
        Self {
            cell,
            metrics,
            inventory,
            upstreams: Upstreams::default(),
            stopped: Mutex::default(),
            sheets: Sheets::default(),
        }
    }

    /// What goes into a page, and word of what the shop's policies keep out.
    fn injected(&self, visit: &Visit, head: &ResponseHeader) -> Injected {
        let injected = Injected::of(visit, &head.headers);
        let site = &visit.site.policy.name;
        for (part, directive) in &injected.stopped {
            self.metrics.injection_stopped(site, part.as_str());
            let mut stopped = self.stopped.lock().unwrap_or_else(PoisonError::into_inner);
            if stopped.insert((site.clone(), *part)) {
                events::injection_stopped(site, part.as_str(), directive);
            }
        }
        injected
    }

    /// Recognises site and visitor.
    fn visit(session: &Session, ctx: &RequestCtx) -> std::result::Result<Visit, harden::Refusal> {
        let snapshot = &ctx.snapshot;
        let head = session.req_header();
        let raw = || {
            session
                .as_downstream()
                .as_http1()
                .map(pingora::protocols::http::v1::server::HttpSession::get_headers_raw_bytes)
        };
        let local = || session.as_downstream().server_addr().and_then(|at| at.as_inet()).map(ToString::to_string);
        let authority = harden::check(head, &snapshot.limits, raw, local)?;
        let misdirected = harden::Refusal { status: 421, reason: "no site is configured for this host" };
        let site = snapshot.site(harden::host_of(&authority)).ok_or(misdirected)?;
        let client = client(session, ctx);
        let secure = client.secure;
        let malformed = harden::Refusal { status: 400, reason: "the request target is malformed" };
        let target = String::from_utf8_lossy(head.raw_path());
        let scheme = if secure { "https" } else { "http" };
        // An absolute target names the host a second time; its path is what counts.
        let path = if target.starts_with('/') {
            &*target
        } else {
            head.uri.path_and_query().map_or("/", |path| path.as_str())
        };
        let path = if path.starts_with('/') { path } else { "/" };
        let url = Url::parse(&format!("{scheme}://{authority}{path}")).map_err(|_| malformed)?;
        let country = country(site, &head.headers, client, &snapshot.trusted_proxies);
        let regime = site.policy.regimes.of(country);
        let view = RequestView {
            headers: &head.headers,
            secure,
            site: &site.policy.name,
            purposes: &snapshot.purposes,
            catalog: &snapshot.catalog,
            keys: &snapshot.keys,
            now: now(),
            choice_lifetime: regime.choice_lifetime,
        };
        let consent = sources::consent_of(&site.sources, &view, regime);
        let objected = consent.objected();
        let document = request::wants_document(head);
        let asked = request::asked(head, document);
        let scripted = request::asked_by_script(head, url.host_str());
        let image = request::asks_for_image(head);
        let styles = sheets::is_asked_for(head, &url);
        let page_asked = document && head.method == Method::GET;
        let rescue = if page_asked { sources::rescue_due(&site.sources, &view, &consent.signals) } else { None };
        let state = Arc::new(consent.state);
        let route = site.policy.route(head.method.as_str(), url.path());
        let plan = snapshot.plan(site, &state, route);
        let mode = site.policy.mode_on(route);
        let asks = mode == Mode::Enforce && !state.chosen() && request::is_top_level(head);
        let banner = site.banner.as_ref().filter(|_| asks).map(|banners| banners.under(regime, consent.gpc).clone());
        let mirrors = mode == Mode::Enforce && document && request::is_top_level(head);
        let mirror = site.mirror.as_ref().filter(|_| mirrors).map(|tags| {
            let seen = consent.mirrored;
            (Arc::clone(if seen { &tags.seen } else { &tags.unseen }), seen)
        });
        let page = Arc::new(Page::new(url));
        let other = snapshot.shadow.as_ref().filter(|_| mode != Mode::Off);
        let shadow = other.and_then(|other| shadow(other, &view, harden::host_of(&authority), head, client, &page));
        let parts = (Arc::clone(&site.policy), Arc::clone(&snapshot.catalog), Arc::clone(&state));
        let mut judge = Judge::new(parts.0, parts.1, parts.2, route, page);
        if let Some(shadow) = shadow {
            judge = judge.with_shadow(shadow);
        }
        Ok(Visit {
            site: Arc::clone(site),
            regime,
            regime_id: Arc::clone(site.policy.regimes.id_of(country)),
            gpc: consent.gpc,
            state,
            plan,
            judge,
            call_journal: Journal::default(),
            mode,
            secure,
            document,
            scripted,
            image,
            styles,
            asked,
            banner,
            mirror,
            malformed: consent.malformed,
            objected,
            rescue,
            sheet: None,
            withdrawn: Vec::new(),
        })
    }
}

/// The judge of a policy on trial for the same request; `None` when it has no site for the host.
fn shadow(
    other: &Snapshot,
    view: &RequestView<'_>,
    host: &str,
    head: &RequestHeader,
    client: Client,
    page: &Arc<Page>,
) -> Option<Judge> {
    let site = other.site(host)?;
    let regime = site.policy.regimes.of(country(site, &head.headers, client, &other.trusted_proxies));
    // The choice was made on the site in use, whatever this one is called.
    let view = RequestView {
        purposes: &other.purposes,
        catalog: &other.catalog,
        choice_lifetime: regime.choice_lifetime,
        ..*view
    };
    let state = sources::consent_of(&site.sources, &view, regime).state;
    let route = site.policy.route(head.method.as_str(), page.url.path());
    let (policy, catalog) = (Arc::clone(&site.policy), Arc::clone(&other.catalog));
    Some(Judge::new(policy, catalog, Arc::new(state), route, Arc::clone(page)))
}

fn client(session: &Session, ctx: &RequestCtx) -> Client {
    let downstream = session.as_downstream();
    let peer = downstream.client_addr().and_then(|address| address.as_inet()).copied();
    let tls = downstream.digest().is_some_and(|digest| digest.ssl_digest.is_some());
    Client::new(peer, tls, &session.req_header().headers, &ctx.snapshot.trusted_proxies)
}

/// Seconds since the Unix epoch.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// A number that is another one for each response. Nothing depends on nobody guessing it.
fn draw() -> u32 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.subsec_nanos())
}

#[async_trait]
impl ProxyHttp for Vestibule {
    type CTX = RequestCtx;

    fn new_ctx(&self) -> RequestCtx {
        RequestCtx::new(self.cell.load())
    }

    fn init_downstream_modules(&self, modules: &mut HttpModules) {
        modules.add_module(Box::new(framing::Builder));
    }

    fn init_upstream_modules(&self, modules: &mut HttpModules) {
        modules.add_module(Box::new(body::Builder));
    }

    async fn early_request_filter(&self, session: &mut Session, ctx: &mut RequestCtx) -> Result<()> {
        let limits = &ctx.snapshot.limits;
        session.set_keepalive(Some(limits.keepalive.as_secs()));
        session.set_read_timeout(Some(limits.read_timeout));
        session.set_write_timeout(Some(limits.write_timeout));
        session.set_total_drain_timeout(Some(Duration::from_secs(5)));
        // Early hints would name addresses that nobody judged.
        session.set_ignore_info_resp(true);
        Ok(())
    }

    async fn request_filter(&self, session: &mut Session, ctx: &mut RequestCtx) -> Result<bool> {
        let head = session.req_header().method == Method::HEAD;
        // Asked for only where a canary is configured.
        let visitor =
            || client::visitor(client(session, ctx), &session.req_header().headers, &ctx.snapshot.trusted_proxies);
        if let Some(canary) = ctx.snapshot.canary_for(visitor) {
            ctx.snapshot = canary;
            ctx.canary = true;
        }
        let visit = match Self::visit(session, ctx) {
            Ok(mut visit) => {
                visit.judge = visit.judge.with_aliases(self.inventory.names().current());
                visit
            }
            Err(refusal) => {
                self.metrics.refusal(refusal.reason);
                let answer = Answer::problem(refusal.status, "Request refused", refusal.reason);
                answer.closing().send(session, head).await?;
                return Ok(true);
            }
        };
        if own::is_gpc_file(&visit, &session.req_header().method) {
            own::gpc_file().send(session, head).await?;
            ctx.visit = Some(visit);
            return Ok(true);
        }
        if let Some(endpoint) = own::endpoint(&visit.site.own_path, visit.judge.page().url.path()) {
            own::answer(session, &visit, &ctx.snapshot, &self.metrics, endpoint, now()).await?;
            ctx.visit = Some(visit);
            return Ok(true);
        }
        let mut visit = visit;
        let answered = collect::answered(session, &mut visit).await;
        ctx.visit = Some(visit);
        answered
    }

    async fn upstream_peer(&self, _session: &mut Session, ctx: &mut RequestCtx) -> Result<Box<HttpPeer>> {
        let Some(visit) = &ctx.visit else {
            return Err(Error::new_in(ErrorType::InternalError));
        };
        let attempt = ctx.attempts;
        ctx.attempts += 1;
        self.upstreams
            .peer(&visit.site.upstreams, attempt, &ctx.snapshot.limits)
            .await
            .map(Box::new)
            .ok_or_else(|| Error::new_up(ErrorType::ConnectNoRoute))
    }

    fn fail_to_connect(
        &self,
        _session: &mut Session,
        _peer: &HttpPeer,
        ctx: &mut RequestCtx,
        mut error: Box<Error>,
    ) -> Box<Error> {
        error.set_retry(ctx.attempts < MAX_ATTEMPTS);
        error
    }

    async fn upstream_request_filter(
        &self,
        session: &mut Session,
        upstream: &mut RequestHeader,
        ctx: &mut RequestCtx,
    ) -> Result<()> {
        let client = client(session, ctx);
        let Some(visit) = &mut ctx.visit else {
            return Err(Error::new_in(ErrorType::InternalError));
        };
        if let Some(filter) = session.upstream_modules_ctx.get_mut::<BodyFilter>() {
            filter.disarm();
        }
        ctx.unframe = false;
        // A second try starts from the request as it came: what the first one found is found again.
        visit.judge.take_journal();
        let url = &visit.judge.page().url;
        let authority = url[url::Position::BeforeHost..url::Position::AfterPort].to_owned();
        let revision = ctx.snapshot.revision();
        let asks_for_same =
            |validator: &HeaderValue| self.sheets.asks_for_same(&visit.judge.page().url, revision, validator);
        if visit.styles && visit.mode == Mode::Enforce {
            request::forget_other_sheets(upstream, &visit.variant(), asks_for_same);
        }
        let whole = ctx.target == Target::Whole;
        if request::edit(upstream, visit, &ctx.snapshot, client, &authority, whole)? {
            ctx.target = Target::Stripped;
        }
        Ok(())
    }

    async fn adjust_upstream_modules(
        &self,
        session: &mut Session,
        head: &ResponseHeader,
        end: bool,
        ctx: &mut RequestCtx,
    ) -> Result<()> {
        let method = session.req_header().method.clone();
        let (Some(visit), Some(filter)) = (&mut ctx.visit, session.upstream_modules_ctx.get_mut::<BodyFilter>()) else {
            return Err(Error::new_in(ErrorType::InternalError));
        };
        let sheet = match head.status {
            StatusCode::NOT_MODIFIED => visit.styles,
            status => !status.is_redirection() && Kind::of(&head.headers, visit).is_remembered(visit),
        };
        visit.sheet = sheet.then(|| self.sheets.sheet(&visit.judge.page().url, ctx.snapshot.revision(), &method, head));
        let max_token_bytes = ctx.snapshot.limits.max_token_bytes;
        match response::plan(visit, head, end) {
            BodyPlan::Pass => filter.disarm(),
            BodyPlan::HeadOnly => {
                filter.disarm();
                ctx.unframe = true;
            }
            BodyPlan::Rewrite(reading) => {
                let injected =
                    if reading.kind.may_be_page() { self.injected(visit, head) } else { Injected::default() };
                filter.rewrite(pipeline(visit, injected, reading, max_token_bytes));
                ctx.unframe = true;
            }
            BodyPlan::Observe(reading) => {
                filter.observe(pipeline(visit, Injected::default(), reading, max_token_bytes));
            }
            BodyPlan::Refuse(cause) => {
                filter.disarm();
                ctx.refused = Some(cause);
            }
        }
        Ok(())
    }

    async fn upstream_response_filter(
        &self,
        session: &mut Session,
        head: &mut ResponseHeader,
        ctx: &mut RequestCtx,
    ) -> Result<()> {
        if let Some(cause) = ctx.refused {
            return Error::e_explain(ErrorType::HTTPStatus(502), cause);
        }
        let visit = ctx.visit.as_ref().filter(|_| ctx.target == Target::Stripped);
        let read = |session: &Session| matches!(session.req_header().method, Method::GET | Method::HEAD);
        if visit.is_some_and(|visit| response::leads_back(head, &visit.judge.page().url)) && read(session) {
            // The visitor would come back for ever. The shop wrote the parameters itself, so it learns nothing by them.
            ctx.target = Target::Whole;
            let mut again = Error::new_up(ErrorType::new("AskedForParameters"));
            again.set_retry(true);
            return Err(again);
        }
        if ctx.unframe && !head.status.is_informational() {
            response::unframe(head);
        }
        Ok(())
    }

    async fn response_filter(
        &self,
        session: &mut Session,
        head: &mut ResponseHeader,
        ctx: &mut RequestCtx,
    ) -> Result<()> {
        match &mut ctx.visit {
            Some(visit) => response::edit(head, visit, session.req_header(), now(), draw()),
            None => Ok(()),
        }
    }

    async fn fail_to_proxy(&self, session: &mut Session, error: &Error, ctx: &mut RequestCtx) -> FailToProxy {
        let site = ctx.site_name();
        let status = match (error.etype(), error.esource()) {
            (ErrorType::HTTPStatus(status), _) => *status,
            (ErrorType::ReadTimedout | ErrorType::ConnectTimedout, ErrorSource::Upstream) => 504,
            (_, ErrorSource::Upstream) => 502,
            (ErrorType::WriteError | ErrorType::ReadError | ErrorType::ConnectionClosed, ErrorSource::Downstream) => 0,
            (_, ErrorSource::Downstream) => 400,
            (_, ErrorSource::Internal | ErrorSource::Unset) => 500,
        };
        if let Some(cause) = ctx.refused {
            events::page_refused(site, cause);
            self.metrics.aborted_page(cause);
        } else if status >= 502 {
            events::upstream_failed(site, error.etype().as_str());
        }
        if status > 0 && session.response_written().is_none() {
            let (title, what) = match status {
                504 => ("The shop takes too long", "The shop behind this address did not answer in time."),
                502 if ctx.refused.is_some() => (
                    "This page cannot be shown",
                    "The shop sent a page that could not be read, and so not be made safe.",
                ),
                502 => ("The shop does not answer", "The shop behind this address cannot be reached at the moment."),
                400..=499 => ("Request refused", "The request was malformed."),
                _ => ("Something went wrong", "The request could not be completed."),
            };
            let head = session.req_header().method == Method::HEAD;
            // The connection may be gone by now, and then there is nobody left to tell.
            drop(Answer::problem(status, title, what).closing().send(session, head).await);
        }
        FailToProxy { error_code: status, can_reuse_downstream: false }
    }

    async fn logging(&self, session: &mut Session, _error: Option<&Error>, ctx: &mut RequestCtx) {
        let status = session.response_written().map_or(0, |head| head.status.as_u16());
        let filter = session.upstream_modules_ctx.get_mut::<BodyFilter>();
        let complete = filter.as_ref().is_some_and(|filter| filter.is_complete());
        let outcome = filter.map(BodyFilter::take_outcome);
        let elapsed = ctx.started.elapsed();
        let Some(visit) = &mut ctx.visit else {
            self.metrics.request("none", status, elapsed.as_secs_f64());
            return;
        };
        let mut journal = std::mem::take(&mut visit.call_journal);
        journal.append(visit.judge.take_journal());
        if let Some((body, failure)) = outcome {
            if let Some(sheet) = visit.sheet.as_ref().filter(|_| complete) {
                self.sheets.learn(sheet, &body);
            }
            journal.append(body);
            if let Some(failure) = failure {
                events::page_cut(&visit.site.policy.name, failure.cause());
                self.metrics.aborted_page(failure.cause());
            }
        }
        let site = &*visit.site.policy.name;
        self.metrics.request(site, status, elapsed.as_secs_f64());
        self.metrics.consent(&visit.malformed, visit.state.conflicts());
        self.metrics.journal(&journal);
        if ctx.canary {
            self.metrics.canary(site);
        }
        self.inventory.record(site, &journal);
        events::request(
            &ctx.snapshot,
            site,
            status,
            &visit.plan.class,
            journal.kept(),
            journal.findings().len(),
            u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
        );
    }

    fn request_summary(&self, session: &Session, ctx: &RequestCtx) -> String {
        format!("{} for {}", session.req_header().method, ctx.site_name())
    }

    fn suppress_error_log(&self, _session: &Session, _ctx: &RequestCtx, _error: &Error) -> bool {
        // Our own events say what happened, without addresses.
        true
    }
}
