//! One database: opened, looked through, and asked.
//!
//! The format is `MaxMind DB` 2.0, read by the crate `maxminddb`. The file is held in memory and never mapped:
//! whoever writes over it changes nothing here. Whatever goes wrong in a look-up is a country that nobody knows.

use std::collections::HashSet;
use std::fmt;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use maxminddb::{LookupResult, MaxMindDbError, PathElement, Reader};

use super::{MAX_BYTES, about};
use crate::consent::Country;

/// Where a record says it. `registered_country` is where a network was assigned, not where its users are, and is not read.
const COUNTRY: [PathElement<'static>; 2] = [PathElement::Key("country"), PathElement::Key("iso_code")];

/// Why a database cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DatabaseError(String);

/// Which country an address is in.
pub struct CountryDatabase {
    reader: Reader<Vec<u8>>,
}

impl fmt::Debug for CountryDatabase {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.reader.metadata();
        write!(out, "CountryDatabase({}, {} nodes)", known.database_type, known.node_count)
    }
}

impl CountryDatabase {
    /// Opens a file.
    ///
    /// # Errors
    /// When it cannot be read, is none, or is damaged.
    pub fn open(path: &Path) -> Result<Self, DatabaseError> {
        let bytes = super::super::files::read(path, MAX_BYTES);
        bytes.and_then(Self::of).map_err(|why| DatabaseError(about(path, &why)))
    }

    /// Takes the bytes of a file, and looks at every record once.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn of(bytes: Vec<u8>) -> Result<Self, String> {
        // A foreign reader meets bytes that anyone may have damaged.
        let opened = catch_unwind(|| {
            let reader = Reader::from_source(bytes).map_err(|error| damage(&error))?;
            look_through(&reader)?;
            Ok(reader)
        });
        let reader = opened.unwrap_or_else(|_| Err("it is damaged".to_owned()))?;
        Ok(Self { reader })
    }

    /// The country that `address` is in. Addresses that are nobody's in particular are in none.
    pub fn country(&self, address: IpAddr) -> Option<Country> {
        let address = address.to_canonical();
        if !is_public(address) {
            return None;
        }
        let asked = AssertUnwindSafe(|| self.reader.lookup(address).and_then(|found| code(&found)).ok().flatten());
        catch_unwind(asked).ok().flatten()
    }
}

fn code(found: &LookupResult<'_, Vec<u8>>) -> Result<Option<Country>, MaxMindDbError> {
    Ok(found.decode_path::<&str>(&COUNTRY)?.and_then(Country::new))
}

/// Every record has to be readable, and one at least has to name a country.
fn look_through(reader: &Reader<Vec<u8>>) -> Result<(), String> {
    // A tree with this many nodes has at most twice as many leaves, unless it runs in circles.
    let most = usize::try_from(reader.metadata().node_count).unwrap_or(usize::MAX).saturating_mul(3);
    let (mut seen, mut named) = (HashSet::new(), false);
    for (at, network) in
        reader.networks(maxminddb::WithinOptions::default()).map_err(|error| damage(&error))?.enumerate()
    {
        let found = network.map_err(|error| damage(&error))?;
        if at > most {
            return Err("it is damaged: its search tree runs in circles".to_owned());
        }
        // Many networks share a record.
        if found.offset().is_some_and(|offset| seen.insert(offset)) {
            named |= code(&found).map_err(|error| damage(&error))?.is_some();
        }
    }
    if named { Ok(()) } else { Err("none of its records has a `country.iso_code`".to_owned()) }
}

fn damage(error: &MaxMindDbError) -> String {
    let said = error.to_string().to_lowercase();
    let said = said.trim_start_matches("invalid database: ").trim_end_matches('.');
    format!("it is no MaxMind DB file, or damaged: {said}")
}

/// Whether an address is one that somebody has on the internet. Whoever comes from inside is nowhere in particular.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            let shared = first == 100 && second & 0xc0 == 64;
            let special = address.is_private() || address.is_loopback() || address.is_link_local();
            !(special || shared || first == 0 || address.is_broadcast() || address.is_multicast())
        }
        IpAddr::V6(address) => {
            let local = address.is_unique_local() || address.is_unicast_link_local() || address.is_loopback();
            !(local || address.is_unspecified() || address.is_multicast())
        }
    }
}
