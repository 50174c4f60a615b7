//! What may still be wrong with a cookie that passes: how long it lives, and for how many hosts.
//!
//! A consent to a purpose is no consent to a tracker that outlives everything: a site may limit the life of cookies by
//! purpose, and the visitor's regime may limit those of audience measurement. The limit of the regime also holds for cookies
//! that the site lists as necessary, because that is how an exempt audience measurement is configured, and the exemption
//! depends on the limit. The limits of the site's purposes do not: no entry of the catalog may shorten a cart.

use super::trace::{Question, Sink, Step};
use super::{Decision, Item, Reason, Rule, SitePolicy, Until, Verdict};
use crate::catalog::Catalog;
use crate::consent::{ConsentState, PurposeId, ServiceId};

/// The decision about a cookie that would pass as it is, after limits. Any other stays what it is.
pub(super) fn limit(
    decision: Decision,
    item: &Item<'_>,
    state: &ConsentState,
    site: &SitePolicy,
    catalog: &Catalog,
    trace: &mut impl Sink,
) -> Decision {
    let Item::SetCookie { name, persistent, deletion, days, domain } = *item else {
        return decision;
    };
    if decision.verdict != Verdict::Keep {
        return decision;
    }
    let rule = decision.reason.rule;
    let mut decision = decision;
    if persistent
        && !deletion
        && let Some(cap) = cap(name, rule == Rule::Necessary, state, site, catalog)
    {
        let verdict = match days {
            None => Verdict::Shorten(Until::Visit),
            Some(days) if days > u32::from(cap.days) => Verdict::Shorten(Until::Days(cap.days)),
            Some(_) => Verdict::Keep,
        };
        let question = Question::Lifetime {
            service: cap.service,
            purpose: cap.purpose,
            days: cap.days,
            unknown_age: days.is_none(),
        };
        trace.step(|| Step { question, verdict: Some(verdict).filter(|verdict| *verdict != Verdict::Keep) });
        decision.cap = Some(cap.days);
        if verdict != Verdict::Keep {
            let reason = Reason {
                rule: Rule::Lifetime,
                service: Some(cap.service),
                purpose: Some(cap.purpose),
                because: state.because(cap.purpose),
            };
            return Decision { verdict, reason, ..decision };
        }
    }
    let of_the_shop = match rule {
        Rule::Necessary | Rule::Deletion => true,
        Rule::UnknownCookie | Rule::AllGranted => !persistent,
        _ => false,
    };
    if site.host_only_cookies && domain && of_the_shop {
        trace.step(|| Step::held(Question::HostOnly, Verdict::Narrow));
        return Decision { verdict: Verdict::Narrow, reason: Reason::rule(Rule::HostOnly), ..decision };
    }
    decision
}

/// A limit, and what it comes from.
struct Cap {
    days: u16,
    service: ServiceId,
    purpose: PurposeId,
}

/// The strictest limit for a cookie, by the purposes of every service that it is recognised as.
fn cap(name: &[u8], necessary: bool, state: &ConsentState, site: &SitePolicy, catalog: &Catalog) -> Option<Cap> {
    let by_regime = state.audience_cookie_days();
    if by_regime.is_none() && (necessary || site.cookie_days.is_empty()) {
        return None;
    }
    let recognised = catalog.by_cookie(name);
    let services = recognised.iter().filter_map(|id| Some((*id, catalog.service(*id)?)));
    let limits = services.filter(|(_, service)| !service.necessary()).flat_map(|(service, known)| {
        known.purposes.iter().filter_map(move |purpose| {
            let by_site = site.cookie_days.get(&purpose).copied().filter(|_| !necessary);
            let by_regime = by_regime.filter(|_| purpose == PurposeId::ANALYTICS);
            let days = by_site.into_iter().chain(by_regime).min()?;
            Some(Cap { days, service, purpose })
        })
    });
    limits.min_by_key(|cap| cap.days)
}
