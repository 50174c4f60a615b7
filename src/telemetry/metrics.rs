//! Counters and gauges, in the Prometheus text format. Labels come from bounded sets only: surface, verdict, rule, site.

use prometheus::{
    Encoder as _, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};

use crate::consent::{Conflicts, SourceId};
use crate::enforce::Journal;
use crate::snapshot::Snapshot;

/// All metrics of the process.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    edits: IntCounterVec,
    kept: IntCounter,
    unrecorded: IntCounter,
    shadow: IntCounterVec,
    shadow_differences: IntCounterVec,
    canary: IntCounterVec,
    choices: IntCounterVec,
    malformed: IntCounterVec,
    conflicts: IntCounterVec,
    refusals: IntCounterVec,
    aborted_pages: IntCounterVec,
    injections_stopped: IntCounterVec,
    duration: Histogram,
    reloads: IntCounterVec,
    reload_successful: IntGauge,
    cloaked_hosts: IntGauge,
    reload_success_time: IntGauge,
    generation: IntGauge,
    generation_info: IntGaugeVec,
    not_enforced: IntGaugeVec,
    panics: IntCounter,
}

impl Metrics {
    /// Registers everything in a registry of its own.
    ///
    /// # Errors
    /// Never in practice: names are constants and distinct.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let counter = |name: &str, help: &str, labels: &[&str]| {
            let metric = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(metric.clone()))?;
            Ok::<_, prometheus::Error>(metric)
        };
        let single = |name: &str, help: &str| {
            let metric = IntCounter::new(name, help)?;
            registry.register(Box::new(metric.clone()))?;
            Ok::<_, prometheus::Error>(metric)
        };
        let gauge = |name: &str, help: &str| {
            let metric = IntGauge::new(name, help)?;
            registry.register(Box::new(metric.clone()))?;
            Ok::<_, prometheus::Error>(metric)
        };
        let gauges = |name: &str, help: &str, labels: &[&str]| {
            let metric = IntGaugeVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(metric.clone()))?;
            Ok::<_, prometheus::Error>(metric)
        };
        let duration = Histogram::with_opts(
            HistogramOpts::new("vestibule_request_seconds", "Time from request head to last byte")
                .buckets(vec![0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0]),
        )?;
        registry.register(Box::new(duration.clone()))?;
        let reload_successful =
            gauge("vestibule_config_last_reload_successful", "Whether the configuration was last loaded successfully")?;
        // Nothing runs on a configuration that was not, unless it says so.
        reload_successful.set(1);
        Ok(Self {
            requests: counter("vestibule_requests_total", "Requests answered", &["site", "status"])?,
            edits: counter(
                "vestibule_findings_total",
                "Items that may not pass as they are; enforced=false in observe mode",
                &["surface", "verdict", "rule", "enforced"],
            )?,
            shadow: counter(
                "vestibule_shadow_findings_total",
                "What the policy on trial would find, as vestibule_findings_total counts it",
                &["surface", "verdict", "rule", "enforced"],
            )?,
            shadow_differences: counter(
                "vestibule_shadow_differences_total",
                "Items of which the policy on trial would let more (looser) or less (stricter) through",
                &["change"],
            )?,
            canary: counter("vestibule_canary_requests_total", "Requests answered by the policy for some", &["site"])?,
            kept: single("vestibule_items_kept_total", "Items judged and kept")?,
            unrecorded: single("vestibule_findings_unrecorded_total", "Findings beyond the journal's capacity")?,
            choices: counter(
                "vestibule_choices_total",
                "Choices made through the consent endpoint, and what the mirror told of others (observed, observed-none)",
                &["choice"],
            )?,
            malformed: counter(
                "vestibule_consent_malformed_total",
                "Consent values that could not be read and count as no statement",
                &["source", "reason"],
            )?,
            conflicts: counter(
                "vestibule_consent_conflicts_total",
                "Requests whose sources of consent disagree; the protective side holds",
                &["reason"],
            )?,
            refusals: counter("vestibule_refusals_total", "Requests refused", &["reason"])?,
            aborted_pages: counter(
                "vestibule_pages_aborted_total",
                "Pages that were cut, masked or refused, by cause",
                &["cause"],
            )?,
            injections_stopped: counter(
                "vestibule_injections_stopped_total",
                "Pages that got a part of ours not at all, because the shop's own Content-Security-Policy would stop it",
                &["site", "part"],
            )?,
            duration,
            reloads: counter(
                "vestibule_config_reloads_total",
                "Reloads and rollbacks, by result and by what caused them",
                &["result", "trigger"],
            )?,
            reload_successful,
            cloaked_hosts: gauge(
                "vestibule_cloaked_hosts",
                "Hosts of the shops' own that are aliases of services' hosts, and judged as these",
            )?,
            reload_success_time: gauge(
                "vestibule_config_last_reload_success_timestamp_seconds",
                "When a configuration last took effect",
            )?,
            generation: gauge("vestibule_config_generation", "Number of the snapshot in use")?,
            generation_info: gauges(
                "vestibule_config_generation_info",
                "The content of the configuration files in use, by its hash; always 1",
                &["hash"],
            )?,
            not_enforced: gauges(
                "vestibule_not_enforced",
                "Sites and routes that are not enforced: how many parts of the site are in this mode",
                &["site", "mode"],
            )?,
            panics: single("vestibule_panics_total", "Panics confined to one connection")?,
            registry,
        })
    }

    /// One request was answered.
    pub fn request(&self, site: &str, status: u16, seconds: f64) {
        self.requests.with_label_values(&[site, status_class(status)]).inc();
        self.duration.observe(seconds);
    }

    /// What one request found.
    pub fn journal(&self, journal: &Journal) {
        self.kept.inc_by(journal.kept().into());
        self.unrecorded.inc_by(journal.overflow().into());
        count(&self.edits, journal);
        if let Some(shadow) = journal.shadow() {
            count(&self.shadow, &shadow.journal);
            for (change, items) in [("looser", shadow.looser), ("stricter", shadow.stricter)] {
                self.shadow_differences.with_label_values(&[change]).inc_by(items.into());
            }
        }
    }

    /// One request was answered by the policy for some visitors.
    pub fn canary(&self, site: &str) {
        self.canary.with_label_values(&[site]).inc();
    }

    /// What was wrong with what one request says about consent: values that could not be read, and disagreements.
    pub fn consent(&self, malformed: &[(SourceId, &'static str)], conflicts: Conflicts) {
        for (source, reason) in malformed {
            self.malformed.with_label_values(&[source.0, reason]).inc();
        }
        for conflict in conflicts.iter() {
            self.conflicts.with_label_values(&[conflict.as_str()]).inc();
        }
    }

    /// A visitor chose (`accept`, `refuse` or `some`), or the mirror told what was chosen elsewhere (`observed`), or that it
    /// is no more (`observed-none`).
    pub fn choice(&self, choice: &str) {
        self.choices.with_label_values(&[choice]).inc();
    }

    /// A request was refused before it reached the shop.
    pub fn refusal(&self, reason: &str) {
        self.refusals.with_label_values(&[reason]).inc();
    }

    /// How many of the shops' own hosts are services in disguise.
    pub fn cloaked_hosts(&self, number: usize) {
        self.cloaked_hosts.set(i64::try_from(number).unwrap_or(i64::MAX));
    }

    /// A page was cut or refused because it could not be read.
    pub fn aborted_page(&self, cause: &str) {
        self.aborted_pages.with_label_values(&[cause]).inc();
    }

    /// A page got a part of ours not at all, because the shop's policy would stop it. `part` is one of a few words.
    pub fn injection_stopped(&self, site: &str, part: &str) {
        self.injections_stopped.with_label_values(&[site, part]).inc();
    }

    /// A reload or rollback ended. `trigger` is one of a few words.
    pub fn reload(&self, successful: bool, trigger: &str) {
        self.reloads.with_label_values(&[if successful { "ok" } else { "failed" }, trigger]).inc();
        self.reload_successful.set(i64::from(successful));
    }

    /// The configuration on disk is right (or not) without any reload: after a start, or because it came back to what is
    /// in use.
    pub fn configuration_right(&self, right: bool) {
        self.reload_successful.set(i64::from(right));
    }

    /// A snapshot took effect at `seconds` since 1970. `hash` names the content of its files; empty where there are none.
    pub fn generation(&self, snapshot: &Snapshot, hash: &str, seconds: u64) {
        let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        self.generation.set(number(snapshot.generation()));
        self.reload_success_time.set(number(seconds));
        self.generation_info.reset();
        if !hash.is_empty() {
            self.generation_info.with_label_values(&[hash]).set(1);
        }
        self.not_enforced.reset();
        for part in snapshot.not_enforced() {
            self.not_enforced.with_label_values(&[&part.site, part.mode_word()]).inc();
        }
    }

    /// A task panicked.
    pub fn panic(&self) {
        self.panics.inc();
    }

    /// Everything, in the Prometheus text format.
    pub fn render(&self) -> String {
        let mut text = Vec::new();
        // Encoding into memory fails only for metrics without names.
        drop(TextEncoder::new().encode(&self.registry.gather(), &mut text));
        String::from_utf8(text).unwrap_or_default()
    }
}

fn count(findings: &IntCounterVec, journal: &Journal) {
    for finding in journal.findings() {
        let enforced = if finding.enforced { "true" } else { "false" };
        let labels = [finding.surface.as_str(), finding.verdict.as_str(), finding.reason.rule.as_str(), enforced];
        findings.with_label_values(&labels).inc();
    }
}

const fn status_class(status: u16) -> &'static str {
    match status {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        500..=599 => "5xx",
        _ => "none",
    }
}
