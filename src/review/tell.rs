//! Steps and changes in words, with the places of the rules that they rest on.

use super::words::{listed, mode, quote, statement};
use super::{Alteration, Change};
use crate::config::{Config, RulePlaces};
use crate::consent::{Grant, PurposeId, ServiceId};
use crate::enforce::Judged;
use crate::policy::{Item, Question, RouteId, Statement, Step, Until, Verdict, deciding};

/// Knows the words for one site.
#[derive(Clone, Copy, Debug)]
pub struct Telling<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// Where its rules stand.
    pub origins: &'a RulePlaces,
    /// The site, by its position.
    pub site: usize,
    /// The route that holds.
    pub route: Option<RouteId>,
}

/// A step in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// What was found.
    pub text: String,
    /// Where the rule behind it stands: `file:line:column`.
    pub place: Option<String>,
    /// Whether this step settled the matter.
    pub decided: bool,
}

impl Telling<'_> {
    /// The steps to a decision that say something, in order.
    pub fn steps(&self, judged: &Judged) -> Vec<Told> {
        let decided = deciding(&judged.steps);
        let told = judged.steps.iter().filter_map(|step| {
            let held = decided.is_some_and(|decided| std::ptr::eq(decided, step));
            let (text, statement) = self.step(judged, *step)?;
            let place = statement.and_then(|statement| self.place(statement));
            Some(Told { text, place, decided: held })
        });
        told.collect()
    }

    fn place(&self, rule: Statement) -> Option<String> {
        let place = self.origins.place(self.site, rule)?;
        let built_in = matches!(rule, Statement::Service(service) if !self.origins.is_own(service));
        Some(if built_in { format!("built in: {place}") } else { place.to_string() })
    }

    fn step(&self, judged: &Judged, step: Step) -> Option<(String, Option<Statement>)> {
        let own = step.statement(self.route);
        let text = match step.question {
            Question::Off { mode: in_force, by_route } => {
                let on = by_route.map_or_else(String::new, |route| format!(" on {}", self.path(route)));
                format!("the mode is {}{on}", quote(mode(in_force)))
            }
            Question::SiteNecessary(None) => "not on the site's necessary list".to_owned(),
            Question::SiteNecessary(Some(entry)) => {
                format!("{}: {}", statement(self.config, self.site, entry), self.reason(entry))
            }
            Question::Recognised(None) => "no service claims it".to_owned(),
            Question::Recognised(Some(service)) => format!("recognised as {}", self.introduced(service)),
            Question::NecessaryService { service: None, .. }
            | Question::Deletion(false)
            | Question::Sealed(false)
            | Question::Foreign { foreign: false, .. }
            | Question::ByName { grant: Grant::Undecided, .. } => return None,
            Question::NecessaryService { service: Some(service), outvoted: true } => {
                format!("{} is necessary, but others are found in the same place", self.service(service))
            }
            Question::NecessaryService { service: Some(service), .. } => {
                let known = self.config.services.get(usize::from(service.0));
                let reason = known.and_then(|known| known.reason.as_deref()).unwrap_or_default();
                format!("{} is strictly necessary: {reason}", self.service(service))
            }
            Question::Foreign { service, foreign: true } => {
                format!("the request is a call to {}, and this is none of its own", self.service(service))
            }
            Question::Sealed(true) => "the query is signed or part of a protocol, and may not change".to_owned(),
            Question::Deletion(true) => "it only removes a cookie, and removals always pass".to_owned(),
            Question::RouteDenies { purpose: None, .. } => {
                let route = self.route?;
                return Some((format!("the route {} denies nothing that it needs", self.path(route)), None));
            }
            Question::RouteDenies { purpose: Some(purpose), .. } => {
                let path = self.route.map(|route| self.path(route)).unwrap_or_default();
                format!("the route {path} denies {}, whatever was granted", self.purpose(purpose))
            }
            Question::ByName { service, grant } => {
                let verb = if grant == Grant::Granted { "agreed to" } else { "refused" };
                return Some((format!("the visitor {verb} {} by name", self.service(service)), None));
            }
            Question::Carrier { usable: Some(purpose), .. } => {
                format!("a tag manager: {} is granted, and it may carry that", self.purpose(purpose))
            }
            Question::Carrier { usable: None, .. } => {
                "a tag manager, and no purpose that it could carry is granted here".to_owned()
            }
            Question::Purposes { service, missing } => {
                let gives = missing.map(|purpose| Statement::Gives(purpose, service));
                let given = gives.filter(|gives| self.origins.place(self.site, *gives).is_some());
                return Some((self.purposes(judged, service, missing), given.or(own)));
            }
            Question::OnTrial(_) => "the service is on trial here: this is recorded and not carried out".to_owned(),
            Question::Everything(true) => "the visitor agreed to everything that the site asks for".to_owned(),
            Question::Everything(false) => "not everything that the site asks for is granted here".to_owned(),
            Question::FilterList(false) => "no filter list blocks it".to_owned(),
            Question::FilterList(true) => statement(self.config, self.site, Statement::FilterLists),
            Question::UnknownThirdParty => statement(self.config, self.site, Statement::UnknownThirdParty),
            Question::UnknownCookies => statement(self.config, self.site, Statement::UnknownCookies),
            Question::Lifetime { service, purpose, days, unknown_age } => {
                let since = if unknown_age { ", and nobody knows since when it is there" } else { "" };
                let of = format!("{}, for {}", self.service(service), self.purpose(purpose));
                format!("a cookie of {of}, lives {days} days at most, from the day when it was first set{since}")
            }
            Question::HostOnly => "the site keeps cookies of its own from its sub-domains".to_owned(),
            Question::FirstParty => {
                let text = match (judged.first_party, judged.item.as_item()) {
                    (Some(entry), _) => statement(self.config, self.site, entry),
                    (None, Item::InlineScript { .. }) => "the shop's own script, and nothing else".to_owned(),
                    (None, Item::Parameter { .. }) => "the shop's own parameter, and nothing else".to_owned(),
                    (None, Item::Field { .. }) => "a field like others, and nothing else".to_owned(),
                    (None, _) => "the shop's own host".to_owned(),
                };
                return Some((text, judged.first_party));
            }
        };
        Some((text, own))
    }

    fn purposes(&self, judged: &Judged, service: ServiceId, missing: Option<PurposeId>) -> String {
        let because = judged.decision.reason.because.as_str();
        let Some(missing) = missing else {
            let known = self.config.services.get(usize::from(service.0));
            let needed = known.map(|known| known.purposes).unwrap_or_default();
            let names: Vec<String> = needed.iter().map(|purpose| self.purpose(purpose)).collect();
            let is = if names.len() == 1 { "is" } else { "are" };
            return format!("{} {is} granted ({because})", listed(&names, "and"));
        };
        let asked = self.config.sites.get(self.site).is_some_and(|site| site.policy.offered.contains(missing));
        if asked {
            format!("{} is not granted ({because})", self.purpose(missing))
        } else {
            format!("{} is needed, and this site never asks for it", self.purpose(missing))
        }
    }

    /// Changes in words, alike ones on one line. `item` is what they are about.
    pub fn changes(&self, changes: &[Change], item: &Item<'_>) -> Vec<String> {
        let mut lines = Vec::new();
        for (kind, verb) in [(0, "granting"), (1, "withdrawing")] {
            let alike = changes.iter().filter_map(|change| match (change.alterations.as_slice(), kind) {
                ([Alteration::Grant(purpose)], 0) | ([Alteration::Withdraw(purpose)], 1) => {
                    Some(self.purpose(*purpose))
                }
                _ => None,
            });
            let alike: Vec<String> = alike.collect();
            if !alike.is_empty() {
                lines.push(format!("{verb} {}", listed(&alike, "or")));
            }
        }
        for change in changes {
            if matches!(change.alterations.as_slice(), [Alteration::Grant(_) | Alteration::Withdraw(_)]) {
                continue;
            }
            let granted: Vec<String> = change
                .alterations
                .iter()
                .filter_map(|one| match one {
                    Alteration::Grant(purpose) => Some(self.purpose(*purpose)),
                    _ => None,
                })
                .collect();
            let mut parts: Vec<String> =
                change.alterations.iter().filter_map(|one| self.alteration(*one, item)).collect();
            if !granted.is_empty() {
                parts.push(format!("granting {}", listed(&granted, "and")));
            }
            let shortened = shortened(change.verdict);
            lines.push(format!("{}{shortened}", listed(&parts, "and")));
        }
        lines
    }

    fn alteration(&self, alteration: Alteration, item: &Item<'_>) -> Option<String> {
        let what = match *item {
            Item::Cookie { name } | Item::SetCookie { name, .. } => {
                format!("the cookie {}", quote(&String::from_utf8_lossy(name)))
            }
            Item::Address { host, .. } => format!("the host {}", quote(host)),
            Item::InlineScript { .. } => "a piece of the script".to_owned(),
            Item::Parameter { name, .. } => format!("the parameter {}", quote(&String::from_utf8_lossy(name))),
            Item::Field { name, .. } => format!("the field {}", quote(&String::from_utf8_lossy(name))),
        };
        Some(match alteration {
            Alteration::Grant(_) => return None,
            Alteration::Ask(purpose) => format!("asking for {0} in `purposes`, and a yes to it", self.purpose(purpose)),
            Alteration::Withdraw(purpose) => format!("withdrawing {}", self.purpose(purpose)),
            Alteration::StopRefusing(service) => format!("no longer refusing {} by name", self.service(service)),
            Alteration::Refuse(service) => format!("refusing {} by name", self.service(service)),
            Alteration::RemoveDeny(route, purpose) => {
                let place = self.place(Statement::RouteDeny(route, purpose));
                let at = place.map_or_else(String::new, |place| format!(" at {place}"));
                format!("removing the deny of {}{at}", self.purpose(purpose))
            }
            Alteration::Enforce => "`mode = \"enforce\"`".to_owned(),
            Alteration::RemoveNecessary(entry) => {
                let at = self.place(entry).map_or_else(String::new, |place| format!(" at {place}"));
                format!("removing the {}{at}", statement(self.config, self.site, entry))
            }
            Alteration::AddNecessary => match item {
                Item::Address { .. } => format!("a `[[site.necessary]]` table for {what}"),
                _ => format!("a `[[site.necessary]]` table for {what}, if the shop cannot work without it"),
            },
            Alteration::Classify => {
                format!("a `[[service]]` table that names {what}, and the visitor's yes to its purpose")
            }
            Alteration::ClassifyUngranted => {
                format!("a `[[service]]` table that names {what}, for a purpose that is not granted")
            }
            Alteration::Redefine(service) => {
                format!(
                    "a `[[service]]` table that defines {} for a purpose that is not granted",
                    self.service(service)
                )
            }
            Alteration::AllowUnknown | Alteration::DenyUnknown => {
                let (key, of) = match item {
                    Item::Address { .. } => ("third_party", Statement::UnknownThirdParty),
                    _ => ("cookies", Statement::UnknownCookies),
                };
                let word = if alteration == Alteration::AllowUnknown { "allow" } else { "deny" };
                let at = self.place(of).map_or_else(String::new, |place| format!(" at {place}"));
                format!("`unclassified.{key} = \"{word}\"`{at}")
            }
            Alteration::Lengthen(purpose) => format!(
                "no limit to the life of cookies for {} (`cookie_days`, or `audience_cookie_days` of the regime)",
                self.purpose(purpose)
            ),
            Alteration::Widen => "`host_only_cookies = false`".to_owned(),
            Alteration::OwnHost => format!("{what} in `first_party`"),
        })
    }

    fn purpose(&self, purpose: PurposeId) -> String {
        quote(self.config.purposes.name(purpose))
    }

    fn service(&self, service: ServiceId) -> String {
        quote(self.config.services.get(usize::from(service.0)).map_or("", |known| &known.id))
    }

    /// A service with its name, vendor and purposes.
    fn introduced(&self, service: ServiceId) -> String {
        let Some(known) = self.config.services.get(usize::from(service.0)) else {
            return String::new();
        };
        let name: Vec<&str> = [&*known.name, &*known.vendor].into_iter().filter(|name| !name.is_empty()).collect();
        let purposes: Vec<String> = known.purposes.iter().map(|purpose| self.purpose(purpose)).collect();
        let what = if known.carrier { "a tag manager".to_owned() } else { format!("for {}", listed(&purposes, "and")) };
        format!("{} ({}), {what}", quote(&known.id), name.join(", "))
    }

    fn path(&self, route: RouteId) -> String {
        let routes = self.config.sites.get(self.site).map(|site| &site.policy.routes);
        quote(routes.and_then(|routes| routes.get(usize::from(route.0))).map_or("", |route| route.path.as_str()))
    }

    fn reason(&self, entry: Statement) -> String {
        let policy = self.config.sites.get(self.site).map(|site| &site.policy);
        let reason = policy.and_then(|policy| match entry {
            Statement::NecessaryCookie(at) => policy.necessary_cookies.get(usize::from(at)).map(|entry| &*entry.reason),
            Statement::NecessaryParameter(at) => {
                policy.necessary_parameters.get(usize::from(at)).map(|entry| &*entry.reason)
            }
            Statement::NecessaryHost(at) => {
                policy.necessary_hosts.values().nth(usize::from(at)).map(|reason| &**reason)
            }
            _ => None,
        });
        reason.unwrap_or_default().to_owned()
    }
}

/// What is left of an item that passes in part, in brackets; empty where nothing is cut.
fn shortened(verdict: Verdict) -> String {
    match verdict {
        Verdict::Shorten(Until::Visit) => " (it would then live for the visit only)".to_owned(),
        Verdict::Shorten(Until::Days(days)) => format!(" (it would then live {days} days at most)"),
        Verdict::Narrow => " (it would then be set for this host alone)".to_owned(),
        Verdict::Coarsen => " (it would then pass with a coarser value)".to_owned(),
        Verdict::Keep | Verdict::Drop => String::new(),
    }
}
