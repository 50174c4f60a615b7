//! Going back, starting from what was good, and the trail that both leave.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::vestibule::{BINARY, Vestibule, command};

fn config(days: u64, more: &str) -> String {
    format!(
        "version = 1\n[listen]\nhttp = \"127.0.0.1:0\"\n[admin]\nlisten = \"unix:admin.sock\"\n[reload]\n\
         poll = \"200ms\"\n{more}\n[[regime]]\nid = \"house\"\ndefault = \"opt-in\"\nask_again_days = 0\n[[site]]\nhosts = [\"shop.test\"]\nupstream = \"http://127.0.0.1:9\"\nregime = \"house\"\nchoice_days = {days}\n"
    )
}

/// A place with a configuration that outlives the processes started on it.
struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    fn new(text: &str) -> Self {
        let place = Self { directory: tempfile::tempdir().unwrap() };
        std::fs::write(place.file(), text).unwrap();
        place
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("vestibule.toml")
    }

    fn state(&self) -> PathBuf {
        self.directory.path().join(".vestibule-state")
    }

    fn start(&self) -> Vestibule {
        let proxy = Vestibule::on(&self.file());
        proxy.wait_for_log("Admin listener");
        proxy
    }

    fn ask(&self, verb: &[&str]) -> (i32, String, String) {
        let socket = format!("unix:{}", self.directory.path().join("admin.sock").display());
        let output = command(&[verb, &["--admin", &socket]].concat(), b"");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    }

    fn reload(&self, text: &str) {
        std::fs::write(self.file(), text).unwrap();
        let (code, _, told) = self.ask(&["reload"]);
        assert_eq!(code, 0, "{told}");
    }

    fn status(&self) -> Value {
        serde_json::from_str(&self.get("/-/status")).unwrap()
    }

    fn get(&self, path: &str) -> String {
        let socket = self.directory.path().join("admin.sock");
        let mut stream = std::os::unix::net::UnixStream::connect(socket).unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
        let mut answer = String::new();
        std::io::Read::read_to_string(&mut stream, &mut answer).unwrap();
        answer.split("\r\n\r\n").nth(1).unwrap().to_owned()
    }

    /// What is in effect, by how long a choice is kept: from the generation as it is kept.
    fn in_effect(&self) -> u64 {
        let number = self.status()["config"]["generation"].as_u64().unwrap();
        let kept = std::fs::read(self.state().join(format!("generations/{number:010}.json"))).unwrap();
        let kept: Value = serde_json::from_slice(&kept).unwrap();
        let text = kept["files"][0]["text"].as_str().unwrap();
        text.split("choice_days = ").nth(1).unwrap().trim().parse().unwrap()
    }

    fn trail(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.state().join("audit.jsonl")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn verify(&self, more: &[&str]) -> i32 {
        let state = self.state().display().to_string();
        command(&[&["audit", "verify", "--state-dir", &state], more].concat(), b"").status.code().unwrap()
    }
}

#[test]
fn going_back_works_where_values_are_secrets() {
    let place = Place::new(&config(101, ""));
    std::fs::write(place.directory.path().join("key"), "0123456789abcdef0123456789abcdef").unwrap();
    let secret = |days| config(days, "[keys]\ncurrent = \"${file:key}\"");
    std::fs::write(place.file(), secret(101)).unwrap();
    let _proxy = place.start();
    place.reload(&secret(102));
    place.reload(&secret(103));
    let (code, out, told) = place.ask(&["rollback"]);
    assert!(code == 0 && out.starts_with("generation 4 in effect"), "{code} {out} {told}");
    assert_eq!(place.in_effect(), 102);
    for entry in std::fs::read_dir(place.state().join("generations")).unwrap() {
        let kept = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        assert!(!kept.contains("0123456789abcdef"), "secrets are kept nowhere: {kept}");
    }
}

