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

/// A configuration took effect without a restart.
pub fn reloaded(generation: u64, revision: &str) {
    info!(config.generation = generation, config.revision = revision, "Configuration reloaded.");
}

/// A configuration was refused; the one before stays in use. `diagnostics` is what `check` would print.
pub fn reload_failed(generation: u64, diagnostics: &str) {
    error!(config.generation = generation, "Configuration refused, keeping the one in use: {diagnostics}");
}

/// A configuration that was accepted has something that deserves a second look. `place` is a file, a line and a column.
pub fn config_warning(code: &str, place: &str, message: &str) {
    warn!(code, place, "Configuration accepted with a warning: {message}.");
}

/// A reload found that nothing had changed.
pub fn reload_unchanged(generation: u64) {
    debug!(config.generation = generation, "Configuration unchanged.");
}

/// The configuration cannot be watched; it can still be reloaded by SIGHUP.
pub fn watch_failed(cause: &str) {
    warn!(cause, "Configuration files cannot be watched; reload with SIGHUP.");
}

/// A third-party host that nobody classified was met for the first time. `action` says what is done to it, `toml` would
/// classify it.
pub fn unknown_host(site: &str, host: &str, action: &str, toml: &str) {
    warn!(site, host, action, toml, "Unknown third-party host; the line in `toml` classifies it.");
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
