//! The US Privacy string: four characters, or the JSON object that iubenda keeps under the same cookie name.
//!
//! Deprecated in favour of GPP, still common, and also section 6 of a GPP string. Source of the layout: IAB Tech Lab, "US
//! Privacy String", version 1. The second character (notice) and the fourth (covered transaction) change nothing about
//! what the visitor said, so they are checked and dropped.

use std::borrow::Cow;

use serde::Deserialize;

use super::cmp::text::decoded;
use super::copies::Copies;
use super::{ConsentSource, Heard, MAX_VALUE, RequestView, SourceSettings};
use crate::consent::{Grant, PurposeId, Signal, SignalKind, SourceId};

/// What a US string says about the sale and sharing of data and about targeted advertising, from the weakest to the
/// strongest. Of several statements the strongest counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum UsChoice {
    /// Nothing: it does not apply.
    #[default]
    Silent,
    /// The visitor may opt out, and has not.
    NotOptedOut,
    /// It is there and cannot be understood, in whole or in part: no proof that nobody opted out.
    Unclear,
    /// The visitor opted out, or the browser did for them.
    OptedOut,
}

impl UsChoice {
    /// What it means here: sale, sharing and targeted advertising are marketing. An opt-out is one by law. Not having opted
    /// out is no consent, so it can only be a default, and none where a copy is `doubtful`.
    pub(super) fn signal(self, source: SourceId, doubtful: bool) -> Option<Signal> {
        let (kind, grant) = match self {
            Self::OptedOut => (SignalKind::Objection, Grant::Denied),
            Self::Unclear => (SignalKind::Default, Grant::Undecided),
            Self::NotOptedOut if !doubtful => (SignalKind::Default, Grant::Granted),
            Self::NotOptedOut | Self::Silent => return None,
        };
        let mut signal = Signal::new(source, kind);
        signal.purposes.push((PurposeId::MARKETING, grant));
        Some(signal)
    }
}

#[derive(Deserialize)]
struct Object<'a> {
    #[serde(rename = "uspString", borrow)]
    string: Cow<'a, str>,
}

/// Reads a cookie's value: the string itself, or an object that holds it, either of them percent-encoded or not.
pub fn read_us_privacy(value: &[u8]) -> UsChoice {
    if value.len() > MAX_VALUE {
        return UsChoice::Unclear;
    }
    let value = decoded(value);
    if !value.starts_with(b"{") {
        return read_us_privacy_string(&value);
    }
    match serde_json::from_slice::<Object<'_>>(&value) {
        Ok(object) => read_us_privacy_string(object.string.as_bytes()),
        Err(_) => UsChoice::Unclear,
    }
}

/// Reads the string itself, as it stands in a GPP section.
pub fn read_us_privacy_string(text: &[u8]) -> UsChoice {
    let known = |letter: u8| matches!(letter, b'Y' | b'N' | b'-');
    // An opt-out in a letter of the wrong case is still one; anything else in the wrong case proves nothing.
    match text {
        [b'1', _, b'Y' | b'y', _] => UsChoice::OptedOut,
        [b'1', notice, b'N', covered] if known(*notice) && known(*covered) => UsChoice::NotOptedOut,
        [b'1', notice, b'-', covered] if known(*notice) && known(*covered) => UsChoice::Silent,
        _ => UsChoice::Unclear,
    }
}

/// Reads the cookie.
#[derive(Debug)]
pub(super) struct UsPrivacy;

impl ConsentSource for UsPrivacy {
    fn id(&self) -> SourceId {
        SourceId("usprivacy")
    }

    fn grants(&self) -> bool {
        false
    }

    fn cookies(&self) -> &'static [&'static str] {
        &["usprivacy", "us_privacy"]
    }

    fn read(&self, request: &RequestView<'_>, settings: &SourceSettings, heard: &mut Heard) {
        let copies = Copies::of(self, request, settings);
        let mut trouble = copies.trouble();
        let mut choice = UsChoice::Silent;
        for value in copies.values() {
            match read_us_privacy(value) {
                UsChoice::Unclear => trouble = Some("not a US Privacy string"),
                said => choice = choice.max(said),
            }
        }
        heard.malformed.extend(trouble.map(|why| (self.id(), why)));
        heard.signals.extend(choice.signal(self.id(), trouble.is_some()));
    }
}

#[cfg(test)]
mod tests {
    use super::{UsChoice, read_us_privacy};

    #[test]
    fn only_the_third_character_decides() {
        for (value, expected) in [
            ("1YNN", UsChoice::NotOptedOut),
            ("1NNN", UsChoice::NotOptedOut),
            ("1-N-", UsChoice::NotOptedOut),
            ("1YYN", UsChoice::OptedOut),
            ("1yyn", UsChoice::OptedOut),
            ("1?Y?", UsChoice::OptedOut),
            ("1---", UsChoice::Silent),
            ("1YN-", UsChoice::NotOptedOut),
            ("1ynn", UsChoice::Unclear),
            ("1Y", UsChoice::Unclear),
            ("1YNNN", UsChoice::Unclear),
            ("2ABC", UsChoice::Unclear),
            ("2YYN", UsChoice::Unclear),
            ("", UsChoice::Unclear),
            ("1Y\u{100}", UsChoice::Unclear),
        ] {
            assert_eq!(read_us_privacy(value.as_bytes()), expected, "{value}");
        }
    }

    #[test]
    fn objects_are_read_raw_and_encoded() {
        let opted_out = r#"{"uspString":"1YYN","firstAcknowledgeDate":{"$date":1},"optOutDate":null}"#;
        let not = r#"{"firstAcknowledgeDate":"2024-01-01","optOutDate":null,"uspString":"1Y\u004e-"}"#;
        assert_eq!(read_us_privacy(opted_out.as_bytes()), UsChoice::OptedOut);
        assert_eq!(read_us_privacy(not.as_bytes()), UsChoice::NotOptedOut);
        let encoded = not.replace('{', "%7B").replace('}', "%7d").replace('"', "%22").replace(',', "%2C");
        assert_eq!(read_us_privacy(encoded.as_bytes()), UsChoice::NotOptedOut);
        assert_eq!(read_us_privacy(b"%31YYN"), UsChoice::OptedOut);
        for broken in
            [r#"{"uspString":"1YNN""#, r#"{"uspString":1}"#, "{}", r#"["1YNN"]"#, "%7B%22uspString", "%", "%4"]
        {
            assert_eq!(read_us_privacy(broken.as_bytes()), UsChoice::Unclear, "{broken}");
        }
        let twice = r#"{"uspString":"1YYN","uspString":"1YNN"}"#;
        assert_eq!(read_us_privacy(twice.as_bytes()), UsChoice::Unclear);
        assert_eq!(read_us_privacy("{".repeat(8192).as_bytes()), UsChoice::Unclear);
        assert_eq!(read_us_privacy(format!("{not}{}", " ".repeat(8192)).as_bytes()), UsChoice::Unclear);
    }
}
