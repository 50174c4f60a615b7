//! Do Not Track: `DNT: 1`, a deprecated objection that some browsers and add-ons still send. Read only where a site asks for
//! it, and then like Global Privacy Control. Every other value, and an absent field, say nothing.

use super::gpc::objection;
use super::{ConsentSource, Heard, RequestView, SourceSettings};
use crate::consent::SourceId;

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
        heard.signals.extend(objection(self.id(), request, "dnt"));
    }
}
