//! Google's "Privacy and messaging", formerly Funding Choices: a percent-encoded JSON list in `FCCDCF`.
//!
//! The cookie is there for everybody, with bookkeeping at index 6. A choice under TCF stands at index 3: the TC string,
//! the string of Google's other providers, an id. What stands at index 4 in the United States is not documented and not
//! read; `FCNEC` and `FCOEC` are opaque.

use serde_json::Value;

use super::{Cmp, Jar, Read, Reading, Unsaid, Verified, tc, text};

pub(super) const FUNDING_CHOICES: Cmp = Cmp {
    id: "funding-choices",
    name: "Google Privacy & messaging (Funding Choices)",
    cookies: &["FCCDCF"],
    map: &[],
    services: &[],
    unsaid: Unsaid::Unknown,
    by_service: false,
    tcf: true,
    chosen: "the fourth element holds a TC string",
    verified: Verified::Captured,
    read: Read::Value(read),
};

fn read(value: &[u8], jar: &Jar<'_>) -> Reading {
    let list = text::json(value).ok_or("not JSON")?;
    let choice = match list.as_array().ok_or("not a list")?.get(3) {
        None | Some(Value::Null) => return Ok(None),
        Some(choice) => choice.as_array().ok_or("a choice that is no list")?,
    };
    match choice.first() {
        None | Some(Value::Null) => Ok(None),
        Some(string) => tc::read(string.as_str().ok_or("a TC string that is no text")?.as_bytes(), jar).map(Some),
    }
}
