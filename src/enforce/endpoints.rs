//! The endpoint surface: requests that are calls to a service which the shop's own domain serves.
//!
//! Analytics behind a path of the shop's, and gateways for tags, look like the shop's own requests and are none. They are
//! recognised as addresses are, by path and parameters, or by the fields in a small body. A call that may not be made is
//! answered in the shop's place; one that may goes without what is not the service's business.
//!
//! # Which requests count
//!
//! Everything that a page asks for in the background: scripts, images, `fetch`, beacons, frames, what a service worker
//! asks for, and preflights for these. A navigation to a page never does, whatever its address looks like: a visitor who
//! follows a link to the shop's own `/collect` wants to see that page. Browsers tell by `Sec-Fetch-Dest` and
//! `Sec-Fetch-Mode`; older ones, and all of them on cleartext sites, by accepting HTML by name.
//!
//! # What takes the place of a call
//!
//! `204` with nothing in it, which is what collectors answer, too. Where a script was asked for, an empty one: a `204` is
//! no script to a browser, so that the element fires `error`, and loaders answer that by fetching the same script from
//! its own host. An empty service worker also takes the place of one that was installed before. Style sheets are the same.

use http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, ORIGIN, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use url::Url;

use super::request_headers::address;
use super::{FieldEdit, Judge, Surface};
use crate::catalog::FetchKind;
use crate::policy::{Item, Party, Verdict};

/// The longest body that is looked at, in bytes. Collectors send little; uploads and checkouts are not held up.
pub const MAX_PAYLOAD: usize = 8 * 1024;

/// How many lines of a body are read as calls of their own.
const MAX_LINES: usize = 25;

/// What a request asks for, as far as its fields say.
pub fn fetched_as(method: &Method, headers: &HeaderMap) -> FetchKind {
    let navigates = headers.get("sec-fetch-mode").is_some_and(|mode| mode == "navigate");
    match headers.get("sec-fetch-dest") {
        // An older browser's navigation names its mode only.
        Some(dest) if navigates && dest == "empty" => FetchKind::Document,
        Some(dest) => FetchKind::of_destination(dest.as_bytes()),
        None if navigates => FetchKind::Document,
        None => {
            let names_html = |value: &HeaderValue| value.to_str().is_ok_and(|value| value.contains("text/html"));
            let by_script = headers.contains_key("x-requested-with") || headers.contains_key("sec-fetch-mode");
            if !by_script && headers.get_all(ACCEPT).iter().any(names_html) {
                FetchKind::Document
            } else if *method == Method::POST || by_script {
                FetchKind::Call
            } else {
                FetchKind::Other
            }
        }
    }
}

/// Whether the body of a request may be looked at before it goes to the shop, and how long it is. Only small bodies that a
/// page's script sends to its own origin, in the forms that collectors use; the length is announced, so that nothing is
/// waited for in vain.
pub fn payload_length(method: &Method, headers: &HeaderMap) -> Option<usize> {
    let single = |name: HeaderName| {
        let mut fields = headers.get_all(name).iter();
        fields.next().filter(|_| fields.next().is_none()).and_then(|value| value.to_str().ok())
    };
    let length = single(CONTENT_LENGTH)?.parse().ok().filter(|length| (1..=MAX_PAYLOAD).contains(length))?;
    let by_script = headers.get("sec-fetch-dest").is_some_and(|dest| dest == "empty")
        && headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin")
        && headers.get("sec-fetch-mode").is_none_or(|mode| mode != "navigate");
    let held = headers.contains_key(EXPECT) || headers.contains_key(CONTENT_ENCODING);
    let fits = single(CONTENT_TYPE).and_then(Form::of).is_some();
    (*method == Method::POST && by_script && fits && !held).then_some(length)
}

/// How a payload writes its fields.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// As queries, one a line.
    Queries,
    /// As JSON.
    Json,
    /// As either; `sendBeacon` of a text says no more.
    Text,
}

impl Form {
    fn of(content_type: &str) -> Option<Self> {
        let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match essence.as_str() {
            "application/x-www-form-urlencoded" => Some(Self::Queries),
            "application/json" | "application/reports+json" => Some(Self::Json),
            "text/plain" => Some(Self::Text),
            _ => None,
        }
    }
}

