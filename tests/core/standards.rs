//! The standard signals (TC, GPP and US Privacy strings) as sources: recorded strings, and properties over all of them.
//!
//! `tests/data/consent/standards.json` holds what the reference packages wrote (`@iabtcf/core` 1.5.6, `@iabtechlabtcf/core`
//! 1.5.21, `@iabgpp/cmpapi` 3.2.0), what live sites sent (identifiers replaced), and malformed strings.

use http::{HeaderMap, HeaderValue, header::COOKIE};
use serde::Deserialize;
use vestibule::catalog::Catalog;
use vestibule::consent::{Grant, PurposeId, PurposeTable, Signal, SignalKind};
use vestibule::sources::gpp::Gpp;
use vestibule::sources::tcf::{IdSet, Part, TcString};
use vestibule::sources::us_privacy::read_us_privacy;
use vestibule::sources::{self, Heard, Key, KeyRing, RequestView, SourceUse};

/// 27 November 2026, after every date in the recorded strings.
const NOW: u64 = 1_795_737_600;

#[derive(Debug, Deserialize)]
struct Recorded {
    source: String,
    case: String,
    cookie: String,
    granted: Vec<String>,
    denied: Vec<String>,
    read: Option<Read>,
}

#[derive(Debug, Deserialize)]
struct Read {
    purposes: Vec<u8>,
    legitimate_interests: Vec<u8>,
    special_features: Vec<u8>,
    country: String,
    policy: u8,
    purpose_one_treatment: bool,
    vendors: usize,
    first_vendors: Vec<u16>,
    disclosed: usize,
    publisher: Vec<u8>,
}

fn recorded() -> Vec<Recorded> {
    serde_json::from_str(&std::fs::read_to_string("tests/data/consent/standards.json").unwrap()).unwrap()
}

impl Recorded {
    fn value(&self) -> &str {
        self.cookie.split_once('=').unwrap().1
    }
}

/// What the sources named say about these cookies.
fn heard_with(catalog: &Catalog, now: u64, used: &[&str], cookies: &str) -> Heard {
    let mut headers = HeaderMap::new();
    headers.insert(COOKIE, HeaderValue::from_bytes(cookies.as_bytes()).unwrap());
    let used: Vec<SourceUse> = used.iter().map(|name| SourceUse::named(name).unwrap()).collect();
    let view = RequestView {
        headers: &headers,
        secure: true,
        site: "shop.example",
        purposes: &PurposeTable::default(),
        catalog,
        keys: &KeyRing::new(Key::new([7; 32]), None),
        now,
        choice_lifetime: 180 * 24 * 60 * 60,
    };
    sources::hear(&used, &view)
}

fn heard_at(now: u64, used: &[&str], cookies: &str) -> Heard {
    heard_with(&Catalog::new(Vec::new()), now, used, cookies)
}

fn heard(used: &[&str], cookies: &str) -> Heard {
    heard_at(NOW, used, cookies)
}

/// What all signals say about a purpose, the strictest of them.
fn said(signals: &[Signal], purpose: PurposeId) -> Option<Grant> {
    let all = signals.iter().flat_map(|signal| &signal.purposes).filter(|(known, _)| *known == purpose);
    all.map(|(_, grant)| *grant).reduce(Grant::protective)
}

const PURPOSES: [(&str, PurposeId); 3] = [
    ("personalization", PurposeId::PERSONALIZATION),
    ("analytics", PurposeId::ANALYTICS),
    ("marketing", PurposeId::MARKETING),
];

#[test]
fn recorded_strings_say_what_is_expected() {
    let all = recorded();
    assert!(all.len() > 70);
    for one in &all {
        let heard = heard(&[&one.source], &one.cookie);
        for (name, purpose) in PURPOSES {
            let expected = if one.granted.iter().any(|granted| granted == name) {
                Some(Grant::Granted)
            } else if one.denied.iter().any(|denied| denied == name) {
                Some(Grant::Denied)
            } else {
                None
            };
            assert_eq!(said(&heard.signals, purpose), expected, "{} {}: {name}", one.source, one.case);
        }
        let says_nothing = one.granted.is_empty() && one.denied.is_empty();
        let not_applicable = one.value() == "1---";
        assert_eq!(heard.malformed.len(), usize::from(says_nothing && !not_applicable), "{} {}", one.source, one.case);
    }
}

