//! `[[site.route]]` and `[[site.necessary]]` tables.

use super::log::{Log, Problem, Span, quote};
use super::read::Table;
use super::{service, site, values};
use crate::consent::{PurposeId, PurposeSet, PurposeTable};
use crate::policy::{NecessaryItem, PathPattern, Route, SitePolicy};

pub(super) fn read(log: &mut Log, tables: Vec<Table<'_>>, purposes: &PurposeTable, known: PurposeSet) -> Vec<Route> {
    let mut routes: Vec<Route> = Vec::new();
    let mut places: Vec<(Box<str>, Span)> = Vec::new();
    for mut table in tables {
        table.require(&["path"]);
        let path = table.string(log, "path");
        let mut deny = PurposeSet::EMPTY;
        for name in table.strings(log, "deny").unwrap_or_default() {
            match service::purpose(log, purposes, name, Some(known)) {
                Some(PurposeId::NECESSARY) => {
                    let message = "what is necessary cannot be denied";
                    log.push(Problem::new("V0304", name.span, message).help("leave `necessary` out"));
                }
                Some(found) => deny.insert(found),
                None => {}
            }
        }
        let mode = table.word(log, "mode", site::MODES);
        let problem = Problem::new("V0403", table.span, "the route changes nothing");
        table.require_any(&["deny", "mode"], problem.help("add `deny = [\"marketing\"]` or `mode = \"observe\"`"));
        table.finish(log);
        let Some(path) = path else { continue };
        if !path.value.starts_with('/') {
            let message = format!("the route {} does not start with `/`", quote(path.value));
            let help = "routes match the path of a URL; `**` stands for anything, `*` for anything but `/`";
            log.push(Problem::new("V0401", path.span, message).help(help));
            continue;
        }
        if let Some((cover, first)) = places.iter().find(|(earlier, _)| covers(earlier, path.value)) {
            let message = format!("the route {} is never reached", quote(path.value));
            let help = "the first route that covers a path holds; put the narrower one first";
            let problem = Problem::new("V0402", path.span, message).help(help);
            log.push(problem.related(format!("{} covers it", quote(cover)), *first));
        }
        places.push((path.value.into(), path.span));
        routes.push(Route { path: PathPattern::new(path.value), deny, mode });
    }
    routes
}

/// Whether every path of `later` certainly is one of `earlier`.
fn covers(earlier: &str, later: &str) -> bool {
    if earlier == later {
        return true;
    }
    let fixed = later.split('*').next().unwrap_or_default();
    match earlier.strip_suffix("/**").filter(|root| !root.contains('*')) {
        // The part of `later` before its first wildcard already lies inside the subtree.
        Some(root) => fixed.strip_prefix(root).is_some_and(|rest| rest.starts_with('/')) || later == root,
        None => !later.contains('*') && PathPattern::new(earlier).matches(later),
    }
}

/// Reads a necessary cookie or host into the policy.
pub(super) fn necessary(log: &mut Log, mut table: Table<'_>, policy: &mut SitePolicy) {
    let cookie = table.string(log, "cookie");
    let host = table.string(log, "host");
    let reason = table.string(log, "reason");
    if table.has("cookie") && table.has("host") {
        let message = "`cookie` and `host` exclude each other";
        log.push(Problem::new("V0509", table.key_span("host"), message).help("write two `[[site.necessary]]` tables"));
    }
    let problem = Problem::new("V0509", table.span, "the entry names neither a `cookie` nor a `host`");
    table.require_any(&["cookie", "host"], problem);
    let problem = Problem::new("V0501", table.span, "a necessary entry needs a reason");
    let help = "say in `reason` what stops working without it; visitors and auditors read this";
    table.require_any(&["reason"], problem.help(help));
    table.finish(log);
    let reason = reason.map_or("", |text| text.value);
    if let Some(pattern) = cookie.and_then(|text| values::cookie(log, text)) {
        policy.necessary_cookies.push(NecessaryItem { pattern, reason: reason.into() });
    }
    if let Some(host) = host.and_then(|text| values::host(log, text)) {
        policy.necessary_hosts.insert(host, reason.into());
    }
}
