//! What is not enforced, so that nobody forgets it: sites and routes in observe or off mode.

use super::Snapshot;
use crate::policy::Mode;

/// A site, or a route of a site, that is not enforced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotEnforced {
    /// The site's name.
    pub site: Box<str>,
    /// The route's path pattern; `None` means the site as a whole.
    pub route: Option<Box<str>>,
    /// Observe or off.
    pub mode: Mode,
}

impl NotEnforced {
    /// The word for the mode, as it is written in the configuration.
    pub const fn mode_word(&self) -> &'static str {
        match self.mode {
            Mode::Enforce => "enforce",
            Mode::Observe => "observe",
            Mode::Off => "off",
        }
    }
}

impl Snapshot {
    /// Every site and route whose mode is not `enforce`, in the order of the configuration. Routes that only repeat the
    /// mode of their site are left out.
    pub fn not_enforced(&self) -> Vec<NotEnforced> {
        let mut found = Vec::new();
        for site in self.sites() {
            let policy = &site.policy;
            let mut add = |route, mode| found.push(NotEnforced { site: policy.name.clone(), route, mode });
            if policy.mode != Mode::Enforce {
                add(None, policy.mode);
            }
            let enforces = |mode: Option<Mode>| mode.unwrap_or(policy.mode) == Mode::Enforce;
            let somewhere = enforces(None) || policy.routes.iter().any(|route| enforces(route.mode));
            if !policy.observed.is_empty() && somewhere {
                add(Some("rules on trial".into()), Mode::Observe);
            }
            for route in &policy.routes {
                if let Some(mode) = route.mode.filter(|mode| *mode != Mode::Enforce && *mode != policy.mode) {
                    add(Some(route.path.as_str().into()), mode);
                }
            }
        }
        found
    }
}
