//! Reading the files: the main one and those that it includes.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use toml::de::DeTable;

use super::diagnostic::{Diagnostics, SourceFile};
use super::expand::{Process, Surroundings};
use super::log::{Located, Log, Problem, Span, quote};
use super::model::Config;
use super::trial::Canary;
use crate::catalog::Pattern;

/// No configuration anyone writes is longer; a longer file was named by mistake.
const MAX_BYTES: u64 = 4 * 1024 * 1024;
/// The most files, the main one included.
const MAX_FILES: usize = 1000;
/// The most bytes of all files together.
const MAX_TOTAL_BYTES: usize = 32 * 1024 * 1024;

/// Reads `main` and the files that its `include` names, and validates all of them at once.
///
/// # Errors
/// Everything that is wrong, with its places, when any of it is an error.
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
    /// Whether this is on trial beside another one.
    trial: bool,
    /// Digests of what else decides what the configuration means.
    referred: Vec<[u8; 32]>,
}

impl Sources {
    /// Reads `main` and the files that its `include` names. What cannot be read is reported by [`Sources::parse`].
    pub fn read(main: &Path) -> Self {
        let mut log = Log::default();
        let mut files = Vec::new();
        let mut named = Vec::new();
        open(&mut log, &mut files, main.to_owned(), None);
        // A file counts once, however it is named.
        let same = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let mut known = BTreeSet::from([same(main)]);
        let mut bytes = files.iter().map(|file| file.text.len()).sum::<usize>();
        let around = around(&files);
        for path in included(&mut log, &files, &around, &mut named) {
            if !known.insert(same(&path.value)) {
                continue;
            }
            if known.len() > MAX_FILES || bytes > MAX_TOTAL_BYTES {
                let message = format!("more than {MAX_FILES} files or {MAX_TOTAL_BYTES} bytes are included");
                log.push(Problem::new("V0001", path.span, message).help("the rest was not read"));
                log.names_incomplete = true;
                break;
            }
            open(&mut log, &mut files, path.value, Some(path.span));
            bytes += files.last().map_or(0, |file| file.text.len());
        }
        let beside = beside(&files);
        named.extend(beside.iter().map(|path| around.base.join(path)));
        named.extend(
            files.iter().flat_map(|file| super::expand::files_in(&file.text)).map(|path| around.base.join(path)),
        );
        let databases = databases(&files, &around);
        let referred = digests(&files, &beside, &databases);
        named.extend(databases);
        Self { files, log, named, trial: false, referred }
    }

    /// Files that were read before; the main one first.
    pub fn kept(files: Vec<SourceFile>) -> Self {
        let databases = databases(&files, &around(&files));
        let referred = digests(&files, &beside(&files), &databases);
        Self { files, log: Log::default(), named: Vec::new(), trial: false, referred }
    }

    /// The files, the main one first. One that could not be read is empty.
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// Where something can happen that changes what would be read: the files, and what `include` and references name,
    /// patterns and all.
    pub fn places(&self) -> Vec<PathBuf> {
        self.files.iter().map(|file| file.path.clone()).chain(self.named.iter().cloned()).collect()
    }

    /// What could not be read, in words that are equal when the damage is; empty when all is there.
    pub fn damage(&self) -> String {
        self.log.messages()
    }

    /// Digests of the files that values refer to, of certificates, databases and configurations on trial, as they were when the files
    /// were read. What they hold is not kept with this configuration.
    pub fn referred(&self) -> &[[u8; 32]] {
        &self.referred
    }

    /// The files of a configuration on trial. What that one puts on trial itself is left out.
    fn of_trial(main: &Path) -> Self {
        let mut sources = Self::read(main);
        sources.trial = true;
        sources
    }

    /// Validates all files at once.
    ///
    /// # Errors
    /// Everything that is wrong, with its places, when any of it is an error.
    pub fn parse(self) -> Result<Config, Diagnostics> {
        let around = around(&self.files);
        let mut config = super::lower(self.files, self.log, &around)?;
        if !self.trial {
            let load = |file: &Path| Self::of_trial(file).parse().map(Box::new);
            config.shadow = config.trials.shadow.as_deref().map(load).transpose()?;
            if let Some((file, percent)) = &config.trials.canary {
                config.canary = Some(Canary { config: load(file)?, percent: *percent });
            }
        }
        Ok(config)
    }
}

/// Files that are no configuration of this one and decide what it does: certificates with their keys, policies on trial. Read
/// from whatever of the main file can be read.
fn beside(files: &[SourceFile]) -> Vec<String> {
    let Some(main) = files.first().filter(|main| super::syntax::nested_too_deep(&main.text).is_none()) else {
        return Vec::new();
    };
    let (root, _) = DeTable::parse_recoverable(&main.text);
    let mut found = super::listen::files_of(root.get_ref());
    found.extend(super::trial::files_of(root.get_ref()));
    found
}

