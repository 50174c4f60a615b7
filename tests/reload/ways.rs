//! Every way in which a file is saved: detected, applied once, and nothing more.
//!
//! `poll` is so long in most of them that only notices can find the change. Where no notice can come, it is short.

use std::fs::{File, OpenOptions, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use crate::watched::{NO_POLL, Watched, config};
use crate::{report, rounds};

const SHORT_POLL: &str = "200ms";

/// A directory with `etc/vestibule.toml` and a reloader on it.
async fn plain(poll: &'static str) -> (tempfile::TempDir, Watched) {
    let place = tempfile::tempdir().unwrap();
    let etc = place.path().join("etc");
    std::fs::create_dir(&etc).unwrap();
    let file = etc.join("vestibule.toml");
    std::fs::write(&file, config(100, poll)).unwrap();
    let watched = Watched::start(&file, &place.path().join("state"), poll).await;
    (place, watched)
}

/// Saves several times in one way, and expects each to take effect once.
async fn each(name: &str, watched: &mut Watched, save: impl Fn(&Path, &str)) {
    for _ in 0..rounds("VESTIBULE_ROUNDS", 3) {
        let before = watched.generation();
        let (marker, text) = watched.next();
        save(&watched.file, &text);
        watched.expect(marker, before).await;
    }
    assert_eq!(watched.refusals(), 0, "false errors");
    report(&format!("{name}: {}", watched.summary()));
}

fn sync_write(file: &Path, text: &str) {
    let mut out = File::create(file).unwrap();
    out.write_all(text.as_bytes()).unwrap();
    out.sync_all().unwrap();
}

fn run(program: &str, arguments: &[&str]) {
    let status = Command::new(program).args(arguments).status().unwrap();
    assert!(status.success(), "{program} {arguments:?}");
}

#[tokio::test]
async fn truncate_and_write() {
    let (_place, mut watched) = plain(NO_POLL).await;
    each("truncate and write", &mut watched, |file, text| std::fs::write(file, text).unwrap()).await;
}

#[tokio::test]
async fn write_and_rename() {
    let (_place, mut watched) = plain(NO_POLL).await;
    each("write and rename", &mut watched, |file, text| {
        let beside = file.with_extension("tmp");
        std::fs::write(&beside, text).unwrap();
        std::fs::rename(&beside, file).unwrap();
    })
    .await;
}

#[tokio::test]
async fn sed_in_place() {
    let (_place, mut watched) = plain(NO_POLL).await;
    each("sed -i", &mut watched, |file, text| {
        let line = text.lines().find(|line| line.starts_with("choice_days")).unwrap();
        run("sed", &["-i", &format!("s/^choice_days.*/{line}/"), file.to_str().unwrap()]);
    })
    .await;
}

/// Vim asks whether it may write with a file of this name, moves the old file away, and writes a new one.
#[tokio::test]
async fn vim_with_its_probe() {
    let (_place, mut watched) = plain(NO_POLL).await;
    each("vim, probe 4913 and backup", &mut watched, |file, text| {
        let probe = file.with_file_name("4913");
        drop(File::create(&probe).unwrap());
        std::fs::set_permissions(&probe, Permissions::from_mode(0o644)).unwrap();
        std::fs::remove_file(&probe).unwrap();
        let backup = file.with_file_name("vestibule.toml~");
        std::fs::rename(file, &backup).unwrap();
        sync_write(file, text);
        std::fs::set_permissions(file, Permissions::from_mode(0o644)).unwrap();
        std::fs::remove_file(&backup).unwrap();
    })
    .await;
}

/// The editor itself, where it is installed.
#[tokio::test]
async fn vim_itself() {
    if Command::new("vim").arg("--version").output().is_err() {
        report("vim is not installed; only its system calls were tried");
        return;
    }
    let (_place, mut watched) = plain(NO_POLL).await;
    each("vim", &mut watched, |file, text| {
        let line = text.lines().find(|line| line.starts_with("choice_days")).unwrap();
        let edit = format!("%s/^choice_days.*/{line}/");
        run("vim", &["-u", "NONE", "-es", "-c", &edit, "-c", "wq", file.to_str().unwrap()]);
    })
    .await;
}

/// Nano keeps a lock file beside the file and writes in place.
#[tokio::test]
async fn nano_in_place() {
    let (_place, mut watched) = plain(NO_POLL).await;
    each("nano", &mut watched, |file, text| {
        let lock = file.with_file_name(".vestibule.toml.swp");
        std::fs::write(&lock, "nano 8.4").unwrap();
        sync_write(file, text);
        std::fs::remove_file(&lock).unwrap();
    })
    .await;
}

/// VS Code opens without truncating, truncates, and writes.
#[tokio::test]
async fn vs_code() {
    let (_place, mut watched) = plain(NO_POLL).await;
    each("VS Code", &mut watched, |file, text| {
        let mut out = OpenOptions::new().read(true).write(true).open(file).unwrap();
        out.set_len(0).unwrap();
        out.write_all(text.as_bytes()).unwrap();
        out.sync_data().unwrap();
    })
    .await;
}

#[tokio::test]
async fn cp() {
    let (place, mut watched) = plain(NO_POLL).await;
    let from = place.path().join("new.toml");
    each("cp", &mut watched, |file, text| {
        std::fs::write(&from, text).unwrap();
        run("cp", &[from.to_str().unwrap(), file.to_str().unwrap()]);
    })
    .await;
}

/// Rsync writes to a hidden file in pieces, sets its mode and time, and renames it.
#[tokio::test]
async fn rsync() {
    let (_place, mut watched) = plain(NO_POLL).await;
    each("rsync", &mut watched, |file, text| {
        let hidden = file.with_file_name(".vestibule.toml.Xq3fGh");
        let mut out = File::create(&hidden).unwrap();
        for piece in text.as_bytes().chunks(50) {
            out.write_all(piece).unwrap();
        }
        out.set_permissions(Permissions::from_mode(0o644)).unwrap();
        out.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)).unwrap();
        drop(out);
        std::fs::rename(&hidden, file).unwrap();
    })
    .await;
}