/// The fields in a body, each entry written as a query: one for a form, one a line for a batch of several, one for each
/// object of a JSON text, with its own members and those one level further in.
pub fn payload(headers: &HeaderMap, body: &[u8]) -> Vec<String> {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Some(form) = Form::of(content_type) else {
        return Vec::new();
    };
    let Some(text) = std::str::from_utf8(body).ok().map(str::trim).filter(|text| !text.is_empty()) else {
        return Vec::new();
    };
    let json = form == Form::Json || (form == Form::Text && text.starts_with(['{', '[']));
    if json {
        return serde_json::from_str(text).map(|value| objects(&value)).unwrap_or_default();
    }
    text.lines().map(str::trim).filter(|line| line.contains('=')).take(MAX_LINES).map(str::to_owned).collect()
}

fn objects(value: &serde_json::Value) -> Vec<String> {
    match value {
        serde_json::Value::Array(all) => all.iter().take(MAX_LINES).flat_map(objects).take(MAX_LINES).collect(),
        serde_json::Value::Object(members) => {
            let mut query = String::new();
            for (name, value) in members {
                match value {
                    serde_json::Value::Object(inner) => {
                        inner.iter().for_each(|(name, value)| add(&mut query, name, value));
                    }
                    value => add(&mut query, name, value),
                }
            }
            vec![query]
        }
        _ => Vec::new(),
    }
}

fn add(query: &mut String, name: &str, value: &serde_json::Value) {
    let value = match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Number(number) => number.to_string(),
        serde_json::Value::Bool(yes) => yes.to_string(),
        _ => return,
    };
    // What would end a field in a query is no part of an account's name.
    if !value.contains('&') && !name.contains(['&', '=']) {
        if !query.is_empty() {
            query.push('&');
        }
        query.extend([name, "=", &value]);
    }
}

/// What is answered in place of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StandIn {
    /// `204`, with nothing in it.
    Nothing,
    /// `200`, with an empty script.
    Script,
    /// `200`, with an empty style sheet.
    Stylesheet,
}

/// What takes the place of a call for `path` that may not be made.
pub fn stand_in(kind: FetchKind, method: &Method, path: &str) -> StandIn {
    let script_by_name = || {
        let name = path.rsplit('/').next().unwrap_or_default();
        name == "js" || std::path::Path::new(name).extension().is_some_and(|end| end.eq_ignore_ascii_case("js"))
    };
    match kind {
        FetchKind::Script => StandIn::Script,
        FetchKind::Stylesheet => StandIn::Stylesheet,
        FetchKind::Other if (*method == Method::GET || *method == Method::HEAD) && script_by_name() => StandIn::Script,
        _ => StandIn::Nothing,
    }
}

/// The fields that let a page of the shop on another of its hosts read our answer and, for a preflight (Fetch Standard,
/// "CORS-preflight request"), make the call at all, which then is answered here as well. Anybody else gets none, and the
/// browser keeps the call from them. Nothing of it is remembered: the visitor may agree meanwhile.
pub fn sharing(judge: &Judge, method: &Method, headers: &HeaderMap) -> Vec<(&'static str, String)> {
    let origin = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok());
    let ours = origin.filter(|origin| {
        Url::parse(origin).ok().is_some_and(|url| url.host_str().is_some_and(|host| judge.party(host) == Party::First))
    });
    let Some(origin) = ours else {
        return Vec::new();
    };
    let mut fields = vec![
        ("Access-Control-Allow-Origin", origin.to_owned()),
        ("Access-Control-Allow-Credentials", "true".to_owned()),
        ("Vary", "Origin".to_owned()),
    ];
    if *method == Method::OPTIONS {
        for (asked, allowed) in [
            ("access-control-request-method", "Access-Control-Allow-Methods"),
            ("access-control-request-headers", "Access-Control-Allow-Headers"),
        ] {
            let names = headers.get(asked).and_then(|value| value.to_str().ok()).filter(|value| value.len() <= 1024);
            fields.extend(names.map(|names| (allowed, names.to_owned())));
        }
        fields.push(("Access-Control-Max-Age", "0".to_owned()));
    }
    fields
}

