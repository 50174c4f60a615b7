//! What a consent tool says, in its own words, and what that means on a site.

use std::collections::BTreeMap;

use super::super::{CLOCK_SKEW, RequestView, SourceSettings};
use super::Cmp;
use crate::consent::{Grant, PurposeId, PurposeSet, ServiceId, Signal, SignalKind, SourceId};

/// What it means when a choice does not mention a category.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsaid {
    /// The tool leaves out what was refused.
    Denied,
    /// The tool does not ask about it on this site.
    Unknown,
}

/// What a tool says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Whether somebody chose ([`SignalKind::Observed`]), or it is what the tool does by itself
    /// ([`SignalKind::Default`]).
    pub kind: SignalKind,
    /// When, in seconds since the Unix epoch.
    pub at: Option<u64>,
    /// What it says per category, or per service for a tool that asks by service.
    pub words: Vec<(String, Grant)>,
    /// What it says per service, for a tool that asks by category first.
    pub services: Vec<(String, Grant)>,
    /// What it says per purpose, for a tool that carries a standard's string.
    pub purposes: Vec<(PurposeId, Grant)>,
    /// Services of the catalog whose vendors such a string does not allow, by id. Whoever agreed to everything did not
    /// agree to vendors that the shop never listed, so they do not speak against that.
    pub refused: Vec<String>,
}

impl Said {
    /// Somebody chose.
    pub fn chosen(words: impl IntoIterator<Item = (String, Grant)>) -> Self {
        Self {
            kind: SignalKind::Observed,
            at: None,
            words: words.into_iter().collect(),
            services: Vec::new(),
            purposes: Vec::new(),
            refused: Vec::new(),
        }
    }

    /// What the tool does by itself.
    pub fn by_default(words: impl IntoIterator<Item = (String, Grant)>) -> Self {
        Self { kind: SignalKind::Default, ..Self::chosen(words) }
    }

    /// What the tool does before anybody chose, where "off" only means "not yet": nobody refused anything.
    pub fn before_choice(words: impl IntoIterator<Item = (String, Grant)>) -> Self {
        let not_yet = |grant| if grant == Grant::Denied { Grant::Undecided } else { grant };
        Self::by_default(words.into_iter().map(|(word, grant)| (word, not_yet(grant))))
    }

    /// The same, said at `at` (seconds since the Unix epoch).
    #[must_use]
    pub fn at(mut self, at: Option<u64>) -> Self {
        self.at = at;
        self
    }

    /// What two copies of one cookie say together: the newer one, where both are dated and differ in age; otherwise
    /// whatever protects.
    pub(super) fn merged(mut one: Self, other: Self) -> Self {
        if let (Some(first), Some(second)) = (one.at, other.at)
            && first != second
        {
            return if first > second { one } else { other };
        }
        if other.kind == SignalKind::Default {
            one.kind = SignalKind::Default;
        }
        one.at = one.at.min(other.at);
        merge(&mut one.words, other.words);
        merge(&mut one.services, other.services);
        merge(&mut one.purposes, other.purposes);
        one.refused.extend(other.refused);
        one
    }

