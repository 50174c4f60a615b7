//! The compiled catalog: one look-up per item, never one comparison per service.

use std::collections::HashMap;

use smallvec::SmallVec;

use super::endpoints::Endpoints;
use super::hints::EndpointHints;
use super::inline::{Inline, InlineReading};
use super::names::Names;
use super::{Pattern, Service};
use crate::consent::{PurposeSet, ServiceId};

/// What a look-up found: services in the order of the catalog, without duplicates.
pub type Matches = SmallVec<[ServiceId; 4]>;

/// All known services and the indexes to recognise them by.
#[derive(Debug, Default)]
pub struct Catalog {
    services: Vec<Service>,
    purposes: PurposeSet,
    by_id: HashMap<Box<str>, ServiceId>,
    cookies: Names,
    hosts: HashMap<Box<str>, Matches>,
    addresses: HashMap<Box<str>, Vec<(Pattern, ServiceId)>>,
    parameters: Names,
    fields: Names,
    endpoints: Endpoints,
    endpoint_hints: EndpointHints,
    cname_targets: HashMap<Box<str>, Matches>,
    inline: Inline,
    /// Services with a vendor of the IAB's list, by its number.
    iab_vendors: Vec<(u16, ServiceId)>,
}

impl Catalog {
    /// Compiles `services`. Ids must be unique; of two services with one id the first is found by [`Catalog::get`].
    pub fn new(services: Vec<Service>) -> Self {
        let mut catalog = Self::default();
        for (at, service) in services.iter().enumerate() {
            let Ok(at) = u16::try_from(at) else { break };
            let id = ServiceId(at);
            catalog.purposes = catalog.purposes.union(service.purposes);
            catalog.by_id.entry(service.id.clone()).or_insert(id);
            for cookie in &service.cookies {
                catalog.cookies.insert(cookie, id);
            }
            for name in &service.parameters {
                catalog.parameters.insert(name, id);
            }
            for name in &service.fields {
                catalog.fields.insert(name, id);
            }
            for host in &service.hosts {
                push(catalog.hosts.entry(host.clone()).or_default(), id);
            }
            for host in &service.cname_targets {
                push(catalog.cname_targets.entry(host.clone()).or_default(), id);
            }
            for endpoint in &service.endpoints {
                catalog.endpoints.insert(endpoint, id);
            }
            for address in &service.addresses {
                catalog.addresses.entry(address.host.clone()).or_default().push((address.path.clone(), id));
            }
            catalog.iab_vendors.extend(service.iab_vendor.map(|vendor| (vendor, id)));
        }
        catalog.iab_vendors.sort_unstable();
        catalog.inline = Inline::new((0_u16..).map(ServiceId).zip(&services));
        catalog.endpoint_hints = EndpointHints::new(&services);
        catalog.services = services;
        catalog
    }

    /// The service with this index.
    pub fn service(&self, id: ServiceId) -> Option<&Service> {
        self.services.get(usize::from(id.0))
    }

    /// The service called `id`.
    pub fn get(&self, id: &str) -> Option<ServiceId> {
        self.by_id.get(id).copied()
    }

    /// All services with their ids, in catalog order.
    pub fn iter(&self) -> impl Iterator<Item = (ServiceId, &Service)> {
        (0_u16..).map(ServiceId).zip(&self.services)
    }

    /// Services that are used under TCF, with their vendors' numbers, in the order of these.
    pub fn iab_vendors(&self) -> &[(u16, ServiceId)] {
        &self.iab_vendors
    }

    /// Services that set a cookie of this name on the shop's domain.
    pub fn by_cookie(&self, name: &[u8]) -> Matches {
        self.cookies.find(name)
    }

    /// Services whose click or user identifiers travel in a query parameter of this name, in any case of letters.
    pub fn by_parameter(&self, name: &[u8]) -> Matches {
        self.parameters.find_in_any_case(name)
    }

    /// Services that a message field or client hint of this name exists for, in any case of letters.
    pub fn by_field(&self, name: &[u8]) -> Matches {
        self.fields.find_in_any_case(name)
    }

    /// Services that a request on the shop's own domain is one to. `path` starts with `/` and carries the query.
    pub fn by_endpoint(&self, path: &str) -> Matches {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        self.endpoints.find(path.as_bytes(), query.as_bytes())
    }

    /// Whether an address on the shop's own domain, absolute or relative and without character references, may be an
    /// endpoint. Cheap, and never false for one.
    pub fn may_be_endpoint(&self, address: &[u8]) -> bool {
        self.endpoint_hints.may_be(address)
    }

    /// Whether relative addresses on a page with this path may be endpoints for the path alone.
    pub fn page_may_lead_to_endpoints(&self, path: &str) -> bool {
        self.endpoint_hints.page_may_lead(path)
    }

    /// Whether the fields in the body of a request can make it one to an endpoint.
    pub const fn reads_fields(&self) -> bool {
        self.endpoint_hints.read_fields()
    }

    /// Services that a sub-domain of the shop is when it is an alias of `host`. `host` as in [`Catalog::by_address`].
    pub fn by_cname(&self, host: &str) -> Matches {
        nearest(&self.cname_targets, host)
    }

    /// Services behind an address. `host` is ASCII lower case without a trailing dot, `path` starts with `/` and
    /// carries the query.
    ///
    /// Shared hosts are told apart by path: when a path pattern matches, the services that merely own the host, or a
    /// parent of it, are not reported.
    pub fn by_address(&self, host: &str, path: &str) -> Matches {
        let mut found = Matches::new();
        for (pattern, id) in self.addresses.get(host).into_iter().flatten() {
            if pattern.matches(path.as_bytes()) {
                push(&mut found, *id);
            }
        }
        if !found.is_empty() {
            return found;
        }
        nearest(&self.hosts, host)
    }

    /// Every purpose that a service has.
    pub const fn purposes(&self) -> PurposeSet {
        self.purposes
    }

    /// Whether any service is recognised by this host, its paths or a parent of it.
    pub fn knows_host(&self, host: &str) -> bool {
        self.addresses.contains_key(host) || !self.by_address(host, "/").is_empty()
    }

    /// Services that this inline script belongs to: by a piece of an install snippet, or by what it loads.
    pub fn by_inline(&self, script: &[u8]) -> Matches {
        self.read_inline(script).services
    }

    /// What is found in this inline script.
    pub fn read_inline(&self, script: &[u8]) -> InlineReading {
        self.inline.read(self, script)
    }
}

/// What the most specific known host says: `stats.vendor.example` before `vendor.example`.
fn nearest(hosts: &HashMap<Box<str>, Matches>, host: &str) -> Matches {
    let mut rest = host;
    loop {
        if let Some(owners) = hosts.get(rest) {
            return owners.clone();
        }
        match rest.split_once('.') {
            Some((_, parent)) => rest = parent,
            None => return Matches::new(),
        }
    }
}

pub(super) fn push(matches: &mut Matches, id: ServiceId) {
    if !matches.contains(&id) {
        matches.push(id);
    }
}
