//! `[[regime]]` tables: legal defaults as data. The built-in ones are `config/regimes/*.toml`, compiled in and read by the
//! same code. What they mean for a visitor is [`crate::consent::resolve`]'s work; what they forbid is checked here.

use std::collections::BTreeMap;
use std::path::Path;

use super::countries::NamedFile;
use super::diagnostic::{Diagnostics, SourceFile};
use super::log::{Located, Log, Problem, Span, did_you_mean, listed, nearest, quote};
use super::read::Table;
use super::{service, values};
use crate::consent::{Country, PurposeId, PurposeSet, PurposeTable, Regime, Regimes};

/// The regime of a site that names none: nothing before a yes, refusing as near as accepting.
const STRICTEST: &str = "gdpr-fr";

const FILES: &[(&str, &str)] = &[
    ("config/regimes/gdpr-fr.toml", include_str!("../../config/regimes/gdpr-fr.toml")),
    ("config/regimes/gdpr-it.toml", include_str!("../../config/regimes/gdpr-it.toml")),
    ("config/regimes/gdpr-es.toml", include_str!("../../config/regimes/gdpr-es.toml")),
    ("config/regimes/gdpr-de.toml", include_str!("../../config/regimes/gdpr-de.toml")),
    ("config/regimes/uk.toml", include_str!("../../config/regimes/uk.toml")),
    ("config/regimes/us-opt-out.toml", include_str!("../../config/regimes/us-opt-out.toml")),
];

/// A legal default and what it asks of the banner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegimeProfile {
    /// Its name in configuration: `gdpr-fr`.
    pub id: Box<str>,
    /// Its name for people.
    pub name: Box<str>,
    /// What holds before a choice, and how long a choice is kept unless the site says otherwise.
    pub regime: Regime,
    /// Whether refusing must be as near as accepting.
    pub refuse_on_first_layer: bool,
    /// Whether boxes may be ticked before the visitor does it.
    pub preselected: bool,
    /// A visitor who chose is not asked again sooner, in days.
    pub ask_again_days: u64,
    /// Whether audience measurement may be necessary, under strict conditions.
    pub audience_exempt: bool,
}

/// All regimes that sites may name: the operator's own, then the built-in ones that they do not replace.
pub(super) fn all(log: &mut Log, own: Vec<Table<'_>>, purposes: &PurposeTable) -> Vec<RegimeProfile> {
    let mut regimes: Vec<Located<RegimeProfile>> = Vec::new();
    for table in own {
        let Some(regime) = read(log, table, purposes) else {
            continue;
        };
        if let Some(first) = regimes.iter().find(|known| known.value.id == regime.value.id) {
            let message = format!("the regime `{}` is defined twice", regime.value.id);
            log.push(Problem::new("V0605", regime.span, message).related("first here", first.span));
        } else {
            regimes.push(regime);
        }
    }
    let mut regimes: Vec<RegimeProfile> = regimes.into_iter().map(|regime| regime.value).collect();
    let built_in = built_in(purposes, &mut Log::default());
    let built_in = built_in.into_iter().filter(|known| !regimes.iter().any(|own| own.id == known.id));
    let built_in: Vec<_> = built_in.collect();
    regimes.extend(built_in);
    regimes
}

/// What is wrong with the built-in regimes: nothing, as a test holds.
pub fn check() -> Diagnostics {
    let mut log = Log::default();
    built_in(&PurposeTable::default(), &mut log);
    let files: Vec<SourceFile> =
        FILES.iter().map(|(path, text)| SourceFile { path: path.into(), text: (*text).to_owned() }).collect();
    log.finish(&files)
}

/// The regimes that every installation knows.
fn built_in(purposes: &PurposeTable, log: &mut Log) -> Vec<RegimeProfile> {
    let mut regimes = Vec::new();
    for (at, (_, text)) in FILES.iter().enumerate() {
        let root = super::syntax::document(log, at, text);
        let mut root = Table::new(root.get_ref(), super::start_of(at), "top level");
        for table in root.tables(log, "regime", "[[regime]]") {
            regimes.extend(read(log, table, purposes).map(|regime| regime.value));
        }
        root.finish(log);
    }
    regimes
}

fn read(log: &mut Log, mut table: Table<'_>, purposes: &PurposeTable) -> Option<Located<RegimeProfile>> {
    table.require(&["id", "default"]);
    let written = table.string(log, "id");
    let id = written.and_then(|id| values::id(log, id));
    log.names_incomplete |= id.is_none();
    let name = table.string(log, "name").map(|text| text.value).or(id).unwrap_or_default();
    let _ = table.string(log, "source");
    let asks_first = table.word(log, "default", &[("opt-in", true), ("opt-out", false), ("notice", false)]);
    let mut allowed = PurposeSet::EMPTY;
    for name in table.strings(log, "allowed").unwrap_or_default() {
        let found = service::purpose(log, purposes, name, None);
        allowed.extend(found.filter(|purpose| *purpose != PurposeId::NECESSARY));
    }
    if asks_first == Some(true) && !allowed.is_empty() {
        let message = "under an opt-in regime nothing is allowed before a yes";
        let help = "leave `allowed` out, or write `default = \"opt-out\"`";
        log.push(Problem::new("V0601", table.key_span("allowed"), message).help(help));
    }
    if asks_first == Some(false) {
        let problem = Problem::new("V0601", table.span, "the regime does not say what it allows before a choice");
        table.require_any(&["allowed"], problem.help("add `allowed = [\"analytics\"]`"));
    }
    let binds = table.word(log, "gpc", &[("denies", false), ("binds", true)]).unwrap_or_default();
    let profile = RegimeProfile {
        id: id.unwrap_or_default().into(),
        name: name.into(),
        regime: Regime {
            allowed_by_default: allowed,
            objection_binds: binds,
            choice_lifetime: table.integer(log, "choice_days", 1..=400).map_or(Regime::OPT_IN.choice_lifetime, seconds),
            audience_cookie_days: table.days(log, "audience_cookie_days"),
        },
        refuse_on_first_layer: table.word(log, "refuse", &[("first-layer", true), ("anywhere", false)]).unwrap_or(true),
        preselected: table.boolean(log, "preselected").unwrap_or(false),
        ask_again_days: table.integer(log, "ask_again_days", 0..=400).unwrap_or(180),
        audience_exempt: table.boolean(log, "audience_exempt").unwrap_or(false),
    };
    table.finish(log);
    let span = written.map_or(Span::whole(0), |id| id.span);
    id.map(|_| Located { value: profile, span })
}

