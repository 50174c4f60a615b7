//! `[[site]]` tables: which hosts, which shop, what is allowed there.

use std::collections::HashMap;
use std::path::Path;

use super::log::{Located, Log, Problem, Span, quote};
use super::model::{PurposeText, SiteConfig};
use super::read::Table;
use super::regime::{self, RegimeProfile};
use super::{asking, lists, purpose, route, service, source, values};
use crate::catalog::Service;
use crate::consent::{PurposeId, PurposeSet, PurposeTable, ServiceId};
use crate::policy::{Collectors, Mode, ObservedRules, SitePolicy, UnknownCookies, UnknownThirdParty};

/// The words for [`Mode`].
pub(super) const MODES: &[(&str, Mode)] = &[("enforce", Mode::Enforce), ("observe", Mode::Observe), ("off", Mode::Off)];

/// What a browser can be asked to clear, and how (W3C Working Draft "Clear Site Data", §3.1).
const CLEARED: &[(&str, &str)] = &[("cache", "\"cache\""), ("storage", "\"storage\"")];

/// A host and where it was written, to find the same one twice.
pub(super) type Hosts = HashMap<Box<str>, Span>;

/// What sites share while they are read.
#[derive(Debug)]
pub(super) struct Context<'c> {
    /// The regimes that they may name.
    pub(super) regimes: &'c [RegimeProfile],
    /// The directory that names of files are relative to.
    pub(super) base: &'c Path,
    /// Hosts and where they were written, to find the same one twice.
    pub(super) hosts: Hosts,
    /// Where fields were named that only a trusted proxy can set.
    pub(super) country_headers: Vec<Span>,
    /// Filter lists that were read, by their files.
    pub(super) lists: lists::Compiled,
    /// The regimes of each site, in order.
    pub(super) site_regimes: Vec<Vec<RegimeProfile>>,
}

/// Reads one site. What comes out is complete only when nothing was reported.
pub(super) fn read(
    log: &mut Log,
    mut table: Table<'_>,
    purposes: &mut PurposeTable,
    services: &mut [Service],
    context: &mut Context<'_>,
) -> SiteConfig {
    table.require(&["hosts", "upstream"]);
    let hosts = hosts(log, &mut table, &mut context.hosts);
    let mut upstreams = Vec::new();
    if let Some(written) = filled(log, &mut table, "upstream") {
        upstreams.extend(written.into_iter().filter_map(|text| values::upstream(log, text)));
    }
    let own = table.tables(log, "purpose", "[[site.purpose]]");
    let own = purpose::read(log, own, purposes, services);
    let known = own.texts.iter().fold(purpose::everybody(), |all, text| all.with(text.purpose));
    let offered = offered(log, &mut table, purposes, known, &own.texts);
    let texts = texts(purposes, offered, own.texts);
    let mut policy = SitePolicy {
        name: hosts.first().map_or("default", |host| host).into(),
        offered,
        mode: table.word(log, "mode", MODES).unwrap_or_default(),
        ..SitePolicy::default()
    };
    let regimes = regime::of_site(log, &mut table, context.regimes, context.base);
    let gpc = table.word(log, "gpc", &[("denies", false), ("binds", true)]);
    let gpc_file = table.boolean(log, "gpc_file").unwrap_or(true);
    let choice_days = asking::choice_days(log, &mut table, &regimes.profiles);
    policy.markup_in_json = table.boolean(log, "markup_in_json").unwrap_or(true);
    policy.host_only_cookies = table.boolean(log, "host_only_cookies").unwrap_or(false);
    policy.strip_links = table.boolean(log, "strip_links").unwrap_or(false);
    policy.cookie_days = own.cookie_days;
    let clear_site_data = table.one_or_more(log, "clear_on_withdrawal", CLEARED);
    policy.regimes = regimes.resolved(offered, gpc, choice_days);
    let asks = table.has("banner");
    let mut asking = asking::read(log, &mut table, &regimes.profiles, purposes, offered);
    context.country_headers.extend(regimes.country_header.as_ref().map(|header| header.span));
    policy.observed = observed(log, &mut table, services);
    for text in table.strings(log, "first_party").unwrap_or_default() {
        policy.first_party.extend(values::host(log, text));
    }
    policy.filter_lists = lists::read(log, &mut table, context.base, &mut context.lists);
    if let Some(collectors) = table.table(log, "collectors", "[site.collectors]") {
        policy.collectors = read_collectors(log, collectors, services);
    }
    if let Some(unclassified) = table.table(log, "unclassified", "[site.unclassified]") {
        read_unclassified(log, unclassified, &mut policy);
    }
    let routes = table.tables(log, "route", "[[site.route]]");
    policy.routes = route::read(log, routes, purposes, known);
    route::deny_by_stage(log, &mut policy.routes, &own.not_at);
    // What nobody is asked about is denied everywhere.
    policy.routes.iter_mut().for_each(|route| route.deny = route.deny.intersection(offered));
    for entry in table.tables(log, "necessary", "[[site.necessary]]") {
        route::necessary(log, entry, &mut policy);
    }
    let named = source::Known { purposes, here: known, services, hosts: &hosts };
    let sources = source::read(log, &mut table, named);
    // One question at a time.
    asking.shown &= asks || !sources.iter().any(|used| used.source.cmp().is_some());
    let site = SiteConfig {
        hosts,
        upstreams,
        policy,
        asking,
        country_header: regimes.country_header.as_ref().map(|header| header.value.clone()),
        country_database: regimes.country_database,
        own_path: own_path(log, &mut table).unwrap_or_else(|| "/.vestibule".into()),
        gpc_file,
        clear_site_data: clear_site_data.map(|words| words.join(", ").into()),
        sources,
        purposes: texts,
    };
    table.finish(log);
    context.site_regimes.push(regimes.profiles);
    site
}

