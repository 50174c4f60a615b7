//! Consent tools (CMPs), one file each: those whose choice reaches us in cookies, and those that keep it in the browser,
//! where only the mirror can tell it.
//!
//! An adapter is a table of facts and one function: which cookies the tool writes, what its categories stand for, how
//! one can tell that somebody clicked, and how a value is read. What is the same for all of them is done here: finding
//! the cookies, several copies of one, what a category means on this site, dates.
//!
//! An adapter turns bytes into the tool's own words and knows no purposes beyond its table. It never guesses: a cookie
//! that the tool also writes without a click is a [`SignalKind::Default`] or nothing, and a value of another shape is
//! malformed.
//!
//! A new tool is a file here and a line in [`CMPS`]. The manual's table is made from the same facts.

mod amasty;
mod axeptio;
mod borlabs;
mod c15t;
mod civic;
mod commandersact;
mod complianz;
mod consentmanager;
mod cookie_law_info;
mod cookiebot;
mod cookiefirst;
mod cookieinformation;
mod cookiescript;
mod cookieyes;
mod didomi;
mod funding_choices;
mod hubspot;
mod iubenda;
mod jar;
mod klaro;
mod lgcookieslaw;
mod magento;
mod matomo;
mod moove;
mod onetrust;
mod orejime;
mod osano;
mod osano_cookieconsent;
mod piwikpro;
mod said;
mod shopify;
mod site_made;
mod sourcepoint;
mod table;
mod tarteaucitron;
mod tc;
mod termly;
pub(super) mod text;
mod trustarc;
mod usercentrics;
mod vanilla_cookieconsent;
mod wp_consent_api;
mod zaraz;

use std::fmt;

pub use jar::Jar;
pub use said::{Said, Unsaid};
pub use table::manual;

use super::{ConsentSource, Heard, RequestView, SourceSettings};
use crate::consent::{Grant, PurposeId, PurposeSet, Signal, SignalKind, SourceId};

/// Every tool that can be read, by name.
pub const CMPS: &[&Cmp] = &[
    &amasty::AMASTY,
    &axeptio::AXEPTIO,
    &borlabs::BORLABS,
    &c15t::C15T,
    &civic::CIVIC,
    &commandersact::COMMANDERSACT,
    &complianz::COMPLIANZ,
    &consentmanager::CONSENTMANAGER,
    &cookie_law_info::COOKIE_LAW_INFO,
    &cookiebot::COOKIEBOT,
    &cookiefirst::COOKIEFIRST,
    &cookieinformation::COOKIEINFORMATION,
    &cookiescript::COOKIESCRIPT,
    &cookieyes::COOKIEYES,
    &didomi::DIDOMI,
    &funding_choices::FUNDING_CHOICES,
    &hubspot::HUBSPOT,
    &iubenda::IUBENDA,
    &klaro::KLARO,
    &lgcookieslaw::LGCOOKIESLAW,
    &magento::MAGENTO,
    &matomo::MATOMO,
    &moove::MOOVE,
    &onetrust::ONETRUST,
    &orejime::OREJIME,
    &osano::OSANO,
    &osano_cookieconsent::OSANO_COOKIECONSENT,
    &piwikpro::PIWIKPRO,
    &shopify::SHOPIFY,
    &site_made::SITE_MADE,
    &sourcepoint::SOURCEPOINT,
    &tarteaucitron::TARTEAUCITRON,
    &termly::TERMLY,
    &trustarc::TRUSTARC,
    &usercentrics::USERCENTRICS,
    &vanilla_cookieconsent::VANILLA_COOKIECONSENT,
    &wp_consent_api::WP_CONSENT_API,
    &zaraz::ZARAZ,
];

/// What a tool asks for that has one question only. Purposes that it cannot have meant are for the site to add.
const EVERYTHING: &[PurposeId] = &[PurposeId::FUNCTIONAL, PurposeId::ANALYTICS, PurposeId::MARKETING];

/// A tool that writes no cookie, without what tells it from the others.
const MIRRORED: Cmp = Cmp {
    id: "",
    name: "",
    cookies: &[],
    map: &[],
    services: &[],
    unsaid: Unsaid::Unknown,
    by_service: false,
    tcf: false,
    chosen: "the mirror saw a choice",
    verified: Verified::Documented,
    read: Read::Jar(|_| Ok(None)),
};

/// The words of tools that write one cookie per category.
fn allow_or_deny(text: &str) -> Option<Grant> {
    match text {
        "allow" => Some(Grant::Granted),
        "deny" => Some(Grant::Denied),
        _ => None,
    }
}

/// What an adapter makes of a value: what it says, nothing (nobody chose yet), or why it cannot be read.
pub type Reading = Result<Option<Said>, &'static str>;

