//! What was decided about a message, and why. Logs, metrics, `explain` and tests read findings; none re-derives them.

use crate::policy::{Decision, OwnedItem, Reason, Statement, Step, Verdict};

/// Where an item was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Surface {
    /// The `Cookie` field of a request.
    Cookie,
    /// A `Set-Cookie` field of a response.
    SetCookie,
    /// A cookie that the browser holds and may hold no longer.
    Withdrawal,
    /// Another field of a response head, such as `Link`.
    ResponseHeader,
    /// An element of an HTML page.
    Element,
    /// An inline script of an HTML page.
    InlineScript,
    /// An address in a style sheet: of a page, of an attribute, or a response of its own.
    Style,
    /// A query parameter of the request, its `Referer`, a redirect, or a link of a page.
    Query,
    /// A field of a request other than `Cookie`.
    RequestHeader,
    /// A request that is a call to a service served from the shop's own domain.
    Endpoint,
}

impl Surface {
    /// Every surface, for tests and metrics that must cover all.
    pub const ALL: [Self; 10] = [
        Self::Cookie,
        Self::SetCookie,
        Self::Withdrawal,
        Self::ResponseHeader,
        Self::Element,
        Self::InlineScript,
        Self::Style,
        Self::Query,
        Self::RequestHeader,
        Self::Endpoint,
    ];

    /// The word used in findings, logs and metric labels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cookie => "cookie",
            Self::SetCookie => "set-cookie",
            Self::Withdrawal => "withdrawal",
            Self::ResponseHeader => "response-header",
            Self::Element => "element",
            Self::InlineScript => "inline-script",
            Self::Style => "style",
            Self::Query => "query",
            Self::RequestHeader => "request-header",
            Self::Endpoint => "endpoint",
        }
    }
}

/// One recorded decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where.
    pub surface: Surface,
    /// What: a cookie name, or `<tag attribute> host`. Never a value, a path or a query.
    pub subject: Box<str>,
    /// What the policy said.
    pub verdict: Verdict,
    /// Whether the message was changed accordingly; false in observe mode.
    pub enforced: bool,
    /// Why.
    pub reason: Reason,
}

/// One judged item in full, kept ones included, with every step to its decision. Only a judge that was asked to
/// [explain itself](super::Judge::explaining) records these; they hold what findings never do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Where.
    pub surface: Surface,
    /// What, as in [`Finding::subject`].
    pub subject: Box<str>,
    /// The item itself.
    pub item: OwnedItem,
    /// What the policy said, whatever the mode.
    pub decision: Decision,
    /// How it came to that.
    pub steps: Vec<Step>,
    /// The entry of the site's own hosts that makes an address the shop's own, where nothing else does.
    pub first_party: Option<Statement>,
}

/// The findings of one request. Kept items are counted; everything else is recorded, up to [`Journal::CAPACITY`].
#[derive(Clone, Debug, Default)]
pub struct Journal {
    findings: Vec<Finding>,
    kept: u32,
    by_consent: u32,
    overflow: u32,
    /// With whether it is known what they stand for.
    hosts: Vec<(Box<str>, bool)>,
    judged: Vec<Judged>,
    shadow: Option<Box<Shadow>>,
}

/// What another policy would have done on the same request.
#[derive(Clone, Debug, Default)]
pub struct Shadow {
    /// What it found.
    pub journal: Journal,
    /// Items of which it lets more through.
    pub looser: u32,
    /// Items of which it lets less through.
    pub stricter: u32,
}

impl Journal {
    /// How many findings are kept in words; later ones are only counted.
    pub const CAPACITY: usize = 256;

    pub(super) fn record(
        &mut self,
        surface: Surface,
        decision: Decision,
        enforced: bool,
        subject: impl FnOnce() -> String,
    ) {
        if decision.reason.rule.asks_consent() {
            self.by_consent = self.by_consent.saturating_add(1);
        }
        if decision.verdict == Verdict::Keep {
            self.kept = self.kept.saturating_add(1);
        } else if self.findings.len() >= Self::CAPACITY {
            self.overflow = self.overflow.saturating_add(1);
        } else {
            self.findings.push(Finding {
                surface,
                subject: subject().into_boxed_str(),
                verdict: decision.verdict,
                enforced,
                reason: decision.reason,
            });
        }
    }

    /// How many of the shop's own hosts of one request are remembered.
    const HOSTS: usize = 32;

    /// Takes note of a host of the shop's own, and whether it is known what it stands for. Where there are many, one of which
    /// nobody knows it takes the place of one of which it is known.
    pub(super) fn met(&mut self, host: &str, known: bool) {
        if self.hosts.iter().any(|(met, _)| **met == *host) {
            return;
        }
        if self.hosts.len() < Self::HOSTS {
            self.hosts.push((host.into(), known));
        } else if !known && let Some(place) = self.hosts.iter_mut().find(|(_, known)| *known) {
            *place = (host.into(), known);
        }
    }

    /// Hosts of the shop's own, besides the page's, that the request names.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        self.hosts.iter().map(|(host, _)| &**host)
    }

    /// Whether it is not known of all of them what they stand for.
    pub fn waits_for_names(&self) -> bool {
        self.hosts.iter().any(|(_, known)| !known)
    }

    pub(super) fn witness(&mut self, judged: Judged) {
        self.judged.push(judged);
    }

    /// Counts what another policy would have done with an item.
    pub(super) fn compare(&mut self, live: Verdict, other: Verdict) {
        let shadow = self.shadow.get_or_insert_default();
        match other.passes().cmp(&live.passes()) {
            std::cmp::Ordering::Greater => shadow.looser = shadow.looser.saturating_add(1),
            std::cmp::Ordering::Less => shadow.stricter = shadow.stricter.saturating_add(1),
            std::cmp::Ordering::Equal => {}
        }
    }

    /// Takes in what another policy's judge found.
    pub(super) fn cast_shadow(&mut self, journal: Self) {
        self.shadow.get_or_insert_default().journal.append(journal);
    }

    /// What another policy would have done, where one is on trial.
    pub fn shadow(&self) -> Option<&Shadow> {
        self.shadow.as_deref()
    }

    /// Everything that was judged, in order; empty unless the judge explains itself.
    pub fn judged(&self) -> &[Judged] {
        &self.judged
    }

    /// Decisions other than keep, in the order in which they were made.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// How many items were decided by what this visitor agreed to, kept ones included.
    pub const fn by_consent(&self) -> u32 {
        self.by_consent
    }

    /// How many items were kept.
    pub const fn kept(&self) -> u32 {
        self.kept
    }

    /// How many findings were made beyond [`Journal::CAPACITY`].
    pub const fn overflow(&self) -> u32 {
        self.overflow
    }

    /// Appends what another part of the same request found.
    pub fn append(&mut self, mut other: Self) {
        self.kept = self.kept.saturating_add(other.kept);
        self.by_consent = self.by_consent.saturating_add(other.by_consent);
        self.overflow = self.overflow.saturating_add(other.overflow);
        self.findings.append(&mut other.findings);
        other.hosts.iter().for_each(|(host, known)| self.met(host, *known));
        self.judged.append(&mut other.judged);
        if let Some(other) = other.shadow {
            let shadow = self.shadow.get_or_insert_default();
            shadow.looser = shadow.looser.saturating_add(other.looser);
            shadow.stricter = shadow.stricter.saturating_add(other.stricter);
            shadow.journal.append(other.journal);
        }
    }
}
