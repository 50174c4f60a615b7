//! The net under the page: a `Content-Security-Policy` line of our own, sent beside the shop's.
//!
//! Browsers intersect policies, so an additional line can only take away. Ours names the hosts that the policy allows
//! for this consent class and lets everything else of the page run as before: inline code, `eval`, `data:` and `blob:`
//! are not our business here. It holds what no parser can see, such as what scripts inject. `default-src` covers every
//! fetch directive and nothing else: navigation, forms and framing stay as the shop wants them.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{Judge, Page, Surface};
use crate::catalog::{Catalog, Service};
use crate::policy::{Fetch, Item, Mode, Party, SitePolicy, UnknownThirdParty, Verdict};

/// The part of the line that depends only on the consent class. Empty when the class needs no net: everything is
/// granted, or unknown hosts are allowed anyway.
pub fn class_sources(judge: &Judge, site: &SitePolicy, catalog: &Catalog) -> Option<String> {
    let mut judge = judge.fork();
    if judge.mode() != Mode::Enforce || site.unknown_third_party == UnknownThirdParty::Allow {
        return None;
    }
    let mut allows = |host: &str, path: &str| {
        let item = Item::Address { host, path, party: Party::Third, fetch: Fetch::default() };
        judge.judge(Surface::ResponseHeader, &item, String::new).verdict == Verdict::Keep
    };
    // `.invalid` never belongs to anybody (RFC 2606): if even that may be contacted, everything may.
    if allows("unknown.invalid", "/") {
        return None;
    }
    let mut sources = BTreeSet::new();
    for host in &site.first_party {
        // The shop's own hosts may listen anywhere; others are on the ports of their schemes.
        sources.insert(format!("{host}:*"));
        sources.insert(format!("*.{host}:*"));
    }
    for host in site.necessary_hosts.keys() {
        insert_host(&mut sources, host);
    }
    for (_, service) in catalog.iter() {
        service_sources(&mut sources, service, &mut allows);
    }
    Some(sources.iter().fold(String::new(), |mut line, source| {
        let _ = write!(line, " {source}");
        line
    }))
}

fn service_sources(sources: &mut BTreeSet<String>, service: &Service, allows: &mut impl FnMut(&str, &str) -> bool) {
    for host in &service.hosts {
        if allows(host, "/") {
            insert_host(sources, host);
        }
    }
    for address in &service.addresses {
        let prefix = address.path.literal_prefix();
        if allows(&address.host, prefix) {
            // A path that ends in `/` stands for everything below it (CSP3 §6.7.2.8). The query plays no part there.
            let folder = prefix.rsplit_once('/').map_or("/", |(folder, _)| folder);
            sources.insert(format!("{}{folder}/", address.host));
        }
    }
}

fn insert_host(sources: &mut BTreeSet<String>, host: &str) {
    sources.insert(host.to_owned());
    sources.insert(format!("*.{host}"));
}

/// The whole line for one page. `class` comes from [`class_sources`].
pub fn line(page: &Page, class: &str) -> String {
    let mut line =
        "default-src 'self' data: blob: filesystem: mediastream: about: 'unsafe-inline' 'unsafe-eval'".to_owned();
    let own = page.registrable_domain();
    // Addresses and single labels have no sub-domains to allow.
    if own.contains('.') && !own.starts_with('[') && own.parse::<std::net::Ipv4Addr>().is_err() {
        let _ = write!(line, " {own}:* *.{own}:*");
    }
    line.push_str(class);
    line
}
