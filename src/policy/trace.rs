//! How a decision came about: the steps that [`super::decide`] took, recorded by the function that takes them.
//!
//! A trace is no second account of the rules. The one decision is written over a [`Sink`]; on a request's path the sink
//! is `()`, which the compiler removes together with the closures that would have described the steps. Steps hold small
//! ids; whoever wants words or file names looks them up in the snapshot and in the configuration.

use super::{Mode, RouteId, Verdict};
use crate::consent::{Grant, PurposeId, ServiceId};

/// Takes the steps of one decision.
pub(super) trait Sink {
    /// Takes one step. The closure is not called when nobody listens.
    fn step(&mut self, step: impl FnOnce() -> Step);
}

impl Sink for () {
    fn step(&mut self, _step: impl FnOnce() -> Step) {}
}

impl Sink for Vec<Step> {
    fn step(&mut self, step: impl FnOnce() -> Step) {
        self.push(step());
    }
}

/// A statement of the configuration that a step rests on, by its place in the compiled policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Statement {
    /// The site's mode.
    Mode,
    /// A route's own mode.
    RouteMode(RouteId),
    /// A purpose that a route denies.
    RouteDeny(RouteId, PurposeId),
    /// An entry of the site's necessary cookies, by its position.
    NecessaryCookie(u16),
    /// An entry of the site's necessary hosts, by its position.
    NecessaryHost(u16),
    /// An entry of the site's necessary parameters, by its position.
    NecessaryParameter(u16),
    /// One of the site's own hosts, by its position.
    FirstParty(u16),
    /// The site's filter lists.
    FilterLists,
    /// What happens to third parties that nobody knows.
    UnknownThirdParty,
    /// What happens to cookies that nobody knows.
    UnknownCookies,
    /// How long cookies of services with this purpose may live.
    CookieDays(PurposeId),
    /// A service, whether the operator's own or built in.
    Service(ServiceId),
    /// A purpose that a service was given in addition to its own.
    Gives(PurposeId, ServiceId),
}

/// One question that was asked on the way to a decision, in the order of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Is anything looked at here? Holds when the mode is off.
    Off {
        /// The mode in force.
        mode: Mode,
        /// The route whose own mode it is.
        by_route: Option<RouteId>,
    },
    /// Is it none of the service's own that the message goes to or comes from? Asked on calls to services only.
    Foreign {
        /// The service that is called.
        service: ServiceId,
        /// Whether it is not.
        foreign: bool,
    },
    /// Is it on the site's own necessary list?
    SiteNecessary(Option<Statement>),
    /// Is it in a query that may not change?
    Sealed(bool),
    /// A service that the item was recognised as; `None` once when nobody knows it.
    Recognised(Option<ServiceId>),
    /// Is one of these services necessary? `outvoted` tells that a necessary one was found in an inline script that also
    /// carries another.
    NecessaryService {
        /// The necessary service.
        service: Option<ServiceId>,
        /// Whether it does not count.
        outvoted: bool,
    },
    /// Does it only remove a cookie?
    Deletion(bool),
    /// Does the route deny a purpose of the service?
    RouteDenies {
        /// The service.
        service: ServiceId,
        /// The denied purpose.
        purpose: Option<PurposeId>,
    },
    /// Was the service itself granted or refused by name?
    ByName {
        /// The service.
        service: ServiceId,
        /// What was said about it.
        grant: Grant,
    },
    /// May a tag manager load: is any purpose usable here?
    Carrier {
        /// The tag manager.
        service: ServiceId,
        /// The first usable purpose.
        usable: Option<PurposeId>,
    },
    /// Are all purposes of the service granted?
    Purposes {
        /// The service.
        service: ServiceId,
        /// The first one that is not.
        missing: Option<PurposeId>,
    },
    /// Does a filter list block it? Asked where the site has one, about addresses that no service claims.
    FilterList(bool),
    /// Did the visitor agree to everything that the site asks for, where the route denies nothing?
    Everything(bool),
    /// What the site does with third parties that nobody knows.
    UnknownThirdParty,
    /// What the site does with cookies that nobody knows.
    UnknownCookies,
    /// What was said about this service is recorded and not carried out.
    OnTrial(ServiceId),
    /// The shop's own, and nothing else.
    FirstParty,
    /// How long may a cookie of this service live?
    Lifetime {
        /// The service.
        service: ServiceId,
        /// The purpose whose limit it is.
        purpose: PurposeId,
        /// The limit, in days from the day when it was first set.
        days: u16,
        /// Whether nobody knows when that was.
        unknown_age: bool,
    },
    /// The site keeps cookies of its own from its sub-domains.
    HostOnly,
}

/// A question with its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// What was asked.
    pub question: Question,
    /// What followed from it; `None` when it settled nothing and the next question was asked. A `Keep` for one of several
    /// services is overruled by a later step that does not keep.
    pub verdict: Option<Verdict>,
}

impl Step {
    pub(super) const fn passed(question: Question) -> Self {
        Self { question, verdict: None }
    }

    pub(super) const fn held(question: Question, verdict: Verdict) -> Self {
        Self { question, verdict: Some(verdict) }
    }

    /// The statement of the configuration that the step rests on, if there is one. `route` is the one that holds.
    pub fn statement(&self, route: Option<RouteId>) -> Option<Statement> {
        match self.question {
            Question::Off { by_route, .. } => Some(by_route.map_or(Statement::Mode, Statement::RouteMode)),
            Question::SiteNecessary(entry) => entry,
            Question::NecessaryService { service, .. } | Question::Recognised(service) => {
                service.map(Statement::Service)
            }
            Question::RouteDenies { service, purpose } => match (purpose, route) {
                (Some(purpose), Some(route)) => Some(Statement::RouteDeny(route, purpose)),
                _ => Some(Statement::Service(service)),
            },
            Question::Foreign { service, .. }
            | Question::ByName { service, .. }
            | Question::Carrier { service, .. }
            | Question::Purposes { service, .. } => Some(Statement::Service(service)),
            Question::FilterList(true) => Some(Statement::FilterLists),
            Question::Lifetime { purpose, .. } => Some(Statement::CookieDays(purpose)),
            Question::UnknownThirdParty => Some(Statement::UnknownThirdParty),
            Question::UnknownCookies => Some(Statement::UnknownCookies),
            Question::Sealed(_)
            | Question::Deletion(_)
            | Question::FilterList(false)
            | Question::Everything(_)
            | Question::FirstParty
            | Question::OnTrial(_)
            | Question::HostOnly => None,
        }
    }
}

/// The step that gave the verdict: the first that does not keep and is not on trial, or else the first that does not keep,
/// or else the first that keeps.
pub fn deciding(steps: &[Step]) -> Option<&Step> {
    let on_trial = |at: usize| matches!(steps.get(at + 1), Some(Step { question: Question::OnTrial(_), .. }));
    let mut not_kept = steps.iter().enumerate().filter(|(_, step)| !matches!(step.verdict, None | Some(Verdict::Keep)));
    let first = not_kept.clone().next();
    let deciding = not_kept.find(|(at, _)| !on_trial(*at)).or(first).map(|(_, step)| step);
    deciding.or_else(|| steps.iter().find(|step| step.verdict.is_some()))
}