/// Judges what a request to a service says about the visitor besides its cookies: client hints beyond the three that
/// browsers send everybody, the exact versions in `User-Agent`, and the visitor's address.
pub fn trimmed(judge: &mut Judge, headers: &HeaderMap) -> Vec<FieldEdit> {
    if !judge.is_call() {
        return Vec::new();
    }
    let mut edits = Vec::new();
    for name in headers.keys() {
        let word = name.as_str();
        let hint = word.starts_with("sec-ch-") && !is_low_entropy(word);
        let lines = if hint || address::is_field(word) {
            Vec::new()
        } else if *name == USER_AGENT {
            let sent = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
            match reduced_agent(sent).map(HeaderValue::try_from) {
                Some(Ok(reduced)) => vec![reduced],
                _ => continue,
            }
        } else {
            continue;
        };
        let item = Item::Field { name: word.as_bytes(), coarsens: !lines.is_empty() };
        if judge.judge(Surface::RequestHeader, &item, || word.to_owned()).verdict != Verdict::Keep {
            edits.push(FieldEdit { name: name.clone(), lines });
        }
    }
    edits
}

/// Hints that every request carries (W3C Draft Community Group Report "User Agent Client Hints", "low entropy hint table").
fn is_low_entropy(field: &str) -> bool {
    matches!(field, "sec-ch-ua" | "sec-ch-ua-mobile" | "sec-ch-ua-platform")
}