/// The file is one of two names of an inode, and the other name, in another directory, is written to: no notice comes.
#[tokio::test]
async fn hard_link() {
    let (place, mut watched) = plain(SHORT_POLL).await;
    let other = place.path().join("elsewhere.toml");
    std::fs::hard_link(&watched.file, &other).unwrap();
    each("hard link, other name written (poll 200 ms)", &mut watched, |_, text| std::fs::write(&other, text).unwrap())
        .await;
}

#[tokio::test]
async fn hard_link_put_in_place() {
    let (place, mut watched) = plain(NO_POLL).await;
    let other = place.path().join("elsewhere.toml");
    each("hard link, put in place", &mut watched, |file, text| {
        drop(std::fs::remove_file(&other));
        std::fs::write(&other, text).unwrap();
        let beside = file.with_extension("link");
        std::fs::hard_link(&other, &beside).unwrap();
        std::fs::rename(&beside, file).unwrap();
    })
    .await;
}

/// A volume under Kubernetes: the file links through `..data` into a directory that is replaced by turning that link.
#[tokio::test]
async fn config_map_swap() {
    let place = tempfile::tempdir().unwrap();
    let etc = place.path().join("etc");
    std::fs::create_dir_all(etc.join("..2026_000")).unwrap();
    std::fs::write(etc.join("..2026_000/vestibule.toml"), config(100, NO_POLL)).unwrap();
    symlink("..2026_000", etc.join("..data")).unwrap();
    symlink("..data/vestibule.toml", etc.join("vestibule.toml")).unwrap();
    let mut watched = Watched::start(&etc.join("vestibule.toml"), &place.path().join("state"), NO_POLL).await;
    each("ConfigMap ..data swap", &mut watched, |_, text| {
        let new = format!("..{}", text.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(31) + u64::from(byte)));
        std::fs::create_dir(etc.join(&new)).unwrap();
        std::fs::write(etc.join(&new).join("vestibule.toml"), text).unwrap();
        symlink(&new, etc.join("..data_tmp")).unwrap();
        // The old directory would be removed next. It stays here, so that nothing but the turned link tells.
        std::fs::rename(etc.join("..data_tmp"), etc.join("..data")).unwrap();
    })
    .await;
}

/// A single file mounted over a name: what is written on the other side is seen here, and no notice comes. Where mounting
/// is not allowed, a second name of the same inode stands in, which behaves alike.
#[tokio::test]
async fn bind_mounted_single_file() {
    let (place, watched) = plain(SHORT_POLL).await;
    let inside = watched.file.clone();
    drop(watched);
    let outside = place.path().join("host.toml");
    std::fs::write(&outside, config(100, SHORT_POLL)).unwrap();
    let arguments = ["--bind", outside.to_str().unwrap(), inside.to_str().unwrap()];
    let mounted = Command::new("mount").args(arguments).output().is_ok_and(|output| output.status.success());
    if !mounted {
        std::fs::remove_file(&inside).unwrap();
        std::fs::hard_link(&outside, &inside).unwrap();
    }
    let mut watched = Watched::start(&inside, &place.path().join("state2"), SHORT_POLL).await;
    let name = if mounted { "bind-mounted file" } else { "bind-mounted file (no mount: second name)" };
    each(&format!("{name} (poll 200 ms)"), &mut watched, |_, text| std::fs::write(&outside, text).unwrap()).await;
    drop(watched);
    if mounted {
        run("umount", &[inside.to_str().unwrap()]);
    }
}

