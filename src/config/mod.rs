//! Configuration that ops edit: TOML text to a validated [`Config`], with every error of every file at once.
//!
//! One function serves `check`, start and reload. This room reads text that it is handed; it opens no sockets, and the
//! only files it touches are the ones that configuration names. It does not decide anything about messages: it lowers
//! what was written into [`crate::policy::SitePolicy`] and [`crate::catalog::Service`].
//!
//! # How it reads
//! A file is parsed alone. One with a syntax error is not read any further, so that no error follows from another; the
//! others are read all the same. Tables are read through a cursor (`read.rs`) that keeps the place of every value and
//! knows at the end which keys nobody asked for. Services come before sites and purposes before both, because the later
//! ones name the earlier ones. All that is wrong goes to one log and comes out sorted; each message has a code
//! that [`CODES`] explains.
//!
//! Texts may refer to what is not in the files: `${env:NAME}`, `${env:NAME:-default}`, `${file:PATH}` and
//! `${credential:ID}` (`expand.rs`). What files and credentials hold is never shown.
//!
//! Every key stands in [`mod@reference`] once, with its meaning, its default and an example; the [manual](crate::manual::config)
//! shows them.
//!
//! File names are relative to the main file. `https://` upstreams are offered HTTP/2 by ALPN; `http://` ones are spoken
//! to in HTTP/1.1, `h2c://` ones in HTTP/2. An included file holds `[[site]]`, `[[service]]` and `[[regime]]` tables and may repeat
//! `version`; everything else belongs in the main file.
//!
//! `[[site.test]]` tables are checked here and run by [`crate::review`]. In `given`, `consent` is `undecided` and `url` is
//! `/` on the site's first host unless written; a test asserts what `expect` names and nothing else. Texts of tests are no
//! part of a policy: changing one changes no revision. [`RulePlaces`] finds the place of every rule again.
//!
//! `services` in a `[[site.purpose]]` gives these services the purpose in addition to the ones that they have. Services
//! are shared by all sites, so this makes them stricter everywhere; a service that should have the new purpose only is
//! defined anew with `[[service]]`.

mod asking;
mod builtin;
mod codes;
mod countries;
mod diagnostic;
mod effective;
mod examples;
mod expand;
mod expect;
mod files;
mod format;
mod given;
mod listen;
mod lists;
mod load;
mod log;
mod meaning;
mod model;
mod origins;
mod purpose;
mod read;
pub mod reference;
mod regime;
mod reload;
mod route;
mod rule_places;
mod schema;
mod service;
mod site;
mod source;
mod syntax;
mod test;
mod trial;
mod values;

mod render;

use std::path::Path;

use toml::Spanned;
use toml::de::DeTable;

pub use self::builtin::{builtin_services, check as check_builtin};
pub use self::codes::{CODES, Code};
pub use self::countries::{Countries, CountryDatabase, DatabaseError, NamedFile, read_countries};
pub use self::diagnostic::{Diagnostic, Diagnostics, Place, Severity, SourceFile};
pub use self::effective::{Shown, effective};
pub use self::examples::example_of;
pub use self::expand::{Nowhere, Surroundings};
pub use self::files::{PairError, SecretError, check_files, check_secret, read_certificates, read_secret, read_token};
pub use self::format::format_file;
pub use self::load::{Sources, for_upstream, load, read_file, state_dir_of};
use self::log::{Log, Problem, Span};
pub use self::model::{
    Admin, AdminAddress, Asking, Config, KeySource, Keys, Limits, Listen, NameSystem, PurposeText, Secret, SiteConfig,
    Upstream,
};
pub use self::origins::Origins;
use self::read::Table;
pub use self::regime::{RegimeProfile, check as check_regimes};
pub use self::reload::Reload;
pub use self::render::{Coloured, json, sarif};
pub use self::rule_places::RulePlaces;
pub use self::schema::schema;
pub use self::test::SiteTest;
pub use self::trial::Canary;
use crate::consent::PurposeTable;

/// Validates files that were read already; the first one is the main file. Touches nothing but its arguments, so a
/// reference without a default is an error.
///
/// # Errors
/// Everything that is wrong, with its places, when any of it is an error. Warnings alone come with the configuration.
pub fn parse(files: Vec<SourceFile>) -> Result<Config, Diagnostics> {
    parse_in(files, &Nowhere)
}

/// [`parse`], with references looked up in `around`.
///
/// # Errors
/// Everything that is wrong, with its places.
pub fn parse_in(files: Vec<SourceFile>, around: &dyn Surroundings) -> Result<Config, Diagnostics> {
    lower(files, Log::default(), around)
}

fn lower(files: Vec<SourceFile>, mut log: Log, around: &dyn Surroundings) -> Result<Config, Diagnostics> {
    let documents: Vec<Spanned<DeTable<'_>>> = files
        .iter()
        .enumerate()
        .map(|(at, file)| {
            let mut document = syntax::document(&mut log, at, &file.text);
            expand::document(&mut log, at, &file.text, document.get_mut(), around);
            document
        })
        .collect();
    let mut config = configuration(&files, &documents, &mut log);
    drop(documents);
    let spans = log.take_origins();
    let diagnostics = log.finish(&files);
    if diagnostics.errors() > 0 {
        return Err(diagnostics);
    }
    config.warnings = diagnostics;
    config.files = files.iter().map(|file| file.path.clone()).collect();
    config.origins = Origins::new(files, spans);
    Ok(config)
}

