//! Reading the files: the main one and those that it includes.

use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use super::diagnostic::{Diagnostics, SourceFile};
use super::log::{Located, Log, Problem, Span, quote};
use super::model::Config;
use crate::catalog::Pattern;

/// No configuration anyone writes is longer; a longer file was named by mistake.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// Reads `main` and the files that its `include` names, and validates all of them at once.
///
/// # Errors
/// Everything that is wrong, with its places.
pub fn load(main: &Path) -> Result<Config, Diagnostics> {
    Sources::read(main).parse()
}

/// The files of a configuration as they were at one moment. What is compared, stored and parsed is the same bytes, so
/// that nothing can change in between.
#[derive(Clone, Debug)]
pub struct Sources {
    files: Vec<SourceFile>,
    log: Log,
    named: Vec<PathBuf>,
}

impl Sources {
    /// Reads `main` and the files that its `include` names. What cannot be read is reported by [`Sources::parse`].
    pub fn read(main: &Path) -> Self {
        let mut log = Log::default();
        let mut files = Vec::new();
        let mut named = Vec::new();
        open(&mut log, &mut files, main.to_owned(), None);
        for path in included(&mut log, &files, &mut named) {
            if !files.iter().any(|file| file.path == path.value) {
                open(&mut log, &mut files, path.value, Some(path.span));
            }
        }
        Self { files, log, named }
    }

    /// Files that were read before; the main one first.
    pub fn kept(files: Vec<SourceFile>) -> Self {
        Self { files, log: Log::default(), named: Vec::new() }
    }

    /// The files, the main one first. One that could not be read is empty.
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// Where something can happen that changes what would be read: the files, and what `include` names, patterns and all.
    pub fn places(&self) -> Vec<PathBuf> {
        self.files.iter().map(|file| file.path.clone()).chain(self.named.iter().cloned()).collect()
    }

    /// What could not be read, in words that are equal when the damage is; empty when all is there.
    pub fn damage(&self) -> String {
        self.log.messages()
    }

    /// Validates all files at once.
    ///
    /// # Errors
    /// Everything that is wrong, with its places.
    pub fn parse(self) -> Result<Config, Diagnostics> {
        super::lower(self.files, self.log)
    }
}

/// Validates the configuration that `run --upstream URL` stands for, and gives its text too.
///
/// # Errors
/// When `upstream` is no URL of a shop.
pub fn for_upstream(upstream: &str, listen: SocketAddr) -> Result<(Config, String), Diagnostics> {
    let upstream = toml::Value::String(upstream.to_owned());
    let text = format!(
        "version = 1\n\n[listen]\nhttp = \"{listen}\"\n\n[admin]\nlisten = \"127.0.0.1:0\"     # any free port\n\n\
         [[site]]\nhosts = [\"*\"]             # every host; better: the names of yours\nupstream = {upstream}\n\
         mode = \"enforce\"           # or \"observe\": change nothing, report everything\n\
         unclassified = {{ third_party = \"deny\", cookies = \"session\" }}\n"
    );
    let file = SourceFile { path: "run --upstream".into(), text: text.clone() };
    super::parse(vec![file]).map(|config| (config, text))
}

/// The `state_dir` that a main file names, read from whatever of the file can be read. For finding the last good
/// configuration when this one is wrong.
pub fn state_dir_of(text: &str) -> Option<String> {
    if super::syntax::nested_too_deep(text).is_some() {
        return None;
    }
    let (root, _) = DeTable::parse_recoverable(text);
    root.get_ref().get("state_dir").and_then(|value| value.get_ref().as_str()).map(str::to_owned)
}

/// Adds a file to `files`, with what could be read of it.
fn open(log: &mut Log, files: &mut Vec<SourceFile>, path: PathBuf, named_at: Option<Span>) {
    let at = files.len();
    let place = named_at.unwrap_or_else(|| Span::whole(at));
    let mut text = String::new();
    match read(&path) {
        Ok(bytes) => {
            if let Err(error) = std::str::from_utf8(&bytes) {
                let place = Span { file: at, start: error.valid_up_to(), end: error.valid_up_to() + 1 };
                log.push(Problem::new("V0002", place, "the file is not UTF-8 text").help("save it as UTF-8"));
                log.break_file(at);
            }
            text = String::from_utf8_lossy(&bytes).into_owned();
        }
        Err(reason) => {
            let message = format!("cannot read {}: {reason}", quote(&path.display().to_string()));
            log.push(Problem::new("V0001", place, message));
            log.break_file(at);
        }
    }
    files.push(SourceFile { path, text });
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let reason = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        kind => kind.to_string(),
    };
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(reason)?;
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(reason)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_BYTES {
        return Err(format!("it is longer than {MAX_BYTES} bytes"));
    }
    Ok(bytes)
}

/// The files that `include` names, sorted within each pattern. What is wrong with the key itself is reported later.
fn included(log: &mut Log, files: &[SourceFile], named: &mut Vec<PathBuf>) -> Vec<Located<PathBuf>> {
    let Some(main) = files.first().filter(|main| super::syntax::nested_too_deep(&main.text).is_none()) else {
        return Vec::new();
    };
    let base = main.path.parent().unwrap_or_else(|| Path::new(""));
    let (root, _) = DeTable::parse_recoverable(&main.text);
    let Some(include) = root.get_ref().get("include") else {
        return Vec::new();
    };
    let one = std::slice::from_ref(include);
    let list = include.get_ref().as_array().map_or(one, |list| list.as_ref());
    let mut found = Vec::new();
    for item in list {
        let Some(pattern) = item.get_ref().as_str() else {
            continue;
        };
        let span = item.span();
        let span = Span { file: 0, start: span.start, end: span.end };
        let path = base.join(pattern);
        named.push(path.clone());
        if !pattern.contains('*') {
            found.push(Located { value: path, span });
            continue;
        }
        match matching(&path) {
            Ok(paths) => found.extend(paths.into_iter().map(|value| Located { value, span })),
            Err(reason) => {
                let message = format!("cannot include {}: {reason}", quote(pattern));
                log.push(
                    Problem::new("V0003", span, message)
                        .help("name a file, or a directory and a pattern: `catalog.d/*.toml`"),
                );
                log.names_incomplete = true;
            }
        }
    }
    found
}

/// The files of one directory whose names fit; none is fine, no directory is not.
fn matching(path: &Path) -> Result<Vec<PathBuf>, &'static str> {
    let directory = path.parent().unwrap_or_else(|| Path::new(""));
    if directory.to_string_lossy().contains('*') {
        return Err("`*` is allowed in the file name only");
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let pattern = Pattern::new(&name);
    let here = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    let entries = std::fs::read_dir(here).map_err(|_| "the directory cannot be read")?;
    let mut paths: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.file_name())
        .filter(|name| {
            let name = name.to_string_lossy();
            !name.starts_with('.') && pattern.matches(name.as_bytes())
        })
        .map(|name| directory.join(name))
        .filter(|path| !path.is_dir())
        .collect();
    paths.sort();
    Ok(paths)
}
