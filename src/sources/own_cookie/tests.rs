use super::{Choice, Key, KeyRing, Kind};

fn open(ring: &KeyRing, sealed: &[u8], bind: &[u8], site: &str) -> Option<Choice> {
    Choice::decode(&ring.open(Kind::Choice, sealed, bind, site)?)
}

fn choice() -> Choice {
    Choice {
        issued: 1_000,
        granted: vec!["analytics".into(), "marketing".into()],
        denied: vec!["social".into()],
        granted_services: vec![],
        denied_services: vec!["youtube".into()],
        knowing: true,
    }
}

#[test]
fn what_is_sealed_opens_only_where_it_belongs() {
    let old = Key::new([1; 32]);
    let ring = KeyRing::new(Key::new([2; 32]), Some(old.clone()));
    let sealed = ring.seal_choice(&choice(), "bind", "shop.example").unwrap();
    assert_eq!(open(&ring, sealed.as_bytes(), b"bind", "shop.example"), Some(choice()));
    assert_eq!(open(&ring, sealed.as_bytes(), b"other", "shop.example"), None, "planted on another visitor");
    assert_eq!(open(&ring, sealed.as_bytes(), b"bind", "other.example"), None, "carried to another site");
    let by_old = KeyRing::new(old, None).seal_choice(&choice(), "bind", "shop.example").unwrap();
    assert_eq!(open(&ring, by_old.as_bytes(), b"bind", "shop.example"), Some(choice()), "previous key");
    let rotated = KeyRing::new(Key::new([3; 32]), Some(Key::new([2; 32])));
    assert_eq!(open(&rotated, by_old.as_bytes(), b"bind", "shop.example"), None, "key before the previous one");
}

#[test]
fn shares_are_as_large_as_they_say() {
    let ring = KeyRing::new(Key::new([2; 32]), None);
    let below = |share| (0..100_000_u32).filter(|visitor| ring.share_of(&visitor.to_be_bytes()) < share).count();
    for (share, expected) in [(100, 1_000), (500, 5_000), (5_000, 50_000)] {
        let found = below(share);
        assert!(found.abs_diff(expected) <= 500, "{found} of {expected}");
    }
}

#[test]
fn every_changed_byte_closes_it() {
    let ring = KeyRing::new(Key::new([2; 32]), None);
    let sealed = ring.seal_choice(&choice(), "bind", "shop.example").unwrap().into_bytes();
    for at in 0..sealed.len() {
        for flip in [1_u8, 0x20, 0x80] {
            let mut forged = sealed.clone();
            forged[at] ^= flip;
            assert_eq!(open(&ring, &forged, b"bind", "shop.example"), None, "byte {at} ^ {flip}");
        }
        assert_eq!(open(&ring, &sealed[..at], b"bind", "shop.example"), None, "cut at {at}");
    }
    let longer = [sealed.as_slice(), b"A"].concat();
    assert_eq!(open(&ring, &longer, b"bind", "shop.example"), None);
}
