//! The catalog that ships with the product, read like the operator's own tables.

use std::path::PathBuf;
use std::sync::Arc;

use super::diagnostic::SourceFile;
use super::read::{Errors, with_root};
use super::service;
use crate::catalog::Service;
use crate::consent::PurposeTable;

/// The files of `config/catalog/`, in the order in which services are listed.
const FILES: [(&str, &str); 7] = [
    ("necessary", include_str!("../../config/catalog/necessary.toml")),
    ("platforms", include_str!("../../config/catalog/platforms.toml")),
    ("functional", include_str!("../../config/catalog/functional.toml")),
    ("personalization", include_str!("../../config/catalog/personalization.toml")),
    ("analytics", include_str!("../../config/catalog/analytics.toml")),
    ("marketing", include_str!("../../config/catalog/marketing.toml")),
    ("social", include_str!("../../config/catalog/social.toml")),
];

/// Every service that ships with the product. A test holds the files free of errors.
pub fn builtin_services(purposes: &mut PurposeTable) -> Vec<Service> {
    read(purposes, &Errors::default())
}

fn read(purposes: &mut PurposeTable, errors: &Errors) -> Vec<Service> {
    let mut services = Vec::new();
    for (name, text) in FILES {
        let file = Arc::new(SourceFile { path: PathBuf::from(format!("catalog/{name}.toml")), text: text.to_owned() });
        with_root(&file, errors, |root| {
            for table in root.tables("service", "`[[service]]`") {
                services.extend(service::read(table, purposes).map(|located| located.value));
            }
            root.finish();
        });
    }
    services
}

#[cfg(test)]
mod tests {
    use super::super::diagnostic::Diagnostics;
    use super::{Errors, PurposeTable, read};

    #[test]
    fn the_shipped_catalog_has_no_errors() {
        let errors = Errors::default();
        let services = read(&mut PurposeTable::default(), &errors);
        let found = errors.take();
        assert!(found.is_empty(), "{}", Diagnostics(found));
        assert!(services.len() >= 25);
        let mut ids: Vec<_> = services.iter().map(|service| &service.id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), services.len(), "an id is there twice");
    }
}