/// `User-Agent` with the major version of every product whose version has three numbers or more, as browsers of today
/// reduce it by themselves; `None` when it is so.
fn reduced_agent(sent: &str) -> Option<String> {
    let is_part = |letter: char| letter == '.' || letter.is_ascii_digit();
    let mut products = sent.split('/');
    let mut reduced = products.next().unwrap_or_default().to_owned();
    for product in products {
        let (version, rest) = product.split_at_checked(product.find(|c| !is_part(c)).unwrap_or(product.len()))?;
        reduced.push('/');
        let mut numbers = version.split('.');
        match (numbers.next(), numbers.count()) {
            (Some(major), minor @ 2..) => {
                reduced.push_str(major);
                reduced.push_str(&".0".repeat(minor));
            }
            _ => reduced.push_str(version),
        }
        reduced.push_str(rest);
    }
    (reduced != sent).then_some(reduced)
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue, Method};

    use super::{StandIn, fetched_as, payload, payload_length, reduced_agent, stand_in};
    use crate::catalog::FetchKind;

    fn fields(written: &str) -> HeaderMap {
        let pairs = written.split('\n').filter_map(|line| line.split_once(": "));
        pairs
            .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap()))
            .collect()
    }

    #[test]
    fn navigations_are_told_from_calls() {
        for (method, written, kind) in [
            (Method::GET, "sec-fetch-dest: document\nsec-fetch-mode: navigate", FetchKind::Document),
            (Method::GET, "sec-fetch-mode: navigate", FetchKind::Document),
            (Method::GET, "sec-fetch-dest: empty\nsec-fetch-mode: navigate", FetchKind::Document),
            (Method::GET, "accept: text/html,application/xhtml+xml", FetchKind::Document),
            (Method::POST, "accept: text/html,*/*", FetchKind::Document),
            (Method::GET, "accept: text/html\nx-requested-with: XMLHttpRequest", FetchKind::Call),
            (Method::GET, "accept: text/html\nsec-fetch-mode: cors", FetchKind::Call),
            (Method::POST, "accept: */*", FetchKind::Call),
            (Method::GET, "accept: */*", FetchKind::Other),
            (Method::GET, "", FetchKind::Other),
            (Method::GET, "sec-fetch-dest: script", FetchKind::Script),
            (Method::GET, "sec-fetch-dest: serviceworker", FetchKind::Script),
            (Method::GET, "sec-fetch-dest: image\naccept: text/html", FetchKind::Image),
            (Method::GET, "sec-fetch-dest: iframe\nsec-fetch-mode: navigate", FetchKind::Frame),
        ] {
            assert_eq!(fetched_as(&method, &fields(written)), kind, "{method} {written}");
        }
    }

    #[test]
    fn only_small_bodies_of_scripts_are_looked_at() {
        let plain = "sec-fetch-dest: empty\nsec-fetch-site: same-origin\ncontent-type: text/plain;charset=UTF-8\n\
                     content-length: 40";
        assert_eq!(payload_length(&Method::POST, &fields(plain)), Some(40));
        for (from, to) in [
            ("content-length: 40", "content-length: 9000"),
            ("content-length: 40", "content-length: 0"),
            ("content-length: 40", "transfer-encoding: chunked"),
            ("content-length: 40", "content-length: 40\nexpect: 100-continue"),
            ("content-length: 40", "content-length: 40\ncontent-encoding: gzip"),
            ("text/plain;charset=UTF-8", "multipart/form-data; boundary=x"),
            ("text/plain;charset=UTF-8", "application/octet-stream"),
            ("dest: empty", "dest: document"),
            ("same-origin", "cross-site"),
            ("sec-fetch-site: same-origin\n", ""),
        ] {
            assert_eq!(payload_length(&Method::POST, &fields(&plain.replace(from, to))), None, "{to}");
        }
        assert_eq!(payload_length(&Method::PUT, &fields(plain)), None);
    }

    #[test]
    fn payloads_become_queries() {
        for (kind, body, read) in [
            ("text/plain", "en=a&_et=1\r\nen=b", &["en=a&_et=1", "en=b"][..]),
            ("application/x-www-form-urlencoded", "v=1&tid=UA-1", &["v=1&tid=UA-1"]),
            ("application/json", r#"{"tid":"G-1","v":2,"in":{"key":"k"},"list":[1]}"#, &["key=k&tid=G-1&v=2"]),
            ("text/plain", r#"[{"api_key":"a"},{"api_key":"b"},7]"#, &["api_key=a", "api_key=b"]),
            ("application/json", r#"{"a":"x&tid=G-1","b=c":"d"}"#, &[""]),
            ("application/json", "{", &[]),
            ("text/plain", "hello", &[]),
            ("text/plain", "\u{0}\u{1}", &[]),
            ("image/png", "a=b", &[]),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("content-type", HeaderValue::from_static(kind));
            let mut found = payload(&headers, body.as_bytes());
            for query in &mut found {
                if kind.ends_with("json") {
                    let mut parts: Vec<&str> = query.split('&').collect();
                    parts.sort_unstable();
                    *query = parts.join("&");
                }
            }
            assert_eq!(found, read, "{kind} {body}");
        }
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("text/plain"));
        assert!(payload(&headers, b"a=\xff").is_empty());
        assert_eq!(payload(&headers, "a=b\n".repeat(1000).as_bytes()).len(), super::MAX_LINES);
    }

    #[test]
    fn scripts_get_a_script() {
        for (kind, method, path, answer) in [
            (FetchKind::Script, Method::GET, "/g/collect", StandIn::Script),
            (FetchKind::Other, Method::GET, "/metrics/gtag/js", StandIn::Script),
            (FetchKind::Other, Method::GET, "/metrics/matomo.JS", StandIn::Script),
            (FetchKind::Other, Method::POST, "/metrics/matomo.js", StandIn::Nothing),
            (FetchKind::Call, Method::GET, "/x.js", StandIn::Nothing),
            (FetchKind::Image, Method::GET, "/collect", StandIn::Nothing),
            (FetchKind::Stylesheet, Method::GET, "/collect", StandIn::Stylesheet),
            (FetchKind::Frame, Method::GET, "/sw_iframe.html", StandIn::Nothing),
        ] {
            assert_eq!(stand_in(kind, &method, path), answer, "{kind:?} {path}");
        }
    }

    #[test]
    fn agents_keep_their_names() {
        for (sent, reduced) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.7778.217 Safari/537.36",
                Some(
                    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36",
                ),
            ),
            ("curl/8.0.0", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(reduced_agent(sent).as_deref(), reduced, "{sent}");
        }
    }
}
