//! TC strings that consent tools keep in cookies of their own: what they say per purpose.
//!
//! A string of zeros is what a refusal looks like and also what stands there before anybody chose, so whoever calls this
//! knows from elsewhere that somebody did. Legitimate interest is never counted.

use super::super::tcf::{TcError, TcString};
use super::{Jar, Reading, Said};
use crate::consent::{Grant, PurposeId};

/// Which purposes of the framework ours need, all of them. Storage on the device, the first, is part of each.
const NEEDED: [(PurposeId, &[u8]); 3] =
    [(PurposeId::ANALYTICS, &[1, 8]), (PurposeId::PERSONALIZATION, &[1, 5, 6]), (PurposeId::MARKETING, &[1, 3, 4])];

/// What `string` says once somebody chose.
pub(super) fn read(string: &[u8]) -> Result<Said, &'static str> {
    let string = TcString::parse(string).map_err(why)?;
    let mut said = Said::chosen([]);
    said.at = Some(string.last_updated());
    let given = string.purpose_consents();
    let grant = |needed: &[u8]| Grant::from(needed.iter().all(|id| given.contains(*id)));
    said.purposes = NEEDED.iter().map(|(purpose, needed)| (*purpose, grant(needed))).collect();
    Ok(said)
}

/// Whether `string` carries any consent, which no tool writes before somebody chose.
pub(super) fn consents(string: &[u8]) -> bool {
    TcString::parse(string).is_ok_and(|string| !string.purpose_consents().is_empty())
}

/// What the string in the cookie that stands at `at` says.
pub(super) fn of(jar: &Jar<'_>, at: usize) -> Reading {
    jar.all(at, |value, _| read(value).map(Some))
}

/// The same per purpose, for a string that stands beside a tool's own cookie. One that cannot be read takes nothing from
/// what the tool says no to, and makes its yes doubtful.
pub(super) fn beside(jar: &Jar<'_>, at: usize) -> Vec<(PurposeId, Grant)> {
    match of(jar, at) {
        Ok(said) => said.map(|said| said.purposes).unwrap_or_default(),
        Err(_) => NEEDED.iter().map(|(purpose, _)| (*purpose, Grant::Undecided)).collect(),
    }
}

const fn why(error: TcError) -> &'static str {
    match error {
        TcError::TooLong => "a TC string that is too long",
        TcError::Alphabet => "a TC string that is not base64url",
        TcError::FirstVersion => "a TC string of version 1",
        TcError::UnknownVersion => "a TC string of an unknown version",
        TcError::GlobalScope => "a TC string of global scope",
        TcError::Truncated | TcError::TooManySegments | TcError::EmptySegment | TcError::SecondCore => {
            "a TC string that is broken"
        }
    }
}
