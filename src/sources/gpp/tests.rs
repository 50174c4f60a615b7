use crate::sources::bits::work::reads;

use super::us::{OptOut, UsSection};
use super::{Gpp, GppError, UsChoice};

fn ids(text: &str) -> Vec<u16> {
    Gpp::parse(text.as_bytes()).unwrap().sections().map(|(id, _)| id).collect()
}

/// Text of the given bits, padded with zeros to a whole character.
fn text(bits: &str) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits: Vec<u8> = bits.bytes().filter(|bit| *bit != b' ').collect();
    let sextet = |bits: &[u8]| bits.iter().fold(0, |sum, bit| sum << 1 | usize::from(*bit == b'1')) << (6 - bits.len());
    bits.chunks(6).map(|bits| char::from(alphabet[sextet(bits)])).collect()
}

/// A header with so many items.
fn header(count: u16, items: &str) -> String {
    text(&format!("000011 000001 {count:012b} {items}"))
}

#[test]
fn ids_count_from_the_one_before() {
    assert_eq!(ids("DBACPeA~C~1YNN~B"), [2, 6, 7]);
    assert_eq!(ids("DBADNZg~C~1YNN~B"), [2, 6, 8]);
    assert_eq!(ids("DBADLDWA~B~B~B"), [7, 12, 16]);
    assert_eq!(ids("DBABM~C"), [2], "unpadded, as in the specification's examples");
    assert_eq!(ids("DBABMA~C"), [2]);
    assert_eq!(ids("DBAA"), [0; 0], "no section at all");
    // 3 to 5, then 4 more: 9.
    assert_eq!(ids(&format!("{}~a~b~c~d", header(2, "1 0011 011 0 1011"))), [3, 4, 5, 9]);
}

#[test]
fn headers_that_cannot_be_are_errors() {
    let error = |text: &str| Gpp::parse(text.as_bytes()).unwrap_err();
    assert_eq!(error(""), GppError::NoHeader);
    assert_eq!(error("CQuFeUAQuFeUAAfACBENCWFgAAAAAAAAAAqIAAAAAAAA"), GppError::NoHeader);
    assert_eq!(error("DCABMA~C"), GppError::NoHeader, "version 2");
    assert_eq!(error("DBABMA=~C"), GppError::Alphabet);
    assert_eq!(error("DBA"), GppError::SectionIds);
    assert_eq!(error("DBABA~C"), GppError::SectionIds, "a code without an end");
    assert_eq!(error("DBAeBCw~C"), GppError::SectionIds, "30 items announced");
    assert_eq!(error("DBABMA"), GppError::Sections);
    assert_eq!(error("DBABMA~C~C"), GppError::Sections);
    assert_eq!(error(&format!("DBABMA~{}", "A".repeat(8 * 1024))), GppError::TooLong);
    // 46 368 twice is no id; neither is a code longer than any number.
    let large = format!("{}11", "0".repeat(22));
    assert_eq!(error(&format!("{}~a~b", header(2, &format!("0{large}0{large}")))), GppError::SectionIds);
    assert_eq!(error(&format!("{}~a", header(1, &format!("0{}11", "0".repeat(60))))), GppError::SectionIds);
    // One range of 46 369 ids is counted, not made.
    assert_eq!(error(&format!("{}~a", header(1, &format!("1 11 {large}")))), GppError::Sections);
}

#[test]
fn unknown_sections_are_passed_over() {
    let choice = |text: &str| Gpp::parse(text.as_bytes()).unwrap().us_choice();
    // 7 and 30, which nobody has defined.
    let header = header(2, "0 01011 0 01000011");
    assert_eq!(ids(&format!("{header}~a~b")), [7, 7 + 2 + 21]);
    assert_eq!(choice(&format!("{header}~CVQqAAAAAACA.QA~?!")), UsChoice::NotOptedOut);
    assert_eq!(choice(&format!("{header}~CVQVAAAAAACA.QA~?!")), UsChoice::OptedOut);
}

#[test]
fn the_strongest_section_wins() {
    let choice = |text: &str| Gpp::parse(text.as_bytes()).unwrap().us_choice();
    assert_eq!(choice("DBADLDWA~CVQqAAAAAACA.QA~BAQAAAIA.QA~BAQAAAgA.QA"), UsChoice::OptedOut);
    assert_eq!(choice("DBACPeA~C~1YNN~CVQqAAAAAACA.QA"), UsChoice::NotOptedOut);
    assert_eq!(choice("DBACPeA~C~1YYN~CVQqAAAAAACA.QA"), UsChoice::OptedOut);
    assert_eq!(choice("DBACPeA~C~1---~CVQqAAAAAACA.QA"), UsChoice::NotOptedOut);
    assert_eq!(choice("DBACPeA~C~1Y~CVQqAAAAAACA.QA"), UsChoice::Unclear);
    assert_eq!(choice("DBABMA~CQ"), UsChoice::Silent);
    assert_eq!(Gpp::parse(b"DBACPeA~CQ.I~1---~B").unwrap().tcf_eu(), Some(b"CQ.I".as_slice()));
    assert_eq!(Gpp::parse(b"DBABLA~B").unwrap().tcf_eu(), None);
}

