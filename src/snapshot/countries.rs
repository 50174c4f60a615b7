//! Which database each site asks for visitors' countries.

use std::sync::Arc;

use super::Snapshot;
use crate::config::{Config, Countries};

impl Snapshot {
    /// This snapshot, made of `config`, with the databases that its sites name. A site where nothing depends on the country
    /// gets none, so that nobody is looked up for nothing.
    #[must_use]
    pub fn with_countries(mut self, config: &Config, databases: &Countries) -> Self {
        self.take_countries(config, databases);
        let canary =
            self.canary.as_mut().map(|(canary, _)| canary).zip(config.canary.as_ref().map(|canary| &*canary.config));
        let shadow = self.shadow.as_mut().zip(config.shadow.as_deref());
        for (other, config) in shadow.into_iter().chain(canary) {
            // Nobody shares them before the first request pins the snapshot.
            if let Some(other) = Arc::get_mut(other) {
                other.take_countries(config, databases);
            }
        }
        self
    }

    fn take_countries(&mut self, config: &Config, databases: &Countries) {
        for (site, settings) in self.sites.iter_mut().zip(&config.sites) {
            let named = settings.country_database.as_ref().filter(|_| settings.policy.regimes.depend_on_country());
            if let (Some(site), Some(file)) = (Arc::get_mut(site), named) {
                site.countries = databases.get(&file.path).map(Arc::clone);
            }
        }
    }
}
