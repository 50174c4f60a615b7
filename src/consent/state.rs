//! The resolved consent of one visitor at one moment.

use super::{PurposeId, PurposeSet, SourceId};

/// A service, as an index into the snapshot's catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceId(pub u16);

/// What a visitor said about a purpose or a service. Undecided is never a yes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Grant {
    /// The visitor agreed.
    Granted,
    /// The visitor, or a signal that binds, refused.
    Denied,
    /// Nobody said anything.
    #[default]
    Undecided,
}

impl Grant {
    /// The word used in JSON and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Denied => "denied",
            Self::Undecided => "undecided",
        }
    }

    /// What holds when both are said about one thing: a no if either is one, a yes only if both are.
    #[must_use]
    pub const fn protective(self, other: Self) -> Self {
        match (self, other) {
            (Self::Denied, _) | (_, Self::Denied) => Self::Denied,
            (Self::Granted, Self::Granted) => Self::Granted,
            _ => Self::Undecided,
        }
    }
}

impl From<bool> for Grant {
    /// What a tool means by `true` and `false` once somebody chose.
    fn from(yes: bool) -> Self {
        if yes { Self::Granted } else { Self::Denied }
    }
}

/// Why a grant is what it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Because {
    /// No source said anything, and the regime asks for an opt-in.
    #[default]
    NoChoice,
    /// No source said anything, and the regime allows the purpose until the visitor objects.
    RegimeDefault,
    /// The purpose is necessary.
    Necessary,
    /// This source said so.
    Source(SourceId),
    /// Sources disagree; the protective side won.
    Conflict,
}

impl Because {
    /// The word used in JSON and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoChoice => "no-choice",
            Self::RegimeDefault => "regime-default",
            Self::Necessary => "necessary",
            Self::Source(source) => source.0,
            Self::Conflict => "conflict",
        }
    }
}

/// Why two statements could not both hold. The protective one did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// Two choices disagree about a purpose.
    Choices,
    /// Two choices disagree about a service, or one of them does not know it.
    Service,
    /// A yes met a standing objection.
    Objection,
    /// A yes in a tool of the shop's met an earlier refusal with us that it cannot be shown to follow.
    Withdrawn,
}

impl Conflict {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Choices, Self::Service, Self::Objection, Self::Withdrawn];

    /// The word used in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Choices => "choices-disagree",
            Self::Service => "services-disagree",
            Self::Objection => "objection",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// The kinds of disagreement met while one state was resolved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Conflicts(u8);

impl Conflicts {
    pub(super) fn insert(&mut self, conflict: Conflict) {
        self.0 |= 1 << (conflict as u8);
    }

    /// Each kind once.
    pub fn iter(self) -> impl Iterator<Item = Conflict> {
        Conflict::ALL.into_iter().filter(move |conflict| self.0 & (1 << (*conflict as u8)) != 0)
    }
}

/// Resolved grants, each with its because. Immutable once resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentState {
    /// Purposes that may be used. Always contains [`PurposeId::NECESSARY`].
    pub(super) granted: PurposeSet,
    /// Purposes that were refused.
    pub(super) denied: PurposeSet,
    /// One entry per purpose, by [`PurposeId::index`].
    pub(super) because: [Because; 32],
    /// Services with a grant of their own, sorted by id.
    pub(super) services: Vec<(ServiceId, Grant)>,
    /// Why, one entry for each of `services`, in the same order.
    pub(super) service_because: Vec<Because>,
    /// Whether the visitor made a choice of their own, as opposed to a default or an objection sent by the browser.
    pub(super) chosen: bool,
    /// What sources disagreed about.
    pub(super) conflicts: Conflicts,
    /// How many days cookies for audience measurement may live.
    pub(super) audience_cookie_days: Option<u16>,
}

impl ConsentState {
    /// Nobody said anything: only what is necessary is granted.
    pub fn undecided() -> Self {
        let mut because = [Because::NoChoice; 32];
        if let Some(first) = because.first_mut() {
            *first = Because::Necessary;
        }
        Self {
            granted: PurposeSet::EMPTY.with(PurposeId::NECESSARY),
            denied: PurposeSet::EMPTY,
            because,
            services: Vec::new(),
            service_because: Vec::new(),
            chosen: false,
            conflicts: Conflicts::default(),
            audience_cookie_days: None,
        }
    }

    /// The grant for `purpose`.
    pub fn grant(&self, purpose: PurposeId) -> Grant {
        if self.granted.contains(purpose) {
            Grant::Granted
        } else if self.denied.contains(purpose) {
            Grant::Denied
        } else {
            Grant::Undecided
        }
    }

    /// Why the grant for `purpose` is what it is.
    pub fn because(&self, purpose: PurposeId) -> Because {
        self.because.get(purpose.index()).copied().unwrap_or_default()
    }

    /// The grant given to `service` by name, if any.
    pub fn service_grant(&self, service: ServiceId) -> Option<Grant> {
        let at = self.services.binary_search_by_key(&service, |(id, _)| *id).ok()?;
        self.services.get(at).map(|(_, grant)| *grant)
    }

    /// Why the grant given to `service` by name is what it is, if there is one.
    pub fn because_of_service(&self, service: ServiceId) -> Option<Because> {
        let at = self.services.binary_search_by_key(&service, |(id, _)| *id).ok()?;
        self.service_because.get(at).copied()
    }

    /// Services with a grant of their own, sorted by id.
    pub fn service_grants(&self) -> &[(ServiceId, Grant)] {
        &self.services
    }

    /// Purposes that may be used.
    pub const fn granted(&self) -> PurposeSet {
        self.granted
    }

    /// Whether the visitor made a choice of their own.
    pub const fn chosen(&self) -> bool {
        self.chosen
    }

    /// What sources disagreed about.
    pub const fn conflicts(&self) -> Conflicts {
        self.conflicts
    }

    /// How many days cookies for audience measurement may live from the day when they were first set, where the regime that
    /// holds for the visitor says so.
    pub const fn audience_cookie_days(&self) -> Option<u16> {
        self.audience_cookie_days
    }

    /// This state without a limit to the life of cookies for audience measurement, for whoever asks what it brings about.
    pub const fn lift_audience_limit(&mut self) {
        self.audience_cookie_days = None;
    }

    /// Whether all of `offered` is granted and no service is refused by name: the visitor agreed to everything. Where nothing
    /// is asked for, nobody agreed to anything.
    pub fn all_granted(&self, offered: PurposeSet) -> bool {
        !offered.is_empty()
            && self.granted.contains_all(offered)
            && self.services.iter().all(|(_, grant)| *grant == Grant::Granted)
    }
}