/// The regimes of one site.
#[derive(Debug)]
pub(super) struct SiteRegimes {
    /// The default one, and one for each country that has another.
    pub(super) profiles: Vec<RegimeProfile>,
    by_country: BTreeMap<Country, usize>,
    /// The field of the request that names the visitor's country, lower case, and where it was written.
    pub(super) country_header: Option<Located<Box<str>>>,
    /// The database that says which country an address is in.
    pub(super) country_database: Option<NamedFile>,
}

impl SiteRegimes {
    /// What [`crate::consent::resolve`] needs to know. `gpc` and `choice_days` are what the site says over and above its
    /// regimes; nothing is allowed that the site does not ask for.
    pub(super) fn resolved(&self, offered: PurposeSet, gpc: Option<bool>, choice_days: Option<u64>) -> Regimes {
        let one = |at: usize| {
            let regime = self.profiles.get(at).map_or(Regime::OPT_IN, |profile| profile.regime);
            Regime {
                allowed_by_default: regime.allowed_by_default.intersection(offered),
                objection_binds: gpc.unwrap_or(regime.objection_binds),
                choice_lifetime: choice_days.map_or(regime.choice_lifetime, seconds),
                ..regime
            }
        };
        let id = |at: usize| self.profiles.get(at).map_or("opt-in", |profile| &*profile.id);
        let by_country = self.by_country.iter().map(|(country, at)| (*country, (id(*at).to_owned(), one(*at))));
        Regimes::new((id(0), one(0)), by_country)
    }
}

/// `regime = "gdpr-fr"`, or `regime = { default = …, by_country = { US = … }, country_header = …, country_database = … }`.
pub(super) fn of_site(log: &mut Log, table: &mut Table<'_>, known: &[RegimeProfile], base: &Path) -> SiteRegimes {
    let mut regimes =
        SiteRegimes { profiles: Vec::new(), by_country: BTreeMap::new(), country_header: None, country_database: None };
    let strictest = || known.iter().find(|regime| &*regime.id == STRICTEST).cloned();
    let Some(mut inner) = table.string_or_table(log, "regime", "[site.regime]") else {
        regimes.profiles.extend(strictest());
        return regimes;
    };
    let default = match &mut inner {
        Ok(name) => Some(*name),
        Err(inner) => inner.string(log, "default"),
    };
    regimes.profiles.extend(default.and_then(|name| find(log, name, known)).or_else(strictest));
    let Err(mut inner) = inner else {
        return regimes;
    };
    for (country, name) in inner.named_strings(log, "by_country").unwrap_or_default() {
        let code = self::country(log, country);
        if let (Some(code), Some(profile)) = (code, find(log, name, known)) {
            regimes.by_country.insert(code, regimes.profiles.len());
            regimes.profiles.push(profile);
        }
    }
    if let Some(text) = inner.string(log, "country_header") {
        if text.value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            let value = text.value.to_ascii_lowercase().into();
            regimes.country_header = Some(Located { value, span: text.span });
        } else {
            let message = format!("{} is not the name of a field", quote(text.value));
            log.push(Problem::new("V0604", text.span, message).help("write a name such as `CF-IPCountry`"));
        }
    }
    let written = inner.string(log, "country_database");
    regimes.country_database = written.and_then(|text| NamedFile::read(log, text, "country_database", base));
    if inner.has("by_country") {
        let problem =
            Problem::new("V0604", inner.key_span("by_country"), "nothing tells which country a visitor is in");
        let help = "add `country_header`, the field in which your CDN or load balancer says so, or `country_database`";
        inner.require_any(&["country_header", "country_database"], problem.help(help));
    }
    inner.finish(log);
    regimes
}

const fn seconds(days: u64) -> u64 {
    days.saturating_mul(24 * 60 * 60)
}

/// A country by its two letters.
pub(super) fn country(log: &mut Log, text: Located<&str>) -> Option<Country> {
    let code = Country::new(text.value);
    if code.is_none() {
        let message = format!("{} is not a country code", quote(text.value));
        log.push(Problem::new("V0603", text.span, message).help("write two letters (ISO 3166-1), such as `US`"));
    }
    code
}

fn find(log: &mut Log, name: Located<&str>, known: &[RegimeProfile]) -> Option<RegimeProfile> {
    if let Some(found) = known.iter().find(|regime| &*regime.id == name.value) {
        return Some(found.clone());
    }
    if !log.names_incomplete {
        let names: Vec<&str> = known.iter().map(|regime| &*regime.id).collect();
        let help = match nearest(name.value, names.iter().copied()) {
            Some(_) => did_you_mean(name.value, &names).unwrap_or_default(),
            None => format!("write {}, or define your own with `[[regime]]`", listed(&names, "or")),
        };
        log.push(Problem::new("V0602", name.span, format!("unknown regime {}", quote(name.value))).help(help));
    }
    None
}
