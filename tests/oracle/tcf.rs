//! TC strings, field by field.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::panic::catch_unwind;

use serde::Deserialize;
use vestibule::sources::tcf::{IdSet, Part, PublisherTc, Restriction, TcError, TcString, VendorList};

/// Ids as ranges, in order.
type Ranges = Vec<(u16, u16)>;

#[derive(Debug, Deserialize)]
struct Said {
    text: String,
    created: u64,
    last_updated: u64,
    cmp_id: u16,
    cmp_version: u16,
    consent_screen: u8,
    consent_language: String,
    vendor_list_version: u16,
    policy_version: u8,
    service_specific: bool,
    non_standard_texts: bool,
    special_features: Ranges,
    purpose_consents: Ranges,
    purpose_legitimate_interests: Ranges,
    purpose_one_treatment: bool,
    publisher_country: String,
    vendor_consents: Ranges,
    vendor_legitimate_interests: Ranges,
    restrictions: Vec<(u8, u8, Ranges)>,
    disclosed: Option<Ranges>,
    publisher: Option<SaidPublisher>,
    questions: Vec<(u16, Vec<u8>, bool)>,
}

#[derive(Debug, Deserialize)]
struct SaidPublisher {
    consents: Ranges,
    legitimate_interests: Ranges,
    custom_purposes: u8,
    custom_consents: Ranges,
    custom_legitimate_interests: Ranges,
}

impl Said {
    /// Whether there is a range that ends at the highest number there is, which the other crate loses.
    fn reaches_the_highest_vendor(&self) -> bool {
        let lists = [Some(&self.vendor_consents), Some(&self.vendor_legitimate_interests), self.disclosed.as_ref()];
        lists.into_iter().flatten().any(|list| list.last().is_some_and(|(_, last)| *last == u16::MAX))
    }
}

fn ids(ranges: &Ranges) -> impl Iterator<Item = u16> {
    ranges.iter().flat_map(|(first, last)| *first..=*last)
}

fn set(ranges: &Ranges) -> IdSet {
    IdSet::of(&ids(ranges).map(|id| u8::try_from(id).unwrap()).collect::<Vec<_>>())
}

/// Asks for every vendor that either side speaks about, and some more.
fn same_vendors(list: VendorList<'_>, expected: &Ranges, what: &str) {
    let last = expected.last().map_or(0, |(_, last)| *last).max(list.max()).saturating_add(2);
    let mut rest = expected.iter().copied().peekable();
    for vendor in 0..=last {
        while rest.next_if(|(_, end)| *end < vendor).is_some() {}
        let wanted = rest.peek().is_some_and(|(first, _)| *first <= vendor);
        assert_eq!(list.contains(vendor), wanted, "{what}, vendor {vendor}");
    }
}

fn same_restrictions(string: &TcString<'_>, said: &Said) {
    let mut ours: BTreeMap<(u8, Restriction), Vec<RangeInclusive<u16>>> = BTreeMap::new();
    for range in string.restrictions().unwrap().iter() {
        ours.entry((range.purpose, range.restriction)).or_default().push(range.first..=range.last);
    }
    let kind = |number| match number {
        0 => Restriction::NotAllowed,
        1 => Restriction::RequireConsent,
        2 => Restriction::RequireLegitimateInterest,
        _ => Restriction::Undefined,
    };
    let flat = |ranges: &Vec<RangeInclusive<u16>>| {
        let mut flat: Vec<u16> = ranges.iter().cloned().flatten().collect();
        flat.sort_unstable();
        flat.dedup();
        flat
    };
    let ours: BTreeMap<_, _> = ours.iter().map(|(key, ranges)| (*key, flat(ranges))).collect();
    let theirs: BTreeMap<_, _> = said
        .restrictions
        .iter()
        .map(|(purpose, number, vendors)| ((*purpose, kind(*number)), ids(vendors).collect::<Vec<_>>()))
        .filter(|(_, vendors)| !vendors.is_empty())
        .collect();
    assert_eq!(ours, theirs, "restrictions");
    // The strictest one for the vendors at the ends, told from the lists.
    for (_, _, vendors) in &said.restrictions {
        for vendor in vendors.iter().take(4).flat_map(|(first, last)| [first.saturating_sub(1), *first, *last]) {
            for purpose in 1..=11 {
                let strictest = theirs
                    .iter()
                    .filter(|((restricted, _), vendors)| *restricted == purpose && vendors.contains(&vendor))
                    .map(|((_, restriction), _)| *restriction)
                    .max();
                let wanted = Some(strictest.unwrap_or(Restriction::Unrestricted));
                assert_eq!(string.restriction(purpose, vendor), wanted, "purpose {purpose}, vendor {vendor}");
            }
        }
    }
}

