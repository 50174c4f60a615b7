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
    /// A cookie passes, and lives less long.
    Shorten(Until),
    /// A cookie passes for this host alone: without its `Domain`.
    Narrow,
    /// A field passes with a coarser value.
    Coarsen,
}

/// How long a shortened cookie may live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Until {
    /// Until the browser is closed.
    Visit,
    /// So many days from the day when it was first set, however often it was set since.
    Days(u16),
}

impl Verdict {
    /// How much gets through: more for a larger number.
    pub fn passes(self) -> u32 {
        match self {
            Self::Drop => 0,
            Self::Coarsen | Self::Shorten(Until::Visit) => 1,
            Self::Shorten(Until::Days(days)) => 2 + u32::from(days),
            Self::Narrow => u32::MAX - 1,
            Self::Keep => u32::MAX,
        }
    }

    /// The word used in metric labels and for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Drop => "drop",
            Self::Shorten(_) => "shorten",
            Self::Narrow => "narrow",
            Self::Coarsen => "coarsen",
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
    /// A cookie that may be there may not live that long.
    Lifetime,
    /// A cookie of the shop's is kept from its sub-domains.
    HostOnly,
}

impl Rule {
    /// Whether another visitor's item could be decided otherwise by this rule.
    pub const fn asks_consent(self) -> bool {
        match self {
            Self::Service
            | Self::AllGranted
            | Self::UnknownThirdParty
            | Self::UnknownCookie
            | Self::FilterList
            | Self::Foreign
            | Self::Lifetime => true,
            Self::Off
            | Self::Necessary
            | Self::Sealed
            | Self::Deletion
            | Self::RouteDenies(_)
            | Self::FirstParty
            | Self::HostOnly => false,
        }
    }

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
            Self::Lifetime => "lifetime",
            Self::HostOnly => "host-only",
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
    /// How many days a cookie that passes may live from the day when it was first set, where that is limited. Whoever carries
    /// the decision out has to remember that day, also when nothing has to be shortened this time.
    pub cap: Option<u16>,
}
