//! The only door to [`decide`]. A judge knows one request: its site, route, page and visitor's consent.

use std::fmt::Display;
use std::sync::{Arc, OnceLock};

use url::Url;

use super::{Journal, Judged, Surface};
use crate::catalog::{Aliases, Catalog, FetchKind, Matches};
use crate::consent::{ConsentState, PurposeId, ServiceId};
use crate::policy::{
    Decision, Fetch, Item, Mode, Party, RouteId, Rule, SitePolicy, Statement, Step, Verdict, decide, decide_in,
    decide_traced,
};

/// The page that a message belongs to.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its address as the visitor sees it; scheme `http` or `https`.
    pub url: Url,
    /// The registrable domain of the host, found once somebody asks: most messages are no pages.
    site: OnceLock<Box<str>>,
}

impl Page {
    /// A page at `url`.
    pub const fn new(url: Url) -> Self {
        Self { url, site: OnceLock::new() }
    }

    /// The host, in lower case as every parsed one, without a trailing dot.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default().trim_end_matches('.')
    }

    /// The registrable domain of the page's host; the host itself for addresses and single labels.
    pub fn registrable_domain(&self) -> &str {
        self.site.get_or_init(|| registrable(self.host()).into())
    }
}

/// The registrable domain (public suffix plus one label) of `host`.
fn registrable(host: &str) -> &str {
    if host.starts_with('[') || host.parse::<std::net::Ipv4Addr>().is_ok() {
        return host;
    }
    psl::domain_str(host).unwrap_or(host)
}

/// The path of `url` with its query.
fn path_and_query(url: &Url) -> &str {
    &url[url::Position::BeforePath..url::Position::AfterQuery]
}

