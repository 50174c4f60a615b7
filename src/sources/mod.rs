//! Sources of consent: request head to signals.
//!
//! Each source reads what one tool or standard writes and says what it means. A source never weighs itself against
//! another (that is [`crate::consent::resolve`]) and never touches the message.
//!
//! A value that cannot be read (broken, too long, encoded twice, dated in the future) is no statement at all: the source
//! reports it as malformed, it is counted, and the visitor falls back to the regime's default; of what can be read in part,
//! refusals stand. Work is bounded by
//! [`MAX_VALUE`] and by the number of copies that are looked at.
//!
//! What is done once per request is [`consent_of`]; whoever has a request calls that.

mod bits;
pub mod cmp;
mod cookie_field;
mod copies;
mod dnt;
mod gpc;
pub mod gpp;
mod mirrored;
mod own_cookie;
mod rescue;
mod settings;
pub mod tcf;
pub mod us_privacy;

use http::HeaderMap;

use crate::catalog::Catalog;
use crate::consent::{ConsentState, PurposeSet, PurposeTable, Regime, Signal, SignalKind, SourceId, resolve};

use cookie_field::after_name;
pub use cookie_field::{CookiePair, cookie_pairs};
pub use gpc::GpcOutcome;
pub use mirrored::{tell_gpp, tell_tc};
pub use own_cookie::{
    Choice, Key, KeyRing, MAX_NAME, MAX_NAMES, Observed, OwnCookies, bind_value, refused_at, reseal_observed, seen,
};
pub use rescue::{Rescue, rescue_due};
pub use settings::{CookieDomain, SourceSettings, SourceUse};

/// How far ahead of ours another machine's clock may be, in seconds.
pub const CLOCK_SKEW: u64 = 300;

/// The longest value of a foreign consent cookie that is looked at, in bytes.
pub const MAX_VALUE: usize = 8 * 1024;

/// What a source may look at.
#[derive(Clone, Copy)]
pub struct RequestView<'a> {
    /// The request's fields.
    pub headers: &'a HeaderMap,
    /// Whether the visitor came over TLS, which decides the names of our own cookies.
    pub secure: bool,
    /// The site's name; a consent cookie of another site is worth nothing here.
    pub site: &'a str,
    /// Purposes by name.
    pub purposes: &'a PurposeTable,
    /// Services by id.
    pub catalog: &'a Catalog,
    /// Keys that consent cookies may be signed with.
    pub keys: &'a KeyRing,
    /// Seconds since the Unix epoch.
    pub now: u64,
    /// How long a choice holds, in seconds.
    pub choice_lifetime: u64,
}

/// Without the fields: what visitors send is printed nowhere.
impl std::fmt::Debug for RequestView<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("RequestView").field("site", &self.site).field("now", &self.now).finish_non_exhaustive()
    }
}

/// What all sources together have said so far.
#[derive(Debug, Default)]
pub struct Heard {
    /// Statements.
    pub signals: Vec<Signal>,
    /// Values that could not be read: whose, and why.
    pub malformed: Vec<(SourceId, &'static str)>,
    /// What the seen cookie holds, opened for the first source that asked.
    seen: Option<Seen>,
}

/// What the mirror told about all sources, or why the cookie that holds it does not count.
type Seen = Result<Vec<Observed>, &'static str>;

impl Heard {
    /// What the mirror told about `source`, if the seen cookie is genuine and says something.
    ///
    /// # Errors
    /// Why a cookie that is there does not count.
    fn observed(&mut self, request: &RequestView<'_>, source: SourceId) -> Result<Option<Observed>, &'static str> {
        let seen = self.seen.get_or_insert_with(|| seen(request)).as_ref().map_err(|why| *why)?;
        match seen.iter().find(|one| one.source == source.0) {
            Some(one) if one.issued.saturating_add(request.choice_lifetime) <= request.now => Err("expired"),
            told => Ok(told.cloned()),
        }
    }
}

/// One tool or standard that carries consent.
pub trait ConsentSource: Sync + std::fmt::Debug {
    /// The name used in configuration, logs and `because`.
    fn id(&self) -> SourceId;

    /// Whether it can make anybody's yes heard, as opposed to objections only.
    fn grants(&self) -> bool {
        true
    }

