//! What one source says about a visitor's choice.

use super::{Grant, PurposeId, ServiceId};

/// The stable name of a source, as it stands in configuration, logs and `because`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceId(pub &'static str);

/// How much a signal binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignalKind {
    /// The visitor chose on a banner or in the preference centre.
    Choice,
    /// A standing objection sent with every request, such as `Sec-GPC: 1`. It can only deny.
    Objection,
}

/// One source's statement. A source that has nothing to say makes none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    /// Who says it.
    pub source: SourceId,
    /// How much it binds.
    pub kind: SignalKind,
    /// What it says per purpose; purposes that are absent are left undecided.
    pub purposes: Vec<(PurposeId, Grant)>,
    /// What it says per service, over and above the service's purpose.
    pub services: Vec<(ServiceId, Grant)>,
}
