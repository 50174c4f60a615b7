//! `vestibule consent`: what a request's fields resolve to.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use http::header::COOKIE;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::{Failure, configuration, output};
use crate::banner;
use crate::catalog::Catalog;
use crate::consent::Country;
use crate::runtime::load_keys;
use crate::sources::{self, Key, KeyRing, RequestView};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The value of the request's `Cookie` field.
    #[arg(long, value_name = "HEADER")]
    cookie: Vec<String>,
    /// Another field of the request, such as `Sec-GPC: 1`.
    #[arg(long, value_name = "NAME: VALUE")]
    header: Vec<String>,
    /// The configuration; without it, the site that `run --upstream` stands for.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The host that the request is for; without it, the first site.
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
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
    // Whoever asks is trusted to say where the visitor is; without a word the default holds.
    let named = site.country_header.as_deref().filter(|name| headers.contains_key(*name));
    let fields = named.map(|name| headers.get_all(name).iter().map(|field| field.to_str().ok()));
    let regime =
        fields.map_or(site.policy.regimes.default, |fields| site.policy.regimes.of(Country::of_fields(fields)));
    let view = RequestView {
        headers: &headers,
        secure: sources::cookie_pairs(&headers).any(|pair| pair.name.starts_with(b"__Host-")),
        site: &site.policy.name,
        purposes: &config.purposes,
        catalog: &catalog,
        keys: &keys,
        now: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
        choice_lifetime: regime.choice_lifetime,
    };
    let consent = sources::consent_of(&site.sources, &view, regime);
    let told = banner::state_json(&consent.state, site.policy.offered, &config.purposes, &catalog, consent.gpc);
    output::result(&told.to_string());
    Ok(())
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