/// The same size and the same time stamp, as on a file system with a coarse clock, and no notice: content decides.
#[tokio::test]
async fn coarse_time_stamps() {
    let (place, mut watched) = plain(SHORT_POLL).await;
    let other: PathBuf = place.path().join("elsewhere.toml");
    std::fs::hard_link(&watched.file, &other).unwrap();
    let stamp = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    File::open(&other).unwrap().set_modified(stamp).unwrap();
    each("same time and size (poll 200 ms)", &mut watched, |file, text| {
        let before = std::fs::metadata(file).unwrap().len();
        let mut out = File::create(&other).unwrap();
        out.write_all(text.as_bytes()).unwrap();
        out.set_modified(stamp).unwrap();
        let found = std::fs::metadata(file).unwrap();
        assert_eq!((found.len(), found.modified().unwrap()), (before, stamp));
    })
    .await;
}

#[tokio::test]
async fn mode_only() {
    let (_place, watched) = plain(SHORT_POLL).await;
    for round in 0..rounds("VESTIBULE_ROUNDS", 3) {
        let mode = if round % 2 == 0 { 0o640 } else { 0o644 };
        std::fs::set_permissions(&watched.file, Permissions::from_mode(mode)).unwrap();
        // A touch is as little a change as a chmod is.
        File::open(&watched.file).unwrap().set_modified(SystemTime::now()).unwrap();
        watched.expect_nothing(1).await;
    }
    assert_eq!(watched.refusals(), 0);
}

#[tokio::test]
async fn deleted_and_back() {
    let (_place, mut watched) = plain(NO_POLL).await;
    for round in 0..rounds("VESTIBULE_ROUNDS", 3) {
        let before = watched.generation();
        let (marker, text) = watched.next();
        std::fs::remove_file(&watched.file).unwrap();
        tokio::time::sleep(Duration::from_millis((round + 3) * 97 % 500)).await;
        std::fs::write(&watched.file, text).unwrap();
        watched.expect(marker, before).await;
        // Gone and back with the same content is no change.
        let same = std::fs::read(&watched.file).unwrap();
        std::fs::remove_file(&watched.file).unwrap();
        tokio::time::sleep(Duration::from_millis((round + 5) * 61 % 500)).await;
        std::fs::write(&watched.file, same).unwrap();
        watched.expect_nothing(before + 1).await;
    }
    assert_eq!(watched.refusals(), 0, "false errors");
    report(&format!("deleted and back: {}", watched.summary()));
}

/// `vestibule.toml` → `link/current.toml` → `../../farN/0.toml`: each link is turned, and the file at the end is written.
#[tokio::test]
async fn chain_of_links() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    for directory in ["etc", "etc/link", "far"] {
        std::fs::create_dir(at(directory)).unwrap();
    }
    std::fs::write(at("far/0.toml"), config(100, NO_POLL)).unwrap();
    symlink("../../far/0.toml", at("etc/link/current.toml")).unwrap();
    symlink("link/current.toml", at("etc/vestibule.toml")).unwrap();
    let mut watched = Watched::start(&at("etc/vestibule.toml"), &at("state"), NO_POLL).await;
    let count = std::cell::Cell::new(0);
    each("chain of links", &mut watched, |_, text| {
        let round = count.replace(count.get() + 1);
        if round % 2 == 0 {
            // The last file, under its own name.
            std::fs::write(at("etc/vestibule.toml").canonicalize().unwrap(), text).unwrap();
            return;
        }
        // In a directory that nobody has heard of, so that nothing but the turned link tells.
        let name = format!("far{round}");
        std::fs::create_dir(at(&name)).unwrap();
        std::fs::write(at(&name).join("0.toml"), text).unwrap();
        symlink(format!("../../{name}/0.toml"), at("etc/link/next")).unwrap();
        std::fs::rename(at("etc/link/next"), at("etc/link/current.toml")).unwrap();
    })
    .await;
}

#[tokio::test]
async fn two_writes_at_once() {
    let (_place, mut watched) = plain(NO_POLL).await;
    let (_, first) = watched.next();
    each("two writes within 1 ms", &mut watched, |file, text| {
        let began = std::time::Instant::now();
        std::fs::write(file, &first).unwrap();
        std::fs::write(file, text).unwrap();
        assert!(began.elapsed() < Duration::from_millis(50));
    })
    .await;
}

/// A burst of many different contents leads to the last one, in one step.
#[tokio::test]
async fn a_burst_coalesces() {
    let (_place, mut watched) = plain(NO_POLL).await;
    each("burst of 20 saves in 400 ms", &mut watched, |file, text| {
        for other in 0..20 {
            std::fs::write(file, config(300 + other, NO_POLL)).unwrap();
            std::thread::sleep(Duration::from_millis(20));
        }
        std::fs::write(file, text).unwrap();
    })
    .await;
}
