//! Our own cookies: what a visitor chose on our banner, signed, bound, and readable with no store at all.
//!
//! | cookie | holds | signed | bound |
//! |---|---|---|---|
//! | consent | what was chosen with us | yes | yes |
//! | bind | a random value that the others are bound to | | |
//! | seen | what was chosen in a tool of the shop's whose choice reaches no cookie | yes | yes |
//! | no | what was refused with us | yes | no |
//! | kept | when a choice was first seen that is set again by HTTP | | |
//! | since-… | the day on which a cookie of limited life was first set; one for each | | |
//!
//! A genuine "yes" copied from one visitor to another lacks the victim's bind value and is worth nothing. The mark of a
//! refusal is not bound, so that it survives alone: when a browser's full jar drops the consent cookie, a "yes" left over
//! in a tool of the shop's must not come back to life. Planted on somebody else it can only refuse. Over TLS all names
//! carry the `__Host-` prefix (RFC 6265bis section 4.1.3.2), so no other host can set them.
//!
//! Names are compared byte for byte. Of several copies of one cookie nobody can say which is genuine: every refusal in a
//! genuine one holds, and a yes holds only when all copies are genuine and say it.

mod choice;
mod keys;
mod observed;

use super::{CLOCK_SKEW, ConsentSource, Heard, RequestView, SourceSettings, cookie_pairs};
use crate::consent::{Grant, PurposeId, PurposeSet, Signal, SignalKind, SourceId};

pub use choice::Choice;
use keys::Kind;
pub use keys::{Key, KeyRing};
pub use observed::{MAX_NAME, MAX_NAMES, Observed};

/// The most copies of one of our cookies that are looked at.
const MAX_COPIES: usize = 4;

/// Reads our own cookies.
#[derive(Debug)]
pub(super) struct OwnCookie;

impl ConsentSource for OwnCookie {
    fn id(&self) -> SourceId {
        SourceId("own")
    }

    fn asks_about(&self) -> PurposeSet {
        PurposeSet::ALL
    }

    fn read(&self, request: &RequestView<'_>, _: &SourceSettings, heard: &mut Heard) {
        let names = OwnCookies::names(request.secure);
        let copies = Copies::of(request, names.consent);
        if !copies.is_empty() {
            let opened = copies.open(request, Kind::Choice, Choice::decode, |choice| choice.issued);
            heard.malformed.extend(opened.trouble.map(|why| (self.id(), why)));
            heard.signals.extend(merged(self.id(), request, &opened));
        }
        let marks = Copies::of(request, names.refusal);
        if !marks.is_empty() {
            let opened = marks.open(request, Kind::Refusal, Choice::decode, |choice| choice.issued);
            heard.malformed.extend(opened.trouble.map(|why| (self.id(), why)));
            let mut signal = Signal::new(self.id(), SignalKind::Withdrawal);
            signal.at = opened.genuine.iter().map(|choice| choice.issued).max();
            for choice in &opened.genuine {
                refusals(&mut signal, request, choice);
            }
            if !signal.purposes.is_empty() {
                heard.signals.push(signal);
            }
        }
    }
}

/// What the mirror told about all sources, if the seen cookie is genuine.
///
/// # Errors
/// Why a cookie that is there does not count.
pub fn seen(request: &RequestView<'_>) -> Result<Vec<Observed>, &'static str> {
    let copies = Copies::of(request, OwnCookies::names(request.secure).seen);
    if copies.is_empty() {
        return Ok(Vec::new());
    }
    let newest = |all: &Vec<Observed>| all.iter().map(|one| one.issued).max().unwrap_or(0);
    let mut opened = copies.open(request, Kind::Observed, Observed::decode, newest);
    match (opened.genuine.pop(), opened.genuine.is_empty(), opened.trouble) {
        (_, _, Some(why)) => Err(why),
        (Some(_), false, None) => Err("copies differ"),
        (told, _, None) => Ok(told.unwrap_or_default()),
    }
}

/// When the visitor last refused something with us, in seconds since the Unix epoch, if that is still known.
pub fn refused_at(request: &RequestView<'_>) -> Option<u64> {
    let marks = Copies::of(request, OwnCookies::names(request.secure).refusal);
    let opened = marks.open(request, Kind::Refusal, Choice::decode, |choice| choice.issued);
    opened.genuine.iter().map(|choice| choice.issued).max()
}

/// The value that cookies of this request are bound to, if there is exactly one and it is one of ours.
pub fn bind_value<'r>(request: &RequestView<'r>) -> Option<&'r str> {
    let values = Copies::of(request, OwnCookies::names(request.secure).bind).0;
    let [only] = values.as_slice() else {
        return None;
    };
    let ours = only.len() == 22 && only.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte));
    std::str::from_utf8(only).ok().filter(|_| ours)
}

