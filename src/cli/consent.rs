//! `vestibule consent`: what a request's fields resolve to, which sources said so, and which would have if the site read
//! them.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Args;
use http::header::COOKIE;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value, json};

use super::{Failure, configuration, output};
use crate::banner;
use crate::catalog::Catalog;
use crate::config::{Config, SiteConfig};
use crate::consent::{Country, Signal};
use crate::runtime::load_keys;
use crate::sources::{self, Key, KeyRing, RequestView, SourceUse};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The value of the request's `Cookie` field.
    #[arg(long, value_name = "HEADER")]
    cookie: Vec<String>,
    /// Another field of the request, such as `Sec-GPC: 1`.
    #[arg(long, value_name = "NAME: VALUE")]
    header: Vec<String>,
    /// Where the visitor is, as two letters such as `US`; without it, what the country field says.
    #[arg(long, value_name = "COUNTRY", value_parser = super::country)]
    country: Option<Country>,
    /// The configuration; without it, the site that `run --upstream` stands for.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The host that the request is for; without it, the first site.
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// A source to read, instead of those that the site names; several may be given.
    #[arg(long, value_name = "NAME")]
    source: Vec<String>,
    /// When the request is made, as a date such as `2026-11-27T12:00:00Z`; without it, now.
    #[arg(long, value_name = "DATE")]
    at: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let headers = headers(arguments)?;
    let config = configuration(arguments.config.as_ref())?;
    let at = arguments.host.as_ref().map_or(Some(0), |host| config.site_for(host));
    let site = at
        .and_then(|at| config.sites.get(at))
        .ok_or_else(|| Failure::Wrong("no site is configured for this host".to_owned()))?;
    // Without a configuration there is no key that could have signed anything, and none is made for a question.
    let keys = if arguments.config.is_some() {
        load_keys(&config.keys).map_err(|error| Failure::CannotRun(error.to_string()))?
    } else {
        let mut random = [0_u8; 32];
        getrandom::fill(&mut random).map_err(|error| Failure::CannotRun(error.to_string()))?;
        KeyRing::new(Key::new(random), None)
    };
    let catalog = Catalog::new(config.services.clone());
    // Whoever asks is trusted to say where the visitor is.
    let named = site.country_header.as_deref();
    let fields = named.map(|name| headers.get_all(name).iter().map(|field| field.to_str().ok()));
    let regime = site.policy.regimes.of(arguments.country.or_else(|| fields.and_then(Country::of_fields)));
    let view = RequestView {
        headers: &headers,
        secure: sources::cookie_pairs(&headers).any(|pair| pair.name.starts_with(b"__Host-")),
        site: &site.policy.name,
        purposes: &config.purposes,
        catalog: &catalog,
        keys: &keys,
        now: moment(arguments)?,
        choice_lifetime: regime.choice_lifetime,
    };
    let used = used(&arguments.source, site)?;
    let consent = sources::consent_of(&used, &view, regime);
    let mut told = banner::state_json(&consent.state, site.policy.offered, &config.purposes, &catalog, consent.gpc);
    if let Some(told) = told.as_object_mut() {
        told.insert("signals".to_owned(), consent.signals.iter().map(|one| signal(one, &config, &catalog)).collect());
        let malformed =
            consent.malformed.iter().map(|(source, reason)| json!({ "source": source.0, "reason": reason }));
        told.insert("malformed".to_owned(), malformed.collect());
        told.insert("not_read".to_owned(), not_read(&used, &view).into());
    }
    output::result(&told.to_string());
    Ok(())
}

/// The sources named on the command line, as the site uses them where it does; without any, the site's.
fn used(named: &[String], site: &SiteConfig) -> Result<Vec<SourceUse>, Failure> {
    if named.is_empty() {
        return Ok(site.sources.clone());
    }
    let one = |name: &String| {
        let here = site.sources.iter().find(|used| used.source.id().0 == name).cloned();
        let unknown = || {
            Failure::Wrong(format!(
                "`{}` is no source; `vestibule explain-key site.sources` lists them",
                name.escape_debug()
            ))
        };
        here.or_else(|| SourceUse::named(name)).ok_or_else(unknown)
    };
    named.iter().map(one).collect()
}

/// Seconds since the Unix epoch.
fn moment(arguments: &Arguments) -> Result<u64, Failure> {
    let time = match &arguments.at {
        None => SystemTime::now(),
        Some(text) => humantime::parse_rfc3339_weak(text).map_err(|_| {
            Failure::Wrong(format!("`{}` is not a date such as `2026-11-27T12:00:00Z`", text.escape_debug()))
        })?,
    };
    Ok(time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()))
}

/// One statement, as JSON.
fn signal(signal: &Signal, config: &Config, catalog: &Catalog) -> Value {
    let purposes: Map<String, Value> = signal
        .purposes
        .iter()
        .map(|(purpose, grant)| (config.purposes.name(*purpose).to_owned(), grant.as_str().into()))
        .collect();
    let services: Map<String, Value> = signal
        .services
        .iter()
        .filter_map(|(service, grant)| Some((catalog.service(*service)?.id.to_string(), grant.as_str().into())))
        .collect();
    let at = signal.at.and_then(|at| UNIX_EPOCH.checked_add(Duration::from_secs(at)));
    let at = at.map(|at| humantime::format_rfc3339_seconds(at).to_string());
    json!({
        "source": signal.source.0,
        "kind": signal.kind.as_str(),
        "at": at,
        "purposes": purposes,
        "services": services,
    })
}

/// Sources that would say something, and that the site does not read.
fn not_read(used: &[SourceUse], view: &RequestView<'_>) -> Vec<&'static str> {
    let others = sources::NAMES.iter().map(|(name, _)| *name);
    let others = others.filter(|name| !used.iter().any(|used| used.source.id().0 == *name));
    others
        .filter(|name| {
            let heard = SourceUse::named(name).map(|one| sources::hear(&[one], view)).unwrap_or_default();
            !heard.signals.is_empty()
        })
        .collect()
}

fn headers(arguments: &Arguments) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    let value = |text: &str| {
        HeaderValue::from_bytes(text.trim().as_bytes())
            .map_err(|_| Failure::Wrong(format!("`{}` is not a field value", text.escape_debug())))
    };
    for cookie in &arguments.cookie {
        headers.append(COOKIE, value(cookie)?);
    }
    for field in &arguments.header {
        let wrong = || Failure::Wrong(format!("`{}` is not `NAME: VALUE`", field.escape_debug()));
        let (name, text) = field.split_once(':').ok_or_else(wrong)?;
        let name = HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| wrong())?;
        headers.append(name, value(text)?);
    }
    Ok(headers)
}
