//! Files to a configuration: the one way, for `check`, start and reload.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::diagnostic::{Diagnostic, Diagnostics, Place, SourceFile};
use super::model::{Admin, Config, Keys, Limits, Listen};
use super::parse::{network, socket_address};
use super::read::{Errors, Located, Table, with_root};
use super::{builtin_services, codes, service, site};
use crate::catalog::{Pattern, Service};
use crate::consent::PurposeTable;

/// Reads and validates the configuration in `main` and the files that it includes.
///
/// # Errors
/// Everything that is wrong, in all files.
pub fn load(main: &Path) -> Result<Config, Diagnostics> {
    let unreadable = |path: &Path, error: &std::io::Error| {
        Diagnostics(vec![Diagnostic {
            code: codes::UNREADABLE,
            message: format!("cannot read `{}`: {error}", path.display()),
            place: None,
            help: Some("check the name, and that the file may be read and is UTF-8".to_owned()),
            related: None,
        }])
    };
    let read = |path: &Path| -> Result<SourceFile, Diagnostics> {
        let text = std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
        Ok(SourceFile { path: path.to_owned(), text })
    };
    let main_file = read(main)?;
    let base = main.parent().unwrap_or(Path::new(""));
    let mut files = vec![];
    for path in included(&main_file, base) {
        files.push(read(&path)?);
    }
    files.insert(0, main_file);
    parse(files)
}

/// The files that `include` names, sorted. Anything that is wrong with it is reported by [`parse`].
fn included(main: &SourceFile, base: &Path) -> Vec<PathBuf> {
    let errors = Errors::default();
    let mut patterns = Vec::new();
    with_root(&Arc::new(main.clone()), &errors, |root| {
        patterns = root.strings("include").unwrap_or_default();
    });
    let mut files = Vec::new();
    for pattern in patterns {
        let path = base.join(&pattern.value);
        let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
            continue;
        };
        let glob = Pattern::new(&name.to_string_lossy());
        let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
        let mut found: Vec<PathBuf> = entries
            .map(|entry| entry.path())
            .filter(|path| path.file_name().is_some_and(|name| glob.matches(name.as_encoded_bytes())))
            .filter(|path| path.is_file())
            .collect();
        found.sort();
        files.extend(found);
    }
    files
}

/// Validates files that were read: the main one first, then those that it includes.
///
/// # Errors
/// Everything that is wrong, in all files.
pub fn parse(files: Vec<SourceFile>) -> Result<Config, Diagnostics> {
    let errors = Errors::default();
    let files: Vec<Arc<SourceFile>> = files.into_iter().map(Arc::new).collect();
    let mut builder = Builder::default();
    // Purposes and services first: sites in one file may name those of another.
    for file in &files {
        with_root(file, &errors, |root| builder.vocabulary(&root));
    }
    errors.take();
    builder.own_services.clear();
    for file in &files {
        with_root(file, &errors, |root| {
            for table in root.tables("service", "`[[service]]`") {
                builder.own_services.extend(service::read(table, &mut builder.purposes));
            }
        });
    }
    builder.duplicates(&errors);
    let mut services = builder.services();
    for (at, file) in files.iter().enumerate() {
        with_root(file, &errors, |root| builder.read(root, at == 0, &mut services));
    }
    builder.hosts(&errors);
    if builder.sites.is_empty() {
        let site_seen = errors_seen(&errors);
        if !site_seen && let Some(main) = files.first() {
            let place = Place { file: Arc::clone(main), start: 0, end: 0 };
            let help = "add `[[site]]` with `hosts` and `upstream`".to_owned();
            errors.add(codes::MISSING_KEY, &place, "there is no site".to_owned(), help);
        }
    }
    let found = errors.take();
    if !found.is_empty() {
        return Err(Diagnostics::sorted(found));
    }
    Ok(Config {
        listen: builder.listen,
        admin: builder.admin,
        keys: builder.keys,
        limits: builder.limits,
        purposes: builder.purposes,
        services,
        sites: builder.sites.into_iter().map(|site| site.config).collect(),
        files: files.iter().map(|file| file.path.clone()).collect(),
    })
}

