//! `[[site.test]]` tables: tests that a policy carries. They are checked like every other table, and run elsewhere.

use std::collections::BTreeSet;

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::diagnostic::{Place, SourceFile};
use super::log::{Located, Log, Problem, Span, did_you_mean, listed, place, quote};
use super::model::SiteConfig;
use super::read::Table;
use super::{service, values};
use crate::catalog::Service;
use crate::consent::{Grant, PurposeId, PurposeSet, PurposeTable};
use crate::policy::{Consent, Expectation, Given, Subject, Test};

const CONSENT: &[(&str, Consent)] =
    &[("accept-all", Consent::AcceptAll), ("refuse-all", Consent::RefuseAll), ("undecided", Consent::Undecided)];

const GIVEN: &[&str] = &["consent", "method", "url", "headers", "cookie", "set_cookie", "response_headers", "html"];

type About = fn(Subject) -> Expectation;
type Make = fn(Box<str>) -> Expectation;

/// A test of a site, and where it stands.
#[derive(Clone, Debug)]
pub struct SiteTest {
    /// The site, by its position in [`super::Config::sites`].
    pub site: usize,
    /// Where the test begins.
    pub place: Place,
    /// What it says.
    pub test: Test,
    /// Where each of the test's expectations stands, in their order.
    pub places: Vec<Place>,
}

/// What a site's tests may name.
pub(super) struct Known<'a> {
    pub(super) files: &'a [SourceFile],
    pub(super) site: &'a SiteConfig,
    pub(super) at: usize,
    pub(super) purposes: &'a PurposeTable,
    pub(super) services: &'a [Service],
}

/// Reads the tests of one site.
pub(super) fn read(log: &mut Log, tables: Vec<Table<'_>>, known: &Known<'_>) -> Vec<SiteTest> {
    tables.into_iter().filter_map(|table| one(log, table, known)).collect()
}

fn one(log: &mut Log, mut table: Table<'_>, known: &Known<'_>) -> Option<SiteTest> {
    table.require(&["expect"]);
    let span = table.span;
    let name = table.string(log, "name").map_or("", |text| text.value);
    let written = table.table(log, "given", "[site.test.given]");
    let found = Found::of(&table, written.as_ref());
    let given = given(log, written, known);
    let expected = table.table(log, "expect", "[site.test.expect]");
    table.finish(log);
    let expected = expected.map(|table| expect(log, table, known, &found)).unwrap_or_default();
    let (expect, places) = expected.into_iter().map(|one| (one.value, place(known.files, one.span))).unzip();
    let test = Test { name: name.into(), given: given?, expect };
    Some(SiteTest { site: known.at, place: place(known.files, span), test, places })
}

/// The keys that a test gives, as far as its expectations need to know.
struct Found<'a> {
    given: Vec<&'a str>,
    /// A key that nobody knows is the one that is missing: one mistake, one message.
    mistyped: bool,
}

impl<'a> Found<'a> {
    fn of(test: &Table<'_>, given: Option<&Table<'a>>) -> Self {
        let given = given.map(Table::keys).unwrap_or_default();
        let in_test = test.keys().iter().any(|key| !["name", "given", "expect"].contains(key));
        Self { mistyped: in_test || given.iter().any(|key| !GIVEN.contains(key)), given }
    }

    fn has(&self, key: &str) -> bool {
        self.mistyped || self.given.contains(&key)
    }
}

