//! Files that nobody would write, and what else a path may lead to: one clear error each, at once.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use vestibule::config;

const SITE: &str = "[[site]]\nhosts = \"a.example\"\nupstream = \"http://b\"\n";

/// What `check` says about a path; fails when it does not say it in time.
fn check(path: &Path) -> String {
    let mut process = Command::new(env!("CARGO_BIN_EXE_vestibule"))
        .args(["check".as_ref(), path.as_os_str()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let start = Instant::now();
    // What is said fits into a pipe, so nothing waits for a reader.
    while process.try_wait().unwrap().is_none() {
        if start.elapsed() > Duration::from_mins(1) {
            process.kill().unwrap();
            panic!("no answer about {}", path.display());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let output = process.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", path.display());
    String::from_utf8(output.stderr).unwrap()
}

fn one_error(path: &Path, says: &str) {
    let said = check(path);
    assert!(said.contains(says), "expected `{says}`:\n{said}");
    assert!(said.ends_with("\n1 error in 1 file\n"), "{said}");
}

#[test]
fn paths_that_are_no_files() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    one_error(&at("none.toml"), "there is no such file");
    one_error(place.path(), "it is a directory");
    symlink("gone.toml", at("dangling.toml")).unwrap();
    one_error(&at("dangling.toml"), "it is a link to a file that does not exist");
    symlink("circle.toml", at("circle.toml")).unwrap();
    one_error(&at("circle.toml"), "too many levels of symbolic links");
    assert!(Command::new("mkfifo").arg(at("pipe.toml")).status().unwrap().success());
    one_error(&at("pipe.toml"), "it is not a regular file");
    one_error("/dev/zero".as_ref(), "it is not a regular file");
    one_error(&at(&"n".repeat(300)), "file name too long");
    std::fs::write(at("secret.toml"), "version = 1\n").unwrap();
    std::fs::set_permissions(at("secret.toml"), std::fs::Permissions::from_mode(0o000)).unwrap();
    // Who may do everything may read it.
    if std::fs::read(at("secret.toml")).is_err() {
        one_error(&at("secret.toml"), "permission denied");
    }
}

#[test]
fn includes_that_lead_nowhere() {
    let place = tempfile::tempdir().unwrap();
    let main = place.path().join("main.toml");
    let include = |names: &str| {
        std::fs::write(&main, format!("version = 1\ninclude = {names}\n{SITE}")).unwrap();
        &main
    };
    assert!(Command::new("mkfifo").arg(place.path().join("pipe.toml")).status().unwrap().success());
    one_error(include("\"pipe.toml\""), "main.toml:2:11: error[V0001]");
    one_error(include("\"/proc/self/mem\""), "main.toml:2:11: error[V0001]");
    one_error(include("\"*/*/x.toml\""), "`*` is allowed in the file name only");
    // It includes itself under several names, and is read once.
    symlink("main.toml", place.path().join("again.toml")).unwrap();
    std::fs::remove_file(place.path().join("pipe.toml")).unwrap();
    let config = config::load(include("[\"*.toml\", \"./main.toml\", \"../*.none\"]"));
    assert_eq!(config.unwrap_or_else(|found| panic!("{found}")).files.len(), 1);
}

#[test]
fn too_many_files() {
    let place = tempfile::tempdir().unwrap();
    std::fs::create_dir(place.path().join("d")).unwrap();
    for at in 0..1001 {
        std::fs::write(place.path().join(format!("d/{at}.toml")), "").unwrap();
    }
    let main = place.path().join("main.toml");
    std::fs::write(&main, format!("version = 1\ninclude = \"d/*.toml\"\n{SITE}")).unwrap();
    one_error(&main, "more than 1000 files");
}

#[test]
fn texts_that_are_no_configuration() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("vestibule.toml");
    let utf16 = |mark: &str, swap: bool| -> Vec<u8> {
        let text = format!("{mark}version = 1\n{SITE}");
        text.encode_utf16().flat_map(|unit| if swap { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    };
    let big = |entry: &str, times: usize| format!("version = 1\n{SITE}{}", entry.repeat(times)).into_bytes();
    let list = |key: &str, entry: &dyn Fn(usize) -> String, times: usize| {
        let all: String = (0..times).map(entry).collect();
        format!("version = 1\n{SITE}{key} = [{all}]\n").into_bytes()
    };
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (Vec::new(), "missing key `version`"),
        (b"\0".repeat(1000), "the file has a NUL character"),
        (utf16("\u{feff}", false), "it looks like UTF-16"),
        (utf16("\u{feff}", true), "it looks like UTF-16"),
        (utf16("", false), "the file has a NUL character"),
        (b"version = 1\n# caf\xe9\n".to_vec(), "1:1"),
        (b"\x7fELF\x02\x01\x01\0\0\0".to_vec(), "NUL"),
        (b"# \n".repeat(2_000_000), "it is longer than 4194304 bytes"),
        (format!("a = {}", "[".repeat(2_000_000)).into_bytes(), "V0101"),
        (format!("a = {}", "{ a = ".repeat(500_000)).into_bytes(), "V0101"),
        (format!("{}b = 1", "a.".repeat(2_000_000)).into_bytes(), "1000 dots"),
        (format!("[{}b]", "a . ".repeat(500_000)).into_bytes(), "1000 dots"),
        (big("[[site.route]]\npath = \"/a\"\ndeny = \"social\"\n", 80_000), "`route` has 80000 entries"),
        (list("first_party", &|at| format!("\"{at}.example\","), 200_000), "`first_party` has 200000 entries"),
        (format!("version = 1\nlisten = \"{}\"\n{SITE}", "x".repeat(3_000_000)).into_bytes(), "must be a table"),
        (format!("version = {}\n{SITE}", "9".repeat(3_000_000)).into_bytes(), "V0105"),
    ];
    for (bytes, says) in cases {
        std::fs::write(&file, &bytes).unwrap();
        let said = check(&file);
        let start: String = String::from_utf8_lossy(bytes.get(..60).unwrap_or(&bytes)).into_owned();
        assert!(
            says == "1:1" || said.contains(says),
            "{start:?}… should say `{says}`:\n{}",
            &said[..said.len().min(600)]
        );
        assert!(said.len() < 2000, "a short answer: {} bytes for {start:?}", said.len());
        let counted = said.lines().last().unwrap_or_default();
        assert_eq!(counted, "1 error in 1 file", "{start:?}\n{}", &said[..said.len().min(600)]);
    }
}

/// Many mistakes are many errors; the answer still comes, and is not endless.
#[test]
fn many_mistakes_are_counted() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("vestibule.toml");
    let unknown: String = (0..200_000).map(|at| format!("k{at} = 1\n")).collect::<Vec<_>>().concat();
    std::fs::write(&file, format!("version = 1\n{unknown}{SITE}")).unwrap();
    let found = config::load(&file).unwrap_err();
    assert_eq!((found.errors(), found.len()), (200_000, 500));
    assert!(found.to_string().ends_with("and 199500 more\n"));
}

/// Addresses in one long line have dots, and are no deep keys.
#[test]
fn long_lists_are_no_deep_keys() {
    let networks: String =
        (0..1500).fold(String::new(), |text, at| format!("{text}\"10.{}.{}.0/24\", ", at / 256, at % 256));
    let file = config::SourceFile {
        path: "vestibule.toml".into(),
        text: format!("version = 1\nlisten = {{ trusted_proxies = [{networks}] }}\n{SITE}"),
    };
    let config = config::parse(vec![file]).unwrap_or_else(|found| panic!("{found}"));
    assert_eq!(config.listen.trusted_proxies.len(), 1500);
}
