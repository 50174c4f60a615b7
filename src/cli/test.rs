//! `vestibule test FILE…`: runs the tests that policies carry.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::{Failure, configuration, output};
use crate::config::Config;
use crate::review::{self, Report};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The configuration files; each is a main file.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Tell which rules decided something in at least one test.
    #[arg(long)]
    coverage: bool,
    /// Fail when fewer rules than this, in percent, decided something.
    #[arg(long, value_name = "PERCENT")]
    fail_under: Option<f64>,
    /// Write the results for continuous integration, as `JUnit` XML.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Tell everything as JSON on standard output.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    if arguments.fail_under.is_some_and(|percent| !(0.0..=100.0).contains(&percent)) {
        return Err(Failure::Wrong("`--fail-under` takes a number from 0 to 100".to_owned()));
    }
    let configs: Vec<Config> =
        arguments.files.iter().map(|file| configuration(Some(file))).collect::<Result<_, Failure>>()?;
    let reports: Vec<Report<'_>> = configs.iter().map(review::run).collect();
    let all: Vec<(&PathBuf, &Config, &Report<'_>)> = arguments
        .files
        .iter()
        .zip(&configs)
        .zip(&reports)
        .map(|((file, config), report)| (file, config, report))
        .collect();
    if let Some(path) = &arguments.junit {
        let cannot = |error: std::io::Error| Failure::CannotRun(format!("cannot write `{}`: {error}", path.display()));
        std::fs::write(path, junit(&all)).map_err(cannot)?;
    }
    if arguments.json {
        let files: Vec<_> = all.iter().map(|(file, config, report)| as_json(file, config, report)).collect();
        output::result(&json!({ "files": files }).to_string());
    } else {
        for (file, config, report) in &all {
            output::result(text(file, config, report, arguments.coverage).trim_end());
        }
    }
    let failed: usize = reports.iter().map(|report| failed(report)).sum();
    if failed > 0 {
        return Err(Failure::Wrong(format!("{failed} {} failed", plural(failed, "test", "tests"))));
    }
    let under = arguments.fail_under.and_then(|least| {
        let (file, _, report) = all.iter().find(|(_, _, report)| report.coverage.percent() < least)?;
        Some(format!(
            "{}: {:.1} % of the rules are covered, and {least} % are asked for; `--coverage` names the others",
            file.display(),
            report.coverage.percent()
        ))
    });
    under.map_or(Ok(()), |why| Err(Failure::Wrong(why)))
}

fn failed(report: &Report<'_>) -> usize {
    report.results.iter().filter(|result| !result.failures.is_empty()).count()
}

fn text(file: &std::path::Path, config: &Config, report: &Report<'_>, coverage: bool) -> String {
    let mut out = String::new();
    for result in report.results.iter().filter(|result| !result.failures.is_empty()) {
        let _ = writeln!(out, "{}: failed{}", result.test.place, titled(&result.test.test.name));
        for failure in &result.failures {
            let _ = writeln!(out, "  {}: {}", failure.place, failure.key);
            let _ = writeln!(out, "    expected  {}\n    got       {}", failure.expected, failure.got);
        }
        out.push('\n');
    }
    let (all, failed) = (report.results.len(), failed(report));
    let name = file.display();
    let _ = match (all, failed) {
        (0, _) => writeln!(out, "{name}: no tests; write `[[site.test]]` tables"),
        (_, 0) => writeln!(out, "{name}: {all} {} passed", plural(all, "test", "tests")),
        _ => writeln!(out, "{name}: {failed} of {all} {} failed", plural(all, "test", "tests")),
    };
    if coverage {
        let (covered, rules) = report.coverage.count();
        let percent = report.coverage.percent();
        let _ = writeln!(out, "coverage: {covered} of {rules} rules decided something ({percent:.1} %)");
        for (rule, _) in report.coverage.rules().filter(|(_, covered)| !covered) {
            let words = review::statement(config, rule.site.unwrap_or_default(), rule.statement);
            let _ = writeln!(out, "  never  {}: {words}", rule.place);
        }
    }
    out
}

fn titled(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!(": {name}") }
}

const fn plural(count: usize, one: &'static str, many: &'static str) -> &'static str {
    if count == 1 { one } else { many }
}

fn as_json(file: &std::path::Path, config: &Config, report: &Report<'_>) -> serde_json::Value {
    let tests: Vec<_> = report
        .results
        .iter()
        .map(|result| {
            let failures: Vec<_> = result
                .failures
                .iter()
                .map(|failure| {
                    json!({
                        "at": failure.place.to_string(),
                        "key": failure.key,
                        "expected": failure.expected,
                        "got": failure.got,
                    })
                })
                .collect();
            json!({
                "name": &*result.test.test.name,
                "at": result.test.place.to_string(),
                "passed": failures.is_empty(),
                "failures": failures,
            })
        })
        .collect();
    let rules: Vec<_> = report
        .coverage
        .rules()
        .map(|(rule, covered)| {
            json!({
                "rule": review::statement(config, rule.site.unwrap_or_default(), rule.statement),
                "at": rule.place.to_string(),
                "covered": covered,
            })
        })
        .collect();
    let (covered, all) = report.coverage.count();
    json!({
        "file": file.display().to_string(),
        "tests": tests,
        "coverage": { "covered": covered, "rules": all, "percent": report.coverage.percent(), "each": rules },
    })
}

/// The format that continuous integration reads: one suite per file, one case per test.
fn junit(all: &[(&PathBuf, &Config, &Report<'_>)]) -> String {
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n".to_owned();
    for (file, _, report) in all {
        let name = escape(&file.display().to_string());
        let (tests, failures) = (report.results.len(), failed(report));
        let _ = writeln!(out, "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\">");
        for result in &report.results {
            let place = &result.test.place;
            let title =
                if result.test.test.name.is_empty() { place.to_string() } else { result.test.test.name.to_string() };
            let _ = write!(
                out,
                "    <testcase name=\"{}\" classname=\"{name}\" file=\"{}\" line=\"{}\"",
                escape(&title),
                escape(&place.path.display().to_string()),
                place.line
            );
            if result.failures.is_empty() {
                out.push_str("/>\n");
                continue;
            }
            out.push_str(">\n");
            for failure in &result.failures {
                let message = format!("{}: expected {}, got {}", failure.key, failure.expected, failure.got);
                let at = failure.place.to_string();
                let _ = writeln!(out, "      <failure message=\"{}\">{}</failure>", escape(&message), escape(&at));
            }
            out.push_str("    </testcase>\n");
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

/// XML 1.0 text and attribute values; characters that XML cannot carry become `?`.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => out.push('?'),
            letter if letter.is_control() => out.push('?'),
            letter => out.push(letter),
        }
    }
    out
}