/// Reads all documents. What comes out is complete only when nothing was reported.
fn configuration(files: &[SourceFile], documents: &[Spanned<DeTable<'_>>], log: &mut Log) -> Config {
    let base = files.first().and_then(|main| main.path.parent()).unwrap_or_else(|| Path::new(""));
    let mut purposes = PurposeTable::default();
    let built_in = builtin_services();
    let mut roots = Vec::new();
    for (at, document) in documents.iter().enumerate() {
        if !log.is_broken(at) {
            purpose::declare(log, document.get_ref(), &mut purposes);
            roots.push(Table::new(document.get_ref(), start_of(at), "top level"));
        }
    }
    let mut services = Vec::new();
    for root in &mut roots {
        for table in root.tables(log, "service", "[[service]]") {
            services.extend(service::read(log, table, &purposes, false));
        }
    }
    let own_regimes = roots.iter_mut().flat_map(|root| root.tables(log, "regime", "[[regime]]")).collect();
    let regimes = regime::all(log, own_regimes, &purposes);
    let mut services = service::unique(log, services);
    let own_services = services.len();
    let built_in = built_in.into_iter().filter(|known| !services.iter().any(|own| own.id == known.id));
    let built_in: Vec<_> = built_in.collect();
    services.extend(built_in);

    let mut config = Config {
        listen: listen::listen(&mut Log::default(), None, base),
        admin: None,
        keys: listen::keys(&mut Log::default(), None, None, base),
        limits: Limits::default(),
        names: NameSystem::default(),
        reload: Reload::default(),
        purposes: PurposeTable::default(),
        services: Vec::new(),
        sites: Vec::new(),
        tests: Vec::new(),
        files: Vec::new(),
        trials: trial::Trials::default(),
        shadow: None,
        canary: None,
        warnings: Diagnostics::default(),
        origins: Origins::default(),
    };
    let mut context = site::Context {
        regimes: &regimes,
        base,
        hosts: site::Hosts::new(),
        country_headers: Vec::new(),
        lists: lists::Compiled::new(),
        site_regimes: Vec::new(),
    };
    let mut sites_written = false;
    for mut root in roots {
        let main = root.span.file == 0;
        version(log, &mut root, main);
        if main {
            let _ = root.strings(log, "include");
            let state_dir = root.string(log, "state_dir");
            let table = root.table(log, "listen", "[listen]");
            config.listen = listen::listen(log, table, base);
            let table = root.table(log, "admin", "[admin]");
            config.admin = listen::admin(log, table, base);
            let table = root.table(log, "keys", "[keys]");
            config.keys = listen::keys(log, state_dir, table, base);
            let table = root.table(log, "limits", "[limits]");
            config.limits = listen::limits(log, table);
            let table = root.table(log, "dns", "[dns]");
            config.names = listen::names(log, table);
            let table = root.table(log, "reload", "[reload]");
            config.reload = reload::reload(log, table);
            let shadow = root.table(log, "shadow", "[shadow]");
            let canary = root.table(log, "canary", "[canary]");
            config.trials = trial::read(log, shadow, canary, base);
        } else {
            root.reserved(
                log,
                &["include", "state_dir", "listen", "admin", "keys", "limits", "dns", "reload", "shadow", "canary"],
            );
        }
        sites_written |= root.has("site");
        for mut table in root.tables(log, "site", "[[site]]") {
            let tests = table.tables(log, "test", "[[site.test]]");
            let at = config.sites.len();
            let site = site::read(log, table, &mut purposes, &mut services, &mut context);
            let known = test::Known { files, site: &site, at, purposes: &purposes, services: &services };
            config.tests.extend(test::read(log, tests, &known));
            config.sites.push(site);
        }
        root.finish(log);
    }
    if config.listen.trusted_proxies.is_empty() {
        for span in context.country_headers {
            let message = "nobody is trusted to say which country a visitor is in";
            let help = "add the addresses of your CDN or load balancer to `listen.trusted_proxies`";
            log.push_meaning(Problem::new("V0606", span, message).help(help));
        }
    }
    if !sites_written && !log.names_incomplete && log.errors() == 0 {
        let help = "add `[[site]]` with `hosts` and `upstream`";
        log.push(Problem::new("V0210", Span::whole(0), "no site is configured").help(help));
    }
    config.purposes = purposes;
    config.services = services;
    if log.errors() == 0 {
        meaning::check(log, &config, own_services, &context.site_regimes);
    }
    config
}

fn version(log: &mut Log, root: &mut Table<'_>, main: bool) {
    if main {
        root.require(&["version"]);
    }
    let at = root.key_span("version");
    if let Some(found) = root.integer(log, "version", 0..=u64::MAX)
        && found != 1
    {
        let message = format!("version {found} of the configuration format is not known");
        log.push(Problem::new("V0201", at, message).help("this release reads `version = 1`"));
    }
}

/// The beginning of a file.
const fn start_of(file: usize) -> Span {
    Span { file, start: 0, end: 0 }
}
