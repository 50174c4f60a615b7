//! Global Privacy Control: `Sec-GPC: 1` is a standing objection to sale and sharing, which here is marketing.
//!
//! Only the value `1` has a meaning (W3C Working Draft "Global Privacy Control", December 2024, §3.2); every other value
//! and an absent field say nothing.

use super::{ConsentSource, Heard, RequestView, SourceSettings};
use crate::consent::{ConsentState, Grant, PurposeId, Signal, SignalKind, SourceId};

const ID: SourceId = SourceId("gpc");

/// What became of a visitor's `Sec-GPC: 1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GpcOutcome {
    /// Marketing is off.
    Honoured,
    /// The visitor agreed to marketing with us all the same, and the regime lets that hold.
    Overridden,
}

impl GpcOutcome {
    /// The word used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Honoured => "honoured",
            Self::Overridden => "overridden",
        }
    }

    /// What it came to in `state`, which `signals` resolve to; `None` when nobody sent it.
    pub(super) fn of(signals: &[Signal], state: &ConsentState) -> Option<Self> {
        let overridden = state.grant(PurposeId::MARKETING) == Grant::Granted;
        let sent = signals.iter().any(|signal| signal.source == ID);
        sent.then_some(if overridden { Self::Overridden } else { Self::Honoured })
    }
}

/// Reads `Sec-GPC`.
#[derive(Debug)]
pub(super) struct Gpc;

impl ConsentSource for Gpc {
    fn id(&self) -> SourceId {
        ID
    }

    fn grants(&self) -> bool {
        false
    }

    fn read(&self, request: &RequestView<'_>, _: &SourceSettings, heard: &mut Heard) {
        heard.signals.extend(objection(self.id(), request, "sec-gpc"));
    }
}

/// An objection to marketing, where the field `name` says exactly `1`.
pub(super) fn objection(source: SourceId, request: &RequestView<'_>, name: &str) -> Option<Signal> {
    request.headers.get_all(name).iter().any(|value| value == "1").then(|| {
        let mut signal = Signal::new(source, SignalKind::Objection);
        signal.purposes.push((PurposeId::MARKETING, Grant::Denied));
        signal
    })
}
