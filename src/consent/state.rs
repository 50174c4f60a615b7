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
    /// Whether the visitor made a choice of their own, as opposed to a default or an objection sent by the browser.
    pub(super) chosen: bool,
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
            chosen: false,
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

    /// Whether all of `offered` is granted and no service is refused by name: the visitor agreed to everything. Where nothing
    /// is asked for, nobody agreed to anything.
    pub fn all_granted(&self, offered: PurposeSet) -> bool {
        !offered.is_empty()
            && self.granted.contains_all(offered)
            && self.services.iter().all(|(_, grant)| *grant == Grant::Granted)
    }
}
