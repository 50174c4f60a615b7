//! `[[site]]` tables.

use std::collections::BTreeMap;

use super::codes;
use super::model::{PurposeText, SiteConfig};
use super::parse::{host, purposes, upstream};
use super::read::{Located, Table};
use crate::catalog::{Pattern, Service};
use crate::consent::{PurposeId, PurposeSet, PurposeTable, Regime};
use crate::policy::{Mode, NecessaryItem, PathPattern, Route, SitePolicy, UnknownCookies, UnknownThirdParty};

/// How long a choice is kept unless told otherwise, in days.
const CHOICE_DAYS: u64 = 180;

const MODES: [(&str, Mode); 3] = [("enforce", Mode::Enforce), ("observe", Mode::Observe), ("off", Mode::Off)];

/// The words in which the built-in purposes are asked for, unless a site brings its own.
const TEXTS: [(&str, &str, &str); 5] = [
    ("functional", "Comfort", "Chat, reviews and embedded forms work."),
    ("personalization", "Recommendations", "You see products that fit what you looked at."),
    ("analytics", "Statistics", "The shop learns which pages help you and which get in your way."),
    ("marketing", "Advertising", "Advertisements elsewhere fit what you looked at here."),
    ("social", "Videos, maps and social media", "Embedded videos, maps and posts are shown."),
];

/// A site with the hosts that it was written for, each with its place.
pub(super) struct Read {
    pub(super) config: SiteConfig,
    pub(super) hosts: Vec<Located<String>>,
}

/// Makes the purposes of `[[site.purpose]]` known, before anything that may name them is read.
pub(super) fn intern_purposes(table: &Table<'_>, known: &mut PurposeTable) {
    for purpose in table.tables("purpose", "`[[site.purpose]]`") {
        if let Some(id) = purpose.string("id")
            && known.intern(&id.value).is_err()
        {
            let message = format!("`{}` is one purpose too many", id.value);
            purpose.errors().add(codes::TOO_MANY_PURPOSES, &id.place, message, "at most 32 purposes exist".to_owned());
        }
    }
}

/// Reads one table.
pub(super) fn read(table: Table<'_>, known: &PurposeTable, services: &mut [Service]) -> Option<Read> {
    let errors = table.errors();
    let hosts = hosts(&table);
    let upstreams: Vec<_> =
        table.strings("upstream").into_iter().flatten().filter_map(|url| upstream(&url, errors)).collect();
    if !table.has("upstream") {
        table.missing("upstream", "say where the shop is: `upstream = \"http://127.0.0.1:9000\"`");
    }
    let mode = table.word("mode", &MODES).unwrap_or_default();
    let first_party =
        table.strings("first_party").into_iter().flatten().filter_map(|name| host(&name, errors)).collect();
    let banner = table.boolean("banner").unwrap_or(true);
    let own_path = own_path(&table);
    let sources = sources(&table);
    let (unknown_third_party, unknown_cookies) = unclassified(&table);
    let choice_days = table.number("choice_days", 1..396).unwrap_or(CHOICE_DAYS);
    let objection_binds =
        table.word("gpc", &[("default", false), ("binds", true)]).unwrap_or(Regime::OPT_IN.objection_binds);
    let texts = texts(&table, known, services);
    let mut offered = texts.iter().filter_map(|text| known.get(&text.id)).collect::<PurposeSet>();
    if let Some(named) = table.strings("purposes") {
        offered = purposes(&named, known, errors);
        offered.remove(PurposeId::NECESSARY);
    }
    let routes = routes(&table, known);
    let (necessary_cookies, necessary_hosts) = necessary(&table);
    table.finish();
    if upstreams.is_empty() {
        return None;
    }
    let hosts = hosts?;
    let any = hosts.iter().any(|name| name.value == "*");
    let names: Vec<Box<str>> =
        if any { Vec::new() } else { hosts.iter().map(|name| name.value.as_str().into()).collect() };
    let policy = SitePolicy {
        name: names.first().cloned().unwrap_or_else(|| "default".into()),
        mode,
        regime: Regime { objection_binds, ..Regime::OPT_IN },
        offered,
        first_party,
        unknown_third_party,
        unknown_cookies,
        necessary_cookies,
        necessary_hosts,
        routes,
    };
    let config = SiteConfig {
        hosts: names,
        upstreams,
        policy,
        banner,
        own_path,
        sources,
        choice_lifetime: choice_days * 24 * 60 * 60,
        purposes: texts,
    };
    Some(Read { config, hosts })
}

