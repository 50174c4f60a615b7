//! `[[service]]` tables: how a service is recognised and what it is for. The built-in catalog is read by the same code.

use super::log::{Located, Log, Problem, Span, listed, nearest, quote};
use super::read::Table;
use super::values;
use crate::catalog::Service;
use crate::consent::{PurposeId, PurposeSet, PurposeTable};

const RECOGNISED_BY: &[&str] = &[
    "cookies",
    "hosts",
    "addresses",
    "inline",
    "parameters",
    "campaign_parameters",
    "endpoints",
    "cname_targets",
    "fields",
];
const PURPOSE: &[&str] = &["purpose", "purposes", "carrier"];

/// Reads one table. What comes out is complete only when nothing was reported.
pub(super) fn read(
    log: &mut Log,
    mut table: Table<'_>,
    purposes: &PurposeTable,
    built_in: bool,
) -> Option<Located<Service>> {
    table.require(&["id"]);
    if built_in {
        table.require(&["source"]);
    }
    let written_id = table.string(log, "id");
    let span = written_id.map_or(table.span, |id| id.span);
    let id = written_id.and_then(|id| values::id(log, id));
    log.names_incomplete |= id.is_none();
    let name = table.string(log, "name").map(|text| text.value);
    let vendor = table.string(log, "vendor").map_or("", |text| text.value);
    let iab_vendor = table.integer(log, "iab_vendor", 1..=65535).and_then(|id| u16::try_from(id).ok());
    let _ = table.string(log, "source");
    let (purposes, carrier) = purpose_of(log, &mut table, purposes);
    let reason = reason(log, &mut table, purposes);
    let id_text = id.unwrap_or_default();
    let mut service = Service {
        name: name.unwrap_or(id_text).into(),
        vendor: vendor.into(),
        iab_vendor,
        carrier,
        reason,
        ..Service::named(id_text, purposes)
    };
    for text in table.strings(log, "cookies").unwrap_or_default() {
        service.cookies.extend(values::cookie(log, text));
    }
    for text in table.strings(log, "hosts").unwrap_or_default() {
        service.hosts.extend(values::host(log, text));
    }
    for text in table.strings(log, "addresses").unwrap_or_default() {
        service.addresses.extend(values::address(log, text));
    }
    for text in table.strings(log, "inline").unwrap_or_default() {
        service.inline.extend(marker(log, text));
    }
    for (key, names) in [
        ("parameters", &mut service.parameters),
        ("campaign_parameters", &mut service.campaign_parameters),
        ("fields", &mut service.fields),
    ] {
        for text in table.strings(log, key).unwrap_or_default() {
            names.extend(values::folded_name(log, text));
        }
    }
    for text in table.strings(log, "endpoints").unwrap_or_default() {
        service.endpoints.extend(values::endpoint(log, text));
    }
    for text in table.strings(log, "cname_targets").unwrap_or_default() {
        service.cname_targets.extend(values::host(log, text));
    }
    service.variant = table.string(log, "variant").and_then(|text| values::variant(log, text));
    let message = "nothing says how this service is recognised";
    let help = format!("add at least one of {}", listed(RECOGNISED_BY, "or"));
    let problem = Problem::new("V0507", table.span, message).help(help);
    table.require_any(RECOGNISED_BY, problem);
    table.finish(log);
    id.map(|_| Located { value: service, span })
}

