//! `[[site.purpose]]` tables and the texts of the built-in purposes: what a visitor is asked, and what they get.

use std::collections::{BTreeMap, BTreeSet};

use super::log::{Located, Log, Problem, Span, listed, nearest, quote};
use super::model::PurposeText;
use super::read::Table;
use super::values;
use crate::catalog::Service;
use crate::consent::{PurposeId, PurposeSet, PurposeTable};

/// Title and benefit of the built-in purposes, in the order of their ids.
const BUILT_IN: [(&str, &str); 6] = [
    ("Necessary", "The shop remembers your cart, your login and this choice. It cannot work without."),
    ("Comfort", "You can chat with us, read reviews and use maps and forms right on the page."),
    ("Made for you", "You see products and offers that fit what you looked at."),
    ("Measurement", "We learn which pages work and which do not, and repair what gets in your way."),
    ("Advertising", "You see our offers elsewhere on the web, chosen by what you looked at here."),
    ("Videos and social networks", "You can play videos and see posts without leaving the shop."),
];

/// The English text of a built-in purpose.
pub(super) fn built_in(purposes: &PurposeTable, purpose: PurposeId) -> Option<PurposeText> {
    let (title, benefit) = BUILT_IN.get(purpose.index())?;
    let english = |text: &str| BTreeMap::from([("en".into(), text.into())]);
    Some(PurposeText { purpose, id: purposes.name(purpose).into(), title: english(title), benefit: english(benefit) })
}

/// All purposes that every site may name.
pub(super) fn everybody() -> PurposeSet {
    let table = PurposeTable::default();
    table.names().filter_map(|name| table.get(name)).collect()
}

/// Takes up the purposes that the sites of one file declare, before anything that may name them is read. Reports
/// nothing: that is for [`read`].
pub(super) fn declare(log: &mut Log, root: &toml::de::DeTable<'_>, purposes: &mut PurposeTable) {
    let sites = root.get("site").and_then(|sites| sites.get_ref().as_array());
    for site in sites.into_iter().flat_map(|sites| sites.iter()) {
        let own = site.get_ref().get("purpose").and_then(|own| own.get_ref().as_array());
        for purpose in own.into_iter().flat_map(|own| own.iter()) {
            let id = purpose.get_ref().get("id").and_then(|id| id.get_ref().as_str());
            // A 33rd one is reported where it is read.
            let taken_up = id.is_some_and(|id| !id.trim().is_empty() && purposes.intern(id).is_ok());
            log.names_incomplete |= !taken_up;
        }
    }
}

/// What a site says about purposes.
#[derive(Debug, Default)]
pub(super) struct Own<'a> {
    /// The purposes that it declares, and built-in ones whose texts it replaces.
    pub(super) texts: Vec<PurposeText>,
    /// Stages at which purposes are denied.
    pub(super) not_at: Vec<(PurposeId, Located<&'a str>)>,
    /// How many days cookies for a purpose may live.
    pub(super) cookie_days: BTreeMap<PurposeId, u16>,
}