#[test]
fn recorded_tc_strings_hold_what_the_reference_read() {
    let set = |ids: &[u8]| IdSet::of(ids);
    let mut compared = 0;
    for one in recorded() {
        let Some(read) = &one.read else { continue };
        let string = TcString::parse(one.value().as_bytes()).unwrap();
        assert_eq!(string.purpose_consents(), set(&read.purposes), "{}", one.case);
        assert_eq!(string.purpose_legitimate_interests(), set(&read.legitimate_interests), "{}", one.case);
        assert_eq!(string.special_features(), set(&read.special_features), "{}", one.case);
        assert_eq!(string.publisher_country().unwrap(), read.country.as_bytes(), "{}", one.case);
        assert_eq!(string.policy_version(), read.policy, "{}", one.case);
        assert_eq!(string.purpose_one_treatment(), read.purpose_one_treatment, "{}", one.case);
        let vendors: Vec<u16> = (0..2000).filter(|vendor| string.vendor_consent(*vendor) == Some(true)).collect();
        assert_eq!(vendors.len(), read.vendors, "{}", one.case);
        assert!(vendors.starts_with(&read.first_vendors), "{}", one.case);
        let disclosed = match string.disclosed_vendors() {
            Part::Present(list) => (0..=list.max()).filter(|vendor| list.contains(*vendor)).count(),
            Part::Absent | Part::Malformed => 0,
        };
        assert_eq!(disclosed, read.disclosed, "{}", one.case);
        if let Part::Present(publisher) = string.publisher_tc() {
            assert_eq!(publisher.consents, set(&read.publisher), "{}", one.case);
        }
        assert_eq!(string.restrictions().unwrap().iter().count(), 0, "{}", one.case);
        compared += 1;
    }
    assert!(compared > 30, "{compared}");
}

#[test]
fn a_tc_string_cut_anywhere_grants_no_more() {
    for one in recorded().iter().filter(|one| one.source == "tcf") {
        let value = one.value();
        // What is malformed by its end alone is none of this.
        let Ok(whole) = TcString::parse(value.as_bytes()).map(|string| string.purpose_consents()) else { continue };
        for cut in 0..value.len() {
            let Ok(string) = TcString::parse(&value.as_bytes()[..cut]) else { continue };
            assert!(whole.contains_all(string.purpose_consents()), "{} at {cut}", one.case);
            let heard = heard(&["tcf"], &format!("euconsent-v2={}", &value[..cut]));
            let mut granted =
                PURPOSES.iter().filter(|(_, purpose)| said(&heard.signals, *purpose) == Some(Grant::Granted));
            assert!(
                granted.all(|(name, _)| one.granted.iter().any(|granted| granted == name)),
                "{} at {cut}",
                one.case
            );
        }
    }
}

#[test]
fn a_changed_byte_changes_nothing_elsewhere() {
    // Characters 25 to 28 hold the purposes consented to: bits 152 to 175.
    let purposes = 25..=29;
    for one in recorded() {
        let mut text = one.value().as_bytes().to_vec();
        let whole = TcString::parse(one.value().as_bytes());
        for at in 0..text.len() {
            let sent = text[at];
            for byte in 0..=u8::MAX {
                text[at] = byte;
                let changed = TcString::parse(&text);
                if let (Ok(whole), Ok(changed)) = (&whole, &changed)
                    && !purposes.contains(&at)
                {
                    assert_eq!(changed.purpose_consents(), whole.purpose_consents(), "{} at {at}", one.case);
                }
                if let Ok(string) = Gpp::parse(&text) {
                    let _ = (string.us_choice(), string.tcf_eu());
                }
                let _ = read_us_privacy(&text);
            }
            text[at] = sent;
        }
    }
}

/// All purposes granted, last updated on 17 November 2026; and the same with none.
const YES: &str = "CQuFeUAQuFeUAAfACBENCWFgAP_gAAAAAAqIAAAAAAAA.YAAAAAAAAAAA";
const NO: &str = "CQuFeUAQuFeUAAfACBENCWFgAAAAAAAAAAqIAAAAAAAA.YAAAAAAAAAAA";
/// Purposes 1, 2, 3 and 4, of the same day.
const ADS: &str = "CQuFeUAQuFeUAAfACBENCWFgAPAAAAAAAAqIAAAAAAAA.IAAA.YAAAAAAAAAAA";
/// All of them, two years older.
const OLD: &str = "CQEXy8AQEXy8AAHABBENBFFoAP_AAAAAAAAAF5wBQAIAAtABkAFsBeYAAABSUAGAAIKalIAMAAQU1IQAYAAgpqOgAwABBTUJABgACCmo.f_gAAAAAAAAA";

