//! Files that are there whole or not at all, whenever the power goes.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

/// How the name of a file ends that is not complete yet.
const UNFINISHED: &str = ".unfinished";

/// Puts `bytes` at `path`, in place of what was there. A reader sees the old content or the new one, after a crash too.
/// Only the owner can read it.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}{UNFINISHED}", std::process::id()));
    let unfinished = path.with_file_name(name);
    let mut out = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    out.write_all(bytes)?;
    out.sync_all()?;
    std::fs::rename(&unfinished, path)?;
    sync_directory(path)
}

/// Makes the name of `path` last: a file that was synced can still lose its name.
pub(super) fn sync_directory(path: &Path) -> std::io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    File::open(directory)?.sync_all()
}

/// Makes a directory that only its owner can enter, with all that lead to it.
pub(super) fn directory(path: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Removes what a crash left unfinished in `directory`.
pub(super) fn tidy(directory: &Path) {
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.file_name().as_encoded_bytes().ends_with(UNFINISHED.as_bytes()) {
            // Another process may have been faster.
            drop(std::fs::remove_file(entry.path()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{directory, replace, tidy};

    #[test]
    fn replacing_leaves_nothing_behind() {
        let place = tempfile::tempdir().unwrap();
        let inner = place.path().join("a/b");
        directory(&inner).unwrap();
        let file = inner.join("state");
        for text in ["one", "two"] {
            replace(&file, text.as_bytes()).unwrap();
            assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
        }
        std::fs::write(inner.join("state.1.unfinished"), "half").unwrap();
        tidy(&inner);
        assert_eq!(std::fs::read_dir(&inner).unwrap().count(), 1);
    }
}