fn hosts(table: &Table<'_>) -> Option<Vec<Located<String>>> {
    let errors = table.errors();
    let Some(named) = table.strings("hosts") else {
        if !table.has("hosts") {
            table.missing("hosts", "name the hosts that visitors ask for: `hosts = [\"www.shop.example\"]`");
        }
        return None;
    };
    if let [only] = named.as_slice()
        && only.value == "*"
    {
        return Some(named);
    }
    if named.is_empty() {
        table.missing("hosts", "name at least one host");
        return None;
    }
    Some(
        named
            .into_iter()
            .filter_map(|name| Some(Located { value: host(&name, errors)?.into(), place: name.place }))
            .collect(),
    )
}

fn own_path(table: &Table<'_>) -> Box<str> {
    const DEFAULT: &str = "/.vestibule";
    let Some(path) = table.string("own_path") else {
        return DEFAULT.into();
    };
    let text = path.value.trim_end_matches('/');
    let plain = text.starts_with('/')
        && text.len() > 1
        && !text.contains("//")
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'-' | b'_' | b'~'))
        && text.split('/').all(|segment| segment != "." && segment != "..");
    if !plain {
        let message = format!("`{}` is no path for endpoints", path.value);
        let help = "write letters, digits, `.`, `-`, `_` after a `/`: `own_path = \"/.vestibule\"`";
        table.errors().add(codes::BAD_PATH, &path.place, message, help.to_owned());
        return DEFAULT.into();
    }
    text.into()
}

fn sources(table: &Table<'_>) -> Vec<Box<str>> {
    let known: Vec<&str> = crate::sources::SOURCES.iter().map(|source| source.id().0).collect();
    let Some(named) = table.strings("sources") else {
        return known.into_iter().map(Into::into).collect();
    };
    let mut sources = Vec::new();
    for name in named {
        if known.contains(&name.value.as_str()) {
            sources.push(name.value.into());
        } else {
            let message = format!("unknown source `{}`", name.value);
            let help = format!("known sources are `{}`", known.join("`, `"));
            table.errors().add(codes::WRONG_WORD, &name.place, message, help);
        }
    }
    sources
}

fn unclassified(table: &Table<'_>) -> (UnknownThirdParty, UnknownCookies) {
    let Some(table) = table.table("unclassified", "`unclassified`") else {
        return Default::default();
    };
    let third_party = table
        .word("third_party", &[("deny", UnknownThirdParty::Deny), ("allow", UnknownThirdParty::Allow)])
        .unwrap_or_default();
    let cookies = table
        .word(
            "cookies",
            &[("session", UnknownCookies::Session), ("deny", UnknownCookies::Deny), ("allow", UnknownCookies::Allow)],
        )
        .unwrap_or_default();
    table.finish();
    (third_party, cookies)
}

/// The purposes in the words that visitors read: the built-in ones, replaced and added to by the site's own.
fn texts(table: &Table<'_>, known: &PurposeTable, services: &mut [Service]) -> Vec<PurposeText> {
    let mut texts: Vec<PurposeText> = TEXTS
        .iter()
        .map(|(id, title, benefit)| PurposeText {
            id: (*id).into(),
            title: (*title).into(),
            benefit: (*benefit).into(),
        })
        .collect();
    for purpose in table.tables("purpose", "`[[site.purpose]]`") {
        let id = purpose.string("id");
        if id.is_none() && !purpose.has("id") {
            purpose.missing("id", "give it a short lower-case name");
        }
        let title = english(&purpose, "title");
        let benefit = english(&purpose, "benefit");
        let members = purpose.strings("services").unwrap_or_default();
        if let Some(id) = &id {
            let at = texts.iter().position(|text| *text.id == *id.value);
            if at.is_none() && benefit.is_none() {
                let message = format!("purpose `{}` does not say what the visitor gets", id.value);
                let help = "add `benefit = { en = \"You see products that fit what you looked at.\" }`";
                purpose.errors().add(codes::NO_BENEFIT, &id.place, message, help.to_owned());
            }
            let text = PurposeText {
                id: id.value.as_str().into(),
                title: title.unwrap_or_else(|| id.value.clone()).into(),
                benefit: benefit.unwrap_or_default().into(),
            };
            match at.and_then(|at| texts.get_mut(at)) {
                Some(slot) => *slot = text,
                None => texts.push(text),
            }
            if let Some(own) = known.get(&id.value) {
                assign(&purpose, &members, own, services);
            }
        }
        purpose.finish();
    }
    texts
}

