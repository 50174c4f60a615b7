//! What the name system has told about hosts of the shop: which other hosts they stand for.
//!
//! A picture of one moment, taken once per request; nothing here asks anybody. Who asks is `runtime::names`.

use std::collections::HashMap;

use super::Catalog;

/// Hosts, each with the names that it is an alias of (`CNAME`, link by link) or that answer for it (`NS`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aliases {
    known: HashMap<Box<str>, Vec<Box<str>>>,
}

impl Aliases {
    /// A picture of these hosts. Names are ASCII lower case without a trailing dot.
    pub fn new(known: HashMap<Box<str>, Vec<Box<str>>>) -> Self {
        Self { known }
    }

    /// Whether it is known what `host` stands for, if for anything.
    pub fn knows(&self, host: &str) -> bool {
        self.known.contains_key(host)
    }

    /// The first name behind `host` by which the catalog knows a service.
    pub fn service_behind(&self, host: &str, catalog: &Catalog) -> Option<&str> {
        let names = self.known.get(host)?;
        names.iter().map(|name| &**name).find(|name| !catalog.by_cname(name).is_empty())
    }

    /// Hosts behind which the catalog knows a service, with its name, sorted.
    pub fn cloaked(&self, catalog: &Catalog) -> Vec<(&str, &str)> {
        let mut found: Vec<_> =
            self.known.keys().filter_map(|host| Some((&**host, self.service_behind(host, catalog)?))).collect();
        found.sort_unstable();
        found
    }
}
