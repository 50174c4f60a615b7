//! What the mirror tells: `{"observed":"klaro","words":{"youtube":true}}`, or `{"observed":"klaro","chosen":false}` when the
//! tool itself says that nothing is chosen any more.
//!
//! It comes to the endpoint to which choices with us go, but it never is one: it can only fill the seen cookie, which is
//! weighed as any tool's cookie is. Reading is strict, and every name is bounded, because it is kept in the visitor's
//! browser and read again with every request.

use std::fmt;

use serde::de::{self, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::api::{CallError, printable};
use crate::sources::{MAX_NAME, MAX_NAMES, Observed, RequestView, SourceUse, tell_gpp, tell_tc};

/// What the mirror told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedCall {
    /// Whose choice it is: the source's name in configuration.
    pub source: String,
    /// The choice; `None` when nothing is chosen any more. Its time is 0 where nobody says when it was made.
    pub told: Option<Observed>,
    /// Whether the visitor chose on the page that tells it, rather than some time before.
    pub fresh: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    observed: String,
    chosen: Option<bool>,
    words: Option<Words>,
    tc: Option<String>,
    gpp: Option<String>,
    #[serde(default)]
    fresh: bool,
}

/// Names and whether the visitor agreed, each name once.
struct Words(Vec<(String, bool)>);

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(WordsVisitor)
    }
}

struct WordsVisitor;

impl<'de> Visitor<'de> for WordsVisitor {
    type Value = Words;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("names that are `true` or `false`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Words, A::Error> {
        let mut words: Vec<(String, bool)> = Vec::new();
        while let Some((name, said)) = map.next_entry::<String, bool>()? {
            if name.is_empty() || name.len() > MAX_NAME || name.chars().any(char::is_control) {
                return Err(de::Error::custom(format_args!("a name has 1 to {MAX_NAME} printable bytes")));
            }
            if words.iter().any(|(known, _)| *known == name) {
                return Err(de::Error::custom("a name stands there twice"));
            }
            if words.len() == MAX_NAMES {
                return Err(de::Error::custom(format_args!("there are at most {MAX_NAMES} names")));
            }
            words.push((name, said));
        }
        Ok(Words(words))
    }
}

/// Whether a call to the consent endpoint is the mirror's.
pub fn is_observed(content_type: &str, body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Peek {
        #[serde(rename = "observed")]
        _observed: IgnoredAny,
    }
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json") && serde_json::from_slice::<Peek>(body).is_ok()
}

