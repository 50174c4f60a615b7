use crate::sources::bits::work::reads;

use super::{IdSet, Part, Restriction, TcError, TcString};

/// Bits as they are written down, to make strings that no encoder makes.
#[derive(Clone, Default)]
struct Writer(Vec<bool>);

impl Writer {
    fn put(mut self, value: u64, width: u32) -> Self {
        self.0.extend((0..width).rev().map(|bit| value.checked_shr(bit).unwrap_or(0) & 1 == 1));
        self
    }

    fn text(&self) -> String {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let sextet =
            |bits: &[bool]| bits.iter().chain(&[false; 5]).take(6).fold(0, |sum, bit| sum << 1 | usize::from(*bit));
        self.0.chunks(6).map(|bits| char::from(alphabet[sextet(bits)])).collect()
    }

    /// The fixed part, with purposes 1, 3 and 4 consented to, last updated then (seconds).
    fn core(updated: u64) -> Self {
        Self::default()
            .put(2, 6)
            .put(updated * 10, 36)
            .put(updated * 10, 36)
            .put(31, 12)
            .put(1, 12)
            .put(0, 6)
            .put(0, 12)
            .put(150, 12)
            .put(5, 6)
            .put(0b10, 2)
            .put(0, 12)
            .put(0b1011 << 20, 24)
            .put(0b0100_0010 << 16, 24)
            .put(0, 1)
            .put(0b0001_0101_0001, 12)
    }

    fn ranges(self, ranges: &[(u64, u64)]) -> Self {
        ranges.iter().fold(self.put(ranges.len() as u64, 12), |out, (first, last)| {
            if first == last { out.put(0, 1).put(*first, 16) } else { out.put(1, 1).put(*first, 16).put(*last, 16) }
        })
    }

    fn vendors(self, max: u64, ranges: &[(u64, u64)]) -> Self {
        self.put(max, 16).put(1, 1).ranges(ranges)
    }

    fn restriction(self, purpose: u64, kind: u64, ranges: &[(u64, u64)]) -> Self {
        self.put(purpose, 6).put(kind, 2).ranges(ranges)
    }
}

const BEFORE: u64 = 1_772_236_799;
const AFTER: u64 = 1_772_236_800;
const MARKETING: IdSet = IdSet::of(&[1, 3, 4]);

/// Vendors 10 to 20 and 30 consented to, no legitimate interest, no restriction.
fn whole(updated: u64) -> Writer {
    Writer::core(updated).vendors(30, &[(10, 20), (30, 30)]).put(0, 17).put(0, 12)
}

fn read(text: &str) -> TcString<'_> {
    TcString::parse(text.as_bytes()).unwrap()
}

#[test]
fn fixed_fields_are_where_they_belong() {
    let text = "CQuFeUAQuFeUAAfACBENCWFwAMIAAAAAAAAqIAAAAAAAA";
    let text = text.replace("AAAqI", "AAqI");
    let string = read(&text);
    assert_eq!(string.created(), string.last_updated());
    assert_eq!(string.last_updated() % 86_400, 0);
    assert_eq!((string.cmp_id(), string.cmp_version(), string.consent_screen()), (31, 2, 1));
    assert_eq!((string.consent_language(), string.publisher_country()), (Some(*b"EN"), Some(*b"FR")));
    assert_eq!((string.vendor_list_version(), string.policy_version()), (150, 5));
    assert!(string.is_service_specific() && string.non_standard_texts() && !string.purpose_one_treatment());
    assert_eq!(string.purpose_consents(), IdSet::of(&[1, 2, 7]));
    assert!(string.special_features().is_empty() && string.purpose_legitimate_interests().is_empty());
}

