//! Every event that is logged, one function each, so that what they may carry is seen in one place.

use tracing::{debug, error, info, warn};

use crate::snapshot::Snapshot;

/// The proxy accepts connections.
pub fn ready(listen: &str, snapshot: &Snapshot) {
    info!(
        listen,
        config.generation = snapshot.generation(),
        config.revision = snapshot.revision(),
        sites = snapshot.sites().len(),
        "Accepting connections."
    );
}

/// The admin listener accepts connections.
pub fn admin_ready(listen: &str) {
    info!(listen, "Admin listener accepting connections.");
}

/// The demonstration shop accepts connections.
pub fn demo_ready(listen: &str) {
    info!(listen, "demo shop at http://{listen}");
}

/// A configuration took effect without a restart. `hash` names the content of its files, `audit` the last record of the
/// audit trail.
pub fn reloaded(snapshot: &Snapshot, hash: &str, trigger: &str, audit: Option<&str>) {
    info!(
        config.generation = snapshot.generation(),
        config.revision = snapshot.revision(),
        config.hash = hash,
        trigger,
        audit,
        "Configuration reloaded."
    );
}

/// An earlier generation is in effect again. `files_differ` tells whether the files on disk say something else.
pub fn rolled_back(snapshot: &Snapshot, hash: &str, to: u64, files_differ: bool, audit: Option<&str>) {
    warn!(
        config.generation = snapshot.generation(),
        config.revision = snapshot.revision(),
        config.hash = hash,
        rolled_back.to = to,
        files_differ,
        audit,
        "Rolled back. Files on disk that differ are left alone until they change or a reload is asked for."
    );
}

/// The process started with what a rollback had put in effect.
pub fn still_rolled_back(generation: u64, to: u64) {
    warn!(
        config.generation = generation,
        rolled_back.to = to,
        "Still rolled back: the files on disk are the ones that a rollback turned away from. An edit or a reload puts them \
         in effect."
    );
}

/// What a rollback before the restart had put in effect cannot be used any more, so the files are.
pub fn rollback_lost(to: u64, cause: &str) {
    error!(rolled_back.to = to, cause, "The rollback is undone: what it put in effect cannot be used any more.");
}

/// The process started with the last good configuration, because the one on disk is wrong. `diagnostics` is what `check`
/// would print.
pub fn started_from_last_good(generation: u64, last_good: u64, diagnostics: &str) {
    error!(
        config.generation = generation,
        last_good, "Started from the last good configuration, because the one on disk is wrong: {diagnostics}"
    );
}

/// A configuration was refused; the one before stays in use. `diagnostics` is what `check` would print.
pub fn reload_failed(generation: u64, trigger: &str, diagnostics: &str) {
    error!(config.generation = generation, trigger, "Configuration refused, keeping the one in use: {diagnostics}");
}

/// A configuration that was accepted has something that deserves a second look. `place` is a file, a line and a column.
pub fn config_warning(code: &str, place: &str, message: &str) {
    warn!(code, place, "Configuration accepted with a warning: {message}.");
}

/// A change over TCP was asked for, and the file with the token cannot be used.
pub fn token_unreadable(cause: &str) {
    error!(cause, "Changes over TCP are refused.");
}

/// An earlier generation was asked for and cannot be put in effect.
pub fn rollback_failed(generation: u64, cause: &str) {
    error!(config.generation = generation, cause, "Rollback refused, keeping the configuration in use.");
}

/// The files are again what is in effect; nothing was loaded.
pub fn configuration_restored(generation: u64) {
    info!(config.generation = generation, "Configuration files are again what is in use.");
}

/// The files are again the ones that a rollback turned away from. They are not loaded, because nobody asked for that.
pub fn held_back(generation: u64) {
    warn!(
        config.generation = generation,
        "Configuration files have the content that a rollback turned away from; a reload puts them in effect."
    );
}

/// A site or a route of it is not enforced.
pub fn not_enforced(site: &str, route: Option<&str>, mode: &str) {
    warn!(site, route, mode, "Not enforced: what visitors refused passes here.");
}

/// The configuration cannot be watched; it is still compared now and then, and reloaded by SIGHUP.
pub fn watch_failed(cause: &str) {
    warn!(cause, "Configuration files cannot be watched; changes are found by comparing, or reload with SIGHUP.");
}

/// A generation or an audit record could not be written.
pub fn not_kept(path: &str, cause: &str) {
    error!(path, cause, "Not kept in the state directory; the configuration is in effect all the same.");
}

/// A third-party host that nobody classified was met for the first time. `action` says what is done to it, `toml` would
/// classify it.
pub fn unknown_host(site: &str, host: &str, action: &str, toml: &str) {
    warn!(site, host, action, toml, "Unknown third-party host; the line in `toml` classifies it.");
}

/// A sub-domain of the shop turned out to be a service in disguise.
pub fn cloaked_host(site: &str, host: &str, target: &str) {
    warn!(
        site,
        host, target, "A host of the shop's is an alias of a service's, and is judged as that service from now on."
    );
}

/// There is nobody to ask what names stand for.
pub fn no_name_servers() {
    warn!("No name server is configured in the system; services behind the shop's sub-domains are not recognised.");
}

/// A cookie that nobody classified was met for the first time.
pub fn unknown_cookie(site: &str, cookie: &str, action: &str, toml: &str) {
    warn!(site, cookie, action, toml, "Unknown cookie; the line in `toml` classifies it.");
}

/// One request ended.
pub fn request(
    snapshot: &Snapshot,
    site: &str,
    status: u16,
    class: &str,
    kept: u32,
    changed: usize,
    milliseconds: u64,
) {
    debug!(
        config.generation = snapshot.generation(),
        site,
        status,
        consent.class = class,
        items.kept = kept,
        items.changed = changed,
        milliseconds,
        "Request answered."
    );
}

/// A page could not be read and did not pass.
pub fn page_refused(site: &str, cause: &str) {
    warn!(site, cause, "Page refused: it could not be read, so it could not be made safe.");
}

/// A page passed, but not whole.
pub fn page_cut(site: &str, cause: &str) {
    warn!(site, cause, "Page not whole: what could not be read was left out.");
}

/// The shop's own policy keeps a part of ours out of its pages. Told once per site and part.
pub fn injection_stopped(site: &str, part: &str, directive: &str) {
    warn!(
        site,
        part,
        directive,
        "The shop's Content-Security-Policy keeps this part of Vestibule's out of a page; see the manual, operations."
    );
}

/// The shop could not be reached or broke off.
pub fn upstream_failed(site: &str, cause: &str) {
    warn!(site, cause, "The shop did not answer.");
}

/// The consent key could not be stored, so choices will not outlive this process.
pub fn key_not_stored(path: &str, cause: &str) {
    warn!(path, cause, "Consent key kept in memory only; visitors will be asked again after a restart.");
}

/// A task panicked; one connection was closed.
pub fn panicked(place: &str) {
    error!(place, "A task panicked; its connection was closed.");
}
