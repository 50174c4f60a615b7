//! `filter_lists`: files with rules in Adblock syntax, named by a site. Read with the configuration, because what they
//! say is a part of it; watched as databases of countries are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::de::DeTable;

use super::log::{Log, Problem, quote};
use super::read::Table;
use crate::catalog::FilterLists;

/// `EasyList` and `EasyPrivacy` together have some five million bytes.
const MAX_BYTES: u64 = 32 * 1024 * 1024;

/// Compiled lists by the files that they come from; sites that name the same ones share them.
pub(super) type Compiled = BTreeMap<Vec<PathBuf>, Arc<FilterLists>>;

/// The lists that a site names, if it names any and all of them can be used.
pub(super) fn read(
    log: &mut Log,
    table: &mut Table<'_>,
    base: &Path,
    known: &mut Compiled,
) -> Option<Arc<FilterLists>> {
    let written = table.strings(log, "filter_lists")?;
    let paths: Vec<PathBuf> = written.iter().map(|text| base.join(text.value)).collect();
    if paths.is_empty() {
        return None;
    }
    if let Some(same) = known.get(&paths) {
        return Some(Arc::clone(same));
    }
    let reported = log.errors();
    let mut texts = Vec::new();
    for (text, path) in written.iter().zip(&paths) {
        if log.is_secret(text.span) {
            let message = "`filter_lists` takes paths of files, not what a file or a credential holds";
            log.push(Problem::new("V0104", text.span, message));
            continue;
        }
        match super::files::read(path, MAX_BYTES) {
            Ok(bytes) => texts.push(String::from_utf8_lossy(&bytes).into_owned()),
            Err(why) => {
                let message = format!("cannot use filter list {}: {why}", quote(text.value));
                let help = "fetch the list to this path, which is relative to the main file, and check its rights";
                log.push(Problem::new("V0517", text.span, message).help(help));
            }
        }
    }
    if log.errors() > reported {
        return None;
    }
    let lists = Arc::new(FilterLists::new(texts.iter().map(String::as_str)));
    for (text, _) in written.iter().zip(lists.rules()).filter(|(_, rules)| **rules == 0) {
        let message = format!("filter list {} holds no rule about requests", quote(text.value));
        let help = "it takes lists in Adblock syntax, such as EasyPrivacy; if this is one, fetch it once more";
        log.push(Problem::new("V0517", text.span, message).help(help));
    }
    known.insert(paths, Arc::clone(&lists));
    Some(lists)
}

/// The lists that a file names, to notice when they change.
pub(super) fn files_of(root: &DeTable<'_>) -> Vec<String> {
    let one = |site: &DeTable<'_>| -> Vec<String> {
        let Some(named) = site.get("filter_lists").map(toml::Spanned::get_ref) else {
            return Vec::new();
        };
        let alone = named.as_str().map(str::to_owned);
        let several = named.as_array().into_iter().flat_map(|all| all.iter());
        alone.into_iter().chain(several.filter_map(|one| one.get_ref().as_str().map(str::to_owned))).collect()
    };
    let sites = root.get("site").and_then(|sites| sites.get_ref().as_array());
    sites
        .into_iter()
        .flat_map(|sites| sites.iter())
        .filter_map(|site| site.get_ref().as_table())
        .flat_map(one)
        .collect()
}
