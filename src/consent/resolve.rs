//! Signals to consent state: the order of precedence, and what happens when sources disagree.
//!
//! From the weakest to the strongest:
//!
//! 1. the regime's default, as far as no tool's own default for this visitor is narrower;
//! 2. what visitors chose in a tool of the shop's;
//! 3. a standing objection, or an opt-out that a law makes binding;
//! 4. what visitors chose with us while the objection was there, unless the regime says that it binds: then 3 stands above
//!    4 (a yes from before the objection stands below it);
//! 5. every refusal, in whichever of the choices.
//!
//! Wherever two statements about one purpose or service disagree, the one that protects wins, and the disagreement is
//! counted by its reason. Nothing here knows who the visitor is.

use super::state::{Conflict, ConsentState};
use super::{Because, Grant, PurposeId, PurposeSet, Regime, Signal, SignalKind};

/// Resolves what all sources said into one state. Total: any list of signals gives a state, whatever its order.
pub fn resolve(signals: &[Signal], regime: Regime) -> ConsentState {
    let mut state = ConsentState::undecided();
    state.audience_cookie_days = regime.audience_cookie_days;
    if signals.is_empty() && regime.allowed_by_default.is_empty() {
        return state;
    }
    by_default(&mut state, signals, regime);
    let objected = by_objection(&mut state, signals);
    let mut spoken = Spoken::default();
    for kind in [SignalKind::Observed, SignalKind::Collected] {
        for signal in of_kind(signals, kind) {
            let in_spite = kind == SignalKind::Collected && signal.knowing;
            choose(&mut state, &mut spoken, signal, if in_spite { PurposeSet::EMPTY } else { objected });
        }
    }
    withdraw(&mut state, signals);
    services(&mut state, signals, !objected.is_empty());
    if regime.objection_binds {
        let overruled = state.granted.intersection(objected);
        if !overruled.is_empty() {
            state.conflicts.insert(Conflict::Objection);
        }
        by_objection(&mut state, signals);
        if !objected.is_empty() {
            // A yes to a single service must not stand where its purpose is objected to; which purposes a service has is
            // not known here.
            forget_granted_services(&mut state, signals);
        }
    }
    state
}

fn of_kind(signals: &[Signal], kind: SignalKind) -> impl Iterator<Item = &Signal> {
    signals.iter().filter(move |signal| signal.kind == kind)
}

/// The regime's default, cut down to what the tools in use do by default for this visitor.
fn by_default(state: &mut ConsentState, signals: &[Signal], regime: Regime) {
    for purpose in regime.allowed_by_default.iter() {
        set(state, purpose, Grant::Granted, Because::RegimeDefault);
    }
    for wanted in [Grant::Granted, Grant::Undecided, Grant::Denied] {
        for signal in of_kind(signals, SignalKind::Default) {
            for &(purpose, grant) in signal.purposes.iter().filter(|(_, grant)| *grant == wanted) {
                if grant == Grant::Denied || state.granted.contains(purpose) {
                    set(state, purpose, grant, Because::Source(signal.source));
                }
            }
        }
    }
}

/// Denies what is objected to, and says what that is.
fn by_objection(state: &mut ConsentState, signals: &[Signal]) -> PurposeSet {
    let mut objected = PurposeSet::EMPTY;
    for signal in of_kind(signals, SignalKind::Objection) {
        for &(purpose, grant) in &signal.purposes {
            if grant == Grant::Denied && purpose != PurposeId::NECESSARY {
                set(state, purpose, Grant::Denied, Because::Source(signal.source));
                objected.insert(purpose);
            }
        }
    }
    objected
}

/// A choice. What is `objected` to is not outvoted by it: only a yes given with us in spite of the objection is.
fn choose(state: &mut ConsentState, spoken: &mut Spoken, signal: &Signal, objected: PurposeSet) {
    state.chosen = true;
    for &(purpose, grant) in &signal.purposes {
        if grant == Grant::Granted && objected.contains(purpose) {
            state.conflicts.insert(Conflict::Objection);
        } else {
            spoken.say(state, purpose, grant, Because::Source(signal.source));
        }
    }
}

