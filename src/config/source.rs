//! `sources` and `[[site.source]]`: what tells Vestibule about visitors' choices, and what a consent tool's words mean on
//! this site.

use std::collections::BTreeMap;

use super::log::{Located, Log, Problem, Span, did_you_mean, listed, nearest, quote};
use super::read::Table;
use super::{purpose, service, values};
use crate::banner::mirror::READERS;
use crate::catalog::Service;
use crate::consent::{PurposeId, PurposeSet, PurposeTable, ServiceId};
use crate::sources::{CookieDomain, NAMES, SourceUse};

/// What texts may name.
#[derive(Clone, Copy)]
pub(super) struct Known<'k> {
    pub(super) purposes: &'k PurposeTable,
    /// The purposes of this site.
    pub(super) here: PurposeSet,
    pub(super) services: &'k [Service],
    /// The hosts of this site.
    pub(super) hosts: &'k [Box<str>],
}

/// Reads both keys of a site.
pub(super) fn read(log: &mut Log, table: &mut Table<'_>, known: Known<'_>) -> Vec<SourceUse> {
    let mut used = used(log, table);
    let mut tables: Vec<(Box<str>, Span)> = Vec::new();
    for mut entry in table.tables(log, "source", "[[site.source]]") {
        entry.require(&["id"]);
        let Some(id) = entry.string(log, "id") else {
            unread(&mut entry, known);
            entry.finish(log);
            continue;
        };
        if let Some((_, first)) = tables.iter().find(|(earlier, _)| **earlier == *id.value) {
            let message = format!("the source {} has two tables", quote(id.value));
            log.push_meaning(Problem::new("V0222", id.span, message).related("first here", *first));
        }
        tables.push((id.value.into(), id.span));
        let at = used.iter().position(|one| one.source.id().0 == id.value);
        if let Some(one) = at.and_then(|at| used.get_mut(at)) {
            settings(log, &mut entry, one, known);
        } else if let Some(mut other) = SourceUse::named(id.value) {
            let message = format!("the source {} is not read on this site", quote(id.value));
            let problem = Problem::new("V0221", id.span, message);
            log.push_meaning(problem.help(format!("add `{}` to `sources`", id.value)));
            settings(log, &mut entry, &mut other, known);
        } else {
            unknown(log, id);
            unread(&mut entry, known);
        }
        entry.finish(log);
    }
    used
}

fn used(log: &mut Log, table: &mut Table<'_>) -> Vec<SourceUse> {
    let Some(written) = table.strings(log, "sources") else {
        return SourceUse::usual();
    };
    let mut used: Vec<SourceUse> = Vec::new();
    for text in written {
        match SourceUse::named(text.value) {
            None => unknown(log, text),
            Some(found) if used.iter().any(|known| known.source.id() == found.source.id()) => {}
            Some(found) => used.push(found),
        }
    }
    used
}

fn unknown(log: &mut Log, text: Located<&str>) {
    let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
    let message = format!("unknown source {}", quote(text.value));
    let all = || "`vestibule explain-key site.sources` lists them".to_owned();
    let help = did_you_mean(text.value, &names).unwrap_or_else(all);
    log.push(Problem::new("V0107", text.span, message).help(help));
}

/// The keys of a table about a source that nobody knows: what they say cannot be held against anything.
fn unread(table: &mut Table<'_>, known: Known<'_>) {
    if let Some(any) = SourceUse::usual().first_mut() {
        settings(&mut Log::default(), table, any, known);
    }
}

/// The keys of one table.
fn settings(log: &mut Log, table: &mut Table<'_>, used: &mut SourceUse, known: Known<'_>) {
    let SourceUse { source, settings } = used;
    let cookies: &[&str] = source.cookies();
    for (name, own) in table.named_strings(log, "cookies").unwrap_or_default() {
        if cookies.contains(&name.value) {
            settings.cookies.insert(name.value.into(), own.value.into());
        } else {
            let message = format!("{} is no cookie of this source", quote(name.value));
            let help = match nearest(name.value, cookies.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`"),
                None if cookies.is_empty() => "it is not read from cookies; leave this out".to_owned(),
                None => format!("write {}", listed(cookies, "or")),
            };
            log.push_meaning(Problem::new("V0223", name.span, message).help(help));
        }
    }
    settings.map = map(log, table, known);
    for (name, id) in table.named_strings(log, "services").unwrap_or_default() {
        match known.services.iter().position(|service| &*service.id == id.value) {
            Some(at) => settings.services.extend(u16::try_from(at).ok().map(|at| (name.value.into(), ServiceId(at)))),
            None => purpose::unknown_service(log, id, known.services),
        }
    }
    for name in table.strings(log, "with_all").unwrap_or_default() {
        settings.with_all.extend(service::purpose(log, known.purposes, name, Some(known.here)));
    }
    settings.with_all.remove(PurposeId::NECESSARY);
    settings.revision = table.integer(log, "revision", 0..=u64::from(u32::MAX));
    settings.max_age = table.integer(log, "max_age_days", 1..=1000).map(|days| days * 24 * 60 * 60);
    settings.rescue = table.string(log, "rescue").and_then(|domain| rescue(log, domain, known));
    settings.mirror = table.boolean(log, "mirror").unwrap_or(settings.mirror);
    let reads = READERS.contains(&source.id().0);
    if settings.mirror && !reads && source.has_words() {
        let message = format!("the mirror cannot read {}", quote(source.id().0));
        let problem = Problem::new("V0223", table.key_span("mirror"), message);
        log.push_meaning(problem.help("leave `mirror` out; its choice is read from its cookies"));
    }
    let words = ["map", "services", "with_all", "revision", "max_age_days", "rescue", "mirror"];
    if !source.has_words()
        && let Some(key) = words.iter().find(|key| table.has(key) && !(**key == "mirror" && reads))
    {
        let message = format!("{} has no categories that could mean anything else", quote(source.id().0));
        log.push_meaning(Problem::new("V0223", table.key_span(key), message).help(format!("leave `{key}` out")));
    }
}

fn map(log: &mut Log, table: &mut Table<'_>, known: Known<'_>) -> BTreeMap<Box<str>, PurposeSet> {
    let mut map = BTreeMap::new();
    for (word, names) in table.fields(log, "map") {
        let found = names.into_iter().filter_map(|name| service::purpose(log, known.purposes, name, Some(known.here)));
        let purposes: PurposeSet = found.collect();
        map.insert(word.value.into(), purposes);
    }
    map
}

/// The domain that the tool sets its cookies for: one that covers every host of the site.
fn rescue(log: &mut Log, text: Located<&str>, known: Known<'_>) -> Option<CookieDomain> {
    if text.value == "host" {
        return Some(CookieDomain::Host);
    }
    let domain = values::host(log, text)?;
    let covers = |host: &str| host == &*domain || host.strip_suffix(&*domain).is_some_and(|rest| rest.ends_with('.'));
    if let Some(other) = known.hosts.iter().find(|host| !covers(host)) {
        let message = format!("{} does not cover the host {} of this site", quote(text.value), quote(other));
        let help = "write the domain that the tool sets its cookie for, or `host` when it sets none";
        log.push_meaning(Problem::new("V0224", text.span, message).help(help));
        return None;
    }
    Some(CookieDomain::Covering(domain))
}