/// Keys that name files which are too long to be read every few seconds.
const ONLY_NAMED: [&str; 2] = ["country_database", "filter_lists"];

/// The databases and filter lists that any of the files names. Sites are written in included files, too.
fn databases(files: &[SourceFile], around: &Process) -> Vec<PathBuf> {
    let mut found = BTreeSet::new();
    for file in files.iter().filter(|file| ONLY_NAMED.iter().any(|key| file.text.contains(key))) {
        if super::syntax::nested_too_deep(&file.text).is_some() {
            continue;
        }
        let (mut root, _) = DeTable::parse_recoverable(&file.text);
        super::expand::document(&mut Log::default(), 0, &file.text, root.get_mut(), around);
        let named =
            super::countries::files_of(root.get_ref()).into_iter().chain(super::lists::files_of(root.get_ref()));
        found.extend(named.map(|path| around.base.join(path)));
    }
    found.into_iter().collect()
}

/// See [`Sources::referred`].
fn digests(files: &[SourceFile], beside: &[String], databases: &[PathBuf]) -> Vec<[u8; 32]> {
    let around = around(files);
    let texts = files.iter().flat_map(|file| super::expand::files_in(&file.text));
    let held = texts.map(|path| around.file(Path::new(path)).unwrap_or_else(|reason| reason));
    // Whatever a file on trial includes and refers to is noticed when it changes itself.
    let beside = beside.iter().map(|path| read_file(&around.base.join(path)).unwrap_or_default());
    let held = held.map(String::into_bytes).chain(beside);
    let short = held.map(|bytes| Sha256::digest(bytes).into());
    short.chain(databases.iter().map(|path| super::countries::digest(path))).collect()
}

/// Relative paths start at the main file.
fn around(files: &[SourceFile]) -> Process {
    let base = files.first().and_then(|main| main.path.parent()).unwrap_or_else(|| Path::new(""));
    Process { base: base.to_owned() }
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

/// Reads a configuration file as it is.
///
/// # Errors
/// Why it cannot be read; files that are no regular ones or absurdly long never are.
pub fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    super::files::read(path, MAX_BYTES)
}

/// The `state_dir` that a main file in the directory `base` names, read from whatever of the file can be read. For finding the last good
/// configuration when this one is wrong.
pub fn state_dir_of(text: &str, base: &Path) -> Option<String> {
    if super::syntax::nested_too_deep(text).is_some() {
        return None;
    }
    let (mut root, _) = DeTable::parse_recoverable(text);
    let around = Process { base: base.to_owned() };
    super::expand::document(&mut Log::default(), 0, text, root.get_mut(), &around);
    root.get_ref().get("state_dir").and_then(|value| value.get_ref().as_str()).map(str::to_owned)
}

/// Adds a file to `files`, with what could be read of it.
pub(super) fn open(log: &mut Log, files: &mut Vec<SourceFile>, path: PathBuf, named_at: Option<Span>) {
    let at = files.len();
    let place = named_at.unwrap_or_else(|| Span::whole(at));
    let mut text = String::new();
    match read_file(&path) {
        Ok(bytes) => {
            if let Err(error) = std::str::from_utf8(&bytes) {
                let place = Span { file: at, start: error.valid_up_to(), end: error.valid_up_to() + 1 };
                let wide = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
                let help = if wide { "it looks like UTF-16; save it as UTF-8" } else { "save it as UTF-8" };
                log.push(Problem::new("V0002", place, "the file is not UTF-8 text").help(help));
                log.break_file(at);
            } else if let Some(start) = bytes.iter().position(|byte| *byte == 0) {
                let place = Span { file: at, start, end: start + 1 };
                let help = "it is not text, or UTF-16 without a mark; save it as UTF-8";
                log.push(Problem::new("V0002", place, "the file has a NUL character").help(help));
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

/// The files that `include` names, sorted within each pattern. What is wrong with the key itself is reported later.
fn included(
    log: &mut Log,
    files: &[SourceFile],
    around: &dyn Surroundings,
    named: &mut Vec<PathBuf>,
) -> Vec<Located<PathBuf>> {
    let Some(main) = files.first().filter(|main| super::syntax::nested_too_deep(&main.text).is_none()) else {
        return Vec::new();
    };
    let base = main.path.parent().unwrap_or_else(|| Path::new(""));
    let (mut root, _) = DeTable::parse_recoverable(&main.text);
    // What cannot be resolved is reported when the file is read as a whole.
    let mut unresolved = Log::default();
    super::expand::document(&mut unresolved, 0, &main.text, root.get_mut(), around);
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
        if unresolved.is_unreadable(span) {
            log.names_incomplete = true;
            continue;
        }
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