#[test]
fn worthless_strings_say_why() {
    let error = |text: &str| TcString::parse(text.as_bytes()).unwrap_err();
    let sound = whole(BEFORE).text();
    assert_eq!(error("BOEFEAyOEFEAyAHABDENAI4AAAB9vABAASA"), TcError::FirstVersion);
    assert_eq!(error("D"), TcError::UnknownVersion);
    assert_eq!(error(""), TcError::Truncated);
    assert_eq!(error("CQuFeUAQCFeUAAfACBENCWF7AMAAAAAAAAqI"), TcError::Truncated);
    for broken in ["=", "+", "/", "%3D", " ", "\u{e9}", "\0"] {
        assert_eq!(error(&format!("{sound}{broken}")), TcError::Alphabet, "{broken}");
        assert_eq!(error(&format!("{sound}.IAAA{broken}")), TcError::Alphabet, "{broken}");
    }
    assert_eq!(error(&format!("{sound}.")), TcError::EmptySegment);
    assert_eq!(error(&format!("{sound}..IAAA")), TcError::EmptySegment);
    assert_eq!(error(&format!("{sound}.{sound}")), TcError::SecondCore);
    assert_eq!(error(&format!("{sound}.IAAA.YAAA.QAAA.gAAA")), TcError::TooManySegments);
    assert_eq!(error(&"A".repeat(8 * 1024 + 1)), TcError::TooLong);
    let mut global = Writer::core(BEFORE).put(0, 46);
    global.0[138] = false;
    assert_eq!(error(&global.text()), TcError::GlobalScope);
    assert_eq!(TcError::GlobalScope.as_str(), "global scope");
}

#[test]
fn what_breaks_later_leaves_the_purposes() {
    let sound = whole(BEFORE);
    let lists = 213 + 17 + 12 + 33 + 17;
    for length in (259..sound.0.len()).step_by(6) {
        let length = length / 6 * 6;
        let text = Writer(sound.0[..length].to_vec()).text();
        let Ok(string) = TcString::parse(text.as_bytes()) else {
            assert!(length < 259);
            continue;
        };
        assert_eq!(string.purpose_consents(), MARKETING);
        assert_eq!(string.vendor_consent(15), (length >= lists).then_some(true), "{length}");
        assert!(!string.vendor_allowed(15, MARKETING), "{length}: restrictions are unknown");
    }
    assert!(read(&sound.text()).vendor_allowed(15, MARKETING));
}

#[test]
fn lists_that_contradict_themselves_are_unknown() {
    for ranges in [[(10, 31), (1, 1)], [(0, 5), (1, 1)], [(9, 8), (1, 1)], [(1, 1), (31, 31)], [(0, 0), (1, 1)]] {
        let text = Writer::core(BEFORE).vendors(30, &ranges).put(0, 17).put(0, 12).text();
        let string = read(&text);
        assert_eq!((string.vendor_consents(), string.vendor_consent(1)), (None, None), "{ranges:?}");
        assert_eq!((string.vendor_legitimate_interests(), string.restrictions()), (None, None));
        assert_eq!(string.purpose_consents(), MARKETING);
        assert!(!string.vendor_allowed(1, MARKETING));
    }
    // Out of order, overlapping and twice is nobody's problem.
    let text = Writer::core(BEFORE).vendors(30, &[(20, 30), (1, 25), (1, 25), (2, 2)]).put(0, 29).text();
    assert_eq!([1, 25, 30, 31].map(|vendor| read(&text).vendor_consent(vendor)), [true, true, true, false].map(Some));
    assert_eq!(read(&text).vendor_consent(0), Some(false));
    // A field of bits that claims more vendors than there are bits.
    let text = Writer::core(BEFORE).put(0xffff, 16).put(0, 1).put(0xffff, 16).put(0, 13).text();
    assert_eq!(read(&text).vendor_consent(1), None);
}

