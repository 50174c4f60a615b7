//! One page's decisions, for people and for programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};
use url::Url;

use crate::config::RulePlaces;
use crate::enforce::{Judged, Surface};
use crate::policy::{Given, Mode, Until, Verdict};
use crate::review::{self, Outcome, Stage, Telling, Told, quote};

/// Places are lined up behind the words of steps up to this width.
const COLUMN: usize = 90;

/// Everything that was judged on one page.
pub(super) struct Report {
    /// Address, site, route and visitor.
    head: Vec<String>,
    url: String,
    mode: Mode,
    grants: Value,
    items: Vec<Item>,
}

/// One thing that was judged, however often it was met.
struct Item {
    judged: Judged,
    times: usize,
    service: Option<String>,
    purpose: Option<String>,
    /// What the visitor's grant for that purpose is.
    grant: Option<&'static str>,
    steps: Vec<Told>,
    changes: Vec<String>,
}

impl Report {
    /// Plays the exchange and explains what was judged in it. `None` when there is no such site.
    pub(super) fn of(
        stage: &Stage<'_>,
        origins: &RulePlaces,
        site: usize,
        given: &Given,
        addresses: &[Url],
    ) -> Option<Self> {
        let config = stage.config();
        let outcome = stage.play_with(site, given, addresses)?;
        let telling = Telling { config, origins, site, route: outcome.route };
        let mut seen: BTreeMap<_, usize> = BTreeMap::new();
        let mut items: Vec<Item> = Vec::new();
        for judged in &outcome.judged {
            // One host may be met under many paths; the decision is what counts.
            let key = (judged.surface, judged.subject.clone(), judged.decision.verdict, judged.decision.reason.service);
            if let Some(item) = seen.get(&key).and_then(|at| items.get_mut(*at)) {
                item.times += 1;
                continue;
            }
            seen.insert(key, items.len());
            let situation = stage.situation(site, given, &outcome, judged)?;
            let changes = review::changes(judged, &situation);
            let reason = judged.decision.reason;
            items.push(Item {
                times: 1,
                service: reason
                    .service
                    .and_then(|id| config.services.get(usize::from(id.0)))
                    .map(|one| one.id.to_string()),
                purpose: reason.purpose.map(|purpose| config.purposes.name(purpose).to_owned()),
                grant: reason.purpose.map(|purpose| outcome.state.grant(purpose).as_str()),
                steps: telling.steps(judged),
                changes: telling.changes(&changes, &judged.item.as_item()),
                judged: judged.clone(),
            });
        }
        let policy = &config.sites.get(site)?.policy;
        let grants: serde_json::Map<String, Value> = policy
            .offered
            .iter()
            .map(|purpose| (config.purposes.name(purpose).to_owned(), outcome.state.grant(purpose).as_str().into()))
            .collect();
        Some(Self {
            head: head(given, policy, &outcome, &grants),
            url: without_query(&given.url),
            mode: outcome.mode,
            grants: Value::Object(grants),
            items,
        })
    }

    /// The decision tree of every item.
    pub(super) fn text(&self) -> String {
        let mut out = self.head.join("\n") + "\n";
        for item in &self.items {
            let _ = write!(out, "\n{}: {}{}\n", item.title(), item.fate(), item.count());
            let told = item.steps.iter().map(|step| step.text.chars().count()).filter(|width| *width <= COLUMN);
            let column = told.max().unwrap_or_default();
            for step in &item.steps {
                let mark = if step.decided { '└' } else { '├' };
                let place = step.place.as_deref().unwrap_or_default();
                let _ = writeln!(out, "{}", format!("  {mark} {:column$}  {place}", step.text).trim_end());
                if step.decided {
                    break;
                }
            }
            let kept = item.judged.decision.verdict == Verdict::Keep;
            if !item.changes.is_empty() {
                out.push_str(if kept { "  what would stop it\n" } else { "  what would keep it\n" });
            }
            for change in &item.changes {
                let _ = writeln!(out, "    · {change}");
            }
        }
        out
    }