#[test]
fn subsections_may_come_in_any_order() {
    let read = |id, text: &str| UsSection::read(id, text.as_bytes()).unwrap();
    let section = read(7, "CVQqAAAAAACA");
    assert_eq!((section.gpc, section.choice()), (None, UsChoice::NotOptedOut));
    // A subsection of a type that is still to come, before and after.
    for text in ["CVQqAAAAAACA.gA.YA", "CVQqAAAAAACA.YA.gA", "CVQqAAAAAACA.QA.YA", "CVQqAAAAAACA.YA.QA"] {
        assert_eq!((read(7, text).gpc, read(7, text).choice()), (Some(true), UsChoice::OptedOut), "{text}");
    }
    for text in ["CVQqAAAAAACA.", "CVQqAAAAAACA.=", "CVQqAAAAAACA.QA.?"] {
        assert_eq!(read(7, text).choice(), UsChoice::Unclear, "{text}");
    }
    // Rhode Island's subsection has no type: its first answers would read as Global Privacy Control.
    let text = format!("{}.YAA", text("000001 01 00 01 01 01 10 10 0000"));
    assert_eq!((read(27, &text).gpc, read(27, &text).choice()), (None, UsChoice::NotOptedOut));
}

#[test]
fn a_permission_needs_every_bit() {
    let read = |bits: &str| UsSection::read(8, text(bits).as_bytes()).unwrap();
    let core = |sale: &str, sharing: &str| format!("000001 01 01 01 {sale} {sharing} 000000");
    assert_eq!(read(&core("10", "10")).choice(), UsChoice::NotOptedOut);
    assert_eq!(read(&core("10", "00")).choice(), UsChoice::Silent, "one use was not asked about");
    assert_eq!(read(&core("00", "00")).choice(), UsChoice::Silent);
    assert_eq!(read(&core("10", "11")).choice(), UsChoice::Unclear);
    assert_eq!(read(&core("11", "01")).choice(), UsChoice::OptedOut);
    assert_eq!(read("000001 01 01 01").choice(), UsChoice::Unclear, "cut short");
    assert_eq!(read("000001 01 01 01 01").choice(), UsChoice::OptedOut, "cut short after the refusal");
    assert_eq!(UsSection::read(8, b"").unwrap().choice(), UsChoice::Unclear);
    assert_eq!(UsSection::read(8, b"B?oA").unwrap().sale, OptOut::NotOptedOut);
    assert_eq!(UsSection::read(8, b"B?oA").unwrap().choice(), UsChoice::Unclear);
    assert_eq!(UsSection::read(28, b"BUoAAAKA"), None);
    assert_eq!(UsSection::read(5, b"BUoAAAKA"), None);
}

#[test]
fn an_unknown_version_can_only_refuse() {
    let read =
        |id, version: &str, rest: &str| UsSection::read(id, text(&format!("{version}{rest}")).as_bytes()).unwrap();
    for version in ["000000", "000010", "111111"] {
        assert_eq!(read(8, version, "010101 1010 00").choice(), UsChoice::Unclear, "{version}");
        assert_eq!(read(8, version, "010101 0110 00").choice(), UsChoice::OptedOut, "{version}");
    }
    assert_eq!(read(7, "000010", "010101010101 101010").choice(), UsChoice::NotOptedOut);
    assert_eq!(read(7, "000011", "010101010101 101010").choice(), UsChoice::Unclear);
}

#[test]
fn a_header_of_the_section_is_stepped_over() {
    // Maryland as specified: id 24, version 1, then the core.
    let (not, out) = ("000001 01 00 01 01 01 10 10 00", "000001 01 00 01 01 01 01 10 00");
    let read = |header: &str, core: &str| {
        let text = format!("{}.{}.QA", text(header), text(core));
        UsSection::read(24, text.as_bytes()).unwrap().choice()
    };
    assert_eq!(read("011000 000001", not), UsChoice::NotOptedOut);
    assert_eq!(read("011000 000001", out), UsChoice::OptedOut);
    assert_eq!(read("011000 000010", not), UsChoice::Unclear);
    assert_eq!(UsSection::read(24, text("011000 000001").as_bytes()).unwrap().choice(), UsChoice::Unclear);
    assert_eq!(UsSection::read(24, format!("{}.YA", text(not)).as_bytes()).unwrap().choice(), UsChoice::OptedOut);
}

#[test]
fn work_follows_the_length_of_the_text() {
    let longest = |text: String| format!("{text}{}", "~".repeat(8192_usize.saturating_sub(text.len())));
    for (kind, text) in [
        ("items", longest(header(4095, &"0 11".repeat(4095)))),
        ("one range of all ids", longest(header(1, &format!("1 11 {}1", "10".repeat(11))))),
        ("a code without an end", text(&format!("000011 000001 {:012b} {}", 1, "0".repeat(49_000)))),
        ("every section there is", format!("{}{}", header(1, "1 11 0100100 11"), "~BVVVV.YA.YA".repeat(600))),
        ("subsections", format!("{}~B{}", header(1, "0 01011"), ".YA".repeat(2700))),
    ] {
        assert!(text.len() <= 8192, "{kind}: {}", text.len());
        // One for each bit of the header, at most, and twice as much when it is walked again.
        let count = reads(|| {
            let _ = Gpp::parse(text.as_bytes()).map(|string| string.us_choice());
        });
        assert!(count <= text.len() * 12, "{kind}: {count} reads");
    }
}
