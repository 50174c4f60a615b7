//! What a `[[site.test]]` gives: one exchange between a visitor and the shop.

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};
use url::Url;

use super::log::{Located, Log, Problem, did_you_mean, listed, quote};
use super::read::Table;
use super::test::{Known, asked_for, field_name};
use super::{regime, route};
use crate::policy::{Consent, Given};

/// The words for a visitor's choice as a whole.
const CONSENT: &[(&str, Consent)] =
    &[("accept-all", Consent::AcceptAll), ("refuse-all", Consent::RefuseAll), ("undecided", Consent::Undecided)];

/// Every key of `given`.
pub(super) const KEYS: &[&str] =
    &["consent", "country", "method", "url", "headers", "cookie", "set_cookie", "response_headers", "html"];

pub(super) fn read(log: &mut Log, table: Option<Table<'_>>, known: &Known<'_>) -> Option<Given> {
    let host = known.site.hosts.first().map_or("shop.example", |host| host);
    let home = Url::parse(&format!("https://{host}/")).ok();
    let Some(mut table) = table else {
        let empty = (HeaderMap::new(), HeaderMap::new());
        return Some(Given {
            consent: Consent::Undecided,
            country: None,
            method: "GET".into(),
            url: home?,
            request: empty.0,
            response: empty.1,
            html: None,
        });
    };
    let consent = consent(log, &mut table, known).unwrap_or_default();
    let country = table.string(log, "country").and_then(|text| regime::country(log, text));
    let url = table.string(log, "url").map_or_else(|| home.clone(), |text| address(log, text, known, home.as_ref()));
    let method = table.string(log, "method").and_then(|text| route::method(log, text)).unwrap_or_else(|| "GET".into());
    let mut request = fields(log, &mut table, "headers");
    let mut response = fields(log, &mut table, "response_headers");
    for (key, name, into) in [("cookie", COOKIE, &mut request), ("set_cookie", SET_COOKIE, &mut response)] {
        for text in table.strings(log, key).unwrap_or_default() {
            if let Some(value) = field_value(log, text) {
                into.append(name.clone(), value);
            }
        }
    }
    let html = table.string(log, "html").map(|text| text.value.into());
    table.finish(log);
    Some(Given { consent, country, method, url: url?, request, response, html })
}

/// One of the words, or purposes that the site asks for.
fn consent(log: &mut Log, table: &mut Table<'_>, known: &Known<'_>) -> Option<Consent> {
    let span = table.key_span("consent");
    let list = table.is_list("consent");
    let written = table.strings(log, "consent")?;
    if let ([word], false) = (written.as_slice(), list) {
        if let Some((_, consent)) = CONSENT.iter().find(|(name, _)| *name == word.value) {
            return Some(*consent);
        }
        if known.purposes.get(word.value).is_none() {
            let words: Vec<&str> = CONSENT.iter().map(|(name, _)| *name).collect();
            let purposes = known.site.policy.offered.iter().map(|purpose| known.purposes.name(purpose));
            let all: Vec<&str> = words.iter().copied().chain(purposes).collect();
            let message = format!("unknown consent {}", quote(word.value));
            let help = did_you_mean(word.value, &all)
                .unwrap_or_else(|| format!("write {}, or a list of purposes", listed(&words, "or")));
            log.push(Problem::new("V0702", word.span, message).help(help));
            return None;
        }
    }
    if written.is_empty() && list {
        let help = "write `\"refuse-all\"` for a visitor who refuses, `\"undecided\"` for one who did not choose";
        log.push(Problem::new("V0702", span, "an empty list says nothing about the visitor").help(help));
        return None;
    }
    Some(Consent::Only(written.into_iter().filter_map(|name| asked_for(log, name, known)).collect()))
}

/// A path on the site's first host, or a whole address on any of its hosts.
fn address(log: &mut Log, text: Located<&str>, known: &Known<'_>, home: Option<&Url>) -> Option<Url> {
    let parsed = if text.value.starts_with('/') && !text.value.starts_with("//") {
        home.and_then(|home| home.join(text.value).ok())
    } else {
        Url::parse(text.value).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
    };
    let Some(url) = parsed else {
        let message = format!("{} is neither a path nor an address", quote(text.value));
        log.push(
            Problem::new("V0704", text.span, message).help("write `/checkout` or `https://www.shop.example/checkout`"),
        );
        return None;
    };
    let hosts = &known.site.hosts;
    let host = url.host_str().unwrap_or_default().trim_end_matches('.');
    if !hosts.is_empty() && !hosts.iter().any(|own| **own == *host) {
        let own: Vec<&str> = hosts.iter().map(|host| &**host).collect();
        let message = format!("{} is not a host of this site", quote(host));
        let help = did_you_mean(host, &own).unwrap_or_else(|| format!("it answers for {}", listed(&own, "and")));
        log.push(Problem::new("V0704", text.span, message).help(help));
        return None;
    }
    Some(url)
}

fn fields(log: &mut Log, table: &mut Table<'_>, key: &'static str) -> HeaderMap {
    let mut fields = HeaderMap::new();
    for (name, values) in table.fields(log, key) {
        let Some(header) = field_name(log, name) else {
            continue;
        };
        for value in values {
            if let Some(value) = field_value(log, value) {
                fields.append(header.clone(), value);
            }
        }
    }
    fields
}

fn field_value(log: &mut Log, text: Located<&str>) -> Option<HeaderValue> {
    let parsed = HeaderValue::from_bytes(text.value.as_bytes()).ok();
    if parsed.is_none() {
        let message = format!("{} cannot be the value of a field", quote(text.value));
        log.push(Problem::new("V0705", text.span, message).help("leave out line breaks and control characters"));
    }
    parsed
}
