//! Do Not Track: `DNT: 1`, a deprecated objection that some browsers and add-ons still send. Read only where a site asks for
//! it, and then like Global Privacy Control. Every other value, and an absent field, say nothing.

use super::{ConsentSource, Heard, RequestView, SourceSettings};
use crate::consent::{Grant, PurposeId, Signal, SignalKind, SourceId};

/// Reads `DNT`.
#[derive(Debug)]
pub(super) struct Dnt;

impl ConsentSource for Dnt {
    fn id(&self) -> SourceId {
        SourceId("dnt")
    }

    fn grants(&self) -> bool {
        false
    }

    fn read(&self, request: &RequestView<'_>, _: &SourceSettings, heard: &mut Heard) {
        if request.headers.get_all("dnt").iter().any(|value| value == "1") {
            let mut signal = Signal::new(self.id(), SignalKind::Objection);
            signal.purposes.push((PurposeId::MARKETING, Grant::Denied));
            heard.signals.push(signal);
        }
    }
}