/// Whether `host` is `known` or below it.
fn covers(known: &str, host: &str) -> bool {
    host.strip_suffix(known).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Judges the items of one request and records what it found.
#[derive(Clone, Debug)]
pub struct Judge {
    site: Arc<SitePolicy>,
    catalog: Arc<Catalog>,
    state: Arc<ConsentState>,
    route: Option<RouteId>,
    page: Arc<Page>,
    /// The services that this request is a call to.
    called: Box<[ServiceId]>,
    /// What the shop's other hosts stand for, as far as it is known.
    aliases: Option<Arc<Aliases>>,
    journal: Journal,
    /// Whether everything that is judged is recorded in full.
    explains: bool,
    /// Another policy's judge of the same request, which is asked about every item and changes nothing.
    shadow: Option<Box<Self>>,
}

impl Judge {
    /// A judge for one request.
    pub fn new(
        site: Arc<SitePolicy>,
        catalog: Arc<Catalog>,
        state: Arc<ConsentState>,
        route: Option<RouteId>,
        page: Arc<Page>,
    ) -> Self {
        Self {
            site,
            catalog,
            state,
            route,
            page,
            called: Box::default(),
            aliases: None,
            journal: Journal::default(),
            explains: false,
            shadow: None,
        }
    }

    /// A judge that records everything it judges in full. For `explain` and tests, never on a request's path.
    #[must_use]
    pub fn explaining(self) -> Self {
        Self { explains: true, ..self }
    }

    /// With what is known now about what the shop's hosts stand for.
    #[must_use]
    pub fn with_aliases(self, aliases: Arc<Aliases>) -> Self {
        let shadow = self.shadow.map(|shadow| Box::new(shadow.with_aliases(Arc::clone(&aliases))));
        Self { aliases: Some(aliases), shadow, ..self }
    }

    /// For a request that is a call to these services.
    #[must_use]
    pub fn calling(self, called: Box<[ServiceId]>) -> Self {
        Self { called, ..self }
    }

    /// The services that the request is a call to.
    pub fn called(&self) -> &[ServiceId] {
        &self.called
    }

    /// With another policy's judge at its side, which is asked about every item. What it finds goes into a journal of its
    /// own; nothing that this judge says depends on it.
    #[must_use]
    pub fn with_shadow(self, shadow: Self) -> Self {
        Self { shadow: Some(Box::new(shadow)), ..self }
    }

    /// Whether another policy's judge is at its side.
    pub const fn has_shadow(&self) -> bool {
        self.shadow.is_some()
    }

    /// As [`decision`](Self::decision), and how the policy comes to that.
    pub fn consider(&self, item: &Item<'_>) -> (Decision, Vec<Step>) {
        decide_traced(&self.called, item, &self.state, &self.site, self.route, &self.catalog)
    }

    /// A judge for another part of the same request, with an empty journal of its own.
    #[must_use]
    pub fn fork(&self) -> Self {
        let shadow = self.shadow.as_ref().map(|shadow| Box::new(shadow.fork()));
        Self { journal: Journal::default(), shadow, ..self.clone() }
    }

    /// What the policy says about `item`; nothing is recorded, and the mode plays no part unless it is off.
    pub fn decision(&self, item: &Item<'_>) -> Decision {
        decide_in(&self.called, item, &self.state, &self.site, self.route, &self.catalog)
    }

    /// Judges `item` and records the decision. `subject` names the item in findings: a cookie name, or what and which
    /// host; never a value, a path or a query. In observe mode, and for rules that are only observed, the answer is always to keep.
    pub fn judge(&mut self, surface: Surface, item: &Item<'_>, subject: impl FnOnce() -> String) -> Decision {
        let (decision, steps) = if self.explains { self.consider(item) } else { (self.decision(item), Vec::new()) };
        let enforced = decision.mode == Mode::Enforce;
        if self.explains {
            let subject = subject();
            let first_party = match *item {
                Item::Address { host, .. } => self.own_entry(host),
                _ => None,
            };
            let item = item.into();
            let noted = subject.clone();
            self.journal.witness(Judged { surface, subject: subject.into(), item, decision, steps, first_party });
            self.journal.record(surface, decision, enforced, || noted);
        } else {
            self.journal.record(surface, decision, enforced, subject);
        }
        let carried_out = if enforced { decision } else { Decision { verdict: Verdict::Keep, cap: None, ..decision } };
        if let Some(shadow) = &mut self.shadow {
            let item = match *item {
                // Whose host it is depends on the policy.
                Item::Address { host, path, fetch, .. } => {
                    Item::Address { host, path, party: shadow.party(host), fetch }
                }
                other => other,
            };
            let other = shadow.judge(surface, &item, String::new);
            self.journal.compare(carried_out.verdict, other.verdict);
        }
        carried_out
    }

    /// Whether a cookie that the browser holds has to be expired there: it may not reach the shop, and not because of this
    /// route alone, which would take from visitors elsewhere what they agreed to. What nobody classified is withheld and
    /// not expired: nobody knows what would be lost.
    pub fn must_go(&self, name: &[u8]) -> bool {
        let item = Item::Cookie { name };
        let anywhere = decide(&item, &self.state, &self.site, None, &self.catalog);
        let stopped = |decision: Decision| decision.verdict == Verdict::Drop && decision.mode == Mode::Enforce;
        stopped(self.decision(&item)) && stopped(anywhere) && anywhere.reason.rule == Rule::Service
    }

    /// Records that a cookie ends in the browser. `subject` names it. What another policy would end is
    /// [asked of it](Self::shadow_mut) by itself, because it concerns other cookies.
    pub(super) fn withdraw(&mut self, name: &[u8], subject: impl FnOnce() -> String) {
        let decision = self.decision(&Item::Cookie { name });
        self.journal.record(Surface::Withdrawal, decision, decision.mode == Mode::Enforce, subject);
    }

    /// The judge of another policy that is on trial.
    pub(super) fn shadow_mut(&mut self) -> Option<&mut Self> {
        self.shadow.as_deref_mut()
    }

    /// Judges an address that the browser would contact. `None` when nothing would be contacted: `data:`, `blob:`,
    /// `about:`, `mailto:` and the like.
    pub fn judge_url(&mut self, surface: Surface, url: &Url, what: &str) -> Option<Decision> {
        self.judge_fetch(surface, url, FetchKind::Other, what)
    }

    /// As [`judge_url`](Self::judge_url), for an address of which it is known as what the browser fetches it.
    pub fn judge_fetch(
        &mut self,
        surface: Surface,
        url: &Url,
        kind: FetchKind,
        what: &(impl Display + ?Sized),
    ) -> Option<Decision> {
        if !matches!(url.scheme(), "http" | "https" | "ws" | "wss" | "ftp") {
            return None;
        }
        let host = url.host_str()?.trim_end_matches('.');
        let party = self.party(host);
        let path = path_and_query(url);
        let (page, aliases) = (Arc::clone(&self.page), self.aliases.clone());
        let others = party == Party::First && host != page.host() && url.domain().is_some();
        let alias = aliases.as_ref().filter(|_| others).and_then(|aliases| {
            self.journal.met(host, aliases.knows(host));
            aliases.service_behind(host, &self.catalog)
        });
        let fetch = Fetch { kind, source: page.host(), alias };
        Some(self.judge(surface, &Item::Address { host, path, party, fetch }, || format!("{what} {host}")))
    }

    /// Where the frame at `url`, which was refused by `refused`, loads from instead: its service's
    /// [variant](crate::catalog::Variant), if that may load. What is not used is not recorded.
    pub fn judge_variant(&mut self, surface: Surface, url: &Url, refused: Decision, what: &str) -> Option<Url> {
        let variant = self.catalog.service(refused.reason.service?)?.variant.as_ref()?.of(url)?;
        let page = Arc::clone(&self.page);
        let host = variant.host_str()?.trim_end_matches('.');
        let fetch = Fetch { kind: FetchKind::Frame, source: page.host(), alias: None };
        let item = Item::Address { host, path: path_and_query(&variant), party: self.party(host), fetch };
        if self.decision(&item).verdict != Verdict::Keep {
            return None;
        }
        self.judge(surface, &item, || format!("{what} {host}"));
        Some(variant)
    }

    /// Judges the request itself as a call to a service that the shop's own domain serves. `payload` holds the fields of
    /// its body, each entry as a query. `None` when it is no such call. Where it is one and passes, everything that is
    /// judged afterwards is judged as part of it.
    pub fn judge_call(&mut self, kind: FetchKind, payload: &[String]) -> Option<Decision> {
        let page = Arc::clone(&self.page);
        let (host, plain) = (page.host(), path_and_query(&page.url));
        let fetch = Fetch { kind, source: host, alias: None };
        let joint = if page.url.query().is_some() { '&' } else { '?' };
        let read = payload.iter().map(|fields| format!("{plain}{joint}{fields}").into());
        for path in std::iter::once(std::borrow::Cow::Borrowed(plain)).chain(read) {
            let item = Item::Address { host, path: &path, party: Party::First, fetch };
            if self.calls_somebody(&item) {
                let decision = self.judge(Surface::Endpoint, &item, || format!("call on {host}"));
                self.enter(&item);
                return Some(decision);
            }
        }
        None
    }

    fn calls_somebody(&self, item: &Item<'_>) -> bool {
        let reason = self.decision(item).reason;
        reason.service.is_some()
            || reason.rule == Rule::FilterList
            || self.shadow.as_ref().is_some_and(|shadow| shadow.calls_somebody(item))
    }

    /// Takes note of the services that this request is a call to, where it passes.
    fn enter(&mut self, item: &Item<'_>) {
        let services = item.recognised(&self.catalog);
        // What is necessary is a part of the shop.
        let necessary = |id: &ServiceId| self.catalog.service(*id).is_some_and(crate::catalog::Service::necessary);
        if self.decision(item).verdict == Verdict::Keep && !services.iter().any(necessary) {
            self.called = services.into_iter().collect();
        }
        if let Some(shadow) = &mut self.shadow {
            shadow.enter(item);
        }
    }

    /// Whether the body of a request may tell that it is a call to a service.
    pub fn reads_payloads(&self) -> bool {
        (self.site.collectors.read_bodies && self.mode() != Mode::Off && self.catalog.reads_fields())
            || self.shadow.as_ref().is_some_and(|shadow| shadow.reads_payloads())
    }

    /// Whether this request is a call to a service, and passes.
    pub fn is_call(&self) -> bool {
        !self.called.is_empty() || self.shadow.as_ref().is_some_and(|shadow| shadow.is_call())
    }

    /// Judges an address that nobody can tell, because it stands in something that cannot be read: it may be anybody's.
    pub fn judge_unreadable(&mut self, surface: Surface, what: &str) -> Decision {
        // `.invalid` never belongs to anybody (RFC 2606).
        let fetch = Fetch::default();
        let item = Item::Address { host: "unreadable.invalid", path: "/", party: Party::Third, fetch };
        self.judge(surface, &item, || format!("{what} unreadable.invalid"))
    }

    /// Whether somebody is known by `item`, here or in the policy at our side; a judge that explains itself wants to be
    /// asked about everything.
    pub fn knows(&self, item: &Item<'_>) -> bool {
        self.explains
            || !item.recognised(&self.catalog).is_empty()
            || self.shadow.as_ref().is_some_and(|shadow| shadow.knows(item))
    }

    /// As [`knows`](Self::knows), about whoever is at an address.
    pub fn knows_url(&self, url: &Url) -> bool {
        !self.found_at(url).is_empty()
    }

    /// Whether everybody who is known at an address is there for measuring or advertising alone.
    pub fn only_measures(&self, url: &Url) -> bool {
        let measuring = [PurposeId::ANALYTICS, PurposeId::MARKETING].into_iter().collect();
        let services = self.found_at(url);
        let mut known = services.iter().filter_map(|id| self.catalog.service(*id));
        !services.is_empty() && known.all(|service| service.purposes.difference(measuring).iter().next().is_none())
    }

    /// The services known at an address; none where it has no host.
    fn found_at(&self, url: &Url) -> Matches {
        let Some(host) = url.host_str().map(|host| host.trim_end_matches('.')) else { return Matches::new() };
        let (path, party) = (path_and_query(url), self.party(host));
        Item::Address { host, path, party, fetch: Fetch::default() }.recognised(&self.catalog)
    }

    /// Judges the whole text of an inline script: by the services that it belongs to, and where it belongs to none, by what
    /// it loads from hosts that only this page can place. An address of which nobody knows whose it is stops a script only
    /// if loading it is all that the script does, which is what an element with that address would do; anything else is the
    /// shop's script, and what it loads is left to the policy line.
    pub fn judge_inline(&mut self, text: &[u8]) -> Decision {
        let decision = self.judge(Surface::InlineScript, &Item::InlineScript { text }, || "<script>".to_owned());
        if decision.verdict != Verdict::Keep || decision.reason.rule != Rule::FirstParty {
            return decision;
        }
        let reading = self.catalog.read_inline(text);
        let page = Arc::clone(&self.page);
        let urls = reading.loads.iter().filter_map(|load| Some((page.url.join(&load.address).ok()?, load.kind)));
        let urls: Vec<_> = urls.filter(|(url, _)| matches!(url.scheme(), "http" | "https")).collect();
        let host = |url: &Url| url.host_str().unwrap_or_default().trim_end_matches('.').to_owned();
        let alone = reading.only_loads && urls.iter().all(|(url, _)| self.party(&host(url)) == Party::Third);
        for (url, kind) in urls {
            // What a script calls on the shop's own hosts is judged when it is called.
            let known = kind == FetchKind::Script && self.knows_url(&url);
            if (alone || known)
                && let Some(decision) = self.judge_fetch(Surface::InlineScript, &url, kind, "<script>")
                && decision.verdict == Verdict::Drop
            {
                return decision;
            }
        }
        decision
    }

    /// Judges an address in rules by which a browser fetches ahead. What it may be follows from the rules alone.
    pub fn judge_ahead(&mut self, url: &Url) -> Option<Decision> {
        self.judge_fetch(Surface::InlineScript, url, FetchKind::Other, "<script type=speculationrules>")
    }

    /// Whose host this is, seen from the page.
    pub fn party(&self, host: &str) -> Party {
        let own = self.on_own_domain(host) || self.site.first_party.iter().any(|known| covers(known, host));
        if own { Party::First } else { Party::Third }
    }

    fn on_own_domain(&self, host: &str) -> bool {
        host == self.page.host() || registrable(host) == self.page.registrable_domain()
    }

    /// The entry of the site's own hosts without which `host` would be somebody else's.
    fn own_entry(&self, host: &str) -> Option<Statement> {
        let at = self.site.first_party.iter().position(|known| covers(known, host))?;
        let at = u16::try_from(at).ok().filter(|_| !self.on_own_domain(host))?;
        Some(Statement::FirstParty(at))
    }

    /// Whether every item of a page passes as it is: nothing is enforced here, or the visitor agreed to all there is. (A cookie
    /// that passes may still have to live less long.)
    pub fn passes_everything(&self) -> bool {
        let asked = self.site.offered.with(PurposeId::NECESSARY);
        let agreed = || {
            self.state.all_granted(self.site.offered)
                && self.state.granted().intersection(asked).contains_all(self.catalog.purposes())
                && self.site.denied_on(self.route).is_empty()
        };
        self.mode() != Mode::Enforce || agreed()
    }

    /// Whether nothing is known about the page's own host, so that everything on it passes. A judge that explains itself
    /// wants to be asked all the same.
    pub fn own_host_is_plain(&self) -> bool {
        !self.explains
            && self.site.filter_lists.is_none()
            && !self.catalog.knows_host(self.page.host())
            && !self.catalog.page_may_lead_to_endpoints(self.page.url.path())
            && self.shadow.as_ref().is_none_or(|shadow| shadow.own_host_is_plain())
    }

    /// Whether an address on the page's own host, as it stands in markup without character references, may be an endpoint
    /// of a service. Never false for one.
    pub fn may_be_endpoint(&self, address: &[u8]) -> bool {
        self.catalog.may_be_endpoint(address)
            || self.shadow.as_ref().is_some_and(|shadow| shadow.may_be_endpoint(address))
    }

    /// Whether relative addresses that start from `base` may be endpoints of a service for the path alone.
    pub fn leads_to_endpoints(&self, base: &Url) -> bool {
        self.catalog.page_may_lead_to_endpoints(base.path())
            || self.shadow.as_ref().is_some_and(|shadow| shadow.leads_to_endpoints(base))
    }

    /// Whether links of pages lose parameters that may not pass.
    pub fn strips_links(&self) -> bool {
        self.site.strip_links
    }

    /// Whether a service claims message fields of this name, here or in the policy at our side.
    pub fn knows_field(&self, name: &str) -> bool {
        !self.catalog.by_field(name.as_bytes()).is_empty()
            || self.shadow.as_ref().is_some_and(|shadow| shadow.knows_field(name))
    }

    /// Takes in what a [fork](Self::fork) of this judge found, and what the policy at its side did.
    pub fn absorb_fork(&mut self, mut fork: Self) {
        let journal = fork.take_journal();
        self.journal.append(journal);
    }

    /// Takes in what a [fork](Self::fork) of this judge found.
    pub fn absorb(&mut self, journal: Journal) {
        self.journal.append(journal);
    }

    /// Whether decisions are carried out on this request.
    pub fn mode(&self) -> Mode {
        self.site.mode_on(self.route)
    }

    /// The page that is being judged.
    pub fn page(&self) -> &Page {
        &self.page
    }

    /// The page that is being judged, for whoever judges meanwhile.
    pub(super) fn shared_page(&self) -> Arc<Page> {
        Arc::clone(&self.page)
    }

    /// The id of a service, for `data-vestibule` and logs; empty for an unknown one.
    pub fn service_id(&self, service: ServiceId) -> &str {
        self.catalog.service(service).map_or("", |service| &service.id)
    }

    /// What was found so far.
    pub const fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Takes what was found so far.
    pub fn take_journal(&mut self) -> Journal {
        let mut journal = std::mem::take(&mut self.journal);
        if let Some(shadow) = &mut self.shadow {
            journal.cast_shadow(shadow.take_journal());
        }
        journal
    }
}
