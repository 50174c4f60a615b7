//! `vestibule explain`: why items are judged as they are on one page, and what would change that.

mod har;
mod report;

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use self::report::Report;
use super::{Failure, configuration, output};
use crate::config::{Config, RulePlaces};
use crate::consent::Country;
use crate::policy::{Consent, Given};
use crate::review::{Stage, quote};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The page's address, as the visitor sees it.
    #[arg(long, required_unless_present = "har")]
    url: Option<Url>,
    /// What the visitor agreed to: `all`, `none`, or purposes separated by commas; without it, no choice was made.
    #[arg(long)]
    consent: Option<String>,
    /// Where the visitor is, as two letters such as `US`; without it, what the country field says.
    #[arg(long, value_name = "COUNTRY", value_parser = super::country)]
    country: Option<Country>,
    /// A cookie that the browser sends; the value plays no part.
    #[arg(long, value_name = "NAME[=VALUE]")]
    cookie: Vec<String>,
    /// A `Set-Cookie` field that the shop sends.
    #[arg(long, value_name = "FIELD")]
    set_cookie: Vec<String>,
    /// Another field of the request, such as `Sec-GPC: 1`.
    #[arg(long, value_name = "NAME: VALUE")]
    header: Vec<String>,
    /// A field that the shop answers with, such as `Link: <https://cdn.example/a.js>; rel=preload`.
    #[arg(long, value_name = "NAME: VALUE")]
    response_header: Vec<String>,
    /// Markup of the page: `<script src=…>`.
    #[arg(long, value_name = "HTML")]
    element: Vec<String>,
    /// A host or address that the page fetches.
    #[arg(long, value_name = "HOST or ADDRESS")]
    host: Vec<String>,
    /// A recorded visit, as browsers save it: every response and every address in it.
    #[arg(long, value_name = "FILE")]
    har: Option<PathBuf>,
    /// The configuration; without it, the site that `run --upstream` stands for.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Tell everything as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let config = configuration(arguments.config.as_ref())?;
    let origins = RulePlaces::of(&config);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let stage = Stage::new(&config, now);
    let mut reports = Vec::new();
    if let Some(url) = &arguments.url {
        let site = site(&stage, url)?;
        let given = given(arguments, &config, site, url)?;
        let addresses: Vec<Url> =
            arguments.host.iter().map(|text| address(text, url)).collect::<Result<_, Failure>>()?;
        let nothing = addresses.is_empty()
            && given.html.is_none()
            && given.request.is_empty()
            && url.query().is_none()
            && given.response.is_empty();
        if nothing && arguments.har.is_none() {
            let why = "there is nothing to explain; give a query in `--url`, `--cookie`, `--header`, `--set-cookie`, `--response-header`, `--element`, `--host` or `--har`";
            return Err(Failure::Wrong(why.to_owned()));
        }
        if !nothing {
            reports.extend(Report::of(&stage, &origins, site, &given, &addresses));
        }
    }
    let recorded = arguments.har.as_ref().map(|file| har::read(file)).transpose()?;
    for page in recorded.iter().flatten() {
        let Ok(site) = site(&stage, &page.url) else {
            let host = page.url.host_str().unwrap_or_default();
            output::remark(&format!("{}: not a page of a configured site", quote(host)));
            continue;
        };
        let consent = consent(arguments, &config, site)?;
        let (mut given, addresses) = page.given(consent, &fields(&arguments.header)?);
        given.country = arguments.country;
        reports.extend(Report::of(&stage, &origins, site, &given, &addresses));
    }
    if arguments.json {
        let all: Vec<_> = reports.iter().map(Report::json).collect();
        output::result(&serde_json::json!({ "pages": all }).to_string());
    } else {
        let brief = arguments.har.is_some();
        let all: Vec<String> =
            reports.iter().map(|report| if brief { report.brief() } else { report.text() }).collect();
        output::result(all.join("\n").trim_end());
    }
    Ok(())
}

fn site(stage: &Stage<'_>, url: &Url) -> Result<usize, Failure> {
    let host = url.host_str().filter(|_| matches!(url.scheme(), "http" | "https"));
    let host = host.ok_or_else(|| Failure::Wrong(format!("{} is not the address of a page", quote(url.as_str()))))?;
    stage.site(host).ok_or_else(|| Failure::Wrong(format!("no site is configured for {}", quote(host))))
}

fn given(arguments: &Arguments, config: &Config, site: usize, url: &Url) -> Result<Given, Failure> {
    let mut request = fields(&arguments.header)?;
    if !arguments.cookie.is_empty() {
        // A name alone stands for a cookie of that name, whatever its value.
        let pairs = arguments.cookie.iter();
        let pairs: Vec<String> =
            pairs.map(|pair| if pair.contains('=') { pair.clone() } else { format!("{pair}=") }).collect();
        request.append(COOKIE, value(&pairs.join("; "))?);
    }
    let mut response = fields(&arguments.response_header)?;
    for field in &arguments.set_cookie {
        response.append(SET_COOKIE, value(field)?);
    }
    let html = (!arguments.element.is_empty()).then(|| arguments.element.join("\n").into());
    Ok(Given {
        consent: consent(arguments, config, site)?,
        country: arguments.country,
        method: "GET".into(),
        url: url.clone(),
        request,
        response,
        html,
    })
}

/// Fields as they are given on the command line.
fn fields(given: &[String]) -> Result<HeaderMap, Failure> {
    let mut fields = HeaderMap::new();
    for field in given {
        let wrong = || Failure::Wrong(format!("{} is not `NAME: VALUE`", quote(field)));
        let (name, text) = field.split_once(':').ok_or_else(wrong)?;
        let name = HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| wrong())?;
        fields.append(name, value(text)?);
    }
    Ok(fields)
}

fn value(text: &str) -> Result<HeaderValue, Failure> {
    HeaderValue::from_bytes(text.trim().as_bytes())
        .map_err(|_| Failure::Wrong(format!("{} is not a field value", quote(text))))
}

fn consent(arguments: &Arguments, config: &Config, site: usize) -> Result<Consent, Failure> {
    let Some(words) = arguments.consent.as_deref() else {
        return Ok(Consent::Undecided);
    };
    match words {
        "all" => return Ok(Consent::AcceptAll),
        "none" => return Ok(Consent::RefuseAll),
        _ => {}
    }
    let offered = config.sites.get(site).map(|site| site.policy.offered).unwrap_or_default();
    let names = words.split(',').map(str::trim).filter(|name| !name.is_empty() && *name != "necessary");
    let purposes = names.map(|name| {
        config.purposes.get(name).filter(|purpose| offered.contains(*purpose)).ok_or_else(|| {
            let asked: Vec<&str> = offered.iter().map(|purpose| config.purposes.name(purpose)).collect();
            Failure::Wrong(format!("{} is not a purpose of this site; it asks for {}", quote(name), asked.join(", ")))
        })
    });
    Ok(Consent::Only(purposes.collect::<Result<_, Failure>>()?))
}

/// `host`, `host/path` or a whole address, seen from the page.
fn address(text: &str, page: &Url) -> Result<Url, Failure> {
    let whole = if text.contains("://") {
        text.to_owned()
    } else {
        format!("{}://{}", page.scheme(), text.trim_start_matches('/'))
    };
    Url::parse(&whole)
        .ok()
        .filter(Url::has_host)
        .ok_or_else(|| Failure::Wrong(format!("{} is neither a host nor an address", quote(text))))
}
