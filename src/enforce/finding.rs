//! What was decided about a message, and why. Logs, metrics, `explain` and tests read findings; none re-derives them.

use crate::policy::{Decision, Reason, Verdict};

/// Where an item was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Surface {
    /// The `Cookie` field of a request.
    Cookie,
    /// A `Set-Cookie` field of a response.
    SetCookie,
    /// Another field of a response head, such as `Link`.
    ResponseHeader,
    /// An element of an HTML page.
    Element,
    /// An inline script of an HTML page.
    InlineScript,
}

impl Surface {
    /// Every surface, for tests and metrics that must cover all.
    pub const ALL: [Self; 5] = [Self::Cookie, Self::SetCookie, Self::ResponseHeader, Self::Element, Self::InlineScript];

    /// The word used in findings, logs and metric labels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cookie => "cookie",
            Self::SetCookie => "set-cookie",
            Self::ResponseHeader => "response-header",
            Self::Element => "element",
            Self::InlineScript => "inline-script",
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

/// The findings of one request. Kept items are counted; everything else is recorded, up to [`Journal::CAPACITY`].
#[derive(Clone, Debug, Default)]
pub struct Journal {
    findings: Vec<Finding>,
    kept: u32,
    overflow: u32,
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

    /// Decisions other than keep, in the order in which they were made.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
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
        self.overflow = self.overflow.saturating_add(other.overflow);
        self.findings.append(&mut other.findings);
    }
}
