//! References in values: `${env:NAME}`, `${env:NAME:-default}`, `${file:PATH}` and `${credential:ID}`.
//!
//! They are resolved in the parsed document, before anything is read from it, so that every text may hold them and no
//! reading code knows about them. What comes from a file or a credential is a secret: it is taken out of every message.
//! `$${env:NAME}` stands for the text `${env:NAME}`. Keys are never expanded, and neither is what a reference gave.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::log::{Log, Problem, Reference, Span, did_you_mean, quote};

/// Nobody keeps a longer secret; a longer file was named by mistake.
const MAX_BYTES: u64 = 64 * 1024;

const KINDS: &[&str] = &["env", "file", "credential"];

/// Where references are looked up.
pub trait Surroundings {
    /// The environment variable called `name`.
    fn variable(&self, name: &str) -> Option<String>;

    /// The text of a file; relative paths start at the main configuration file.
    ///
    /// # Errors
    /// Why there is none, in a few words.
    fn file(&self, path: &Path) -> Result<String, String>;

    /// The text of a credential of the service manager (systemd's `LoadCredential=`).
    ///
    /// # Errors
    /// Why there is none, in a few words.
    fn credential(&self, id: &str) -> Result<String, String>;
}

/// No surroundings: every reference but one with a default is an error.
#[derive(Clone, Copy, Debug)]
pub struct Nowhere;

impl Surroundings for Nowhere {
    fn variable(&self, _: &str) -> Option<String> {
        None
    }

    fn file(&self, _: &Path) -> Result<String, String> {
        Err("there are no files here".to_owned())
    }

    fn credential(&self, _: &str) -> Result<String, String> {
        Err("there are no credentials here".to_owned())
    }
}

/// The surroundings of this process.
#[derive(Clone, Debug)]
pub(super) struct Process {
    /// Where relative paths start.
    pub(super) base: PathBuf,
}

impl Surroundings for Process {
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn file(&self, path: &Path) -> Result<String, String> {
        let bytes = super::files::read(&self.base.join(path), MAX_BYTES)?;
        String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())
    }

    fn credential(&self, id: &str) -> Result<String, String> {
        let plain = !id.is_empty() && !id.starts_with('.') && !id.contains('/');
        let Some(directory) = std::env::var_os("CREDENTIALS_DIRECTORY").filter(|_| plain) else {
            let reason = if plain { "`CREDENTIALS_DIRECTORY` is not set" } else { "an id is a plain file name" };
            return Err(reason.to_owned());
        };
        self.file(&Path::new(&directory).join(id))
    }
}

/// The files that a text refers to, as they are written there. Comments may add some; watching too much does no harm.
pub(super) fn files_in(text: &str) -> impl Iterator<Item = &str> {
    text.split("${file:").skip(1).filter_map(|rest| rest.split_once('}').map(|(path, _)| path))
}

/// Resolves every reference of one document. What cannot be resolved is reported, and its value counts as unreadable.
pub(super) fn document(log: &mut Log, at: usize, text: &str, root: &mut DeTable<'_>, around: &dyn Surroundings) {
    for (_, value) in root.iter_mut() {
        expand(log, at, text, value, around);
    }
}

fn expand(log: &mut Log, file: usize, source: &str, value: &mut Spanned<DeValue<'_>>, around: &dyn Surroundings) {
    let span = value.span();
    let span = Span { file, start: span.start, end: span.end };
    match value.get_mut() {
        DeValue::String(text) if text.contains("${") => {
            let resolved = resolve(log, span, source, text, around);
            *text = Cow::Owned(resolved);
        }
        DeValue::Array(list) => list.iter_mut().for_each(|item| expand(log, file, source, item, around)),
        DeValue::Table(table) => {
            table.iter_mut().for_each(|(_, value)| expand(log, file, source, value, around));
        }
        _ => {}
    }
}

fn resolve(log: &mut Log, span: Span, source: &str, text: &str, around: &dyn Surroundings) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, from) = rest.split_at(at);
        let Some((kind, argument, length)) = reference(from) else {
            out.push_str(before);
            out.push_str("${");
            rest = from.get(2..).unwrap_or_default();
            continue;
        };
        let whole = from.get(..length).unwrap_or_default();
        rest = from.get(length..).unwrap_or_default();
        if let Some(before) = before.strip_suffix('$') {
            out.push_str(before);
            out.push_str(whole);
            continue;
        }
        out.push_str(before);
        let place = within(span, source, whole);
        match look_up(kind, argument, around) {
            Ok(found) => {
                let secret = kind != "env";
                log.referred(span, Reference { text: whole.to_owned(), secret: secret.then(|| found.clone()) });
                out.push_str(&found);
            }
            Err((message, help)) => {
                let code = if KINDS.contains(&kind) { "V0111" } else { "V0110" };
                log.push(Problem::new(code, place, message).help(help));
                log.unreadable(span);
            }
        }
    }
    out.push_str(rest);
    out
}

/// Kind, argument and length of the reference that `text` starts with. Anything else that starts with `${` is no
/// reference: templates in scripts look like that.
fn reference(text: &str) -> Option<(&str, &str, usize)> {
    let inner = text.strip_prefix("${")?;
    let end = inner.find('}')?;
    let (kind, argument) = inner.get(..end)?.split_once(':')?;
    let word = !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    word.then_some((kind, argument, end + 3))
}

fn look_up(kind: &str, argument: &str, around: &dyn Surroundings) -> Result<String, (String, String)> {
    let found = match kind {
        "env" => {
            let (name, default) = argument.split_once(":-").map_or((argument, None), |(name, rest)| (name, Some(rest)));
            let set = around.variable(name).filter(|value| default.is_none() || !value.is_empty());
            return set.or_else(|| default.map(str::to_owned)).ok_or_else(|| {
                let message = format!("the environment variable {} is not set", quote(name));
                (message, format!("set it, or give a default: {}", quote(&format!("${{env:{name}:-default}}"))))
            });
        }
        "file" => around.file(Path::new(argument)),
        "credential" => around.credential(argument),
        _ => {
            let all = "write `${env:NAME}`, `${file:PATH}` or `${credential:ID}`".to_owned();
            let help = did_you_mean(kind, KINDS).unwrap_or(all);
            return Err((format!("unknown kind of reference {}", quote(kind)), help));
        }
    };
    match found {
        // Editors end files with a line break, which is no part of a secret.
        Ok(text) => Ok(text.trim_end_matches(['\n', '\r']).to_owned()),
        Err(reason) => {
            let help = match kind {
                "file" => "relative paths start at the main file; check the rights of the user that Vestibule runs as",
                _ => "hand it over with `LoadCredential=` in the service's unit",
            };
            Err((format!("the {kind} {} cannot be read: {reason}", quote(argument)), help.to_owned()))
        }
    }
}

/// Where `part` stands inside the value at `span`; the value itself when escapes hide it.
fn within(span: Span, source: &str, part: &str) -> Span {
    let found = source.get(span.start..span.end).and_then(|value| value.find(part));
    found.map_or(span, |at| Span { start: span.start + at, end: span.start + at + part.len(), ..span })
}
