//! Looking keys up: by path, by name, and by what someone may have meant.

use super::{Key, KeyTable, TABLES, Takes};
use crate::config::log::{listed, nearest};

/// What a path names.
#[derive(Clone, Copy, Debug)]
pub enum Found {
    /// A table.
    Table(&'static KeyTable),
    /// A key of a table.
    Key(&'static KeyTable, &'static Key),
}

/// What `path` names: `site.route`, `[[site.route]]`, `site.route.deny`. An empty path is the top level.
///
/// # Errors
/// The path that comes nearest, when there is one that is near.
pub fn find(path: &str) -> Result<Found, Option<String>> {
    let brackets = |c: char| c == '[' || c == ']' || c.is_whitespace();
    let path = path.trim_matches(brackets);
    let path = if path == "top level" { "" } else { path };
    let (home, name) = path.rsplit_once('.').unwrap_or(("", path));
    let key = TABLES.iter().filter(|known| known.path == home).find_map(|known| Some((known, known.key(name)?)));
    let is_table = |key: &Key| matches!(key.takes, Takes::Table(_) | Takes::Tables(_));
    if let Some((table, key)) = key.filter(|(_, key)| !is_table(key)) {
        return Ok(Found::Key(table, key));
    }
    if let Some(table) = TABLES.iter().find(|table| table.path == path) {
        return Ok(Found::Table(table));
    }
    Err(meant(path))
}

/// The nearest path; a name without its table is looked for in all tables.
fn meant(path: &str) -> Option<String> {
    let all: Vec<String> = TABLES.iter().flat_map(|table| table.keys.iter().map(|key| table.path_of(key))).collect();
    let exact = all.iter().find(|known| known.rsplit('.').next() == Some(path));
    if let Some(known) = exact.or_else(|| all.iter().find(|known| known.ends_with(&format!(".{path}")))) {
        return Some(known.clone());
    }
    // Part by part, because one slip in a long path is a smaller share of it than in the part where it happened.
    let parts: Vec<&str> = path.split('.').collect();
    let close = |known: &&String| {
        let names: Vec<&str> = known.split('.').collect();
        names.len() == parts.len()
            && names
                .iter()
                .zip(&parts)
                .all(|(name, part)| name == part || nearest(part, std::iter::once(*name)).is_some())
    };
    let near: Vec<&String> = all.iter().filter(close).collect();
    let best = near.iter().min_by_key(|known| strsim::osa_distance(known, path)).copied().cloned();
    best.or_else(|| {
        let last = parts.last()?;
        let names: Vec<&str> = all.iter().filter_map(|known| known.rsplit('.').next()).collect();
        let name = nearest(last, names.iter().copied())?;
        all.iter().find(|known| known.rsplit('.').next() == Some(name)).cloned()
    })
}

/// The tables other than the one headed `here` that have a key called `name`, for a message.
pub(in crate::config) fn homes(name: &str, here: &str) -> Option<String> {
    let others = TABLES.iter().filter(|table| table.header != here);
    let headers: Vec<&str> = others.filter(|table| table.key(name).is_some()).map(|table| table.header).collect();
    (!headers.is_empty()).then(|| listed(&headers, "or"))
}

/// How a required key may be written.
pub(in crate::config) fn missing(header: &str, name: &str) -> Option<String> {
    let table = TABLES.iter().find(|table| table.header == header)?;
    let key = table.key(name)?;
    Some(match key.takes {
        Takes::Table(_) | Takes::Tables(_) => format!("add `{}`", key.name),
        _ => format!("add `{} = {}`", key.name, key.example),
    })
}
