//! What came of an exchange, and whether that is what a test expects.

use std::sync::Arc;

use http::HeaderMap;
use http::header::SET_COOKIE;

use super::words::quote;
use crate::catalog::Catalog;
use crate::consent::{ConsentState, PurposeTable, ServiceId};
use crate::enforce::Judged;
use crate::policy::{Expectation, Mode, OwnedItem, Question, RouteId, Subject, Verdict};

/// What came of one exchange.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What the visitor's choice and fields resolved to.
    pub state: Arc<ConsentState>,
    /// The route that the address is on.
    pub route: Option<RouteId>,
    /// The mode there.
    pub mode: Mode,
    /// The services that the request is a call to, where it passes.
    pub called: Box<[ServiceId]>,
    /// The `Cookie` field that reaches the shop; empty when none does.
    pub upstream_cookie: Vec<u8>,
    /// Path and query as they reach the shop.
    pub target: Vec<u8>,
    /// The request fields that reach the shop, without `Cookie`.
    pub request: HeaderMap,
    /// The response fields that reach the browser, without the policy line.
    pub response: HeaderMap,
    /// The page that reaches the browser.
    pub html: Option<Vec<u8>>,
    /// Whether the page was cut, because a tag in it is longer than the cap.
    pub cut: bool,
    /// The policy line that Vestibule adds to pages; `None` when the visitor's class needs none.
    pub csp: Option<String>,
    /// Everything that was judged, in order.
    pub judged: Vec<Judged>,
}

impl Outcome {
    /// What came instead of what `expectation` says: what was expected, and what there was. `None` when all is well.
    pub(super) fn miss(
        &self,
        expectation: &Expectation,
        purposes: &PurposeTable,
        catalog: &Catalog,
    ) -> Option<(String, String)> {
        let (expected, got, fits) = match expectation {
            Expectation::Grant(purpose, expected) => {
                let grant = self.state.grant(*purpose);
                let got = format!("{} ({})", grant.as_str(), self.state.because(*purpose).as_str());
                (format!("{} {}", quote(purposes.name(*purpose)), expected.as_str()), got, grant == *expected)
            }
            Expectation::UpstreamCookie(cookie) => {
                (field(cookie.as_bytes()), field(&self.upstream_cookie), cookie.as_bytes() == self.upstream_cookie)
            }
            Expectation::UpstreamUrl(url) => {
                (field(url.as_bytes()), field(&self.target), url.as_bytes() == self.target)
            }
            Expectation::SetCookie(fields) => {
                let got: Vec<&[u8]> =
                    self.response.get_all(SET_COOKIE).iter().map(http::HeaderValue::as_bytes).collect();
                let expected: Vec<&[u8]> = fields.iter().map(|field| field.as_bytes()).collect();
                let fits = got == expected;
                (list(&expected), list(&got), fits)
            }
            Expectation::Blocked(subject) => self.subject(subject, Fate::Blocked, catalog),
            Expectation::Kept(subject) => self.subject(subject, Fate::Kept, catalog),
            Expectation::WouldBlock(subject) => self.subject(subject, Fate::OnlyWatched, catalog),
            Expectation::HtmlContains(text) | Expectation::HtmlLacks(text) => {
                let wanted = matches!(expectation, Expectation::HtmlContains(_));
                let html = String::from_utf8_lossy(self.html.as_deref().unwrap_or_default());
                contains("the page", &html, text, wanted)
            }
            Expectation::CspContains(text) | Expectation::CspLacks(text) => {
                let wanted = matches!(expectation, Expectation::CspContains(_));
                contains("the policy line", self.csp.as_deref().unwrap_or_default(), text, wanted)
            }
            Expectation::ResponseHeader(name, value) => {
                let fields = self.response.get_all(&**name).iter().map(http::HeaderValue::as_bytes);
                let got = fields.collect::<Vec<_>>().join(&b", "[..]);
                (format!("{name}: {}", field(value.as_bytes())), field(&got), value.as_bytes() == got)
            }
        };
        (!fits).then_some((expected, got))
    }

    /// What became of everything that `subject` names, and whether that is what was `expected`.
    fn subject(&self, subject: &Subject, expected: Fate, catalog: &Catalog) -> (String, String, bool) {
        let items: Vec<&Judged> = self.judged.iter().filter(|judged| is_about(judged, subject, catalog)).collect();
        let wrong: Vec<&&Judged> = items.iter().filter(|judged| !Self::fate(judged).is(expected)).collect();
        let wanted = format!("{} {}", quote(subject.as_str()), expected.word());
        let Some(first) = wrong.first() else {
            return (wanted, "nothing of it was found".to_owned(), !items.is_empty());
        };
        let what = format!("{} {}", first.surface.as_str(), quote(&first.subject));
        let (more, word) = (wrong.len() - 1, Self::fate(first).word());
        let got = if more == 0 { format!("{what} {word}") } else { format!("{what} and {more} more {word}") };
        (wanted, got, false)
    }

    fn fate(judged: &Judged) -> Fate {
        match (judged.decision.verdict, judged.decision.mode) {
            (Verdict::Drop, Mode::Enforce) => Fate::Blocked,
            (Verdict::Drop, _) => Fate::OnlyWatched,
            _ => Fate::Kept,
        }
    }
}

/// What became of an item.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Blocked,
    Kept,
    OnlyWatched,
}

impl Fate {
    /// What is only watched is kept, too.
    const fn is(self, expected: Self) -> bool {
        matches!(
            (self, expected),
            (Self::Blocked, Self::Blocked)
                | (Self::OnlyWatched, Self::OnlyWatched | Self::Kept)
                | (Self::Kept, Self::Kept)
        )
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::Kept => "kept",
            Self::OnlyWatched => "kept only because of the mode",
        }
    }
}

/// Whether the item belongs to the subject, whichever service decided in the end.
fn is_about(judged: &Judged, subject: &Subject, catalog: &Catalog) -> bool {
    match subject {
        Subject::Service(id) => {
            let id = catalog.get(id);
            id.is_some() && judged.steps.iter().any(|step| step.question == Question::Recognised(id))
        }
        Subject::Host(host) => match &judged.item {
            OwnedItem::Address { host: found, .. } => {
                found.strip_suffix(&**host).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            }
            _ => false,
        },
    }
}

fn contains(what: &str, text: &str, wanted_text: &str, wanted: bool) -> (String, String, bool) {
    let found = text.contains(wanted_text);
    let word = if wanted { "contains" } else { "does not contain" };
    let got = if text.is_empty() { format!("{what} is empty") } else { quote(text) };
    (format!("{what} {word} {}", quote(wanted_text)), got, found == wanted)
}

fn field(value: &[u8]) -> String {
    if value.is_empty() { "nothing".to_owned() } else { quote(&String::from_utf8_lossy(value)) }
}

fn list(fields: &[&[u8]]) -> String {
    let shown: Vec<String> = fields.iter().map(|one| field(one)).collect();
    if shown.is_empty() { "nothing".to_owned() } else { shown.join(", ") }
}
