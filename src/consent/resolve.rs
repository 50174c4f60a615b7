//! Signals to consent state: the order of precedence, and what happens when sources disagree.

use super::{Because, ConsentState, Grant, PurposeId, PurposeSet, Regime, Signal, SignalKind};

/// Resolves what all sources said into one state. Total: any list of signals gives a state.
///
/// Order: an objection that binds, then explicit choices, then an objection that does not bind, then the regime's
/// default, then undecided. Two choices that disagree about a purpose or a service resolve to a refusal.
pub fn resolve(signals: &[Signal], regime: Regime) -> ConsentState {
    let mut state = ConsentState::undecided();
    for purpose in regime.allowed_by_default.iter() {
        set(&mut state, purpose, Grant::Granted, Because::RegimeDefault);
    }
    for signal in of_kind(signals, SignalKind::Objection) {
        object(&mut state, signal);
    }
    let mut spoken = PurposeSet::EMPTY;
    for signal in of_kind(signals, SignalKind::Choice) {
        state.chosen = true;
        for &(purpose, grant) in &signal.purposes {
            choose(&mut state, &mut spoken, purpose, grant, Because::Source(signal.source));
        }
        for &(service, grant) in &signal.services {
            match state.services.binary_search_by_key(&service, |(id, _)| *id) {
                Ok(at) => {
                    if let Some(known) = state.services.get_mut(at) {
                        known.1 = protective(known.1, grant);
                    }
                }
                Err(at) => state.services.insert(at, (service, grant)),
            }
        }
    }
    if regime.objection_binds {
        for signal in of_kind(signals, SignalKind::Objection) {
            object(&mut state, signal);
            // A yes to a single service must not stand where its purpose is objected to; which purposes a service has is not
            // known here.
            state.services.iter_mut().filter(|(_, grant)| *grant == Grant::Granted).for_each(|(_, grant)| {
                *grant = Grant::Undecided;
            });
        }
    }
    state
}

fn of_kind(signals: &[Signal], kind: SignalKind) -> impl Iterator<Item = &Signal> {
    signals.iter().filter(move |signal| signal.kind == kind)
}

fn object(state: &mut ConsentState, signal: &Signal) {
    for &(purpose, grant) in &signal.purposes {
        if grant == Grant::Denied {
            set(state, purpose, Grant::Denied, Because::Source(signal.source));
        }
    }
}

fn choose(state: &mut ConsentState, spoken: &mut PurposeSet, purpose: PurposeId, grant: Grant, because: Because) {
    if grant == Grant::Undecided {
        return;
    }
    if spoken.contains(purpose) && state.grant(purpose) != grant {
        set(state, purpose, Grant::Denied, Because::Conflict);
    } else {
        set(state, purpose, grant, because);
    }
    spoken.insert(purpose);
}

fn protective(one: Grant, other: Grant) -> Grant {
    match (one, other) {
        (Grant::Denied, _) | (_, Grant::Denied) => Grant::Denied,
        (Grant::Granted, Grant::Granted) => Grant::Granted,
        _ => Grant::Undecided,
    }
}

fn set(state: &mut ConsentState, purpose: PurposeId, grant: Grant, because: Because) {
    if purpose == PurposeId::NECESSARY {
        return;
    }
    state.granted.remove(purpose);
    state.denied.remove(purpose);
    match grant {
        Grant::Granted => state.granted.insert(purpose),
        Grant::Denied => state.denied.insert(purpose),
        Grant::Undecided => {}
    }
    if let Some(slot) = state.because.get_mut(purpose.index()) {
        *slot = because;
    }
}