#[test]
fn segments_come_in_any_order_but_once() {
    let core = whole(BEFORE).text();
    let disclosed = Writer::default().put(1, 3).vendors(40, &[(15, 40)]).text();
    let publisher =
        Writer::default().put(3, 3).put(1 << 23, 24).put(1 << 22, 24).put(63, 6).put(1 << 62, 63).put(1, 63).text();
    let allowed = "QAAA";
    for text in [
        format!("{core}.{disclosed}.{publisher}"),
        format!("{core}.{publisher}.{disclosed}"),
        format!("{core}.{allowed}.{publisher}.{disclosed}"),
        format!("{core}.____.{publisher}.{disclosed}"),
    ] {
        let string = read(&text);
        assert!(string.has_disclosed_vendors());
        assert_eq!([14, 15, 40].map(|vendor| string.vendor_disclosed(vendor)), [false, true, true].map(Some));
        assert!(string.vendor_allowed(15, MARKETING) && !string.vendor_allowed(14, MARKETING));
        let Part::Present(publisher) = string.publisher_tc() else { panic!("{text}") };
        assert_eq!((publisher.consents, publisher.legitimate_interests), (IdSet::of(&[1]), IdSet::of(&[2])));
        assert_eq!((publisher.custom_purposes, publisher.custom_consents), (63, IdSet::of(&[1])));
        assert_eq!(publisher.custom_legitimate_interests, IdSet::of(&[63]));
    }
    let text = format!("{core}.{disclosed}.{publisher}.{disclosed}");
    assert_eq!((read(&text).disclosed_vendors(), read(&text).vendor_disclosed(15)), (Part::Malformed, None));
    assert!(read(&text).has_disclosed_vendors() && !read(&text).vendor_allowed(15, MARKETING));
    assert!(matches!(read(&text).publisher_tc(), Part::Present(_)));
    let text = format!("{core}.{publisher}.{publisher}");
    assert_eq!(read(&text).publisher_tc(), Part::Malformed);
    assert!(read(&text).vendor_allowed(15, MARKETING));
    for cut in 1..disclosed.len() {
        let text = format!("{core}.{}", disclosed.get(..cut).unwrap());
        assert_eq!(read(&text).disclosed_vendors(), Part::Malformed, "{cut}");
    }
    let text = format!("{core}.{}", publisher.get(..publisher.len() - 1).unwrap());
    assert_eq!(read(&text).publisher_tc(), Part::Malformed);
}

#[test]
fn since_2_3_undisclosed_is_refused() {
    let old = whole(BEFORE).text();
    assert_eq!((read(&old).disclosure_mandatory(), read(&old).vendor_disclosed(15)), (false, None));
    assert!(read(&old).vendor_allowed(15, MARKETING));
    let new = whole(AFTER).text();
    assert_eq!((read(&new).disclosure_mandatory(), read(&new).vendor_disclosed(15)), (true, Some(false)));
    assert!(!read(&new).vendor_allowed(15, MARKETING));
    for core in [&old, &new] {
        let empty = format!("{core}.IAAA");
        assert!(!read(&empty).vendor_allowed(15, MARKETING), "the segment is there and names nobody");
        let told = format!("{core}.{}", Writer::default().put(1, 3).put(15, 16).put(0, 1).put(1, 15).text());
        assert!(read(&told).vendor_allowed(15, MARKETING));
    }
}

