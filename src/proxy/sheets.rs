//! Which of the shop's style sheets are the same for every visitor; and which answers in JSON, of which everything here
//! holds in the same way.
//!
//! A sheet that names a font or a picture of somebody else's is another one for each consent class, and must not be kept
//! by shared caches: it is treated as pages are. Most sheets name nobody, and shops and their visitors live from
//! caches keeping them. Which of the two a sheet is, is known when it was read to its end, and its head is gone by then.
//! So it is remembered: a sheet is kept apart the first time, and from then on, as long as its validator and the policy are
//! the same, one that names nobody passes unread with every field that the shop sent. That costs one answer per
//! sheet, policy and process that shared caches do not keep, and nothing afterwards.
//!
//! Without an `ETag` or a `Last-Modified` nobody can tell whether it is still the same sheet; such ones are read
//! every time and always kept apart. What is remembered is a digest of address, validator and policy, and one bit.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use http::header::{CONTENT_LENGTH, ETAG, LAST_MODIFIED, TRANSFER_ENCODING};
use http::{HeaderValue, Method, StatusCode, Version};
use pingora::http::{RequestHeader, ResponseHeader};
use sha2::{Digest, Sha256};
use url::{Position, Url};

use crate::enforce::Journal;

/// How many sheets are remembered. When there are more, all are forgotten.
const CAPACITY: usize = 16 * 1024;

/// One state of a sheet under one policy.
type Key = [u8; 32];

/// What is known about the sheets of all sites.
#[derive(Debug, Default)]
pub(super) struct Sheets {
    /// Whether the sheet is the same for everybody.
    same: Mutex<HashMap<Key, bool>>,
}

/// A sheet on its way.
#[derive(Clone, Debug)]
pub(super) struct Sheet {
    key: Option<Key>,
    same: Option<bool>,
    /// Its end will be told apart from an accident.
    framed: bool,
}

impl Sheets {
    /// The sheet in this response.
    pub(super) fn sheet(&self, at: &Url, policy: &str, method: &Method, response: &ResponseHeader) -> Sheet {
        let header = |name| response.headers.get(name);
        let validator = header(ETAG).or_else(|| header(LAST_MODIFIED));
        let key = validator.map(|validator| key(at, policy, validator));
        let framed = header(CONTENT_LENGTH).or_else(|| header(TRANSFER_ENCODING)).is_some()
            || response.version == Version::HTTP_2;
        let whole = *method == Method::GET && response.status == StatusCode::OK;
        Sheet { key, same: self.known(key), framed: framed && whole }
    }

    /// Whether the browser asks only whether its sheet is still the one that is the same for everybody: it holds the shop's
    /// own validator, and all that is known speaks for it.
    pub(super) fn asks_for_same(&self, at: &Url, policy: &str, validator: &HeaderValue) -> bool {
        self.known(Some(key(at, policy, validator))) == Some(true)
    }

    fn known(&self, key: Option<Key>) -> Option<bool> {
        self.same.lock().unwrap_or_else(PoisonError::into_inner).get(&key?).copied()
    }

    /// Takes note of what was found in a sheet that was read to its end.
    pub(super) fn learn(&self, sheet: &Sheet, found: &Journal) {
        let Some(key) = sheet.key.filter(|_| sheet.framed) else { return };
        // Hosts of the shop's own that may stand for somebody are waited for.
        let same = found.findings().is_empty() && found.by_consent() == 0 && !found.waits_for_names();
        let mut known = self.same.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= CAPACITY {
            known.clear();
        }
        known.insert(key, same);
    }
}

impl Sheet {
    /// Whether everybody gets this sheet as it is, for certain.
    pub(super) fn is_same(&self) -> bool {
        self.same == Some(true)
    }

    /// Whether it is worth reading although everything in it passes.
    pub(super) const fn is_new(&self) -> bool {
        self.same.is_none() && self.key.is_some() && self.framed
    }
}

/// Whether a style sheet is asked for. Where browsers do not say what for, sheets are known by their names.
pub(super) fn is_asked_for(request: &RequestHeader, at: &Url) -> bool {
    match request.headers.get("sec-fetch-dest") {
        Some(dest) => dest == "style",
        None => {
            at.path().len() > 4
                && at.path().as_bytes().iter().rev().zip(b"ssc.").all(|(a, b)| a.eq_ignore_ascii_case(b))
        }
    }
}

fn key(at: &Url, policy: &str, validator: &HeaderValue) -> Key {
    let address = &at[Position::BeforeScheme..Position::AfterQuery];
    let mut digest = Sha256::new();
    for part in [address.as_bytes(), policy.as_bytes(), validator.as_bytes()] {
        digest.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use http::header::{CONTENT_LENGTH, ETAG};
    use http::{HeaderValue, Method};
    use pingora::http::ResponseHeader;
    use url::Url;

    use super::Sheets;
    use crate::enforce::Journal;

    fn response(etag: Option<&str>, length: bool) -> ResponseHeader {
        let mut head = ResponseHeader::build(200, None).unwrap();
        if let Some(etag) = etag {
            head.insert_header(ETAG, etag).unwrap();
        }
        if length {
            head.insert_header(CONTENT_LENGTH, "3").unwrap();
        }
        head
    }

    #[test]
    fn a_sheet_is_the_same_while_nothing_about_it_changes() {
        let sheets = Sheets::default();
        let at = Url::parse("https://shop.example/a.css?v=1").unwrap();
        let of = |head: &ResponseHeader, at: &Url, policy| sheets.sheet(at, policy, &Method::GET, head);
        let first = of(&response(Some("\"1\""), true), &at, "p");
        assert!(first.is_new() && !first.is_same());
        sheets.learn(&first, &Journal::default());
        assert!(of(&response(Some("\"1\""), true), &at, "p").is_same());
        assert!(!of(&response(Some("\"2\""), true), &at, "p").is_same());
        assert!(!of(&response(Some("\"1\""), true), &at, "q").is_same());
        assert!(!of(&response(Some("\"1\""), true), &Url::parse("https://shop.example/a.css").unwrap(), "p").is_same());
        assert!(sheets.asks_for_same(&at, "p", &HeaderValue::from_static("\"1\"")));
        assert!(!sheets.asks_for_same(&at, "p", &HeaderValue::from_static("\"2\"")));
    }

    #[test]
    fn what_cannot_be_recognised_is_never_the_same() {
        let sheets = Sheets::default();
        let at = Url::parse("https://shop.example/a.css").unwrap();
        for head in [response(None, true), response(Some("\"1\""), false)] {
            let sheet = sheets.sheet(&at, "p", &Method::GET, &head);
            assert!(!sheet.is_new());
            sheets.learn(&sheet, &Journal::default());
            assert!(!sheets.sheet(&at, "p", &Method::GET, &head).is_same());
        }
    }
}
