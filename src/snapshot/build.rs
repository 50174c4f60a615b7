//! Configuration and keys to snapshot. Pure: whoever calls has read the files.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::{Banner, Banners, MirrorTags, Plan, Site, Snapshot};
use crate::banner::{self, Asked, Form};
use crate::catalog::Catalog;
use crate::config::{Config, SiteConfig};
use crate::consent::{ConsentState, Grant, PurposeId, PurposeSet, PurposeTable, Signal, SignalKind, SourceId, resolve};
use crate::policy::{Mode, SitePolicy};
use crate::sources::KeyRing;

/// Sites that ask for more purposes than this get their plans computed per request: 2^n plans are kept otherwise.
const PRECOMPUTED_PURPOSES: usize = 6;

impl Snapshot {
    /// Compiles a valid configuration.
    pub fn build(config: &Config, keys: KeyRing) -> Self {
        // Everything in the configuration prints without addresses or hash order, so equal ones print alike.
        let content = format!("{:?}{:?}{:?}", config.purposes, config.services, config.sites);
        let digest = Sha256::digest(content.as_bytes());
        let revision = digest.iter().take(4).fold(String::new(), |name, byte| format!("{name}{byte:02x}"));
        let catalog = Arc::new(Catalog::new(config.services.clone()));
        let mut by_host = HashMap::new();
        let mut any_host = None;
        let mut sites = Vec::new();
        for (at, site) in config.sites.iter().enumerate() {
            if site.hosts.is_empty() {
                any_host = Some(at);
            }
            for host in &site.hosts {
                by_host.insert(host.clone(), at);
            }
            sites.push(Arc::new(compile(site, &config.purposes, &catalog, &revision)));
        }
        Self {
            generation: 0,
            revision: revision.into(),
            limits: config.limits.clone(),
            trusted_proxies: config.listen.trusted_proxies.clone(),
            names: config.names.clone(),
            catalog,
            purposes: Arc::new(config.purposes.clone()),
            shadow: config.shadow.as_ref().map(|other| Arc::new(Self::on_trial(other, config, &keys))),
            canary: config.canary.as_ref().map(|canary| {
                let share = u16::from(canary.percent).saturating_mul(100);
                (Arc::new(Self::on_trial(&canary.config, config, &keys)), share)
            }),
            keys: Arc::new(keys),
            certificates: Vec::new(),
            sites,
            by_host,
            any_host,
        }
    }
}

impl Snapshot {
    /// A policy on trial beside `main`, whose keys, limits and trusted proxies are the ones that count.
    fn on_trial(config: &Config, main: &Config, keys: &KeyRing) -> Self {
        Self {
            limits: main.limits.clone(),
            trusted_proxies: main.listen.trusted_proxies.clone(),
            ..Self::build(config, keys.clone())
        }
    }
}

fn compile(site: &SiteConfig, table: &PurposeTable, catalog: &Arc<Catalog>, revision: &str) -> Site {
    let policy = Arc::new(site.policy.clone());
    let asked: Vec<Asked> = site
        .purposes
        .iter()
        .filter(|text| table.get(&text.id).is_some_and(|id| policy.offered.contains(id)))
        .map(|text| Asked { id: text.id.clone(), title: english(&text.title), benefit: english(&text.benefit) })
        .collect();
    let enforces = std::iter::once(policy.mode).chain(policy.routes.iter().filter_map(|route| route.mode));
    let asks = site.asking.shown && enforces.into_iter().any(|mode| mode == Mode::Enforce) && !asked.is_empty();
    let enforcing = policy.everywhere_enforcing();
    Site {
        plans: plans(&enforcing, catalog, revision),
        enforcing,
        banner: asks.then(|| {
            let form = |name, asks_first, gpc| {
                let style = Form { asks_first, refuse_on_first_layer: site.asking.refuse_on_first_layer, gpc };
                Banner { name, markup: banner::banner(&asked, &site.own_path, style).into() }
            };
            Banners {
                asks_first: [form("b", true, false), form("bg", true, true)],
                until_objection: [form("o", false, false), form("og", false, true)],
            }
        }),
        mirror: MirrorTags::new(&site.own_path, &site.sources),
        country_header: site.country_header.clone(),
        countries: None,
        preselected: site.asking.preselected,
        upstreams: site.upstreams.clone(),
        own_path: site.own_path.clone(),
        sources: site.sources.clone(),
        clear_site_data: site.clear_site_data.clone(),
        gpc_file: site.gpc_file && site.sources.iter().any(|used| used.source.id().0 == "gpc"),
        asked,
        policy,
    }
}

/// The banner speaks English only, so far; every text has an English version.
fn english(texts: &BTreeMap<Box<str>, Box<str>>) -> Box<str> {
    texts.get("en").cloned().unwrap_or_default()
}

fn plans(policy: &Arc<SitePolicy>, catalog: &Arc<Catalog>, revision: &str) -> HashMap<u32, Arc<Plan>> {
    let offered: Vec<PurposeId> = policy.offered.iter().collect();
    if offered.len() > PRECOMPUTED_PURPOSES {
        return HashMap::new();
    }
    (0..1_u32 << offered.len())
        .map(|choice| {
            let granted: PurposeSet = offered
                .iter()
                .enumerate()
                .filter(|(at, _)| choice & (1 << at) != 0)
                .map(|(_, purpose)| *purpose)
                .collect();
            let state = Arc::new(granting(granted));
            (granted.bits(), Arc::new(Plan::new(policy, catalog, &state, None, revision)))
        })
        .collect()
}

/// A state in which exactly `granted` is granted.
fn granting(granted: PurposeSet) -> ConsentState {
    let signal = Signal {
        source: SourceId("class"),
        kind: SignalKind::Collected,
        at: None,
        knowing: true,
        purposes: granted.iter().map(|purpose| (purpose, Grant::Granted)).collect(),
        services: Vec::new(),
    };
    resolve(&[signal], crate::consent::Regime::OPT_IN)
}
