//! What holds for the whole process: listeners, the admin address, keys and limits.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::de::DeTable;

use super::log::{Located, Log, Problem, Span, quote};
use super::model::{Admin, AdminAddress, KeySource, Keys, Limits, Listen, NameSystem, Secret};
use super::read::Table;
use super::values;

/// Where visitors connect when nothing else is written.
pub(super) const DEFAULT_HTTP: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8080);
/// Where ops connect when `[admin]` names no address.
const DEFAULT_ADMIN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 9180);

pub(super) fn listen(log: &mut Log, table: Option<Table<'_>>, base: &Path) -> Listen {
    let mut listen = Listen { http: Vec::new(), https: Vec::new(), trusted_proxies: Vec::new() };
    let Some(mut table) = table else {
        listen.http.push(DEFAULT_HTTP);
        return listen;
    };
    let mut seen: Vec<(SocketAddr, Span)> = Vec::new();
    let defaulted = !table.has("http") && !table.has("https");
    for text in table.strings(log, "http").unwrap_or_default() {
        if let Some(address) = values::socket(log, text) {
            once(log, &mut seen, address, text.span);
            listen.http.push(address);
        }
    }
    for mut entry in table.tables(log, "https", "[[listen.https]]") {
        entry.require(&["address", "certificate", "key"]);
        let address = entry.string(log, "address");
        let certificate = file(log, &mut entry, "certificate", base);
        let key = file(log, &mut entry, "key", base);
        entry.finish(log);
        if let Some(text) = address
            && let Some(address) = values::socket(log, text)
        {
            // One address may have several certificates; visitors name the one that they want.
            if !listen.https.iter().any(|(known, ..)| *known == address) {
                once(log, &mut seen, address, text.span);
            }
            if let (Some(certificate), Some(key)) = (certificate, key) {
                listen.https.push((address, certificate, key));
            }
        }
    }
    for text in table.strings(log, "trusted_proxies").unwrap_or_default() {
        let network = values::network(log, text);
        if network.is_some_and(|(_, bits)| bits == 0) {
            let message = format!("the network {} covers every address", quote(text.value));
            let help = "write the networks of your own load balancers; everybody else can forge `X-Forwarded-For`";
            log.push(Problem::new("V0214", text.span, message).help(help));
        }
        listen.trusted_proxies.extend(network);
    }
    if defaulted {
        listen.http.push(DEFAULT_HTTP);
    }
    table.finish(log);
    listen
}

/// The certificates and keys that a main file names, to notice when they change.
pub(super) fn files_of(root: &DeTable<'_>) -> Vec<String> {
    let tables = root.get("listen").and_then(|listen| listen.get_ref().get("https")?.get_ref().as_array());
    let tables = tables.into_iter().flat_map(|tables| tables.iter());
    tables
        .flat_map(|table| {
            ["certificate", "key"].map(|key| table.get_ref().get(key)?.get_ref().as_str().map(str::to_owned))
        })
        .flatten()
        .collect()
}

/// Two listeners cannot share an address, except port 0, which takes any free one.
fn once(log: &mut Log, seen: &mut Vec<(SocketAddr, Span)>, address: SocketAddr, span: Span) {
    match seen.iter().find(|(known, _)| *known == address) {
        Some((_, first)) if address.port() != 0 => {
            let message = format!("`{address}` is listened on twice");
            log.push(Problem::new("V0212", span, message).related("first here", *first));
        }
        _ => seen.push((address, span)),
    }
}

