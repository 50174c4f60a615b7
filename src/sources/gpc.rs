//! Global Privacy Control: `Sec-GPC: 1` is a standing objection to sale and sharing, which here is marketing.
//!
//! Only the value `1` has a meaning (W3C Working Draft "Global Privacy Control", December 2024, §3.2); every other value
//! and an absent field say nothing.

use super::{ConsentSource, RequestView};
use crate::consent::{Grant, PurposeId, Signal, SignalKind, SourceId};

/// Reads `Sec-GPC`.
#[derive(Debug)]
pub(super) struct Gpc;

impl ConsentSource for Gpc {
    fn id(&self) -> SourceId {
        SourceId("gpc")
    }

    fn read(&self, request: &RequestView<'_>) -> Option<Signal> {
        request.headers.get_all("sec-gpc").iter().any(|value| value == "1").then(|| Signal {
            source: self.id(),
            kind: SignalKind::Objection,
            purposes: vec![(PurposeId::MARKETING, Grant::Denied)],
            services: Vec::new(),
        })
    }
}