fn given(log: &mut Log, table: Option<Table<'_>>, known: &Known<'_>) -> Option<Given> {
    let host = known.site.hosts.first().map_or("shop.example", |host| host);
    let home = Url::parse(&format!("https://{host}/")).ok();
    let Some(mut table) = table else {
        let empty = (HeaderMap::new(), HeaderMap::new());
        return Some(Given {
            consent: Consent::Undecided,
            method: "GET".into(),
            url: home?,
            request: empty.0,
            response: empty.1,
            html: None,
        });
    };
    let consent = consent(log, &mut table, known).unwrap_or_default();
    let url = table.string(log, "url").map_or_else(|| home.clone(), |text| address(log, text, known, home.as_ref()));
    let method = table.string(log, "method").map_or("GET", |text| text.value).into();
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
    Some(Given { consent, method, url: url?, request, response, html })
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

/// A purpose that the site asks for.
fn asked_for(log: &mut Log, name: Located<&str>, known: &Known<'_>) -> Option<PurposeId> {
    let purpose = service::purpose(log, known.purposes, name, Some(nameable(known)))?;
    if !known.site.policy.offered.contains(purpose) {
        let message = format!("the site does not ask for {}", quote(name.value));
        let asked: Vec<&str> = known.site.policy.offered.iter().map(|one| known.purposes.name(one)).collect();
        log.push(Problem::new("V0703", name.span, message).help(format!("it asks for {}", listed(&asked, "and"))));
        return None;
    }
    Some(purpose)
}

/// The built-in purposes and the site's own.
fn nameable(known: &Known<'_>) -> PurposeSet {
    super::purpose::everybody().union(known.site.policy.offered)
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

fn field_name(log: &mut Log, name: Located<&str>) -> Option<HeaderName> {
    let parsed = HeaderName::from_bytes(name.value.as_bytes()).ok();
    if parsed.is_none() {
        let message = format!("{} cannot be the name of a field", quote(name.value));
        log.push(Problem::new("V0705", name.span, message).help("write a name such as `Sec-GPC`"));
    }
    let own_key = match &parsed {
        Some(name) if *name == COOKIE => "cookie",
        Some(name) if *name == SET_COOKIE => "set_cookie",
        _ => return parsed,
    };
    let message = format!("{} has a key of its own", quote(name.value));
    log.push(Problem::new("V0705", name.span, message).help(format!("write `{own_key}`")));
    None
}

fn field_value(log: &mut Log, text: Located<&str>) -> Option<HeaderValue> {
    let parsed = HeaderValue::from_bytes(text.value.as_bytes()).ok();
    if parsed.is_none() {
        let message = format!("{} cannot be the value of a field", quote(text.value));
        log.push(Problem::new("V0705", text.span, message).help("leave out line breaks and control characters"));
    }
    parsed
}

fn expect(log: &mut Log, mut table: Table<'_>, known: &Known<'_>, found: &Found<'_>) -> Vec<Located<Expectation>> {
    let mut expected = Vec::new();
    let mut add = |value: Expectation, span: Span| expected.push(Located { value, span });
    for grant in [Grant::Granted, Grant::Denied, Grant::Undecided] {
        for name in table.strings(log, grant.as_str()).unwrap_or_default() {
            if let Some(purpose) = asked_for(log, name, known) {
                add(Expectation::Grant(purpose, grant), name.span);
            }
        }
    }
    if let Some(text) = table.text(log, "upstream_cookie") {
        needs(log, &table, "upstream_cookie", "cookie", found);
        add(Expectation::UpstreamCookie(text.value.into()), text.span);
    }
    if let Some(fields) = table.strings(log, "set_cookie") {
        needs(log, &table, "set_cookie", "set_cookie", found);
        let span = table.key_span("set_cookie");
        add(Expectation::SetCookie(fields.iter().map(|field| field.value.into()).collect()), span);
    }
    let mut subjects = BTreeSet::new();
    let about: [(&'static str, About); 3] =
        [("blocked", Expectation::Blocked), ("kept", Expectation::Kept), ("would_block", Expectation::WouldBlock)];
    for (key, make) in about {
        for name in table.strings(log, key).unwrap_or_default() {
            let Some(subject) = subject(log, name, known) else {
                continue;
            };
            if !subjects.insert(name.value) {
                let message = format!("{} is named twice", quote(name.value));
                let help = "one exchange treats a service or host in one way; write two tests";
                log.push(Problem::new("V0707", name.span, message).help(help));
                continue;
            }
            add(make(subject), name.span);
        }
        if table.has(key) && !["cookie", "set_cookie", "html", "response_headers"].iter().any(|given| found.has(given))
        {
            let message = format!("`{key}` is expected, and nothing is given that could be judged");
            let help = "add `cookie`, `set_cookie`, `response_headers` or `html` to `given`";
            log.push(Problem::new("V0706", table.key_span(key), message).help(help));
        }
    }
    let texts: [(&'static str, Make, bool); 4] = [
        ("html_contains", Expectation::HtmlContains, true),
        ("html_lacks", Expectation::HtmlLacks, true),
        ("csp_contains", Expectation::CspContains, false),
        ("csp_lacks", Expectation::CspLacks, false),
    ];
    for (key, make, of_page) in texts {
        if table.has(key) && of_page {
            needs(log, &table, key, "html", found);
        }
        for text in table.strings(log, key).unwrap_or_default() {
            add(make(text.value.into()), text.span);
        }
    }
    for (name, values) in table.fields(log, "response_headers") {
        if field_name(log, name).is_some() {
            let value: Vec<&str> = values.iter().map(|value| value.value).collect();
            add(Expectation::ResponseHeader(name.value.into(), value.join(", ").into()), name.span);
        }
    }
    if table.is_empty() {
        log.push(
            Problem::new("V0701", table.span, "the test expects nothing").help("add `blocked = [\"…\"]` to `expect`"),
        );
    }
    table.finish(log);
    expected
}

fn needs(log: &mut Log, table: &Table<'_>, key: &'static str, needed: &str, found: &Found<'_>) {
    if !found.has(needed) {
        let message = format!("`{key}` is expected, and `given` has no `{needed}`");
        log.push(Problem::new("V0706", table.key_span(key), message).help(format!("add `{needed}` to `given`")));
    }
}

/// A service by its id, or a host: ids have no dots.
fn subject(log: &mut Log, name: Located<&str>, known: &Known<'_>) -> Option<Subject> {
    if known.services.iter().any(|service| *service.id == *name.value) {
        return Some(Subject::Service(name.value.into()));
    }
    if name.value.contains('.') {
        return values::host(log, name).map(Subject::Host);
    }
    if !log.names_incomplete {
        let ids: Vec<&str> = known.services.iter().map(|service| &*service.id).collect();
        let help = did_you_mean(name.value, &ids).unwrap_or_else(|| "name a service or a host".to_owned());
        let message = format!("unknown service {}", quote(name.value));
        log.push(Problem::new("V0505", name.span, message).help(help));
    }
    None
}
