//! How a site asks: `banner`, `[site.banner]` and `choice_days`, held against what the site's regimes demand.

use super::log::{Log, Problem, Span, quote};
use super::model::Asking;
use super::read::Table;
use super::regime::RegimeProfile;
use super::service;
use crate::consent::{PurposeSet, PurposeTable};

/// Reads `banner`: `true`, `false` or a table.
pub(super) fn read(
    log: &mut Log,
    table: &mut Table<'_>,
    regimes: &[RegimeProfile],
    purposes: &PurposeTable,
    offered: PurposeSet,
) -> Asking {
    let mut asking = Asking { shown: true, refuse_on_first_layer: true, preselected: PurposeSet::EMPTY };
    let mut inner = match table.boolean_or_table(log, "banner", "[site.banner]") {
        None => return asking,
        Some(Ok(shown)) => return Asking { shown, ..asking },
        Some(Err(inner)) => inner,
    };
    asking.shown = inner.boolean(log, "show").unwrap_or(true);
    let at = inner.value_span("refuse");
    if inner.word(log, "refuse", &[("first-layer", true), ("second-layer", false)]) == Some(false) {
        asking.refuse_on_first_layer = false;
        if let Some(regime) = regimes.iter().find(|regime| regime.refuse_on_first_layer) {
            let message = format!("{} demands that refusing is as near as accepting", quote(&regime.id));
            log.push_meaning(broken(at, message).help("write `refuse = \"first-layer\"`, or leave it out"));
        }
    }
    for name in inner.strings(log, "preselected").unwrap_or_default() {
        if let Some(regime) = regimes.iter().find(|regime| !regime.preselected) {
            let message = format!("{} forbids boxes that are ticked before the visitor does it", quote(&regime.id));
            log.push_meaning(broken(name.span, message).help("leave `preselected` out: a ticked box is not a yes"));
            break;
        }
        asking.preselected.extend(service::purpose(log, purposes, name, Some(offered)));
    }
    inner.finish(log);
    asking
}

/// How long a choice is kept, in days, if the site says so: no regime may forbid it.
pub(super) fn choice_days(log: &mut Log, table: &mut Table<'_>, regimes: &[RegimeProfile]) -> Option<u64> {
    let at = table.value_span("choice_days");
    let days = table.integer(log, "choice_days", 1..=400)?;
    if let Some(regime) = regimes.iter().find(|regime| days < regime.ask_again_days) {
        let least = regime.ask_again_days;
        let message = format!("{} does not allow to ask again after {days} days", quote(&regime.id));
        log.push_meaning(
            broken(at, message).help(format!("keep choices for {least} days or longer, or leave `choice_days` out")),
        );
    }
    Some(days)
}

fn broken(at: Span, message: String) -> Problem {
    Problem::new("V0607", at, message)
}