#[test]
fn consent_bits_prove_a_choice_and_none_is_a_default() {
    let yes = heard(&["tcf"], &format!("euconsent-v2={YES}"));
    let updated = TcString::parse(YES.as_bytes()).unwrap().last_updated();
    assert_eq!(
        (yes.signals[0].kind, yes.signals[0].at),
        (SignalKind::Observed, Some(updated - 86_400)),
        "dated by the day"
    );
    let no = heard(&["tcf"], &format!("eupubconsent-v2={NO}"));
    assert_eq!((no.signals[0].kind, no.signals[0].at), (SignalKind::Default, None));
    assert!(no.signals[0].purposes.iter().all(|(_, grant)| *grant == Grant::Denied));
    assert!(heard(&["tcf"], "euconsent=x; euconsent-v3=y").signals.is_empty());
}

#[test]
fn dates_in_the_future_are_malformed() {
    let updated = TcString::parse(YES.as_bytes()).unwrap().last_updated();
    let day = 24 * 60 * 60;
    for (now, malformed) in [(updated - day, 0), (updated - day - 1, 1), (0, 1)] {
        let heard = heard_at(now, &["tcf"], &format!("euconsent-v2={YES}"));
        assert_eq!((heard.malformed.len(), heard.signals.len()), (malformed, 1 - malformed), "{now}");
        assert!(heard.malformed.iter().all(|(_, why)| *why == "dated in the future"));
    }
    let heard = heard_at(0, &["gpp"], &format!("__gpp=DBABMA~{YES}"));
    assert_eq!((heard.malformed.len(), heard.signals.len()), (1, 0));
}

#[test]
fn of_several_tc_strings_the_newest_counts_and_then_the_strictest() {
    use Grant::{Denied, Granted};
    let all = |cookies: &str| {
        let heard = heard(&["tcf"], cookies);
        PURPOSES.map(|(_, purpose)| said(&heard.signals, purpose).unwrap())
    };
    assert_eq!(all(&format!("euconsent-v2={YES}; euconsent-v2={YES}")), [Granted; 3]);
    assert_eq!(all(&format!("euconsent-v2={YES}; eupubconsent-v2={ADS}")), [Denied, Denied, Granted]);
    assert_eq!(all(&format!("eupubconsent-v2={ADS}; euconsent-v2={YES}")), [Denied, Denied, Granted]);
    assert_eq!(all(&format!("euconsent-v2={OLD}; eupubconsent-v2={ADS}")), [Denied, Denied, Granted]);
    assert_eq!(all(&format!("euconsent-v2={NO}; euconsent-v2={OLD}")), [Denied; 3]);
    assert_eq!(all(&format!("euconsent-v2={NO}; euconsent-v2={YES}")), [Denied; 3]);
}

#[test]
fn a_broken_copy_leaves_only_refusals() {
    let all = heard(&["tcf"], &format!("euconsent-v2={YES}; eupubconsent-v2={YES}=="));
    assert_eq!(all.malformed.len(), 1);
    assert!(all.signals.iter().all(|signal| signal.purposes.is_empty()));
    let ads = heard(&["tcf"], &format!("euconsent-v2=B; euconsent-v2={ADS}"));
    assert_eq!(said(&ads.signals, PurposeId::ANALYTICS), Some(Grant::Denied));
    assert_eq!(said(&ads.signals, PurposeId::MARKETING), None);
    let many: Vec<String> = (0..20).map(|at| format!("euconsent-v2={YES}{}", "A".repeat(at))).collect();
    let many = heard(&["tcf"], &many.join("; "));
    assert_eq!(many.malformed, [(many.malformed[0].0, "too many copies")]);
    let us = heard(&["usprivacy"], "usprivacy=1YNN; usprivacy=1Y");
    assert_eq!((us.signals.len(), us.malformed.len()), (0, 1), "no permission beside what cannot be read");
    let us = heard(&["usprivacy"], "usprivacy=1YYN; us_privacy=1Y");
    assert_eq!((us.signals[0].kind, us.malformed.len()), (SignalKind::Objection, 1), "a refusal stands");
    let gpp = heard(&["gpp"], "__gpp=DBABLA~CVQqAAAAAACA.QA; gpp=DBABLA");
    assert_eq!((gpp.signals.len(), gpp.malformed.len()), (0, 1));
}

