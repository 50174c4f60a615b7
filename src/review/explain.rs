//! Why one item was judged as it was, and what would change that.
//!
//! The account is the judge's own: the steps were recorded while it decided. Of everything that might change the answer,
//! only what was tried on the judge and did change it is told.

use super::alter::{Alteration, Situation};
use crate::consent::{Grant, PurposeId, PurposeSet, ServiceId};
use crate::enforce::Judged;
use crate::policy::{Item, Mode, OwnedItem, Question, Rule, Verdict};

/// What would change a decision: all of these together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What has to be done.
    pub alterations: Vec<Alteration>,
    /// What the judge said when it was done.
    pub verdict: Verdict,
}

/// Everything found that would change the decision about `judged`, each one sufficient on its own and tried on the judge:
/// what would let more of an item through that is not kept, and what would stop one that is.
pub fn changes(judged: &Judged, situation: &Situation) -> Vec<Change> {
    let kept = judged.decision.verdict == Verdict::Keep;
    let singles = if kept { ways_to_stop(judged, situation) } else { ways_to_keep(judged, situation) };
    let before = judged.decision.verdict;
    let turned = |after: Verdict| if kept { after != Verdict::Keep } else { after.passes() > before.passes() };
    let mut found: Vec<Change> = singles
        .into_iter()
        .filter_map(|alteration| {
            let verdict = situation.altered(alteration).verdict();
            turned(verdict).then(|| Change { alterations: vec![alteration], verdict })
        })
        .collect();
    // When no single word of the visitor's helps, several together may, with or without the operator's.
    if !kept && !found.iter().any(|change| change.alterations.iter().any(|one| is_natural(*one))) {
        found.splice(0..0, together(judged, situation));
    }
    found
}

/// Whether the alteration deals with the rule that held, rather than going around it.
const fn is_natural(alteration: Alteration) -> bool {
    alteration.is_the_visitors() || matches!(alteration, Alteration::Ask(_) | Alteration::RemoveDeny(..))
}

/// The services that the item was recognised as and that need consent.
fn services(judged: &Judged, situation: &Situation) -> Vec<ServiceId> {
    let recognised = judged.steps.iter().filter_map(|step| match step.question {
        Question::Recognised(service) => service,
        _ => None,
    });
    recognised.filter(|id| situation.catalog.service(*id).is_some_and(|service| !service.necessary())).collect()
}

/// What has to do with grants and denies, piece by piece.
fn pieces(judged: &Judged, situation: &Situation) -> Vec<Alteration> {
    let known = services(judged, situation);
    let site = &situation.site;
    let mut needed = PurposeSet::EMPTY;
    let mut any = known.is_empty();
    let mut pieces = Vec::new();
    for id in &known {
        if let Some(service) = situation.catalog.service(*id) {
            needed = needed.union(service.purposes);
            any |= service.carrier;
        }
        if situation.state.service_grant(*id) == Some(Grant::Denied) {
            pieces.push(Alteration::StopRefusing(*id));
        }
    }
    if known.is_empty() {
        let refused = situation.state.service_grants().iter().filter(|(_, grant)| *grant != Grant::Granted);
        pieces.extend(refused.map(|(id, _)| Alteration::StopRefusing(*id)));
    }
    if any {
        needed = needed.union(site.offered);
    }
    if any && !known.is_empty() && site.offered.is_empty() {
        // Any purpose would do for a tag manager, and the site asks for none.
        needed.insert(PurposeId::FUNCTIONAL);
        pieces.push(Alteration::Ask(PurposeId::FUNCTIONAL));
    }
    let denied_here = site.denied_on(situation.route);
    let relevant = if known.is_empty() { denied_here } else { denied_here.intersection(needed) };
    pieces.extend(
        situation
            .route
            .into_iter()
            .flat_map(|route| relevant.iter().map(move |purpose| Alteration::RemoveDeny(route, purpose))),
    );
    let granted = situation.state.granted().intersection(site.offered);
    let missing = |purpose: &PurposeId| !granted.contains(*purpose);
    for purpose in needed.iter().filter(missing) {
        let asked = site.offered.contains(purpose);
        let piece = if asked { Alteration::Grant(purpose) } else { Alteration::Ask(purpose) };
        if !pieces.contains(&piece) {
            pieces.push(piece);
        }
    }
    pieces
}

fn ways_to_keep(judged: &Judged, situation: &Situation) -> Vec<Alteration> {
    let mut ways = pieces(judged, situation);
    if matches!(judged.decision.reason.rule, Rule::UnknownThirdParty | Rule::UnknownCookie) {
        ways.extend([Alteration::Classify, Alteration::AllowUnknown]);
        if matches!(judged.item, OwnedItem::Address { .. }) {
            ways.push(Alteration::OwnHost);
        }
    }
    match judged.decision.reason.rule {
        Rule::Lifetime => ways.extend(judged.decision.reason.purpose.map(Alteration::Lengthen)),
        Rule::HostOnly => ways.push(Alteration::Widen),
        Rule::FilterList => ways.push(Alteration::Classify),
        _ => {}
    }
    ways.push(Alteration::AddNecessary);
    ways
}

/// All pieces at once, and then without each one that is not needed.
fn together(judged: &Judged, situation: &Situation) -> Option<Change> {
    let mut all = pieces(judged, situation);
    let verdict = |alterations: &[Alteration]| {
        alterations.iter().fold(situation.clone(), |after, alteration| after.altered(*alteration)).verdict()
    };
    let best = verdict(&all);
    if all.len() < 2 || best.passes() <= judged.decision.verdict.passes() {
        return None;
    }
    for at in (0..all.len()).rev() {
        let mut fewer = all.clone();
        fewer.remove(at);
        if verdict(&fewer) == best {
            all = fewer;
        }
    }
    Some(Change { alterations: all, verdict: best })
}

fn ways_to_stop(judged: &Judged, situation: &Situation) -> Vec<Alteration> {
    let mut ways: Vec<Alteration> = Vec::new();
    if situation.site.mode_on(situation.route) == Mode::Off {
        return vec![Alteration::Enforce];
    }
    for step in &judged.steps {
        match step.question {
            Question::SiteNecessary(Some(entry)) => ways.push(Alteration::RemoveNecessary(entry)),
            Question::NecessaryService { service: Some(service), outvoted: false } => {
                ways.push(Alteration::Redefine(service));
            }
            _ => {}
        }
    }
    let known = services(judged, situation);
    let granted = situation.state.granted().iter().filter(|purpose| *purpose != PurposeId::NECESSARY);
    ways.extend(granted.map(Alteration::Withdraw));
    ways.extend(known.iter().map(|id| Alteration::Refuse(*id)));
    if known.is_empty() && !matches!(judged.item.as_item(), Item::SetCookie { deletion: true, .. }) {
        ways.extend([Alteration::ClassifyUngranted, Alteration::DenyUnknown]);
    }
    ways
}