    /// What is not kept and why, a line each, and how much is kept.
    pub(super) fn brief(&self) -> String {
        let mut out = self.head.join("\n") + "\n";
        let stopped: Vec<&Item> =
            self.items.iter().filter(|item| item.judged.decision.verdict != Verdict::Keep).collect();
        for item in &stopped {
            let why = item.steps.iter().find(|step| step.decided).map_or("", |step| &step.text);
            let who = item.service.as_ref().map_or_else(String::new, |service| format!("{}: ", quote(service)));
            let title = format!("{}{}", item.title(), item.count());
            let _ = writeln!(out, "  {title:56} {:24} {who}{why}", item.fate());
        }
        let count = |items: &[&Item]| items.iter().map(|item| item.times).sum::<usize>();
        let kept: Vec<&Item> = self.items.iter().filter(|item| item.judged.decision.verdict == Verdict::Keep).collect();
        let _ = writeln!(out, "  {} stopped or shortened, {} kept as they are", count(&stopped), count(&kept));
        out
    }

    pub(super) fn json(&self) -> Value {
        let items: Vec<Value> = self.items.iter().map(Item::json).collect();
        json!({ "url": self.url, "mode": review::mode(self.mode), "purposes": self.grants, "items": items })
    }
}

impl Item {
    fn title(&self) -> String {
        format!("{} {}", self.judged.surface.as_str(), quote(&self.judged.subject))
    }

    fn count(&self) -> String {
        if self.times > 1 { format!(" (×{})", self.times) } else { String::new() }
    }

    fn fate(&self) -> String {
        let word = match (self.judged.decision.verdict, self.judged.surface) {
            (Verdict::Keep, _) => return "passes".to_owned(),
            (Verdict::Shorten(Until::Visit), _) => "lives for the visit only",
            (Verdict::Shorten(Until::Days(_)), _) => "lives less long",
            (Verdict::Narrow, _) => "set for this host alone",
            (Verdict::Coarsen, _) => "passes with a coarser value",
            (Verdict::Drop, Surface::Cookie) => "withheld from the shop",
            (Verdict::Drop, Surface::SetCookie) => "not set",
            (Verdict::Drop, Surface::Withdrawal) => "expired in the browser",
            (Verdict::Drop, Surface::ResponseHeader | Surface::RequestHeader | Surface::Query) => "taken out",
            (Verdict::Drop, Surface::Endpoint) => "answered here",
            (Verdict::Drop, _) => "made inert",
        };
        if self.judged.decision.mode == Mode::Enforce {
            word.to_owned()
        } else {
            format!("passes, only observed; else {word}")
        }
    }

    fn json(&self) -> Value {
        let reason = self.judged.decision.reason;
        let steps: Vec<Value> = self
            .steps
            .iter()
            .map(|step| json!({ "text": step.text, "at": step.place, "decided": step.decided }))
            .collect();
        json!({
            "surface": self.judged.surface.as_str(),
            "subject": &*self.judged.subject,
            "times": self.times,
            "verdict": self.judged.decision.verdict.as_str(),
            "enforced": self.judged.decision.mode == Mode::Enforce,
            "rule": reason.rule.as_str(),
            "service": self.service,
            "purpose": self.purpose,
            "grant": self.grant,
            "because": reason.because.as_str(),
            "steps": steps,
            "would_change_it": self.changes,
        })
    }
}

fn head(
    given: &Given,
    policy: &crate::policy::SitePolicy,
    outcome: &Outcome,
    grants: &serde_json::Map<String, Value>,
) -> Vec<String> {
    let route = outcome.route.and_then(|route| policy.routes.get(usize::from(route.0)));
    let route = route.map_or_else(String::new, |route| format!(", route {}", quote(route.path.as_str())));
    let said: Vec<String> =
        grants.iter().map(|(name, grant)| format!("{name} {}", grant.as_str().unwrap_or_default())).collect();
    let mut head = vec![
        without_query(&given.url),
        format!("site {}, mode {}{route}", quote(&policy.name), quote(review::mode(outcome.mode))),
        format!("visitor: {}", said.join(", ")),
    ];
    match outcome.mode {
        Mode::Enforce => {}
        Mode::Observe => head.push("decisions are recorded here and nothing is changed".to_owned()),
        Mode::Off => head.push("nothing is looked at here: everything passes".to_owned()),
    }
    head
}

/// Queries carry what visitors typed; nobody needs them here.
fn without_query(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.to_string()
}