/// What was refused with us, when only the mark of that refusal is left.
fn withdraw(state: &mut ConsentState, signals: &[Signal]) {
    // What was chosen with us since says so itself; where only a part of it could be read, the mark holds for the rest.
    let with_us = |purpose| {
        of_kind(signals, SignalKind::Collected).any(|signal| signal.purposes.contains(&(purpose, Grant::Granted)))
    };
    for signal in of_kind(signals, SignalKind::Withdrawal) {
        state.chosen = true;
        for &(purpose, grant) in &signal.purposes {
            let granted = state.granted.contains(purpose) && state.because(purpose) != Because::RegimeDefault;
            if grant != Grant::Denied || with_us(purpose) || (granted && chosen_since(signals, purpose, signal.at)) {
                continue;
            }
            if granted {
                state.conflicts.insert(Conflict::Withdrawn);
            }
            set(state, purpose, Grant::Denied, Because::Source(signal.source));
        }
    }
}

/// How far clocks may disagree, in seconds: the tool's is the visitor's, the mark's is ours.
const CERTAINLY: u64 = 300;

/// Whether every yes to `purpose` in a tool of the shop's was certainly given after the refusal.
fn chosen_since(signals: &[Signal], purpose: PurposeId, refused: Option<u64>) -> bool {
    let mut yes = of_kind(signals, SignalKind::Observed)
        .filter(|signal| signal.purposes.contains(&(purpose, Grant::Granted)))
        .peekable();
    yes.peek().is_some()
        && yes.all(|signal| {
            signal.at.zip(refused).is_some_and(|(chosen, refused)| chosen > refused.saturating_add(CERTAINLY))
        })
}

/// Services by name. A yes stands only when all who chose anything say it; a refusal stands whoever says it.
fn services(state: &mut ConsentState, signals: &[Signal], objected: bool) {
    // The mark of a refusal speaks only where the choice itself is gone.
    let with_us = of_kind(signals, SignalKind::Collected).next().is_some();
    let heard = |signal: &&Signal| !(with_us && signal.kind == SignalKind::Withdrawal);
    let choices = || signals.iter().filter(|signal| signal.is_choice()).filter(heard);
    for signal in signals.iter().filter(|signal| signal.kind != SignalKind::Objection).filter(heard) {
        for &(service, grant) in &signal.services {
            // A default can refuse a service, and a tool's yes does not outvote an objection.
            let able = match signal.kind {
                SignalKind::Collected => true,
                SignalKind::Observed => !objected || grant != Grant::Granted,
                _ => grant == Grant::Denied,
            };
            if !able {
                continue;
            }
            match state.services.binary_search_by_key(&service, |(id, _)| *id) {
                Ok(at) => {
                    let known = state.services.get_mut(at).zip(state.service_because.get_mut(at));
                    if let Some((known, because)) = known.filter(|(known, _)| known.1 != grant) {
                        state.conflicts.insert(Conflict::Service);
                        known.1 = known.1.protective(grant);
                        *because = Because::Conflict;
                    }
                }
                Err(at) => {
                    state.services.insert(at, (service, grant));
                    state.service_because.insert(at, Because::Source(signal.source));
                }
            }
        }
    }
    if choices().nth(1).is_some() {
        let named = state.services.iter_mut().zip(&mut state.service_because);
        for ((service, grant), because) in named.filter(|((_, grant), _)| *grant == Grant::Granted) {
            let said = |signal: &Signal| signal.services.contains(&(*service, Grant::Granted));
            if !choices().all(said) {
                *grant = Grant::Undecided;
                *because = Because::Conflict;
                state.conflicts.insert(Conflict::Service);
            }
        }
    }
}

fn forget_granted_services(state: &mut ConsentState, signals: &[Signal]) {
    let objection = of_kind(signals, SignalKind::Objection).next();
    let why = objection.map_or(Because::Conflict, |signal| Because::Source(signal.source));
    let named = state.services.iter_mut().zip(&mut state.service_because);
    for ((_, grant), because) in named.filter(|((_, grant), _)| *grant == Grant::Granted) {
        (*grant, *because) = (Grant::Undecided, why);
    }
}

/// What choices said so far.
#[derive(Default)]
struct Spoken(PurposeSet);

impl Spoken {
    fn say(&mut self, state: &mut ConsentState, purpose: PurposeId, grant: Grant, because: Because) {
        if grant == Grant::Undecided || purpose == PurposeId::NECESSARY {
            return;
        }
        if self.0.contains(purpose) && state.grant(purpose) != grant {
            set(state, purpose, Grant::Denied, Because::Conflict);
            state.conflicts.insert(Conflict::Choices);
        } else {
            set(state, purpose, grant, because);
        }
        self.0.insert(purpose);
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
