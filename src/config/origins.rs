//! Where the values of a configuration stand, for whoever finds something wrong with one of them later.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use super::codes::Code;
use super::diagnostic::{Diagnostic, Place, Severity, SourceFile};
use super::log::{Span, place};

/// Places by path: `site[0].route[1].deny`, counted from 0 over all files.
#[derive(Clone, Default)]
pub struct Origins {
    files: Vec<SourceFile>,
    spans: BTreeMap<String, Span>,
}

impl Origins {
    pub(super) fn new(files: Vec<SourceFile>, spans: Vec<(String, Span)>) -> Self {
        // What every file may repeat is told of the first one.
        let mut first = BTreeMap::new();
        for (path, span) in spans {
            first.entry(path).or_insert(span);
        }
        Self { files, spans: first }
    }

    /// Where the value with this path was written; `None` when nobody wrote it.
    pub fn place(&self, path: &str) -> Option<Place> {
        self.spans.get(path).map(|span| place(&self.files, *span))
    }

    /// Every file that was read.
    pub fn files(&self) -> Vec<PathBuf> {
        self.files.iter().map(|file| file.path.clone()).collect()
    }

    /// What they hold.
    pub(super) fn sources(&self) -> &[SourceFile] {
        &self.files
    }

    /// A diagnostic at the value with this path, or at the main file as a whole when nobody wrote it.
    pub fn diagnostic(&self, code: &'static str, path: &str, message: String, help: Option<String>) -> Diagnostic {
        let place = self.place(path).unwrap_or_else(|| place(&self.files, Span::whole(0)));
        let severity = Code::find(code).map_or(Severity::Error, |code| code.severity);
        Diagnostic { code, severity, message, place, help, related: Vec::new() }
    }
}

/// Without the text of the files, which nobody wants in a log.
impl fmt::Debug for Origins {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Origins").field("files", &self.files()).field("places", &self.spans.len()).finish()
    }
}
