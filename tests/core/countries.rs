//! Databases of countries: what they say, and that no damage does more than hide a country.

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use vestibule::config::CountryDatabase;
use vestibule::consent::Country;

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(format!("tests/data/countries/{name}.mmdb")).unwrap()
}

const ADDRESSES: [&str; 9] = [
    "192.0.2.1",
    "198.51.100.1",
    "198.51.100.200",
    "203.0.113.1",
    "8.8.8.8",
    "2001:db8:1::1",
    "2001:db8:2::1",
    "::ffff:192.0.2.1",
    "10.0.0.1",
];

fn said(database: &CountryDatabase) -> Vec<String> {
    let ask =
        |text: &&str| database.country(text.parse().unwrap()).map(|country| country.to_string()).unwrap_or_default();
    ADDRESSES.iter().map(ask).collect()
}

#[test]
fn a_database_says_what_was_written_into_it() {
    let first = said(&CountryDatabase::of(bytes("first")).unwrap());
    assert_eq!(first, ["US", "FR", "", "", "", "US", "FR", "US", ""]);
    let second = said(&CountryDatabase::of(bytes("second")).unwrap());
    assert_eq!(second, ["FR", "US", "", "", "", "FR", "US", "FR", ""]);
    let narrow = said(&CountryDatabase::of(bytes("version-4")).unwrap());
    assert_eq!(narrow, ["US", "FR", "", "", "", "", "", "US", ""]);
}

/// Every byte changed in three ways, and every length: an error, or answers that are countries. Nothing panics, not even
/// inside of the foreign reader.
#[test]
fn no_damage_makes_it_panic() {
    static PANICS: AtomicUsize = AtomicUsize::new(0);
    let (here, otherwise) = (std::thread::current().id(), std::panic::take_hook());
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().id() == here {
            PANICS.fetch_add(1, Ordering::Relaxed);
        } else {
            otherwise(panic);
        }
    }));
    let (mut opened, mut refused) = (0, 0);
    let mut open = |bytes: Vec<u8>| match CountryDatabase::of(bytes) {
        Ok(database) => {
            opened += 1;
            for text in ADDRESSES {
                let address: IpAddr = text.parse().unwrap();
                drop(database.country(address).map(|country: Country| country.to_string()));
            }
        }
        Err(why) => {
            refused += 1;
            assert!(!why.is_empty() && !why.ends_with('.'), "{why}");
        }
    };
    for name in ["first", "version-4"] {
        let whole = bytes(name);
        for at in 0..whole.len() {
            open(whole[..at].to_vec());
            for flip in [0x01, 0x20, 0xff] {
                let mut changed = whole.clone();
                changed[at] ^= flip;
                open(changed);
            }
        }
    }
    assert_eq!(PANICS.load(Ordering::Relaxed), 0);
    assert!(opened > 100 && refused > 100);
}
