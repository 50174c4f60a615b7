//! Items that stand for everything that two policies can tell apart.

use std::collections::{BTreeMap, BTreeSet};

use super::witness;
use crate::catalog::{Pattern, Service};
use crate::policy::{OwnedFetch, OwnedItem, Party, SitePolicy};
use crate::review::quote;

/// A script with this marker. A name alone counts where it is made.
fn script_with(marker: &str) -> String {
    let name = marker.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'.'));
    if name { format!("{marker}=") } else { marker.to_owned() }
}

/// What one policy knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Knows<'a> {
    pub(super) services: &'a [Service],
    pub(super) site: &'a SitePolicy,
}

/// Representative items; addresses as host and path, because whose they are depends on the policy.
#[derive(Debug, Default)]
pub(super) struct Items {
    pub(super) cookies: BTreeSet<Vec<u8>>,
    pub(super) addresses: BTreeSet<(String, String)>,
    pub(super) scripts: BTreeSet<Vec<u8>>,
    pub(super) parameters: BTreeSet<Vec<u8>>,
    pub(super) fields: BTreeSet<Vec<u8>>,
    /// How to read what stands for anything.
    pub(super) stands_for_any: StandsForAny,
    /// Whether some patterns overlap in more ways than were followed.
    pub(super) incomplete: bool,
}

