//! What a visitor chose in a tool of the shop's whose choice never reaches a cookie, as our mirror told it.
//!
//! It is kept in the tool's own words, so that what they mean on a site may change with a reload. One cookie holds what all
//! tools of a shop told.

use url::form_urlencoded;

use super::super::CLOCK_SKEW;
use super::super::cmp::Said;
use crate::consent::{Grant, PurposeTable, SignalKind};

/// The most words, purposes and services that one choice may name.
pub const MAX_NAMES: usize = 64;

/// The longest name of one of them, in bytes.
pub const MAX_NAME: usize = 64;

/// A choice that the mirror observed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// When it was told, in seconds since the Unix epoch.
    pub issued: u64,
    /// The source: the tool's name in configuration.
    pub source: String,
    /// The tool's categories or services, and whether the visitor agreed.
    pub words: Vec<(String, bool)>,
    /// Purposes, as a standard's string told them.
    pub purposes: Vec<(String, bool)>,
    /// Services that a standard's string refuses, by id.
    pub refused_services: Vec<String>,
}

impl Observed {
    /// Whether both say the same, whenever they were told.
    pub fn says_the_same(&self, other: &Self) -> bool {
        Self { issued: 0, ..self.clone() } == Self { issued: 0, ..other.clone() }
    }

    pub(super) fn encode(all: &[Self]) -> String {
        let mut out = form_urlencoded::Serializer::new(String::new());
        for one in all {
            out.append_pair("s", &one.source).append_pair("t", &one.issued.to_string());
            for (names, yes, no) in [(&one.words, "w+", "w-"), (&one.purposes, "p+", "p-")] {
                for (name, said) in names {
                    out.append_pair(if *said { yes } else { no }, name);
                }
            }
            for service in &one.refused_services {
                out.append_pair("v-", service);
            }
        }
        out.finish()
    }

    /// What one cookie holds; each source begins with its name.
    pub(super) fn decode(payload: &str) -> Option<Vec<Self>> {
        let mut all: Vec<Self> = Vec::new();
        for (key, value) in form_urlencoded::parse(payload.as_bytes()) {
            let value = value.into_owned();
            if key == "s" {
                all.push(Self { source: value, ..Self::default() });
                continue;
            }
            let one = all.last_mut()?;
            match &*key {
                "t" => one.issued = value.parse().ok()?,
                "w+" => one.words.push((value, true)),
                "w-" => one.words.push((value, false)),
                "p+" => one.purposes.push((value, true)),
                "p-" => one.purposes.push((value, false)),
                "v-" => one.refused_services.push(value),
                _ => return None,
            }
        }
        Some(all)
    }

    /// The same as the tool's own cookie would say it.
    pub(in super::super) fn said(self, purposes: &PurposeTable) -> Said {
        let purpose = |(name, said): (String, bool)| Some((purposes.get(&name)?, Grant::from(said)));
        Said {
            kind: SignalKind::Observed,
            // By our own clock, as refusals are dated; of dates by other clocks so much has to be in doubt.
            at: Some(self.issued.saturating_add(CLOCK_SKEW)),
            words: self.words.into_iter().map(|(word, said)| (word, Grant::from(said))).collect(),
            services: Vec::new(),
            refused: self.refused_services,
            purposes: self.purposes.into_iter().filter_map(purpose).collect(),
        }
    }
}
