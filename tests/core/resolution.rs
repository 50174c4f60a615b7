//! Resolution against an independent model over every list of up to three signals.

use vestibule::consent::{Because, Grant, PurposeId, PurposeSet, Regime, Signal, SignalKind, SourceId, resolve};

const PURPOSE: PurposeId = PurposeId::MARKETING;

/// What a purpose resolves to, told from the rules and not from the code.
fn model(signals: &[Signal], regime: Regime) -> Grant {
    let said = |kind| {
        signals
            .iter()
            .filter(move |signal| signal.kind == kind)
            .flat_map(|signal| signal.purposes.iter().map(|(_, grant)| *grant))
            .filter(|grant| *grant != Grant::Undecided)
            .collect::<Vec<_>>()
    };
    let objected = said(SignalKind::Objection).contains(&Grant::Denied);
    let choices = said(SignalKind::Choice);
    if (regime.objection_binds && objected) || choices.contains(&Grant::Denied) {
        Grant::Denied
    } else if choices.contains(&Grant::Granted) {
        Grant::Granted
    } else if objected {
        Grant::Denied
    } else if regime.allowed_by_default.contains(PURPOSE) {
        Grant::Granted
    } else {
        Grant::Undecided
    }
}

#[test]
fn resolution_equals_the_model() {
    let mut one = Vec::new();
    for kind in [SignalKind::Choice, SignalKind::Objection] {
        for grant in [Grant::Granted, Grant::Denied, Grant::Undecided] {
            one.push(Signal { source: SourceId("a"), kind, purposes: vec![(PURPOSE, grant)], services: vec![] });
        }
    }
    let mut lists: Vec<Vec<Signal>> = vec![vec![]];
    for _ in 0..3 {
        let longer: Vec<Vec<Signal>> = lists
            .iter()
            .flat_map(|list| one.iter().map(move |next| [list.as_slice(), std::slice::from_ref(next)].concat()))
            .collect();
        lists.extend(longer);
    }
    for allowed in [PurposeSet::EMPTY, PurposeSet::EMPTY.with(PURPOSE)] {
        for objection_binds in [false, true] {
            let regime = Regime { allowed_by_default: allowed, objection_binds, ..Regime::OPT_IN };
            for list in &lists {
                let state = resolve(list, regime);
                assert_eq!(state.grant(PURPOSE), model(list, regime), "{list:?} {regime:?}");
                assert_eq!(state.grant(PurposeId::NECESSARY), Grant::Granted);
            }
        }
    }
}

#[test]
fn the_reason_names_who_said_so() {
    let yes = Signal {
        source: SourceId("own"),
        kind: SignalKind::Choice,
        purposes: vec![(PURPOSE, Grant::Granted)],
        services: vec![],
    };
    let no = Signal { source: SourceId("other"), purposes: vec![(PURPOSE, Grant::Denied)], ..yes.clone() };
    assert_eq!(resolve(std::slice::from_ref(&yes), Regime::OPT_IN).because(PURPOSE), Because::Source(SourceId("own")));
    assert_eq!(resolve(&[yes, no], Regime::OPT_IN).because(PURPOSE), Because::Conflict);
    assert_eq!(resolve(&[], Regime::OPT_IN).because(PURPOSE), Because::NoChoice);
}
