//! What a consent tool says, in its own words, and what that means on a site.

use std::collections::{BTreeMap, BTreeSet};

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

    /// What several copies say together. Of choices the newest, where all are dated, and otherwise whatever protects;
    /// beside what the tool did by itself a refusal stands, however old, and a yes is doubtful.
    pub(super) fn together(mut all: Vec<Self>, unsaid: Unsaid) -> Option<Self> {
        if all.len() < 2 {
            return all.pop();
        }
        let (mut chosen, defaults): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|said| said.kind == SignalKind::Observed);
        if chosen.iter().all(|said| said.at.is_some()) {
            let newest = chosen.iter().filter_map(|said| said.at).max();
            chosen.retain(|said| said.at == newest);
        }
        if unsaid == Unsaid::Denied {
            say_unsaid(&mut chosen, |said| &mut said.words);
            // A copy without any service does not list them.
            say_unsaid(&mut chosen, |said| &mut said.services);
        }
        let defaults = defaults.into_iter().reduce(Self::merged);
        match (chosen.into_iter().reduce(Self::merged), defaults) {
            (Some(chosen), Some(default)) if chosen.refuses() => {
                let at = chosen.at;
                let mut both = Self::merged(chosen, default).doubted().at(at);
                both.kind = SignalKind::Observed;
                Some(both)
            }
            (Some(chosen), Some(default)) => Some(Self::merged(chosen, default)),
            (chosen, default) => chosen.or(default),
        }
    }

    /// Whether something is refused in so many words.
    fn refuses(&self) -> bool {
        let words = self.words.iter().chain(&self.services).map(|(_, grant)| *grant);
        let mut all = words.chain(self.purposes.iter().map(|(_, grant)| *grant));
        all.any(|grant| grant == Grant::Denied) || !self.refused.is_empty()
    }

    /// The same without any yes.
    pub(super) fn doubted(mut self) -> Self {
        let words = self.words.iter_mut().chain(&mut self.services).map(|(_, grant)| grant);
        let all = words.chain(self.purposes.iter_mut().map(|(_, grant)| grant));
        all.for_each(|grant| *grant = grant.protective(Grant::Undecided));
        self
    }

    /// What two copies of one cookie say together: whatever protects.
    pub(super) fn merged(mut one: Self, other: Self) -> Self {
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

    /// Refuses what is dated in the future.
    pub(super) fn of_now(self, request: &RequestView<'_>) -> Result<Self, &'static str> {
        match self.at {
            Some(at) if at > request.now.saturating_add(CLOCK_SKEW) => Err("dated in the future"),
            _ => Ok(self),
        }
    }

    /// Refuses what is dated in the future or is too old.
    pub(super) fn dated(self, request: &RequestView<'_>, settings: &SourceSettings) -> Result<Self, &'static str> {
        match self.at {
            Some(at) if settings.max_age.is_some_and(|age| at.saturating_add(age) < request.now) => Err("expired"),
            _ => self.of_now(request),
        }
    }

    /// What this means on a site. Somebody whose copies are `doubtful` has not refused what has no word here, unless
    /// something else was refused.
    pub(super) fn signal(
        self,
        cmp: &Cmp,
        settings: &SourceSettings,
        request: &RequestView<'_>,
        doubtful: bool,
    ) -> Signal {
        let mut signal = Signal::new(SourceId(cmp.id), self.kind);
        signal.at = self.at;
        let mut purposes = Purposes::default();
        for (word, grant) in &self.words {
            meaning(cmp, settings, word).iter().for_each(|purpose| purposes.say(purpose, *grant));
        }
        self.purposes.iter().for_each(|(purpose, grant)| purposes.say(*purpose, *grant));
        let leaves_out = self.kind == SignalKind::Observed && cmp.unsaid == Unsaid::Denied;
        let said = |name: &str| self.words.iter().any(|(word, _)| word.eq_ignore_ascii_case(name));
        let mut again = PurposeSet::EMPTY;
        if leaves_out {
            // Names that the site itself gave exist there; of those that are known of the tool, one of several may. A
            // site that only says again what is known anyway has not said that all of them exist.
            let as_known = |name: &str, meant: PurposeSet| {
                let known = cmp.map.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
                known.is_some_and(|(_, known)| known.iter().copied().collect::<PurposeSet>() == meant)
            };
            for (name, meant) in settings.map.iter().filter(|(name, _)| !said(name)) {
                if as_known(name, *meant) {
                    meant.iter().for_each(|purpose| again.insert(purpose));
                } else {
                    meant.iter().for_each(|purpose| purposes.say(purpose, Grant::Denied));
                }
            }
        }
        let left_out = self.left_out(cmp, settings, request);
        // To agree to everything is to agree to what the site names, not to names that only other sites have. What is
        // strictly necessary is no answer.
        let mut words = self.words.iter().chain(&self.services).map(|(_, grant)| *grant);
        let all = words.all(|grant| grant == Grant::Granted)
            && purposes.refused().is_empty()
            && again.difference(purposes.spoken()).is_empty()
            && purposes.granted.iter().any(|purpose| purpose != PurposeId::NECESSARY)
            && !left_out.iter().any(|(id, sure)| *sure && offered(request, *id, purposes.granted));
        let with_all = match self.kind {
            _ if all => Grant::Granted,
            SignalKind::Observed if !doubtful || self.refuses() => Grant::Denied,
            _ => Grant::Undecided,
        };
        settings.with_all.iter().for_each(|purpose| purposes.say(purpose, with_all));
        if leaves_out {
            let own = |name: &str| settings.map.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
            let known = cmp.map.iter().filter(|(name, meant)| {
                let meant = meant.iter().copied().collect();
                !said(name) && own(name).is_none_or(|(_, own)| *own == meant)
            });
            let unsaid: PurposeSet = known.flat_map(|(_, meant)| meant.iter().copied()).collect();
            unsaid.difference(purposes.spoken()).iter().for_each(|purpose| purposes.say(purpose, Grant::Denied));
        }
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
        for (id, _) in left_out {
            say_service(&mut signal.services, id, Grant::Denied);
        }
        signal
    }

    /// Services that a tool leaves out which lists those agreed to, and whether the site is sure to offer them: where
    /// it names its services, those; otherwise those that are known of the tool.
    fn left_out(&self, cmp: &Cmp, settings: &SourceSettings, request: &RequestView<'_>) -> Vec<(ServiceId, bool)> {
        if self.kind != SignalKind::Observed || cmp.unsaid != Unsaid::Denied || self.services.is_empty() {
            return Vec::new();
        }
        let said = |name: &str| self.services.iter().any(|(word, _)| word.eq_ignore_ascii_case(name));
        let listed: Vec<ServiceId> =
            self.services.iter().flat_map(|(word, _)| services(cmp, settings, request, word)).collect();
        let own = settings.services.iter().filter(|(name, _)| !said(name)).map(|(_, id)| (*id, true));
        // The tool's names for a service are several, and the site's come first.
        let renamed = |name: &str| settings.services.keys().any(|own| own.eq_ignore_ascii_case(name));
        let known = cmp.services.iter().filter(|(name, _)| !said(name) && !renamed(name));
        let known = known.filter_map(|(_, id)| request.catalog.get(id)).filter(|id| !listed.contains(id));
        own.chain(known.map(|id| (id, settings.services.is_empty()))).collect()
    }
}

/// Adds to each copy as refused what only others name, where `listed` has anything at all.
fn say_unsaid(copies: &mut [Said], listed: fn(&mut Said) -> &mut Vec<(String, Grant)>) {
    let names: BTreeSet<String> =
        copies.iter_mut().flat_map(|copy| listed(copy).iter().map(|(name, _)| name.clone())).collect();
    for list in copies.iter_mut().map(listed).filter(|list| !list.is_empty()) {
        let missing: Vec<String> =
            names.iter().filter(|name| !list.iter().any(|(said, _)| said == *name)).cloned().collect();
        list.extend(missing.into_iter().map(|name| (name, Grant::Denied)));
    }
}

/// Whether the service is for one of `purposes`.
fn offered(request: &RequestView<'_>, id: ServiceId, purposes: PurposeSet) -> bool {
    request.catalog.service(id).is_some_and(|service| !service.purposes.intersection(purposes).is_empty())
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