/// Reads the site's own purposes. A table for a built-in purpose replaces its texts, language by language.
pub(super) fn read<'a>(
    log: &mut Log,
    tables: Vec<Table<'a>>,
    purposes: &mut PurposeTable,
    services: &mut [Service],
) -> Own<'a> {
    let mut own = Own::default();
    let mut places = Vec::new();
    let mut languages: Vec<(&str, Span, BTreeSet<Box<str>>)> = Vec::new();
    for mut table in tables {
        table.require(&["id"]);
        let written = table.string(log, "id");
        let id = written.and_then(|id| values::id(log, id));
        let known_id = id.and_then(|id| purposes.get(id));
        let standard = known_id.and_then(|purpose| built_in(purposes, purpose));
        if let (Some(id), Some(at)) = (id.filter(|id| !crate::banner::can_be_member(id)), written) {
            let message = format!("the purpose {} cannot be told to the shop", quote(id));
            let help = "start with a letter, and leave `regime` and `revision` to the field `Vestibule-Consent`";
            log.push(Problem::new("V0308", at.span, message).help(help));
        }
        if id.is_some() && standard.is_none() {
            table.require(&["title"]);
            let message = format!("the purpose {} does not say what visitors get", quote(id.unwrap_or_default()));
            let problem = Problem::new("V0303", table.span, message);
            table.require_any(
                &["benefit"],
                problem.help("add `benefit = { en = \"You …\" }`: what a visitor gets for a yes, in a sentence"),
            );
        }
        let title_at = table.key_span("title");
        let title = table.texts(log, "title");
        let benefit_at = table.key_span("benefit");
        let benefit = table.texts(log, "benefit");
        for (key, texts, at) in [("title", &title, title_at), ("benefit", &benefit, benefit_at)] {
            if id.is_some() && standard.is_none() && texts.as_ref().is_some_and(|texts| !texts.contains_key("en")) {
                let message = format!("the {key} has no English text");
                log.push(
                    Problem::new("V0303", at, message)
                        .help(format!("add `en` to `{key}`; visitors of other languages fall back to it")),
                );
            }
        }
        let moved = table.strings(log, "services").unwrap_or_default();
        let not_at = table.strings(log, "not_at").unwrap_or_default();
        let cookie_days = table.days(log, "cookie_days");
        table.finish(log);
        let (Some(id), Some(written)) = (id, written) else {
            continue;
        };
        let Ok(purpose) = purposes.intern(id) else {
            let message = format!("{} is one purpose too many", quote(id));
            log.push(
                Problem::new("V0302", written.span, message)
                    .help("all sites together may have 32 purposes, the built-in ones included"),
            );
            continue;
        };
        if let Some((_, first)) = places.iter().find(|(known, _)| *known == purpose) {
            let message = format!("the purpose `{id}` is declared twice");
            log.push(Problem::new("V0306", written.span, message).related("first here", *first));
            continue;
        }
        places.push((purpose, written.span));
        for (key, texts, at) in [("title", &title, title_at), ("benefit", &benefit, benefit_at)] {
            let spoken = texts.iter().flat_map(|texts| texts.keys().cloned());
            languages.push((key, at, spoken.collect()));
        }
        own.cookie_days.extend(cookie_days.map(|days| (purpose, days)));
        own.not_at.extend(not_at.into_iter().map(|stage| (purpose, stage)));
        for service in moved {
            assign(log, services, service, purpose, id);
        }
        let mut text = standard.unwrap_or_else(|| PurposeText {
            purpose,
            id: id.into(),
            title: BTreeMap::new(),
            benefit: BTreeMap::new(),
        });
        text.title.extend(title.unwrap_or_default());
        text.benefit.extend(benefit.unwrap_or_default());
        own.texts.push(text);
    }
    translated(log, &languages);
    own
}

/// Every text speaks each language that any of the site's texts speaks, except those that nobody wrote.
fn translated(log: &mut Log, texts: &[(&str, Span, BTreeSet<Box<str>>)]) {
    let all: BTreeSet<&Box<str>> = texts.iter().flat_map(|(_, _, languages)| languages).collect();
    for (key, at, languages) in texts.iter().filter(|(_, _, languages)| !languages.is_empty()) {
        // English is what the texts of built-in purposes fall back to.
        let missing: Vec<&str> =
            all.iter().filter(|one| !languages.contains(**one) && &****one != "en").map(|one| &***one).collect();
        if !missing.is_empty() {
            let message = format!("the {key} is missing in {}", listed(&missing, "and"));
            let help = format!("add {} to `{key}`", listed(&missing, "and"));
            log.push_meaning(Problem::new("V0307", *at, message).help(help));
        }
    }
}

/// Adds `purpose` to a service. It keeps the purposes that it had, and needs all of them: naming a service here can
/// only make it stricter, and does so on every site.
fn assign(log: &mut Log, services: &mut [Service], name: Located<&str>, purpose: PurposeId, id: &str) {
    if let Some(service) = services.iter_mut().find(|service| &*service.id == name.value) {
        if service.carrier || service.necessary() || purpose == PurposeId::NECESSARY {
            let kind = if service.carrier { "a carrier" } else { "necessary" };
            let kind = if purpose == PurposeId::NECESSARY { "not necessary by itself" } else { kind };
            let message = format!("{} is {kind} and cannot be given the purpose `{id}`", quote(name.value));
            log.push(
                Problem::new("V0512", name.span, message)
                    .help("define the service anew with `[[service]]` and the purpose that it has for you"),
            );
        } else {
            service.purposes.insert(purpose);
        }
        return;
    }
    unknown_service(log, name, services);
}

/// Reports a name that no service has.
pub(super) fn unknown_service(log: &mut Log, name: Located<&str>, services: &[Service]) {
    if log.names_incomplete {
        return;
    }
    let names = services.iter().map(|service| &*service.id);
    let help = nearest(name.value, names).map_or_else(
        || "define it with `[[service]]`".to_owned(),
        |meant| format!("did you mean {}", listed(&[meant], "or")),
    );
    log.push(Problem::new("V0505", name.span, format!("unknown service {}", quote(name.value))).help(help));
}
