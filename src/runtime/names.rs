//! Asks the name system what the shop's sub-domains stand for, beside the requests and never on their way.
//!
//! Of every name the chain of `CNAME`s is followed, link by link and bounded, and whether somebody else's servers answer
//! for it or for a domain between it and the shop's registrable one (`NS`). What answers hold, and when to ask again, is kept
//! by [`crate::inventory::Names`]. A host that merely has a tracker's address (`A`) cannot be told: that takes knowledge of
//! whose addresses these are.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::catalog::Catalog;
use crate::config::NameSystem;
use crate::inventory::{Inventory, Names};
use crate::snapshot::SnapshotCell;
use crate::telemetry::{Metrics, events};

/// How often it is looked whether something is to be asked.
const ROUND: Duration = Duration::from_millis(500);

/// How many names are asked about at once.
const AT_ONCE: usize = 32;

/// How long one question may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long all questions about one name may take. A server that never answers keeps its own names waiting and no others.
const PATIENCE_FOR_ALL: Duration = Duration::from_secs(10);

/// The longest chain that is followed. Longer ones are no use to anybody, and resolvers give up on them as well.
const MOST_LINKS: usize = 12;

/// How many domains above a name are asked for who answers for them.
const MOST_PARENTS: usize = 3;

/// How long it holds that there is nothing, where nobody says.
const NOTHING: Duration = Duration::from_hours(1);

/// The names behind a host, and how long that holds.
type Found = (Vec<Box<str>>, Duration);

/// Asks until told to stop.
pub async fn watch_names(
    (cell, inventory, metrics): (Arc<SnapshotCell>, Arc<Inventory>, Arc<Metrics>),
    mut shutdown: watch::Receiver<bool>,
) {
    let mut used: Option<(NameSystem, Option<TokioResolver>)> = None;
    let mut asked = JoinSet::<(Box<str>, Option<Found>)>::new();
    let mut rounds = tokio::time::interval(ROUND);
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut news = false;
    loop {
        let done = tokio::select! {
            _ = rounds.tick() => None,
            Some(done) = asked.join_next(), if !asked.is_empty() => Some(done),
            _ = shutdown.changed() => return,
        };
        let snapshot = cell.load();
        let names = inventory.names();
        if let Some(done) = done {
            if let Ok((host, found)) = done {
                news |= take(names, &snapshot.catalog, &host, found);
            }
        } else if std::mem::take(&mut news) {
            metrics.cloaked_hosts(names.current().cloaked(&snapshot.catalog).len());
        }
        if used.as_ref().is_none_or(|(settings, _)| *settings != snapshot.names) {
            used = Some((snapshot.names.clone(), resolver(&snapshot.names)));
        }
        let Some((_, Some(resolver))) = &used else {
            continue;
        };
        // Whoever is done makes room for the next one at once.
        for host in names.due(Instant::now(), AT_ONCE.saturating_sub(asked.len())) {
            let resolver = resolver.clone();
            asked.spawn(async move {
                let found = tokio::time::timeout(PATIENCE_FOR_ALL, behind(&resolver, &host)).await;
                (host, found.ok().flatten())
            });
        }
    }
}

/// Takes in what was found behind a host. Gives whether that is news.
fn take(names: &Names, catalog: &Catalog, host: &str, found: Option<Found>) -> bool {
    let Some((behind, lifetime)) = found else {
        names.failed(host, Instant::now());
        return false;
    };
    let site = names.resolved(host, behind, lifetime, Instant::now());
    if let Some(site) = &site
        && let Some(target) = names.current().service_behind(host, catalog)
    {
        events::cloaked_host(site, host, target);
    }
    site.is_some()
}

/// `None` where nothing is asked, or the system has no servers to ask.
fn resolver(settings: &NameSystem) -> Option<TokioResolver> {
    if !settings.resolve {
        return None;
    }
    let builder = if settings.servers.is_empty() {
        TokioResolver::builder_tokio().ok()
    } else {
        let servers = settings.servers.iter().map(|address| {
            let mut server = NameServerConfig::udp_and_tcp(address.ip());
            server.connections.iter_mut().for_each(|connection| connection.port = address.port());
            server
        });
        let config = ResolverConfig::from_parts(None, Vec::new(), servers.collect());
        Some(TokioResolver::builder_with_config(config, TokioRuntimeProvider::default()))
    };
    let resolver = builder.and_then(|mut builder| {
        let options = builder.options_mut();
        options.timeout = PATIENCE / 2;
        options.attempts = 1;
        // How long answers hold is counted by the inventory.
        options.cache_size = 0;
        options.use_hosts_file = hickory_resolver::config::ResolveHosts::Never;
        builder.build().ok()
    });
    if resolver.is_none() {
        events::no_name_servers();
    }
    resolver
}

/// The names behind `host` and how long that holds; `None` when somebody who should answer did not.
async fn behind(resolver: &TokioResolver, host: &str) -> Option<Found> {
    let mut found: Vec<Box<str>> = Vec::new();
    let mut lifetime = NOTHING;
    let mut at: Box<str> = host.into();
    while found.len() < MOST_LINKS {
        let (names, holds) = ask(resolver, &at, RecordType::CNAME).await?;
        lifetime = lifetime.min(holds);
        match names.into_iter().next() {
            Some(next) if *next != *host && !found.contains(&next) => {
                found.push(next.clone());
                at = next;
            }
            _ => break,
        }
    }
    if found.is_empty() {
        let registrable = psl::domain_str(host).unwrap_or(host);
        let mut domain = host;
        for _ in 0..=MOST_PARENTS {
            if domain.len() <= registrable.len() {
                break;
            }
            let (names, holds) = ask(resolver, domain, RecordType::NS).await?;
            lifetime = lifetime.min(holds);
            found.extend(names);
            domain = domain.split_once('.').map_or("", |(_, parent)| parent);
        }
        found.truncate(MOST_LINKS);
    }
    Some((found, lifetime))
}

/// The names in the answer to one question. That there are none is an answer, too.
async fn ask(resolver: &TokioResolver, host: &str, kind: RecordType) -> Option<(Vec<Box<str>>, Duration)> {
    let mut name = Name::from_ascii(host).ok()?;
    name.set_fqdn(true);
    match tokio::time::timeout(PATIENCE, resolver.lookup(name, kind)).await {
        Ok(Ok(lookup)) => {
            let answers = lookup.answers();
            let holds = answers.iter().map(|record| u64::from(record.ttl)).min().map_or(NOTHING, Duration::from_secs);
            let names = answers.iter().filter_map(|record| match &record.data {
                RData::CNAME(target) if kind == RecordType::CNAME => Some(plain(&target.0)),
                RData::NS(target) if kind == RecordType::NS => Some(plain(&target.0)),
                _ => None,
            });
            Some((names.collect(), holds))
        }
        Ok(Err(error)) if error.is_no_records_found() => Some((Vec::new(), negative(&error))),
        _ => None,
    }
}

fn negative(error: &NetError) -> Duration {
    use hickory_resolver::net::{DnsError, NoRecords};
    match error {
        NetError::Dns(DnsError::NoRecordsFound(NoRecords { negative_ttl: Some(seconds), .. })) => {
            Duration::from_secs(u64::from(*seconds))
        }
        _ => NOTHING,
    }
}

fn plain(name: &Name) -> Box<str> {
    name.to_ascii().trim_end_matches('.').to_ascii_lowercase().into()
}
