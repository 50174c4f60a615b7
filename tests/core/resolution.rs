//! Resolution against an independent model, over every list of up to three signals about one purpose and one service.

use vestibule::consent::{
    Because, Conflict, Grant, PurposeId, PurposeSet, Regime, ServiceId, Signal, SignalKind, SourceId, resolve,
};

const PURPOSE: PurposeId = PurposeId::MARKETING;
const SERVICE: ServiceId = ServiceId(7);
const GRANTS: [Option<Grant>; 4] = [None, Some(Grant::Granted), Some(Grant::Denied), Some(Grant::Undecided)];

/// One signal of the domain.
#[derive(Clone, Copy, Debug)]
struct Told {
    kind: SignalKind,
    at: Option<u64>,
    knowing: bool,
    purpose: Option<Grant>,
    service: Option<Grant>,
}

impl Told {
    fn signal(self) -> Signal {
        let mut signal = Signal::new(SourceId("a"), self.kind);
        signal.at = self.at;
        signal.knowing = self.knowing;
        signal.purposes.extend(self.purpose.map(|grant| (PURPOSE, grant)));
        signal.services.extend(self.service.map(|grant| (SERVICE, grant)));
        signal
    }

    fn is(self, kind: SignalKind, grant: Grant) -> bool {
        self.kind == kind && self.purpose == Some(grant)
    }
}

/// Every signal there can be about one purpose and one service, at three times.
fn domain() -> Vec<Told> {
    use SignalKind::{Collected, Default, Objection, Observed, Withdrawal};
    let mut all = Vec::new();
    for kind in [Collected, Observed, Objection, Default, Withdrawal] {
        let dated = matches!(kind, Observed | Withdrawal);
        let times = [(None, false), (Some(1000), false), (Some(1301), false)];
        let times = times.into_iter().filter(|(at, _)| dated || at.is_none());
        for (at, knowing) in times.chain((kind == Collected).then_some((None, true))) {
            for purpose in GRANTS {
                for service in GRANTS {
                    all.push(Told { kind, at, knowing, purpose, service });
                }
            }
        }
    }
    all
}

/// What a purpose resolves to, told from the rules and not from the code.
fn purpose(told: &[Told], regime: Regime) -> Grant {
    use SignalKind::{Collected, Default, Objection, Observed, Withdrawal};
    let any = |kind, grant| told.iter().any(|one| one.is(kind, grant));
    let objected = any(Objection, Grant::Denied);
    if (regime.objection_binds && objected) || any(Collected, Grant::Denied) || any(Observed, Grant::Denied) {
        return Grant::Denied;
    }
    let in_spite = |one: &Told| one.is(Collected, Grant::Granted) && (one.knowing || !objected);
    if told.iter().any(in_spite) {
        return Grant::Granted;
    }
    if objected {
        return Grant::Denied;
    }
    let yes: Vec<&Told> = told.iter().filter(|one| one.is(Observed, Grant::Granted)).collect();
    let later = |refused: &Told| {
        !yes.is_empty() && yes.iter().all(|yes| matches!((yes.at, refused.at), (Some(yes), Some(no)) if yes > no + 300))
    };
    if told.iter().any(|one| one.is(Withdrawal, Grant::Denied) && !later(one)) {
        return Grant::Denied;
    }
    if !yes.is_empty() {
        return Grant::Granted;
    }
    if any(Default, Grant::Denied) {
        Grant::Denied
    } else if regime.allowed_by_default.contains(PURPOSE) && !any(Default, Grant::Undecided) {
        Grant::Granted
    } else {
        Grant::Undecided
    }
}

/// What a service resolves to, if anybody named it.
fn service(told: &[Told], regime: Regime) -> Option<Grant> {
    use SignalKind::{Collected, Default, Objection, Observed, Withdrawal};
    let objected = told.iter().any(|one| one.is(Objection, Grant::Denied));
    let with_us = told.iter().any(|one| one.kind == Collected);
    let told: Vec<Told> = told.iter().copied().filter(|one| !with_us || one.kind != Withdrawal).collect();
    let heard = |one: &&Told| match (one.kind, one.service) {
        (Objection, _) | (_, None) => false,
        (Collected, Some(_)) => true,
        (Observed, Some(grant)) => grant != Grant::Granted || !objected,
        (Default | Withdrawal, Some(grant)) => grant == Grant::Denied,
    };
    let said: Vec<Grant> = told.iter().filter(heard).filter_map(|one| one.service).collect();
    if said.is_empty() {
        return None;
    }
    if said.contains(&Grant::Denied) {
        return Some(Grant::Denied);
    }
    let choices: Vec<&Told> = told.iter().filter(|one| matches!(one.kind, Collected | Observed | Withdrawal)).collect();
    let all_agree = choices.len() < 2 || choices.iter().all(|one| one.service == Some(Grant::Granted));
    let bound = regime.objection_binds && objected;
    let yes = said.iter().all(|grant| *grant == Grant::Granted) && all_agree && !bound;
    Some(if yes { Grant::Granted } else { Grant::Undecided })
}

