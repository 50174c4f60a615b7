//! What a visitor chose, as it stands in the consent cookie.

/// How it is written that an objection was there.
const KNOWING: &str = "&o=1";

/// What a visitor chose, by name, so that it survives a reload that renumbers purposes and services.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// When, in seconds since the Unix epoch.
    pub issued: u64,
    /// Purposes agreed to.
    pub granted: Vec<String>,
    /// Purposes refused.
    pub denied: Vec<String>,
    /// Services agreed to by name.
    pub granted_services: Vec<String>,
    /// Services refused by name.
    pub denied_services: Vec<String>,
    /// Whether a standing objection of the visitor's was there when they chose.
    pub knowing: bool,
}

impl Choice {
    pub(super) fn encode(&self) -> String {
        format!(
            "t={}&g={}&d={}&G={}&D={}{}",
            self.issued,
            self.granted.join(","),
            self.denied.join(","),
            self.granted_services.join(","),
            self.denied_services.join(","),
            if self.knowing { KNOWING } else { "" }
        )
    }

    pub(super) fn decode(payload: &str) -> Option<Self> {
        let (payload, knowing) = payload.strip_suffix(KNOWING).map_or((payload, false), |rest| (rest, true));
        let mut fields = payload.split('&');
        let mut field = |key: &str| fields.next()?.strip_prefix(key)?.strip_prefix('=');
        let list = |text: &str| text.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        let choice = Self {
            issued: field("t")?.parse().ok()?,
            granted: list(field("g")?),
            denied: list(field("d")?),
            granted_services: list(field("G")?),
            denied_services: list(field("D")?),
            knowing,
        };
        fields.next().is_none().then_some(choice)
    }
}
