//! Global Privacy Control: `Sec-GPC: 1` is a standing objection to sale and sharing, which here is marketing.
//!
//! Only the value `1` has a meaning (W3C Working Draft "Global Privacy Control", December 2024, §3.2); every other value
//! and an absent field say nothing.

use super::{ConsentSource, Heard, RequestView, SourceSettings};
use crate::consent::{Grant, PurposeId, Signal, SignalKind, SourceId};

/// Reads `Sec-GPC`.
#[derive(Debug)]
pub(super) struct Gpc;

impl ConsentSource for Gpc {
    fn id(&self) -> SourceId {
        SourceId("gpc")
    }

    fn grants(&self) -> bool {
        false
    }

    fn read(&self, request: &RequestView<'_>, _: &SourceSettings, heard: &mut Heard) {
        if request.headers.get_all("sec-gpc").iter().any(|value| value == "1") {
            let mut signal = Signal::new(self.id(), SignalKind::Objection);
            signal.purposes.push((PurposeId::MARKETING, Grant::Denied));
            heard.signals.push(signal);
        }
    }
}