#[test]
fn resolution_equals_the_model() {
    let domain = domain();
    let mut states = 0_u32;
    let mut check = |list: &[Told]| {
        let signals: Vec<Signal> = list.iter().map(|told| told.signal()).collect();
        for allowed in [PurposeSet::EMPTY, PurposeSet::EMPTY.with(PURPOSE)] {
            for objection_binds in [false, true] {
                let regime = Regime { allowed_by_default: allowed, objection_binds, ..Regime::OPT_IN };
                let state = resolve(&signals, regime);
                assert_eq!(state.grant(PURPOSE), purpose(list, regime), "{list:?} {regime:?}");
                assert_eq!(state.service_grant(SERVICE), service(list, regime), "{list:?} {regime:?}");
                assert_eq!(state.grant(PurposeId::NECESSARY), Grant::Granted);
                let named = state.service_grant(SERVICE).is_some();
                assert_eq!(state.because_of_service(SERVICE).is_some(), named, "each with its because: {list:?}");
                let chose = |told: &Told| !matches!(told.kind, SignalKind::Objection | SignalKind::Default);
                let marked_only = |told: &Told| told.kind == SignalKind::Withdrawal;
                assert!(!state.chosen() || list.iter().any(chose), "{list:?}");
                assert!(state.chosen() || !list.iter().any(|told| chose(told) && !marked_only(told)), "{list:?}");
                states += 1;
            }
        }
    };
    check(&[]);
    for one in &domain {
        check(&[*one]);
        for two in &domain {
            check(&[*one, *two]);
            for three in &domain {
                check(&[*one, *two, *three]);
            }
        }
    }
    assert!(states > 8_000_000, "{states}");
}

#[test]
fn the_reason_names_who_said_so() {
    let mut yes = Signal::new(SourceId("own"), SignalKind::Collected);
    yes.purposes.push((PURPOSE, Grant::Granted));
    let mut no = Signal::new(SourceId("other"), SignalKind::Observed);
    no.purposes.push((PURPOSE, Grant::Denied));
    assert_eq!(resolve(std::slice::from_ref(&yes), Regime::OPT_IN).because(PURPOSE), Because::Source(SourceId("own")));
    assert_eq!(resolve(&[yes, no], Regime::OPT_IN).because(PURPOSE), Because::Conflict);
    assert_eq!(resolve(&[], Regime::OPT_IN).because(PURPOSE), Because::NoChoice);
}

/// GPC and a choice made before or after it, in a tool of the shop's and with us, under both kinds of regime.
#[test]
fn an_objection_yields_only_to_a_later_choice_with_us_and_only_where_the_regime_says_so() {
    let mut objection = Signal::new(SourceId("gpc"), SignalKind::Objection);
    objection.purposes.push((PURPOSE, Grant::Denied));
    for (kind, binds, expected) in [
        ((SignalKind::Collected, true), false, Grant::Granted),
        ((SignalKind::Collected, true), true, Grant::Denied),
        ((SignalKind::Collected, false), false, Grant::Denied),
        ((SignalKind::Observed, false), false, Grant::Denied),
        ((SignalKind::Observed, true), false, Grant::Denied),
        ((SignalKind::Observed, false), true, Grant::Denied),
    ] {
        let (kind, knowing) = kind;
        let mut yes = Signal::new(SourceId("somebody"), kind);
        yes.knowing = knowing;
        yes.purposes.push((PURPOSE, Grant::Granted));
        let state = resolve(&[objection.clone(), yes], Regime { objection_binds: binds, ..Regime::OPT_IN });
        assert_eq!(state.grant(PURPOSE), expected, "{kind:?} {binds}");
        let counted = state.conflicts().iter().any(|conflict| conflict == Conflict::Objection);
        assert_eq!(counted, expected == Grant::Denied, "{kind:?} {binds}");
    }
}

/// A service by name has its because as a purpose does.
#[test]
fn a_services_reason_names_who_said_so() {
    let said = |source, grant| {
        let mut signal = Signal::new(SourceId(source), SignalKind::Observed);
        signal.services.push((SERVICE, grant));
        signal
    };
    let because = |signals: &[Signal], regime| resolve(signals, regime).because_of_service(SERVICE);
    let yes = said("klaro", Grant::Granted);
    assert_eq!(because(std::slice::from_ref(&yes), Regime::OPT_IN), Some(Because::Source(SourceId("klaro"))));
    assert_eq!(because(&[yes, said("tcf", Grant::Denied)], Regime::OPT_IN), Some(Because::Conflict));
    let mut own = Signal::new(SourceId("own"), SignalKind::Collected);
    own.services.push((SERVICE, Grant::Granted));
    let mut objection = Signal::new(SourceId("gpc"), SignalKind::Objection);
    objection.purposes.push((PURPOSE, Grant::Denied));
    let binding = Regime { objection_binds: true, ..Regime::OPT_IN };
    assert_eq!(because(&[own, objection], binding), Some(Because::Source(SourceId("gpc"))));
    assert_eq!(because(&[], Regime::OPT_IN), None);
}
