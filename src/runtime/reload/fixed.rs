//! What only a restart can change. A configuration that changes it is refused as a whole, so that what is in effect is always
//! what some version of the files says.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::config::{self, Config, Listen};
use crate::runtime::source::LoadError;

/// The configuration that the process started with, as far as it stays.
#[derive(Debug)]
pub(super) struct Fixed {
    listen: Listen,
    admin: Option<config::Admin>,
    pub(super) state_dir: PathBuf,
}

/// Certificates change with a reload, addresses do not.
fn addresses(https: &[(SocketAddr, PathBuf, PathBuf)]) -> BTreeSet<SocketAddr> {
    https.iter().map(|(address, ..)| *address).collect()
}

impl Fixed {
    pub(super) fn of(config: &Config) -> Self {
        let (listen, admin) = (config.listen.clone(), config.admin.clone());
        Self { listen, admin, state_dir: config.keys.state_dir.clone() }
    }

    /// Refuses what only a restart can change, naming all of it.
    pub(super) fn allows(&self, config: &Config) -> Result<(), LoadError> {
        let Listen { http, https, trusted_proxies: _ } = &config.listen;
        let admin = (config.admin.as_ref(), self.admin.as_ref());
        let [new_address, old_address] = [admin.0, admin.1].map(|admin| admin.map(|admin| &admin.listen));
        let [new_token, old_token] = [admin.0, admin.1].map(|admin| admin.and_then(|admin| admin.token_file.as_ref()));
        let keys: Vec<&'static str> = [
            ("listen.http", *http != self.listen.http),
            ("listen.https", addresses(https) != addresses(&self.listen.https)),
            ("admin.listen", new_address != old_address),
            ("admin.token_file", new_token != old_token),
            ("state_dir", config.keys.state_dir != self.state_dir),
        ]
        .into_iter()
        .filter_map(|(key, changed)| changed.then_some(key))
        .collect();
        if keys.is_empty() { Ok(()) } else { Err(LoadError::NeedsRestart(keys)) }
    }
}
