//! GPP strings as a source: opt-outs of the US sections, and the TC string of the EU section.
//!
//! Which section applies is the visitor's region, which a string does not tell. So all of them count, and the strictest
//! wins: an opt-out in any section is an objection, and the EU section's refusals stand beside it.

use super::Gpp;
use crate::consent::{PurposeSet, SourceId};
use crate::sources::cmp::text::decoded;
use crate::sources::copies::Copies;
use crate::sources::tcf::{Statement, Tcf};
use crate::sources::us_privacy::UsChoice;
use crate::sources::{ConsentSource, Heard, RequestView, SourceSettings, mirrored};

/// Reads the cookies that are in use; the standard names none.
#[derive(Debug)]
pub(in crate::sources) struct GppSource;

impl ConsentSource for GppSource {
    fn id(&self) -> SourceId {
        SourceId("gpp")
    }

    fn cookies(&self) -> &'static [&'static str] {
        &["__gpp", "gpp", "OTGPPConsent"]
    }

    fn asks_about(&self) -> PurposeSet {
        Tcf.asks_about()
    }

    fn read(&self, request: &RequestView<'_>, settings: &SourceSettings, heard: &mut Heard) {
        let copies = Copies::of(self, request, settings);
        let mut trouble = copies.trouble();
        let mut us = UsChoice::Silent;
        let mut eu: Option<Statement> = None;
        for value in copies.values() {
            // Form encoders escape the tilde.
            let value = decoded(value);
            let string = match Gpp::parse(&value) {
                Ok(string) => string,
                Err(why) => {
                    trouble = Some(why.as_str());
                    continue;
                }
            };
            us = us.max(string.us_choice());
            match string.tcf_eu().map(|text| Statement::read(text, request, settings)) {
                Some(Ok(one)) => eu = Some(Statement::with(eu, one)),
                Some(Err(why)) => trouble = Some(why),
                None => {}
            }
        }
        if us == UsChoice::Unclear {
            trouble = trouble.or(Some("a US section cannot be read"));
        }
        heard.malformed.extend(trouble.map(|why| (self.id(), why)));
        heard.signals.extend(us.signal(self.id(), trouble.is_some()));
        heard.signals.extend(eu.map(|eu| eu.signal(self.id(), trouble.is_some())));
        mirrored::read(self.id(), request, settings, heard);
    }
}