#[test]
fn us_opt_outs_object_and_the_rest_is_a_default() {
    let only = |source: &str, cookies: &str| {
        let heard = heard(&[source], cookies);
        assert!(heard.signals.len() < 2);
        heard.signals.first().map(|signal| (signal.kind, signal.purposes.clone()))
    };
    let objection = Some((SignalKind::Objection, vec![(PurposeId::MARKETING, Grant::Denied)]));
    let default = Some((SignalKind::Default, vec![(PurposeId::MARKETING, Grant::Granted)]));
    let unclear = Some((SignalKind::Default, vec![(PurposeId::MARKETING, Grant::Undecided)]));
    assert_eq!(only("usprivacy", "us_privacy=1YYN"), objection);
    assert_eq!(only("usprivacy", "usprivacy=1YNN; us_privacy=1YYN"), objection);
    assert_eq!(only("usprivacy", "usprivacy=1YNN"), default);
    assert_eq!(only("usprivacy", "usprivacy=1---"), None);
    assert_eq!(only("usprivacy", r#"usprivacy={"uspString":"1YY-","optOutDate":null}"#), objection);
    assert_eq!(only("usprivacy", "usprivacy=%7B%22uspString%22%3A%221YN-%22%7D"), default);
    assert_eq!(only("gpp", "OTGPPConsent=DBABBg~BUUAAAGA.YA"), objection);
    assert_eq!(only("gpp", "gpp=DBABLA%7ECVQqAAAAAACA.QA"), default);
    assert_eq!(only("gpp", "gpp=DBABLA~CVQqAAAAAACA.YA"), objection, "Global Privacy Control");
    assert_eq!(only("gpp", "gpp=DBABLA~DVQqAAAAAACA.QA"), unclear, "a version that is still to come");
}

#[test]
fn of_several_gpp_sections_the_strictest_wins() {
    let heard = heard(&["gpp"], &format!("__gpp=DBACPeA~{YES}~1YNN~CVQVAAAAAACA.QA"));
    assert_eq!(heard.signals.len(), 2);
    assert_eq!(said(&heard.signals, PurposeId::MARKETING), Some(Grant::Denied));
    assert_eq!(said(&heard.signals, PurposeId::ANALYTICS), Some(Grant::Granted));
}

#[test]
fn vendors_that_were_refused_are_refused_by_name() {
    let catalog = Catalog::new(vestibule::config::builtin_services());
    let services = catalog.iab_vendors();
    assert!(services.len() > 10);
    let refused = |cookie: &str| {
        let heard = heard_with(&catalog, NOW, &["tcf", "gpp"], cookie);
        let mut refused: Vec<u16> = Vec::new();
        for (id, grant) in heard.signals.iter().flat_map(|signal| &signal.services) {
            assert_eq!(*grant, Grant::Denied);
            refused.push(services.iter().find(|(_, known)| known == id).unwrap().0);
        }
        refused.sort_unstable();
        refused
    };
    let others = |allowed: &[u16]| -> Vec<u16> {
        services.iter().map(|(vendor, _)| *vendor).filter(|vendor| !allowed.contains(vendor)).collect()
    };
    // Purposes 1, 3 and 4, and vendor 755, who was disclosed.
    let core = "CQuFeUAQuFeUAAfACBENCWFgALAAAELAAAqIF5wAQF5gAAAA";
    let disclosed = "IF5wAQF5g";
    assert_eq!(refused(&format!("euconsent-v2={core}.{disclosed}")), others(&[755]));
    assert_eq!(refused(&format!("__gpp=DBABMA~{core}.{disclosed}")), others(&[755]));
    // Of this date, nobody was disclosed.
    assert_eq!(refused(&format!("euconsent-v2={core}")), others(&[]));
    assert_eq!(refused(&format!("euconsent-v2={core}.IAAA")), others(&[]));
    // Without a choice there is nothing to name.
    assert_eq!(refused(&format!("euconsent-v2={NO}")), [0; 0]);
}