#[test]
fn going_back_lasts_until_the_file_changes() {
    let place = Place::new(&config(101, ""));
    let proxy = place.start();
    place.reload(&config(102, ""));
    place.reload(&config(103, ""));
    let (code, out, told) = place.ask(&["rollback"]);
    assert!(code == 0 && out.starts_with("generation 4 in effect"), "{code} {out}");
    assert!(told.contains("the file on disk still differs"), "{told}");
    assert_eq!((place.in_effect(), &place.status()["config"]["rolled_back"]), (102, &Value::from(true)));

    // Neither polls nor the same content written again undo it.
    std::fs::write(place.file(), config(103, "")).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(900));
    assert_eq!(place.in_effect(), 102);
    // Further back, then to a number, then to one that is none.
    assert_eq!(place.ask(&["rollback"]).0, 0);
    assert_eq!(place.in_effect(), 101);
    let (code, _, told) = place.ask(&["rollback"]);
    assert!(code == 1 && told.contains("no earlier generation"), "{told}");
    assert_eq!(place.ask(&["rollback", "2"]).0, 0);
    assert_eq!(place.in_effect(), 102);
    let (code, _, told) = place.ask(&["rollback", "77"]);
    assert!(code == 1 && told.contains("generation 77 is not kept") && told.contains("1, 2, 3"), "{told}");

    // A restart does not undo it either.
    drop(proxy);
    let proxy = place.start();
    proxy.wait_for_log("Still rolled back");
    assert_eq!((place.in_effect(), &place.status()["config"]["rolled_back"]), (102, &Value::from(true)));
    // An edit does.
    std::fs::write(place.file(), config(104, "")).unwrap();
    proxy.wait_for_log("Configuration reloaded");
    assert_eq!((place.in_effect(), &place.status()["config"]["rolled_back"]), (104, &Value::from(false)));
    // So does asking for it.
    place.ask(&["rollback", "1"]);
    assert_eq!(place.in_effect(), 101);
    assert_eq!(place.ask(&["reload"]).0, 0);
    assert_eq!(place.in_effect(), 104);

    let events: Vec<String> = place.trail().iter().map(|line| line["event"].as_str().unwrap().to_owned()).collect();
    let expected = "start reload reload rollback rollback rollback-refused rollback rollback-refused start reload \
                    rollback reload";
    assert_eq!(events.join(" "), expected);
    let uid = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(place.file()).unwrap());
    assert_eq!(place.trail()[3]["by"], format!("uid {uid}"));
    assert_eq!(place.trail()[3]["old_hash"], place.trail()[2]["new_hash"]);
}

#[test]
fn a_wrong_file_starts_from_what_was_good_only_where_that_is_wanted() {
    let run = |file: &Path| command(&["run", "--config", &file.display().to_string()], b"").status.code();
    let strict = Place::new(&config(101, ""));
    drop(strict.start());
    std::fs::write(strict.file(), "oops").unwrap();
    assert_eq!(run(&strict.file()), Some(1), "not asked for, so it does not start");

    let lenient = Place::new(&config(101, "start_from_last_good = true"));
    std::fs::write(lenient.file(), "oops").unwrap();
    assert_eq!(run(&lenient.file()), Some(1), "nothing was good yet");
    std::fs::write(lenient.file(), config(101, "start_from_last_good = true")).unwrap();
    let proxy = lenient.start();
    lenient.reload(&config(102, "start_from_last_good = true"));
    drop(proxy);
    std::fs::write(lenient.file(), config(103, "").replace("hosts", "hots")).unwrap();
    let proxy = lenient.start();
    proxy.wait_for_log("Started from the last good configuration");
    assert!(proxy.logged().contains("unknown key `hots`"), "{}", proxy.logged());
    let status = lenient.status();
    assert_eq!((lenient.in_effect(), &status["degraded"]), (102, &Value::from(true)));
    assert_eq!(
        (&status["config"]["started_from_last_good"], &status["config"]["last_reload_successful"]),
        (&Value::from(true), &Value::from(false))
    );
    assert_eq!(lenient.trail().last().unwrap()["event"], "start-from-last-good");
    assert!(lenient.get("/metrics").contains("vestibule_config_last_reload_successful 0"));
    // The repair takes effect by itself.
    std::fs::write(lenient.file(), config(104, "start_from_last_good = true")).unwrap();
    proxy.wait_for_log("Configuration reloaded");
    assert_eq!((lenient.in_effect(), &lenient.status()["degraded"]), (104, &Value::from(false)));
    drop(proxy);

    // What was good and was damaged since is passed over for the one before.
    std::fs::write(lenient.file(), "oops").unwrap();
    let kept = lenient.state().join("generations");
    let newest = std::fs::read_dir(&kept).unwrap().map(|entry| entry.unwrap().path()).max().unwrap();
    let text = std::fs::read_to_string(&newest).unwrap();
    std::fs::write(&newest, text.replace("shop.test", "evil.test")).unwrap();
    let proxy = lenient.start();
    proxy.wait_for_log("Started from the last good configuration");
    assert_eq!((lenient.in_effect(), &lenient.status()["config"]["generation"]), (102, &Value::from(5)));
    assert_eq!(lenient.verify(&[]), 0);
}