    /// Refuses what is dated in the future or is too old.
    pub(super) fn dated(self, request: &RequestView<'_>, settings: &SourceSettings) -> Result<Self, &'static str> {
        match self.at {
            Some(at) if at > request.now.saturating_add(CLOCK_SKEW) => Err("dated in the future"),
            Some(at) if settings.max_age.is_some_and(|age| at.saturating_add(age) < request.now) => Err("expired"),
            _ => Ok(self),
        }
    }

    /// What this means on a site.
    pub(super) fn signal(self, cmp: &Cmp, settings: &SourceSettings, request: &RequestView<'_>) -> Signal {
        let mut signal = Signal::new(SourceId(cmp.id), self.kind);
        signal.at = self.at;
        let mut purposes = Purposes::default();
        for (word, grant) in &self.words {
            meaning(cmp, settings, word).iter().for_each(|purpose| purposes.say(purpose, *grant));
        }
        self.purposes.iter().for_each(|(purpose, grant)| purposes.say(*purpose, *grant));
        if self.kind == SignalKind::Observed && cmp.unsaid == Unsaid::Denied {
            // Names that the site itself gave exist there; of those that are known of the tool, one of several may. A
            // site that only says again what is known anyway has not said that all of them exist.
            let said = |name: &str| self.words.iter().any(|(word, _)| word.eq_ignore_ascii_case(name));
            let own = |name: &str| settings.map.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
            let as_known = |name: &str, meant: PurposeSet| {
                let known = cmp.map.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
                known.is_some_and(|(_, known)| known.iter().copied().collect::<PurposeSet>() == meant)
            };
            for (_, meant) in settings.map.iter().filter(|(name, meant)| !said(name) && !as_known(name, **meant)) {
                meant.iter().for_each(|purpose| purposes.say(purpose, Grant::Denied));
            }
            let known = cmp.map.iter().filter(|(name, meant)| {
                let meant = meant.iter().copied().collect();
                !said(name) && own(name).is_none_or(|(_, own)| *own == meant)
            });
            let unsaid: PurposeSet = known.flat_map(|(_, meant)| meant.iter().copied()).collect();
            unsaid.difference(purposes.spoken()).iter().for_each(|purpose| purposes.say(purpose, Grant::Denied));
        }
        let mut all = self.words.iter().chain(&self.services).map(|(_, grant)| *grant);
        let all = purposes.refused().is_empty() && all.all(|grant| grant == Grant::Granted);
        let with_all = match self.kind {
            _ if all && (!self.words.is_empty() || !self.purposes.is_empty()) => Grant::Granted,
            SignalKind::Observed => Grant::Denied,
            _ => Grant::Undecided,
        };
        settings.with_all.iter().for_each(|purpose| purposes.say(purpose, with_all));
        signal.purposes = purposes.said();
        let by_service = self.words.iter().filter(|_| cmp.by_service);
        for (word, grant) in by_service.chain(&self.services) {
            for service in services(cmp, settings, request, word) {
                say_service(&mut signal.services, service, *grant);
            }
        }
        for service in self.refused.iter().filter_map(|id| request.catalog.get(id)) {
            say_service(&mut signal.services, service, Grant::Denied);
        }
        if self.kind == SignalKind::Observed && cmp.unsaid == Unsaid::Denied && !self.services.is_empty() {
            let said = |name: &str| self.services.iter().any(|(word, _)| word.eq_ignore_ascii_case(name));
            for (_, id) in settings.services.iter().filter(|(name, _)| !said(name)) {
                say_service(&mut signal.services, *id, Grant::Denied);
            }
        }
        signal
    }
}

/// What `word` stands for on this site.
fn meaning(cmp: &Cmp, settings: &SourceSettings, word: &str) -> PurposeSet {
    let own = settings.map.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
    let known = || {
        let known = cmp.map.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
        known.map(|(_, purposes)| purposes.iter().copied().collect()).unwrap_or_default()
    };
    own.map_or_else(known, |(_, purposes)| *purposes)
}

/// The services of the catalog that the tool calls `word`: what the site says, or what is known of the tool, or the one
/// of that very name.
fn services(cmp: &Cmp, settings: &SourceSettings, request: &RequestView<'_>, word: &str) -> Vec<ServiceId> {
    if let Some((_, id)) = settings.services.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)) {
        return vec![*id];
    }
    let known = cmp.services.iter().filter(|(name, _)| name.eq_ignore_ascii_case(word));
    let mut known: Vec<ServiceId> = known.filter_map(|(_, id)| request.catalog.get(id)).collect();
    if known.is_empty() {
        known.extend(request.catalog.get(word));
    }
    known
}

fn say_service(said: &mut Vec<(ServiceId, Grant)>, service: ServiceId, grant: Grant) {
    match said.iter_mut().find(|(known, _)| *known == service) {
        Some((_, known)) => *known = known.protective(grant),
        None => said.push((service, grant)),
    }
}

/// What is said about purposes: granted only where every word for one is.
#[derive(Default)]
struct Purposes {
    granted: PurposeSet,
    denied: PurposeSet,
    undecided: PurposeSet,
}

impl Purposes {
    fn say(&mut self, purpose: PurposeId, grant: Grant) {
        match grant {
            Grant::Granted => self.granted.insert(purpose),
            Grant::Denied => self.denied.insert(purpose),
            Grant::Undecided => self.undecided.insert(purpose),
        }
    }

    fn spoken(&self) -> PurposeSet {
        self.granted.iter().chain(self.refused().iter()).collect()
    }

    fn refused(&self) -> PurposeSet {
        self.denied.iter().chain(self.undecided.iter()).collect()
    }

    fn said(&self) -> Vec<(PurposeId, Grant)> {
        let undecided = self.undecided.difference(self.denied);
        let granted = self.granted.difference(self.denied).difference(undecided);
        [(granted, Grant::Granted), (self.denied, Grant::Denied), (undecided, Grant::Undecided)]
            .into_iter()
            .flat_map(|(set, grant)| set.iter().map(move |purpose| (purpose, grant)))
            .filter(|(purpose, _)| *purpose != PurposeId::NECESSARY)
            .collect()
    }
}

/// What two copies say about each name; a name that only one of them has is not granted.
fn merge<T: Ord>(one: &mut Vec<(T, Grant)>, other: Vec<(T, Grant)>) {
    let mut both: BTreeMap<T, [Option<Grant>; 2]> = BTreeMap::new();
    let mut say = |name, second: bool, grant: Grant| {
        let [first, other] = both.entry(name).or_default();
        let known = if second { other } else { first };
        *known = Some(known.map_or(grant, |known| known.protective(grant)));
    };
    for (name, grant) in std::mem::take(one) {
        say(name, false, grant);
    }
    for (name, grant) in other {
        say(name, true, grant);
    }
    let agreed = |[one, other]: [Option<Grant>; 2]| one.unwrap_or_default().protective(other.unwrap_or_default());
    one.extend(both.into_iter().map(|(name, said)| (name, agreed(said))));
}
