//! `[[site.route]]` and `[[site.necessary]]` tables.

use super::log::{Located, Log, Problem, Span, did_you_mean, listed, quote};
use super::read::Table;
use super::{service, site, values};
use crate::consent::{PurposeId, PurposeSet, PurposeTable};
use crate::policy::{NecessaryItem, PathPattern, Route, SitePolicy};

/// What an entry of the necessary list can name.
const NECESSARY: [&str; 3] = ["cookie", "host", "parameter"];

/// The methods that browsers and scripts send (RFC 9110 §9.3, RFC 5789).
const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

pub(super) fn read(log: &mut Log, tables: Vec<Table<'_>>, purposes: &PurposeTable, known: PurposeSet) -> Vec<Route> {
    let mut routes: Vec<Route> = Vec::new();
    let mut places: Vec<Span> = Vec::new();
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
        let methods = methods(log, &mut table);
        let stage = table.string(log, "stage").and_then(|text| values::id(log, text)).map(Into::into);
        let mode = table.word(log, "mode", site::MODES);
        let problem = Problem::new("V0403", table.span, "the route changes nothing");
        let help = "add `deny = [\"marketing\"]`, `mode = \"observe\"` or `stage = \"checkout\"`";
        table.require_any(&["deny", "mode", "stage"], problem.help(help));
        table.finish(log);
        let Some(path) = path.filter(|path| values::pattern_fits(log, *path)) else { continue };
        if !path.value.starts_with('/') {
            let message = format!("the route {} does not start with `/`", quote(path.value));
            let help = "routes match the path of a URL; `**` stands for anything, `*` for anything but `/`";
            log.push(Problem::new("V0401", path.span, message).help(help));
            continue;
        }
        let route = Route { path: PathPattern::new(path.value), methods, stage, deny, mode };
        if let Some((cover, first)) = routes.iter().zip(&places).find(|(earlier, _)| covers(earlier, &route)) {
            let message = format!("the route {} is never reached", quote(path.value));
            let help = "the first route that covers a request holds; put the narrower one first";
            let problem = Problem::new("V0402", path.span, message).help(help);
            log.push(problem.related(format!("{} covers it", quote(cover.path.as_str())), *first));
        }
        places.push(path.span);
        routes.push(route);
    }
    routes
}

/// Request methods, upper case.
fn methods(log: &mut Log, table: &mut Table<'_>) -> Vec<Box<str>> {
    let written = table.strings(log, "methods").unwrap_or_default();
    written.into_iter().filter_map(|text| method(log, text)).collect()
}

/// A request method.
pub(super) fn method(log: &mut Log, text: Located<&str>) -> Option<Box<str>> {
    if METHODS.contains(&text.value) {
        return Some(text.value.into());
    }
    let message = format!("unknown method {}", quote(text.value));
    let help = did_you_mean(&text.value.to_ascii_uppercase(), METHODS);
    let all = format!("write {}", listed(METHODS, "or"));
    log.push(Problem::new("V0404", text.span, message).help(help.unwrap_or(all)));
    None
}

/// Denies purposes on the routes of a stage.
pub(super) fn deny_by_stage(log: &mut Log, routes: &mut [Route], not_at: &[(PurposeId, Located<&str>)]) {
    for (purpose, stage) in not_at {
        let mut found = false;
        for route in routes.iter_mut().filter(|route| route.stage.as_deref() == Some(stage.value)) {
            route.deny.insert(*purpose);
            found = true;
        }
        if found {
            continue;
        }
        let names: Vec<&str> = routes.iter().filter_map(|route| route.stage.as_deref()).collect();
        let message = format!("no route has the stage {}", quote(stage.value));
        let help = did_you_mean(stage.value, &names)
            .unwrap_or_else(|| format!("add it to a `[[site.route]]`: `stage = \"{}\"`", stage.value));
        log.push_meaning(Problem::new("V0405", stage.span, message).help(help));
    }
}

/// Whether every request on `later` certainly is on `earlier`.
fn covers(earlier: &Route, later: &Route) -> bool {
    let methods = earlier.methods.is_empty()
        || (!later.methods.is_empty() && later.methods.iter().all(|method| earlier.methods.contains(method)));
    methods && covers_path(earlier.path.as_str(), later.path.as_str())
}

/// Whether every path of `later` certainly is one of `earlier`.
fn covers_path(earlier: &str, later: &str) -> bool {
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

/// Reads a necessary cookie, host or parameter into the policy.
pub(super) fn necessary(log: &mut Log, mut table: Table<'_>, policy: &mut SitePolicy) {
    let cookie = table.string(log, "cookie");
    let host = table.string(log, "host");
    let reason = table.string(log, "reason");
    let parameter = table.string(log, "parameter");
    let named: Vec<&str> = NECESSARY.into_iter().filter(|key| table.has(key)).collect();
    if let [first, second, ..] = named.as_slice() {
        let message = format!("`{first}` and `{second}` exclude each other");
        log.push(Problem::new("V0509", table.key_span(second), message).help("write two `[[site.necessary]]` tables"));
    }
    let problem = Problem::new("V0509", table.span, "the entry names neither a `cookie`, a `host` nor a `parameter`");
    table.require_any(&NECESSARY, problem);
    let problem = Problem::new("V0501", table.span, "a necessary entry needs a reason");
    let help = "say in `reason` what stops working without it; visitors and auditors read this";
    table.require_any(&["reason"], problem.help(help));
    table.finish(log);
    let reason = reason.map_or("", |text| text.value);
    if let Some(pattern) = cookie.and_then(|text| values::cookie(log, text)) {
        policy.necessary_cookies.push(NecessaryItem { pattern, reason: reason.into() });
    }
    if let Some(pattern) = parameter.and_then(|text| values::folded_name(log, text)) {
        policy.necessary_parameters.push(NecessaryItem { pattern, reason: reason.into() });
    }
    if let Some(host) = host.and_then(|text| values::host(log, text)) {
        policy.necessary_hosts.insert(host, reason.into());
    }
}