#[test]
fn the_trail_can_be_verified_from_the_command_line() {
    let place = Place::new(&config(101, ""));
    let proxy = place.start();
    place.reload(&config(102, ""));
    std::fs::write(place.file(), "oops").unwrap();
    assert_eq!(place.ask(&["reload"]).0, 1);
    let last = place.status()["config"]["audit_last"].as_str().unwrap().to_owned();
    assert_eq!(place.verify(&[]), 0);
    assert_eq!(place.verify(&["--expect-last", &last]), 0);
    let trail = place.trail();
    let refused = trail.last().unwrap();
    assert_eq!((&refused["event"], &refused["trigger"]), (&Value::from("refused"), &Value::from("admin")));
    assert!(refused["cause"].as_str().unwrap().contains("V0101"));
    drop(proxy);

    let path = place.state().join("audit.jsonl");
    let good = std::fs::read_to_string(&path).unwrap();
    let cut = good.trim_end().rsplit_once('\n').unwrap().0.to_owned() + "\n";
    std::fs::write(&path, &cut).unwrap();
    assert_eq!(place.verify(&[]), 0, "a cut at the end is whole in itself");
    assert_eq!(place.verify(&["--expect-last", &last]), 1);
    std::fs::write(&path, good.replacen("\"generation\":1", "\"generation\":7", 1)).unwrap();
    assert_eq!(place.verify(&[]), 1);
    let output = command(&["audit", "verify", &path.display().to_string()], b"");
    assert!(String::from_utf8_lossy(&output.stderr).contains("line 1 was changed"));
    assert_eq!(command(&["audit", "verify", "/nowhere/at/all"], b"").status.code(), Some(2));
    assert_eq!(command(&["audit", "verify"], b"").status.code(), Some(1));
    // `--config` finds it too.
    std::fs::write(&path, &good).unwrap();
    std::fs::write(place.file(), config(101, "")).unwrap();
    let output = command(&["audit", "verify", "--config", &place.file().display().to_string()], b"");
    assert_eq!(output.status.code(), Some(0));
}

/// What was rolled back to may need something that is gone by the next start. Then the files hold, and it is said.
#[test]
fn a_rollback_that_cannot_be_kept_up_is_said() {
    let keyed = config(101, "[keys]\ncurrent = \"old.key\"");
    let place = Place { directory: tempfile::tempdir().unwrap() };
    let key = place.directory.path().join("old.key");
    std::fs::write(&key, "0123456789abcdef0123456789abcdef").unwrap();
    std::fs::write(place.file(), keyed).unwrap();
    let proxy = place.start();
    place.reload(&config(102, ""));
    assert_eq!(place.ask(&["rollback"]).0, 0);
    drop(proxy);
    std::fs::remove_file(key).unwrap();
    let proxy = place.start();
    proxy.wait_for_log("The rollback is undone");
    assert_eq!(place.ask(&["reload"]).0, 0);
    assert_eq!((place.in_effect(), &place.status()["config"]["rolled_back"]), (102, &Value::from(false)));
}

/// A state directory that cannot be written to keeps nothing from taking effect, and is no secret.
#[test]
fn what_cannot_be_kept_is_said() {
    let place = Place::new(&config(101, ""));
    std::fs::write(place.state(), "a file where a directory should be").unwrap();
    let proxy = place.start();
    proxy.wait_for_log("Not kept in the state directory");
    place.reload(&config(102, ""));
    let status = place.status();
    assert_eq!((&status["config"]["generation"], &status["degraded"]), (&Value::from(2), &Value::from(true)));
    assert!(status["config"]["not_kept"].is_string());
    let (code, _, told) = place.ask(&["rollback"]);
    assert!(code == 1 && told.contains("is not kept"), "{code} {told}");
}

/// Nothing that is kept is written where others can read it.
#[test]
fn what_is_kept_is_its_owners() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new(&config(101, ""));
    let _proxy = place.start();
    assert_eq!(place.ask(&["reload"]).0, 0, "the start is on record before any order is carried out");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let kept = place.state().join("generations");
    assert_eq!(mode(&kept), 0o700);
    assert_eq!(mode(&kept.join("0000000002.json")), 0o600, "equal to the one before, which it replaces");
    assert_eq!(mode(&place.state().join("audit.jsonl")), 0o600);
    assert!(Path::new(BINARY).exists());
}
