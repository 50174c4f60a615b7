//! The layering of `manual/architecture.rs`, read off the `use` lines and paths of the sources.

use std::path::{Path, PathBuf};

/// Rooms from the lowest to the highest. A room uses only rooms of lower levels, or itself.
const LEVELS: [(&str, u8); 17] = [
    ("consent", 0),
    ("catalog", 1),
    ("sources", 2),
    ("policy", 3),
    ("enforce", 4),
    ("banner", 4),
    ("config", 5),
    ("snapshot", 6),
    ("review", 7),
    ("telemetry", 7),
    ("inventory", 8),
    ("admin", 9),
    ("demo", 10),
    ("proxy", 11),
    ("runtime", 11),
    ("cli", 12),
    ("manual", 13),
];

/// Rooms that know no framework, no runtime, no files, no environment and no clock.
const PURE: [&str; 6] = ["consent", "catalog", "sources", "policy", "enforce", "banner"];

/// What a pure room may not name.
const OUTSIDE: [&str; 9] =
    ["pingora", "tokio", "arc_swap", "hyper", "std::fs", "std::env", "std::net::Tcp", "SystemTime", "Instant::now"];

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// Every source file with its room and its code: comments and test modules are left out.
fn rooms() -> Vec<(String, PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    files
        .into_iter()
        .filter_map(|path| {
            let inner = path.strip_prefix(&root).unwrap();
            let room = inner.components().next().unwrap().as_os_str().to_str().unwrap().to_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap();
            let code: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            (inner.components().count() > 1).then(|| (room, inner.to_owned(), code.join("\n")))
        })
        .collect()
}

fn level(room: &str) -> u8 {
    LEVELS.iter().find(|(known, _)| *known == room).unwrap_or_else(|| panic!("`{room}` has no level")).1
}

#[test]
fn arrows_point_downwards() {
    for (room, path, code) in rooms() {
        for part in code.split("crate::").skip(1) {
            let used: String = part.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
            if !LEVELS.iter().any(|(known, _)| *known == used) {
                continue;
            }
            assert!(
                used == room || level(&used) < level(&room),
                "{}: `{room}` uses `{used}`, which is not below it",
                path.display()
            );
        }
    }
}

#[test]
fn the_core_is_pure() {
    for (room, path, code) in rooms() {
        for name in OUTSIDE {
            assert!(!PURE.contains(&room.as_str()) || !code.contains(name), "{} names `{name}`", path.display());
        }
    }
}

#[test]
fn the_framework_is_named_in_one_room() {
    for (room, path, code) in rooms() {
        assert!(room == "proxy" || !code.contains("pingora::"), "{} names the framework", path.display());
    }
    let pipeline = rooms().into_iter().filter(|(_, path, _)| path.starts_with("proxy/pipeline"));
    for (_, path, code) in pipeline {
        assert!(!code.contains("pingora") && !code.contains("tokio"), "{}", path.display());
    }
}

/// What stands for somebody else's protocol or format is named in one file.
#[test]
fn foreign_engines_are_named_in_one_file() {
    for (crate_name, home) in [("hickory_resolver", "runtime/names.rs"), ("adblock::", "catalog/lists.rs")] {
        for (_, path, code) in rooms() {
            assert!(!code.contains(crate_name) || path.ends_with(home), "{} names `{crate_name}`", path.display());
        }
    }
}

#[test]
fn only_the_judge_calls_decide() {
    for (_, path, code) in rooms() {
        let imports = code.split("use crate::policy::").skip(1).filter_map(|part| part.split(';').next());
        let called = code.contains("policy::decide") || imports.into_iter().any(|part| part.contains("decide"));
        let allowed = path.ends_with("enforce/judge.rs") || path.ends_with("policy/decide.rs");
        assert!(!called || allowed, "{} calls decide", path.display());
    }
}

#[test]
fn only_the_cell_swaps() {
    for (_, path, code) in rooms() {
        assert!(!code.contains("arc_swap") || path.ends_with("snapshot/cell.rs"), "{}", path.display());
    }
}