fn compare(said: &Said) {
    let parsed = TcString::parse(said.text.as_bytes());
    if !said.service_specific {
        assert_eq!(parsed, Err(TcError::GlobalScope));
        return;
    }
    let string = parsed.unwrap();
    assert_eq!((string.created(), string.last_updated()), (said.created, said.last_updated));
    assert_eq!((string.cmp_id(), string.cmp_version()), (said.cmp_id, said.cmp_version));
    assert_eq!((string.consent_screen(), string.policy_version()), (said.consent_screen, said.policy_version));
    assert_eq!(string.vendor_list_version(), said.vendor_list_version);
    let letters = |text: &String| <[u8; 2]>::try_from(text.as_bytes()).ok();
    assert_eq!(string.consent_language(), letters(&said.consent_language));
    assert_eq!(string.publisher_country(), letters(&said.publisher_country));
    assert!(string.is_service_specific());
    assert_eq!(string.non_standard_texts(), said.non_standard_texts);
    assert_eq!(string.purpose_one_treatment(), said.purpose_one_treatment);
    assert_eq!(string.special_features(), set(&said.special_features));
    assert_eq!(string.purpose_consents(), set(&said.purpose_consents));
    assert_eq!(string.purpose_legitimate_interests(), set(&said.purpose_legitimate_interests));
    same_vendors(string.vendor_consents().unwrap(), &said.vendor_consents, "consents");
    let interests = string.vendor_legitimate_interests().unwrap();
    same_vendors(interests, &said.vendor_legitimate_interests, "legitimate interests");
    same_restrictions(&string, said);
    match (string.disclosed_vendors(), &said.disclosed) {
        (Part::Absent, None) => {}
        (Part::Present(list), Some(expected)) => same_vendors(list, expected, "disclosed"),
        other => unreachable!("disclosed vendors: {other:?}"),
    }
    let publisher = said.publisher.as_ref().map_or(Part::Absent, |said| {
        Part::Present(PublisherTc {
            consents: set(&said.consents),
            legitimate_interests: set(&said.legitimate_interests),
            custom_purposes: said.custom_purposes,
            custom_consents: set(&said.custom_consents),
            custom_legitimate_interests: set(&said.custom_legitimate_interests),
        })
    });
    assert_eq!(string.publisher_tc(), publisher);
    let mut questions: Vec<_> = said.questions.iter().collect();
    questions.sort_by_key(|(vendor, _, _)| *vendor);
    let (vendors, needed): (Vec<u16>, Vec<IdSet>) =
        questions.iter().map(|(vendor, needed, _)| (*vendor, IdSet::of(needed))).unzip();
    let allowed: Vec<bool> = questions.iter().map(|(_, _, allowed)| *allowed).collect();
    assert_eq!(string.vendors_allowed(&vendors, &needed), allowed, "{questions:?}");
    for (vendor, needed, allowed) in &said.questions {
        assert_eq!(string.vendor_allowed(*vendor, IdSet::of(needed)), *allowed, "vendor {vendor} for {needed:?}");
    }
}

/// Whether the other crate reads what the reference reads. `None` when it reads nothing at all. It takes segments of whole
/// bytes only, which is what the reference's encoder writes.
fn other_crate_agrees(said: &Said) -> Option<bool> {
    let read = catch_unwind(|| lib_tcstring::TcModelV2::try_from(said.text.as_str())).ok()?.ok()?;
    let purposes = |ranges: &Ranges| ids(ranges).map(|id| u8::try_from(id).unwrap()).collect::<Vec<_>>();
    let vendors = |list: &Vec<u16>| {
        let mut list = list.clone();
        list.sort_unstable();
        list.dedup();
        list
    };
    let disclosed = said.disclosed.as_ref().map_or_else(Vec::new, |list| ids(list).collect());
    Some(
        read.purposes_consent == purposes(&said.purpose_consents)
            && read.purposes_li_transparency == purposes(&said.purpose_legitimate_interests)
            && read.special_feature_opt_ins == purposes(&said.special_features)
            && read.is_service_specific == said.service_specific
            && read.cmp_id == said.cmp_id
            && read.updated_at / 1000 == said.last_updated
            && vendors(&read.vendors_consent) == ids(&said.vendor_consents).collect::<Vec<_>>()
            && vendors(&read.vendors_li_consent) == ids(&said.vendor_legitimate_interests).collect::<Vec<_>>()
            && vendors(&read.disclosed_vendors) == disclosed,
    )
}

#[test]
fn tc_strings_read_as_the_reference_reads_them() {
    let (mut asked, mut silent, mut different) = (0_u64, 0_u64, 0_u64);
    super::each_line("tcf", |line| {
        let said: Said = serde_json::from_str(line).unwrap();
        if catch_unwind(|| compare(&said)).is_err() {
            unreachable!("{line}");
        }
        if said.text.split('.').any(|segment| segment.len() % 4 != 0) || said.reaches_the_highest_vendor() {
            return;
        }
        asked += 1;
        match other_crate_agrees(&said) {
            Some(true) => {}
            Some(false) => different += 1,
            None => silent += 1,
        }
    });
    println!(
        "tcf: of {asked} strings lib_tcstring reads {different} otherwise than the reference, {silent} not at all"
    );
    assert_eq!((different, silent), (0, 0));
}

#[test]
fn a_range_up_to_the_highest_vendor_is_whole() {
    // By the reference's encoder: vendors 1 and 65 530 to 65 535. The other crate counts past the end.
    let text = "CP1R2oAP1R2oAAFAAAENAKCgAAAAAAAAAAAH__wAgAA__6__8AAAAAAA";
    let list = TcString::parse(text.as_bytes()).unwrap().vendor_consents().unwrap();
    same_vendors(list, &vec![(1, 1), (65_530, 65_535)], "consents");
    assert_eq!(lib_tcstring::TcModelV2::try_from(text).unwrap().vendors_consent, [1]);
}
