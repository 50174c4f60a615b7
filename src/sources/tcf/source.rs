//! TC strings as a source: what a string says about our purposes.
//!
//! A string cannot say "undecided", and tools write one before anybody clicks. Consent bits are only ever set by a click,
//! so one of them proves a choice; none of them is a refusal or nothing at all, and so it is a default that denies.
//!
//! Services of the catalog whose vendor is on the IAB's list need that vendor's consent, too: a string that has a yes for
//! their purposes and none for their vendor refuses them by name.

use super::{IdSet, TcString};
use crate::catalog::Catalog;
use crate::consent::{Grant, PurposeId, PurposeSet, ServiceId, Signal, SignalKind, SourceId};
use crate::sources::copies::Copies;
use crate::sources::{ConsentSource, Heard, RequestView, SourceSettings, mirrored};

/// Which of the framework's purposes each of ours needs. All of them store or read something on the device, which is
/// purpose 1. Ours that are not listed have no counterpart.
const MEANING: [(PurposeId, IdSet); 3] = [
    (PurposeId::PERSONALIZATION, IdSet::of(&[1, 5, 6])),
    (PurposeId::ANALYTICS, IdSet::of(&[1, 8])),
    (PurposeId::MARKETING, IdSet::of(&[1, 3, 4])),
];

/// How far ahead of ours a date may be, in seconds. Tools round to the day, and not all of them in UTC.
const AHEAD: u64 = 24 * 60 * 60;

/// What one or several strings say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sources) struct Statement {
    at: u64,
    consents: IdSet,
    /// Services whose vendor may not, by id.
    refused: Vec<ServiceId>,
}

impl Statement {
    /// What `text` says.
    ///
    /// # Errors
    /// Why it does not count.
    pub(in crate::sources) fn read(
        text: &[u8],
        request: &RequestView<'_>,
        settings: &SourceSettings,
    ) -> Result<Self, &'static str> {
        let string = TcString::parse(text).map_err(super::TcError::as_str)?;
        let at = string.last_updated();
        if at > request.now.saturating_add(AHEAD) {
            return Err("dated in the future");
        }
        if settings.max_age.is_some_and(|age| at.saturating_add(age) < request.now) {
            return Err("expired");
        }
        // Dated by the day, and not always in UTC: what is certain is that it is no older than this.
        let at = at.saturating_sub(AHEAD);
        Ok(Self { at, consents: string.purpose_consents(), refused: refused(&string, request) })
    }

    /// `one`, after what others said before.
    pub(in crate::sources) fn with(before: Option<Self>, one: Self) -> Self {
        match before {
            Some(before) => before.merged(one),
            None => one,
        }
    }

    /// What both say: the newer one, and of two of one age what both agree on.
    fn merged(self, other: Self) -> Self {
        match self.at.cmp(&other.at) {
            std::cmp::Ordering::Less => other,
            std::cmp::Ordering::Greater => self,
            std::cmp::Ordering::Equal => {
                let mut refused = self.refused;
                refused
                    .extend(other.refused.into_iter().filter(|service| !refused.contains(service)).collect::<Vec<_>>());
                Self { at: self.at, consents: self.consents.intersection(other.consents), refused }
            }
        }
    }

    /// The same for our purposes. Where a copy is `doubtful`, refusals are all that is left.
    pub(in crate::sources) fn signal(self, source: SourceId, doubtful: bool) -> Signal {
        let chosen = !self.consents.is_empty();
        let mut signal = Signal::new(source, if chosen { SignalKind::Observed } else { SignalKind::Default });
        signal.at = chosen.then_some(self.at);
        signal.purposes = self.purposes().filter(|(_, grant)| !doubtful || *grant == Grant::Denied).collect();
        // Before a choice there is no vendor to refuse.
        signal.services = self.refused.into_iter().filter(|_| chosen).map(|service| (service, Grant::Denied)).collect();
        signal
    }

    /// When it was last changed, in seconds since the Unix epoch.
    pub(in crate::sources) const fn at(&self) -> u64 {
        self.at
    }

    /// The ids of services that it refuses by their vendors. Where a purpose of a service is refused, the service need not
    /// be.
    pub(in crate::sources) fn refused(&self, catalog: &Catalog) -> impl Iterator<Item = String> {
        let denied: PurposeSet = self.purposes().filter(|(_, grant)| *grant == Grant::Denied).map(|it| it.0).collect();
        let services = self.refused.iter().filter_map(|id| catalog.service(*id));
        let refused = services.filter(move |service| service.purposes.intersection(denied).is_empty());
        refused.map(|service| service.id.to_string())
    }

    /// What it says of our purposes once somebody chose.
    pub(in crate::sources) fn purposes(&self) -> impl Iterator<Item = (PurposeId, Grant)> + use<> {
        let consents = self.consents;
        MEANING.into_iter().map(move |(purpose, needed)| (purpose, Grant::from(consents.contains_all(needed))))
    }
}

/// Services of vendors that the string does not allow what they are for. A vendor that is on the list for none of our
/// purposes still needs to be consented to. All are asked about at once: a long string is walked once, not once for each.
fn refused(string: &TcString<'_>, request: &RequestView<'_>) -> Vec<ServiceId> {
    let needed = |service: &ServiceId| {
        let purposes = request.catalog.service(*service).map_or(PurposeSet::EMPTY, |service| service.purposes);
        let meant = MEANING.iter().filter(|(purpose, _)| purposes.contains(*purpose));
        meant.fold(IdSet::of(&[1]), |all, (_, needed)| all.union(*needed))
    };
    let (vendors, services): (Vec<u16>, Vec<ServiceId>) = request.catalog.iab_vendors().iter().copied().unzip();
    let needed: Vec<IdSet> = services.iter().map(needed).collect();
    let allowed = string.vendors_allowed(&vendors, &needed);
    services.into_iter().zip(allowed).filter(|(_, allowed)| !allowed).map(|(service, _)| service).collect()
}

/// Reads the cookies that most tools write.
#[derive(Debug)]
pub(in crate::sources) struct Tcf;

impl ConsentSource for Tcf {
    fn id(&self) -> SourceId {
        SourceId("tcf")
    }

    fn cookies(&self) -> &'static [&'static str] {
        &["euconsent-v2", "eupubconsent-v2"]
    }

    fn asks_about(&self) -> PurposeSet {
        MEANING.iter().map(|(purpose, _)| *purpose).collect()
    }

    fn read(&self, request: &RequestView<'_>, settings: &SourceSettings, heard: &mut Heard) {
        let copies = Copies::of(self, request, settings);
        let mut trouble = copies.trouble();
        let mut said: Option<Statement> = None;
        for value in copies.values() {
            match Statement::read(value, request, settings) {
                Ok(one) => said = Some(Statement::with(said, one)),
                Err(why) => trouble = Some(why),
            }
        }
        heard.malformed.extend(trouble.map(|why| (self.id(), why)));
        heard.signals.extend(said.map(|said| said.signal(self.id(), trouble.is_some())));
        mirrored::read(self.id(), request, settings, heard);
    }
}