fn errors_seen(errors: &Errors) -> bool {
    let found = errors.take();
    let any = !found.is_empty();
    for error in found {
        errors.push(error);
    }
    any
}

/// What `vestibule run --upstream URL` stands for, as a configuration and as the text of a file.
///
/// # Errors
/// When `upstream` is no shop to stand before.
pub fn for_upstream(upstream: &str, listen: SocketAddr) -> Result<(Config, String), Diagnostics> {
    let quoted = toml::Value::String(upstream.to_owned());
    let text = format!(
        "version = 1\n\n[listen]\nhttp = \"{listen}\"\n\n[admin]\nlisten = \"127.0.0.1:0\"\n\n[[site]]\n\
         hosts = [\"*\"]                 # every host; name yours, such as [\"www.shop.example\"]\nupstream = {quoted}\n\
         mode = \"enforce\"              # or \"observe\": change nothing, report everything\n\
         unclassified = {{ third_party = \"deny\", cookies = \"session\" }}\n"
    );
    let file = SourceFile { path: PathBuf::from("vestibule.toml"), text: text.clone() };
    parse(vec![file]).map(|config| (config, text))
}

#[derive(Default)]
struct Builder {
    purposes: PurposeTable,
    own_services: Vec<Located<Service>>,
    sites: Vec<site::Read>,
    listen: Listen,
    admin: Option<Admin>,
    keys: Keys,
    limits: Limits,
}

impl Builder {
    /// Makes the purposes of all sites known.
    fn vocabulary(&mut self, root: &Table<'_>) {
        for table in root.tables("site", "`[[site]]`") {
            site::intern_purposes(&table, &mut self.purposes);
        }
    }

    /// The operator's services, then the built-in ones that the operator did not redefine.
    fn services(&mut self) -> Vec<Service> {
        let mut services: Vec<Service> = self.own_services.iter().map(|own| own.value.clone()).collect();
        for builtin in builtin_services(&mut self.purposes) {
            if !services.iter().any(|own| own.id == builtin.id) {
                services.push(builtin);
            }
        }
        services
    }

    fn read(&mut self, root: Table<'_>, main: bool, services: &mut [Service]) {
        let errors = root.errors();
        root.tables("service", "`[[service]]`");
        for table in root.tables("site", "`[[site]]`") {
            site::intern_purposes(&table, &mut self.purposes);
            self.sites.extend(site::read(table, &self.purposes, services));
        }
        if main {
            self.version(&root);
            root.strings("include");
            self.listen(&root);
            self.admin(&root);
            self.keys(&root);
            self.limits(&root);
            if !self.sites.is_empty()
                && self.listen.http.is_empty()
                && self.listen.https.is_empty()
                && !root.has("listen")
            {
                root.missing("listen", "say where visitors connect: `[listen]` with `http = \"0.0.0.0:8080\"`");
            }
        } else {
            root.number("version", 1..2);
        }
        root.finish();
        let _ = errors;
    }

    fn version(&self, root: &Table<'_>) {
        if !root.has("version") {
            let help = "put `version = 1` at the top".to_owned();
            root.errors().add(codes::VERSION, root.place(), "the format version is missing".to_owned(), help);
            return;
        }
        root.number("version", 1..2);
    }

    fn listen(&mut self, root: &Table<'_>) {
        let Some(table) = root.table("listen", "`[listen]`") else {
            return;
        };
        let errors = table.errors();
        let http = table.strings("http").unwrap_or_default();
        self.listen.http = http.iter().filter_map(|text| socket_address(text, errors)).collect();
        for entry in table.tables("https", "`listen.https`") {
            let (address, certificate, key) =
                (entry.string("address"), entry.string("certificate"), entry.string("key"));
            for (name, there) in
                [("address", address.is_some()), ("certificate", certificate.is_some()), ("key", key.is_some())]
            {
                if !there {
                    entry.missing(name, "each entry is `{ address = \"0.0.0.0:8443\", certificate = \"chain.pem\", key = \"key.pem\" }`");
                }
            }
            let address = address.and_then(|address| socket_address(&address, errors));
            if let (Some(address), Some(certificate), Some(key)) = (address, certificate, key) {
                let file = |name: &Located<String>| beside(&name.place, &name.value);
                self.listen.https.push((address, file(&certificate), file(&key)));
            }
            entry.finish();
        }
        let trusted = table.strings("trusted_proxies").unwrap_or_default();
        self.listen.trusted_proxies = trusted.iter().filter_map(|text| network(text, errors)).collect();
        table.finish();
    }