/// `purpose`, `purposes` or `carrier`: exactly one of them.
fn purpose_of(log: &mut Log, table: &mut Table<'_>, known: &PurposeTable) -> (PurposeSet, bool) {
    let written: Vec<&str> = PURPOSE.iter().copied().filter(|key| table.has(key)).collect();
    let mut names = table.strings(log, "purposes").unwrap_or_default();
    names.extend(table.string(log, "purpose"));
    let carrier = table.boolean(log, "carrier").unwrap_or(false);
    match written.as_slice() {
        [] => {
            let problem = Problem::new("V0503", table.span, "the service has no purpose");
            table.require_any(
                PURPOSE,
                problem.help("add `purpose = \"analytics\"`, or `carrier = true` for a tag manager"),
            );
        }
        ["carrier"] if !carrier => {
            let message = "a service that is no carrier needs a purpose";
            log.push(Problem::new("V0503", table.key_span("carrier"), message));
        }
        [_] => {}
        [_, second, ..] => {
            let message = "`purpose`, `purposes` and `carrier` exclude each other";
            let help = "a tag manager is a carrier and has no purpose; everything else has `purpose` or `purposes`";
            log.push(Problem::new("V0503", table.key_span(second), message).help(help));
        }
    }
    let set: PurposeSet = names.iter().filter_map(|name| purpose(log, known, *name, None)).collect();
    if set.contains(PurposeId::NECESSARY) && set != PurposeSet::EMPTY.with(PurposeId::NECESSARY) {
        let message = "a necessary service cannot have another purpose";
        let help = "describe the parts that are not necessary as a service of their own";
        log.push(Problem::new("V0511", table.key_span("purposes"), message).help(help));
    }
    (set, carrier)
}

/// A reason goes with the purpose `necessary`, and only with that one.
fn reason(log: &mut Log, table: &mut Table<'_>, purposes: PurposeSet) -> Option<Box<str>> {
    let necessary = purposes.contains(PurposeId::NECESSARY);
    let text = table.string(log, "reason");
    if necessary {
        let message = "a necessary service needs a reason";
        let help = "say in `reason` what stops working without it; visitors and auditors read this";
        let at = [table.key_span("purpose"), table.key_span("purposes")].into_iter().find(|at| *at != table.span);
        let problem = Problem::new("V0501", at.unwrap_or(table.span), message);
        table.require_any(&["reason"], problem.help(help));
    }
    if !necessary && table.has("reason") && !purposes.is_empty() {
        let message = "a reason belongs to necessary services only";
        log.push(Problem::new("V0502", table.key_span("reason"), message).help("leave it out, or use a TOML comment"));
    }
    text.filter(|_| necessary).map(|text| text.value.into())
}

fn marker(log: &mut Log, text: Located<&str>) -> Option<Box<str>> {
    if !values::pattern_fits(log, text) {
        return None;
    }
    if text.value.chars().filter(|c| !c.is_whitespace()).count() < 4 {
        let message = format!("the marker {} is too short to give a service away", quote(text.value));
        log.push(
            Problem::new("V0510", text.span, message)
                .help("copy a longer part of the install snippet, at least four characters"),
        );
        return None;
    }
    Some(text.value.into())
}

/// Looks a purpose up. `allowed` narrows the look-up to what one site knows.
pub(super) fn purpose(
    log: &mut Log,
    known: &PurposeTable,
    name: Located<&str>,
    allowed: Option<PurposeSet>,
) -> Option<PurposeId> {
    let fits = |purpose: &PurposeId| allowed.is_none_or(|allowed| allowed.contains(*purpose));
    if let Some(found) = known.get(name.value).filter(fits) {
        return Some(found);
    }
    if log.names_incomplete {
        return None;
    }
    let names: Vec<&str> = known.names().filter(|name| known.get(name).as_ref().is_some_and(fits)).collect();
    let help = match nearest(name.value, names.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`"),
        None => format!("write {}, or declare your own with `[[site.purpose]]`", listed(&names, "or")),
    };
    let message = format!("unknown purpose {}", quote(name.value));
    log.push(Problem::new("V0301", name.span, message).help(help));
    None
}

/// All services of all files. An id may occur once.
pub(super) fn unique(log: &mut Log, services: Vec<Located<Service>>) -> Vec<Service> {
    let mut first: std::collections::HashMap<Box<str>, Span> = std::collections::HashMap::new();
    let mut kept = Vec::with_capacity(services.len());
    for Located { value, span } in services {
        if let Some(earlier) = first.get(&value.id) {
            let message = format!("the service `{}` is defined twice", value.id);
            log.push(Problem::new("V0504", span, message).related("first here", *earlier));
        } else {
            first.insert(value.id.clone(), span);
            kept.push(value);
        }
    }
    kept
}
