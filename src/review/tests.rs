//! Runs the tests that a configuration carries.

use super::{Coverage, Outcome, Stage, TESTS_PLAY_AT};
use crate::config::{Config, Diagnostic, Diagnostics, Place, Severity, SiteTest};

/// An expectation that was not met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The test's name; empty when it has none.
    pub test: Box<str>,
    /// Where the expectation stands.
    pub place: Place,
    /// The key that it is written under.
    pub key: &'static str,
    /// What was expected, in words.
    pub expected: String,
    /// What there was instead.
    pub got: String,
}

/// One line: where, what was expected, and what there was. The values are those that the operator wrote into the test.
impl std::fmt::Display for Failure {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}: {}: expected {}, got {}", self.place, self.key, self.expected, self.got)
    }
}

/// What came of one test.
#[derive(Clone, Debug)]
pub struct TestResult<'a> {
    /// The test.
    pub test: &'a SiteTest,
    /// What was not as expected.
    pub failures: Vec<Failure>,
}

/// What came of all tests of a configuration.
#[derive(Clone, Debug)]
pub struct Report<'a> {
    /// One result per test, in the order of the configuration.
    pub results: Vec<TestResult<'a>>,
    /// Which rules the tests exercised.
    pub coverage: Coverage,
}

/// Runs all tests of `config` and gives what failed; empty when all is well or there are none. A reload that requires
/// tests calls this.
pub fn run_tests(config: &Config) -> Vec<Failure> {
    let stage = Stage::new(config, TESTS_PLAY_AT);
    config.tests.iter().filter_map(|test| Some(failures(&stage, test, &play(&stage, test)?))).flatten().collect()
}

/// What is wrong with a configuration that requires its own tests; empty when it does not. `check`, start and reload ask.
pub fn required(config: &Config) -> Diagnostics {
    if !config.reload.require_tests {
        return Diagnostics::default();
    }
    let told = |failure: Failure| Diagnostic {
        code: "V0708",
        severity: Severity::Error,
        message: format!(
            "the test `{}` fails: `{}` expected {}, got {}",
            failure.test, failure.key, failure.expected, failure.got
        ),
        place: failure.place,
        help: Some(
            "repair the policy or the test; `vestibule explain` tells why something is judged as it is".to_owned(),
        ),
        related: Vec::new(),
    };
    run_tests(config).into_iter().map(told).collect()
}

/// Runs all tests of `config` and tells everything about them.
pub fn run(config: &Config) -> Report<'_> {
    let stage = Stage::new(config, TESTS_PLAY_AT);
    let mut coverage = Coverage::of(config);
    let mut results = Vec::with_capacity(config.tests.len());
    for test in &config.tests {
        let Some(outcome) = play(&stage, test) else {
            continue;
        };
        coverage.add(test.site, &outcome);
        results.push(TestResult { test, failures: failures(&stage, test, &outcome) });
    }
    Report { results, coverage }
}

fn play(stage: &Stage<'_>, test: &SiteTest) -> Option<Outcome> {
    stage.play(test.site, &test.test.given)
}

fn failures(stage: &Stage<'_>, test: &SiteTest, outcome: &Outcome) -> Vec<Failure> {
    let expected = test.test.expect.iter().zip(&test.places);
    expected
        .filter_map(|(expectation, place)| {
            let (expected, got) = outcome.miss(expectation, &stage.config().purposes, stage.catalog())?;
            let test = test.test.name.clone();
            Some(Failure { test, place: place.clone(), key: expectation.key(), expected, got })
        })
        .collect()
}