    fn admin(&mut self, root: &Table<'_>) {
        let Some(table) = root.table("admin", "`[admin]`") else {
            return;
        };
        if !table.has("listen") {
            table.missing("listen", "say where ops connect: `listen = \"127.0.0.1:9180\"`");
        }
        if let Some(text) = table.string("listen")
            && let Some(listen) = socket_address(&text, table.errors())
        {
            if listen.ip().is_loopback() {
                self.admin = Some(Admin { listen });
            } else {
                let message = format!("`{listen}` is not on loopback");
                let help =
                    "the admin listener has no password: listen on `127.0.0.1`, and forward from there".to_owned();
                table.errors().add(codes::NOT_LOOPBACK, &text.place, message, help);
            }
        }
        table.finish();
    }

    fn keys(&mut self, root: &Table<'_>) {
        self.keys.state_dir = match root.string("state_dir") {
            Some(directory) => beside(&directory.place, &directory.value),
            None => beside(root.place(), ".vestibule-state"),
        };
        let Some(table) = root.table("keys", "`[keys]`") else {
            return;
        };
        let file = |name: Located<String>| beside(&name.place, &name.value);
        self.keys.current = table.string("current").map(file);
        self.keys.previous = table.string("previous").map(file);
        table.finish();
    }

    fn limits(&mut self, root: &Table<'_>) {
        let Some(table) = root.table("limits", "`[limits]`") else {
            return;
        };
        let bytes = |key, limit: &mut usize, range| {
            if let Some(number) = table.number(key, range) {
                *limit = usize::try_from(number).unwrap_or(*limit);
            }
        };
        bytes("max_uri_bytes", &mut self.limits.max_uri_bytes, 256..1024 * 1024);
        bytes("max_header_bytes", &mut self.limits.max_header_bytes, 1024..1024 * 1024);
        bytes("max_token_bytes", &mut self.limits.max_token_bytes, 4096..1024 * 1024 * 1024);
        let seconds = |key, limit: &mut Duration| {
            if let Some(number) = table.number(key, 1..3601) {
                *limit = Duration::from_secs(number);
            }
        };
        seconds("keepalive_secs", &mut self.limits.keepalive);
        seconds("read_timeout_secs", &mut self.limits.read_timeout);
        seconds("write_timeout_secs", &mut self.limits.write_timeout);
        seconds("upstream_connect_timeout_secs", &mut self.limits.upstream_connect_timeout);
        seconds("upstream_read_timeout_secs", &mut self.limits.upstream_read_timeout);
        table.finish();
    }

    /// Services that are defined twice.
    fn duplicates(&self, errors: &Errors) {
        let mut seen: BTreeMap<&str, &Place> = BTreeMap::new();
        for own in &self.own_services {
            if let Some(first) = seen.get(&*own.value.id) {
                errors.push(twice(format!("service `{}` is defined twice", own.value.id), &own.place, first));
            } else {
                seen.insert(&own.value.id, &own.place);
            }
        }
    }

    /// Hosts that belong to two sites.
    fn hosts(&self, errors: &Errors) {
        let mut seen: BTreeMap<&str, &Place> = BTreeMap::new();
        for host in self.sites.iter().flat_map(|site| &site.hosts) {
            if let Some(first) = seen.get(&*host.value) {
                errors.push(twice(format!("host `{}` belongs to two sites", host.value), &host.place, first));
            } else {
                seen.insert(&host.value, &host.place);
            }
        }
    }
}

fn twice(message: String, place: &Place, first: &Place) -> Diagnostic {
    Diagnostic {
        code: codes::DUPLICATE,
        message,
        place: Some(place.clone()),
        help: Some("keep one of them".to_owned()),
        related: Some((first.clone(), "first here".to_owned())),
    }
}

/// A path that is relative to the file that names it.
fn beside(place: &Place, path: &str) -> PathBuf {
    place.file.path.parent().unwrap_or(Path::new("")).join(path)
}