/// Reads what the mirror told, in `request`, a site that reads `sources`. A standard's string is read for what it says.
///
/// # Errors
/// When the body cannot be read, or tells about a source that is not mirrored there. Nothing is changed then.
pub fn parse_observed(
    body: &[u8],
    sources: &[SourceUse],
    request: &RequestView<'_>,
) -> Result<ObservedCall, CallError> {
    let malformed = |why: &str| CallError::Malformed(why.to_owned());
    let wire: Wire = serde_json::from_slice(body).map_err(|error| CallError::Malformed(error.to_string()))?;
    let mirrored = |one: &&SourceUse| one.source.id().0 == wire.observed && one.settings.mirror;
    let Some(used) = sources.iter().find(mirrored) else {
        return Err(CallError::NotMirrored(printable(&wire.observed)));
    };
    let said = wire.words.is_some() || wire.tc.is_some() || wire.gpp.is_some();
    match (wire.chosen, said) {
        (Some(false), true) => return Err(malformed("`chosen` is false, and yet something is told")),
        (Some(false), false) => return Ok(ObservedCall { source: wire.observed, told: None, fresh: wire.fresh }),
        (_, false) => return Err(malformed("it tells neither `words` nor `tc` nor `gpp`")),
        (_, true) => {}
    }
    let (words, tc, gpp) = match (used.source.cmp(), used.source.id().0) {
        (Some(_), _) => (true, true, false),
        (None, id) => (false, id == "tcf", id == "gpp"),
    };
    for (given, taken, key) in
        [(wire.words.is_some(), words, "words"), (wire.tc.is_some(), tc, "tc"), (wire.gpp.is_some(), gpp, "gpp")]
    {
        if given && !taken {
            return Err(CallError::Malformed(format!("`{key}` is nothing that this source says")));
        }
    }
    let words = wire.words.map(|words| words.0).unwrap_or_default();
    let mut told = Observed { source: wire.observed.clone(), words, ..Observed::default() };
    let unreadable = |key: &str, why: &str| CallError::Malformed(format!("`{key}` does not count: {why}"));
    if let Some(text) = wire.tc {
        tell_tc(&mut told, text.as_bytes(), request, &used.settings).map_err(|why| unreadable("tc", why))?;
    }
    if let Some(text) = wire.gpp {
        tell_gpp(&mut told, text.as_bytes(), request, &used.settings).map_err(|why| unreadable("gpp", why))?;
    }
    Ok(ObservedCall { source: wire.observed, told: Some(told), fresh: wire.fresh })
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::{ObservedCall, is_observed, parse_observed};
    use crate::banner::CallError;
    use crate::catalog::Catalog;
    use crate::consent::PurposeTable;
    use crate::sources::{Key, KeyRing, RequestView, SourceUse};

    fn parse(body: &str) -> Result<ObservedCall, CallError> {
        let mut sources = ["klaro", "tcf", "gpp", "cookiebot"].map(|name| SourceUse::named(name).unwrap());
        sources.iter_mut().take(3).for_each(|source| source.settings.mirror = true);
        let request = RequestView {
            headers: &HeaderMap::new(),
            secure: true,
            site: "shop.example",
            purposes: &PurposeTable::default(),
            catalog: &Catalog::default(),
            keys: &KeyRing::new(Key::new([1; 32]), None),
            now: 1_800_000_000,
            choice_lifetime: 1,
        };
        parse_observed(body.as_bytes(), &sources, &request)
    }

    #[test]
    fn words_are_kept_as_they_are() {
        let call = parse(r#"{"observed":"klaro","words":{"a b":true,"é":false},"fresh":true}"#).unwrap();
        assert!(call.fresh);
        assert_eq!(call.told.unwrap().words, [("a b".to_owned(), true), ("é".to_owned(), false)]);
        let refused = parse(r#"{"observed":"klaro","words":{}}"#).unwrap();
        assert!(refused.told.is_some_and(|told| told.words.is_empty()), "a tool may leave out what was refused");
        assert_eq!(parse(r#"{"observed":"klaro","chosen":false}"#).unwrap().told, None);
    }

    #[test]
    fn strings_are_kept_as_what_they_say() {
        let gpp = parse(r#"{"observed":"gpp","gpp":"DBABLA~BVQVAAAAAAGA.YA"}"#).unwrap().told.unwrap();
        assert_eq!(gpp.words, [("us-opt-out".to_owned(), true)]);
        assert!(gpp.purposes.is_empty());
    }

    #[test]
    fn what_is_wrong_is_refused() {
        let many: Vec<String> = (0..65).map(|name| format!("\"n{name}\":true")).collect();
        for body in [
            "{",
            r#"{"observed":"klaro"}"#,
            r#"{"observed":"klaro","chosen":true}"#,
            r#"{"observed":"klaro","chosen":null,"words":null}"#,
            r#"{"observed":"klaro","chosen":false,"words":{"a":true}}"#,
            r#"{"observed":"klaro","words":{"a":true},"extra":1}"#,
            r#"{"observed":"klaro","words":{"a":1}}"#,
            r#"{"observed":"klaro","words":{"a":"true"}}"#,
            r#"{"observed":"klaro","words":["a"]}"#,
            r#"{"observed":"klaro","words":{"a":true,"a":false}}"#,
            r#"{"observed":"klaro","words":{"":true}}"#,
            r#"{"observed":"klaro","words":{"a\nb":true}}"#,
            &format!(r#"{{"observed":"klaro","words":{{"{}":true}}}}"#, "x".repeat(65)),
            &format!(r#"{{"observed":"klaro","words":{{{}}}}}"#, many.join(",")),
            r#"{"observed":"klaro","words":{"a":true},"fresh":1}"#,
            r#"{"observed":["klaro"],"words":{"a":true}}"#,
            r#"{"observed":"klaro","gpp":"DBABLA~BVQVAAAAAAGA.YA"}"#,
            r#"{"observed":"tcf","gpp":"DBABLA~BVQVAAAAAAGA.YA"}"#,
            r#"{"observed":"tcf","words":{"marketing":true}}"#,
            r#"{"observed":"tcf","tc":""}"#,
            r#"{"observed":"tcf","tc":"CQuFeUA"}"#,
            r#"{"observed":"tcf","tc":1}"#,
            r#"{"observed":"gpp","gpp":"D"}"#,
        ] {
            assert!(matches!(parse(body), Err(CallError::Malformed(_))), "{body}");
        }
        for source in ["cookiebot", "own", "gpc", "nobody", ""] {
            let body = format!(r#"{{"observed":"{source}","words":{{"marketing":true}}}}"#);
            assert!(matches!(parse(&body), Err(CallError::NotMirrored(_))), "{source}");
        }
    }

    #[test]
    fn calls_of_the_mirror_are_told_from_choices() {
        assert!(is_observed("application/json", br#"{"observed":1}"#));
        assert!(!is_observed("application/json", br#"{"choice":"accept"}"#));
        assert!(!is_observed("application/json", br#"{"observed":1,"observed":2}"#));
        assert!(!is_observed("text/plain", br#"{"observed":"klaro"}"#), "a form of another site can send that");
    }
}
