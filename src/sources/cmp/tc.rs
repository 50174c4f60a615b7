//! TC strings that consent tools keep in cookies of their own, read as [`Statement`] reads them.
//!
//! A string of zeros is what a refusal looks like and also what stands there before anybody chose, so whoever calls
//! this knows from elsewhere that somebody did.

use super::super::tcf::{Statement, TcString};
use super::{Jar, Said, Told};
use crate::consent::{Grant, PurposeId};

/// What a string can speak about.
pub(super) const PURPOSES: [PurposeId; 3] = [PurposeId::PERSONALIZATION, PurposeId::ANALYTICS, PurposeId::MARKETING];

/// What `string` says once somebody chose.
pub(super) fn read(string: &[u8], jar: &Jar<'_>) -> Result<Said, &'static str> {
    let request = jar.request();
    let statement = Statement::read(string, request, jar.settings())?;
    let mut said = Said::chosen([]);
    // Strings are dated by the day, and not always in UTC.
    said.at = Some(statement.at().min(request.now));
    said.purposes = statement.purposes().collect();
    said.refused = statement.refused(request.catalog).collect();
    Ok(said)
}

/// Whether `string` carries any consent, which no tool writes before somebody chose.
pub(super) fn consents(string: &[u8]) -> bool {
    TcString::parse(string).is_ok_and(|string| !string.purpose_consents().is_empty())
}

/// What the string in the cookie that stands at `at` says.
pub(super) fn of(jar: &Jar<'_>, at: usize) -> Told {
    jar.all(at, |value, jar| read(value, jar).map(Some))
}

/// Adds what a string says that stands beside a tool's own cookie. One that cannot be read takes nothing from what the
/// tool says no to, and makes its yes doubtful.
pub(super) fn beside(said: &mut Said, jar: &Jar<'_>, at: usize) {
    let (string, doubt) = match of(jar, at) {
        Ok(string) => (string, None),
        Err(trouble) => (trouble.left.map(|said| *said), Some(PURPOSES.map(|purpose| (purpose, Grant::Undecided)))),
    };
    said.purposes.extend(doubt.into_iter().flatten());
    if let Some(string) = string {
        said.purposes.extend(string.purposes);
        said.refused.extend(string.refused);
    }
}