/// A list that must hold something.
fn filled<'a>(log: &mut Log, table: &mut Table<'a>, key: &'static str) -> Option<Vec<Located<&'a str>>> {
    let reported = log.errors();
    let list = table.strings(log, key)?;
    if list.is_empty() && log.errors() == reported {
        log.push(Problem::new("V0108", table.key_span(key), format!("`{key}` must not be empty")));
    }
    Some(list)
}

fn hosts(log: &mut Log, table: &mut Table<'_>, all: &mut Hosts) -> Vec<Box<str>> {
    let mut hosts = Vec::new();
    let written = filled(log, table, "hosts").unwrap_or_default();
    let alone = written.len() == 1;
    for text in written {
        let every = text.value == "*";
        if every && !alone {
            let message = "`*` stands for every host and must stand alone";
            log.push(Problem::new("V0207", text.span, message).help("leave out the `*`, or all the other hosts"));
            continue;
        }
        let host: Box<str> = if every {
            "*".into()
        } else {
            let Some(host) = values::host(log, text) else {
                continue;
            };
            host
        };
        if let Some(first) = all.get(&host) {
            let message = format!("the host `{host}` is configured twice");
            log.push(Problem::new("V0208", text.span, message).related("first here", *first));
            continue;
        }
        all.insert(host.clone(), text.span);
        if !every {
            hosts.push(host);
        }
    }
    hosts
}

/// What the site asks for: what `purposes` lists, or every built-in purpose, and in any case what it declares itself.
fn offered(
    log: &mut Log,
    table: &mut Table<'_>,
    purposes: &PurposeTable,
    known: PurposeSet,
    own: &[PurposeText],
) -> PurposeSet {
    let mut offered = match table.strings(log, "purposes") {
        None => SitePolicy::default().offered,
        Some(names) => names
            .into_iter()
            .filter_map(|name| {
                let found = service::purpose(log, purposes, name, Some(known))?;
                if found == PurposeId::NECESSARY {
                    let message = "what is necessary is never asked for";
                    log.push(Problem::new("V0304", name.span, message).help("leave `necessary` out"));
                }
                Some(found)
            })
            .collect(),
    };
    for text in own {
        offered.insert(text.purpose);
    }
    offered.remove(PurposeId::NECESSARY);
    offered
}

/// The necessary purpose first, then what is offered: built-in purposes in their order, then the site's own.
fn texts(purposes: &PurposeTable, offered: PurposeSet, mut own: Vec<PurposeText>) -> Vec<PurposeText> {
    let shown = offered.with(PurposeId::NECESSARY);
    shown
        .iter()
        .filter_map(|purpose| match own.iter().position(|text| text.purpose == purpose) {
            Some(at) => Some(own.swap_remove(at)),
            None => purpose::built_in(purposes, purpose),
        })
        .collect()
}

fn read_unclassified(log: &mut Log, mut table: Table<'_>, policy: &mut SitePolicy) {
    let words = [("deny", UnknownThirdParty::Deny), ("allow", UnknownThirdParty::Allow)];
    if let Some(word) = table.word(log, "third_party", &words) {
        policy.unknown_third_party = word;
    }
    let words =
        [("session", UnknownCookies::Session), ("deny", UnknownCookies::Deny), ("allow", UnknownCookies::Allow)];
    if let Some(word) = table.word(log, "cookies", &words) {
        policy.unknown_cookies = word;
    }
    table.finish(log);
}

/// Rules that are tried out on this site: services by id, and what nobody classified by its key.
fn observed(log: &mut Log, table: &mut Table<'_>, services: &[Service]) -> ObservedRules {
    let mut rules = ObservedRules::default();
    for text in table.strings(log, "observe").unwrap_or_default() {
        match text.value {
            "unclassified.third_party" => rules.unknown_third_party = true,
            "filter_lists" => rules.filter_lists = true,
            "unclassified.cookies" => rules.unknown_cookies = true,
            id => match services.iter().position(|service| &*service.id == id).and_then(|at| u16::try_from(at).ok()) {
                Some(at) => rules.services.push(ServiceId(at)),
                None => purpose::unknown_service(log, text, services),
            },
        }
    }
    rules.services.sort_unstable();
    rules.services.dedup();
    rules
}

fn read_collectors(log: &mut Log, mut table: Table<'_>, services: &[Service]) -> Collectors {
    let mut collectors = Collectors::default();
    if let Some(read) = table.boolean(log, "read_bodies") {
        collectors.read_bodies = read;
    }
    for text in table.strings(log, "without_address").unwrap_or_default() {
        let at = services.iter().position(|service| *service.id == *text.value).and_then(|at| u16::try_from(at).ok());
        match at {
            Some(at) => collectors.without_address.push(ServiceId(at)),
            None => purpose::unknown_service(log, text, services),
        }
    }
    collectors.without_address.sort_unstable();
    collectors.without_address.dedup();
    table.finish(log);
    collectors
}

fn own_path(log: &mut Log, table: &mut Table<'_>) -> Option<Box<str>> {
    let text = table.string(log, "own_path")?;
    let path = text.value;
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-._~".contains(c);
    let fits = path.len() > 1
        && path.starts_with('/')
        && !path.ends_with('/')
        && !path.contains("//")
        && path.chars().all(plain);
    if fits {
        return Some(path.into());
    }
    let message = format!("{} cannot be the path of Vestibule's own endpoints", quote(path));
    let help = "start with `/`, do not end with it, and use letters, digits, `-`, `.`, `_` and `~` only: `/.vestibule`";
    log.push(Problem::new("V0209", text.span, message).help(help));
    None
}