/// What all cookies of a tool come to.
pub type Told = Result<Option<Said>, Trouble>;

/// Why a statement does not count as it stands.
#[derive(Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Why.
    pub why: &'static str,
    /// What could be read all the same, without any yes: what could not be read may have been a refusal.
    pub left: Option<Box<Said>>,
}

impl From<&'static str> for Trouble {
    fn from(why: &'static str) -> Self {
        Self { why, left: None }
    }
}

/// Changes what is told, or what is left of it.
fn change(told: Told, change: impl FnOnce(Said) -> Said) -> Told {
    match told {
        Ok(said) => Ok(said.map(change)),
        Err(Trouble { why, left }) => Err(Trouble { why, left: left.map(|said| Box::new(change(*said).doubted())) }),
    }
}

/// How what an adapter says was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verified {
    /// The tool itself was run, and wrote the values that are tested; which version.
    Run(&'static str),
    /// Values seen in real requests, with identifiers replaced.
    Captured,
    /// The vendor's documentation or source, without a value that was seen.
    Documented,
}

/// How an adapter reads.
#[derive(Debug)]
pub enum Read {
    /// From one cookie, the first of [`Cmp::cookies`]: called for each copy of it with the value as bytes. Copies that
    /// differ are merged.
    Value(fn(&[u8], &Jar<'_>) -> Reading),
    /// From several cookies together.
    Jar(fn(&Jar<'_>) -> Told),
}

/// One consent tool.
pub struct Cmp {
    /// Its name in configuration.
    pub id: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// The cookies that it writes, the one that holds the choice first. A `*` at the end stands for anything. None
    /// where the choice stays in the browser, and only the mirror can tell it.
    pub cookies: &'static [&'static str],
    /// What its categories (or services) stand for unless the site says otherwise. Several names of one category may
    /// stand here.
    pub map: &'static [(&'static str, &'static [PurposeId])],
    /// Its names for services of the catalog, over and above those that are the catalog's own. One of its names may
    /// stand for several.
    pub services: &'static [(&'static str, &'static str)],
    /// What it means when a choice does not mention a category.
    pub unsaid: Unsaid,
    /// Whether its words are names of services rather than of categories.
    pub by_service: bool,
    /// Whether its answer is, for the purposes of the framework, a TC string.
    pub tcf: bool,
    /// How one can tell that somebody chose, in words.
    pub chosen: &'static str,
    /// How all this was checked.
    pub verified: Verified,
    /// How its cookies are read.
    pub read: Read,
}

impl fmt::Debug for Cmp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Cmp({})", self.id)
    }
}

impl ConsentSource for Cmp {
    fn id(&self) -> SourceId {
        SourceId(self.id)
    }

    fn cookies(&self) -> &'static [&'static str] {
        self.cookies
    }

    fn asks_about(&self) -> PurposeSet {
        let words = self.map.iter().flat_map(|(_, purposes)| purposes.iter().copied());
        words.chain(tc::PURPOSES.into_iter().filter(|_| self.tcf)).collect()
    }

    fn cmp(&self) -> Option<&Cmp> {
        Some(self)
    }

    fn read(&self, request: &RequestView<'_>, settings: &SourceSettings, heard: &mut Heard) {
        let jar = Jar::new(self, settings, request);
        let said = match self.read {
            Read::Jar(read) => read(&jar),
            Read::Value(read) => jar.all(0, read),
        };
        let mirrored = if settings.mirror { heard.observed(request, self.id()) } else { Ok(None) };
        let mirrored = mirrored.map(|told| told.map(|told| told.said(request.purposes))).map_err(Trouble::from);
        // What the tool wrote and what the mirror told are two copies of one choice.
        let mut both = jar.copies();
        both.join(said);
        both.join(mirrored);
        let (said, trouble) = match both.told() {
            Ok(said) => (said, None),
            Err(Trouble { why, left }) => (left.map(|said| *said), Some(why)),
        };
        let said = said.map(|said| said.dated(request, settings)).transpose();
        heard.malformed.extend(trouble.or_else(|| said.as_ref().err().copied()).map(|why| (self.id(), why)));
        let signal = said.ok().flatten().map(|said| said.signal(self, settings, request, trouble.is_some()));
        // Of a choice in doubt only refusals are left. A default in doubt still narrows the regime's.
        let speaks = |signal: &Signal| trouble.is_none() || signal.kind == SignalKind::Default || refuses(signal);
        heard.signals.extend(signal.filter(speaks));
    }
}

/// Whether a signal refuses anything.
fn refuses(signal: &Signal) -> bool {
    let purposes = signal.purposes.iter().map(|(_, grant)| *grant);
    purposes.chain(signal.services.iter().map(|(_, grant)| *grant)).any(|grant| grant == Grant::Denied)
}
