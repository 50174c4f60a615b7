//! The built-in catalog: `config/catalog/*.toml`, compiled in.

use std::sync::LazyLock;

use super::diagnostic::{Diagnostics, SourceFile};
use super::log::{Located, Log};
use super::read::Table;
use super::service;
use crate::catalog::Service;
use crate::consent::PurposeTable;

const FILES: &[(&str, &str)] = &[
    ("config/catalog/analytics.toml", include_str!("../../config/catalog/analytics.toml")),
    ("config/catalog/marketing.toml", include_str!("../../config/catalog/marketing.toml")),
    ("config/catalog/social.toml", include_str!("../../config/catalog/social.toml")),
    ("config/catalog/personalization.toml", include_str!("../../config/catalog/personalization.toml")),
    ("config/catalog/functional.toml", include_str!("../../config/catalog/functional.toml")),
    ("config/catalog/necessary.toml", include_str!("../../config/catalog/necessary.toml")),
    ("config/catalog/visitor.toml", include_str!("../../config/catalog/visitor.toml")),
    ("config/catalog/platforms.toml", include_str!("../../config/catalog/platforms.toml")),
];

/// The services that every installation knows. They use the built-in purposes only, whose ids are the same in every
/// table, so they are read once.
pub fn builtin_services() -> Vec<Service> {
    // A test holds that nothing is ever reported here.
    static SERVICES: LazyLock<Vec<Service>> = LazyLock::new(|| check(&PurposeTable::default()).0);
    SERVICES.clone()
}

/// The files as they were compiled in.
pub(super) fn files() -> Vec<SourceFile> {
    FILES.iter().map(|(path, text)| SourceFile { path: path.into(), text: (*text).to_owned() }).collect()
}

/// The built-in services, and what is wrong with their tables.
pub fn check(purposes: &PurposeTable) -> (Vec<Service>, Diagnostics) {
    let mut log = Log::default();
    let files = files();
    let mut services: Vec<Located<Service>> = Vec::new();
    for (at, file) in files.iter().enumerate() {
        let root = super::syntax::document(&mut log, at, &file.text);
        let mut root = Table::new(root.get_ref(), super::start_of(at), "top level");
        for table in root.tables(&mut log, "service", "[[service]]") {
            services.extend(service::read(&mut log, table, purposes, true));
        }
        root.finish(&mut log);
    }
    let services = service::unique(&mut log, services);
    (services, log.finish(&files))
}