pub(super) fn admin(log: &mut Log, table: Option<Table<'_>>, base: &Path) -> Option<Admin> {
    let mut table = table?;
    let text = table.string(log, "listen");
    let token_file = file(log, &mut table, "token_file", base);
    table.finish(log);
    let Some(text) = text else {
        return Some(Admin { listen: AdminAddress::Tcp(DEFAULT_ADMIN), token_file });
    };
    if let Some(path) = text.value.strip_prefix("unix:").filter(|path| !path.is_empty()) {
        return Some(Admin { listen: AdminAddress::Unix(base.join(path)), token_file });
    }
    let listen = values::socket(log, text)?;
    if !listen.ip().is_loopback() {
        let message = format!("the admin address `{listen}` can be reached from outside this machine");
        let port = listen.port();
        let help =
            format!("write `127.0.0.1:{port}` and come through an SSH tunnel or a reverse proxy that asks who you are");
        log.push(Problem::new("V0204", text.span, message).help(help));
    }
    Some(Admin { listen: AdminAddress::Tcp(listen), token_file })
}

/// The state directory is `.vestibule-state` beside the main file when nothing is written.
pub(super) fn keys(log: &mut Log, state_dir: Option<Located<&str>>, table: Option<Table<'_>>, base: &Path) -> Keys {
    let state_dir = state_dir.map_or(".vestibule-state", |text| text.value);
    let mut keys = Keys { state_dir: base.join(state_dir), current: None, previous: None };
    if let Some(mut table) = table {
        keys.current = key(log, &mut table, "current", base);
        let at = table.key_span("previous");
        keys.previous = key(log, &mut table, "previous", base);
        if keys.current.is_some() && keys.current == keys.previous {
            let message = "`previous` is the same key as `current`";
            log.push(
                Problem::new("V0213", at, message)
                    .help("keep the old key in a place of its own, or leave `previous` out"),
            );
        }
        table.finish(log);
    }
    keys
}

/// A file that holds a key, or a reference to the key itself. A bare variable names a file, as the same text would.
fn key(log: &mut Log, table: &mut Table<'_>, name: &'static str, base: &Path) -> Option<KeySource> {
    let text = table.string(log, name)?;
    Some(if log.is_secret(text.span) {
        KeySource::Given(Secret::new(text.value))
    } else {
        KeySource::File(base.join(text.value))
    })
}

fn file(log: &mut Log, table: &mut Table<'_>, key: &'static str, base: &Path) -> Option<PathBuf> {
    let text = table.string(log, key)?;
    if log.is_secret(text.span) {
        let message = format!("{key} takes the path of a file, not what a file or a credential holds");
        log.push(Problem::new("V0104", text.span, message));
        return None;
    }
    Some(base.join(text.value))
}

pub(super) fn names(log: &mut Log, table: Option<Table<'_>>) -> NameSystem {
    let mut names = NameSystem::default();
    let Some(mut table) = table else {
        return names;
    };
    if let Some(resolve) = table.boolean(log, "resolve") {
        names.resolve = resolve;
    }
    for text in table.strings(log, "servers").unwrap_or_default() {
        names.servers.extend(values::socket(log, text));
    }
    table.finish(log);
    names
}

pub(super) fn limits(log: &mut Log, table: Option<Table<'_>>) -> Limits {
    let mut limits = Limits::default();
    let Some(mut table) = table else {
        return limits;
    };
    for (key, slot, least) in [
        ("max_uri_bytes", &mut limits.max_uri_bytes, 256),
        ("max_header_bytes", &mut limits.max_header_bytes, 1024),
        ("max_token_bytes", &mut limits.max_token_bytes, 4096),
    ] {
        let bytes = table.integer(log, key, least..=256 * 1024 * 1024);
        if let Some(bytes) = bytes.and_then(|bytes| usize::try_from(bytes).ok()) {
            *slot = bytes;
        }
    }
    for (key, slot) in [
        ("keepalive_secs", &mut limits.keepalive),
        ("read_timeout_secs", &mut limits.read_timeout),
        ("write_timeout_secs", &mut limits.write_timeout),
        ("upstream_connect_timeout_secs", &mut limits.upstream_connect_timeout),
        ("upstream_read_timeout_secs", &mut limits.upstream_read_timeout),
    ] {
        if let Some(seconds) = table.integer(log, key, 1..=3600) {
            *slot = Duration::from_secs(seconds);
        }
    }
    table.finish(log);
    limits
}