impl Items {
    /// Items for two policies, seen from pages on `hosts`.
    pub(super) fn of(both: [Knows<'_>; 2], hosts: &[String]) -> Self {
        let mut items = Self::default();
        items.add_cookies(&both);
        items.add_addresses(&both, hosts);
        items.add_endpoints(&both, hosts);
        let kept = both.iter().flat_map(|knows| &knows.site.necessary_parameters).map(|entry| &entry.pattern);
        items.parameters = items.names(&both, kept, |service| &service.parameters);
        items.fields = items.names(&both, std::iter::empty(), |service| &service.fields);
        // Markers are found anywhere in a script, and more of them never undo what one brings about.
        let markers = both.iter().flat_map(|knows| knows.services).flat_map(|service| &service.inline);
        items.scripts = markers.map(|marker| script_with(marker).into_bytes()).collect();
        items.scripts.insert(Vec::new());
        items
    }

    /// Names of one kind that services, and `more`, are known by; nothing follows from one that nobody knows.
    fn names<'p>(
        &mut self,
        both: &[Knows<'p>; 2],
        more: impl Iterator<Item = &'p Pattern>,
        of: impl Fn(&'p Service) -> &'p [Pattern],
    ) -> BTreeSet<Vec<u8>> {
        let patterns = both.iter().flat_map(|knows| knows.services).flat_map(of);
        let found = witness::words(patterns.chain(more).map(Pattern::as_str), "");
        self.incomplete |= found.incomplete;
        found.words
    }

    /// One call for each endpoint, on each of the shop's hosts. Calls that are two services' at once are not looked for.
    fn add_endpoints(&mut self, both: &[Knows<'_>; 2], pages: &[String]) {
        let services = both.iter().flat_map(|knows| knows.services);
        for endpoint in services.flat_map(|service| &service.endpoints) {
            let filled = |pattern: &Pattern| pattern.as_str().replace('*', "");
            let query: Vec<String> =
                endpoint.parameters.iter().map(|(name, value)| format!("{name}={}", filled(value))).collect();
            let path = filled(&endpoint.path);
            let call = if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) };
            self.addresses.extend(pages.iter().map(|page| (page.clone(), call.clone())));
        }
    }

    fn add_cookies(&mut self, both: &[Knows<'_>; 2]) {
        let known = both.iter().flat_map(|knows| knows.services).flat_map(|service| &service.cookies);
        let necessary = both.iter().flat_map(|knows| &knows.site.necessary_cookies).map(|entry| &entry.pattern);
        let found = witness::words(known.chain(necessary).map(Pattern::as_str), "");
        self.incomplete |= found.incomplete;
        self.cookies = found.words;
        self.stands_for_any.in_names = char::from(found.fresh);
    }

    /// Every host that is named anywhere, and one below it that is not: a host further down is treated like the latter. A
    /// host with path patterns gets the paths that tell them apart.
    fn add_addresses(&mut self, both: &[Knows<'_>; 2], pages: &[String]) {
        let mut paths: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for knows in both {
            let of_services = knows.services.iter().flat_map(|service| &service.hosts);
            let own = knows.site.first_party.iter().chain(knows.site.necessary_hosts.keys());
            for host in of_services.chain(own) {
                paths.entry(host).or_default();
            }
            for address in knows.services.iter().flat_map(|service| &service.addresses) {
                paths.entry(&address.host).or_default().insert(address.path.as_str());
            }
        }
        for page in pages {
            paths.entry(page).or_default();
        }
        let fresh = fresh_label(&paths);
        let unknown = format!("{fresh}.invalid");
        self.stands_for_any.label.clone_from(&fresh);
        for (host, patterns) in &paths {
            let below = if host.starts_with('[') { None } else { Some(format!("{fresh}.{host}")) };
            let found = witness::words(patterns.iter().copied(), "/");
            self.incomplete |= found.incomplete;
            self.stands_for_any.in_paths.insert((*host).to_owned(), char::from(found.fresh));
            for path in found.words {
                let path = String::from_utf8_lossy(&path).into_owned();
                self.addresses.insert(((*host).to_owned(), path));
            }
            self.addresses.extend(below.map(|below| (below, "/".to_owned())));
        }
        self.addresses.insert((unknown, "/".to_owned()));
    }
}

/// What stands for anything in representative items.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct StandsForAny {
    in_names: char,
    in_paths: BTreeMap<String, char>,
    label: String,
}

impl StandsForAny {
    /// An item as people would write it, and what kind of thing it is.
    pub(super) fn label(&self, item: &OwnedItem) -> (&'static str, String) {
        match item {
            OwnedItem::Cookie { name } | OwnedItem::SetCookie { name, .. } => {
                let name = String::from_utf8_lossy(name).replace(self.in_names, "*");
                let anything = name == "*";
                ("cookie", if anything { "cookies that nobody knows".to_owned() } else { quote(&name) })
            }
            OwnedItem::Address { host, path, .. } => {
                if host.strip_suffix(".invalid") == Some(&self.label) {
                    return ("host", "hosts that nobody knows".to_owned());
                }
                let fresh = self.in_paths.get(&**host).copied();
                let below = host.strip_prefix(&*self.label).and_then(|rest| rest.strip_prefix('.'));
                let host = below.map_or_else(|| host.to_string(), |parent| format!("*.{parent}"));
                let path = fresh.map_or_else(|| path.to_string(), |fresh| path.replace(fresh, "*"));
                let path = if path == "/" || path == "/*" { "" } else { &path };
                ("host", quote(&format!("{host}{path}")))
            }
            OwnedItem::InlineScript { text } if text.is_empty() => ("script", "scripts that nobody knows".to_owned()),
            OwnedItem::InlineScript { text } => ("script", quote(&String::from_utf8_lossy(text))),
            OwnedItem::Parameter { name, .. } => ("parameter", quote(&String::from_utf8_lossy(name))),
            OwnedItem::Field { name, .. } => ("field", quote(&String::from_utf8_lossy(name))),
        }
    }
}

/// A label that stands in no host.
fn fresh_label(hosts: &BTreeMap<&str, BTreeSet<&str>>) -> String {
    let used: BTreeSet<&str> = hosts.keys().flat_map(|host| host.split('.')).collect();
    let mut label = "any".to_owned();
    while used.contains(label.as_str()) {
        label.push('x');
    }
    label
}

/// The kinds of a cookie.
///
/// One that lives longer than any limit stands for all that do, and tells every two limits apart.
pub(super) fn of_cookie(name: &[u8]) -> [OwnedItem; 4] {
    let set = |persistent: bool, deletion| OwnedItem::SetCookie {
        name: name.into(),
        persistent,
        deletion,
        days: persistent.then_some(u32::MAX),
        domain: false,
    };
    [OwnedItem::Cookie { name: name.into() }, set(false, false), set(true, false), set(false, true)]
}

/// An address on a host that belongs to `party`.
pub(super) fn of_address(host: &str, path: &str, party: Party) -> OwnedItem {
    OwnedItem::Address { host: host.into(), path: path.into(), party, fetch: OwnedFetch::default() }
}