#[test]
fn restrictions_take_consent_away() {
    let text = Writer::core(BEFORE)
        .vendors(30, &[(10, 20), (30, 30)])
        .put(0, 17)
        .put(7, 12)
        .restriction(3, 0, &[(10, 10)])
        .restriction(3, 1, &[(10, 12)])
        .restriction(4, 2, &[(1, 3), (13, 13)])
        .restriction(4, 3, &[(14, 14)])
        .restriction(2, 0, &[(1, 65_535)])
        .restriction(4, 1, &[])
        .restriction(60, 0, &[(1, 65_535)])
        .text();
    let string = read(&text);
    assert_eq!(string.restriction(3, 10), Some(Restriction::NotAllowed), "the strictest of two");
    assert_eq!(string.restriction(3, 12), Some(Restriction::RequireConsent));
    assert_eq!(string.restriction(4, 13), Some(Restriction::RequireLegitimateInterest));
    assert_eq!(string.restriction(4, 14), Some(Restriction::Undefined));
    assert_eq!(string.restriction(1, 13), Some(Restriction::Unrestricted));
    assert_eq!(string.restrictions().unwrap().iter().count(), 7);
    let vendors = [0, 10, 11, 12, 13, 14, 15, 15, 30, 31];
    let allowed = [false, false, true, true, false, false, true, true, true, false];
    assert_eq!(vendors.map(|vendor| string.vendor_allowed(vendor, MARKETING)), allowed);
    assert_eq!(string.vendors_allowed(&vendors, &[MARKETING; 10]), allowed);
    assert_eq!(string.vendors_allowed(&vendors, &[IdSet::EMPTY; 10]), [false; 10]);
    assert_eq!(string.vendors_allowed(&[], &[]), [false; 0]);
    assert!(!string.vendor_allowed(15, IdSet::of(&[1, 2])), "purpose 2 was not consented to");
    assert!(string.vendor_allowed(13, IdSet::of(&[1, 3])), "restricted for another purpose");
    assert!(!string.vendor_allowed(15, IdSet::EMPTY));
}

#[test]
fn legitimate_interest_is_never_enough() {
    let text = Writer::core(BEFORE).vendors(0, &[]).vendors(30, &[(1, 30)]).put(0, 12).text();
    let string = read(&text);
    assert_eq!(string.purpose_legitimate_interests(), IdSet::of(&[2, 7]));
    assert!(string.vendor_legitimate_interests().unwrap().contains(15));
    assert!(!string.vendor_allowed(15, IdSet::of(&[2, 7])) && !string.vendor_allowed(15, MARKETING));
}

/// Strings of the greatest length, each of another kind of work.
fn hostile() -> Vec<(&'static str, String)> {
    let long = |writer: Writer| {
        let mut text = writer.text();
        text.truncate(8192);
        text + &"A".repeat(8192_usize.saturating_sub(writer.0.len().div_ceil(6)))
    };
    let single = [(65_535, 65_535)].repeat(2800);
    let full = [(1, 65_535)].repeat(1400);
    let restricted = |ranges: &[(u64, u64)], groups: u64| {
        let core = Writer::core(BEFORE).vendors(30, &[(10, 20)]).put(0, 17).put(groups, 12);
        (0..groups).fold(core, |core, _| core.restriction(3, 1, ranges))
    };
    vec![
        ("singles", long(Writer::core(BEFORE).vendors(65_535, &single).put(0, 29))),
        ("full ranges", long(Writer::core(BEFORE).vendors(65_535, &full).put(0, 29))),
        ("restrictions without ranges", long(restricted(&[], 2400))),
        ("restrictions of one", long(restricted(&[(7, 7)], 1300))),
        ("one restriction of many", long(restricted(&single[..2700], 1))),
        ("more ranges than there is text", long(Writer::core(BEFORE).put(65_535, 16).put(1, 1).put(4095, 12))),
        ("segments", {
            let segment = Writer::default().put(1, 3).vendors(65_535, &single[..900]).text();
            format!("{}.{segment}.{segment}.{segment}", whole(BEFORE).text())
        }),
    ]
}

#[test]
fn work_follows_the_length_of_the_text() {
    for (kind, text) in hostile() {
        assert!(text.len() > 7000 && text.len() <= 8192, "{kind}: {}", text.len());
        let string = read(&text);
        let parsing = reads(|| assert!(TcString::parse(text.as_bytes()).is_ok()));
        let asking = reads(|| {
            let _ = string.vendor_allowed(9, MARKETING);
        });
        let many: Vec<u16> = (1..=500).collect();
        let all = reads(|| assert_eq!(string.vendors_allowed(&many, &[MARKETING; 500]).len(), 500));
        assert!(all <= text.len(), "{kind}: {all} reads for 500 vendors");
        assert!(parsing <= text.len() && asking <= text.len(), "{kind}: {parsing} and {asking} reads");
    }
}
