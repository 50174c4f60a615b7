//! Standards' strings that the mirror told: read once, when they are told, and kept as what they say.
//!
//! A string is longer than a cookie may be. A TC string is told on `tcloaded` and `useractioncomplete` only, when its tool
//! says that somebody chose, which the string itself cannot; so no bits at all are a refusal here, and not the default that
//! they are in a cookie. A GPP string proves nobody's click: what counts of it are opt-outs.

use super::cmp::text::decoded;
use super::gpp::Gpp;
use super::tcf::Statement;
use super::us_privacy::UsChoice;
use super::{Heard, Observed, RequestView, SourceSettings};
use crate::consent::{Grant, Signal, SignalKind, SourceId};

/// How an opt-out of a US section is kept, and one that cannot be understood.
const US_WORDS: [(&str, UsChoice); 2] = [("us-opt-out", UsChoice::OptedOut), ("us-unclear", UsChoice::Unclear)];

/// Adds to `told` what the TC string `text` says, and when it was written.
///
/// # Errors
/// Why the string does not count.
pub fn tell_tc(
    told: &mut Observed,
    text: &[u8],
    request: &RequestView<'_>,
    settings: &SourceSettings,
) -> Result<(), &'static str> {
    let statement = Statement::read(text, request, settings)?;
    told.issued = statement.at();
    let said = statement.purposes().map(|(purpose, grant)| (request.purposes.name(purpose), grant == Grant::Granted));
    told.purposes.extend(said.map(|(purpose, said)| (purpose.to_owned(), said)));
    told.refused_services.extend(statement.refused(request.catalog));
    Ok(())
}

/// Adds to `told` what the GPP string `text` says: an opt-out of a US section, and the TC string of the EU section.
///
/// # Errors
/// Why the string does not count.
pub fn tell_gpp(
    told: &mut Observed,
    text: &[u8],
    request: &RequestView<'_>,
    settings: &SourceSettings,
) -> Result<(), &'static str> {
    let text = decoded(text);
    let string = Gpp::parse(&text).map_err(super::gpp::GppError::as_str)?;
    let us = string.us_choice();
    told.words.extend(US_WORDS.iter().filter(|(_, known)| *known == us).map(|(word, _)| ((*word).to_owned(), true)));
    match string.tcf_eu().map(|eu| tell_tc(told, eu, request, settings)) {
        // A broken section takes nothing from an opt-out in another.
        Some(Err(why)) if told.words.is_empty() => Err(why),
        _ => Ok(()),
    }
}

/// What the seen cookie says for the source of a standard.
pub(super) fn read(source: SourceId, request: &RequestView<'_>, settings: &SourceSettings, heard: &mut Heard) {
    if !settings.mirror {
        return;
    }
    let told = match heard.observed(request, source) {
        Ok(Some(told)) => told,
        Ok(None) => return,
        Err(why) => {
            heard.malformed.push((source, why));
            return;
        }
    };
    let us = US_WORDS.iter().filter(|(word, _)| told.words.iter().any(|(known, _)| known == word));
    heard.signals.extend(us.filter_map(|(_, us)| us.signal(source, false)));
    if !told.purposes.is_empty() {
        let mut signal = Signal::new(source, SignalKind::Observed);
        signal.at = Some(told.issued);
        let named = |(name, said): &(String, bool)| Some((request.purposes.get(name)?, Grant::from(*said)));
        signal.purposes = told.purposes.iter().filter_map(named).collect();
        let refused = told.refused_services.iter().filter_map(|id| request.catalog.get(id));
        signal.services = refused.map(|service| (service, Grant::Denied)).collect();
        heard.signals.push(signal);
    }
}