/// The seen cookie of a request once more, bound to another value; `None` when there is none that is genuine.
pub fn reseal_observed(request: &RequestView<'_>, bind: &str) -> Option<String> {
    let names = OwnCookies::names(request.secure);
    let only = |name: &str| {
        let mut found = cookie_pairs(request.headers).filter(|pair| pair.name == name.as_bytes());
        found.next().filter(|_| found.next().is_none()).map(|pair| pair.value)
    };
    let held = request.keys.open(Kind::Observed, only(names.seen)?, only(names.bind)?, request.site)?;
    request.keys.seal(Kind::Observed, &held, bind.as_bytes(), request.site)
}

/// The different values of one cookie in a request.
struct Copies<'r>(smallvec::SmallVec<[&'r [u8]; 2]>);

/// What genuine copies hold, and what is wrong with the others.
struct Opened<T> {
    genuine: Vec<T>,
    trouble: Option<&'static str>,
}

impl<'r> Copies<'r> {
    fn of(request: &RequestView<'r>, name: &str) -> Self {
        let mut values = smallvec::SmallVec::new();
        for pair in cookie_pairs(request.headers).filter(|pair| pair.name == name.as_bytes()) {
            if !values.contains(&pair.value) && values.len() <= MAX_COPIES {
                values.push(pair.value);
            }
        }
        Self(values)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn open<T>(
        &self,
        request: &RequestView<'_>,
        kind: Kind,
        decode: fn(&str) -> Option<T>,
        issued: fn(&T) -> u64,
    ) -> Opened<T> {
        let mut opened = Opened { genuine: Vec::new(), trouble: None };
        let binds = match kind {
            Kind::Refusal => Copies(smallvec::smallvec![b"".as_slice()]),
            Kind::Choice | Kind::Observed => Copies::of(request, OwnCookies::names(request.secure).bind),
        };
        let mut unused = binds.0.clone();
        for value in self.0.iter().take(MAX_COPIES) {
            let open = |bind: &[u8]| request.keys.open(kind, value, bind, request.site);
            let opened_by = binds.0.iter().find_map(|bind| Some((*bind, open(bind)?)));
            unused.retain(|bind| opened_by.as_ref().is_none_or(|(by, _)| by != bind));
            let text = opened_by.map(|(_, text)| text);
            match text.and_then(|text| decode(&text)) {
                None => opened.trouble = Some("not genuine"),
                Some(one) if issued(&one) > request.now.saturating_add(CLOCK_SKEW) => {
                    opened.trouble = Some("dated in the future");
                }
                Some(one) if issued(&one).saturating_add(request.choice_lifetime) <= request.now => {
                    opened.trouble = Some("expired");
                }
                Some(one) => opened.genuine.push(one),
            }
        }
        if binds.0.len() > 1 && !unused.is_empty() {
            // Something of another choice is here, and the choice itself is not.
            opened.trouble = Some("copies differ");
        }
        if self.0.len() > MAX_COPIES {
            opened.trouble = Some("too many copies");
        }
        opened
    }
}

/// One signal from all copies of the consent cookie; none when no copy is genuine.
fn merged(source: SourceId, request: &RequestView<'_>, opened: &Opened<Choice>) -> Option<Signal> {
    let (first, others) = opened.genuine.split_first()?;
    let mut signal = Signal::new(source, SignalKind::Collected);
    signal.at = Some(first.issued);
    signal.knowing = first.knowing && others.iter().all(|other| other.knowing);
    refusals(&mut signal, request, first);
    for other in others {
        signal.at = signal.at.min(Some(other.issued));
        refusals(&mut signal, request, other);
    }
    if opened.trouble.is_none() {
        let by_all = |name: &&String, of: fn(&Choice) -> &[String]| others.iter().all(|other| of(other).contains(name));
        let purposes = first.granted.iter().filter(|name| by_all(name, |choice| &choice.granted));
        let services = first.granted_services.iter().filter(|name| by_all(name, |choice| &choice.granted_services));
        let refused: Vec<PurposeId> = signal.purposes.iter().map(|(purpose, _)| *purpose).collect();
        let granted = purposes.filter_map(|name| request.purposes.get(name)).filter(|it| !refused.contains(it));
        signal.purposes.extend(granted.map(|purpose| (purpose, Grant::Granted)));
        let granted = services.filter_map(|id| request.catalog.get(id));
        signal.services.extend(granted.map(|service| (service, Grant::Granted)));
    }
    Some(signal)
}

/// What `choice` refuses.
fn refusals(signal: &mut Signal, request: &RequestView<'_>, choice: &Choice) {
    let purposes = choice.denied.iter().filter_map(|name| request.purposes.get(name));
    signal.purposes.extend(purposes.map(|purpose| (purpose, Grant::Denied)));
    let services = choice.denied_services.iter().filter_map(|id| request.catalog.get(id));
    signal.services.extend(services.map(|service| (service, Grant::Denied)));
}

/// The names of our cookies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnCookies {
    /// Carries the choice.
    pub consent: &'static str,
    /// Carries the random value that the choice is bound to.
    pub bind: &'static str,
    /// Carries what the mirror told.
    pub seen: &'static str,
    /// Carries the mark of a refusal.
    pub refusal: &'static str,
    /// Remembers what was set again for a tool of the shop's.
    pub kept: &'static str,
}

