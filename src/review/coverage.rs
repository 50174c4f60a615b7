//! Which of the operator's rules decided something, and which no test would miss.

use std::collections::BTreeSet;

use super::Outcome;
use crate::config::{Config, Place, RulePlaces};
use crate::enforce::Judged;
use crate::policy::{Mode, Question, Rule as Held, Statement, Verdict, deciding};

/// A rule that the operator wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The site that it belongs to; services belong to all.
    pub site: Option<usize>,
    /// The rule.
    pub statement: Statement,
    /// Where it stands.
    pub place: Place,
}

/// All rules that the operator wrote, and which of them were the deciding one at least once.
#[derive(Clone, Debug)]
pub struct Coverage {
    rules: Vec<Rule>,
    covered: BTreeSet<(Option<usize>, Statement)>,
}

impl Coverage {
    /// The rules of `config`, none of them covered.
    pub fn of(config: &Config) -> Self {
        let origins = RulePlaces::of(config);
        let mut rules: Vec<Rule> =
            origins.written().map(|(site, statement, place)| Rule { site, statement, place: place.clone() }).collect();
        rules.sort_by(|one, other| {
            (&one.place.path, one.place.line, one.place.column).cmp(&(
                &other.place.path,
                other.place.line,
                other.place.column,
            ))
        });
        Self { rules, covered: BTreeSet::new() }
    }

    /// Takes note of what decided in one exchange.
    pub fn add(&mut self, site: usize, outcome: &Outcome) {
        let by_route = outcome.route.map(Statement::RouteMode);
        let mode =
            by_route.filter(|rule| self.rules.iter().any(|one| one.site == Some(site) && one.statement == *rule));
        let mode = mode.unwrap_or(Statement::Mode);
        if outcome.mode == Mode::Off {
            self.covered.insert((Some(site), mode));
        }
        for judged in &outcome.judged {
            if judged.decision.verdict != Verdict::Keep {
                self.covered.insert((Some(site), mode));
            }
            for statement in decided_by(judged, outcome) {
                let of_all = matches!(statement, Statement::Service(_));
                self.covered.insert(((!of_all).then_some(site), statement));
            }
        }
    }

    /// Every rule, in the order of files and lines, and whether it is covered.
    pub fn rules(&self) -> impl Iterator<Item = (&Rule, bool)> {
        self.rules.iter().map(|rule| (rule, self.covered.contains(&(rule.site, rule.statement))))
    }

    /// How many rules are covered, and how many there are.
    pub fn count(&self) -> (usize, usize) {
        (self.rules().filter(|(_, covered)| *covered).count(), self.rules.len())
    }

    /// The share of covered rules in percent; 100 when there are none.
    pub fn percent(&self) -> f64 {
        let (covered, all) = self.count();
        let number = |count: usize| u32::try_from(count).map_or(f64::INFINITY, f64::from);
        if all == 0 { 100.0 } else { number(covered) * 100.0 / number(all) }
    }
}

/// The statements that a decision rests on.
fn decided_by(judged: &Judged, outcome: &Outcome) -> Vec<Statement> {
    let mut statements = Vec::new();
    if let Some(step) = deciding(&judged.steps) {
        statements.extend(step.statement(outcome.route));
        if let Question::Purposes { service, missing: Some(missing) } = step.question {
            statements.push(Statement::Gives(missing, service));
        }
    }
    if judged.decision.reason.rule == Held::FirstParty {
        statements.extend(judged.first_party);
    }
    statements
}
