//! GPP strings: ids, sections, and the few fields that we look at.

use std::panic::catch_unwind;

use serde::Deserialize;
use vestibule::sources::gpp::{Gpp, OptOut, UsSection};
use vestibule::sources::tcf::TcString;
use vestibule::sources::us_privacy::{UsChoice, read_us_privacy_string};

#[derive(Debug, Deserialize)]
struct Said {
    text: String,
    sections: Vec<Section>,
}

#[derive(Debug, Deserialize)]
struct Section {
    id: u16,
    text: String,
    sale: Option<u8>,
    sharing: Option<u8>,
    targeted: Option<u8>,
    gpc: Option<bool>,
    us_privacy: Option<char>,
    purposes: Option<Vec<u8>>,
}

fn opt_out(number: u8) -> OptOut {
    match number {
        0 => OptOut::NotApplicable,
        1 => OptOut::OptedOut,
        2 => OptOut::NotOptedOut,
        _ => OptOut::Unreadable,
    }
}

/// What one section says, told from the reference's fields.
fn choice(section: &Section) -> UsChoice {
    let letter = |letter| match letter {
        'Y' => 1,
        'N' => 2,
        _ => 0,
    };
    let fields = [section.sale, section.sharing, section.targeted, section.us_privacy.map(letter)];
    let fields: Vec<u8> = fields.into_iter().flatten().collect();
    if section.gpc == Some(true) || fields.contains(&1) {
        UsChoice::OptedOut
    } else if !fields.is_empty() && fields.iter().all(|field| *field == 2) {
        UsChoice::NotOptedOut
    } else {
        UsChoice::Silent
    }
}

fn compare(said: &Said) {
    let string = Gpp::parse(said.text.as_bytes()).unwrap();
    let read: Vec<(u16, &[u8])> = string.sections().collect();
    let expected: Vec<(u16, &[u8])> =
        said.sections.iter().map(|section| (section.id, section.text.as_bytes())).collect();
    assert_eq!(read, expected);
    for section in &said.sections {
        let text = section.text.as_bytes();
        if let Some(read) = UsSection::read(section.id, text) {
            assert_eq!(read.sale, opt_out(section.sale.unwrap()));
            assert_eq!(read.sharing, section.sharing.map(opt_out));
            assert_eq!(read.targeted_advertising, section.targeted.map(opt_out));
            assert_eq!((read.gpc, read.sound), (section.gpc, true));
            assert_eq!(read.choice(), choice(section));
        } else {
            assert!(section.id < 7, "section {} is not known here", section.id);
        }
        if section.us_privacy.is_some() {
            assert_eq!(read_us_privacy_string(text), choice(section));
        }
        if let Some(purposes) = &section.purposes {
            assert_eq!(string.tcf_eu(), Some(text));
            let consents = TcString::parse(text).unwrap().purpose_consents();
            assert_eq!((1..=24).filter(|id| consents.contains(*id)).collect::<Vec<_>>(), *purposes);
        }
    }
    assert_eq!(string.tcf_eu().is_some(), said.sections.iter().any(|section| section.id == 2));
    assert_eq!(string.us_choice(), said.sections.iter().map(choice).max().unwrap_or_default());
}

#[test]
fn gpp_strings_read_as_the_reference_reads_them() {
    super::each_line("gpp", |line| {
        let said: Said = serde_json::from_str(line).unwrap();
        if catch_unwind(|| compare(&said)).is_err() {
            unreachable!("{line}");
        }
    });
}