impl OwnCookies {
    /// The names in use over TLS (`secure`) or over cleartext, where browsers refuse the `__Host-` prefix.
    pub const fn names(secure: bool) -> Self {
        if secure {
            Self {
                consent: "__Host-vestibule",
                bind: "__Host-vestibule-bind",
                seen: "__Host-vestibule-seen",
                refusal: "__Host-vestibule-no",
                kept: "__Host-vestibule-kept",
            }
        } else {
            Self {
                consent: "vestibule",
                bind: "vestibule-bind",
                seen: "vestibule-seen",
                refusal: "vestibule-no",
                kept: "vestibule-kept",
            }
        }
    }

    /// What the names of the cookies begin with that remember since when another one is there. Four hexadecimal digits follow.
    pub const fn since(secure: bool) -> &'static str {
        if secure { "__Host-vestibule-since-" } else { "vestibule-since-" }
    }

    /// Whether `name` is one of ours, over either scheme. The shop never gets to see these.
    pub fn is_ours(name: &[u8]) -> bool {
        let rest = name.strip_prefix(b"__Host-").unwrap_or(name);
        let Some(rest) = rest.strip_prefix(b"vestibule") else {
            return false;
        };
        [b"".as_slice(), b"-bind", b"-seen", b"-no", b"-kept"].contains(&rest)
            || rest.strip_prefix(b"-since-").is_some_and(|digits| digits.len() == 4)
    }
}

impl KeyRing {
    /// The value of a consent cookie for `choice`.
    pub fn seal_choice(&self, choice: &Choice, bind: &str, site: &str) -> Option<String> {
        self.seal(Kind::Choice, &choice.encode(), bind.as_bytes(), site)
    }

    /// The value of the mark that says what `choice` refuses; `None` when it refuses nothing.
    pub fn seal_refusal(&self, choice: &Choice, site: &str) -> Option<String> {
        let refused = Choice { granted: Vec::new(), granted_services: Vec::new(), ..choice.clone() };
        let any = !refused.denied.is_empty() || !refused.denied_services.is_empty();
        any.then(|| self.seal(Kind::Refusal, &refused.encode(), b"", site))?
    }

    /// The value of a seen cookie for what all sources told; `None` when it would be too long for a browser.
    pub fn seal_observed(&self, told: &[Observed], bind: &str, site: &str) -> Option<String> {
        self.seal(Kind::Observed, &Observed::encode(told), bind.as_bytes(), site)
    }
}

#[cfg(test)]
mod tests;