    /// The purposes that it can grant by itself, without a word from the site.
    fn asks_about(&self) -> PurposeSet {
        PurposeSet::EMPTY
    }

    /// Whether it has categories that a site may give another meaning.
    fn has_words(&self) -> bool {
        self.cmp().is_some()
    }

    /// The cookies that it is read from, by the names that the tool gives them; a `*` at the end stands for anything.
    fn cookies(&self) -> &'static [&'static str] {
        &[]
    }

    /// The adapter behind it, when it is a consent tool.
    fn cmp(&self) -> Option<&cmp::Cmp> {
        None
    }

    /// Adds what the request says; nothing when it says nothing.
    fn read(&self, request: &RequestView<'_>, settings: &SourceSettings, heard: &mut Heard);
}

/// Our own cookies and the standards, in the order in which they are read. A new one is one line here; consent tools stand
/// in [`cmp::CMPS`].
pub const SOURCES: &[&dyn ConsentSource] =
    &[&own_cookie::OwnCookie, &gpc::Gpc, &dnt::Dnt, &tcf::Tcf, &gpp::GppSource, &us_privacy::UsPrivacy];

/// What [`SOURCES`] are, by name, for people.
const STANDARDS: [(&str, &str); 6] = [
    ("own", "the choice made at Vestibule's banner or preference page"),
    ("gpc", "Global Privacy Control: the request field `Sec-GPC: 1`"),
    ("dnt", "Do Not Track, its deprecated forerunner: the request field `DNT: 1`, read like Global Privacy Control"),
    ("tcf", "an IAB TC string in a cookie"),
    ("gpp", "an IAB GPP string in a cookie: opt-outs in the US, and a TC string"),
    ("usprivacy", "an IAB US Privacy string in a cookie: opt-outs in the US"),
];

/// Every source by name, with what it is.
pub const NAMES: &[(&str, &str)] = &names();

const fn names() -> [(&'static str, &'static str); STANDARDS.len() + cmp::CMPS.len()] {
    let mut all = [("", ""); STANDARDS.len() + cmp::CMPS.len()];
    let (first, rest) = all.split_at_mut(STANDARDS.len());
    first.copy_from_slice(&STANDARDS);
    let (mut slots, mut tools) = (rest, cmp::CMPS);
    while let (Some((slot, more)), [tool, others @ ..]) = (slots.split_first_mut(), tools) {
        *slot = (tool.id, tool.name);
        (slots, tools) = (more, others);
    }
    all
}

/// Every source: standards first, then consent tools.
pub fn all() -> impl Iterator<Item = &'static dyn ConsentSource> {
    let tools = cmp::CMPS.iter().map(|cmp| *cmp as &dyn ConsentSource);
    SOURCES.iter().copied().chain(tools)
}

/// What one request says about consent.
#[derive(Debug)]
pub struct Consent {
    /// What it resolves to.
    pub state: ConsentState,
    /// What became of the visitor's `Sec-GPC: 1`, where there is one and the site reads it.
    pub gpc: Option<GpcOutcome>,
    /// What was said.
    pub signals: Vec<Signal>,
    /// Values that could not be read: whose, and why.
    pub malformed: Vec<(SourceId, &'static str)>,
    /// Whether the mirror told something that still holds.
    pub mirrored: bool,
}

impl Consent {
    /// Whether a standing objection is there, whatever else is said.
    pub fn objected(&self) -> bool {
        self.signals.iter().any(|signal| signal.kind == SignalKind::Objection)
    }
}

/// Reads the sources in `used` and resolves what they say under `regime`.
pub fn consent_of(used: &[SourceUse], request: &RequestView<'_>, regime: Regime) -> Consent {
    let Heard { signals, malformed, seen } = hear(used, request);
    let state = resolve(&signals, regime);
    let mirrored = matches!(seen, Some(Ok(told)) if !told.is_empty());
    Consent { gpc: GpcOutcome::of(&signals, &state), state, signals, malformed, mirrored }
}

/// Reads the sources in `used`.
pub fn hear(used: &[SourceUse], request: &RequestView<'_>) -> Heard {
    let mut heard = Heard::default();
    for one in used {
        one.source.read(request, &one.settings, &mut heard);
    }
    heard
}
