//! What a `[[site.test]]` expects.

use std::collections::BTreeSet;

use super::log::{Located, Log, Problem, Span, did_you_mean, quote};
use super::read::Table;
use super::test::{Found, Known, asked_for, field_name};
use super::values;
use crate::consent::Grant;
use crate::policy::{Expectation, Subject};

type About = fn(Subject) -> Expectation;
type Make = fn(Box<str>) -> Expectation;

pub(super) fn read(
    log: &mut Log,
    mut table: Table<'_>,
    known: &Known<'_>,
    found: &Found<'_>,
) -> Vec<Located<Expectation>> {
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
    if let Some(text) = table.string(log, "upstream_url") {
        add(Expectation::UpstreamUrl(text.value.into()), text.span);
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
        let judged = ["cookie", "set_cookie", "html", "headers", "response_headers", "url"];
        if table.has(key) && !judged.iter().any(|given| found.has(given)) {
            let message = format!("`{key}` is expected, and nothing is given that could be judged");
            let help = "add `cookie`, `set_cookie`, `headers`, `response_headers`, `html`, or a `url` with parameters, to `given`";
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
