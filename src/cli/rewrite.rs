//! `vestibule rewrite`: the page pipeline over standard input, as a visitor with this consent would get it.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use serde_json::json;
use url::Url;

use super::{Failure, configuration, output};
use crate::catalog::Catalog;
use crate::config::{Config, SiteConfig};
use crate::consent::{ConsentState, Grant, PurposeTable, Signal, SignalKind, SourceId, resolve};
use crate::enforce::html::{Options, Rewriter};
use crate::enforce::{Finding, Judge, Page};
use crate::proxy::pipeline::{BodyLimits, BodyOptions, Pipeline};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The page's address, as the visitor sees it.
    #[arg(long)]
    url: Url,
    /// What the visitor agreed to: `all`, `none`, or purposes separated by commas.
    #[arg(long, default_value = "none")]
    consent: String,
    /// The configuration; without it, the site that `run --upstream` stands for.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// How findings are told on standard error.
    #[arg(long, value_enum, default_value_t = Form::Text)]
    findings: Form,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    /// A line for a person each.
    Text,
    /// A JSON object each.
    Json,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let config = configuration(arguments.config.as_ref())?;
    let page = Page::new(arguments.url.clone());
    let site = site(&config, arguments.url.host_str().unwrap_or_default())?;
    let state = state(&arguments.consent, site, &config.purposes)?;
    let catalog = Arc::new(Catalog::new(config.services.clone()));
    let judge = Judge::new(
        Arc::new(site.policy.clone()),
        Arc::clone(&catalog),
        Arc::new(state),
        site.policy.route("GET", arguments.url.path()),
        Arc::new(page),
    );
    let options = Options {
        inject_head: None,
        inject_body: None,
        max_token_bytes: config.limits.max_token_bytes,
        fragment: true,
    };
    let limits = BodyLimits::default();
    let mut pipeline = Pipeline::new(Rewriter::new(judge, options), BodyOptions { limits, ..BodyOptions::default() });
    stream(&mut pipeline)?;
    for finding in pipeline.rewriter_mut().take_journal().findings() {
        output::remark(&describe(finding, &catalog, &config.purposes, arguments.findings));
    }
    Ok(())
}

fn site<'a>(config: &'a Config, host: &str) -> Result<&'a SiteConfig, Failure> {
    config
        .site_for(host)
        .and_then(|at| config.sites.get(at))
        .ok_or_else(|| Failure::Wrong(format!("no site is configured for `{host}`")))
}

fn state(consent: &str, site: &SiteConfig, table: &PurposeTable) -> Result<ConsentState, Failure> {
    let mut purposes = Vec::new();
    for purpose in site.policy.offered.iter() {
        purposes.push((purpose, if consent == "all" { Grant::Granted } else { Grant::Denied }));
    }
    if consent != "all" && consent != "none" {
        for name in consent.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            let known = table.get(name).and_then(|id| purposes.iter_mut().find(|(purpose, _)| *purpose == id));
            match known {
                Some(slot) => slot.1 = Grant::Granted,
                None if name == "necessary" => {}
                None => {
                    let names: Vec<&str> = site.policy.offered.iter().map(|id| table.name(id)).collect();
                    return Err(Failure::Wrong(format!(
                        "`{name}` is not a purpose of this site; it asks for {}",
                        names.join(", ")
                    )));
                }
            }
        }
    }
    let signal = Signal {
        source: SourceId("argument"),
        kind: SignalKind::Collected,
        at: None,
        knowing: true,
        purposes,
        services: Vec::new(),
    };
    Ok(resolve(&[signal], site.policy.regimes.default))
}

fn stream(pipeline: &mut Pipeline<Rewriter>) -> Result<(), Failure> {
    let cannot = |error: std::io::Error| Failure::CannotRun(error.to_string());
    let unreadable = |error: crate::proxy::pipeline::PipelineError| {
        Failure::Wrong(format!("the page cannot be read: {error}; nothing more of it was written"))
    };
    let mut input = std::io::stdin().lock();
    let mut out = std::io::stdout().lock();
    let mut buffer = vec![0_u8; 64 * 1024];
    loop {
        let read = input.read(&mut buffer).map_err(cannot)?;
        let Some(chunk) = buffer.get(..read).filter(|chunk| !chunk.is_empty()) else {
            break;
        };
        out.write_all(&pipeline.write(chunk).map_err(unreadable)?).map_err(cannot)?;
    }
    out.write_all(&pipeline.finish().map_err(unreadable)?).map_err(cannot)?;
    out.flush().map_err(cannot)
}

fn describe(finding: &Finding, catalog: &Catalog, purposes: &PurposeTable, form: Form) -> String {
    let service = finding.reason.service.and_then(|id| catalog.service(id)).map(|service| &*service.id);
    let purpose = finding.reason.purpose.map(|id| purposes.name(id));
    match form {
        Form::Json => json!({
            "surface": finding.surface.as_str(),
            "subject": &*finding.subject,
            "verdict": format!("{:?}", finding.verdict).to_lowercase(),
            "enforced": finding.enforced,
            "rule": finding.reason.rule.as_str(),
            "service": service,
            "purpose": purpose,
            "because": finding.reason.because.as_str(),
        })
        .to_string(),
        Form::Text => format!(
            "{} {}: {} ({}{}{}, {})",
            finding.surface.as_str(),
            finding.subject,
            format!("{:?}", finding.verdict).to_lowercase(),
            finding.reason.rule.as_str(),
            service.map(|id| format!(" {id}")).unwrap_or_default(),
            purpose.map(|name| format!(", purpose {name}")).unwrap_or_default(),
            finding.reason.because.as_str(),
        ),
    }
}
