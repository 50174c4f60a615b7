//! `country_database`: files that say which country an address is in. Named by a site's `regime`, opened by `check`, start
//! and reload with the same function, and watched like certificates.
//!
//! What a country means for a visitor is [`crate::consent::Regimes`]' work; whose address is asked for is the proxy's.

mod database;

use std::collections::BTreeMap;
use std::fmt;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use sha2::{Digest as _, Sha256};
use toml::de::DeTable;

use super::diagnostic::Diagnostic;
use super::log::{Located, Log, Problem, quote};
use super::model::Config;

pub use self::database::{CountryDatabase, DatabaseError};

/// Databases of countries have some ten million bytes, those of cities under a hundred.
const MAX_BYTES: u64 = 128 * 1024 * 1024;

/// What changed within this time may change again without its time stamps telling so.
const FRESH: Duration = Duration::from_secs(3);

/// A file that was named. Prints without its directory, so that equal configurations print alike wherever they lie.
#[derive(Clone, PartialEq, Eq)]
pub struct NamedFile {
    /// Where it is.
    pub path: PathBuf,
}

impl fmt::Debug for NamedFile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.file_name().unwrap_or_default().fmt(out)
    }
}

impl NamedFile {
    /// The file that `text` names, relative to `base`.
    pub(super) fn read(log: &mut Log, text: Located<&str>, key: &str, base: &Path) -> Option<Self> {
        if log.is_secret(text.span) {
            let message = format!("{key} takes the path of a file, not what a file or a credential holds");
            log.push(Problem::new("V0104", text.span, message));
            return None;
        }
        Some(Self { path: base.join(text.value) })
    }
}

/// Databases by where they are; one that several sites name is held once.
pub type Countries = BTreeMap<PathBuf, Arc<CountryDatabase>>;

/// Every database that `config` names, policies on trial included.
///
/// # Errors
/// The first that cannot be used.
pub fn read_countries(config: &Config) -> Result<Countries, DatabaseError> {
    let mut found = Countries::new();
    for (_, _, file) in named(config) {
        if !found.contains_key(&file.path) {
            found.insert(file.path.clone(), Arc::new(CountryDatabase::open(&file.path)?));
        }
    }
    Ok(found)
}

/// What is wrong with the databases, each where it is named first.
pub(super) fn check(config: &Config) -> Vec<Diagnostic> {
    let mut seen: Vec<&Path> = Vec::new();
    let mut found = Vec::new();
    for (config, site, file) in named(config) {
        if seen.contains(&&*file.path) {
            continue;
        }
        seen.push(&file.path);
        if let Err(error) = CountryDatabase::open(&file.path) {
            let path = format!("site[{site}].regime.country_database");
            let help = "take a MaxMind DB file whose records have `country.iso_code`, such as GeoLite2-Country, and fetch it \
                        once more if it was cut off";
            found.push(config.origins.diagnostic("V0610", &path, error.to_string(), Some(help.to_owned())));
        }
    }
    found
}

/// Who names which database: the configuration, the position of the site, the file.
fn named(config: &Config) -> impl Iterator<Item = (&Config, usize, &NamedFile)> {
    let trials = config.shadow.as_deref().into_iter().chain(config.canary.as_ref().map(|canary| &*canary.config));
    std::iter::once(config).chain(trials).flat_map(|config| {
        let sites = config.sites.iter().enumerate();
        sites.filter_map(move |(at, site)| Some((config, at, site.country_database.as_ref()?)))
    })
}

/// The databases that a file names, to notice when they change.
pub(super) fn files_of(root: &DeTable<'_>) -> Vec<String> {
    let one = |site: &DeTable<'_>| {
        let regime = site.get("regime")?.get_ref();
        regime.get("country_database")?.get_ref().as_str().map(str::to_owned)
    };
    let sites = root.get("site").and_then(|sites| sites.get_ref().as_array());
    sites.into_iter().flat_map(|sites| sites.iter()).filter_map(|site| one(site.get_ref().as_table()?)).collect()
}

/// Tells a file from a changed one without reading it: device, inode, length, and when anything about it changed.
type Identity = (u64, u64, u64, i64, i64);

/// Digests of files that are too long to be read every few seconds.
static KNOWN: Mutex<BTreeMap<PathBuf, (Identity, [u8; 32])>> = Mutex::new(BTreeMap::new());

/// The digest of what a database holds, or of why it cannot be read. A file is read once more only when the system says
/// that something about it changed; what changed a moment ago is always read.
pub(super) fn digest(path: &Path) -> [u8; 32] {
    let identity = identity(path);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((same, digest)) = known.get(path)
        && Some(*same) == identity
    {
        return *digest;
    }
    let digest = match super::files::read(path, MAX_BYTES) {
        Ok(bytes) => Sha256::digest(bytes).into(),
        Err(reason) => Sha256::digest(reason).into(),
    };
    known.remove(path);
    if let Some(identity) = identity.filter(|before| Some(*before) == self::identity(path) && rested(before)) {
        known.insert(path.to_owned(), (identity, digest));
    }
    digest
}

fn identity(path: &Path) -> Option<Identity> {
    let known = std::fs::metadata(path).ok()?;
    Some((known.dev(), known.ino(), known.len(), known.ctime(), known.ctime_nsec()))
}

fn rested((.., seconds, _): &Identity) -> bool {
    let changed = u64::try_from(*seconds).ok().map(|seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
    changed.and_then(|changed| changed.elapsed().ok()).is_some_and(|age| age > FRESH)
}

/// The message of a problem with the file at `path`.
fn about(path: &Path, why: &str) -> String {
    format!("cannot use country database {}: {why}", quote(&path.display().to_string()))
}
