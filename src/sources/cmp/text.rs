//! Reading what consent tools write: escapes, JSON, dates. Total: a bad escape stays as text.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, PAD};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::consent::Grant;

/// `value` as text, without any escape taken off; `None` when it is not UTF-8.
pub(super) fn plain(value: &[u8]) -> Option<&str> {
    std::str::from_utf8(value).ok()
}

/// `value` with its percent escapes taken off once. Escapes that are none stay.
pub(in crate::sources) fn decoded(value: &[u8]) -> Cow<'_, [u8]> {
    percent_encoding::percent_decode(value).into()
}

/// `value` with its percent escapes taken off once, as text. Control characters are in nothing that a tool writes, and
/// somebody who hides one means another reader to see something else.
pub(super) fn text(value: &[u8]) -> Option<String> {
    let text = String::from_utf8(decoded(value).into_owned()).ok()?;
    let control = |text: &str| text.contains(|letter: char| letter.is_control());
    let hidden = if text.is_ascii() { text.bytes().any(|byte| byte.is_ascii_control()) } else { control(&text) };
    (!hidden).then_some(text)
}

/// JSON, raw or with its percent escapes taken off once; nothing deeper, so that what is encoded twice is not taken for
/// what it might mean. A name that stands twice in one object makes it worthless: no tool writes that, and who reads
/// the last one might read a yes where the first one said no.
pub(super) fn json(value: &[u8]) -> Option<Value> {
    let raw = serde_json::from_slice::<Unique>(value).ok();
    raw.or_else(|| serde_json::from_slice(&decoded(value)).ok()).map(|unique| unique.0)
}

/// A JSON object, read like [`json`].
pub(super) fn object(value: &[u8]) -> Option<Map<String, Value>> {
    match json(value)? {
        Value::Object(map) => Some(map),
        _ => None,
    }
}

/// A list of nothing but texts.
pub(super) fn list(value: &Value) -> Option<Vec<&str>> {
    value.as_array()?.iter().map(Value::as_str).collect()
}

/// JSON in which no object has a name twice.
struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Values).map(Self)
    }
}

/// Builds values; [`Value`] itself would keep the last of two equal names.
struct Values;

impl<'de> Visitor<'de> for Values {
    type Value = Value;

    fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(one) = list.next_element::<Unique>()? {
            all.push(one.0);
        }
        Ok(all.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut all = Map::new();
        while let Some((name, value)) = map.next_entry::<String, Unique>()? {
            if all.insert(name, value.0).is_some() {
                return Err(A::Error::custom("a name stands twice"));
            }
        }
        Ok(all.into())
    }
}

/// `true` and `false`, as such.
pub(super) fn boolean(value: &Value) -> Option<Grant> {
    value.as_bool().map(Grant::from)
}

/// Words for yes and no that tools write as text.
pub(super) fn yes_or_no(text: &str) -> Option<Grant> {
    match text {
        "yes" | "true" | "allow" | "1" => Some(Grant::Granted),
        "no" | "false" | "deny" | "0" => Some(Grant::Denied),
        _ => None,
    }
}

/// Yes and no as a boolean, a number or a word.
pub(super) fn flag(value: &Value) -> Option<Grant> {
    match value {
        Value::Number(number) => yes_or_no(&number.to_string()),
        Value::String(text) => yes_or_no(text),
        value => boolean(value),
    }
}

/// `value` as text, when it is standard base64 of UTF-8, with its padding or without, percent-encoded once or not.
pub(super) fn base64(value: &[u8]) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurpose =
        GeneralPurpose::new(&STANDARD, PAD.with_decode_padding_mode(DecodePaddingMode::Indifferent));
    LENIENT.decode(decoded(value)).ok()
}

/// Seconds since the Unix epoch, from JavaScript's milliseconds or from seconds, as a number or as digits.
pub(super) fn moment(value: &Value) -> Option<u64> {
    let number = match value {
        Value::Number(number) => number.as_u64().or_else(|| {
            let whole = number.as_f64().filter(|number| (0.0..1e15).contains(number))?;
            format!("{whole:.0}").parse().ok()
        })?,
        Value::String(text) => return digits(text).or_else(|| date(text)),
        _ => return None,
    };
    Some(seconds(number))
}

/// The same, from a run of digits.
pub(super) fn digits(text: &str) -> Option<u64> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok().map(seconds))?
}

/// Later than any date in seconds that a tool could mean: the year 5138.
const AS_MILLISECONDS: u64 = 100_000_000_000;

const fn seconds(number: u64) -> u64 {
    if number >= AS_MILLISECONDS { number / 1000 } else { number }
}

/// Seconds since the Unix epoch, from a date such as `2026-11-22T12:04:13.554Z` (RFC 3339).
pub(super) fn date(text: &str) -> Option<u64> {
    let time = humantime::parse_rfc3339_weak(text).ok()?;
    time.duration_since(std::time::UNIX_EPOCH).ok().map(|since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::{date, decoded, moment, object};

    #[test]
    fn escapes_are_taken_off_once_and_bad_ones_stay() {
        for (escaped, plain) in [
            ("a%20b", "a b"),
            ("%", "%"),
            ("%4", "%4"),
            ("%zz%41", "%zzA"),
            ("%2541", "%41"),
            ("%C3%A9", "é"),
            ("a+b", "a+b"),
        ] {
            assert_eq!(decoded(escaped.as_bytes()), plain.as_bytes(), "{escaped}");
        }
    }

    #[test]
    fn objects_are_read_raw_or_encoded_once() {
        for good in [r#"{"a":true}"#, "%7B%22a%22%3Atrue%7D", "{%22a%22:true}"] {
            assert!(object(good.as_bytes()).is_some(), "{good}");
        }
        for bad in [r#"{"a":{"b":true,"b":false}}"#, "%257B%2522a%2522%253Atrue%257D", "[1]", "", "{", "\"a\""] {
            assert!(object(bad.as_bytes()).is_none(), "{bad}");
        }
        assert!(object(&b"{\"a\":".repeat(1000)).is_none());
    }

    #[test]
    fn dates_come_in_three_shapes() {
        let expected = Some(1_763_800_000);
        assert_eq!(moment(&1_763_800_000_u64.into()), expected);
        assert_eq!(moment(&1_763_800_000_123_u64.into()), expected);
        assert_eq!(moment(&"1763800000123".into()), expected);
        assert_eq!(date("2025-11-22T08:26:40Z"), expected);
        assert_eq!(date("2025-11-22T08:26:40.999Z"), expected);
        assert_eq!(moment(&"yesterday".into()), None);
        assert_eq!(moment(&(-5).into()), None);
    }
}
