//! Rules and grants in words.

use crate::config::Config;
use crate::consent::ServiceId;
use crate::policy::{Mode, Statement, UnknownCookies, UnknownThirdParty};

/// Text from outside for a message: in backticks, on one line, not endless.
pub fn quote(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(160)
        .flat_map(|letter| if letter.is_control() { letter.escape_default().collect() } else { vec![letter] })
        .collect();
    if text.chars().nth(160).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}

/// Names for a sentence: "`a`, `b` or `c`".
pub(super) fn listed(names: &[String], joint: &str) -> String {
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} {joint} {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}

/// The word for a mode, as it is configured.
pub const fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Enforce => "enforce",
        Mode::Observe => "observe",
        Mode::Off => "off",
    }
}

/// A rule as it is configured, in a few words.
pub fn statement(config: &Config, site: usize, statement: Statement) -> String {
    let policy = config.sites.get(site).map(|site| &site.policy);
    let route = |route: crate::policy::RouteId| policy.and_then(|policy| policy.routes.get(usize::from(route.0)));
    let path = |id| route(id).map_or("", |route| route.path.as_str());
    let service = |id: ServiceId| config.services.get(usize::from(id.0)).map_or("", |service| &service.id);
    match statement {
        Statement::Mode => format!("mode {}", quote(policy.map_or("", |policy| mode(policy.mode)))),
        Statement::RouteMode(id) => {
            let own = route(id).and_then(|route| route.mode).map_or("", mode);
            format!("mode {} on {}", quote(own), quote(path(id)))
        }
        Statement::RouteDeny(id, purpose) => {
            format!("{} denied on {}", quote(config.purposes.name(purpose)), quote(path(id)))
        }
        Statement::NecessaryCookie(at) => {
            let entry = policy.and_then(|policy| policy.necessary_cookies.get(usize::from(at)));
            format!("necessary cookie {}", quote(entry.map_or("", |entry| entry.pattern.as_str())))
        }
        Statement::NecessaryHost(at) => {
            let host = policy.and_then(|policy| policy.necessary_hosts.keys().nth(usize::from(at)));
            format!("necessary host {}", quote(host.map_or("", |host| host)))
        }
        Statement::NecessaryParameter(at) => {
            let entry = policy.and_then(|policy| policy.necessary_parameters.get(usize::from(at)));
            format!("necessary parameter {}", quote(entry.map_or("", |entry| entry.pattern.as_str())))
        }
        Statement::FirstParty(at) => {
            let host = policy.and_then(|policy| policy.first_party.get(usize::from(at)));
            format!("first-party host {}", quote(host.map_or("", |host| host)))
        }
        Statement::FilterLists => {
            let lists = policy.and_then(|policy| policy.filter_lists.as_ref());
            let rules = lists.map_or(0, |lists| lists.rules().iter().sum::<usize>());
            format!("a filter list blocks it ({rules} rules)")
        }
        Statement::UnknownThirdParty => {
            let word = match policy.map(|policy| policy.unknown_third_party).unwrap_or_default() {
                UnknownThirdParty::Deny => "deny",
                UnknownThirdParty::Allow => "allow",
            };
            format!("unclassified third parties: {}", quote(word))
        }
        Statement::UnknownCookies => {
            let word = match policy.map(|policy| policy.unknown_cookies).unwrap_or_default() {
                UnknownCookies::Session => "session",
                UnknownCookies::Deny => "deny",
                UnknownCookies::Allow => "allow",
            };
            format!("unclassified cookies: {}", quote(word))
        }
        Statement::CookieDays(purpose) => {
            let days = policy.and_then(|policy| policy.cookie_days.get(&purpose)).copied().unwrap_or_default();
            format!("cookies for {} live {days} days at most", quote(config.purposes.name(purpose)))
        }
        Statement::Service(id) => format!("service {}", quote(service(id))),
        Statement::Gives(purpose, id) => {
            format!("{} also needs {}", quote(service(id)), quote(config.purposes.name(purpose)))
        }
    }
}