/// Gives services another purpose than the catalog's.
fn assign(table: &Table<'_>, members: &[Located<String>], purpose: PurposeId, services: &mut [Service]) {
    for member in members {
        let found = services.iter_mut().find(|service| *service.id == *member.value);
        match found {
            Some(service) => service.purposes = PurposeSet::EMPTY.with(purpose),
            None => {
                let help = super::read::nearest(&member.value, services.iter().map(|service| &*service.id))
                    .map_or_else(
                        || "define it in a `[[service]]` table".to_owned(),
                        |near| format!("did you mean `{near}`"),
                    );
                let message = format!("unknown service `{}`", member.value);
                table.errors().add(codes::UNKNOWN_SERVICE, &member.place, message, help);
            }
        }
    }
}

/// The English text of `key`, which is a string or a table of languages.
fn english(table: &Table<'_>, key: &'static str) -> Option<String> {
    let languages = table.table(key, "a table of languages")?;
    let texts: BTreeMap<String, Located<String>> = languages.free_strings().into_iter().collect();
    if !texts.contains_key("en") {
        languages.missing("en", "English is the language that every other falls back to");
    }
    texts.get("en").map(|text| text.value.clone())
}

fn routes(table: &Table<'_>, known: &PurposeTable) -> Vec<Route> {
    let mut routes: Vec<Route> = Vec::new();
    for route in table.tables("route", "`[[site.route]]`") {
        let path = route.string("path");
        if path.is_none() && !route.has("path") {
            route.missing("path", "say where it holds: `path = \"/checkout/**\"`");
        }
        let deny = route.strings("deny").unwrap_or_default();
        let deny = purposes(&deny, known, route.errors());
        let mode = route.word("mode", &MODES);
        if let Some(path) = path {
            if !path.value.starts_with('/') {
                let message = format!("`{}` can match no path", path.value);
                route.errors().add(codes::BAD_PATH, &path.place, message, "paths start with `/`".to_owned());
            }
            if let Some(before) = routes.iter().find(|before| before.path.covers(&path.value)) {
                let message = format!(
                    "`{}` can never hold: `{}` before it covers the same paths",
                    path.value,
                    before.path.as_str()
                );
                let help = "the first route that covers a path holds; put the narrower one first".to_owned();
                route.errors().add(codes::UNREACHABLE, &path.place, message, help);
            }
            routes.push(Route { path: PathPattern::new(&path.value), deny, mode });
        }
        route.finish();
    }
    routes
}

fn necessary(table: &Table<'_>) -> (Vec<NecessaryItem>, BTreeMap<Box<str>, Box<str>>) {
    let (mut cookies, mut hosts) = (Vec::new(), BTreeMap::new());
    for entry in table.tables("necessary", "`[[site.necessary]]`") {
        let (cookie, name, reason) = (entry.string("cookie"), entry.string("host"), entry.string("reason"));
        let errors = entry.errors();
        if reason.is_none() && !entry.has("reason") {
            let message = "something necessary has no reason".to_owned();
            let help = "say why the shop cannot work without it: `reason = \"keeps the basket\"`".to_owned();
            errors.add(codes::NO_REASON, entry.place(), message, help);
        }
        let reason: Box<str> = reason.map(|reason| reason.value).unwrap_or_default().into();
        match (cookie, name) {
            (Some(cookie), None) if cookie.value.bytes().all(|byte| byte == b'*') => {
                let message = format!("`{}` would make every cookie necessary", cookie.value);
                errors.add(codes::TOO_BROAD, &cookie.place, message, "name the cookie".to_owned());
            }
            (Some(cookie), None) => cookies.push(NecessaryItem { pattern: Pattern::new(&cookie.value), reason }),
            (None, Some(name)) => {
                if let Some(host) = host(&name, errors) {
                    hosts.insert(host, reason);
                }
            }
            (Some(cookie), Some(_)) => {
                let message = "`cookie` and `host` are both there".to_owned();
                errors.add(codes::AMBIGUOUS, &cookie.place, message, "write two entries".to_owned());
            }
            (None, None) => entry.missing("cookie", "name a cookie, or a host with `host`"),
        }
        entry.finish();
    }
    (cookies, hosts)
}
