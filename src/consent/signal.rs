//! What one source says about a visitor's choice.

use super::{Grant, PurposeId, ServiceId};

/// The stable name of a source, as it stands in configuration, logs and `because`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceId(pub &'static str);

/// What kind of statement a signal is, and so how much it can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignalKind {
    /// The visitor chose on our own banner or preference page, and the choice is signed.
    Collected,
    /// The visitor chose in a tool of the shop's, which says so itself and can show that somebody clicked.
    Observed,
    /// A standing objection sent with every request, such as `Sec-GPC: 1`, or an opt-out that the law makes binding. It can
    /// only deny.
    Objection,
    /// What a tool does before anybody chose: the default of a region. It never grants what the regime does not allow
    /// anyway; what it denies, or leaves undecided, is not allowed by the regime either.
    Default,
    /// The visitor refused on our banner some time ago, and the choice itself is gone from the browser. Holds against every
    /// choice in a tool of the shop's that was not certainly made later.
    Withdrawal,
}

impl SignalKind {
    /// The word used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Collected => "collected",
            Self::Observed => "observed",
            Self::Objection => "objection",
            Self::Default => "default",
            Self::Withdrawal => "withdrawal",
        }
    }
}

/// One source's statement. A source that has nothing to say makes none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    /// Who says it.
    pub source: SourceId,
    /// What kind of statement it is.
    pub kind: SignalKind,
    /// When the visitor chose, in seconds since the Unix epoch, where the source says so.
    pub at: Option<u64>,
    /// Whether the visitor chose while a standing objection of their own was there, and so in spite of it.
    pub knowing: bool,
    /// What it says per purpose; purposes that are absent are left as they are.
    pub purposes: Vec<(PurposeId, Grant)>,
    /// What it says per service, over and above the service's purpose.
    pub services: Vec<(ServiceId, Grant)>,
}

impl Signal {
    /// A statement that says nothing yet.
    pub const fn new(source: SourceId, kind: SignalKind) -> Self {
        Self { source, kind, at: None, knowing: false, purposes: Vec::new(), services: Vec::new() }
    }

    /// Whether it is about the visitor's own doing, as opposed to a default or a standing objection.
    pub const fn is_choice(&self) -> bool {
        matches!(self.kind, SignalKind::Collected | SignalKind::Observed | SignalKind::Withdrawal)
    }
}
