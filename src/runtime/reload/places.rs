//! Where notices have to be listened for, so that every way of changing a file is heard.
//!
//! Directories, because most ways of saving replace the file and leave a watch on the old one deaf; and all directories
//! in which a link of the chain to the file stands, because a volume under Kubernetes changes by turning one link.

use std::collections::{BTreeSet, VecDeque};
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

/// More links than this the system does not follow either.
const MAX_LINKS: usize = 40;

/// The directories in which something can happen that changes what `path` holds: its own, and that of every link on the
/// way. Where one does not exist, the nearest above it does, because that is where it will appear.
pub(super) fn directories(path: &Path, found: &mut BTreeSet<PathBuf>) {
    let mut rest: VecDeque<OsString> = parts(path);
    let mut here = if path.is_absolute() { PathBuf::from("/") } else { PathBuf::from(".") };
    let mut links = 0;
    while let Some(name) = rest.pop_front() {
        if name == ".." {
            here.push("..");
            continue;
        }
        let next = here.join(&name);
        match std::fs::read_link(&next) {
            Ok(target) => {
                found.insert(here.clone());
                links += 1;
                if links > MAX_LINKS {
                    return;
                }
                if target.is_absolute() {
                    here = PathBuf::from("/");
                }
                for part in parts(&target).into_iter().rev() {
                    rest.push_front(part);
                }
            }
            Err(_) if rest.is_empty() || !next.exists() => {
                found.insert(here);
                return;
            }
            Err(_) => here = next,
        }
    }
}

fn parts(path: &Path) -> VecDeque<OsString> {
    path.components()
        .filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_owned()),
            Component::ParentDir => Some("..".into()),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &Path) -> Vec<PathBuf> {
        let mut found = BTreeSet::new();
        directories(path, &mut found);
        found.into_iter().collect()
    }

    #[test]
    fn every_link_on_the_way_counts() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().canonicalize().unwrap();
        for directory in ["etc", "..2026", "far/away"] {
            std::fs::create_dir_all(root.join(directory)).unwrap();
        }
        std::fs::write(root.join("..2026/main.toml"), "").unwrap();
        let link = |target: &str, name: &str| std::os::unix::fs::symlink(target, root.join(name)).unwrap();
        link("../..2026", "etc/..data");
        link("..data/main.toml", "etc/main.toml");
        link("../etc/main.toml", "far/main.toml");
        assert_eq!(of(&root.join("etc/main.toml")), [root.join("etc"), root.join("etc/../..2026")]);
        let far = of(&root.join("far/main.toml"));
        assert!(far.contains(&root.join("far")) && far.contains(&root.join("far/../etc")), "{far:?}");
        assert_eq!(of(&root.join("far/none/at/all.toml")), [root.join("far")]);
    }

    #[test]
    fn a_loop_of_links_ends() {
        let place = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("b", place.path().join("a")).unwrap();
        std::os::unix::fs::symlink("a", place.path().join("b")).unwrap();
        assert_eq!(of(&place.path().join("a")).len(), 1);
    }
}
