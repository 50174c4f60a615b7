//! The built-in catalog: `config/catalog/*.toml`, compiled in.

use std::sync::LazyLock;

use super::diagnostic::{Diagnostics, SourceFile};
use super::log::{Located, Log};
use super::read::Table;
use super::service;
use crate::catalog::Service;
use crate::consent::PurposeTable;

/// A file of `config/catalog/`, with its path as messages name it.
macro_rules! catalog {
    ($name:literal) => {
        (concat!("config/catalog/", $name, ".toml"), include_str!(concat!("../../config/catalog/", $name, ".toml")))
    };
}

const FILES: &[(&str, &str)] = &[
    catalog!("analytics"),
    catalog!("sessions"),
    catalog!("monitoring"),
    catalog!("feedback"),
    catalog!("tag-managers"),
    catalog!("advertising"),
    catalog!("affiliation"),
    catalog!("messaging"),
    catalog!("social"),
    catalog!("personalization"),
    catalog!("search"),
    catalog!("functional"),
    catalog!("chat"),
    catalog!("browser"),
    catalog!("payment"),
    catalog!("protection"),
    catalog!("consent-tools"),
    catalog!("infrastructure"),
    catalog!("visitor"),
    catalog!("platforms"),
];

/// The services that every installation knows, to be changed or merged with others.
pub fn builtin_services() -> Vec<Service> {
    known().to_vec()
}

/// The services that every installation knows. They use the built-in purposes only, whose ids are the same in every
/// table, so they are read once.
pub(super) fn known() -> &'static [Service] {
    // A test holds that nothing is ever reported here.
    static SERVICES: LazyLock<Vec<Service>> = LazyLock::new(|| check(&PurposeTable::default()).0);
    &SERVICES
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
