use std::io::Write as _;

use super::{Audit, AuditBroken, Change, Event, verify};

fn trail(records: u64) -> (tempfile::TempDir, Audit, String) {
    let place = tempfile::tempdir().unwrap();
    let audit = Audit::new(place.path());
    let mut last = String::new();
    for generation in 1..=records {
        let change = Change {
            trigger: Some("watch"),
            by: Some("uid 1000".to_owned()),
            generation: Some(generation),
            cause: Some("quotes \" and\nlines, and \",\"hash\":\" in the middle".to_owned()),
            ..Change::new(if generation == 3 { Event::Rollback { of: 1 } } else { Event::Reload })
        };
        last = audit.record(&change).unwrap();
    }
    (place, audit, last)
}

#[test]
fn a_trail_is_whole_and_goes_on_after_a_restart() {
    let (place, audit, last) = trail(4);
    let found = verify(&std::fs::read(audit.path()).unwrap(), Some(&last)).unwrap();
    assert_eq!((found.records, &found.last), (4, &last));
    let last = Audit::new(place.path()).record(&Change::new(Event::Start)).unwrap();
    assert_eq!(verify(&std::fs::read(audit.path()).unwrap(), None).unwrap().last, last);
    assert_eq!(verify(b"", None).unwrap().records, 0);
}

/// Every single change, removal and insertion of a byte, and of a line, except a cut of whole lines at the end.
#[test]
fn any_one_change_is_found() {
    let (_place, audit, last) = trail(5);
    let good = std::fs::read(audit.path()).unwrap();
    let mut tried = 0;
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut bad = good.clone();
            bad[at] ^= 1 << bit;
            assert!(verify(&bad, None).is_err(), "bit {bit} of byte {at}");
            tried += 1;
        }
        let mut bad = good.clone();
        bad.remove(at);
        assert!(verify(&bad, None).is_err(), "byte {at} removed");
        for byte in [b' ', b'\n', b'0', b'}', good[at]] {
            let mut bad = good.clone();
            bad.insert(at, byte);
            assert!(verify(&bad, None).is_err(), "byte {byte} inserted at {at}");
            tried += 1;
        }
    }
    let lines: Vec<&[u8]> = good.split_inclusive(|byte| *byte == b'\n').collect();
    for at in 0..lines.len() {
        let without: Vec<u8> =
            lines.iter().enumerate().filter(|(line, _)| *line != at).flat_map(|(_, line)| line.to_vec()).collect();
        let found = verify(&without, None);
        assert_eq!(found.is_err(), at + 1 < lines.len(), "line {at} removed");
        assert!(verify(&without, Some(&last)).is_err(), "with the last hash, a cut at the end is found too");
        let mut doubled = lines.clone();
        doubled.insert(at, lines[at]);
        assert_eq!(verify(&doubled.concat(), None), Err(AuditBroken::Gap(at as u64 + 2)));
        if at + 1 < lines.len() {
            let mut swapped = lines.clone();
            swapped.swap(at, at + 1);
            assert_eq!(verify(&swapped.concat(), None), Err(AuditBroken::Gap(at as u64 + 1)));
        }
    }
    assert!(verify(&good[..good.len() - 1], None).is_err(), "the last line feed");
    assert!(tried > 10_000, "{tried}");
}

#[test]
fn a_line_torn_by_a_crash_is_cut_off_and_recorded() {
    let (_place, audit, _) = trail(2);
    let whole = std::fs::read(audit.path()).unwrap();
    let second = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for cut in second + 1..whole.len() {
        std::fs::write(audit.path(), &whole[..cut]).unwrap();
        assert!(matches!(verify(&whole[..cut], None), Err(AuditBroken::Torn(2))));
        audit.record(&Change::new(Event::Start)).unwrap();
        let repaired = std::fs::read(audit.path()).unwrap();
        assert_eq!(verify(&repaired, None).unwrap().records, 3);
        let told = format!("\"event\":\"torn\",\"bytes\":{}", cut - second);
        assert!(String::from_utf8_lossy(&repaired).contains(&told), "{told}");
    }
}

#[test]
fn a_trail_that_is_none_is_set_aside() {
    for foreign in ["not ours\n".to_owned(), "x".repeat(200_000), "{}\n".to_owned()] {
        let place = tempfile::tempdir().unwrap();
        let audit = Audit::new(place.path());
        std::fs::write(audit.path(), &foreign).unwrap();
        audit.record(&Change::new(Event::Start)).unwrap();
        let text = std::fs::read_to_string(audit.path()).unwrap();
        assert!(text.contains("\"event\":\"started-anew\""), "{text}");
        assert_eq!(verify(text.as_bytes(), None).unwrap().records, 2);
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 2, "the foreign file is still there");
    }
}

#[test]
fn several_writers_make_one_chain() {
    let place = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let audit = Audit::new(place.path());
                for _ in 0..25 {
                    audit.record(&Change::new(Event::Reload)).unwrap();
                }
            });
        }
    });
    let audit = Audit::new(place.path());
    assert_eq!(verify(&std::fs::read(audit.path()).unwrap(), None).unwrap().records, 100);
    let mut out = std::fs::OpenOptions::new().append(true).open(audit.path()).unwrap();
    out.write_all(b"half a li").unwrap();
    audit.record(&Change::new(Event::Reload)).unwrap();
    assert_eq!(verify(&std::fs::read(audit.path()).unwrap(), None).unwrap().records, 102);
}
