//! The answer of [`super::decide`]: a verdict and the reason for it.

use super::RouteId;
use crate::consent::{Because, PurposeId, ServiceId};

/// Whether decisions are carried out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Decisions become edits.
    #[default]
    Enforce,
    /// Decisions are recorded; nothing on the wire changes.
    Observe,
    /// Nothing is looked at.
    Off,
}

/// What happens to an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It passes, byte for byte.
    Keep,
    /// It is taken out, or made inert where taking it out would break the page.
    Drop,
    /// A cookie passes, but only until the browser is closed.
    Shorten,
}

impl Verdict {
    /// How much gets through: more for a larger number.
    pub const fn passes(self) -> u8 {
        match self {
            Self::Drop => 0,
            Self::Shorten => 1,
            Self::Keep => 2,
        }
    }
}

/// Which rule gave the verdict, in the order in which rules are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The site or the route is off.
    Off,
    /// On its way to or from a service, and none of that service's own.
    Foreign,
    /// On the necessary list.
    Necessary,
    /// In a query that is signed or part of a protocol: a change would break it.
    Sealed,
    /// A cookie is being removed; removals always pass.
    Deletion,
    /// This route denies the purpose, whatever was granted.
    RouteDenies(RouteId),
    /// The service's purposes, or the service by name, decide.
    Service,
    /// Nobody knows the item, and the visitor agreed to everything.
    AllGranted,
    /// An address that nobody knows but a filter list.
    FilterList,
    /// A host that nobody knows.
    UnknownThirdParty,
    /// A cookie that nobody knows.
    UnknownCookie,
    /// The shop's own, and nothing else.
    FirstParty,
}

impl Rule {
    /// The word used in findings, logs and metric labels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Foreign => "foreign",
            Self::Necessary => "necessary",
            Self::Sealed => "sealed",
            Self::Deletion => "deletion",
            Self::RouteDenies(_) => "route-denies",
            Self::Service => "service",
            Self::AllGranted => "all-granted",
            Self::FilterList => "filter-list",
            Self::UnknownThirdParty => "unknown-third-party",
            Self::UnknownCookie => "unknown-cookie",
            Self::FirstParty => "first-party",
        }
    }
}

/// Why a verdict is what it is: small ids, rendered only when someone asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The rule that decided.
    pub rule: Rule,
    /// The service that the item was recognised as.
    pub service: Option<ServiceId>,
    /// The purpose that decided: the first one missing, or the first one granted.
    pub purpose: Option<PurposeId>,
    /// Why that purpose or service is granted or not.
    pub because: Because,
}

impl Reason {
    /// A reason in which no service and no purpose plays a part.
    pub(super) const fn rule(rule: Rule) -> Self {
        Self { rule, service: None, purpose: None, because: Because::NoChoice }
    }
}

/// A verdict with its reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What should happen.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// Whether it is carried out: a site, a route or a single rule may be observed only.
    pub mode: Mode,
}
